"""The gate: so many work, so many wait, and everyone else is told when to come again."""

from __future__ import annotations

import asyncio

import pytest

from summarizer.service.gate import Gate
from summarizer.service.problems import DRAINING, OVERLOADED, Problem

pytestmark = pytest.mark.anyio


class Visitor:
    """Someone who has a turn until told to go."""

    def __init__(self, gate: Gate) -> None:
        self.inside = asyncio.Event()
        self.go = asyncio.Event()
        self.task = asyncio.create_task(self._visit(gate))

    async def _visit(self, gate: Gate) -> None:
        async with gate.turn():
            self.inside.set()
            await self.go.wait()

    async def leave(self) -> None:
        self.go.set()
        await self.task


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_work_than_may_and_the_others_follow_in_order() -> None:
    gate = Gate(running=2, queue=3, patience=60)
    visitors = [Visitor(gate) for _ in range(5)]
    await settle()
    assert [one.inside.is_set() for one in visitors] == [True, True, False, False, False]
    assert (gate.running, gate.waiting) == (2, 3)
    await visitors[1].leave()
    await settle()
    assert [one.inside.is_set() for one in visitors] == [True, True, True, False, False]
    for one in visitors:
        await one.leave()
    assert (gate.running, gate.waiting) == (0, 0)


async def test_one_too_many_is_turned_away_at_once_and_told_when_to_come() -> None:
    gate = Gate(running=1, queue=1, patience=60)
    visitors = [Visitor(gate) for _ in range(2)]
    await settle()
    with pytest.raises(Problem, match="Too many articles wait") as raised:
        await Visitor(gate).task
    assert raised.value.kind is OVERLOADED
    assert raised.value.retry_after is not None
    assert 1 <= raised.value.retry_after <= 60
    for one in visitors:
        await one.leave()
    await Visitor(gate).inside.wait()


async def test_a_turn_that_does_not_come_in_time_is_given_up() -> None:
    gate = Gate(running=1, queue=1, patience=0.01)
    first = Visitor(gate)
    await first.inside.wait()
    with pytest.raises(Problem, match="no turn in time"):
        await Visitor(gate).task
    assert gate.waiting == 0
    await first.leave()
    assert gate.running == 0


async def test_without_a_queue_nobody_waits() -> None:
    gate = Gate(running=1, queue=0, patience=60)
    first = Visitor(gate)
    await first.inside.wait()
    with pytest.raises(Problem):
        await Visitor(gate).task
    await first.leave()


async def test_who_leaves_the_queue_leaves_the_others_their_turns() -> None:
    gate = Gate(running=1, queue=2, patience=60)
    first, second, third = (Visitor(gate) for _ in range(3))
    await settle()
    second.task.cancel()
    await settle()
    assert gate.waiting == 1
    await first.leave()
    await third.inside.wait()
    await third.leave()
    assert gate.running == 0


async def test_a_turn_that_came_as_its_owner_left_goes_to_the_next() -> None:
    gate = Gate(running=1, queue=2, patience=60)
    first, second, third = (Visitor(gate) for _ in range(3))
    await settle()
    first.go.set()
    await first.task
    # The turn is the second's by now, who has not run yet.
    assert gate.running == 1
    second.task.cancel()
    await third.inside.wait()
    assert gate.running == 1
    await third.leave()
    assert gate.running == 0


async def test_work_that_fails_ends_its_turn() -> None:
    gate = Gate(running=1, queue=0, patience=60)
    with pytest.raises(ZeroDivisionError):
        async with gate.turn():
            raise ZeroDivisionError
    assert gate.running == 0


async def test_a_closed_gate_lets_nobody_in_but_those_who_wait() -> None:
    gate = Gate(running=1, queue=1, patience=60)
    first, second = Visitor(gate), Visitor(gate)
    await settle()
    gate.close()
    with pytest.raises(Problem) as raised:
        await Visitor(gate).task
    assert raised.value.kind is DRAINING
    await first.leave()
    await second.inside.wait()
    await second.leave()


async def test_the_time_to_come_again_grows_with_the_queue_and_what_one_takes() -> None:
    now = 0.0
    gate = Gate(running=1, queue=9, patience=60, clock=lambda: now)
    for _ in range(40):
        async with gate.turn():
            now += 10
    alone = gate.retry_after()
    visitors = [Visitor(gate) for _ in range(4)]
    await settle()
    assert alone == 10
    assert gate.retry_after() == 40
    for one in visitors:
        await one.leave()
