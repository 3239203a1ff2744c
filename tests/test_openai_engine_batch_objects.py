"""Facts about the objects and lines of a provider's batches, whatever an endpoint sends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.engines.openai import batch_objects
from summarizer.engines.openai.batch_objects import LACKS, MOST_LINE, Splitter
from summarizer.errors import EngineUnavailable, NotAnswered, RateLimited, RequestRejected

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
SHOWN = {
    "id": "batch_1",
    "object": "batch",
    "status": "in_progress",
    "input_file_id": "file-1",
    "output_file_id": "file-2",
    "error_file_id": None,
    "created_at": 1_900_000_000,
    "request_counts": {"total": 3, "completed": 1, "failed": 1},
    "metadata": {"summarizer_part": "abc"},
    "errors": None,
}


def shown(**changes: Any) -> bytes:
    return json.dumps(SHOWN | changes).encode()


@pytest.mark.parametrize("at", [10**400, float("nan"), float("inf"), True, "1", -(10**400)])
def test_a_time_that_is_none_is_left_out(at: object) -> None:
    found = batch_objects.batch(shown(created_at=at))
    assert found is not None
    assert found.created_at is None


def test_a_batch_is_read() -> None:
    found = batch_objects.batch(shown())
    assert found is not None
    assert (found.id, found.status, found.input_file, found.output_file, found.error_file) == (
        *("batch_1", "in_progress", "file-1", "file-2", None),
    )
    assert (found.total, found.completed, found.failed) == (3, 1, 1)
    assert (found.token, found.created_at, found.ended) == ("abc", 1_900_000_000.0, False)


@pytest.mark.parametrize("status", ["completed", "failed", "expired", "cancelled"])
def test_a_batch_that_has_ended_is_told_from_one_that_has_not(status: str) -> None:
    found = batch_objects.batch(shown(status=status))
    assert found is not None
    assert found.ended
    other = batch_objects.batch(shown(status="a new word"))
    assert other is not None
    assert not other.ended


@pytest.mark.parametrize(
    "identifier",
    [None, 3, "", ".", "..", "../../files", "a/b", "a?b", "a\nb", "\x1b[31m", "x" * 2000],
)
def test_an_id_that_is_none_makes_no_object(identifier: Any) -> None:
    assert batch_objects.batch(shown(id=identifier)) is None
    assert batch_objects.identity(json.dumps({"id": identifier}).encode()) is None
    found = batch_objects.batch(shown(output_file_id=identifier))
    assert found is not None
    assert found.output_file is None


@given(st.dictionaries(st.sampled_from(sorted(SHOWN)), VALUES), VALUES)
def test_no_json_breaks_the_reading_of_an_object(changes: dict[str, Any], other: Any) -> None:
    content = json.dumps(SHOWN | changes).encode()
    found = batch_objects.batch(content)
    if found is not None:
        assert str(found.failure.message).isprintable()
    batch_objects.batches(json.dumps({"data": [other, SHOWN | changes]}).encode())
    batch_objects.batches(json.dumps(other).encode())
    batch_objects.identity(json.dumps(other).encode())


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(content: bytes) -> None:
    assert batch_objects.batch(content) is None
    batch_objects.batches(content)
    batch_objects.line(content)


@given(VALUES, VALUES, VALUES)
def test_no_json_breaks_the_reading_of_a_line(response: Any, error: Any, body: Any) -> None:
    for told in (response, {"status_code": 200, "request_id": error, "body": body}):
        line = {"custom_id": "a", "response": told, "error": error}
        found = batch_objects.line(json.dumps(line).encode())
        assert found is not None
        assert (found.reply is None) != (found.lack is None)
    batch_objects.line(json.dumps(body).encode())


def test_a_line_holds_an_answer_as_if_it_had_come_by_itself() -> None:
    line = {
        "id": "x",
        "custom_id": "a",
        "response": {"status_code": 200, "request_id": "req_1", "body": {"choices": []}},
        "error": None,
    }
    found = batch_objects.line(json.dumps(line).encode())
    assert found is not None
    assert found.reply is not None
    assert (found.custom_id, found.lack) == ("a", None)
    assert (found.reply.status, found.reply.request_id) == (200, "req_1")
    assert json.loads(found.reply.content) == {"choices": []}


def test_a_body_that_is_no_json_stands_as_it_is() -> None:
    response = {"status_code": 502, "request_id": "\x1b[31m", "body": "<html>"}
    found = batch_objects.line(json.dumps({"custom_id": "a", "response": response}).encode())
    assert found is not None
    assert found.reply is not None
    assert (found.reply.content, found.reply.request_id) == (b"<html>", None)


@pytest.mark.parametrize(
    ("code", "lack"),
    [
        ("batch_expired", "expired"),
        ("batch_cancelled", "cancelled"),
        ("request_timeout", "timeout"),
        ("another", "failed"),
        (None, "failed"),
        (["list"], "failed"),
    ],
)
def test_why_there_is_no_answer_is_told_by_its_code(code: Any, lack: str) -> None:
    line = {"custom_id": "a", "response": None, "error": {"code": code, "message": "m"}}
    found = batch_objects.line(json.dumps(line).encode())
    assert found is not None
    assert found.lack == lack


def test_each_lack_is_a_failure_of_its_own_that_may_pass() -> None:
    found = [batch_objects.lacking(lack) for lack in LACKS]
    assert {failure.error for failure in found} == {NotAnswered}
    assert len({failure.message for failure in found}) == len(LACKS)
    assert NotAnswered.retryable


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("insufficient_quota", RateLimited),
        ("server_error", EngineUnavailable),
        ("model_not_found", RequestRejected),
        ("sk-secret", RequestRejected),
        (None, RequestRejected),
    ],
)
def test_a_batch_that_is_not_taken_is_a_typed_error(code: str | None, error: type) -> None:
    errors = {"data": [{"code": code, "message": "sk-secret", "line": 7}]}
    found = batch_objects.batch(shown(status="failed", errors=errors))
    assert found is not None
    assert found.failure.error is error
    assert "sk-secret" not in found.failure.message
    assert "line 7" in found.failure.message


def test_a_full_queue_tells_how_long_it_may_be() -> None:
    said = {
        "code": "token_limit_exceeded",
        "message": "Enqueued token limit reached for m in organization org-1. Limit: 2,000,000 "
        "enqueued tokens. Please try again once some in_progress batches have been completed.",
    }
    found = batch_objects.batch(shown(status="failed", errors={"data": [said]}))
    assert found is not None
    assert found.queue_full is not None
    assert found.queue_full.limit == 2_000_000
    said["message"] = "full"
    found = batch_objects.batch(shown(status="failed", errors={"data": [said]}))
    assert found is not None
    assert found.queue_full is not None
    assert found.queue_full.limit is None


@given(st.text(), st.text())
def test_a_request_is_one_line_that_says_what_was_asked(name: str, text: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    line = batch_objects.request_line(name, body)
    assert line.endswith(b"\n")
    # In every reader's sense of a line.
    assert len(line.decode().splitlines()) == 1
    found = json.loads(line)
    assert (found["custom_id"], found["body"]) == (name, body)
    assert (found["method"], found["url"]) == ("POST", "/v1/chat/completions")


def test_half_of_a_character_is_no_trouble() -> None:
    line = batch_objects.request_line("a", {"messages": [{"content": "x\ud83dy"}]})
    assert json.loads(line)["body"] == {"messages": [{"content": "x\ud83dy"}]}


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_are_the_same_in_whatever_pieces_they_come(
    lines: list[bytes], data: st.DataObject
) -> None:
    content = b"\n".join(lines)
    splitter, found = Splitter(), list[bytes]()
    while content:
        size = data.draw(st.integers(1, len(content)))
        found += splitter.feed(content[:size])
        content = content[size:]
    found += splitter.finish()
    assert found == [line for line in lines if line]


def test_a_line_that_is_too_long_is_left_out_and_not_kept() -> None:
    splitter = Splitter()
    piece = b"x" * 1_000_000
    for _ in range(MOST_LINE // len(piece) + 2):
        assert list(splitter.feed(piece)) == []
    assert list(splitter.feed(b"\nnext\n")) == [b"next"]
    assert splitter._parts == []
