"""Which parameter an endpoint refuses, read from its error. Pure.

Providers word this in as many ways as there are providers (`summarizer.testing.wordings`
has them as they are). What they share is that the parameter is named, so only names of
what was really sent are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from summarizer.engines.openai.input_limits import stated
from summarizer.engines.openai.modes import Lesson, Mode

#: So many characters of an error are read: its name for the parameter comes early, and what
#: it echoes of the request comes late.
_READ = 1500

#: Fields that sort an error and say nothing of what it is about.
_LABELS = frozenset(("code", "object", "status", "type"))

#: Fields whose number is read: llama.cpp's account of a request that is too long.
_COUNTS = frozenset(("n_ctx", "n_prompt_tokens"))

_STATUSES = frozenset((400, 404, 422, 500, 501))

_REFUSED = re.compile(
    r"unsupported|not support|not permitted|not allowed|not enabled|not implemented"
    r"|enabled only|only user|unrecognized|unknown|unexpected|extra inputs|unavailable"
    r"|invalid|must be|requires|cannot|can't|does not|disabled|incompatible|no endpoints"
    r"|deprecated|failed to|forbidden|too large|too complex|at most|should be|not valid"
)
#: What a 404 or 5xx must say to be about a parameter: a model's name may look like one.
_UNSUPPORTED = re.compile(
    r"unsupported|not support|that support|handle the requested|only user|must be|should be"
    r"|not permitted"
)

_ROOM = re.compile(
    r"max_(?:completion_)?tokens\W[^.]{0,80}(?:too large|at most|maximum|less than|exceed)"
    r"|at most \d+ (?:completion|output) tokens"
    r"|\d+ (?:tokens )?in the completion|\d+ output tokens|\(\d+ > \d+ - \d+\)"
)
_EFFORT = re.compile(r"reasoning[_ ]?effort|does not support thinking|think(?:ing)? value")
_TEMPERATURE = re.compile(r"\btemperature\b")
_SYSTEM = re.compile(
    r"system role|role\W{1,3}system|system messages? (?:is|are) not"
    r"|only user\b.{0,30}roles|roles must alternate"
)
_STREAM_USAGE = re.compile(r"stream[_ ]options?|include_usage")
_STREAM = re.compile(r"\bstream(?:ing|ed)?\b")
_SCHEMA = re.compile(r"\bstrict\b|invalid schema|additionalproperties")
_FORMAT = re.compile(
    r"response[_ ]format|response_schema|json[_ ]schema|structured output|grammar"
    r"|schema is too complex|requested parameters"
)
_TOOLS = re.compile(
    r"\btools?\b|tool[_ ](?:choice|use|call)|function[_ ]call|functions?\b|function_declarations"
)


_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context[_ ](?:length|window|size|limit)"
    r"|string_above_max_length|string too long|reduce the length|request (?:entity )?too large"
    r"|(?:input|prompt|messages?)\b[^.]{0,60}too (?:long|large)|too many (?:input )?tokens"
    r"|token (?:count|limit)\b.{0,60}(?:exceed|limit)|exceeded model token limit"
    r"|maximum (?:prompt|model|input|allowed) length|exceed[^.]{0,40}\b(?:max length|token limit)"
    r"|input tokens? [^.]{0,40}exceed|input length (?:should be|exceeds)|maximum context"
    r"|max_new_tokens` must be <="
    r"|exceeds? the maximum (?:number of tokens|allowed length)|maximum prompt length"
)


@dataclass(frozen=True, slots=True)
class Details:
    """What an error's body says, in lower case. Never shown: it may echo the request."""

    status: int
    words: str
    code: str | None = None
    param: str | None = None

    @property
    def too_long(self) -> bool:
        """Whether the request is longer than the model takes."""
        return self.status == 413 or _TOO_LONG.search(f"{self.code} {self.words}") is not None


def read(status: int, data: Any) -> Details:
    """The details of an error's body, as parsed from JSON; it may be any value."""
    found: list[str] = []
    _gather(data, found)
    inner = data[0] if isinstance(data, list) and data else data
    inner = inner.get("error", inner) if isinstance(inner, dict) else inner
    fields = inner if isinstance(inner, dict) else {}
    named = (fields.get(key) for key in ("code", "type"))
    # LiteLLM's code is the status once more.
    code = next((name for name in named if isinstance(name, str) and not name.isdigit()), None)
    param = fields.get("param")
    return Details(
        status=status,
        words=" ".join(found).lower()[:_READ],
        code=code.lower() if code else None,
        param=param.lower() if isinstance(param, str) and param else None,
    )


def learn(lesson: Lesson, details: Details, body: Mapping[str, Any]) -> Lesson | None:
    """What the refusal of `body`, made by `lesson`, teaches; None if it is about none of it."""
    if details.status not in _STATUSES or (details.param or "").startswith("model"):
        return None
    # "expected one of ..." lists every parameter there is.
    words = f"{details.param or ''} {details.words}".partition("expected one of")[0]
    if details.too_long:
        leaves_room = stated(words).leaves_room
        if leaves_room and lesson.room in body:
            return replace(lesson, room=None)
        return _without_room(lesson, words, body) if leaves_room is None else None
    wording = _REFUSED if details.status in {400, 422} else _UNSUPPORTED
    if not wording.search(words) and "grammar" not in words:
        return None
    return (
        _without_room(lesson, words, body)
        or _without_option(lesson, words, body)
        or _without_stream(lesson, words, body)
        or _without_system(lesson, words, body)
        or _without_mode(lesson, words)
    )


def _without_room(lesson: Lesson, words: str, body: Mapping[str, Any]) -> Lesson | None:
    if lesson.room is None or lesson.room not in body:
        return None
    if _ROOM.search(words):
        return replace(lesson, room=None)
    if re.search(rf"\b{lesson.room}\b", words):
        return replace(lesson, room="max_tokens" if lesson.room != "max_tokens" else None)
    return None


def _without_option(lesson: Lesson, words: str, body: Mapping[str, Any]) -> Lesson | None:
    effort = _EFFORT.search(words)
    temperature = _TEMPERATURE.search(words) if "temperature" in body else None
    if effort and temperature and temperature.start() < effort.start():
        # The first is refused, and the second is why: reasoning models take no temperature.
        effort = None
    if effort:
        forced = lesson.mode is Mode.TOOLS and "tool" in words and "reasoning" in words
        if forced and not lesson.effort_none and "reasoning_effort" not in lesson.dropped:
            return replace(lesson, effort_none=True)
        if "reasoning_effort" in body:
            return replace(lesson, dropped=lesson.dropped | {"reasoning_effort"})
    if temperature:
        return replace(lesson, dropped=lesson.dropped | {"temperature"})
    return None


def _without_stream(lesson: Lesson, words: str, body: Mapping[str, Any]) -> Lesson | None:
    if "stream_options" in body and _STREAM_USAGE.search(words):
        return replace(lesson, stream_usage=False)
    if "stream" in body and _STREAM.search(words):
        return replace(lesson, stream=False)
    return None


def _without_system(lesson: Lesson, words: str, body: Mapping[str, Any]) -> Lesson | None:
    sent = any(turn.get("role") == "system" for turn in body["messages"])
    if sent and lesson.system_role and _SYSTEM.search(words):
        return replace(lesson, system_role=False)
    return None


def _without_mode(lesson: Lesson, words: str) -> Lesson | None:
    if lesson.mode is Mode.STRICT and _SCHEMA.search(words):
        return replace(lesson, mode=Mode.SCHEMA)
    if lesson.mode.enforced and (_FORMAT.search(words) or _SCHEMA.search(words)):
        return replace(lesson, mode=Mode.TOOLS)
    if lesson.mode is Mode.TOOLS and "tool_choice" in words and not lesson.any_tool:
        return replace(lesson, any_tool=True)
    if lesson.mode is Mode.TOOLS and _TOOLS.search(words):
        return replace(lesson, mode=Mode.TEXT)
    return None


def _gather(value: Any, found: list[str], depth: int = 0) -> None:
    """The sentences in a JSON value, in order, as far as they are read."""
    if depth > 8 or sum(map(len, found)) > _READ:
        return
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _COUNTS and type(item) is int:
                found.append(f"{key} {item}")
            elif key not in _LABELS:
                _gather(item, found, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _gather(item, found, depth + 1)
