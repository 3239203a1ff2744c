"""Chat completions as an OpenAI-compatible server writes them, whole or as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from summarizer.testing.replies import Reply

#: The only model there is here. It is no model.
MODEL = "loopback"
_PIECE = 32
#: What a stream may go on with for as long as it likes.
_COMMENT = b":" + b" " * 65_533 + b"\n\n"


def completion(
    reply: Reply,
    request: Mapping[str, Any],
    ordinal: int,
    *,
    cached_tokens: int = 0,
    reasoning_tokens: int = 0,
    most_prompt_tokens: int | None = None,
) -> dict[str, Any]:
    """The completion that `reply` stands for, in the shape that the request asks for.

    Its usage counts up to `cached_tokens` of the prompt as cached, `reasoning_tokens` more
    than were written, and no more of the prompt than a model's context holds.
    """
    body: dict[str, Any] = {
        "id": f"chatcmpl-loopback-{ordinal}",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "system_fingerprint": "loopback-fake",
        "choices": [],
    }
    if reply.choices:
        message = _message(reply, request)
        finish = reply.finish_reason or ("tool_calls" if "tool_calls" in message else "stop")
        body["choices"] = [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        ]
    if reply.usage is None:
        prompt = prompt_tokens(request)
        if most_prompt_tokens is not None:
            prompt = min(prompt, most_prompt_tokens)
        written = tokens((reply.content or "") + (reply.refusal or "")) + reasoning_tokens
        body["usage"] = {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": min(cached_tokens, prompt)},
            "completion_tokens_details": {"reasoning_tokens": reasoning_tokens},
        }
    elif reply.usage is not False:
        body["usage"] = reply.usage
    return body


def events(body: Mapping[str, Any], reply: Reply, *, with_usage: bool) -> Iterator[bytes]:
    """The completion as server-sent events, with what `reply` does to them."""
    found = list(_events(body, with_usage=with_usage))
    if reply.events is not None:
        found = found[: reply.events]
    elif reply.done:
        found.append(b"data: [DONE]\n\n")
    if reply.wedge is not None:
        found.insert(len(found) if reply.events is not None else len(found) // 2, reply.wedge)
    yield from found[:-1] if reply.padding else found
    for _ in range(0, reply.padding, len(_COMMENT)):
        yield _COMMENT


def reports_usage(body: Mapping[str, Any], reply: Reply, *, with_usage: bool) -> bool:
    """Whether the usage of a stream is among its events."""
    return with_usage and "usage" in body and reply.events is None


def tokens(text: str) -> int:
    """A rough count, a token for four characters, so that sums have something to add."""
    return -(-len(text) // 4)


def prompt_tokens(request: Mapping[str, Any]) -> int:
    """The rough count of everything that a request says."""
    return tokens("".join(_text(message) for message in request.get("messages", ())))


def _events(body: Mapping[str, Any], *, with_usage: bool) -> Iterator[bytes]:
    base = {key: body[key] for key in ("id", "created", "model", "system_fingerprint")}
    base["object"] = "chat.completion.chunk"
    for choice in body["choices"]:
        message = choice["message"]
        yield _event(base, {"role": "assistant"})
        text = message["content"] or ""
        for start in range(0, len(text), _PIECE):
            yield _event(base, {"content": text[start : start + _PIECE]})
        if message["refusal"] is not None:
            yield _event(base, {"refusal": message["refusal"]})
        for index, call in enumerate(message.get("tool_calls", ())):
            yield from _call_events(base, index, call)
        yield _event(base, {}, choice["finish_reason"])
    if with_usage and "usage" in body:
        yield _line({**base, "choices": [], "usage": body["usage"]})


def _call_events(base: Mapping[str, Any], index: int, call: dict[str, Any]) -> Iterator[bytes]:
    """A function call: its name first, then its arguments in pieces."""
    function = {"name": call["function"]["name"], "arguments": ""}
    yield _event(base, {"tool_calls": [{"index": index, **call, "function": function}]})
    text = call["function"]["arguments"]
    for start in range(0, len(text), _PIECE):
        piece = {"arguments": text[start : start + _PIECE]}
        yield _event(base, {"tool_calls": [{"index": index, "function": piece}]})


def _message(reply: Reply, request: Mapping[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.content,
        "refusal": reply.refusal,
    }
    tools = request.get("tools")
    if tools and reply.tool_calls and reply.content is not None:
        call = {"name": tools[0]["function"]["name"], "arguments": reply.content}
        message["content"] = None
        message["tool_calls"] = [
            {"id": f"call_{number}", "type": "function", "function": call}
            for number in range(reply.tool_calls)
        ]
    return message


def _text(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""


def _event(base: Mapping[str, Any], delta: dict[str, Any], finish: str | None = None) -> bytes:
    return _line({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _line(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
