"""Requests and tokens per minute: as the settings allow, and as the endpoint says."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from summarizer.engines.openai.concurrency import Slots

if TYPE_CHECKING:
    from summarizer.settings import Settings

_MINUTE = 60.0
_DAY = 86_400.0

#: At most so many seconds are slept before the limits are looked at again: the tokens that
#: others really took are known in the meantime.
_STEP = 1.0

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(slots=True, eq=False)
class Entry:
    """So much was taken at that time."""

    at: float
    amount: int


class Minute:
    """A limit that was set: never more than `limit` within any `seconds`. Pure."""

    def __init__(self, limit: int, *, seconds: float = _MINUTE) -> None:
        self.limit = limit
        self._seconds = seconds
        self._entries: deque[Entry] = deque()
        self._sum = 0

    def wait(self, amount: int, now: float) -> float:
        """Seconds until so much fits. More than the limit counts as all of it."""
        over = min(amount, self.limit) - self.left(now)
        for entry in self._entries if over > 0 else ():
            over -= entry.amount
            if over <= 0:
                return entry.at + self._seconds - now
        return 0.0

    def left(self, now: float) -> int:
        """How much fits at once; below 0 where more was taken than was thought."""
        while self._entries and self._entries[0].at + self._seconds <= now:
            self._sum -= self._entries.popleft().amount
        return self.limit - self._sum

    def take(self, amount: int, now: float) -> Entry:
        """Count so much from now on."""
        entry = Entry(now, amount)
        self._entries.append(entry)
        self._sum += amount
        return entry

    def correct(self, entry: Entry, amount: int) -> None:
        """It was so much, after all."""
        if self._entries and entry.at >= self._entries[0].at:
            self._sum += amount - entry.amount
        entry.amount = amount


class Pace:
    """The limits that were set for an account, for every engine that asks by it. Pure.

    Whoever shares them with other processes overrides what is below `of`.
    """

    def __init__(
        self, *, requests_per_minute: int | None = None, tokens_per_minute: int | None = None
    ) -> None:
        self.requests = Minute(requests_per_minute) if requests_per_minute else None
        self.tokens = Minute(tokens_per_minute) if tokens_per_minute else None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """That of the settings' account."""
        return cls(
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
        )

    def wait(self, tokens: int, now: float) -> float:
        """Seconds until a request of so many tokens fits."""
        found = 0.0 if self.requests is None else self.requests.wait(1, now)
        return found if self.tokens is None else max(found, self.tokens.wait(tokens, now))

    def take(self, tokens: int, now: float) -> Entry | None:
        """Count a request of so many tokens from now on; what `correct` is to be given."""
        if self.requests is not None:
            self.requests.take(1, now)
        return None if self.tokens is None else self.tokens.take(tokens, now)

    def correct(self, entry: Entry, tokens: int) -> None:
        """The request took so many tokens, after all."""
        if self.tokens is not None:
            self.tokens.correct(entry, tokens)

    async def refill(self, tokens: int, waiting: int) -> bool:
        """Ask for room for so many requests of about so many tokens, where others have some.

        Tells whether anybody was asked; if not, time alone makes room.
        """
        _ = tokens, waiting
        return False


class Bucket:
    """A limit as the endpoint's headers tell it: what remains, and how fast it comes back.

    Pure. Nothing is known at first, and anything fits. What the endpoint says remains is
    believed but for what is under way, of which it may not have known yet.
    """

    def __init__(self) -> None:
        self.limit: float | None = None
        self._level = 0.0
        self._rate = 0.0
        self._at = -math.inf
        self._held = -math.inf
        self._under_way = 0

    def wait(self, amount: int, now: float) -> float:
        """Seconds until so much fits. More than the limit counts as all of it."""
        if self.limit is None:
            return 0.0
        self._refill(now)
        short = min(amount, self.limit) - self._level
        return max(0.0, short / self._rate, self._held - now)

    def take(self, amount: int, now: float) -> None:
        """So much is under way from now on."""
        self._refill(now)
        self._level -= amount
        self._under_way += amount

    def settle(self, amount: int, real: int) -> None:
        """What was taken is no longer under way, and was so much."""
        self._under_way -= amount
        self._level += amount - real

    def learn(self, limit: int, remaining: int, reset: float | None, now: float) -> None:
        """What a response says. `reset` is in how many seconds all of it is there again."""
        self._refill(now)
        rate = limit / _MINUTE
        if reset is not None and reset > 0 and remaining < limit:
            # Some count by the day, and some the requests by the day and tokens by the
            # minute: the reset time tells, and no header does.
            rate = min(max((limit - remaining) / reset, limit / _DAY), float(limit))
        self.limit, self._rate = float(limit), rate
        self._at = now
        self._level = min(max(self._level, remaining - self._under_way), remaining)

    def hold(self, until: float) -> None:
        """It is used up, and the endpoint says until when."""
        self._held = max(self._held, until)

    def _refill(self, now: float) -> None:
        if self.limit is not None:
            gained = self._rate * max(0.0, now - self._at)
            self._level = min(self.limit, self._level + gained)
            self._at = max(self._at, now)


@dataclass(slots=True)
class Estimate:
    """How many tokens a request takes, as earlier ones show. Pure."""

    #: Of the input: English prose has about four.
    characters_per_token: float = 4.0
    #: Of an answer: a record of a news article has about a thousand.
    output_tokens: float = 1000.0

    def tokens(self, characters: int) -> int:
        """Of a request with so many characters, and its answer."""
        return math.ceil(characters / self.characters_per_token + self.output_tokens)

    def learn(self, characters: int, input_tokens: int, output_tokens: int) -> None:
        """A request and its answer took so many."""
        if characters > 0 and input_tokens > 0:
            seen = min(max(characters / input_tokens, 0.25), 16.0)
            self.characters_per_token += 0.1 * (seen - self.characters_per_token)
        self.output_tokens += 0.1 * (output_tokens - self.output_tokens)


@dataclass(slots=True, eq=False)
class Share:
    """What one request takes of the limits."""

    tokens: int
    entry: Entry | None
    settled: bool = field(default=False)


class Limits:
    """The limits per minute of one endpoint, for all requests together, in order."""

    def __init__(
        self,
        pace: Pace,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._pace = pace
        self._learnt = {"requests": Bucket(), "tokens": Bucket()}
        self._clock = clock
        self._sleep = sleep
        self._turn = Slots(1)

    async def take(self, tokens: int, deadline: float) -> Share | None:
        """Wait until a request fits; None, at its turn, if that is not before the deadline."""
        if self._turn.free and self.wait(tokens) <= 0:
            return self._taken(tokens)
        if not await self._turn.acquire(deadline - self._clock()):
            return None
        try:
            while (wait := self.wait(tokens)) > 0:
                if self._clock() + wait >= deadline:
                    return None
                if not await self._pace.refill(tokens, 1 + self._turn.waiting):
                    await self._sleep(min(max(wait, 0.001), _STEP))
            return self._taken(tokens)
        finally:
            self._turn.release()

    def wait(self, tokens: int) -> float:
        """Seconds until a request of so many tokens fits."""
        now = self._clock()
        found = self._learnt["requests"].wait(1, now)
        found = max(found, self._learnt["tokens"].wait(tokens, now))
        return max(found, self._pace.wait(tokens, now))

    def settle(self, share: Share, tokens: int | None) -> None:
        """The request is over and took so many tokens; None if it is not known."""
        if share.settled:
            return
        share.settled = True
        real = share.tokens if tokens is None else tokens
        self._learnt["requests"].settle(1, 1)
        self._learnt["tokens"].settle(share.tokens, real)
        if share.entry is not None:
            self._pace.correct(share.entry, real)

    def learn(self, headers: Mapping[str, str], wait: float | None) -> None:
        """What a response's headers say, after its request was settled.

        `wait` is for how many seconds a request that was turned away is to wait.
        """
        now = self._clock()
        for kind, bucket in self._learnt.items():
            limit = count(headers.get(f"x-ratelimit-limit-{kind}"))
            remaining = count(headers.get(f"x-ratelimit-remaining-{kind}"))
            if not limit or remaining is None:
                continue
            reset = duration(headers.get(f"x-ratelimit-reset-{kind}"))
            bucket.learn(limit, min(remaining, limit), reset, now)
            if remaining == 0 and wait is not None:
                bucket.hold(now + wait)

    def _taken(self, tokens: int) -> Share:
        now = self._clock()
        self._learnt["requests"].take(1, now)
        self._learnt["tokens"].take(tokens, now)
        return Share(tokens, self._pace.take(tokens, now))


def count(value: str | None) -> int | None:
    """A header's whole number, or None if it is none that can be meant."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 16 else None


def duration(value: str | None) -> float | None:
    """`6m0s`, `20ms` or plain seconds, in seconds; None for what is none, or over a day."""
    value = (value or "").strip()
    parts = _DURATION.findall(value)
    if parts and "".join(map("".join, parts)) == value:
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    else:
        try:
            seconds = float(value)
        except ValueError:
            return None
    return seconds if 0 <= seconds <= _DAY else None
