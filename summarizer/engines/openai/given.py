"""What the engine need not ask for, and what it would ask: the seam of a provider's batch.

A batch is made of requests that the engine prepared, and gives their answers back to it. The
engine then reads them as it reads any other, and goes on from there: it asks again where an
answer is invalid or was cut off, and the pipeline asks it to repair what does not hold.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pydantic

from summarizer.engines.base import Request
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.modes import Lesson
from summarizer.engines.openai.responses import Reply

#: The share of the live price that a request in a batch costs, with OpenAI and with those
#: who copy its API.
BATCH_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to a request that was made by `lesson`, and the seconds that it took."""

    reply: Reply
    lesson: Lesson
    seconds: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request's JSON body and the lesson that it was made by.

    `most_tokens` bounds its input, and `worst_usd` is what it may cost in a batch, in US
    dollars; 0 for a model without a known price.
    """

    body: Mapping[str, Any]
    lesson: Lesson
    most_tokens: int
    worst_usd: float


class Answers(Protocol):
    """Answers that are there already."""

    @property
    def live(self) -> bool:
        """Whether the model is asked where an answer that is there is of no use."""
        ...

    def find(self, request: Request) -> Given | Failure | None:
        """The answer to a request, or why there is none and none is to be asked for.

        None stands for a request that has to be asked.
        """
        ...


def lesson_as_json(lesson: Lesson) -> bytes:
    """A lesson to keep with the requests that are made by it."""
    return _lessons().dump_json(lesson)


def lesson_of(content: bytes) -> Lesson:
    """The lesson in JSON. Raises ValueError."""
    return _lessons().validate_json(content)


@functools.cache
def _lessons() -> pydantic.TypeAdapter[Lesson]:
    return pydantic.TypeAdapter(Lesson)
