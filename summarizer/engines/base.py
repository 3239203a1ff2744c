"""What an engine is: an Article and its prompt in, a Draft out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.schema import Attempt

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation with a model."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What the pipeline asks of an engine.

    `messages` is empty for an engine that says it is not `prompted`. `deadline` is a
    reading of `time.monotonic()`, in seconds, after which no answer is wanted.
    """

    article: Article
    messages: tuple[Message, ...]
    purpose: Literal["draft", "repair"] = "draft"
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """An engine's answer: the draft, the mode it was had by, and what it took.

    `attempts` has one entry for each request sent, failed ones included, in order.
    """

    draft: Draft
    mode: str | None = None
    attempts: tuple[Attempt, ...] = field(default=())


class Engine(Protocol):
    """Anything that drafts. Safe for concurrent use within one event loop."""

    @property
    def name(self) -> str:
        """What the record calls it, e.g. `openai` or `extractive`."""
        ...

    @property
    def model(self) -> str | None:
        """The model's name, or None if there is none."""
        ...

    @property
    def prompted(self) -> bool:
        """Whether it reads `Request.messages`, and so may be asked to repair."""
        ...

    async def complete(self, request: Request) -> Completion:
        """Fill a Draft. Raises an EngineError; what was tried is in its `attempts`."""
        ...

    async def aclose(self) -> None:
        """Free connections. The engine is not used afterwards."""
        ...
