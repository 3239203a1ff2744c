"""Limits that workers have together: what is held, and each worker's part of it."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.distributed.leases import LeasedBudget, LeasedPace
from summarizer.distributed.limits import Ask, Lease, Limits
from summarizer.engines.openai.budget import UNITS, Reservation
from summarizer.engines.openai.limits import Limits as EngineLimits


@dataclasses.dataclass
class Clock:
    """A time that passes when somebody sleeps."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def pace_of(
    limits: Limits, clock: Clock, worker: str, asked: list[Ask] | None = None
) -> LeasedPace:
    async def lend(ask: Ask) -> Lease:
        if asked is not None:
            asked.append(ask)
        await asyncio.sleep(0)  # as a question to another process
        return limits.lend(ask, clock())

    return LeasedPace(worker, lend, most_tokens=limits.tokens_per_minute, clock=clock)


def engine_limits(pace: LeasedPace, clock: Clock) -> EngineLimits:
    return EngineLimits(pace, clock=clock, sleep=clock.sleep)


async def send(limits: EngineLimits, count: int, tokens: int = 10, real: int | None = None) -> None:
    for _ in range(count):
        share = await limits.take(tokens, deadline=1e9)
        assert share is not None
        limits.settle(share, real)


def test_two_workers_together_never_pass_the_requests_per_minute() -> None:
    clock, sent = Clock(), []
    limits = Limits(requests_per_minute=10)

    async def work(name: str) -> None:
        own = engine_limits(pace_of(limits, clock, name), clock)
        for _ in range(25):
            assert await own.take(1, deadline=1e9) is not None
            sent.append(clock.now)

    async def both() -> None:
        await asyncio.gather(work("one"), work("two"))

    asyncio.run(both())

    assert len(sent) == 50
    assert most_within(sent, 60.0) == 10
    assert clock.now < 5 * (60 + 2 * limits.lasts)  # and they are used


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(1 for t in times if start <= t < start + seconds) for start in times)


@given(
    limit=st.integers(1, 40),
    seed=st.integers(0, 1000),
    workers=st.integers(1, 4),
    pauses=st.lists(st.floats(0, 30), min_size=5, max_size=30),
)
def test_no_pace_of_any_workers_passes_the_limit(
    limit: int, seed: int, workers: int, pauses: list[float]
) -> None:
    clock, chance, sent = Clock(), random.Random(seed), []
    limits = Limits(requests_per_minute=limit)
    paces = [engine_limits(pace_of(limits, clock, str(n)), clock) for n in range(workers)]

    async def work() -> None:
        for pause in pauses:
            clock.now += pause
            for _ in range(chance.randint(1, limit)):
                assert await chance.choice(paces).take(1, deadline=1e9) is not None
                sent.append(clock.now)

    asyncio.run(work())

    assert most_within(sent, 60.0) <= limit


def test_a_lease_costs_one_question_for_many_requests() -> None:
    clock, asked = Clock(), list[Ask]()
    limits = Limits(requests_per_minute=1000)
    own = engine_limits(pace_of(limits, clock, "one", asked), clock)

    async def work() -> None:
        await asyncio.gather(*(send(own, 1) for _ in range(200)))

    asyncio.run(work())

    # The first knows of nobody behind it; the second asks for all the rest.
    assert len(asked) == 2


def test_what_was_sent_within_a_lease_is_asked_for_at_once() -> None:
    clock, asked = Clock(), list[Ask]()
    limits = Limits(requests_per_minute=10_000)
    own = engine_limits(pace_of(limits, clock, "one", asked), clock)

    async def work() -> None:
        for _ in range(1000):
            await send(own, 1)
            clock.now += 0.01

    asyncio.run(work())

    assert len(asked) < 20  # in 10 s, with leases of 2 s


def test_what_a_dead_worker_held_comes_back_after_a_minute() -> None:
    limits = Limits(requests_per_minute=4)
    assert limits.lend(Ask("dead", 4, 1), 0.0).requests == 4

    refused = limits.lend(Ask("living", 4, 1), 1.0)
    assert refused.requests == 0
    assert refused.wait == pytest.approx(60.0 + limits.lasts - 1.0)
    assert limits.lend(Ask("living", 4, 1), 1.0 + refused.wait).requests == 4


def test_what_a_lease_did_not_use_is_another_workers() -> None:
    clock = Clock()
    limits = Limits(requests_per_minute=10)
    first = engine_limits(pace := pace_of(limits, clock, "one"), clock)

    async def work() -> None:
        await asyncio.gather(*(send(first, 1) for _ in range(2)))
        lease = limits.lend(Ask("one", 8, 1), clock())
        pace._held.number, pace._held.requests = lease.number, lease.requests
        clock.now = 5.0  # by now that has lapsed
        await send(first, 1)

    asyncio.run(work())

    assert limits.lend(Ask("two", 10, 1), clock()).requests >= 3
    assert limits.lend(Ask("two", 10, 1), 59.0).requests >= 1


def test_workers_that_ask_get_equal_parts() -> None:
    limits = Limits(requests_per_minute=100)
    limits.lend(Ask("one", 1, 1), 0.0)
    assert limits.lend(Ask("two", 1000, 1), 0.0).requests == 49
    assert limits.lend(Ask("three", 1000, 1), 0.0).requests == 50 // 3


def test_tokens_are_corrected_by_what_requests_really_took() -> None:
    clock = Clock()
    limits = Limits(tokens_per_minute=1000)
    own = engine_limits(pace_of(limits, clock, "one"), clock)

    asyncio.run(send(own, 10, tokens=300, real=50))

    assert clock.now == 0.0  # as estimated they would have taken four minutes


def test_more_tokens_than_thought_hold_the_others() -> None:
    limits = Limits(tokens_per_minute=1000)
    lease = limits.lend(Ask("one", 1, 100), 0.0)
    limits.lend(Ask("one", 1, 0, ((lease.number, 0, 900),)), 0.0)

    assert limits.lend(Ask("two", 1, 100), 1.0).requests == 0


def test_a_request_of_more_tokens_than_the_limit_takes_all_of_it() -> None:
    clock = Clock()
    limits = Limits(tokens_per_minute=100)
    own = engine_limits(pace_of(limits, clock, "one"), clock)

    asyncio.run(send(own, 2, tokens=5000))

    assert clock.now == pytest.approx(60.0 + limits.lasts, abs=0.01)


def test_no_room_before_the_deadline_is_told_at_once() -> None:
    clock = Clock()
    limits = Limits(requests_per_minute=1)
    own = engine_limits(pace_of(limits, clock, "one"), clock)

    async def work() -> object:
        await send(own, 1)
        return await own.take(1, deadline=30.0)

    assert asyncio.run(work()) is None
    assert clock.now < 1.0


def fund_of(limits: Limits, worker: str) -> Callable[[int, int, int], Awaitable[int | None]]:
    async def fund(spent: int, reserved: int, need: int) -> int | None:
        return limits.fund(worker, spent=spent, reserved=reserved, need=need)

    return fund


@given(
    most=st.integers(1, 400),
    seed=st.integers(0, 1000),
    steps=st.integers(1, 120),
)
def test_workers_never_spend_more_than_all_may(most: int, seed: int, steps: int) -> None:
    limits = Limits(max_cost=most * UNITS)
    chance = random.Random(seed)
    budgets = [LeasedBudget(fund_of(limits, str(n))) for n in range(3)]

    async def work() -> None:
        under_way = []
        for _ in range(steps):
            budget = chance.choice(budgets)
            cost = chance.randint(1, 20)
            if (reservation := await at_once(budget.acquire(cost))) is not None:
                under_way.append((budget, reservation, cost))
            if under_way and chance.random() < 0.6:
                budget, reservation, cost = under_way.pop(chance.randrange(len(under_way)))
                budget.settle(reservation, chance.choice([None, 0.0, cost / 2, cost]))
            assert sum(b.spent + b.reserved for b in budgets) <= most
            assert limits.lent <= most * UNITS

    asyncio.run(work())


async def at_once(asked: Coroutine[Any, Any, Reservation | None]) -> Reservation | None:
    """What is had without waiting for another request."""
    task = asyncio.create_task(asked)
    for _ in range(10):
        await asyncio.sleep(0)
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
        return None
    return task.result()


def test_where_nothing_is_left_what_a_request_does_not_need_is_waited_for() -> None:
    limits = Limits(max_cost=10 * UNITS)

    async def work() -> None:
        budget = LeasedBudget(fund_of(limits, "one"))
        first = await budget.acquire(8.0)
        assert first is not None
        waiting = [asyncio.create_task(budget.acquire(4.0)) for _ in range(3)]
        await asyncio.sleep(0)
        budget.settle(first, 1.0)
        found = [await waiting[0], await waiting[1]]
        assert None not in found
        for reservation in found:
            assert reservation is not None
            budget.settle(reservation, 4.0)
        assert await waiting[2] is None
        assert budget.spent == 9.0

    asyncio.run(work())


def test_a_budget_is_asked_for_many_requests_at_a_time() -> None:
    limits = Limits(max_cost=1000 * UNITS)
    asked: list[int] = []

    async def fund(spent: int, reserved: int, need: int) -> int | None:
        asked.append(need)
        return limits.fund("one", spent=spent, reserved=reserved, need=need)

    async def work() -> None:
        budget = LeasedBudget(fund)
        for _ in range(160):
            reservation = await budget.acquire(1.0)
            assert reservation is not None
            budget.settle(reservation, 0.1)

    asyncio.run(work())

    assert len(asked) <= 2


def test_all_of_a_budget_can_be_spent_by_any_worker() -> None:
    limits = Limits(max_cost=10 * UNITS)

    async def work() -> float:
        one, two = (LeasedBudget(fund_of(limits, name)) for name in ("one", "two"))
        spent = 0.0
        first = await one.acquire(1.0)
        assert first is not None
        one.settle(first, 1.0)
        await one.account()  # its part of the rest is everyone's again
        while (reservation := await two.acquire(1.0)) is not None:
            two.settle(reservation, 1.0)
            spent += 1.0
        return spent

    assert asyncio.run(work()) == 9.0


def test_money_that_a_dead_worker_held_counts_as_spent() -> None:
    limits = Limits(max_cost=10 * UNITS)
    assert limits.fund("dead", spent=0, reserved=0, need=4 * UNITS) is not None
    lost = limits.lent

    got = limits.fund("living", spent=0, reserved=0, need=1)
    assert got is not None
    assert limits.lent <= 10 * UNITS
    assert limits.fund("living", spent=0, reserved=0, need=10 * UNITS - lost + 1) is None
    assert limits.fund("living", spent=0, reserved=0, need=10 * UNITS - lost) is not None
