"""What a request looks like in each mode, and what an endpoint was seen to take. Pure."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from summarizer.draft import wire_schema

#: The schema's name, and that of the function which a model is made to call.
SCHEMA_NAME = "draft"

#: A turn in the form of the API.
Turn = dict[str, Any]


class Mode(StrEnum):
    """How a model is made to fill the schema, the best first."""

    STRICT = "json_schema_strict"
    SCHEMA = "json_schema"
    TOOLS = "tools"
    TEXT = "json_text"

    @property
    def enforced(self) -> bool:
        """Whether the endpoint promises that an answer fits the schema."""
        return self in {Mode.STRICT, Mode.SCHEMA}


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an endpoint takes for one model. A new one is the best a request can be."""

    mode: Mode = Mode.STRICT
    #: The property that bounds the answer's length, or None if the endpoint takes neither.
    room: Literal["max_completion_tokens", "max_tokens"] | None = "max_completion_tokens"
    #: Options that are not sent although they are set.
    dropped: frozenset[str] = frozenset()
    #: Whether a call is forced by `required`, because a tool may not be named.
    any_tool: bool = False
    #: Whether tools are taken only with `reasoning_effort` none.
    effort_none: bool = False
    #: Whether messages may have the role `system`.
    system_role: bool = True
    #: Whether the schema is put in words too, because it was accepted and not enforced.
    in_words: bool = False
    #: Whether an answer may be streamed, and whether a stream may be asked what it took.
    stream: bool = True
    stream_usage: bool = True
    #: The most tokens that the messages may have, learnt from a refusal.
    input_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings ask for. None leaves it to the endpoint."""

    model: str
    max_output_tokens: int
    temperature: float | None = None
    reasoning_effort: str | None = None


def body(
    turns: Sequence[Turn], lesson: Lesson, options: Options, *, stream: bool = False
) -> dict[str, Any]:
    """The request's JSON body, for a stream if the endpoint has them.

    Equal arguments give equal bytes.
    """
    request: dict[str, Any] = {"model": options.model, "messages": _messages(turns, lesson)}
    if lesson.mode is Mode.STRICT:
        request["response_format"] = _response_format(strict=True)
    elif lesson.mode is Mode.SCHEMA:
        request["response_format"] = _response_format(strict=False)
    elif lesson.mode is Mode.TOOLS:
        request.update(_tools(named=not lesson.any_tool))
    if lesson.room is not None:
        request[lesson.room] = options.max_output_tokens
    if options.temperature is not None and "temperature" not in lesson.dropped:
        request["temperature"] = options.temperature
    effort = "none" if lesson.effort_none and lesson.mode is Mode.TOOLS else None
    effort = effort or options.reasoning_effort
    if effort is not None and "reasoning_effort" not in lesson.dropped:
        request["reasoning_effort"] = effort
    if stream and lesson.stream:
        request["stream"] = True
        if lesson.stream_usage:
            request["stream_options"] = {"include_usage": True}
    return request


def _messages(turns: Sequence[Turn], lesson: Lesson) -> list[Turn]:
    found = [dict(turn) for turn in turns]
    if lesson.mode is Mode.TEXT or lesson.in_words:
        # Many chat templates take one system message, and only as the first: the words go
        # to its end, where a provider's prompt cache still knows what stands before them.
        if found and found[0]["role"] == "system":
            found[0]["content"] = f"{found[0]['content']}\n\n{schema_in_words()}"
        else:
            found.insert(0, {"role": "system", "content": schema_in_words()})
    if not lesson.system_role and found and found[0]["role"] == "system":
        words = found.pop(0)["content"]
        user = next((turn for turn in found if turn["role"] == "user"), None)
        if user is None:
            found.insert(0, {"role": "user", "content": words})
        else:
            user["content"] = f"{words}\n\n{user['content']}"
    return found


@functools.cache
def schema_in_words() -> str:
    """What tells a model the schema where no parameter does."""
    schema = json.dumps(wire_schema(), ensure_ascii=False, separators=(",", ":"))
    return (
        "Answer with one JSON object and nothing else: no words before or after it, no code "
        f"fence. It must fit this JSON Schema:\n{schema}"
    )


@functools.cache
def _response_format(*, strict: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"name": SCHEMA_NAME}
    if strict:
        schema["strict"] = True
    schema["schema"] = wire_schema()
    return {"type": "json_schema", "json_schema": schema}


@functools.cache
def _tools(*, named: bool) -> dict[str, Any]:
    function = {
        "name": SCHEMA_NAME,
        "description": wire_schema()["description"],
        "parameters": wire_schema(),
    }
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": (
            {"type": "function", "function": {"name": SCHEMA_NAME}} if named else "required"
        ),
    }
