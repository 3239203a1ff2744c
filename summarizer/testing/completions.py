"""Chat completions as an OpenAI-compatible server writes them, whole or as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from summarizer.testing.replies import Reply

#: The only model there is here. It is no model.
MODEL = "loopback"
_PIECE = 32


def completion(reply: Reply, request: Mapping[str, Any], ordinal: int) -> dict[str, Any]:
    """The completion that `reply` stands for, in the shape that the request asks for."""
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
        body["usage"] = _usage(reply, request)
    elif reply.usage is not False:
        body["usage"] = dict(reply.usage)
    return body


def events(body: Mapping[str, Any], *, with_usage: bool) -> Iterator[bytes]:
    """The completion as server-sent events."""
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
            yield _event(base, {"tool_calls": [{"index": index, **call}]})
        yield _event(base, {}, choice["finish_reason"])
    if with_usage and "usage" in body:
        yield _line({**base, "choices": [], "usage": body["usage"]})
    yield b"data: [DONE]\n\n"


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


def _usage(reply: Reply, request: Mapping[str, Any]) -> dict[str, Any]:
    """A rough count, a token for four characters, so that sums have something to add."""
    asked = sum(len(_text(message)) for message in request.get("messages", ()))
    said = len(reply.content or "") + len(reply.refusal or "")
    prompt, written = -(-asked // 4), -(-said // 4)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _text(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""


def _event(base: Mapping[str, Any], delta: dict[str, Any], finish: str | None = None) -> bytes:
    return _line({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _line(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
