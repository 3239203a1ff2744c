"""An HTTP response, to a Draft or to what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from summarizer.draft import Draft
from summarizer.engines.openai import answers, failures, refusals, usage
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.modes import Lesson
from summarizer.engines.openai.usage import Usage
from summarizer.errors import EngineUnavailable, RequestRejected

_NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response, of any status, read whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    request_id: str | None = None


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

    @property
    def outcome(self) -> str:
        """`ok`, or the kind of failure."""
        return self.result.outcome if isinstance(self.result, Failure) else "ok"


def read(
    reply: Reply, *, lesson: Lesson, body: Mapping[str, Any], host: str, now: float
) -> Response:
    """What `reply` says to `body`, which was made by `lesson`. `now` is the wall clock."""
    data = _parsed(reply.content)
    if reply.status >= 300:
        details = refusals.read(reply.status, data)
        failure = failures.of_status(details, reply.headers, now)
        if failure.error in {RequestRejected, EngineUnavailable}:
            learnt = refusals.learn(lesson, details, body)
            if learnt is not None:
                failure = replace(
                    failure, outcome="parameter_refused", passing=False, lesson=learnt
                )
        return Response(failure, request_id=reply.request_id)
    if data is None:
        page = reply.content.lstrip()[:1] == b"<"
        failure = failures.not_a_completion(host) if page else failures.broken_body(host)
        return Response(failure, request_id=reply.request_id)
    if isinstance(data, dict) and data.get("error") and not data.get("choices"):
        # Some gateways report an upstream's error under status 200.
        details = refusals.read(_status_in(data["error"]), data)
        failure = failures.of_status(details, reply.headers, now)
        return Response(failure, request_id=reply.request_id)
    model = data.get("model") if isinstance(data, dict) else None
    return Response(
        _result(data),
        taken=True,
        usage=usage.read(data),
        model=model if isinstance(model, str) else None,
        request_id=reply.request_id,
    )


def _result(data: Any) -> Draft | Failure:
    answer = answers.read(data)
    failure = failures.of_answer(answer)
    if failure is not None:
        return failure
    try:
        return answers.draft(answer)
    except answers.NoDraft as problem:
        words = str(problem)
    return failures.invalid(answer, words)


def _parsed(content: bytes) -> Any:
    """The body's JSON value; None if it holds none."""
    try:
        return from_json(content)
    except ValueError:
        return None


def _status_in(error: Any) -> int:
    """The status that an error under status 200 stands for."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if type(code) is int and 400 <= code < 600 else 502
