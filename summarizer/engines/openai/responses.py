"""An HTTP response, to a Draft or to what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from summarizer.draft import Draft
from summarizer.engines.openai import answers, failures, refusals, usage
from summarizer.engines.openai.answers import Answer
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.modes import Lesson
from summarizer.engines.openai.usage import Usage
from summarizer.errors import AnswerTruncated, EngineUnavailable, RequestRejected, RequestTooLong

_NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response, of any status, read whole.

    A stream of events has no `content` but what its events make: a `completion`, unless it
    is `broken`.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    request_id: str | None = None
    completion: Mapping[str, Any] | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """What a request came to, and what it took."""

    result: Draft | Failure
    #: Whether the endpoint took the request as it was made, whatever it answered.
    taken: bool = False
    usage: Usage = _NO_USAGE
    #: The model that the endpoint says it was.
    model: str | None = None
    request_id: str | None = None
    #: Why the answer ended, in the API's words.
    finish: str | None = None

    @property
    def outcome(self) -> str:
        """`ok`, or the kind of failure."""
        return self.result.outcome if isinstance(self.result, Failure) else "ok"


def read(
    reply: Reply, *, lesson: Lesson, body: Mapping[str, Any], host: str, now: float
) -> Response:
    """What `reply` says to `body`, which was made by `lesson`. `now` is the wall clock."""
    data = _parsed(reply.content) if reply.completion is None else reply.completion
    if reply.status >= 300:
        failure = _refusal(reply.status, data, reply, lesson, body, now)
        return Response(failure, request_id=reply.request_id)
    if reply.broken:
        used, model = usage.read(data), _model(data)
        failure = failures.broken_body(host)
        return Response(failure, usage=used, model=model, request_id=reply.request_id)
    if data is None:
        page = reply.content.lstrip()[:1] == b"<"
        failure = failures.not_a_completion(host) if page else failures.broken_body(host)
        return Response(failure, request_id=reply.request_id)
    if isinstance(data, dict) and data.get("error") and not data.get("choices"):
        # Some gateways report an upstream's error under status 200, as any stream does.
        failure = _refusal(_status_in(data["error"]), data, reply, lesson, body, now)
        return Response(failure, usage=usage.read(data), request_id=reply.request_id)
    answer, used = answers.read(data), usage.read(data)
    return Response(
        _within(_result(answer), used, lesson, body),
        taken=True,
        usage=used,
        model=_model(data),
        request_id=reply.request_id,
        finish=answer.finish,
    )


def _refusal(
    status: int,
    data: Any,
    reply: Reply,
    lesson: Lesson,
    body: Mapping[str, Any],
    now: float,
) -> Failure:
    """What an error means, or what it teaches."""
    details = refusals.read(status, data)
    failure = failures.of_status(details, reply.headers, now)
    if failure.error in {RequestRejected, RequestTooLong, EngineUnavailable}:
        learnt = refusals.learn(lesson, details, body)
        if learnt is not None:
            return replace(failure, outcome="parameter_refused", passing=False, lesson=learnt)
    return failure


def _result(answer: Answer) -> Draft | Failure:
    failure = failures.of_answer(answer)
    if failure is not None:
        return failure
    try:
        return answers.draft(answer)
    except answers.NoDraft as problem:
        words = str(problem)
    return failures.invalid(answer, words)


def _within(
    result: Draft | Failure, used: Usage, lesson: Lesson, body: Mapping[str, Any]
) -> Draft | Failure:
    """The result in the light of how long the answer was allowed to be, and is.

    llama-cpp-python says of a call that it cut off that it is whole, and knows nothing of
    `max_completion_tokens`.
    """
    limit = None if lesson.room is None else body.get(lesson.room)
    if type(limit) is not int or used.output_tokens is None or used.output_tokens < limit:
        return result
    if not isinstance(result, Failure) or not (result.invalid or result.error is AnswerTruncated):
        return result
    ignored = used.output_tokens > limit and lesson.room == "max_completion_tokens"
    learnt = replace(lesson, room="max_tokens") if ignored else None
    return replace(failures.truncated(), lesson=learnt)


def _parsed(content: bytes) -> Any:
    """The body's JSON value; None if it holds none."""
    try:
        return from_json(content)
    except ValueError:
        return None


def _model(data: Any) -> str | None:
    found = data.get("model") if isinstance(data, dict) else None
    return found if isinstance(found, str) else None


def _status_in(error: Any) -> int:
    """The status that an error under status 200 stands for."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if type(code) is int and 400 <= code < 600 else 502
