"""Facts about the file of the service's batches."""

from __future__ import annotations

import itertools
import os
import sqlite3
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summarizer.errors import ConfigurationError
from summarizer.service.database import StoreError, StoreFull
from summarizer.service.records import Entry, Job, Returned, State, Token, Written
from summarizer.service.store import Store, TokenTaken
from summarizer.service.store_thread import StoreThread

POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
SECRET = "the harbour master confessed at dawn"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "batches.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[..., Store]]:
    """Opens stores of one file, and closes what is open."""
    stores: list[Store] = []

    def open_store(**options: object) -> Store:
        for one in stores:
            one.close()
        stores.append(Store(path, wait=0.0, **options))  # type: ignore[arg-type]
        return stores[-1]

    yield open_store
    for one in stores:
        one.close()


@pytest.fixture
def store(opened: Callable[..., Store]) -> Store:
    return opened()


def accepted(store: Store, articles: int, owner: str = "desk", token: Token | None = None) -> int:
    number = store.begin(owner)
    store.add(number, [Entry(f"a{n}", f"{SECRET} {n}") for n in range(articles)])
    return store.accept(number, token).number


def written(job: Job, content: str = "{}") -> Written:
    return Written(job, "summary", content)


def files(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in sorted(path.parent.iterdir()))


def test_an_article_goes_from_waiting_to_its_row_in_the_order_of_the_batch(store: Store) -> None:
    number = accepted(store, 3)
    jobs = store.step([], 2)
    assert [(job.place, job.tries, job.owner) for job in jobs] == [(0, 1, "desk"), (1, 1, "desk")]
    assert [job.body for job in jobs] == [f"{SECRET} 0", f"{SECRET} 1"]
    (third,) = store.step([Written(jobs[1], "error", '{"e":1}'), written(jobs[0])], 5)
    rows = store.results(number)
    assert [(row.seq, row.place, row.name, row.kind, row.content) for row in rows] == [
        (1, 1, "a1", "error", '{"e":1}'),
        (2, 0, "a0", "summary", "{}"),
    ]
    (batch,) = store.batches("desk")
    assert (batch.state, batch.total, batch.done, batch.failed) == (State.OPEN, 3, 1, 1)
    assert batch.running == 1
    assert batch.ended is None
    store.step([written(third)], 5)
    (batch,) = store.batches("desk")
    assert (batch.state, batch.done, batch.failed, batch.running) == (State.DONE, 2, 1, 0)
    assert batch.ended is not None
    assert [row.seq for row in store.results(number, after=1, limit=1)] == [2]


def test_a_row_is_written_once_however_often_it_comes(store: Store) -> None:
    number = accepted(store, 1)
    (job,) = store.step([], 1)
    store.step([written(job, "first"), written(job, "second")], 0)
    store.step([written(job, "third")], 0)
    assert [row.content for row in store.results(number)] == ["first"]
    assert store.batches("desk")[0].done == 1


def test_what_comes_of_an_earlier_epoch_is_not_written(opened: Callable[..., Store]) -> None:
    first = opened()
    number = accepted(first, 1)
    (early,) = first.step([], 1)
    second = opened()
    (late,) = second.step([], 1)
    # A second try of the same article, although the first one was never given back.
    assert late.tries == early.tries + 1
    # The second store stands for a server that has another's job in its hands.
    second._epoch += 1
    second.step([written(late), Returned(late, 0.0, counted=True)], 0)
    assert second.results(number) == []
    assert second.batches("desk")[0].running == 1


def test_what_was_under_way_is_taken_up_again_after_what_was_never_begun(
    opened: Callable[..., Store],
) -> None:
    first = opened()
    accepted(first, 4)
    begun = first.step([], 2)
    assert [job.place for job in begun] == [0, 1]
    second = opened()
    assert second.batches("desk")[0].running == 0
    assert [(job.place, job.tries) for job in second.step([], 9)] == [
        (2, 1), (3, 1), (0, 2), (1, 2),
    ]  # fmt: skip


def test_a_batch_that_was_not_accepted_is_nobodys_and_is_deleted(
    opened: Callable[..., Store], path: Path
) -> None:
    first = opened()
    number = first.begin("desk")
    first.add(number, [Entry(None, SECRET)])
    assert first.batches("desk") == []
    assert first.step([], 5) == []
    assert first.open_batches("desk") == 1
    second = opened()
    assert second.open_batches("desk") == 0
    while second.sweep(0.0):
        pass
    second.close()
    assert SECRET.encode() not in files(path)


def test_a_text_is_gone_from_the_file_when_its_row_is_there(
    opened: Callable[..., Store], path: Path
) -> None:
    store = opened()
    accepted(store, 2)
    jobs = store.step([], 2)
    assert SECRET.encode() in files(path)
    store.step([written(job) for job in jobs], 0)
    store.close()
    assert SECRET.encode() not in files(path)


def test_a_returned_article_waits_its_time_and_counts_its_tries(
    opened: Callable[..., Store],
) -> None:
    now = 100.0
    store = opened(clock=lambda: now)
    accepted(store, 1)
    (job,) = store.step([], 1)
    assert store.next_ready() is None
    assert store.step([Returned(job, 130.0, counted=True)], 1) == []
    assert store.next_ready() == 130.0
    now = 130.0
    assert store.next_ready(without={"desk"}) is None
    assert store.step([], 1, without={"desk"}) == []
    (job,) = store.step([], 1)
    assert job.tries == 2
    store.step([Returned(job, 0.0, counted=False)], 0)
    (job,) = store.step([], 1)
    assert job.tries == 2


def test_batches_and_owners_take_turns(store: Store) -> None:
    big = accepted(store, 50, "desk")
    small = accepted(store, 2, "desk")
    other = accepted(store, 50, "archive")
    jobs = store.step([], 8)
    # Each owner has half of what is under way, and each batch half of its owner's.
    assert Counter(job.batch for job in jobs) == {big: 2, small: 2, other: 4}
    # One after the other, where all have as much.
    turns = []
    for _ in range(6):
        store.step([written(job) for job in jobs], 0)
        jobs = store.step([], 1)
        turns.append(jobs[0].batch)
    assert turns in ([big, other] * 3, [other, big] * 3)


def test_no_batch_and_no_row_of_another_owner_is_found(store: Store) -> None:
    accepted(store, 1, "desk")
    (mine,) = store.batches("desk")
    assert store.batches("archive") == []
    assert store.batch("archive", mine.id) is None
    assert store.cancel("archive", mine.id) is None
    assert store.batches("archive", before=mine.id) == []
    assert store.batch("desk", mine.id) == mine


def test_a_list_begins_with_the_newest_and_goes_on_before_any(store: Store) -> None:
    numbers = [accepted(store, 1) for _ in range(5)]
    first = store.batches("desk", limit=2)
    rest = store.batches("desk", before=first[-1].id)
    assert [batch.number for batch in (*first, *rest)] == numbers[::-1]
    assert store.batches("desk", before="batch_of_nobody") == []


def test_a_cancelled_batch_begins_and_writes_nothing_more(
    opened: Callable[..., Store], path: Path
) -> None:
    store = opened()
    number = accepted(store, 4)
    first, second = store.step([], 2)
    store.step([written(first)], 0)
    name = store.batches("desk")[0].id
    cancelled = store.cancel("desk", name)
    assert cancelled is not None
    assert (cancelled.state, cancelled.done, cancelled.running) == (State.CANCELLED, 1, 0)
    assert store.step([written(second)], 9) == []
    assert [row.place for row in store.results(number)] == [0]
    assert store.next_ready() is None
    assert store.left() == 0
    while store.sweep(0.0, most=1):
        pass
    assert [row.place for row in store.results(number)] == [0]
    store.close()
    assert SECRET.encode() not in files(path)


def test_a_done_batch_stays_done_when_it_is_cancelled(store: Store) -> None:
    accepted(store, 1)
    store.step([written(job) for job in store.step([], 1)], 0)
    name = store.batches("desk")[0].id
    batch = store.cancel("desk", name)
    assert batch is not None
    assert batch.state is State.DONE


def test_a_batch_is_deleted_when_it_ended_before_the_time_that_is_kept(
    opened: Callable[..., Store], path: Path
) -> None:
    now = 100.0
    store = opened(clock=lambda: now)
    old = accepted(store, 3)
    store.step([written(job, SECRET) for job in store.step([], 3)], 0)
    now = 200.0
    new = accepted(store, 3)
    store.step([written(job) for job in store.step([], 3)], 0)
    waiting = store.begin("desk")
    store.add(waiting, [Entry(None, "it waits")])
    store.accept(waiting)
    while store.sweep(150.0, most=2):
        pass
    assert [batch.number for batch in store.batches("desk")] == [waiting, new]
    assert store.results(old) == []
    assert len(store.results(new)) == 3
    store.close()
    assert SECRET.encode() not in files(path)


def test_the_file_becomes_smaller_when_batches_are_deleted(
    opened: Callable[..., Store], path: Path
) -> None:
    store = opened()
    number = store.begin("desk")
    store.add(number, [Entry(None, "x" * 100_000) for _ in range(50)])
    store.accept(number)
    store.close()
    large = path.stat().st_size
    assert large > 5_000_000
    store = opened()
    store.drop(number)
    while store.sweep(0.0):
        pass
    store.close()
    assert path.stat().st_size < large / 10


def test_one_idempotency_key_makes_one_batch(store: Store) -> None:
    token = Token(b"k", b"digest")
    first = accepted(store, 2, token=token)
    assert store.known("desk", b"k") == (store.batches("desk")[0].id, b"digest")
    assert accepted(store, 2, token=token) == first
    assert len(store.batches("desk")) == 1
    assert accepted(store, 2, "archive", token) != first
    with pytest.raises(TokenTaken):
        accepted(store, 2, token=Token(b"k", b"another"))
    assert len(store.batches("desk")) == 1


def test_an_idempotency_key_is_free_again_when_its_batch_is_deleted(store: Store) -> None:
    token = Token(b"k", b"digest")
    number = accepted(store, 1, token=token)
    store.drop(number)
    assert store.known("desk", b"k") is None
    assert accepted(store, 1, token=token) != number


def test_no_more_is_accepted_than_the_file_may_hold_and_rows_are_still_written(
    opened: Callable[..., Store],
) -> None:
    store = opened()
    number = accepted(store, 1)
    small = opened(max_bytes=1)
    other = small.begin("desk")
    with pytest.raises(StoreFull):
        small.add(other, [Entry(None, "text")])
    small.step([written(job) for job in small.step([], 1)], 0)
    assert len(small.results(number)) == 1


def test_a_transaction_that_fails_leaves_nothing_behind(store: Store) -> None:
    number = accepted(store, 2)
    jobs = store.step([], 2)
    broken = Written(jobs[1], "summary", None)  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        store.step([written(jobs[0]), broken], 1)
    assert store.results(number) == []
    store.step([written(job) for job in jobs], 0)
    assert len(store.results(number)) == 2


@POSIX
def test_the_file_and_its_journal_are_their_owners_alone(store: Store, path: Path) -> None:
    accepted(store, 1)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == ["batches.db", "batches.db-wal"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}


OPEN = """
import sys
from pathlib import Path
from summarizer.service.store import Store
store = Store(Path(sys.argv[1]), wait=0.0)
print("open", flush=True)
sys.stdin.read()
"""


def other_server(path: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def test_one_server_has_the_file_until_it_ends_however_it_ends(path: Path) -> None:
    with other_server(path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        with pytest.raises(ConfigurationError, match="another server"):
            Store(path, wait=0.0)
        with other_server(path) as second:
            _, told = second.communicate()
            assert second.returncode != 0
            assert "another server" in told
        first.kill()
        first.communicate()
    Store(path, wait=0.0).close()


def test_a_server_waits_for_an_earlier_one_to_leave(path: Path) -> None:
    with other_server(path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        assert first.stdin is not None
        first.stdin.close()
        Store(path, wait=60.0).close()
        first.wait()
        first.stdout.close()


@pytest.mark.parametrize("content", [b"not a database " * 100, b"short"])
def test_a_file_that_is_no_store_is_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ConfigurationError):
        Store(path, wait=0.0)
    assert path.read_bytes() == content


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 99", "PRAGMA application_id = 7"])
def test_a_store_of_another_version_or_application_is_left_alone(
    store: Store, path: Path, statement: str
) -> None:
    store.close()
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.close()
    with pytest.raises(ConfigurationError):
        Store(path, wait=0.0)


def test_a_folder_in_the_files_place_is_a_configuration_error(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(ConfigurationError):
        Store(path, wait=0.0)


def test_what_a_step_asks_does_not_take_longer_with_more_articles(store: Store) -> None:
    accepted(store, 3)
    asked: list[str] = []
    store._connection.set_trace_callback(asked.append)
    (job,) = store.step([], 1)
    store.step([Returned(job, 0.0, counted=False)], 0)
    store.next_ready()
    store.batches("desk")
    store.left()
    store._connection.set_trace_callback(None)
    plans = [
        str(row[3])
        for query in asked
        if query.startswith("SELECT")
        for row in store._connection.execute(f"EXPLAIN QUERY PLAN {query}")
    ]
    assert any("articles_waiting" in plan for plan in plans)
    assert [
        plan
        for plan in plans
        # A whole table, or the whole of a batch's waiting articles, in the order of no index.
        if (plan.startswith("SCAN articles") and "articles_running" not in plan)
        or plan == "SEARCH articles USING PRIMARY KEY (batch=?)"
    ] == []


@pytest.mark.anyio
async def test_a_store_in_its_thread_gives_what_it_raises_and_returns(path: Path) -> None:
    shelf = StoreThread(lambda: Store(path, wait=0.0))
    number = await shelf.do(lambda store: accepted(store, 1))
    assert number == 1
    with pytest.raises(StoreError):
        await shelf.do(lambda store: store.add(number, [Entry(None, None)]))  # type: ignore[arg-type]
    await shelf.aclose()
    Store(path, wait=0.0).close()


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("batch"), st.integers(1, 4)),
        st.tuples(st.just("begin"), st.integers(1, 5)),
        st.tuples(st.just("write"), st.integers(0, 9)),
        st.tuples(st.just("return"), st.integers(0, 9)),
        st.tuples(st.just("kill"), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
    ),
    max_size=40,
)


class Machine:
    """A store that is killed and opened again, and all jobs that it ever gave."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store(path, wait=0.0)
        self.totals: dict[int, int] = {}
        self.given_up: set[int] = set()
        self.hands: list[Job] = []
        self.contents = itertools.count()

    def move(self, move: str, size: int) -> None:
        if move == "batch":
            self.totals[accepted(self.store, size)] = size
        elif move == "begin":
            self.hands += self.store.step([], size)
        elif move == "kill":
            self.store.close()
            self.store = Store(self.path, wait=0.0)
        elif move == "cancel" and self.totals:
            self.cancel(sorted(self.totals)[size % len(self.totals)])
        elif move == "write" and self.hands:
            # The job stays in hand: the same may be written again.
            job = self.hands[size % len(self.hands)]
            self.store.step([written(job, str(next(self.contents)))], 0)
        elif move == "return" and self.hands:
            job = self.hands.pop(size % len(self.hands))
            self.store.step([Returned(job, 0.0, counted=True)], 0)

    def cancel(self, number: int) -> None:
        name = next(one.id for one in self.store.batches("desk") if one.number == number)
        batch = self.store.cancel("desk", name)
        if batch is not None and batch.state is State.CANCELLED:
            self.given_up.add(number)

    def places(self, table: str, number: int) -> list[int]:
        query = f"SELECT place FROM {table} WHERE batch = ? ORDER BY place"
        return [row[0] for row in self.store._connection.execute(query, (number,))]


@given(MOVES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_each_accepted_article_stands_in_one_place(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, int]]
) -> None:
    machine = Machine(tmp_path_factory.mktemp("moves") / "batches.db")
    for move, size in moves:
        machine.move(move, size)
    for number, total in machine.totals.items():
        waiting, done = (machine.places(table, number) for table in ("articles", "results"))
        assert sorted(waiting + done) == list(range(total))
        assert machine.places("texts", number) == waiting
        seqs = [row.seq for row in machine.store.results(number)]
        assert seqs == list(range(1, len(done) + 1))
    # And each of them gets its row in the end.
    machine.move("kill", 0)
    while jobs := machine.store.step([], 3):
        machine.store.step([written(job) for job in jobs], 0)
    for number, total in machine.totals.items():
        if number not in machine.given_up:
            assert machine.places("results", number) == list(range(total))
    machine.store.close()
