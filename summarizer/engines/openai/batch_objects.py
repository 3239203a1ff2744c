"""The objects and lines of a provider's batches, read from whatever an endpoint sends. Pure.

What is sent may be any JSON. An id goes into the path of a later request, so that one which
looks like none makes the object none; no other word of an endpoint is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json

from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.responses import Reply
from summarizer.errors import EngineUnavailable, NotAnswered, RateLimited, RequestRejected

#: The address that the requests of a batch are for, and how long a batch may take.
ENDPOINT = "/v1/chat/completions"
WINDOW = "24h"
#: The name in a batch's metadata that tells whose it is.
TOKEN = "summarizer_part"  # noqa: S105 - no secret: a name for what was submitted

#: The most bytes of a line that are read. The longest answer that a model has room for is a
#: tenth of it.
MOST_LINE = 8_000_000

#: Why a request in a batch has no answer. `expired` and `missing` were never run, as far as
#: is known; `cancelled` is somebody's wish.
Lack = Literal["expired", "cancelled", "timeout", "failed", "missing"]
LACKS: tuple[Lack, ...] = ("expired", "cancelled", "timeout", "failed", "missing")

_ID = re.compile(r"[A-Za-z0-9_=+:.-]{1,1000}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_LIMIT = re.compile(r"limit: ([0-9][0-9,]{0,14}) enqueued", re.IGNORECASE)
_MOST_PROBLEMS = 100
_MOST_REQUESTS = 10_000_000
#: Seconds, far beyond any clock.
_LATEST = 1e12

#: What some readers take for the end of a line, within a string.
_LINE_ENDS = {"\x85": r"\u0085", "\u2028": r"\u2028", "\u2029": r"\u2029"}

#: A batch that has come to its end.
FINAL = frozenset({"completed", "failed", "expired", "cancelled"})

#: Codes of a batch that was not taken which are named in a message. Others may be anything.
_KNOWN_CODES = frozenset(
    (
        "billing_hard_limit_reached",
        "duplicate_custom_id",
        "empty_file",
        "file_not_found",
        "file_too_large",
        "insufficient_quota",
        "invalid_custom_id",
        "invalid_json_line",
        "invalid_method",
        "invalid_request",
        "invalid_url",
        "mismatched_model",
        "model_mismatch",
        "model_not_found",
        "server_error",
        "token_limit_exceeded",
        "too_many_tasks",
    )
)
_NO_QUOTA = frozenset({"billing_hard_limit_reached", "insufficient_quota"})
_TOO_LARGE = frozenset({"file_too_large", "too_many_tasks"})
_NO_FILE = "file_not_found"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a batch was not taken: a known code, the line from 1, and the limit that it names."""

    code: str | None
    line: int | None
    limit: int | None


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as its provider tells it. `created_at` is a wall-clock time in seconds."""

    id: str
    status: str
    input_file: str | None
    output_file: str | None
    error_file: str | None
    token: str | None
    created_at: float | None
    total: int
    completed: int
    failed: int
    problems: tuple[Problem, ...]

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.status in FINAL

    @property
    def queue_full(self) -> Problem | None:
        """The problem of more tokens in the queue than the account may have there."""
        found = (one for one in self.problems if one.code == "token_limit_exceeded")
        return next(found, None) if self.status == "failed" else None

    @property
    def too_large(self) -> bool:
        """Whether the file has more in it than the provider takes."""
        return self.status == "failed" and any(p.code in _TOO_LARGE for p in self.problems)

    @property
    def file_lost(self) -> bool:
        """Whether the provider has the file no more: it keeps none for ever."""
        return self.status == "failed" and any(p.code == _NO_FILE for p in self.problems)

    @property
    def failure(self) -> Failure:
        """What a batch that failed comes to."""
        problem = self.problems[0] if self.problems else Problem(None, None, None)
        said = problem.code or "no reason that is known"
        if problem.line is not None:
            said += f", line {problem.line:,}"
        if problem.code in _NO_QUOTA:
            sentence = f"the account's quota is used up ({said})"
            return Failure(RateLimited, "rate_limited", sentence)
        if problem.code == "server_error":
            sentence = f"the provider failed to begin the batch ({said})"
            return Failure(EngineUnavailable, "server_error", sentence)
        sentence = f"the provider did not take the batch ({said})"
        return Failure(RequestRejected, "rejected", sentence)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of a batch's output tells of one request: a reply, or why there is none."""

    custom_id: str
    reply: Reply | None
    lack: Lack | None


def batch(content: bytes | Mapping[str, Any]) -> RemoteBatch | None:
    """The batch in a body, or None if there is none."""
    data = _parsed(content) if isinstance(content, bytes) else content
    if not isinstance(data, dict):
        return None
    identifier, status = identity(data), data.get("status")
    if identifier is None or not isinstance(status, str):
        return None
    counts = _mapping(data.get("request_counts"))
    token = _mapping(data.get("metadata")).get(TOKEN)
    return RemoteBatch(
        id=identifier,
        status=status,
        input_file=_id(data.get("input_file_id")),
        output_file=_id(data.get("output_file_id")),
        error_file=_id(data.get("error_file_id")),
        token=token if isinstance(token, str) else None,
        created_at=_time(data.get("created_at")),
        total=_count(counts.get("total")),
        completed=_count(counts.get("completed")),
        failed=_count(counts.get("failed")),
        problems=tuple(_problems(data.get("errors"))),
    )


def batches(content: bytes) -> tuple[list[RemoteBatch], bool] | None:
    """The batches of a page of a list, and whether there are more; None if it is no list."""
    data = _parsed(content)
    listed = data.get("data") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        return None
    found = [one for each in listed if isinstance(each, dict) and (one := batch(each)) is not None]
    return found, data.get("has_more") is True


def identity(content: bytes | Mapping[str, Any]) -> str | None:
    """The id of the object in a body, or None if it has none that is one."""
    data = _parsed(content) if isinstance(content, bytes) else content
    return _id(data.get("id")) if isinstance(data, dict) else None


def request_line(custom_id: str, body: Mapping[str, Any]) -> bytes:
    """A request as a line of an input file."""
    made = {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body}
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    for end, escaped in _LINE_ENDS.items():
        text = text.replace(end, escaped)
    # A lone half of a character is escaped, which is what JSON has for it.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def line(content: bytes) -> Line | None:
    """What a line of an output or error file tells, or None if it is no such line."""
    data = _parsed(content)
    custom_id = data.get("custom_id") if isinstance(data, dict) else None
    if not isinstance(custom_id, str):
        return None
    reply = _reply(data.get("response"))
    if reply is not None:
        return Line(custom_id, reply, None)
    code = _mapping(data.get("error")).get("code")
    lacks: dict[Any, Lack] = {
        "batch_expired": "expired",
        "batch_cancelled": "cancelled",
        "request_timeout": "timeout",
    }
    return Line(custom_id, None, lacks.get(code, "failed") if isinstance(code, str) else "failed")


def lacking(lack: Lack) -> Failure:
    """What a request without an answer comes to, where none is asked for now."""
    match lack:
        case "expired":
            sentence = "the provider's batch ended before this article's turn"
            return Failure(NotAnswered, "batch_expired", sentence)
        case "timeout":
            sentence = "the model did not answer in time, in the provider's batch"
            return Failure(NotAnswered, "timeout", sentence)
        case "cancelled":
            sentence = "the batch was cancelled at the provider before this article's turn"
            return Failure(NotAnswered, "batch_cancelled", sentence)
        case "missing":
            sentence = "the provider's batch holds no answer for this article"
            return Failure(NotAnswered, "batch_missing", sentence)
    sentence = "the provider failed to answer in its batch"
    return Failure(NotAnswered, "server_error", sentence)


class Splitter:
    """Cuts what arrives in pieces into lines. One of more than `MOST_LINE` bytes is left out."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The lines that this piece ends."""
        *ended, rest = piece.split(b"\n")
        for part in ended:
            self._add(part)
            yield from self.finish()
        self._add(rest)

    def finish(self) -> Iterator[bytes]:
        """What is left, if that is anything."""
        if self._parts and self._size <= MOST_LINE:
            yield b"".join(self._parts)
        self._parts, self._size = [], 0

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > MOST_LINE:
            self._parts = []
        elif part:
            self._parts.append(part)


def _reply(response: Any) -> Reply | None:
    """A line's response, as if it had come by itself."""
    response = _mapping(response)
    status, body = response.get("status_code"), response.get("body")
    if type(status) is not int or not 100 <= status < 600:
        return None
    content = body if isinstance(body, str) else json.dumps(body)
    named = response.get("request_id")
    request_id = named if isinstance(named, str) and _REQUEST_ID.fullmatch(named) else None
    return Reply(status, {}, content.encode("utf-8", "backslashreplace"), request_id)


def _problems(errors: Any) -> Iterator[Problem]:
    listed = _mapping(errors).get("data")
    for one in (listed if isinstance(listed, list) else [])[:_MOST_PROBLEMS]:
        told = _mapping(one)
        code, number, words = told.get("code"), told.get("line"), told.get("message")
        found = _LIMIT.search(words[:1000]) if isinstance(words, str) else None
        yield Problem(
            code if isinstance(code, str) and code in _KNOWN_CODES else None,
            _count(number) or None,
            int(found[1].replace(",", "")) if found else None,
        )


def _id(value: Any) -> str | None:
    if not isinstance(value, str) or not _ID.fullmatch(value) or not value.strip("."):
        return None
    return value


def _parsed(content: bytes) -> Any:
    try:
        return from_json(content)
    except ValueError:
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _time(value: Any) -> float | None:
    if type(value) not in (int, float) or not 0 <= value <= _LATEST:
        return None
    return float(value)


def _count(value: Any) -> int:
    return value if type(value) is int and 0 < value <= _MOST_REQUESTS else 0
