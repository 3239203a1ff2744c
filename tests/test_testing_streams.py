"""Streams of the loopback server, right ones and faults, event by event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from summarizer.draft import Draft
from summarizer.testing import FAULTS, STREAM_REFUSALS, LoopbackServer, answers
from tests.wire_support import Seen, asked, post

OPTIONS = {"include_usage": True}
TOOLS = [{"type": "function", "function": {"name": "draft", "parameters": {}}}]


def streamed(name: str | None = None, **changes: Any) -> tuple[Seen, dict[str, Any]]:
    """What a stream with this fault looks like, and the server's account of it."""
    script = [FAULTS[name]] if name else []
    with LoopbackServer(*script) as server:
        options: dict[str, Any] = {"stream": True, "stream_options": OPTIONS} | changes
        seen = post(server, asked(**options))
        return seen, server.account.as_json()


def said(seen: Seen) -> str:
    """The words of every event that is JSON."""
    words = ""
    for data in seen.data:
        try:
            chunk = json.loads(data)
        except ValueError:
            continue
        if isinstance(chunk, dict):
            for choice in chunk.get("choices", ()):
                words += choice["delta"].get("content") or ""
    return words


RIGHT = answers.drafted(asked())


def test_a_right_stream_is_the_answer_in_pieces_and_its_usage() -> None:
    seen, account = streamed()
    assert seen.headers["content-type"] == "text/event-stream"
    assert seen.data[-1] == "[DONE]"
    assert Draft.model_validate_json(said(seen)) == RIGHT
    usage = json.loads(seen.data[-2])["usage"]
    assert account["usage"]["prompt_tokens"] == usage["prompt_tokens"]
    assert account["undelivered"]["completions"] == 0


def test_a_stream_whose_usage_nobody_asked_for_does_not_tell_it() -> None:
    seen, account = streamed(stream_options=None)
    assert not any("usage" in data for data in seen.data)
    assert account["usage"]["prompt_tokens"] == 0
    assert account["undelivered"]["prompt_tokens"] > 0


def test_a_streamed_call_is_its_name_and_then_its_arguments_in_pieces() -> None:
    seen, _ = streamed(tools=TOOLS)
    calls = [
        call["function"]
        for data in seen.data[:-1]
        for choice in json.loads(data)["choices"]
        for call in choice["delta"].get("tool_calls", ())
    ]
    assert calls[0] == {"name": "draft", "arguments": ""}
    assert len(calls) > 3
    assert all("name" not in call for call in calls[1:])
    assert Draft.model_validate_json("".join(call["arguments"] for call in calls)) == RIGHT


def test_a_cut_stream_breaks_off_within_an_event() -> None:
    seen, account = streamed("stream-cut")
    assert not seen.whole
    assert len(seen.content) <= 400
    assert not seen.content.endswith(b"\n\n")
    assert account["completions"] == 0
    assert account["undelivered"]["completions"] == 1


def test_an_ended_stream_is_whole_to_http_and_not_to_its_reader() -> None:
    seen, account = streamed("stream-ended")
    assert seen.whole
    assert len(seen.data) == 3
    assert account["undelivered"]["completions"] == 1


def test_a_stream_may_lack_nothing_but_its_last_line() -> None:
    seen, _ = streamed("stream-without-done")
    assert "[DONE]" not in seen.data
    assert Draft.model_validate_json(said(seen)) == RIGHT
    assert json.loads(seen.data[-1])["usage"]


def test_garbage_stands_between_whole_events() -> None:
    seen, _ = streamed("stream-garbage")
    bad = [number for number, data in enumerate(seen.data[:-1]) if not _is_json(data)]
    assert len(bad) == 1
    assert 0 < bad[0] < len(seen.data) - 2
    assert Draft.model_validate_json(said(seen)) == RIGHT


def test_a_comment_stands_between_whole_events() -> None:
    seen, _ = streamed("stream-comments")
    assert b"\n\n: PROCESSING\n\ndata: " in seen.content
    assert Draft.model_validate_json(said(seen)) == RIGHT


def test_an_error_is_the_last_event() -> None:
    seen, account = streamed("stream-error")
    assert json.loads(seen.data[-1])["error"]["code"] == 502
    assert len(seen.data) == 4
    assert account["completions"] == 0


def test_an_endless_stream_goes_on_after_the_answer() -> None:
    with LoopbackServer(FAULTS["endless"]) as server:
        seen = post(server, asked(stream=True, stream_options=OPTIONS), most=2 << 20)
    assert "[DONE]" not in seen.data
    assert Draft.model_validate_json(said(seen)) == RIGHT
    assert b" " * 1000 in seen.content[-70_000:]


def test_a_stream_that_is_ignored_is_plain_json() -> None:
    seen, account = streamed("stream-ignored")
    assert seen.headers["content-type"] == "application/json"
    assert Draft.model_validate_json(seen.message["content"]) == RIGHT
    assert account["usage"]["prompt_tokens"] == seen.json["usage"]["prompt_tokens"]


def test_a_stream_may_not_tell_its_usage() -> None:
    seen, account = streamed("stream-without-usage")
    assert not any("usage" in data for data in seen.data)
    assert account["usage"]["prompt_tokens"] == 0


@pytest.mark.parametrize("name", STREAM_REFUSALS)
def test_a_stream_is_refused_only_where_it_is_asked_for(name: str) -> None:
    refusal = STREAM_REFUSALS[name]
    with LoopbackServer(refuse=[name]) as server:
        assert post(server, asked()).status == 200
        assert post(server, asked(stream=False)).status == 200
        seen = post(server, asked(stream=True, stream_options=OPTIONS))
    assert (seen.status, seen.json) == (refusal.status, refusal.body)
    assert "stream" in seen.content.decode()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
