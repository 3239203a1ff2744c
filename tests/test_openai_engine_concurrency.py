"""How many requests are under way at once, and who is next."""

from __future__ import annotations

import asyncio
import urllib.request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.engines.openai.concurrency import Slots, Window
from summarizer.testing import LoopbackServer, Reply, replies
from tests.openai_support import DRAFT, Clock, engine_at, request


async def _tick() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_a_round_trip_of_refusals_shrinks_the_window_once() -> None:
    window = Window(64)
    for _ in range(64):
        window.turned_away(started=1.0, now=2.0)
    after_one = window.size
    assert 60 < after_one < 64
    window.turned_away(started=3.0, now=4.0)
    # Everything was turned away before, so this round trip counts in full.
    assert after_one * 0.5 <= window.size < after_one * 0.6
    window.turned_away(started=3.5, now=5.0)
    assert window.size > after_one * 0.5


def test_an_endpoint_that_turns_all_away_is_soon_asked_one_at_a_time() -> None:
    window = Window(64)
    now = 0.0
    for _ in range(40):
        for _ in range(window.limit):
            window.turned_away(started=now, now=now + 1)
        now += 2
    assert window.limit == 1


def test_the_window_is_whole_again_some_round_trips_after_it_worked() -> None:
    window = Window(64)
    for now in range(40):
        window.turned_away(started=now, now=now + 0.5)
    trips = 0
    while window.size < 64:
        for _ in range(window.limit):
            window.worked()
        trips += 1
    assert trips < 24


def test_a_few_refusals_at_random_do_not_throttle() -> None:
    """12 %, evenly: what a soak with 30 % of mixed faults has of 429 and 503."""
    window = Window(64)
    now, sizes = 0.0, []
    for _ in range(200):
        for place in range(window.limit):
            if place % 8 == 7:
                window.turned_away(started=now, now=now + 1)
            else:
                window.worked()
        now += 2
        sizes.append(window.limit)
    assert min(sizes) > 32


@given(st.integers(1, 200), st.lists(st.tuples(st.booleans(), st.floats(0, 5)), max_size=200))
def test_a_window_is_never_empty_and_never_more_than_is_allowed(
    most: int, outcomes: list[tuple[bool, float]]
) -> None:
    window = Window(most)
    now = 0.0
    for worked, took in outcomes:
        if worked:
            window.worked()
        else:
            window.turned_away(started=now, now=now + took)
        now += took
        assert 1 <= window.limit <= most


@pytest.mark.anyio
async def test_slots_are_handed_on_in_order() -> None:
    slots = Slots(1)
    assert await slots.acquire(1)
    order: list[int] = []

    async def wait(number: int) -> None:
        assert await slots.acquire(60)
        order.append(number)
        slots.release()

    waiters = [asyncio.create_task(wait(number)) for number in range(5)]
    await _tick()
    slots.release()
    await asyncio.gather(*waiters)
    assert order == [0, 1, 2, 3, 4]
    assert slots.taken == 0


@pytest.mark.anyio
async def test_no_one_overtakes_those_who_wait() -> None:
    slots = Slots(1)
    assert await slots.acquire(1)
    waiter = asyncio.create_task(slots.acquire(60))
    await _tick()
    slots.release()
    assert not slots.free
    assert not await slots.acquire(0)
    assert await waiter


@pytest.mark.anyio
async def test_a_slot_that_is_not_free_in_time_is_not_had() -> None:
    slots = Slots(1)
    assert await slots.acquire(1)
    assert not await slots.acquire(0.001)
    slots.release()
    assert slots.free


@pytest.mark.anyio
async def test_a_waiter_cancelled_as_it_is_handed_a_slot_hands_it_on() -> None:
    slots = Slots(1)
    assert await slots.acquire(1)
    first = asyncio.create_task(slots.acquire(60))
    second = asyncio.create_task(slots.acquire(60))
    await _tick()
    slots.release()  # hands it to the first, which has not run yet
    first.cancel()
    assert await second
    with pytest.raises(asyncio.CancelledError):
        await first
    slots.release()
    assert slots.free
    assert slots.taken == 0


@pytest.mark.anyio
async def test_a_smaller_limit_waits_until_enough_are_released() -> None:
    slots = Slots(3)
    for _ in range(3):
        assert await slots.acquire(1)
    slots.resize(1)
    slots.release()
    slots.release()
    assert not slots.free
    slots.release()
    assert slots.free


@given(st.data())
def test_slots_never_leak_and_never_exceed_the_limit(data: st.DataObject) -> None:
    async def play() -> None:
        slots = Slots(2)
        limit, held, peak = 2, 0, 0

        async def hold(gate: asyncio.Event) -> None:
            nonlocal held, peak
            if not await slots.acquire(60):
                return
            try:
                held += 1
                peak = max(peak, held)
                await gate.wait()
            finally:
                held -= 1
                slots.release()

        gates: list[asyncio.Event] = []
        tasks: list[asyncio.Task[None]] = []
        for _ in range(data.draw(st.integers(1, 25))):
            action = data.draw(st.sampled_from(["enter", "cancel", "open", "resize"]))
            if action == "enter":
                gates.append(asyncio.Event())
                tasks.append(asyncio.create_task(hold(gates[-1])))
            elif action == "resize":
                limit = data.draw(st.integers(1, 4))
                slots.resize(limit)
            elif tasks:
                at = data.draw(st.integers(0, len(tasks) - 1))
                if action == "cancel":
                    tasks[at].cancel()
                else:
                    gates[at].set()
            if data.draw(st.booleans()):
                await _tick()
        for gate in gates:
            gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert held == 0
        assert slots.taken == 0
        assert slots.free
        assert peak <= 4

    asyncio.run(play())


@pytest.mark.openai
@pytest.mark.anyio
async def test_no_more_requests_than_allowed_are_under_way() -> None:
    with LoopbackServer(then=replies.hang()) as server:
        async with engine_at(server.base_url, concurrency=3) as engine:
            tasks = [asyncio.create_task(engine.complete(request())) for _ in range(10)]
            await asyncio.to_thread(server.wait_for, 3)
            # What the others sent would be there before this is answered.
            await asyncio.to_thread(_models, server.base_url)
            assert len(server.bodies) == 3
            for task in tasks:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(entry, asyncio.CancelledError) for entry in done)
            # Every slot is free again.
            server.script(*[replies.answer(DRAFT)] * 3)
            again = await asyncio.gather(*[engine.complete(request()) for _ in range(3)])
    assert [entry.draft for entry in again] == [DRAFT] * 3


@pytest.mark.openai
@pytest.mark.anyio
@pytest.mark.parametrize("busy", [replies.rate_limited(), replies.error(503), replies.error(529)])
async def test_an_endpoint_that_is_busy_is_asked_less_at_once_and_then_more_again(
    busy: Reply,
) -> None:
    clock = Clock()
    with LoopbackServer(*[busy] * 16, then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock, concurrency=8) as engine:
            window, seen = engine._traffic._window, []
            for _ in range(12):
                clock.now += 60.0  # an outage is over by then
                calls = (engine.complete(request()) for _ in range(8))
                await asyncio.gather(*calls, return_exceptions=True)
                seen.append(window.limit)
    assert min(seen) < 7
    assert seen[-1] == 8


@pytest.mark.openai
@pytest.mark.anyio
async def test_an_endpoint_that_fails_otherwise_is_asked_as_much_as_before() -> None:
    with LoopbackServer(*[replies.error(500), replies.answer(DRAFT)] * 10) as server:
        async with engine_at(server.base_url, concurrency=8) as engine:
            for _ in range(10):
                await engine.complete(request())
            assert engine._traffic._window.limit == 8


def _models(base_url: str) -> None:
    with urllib.request.urlopen(f"{base_url}/models") as response:
        assert response.status == 200
