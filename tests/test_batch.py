"""Facts about a batch: what is asked, what is written, and what a later run goes on with."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from summarizer.article import Article
from summarizer.batch import Batch, OutputProblem
from summarizer.draft import Draft
from summarizer.engines.base import Completion, Request
from summarizer.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    EngineTimeout,
    Refused,
    SourceNotFound,
)
from summarizer.pipeline import Summarizer
from summarizer.settings import Settings
from summarizer.sources import Source
from summarizer.testing import ScriptedEngine
from tests.batch_support import GOOD, Runs, kinds, many, outputs, source
from tests.pipeline_support import TEXT, WHAT, draft

#: Each kind of output, and its files without a failure.
ALONE = {
    ".jsonl": ["out.jsonl"],
    ".db": ["out.db"],
    ".parquet": ["out.items.parquet", "out.parquet"],
}


@pytest.fixture(params=outputs(*ALONE))
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Runs:
    return Runs(tmp_path, request.param)


@pytest.fixture
def lines(tmp_path: Path) -> Runs:
    """Batches into JSON lines, which are seen byte by byte."""
    return Runs(tmp_path)


# Rows


def test_each_source_has_a_row_and_a_second_run_asks_nobody(run: Runs) -> None:
    assert kinds(run(many("a", "b", "c"))) == ["written"] * 3
    assert run.asked == 3
    before = run.rows
    assert kinds(run(many("a", "b", "c"))) == ["known"] * 3
    assert (run.asked, run.rows) == (0, before)
    assert run.locations == ["a", "b", "c"]


def test_a_later_run_asks_for_what_was_not_there(run: Runs) -> None:
    run(many("a", "b"), most=1)
    assert run.locations == ["a"]
    assert kinds(run(many("a", "b", "c"))) == ["known", "written", "written"]
    assert (run.asked, run.locations) == (2, ["a", "b", "c"])


def test_an_article_that_has_changed_is_asked_about_again(run: Runs) -> None:
    run([source("a", TEXT)])
    assert kinds(run([source("a", f"{TEXT}\nCorrected.\n")])) == ["written"]
    assert run.asked == 1


def test_another_date_or_title_makes_another_question(run: Runs) -> None:
    def titled(title: str) -> Source:
        article = Article.from_text(TEXT, title=title, location="a")
        return Source("a", lambda: article)

    run([titled("One")])
    assert kinds(run([titled("Two")])) == ["written"]
    assert kinds(run([titled("One")])) == ["known"]


def test_a_row_of_another_model_answers_nothing(run: Runs) -> None:
    run(many("a"), model="small")
    assert kinds(run(many("a"), model="large")) == ["written"]
    assert kinds(run(many("a"), model="small")) == ["known"]


def test_a_row_of_the_fallback_model_stands(run: Runs) -> None:
    run(many("a"), model="second")
    settings = Settings(fallback_model="second")
    assert kinds(run(many("a"), model="first", settings=settings)) == ["known"]


def test_a_row_of_another_schema_or_prompt_answers_nothing(lines: Runs) -> None:
    lines(many("a"))
    row = json.loads(lines.output.read_text("utf-8"))
    for old in (row | {"schema_version": "1.0"}, row | {"provenance": {
        **row["provenance"], "prompt": "other@00000000"}}):  # fmt: skip
        lines.output.write_text(json.dumps(old, separators=(",", ":")) + "\n", "utf-8")
        assert kinds(lines(many("a"))) == ["written"]


def test_a_row_that_was_cut_off_is_asked_for_again(lines: Runs) -> None:
    lines(many("a", "b"))
    whole = lines.output.read_bytes()
    lines.output.write_bytes(whole[:-40])
    assert kinds(lines(many("a", "b"))) == ["known", "written"]
    assert lines.batch.repaired == [lines.output]
    assert lines.locations == ["a", "b"]


@pytest.mark.parametrize("content", ['{"schema_version":"1.1","else":1}\n', "notes\n", "notes"])
@pytest.mark.parametrize("fresh", [False, True])
def test_a_file_that_is_none_of_a_batch_is_left_alone(
    lines: Runs, content: str, *, fresh: bool
) -> None:
    lines.output.write_text(content)
    with pytest.raises(OutputProblem, match="is no row of a batch"):
        lines(many("a"), fresh=fresh)
    assert lines.output.read_text() == content


# Duplicates


def test_an_article_with_many_sources_is_asked_about_once_and_has_a_row_for_each(
    run: Runs,
) -> None:
    found = run([source(name, TEXT) for name in "abc"], jobs=1)
    assert (kinds(found), run.asked) == (["written"] * 3, 1)
    assert run.locations == ["a", "b", "c"]
    assert [row.provenance.cached for row in run.rows] == [False, True, True]
    assert len({row.model_copy(update={"article": None, "provenance": None}).model_dump_json()
                for row in run.rows}) == 1  # fmt: skip


def test_duplicates_that_are_under_way_at_once_wait_for_one_answer(run: Runs) -> None:
    found = run([source(f"{number}", TEXT) for number in range(9)], jobs=9)
    assert (kinds(found), run.asked, len(run.rows)) == (["written"] * 9, 1, 9)


def test_a_duplicate_in_a_later_run_is_not_asked_about(run: Runs) -> None:
    run([source("a", TEXT)])
    assert kinds(run([source("a", TEXT), source("b", TEXT)])) == ["known", "written"]
    assert (run.asked, run.locations) == (0, ["a", "b"])


def test_a_source_that_is_named_twice_has_one_row(run: Runs) -> None:
    assert sorted(kinds(run(many("a", "a"), jobs=2))) == ["known", "written"]
    assert run.locations == ["a"]


def test_duplicates_of_one_that_fails_fail_with_it(run: Runs) -> None:
    found = run([source(name, TEXT) for name in "ab"], Refused("declined"), jobs=2)
    assert (kinds(found), run.asked) == (["failed"] * 2, 1)


# Failures


def test_one_bad_source_does_not_stop_the_rest_and_has_its_row(run: Runs) -> None:
    gone = source("b", SourceNotFound("there is no 'b'"))
    assert kinds(run([source("a"), gone, source("c")])) == ["written", "failed", "written"]
    assert run.failures == [
        {
            "source": "b",
            "key": None,
            "error": "SourceNotFound",
            "message": "there is no 'b'",
            "hint": "Check the path.",
            "retryable": False,
            "attempts": [],
        }
    ]


def test_a_source_that_can_be_read_again_is_asked_about_and_its_failure_goes(run: Runs) -> None:
    run([source("a", SourceNotFound("there is no 'a'"))])
    assert kinds(run(many("a"))) == ["written"]
    assert run.failures == []


def test_the_failure_of_a_source_that_has_its_row_goes_when_it_can_be_read_again(
    run: Runs,
) -> None:
    run(many("a"))
    assert kinds(run([source("a", SourceNotFound("there is no 'a'"))])) == ["failed"]
    assert len(run.failures) == 1
    assert kinds(run(many("a"))) == ["known"]
    assert run.failures == []


def test_what_failed_for_good_is_asked_about_again_only_on_demand(run: Runs) -> None:
    assert kinds(run(many("a", "b"), Refused("declined"), GOOD)) == ["failed", "written"]
    assert kinds(run(many("a", "b"))) == ["skipped", "known"]
    assert (run.asked, len(run.failures)) == (0, 1)
    assert kinds(run(many("a", "b"), retry_errors=True)) == ["written", "known"]
    assert (run.asked, run.failures) == (1, [])


def test_what_failed_for_good_is_asked_about_again_once_it_has_changed(run: Runs) -> None:
    run(many("a"), Refused("declined"))
    assert kinds(run([source("a", TEXT)])) == ["written"]


def test_what_may_pass_is_asked_about_again_by_itself(run: Runs) -> None:
    run(many("a"), EngineTimeout("late"))
    assert run.failures[0]["retryable"] is True
    assert kinds(run(many("a"))) == ["written"]
    assert run.failures == []


def test_a_source_that_fails_again_and_again_has_one_row(run: Runs) -> None:
    for _ in range(3):
        run(many("a", "b"), then=EngineTimeout("late"))
    assert sorted(one["source"] for one in run.failures) == ["a", "b"]


def test_a_failure_of_a_source_that_is_not_named_this_time_stays(run: Runs) -> None:
    run(many("a"), Refused("declined"))
    run(many("b"))
    assert [one["source"] for one in run.failures] == ["a"]


def test_a_bug_is_told_without_a_word_of_the_article(run: Runs) -> None:
    assert kinds(run(many("a", "b"), KeyError(TEXT))) == ["failed", "written"]
    (failure,) = run.failures
    assert failure["error"] == "KeyError"
    assert "Halden" not in json.dumps(failure)


def test_the_failures_that_a_killed_run_left_behind_are_tidied_up(lines: Runs) -> None:
    lines(many("a"), Refused("declined"))
    left = lines.errors.read_bytes()
    lines(many("a"), retry_errors=True)
    lines.errors.write_bytes(left + b'{"source":"b"')
    assert kinds(lines(many("a"))) == ["known"]
    assert (lines.batch.repaired, lines.errors.exists()) == ([lines.errors], False)


# Stopping


@pytest.mark.parametrize("error", [AuthenticationFailed, BudgetExceeded])
def test_what_would_meet_every_article_stops_the_run_and_is_no_failure_of_one(
    run: Runs, error: type[AuthenticationFailed | BudgetExceeded]
) -> None:
    taken: list[str] = []

    def counted() -> Iterator[Source]:
        for name in map(str, range(100)):
            taken.append(name)
            yield source(name)

    found = run(counted(), GOOD, error("no"), jobs=2, then=error("no"))
    assert kinds(found).count("written") == 1
    assert set(kinds(found)) == {"written", "undone"}
    assert isinstance(run.batch.stopped, error)
    assert len(taken) < 10
    assert run.failures == []
    assert kinds(run(map(source, taken))).count("known") == 1
    assert len(run.rows) == len(taken)


def test_a_wrong_prompt_ends_the_run(run: Runs) -> None:
    with pytest.raises(ConfigurationError):
        run(many("a"), ConfigurationError("wrong"))


def test_no_more_sources_are_taken_than_the_work_needs(run: Runs) -> None:
    taken = 0

    def endless() -> Iterator[Source]:
        nonlocal taken
        while True:
            taken += 1
            yield source(str(taken))

    run(endless(), jobs=4, most=20)
    assert taken <= 20 + 3 * 4
    assert len(run.rows) == 20


def test_a_number_of_jobs_below_one_is_refused(run: Runs) -> None:
    with pytest.raises(ConfigurationError, match="jobs must be"):
        run(many("a"), jobs=0)


def test_unless_told_a_model_has_the_settings_jobs_and_the_extractive_engine_one(
    tmp_path: Path,
) -> None:
    settings = Settings(concurrency=7)
    asked = Summarizer(settings, engine=ScriptedEngine(prompted=True))
    quick = Summarizer(settings, engine="extractive")
    assert Batch(asked, tmp_path / "x.jsonl").jobs == 7
    assert Batch(quick, tmp_path / "x.jsonl").jobs == 1


# Order


class Slow(ScriptedEngine):
    """Answers for `a` when all others have theirs."""

    def __init__(self, others: int) -> None:
        super().__init__(then=GOOD, prompted=False)
        self._left = others
        self._others = asyncio.Event()

    async def complete(self, request: Request) -> Completion:
        done = await super().complete(request)
        if request.article.location == "a":
            await self._others.wait()
        else:
            self._left -= 1
            if not self._left:
                self._others.set()
        return done


@pytest.mark.parametrize("ordered", [False, True])
def test_rows_come_as_they_are_done_or_in_the_order_of_the_sources(
    run: Runs, *, ordered: bool
) -> None:
    async def scenario() -> None:
        options = {"jobs": 3, "ordered": ordered}
        await run._run(many("a", "b", "c"), Slow(2), None, None, options)

    asyncio.run(scenario())
    assert (run.locations == ["a", "b", "c"]) == ordered
    assert sorted(map(str, run.locations)) == ["a", "b", "c"]


# A new file


def changed(_: Article) -> Draft:
    return draft(what={**WHAT, "statement": "Ferry crews ended a strike."})


def told(run: Runs) -> list[str]:
    return [row.what.statement for row in run.rows if row.what is not None]


def test_a_fresh_run_asks_everything_and_replaces_the_file_when_it_is_complete(run: Runs) -> None:
    run(many("a", "b", "c"), Refused("declined"))
    before = told(run)
    run(many("a", "b"), then=changed, fresh=True)
    assert (run.asked, run.batch.complete) == (2, True)
    assert told(run) == ["Ferry crews ended a strike."] * 2 != before
    assert run.files == ALONE[run.output.suffix]


def test_a_fresh_run_that_is_broken_off_leaves_the_file_and_is_gone_on_with(run: Runs) -> None:
    run(many("a", "b", "c"))
    before = run.rows
    run(many("a", "b", "c"), then=changed, fresh=True, most=2)
    assert run.rows == before
    assert not run.batch.complete
    assert kinds(run(many("a", "b", "c"), then=changed, fresh=True)) == [
        "known", "known", "written",
    ]  # fmt: skip
    assert told(run) == ["Ferry crews ended a strike."] * 3
    assert run.files == ALONE[run.output.suffix]


@pytest.mark.parametrize("error", [EngineTimeout("late"), AuthenticationFailed("no")])
def test_a_fresh_run_that_may_still_become_complete_replaces_nothing(
    run: Runs, error: Exception
) -> None:
    run(many("a", "b"))
    before = run.rows
    run(many("a", "b"), changed, then=error, fresh=True)
    assert run.rows == before
    run(many("a", "b"), then=changed, fresh=True)
    assert told(run) == ["Ferry crews ended a strike."] * 2


def test_a_fresh_run_in_which_all_failed_replaces_nothing(run: Runs) -> None:
    run(many("a"))
    before = run.rows
    run(many("a"), then=Refused("declined"), fresh=True)
    assert run.rows == before


def test_failures_of_a_fresh_run_go_with_its_rows(run: Runs) -> None:
    run(many("a", "b"), Refused("declined"))
    run(many("a", "b"), GOOD, Refused("declined"), fresh=True)
    assert run.locations == ["a"]
    assert [one["source"] for one in run.failures] == ["b"]
    assert run.files == sorted({*ALONE[run.output.suffix], run.errors.name})


def test_a_slow_source_keeps_no_other_waiting(run: Runs) -> None:
    import threading

    others = threading.Event()
    slow = source("slow")

    def load() -> Article:
        assert others.wait(30)
        return slow.load()

    def last() -> Article:
        others.set()
        return source("last").load()

    found = run([dataclasses.replace(slow, load=load), Source("last", last)], jobs=2)
    assert kinds(found) == ["written"] * 2
