"""HTTP errors as endpoints and what stands before them send them."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping

from summarizer.testing.replies.reply import Reply

#: Headers that a gateway's or a proxy's error page comes with.
HTML = {"content-type": "text/html; charset=utf-8"}


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


def error_object(code: int | str | None = 502, message: str = "Provider returned error") -> Reply:
    """An upstream's error under status 200, as some gateways report it."""
    return Reply(body={"error": {"message": message, "code": code}})


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
    """400: the request is longer than the model's context; `contexts` has other wordings."""
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


def rate_limited_until(seconds: float) -> Reply:
    """429 with Retry-After as a date: the first whole second at least `seconds` from now."""
    date = email.utils.formatdate(int(time.time() + seconds) + 1, usegmt=True)
    return rate_limited(date)


def limit_headers(kind: str, *, limit: int, remaining: int, reset: float) -> dict[str, str]:
    """The x-ratelimit headers of a window of `requests` or `tokens`; `reset` is in seconds."""
    minutes, seconds = divmod(reset, 60)
    shown = f"{int(minutes)}m{seconds:g}s" if minutes else f"{seconds:g}s"
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": str(remaining),
        f"x-ratelimit-reset-{kind}": shown,
    }


def rate_limited_by_headers(reset: float = 1.0, *, kind: str = "requests") -> Reply:
    """429 that says how long to wait in the x-ratelimit headers alone."""
    other = "tokens" if kind == "requests" else "requests"
    return rate_limited(
        headers=limit_headers(kind, limit=60, remaining=0, reset=reset)
        | limit_headers(other, limit=100_000, remaining=90_000, reset=6.0)
    )


def server_error(status: int = 500, *, headers: Mapping[str, str] | None = None) -> Reply:
    """A server's own error in JSON."""
    message = "The server had an error while processing your request."
    return error(status, message, kind="server_error", headers=headers)


def html_page(status: int = 502) -> Reply:
    """A gateway's error page."""
    page = f"<html><head><title>{status}</title></head><body>Bad gateway</body></html>"
    return Reply(status=status, body=page.encode(), headers=HTML)
