"""Limits that all workers have together, where they are held. Pure.

A worker gets many shares at a time: a lease. It uses them before the lease lapses, and gives
back what it did not use. Whatever a dead worker held comes back by itself, a minute after it
was lent; the money that it held counts as spent, since it may be.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from summarizer.engines.openai.limits import Entry, Minute

#: Seconds that a lease lasts at most, and its largest part of a minute.
_LASTS = 2.0
_PART = 1 / 10
#: So many requests' worst cost is lent at once, where there is enough.
_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker wants, and what became of its leases.

    `requests` is how many it could send within a lease, `tokens` what one takes, about.
    `corrections` are numbers of leases with how many requests and tokens they had too many,
    below 0, or too few.
    """

    worker: str
    requests: int
    tokens: int
    corrections: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """What a worker got. With no request, it is to ask again in `wait` seconds."""

    number: int
    requests: int
    tokens: int
    seconds: float
    wait: float = 0.0


@dataclass(slots=True)
class _Lent:
    at: float
    requests: Entry | None
    tokens: Entry | None


@dataclass(slots=True)
class _Money:
    """Of one worker, in billionths of a US dollar: what it may spend, and what it has spent."""

    lent: int = 0
    spent: int = 0


@dataclass(slots=True)
class Limits:
    """The requests and tokens per minute and the cost of one account, for all workers.

    `max_cost` is in billionths of a US dollar. Each method is given the time, in seconds. A
    minute has `minute` seconds.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_cost: int | None = None
    minute: float = 60.0
    _requests: Minute | None = field(init=False, default=None)
    _tokens: Minute | None = field(init=False, default=None)
    _lent: dict[int, _Lent] = field(init=False, default_factory=dict)
    _money: dict[str, _Money] = field(init=False, default_factory=dict)
    _seen: dict[str, float] = field(init=False, default_factory=dict)
    _number: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        # What is lent may be used until the lease lapses, so that it counts so much longer.
        seconds = self.minute + self.lasts
        if self.requests_per_minute is not None:
            self._requests = Minute(self.requests_per_minute, seconds=seconds)
        if self.tokens_per_minute is not None:
            self._tokens = Minute(self.tokens_per_minute, seconds=seconds)

    @property
    def lasts(self) -> float:
        """Seconds that a lease lasts."""
        return min(_LASTS, self.minute * _PART)

    def lend(self, ask: Ask, now: float) -> Lease:
        """Lend a worker its part of what is left, or say when there is more."""
        self._correct(ask)
        self._forget(now)
        self._seen[ask.worker] = now
        wait = 0.0
        if self._requests is not None:
            wait = self._requests.wait(1, now)
        if self._tokens is not None:
            wait = max(wait, self._tokens.wait(ask.tokens, now))
        if wait > 0:
            return Lease(0, 0, 0, self.lasts, wait)
        count = self._part(ask, now)
        lent = _Lent(now, None, None)
        tokens = 0
        if self._requests is not None:
            lent.requests = self._requests.take(count, now)
        if self._tokens is not None:
            tokens = count * min(ask.tokens, self._tokens.limit)
            lent.tokens = self._tokens.take(tokens, now)
        self._number += 1
        self._lent[self._number] = lent
        return Lease(self._number, count, tokens, self.lasts)

    def _part(self, ask: Ask, now: float) -> int:
        """How many requests a worker gets: what is left is for all that ask."""
        found = ask.requests
        if self._requests is not None:
            found = min(found, self._requests.left(now) // len(self._seen))
        if self._tokens is not None:
            each = max(1, min(ask.tokens, self._tokens.limit))
            found = min(found, self._tokens.left(now) // each // len(self._seen))
        return max(1, found)

    def _correct(self, ask: Ask) -> None:
        for number, requests, tokens in ask.corrections:
            lent = self._lent.get(number)
            if lent is None:
                continue  # it counts no longer
            for minute, entry, more in (
                (self._requests, lent.requests, requests),
                (self._tokens, lent.tokens, tokens),
            ):
                if minute is not None and entry is not None:
                    minute.correct(entry, max(0, entry.amount + more))

    def _forget(self, now: float) -> None:
        """Leave out what no longer counts."""
        before = now - self.minute - self.lasts
        for number in [n for n, lent in self._lent.items() if lent.at <= before]:
            del self._lent[number]
        self._seen = {name: at for name, at in self._seen.items() if at > before}

    def fund(self, worker: str, *, spent: int, reserved: int, need: int) -> int | None:
        """The most that a worker may have spent and reserved now; None if `need` is too much.

        It has spent and reserved so much, gives back the rest of what it had, and needs so
        much more; all in billionths of a US dollar. With a need of 0 it is only an account.
        """
        if self.max_cost is None:
            return None
        money = self._money.setdefault(worker, _Money())
        money.spent = spent
        money.lent = spent + reserved
        left = self.max_cost - sum(each.lent for each in self._money.values())
        if need > left:
            return None
        part = left // (2 * len(self._money))
        money.lent += max(need, min(_AHEAD * need, part))
        return money.lent

    @property
    def spent(self) -> int:
        """What the workers said that they spent, in billionths of a US dollar."""
        return sum(each.spent for each in self._money.values())

    @property
    def lent(self) -> int:
        """What is spent or may be, in billionths of a US dollar."""
        return sum(each.lent for each in self._money.values())
