"""Several engines as one: where the first gives no answer, the next is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from summarizer import logs
from summarizer.engines.base import Completion, Engine, Request
from summarizer.errors import BudgetExceeded, EngineError, NotAnswered, RequestTooLong
from summarizer.schema import Attempt

#: What another engine does not mend. A budget is one for all. What a provider's batch gave no
#: answer for goes into another one. A request that is too long
#: is made anew in parts, which the first engine takes as well as another. Everything else
#: may be another's to answer: a dead or slow endpoint, a used-up limit, a key or a model
#: that is refused, a model that cannot fill the schema or runs out of room, and a model or
#: a filter that declines, since what is asked for is a record of published news.
_FINAL = (BudgetExceeded, NotAnswered, RequestTooLong)

#: The share of what is left of the deadline that is kept for the engines after one, and
#: the most seconds of it.
_KEPT = 1 / 3
_MOST_KEPT = 30.0


class Endpoint(Engine, Protocol):
    """An Engine that knows where it asks, and whether that is known to be dead."""

    @property
    def endpoint(self) -> str:
        """The host that is asked, and its port if the base URL has one."""
        ...

    @property
    def available(self) -> bool:
        """Whether the endpoint is not known to be dead."""
        ...


class Failover:
    """Asks engines in order, those that are not available last, until one answers.

    It goes by the first engine's name, model and fingerprint: an answer of another bears
    that one's `model` and `endpoint`, and is none to keep under this fingerprint. `timeout`
    in seconds makes the deadline of a request that has none.
    """

    prompted = True

    def __init__(
        self,
        engines: Sequence[Endpoint],
        *,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engines = tuple(engines)
        self._first = self.engines[0]
        self._timeout = timeout
        self._clock = clock

    @property
    def name(self) -> str:
        """The first engine's."""
        return self._first.name

    @property
    def model(self) -> str | None:
        """The first engine's."""
        return self._first.model

    @property
    def endpoint(self) -> str:
        """The first engine's."""
        return self._first.endpoint

    @property
    def available(self) -> bool:
        """Whether one of them is."""
        return any(engine.available for engine in self.engines)

    @property
    def fingerprint(self) -> str | None:
        """The first engine's."""
        return self._first.fingerprint

    @property
    def input_characters(self) -> int | None:
        """The least of all: a request may come to any of them."""
        known = [n for engine in self.engines if (n := engine.input_characters) is not None]
        return min(known, default=None)

    async def complete(self, request: Request) -> Completion:
        """Fill a Draft. The attempts are those of every engine that was asked, in order.

        Raises an EngineError. Of several it is the last that may pass, else the last; its
        message has them all.
        """
        deadline = request.deadline
        if deadline is None:
            deadline = self._clock() + self._timeout
        attempts: tuple[Attempt, ...] = ()
        errors: list[EngineError] = []
        waiting = sorted(self.engines, key=lambda engine: not engine.available)
        while waiting:
            engine = waiting.pop(0)
            until = deadline
            if waiting:
                left = max(0.0, deadline - self._clock())
                until -= min(_KEPT * left, _MOST_KEPT)
            try:
                done = await engine.complete(replace(request, deadline=until))
            except EngineError as error:
                attempts += error.attempts
                errors.append(error)
                if isinstance(error, _FINAL) or self._clock() >= deadline:
                    break
                if waiting:
                    logs.event(
                        "failover",
                        logs.WARNING,
                        endpoint=engine.endpoint,
                        model=engine.model,
                        error=type(error).__name__,
                        to_endpoint=waiting[0].endpoint,
                        to_model=waiting[0].model,
                    )
            else:
                return replace(
                    done,
                    attempts=attempts + done.attempts,
                    model=done.model or engine.model,
                    endpoint=done.endpoint or engine.endpoint,
                    keepable=done.keepable and engine is self._first,
                )
        raise _together(errors, attempts)

    async def aclose(self) -> None:
        """Close every engine, also where closing one fails."""
        failed: Exception | None = None
        for engine in self.engines:
            try:
                await engine.aclose()
            except Exception as error:  # noqa: BLE001 - raised when all are closed
                failed = failed or error
        if failed is not None:
            raise failed


def _together(errors: Sequence[EngineError], attempts: tuple[Attempt, ...]) -> EngineError:
    """One error for all, chained to none: a traceback may hold what was asked."""
    chosen = errors[-1]
    if not isinstance(chosen, _FINAL):
        chosen = next((error for error in reversed(errors) if error.retryable), chosen)
    return type(chosen)("; then ".join(map(str, errors)), attempts=attempts)
