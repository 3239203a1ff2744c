"""How often a request is made again, and after how long: the one owner of retries."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from summarizer import logs
from summarizer.engines.openai.failures import Failure

if TYPE_CHECKING:
    import tenacity

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Makes a passing failure's request again. Times are in seconds.

    The wait is what the endpoint asks for, else it doubles from `first_wait` up to
    `longest_wait`, less a random share of up to a half. Where a wait would pass the
    deadline, the failure is final at once. `clock`, `wall_clock`, `sleep` and `jitter` (0
    up to 1) are for tests.
    """

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 20.0
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random

    async def run(
        self, attempt: Callable[[], Awaitable[T | Failure]], *, deadline: float
    ) -> T | Failure:
        """The attempt's result, or its last failure. `deadline` is a reading of `clock`."""
        # Nearly always the only one: tenacity is loaded, and set up, only for more.
        first: T | Failure | None = await attempt()
        if not isinstance(first, Failure) or not first.passing:
            return cast("T | Failure", first)
        import tenacity

        def wait(state: tenacity.RetryCallState) -> float:
            failure = _result(state)
            if isinstance(failure, Failure) and failure.wait is not None:
                return failure.wait
            doubled = self.first_wait * 2 ** (state.attempt_number - 1)
            return float(min(self.longest_wait, doubled) * (1 - self.jitter() / 2))

        def stop(state: tenacity.RetryCallState) -> bool:
            if state.attempt_number >= self.attempts:
                return True
            return self.clock() + state.upcoming_sleep >= deadline

        async def once() -> T | Failure:
            nonlocal first
            if first is not None:
                result, first = first, None
                return result
            return await attempt()

        # Made anew for each run: a Retrying keeps its state per thread, not per task.
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_result(_is_passing),
            wait=wait,
            stop=stop,
            sleep=self.sleep,
            before_sleep=_tell,
            retry_error_callback=_result,
        )
        # Failures are values, so that no exception but cancellation passes through here.
        return cast("T | Failure", await retrying(once))


def _tell(state: tenacity.RetryCallState) -> None:
    failure = _result(state)
    outcome = failure.outcome if isinstance(failure, Failure) else None
    logs.event(
        "wait",
        logs.INFO,
        reason="retry",
        outcome=outcome,
        seconds=float(state.upcoming_sleep),
    )


def _is_passing(result: object) -> bool:
    return isinstance(result, Failure) and result.passing


def _result(state: tenacity.RetryCallState) -> object:
    assert state.outcome is not None
    return state.outcome.result()
