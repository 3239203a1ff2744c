"""A dead endpoint is left alone, and found again when it is back."""

from __future__ import annotations

import asyncio
import random
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.engines.openai import OpenAIEngine
from summarizer.engines.openai.breaker import Breaker
from summarizer.errors import EngineError, EngineUnavailable
from summarizer.testing import LoopbackServer, replies
from tests.openai_support import DRAFT, Clock, engine_at, request


def _breaker(clock: Clock, *, patience: float = 30.0) -> Breaker:
    policy = clock.policy()
    return Breaker(clock=policy.clock, sleep=policy.sleep, patience=patience)


def _available(asked: Breaker | OpenAIEngine) -> bool:
    return asked.available


def _die(breaker: Breaker, clock: Clock, *, failures: int = 10, under_way: int = 0) -> None:
    for place in range(failures):
        breaker.failed(probe=False, under_way=under_way)
        if place < failures - 1:
            clock.now += 3.0 / failures


def test_many_failures_with_nothing_between_open_it() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock, failures=9)
    assert _available(breaker)
    breaker.failed(probe=False, under_way=0)
    assert not _available(breaker)
    clock.now += 1.0
    assert _available(breaker)


def test_failures_all_at_once_are_no_outage_yet() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    for _ in range(50):
        breaker.failed(probe=False, under_way=0)
    assert _available(breaker)


def test_one_answer_between_failures_keeps_it_closed() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    for _ in range(20):
        _die(breaker, clock, failures=9)
        breaker.worked()
    assert _available(breaker)


def test_an_endpoint_that_is_at_work_on_more_requests_than_failed_is_not_dead() -> None:
    """Failures come at once, and right answers take their time."""
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock, failures=30, under_way=40)
    assert _available(breaker)
    _die(breaker, clock, failures=10, under_way=40)
    assert not _available(breaker)


@given(st.integers(0, 2**32))
def test_30_percent_of_faults_among_64_do_not_open_it(seed: int) -> None:
    rng = random.Random(seed)
    clock = Clock()
    breaker = _breaker(clock)
    for _ in range(2000):
        clock.now += 0.02  # as slow as 50 answers a second
        if rng.random() < 0.3:
            breaker.failed(probe=False, under_way=63)
        else:
            breaker.worked()
        assert _available(breaker)


@pytest.mark.anyio
async def test_while_it_is_open_one_probe_at_a_time_goes_through_and_the_cooldown_doubles() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock)
    waits = []
    for _ in range(4):
        before = clock.now
        assert await breaker.enter(deadline=clock.now + 100) is True
        waits.append(clock.now - before)
        breaker.failed(probe=True, under_way=0)
        breaker.leave(probe=True)
    assert waits == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.anyio
async def test_the_cooldown_ends_at_half_a_minute() -> None:
    clock = Clock()
    breaker = _breaker(clock, patience=1e9)
    _die(breaker, clock)
    for _ in range(12):
        before = clock.now
        assert await breaker.enter(deadline=clock.now + 100) is True
        breaker.failed(probe=True, under_way=0)
        breaker.leave(probe=True)
    assert clock.now - before == pytest.approx(30.0)


@pytest.mark.anyio
async def test_the_next_outage_begins_with_a_short_cooldown_again() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock)
    for _ in range(3):
        assert await breaker.enter(deadline=clock.now + 100) is True
        breaker.failed(probe=True, under_way=0)
        breaker.leave(probe=True)
    breaker.worked()
    _die(breaker, clock)
    before = clock.now
    assert await breaker.enter(deadline=clock.now + 100) is True
    assert clock.now - before == 1.0


@pytest.mark.anyio
async def test_all_who_wait_go_through_when_the_probe_has_worked() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock)
    assert await breaker.enter(deadline=clock.now + 100) is True
    waiting = [asyncio.create_task(breaker.enter(clock.now + 100)) for _ in range(5)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    breaker.worked()
    breaker.leave(probe=True)
    assert await asyncio.gather(*waiting) == [False] * 5
    assert _available(breaker)


@pytest.mark.anyio
async def test_an_outage_that_lasts_is_not_waited_for() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock)
    probes = 0
    while await breaker.enter(deadline=clock.now + 1000):
        probes += 1
        breaker.failed(probe=True, under_way=0)
        breaker.leave(probe=True)
    assert probes == 4
    before = clock.now
    assert await breaker.enter(deadline=clock.now + 1000) is None
    assert clock.now == before
    # A request that comes when the next probe is due is the probe, however long it lasts.
    clock.now += 30
    assert await breaker.enter(deadline=clock.now + 1000) is True


@pytest.mark.anyio
async def test_after_a_long_outage_too_those_who_come_with_the_probe_wait_for_its_outcome() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock)
    clock.now += 3600
    entering = [asyncio.create_task(breaker.enter(clock.now + 100)) for _ in range(4)]
    await asyncio.sleep(0)
    assert [task.done() for task in entering] == [True, False, False, False]
    breaker.worked()
    breaker.leave(probe=True)
    assert await asyncio.gather(*entering) == [True, False, False, False]


@pytest.mark.anyio
async def test_a_probe_that_would_come_after_the_deadline_is_not_waited_for() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock)
    assert await breaker.enter(deadline=clock.now + 0.5) is None
    assert clock.slept == []


@pytest.mark.anyio
async def test_with_another_endpoint_to_ask_nobody_waits() -> None:
    clock = Clock()
    breaker = _breaker(clock, patience=0.0)
    _die(breaker, clock)
    assert await breaker.enter(deadline=clock.now + 100) is None
    assert clock.slept == []
    clock.now += 1
    assert await breaker.enter(deadline=clock.now + 100) is True
    assert not _available(breaker)
    assert await breaker.enter(deadline=clock.now + 100) is None


@pytest.mark.anyio
async def test_a_cancelled_probe_leaves_the_place_to_the_next() -> None:
    clock = Clock()
    breaker = _breaker(clock)
    _die(breaker, clock)
    assert await breaker.enter(deadline=clock.now + 100) is True
    follower = asyncio.create_task(breaker.enter(clock.now + 100))
    await asyncio.sleep(0)
    breaker.leave(probe=True)  # broken off: it neither worked nor failed
    assert await follower is True
    breaker.leave(probe=True)


@pytest.mark.anyio
async def test_who_is_cancelled_while_waiting_for_the_probes_time_blocks_nobody() -> None:
    clock = Clock()
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await wake.wait()
        clock.now += seconds

    breaker = Breaker(clock=lambda: clock.now, sleep=sleep)
    _die(breaker, clock)
    first = asyncio.create_task(breaker.enter(clock.now + 100))
    second = asyncio.create_task(breaker.enter(clock.now + 100))
    await asleep.wait()
    first.cancel()
    wake.set()
    assert await second is True
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_dead_endpoint_is_soon_left_alone() -> None:
    clock = Clock()
    sent, messages = [], []
    with LoopbackServer(then=replies.server_error()) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            assert _available(engine)
            for _ in range(30):
                before = len(server.requests)
                with pytest.raises(EngineUnavailable) as caught:
                    await engine.complete(request(deadline=clock.now + 60))
                sent.append(len(server.requests) - before)
                assert len(caught.value.attempts) == sent[-1]
                messages.append(str(caught.value))
            assert not _available(engine)
        # Without it, thirty articles would be 150 requests.
        assert len(server.requests) < 25
    assert sent[0] == 5
    assert sent[-1] == 0
    assert "no request was sent" in messages[-1]


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_short_outage_costs_no_article() -> None:
    clock = Clock()
    with LoopbackServer(*[replies.server_error(503)] * 13, then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            for _ in range(2):
                with pytest.raises(EngineError):
                    await engine.complete(request(deadline=clock.now + 60))
            assert not _available(engine)
            done = await asyncio.gather(
                *(engine.complete(request(deadline=clock.now + 60)) for _ in range(8))
            )
            assert _available(engine)
    assert [entry.draft for entry in done] == [DRAFT] * 8


@pytest.mark.openai
@pytest.mark.anyio
async def test_refusals_of_any_kind_are_no_outage() -> None:
    clock = Clock()
    for reply in (replies.rate_limited(), replies.unauthorized(), replies.refused()):
        with LoopbackServer(then=reply) as server:
            async with engine_at(server.base_url, clock=clock) as engine:
                for _ in range(30):
                    with pytest.raises(EngineError):
                        await engine.complete(request(deadline=clock.now + 60))
                assert _available(engine)
                assert len(server.requests) >= 30


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_port_that_nobody_listens_at_is_left_alone_too() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        clock = Clock()
        async with engine_at(f"http://127.0.0.1:{port}/v1", clock=clock) as engine:
            outcomes = []
            for _ in range(20):
                with pytest.raises(EngineUnavailable) as caught:
                    await engine.complete(request(deadline=clock.now + 60))
                outcomes.append(caught.value.attempts)
    assert len(outcomes[0]) == 5
    assert outcomes[-1] == ()
    # Nothing was sent, and so nothing was spent.
    assert {attempt.cost_usd for attempts in outcomes for attempt in attempts} == {0.0}
