"""Runs: rows that survive, a manifest that identifies, a budget and a cache."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import anyio
import pytest

from evals import data, loopback
from evals.answering import FAILURES, NoAnswer, ask
from evals.checks import Checks
from evals.data import Corpus
from evals.errors import ConfigurationError, DataError, Incomplete
from evals.running import manifest as manifests
from evals.running.budget import Budget, BudgetSpent
from evals.running.building import System
from evals.running.cache import Cache
from evals.running.manifest import Manifest
from evals.running.rows import Key, Row, RowFile, read_rows
from evals.running.runner import ROWS, Outcome, Runner
from evals.running.stored import StoredRun, is_run
from summarizer import Settings, Summarizer
from summarizer.engines.base import Completion, Request
from summarizer.errors import (
    AnswerTruncated,
    AuthenticationFailed,
    ContentFiltered,
    EngineTimeout,
    EngineUnavailable,
    InvalidAnswer,
    RateLimited,
    Refused,
    RequestRejected,
)
from summarizer.schema import Attempt
from summarizer.testing import ScriptedEngine
from tests.evals_builders import TEXT, case, raw_record, summary, write

DRAFT = loopback.as_draft(case().gold)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Two articles, the second with a line more than the first."""
    write(tmp_path / "data")
    text = TEXT + "More.\n"
    write(tmp_path / "data", raw_record(text, "second.txt"), text)
    return data.load(tmp_path / "data")


class Priced(ScriptedEngine):
    """Gives the same draft every time, at a price."""

    def __init__(self, price: float | None, *first: Exception) -> None:
        super().__init__(*first, then=DRAFT)
        self._price = price

    async def complete(self, request: Request) -> Completion:
        completion = await super().complete(request)
        attempt = Attempt(
            purpose="draft", mode="x", outcome="ok", seconds=0.5, cost_usd=self._price
        )
        return Completion(completion.draft, "x", (attempt,))


def system(engine: ScriptedEngine) -> System:
    settings = Settings.load(environ={}, env_file=Path("none"))
    return System(Summarizer(settings, engine=engine), prompt="p@1", deterministic=False)


def run(
    corpus: Corpus, out: Path, engine: ScriptedEngine, *, repeats: int = 1, **options: Any
) -> Outcome:
    made = system(engine)
    runner = Runner(corpus, made.manifest(corpus, repeats), out, made.summarizer, **options)
    return anyio.run(runner.run)


def row(**changes: Any) -> Row:
    values: dict[str, Any] = {
        "article": "bridge",
        "engine": "scripted",
        "model": None,
        "prompt": None,
        "repeat": 0,
        "failure": None,
        "seconds": 0.5,
        "cost_usd": 0.25,
        "attempts": (),
        "summary": summary(),
    }
    return Row(**{**values, **changes})


# Rows


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / ROWS
    rows = [row(), row(repeat=1, failure="Refused", summary=None)]
    with RowFile(path) as file:
        for each in rows:
            file.append(each)
    assert list(read_rows(path)) == rows
    with RowFile(path) as file:
        assert list(file.rows) == rows


@pytest.mark.parametrize("cut", [1, 40, -1])
def test_a_row_that_was_not_finished_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / ROWS
    whole = row().model_dump_json().encode() + b"\n"
    torn = row(repeat=1).model_dump_json().encode()[:cut]
    path.write_bytes(whole + torn)
    assert [each.repeat for each in read_rows(path)] == [0]
    assert path.read_bytes() == whole + torn
    with RowFile(path) as file:
        assert [each.repeat for each in file.rows] == [0]
        file.append(row(repeat=1))
    assert [each.repeat for each in read_rows(path)] == [0, 1]


def test_what_is_no_row_is_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / ROWS
    line = row().model_dump_json()
    for content, message in (
        (f"{line}\n{{}}\n", ":2: not a row"),
        (f"{line}\n{line}\n", ":2: bridge has repeat 0 already"),
        (line.replace('"failure":null', '"failure":"x"') + "\n", "either a summary or a failure"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(DataError, match=message), RowFile(path):
            pass
    with pytest.raises(DataError, match="No such file"):
        read_rows(tmp_path / "none")


def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="there is no such lock here")
    with (
        RowFile(tmp_path / ROWS),
        pytest.raises(DataError, match="another process"),
        RowFile(tmp_path / ROWS),
    ):
        pass


def test_the_same_answer_differs_in_its_clocks_alone() -> None:
    one = summary()
    attempt = Attempt(purpose="draft", mode="x", outcome="ok", seconds=1, request_id="a")
    slow = attempt.model_copy(update={"seconds": 9, "request_id": "b"})

    def at(each: Attempt, seconds: float) -> Row:
        made = one.provenance.model_copy(update={"attempts": (each,), "elapsed_seconds": seconds})
        return row(
            seconds=seconds, attempts=(each,), summary=one.model_copy(update={"provenance": made})
        )

    assert at(attempt, 1).same_answer() == at(slow, 2).same_answer()
    assert at(attempt, 1).same_answer() != row().same_answer()


# Asking


@pytest.mark.parametrize("error", [Refused, ContentFiltered, AnswerTruncated, InvalidAnswer])
def test_a_systems_own_failure_is_an_empty_answer(error: type[Exception]) -> None:
    attempt = Attempt(purpose="draft", mode=None, outcome="x", seconds=1, cost_usd=0.5)
    engine = ScriptedEngine(error("no", attempts=(attempt,)))  # type: ignore[call-arg]  # each takes them
    answer = anyio.run(ask, case(), system(engine).summarizer)
    assert (answer.summary, answer.failure, answer.cost_usd) == (None, error.__name__, 0.5)
    assert answer.prediction.items == {}
    assert answer.checks(TEXT) == Checks(answers=1, cost_usd=0.5)
    assert error in FAILURES


def test_an_answer_that_the_article_does_not_support_is_an_empty_one() -> None:
    invented = DRAFT.model_copy(
        update={"what": None, "who": [], "where": [], "when": [], "reactions": [], "background": []}
    )
    engine = ScriptedEngine(then=invented)
    answer = anyio.run(ask, case(), system(engine).summarizer)
    assert answer.failure == "NothingGrounded"


@pytest.mark.parametrize(
    "error", [EngineUnavailable, EngineTimeout, RateLimited, AuthenticationFailed, RequestRejected]
)
def test_what_is_not_the_systems_doing_is_no_answer(error: type[Exception]) -> None:
    with pytest.raises(NoAnswer, match=error.__name__):
        anyio.run(ask, case(), system(ScriptedEngine(error("down"))).summarizer)


def test_a_crash_is_no_low_score() -> None:
    with pytest.raises(ZeroDivisionError):
        anyio.run(ask, case(), system(ScriptedEngine(ZeroDivisionError())).summarizer)


# Running


def test_a_run_asks_for_every_article_and_repeat_once(corpus: Corpus, tmp_path: Path) -> None:
    engine = ScriptedEngine(then=DRAFT)
    outcome = run(corpus, tmp_path / "run", engine, repeats=3, jobs=2)
    assert outcome.complete
    assert len(engine.requests) == outcome.written == 6
    stored = StoredRun.read(tmp_path / "run")
    assert set(stored.rows) == {
        Key(name, repeat) for name in ("bridge", "second") for repeat in range(3)
    }
    assert [sorted(one) for one in stored.repeats(corpus)] == [["bridge", "second"]] * 3
    assert is_run(tmp_path / "run")
    assert not is_run(tmp_path)


def test_a_run_goes_on_where_it_stopped(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "run"
    engine = ScriptedEngine(DRAFT, EngineUnavailable("down"), DRAFT, DRAFT)
    first = run(corpus, out, engine, repeats=2)
    assert not first.complete
    assert first.reasons == ["second, repeat 0: EngineUnavailable: down"]
    with pytest.raises(Incomplete, match="1 of 4 answers are missing"):
        StoredRun.read(out).repeats(corpus)
    engine = ScriptedEngine(then=DRAFT)
    again = run(corpus, out, engine, repeats=2)
    assert (again.complete, again.before, again.written) == (True, 3, 1)
    assert len(engine.requests) == 1
    assert run(corpus, out, ScriptedEngine(), repeats=2).written == 0


def test_a_refused_key_ends_the_run_at_once(corpus: Corpus, tmp_path: Path) -> None:
    engine = ScriptedEngine(AuthenticationFailed("no"))
    outcome = run(corpus, tmp_path / "run", engine, repeats=9)
    assert (outcome.written, len(engine.requests), len(outcome.reasons)) == (0, 1, 1)


def test_a_run_directory_belongs_to_one_system(corpus: Corpus, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", ScriptedEngine(then=DRAFT))
    other = ScriptedEngine(then=DRAFT, model="another")
    with pytest.raises(ConfigurationError, match="a run with other model"):
        run(corpus, tmp_path / "run", other)
    with pytest.raises(ConfigurationError, match="a run with other repeats"):
        run(corpus, tmp_path / "run", ScriptedEngine(then=DRAFT), repeats=2)


def test_a_run_is_scored_only_with_its_own_articles(corpus: Corpus, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", ScriptedEngine(then=DRAFT))
    assert StoredRun.read(tmp_path / "run").corpus(corpus.directory) == corpus
    other = data.load(corpus.directory, only=("bridge",))
    with pytest.raises(ConfigurationError, match="about other articles"):
        StoredRun.read(tmp_path / "run").repeats(other)


# Manifest


def test_the_manifest_says_what_was_asked(corpus: Corpus, tmp_path: Path) -> None:
    run(corpus, tmp_path / "run", ScriptedEngine(then=DRAFT))
    found = manifests.read(tmp_path / "run")
    assert (found.engine, found.model, found.prompt) == ("scripted", "script", "p@1")
    assert found.digests.articles == {one.name: one.gold.sha256 for one in corpus.cases}
    assert found.digests.output_schema == manifests.schema_digest()
    assert Manifest.model_validate_json(found.model_dump_json()) == found


def test_gold_counts_by_content_and_not_by_layout(tmp_path: Path) -> None:
    path = write(tmp_path)
    before = manifests.Digests.of(data.load(tmp_path))
    path.write_text(json.dumps(raw_record(), indent=8), encoding="utf-8")
    assert manifests.Digests.of(data.load(tmp_path)) == before
    changed = raw_record()
    changed["who"][1]["importance"] = "vital"
    path.write_text(json.dumps(changed), encoding="utf-8")
    after = manifests.Digests.of(data.load(tmp_path))
    assert before.differences(after) == ["gold"]


def test_a_manifest_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        manifests.read(tmp_path)
    (tmp_path / manifests.FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="created: Field required"):
        manifests.read(tmp_path)


# Budget


def test_a_budget_stops_before_the_call_that_would_pass_it(corpus: Corpus, tmp_path: Path) -> None:
    engine = Priced(0.3)
    outcome = run(corpus, tmp_path / "run", engine, repeats=5, budget=Budget(1.0, call=0.3))
    assert (outcome.written, len(engine.requests)) == (3, 3)
    assert outcome.spent == pytest.approx(0.9)
    assert outcome.reasons == ["the budget is spent"]


def test_what_a_run_spent_before_counts(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(corpus, out, Priced(0.3), repeats=5, budget=Budget(1.0, call=0.3))
    again = run(corpus, out, Priced(0.3), repeats=5, budget=Budget(1.4, call=0.3))
    assert (again.before, again.written) == (3, 1)
    assert again.spent == pytest.approx(1.2)


def test_calls_in_flight_are_held_back(corpus: Corpus, tmp_path: Path) -> None:
    outcome = run(
        corpus, tmp_path / "run", Priced(0.3), repeats=9, jobs=8, budget=Budget(1.0, call=0.3)
    )
    assert outcome.written == 3


def test_a_budget_learns_from_a_dearer_call_and_counts_an_unknown_one() -> None:
    budget = Budget(1.0, call=0.1)
    with budget.hold() as held:
        held.settle(0.6)
    assert budget.spent == 0.6
    with pytest.raises(BudgetSpent), budget.hold():
        pass
    unknown = Budget(1.0, call=0.4)
    for _ in range(2):
        with unknown.hold() as held:
            held.settle(None)
    assert unknown.spent == pytest.approx(0.8)
    with pytest.raises(ZeroDivisionError), Budget(math.inf, call=0.4).hold() as held:
        raise ZeroDivisionError


@pytest.mark.parametrize(("error", "answers"), [(EngineUnavailable, 3), (EngineTimeout, 2)])
def test_only_a_timeout_may_have_cost_what_nobody_reported(
    corpus: Corpus, tmp_path: Path, error: type[Exception], answers: int
) -> None:
    engine = Priced(0.3, error("down"))
    outcome = run(corpus, tmp_path / "run", engine, repeats=5, budget=Budget(1.0, call=0.3))
    assert outcome.written == answers


def test_no_budget_never_stops() -> None:
    budget = Budget(None, call=9.0)
    for _ in range(3):
        with budget.hold():
            pass
    assert budget.spent == 27.0


def test_a_budget_needs_a_known_price(corpus: Corpus) -> None:
    options: dict[str, Any] = {"environ": {}, "env_file": Path("none"), "api_key": "k"}
    known = System.build(engine="openai", model="gpt-4o", **options)
    assert known.budget(corpus, 1.0).call > 0
    local = System.build(engine="openai", base_url="http://127.0.0.1:9/v1", **options)
    with pytest.raises(ConfigurationError, match=r"price of .* is not known"):
        local.budget(corpus, 1.0)
    assert local.budget(corpus, None).limit is None


# Cache


def test_cached_answers_keep_their_first_cost_and_latency(corpus: Corpus, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    run(corpus, tmp_path / "one", Priced(0.3), repeats=2, cache=cache)
    silent = ScriptedEngine()
    again = run(corpus, tmp_path / "two", silent, repeats=2, cache=cache)
    assert again.complete
    assert again.spent == 0
    first, second = (read_rows(tmp_path / name / ROWS) for name in ("one", "two"))
    assert [each.model_copy(update={"cached": True}) for each in first] == list(second)


def test_a_repeat_is_no_other_repeats_answer(corpus: Corpus, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    run(corpus, tmp_path / "one", Priced(0.3), repeats=1, cache=cache)
    engine = Priced(0.3)
    run(corpus, tmp_path / "two", engine, repeats=3, cache=cache)
    assert len(engine.requests) == 4


def test_another_model_does_not_take_kept_answers(corpus: Corpus, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    run(corpus, tmp_path / "one", Priced(0.3), cache=cache)
    other = ScriptedEngine(then=DRAFT, model="another")
    run(corpus, tmp_path / "two", other, cache=cache)
    assert len(other.requests) == 2


def test_a_damaged_kept_answer_is_asked_for_again(corpus: Corpus, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    run(corpus, tmp_path / "one", Priced(0.3), cache=cache)
    for path in (tmp_path / "cache").glob("*/*.json"):
        path.write_bytes(b"{")
    engine = Priced(0.3)
    assert run(corpus, tmp_path / "two", engine, cache=cache).complete
    assert len(engine.requests) == 2
