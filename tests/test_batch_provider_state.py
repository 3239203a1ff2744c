"""Facts about the state of a provider batch: what is noted stays noted, and nothing is mixed up."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.batch import OutputProblem
from summarizer.batch.provider.records import Asked, Most, Told
from summarizer.batch.provider.state import State

LESSON, OTHER = b"{}", b'{"mode":"tools"}'
ANY = Most()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.provider-batch.db"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    numbers = itertools.count(1)
    made = State(path, token=lambda: f"token{next(numbers)}")
    yield made
    made.close()


def asked(*names: str, size: int = 10) -> list[Asked]:
    return [Asked(name, b"x" * (size - 1) + b"\n", 5, 0.5) for name in names]


def planned(state: State, *names: str) -> None:
    state.add(asked(*names), lesson=LESSON, most=ANY)
    state.close_open()


def answer(name: str, status: int = 200, body: bytes = b"{}") -> Told:
    return Told(name, status, "req_1", body, None, 0.1)


def test_what_was_noted_is_there_for_the_next_process(path: Path) -> None:
    first = State(path)
    assert first.made
    first.note("question", "q")
    planned(first, "a", "b")
    (part,) = first.parts("ready")
    first.set(part, "uploaded", file="file-1")
    first.close()
    second = State(path)
    assert not second.made
    assert second.noted("question") == "q"
    assert second.noted("another") is None
    (part,) = second.parts()
    assert (part.status, part.file, part.requests, part.bytes) == ("uploaded", "file-1", 2, 20)
    assert list(second.lines(part)) == [b"x" * 9 + b"\n"] * 2
    second.close()


def test_a_part_is_closed_when_it_is_full(state: State) -> None:
    assert not state.add(asked("a", "b"), lesson=LESSON, most=Most(requests=3))
    assert state.add(asked("c", "d", "e"), lesson=LESSON, most=Most(requests=3))
    assert [(part.status, part.requests) for part in state.parts()] == [("ready", 3), ("open", 2)]
    state.close_open()
    assert [part.status for part in state.parts()] == ["ready", "ready"]
    assert len({part.token for part in state.parts()}) == 2


@pytest.mark.parametrize(
    "most", [Most(requests=2), Most(bytes=25), Most(tokens=11), Most(worst=1.2)]
)
def test_each_limit_is_kept(state: State, most: Most) -> None:
    state.add(asked(*"abcde"), lesson=LESSON, most=most)
    state.close_open()
    assert [part.requests for part in state.parts()] == [2, 2, 1]


def test_a_request_that_is_too_large_for_any_part_has_one_of_its_own(state: State) -> None:
    state.add(asked(*"abc"), lesson=LESSON, most=Most(bytes=3))
    state.close_open()
    assert [part.requests for part in state.parts()] == [1, 1, 1]


def test_requests_that_are_made_in_two_ways_are_in_two_parts(state: State) -> None:
    state.add(asked("a"), lesson=LESSON, most=ANY)
    state.add(asked("b"), lesson=OTHER, most=ANY)
    state.add(asked("c"), lesson=OTHER, most=ANY)
    assert [(p.lesson, p.status, p.requests) for p in state.parts()] == [
        (LESSON, "ready", 1),
        (OTHER, "open", 2),
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 12), max_size=20), st.integers(1, 6), st.integers(1, 6))
def test_parts_that_are_cut_anew_hold_every_request_once(
    sizes: list[int], first: int, second: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = State(Path(folder) / "x.db")
        _cut(store, sizes, first, second)
        store.close()


def _cut(store: State, sizes: list[int], first: int, second: int) -> None:
    names = [f"n{number}" for number in range(len(sizes))]
    lines = [Asked(name, b"x" * size, size, 1.0) for name, size in zip(names, sizes, strict=True)]
    store.add(lines, lesson=LESSON, most=Most(requests=first))
    store.close_open()
    store.recut(Most(requests=second))
    found = [len(list(store.lines(part))) for part in store.parts()]
    assert found == [part.requests for part in store.parts()]
    assert sum(found) == len(sizes)
    assert all(count <= second for count in found)
    assert sum(part.bytes for part in store.parts()) == sum(sizes)


def test_answers_are_found_and_what_comes_twice_changes_nothing(state: State) -> None:
    planned(state, "a", "b", "c")
    (part,) = state.parts()
    state.set(part, "ended", seconds=7.0)
    assert state.take(part, [answer("a", body=b"first"), answer("nobody")]) == 1
    assert state.take(part, [answer("a", body=b"second"), answer("b", 500, b"error")]) == 1
    assert state.untold(part) == 1
    assert state.take(part, [answer("b", 200, b"later")]) == 1
    assert state.take(part, [Told("a", None, None, None, "expired", None)]) == 0
    found = state.find("a")
    assert found is not None
    assert (found.answer, found.status, found.seconds, found.lack) == (b"first", 200, 7.0, None)
    found = state.find("b")
    assert found is not None
    assert found.answer == b"later"
    assert state.find("nobody") is None
    assert state.cost(part) == pytest.approx(0.2)


def test_an_answer_goes_before_why_there_is_none(state: State) -> None:
    planned(state, "a")
    (part,) = state.parts()
    state.take(part, [Told("a", None, None, None, "expired", None), answer("a")])
    found = state.find("a")
    assert found is not None
    assert (found.lack, found.status) == (None, 200)


def test_an_answer_to_the_request_of_another_part_is_none(state: State) -> None:
    planned(state, "a")
    planned(state, "b")
    first, second = state.parts()
    assert state.take(first, [answer("b")]) == 0
    assert state.take(second, [answer("b")]) == 1


def test_requests_without_an_answer_go_into_another_part_so_many_times(state: State) -> None:
    planned(state, "a", "b", "c")
    (part,) = state.parts()
    told = [answer("a"), Told("b", None, None, None, "timeout", None)]
    state.take(part, told)
    assert state.finish(part, untold="missing", again=("missing",), tries=2) == 1
    first, second = state.parts()
    assert (first.status, second.status, second.requests) == ("done", "ready", 1)
    assert len(list(state.lines(second))) == 1
    assert second.token != first.token
    assert state.finish(second, untold="missing", again=("missing",), tries=2) == 0
    lacks = {name: found.lack for name in "abc" if (found := state.find(name))}
    assert lacks == {"a": None, "b": "timeout", "c": "missing"}


def test_a_part_that_is_sent_anew_has_no_file_and_its_requests(state: State) -> None:
    planned(state, "a")
    (part,) = state.parts()
    state.set(part, "submitted", file="f", batch="b")
    state.forget_file(part)
    (again,) = state.parts("ready")
    assert (again.file, again.batch) == (None, None)
    assert len(list(state.lines(again))) == 1


def test_what_an_unknown_cost_may_be_counts_in_full(state: State) -> None:
    planned(state, "a", "b", "c")
    (part,) = state.parts()
    state.take(part, [Told("a", 200, None, b"{}", None, None), answer("b", 400)])
    assert state.cost(part) == pytest.approx(0.5)


def test_sources_are_told_by_whether_their_article_has_an_answer(state: State) -> None:
    planned(state, "a", "b")
    (part,) = state.parts()
    state.locate([(b"1", "a"), (b"2", "b"), (b"3", "a")])
    state.take(part, [answer("a")])
    assert [state.answered(place) for place in (b"1", b"2", b"3", b"4")] == [
        *(True, False, True, False),
    ]


def test_a_second_process_is_kept_out(state: State, path: Path) -> None:
    state.note("a", "b")
    with pytest.raises(OutputProblem, match=r"another run|cannot be used"):
        State(path, token=str)


@pytest.mark.parametrize("content", [b"text\n" * 300, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_of_something_else_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(OutputProblem, match=r"left alone|cannot be used"):
        State(path)
    assert path.read_bytes() == content


def test_a_database_of_somebody_else_is_left_alone(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE mine (a)")
    other.commit()
    other.close()
    with pytest.raises(OutputProblem, match="left alone"):
        State(path)


def test_a_change_that_fails_halfway_is_no_change(state: State) -> None:
    planned(state, "a", "b")
    (part,) = state.parts()

    def told() -> Iterator[Told]:
        yield answer("a")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        state.take(part, told())
    assert state.untold(part) == 2


def test_it_goes_when_all_is_done(state: State, path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0
    state.remove()
    assert not path.exists()
