"""Facts about blocks: what is written of each, and what another visit does with it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summarizer.distributed import manifest, parts
from summarizer.distributed.blocks import Blocks, Stop
from summarizer.distributed.leases import LimitsLost
from summarizer.distributed.storage import Folder
from summarizer.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    EngineTimeout,
    Refused,
)
from tests.distributed_support import TEXT, Corpus, Engine, write


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def failing(error: Exception, *numbers: int) -> Engine:
    """An engine that has this error for some articles."""
    texts = [TEXT.format(n) for n in numbers]

    def fail(text: str) -> None:
        if text in texts:
            raise error

    return Engine(fail)


def test_each_row_has_one_record_and_its_items(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(5))
    write(corpus.source / "b.parquet", range(5, 7))

    done = corpus.run()

    assert [(one.first, one.written) for one in done] == [(1, 3), (4, 2), (6, 2)]
    assert [row["id"] for row in corpus.rows("articles")] == [1, 2, 3, 4, 5, 6, 7]
    assert corpus.sources == [
        "a.parquet#1", "a.parquet#2", "a.parquet#3", "a.parquet#4", "a.parquet#5",
        "b.parquet#1", "b.parquet#2",
    ]  # fmt: skip
    assert [row["article"] for row in corpus.rows("items")] == [1, 2, 3, 4, 5, 6, 7]
    record = json.loads(corpus.rows("articles")[4]["record"])
    assert record["article"]["location"].endswith("in/a.parquet#5")


def test_a_second_run_asks_nothing(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(5))
    corpus.run()
    before = corpus.rows("articles")
    engine = Engine()

    assert corpus.run(engine) == []
    assert engine.asked == []
    assert corpus.rows("articles") == before


def test_what_may_pass_is_asked_again_and_nothing_else(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(5))
    first = corpus.run(failing(EngineTimeout("no answer"), 1, 4))
    assert [(one.written, one.failed, one.passing) for one in first] == [(2, 1, 1), (1, 1, 1)]
    assert [row["id"] for row in corpus.rows("errors")] == [2, 5]

    engine = Engine()
    corpus.run(engine)

    assert sorted(engine.asked) == [TEXT.format(1), TEXT.format(4)]
    assert [row["id"] for row in corpus.rows("articles")] == [1, 2, 3, 4, 5]
    assert corpus.rows("errors") == []


def test_what_failed_for_good_is_left_alone_until_that_is_asked_for(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3))
    corpus.run(failing(Refused("no"), 0))
    engine = Engine()

    assert corpus.run(engine) == []
    assert [row["error"] for row in corpus.rows("errors")] == ["Refused"]

    corpus.run(engine, retry_errors=True)
    assert engine.asked == [TEXT.format(0)]
    assert corpus.rows("errors") == []
    assert len(corpus.rows("articles")) == 3


def test_a_failure_that_stands_is_kept_while_others_are_asked_again(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3))

    def fail(text: str) -> None:
        if text == TEXT.format(0):
            raise Refused("no")
        if text == TEXT.format(1):
            raise EngineTimeout("late")

    corpus.run(Engine(fail))
    corpus.run(failing(EngineTimeout("late"), 1))

    assert [(row["id"], row["error"]) for row in corpus.rows("errors")] == [
        (1, "Refused"),
        (2, "EngineTimeout"),
    ]
    corpus.run()
    assert [(row["id"], row["error"]) for row in corpus.rows("errors")] == [(1, "Refused")]
    assert [row["id"] for row in corpus.rows("articles")] == [2, 3]


def test_an_article_that_several_rows_hold_is_asked_about_once(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(1), group=1)
    text = [TEXT.format(0)] * 3
    write(corpus.source / "b.parquet", range(3), text=text)
    engine = Engine()

    corpus.run(engine)

    assert len(engine.asked) == 2  # once for each block
    assert len(corpus.rows("articles")) == 4
    again = [row["cached"] for row in corpus.rows("articles")]
    assert again == [False, False, True, True]
    assert corpus.sources[1:] == ["b.parquet#1", "b.parquet#2", "b.parquet#3"]


def test_the_error_of_an_article_is_that_of_each_row_that_holds_it(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3), text=[TEXT.format(0)] * 3)
    engine = failing(Refused("no"), 0)

    done = corpus.run(engine)

    assert len(engine.asked) == 1
    assert (done[0].failed, done[0].cost_usd) == (3, 0.0)
    assert len(corpus.rows("errors")) == 3


def test_a_bug_that_one_article_meets_spares_the_others(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3))
    done = corpus.run(failing(ZeroDivisionError("Ferry crews in Halden"), 1))

    assert (done[0].written, done[0].failed, done[0].cost_usd) == (2, 1, None)
    assert [row["message"] for row in corpus.rows("errors")] == [
        "an unexpected error: this is a bug"
    ]


@pytest.mark.parametrize("error", [ConfigurationError("no"), LimitsLost("gone")])
def test_what_would_meet_every_article_is_raised_and_nothing_is_written(
    corpus: Corpus, error: Exception
) -> None:
    write(corpus.source / "a.parquet", range(3))
    with pytest.raises(type(error)):
        corpus.run(failing(error, 1))
    assert corpus.rows("articles") == []


@pytest.mark.parametrize("error", [AuthenticationFailed("no"), BudgetExceeded("no")])
def test_a_stop_keeps_what_is_answered_and_leaves_the_rest(
    corpus: Corpus, error: AuthenticationFailed | BudgetExceeded
) -> None:
    write(corpus.source / "a.parquet", range(6))
    stop = Stop()

    first = corpus.run(failing(error, 1), stop=stop, jobs=1)

    assert stop.reason is error
    assert [(one.written, one.undone, one.failed) for one in first] == [(1, 2, 0), (0, 3, 0)]
    assert corpus.rows("errors") == []
    engine = Engine()
    corpus.run(engine)
    assert len(engine.asked) == 5
    assert [row["id"] for row in corpus.rows("articles")] == [1, 2, 3, 4, 5, 6]


def test_a_drop_ends_what_is_under_way_and_keeps_what_is_done(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3))
    stop = Stop()

    async def hang(text: str) -> None:
        if text == TEXT.format(2):
            stop.ask(drop=True)
            await asyncio.Event().wait()

    class Hanging(Engine):
        async def complete(self, request: Any) -> Any:
            await hang(request.article.text)
            return await super().complete(request)

    done = corpus.run(Hanging(), stop=stop, jobs=1)

    assert (done[0].written, done[0].undone) == (2, 1)
    assert len(corpus.rows("articles")) == 2
    corpus.run()
    assert [row["id"] for row in corpus.rows("articles")] == [1, 2, 3]


def test_a_block_that_a_dead_worker_has_done_is_not_done_again(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3))
    made = corpus.plan()
    todo = list(made.todo(retry_errors=False))
    engine = Engine()

    async def twice() -> list[Any]:
        first = corpus.blocks(failing(EngineTimeout("late"), 0), Stop())
        second = corpus.blocks(engine, Stop())
        return [await blocks.do(*todo[0]) for blocks in (first, second)]

    done, again = asyncio.run(twice())

    assert engine.asked == []
    assert (again.written, again.undone) == (done.written, 1)


def test_nothing_is_written_of_a_block_that_has_become_anothers(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3))
    todo = list(corpus.plan().todo(retry_errors=False))

    async def work() -> None:
        async def lost() -> bool:
            return False

        await corpus.blocks(None, Stop()).do(*todo[0], lost)

    asyncio.run(work())

    assert corpus.rows("articles") == []
    assert manifest.states(Folder(str(corpus.target))) == {}


class Killed(BaseException):
    """The worker ends here."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(data=st.data())
def test_killed_at_any_write_and_gone_on_with_each_row_is_there_once(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    corpus = Corpus(tmp_path_factory.mktemp("corpus"))
    count = data.draw(st.integers(1, 9))
    write(corpus.source / "a.parquet", range(count))
    passing: set[int] = set()
    for _ in range(data.draw(st.integers(1, 4))):
        passing = data.draw(st.sets(st.integers(0, count - 1)))
        left = data.draw(st.integers(0, 9))

        class Dying(Folder):
            """A folder that is written so many times, then no more."""

            def _die(self) -> None:
                nonlocal left
                if not left:
                    raise Killed
                left -= 1

            def write(self, path: str, data: bytes) -> None:
                self._die()
                super().write(path, data)

            def delete(self, path: str) -> None:
                self._die()
                super().delete(path)

        blocks = corpus.blocks(failing(EngineTimeout("late"), *passing), Stop())
        blocks._target = Dying(str(corpus.target))
        made = corpus.plan()
        try:
            for block, state in made.todo(retry_errors=False):
                asyncio.run(blocks.do(block, state))
        except Killed:
            pass
        finally:
            blocks.close()

    corpus.run(failing(EngineTimeout("late"), *passing))
    corpus.run()

    assert Counter(row["id"] for row in corpus.rows("articles")) == Counter(range(1, count + 1))
    assert Counter(row["article"] for row in corpus.rows("items")) == Counter(range(1, count + 1))
    assert corpus.rows("errors") == []


def test_a_damaged_file_fails_its_rows_and_no_other(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3), group=1)
    write(corpus.source / "b.parquet", range(3, 6))
    whole = (corpus.source / "a.parquet").read_bytes()
    (corpus.source / "a.parquet").write_bytes(whole[:20] + b"\xff" * 60 + whole[80:])

    done = corpus.run()

    assert [(one.written, one.failed) for one in done] == [(0, 3), (3, 0)]
    assert {row["error"] for row in corpus.rows("errors")} == {"UnreadableSource"}


def test_a_file_that_vanishes_midway_is_told_as_what_may_pass(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(3))
    todo = list(corpus.plan().todo(retry_errors=False))
    (corpus.source / "a.parquet").unlink()
    done = asyncio.run(corpus.blocks(None, Stop()).do(*todo[0]))

    assert (done.failed, done.passing) == (3, 3)
    assert {row["error"] for row in corpus.rows("errors")} == {"SourceUnavailable"}


def test_no_more_articles_are_under_way_than_jobs_over_all_blocks(corpus: Corpus) -> None:
    write(corpus.source / "a.parquet", range(12))
    inside, most = 0, 0

    class Counting(Engine):
        async def complete(self, request: Any) -> Any:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            for _ in range(3):
                await asyncio.sleep(0)
            inside -= 1
            return await super().complete(request)

    async def both(blocks: Blocks) -> None:
        todo = list(corpus.plan(block_rows=6).todo(retry_errors=False))
        await asyncio.gather(*(blocks.do(*one) for one in todo))

    asyncio.run(both(corpus.blocks(Counting(), Stop(), jobs=3)))

    assert most == 3
    assert len(corpus.rows("articles")) == 12


def test_rows_that_are_read_forward_are_read_once(corpus: Corpus) -> None:
    from summarizer.distributed.manifest import Block
    from summarizer.sources import Columns

    write(corpus.source / "a.parquet", range(10), group=3, title=[f"t{n}" for n in range(10)])
    opened: list[str] = []

    class Counting(Folder):
        def open(self, path: str) -> Any:
            opened.append(path)
            return super().open(path)

    rows = parts.Rows(Counting(str(corpus.source)), Columns(), max_bytes=1000)
    found = [
        [row["title"] for row in rows.of(Block(start + 1, "a.parquet", start, count), "a")]
        for start, count in ((0, 2), (2, 3), (7, 2), (4, 2), (9, 1))
    ]
    rows.close()

    assert found == [["t0", "t1"], ["t2", "t3", "t4"], ["t7", "t8"], ["t4", "t5"], ["t9"]]
    assert len(opened) == 2  # once more to go back
