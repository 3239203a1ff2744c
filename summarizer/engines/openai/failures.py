"""Everything that goes wrong with a request, to one typed error. Pure, and the only place.

A message here is safe to show: it is made of the status, a code from a known list, the
host and sentences of our own. What a provider says may echo the key, the article or the
answer, so none of it is passed on.
"""

from __future__ import annotations

import email.utils
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from summarizer.engines.openai.answers import Answer
from summarizer.engines.openai.input_limits import Stated, stated
from summarizer.engines.openai.limits import duration
from summarizer.engines.openai.modes import Lesson
from summarizer.engines.openai.refusals import Details
from summarizer.errors import (
    AnswerTruncated,
    AuthenticationFailed,
    BudgetExceeded,
    ContentFiltered,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    InvalidAnswer,
    RateLimited,
    Refused,
    RequestRejected,
    RequestTooLong,
)

if TYPE_CHECKING:
    import openai

#: Codes that are named in a message. Others may be anything.
_KNOWN_CODES = frozenset(
    (
        "billing_hard_limit_reached",
        "billing_not_active",
        "content_filter",
        "content_policy_violation",
        "context_length_exceeded",
        "deploymentnotfound",
        "engine_overloaded",
        "exceed_context_size_error",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_organization",
        "invalid_prompt",
        "invalid_value",
        "json_validate_failed",
        "model_not_found",
        "overloaded_error",
        "rate_limit_exceeded",
        "request_too_large",
        "server_error",
        "string_above_max_length",
        "tool_use_failed",
        "unsupported_country_region_territory",
        "unsupported_parameter",
        "unsupported_value",
    )
)
_FILTER_CODES = frozenset(("content_filter", "content_policy_violation", "invalid_prompt"))
_INVALID_CODES = frozenset(("json_validate_failed", "tool_use_failed"))
_NO_QUOTA_CODES = frozenset(
    ("billing_hard_limit_reached", "billing_not_active", "insufficient_quota")
)
_FLAGGED = re.compile(
    r"content management policy|contentpolicyviolation|requires moderation|input was flagged"
)
#: How a wrong key is told under 400: by xAI, by Gemini, and by LiteLLM without a database.
_WRONG_KEY = re.compile(r"(?:incorrect|invalid) api key|api key not valid|^no connected db")
#: The transport's exceptions, httpx's and httpx2's, when no connection came to stand.
_NO_CONNECTION = frozenset(("ConnectError", "ConnectTimeout", "PoolTimeout"))


@dataclass(frozen=True, slots=True)
class Invalid:
    """An answer to ask for again: what was said, and what is wrong with it."""

    answer: Answer
    problem: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that brought no Draft. `message` is safe to show."""

    error: type[EngineError]
    outcome: str
    message: str
    #: Whether the same request may pass later, and in how many seconds the endpoint says.
    passing: bool = False
    wait: float | None = None
    #: Whether a request can have reached the endpoint.
    sent: bool = True
    #: What the refusal of a parameter teaches: the next request is made by it.
    lesson: Lesson | None = None
    invalid: Invalid | None = None
    #: What the refusal of a request that is too long says of the limit.
    too_long: Stated | None = None


def of_status(details: Details, headers: Mapping[str, str], now: float) -> Failure:
    """What an HTTP error status means. `now` is the wall clock, for a date in Retry-After."""
    status, code = details.status, details.code
    said = f"HTTP {status}" + (f", {code}" if code in _KNOWN_CODES else "")
    if details.too_long and status not in {401, 403, 429}:
        sentence = "the article is longer than the model's input limit"
        too_long = stated(details.words)
        return Failure(RequestTooLong, "rejected", f"{sentence} ({said})", too_long=too_long)
    if code in _FILTER_CODES or (status in {400, 403} and _FLAGGED.search(details.words)):
        sentence = "the provider's content filter stopped the request"
        return Failure(ContentFiltered, "content_filter", f"{sentence} ({said})")
    if status == 400 and _WRONG_KEY.search(details.words):
        status = 401
    if code in _INVALID_CODES:
        sentence = "the endpoint says that the model's answer does not fit the schema"
        problem = Invalid(Answer(), "The answer did not fit the schema.")
        return Failure(InvalidAnswer, "invalid", f"{sentence} ({said})", invalid=problem)
    if status == 429:
        return _limited(details, headers, said, now)
    found = _BY_STATUS.get(status)
    if found is None:
        found = _SERVER_FAILED if status >= 500 else _REJECTED if status >= 400 else _ELSEWHERE
    error, outcome, sentence, passing = found
    wait = retry_after(headers, now) if passing else None
    return Failure(error, outcome, f"{sentence} ({said})", passing=passing, wait=wait)


_SERVER_FAILED = (EngineUnavailable, "server_error", "the endpoint's server failed", True)
_REJECTED = (RequestRejected, "rejected", "the endpoint does not take the request", False)
_ELSEWHERE = (RequestRejected, "rejected", "the endpoint redirects to another address", False)
_BY_STATUS: Mapping[int, tuple[type[EngineError], str, str, bool]] = {
    401: (AuthenticationFailed, "authentication", "the endpoint refused the key", False),
    402: (AuthenticationFailed, "authentication", "the account has no credit left", False),
    403: (AuthenticationFailed, "authentication", "the key may not use this model", False),
    404: (RequestRejected, "rejected", "the endpoint knows no such model or path", False),
    408: (EngineTimeout, "timeout", "the endpoint gave up waiting", True),
    409: (EngineUnavailable, "server_error", "the endpoint reports a conflict", True),
}


def of_exception(error: openai.OpenAIError | TimeoutError, host: str) -> Failure:
    """What an exception of the SDK without a response means, or one of the deadline."""
    import openai

    if isinstance(error, TimeoutError):
        return timed_out(host)
    if isinstance(error, openai.APITimeoutError):
        sent = type(error.__cause__).__name__ not in _NO_CONNECTION
        sentence = f"{host} did not answer in time"
        return Failure(EngineTimeout, "timeout", sentence, passing=True, sent=sent)
    if isinstance(error, openai.APIConnectionError):
        sentence = f"no connection to {host}, or it broke off"
        sent = type(error.__cause__).__name__ not in _NO_CONNECTION
        return Failure(EngineUnavailable, "unreachable", sentence, passing=True, sent=sent)
    # What is left is raised by helpers of the SDK that are not used here.
    return Failure(EngineUnavailable, "client_error", f"the client could not ask {host}")


def of_answer(answer: Answer) -> Failure | None:
    """What keeps an answer from being read at all, or None."""
    if answer.refusal:
        return Failure(Refused, "refused", "the model declined to answer")
    if answer.finish == "content_filter":
        return _FILTERED
    if answer.finish == "length":
        return truncated()
    if answer.finish == "error":
        sentence = "the provider failed while it answered"
        return Failure(EngineUnavailable, "server_error", sentence, passing=True)
    return None


def invalid(answer: Answer, problem: str) -> Failure:
    """An answer that is no Draft."""
    sentence = (
        "the answer is empty"
        if not any(answer.candidates)
        else ("the answer does not fit the schema")
    )
    return Failure(InvalidAnswer, "invalid", sentence, invalid=Invalid(answer, problem))


_FILTERED = Failure(
    ContentFiltered, "content_filter", "the provider's content filter stopped the answer"
)


def truncated() -> Failure:
    """An answer that ran out of room."""
    return Failure(AnswerTruncated, "truncated", "the answer was cut off: it ran out of room")


def timed_out(host: str) -> Failure:
    """The deadline passed while a request was under way, or before one could be sent."""
    return Failure(
        EngineTimeout, "timeout", f"{host} did not answer before the deadline", passing=True
    )


def no_turn(host: str) -> Failure:
    """The deadline passed while other requests were under way."""
    sentence = f"the deadline passed before a request could be sent to {host}: others were first"
    return Failure(EngineTimeout, "timeout", sentence, sent=False)


def left_alone(host: str) -> Failure:
    """The endpoint is dead, and no request is sent to it for now."""
    sentence = f"{host} has not answered for a while: no request was sent"
    return Failure(EngineUnavailable, "unreachable", sentence, sent=False)


def over_limits() -> Failure:
    """The limits per minute leave no room before the deadline."""
    sentence = "the limit of requests or tokens per minute leaves no room before the deadline"
    return Failure(RateLimited, "rate_limited", sentence, sent=False)


def over_budget(worst: float) -> Failure:
    """The request might cost more than is left."""
    sentence = f"the next request might cost {worst:.4f} USD, which is more than is left"
    return Failure(BudgetExceeded, "budget", sentence, sent=False)


def cut(host: str, context: int) -> Failure:
    """The endpoint left out what its model's context, of so many tokens, does not hold."""
    sentence = f"{host} cut the article to its model's input limit without saying so"
    return Failure(RequestTooLong, "input_cut", sentence, too_long=Stated(limit=context))


def too_long(host: str) -> Failure:
    """The request is longer than the model's known limit."""
    sentence = f"the article is longer than the model's input limit: {host} was not asked"
    return Failure(RequestTooLong, "rejected", sentence, sent=False)


def broken_body(host: str) -> Failure:
    """A response that says it is JSON and is not."""
    sentence = f"{host} sent a broken response"
    return Failure(EngineUnavailable, "broken_response", sentence, passing=True)


def broke_off(host: str, *, late: bool = False) -> Failure:
    """A response that ended in its middle, or made a longer pause than was allowed."""
    if late:
        return Failure(EngineTimeout, "timeout", f"{host} did not answer in time", passing=True)
    sentence = f"the connection to {host} broke off"
    return Failure(EngineUnavailable, "unreachable", sentence, passing=True)


def too_large(size: int) -> Failure:
    """A response of more bytes than are read."""
    sentence = f"the endpoint's answer is larger than {size // 1_000_000} MB"
    return Failure(RequestRejected, "too_large", sentence)


def not_a_completion(host: str) -> Failure:
    """A page, or something else that no completions endpoint sends."""
    sentence = f"what answers at {host} is no chat completions endpoint"
    return Failure(RequestRejected, "rejected", sentence)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """For how many seconds the endpoint asks to wait, or None if it does not say.

    Read from `retry-after-ms`, `Retry-After` (seconds or an HTTP date), else from the
    reset time of an x-ratelimit window that is used up.
    """
    seconds = _number(headers.get("retry-after-ms"))
    if seconds is not None:
        return seconds / 1000
    value = headers.get("retry-after")
    if value is not None:
        seconds = _number(value)
        if seconds is not None:
            return seconds
        try:
            return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
        except (ValueError, OverflowError):
            return None
    resets = [
        seconds
        for kind in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{kind}") == "0"
        and (seconds := duration(headers.get(f"x-ratelimit-reset-{kind}"))) is not None
    ]
    return max(resets) if resets else None


def _limited(details: Details, headers: Mapping[str, str], said: str, now: float) -> Failure:
    if details.code in _NO_QUOTA_CODES:
        return Failure(RateLimited, "rate_limited", f"the account's quota is used up ({said})")
    if "request too large" in details.words:
        sentence = "this one request is over the account's limit of tokens per minute"
        return Failure(RateLimited, "rate_limited", f"{sentence} ({said})")
    wait = retry_after(headers, now)
    sentence = "the endpoint asks to slow down"
    if wait is not None:
        sentence += f" and to wait {wait:.0f} s"
    return Failure(RateLimited, "rate_limited", f"{sentence} ({said})", passing=True, wait=wait)


def _number(value: Any) -> float | None:
    """A header's number of seconds that can be waited, or None."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) and found >= 0 else None
