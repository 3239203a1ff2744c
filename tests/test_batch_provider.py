"""Facts about whole batches by way of a provider's batches, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer import sources
from summarizer.batch import OutputProblem
from summarizer.batch.provider import ProviderBatch, state_path
from summarizer.batch.provider.records import Most
from summarizer.batch.provider.state import State
from summarizer.cache import AnswerCache
from summarizer.errors import (
    AuthenticationFailed,
    BatchUnsupported,
    BudgetExceeded,
    ConfigurationError,
    EngineUnavailable,
    NotAnswered,
    RateLimited,
    RequestRejected,
)
from summarizer.settings import Settings
from summarizer.sources import Source
from summarizer.testing import LoopbackServer, answers, replies
from summarizer.testing.batch_routes import lost
from summarizer.testing.batches import BatchRules
from summarizer.testing.replies import Reply
from tests.invented import TEXT
from tests.provider_support import KEY, Runs, no_wait, paid

pytestmark = pytest.mark.openai

BATCH = "json_schema_strict/batch"
LIVE = "json_schema_strict"
PRICES = {"input_price": 1.0, "output_price": 4.0}
#: What a request may cost at most is four times what it really costs.
DEAR = {"input_price": 10.0, "output_price": 1.0}


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def some(which: Callable[[int], bool], reply: Reply) -> Callable[[dict[str, Any]], Reply]:
    """Answers the articles of some numbers with `reply`, and the others well."""

    def answered(request: dict[str, Any]) -> Reply:
        number = int(answers.article_in(request).split("Number ")[1].split(".")[0])
        return reply if which(number) else answers.grounded(request)

    return answered


def test_all_but_one_article_are_asked_about_in_one_batch_at_half_the_price(runs: Runs) -> None:
    with LoopbackServer() as server:
        came = runs(server, settings=PRICES)
        assert paid(server) == {1: 7}
        assert len(server.bodies) == 1
        (batch,) = server.batches.made
    assert batch["status"] == "completed"
    assert came.error is None
    assert came.kinds == {"written": 8}
    assert runs.names == runs.all_names
    assert runs.modes == {BATCH: 7, LIVE: 1}
    costs = {row["provenance"]["mode"]: row["provenance"]["cost_usd"] for row in runs.rows}
    assert costs[BATCH] == pytest.approx(costs[LIVE] / 2)
    assert sorted(path.name for path in runs.folder.iterdir()) == ["news", "out.jsonl"]


def test_a_second_run_asks_nobody(runs: Runs) -> None:
    with LoopbackServer() as server:
        runs(server)
        calls = len(server.requests)
        came = runs(server)
        assert [request.method for request in server.requests[calls:]] == ["GET"]
    assert came.kinds == {"known": 8}
    assert not runs.state.exists()


def test_the_requests_of_a_batch_are_those_that_are_asked_live(runs: Runs) -> None:
    with LoopbackServer() as server:
        runs(server)
        (live,) = server.bodies
        (file,) = [f for f in server.batches.files.listed() if f.purpose == "batch"]
        lines = [json.loads(line) for line in server.batches.files.content(file.id).splitlines()]
    assert len(lines) == 7
    for line in lines:
        assert set(line) == {"custom_id", "method", "url", "body"}
        assert {**line["body"], "messages": []} == {**live, "messages": []}
        assert line["body"]["messages"][0] == live["messages"][0]


def test_the_first_article_teaches_how_all_others_are_asked(runs: Runs) -> None:
    with LoopbackServer(refuse=["openai/schema", "azure/max_completion_tokens"]) as server:
        runs(server)
        assert len(server.bodies) > 1
        assert {run.status for run in server.batches.runs} == {200}
    assert runs.names == runs.all_names


def test_what_every_article_would_meet_is_met_before_anything_is_submitted(runs: Runs) -> None:
    with LoopbackServer(models=["another"]) as server:
        came = runs(server)
        assert server.batches.made == []
    assert type(came.error) is RequestRejected
    assert not runs.state.exists()


@pytest.mark.parametrize("key", ["sk-right", None])
def test_a_refused_key_is_one_error(runs: Runs, key: str | None) -> None:
    with LoopbackServer(api_key="sk-right") as server:
        came = runs(server, settings={"api_key": key})
    assert (came.error is None) if key else (type(came.error) is AuthenticationFailed)


def test_an_endpoint_without_batches_is_one_error_with_a_hint(runs: Runs) -> None:
    with LoopbackServer(batches=None) as server:
        came = runs(server)
        assert server.bodies == []
    assert type(came.error) is BatchUnsupported
    assert "--provider-batch" in came.error.hint


@pytest.mark.parametrize("found", [replies.html_page(200), Reply(body=b"[]"), Reply(body=b"{}")])
def test_an_endpoint_that_answers_something_else_is_one_without(runs: Runs, found: Reply) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("batches.list", found)
        assert type(runs(server).error) is BatchUnsupported


def test_files_are_cut_by_their_limits(runs: Runs) -> None:
    with LoopbackServer() as server:
        runs(server, most=Most(requests=3))
        assert [batch["request_counts"]["total"] for batch in server.batches.made] == [3, 3, 1]
        assert paid(server) == {1: 7}
    assert runs.names == runs.all_names


@pytest.mark.parametrize(
    "rules",
    [
        BatchRules(most_lines=2),
        BatchRules(most_bytes=40_000),
        BatchRules(most_upload_bytes=40_000),
        BatchRules(most_tokens=12_000),
    ],
)
def test_files_are_made_smaller_for_a_provider_that_takes_no_larger_ones(
    runs: Runs, rules: BatchRules
) -> None:
    with LoopbackServer(batches=rules) as server:
        came = runs(server)
        assert paid(server) == {1: 7}
        sent = [file for file in server.batches.files.listed() if file.purpose == "batch"]
        assert len(sent) > 1
    assert came.error is None
    assert runs.names == runs.all_names
    assert runs.modes == {BATCH: 7, LIVE: 1}


def test_a_full_queue_is_waited_for(runs: Runs) -> None:
    """Two parts fit into the queue one after the other, not at once."""
    rules = BatchRules(polls=3, most_tokens=12_000)
    with LoopbackServer(batches=rules) as server:
        came = runs(server, most=Most(requests=4))
        made = Counter(batch["status"] for batch in server.batches.made)
        assert made["completed"] >= 2
        assert made["failed"] >= 1
        assert paid(server) == {1: 7}
    assert came.error is None
    assert runs.names == runs.all_names


def test_requests_of_an_expired_batch_go_into_another_and_what_is_left_is_asked_live(
    runs: Runs,
) -> None:
    rules = BatchRules(statuses=("validating", "in_progress", "expired"))
    with LoopbackServer(batches=rules) as server:
        came = runs(server)
        assert [batch["status"] for batch in server.batches.made] == ["expired"] * 3
        assert set(paid(server)) == {1}
        assert paid(server)[1] + len(server.bodies) == 8
    assert came.complete
    assert runs.names == runs.all_names
    assert not runs.state.exists()


def test_leftovers_are_reported_if_that_is_asked_for_and_the_next_run_submits_them(
    runs: Runs,
) -> None:
    rules = BatchRules(statuses=("validating", "in_progress", "expired"))
    with LoopbackServer(batches=rules) as server:
        came = runs(server, leftovers="report")
        assert len(server.bodies) == 1
        assert came.kinds == {"written": 7, "failed": 1}
        assert runs.failures == {"NotAnswered": 1}
        assert runs.state.exists()
        again = runs(server, leftovers="report")
        assert set(paid(server)) == {1}
        assert len(server.bodies) == 1
    assert again.kinds["failed"] <= 1
    assert again.kinds["known"] == 7


def test_a_cancelled_batch_keeps_what_it_answered_and_asks_nobody_else(runs: Runs) -> None:
    rules = BatchRules(statuses=("validating", "in_progress", "cancelling", "cancelled"))
    with LoopbackServer(batches=rules) as server:
        came = runs(server)
        assert len(server.bodies) == 1
    assert came.kinds == {"written": 4, "failed": 4}
    assert runs.failures == {"NotAnswered": 4}
    with LoopbackServer() as server:
        came = runs(server, settings={"base_url": server.base_url})
    # The other server is another endpoint: what was asked of the first belongs to it.
    assert type(came.error) is ConfigurationError
    assert "out.provider-batch.db" in str(came.error)


def test_what_was_cancelled_goes_into_another_batch_with_the_next_run(
    runs: Runs, tmp_path: Path
) -> None:
    stopped = BatchRules(
        statuses=("validating", "in_progress", "cancelling", "cancelled"), folder=tmp_path / "s"
    )
    with LoopbackServer(batches=stopped) as server:
        runs(server)
        port = int(server.base_url.split(":")[2].split("/")[0])
    with LoopbackServer(batches=BatchRules(folder=tmp_path / "s"), port=port) as server:
        came = runs(server)
        assert set(paid(server)) == {1}
        assert server.bodies == []
    assert came.kinds == {"known": 4, "written": 4}
    assert runs.names == runs.all_names
    assert not runs.state.exists()


@pytest.mark.parametrize(
    ("reply", "leftover"),
    [
        (replies.server_error(), EngineUnavailable),
        (replies.rate_limited(), RateLimited),
        (replies.refused(), None),
        (replies.content_filter(), None),
        (replies.prose(), None),
        (replies.truncated("{}"), None),
        (replies.null_content(), None),
        (replies.empty_choices(), None),
        (replies.html_page(502), EngineUnavailable),
        (replies.hang(), NotAnswered),
        (replies.half_body(), EngineUnavailable),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_half_of_the_lines_failing_costs_no_other_article(
    runs: Runs, reply: Reply, leftover: type[Exception] | None
) -> None:
    """Every other article is failed in its batch, and answered when it is asked about live."""
    failed = some(lambda number: number % 2 == 1, reply)
    with LoopbackServer(then=failed) as server:
        reported = runs(server, leftovers="report")
        assert len(server.bodies) == 1
    assert reported.kinds == {"written": 4, "failed": 4}
    if leftover is not None:
        assert runs.failures == {leftover.__name__: 4}
        assert runs.state.exists()
    else:
        assert not runs.state.exists()
    assert "Number" not in runs.errors.read_text("utf-8")


@pytest.mark.parametrize(
    "reply", [replies.server_error(), replies.prose(), replies.truncated("{}")]
)
def test_a_bad_answer_in_a_batch_is_asked_for_again_live(runs: Runs, reply: Reply) -> None:
    """As a live one is: an error again, an invalid answer as such, a short one with room."""
    once: set[int] = set()

    def first(number: int) -> bool:
        new = number % 2 == 1 and number not in once
        once.add(number)
        return new

    with LoopbackServer(then=some(first, reply)) as server:
        came = runs(server, settings=PRICES)
        assert len(server.bodies) == 1 + 4
    assert came.kinds == {"written": 8}
    asked = [
        row["provenance"]["attempts"] for row in runs.rows if row["provenance"]["mode"] == LIVE
    ]
    twice = [attempts for attempts in asked if len(attempts) == 2]
    assert len(twice) == 4
    for batched, live in twice:
        assert (batched["mode"], live["mode"]) == (BATCH, LIVE)
        assert batched["outcome"] != "ok"


def test_what_does_not_hold_is_repaired_live(runs: Runs) -> None:
    with LoopbackServer(then=answers.mended("invented-evidence")) as server:
        runs(server)
        repairs = [body for body in server.bodies if len(body["messages"]) > 2]
    assert len(repairs) == 8
    purposes = [
        [(one["purpose"], one["mode"]) for one in row["provenance"]["attempts"]]
        for row in runs.rows
    ]
    assert purposes.count([("draft", BATCH), ("repair", LIVE)]) == 7
    assert {row["status"] for row in runs.rows} == {"complete"}


def test_lines_that_are_broken_strange_or_there_twice_are_left_out(runs: Runs) -> None:
    rules = BatchRules(broken=1, unknown=2, duplicated=3)
    with LoopbackServer(batches=rules) as server:
        came = runs(server)
    assert came.complete
    assert runs.names == runs.all_names


def test_lines_that_are_missing_are_asked_for_again_and_not_for_ever(runs: Runs) -> None:
    with LoopbackServer(batches=BatchRules(missing=2)) as server:
        came = runs(server)
        assert max(paid(server)) == 3
        assert len(server.bodies) == 1 + 2
    assert came.complete
    assert runs.names == runs.all_names


@pytest.mark.parametrize("spoiled", ["cut-off", "shortened", "500", "502", "reset", "429"])
def test_a_download_that_goes_wrong_is_made_again(runs: Runs, spoiled: str) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("files.content", spoiled)
        came = runs(server)
        assert server.batches.calls["files.content"] == 2
        assert paid(server) == {1: 7}
        assert len(server.bodies) == 1
    assert came.error is None
    assert runs.names == runs.all_names


@pytest.mark.parametrize("operation", ["files.create", "batches.create", "batches.retrieve"])
@pytest.mark.parametrize(
    "spoiled", ["500", "503", "reset", "half-body", "web-page", lost, "cut-off"]
)
def test_a_call_that_goes_wrong_is_made_again_and_no_batch_is_paid_twice(
    runs: Runs, operation: str, spoiled: Any
) -> None:
    with LoopbackServer() as server:
        server.batches.disturb(operation, spoiled)
        came = runs(server)
        assert paid(server) == {1: 7}
        assert len(server.batches.made) == 1
    assert came.error is None
    assert runs.names == runs.all_names


def test_a_batch_is_found_by_its_file_where_a_gateway_keeps_no_metadata(runs: Runs) -> None:
    def without(found: Reply) -> Reply:
        assert isinstance(found.body, bytes)
        data = json.loads(found.body)
        data["data"] = [{**one, "metadata": None} for one in data["data"]]
        return dataclasses.replace(found, body=json.dumps(data).encode())

    with LoopbackServer() as server:
        server.batches.disturb("batches.create", lost)
        server.batches.disturb("batches.list", None, without)
        came = runs(server)
        assert len(server.batches.made) == 1
    assert came.error is None


@pytest.mark.parametrize(
    ("disturbed", "error"),
    [
        (("batches.create", "401"), AuthenticationFailed),
        (("files.create", "401"), AuthenticationFailed),
        (("batches.retrieve", "401"), AuthenticationFailed),
        (("files.create", "404"), BatchUnsupported),
        (("batches.create", "404"), BatchUnsupported),
        (("batches.retrieve", "404"), RequestRejected),
        (("files.content", "404"), RequestRejected),
    ],
)
def test_what_will_not_pass_ends_the_run_and_the_next_goes_on(
    runs: Runs, disturbed: tuple[str, str], error: type[Exception]
) -> None:
    with LoopbackServer() as server:
        server.batches.disturb(*disturbed)
        came = runs(server)
        assert type(came.error) is error
        assert runs.state.exists()
        came = runs(server)
        assert paid(server) == {1: 7}
        assert len(server.bodies) == 1
    assert came.error is None
    assert runs.names == runs.all_names


@pytest.mark.parametrize("code", ["insufficient_quota", "\x1b[31mred", "token", None])
def test_a_batch_that_is_not_taken_ends_the_run_with_a_known_word(
    runs: Runs, code: str | None
) -> None:
    def failed(found: Reply) -> Reply:
        assert isinstance(found.body, bytes)
        said = {"code": code, "message": f"{KEY} \x1b[31m", "line": 3, "param": None}
        data = json.loads(found.body) | {"status": "failed", "errors": {"data": [said]}}
        return dataclasses.replace(found, body=json.dumps(data).encode())

    with LoopbackServer() as server:
        server.batches.disturb("batches.retrieve", failed)
        came = runs(server)
    quota = code == "insufficient_quota"
    assert type(came.error) is (RateLimited if quota else RequestRejected)
    assert KEY not in str(came.error)
    assert "\x1b" not in str(came.error)
    assert "line 3" in str(came.error)
    assert ("insufficient_quota" in str(came.error)) is quota


def test_a_limit_of_the_cost_is_kept_before_anything_is_submitted(runs: Runs) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("batches.create", "401")
        runs(server, settings=PRICES)
        came = runs(server, settings=PRICES | {"max_cost": 0.03})
        assert server.batches.made == []
    assert isinstance(came.stopped, BudgetExceeded)
    assert not came.complete
    assert set(came.kinds) == {"known", "undone"}


def test_within_a_limit_of_the_cost_parts_are_submitted_as_the_last_have_left_room(
    runs: Runs,
) -> None:
    with LoopbackServer() as server:
        came = runs(server, settings=PRICES | {"max_cost": 0.1})
        assert len(server.batches.made) == 7
        assert paid(server) == {1: 7}
    assert came.stopped is None
    assert runs.names == runs.all_names


def test_a_limit_that_was_reached_leaves_the_rest_to_a_later_run(runs: Runs) -> None:
    with LoopbackServer() as server:
        first = runs(server, settings=DEAR | {"max_cost": 0.09})
        assert isinstance(first.stopped, BudgetExceeded)
        written = len(runs.rows)
        assert 1 < written < 8
        costs = [row["provenance"]["cost_usd"] for row in runs.rows]
        assert sum(costs) < 0.09
        assert runs.state.exists()
        second = runs(server, settings=DEAR | {"max_cost": 5})
        assert set(paid(server)) == {1}
    assert second.kinds["written"] == 8 - written
    assert runs.names == runs.all_names


def test_answers_go_to_the_cache_and_come_from_it(runs: Runs, tmp_path: Path) -> None:
    cached = {"cache": True, "cache_dir": tmp_path / "cache"}
    with LoopbackServer() as server:
        runs(server, settings=cached)
        cache = AnswerCache.of(runs.settings(server, **cached))
        assert cache.info().entries == 8
        cache.close()
        runs.output.unlink()
        runs(server, settings=cached)
        assert len(server.batches.made) == 1
        assert len(server.bodies) == 1
        assert runs.names == runs.all_names
        fresh = runs(server, settings=cached, fresh=True)
        assert len(server.batches.made) == 2
    assert fresh.kinds == {"written": 8}
    assert sorted(path.name for path in runs.folder.iterdir()) == ["cache", "news", "out.jsonl"]


def test_an_article_in_two_places_is_asked_about_once(runs: Runs) -> None:
    for number in range(8):
        text = (runs.news / f"{number:03}.txt").read_text("utf-8")
        (runs.news / f"again{number}.txt").write_text(text, "utf-8")
    with LoopbackServer() as server:
        came = runs(server)
        assert paid(server) == {1: 7}
        assert len(server.bodies) == 1
    assert came.kinds == {"written": 16}


def test_an_article_that_changes_while_the_batch_runs_is_asked_about_live(runs: Runs) -> None:
    def changing(found: Reply) -> Reply:
        (runs.news / "003.txt").write_text("Heron Bridge in Marlow closed again on Sunday.\n")
        (runs.news / "004.txt").unlink()
        return found

    with LoopbackServer() as server:
        server.batches.disturb("batches.retrieve", changing)
        came = runs(server)
        assert len(server.bodies) == 2
    assert came.kinds == {"written": 7}


def test_an_article_that_is_too_long_for_one_request_is_asked_about_in_parts(runs: Runs) -> None:
    text = (runs.news / "001.txt").read_text("utf-8")
    (runs.news / "001.txt").write_text(text + "\n" + "The bridge stood still. " * 4000, "utf-8")
    with LoopbackServer(then=answers.grounded) as server:
        came = runs(server, settings={"max_input_tokens": 20_000})
        assert paid(server) == {1: 6}
    assert came.kinds == {"written": 8}
    row = next(row for row in runs.rows if row["article"]["location"].endswith("001.txt"))
    assert {one["window"] for one in row["provenance"]["attempts"]} >= {1, 2}


def test_rows_may_stand_in_the_order_of_the_sources(runs: Runs) -> None:
    failed = some(lambda number: number in {2, 5}, replies.server_error())
    with LoopbackServer(then=failed) as server:
        runs(server, ordered=True, leftovers="report")
    names = [Path(row["article"]["location"]).name for row in runs.rows]
    assert names == sorted(names)
    assert len(names) == 6


def test_what_was_answered_is_written_before_anything_else_is_asked(runs: Runs) -> None:
    failed = some(lambda number: number in {1, 2}, replies.refused())
    with LoopbackServer(then=failed) as server:
        came = runs(server, jobs=1)
    places = [Path(outcome.source).name for outcome in came.outcomes]
    assert places == ["000.txt", *(f"00{n}.txt" for n in range(1, 8))]
    rules = BatchRules(missing=2)
    runs.output.unlink()
    with LoopbackServer(batches=rules) as server:
        came = runs(server, jobs=1)
        late = [Path(outcome.source).name for outcome in came.outcomes[-2:]]
        live = [answers.article_in(body) for body in server.bodies[1:]]
    numbers = [int(text.split("Number ")[1].split(".")[0]) for text in live]
    assert late == [f"{number:03}.txt" for number in numbers]


def test_a_run_that_ends_while_it_reads_goes_on_with_the_rest(tmp_path: Path) -> None:
    """What was planned by then is kept, and is not planned again."""
    runs = Runs(tmp_path, count=150)
    with LoopbackServer() as server:
        settings = runs.settings(server)
        listed = list(sources.expand([str(runs.news)], settings=settings))

        def ending() -> Iterator[Source]:
            yield from listed[:130]
            raise EOFError

        async def end_early() -> None:
            provider = ProviderBatch(settings, runs.output, sleep=no_wait)
            async with contextlib.aclosing(provider):
                with provider:
                    await provider.fill(ending)

        with pytest.raises(EOFError):
            asyncio.run(end_early())
        assert server.batches.made == []
        state = State(runs.state)
        assert [(part.status, part.requests) for part in state.parts()] == [("open", 100)]
        state.close()
        came = runs(server)
        assert paid(server) == {1: 149}
        assert len(server.bodies) == 1
    assert came.kinds == {"known": 1, "written": 149}
    assert runs.names == runs.all_names


def test_a_queue_that_others_fill_is_waited_for_up_to_a_day_with_one_file(tmp_path: Path) -> None:
    runs = Runs(tmp_path, count=2)
    now = [1_900_000_000.0]

    async def hours(_: float) -> None:
        now[0] += 3600
        await asyncio.sleep(0)

    with LoopbackServer(batches=BatchRules(most_tokens=10)) as server:
        came = runs(server, sleep=hours, clock=lambda: now[0])
        assert server.batches.calls["files.create"] == 1
        names = {batch["metadata"]["summarizer_part"] for batch in server.batches.made}
        assert len(names) == len(server.batches.made) > 5
    assert now[0] - 1_900_000_000 > 86_400
    assert type(came.error) is RateLimited
    assert "enqueued tokens" in str(came.error)
    with LoopbackServer(port=int(server.base_url.split(":")[2].split("/")[0])) as server:
        came = runs(server)
        assert server.batches.calls["files.create"] == 1
    assert runs.names == runs.all_names


def test_what_was_learnt_before_a_run_ended_is_known_to_the_next(runs: Runs) -> None:
    with LoopbackServer(refuse=["openai/schema"]) as server:
        server.batches.disturb("files.create", "401")
        runs(server)
        for number in range(20, 25):
            (runs.news / f"{number:03}.txt").write_text(f"{TEXT}\nNumber {number}.\n", "utf-8")
        runs(server)
        assert {run.status for run in server.batches.runs} == {200}
        assert paid(server) == {1: 12}
    assert runs.names == runs.all_names


def test_a_state_of_another_version_is_left_alone(runs: Runs) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("files.create", "401")
        runs(server)
        with contextlib.closing(sqlite3.connect(runs.state)) as store:
            store.execute("UPDATE parts SET lesson = ?", (b'{"mode": "telepathy"}',))
            store.commit()
        came = runs(server)
    assert type(came.error) is OutputProblem
    assert "another version" in str(came.error)


@pytest.mark.parametrize(
    "changed", [{"model": "n"}, {"max_output_tokens": 99}, {"temperature": 1.0}]
)
def test_a_state_of_another_question_is_left_alone(runs: Runs, changed: dict[str, Any]) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("batches.retrieve", "401")
        runs(server)
        came = runs(server, settings=changed)
        assert type(came.error) is ConfigurationError
        assert "another model, endpoint or prompt" in str(came.error)
        came = runs(server)
        assert paid(server) == {1: 7}
    assert came.error is None


def test_a_fallback_is_asked_for_leftovers_and_not_for_what_was_cancelled(runs: Runs) -> None:
    fallback = {"fallback_model": "second"}
    failed = some(lambda number: number in {2, 5}, replies.refused())
    with LoopbackServer(
        then=lambda body: answers.grounded(body) if body["model"] == "second" else failed(body)
    ) as server:
        came = runs(server, settings=fallback)
    assert came.kinds == {"written": 8}
    models = Counter(row["provenance"]["model"] for row in runs.rows)
    assert models == {"m": 6, "second": 2}
    runs.output.unlink()
    rules = BatchRules(statuses=("validating", "in_progress", "cancelling", "cancelled"))
    with LoopbackServer(batches=rules) as server:
        came = runs(server, settings=fallback)
        assert len(server.bodies) == 1
    assert came.kinds == {"written": 4, "failed": 4}


def test_two_runs_on_one_output_are_one_error(runs: Runs) -> None:
    with LoopbackServer() as server:
        settings = runs.settings(server)
        with (
            ProviderBatch(settings, runs.output),
            pytest.raises(OutputProblem),
            ProviderBatch(settings, runs.output),
        ):
            pass
    assert list(runs.folder.glob("out*")) == []


def test_a_state_of_somebody_else_is_left_alone(runs: Runs) -> None:
    runs.state.write_bytes(b"something of my own\n" * 100)
    with LoopbackServer() as server:
        came = runs(server)
    assert type(came.error) is OutputProblem
    assert runs.state.read_bytes() == b"something of my own\n" * 100


def test_a_state_holds_no_key_and_is_its_owners_alone(runs: Runs) -> None:
    with LoopbackServer(batches=BatchRules(statuses=("validating", "failed"))) as server:
        runs(server)
    assert runs.state.exists()
    assert KEY.encode() not in runs.state.read_bytes()
    assert runs.state.stat().st_mode & 0o077 == 0


def test_how_far_it_is_can_be_told(runs: Runs) -> None:
    with LoopbackServer() as server:
        came = runs(server, most=Most(requests=4))
    last = came.told[-1]
    assert (last.read, last.requests, last.done, last.batches, last.ended) == (8, 7, 7, 2, 2)
    assert last.text == "8 sources read · 2 batches submitted · 2 ended · 7/7 requests done"
    assert came.told[0].text == "nothing submitted"


def test_a_provider_batch_needs_a_model_and_one_answer_to_who_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="needs a model"):
        ProviderBatch(Settings(engine="extractive"), tmp_path / "out.jsonl")
    settings = Settings(engine="openai", api_key="k", fallback_model="other")
    with pytest.raises(ConfigurationError, match="fallback"):
        ProviderBatch(settings, tmp_path / "out.jsonl", leftovers="report")


def test_the_state_stands_beside_its_output() -> None:
    assert state_path(Path("a/news.jsonl")) == Path("a/news.provider-batch.db")
