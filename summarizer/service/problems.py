"""What goes wrong, as RFC 9457 problem details: one mapping from errors to statuses.

A problem never holds an article's text, a key or what was sent: only our own words, a
place in the request, and the provider's name for a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from summarizer import errors

MEDIA_TYPE = "application/problem+json"

#: What a `type` stands under: the page that says what each kind means.
_TYPES = "/docs#"


class ProblemDetails(BaseModel):
    """An RFC 9457 problem."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: Annotated[str, Field(description="The kind of problem: a place in this service's docs.")]
    title: Annotated[str, Field(description="The kind of problem, in words.")]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(description="What happened this time, in a sentence.")]
    instance: Annotated[str, Field(description="The path that was asked for.")]
    hint: Annotated[str | None, Field(description="What can be done about it.")] = None
    retryable: Annotated[
        bool, Field(description="Whether the same request may succeed later, unchanged.")
    ]
    request_id: Annotated[str, Field(description="This request's name in the service's logs.")]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its name in `type`, the status it is answered with, its title."""

    name: str
    status: int
    title: str
    hint: str = ""
    retryable: bool = False

    @property
    def type(self) -> str:
        """The problem's `type`, a reference to the page that explains it."""
        return f"{_TYPES}{self.name}"


MALFORMED: Final = Kind("malformed-request", 400, "The request is malformed")
UNAUTHORIZED: Final = Kind(
    "unauthorized", 401, "A key is needed", "Send a key as `Authorization: Bearer KEY`."
)
FORBIDDEN: Final = Kind("forbidden", 403, "This is not allowed here")
NOT_FOUND: Final = Kind("not-found", 404, "There is no such thing")
METHOD_NOT_ALLOWED: Final = Kind("method-not-allowed", 405, "The method does not fit")
SLOW: Final = Kind("slow-request", 408, "The request took too long to arrive", "", retryable=True)
CONFLICT: Final = Kind("conflict", 409, "Another request is in the way", "", retryable=True)
TOO_LARGE: Final = Kind("too-large", 413, "The request is too large")
UNSUPPORTED: Final = Kind(
    "unsupported-media-type",
    415,
    "The body's type is not taken",
    "Send application/json, text/plain or text/html, not compressed.",
)
FOREIGN_RECORD: Final = Kind(
    "foreign-record",
    422,
    "This is no record of the text",
    "Send a record as this service gave it, and the text that it was made from.",
)
INVALID: Final = Kind("invalid-request", 422, "The request is not valid", "See /openapi.json.")
REUSED: Final = Kind(
    "idempotency-key-reused", 422, "The Idempotency-Key was another request's", "Take a new one."
)
LIMITED: Final = Kind(
    "rate-limited", 429, "The key's limit is reached", "Wait as Retry-After says.", retryable=True
)
HEADERS_TOO_LARGE: Final = Kind("headers-too-large", 431, "The headers are too large")
INTERNAL: Final = Kind("internal-error", 500, "The service failed", "Report the request id.")
OVERLOADED: Final = Kind(
    "overloaded", 503, "The service is busy", "Wait as Retry-After says.", retryable=True
)
DRAINING: Final = Kind(
    "draining", 503, "The service is stopping", "Ask again, or another instance.", retryable=True
)
STORE_FAILED: Final = Kind(
    "store-unavailable", 503, "Batches cannot be kept", "Try again later.", retryable=True
)
NO_ROOM: Final = Kind(
    "no-room", 507, "There is no room for more articles", "Remove batches.", retryable=True
)
#: In a row of a batch alone.
INTERRUPTED: Final = Kind(
    "interrupted", 500, "The service ended at each try", "Report this article's batch."
)

_OPERATOR = "Tell whoever runs this service."
_LATER = "Try again later."

#: The kind of each error of the package. A subclass has its own or its base's.
OF_ERRORS: Final[Mapping[type[errors.SummarizerError], Kind]] = {
    errors.SummarizerError: Kind("failed", 500, "There is no record", _OPERATOR),
    errors.ConfigurationError: Kind("misconfigured", 500, "The service is set up wrong", _OPERATOR),
    errors.PromptError: Kind("misconfigured", 500, "The service is set up wrong", _OPERATOR),
    errors.SourceError: Kind("unreadable-article", 422, "The article cannot be read"),
    errors.SourceNotFound: Kind("source-not-found", 422, "The article is not there"),
    errors.UnreadableSource: Kind(
        "unreadable-article",
        422,
        "The article cannot be read",
        "Send plain text or HTML, in UTF-8 if you can.",
    ),
    errors.SourceTooLarge: TOO_LARGE,
    errors.EmptyArticle: Kind("empty-article", 422, "There are no words to summarize"),
    errors.FetchError: Kind(
        "fetch-failed", 422, "The URL cannot be fetched", "Send the page's text or HTML instead."
    ),
    errors.BlockedAddress: Kind("blocked-address", 403, "The URL leads to a private address"),
    errors.EngineError: Kind("engine-failed", 502, "The engine gave no usable answer", _OPERATOR),
    errors.EngineUnavailable: Kind(
        "engine-unavailable", 503, "The model cannot be reached", _LATER, retryable=True
    ),
    errors.EngineTimeout: Kind(
        "engine-timeout", 504, "The model did not answer in time", _LATER, retryable=True
    ),
    errors.RateLimited: Kind(
        "engine-rate-limited", 503, "The model's provider asks to wait", _LATER, retryable=True
    ),
    errors.AuthenticationFailed: Kind(
        "engine-refused-key", 502, "The model's provider refused the service's key", _OPERATOR
    ),
    errors.RequestRejected: Kind(
        "engine-rejected-request", 502, "The model's provider does not take the request", _OPERATOR
    ),
    errors.RequestTooLong: Kind(
        "article-too-long", 413, "The article is too long for the model", "Send a part of it."
    ),
    errors.BudgetExceeded: Kind(
        "budget-exceeded", 503, "The service's budget is used up", _OPERATOR
    ),
    errors.Refused: Kind("model-refused", 422, "The model declined to answer"),
    errors.ContentFiltered: Kind("content-filtered", 422, "The provider's filter stopped it"),
    errors.AnswerTruncated: Kind(
        "answer-truncated", 502, "The model's answer was cut off", _OPERATOR
    ),
    errors.InvalidAnswer: Kind(
        "invalid-answer", 502, "The model's answer does not fit the schema", _LATER
    ),
    errors.BatchUnsupported: Kind(
        "engine-rejected-request", 502, "The model's provider does not take the request", _OPERATOR
    ),
    errors.NotAnswered: Kind(
        "not-answered", 503, "The model's provider gave no answer", _LATER, retryable=True
    ),
    errors.WorkerLost: Kind("worker-lost", 500, "The article's worker ended", _OPERATOR),
    errors.NothingGrounded: Kind(
        "nothing-grounded",
        422,
        "The article supports nothing of the answer",
        "Check that it is a news article.",
    ),
}

_GENERAL: Final = (
    MALFORMED, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, SLOW, CONFLICT, TOO_LARGE,
    UNSUPPORTED, FOREIGN_RECORD, INVALID, REUSED, LIMITED, HEADERS_TOO_LARGE, INTERNAL, OVERLOADED,
    DRAINING, STORE_FAILED, NO_ROOM, INTERRUPTED,
)  # fmt: skip


def kinds() -> list[Kind]:
    """Every kind of problem once, by status and name."""
    by_name = {kind.name: kind for kind in (*OF_ERRORS.values(), *_GENERAL)}
    return sorted(by_name.values(), key=lambda kind: (kind.status, kind.name))


@dataclass(eq=False)
class Problem(Exception):  # not frozen: Python sets the traceback of what is raised
    """A request's failure, as it is answered.

    `detail` is a sentence of ours. `members` are further members of the JSON object.
    `retry_after` is in seconds.
    """

    kind: Kind
    detail: str
    hint: str | None = None
    retry_after: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail

    def object(self, *, instance: str, request_id: str) -> dict[str, Any]:
        """The JSON object of the problem."""
        hint = self.hint if self.hint is not None else self.kind.hint
        return {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": instance,
            "hint": hint or None,
            "retryable": self.kind.retryable,
            "request_id": request_id,
            **self.members,
        }

    def response(self, *, instance: str, request_id: str) -> Response:
        """The answer to the request."""
        told = json.dumps(self.object(instance=instance, request_id=request_id))
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return Response(told, self.kind.status, headers, media_type=MEDIA_TYPE)


#: What a client may do after a failure of the engine that may pass, in seconds.
_ENGINE_RETRY_AFTER = 5


def of_error(error: errors.SummarizerError) -> Problem:
    """The problem that an error of the package is."""
    kind = next(OF_ERRORS[base] for base in type(error).__mro__ if base in OF_ERRORS)
    if kind.status == INTERNAL.status:
        # What is set up wrong is the operator's to read, in the log.
        return Problem(kind, f"{kind.title}.")
    retry_after = _ENGINE_RETRY_AFTER if kind.retryable else None
    named = getattr(error, "request_id", None)
    members = {"provider_request_id": named} if named else {}
    return Problem(kind, sentence(str(error)), retry_after=retry_after, members=members)


def with_headers(problem: Problem, headers: Mapping[str, str]) -> Problem:
    """The problem, with further headers of its answer."""
    return replace(problem, headers={**problem.headers, **headers})


def of_places(places: Iterable[tuple[str, str]]) -> Problem:
    """The problem of a request with faults, each with its place (a JSON pointer) and why."""
    faults = [{"pointer": pointer, "detail": detail} for pointer, detail in places]
    told = "; ".join(f"{fault['pointer'] or 'the body'}: {fault['detail']}" for fault in faults[:3])
    return Problem(INVALID, sentence(told), members={"errors": faults})


def sentence(text: str) -> str:
    """The text with a full stop at its end."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
