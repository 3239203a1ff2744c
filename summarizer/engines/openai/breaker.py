"""A dead endpoint is left alone, and asked now and then whether it is back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from summarizer.engines.openai.concurrency import Slots

#: When an endpoint counts as dead: so many failures in a row, and more than there are
#: requests still under way, and nothing that worked for so many seconds. One article's own
#: requests are too few for it. With 30 % of requests failing at random the chance of ten in
#: a row is 6 in a million, and one answer within the time undoes them. Where failures come
#: at once and answers take long, failures alone would add up while every answer is still
#: being written: hence the comparison with what is under way.
_IN_A_ROW = 10
_NOTHING_WORKED = 2.0

_FIRST_COOLDOWN = 1.0
_LONGEST_COOLDOWN = 30.0

#: For how long after an outage began requests wait for its end. One that lasts longer is
#: none that passes: requests then fail at once, but for the next probe and those that come
#: while it is under way, which wait as long for its outcome.
PATIENCE = 30.0

_STEP = 1.0


class Breaker:
    """Lets requests through while the endpoint works, and one at a time while it is dead.

    That one, the probe, is let through after a cooldown, which doubles each time the probe
    fails. Whatever works, the probe or a request sent before, ends the outage. `patience`
    is for how many seconds of an outage requests wait; with 0 they fail at once.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        patience: float = PATIENCE,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._patience = patience
        self._failures = 0
        self._first_failure = 0.0
        #: When the outage was seen, or None; and when the next probe is due.
        self._opened: float | None = None
        self._probe_at = 0.0
        #: When the probe that is under way was let through, or None.
        self._probing: float | None = None
        self._cooldown = _FIRST_COOLDOWN
        self._probe = Slots(1)

    @property
    def open(self) -> bool:
        """Whether the endpoint counts as dead."""
        return self._opened is not None

    @property
    def available(self) -> bool:
        """Whether a request would be let through at once."""
        return self._opened is None or (self._probe.free and self._probe_at <= self._clock())

    async def enter(self, deadline: float) -> bool | None:
        """Wait to be let through: True for the probe, None if it is not worth the wait.

        The probe must `leave`, whatever becomes of it.
        """
        if self._opened is None:
            return False
        wait = self._patience_left(deadline)
        if not self.available and (wait <= 0 or self._probe_at >= self._clock() + wait):
            return None
        if not await self._probe.acquire(wait):
            return None
        probing = False
        try:
            while self.open:
                wait = self._probe_at - self._clock()
                if wait > 0 and wait >= self._patience_left(deadline):
                    return None
                if wait <= 0:
                    probing, self._probing = True, self._clock()
                    return True
                await self._sleep(min(wait, _STEP))  # another's answer may end the outage
            return False
        finally:
            if not probing:
                self._probe.release()

    def leave(self, *, probe: bool) -> None:
        """The probe is over."""
        if probe:
            self._probing = None
            self._probe.release()

    def worked(self) -> None:
        """The endpoint answered, whatever it said."""
        self._failures, self._opened, self._cooldown = 0, None, _FIRST_COOLDOWN

    def failed(self, *, probe: bool, under_way: int) -> None:
        """The endpoint did not answer, or its server failed. Others are still under way."""
        now = self._clock()
        if self._opened is not None:
            if probe:
                self._cooldown = min(_LONGEST_COOLDOWN, 2 * self._cooldown)
                self._probe_at = now + self._cooldown
            return
        if self._failures == 0:
            self._first_failure = now
        self._failures += 1
        if (
            self._failures >= max(_IN_A_ROW, under_way)
            and now - self._first_failure >= _NOTHING_WORKED
        ):
            self._opened, self._probe_at = now, now + self._cooldown

    def _patience_left(self, deadline: float) -> float:
        """For how many seconds a request may wait yet."""
        if self._opened is None:
            return 0.0
        since = self._opened if self._probing is None else self._probing
        return min(deadline, since + self._patience) - self._clock()
