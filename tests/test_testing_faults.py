"""Each fault that has a name is on the wire what its name says."""

from __future__ import annotations

import email.utils
import json
import socket
import time
import zlib
from collections.abc import Callable
from typing import Any

import pydantic
import pytest

from summarizer.draft import Draft
from summarizer.testing import FAULTS, TOO_LONG, LoopbackServer, Reply, replies, unreachable
from tests.wire_support import Seen, asked, post

TOOLS = [{"type": "function", "function": {"name": "draft", "parameters": {}}}]


def status(code: int, **headers: str) -> Callable[[Seen], bool]:
    """An error of this status with an object that says so, and these headers."""

    def holds(seen: Seen) -> bool:
        sent = all(seen.headers.get(k.replace("_", "-")) == v for k, v in headers.items())
        return seen.status == code and sent and "message" in json.dumps(seen.json)

    return holds


def page(code: int) -> Callable[[Seen], bool]:
    """A web page."""
    return lambda seen: (
        (seen.status, seen.content[:6], seen.headers["content-type"][:9])
        == (code, b"<html>", "text/html")
    )


def says(test: Callable[[str], bool]) -> Callable[[Seen], bool]:
    """A whole completion whose content is of this kind."""
    return lambda seen: seen.status == 200 and seen.whole and test(seen.message["content"])


def is_draft(text: str) -> bool:
    """Whether a text alone is a Draft."""
    try:
        Draft.model_validate_json(text)
    except pydantic.ValidationError:
        return False
    return True


def is_json(text: str) -> bool:
    """Whether a text alone is JSON."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def usage(test: Callable[[Any], bool]) -> Callable[[Seen], bool]:
    """A right answer whose usage is of this kind."""
    return lambda seen: is_draft(seen.message["content"]) and test(seen.json.get("usage", "none"))


def finish(reason: str, **message: Any) -> Callable[[Seen], bool]:
    """A completion that ended for this reason, with these in its message."""
    return lambda seen: (
        seen.json["choices"][0]["finish_reason"] == reason
        and all(seen.message[name] == value for name, value in message.items())
    )


def date_ahead(seen: Seen) -> bool:
    """429 with a date from one to two seconds ahead, seconds of the tests aside."""
    after = email.utils.parsedate_to_datetime(seen.headers["retry-after"]).timestamp()
    return seen.status == 429 and -20 < after - time.time() <= 2.0


#: By name: whether what came in is what the name says.
WIRE: dict[str, Callable[[Seen], bool]] = {
    "200-error": lambda seen: seen.status == 200 and seen.json["error"]["code"] == 502,
    "401": status(401),
    "402": status(402),
    "403": status(403),
    "404": status(404),
    "408": status(408),
    "409": status(409),
    "413": status(413),
    "429": lambda seen: (
        status(429)(seen) and not {h for h in seen.headers if "retry" in h or "limit" in h}
    ),
    "429-after-100ms": status(429, retry_after_ms="100"),
    "429-after-1s": status(429, retry_after="1"),
    "429-after-date": date_ahead,
    "429-quota": lambda seen: (
        status(429)(seen) and seen.json["error"]["code"] == "insufficient_quota"
    ),
    "429-ratelimit-headers": status(
        429,
        x_ratelimit_limit_requests="60",
        x_ratelimit_remaining_requests="0",
        x_ratelimit_reset_requests="1s",
        x_ratelimit_limit_tokens="100000",
        x_ratelimit_remaining_tokens="90000",
        x_ratelimit_reset_tokens="6s",
    ),
    "429-ratelimit-tokens": status(
        429, x_ratelimit_remaining_tokens="0", x_ratelimit_reset_tokens="1s"
    ),
    "500": status(500),
    "502": page(502),
    "503": status(503),
    "503-after-1s": status(503, retry_after="1"),
    "504": page(504),
    "529": status(529),
    "content-filter": finish("content_filter", content=None),
    "context-length": status(400),
    "empty-choices": lambda seen: seen.json["choices"] == [],
    "endless": lambda seen: (
        not seen.whole
        and "content-length" not in seen.headers
        and seen.content[-1000:] == b" " * 1000
    ),
    "extra-fields": says(lambda text: set(json.loads(text)) - set(Draft.model_fields) != set()),
    "extra-text": says(lambda text: "That is all" in text and not is_json(text)),
    "fences": says(lambda text: "\n```json\n" in text),
    "gzip-bomb": lambda seen: (
        seen.headers["content-encoding"] == "gzip"
        and len(seen.content) < 100_000
        and len(zlib.decompress(seen.content, wbits=31)) > 64 << 20
    ),
    "half-body": lambda seen: seen.whole and not is_json(seen.content.decode()),
    "huge-usage": usage(lambda used: used["prompt_tokens"] == 10**30),
    "invalid-json": says(lambda text: text.startswith("{") and not is_json(text)),
    "listed-usage": usage(lambda used: isinstance(used, list)),
    "missing-fields": says(lambda text: set(Draft.model_fields) - set(json.loads(text)) != set()),
    "no-usage": usage(lambda used: used == "none"),
    "null-content": finish("stop", content=None, refusal=None),
    "other-schema": says(lambda text: is_json(text) and not is_draft(text)),
    "prose": says(lambda text: "{" not in text),
    "redirect": lambda seen: seen.status == 302 and ".invalid/" in seen.headers["location"],
    "redirect-307": lambda seen: seen.status == 307 and ".invalid/" in seen.headers["location"],
    "refusal": lambda seen: seen.message["content"] is None and "sorry" in seen.message["refusal"],
    "reset": lambda seen: not seen.whole and len(seen.content) <= 20,
    "slow-body": says(is_draft),
    "slow-headers": says(is_draft),
    "spoiled": says(lambda text: is_draft(text) and "Zebulon" in text),
    "spoiled-then-mended": says(lambda text: is_draft(text) and "Zebulon" in text),
    "stream-comments": says(is_draft),
    "stream-cut": lambda seen: not seen.whole,
    "stream-ended": says(is_draft),
    "stream-error": says(is_draft),
    "stream-garbage": says(is_draft),
    "stream-ignored": says(is_draft),
    "stream-unasked": lambda seen: (
        seen.headers["content-type"] == "text/event-stream" and seen.data[-1] == "[DONE]"
    ),
    "stream-without-done": says(is_draft),
    "stream-without-usage": usage(lambda used: used == "none"),
    "think": says(lambda text: text.startswith("<think>") and text.endswith("}")),
    "truncated": finish("length"),
    "two-tool-calls": says(is_draft),
    "ungrounded": says(lambda text: is_draft(text) and "Zebulon" in text),
    "web-page": page(200),
    "wrong-types": says(lambda text: is_json(text) and not is_draft(text)),
    "wrong-usage": usage(
        lambda used: (used["prompt_tokens"], used["completion_tokens"]) == (-5, "many")
    ),
    **{f"too-long/{name}": lambda seen: seen.status >= 400 for name in TOO_LONG},
}


def test_every_named_fault_is_looked_at() -> None:
    # Whether nothing comes in is seen in test_testing.py.
    assert set(WIRE) == set(FAULTS) - {"hang"}


@pytest.mark.parametrize("name", sorted(WIRE))
def test_a_fault_is_what_its_name_says(name: str) -> None:
    with LoopbackServer(FAULTS[name]) as server:
        assert WIRE[name](post(server, most=5 << 20))


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"hang", "slow-headers"}))
def test_after_a_fault_the_server_goes_on(name: str) -> None:
    with LoopbackServer(FAULTS[name]) as server:
        post(server, most=1 << 17)
        assert is_draft(post(server).message["content"])


def test_two_calls_are_two() -> None:
    with LoopbackServer(FAULTS["two-tool-calls"]) as server:
        calls = post(server, asked(tools=TOOLS)).message["tool_calls"]
    assert [call["function"]["name"] for call in calls] == ["draft", "draft"]


def test_a_slow_answer_begins_late() -> None:
    """That it comes at all is in the table; here, that nothing comes before its time."""
    with LoopbackServer(replies.slow_headers("{}", 60.0)) as server, pytest.raises(TimeoutError):
        post(server, timeout=0.2)


def test_a_slow_body_comes_after_its_head() -> None:
    with LoopbackServer(Reply(content="x", pace=(1, 60.0))) as server:
        host, _, port = server.base_url.split("/")[2].partition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
            client.settimeout(20)
            got = b""
            while b"\r\n\r\n" not in got[:-1]:
                got += client.recv(1)
            client.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.recv(1)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b"{"


def test_nobody_listens_at_an_unreachable_address() -> None:
    with unreachable() as url:
        host, _, port = url.split("/")[2].partition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))


@pytest.mark.parametrize("name", sorted(set(TOO_LONG) - {"groq", "bedrock", "proxy"}))
def test_a_wording_of_a_request_that_is_too_long_has_the_true_numbers(name: str) -> None:
    with LoopbackServer(context_tokens=100, too_long=name) as server:
        seen = post(server)
        sent = -(-sum(len(turn["content"]) for turn in asked()["messages"]) // 4)
    assert seen.status in {400, 500}
    assert "100" in seen.content.decode()
    assert str(sent) in seen.content.decode()


def test_a_prompt_that_fits_is_taken() -> None:
    with LoopbackServer(context_tokens=10_000) as server:
        assert post(server).status == 200


def test_a_prompt_may_silently_lose_its_beginning() -> None:
    with LoopbackServer(context_tokens=150, too_long="cut") as server:
        seen = post(server)
    said = seen.message["content"]
    assert seen.status == 200
    assert seen.json["usage"]["prompt_tokens"] == 150
    assert "bought the line" in said
    assert "end nine-day strike" not in said


def test_an_unknown_wording_is_a_mistake_of_the_tests() -> None:
    with pytest.raises(ValueError, match="no wording named 'x'"):
        LoopbackServer(too_long="x")
