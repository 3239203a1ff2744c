"""An engine that answers from a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from summarizer.draft import Draft
from summarizer.engines.base import Completion, Request
from summarizer.schema import Attempt

if TYPE_CHECKING:
    from summarizer.article import Article

Answer = Draft | BaseException | type[BaseException] | Callable[["Article"], Draft]


class ScriptedEngine:
    """Answers each request with the next of `answers`.

    An answer is a Draft, a function that makes one of the Article, or an exception to
    raise. Once they are used up, `then` answers every further request; without it a
    further request is an AssertionError, so that a test sees each call it did not expect.
    `requests` keeps what was asked, in order.
    """

    def __init__(
        self,
        *answers: Answer,
        then: Answer | None = None,
        prompted: bool = True,
        name: str = "scripted",
        model: str | None = "script",
        mode: str | None = "script",
        fingerprint: str | None = None,
        input_characters: int | None = None,
    ) -> None:
        self._answers = deque(answers)
        self._then = then
        self._mode = mode
        self.name = name
        self.model = model
        self.prompted = prompted
        self.fingerprint = fingerprint
        self.input_characters = input_characters
        self.requests: list[Request] = []
        self.closed = False

    async def complete(self, request: Request) -> Completion:
        """The next answer. Raises it if it is an exception."""
        assert not self.closed, "the engine was used after it was closed"
        self.requests.append(request)
        answer = self._answers.popleft() if self._answers else self._then
        assert answer is not None, f"the script has no answer for request {len(self.requests)}"
        if isinstance(answer, (BaseException, type)):
            raise answer
        draft = answer if isinstance(answer, Draft) else answer(request.article)
        attempt = Attempt(purpose=request.purpose, mode=self._mode, outcome="ok", seconds=0.0)
        return Completion(draft=draft, mode=self._mode, attempts=(attempt,))

    async def aclose(self) -> None:
        """Mark the engine as closed."""
        self.closed = True
