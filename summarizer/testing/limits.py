"""Limits that the loopback server really keeps, and tells in x-ratelimit headers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from summarizer.testing.replies import Reply, error, limit_headers, rate_limited


class Limits:
    """Requests and tokens per minute, and requests at once.

    A window begins with its first request and ends `minute` seconds later, when all of it
    is there again. A request counts when it is admitted; so do the tokens of its prompt,
    and those of its answer when that is made. What is refused counts for nothing. Beyond
    `most_at_once` the answer is `busy`, which says nothing of when to come again.
    """

    def __init__(
        self,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        most_at_once: int | None = None,
        busy: Reply | None = None,
        minute: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._windows = {
            kind: _Window(kind, most, minute, clock)
            for kind, most in (("requests", requests_per_minute), ("tokens", tokens_per_minute))
            if most is not None
        }
        self._most_at_once = most_at_once
        self._busy = busy or error(429, "Too many concurrent requests", kind="requests")
        self._inside = 0
        #: The most requests that were inside at once.
        self.peak = 0

    def enter(self, tokens: int) -> Reply | None:
        """Admit a request whose prompt has so many tokens, or say why not.

        Whoever was admitted leaves by `leave`.
        """
        if self._most_at_once is not None and self._inside >= self._most_at_once:
            return self._busy
        needed = {"requests": 1, "tokens": tokens}
        for kind, window in self._windows.items():
            refusal = window.refusal(needed[kind])
            if refusal is not None:
                return Reply(
                    status=refusal.status,
                    body=refusal.body,
                    headers={**refusal.headers, **self.headers()},
                )
        for kind, window in self._windows.items():
            window.spend(needed[kind])
        self._inside += 1
        self.peak = max(self.peak, self._inside)
        return None

    def answered(self, tokens: int) -> None:
        """Count the tokens of an answer."""
        if "tokens" in self._windows:
            self._windows["tokens"].spend(tokens)

    def leave(self) -> None:
        """End a request that was admitted."""
        self._inside -= 1

    def headers(self) -> dict[str, str]:
        """What is left, as endpoints tell it with each answer."""
        found: dict[str, str] = {}
        for window in self._windows.values():
            found |= window.headers()
        return found


class _Window:
    def __init__(self, kind: str, most: int, length: float, clock: Callable[[], float]) -> None:
        self._kind, self._most, self._length, self._clock = kind, most, length, clock
        self._ends = -math.inf
        self._left = most

    def refusal(self, needed: int) -> Reply | None:
        self._turn()
        if needed > self._most:
            return error(
                429,
                f"Request too large for loopback on {self._kind} per min: Limit {self._most}, "
                f"Requested {needed}.",
                kind=self._kind,
                code="rate_limit_exceeded",
            )
        if needed <= self._left:
            return None
        wait = max(0.0, self._ends - self._clock())
        headers = {
            "retry-after": str(math.ceil(wait)),
            "retry-after-ms": str(math.ceil(wait * 1000)),
        }
        return rate_limited(headers=headers)

    def spend(self, count: int) -> None:
        self._turn()
        if self._ends == -math.inf:
            self._ends = self._clock() + self._length
        self._left = max(0, self._left - count)

    def headers(self) -> dict[str, str]:
        self._turn()
        reset = 0.0 if self._ends == -math.inf else max(0.0, self._ends - self._clock())
        reset = math.ceil(reset * 1000) / 1000
        return limit_headers(self._kind, limit=self._most, remaining=self._left, reset=reset)

    def _turn(self) -> None:
        """Begin anew when the window has ended."""
        if self._clock() >= self._ends:
            self._ends, self._left = -math.inf, self._most
