"""What an engine is: an Article and its prompt in, a Draft out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from summarizer.article import Article
from summarizer.draft import Draft, DraftItem
from summarizer.schema import Attempt, FieldName

Role = Literal["system", "user", "assistant"]

#: Takes a drafted item and its field as soon as it is whole, long before the answer is.
OnItem = Callable[[FieldName, DraftItem], None]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation with a model."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What the pipeline asks of an engine.

    `messages` is empty for an engine that says it is not `prompted`. `deadline` is a
    reading of `time.monotonic()`, in seconds, after which no answer is wanted. An engine
    that can stream calls `on_item` as items arrive; it may do so for items of an answer
    that breaks off. `window` counts the parts of a long article from 1, for the account.
    """

    article: Article
    messages: tuple[Message, ...]
    purpose: Literal["draft", "repair", "what"] = "draft"
    deadline: float | None = None
    on_item: OnItem | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """An engine's answer: the draft, the mode it was had by, and what it took.

    `attempts` has one entry for each request sent, failed ones included, in order. `model`
    and `endpoint` are what was asked; None stands for the engine's own. `keepable` is false
    for an answer that the engine's fingerprint does not stand for.
    """

    draft: Draft
    mode: str | None = None
    attempts: tuple[Attempt, ...] = field(default=())
    model: str | None = None
    endpoint: str | None = None
    keepable: bool = True


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

    @property
    def fingerprint(self) -> str | None:
        """All of the engine that shapes an answer, without a key; None: keep no answers."""
        ...

    @property
    def input_characters(self) -> int | None:
        """The most characters that a request's messages may have, as far as is known.

        A character beyond ASCII counts as its bytes in UTF-8: it costs more tokens. After a
        RequestTooLong the limit is known, and less than what was sent.
        """
        ...

    async def complete(self, request: Request) -> Completion:
        """Fill a Draft. Raises an EngineError; what was tried is in its `attempts`."""
        ...

    async def aclose(self) -> None:
        """Free connections. The engine is not used afterwards."""
        ...
