"""What the loopback server may answer, right answers and faults alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from summarizer.draft import Draft

#: Headers that a gateway's or a proxy's error page comes with.
HTML = {"content-type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the server.

    With `body` it is sent as it is. Without it a chat completion is made of the other
    fields, in the shape that the request asks for: `content` becomes the arguments of a
    function call where the request forces one, unless `tool_calls` is False.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | dict[str, Any] | list[Any] | None = None

    content: str | None = None
    refusal: str | None = None
    finish_reason: str | None = None
    tool_calls: int | Literal[False] = 1
    choices: bool = True
    #: The response's `usage`; None counts roughly, False leaves it out.
    usage: Mapping[str, Any] | Literal[False] | None = None

    #: Seconds before the first byte is sent.
    delay: float = 0.0
    #: Nothing is sent until the server's `release()`.
    hang: bool = False
    #: The body is sent in pieces of so many bytes, so many seconds apart.
    pace: tuple[int, float] | None = None
    #: The connection is reset after so many bytes of the body.
    cut: int | None = None


Script = Reply | Callable[[dict[str, Any]], Reply]


def answer(draft: Draft | Mapping[str, Any] | str, **changes: Any) -> Reply:
    """A right answer."""
    return replace(Reply(content=_json(draft)), **changes)


def fenced(draft: Draft | Mapping[str, Any] | str) -> Reply:
    """The answer in a Markdown fence, with words around it."""
    text = f"Here is the record:\n\n```json\n{_json(draft)}\n```\n\nLet me know if it helps."
    return Reply(content=text, tool_calls=False)


def thinking(draft: Draft | Mapping[str, Any] | str) -> Reply:
    """The answer after a reasoning model's thoughts, which hold braces of their own."""
    text = (
        f'<think>\nThe form is {{"what": ...}}, so {{name}} goes there.\n</think>\n{_json(draft)}'
    )
    return Reply(content=text, tool_calls=False)


def surrounded(draft: Draft | Mapping[str, Any] | str) -> Reply:
    """The answer with words before and after it."""
    return Reply(
        content=f"Sure {{as asked}}: {_json(draft)} That is all {{I hope}}.", tool_calls=False
    )


def prose(text: str = "The article is about many things.") -> Reply:
    """The schema is ignored."""
    return Reply(content=text, tool_calls=False)


def invalid_json(text: str = '{"what": {"evidence": ["') -> Reply:
    """An answer that is no JSON, although it was not cut off."""
    return Reply(content=text)


def wrong_types() -> Reply:
    """JSON with wrong types, a missing field and one too many."""
    return Reply(content=json.dumps({"what": "a string", "who": None, "when": {}, "mood": 1}))


def truncated(draft: Draft | Mapping[str, Any] | str, *, keep: int = 60) -> Reply:
    """The first characters of an answer that ran out of room."""
    return Reply(content=_json(draft)[:keep], finish_reason="length")


def content_filter() -> Reply:
    """The provider's filter stopped the answer."""
    return Reply(content=None, finish_reason="content_filter", tool_calls=False)


def refused(words: str = "I'm sorry, I can't help with that.") -> Reply:
    """The model declined, in the field that structured outputs have for it."""
    return Reply(content=None, refusal=words, tool_calls=False)


def empty_choices() -> Reply:
    """A completion without a choice."""
    return Reply(choices=False)


def null_content() -> Reply:
    """A message without content."""
    return Reply(content=None, tool_calls=False)


def two_tool_calls(draft: Draft | Mapping[str, Any] | str) -> Reply:
    """The same call made twice."""
    return Reply(content=_json(draft), tool_calls=2)


def no_usage(draft: Draft | Mapping[str, Any] | str) -> Reply:
    """A right answer that does not say what it took."""
    return Reply(content=_json(draft), usage=False)


def wrong_usage(draft: Draft | Mapping[str, Any] | str) -> Reply:
    """A right answer whose usage makes no sense."""
    return Reply(
        content=_json(draft),
        usage={"prompt_tokens": -5, "completion_tokens": "many", "total_tokens": None},
    )


def error(
    status: int,
    message: str = "it went wrong",
    *,
    kind: str = "invalid_request_error",
    code: str | int | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """An error in OpenAI's form."""
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return Reply(status=status, body=body, headers=headers or {})


def unauthorized(key: str = "sk-...") -> Reply:
    """401 in OpenAI's words, which hold a part of the key."""
    message = f"Incorrect API key provided: {key}. You can find your API key at the site."
    return error(401, message, code="invalid_api_key")


def forbidden() -> Reply:
    """403: the key may not use this model."""
    message = "Project `proj_x` does not have access to model `m`"
    return error(403, message, code="model_not_found")


def unknown_model(model: str = "m") -> Reply:
    """404 in OpenAI's words."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return error(404, message, code="model_not_found")


def context_length() -> Reply:
    """400: the request is longer than the model's context."""
    message = (
        "This model's maximum context length is 8192 tokens. However, your messages resulted "
        "in 20417 tokens. Please reduce the length of the messages."
    )
    return error(400, message, code="context_length_exceeded", param="messages")


def rate_limited(
    after: str | None = None, *, headers: Mapping[str, str] | None = None, code: str | None = None
) -> Reply:
    """429; `after` is the value of Retry-After."""
    found = dict(headers or {})
    if after is not None:
        found["retry-after"] = after
    return error(
        429,
        "Rate limit reached for requests",
        kind="requests",
        code=code or "rate_limit_exceeded",
        headers=found,
    )


def server_error(status: int = 500, *, headers: Mapping[str, str] | None = None) -> Reply:
    """A server's own error in JSON."""
    message = "The server had an error while processing your request."
    return error(status, message, kind="server_error", headers=headers)


def html_page(status: int = 502) -> Reply:
    """A gateway's error page."""
    page = f"<html><head><title>{status}</title></head><body>Bad gateway</body></html>"
    return Reply(status=status, body=page.encode(), headers=HTML)


def hang() -> Reply:
    """The request is taken and not answered until the server is released."""
    return Reply(hang=True)


def slow_headers(draft: Draft | Mapping[str, Any] | str, seconds: float) -> Reply:
    """A right answer after a while."""
    return Reply(content=_json(draft), delay=seconds)


def slow_body(draft: Draft | Mapping[str, Any] | str, size: int, seconds: float) -> Reply:
    """A right answer in pieces of `size` bytes, `seconds` apart."""
    return Reply(content=_json(draft), pace=(size, seconds))


def reset(draft: Draft | Mapping[str, Any] | str = "{}", *, after: int = 20) -> Reply:
    """The connection is reset within the body."""
    return Reply(content=_json(draft), cut=after)


def _json(draft: Draft | Mapping[str, Any] | str) -> str:
    if isinstance(draft, Draft):
        return draft.model_dump_json()
    return draft if isinstance(draft, str) else json.dumps(draft, ensure_ascii=False)


#: Faults that need nothing to be told, by the names that the shell uses.
FAULTS: Mapping[str, Callable[[], Reply]] = {
    "401": unauthorized,
    "403": forbidden,
    "404": unknown_model,
    "408": lambda: error(408, "Request timeout", kind="timeout"),
    "409": lambda: error(409, "Conflict", kind="conflict"),
    "413": lambda: error(413, "Request entity too large"),
    "429": rate_limited,
    "429-after-1s": lambda: rate_limited("1"),
    "429-quota": lambda: rate_limited(code="insufficient_quota"),
    "500": server_error,
    "502": html_page,
    "503": lambda: server_error(503),
    "529": lambda: server_error(529),
    "context-length": context_length,
    "content-filter": content_filter,
    "empty-choices": empty_choices,
    "hang": hang,
    "invalid-json": invalid_json,
    "null-content": null_content,
    "prose": prose,
    "refusal": refused,
    "reset": reset,
    "truncated": lambda: truncated('{"what": {"evidence": ["'),
    "wrong-types": wrong_types,
}
