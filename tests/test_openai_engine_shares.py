"""Facts about engines that have a limit together, as those of several processes have."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from summarizer.distributed.leases import LeasedBudget, LeasedPace, LimitsLost
from summarizer.distributed.limits import Ask, Lease, Limits
from summarizer.engines.openai import build
from summarizer.engines.openai.budget import UNITS, Budget
from summarizer.engines.openai.limits import Pace
from summarizer.errors import BudgetExceeded
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer
from tests.openai_support import request

pytestmark = pytest.mark.openai


def settings(server: LoopbackServer, **changes: object) -> Settings:
    known: dict[str, object] = {"base_url": server.base_url, "model": "loopback", "cache": False}
    return Settings.load(environ={}, env_file=None, **(known | changes))


def pace_of(limits: Limits, worker: str) -> LeasedPace:
    async def lend(ask: Ask) -> Lease:
        return limits.lend(ask, time.monotonic())

    return LeasedPace(worker, lend, most_tokens=limits.tokens_per_minute, clock=time.monotonic)


async def answered(settings: Settings, count: int, pace: Pace, budget: Budget | None = None) -> int:
    """How many of so many requests one engine has answers to, until its budget ends."""
    engine, done = build(settings, pace=pace, budget=budget), 0
    async with contextlib.aclosing(engine):
        for _ in range(count):
            try:
                await engine.complete(request())
            except BudgetExceeded:
                break
            done += 1
    return done


def test_a_limit_that_a_server_enforces_is_kept_by_several_engines_together() -> None:
    minute = 2.0
    limits = Limits(requests_per_minute=10, minute=minute)
    with LoopbackServer(requests_per_minute=10, minute=minute) as server:

        async def work() -> list[int]:
            return await asyncio.gather(
                *(answered(settings(server), 8, pace_of(limits, name)) for name in "abc")
            )

        assert asyncio.run(work()) == [8, 8, 8]
        # Each by itself would have had 10, and 14 been turned away at once. A request that is
        # late on a busy machine may still come with those of the next minute.
        assert server.account.completions == 24
        assert server.account.requests <= 24 + 3


def test_what_engines_spend_together_stays_within_one_budget() -> None:
    limits = Limits(max_cost=UNITS // 10)
    with LoopbackServer() as server:
        priced = settings(server, input_price=1.0, output_price=10.0, max_output_tokens=500)

        async def one(name: str) -> int:
            async def fund(spent: int, reserved: int, need: int) -> int | None:
                return limits.fund(name, spent=spent, reserved=reserved, need=need)

            return await answered(priced, 100, Pace(), LeasedBudget(fund))

        async def work() -> list[int]:
            return await asyncio.gather(*(one(name) for name in "abc"))

        counts = asyncio.run(work())
        cost = server.usage["prompt_tokens"] * 1e-6 + server.usage["completion_tokens"] * 1e-5

    assert 0 < sum(counts) < 300
    assert 0.03 < cost <= 0.1


def test_without_whoever_holds_the_limits_nothing_is_sent() -> None:
    async def lend(_: Ask) -> Lease:
        raise LimitsLost("gone")

    with LoopbackServer() as server:
        pace = LeasedPace("one", lend, most_tokens=None, clock=time.monotonic)
        with pytest.raises(LimitsLost):
            asyncio.run(answered(settings(server), 1, pace))
        assert server.account.requests == 0
