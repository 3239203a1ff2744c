"""What every request passes on its way to the endpoint, and feeds back when it is over.

    budget -> slot -> breaker -> limits -> the request -> its outcome, to all of them

A slot comes before the limits: a request is counted in the minute in which it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from summarizer import logs
from summarizer.engines.openai import failures, modes
from summarizer.engines.openai.breaker import PATIENCE, Breaker
from summarizer.engines.openai.budget import Budget, Reservation
from summarizer.engines.openai.concurrency import Slots, Window
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.limits import Estimate, Limits, Pace, Share
from summarizer.engines.openai.responses import Reply, Response
from summarizer.engines.openai.retries import RetryPolicy

#: Outcomes that speak for a dead endpoint. Whatever else it says shows that it is not.
_DEAD = frozenset({"broken_response", "server_error", "timeout", "unreachable"})

#: Statuses of a request that was one too many, and those of one that no model saw.
_BUSY = frozenset({429, 503, 529})
_TURNED_AWAY = frozenset(range(400, 500)) | _BUSY

#: Seconds of a wait that are told, and those that more than a few want to know of.
_TOLD, _LONG = 0.1, 1.0

#: A token is seldom less than two bytes: a bound for what an input may cost.
_BYTES_PER_TOKEN = 2


@dataclass(frozen=True, slots=True)
class Load:
    """How large a request is, and the most tokens that its answer may have."""

    texts: tuple[str, ...]
    room: int

    @classmethod
    def of(cls, body: Mapping[str, Any], room: int) -> Self:
        """That of a request's JSON body."""
        contents = (turn.get("content") for turn in body["messages"])
        texts = [text for text in contents if isinstance(text, str)]
        if "response_format" in body or "tools" in body:
            texts.append(modes.schema_in_words())  # the model reads it, or much like it
        return cls(tuple(texts), room)

    @property
    def characters(self) -> int:
        """Of all texts together."""
        return sum(map(len, self.texts))

    @property
    def most_input_tokens(self) -> int:
        """An upper bound, but for texts that no tokenizer has seen the like of."""
        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in self.texts)
        return size // _BYTES_PER_TOKEN + 1


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a request, as far as traffic goes."""

    response: Response
    status: int | None
    headers: Mapping[str, str]
    cost: float | None

    @classmethod
    def of(cls, reply: Reply | Failure, response: Response, cost: float | None) -> Self:
        """`cost` is in US dollars, None if it is not known."""
        if isinstance(reply, Failure):
            return cls(response, None, {}, cost)
        return cls(response, reply.status, reply.headers, cost)


class Traffic:
    """The way to one endpoint, for all articles of one engine.

    `pace` is what the settings allow in a minute. `price` is what so many input and output
    tokens cost at most, in US dollars, where there is a `budget`. `patience` is the
    breaker's. Clock and sleep are those of `retries`.
    """

    def __init__(
        self,
        *,
        host: str,
        retries: RetryPolicy,
        concurrency: int,
        pace: Pace | None = None,
        patience: float = PATIENCE,
        budget: Budget | None = None,
        price: Callable[[int, int], float] | None = None,
    ) -> None:
        self._host = host
        self._clock = retries.clock
        self._window = Window(concurrency)
        self._slots = Slots(concurrency)
        self._breaker = Breaker(clock=retries.clock, sleep=retries.sleep, patience=patience)
        self._limits = Limits(pace or Pace(), clock=retries.clock, sleep=retries.sleep)
        self._estimate = Estimate()
        self._budget = budget
        self._price = price

    @property
    def available(self) -> bool:
        """Whether the endpoint is not known to be dead."""
        return self._breaker.available

    async def enter(self, load: Load, *, deadline: float) -> Passage | Failure:
        """Wait until the request may be sent, never past the deadline.

        A Failure was not sent. A Passage is to be left, by `with`, whatever happens.
        """
        if self._clock() >= deadline:
            return failures.timed_out(self._host)
        reservation: Reservation | None = None
        if self._budget is not None and self._price is not None:
            worst = self._price(load.most_input_tokens, load.room)
            began = self._clock()
            try:
                async with asyncio.timeout(deadline - began):
                    reservation = await self._budget.acquire(worst)
            except TimeoutError:
                return failures.no_turn(self._host)
            self._waited("budget", began)
            if reservation is None:
                return failures.over_budget(worst)
        passage = Passage(self, load, reservation)
        try:
            failure = await self._queue(passage, deadline)
        except BaseException:
            passage.leave()
            raise
        if failure is not None:
            passage.leave()
            return failure
        return passage

    async def _queue(self, passage: Passage, deadline: float) -> Failure | None:
        """Fill the passage, or say what keeps the request from being sent."""
        began = self._clock()
        if not await self._slots.acquire(deadline - self._clock()):
            return failures.no_turn(self._host)
        passage.slot = True
        began = self._waited("concurrency", began)
        probe = await self._breaker.enter(deadline)
        if probe is None:
            return failures.left_alone(self._host)
        passage.probe = probe
        began = self._waited("breaker", began)
        tokens = self._estimate.tokens(passage.load.characters)
        passage.share = await self._limits.take(tokens, deadline)
        if passage.share is None:
            return failures.over_limits()
        passage.started = self._waited("limits per minute", began)
        return None

    def _waited(self, reason: str, began: float) -> float:
        """Tell what a request waited for, if it did; the time by now."""
        now = self._clock()
        seconds = now - began
        if seconds >= _TOLD:
            level = logs.INFO if seconds >= _LONG else logs.DEBUG
            logs.event("wait", level, endpoint=self._host, reason=reason, seconds=seconds)
        return now

    def leave(self, passage: Passage, sent: Sent | None) -> None:
        """Take back what the passage holds, and learn from what was sent."""
        now = self._clock()
        tokens = _tokens(sent)
        if passage.slot:
            self._slots.release()
        if passage.share is not None:
            self._limits.settle(passage.share, tokens)
        if passage.reservation is not None and self._budget is not None:
            # What never left costs nothing; what was broken off may cost all there is.
            cost = 0.0 if passage.started is None else _cost(sent)
            self._budget.settle(passage.reservation, cost)
        if sent is not None and passage.started is not None:
            self._learn(passage, passage.started, sent, now)
        self._breaker.leave(probe=passage.probe)

    def _learn(self, passage: Passage, started: float, sent: Sent, now: float) -> None:
        response = sent.response
        result = response.result
        was_open = self._breaker.open
        if response.outcome in _DEAD:
            self._breaker.failed(probe=passage.probe, under_way=self._slots.taken)
        else:
            self._breaker.worked()
        if self._breaker.open != was_open:
            logs.event(
                "breaker_closed" if was_open else "breaker_opened",
                logs.WARNING,
                endpoint=self._host,
                outcome=response.outcome,
            )
        if sent.status in _BUSY:
            self._window.turned_away(started, now)
        elif response.outcome not in _DEAD:
            self._window.worked()
        self._slots.resize(self._window.limit)
        wait = result.wait if isinstance(result, Failure) and sent.status == 429 else None
        self._limits.learn(sent.headers, wait)
        used = response.usage
        if used.input_tokens is not None and used.output_tokens is not None:
            self._estimate.learn(passage.load.characters, used.input_tokens, used.output_tokens)


class Passage:
    """What one request holds on its way: a context manager, left once."""

    __slots__ = ("_left", "_traffic", "load", "probe", "reservation", "sent", "share", "slot",
                 "started")  # fmt: skip

    def __init__(self, traffic: Traffic, load: Load, reservation: Reservation | None) -> None:
        self._traffic = traffic
        self._left = False
        self.load = load
        self.reservation = reservation
        self.slot = False
        self.probe = False
        self.share: Share | None = None
        #: When it was let through, by the engine's clock; None if it was not.
        self.started: float | None = None
        #: What came of the request; None if it was broken off.
        self.sent: Sent | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Give everything back."""
        if not self._left:
            self._left = True
            self._traffic.leave(self, self.sent)


def _tokens(sent: Sent | None) -> int | None:
    """What counts against tokens per minute; None if it is not known."""
    if sent is None:
        return None
    used = sent.response.usage
    if used.input_tokens is None or used.output_tokens is None:
        return 0 if sent.status in _TURNED_AWAY else None
    return used.input_tokens + used.output_tokens


def _cost(sent: Sent | None) -> float | None:
    """In US dollars; None if it may be as much as was reserved."""
    if sent is None or sent.cost is not None:
        return None if sent is None else sent.cost
    return 0.0 if sent.status in _TURNED_AWAY else None
