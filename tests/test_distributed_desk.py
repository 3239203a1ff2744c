"""Facts about the desk, which Ray runs as an actor, and about what a worker asks it."""

from __future__ import annotations

import asyncio

import pytest

from summarizer.distributed.desk import Desk
from summarizer.distributed.job import Job
from summarizer.distributed.limits import Ask
from summarizer.distributed.manifest import Block, State
from summarizer.distributed.stage import _named, row_of, with_own_keys
from summarizer.engines.openai.budget import UNITS
from summarizer.errors import BudgetExceeded
from summarizer.settings import Settings

JOB = Job(
    "in",
    "out",
    Settings(requests_per_minute=10, max_cost=2.0, api_key="sk-secret"),
    minute=5.0,
)


def test_it_holds_the_limits_of_its_job() -> None:
    async def work() -> None:
        desk = Desk(lambda: 0.0)
        await desk.open(JOB, {"models": ["m"]})
        assert await desk.job() == (JOB, {"models": ["m"]})
        lease = await desk.lend(Ask("one", 100, 1))
        assert (lease.requests, lease.seconds) == (10, 0.5)
        assert (await desk.lend(Ask("two", 1, 1))).wait == 5.5
        assert await desk.fund("one", 0, 0, 2 * UNITS) == 2 * UNITS
        assert await desk.fund("two", 0, 0, 1) is None

    asyncio.run(work())


def test_a_block_is_the_last_ones_that_claimed_it() -> None:
    async def work() -> None:
        desk = Desk()
        await desk.claim(1, "one")
        assert await desk.owns(1, "one")
        await desk.claim(1, "two")
        assert not await desk.owns(1, "one")
        assert await desk.owns(1, "two")
        assert not await desk.owns(2, "two")

    asyncio.run(work())


def test_everybody_is_told_of_the_end_and_of_the_first_reason() -> None:
    async def work() -> None:
        desk = Desk()
        waiting = [asyncio.create_task(desk.ending(0)) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        first = BudgetExceeded("first")
        await desk.stop(first)
        assert await asyncio.gather(*waiting) == [1, 1, 1]
        further = asyncio.create_task(desk.ending(1))
        await desk.stop(BudgetExceeded("second"), drop=True)
        assert await further == 2
        await desk.stop(None)
        assert await desk.ending(0) == 2
        assert await desk.reason() is first

    asyncio.run(work())


@pytest.mark.parametrize("state", [None, State(501, 2, 400, 1, 99)])
def test_a_block_and_its_state_go_through_a_row(state: State | None) -> None:
    block = Block(501, "deep/a.parquet", 500, 500)
    row = row_of(block, state)
    assert set(map(type, row.values())) == {str}
    assert _named(row) == (block, state)


def test_a_machines_own_key_is_taken_where_the_driver_has_none() -> None:
    environ = {"OPENAI_API_KEY": "sk-own", "SUMMARIZER_FALLBACK_API_KEY": "sk-other"}
    settings = Settings(engine="openai")
    assert with_own_keys(settings, environ).api_key == "sk-own"
    assert with_own_keys(settings, environ).fallback_api_key is None
    assert with_own_keys(settings, {}) == settings
    given = Settings(engine="openai", api_key="sk-driver", fallback_model="m")
    found = with_own_keys(given, environ)
    assert (found.api_key, found.fallback_api_key) == ("sk-driver", "sk-other")
