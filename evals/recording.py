"""Recordings: an engine's answers kept in a file, and the engine that gives them again.

A recording belongs to the exact questions that it answers: prompt, schema, article and the
pipeline's own repair questions. When any of them is another, replaying stops with an error
instead of scoring an answer to a question that nobody asks any more.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.errors import ConfigurationError
from summarizer.draft import Draft, wire_schema
from summarizer.engines.base import Completion, Engine, Message, Request
from summarizer.schema import Attempt

#: The line that opens the article in a prompt, with the nonce that differs every time.
_FENCE = re.compile(r"^<<<ARTICLE ([0-9a-f]+)$", re.MULTILINE)


class ReplayMismatch(ConfigurationError):
    """A recording was made with another prompt, schema, article or pipeline."""


class RecordedAnswer(BaseModel):
    """One completion, under the digest of its question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    purpose: Literal["draft", "repair", "what"]
    mode: str | None
    draft: Draft
    attempts: tuple[Attempt, ...]


class Recording(BaseModel):
    """A file of recorded answers. `fake`: no model gave them, and `about` says what did."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    about: str
    fake: bool
    model: str | None
    prompt: str
    wire_schema: str
    answers: tuple[RecordedAnswer, ...]

    @classmethod
    def read(cls, path: Path, *, prompt: str) -> Recording:
        """The recording in a file, for the prompt that is in use.

        Raises ReplayMismatch if it was made with another prompt or schema, and
        ConfigurationError if it cannot be read.
        """
        try:
            recording = cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"{path}: {error.strerror}") from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ConfigurationError(f"{path}: {where}: {first['msg']}") from error
        if recording.wire_schema != schema_digest():
            raise ReplayMismatch(f"{path}: recorded with another schema; record again")
        if recording.prompt != prompt:
            raise ReplayMismatch(
                f"{path}: recorded with the prompt {recording.prompt}, not {prompt}; record again"
            )
        return recording

    def write(self, path: Path) -> None:
        """Write the file, one answer to a line, so that a change of it can be read."""
        plain = self.model_dump(mode="json")
        answers = plain.pop("answers")
        head = json.dumps(plain, indent=2, ensure_ascii=False).removesuffix("\n}")
        lines = ",\n    ".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{head},\n  "answers": [\n    {lines}\n  ]\n}}\n', encoding="utf-8")


@dataclass
class Recorder:
    """An engine that passes every question on and keeps the answers."""

    inner: Engine
    answers: list[RecordedAnswer] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The inner engine's."""
        return self.inner.name

    @property
    def model(self) -> str | None:
        """The inner engine's."""
        return self.inner.model

    @property
    def prompted(self) -> bool:
        """The inner engine's."""
        return self.inner.prompted

    @property
    def fingerprint(self) -> None:
        """None: an answer from the cache would not be recorded."""
        return

    @property
    def input_characters(self) -> int | None:
        """The inner engine's."""
        return self.inner.input_characters

    async def complete(self, request: Request) -> Completion:
        """Ask the inner engine; what it raises is not recorded."""
        completion = await self.inner.complete(request)
        self.answers.append(
            RecordedAnswer(
                question=question_digest(request.purpose, request.messages),
                purpose=request.purpose,
                mode=completion.mode,
                draft=completion.draft,
                attempts=completion.attempts,
            )
        )
        return completion

    async def aclose(self) -> None:
        """Close the inner engine."""
        await self.inner.aclose()

    def recording(self, *, about: str, fake: bool, prompt: str) -> Recording:
        """What was recorded, in an order that does not depend on which answer came first."""
        return Recording(
            about=about,
            fake=fake,
            model=self.model,
            prompt=prompt,
            wire_schema=schema_digest(),
            answers=tuple(sorted(self.answers, key=lambda each: (each.question, each.purpose))),
        )


class ReplayEngine:
    """Gives recorded answers. Where a question was asked more than once, in turn."""

    name = "replay"
    prompted = True
    fingerprint = None
    input_characters = None

    def __init__(self, recording: Recording) -> None:
        self.model = recording.model
        self._answers: dict[str, deque[RecordedAnswer]] = {}
        for answer in recording.answers:
            self._answers.setdefault(answer.question, deque()).append(answer)

    async def complete(self, request: Request) -> Completion:
        """The recorded answer. Raises ReplayMismatch if this was never asked."""
        waiting = self._answers.get(question_digest(request.purpose, request.messages))
        if not waiting:
            raise ReplayMismatch(
                f"there is no recorded answer to this {request.purpose} question: the prompt, "
                "an article or the pipeline has changed; record again"
            )
        answer = waiting[0]
        waiting.rotate(-1)
        return Completion(answer.draft, answer.mode, answer.attempts)

    async def aclose(self) -> None:
        """Nothing is open."""


def question_digest(purpose: str, messages: Sequence[Message]) -> str:
    """Of a conversation, whatever its nonces."""
    turns = [[message.role, _without_nonce(message.content)] for message in messages]
    content = json.dumps([purpose, turns], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def schema_digest() -> str:
    """Of the schema that a model is asked to fill."""
    return hashlib.sha256(json.dumps(wire_schema(), sort_keys=True).encode()).hexdigest()


def _without_nonce(content: str) -> str:
    match = _FENCE.search(content)
    return content if match is None else content.replace(match[1], "")
