"""The loopback server's batches, through the real SDK."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import openai
import pytest

from summarizer.draft import Draft
from summarizer.testing import BatchRules, LoopbackServer, Reply, answers, replies
from summarizer.testing.batches import STATUSES
from tests.batch_api_support import ENDPOINT, client, ended, line, lines, submit, written
from tests.wire_support import asked, post

pytestmark = pytest.mark.openai

SIX = [line(number) for number in range(6)]
AT_ONCE = BatchRules(polls=0)


def custom_ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["custom_id"] for each in found]


def test_a_batch_goes_through_its_statuses_and_answers_every_request() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        made = submit(sdk, written(*SIX), metadata={"run": "7"})
        seen = [made, *(sdk.batches.retrieve(made.id) for _ in range(4))]
        assert [batch.status for batch in seen] == [
            "validating", "validating", "in_progress", "finalizing", "completed",
        ]  # fmt: skip
        under_way, last = seen[2], seen[-1]
        found = lines(sdk, last.output_file_id)
    assert under_way.request_counts is not None
    assert last.request_counts is not None
    assert (under_way.request_counts.completed, under_way.request_counts.total) == (3, 6)
    assert (last.request_counts.completed, last.request_counts.failed) == (6, 0)
    assert under_way.output_file_id is None
    assert last.error_file_id is None
    assert (made.endpoint, made.completion_window, made.object) == (ENDPOINT, "24h", "batch")
    assert made.metadata == last.metadata == {"run": "7"}
    assert made.expires_at == made.created_at + 24 * 3600
    assert last.model == "m"
    for time in (last.in_progress_at, last.finalizing_at, last.completed_at):
        assert time is not None
        assert time >= made.created_at
    assert (last.failed_at, last.expired_at, last.cancelled_at) == (None, None, None)
    assert sorted(custom_ids(found)) == [f"r{number}" for number in range(6)]


def test_an_answer_in_a_batch_is_the_one_that_the_live_endpoint_gives() -> None:
    with LoopbackServer(cached_tokens=8, reasoning_tokens=5) as server, client(server) as sdk:
        batch = ended(sdk, submit(sdk, written(SIX[0])))
        (found,) = lines(sdk, batch.output_file_id)
        live = post(server, SIX[0]["body"]).json
    assert set(found) == {"id", "custom_id", "response", "error"}
    assert (found["error"], found["response"]["status_code"]) == (None, 200)
    assert set(found["response"]) == {"status_code", "request_id", "body"}
    body = found["response"]["body"]
    assert {**body, "id": live["id"]} == live
    Draft.model_validate_json(body["choices"][0]["message"]["content"])
    assert batch.usage is not None
    assert batch.usage.model_dump() == {
        "input_tokens": live["usage"]["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": 8},
        "output_tokens": live["usage"]["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": live["usage"]["total_tokens"],
    }


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_output_is_in_another_order_than_the_input(count: int) -> None:
    given = SIX[:count]
    with LoopbackServer(batches=AT_ONCE) as server, client(server) as sdk:
        found = lines(sdk, ended(sdk, submit(sdk, written(*given))).output_file_id)
    assert custom_ids(found) != custom_ids(given)
    assert sorted(custom_ids(found)) == custom_ids(given)


def test_each_request_is_answered_by_the_script_for_its_article() -> None:
    special = {
        1: replies.rate_limited(),
        2: replies.server_error(),
        3: replies.refused(),
        4: replies.truncated("{}"),
        5: replies.hang(),
    }

    def reply(request: dict[str, Any]) -> Reply:
        number = int(answers.article_in(request).split()[-1].rstrip("."))
        return special.get(number) or answers.grounded(request)

    with LoopbackServer(then=reply, batches=AT_ONCE) as server, client(server) as sdk:
        batch = ended(sdk, submit(sdk, written(*SIX)))
        output = {each["custom_id"]: each for each in lines(sdk, batch.output_file_id)}
        errors = {each["custom_id"]: each for each in lines(sdk, batch.error_file_id)}
    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert (batch.request_counts.completed, batch.request_counts.failed) == (3, 3)
    assert (set(output), set(errors)) == ({"r0", "r3", "r4"}, {"r1", "r2", "r5"})
    choices = {name: each["response"]["body"]["choices"][0] for name, each in output.items()}
    assert choices["r3"]["message"]["refusal"]
    assert choices["r4"]["finish_reason"] == "length"
    assert [errors[name]["response"]["status_code"] for name in ("r1", "r2")] == [429, 500]
    assert errors["r1"]["error"] is None
    assert errors["r1"]["response"]["body"]["error"]["code"] == "rate_limit_exceeded"
    assert errors["r5"]["response"] is None
    assert errors["r5"]["error"]["code"] == "request_timeout"


def test_a_web_page_is_a_string_in_a_line() -> None:
    with LoopbackServer(replies.html_page()) as server, client(server) as sdk:
        (found,) = lines(sdk, ended(sdk, submit(sdk, written(SIX[0]))).error_file_id)
    assert found["response"]["status_code"] == 502
    assert found["response"]["body"].startswith("<html>")


def test_a_batch_whose_requests_all_fail_is_completed_without_an_output_file() -> None:
    with LoopbackServer(then=replies.server_error()) as server, client(server) as sdk:
        batch = ended(sdk, submit(sdk, written(*SIX)))
        assert (batch.status, batch.output_file_id) == ("completed", None)
        assert len(lines(sdk, batch.error_file_id)) == 6


@pytest.mark.parametrize(
    ("line_two", "code"),
    [
        (b'{"custom_id": ', "invalid_json_line"),
        (b"[]", "invalid_json_line"),
        (b"", "invalid_json_line"),
        (SIX[0], "duplicate_custom_id"),
        (line(1, url="/v1/embeddings"), "url_mismatch"),
        (line(1, method="GET"), "invalid_method"),
        (line(1, body=[]), "invalid_request"),
        (line(1, body=asked(model="other")), "model_mismatch"),
        (line(1, body=asked(model="gone")), "model_not_found"),
        ({"custom_id": "r1", "method": "POST", "url": ENDPOINT}, "missing_required_parameter"),
    ],
)
def test_one_wrong_line_fails_the_batch_and_nothing_is_run(line_two: Any, code: str) -> None:
    with LoopbackServer(models=["m", "other"]) as server, client(server) as sdk:
        batch = ended(sdk, submit(sdk, written(SIX[0], line_two, SIX[2])))
        assert server.batches.runs == []
    assert batch.status == "failed"
    assert batch.failed_at is not None
    assert (batch.output_file_id, batch.error_file_id) == (None, None)
    assert batch.errors is not None
    assert batch.errors.data is not None
    assert [(each.code, each.line) for each in batch.errors.data] == [(code, 2)]
    assert batch.errors.data[0].message


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (BatchRules(most_lines=5), "too_many_tasks"),
        (BatchRules(most_bytes=100), "file_too_large"),
        (BatchRules(most_tokens=100), "token_limit_exceeded"),
        (BatchRules(statuses=("validating", "failed")), "server_error"),
    ],
)
def test_a_file_over_a_limit_fails_the_batch(rules: BatchRules, code: str) -> None:
    with LoopbackServer(batches=rules) as server, client(server) as sdk:
        batch = ended(sdk, submit(sdk, written(*SIX)))
        assert server.batches.runs == []
    assert batch.status == "failed"
    assert batch.errors is not None
    assert batch.errors.data is not None
    assert [(each.code, each.line) for each in batch.errors.data] == [(code, None)]


def test_the_queue_has_room_again_when_a_batch_has_ended() -> None:
    one = sum(len(str(turn["content"])) for turn in SIX[0]["body"]["messages"]) // 4
    rules = BatchRules(most_tokens=one + 100)
    with LoopbackServer(batches=rules) as server, client(server) as sdk:
        first, second = (submit(sdk, written(each)) for each in SIX[:2])
        for _ in range(2):
            sdk.batches.retrieve(first.id)
        assert ended(sdk, second).status == "failed"
        assert ended(sdk, first).status == "completed"
        assert ended(sdk, submit(sdk, written(SIX[1]))).status == "completed"


def test_an_unknown_input_file_fails_the_batch() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        made = sdk.batches.create(
            input_file_id="file-none", endpoint=ENDPOINT, completion_window="24h"
        )
        assert ended(sdk, made).status == "failed"


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "/v1/embeddings"},
        {"completion_window": "1h"},
        {"metadata": {"k": "v" * 513}},
        {"metadata": {str(n): "v" for n in range(17)}},
        {"input_file_id": 5},
    ],
)
def test_a_batch_that_is_asked_for_wrongly_is_not_made(changes: dict[str, Any]) -> None:
    right = {"input_file_id": "f", "endpoint": ENDPOINT, "completion_window": "24h"}
    with LoopbackServer() as server, client(server) as sdk:
        with pytest.raises(openai.BadRequestError):
            sdk.post("/batches", cast_to=object, body={**right, **changes})
        assert sdk.batches.list().data == []


def test_a_batch_that_expires_has_what_was_run_until_then() -> None:
    rules = BatchRules(statuses=("validating", "in_progress", "expired"))
    with LoopbackServer(batches=rules) as server, client(server) as sdk:
        batch = ended(sdk, submit(sdk, written(*SIX)))
        output, errors = lines(sdk, batch.output_file_id), lines(sdk, batch.error_file_id)
        assert len(server.batches.runs) == 3
    assert batch.status == "expired"
    assert batch.expired_at is not None
    assert sorted(custom_ids(output)) == ["r0", "r1", "r2"]
    assert sorted(custom_ids(errors)) == ["r3", "r4", "r5"]
    assert {each["error"]["code"] for each in errors} == {"batch_expired"}
    assert {each["response"] for each in errors} == {None}
    assert batch.request_counts is not None
    assert (batch.request_counts.completed, batch.request_counts.failed) == (3, 3)


def test_a_cancelled_batch_is_cancelling_first_and_has_what_was_run() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        made = submit(sdk, written(*SIX))
        while sdk.batches.retrieve(made.id).status != "in_progress":
            pass
        assert sdk.batches.cancel(made.id).status == "cancelling"
        assert sdk.batches.cancel(made.id).status == "cancelling"
        assert sdk.batches.retrieve(made.id).status == "cancelling"
        batch = ended(sdk, made)
        output, errors = lines(sdk, batch.output_file_id), lines(sdk, batch.error_file_id)
        with pytest.raises(openai.ConflictError, match="cancelled"):
            sdk.batches.cancel(made.id)
    assert batch.status == "cancelled"
    assert batch.cancelling_at is not None
    assert batch.cancelled_at is not None
    assert (len(output), len(errors)) == (3, 3)
    assert {each["error"]["code"] for each in errors} == {"batch_cancelled"}


def test_a_batch_cancelled_before_it_was_validated_has_run_nothing() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        made = submit(sdk, written(*SIX))
        sdk.batches.cancel(made.id)
        assert ended(sdk, made).output_file_id is None
        assert server.batches.runs == []


def test_batches_are_listed_in_pages_the_newest_first() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        assert sdk.batches.list().data == []
        made = [submit(sdk, written(each)).id for each in SIX]
        page = sdk.batches.list(limit=4)
        assert [batch.id for batch in page.data] == made[:1:-1]
        assert page.has_more
        assert [batch.id for batch in sdk.batches.list(limit=4)] == made[::-1]
        assert not sdk.batches.list(after=made[1]).has_more
        for call in (sdk.batches.retrieve, sdk.batches.cancel):
            with pytest.raises(openai.NotFoundError):
                call("batch_unknown")


def test_what_was_run_is_counted_by_article_and_asking_for_it_is_no_request() -> None:
    with LoopbackServer() as server, client(server) as sdk:
        for given in (SIX[:4], SIX[2:]):
            ended(sdk, submit(sdk, written(*given)))
        asked_before = len(server.requests)
        told = post(server, path="/v1/loopback/batches", method="GET").json
        assert len(server.requests) == asked_before
        runs = server.batches.runs
    assert told == {
        "batches": {"completed": 2}, "requests": 8, "articles": 6, "completions": 8,
    }  # fmt: skip
    paid = Counter(run.article for run in runs)
    assert sorted(paid.values()) == [1, 1, 1, 1, 2, 2]
    assert server.bodies == []


@pytest.mark.parametrize(
    ("rules", "known", "doubled", "strange", "unreadable"),
    [
        (BatchRules(missing=2), 4, 0, 0, 0),
        (BatchRules(duplicated=2), 6, 2, 0, 0),
        (BatchRules(unknown=1), 6, 0, 1, 0),
        (BatchRules(broken=1), 5, 0, 0, 1),
    ],
)
def test_an_output_file_may_be_wrong(
    rules: BatchRules, known: int, doubled: int, strange: int, unreadable: int
) -> None:
    with LoopbackServer(batches=rules) as server, client(server) as sdk:
        batch = ended(sdk, submit(sdk, written(*SIX)))
        assert batch.output_file_id is not None
        found: list[str] = []
        broken = 0
        for each in sdk.files.content(batch.output_file_id).content.splitlines():
            try:
                found.append(json.loads(each)["custom_id"])
            except ValueError:
                broken += 1
    asked_for = Counter(name for name in found if name in set(custom_ids(SIX)))
    assert len(asked_for) == known
    assert sum(asked_for.values()) - len(asked_for) == doubled
    assert len(found) - sum(asked_for.values()) == strange
    assert broken == unreadable


def test_a_batch_may_be_moved_by_hand_and_by_the_clock() -> None:
    held = BatchRules(statuses=("validating", "in_progress"), polls=0)
    with LoopbackServer(batches=held) as server, client(server) as sdk:
        made = submit(sdk, written(*SIX))
        assert {sdk.batches.retrieve(made.id).status for _ in range(5)} == {"in_progress"}
        server.batches.move("completed")
        assert sdk.batches.retrieve(made.id).status == "completed"
        assert len(lines(sdk, sdk.batches.retrieve(made.id).output_file_id)) == 6
        assert [each["status"] for each in server.batches.made] == ["completed"]
    with (
        LoopbackServer(batches=BatchRules(polls=0, seconds=3600)) as server,
        client(server) as sdk,
    ):
        made = submit(sdk, written(*SIX))
        assert {sdk.batches.retrieve(made.id).status for _ in range(5)} == {"validating"}


def test_batches_go_on_in_another_server_and_nothing_is_run_twice(tmp_path: Path) -> None:
    rules = BatchRules(folder=tmp_path)
    with LoopbackServer(batches=rules) as server, client(server) as sdk:
        first, second = (submit(sdk, written(*given)) for given in (SIX[:2], SIX))
        ended(sdk, first)
        while sdk.batches.retrieve(second.id).status != "in_progress":
            pass
    with LoopbackServer(batches=rules) as server, client(server) as sdk:
        assert [batch.id for batch in sdk.batches.list()] == [second.id, first.id]
        assert len(lines(sdk, sdk.batches.retrieve(first.id).output_file_id)) == 2
        batch = ended(sdk, second)
        assert sorted(custom_ids(lines(sdk, batch.output_file_id))) == custom_ids(SIX)
        runs = Counter((run.batch, run.custom_id) for run in server.batches.runs)
        assert submit(sdk, written(*SIX)).id not in {first.id, second.id}
    assert len(runs) == 8
    assert set(runs.values()) == {1}


def test_a_server_without_batches_knows_no_such_address() -> None:
    with LoopbackServer(batches=None) as server, client(server) as sdk:
        for call in (sdk.batches.list, sdk.files.list):
            with pytest.raises(openai.NotFoundError):
                call()
        with pytest.raises(LookupError):
            _ = server.batches
        assert post(server).status == 200


@pytest.mark.parametrize("statuses", [(), ("in_progress",), ("validating", "done")])
def test_statuses_that_no_batch_has_are_refused(statuses: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="STATUSES"):
        BatchRules(statuses=statuses)


def test_the_statuses_are_those_that_the_sdk_knows() -> None:
    known = openai.types.Batch.model_fields["status"].annotation
    assert set(STATUSES) == set(known.__args__)  # type: ignore[union-attr]
