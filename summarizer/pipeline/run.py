"""One article under way: what is asked about it, and what came of that so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from summarizer import repair
from summarizer.engines.base import Completion, Engine, Message, Request
from summarizer.errors import EngineError
from summarizer.grounding import Checked, EvidenceIndex
from summarizer.pipeline.parts import Parts
from summarizer.pipeline.record import items_in, uncited
from summarizer.pipeline.stream import Stream
from summarizer.prompts import PromptSet
from summarizer.schema import Attempt, MissingPart


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an article, or a part of it, came to.

    `completion` is the answer that the entries rest on, the first one if there were
    several. `attempts` are all that were made, in order. `keepable` is false if an answer
    is none that the engine's fingerprint stands for.
    """

    completion: Completion
    checked: list[Checked]
    attempts: tuple[Attempt, ...]
    missing: tuple[MissingPart, ...] = ()
    keepable: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """An article, the engine that is asked about it, and how long it may take.

    `parts` does what needs the processor. `prompts` is None for an engine that is not
    prompted. `deadline` is a reading of `time.monotonic()`. `earlier` are attempts made
    before, in another way.
    """

    index: EvidenceIndex
    engine: Engine
    parts: Parts
    prompts: PromptSet | None
    deadline: float
    stream: Stream | None = None
    earlier: tuple[Attempt, ...] = field(default=())

    def messages(self) -> tuple[Message, ...]:
        """The question about the whole article."""
        if self.prompts is None:
            return ()
        return self.conversation(self.prompts.render_user(self.index.article))

    def conversation(self, question: str) -> tuple[Message, ...]:
        """The system's turn, the same for every article, and the user's."""
        assert self.prompts is not None
        return (Message("system", self.prompts.system), Message("user", question))

    async def ask(self, request: Request) -> Completion:
        """The engine's answer. Items go to the stream as they come in.

        Raises an EngineError whose attempts are those of this request.
        """
        if self.stream is not None:
            request = replace(request, on_item=self.stream.offer)
        return await self.engine.complete(request)

    async def answered(self, messages: tuple[Message, ...]) -> Outcome:
        """Draft, ground, and ask once more for what failed.

        Raises an EngineError if there is no answer to these messages.
        """
        request = Request(self.index.article, messages, "draft", self.deadline)
        completion = await self.ask(request)
        checked = await self.parts.ground(completion.draft, self.index)
        if self.stream is not None:
            checked = self.stream.kept_in(checked)
        outcome = Outcome(completion, checked, completion.attempts, keepable=completion.keepable)
        if self.prompts is None or not any(entry.problems for entry in checked):
            return outcome
        return await self._repaired(request, outcome)

    async def _repaired(self, request: Request, first: Outcome) -> Outcome:
        """The outcome with what a second answer mends. If there is none, the first stands."""
        assert self.prompts is not None
        failed = [entry for entry in first.checked if entry.problems]
        question = self.prompts.render_repair(
            problems=repair.problems_text(failed, self.index),
            uncited=repair.uncited_text(uncited(self.index, items_in(first.checked))),
        )
        turns = (
            *request.messages,
            Message("assistant", first.completion.draft.model_dump_json()),
            Message("user", question),
        )
        try:
            answer = await self.ask(replace(request, messages=turns, purpose="repair"))
        except EngineError as error:
            checked = self._merged(first.checked, [])
            return replace(first, checked=checked, attempts=first.attempts + error.attempts)
        second = await self.parts.ground(answer.draft, self.index)
        return replace(
            first,
            checked=self._merged(first.checked, second),
            attempts=first.attempts + answer.attempts,
            keepable=first.keepable and answer.keepable,
        )

    def _merged(self, first: list[Checked], second: list[Checked]) -> list[Checked]:
        if self.stream is not None:
            return self.stream.mended(first, second)
        return repair.merge(first, second)


def length(messages: Sequence[Message]) -> int:
    """The length of all messages together, as `Engine.input_characters` counts it."""
    return sum(len(message.content.encode()) for message in messages)
