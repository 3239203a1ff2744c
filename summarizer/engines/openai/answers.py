"""A response's body, to a Draft or to the reason why it holds none. Pure.

A body may be any JSON: nothing is taken for granted about its shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pydantic

from summarizer.draft import Draft
from summarizer.engines.openai.modes import SCHEMA_NAME

#: So many places where an object may begin are tried, and so much text is searched.
_STARTS = 64
_SEARCHED = 1 << 20
_PROBLEMS = 12

_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """A function call in an answer."""

    identifier: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said."""

    content: str | None = None
    calls: tuple[Call, ...] = ()
    refusal: bool = False
    finish: str | None = None

    @property
    def candidates(self) -> Iterator[str]:
        """The texts that may be a Draft in JSON, the likeliest first."""
        for call in self.calls:
            yield call.arguments
        if self.content is not None:
            yield self.content


class NoDraft(Exception):
    """An answer that is no Draft. Its message is for the model alone: it may quote it."""


def read(data: Any) -> Answer:
    """The first choice of a completion; an empty Answer if there is none."""
    choices = data.get("choices") if isinstance(data, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return Answer()
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    finish = choice.get("finish_reason")
    parts = message.get("content")
    return Answer(
        content=_content(parts),
        calls=tuple(_calls(message)),
        refusal=_is_refusal(message, parts),
        finish=finish if isinstance(finish, str) else None,
    )


def draft(answer: Answer) -> Draft:
    """The Draft in an answer. Raises NoDraft."""
    problem: pydantic.ValidationError | None = None
    for text in answer.candidates:
        try:
            return Draft.model_validate_json(text)
        except pydantic.ValidationError as error:
            problem = problem or error
        for found in objects(text):
            try:
                return Draft.model_validate_json(found)
            except pydantic.ValidationError as error:
                problem = error
    if problem is None:
        raise NoDraft("The answer is empty. A JSON object that fits the schema is needed.")
    # Not `from problem`: it would keep the answer alive in a traceback.
    raise NoDraft(_words(problem))


def objects(text: str) -> Iterator[str]:
    """The outermost JSON objects in a text, the last first.

    The last is the answer: what stands before it is thought or quoted. So nothing before
    the end of a reasoning model's thought is searched, whose start a chat template may
    have written already, unless nothing is found after it.
    """
    text = text[:_SEARCHED]
    ends = [match.end() for match in _THOUGHT_END.finditer(text)]
    found = _outermost(text[ends[-1] :]) if ends else []
    yield from reversed(found or _outermost(text))


def _outermost(text: str) -> list[str]:
    decoder = json.JSONDecoder()
    found: list[str] = []
    at = text.find("{")
    for _ in range(_STARTS):
        if at < 0:
            break
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append(text[at:end])
        at = text.find("{", end)
    return found


def _content(parts: Any) -> str | None:
    """A message's text; some gateways send it as a list of parts."""
    if isinstance(parts, list):
        texts = [
            part["text"]
            for part in parts
            if isinstance(part, dict) and isinstance(part.get("text"), str)
        ]
        parts = "".join(texts)
    return parts if isinstance(parts, str) and parts.strip() else None


def _is_refusal(message: dict[str, Any], parts: Any) -> bool:
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        return True
    return isinstance(parts, list) and any(
        isinstance(part, dict) and part.get("type") == "refusal" for part in parts
    )


def _calls(message: dict[str, Any]) -> Iterator[Call]:
    """The calls of our function, and of others if it is not called."""
    found: list[Call] = []
    listed = message.get("tool_calls")
    for number, call in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(call, dict) and isinstance(call.get("function"), dict):
            found += _call(call["function"], call.get("id"), number)
    if isinstance(message.get("function_call"), dict):
        found += _call(message["function_call"], None, len(found))
    ours = [call for call in found if call.name == SCHEMA_NAME]
    yield from ours or found


def _call(function: dict[str, Any], identifier: Any, number: int) -> list[Call]:
    arguments = function.get("arguments")
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments)
    if not isinstance(arguments, str):
        return []
    name = function.get("name")
    return [
        Call(
            identifier=identifier if isinstance(identifier, str) else f"call_{number}",
            name=name if isinstance(name, str) else SCHEMA_NAME,
            arguments=arguments,
        )
    ]


def _words(problem: pydantic.ValidationError) -> str:
    errors = problem.errors(include_url=False, include_context=False, include_input=False)
    lines = [
        f"{'.'.join(map(str, error['loc'])) or 'the answer'}: {error['msg']}"
        for error in errors[:_PROBLEMS]
    ]
    if len(errors) > _PROBLEMS:
        lines.append(f"and {len(errors) - _PROBLEMS} more")
    return "\n".join(lines)
