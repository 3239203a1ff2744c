"""Requests and tokens per minute: what is set, what is learnt, and who waits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.engines.openai.limits import (
    Bucket,
    Estimate,
    Limits,
    Minute,
    Pace,
    Share,
    count,
    duration,
)
from summarizer.errors import RateLimited
from summarizer.testing import LoopbackServer, replies
from tests.openai_support import DRAFT, Clock, engine_at, request


def _limits(clock: Clock, *, requests: int | None = None, tokens: int | None = None) -> Limits:
    policy = clock.policy()
    pace = Pace(requests_per_minute=requests, tokens_per_minute=tokens)
    return Limits(pace, clock=policy.clock, sleep=policy.sleep)


def _headers(kind: str, limit: object, remaining: object, reset: str) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": str(remaining),
        f"x-ratelimit-reset-{kind}": reset,
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("20ms", 0.02),
        ("1h2m3.5s", 3723.5),
        ("59.5", 59.5),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1893456000", None),
        ("1s!", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_reset_time_is_read_in_every_form_that_is_sent(
    text: str | None, seconds: float | None
) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "number"),
    [("60", 60), ("0", 0), ("-1", None), ("1e3", None), ("\u0663", None), ("9" * 5000, None)],
)
def test_only_a_whole_number_is_a_count(text: str, number: int | None) -> None:
    assert count(text) == number


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 90), st.integers(1, 80)), min_size=1, max_size=60),
)
def test_never_more_than_the_limit_within_any_minute(
    limit: int, arrivals: list[tuple[float, int]]
) -> None:
    minute, now, taken = Minute(limit), 0.0, []
    for pause, amount in arrivals:
        now += pause
        now += minute.wait(amount, now)
        assert minute.wait(amount, now) <= 1e-6
        minute.take(min(amount, limit), now)
        taken.append((now, min(amount, limit)))
    for start, _ in taken:
        within = sum(amount for at, amount in taken if start <= at < start + 59.999)
        assert within <= limit


def test_what_was_estimated_too_high_is_given_back() -> None:
    minute = Minute(100)
    entry = minute.take(90, now=0.0)
    assert minute.wait(50, now=1.0) == 59.0
    minute.correct(entry, 10)
    assert minute.wait(50, now=1.0) == 0.0


def test_a_correction_after_its_minute_changes_nothing() -> None:
    minute = Minute(100)
    old = minute.take(90, now=0.0)
    assert minute.wait(10, now=61.0) == 0.0
    minute.take(50, now=61.0)
    minute.correct(old, 10_000)
    assert minute.wait(50, now=61.0) == 0.0


def test_a_request_above_the_whole_limit_waits_for_all_of_it() -> None:
    minute = Minute(100)
    minute.take(1, now=0.0)
    assert minute.wait(5_000, now=1.0) == 59.0
    assert minute.wait(5_000, now=60.0) == 0.0


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "wait"),
    [
        (60, 0, 60.0, 1.0),  # 60 in a minute
        (60, 0, 86_400.0, 1440.0),  # 60 in a day
        (60, 0, None, 1.0),  # not said: a minute
        (60, 1, 59.0, 0.0),
    ],
)
def test_how_fast_a_limit_comes_back_is_told_by_its_reset_time(
    limit: int, remaining: int, reset: float | None, wait: float
) -> None:
    bucket = Bucket()
    bucket.learn(limit, remaining, reset, now=0.0)
    assert bucket.wait(1, now=0.0) == pytest.approx(wait)


def test_what_is_under_way_is_not_counted_as_remaining() -> None:
    bucket = Bucket()
    bucket.take(1, now=0.0)
    bucket.take(1, now=0.0)
    bucket.settle(1, 1)
    # The endpoint may not have known of the second when it said that two remain.
    bucket.learn(60, 2, 58.0, now=0.0)
    assert bucket.wait(1, now=0.0) == 0.0
    bucket.take(1, now=0.0)
    assert bucket.wait(1, now=0.0) > 0.0


def test_others_who_use_the_same_account_are_seen() -> None:
    bucket = Bucket()
    bucket.learn(60, 59, 1.0, now=0.0)
    bucket.take(1, now=0.0)
    bucket.settle(1, 1)
    bucket.learn(60, 3, 57.0, now=0.5)
    for _ in range(3):
        assert bucket.wait(1, now=0.5) == 0.0
        bucket.take(1, now=0.5)
    assert bucket.wait(1, now=0.5) > 0.5


headers = st.dictionaries(
    st.sampled_from(
        [f"x-ratelimit-{part}-{kind}" for part in ("limit", "remaining", "reset")
         for kind in ("requests", "tokens")]
    ),
    st.sampled_from(["0", "1", "-1", "60", "1ms", "6m0s", "24h", "nan", "x", "9" * 15, "9" * 400])
    | st.text(max_size=6),
)  # fmt: skip


@given(st.lists(headers, max_size=8), st.none() | st.floats(0, 1e6))
def test_whatever_headers_say_a_wait_is_finite(
    said: list[Mapping[str, str]], wait: float | None
) -> None:
    clock = Clock()
    limits = _limits(clock)
    for entry in said:
        limits.learn(entry, wait)
        assert 0.0 <= limits.wait(1000) < 1e7


@pytest.mark.anyio
async def test_requests_wait_until_they_fit_and_in_order() -> None:
    clock = Clock()
    limits = _limits(clock, requests=2)
    order: list[tuple[int, float]] = []

    async def one(number: int) -> None:
        assert await limits.take(1, deadline=clock.now + 1000) is not None
        order.append((number, clock.now - 1000))

    await asyncio.gather(*(one(number) for number in range(6)))
    assert [number for number, _ in order] == list(range(6))
    assert [round(at) for _, at in order] == [0, 0, 60, 60, 120, 120]


@pytest.mark.anyio
async def test_a_wait_that_would_pass_the_deadline_is_not_begun() -> None:
    clock = Clock()
    limits = _limits(clock, requests=1)
    assert await limits.take(1, deadline=clock.now + 1) is not None
    assert await limits.take(1, deadline=clock.now + 59) is None
    assert clock.slept == []
    assert await limits.take(1, deadline=clock.now + 61) is not None


@pytest.mark.anyio
async def test_two_endpoints_of_one_account_share_its_minute() -> None:
    clock = Clock()
    policy = clock.policy()
    pace = Pace(requests_per_minute=2)
    one, two = (Limits(pace, clock=policy.clock, sleep=policy.sleep) for _ in range(2))
    assert await one.take(1, deadline=clock.now + 1) is not None
    assert await two.take(1, deadline=clock.now + 1) is not None
    assert await one.take(1, deadline=clock.now + 1) is None
    assert await two.take(1, deadline=clock.now + 1) is None


@pytest.mark.anyio
async def test_a_cancelled_waiter_lets_the_next_one_go() -> None:
    clock = Clock()
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await wake.wait()
        clock.now += seconds

    limits = Limits(Pace(requests_per_minute=1), clock=lambda: clock.now, sleep=sleep)
    assert await limits.take(1, deadline=clock.now + 1) is not None
    first = asyncio.create_task(limits.take(1, deadline=clock.now + 1000))
    second = asyncio.create_task(limits.take(1, deadline=clock.now + 1000))
    await asleep.wait()
    first.cancel()
    wake.set()
    assert await second is not None
    with pytest.raises(asyncio.CancelledError):
        await first


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500) | st.none()), max_size=30))
def test_the_tokens_of_a_minute_are_those_that_were_really_taken(
    requests: list[tuple[int, int | None]],
) -> None:
    async def play() -> None:
        clock = Clock()
        limits = _limits(clock, tokens=1000)
        spent: list[tuple[float, int]] = []
        for estimate, real in requests:
            share = await limits.take(estimate, deadline=clock.now + 1e6)
            assert isinstance(share, Share)
            limits.settle(share, real)
            limits.settle(share, 10_000)  # only the first counts
            spent.append((clock.now, estimate if real is None else min(real, estimate)))
        for start, _ in spent:
            assert sum(n for at, n in spent if start <= at < start + 59.99) <= 1000

    asyncio.run(play())


def test_an_estimate_follows_what_requests_took() -> None:
    estimate = Estimate()
    assert estimate.tokens(4000) == 2000
    for _ in range(100):
        estimate.learn(4000, input_tokens=2000, output_tokens=300)
    assert estimate.tokens(4000) == pytest.approx(2300, rel=0.01)
    estimate.learn(4000, input_tokens=10**9, output_tokens=0)
    assert estimate.tokens(4000) < 10_000


@pytest.mark.openai
@pytest.mark.anyio
async def test_articles_at_once_share_the_limit_that_was_set() -> None:
    clock = Clock()
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock, requests_per_minute=3) as engine:
            deadline = clock.now + 1000
            started = clock.now
            done = await asyncio.gather(
                *(engine.complete(request(deadline=deadline)) for _ in range(7))
            )
    assert len(done) == 7
    assert clock.now - started == pytest.approx(120, abs=1)


@pytest.mark.openai
@pytest.mark.anyio
async def test_what_does_not_fit_before_the_deadline_is_rate_limited_and_not_sent() -> None:
    clock = Clock()
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock, requests_per_minute=1) as engine:
            await engine.complete(request(deadline=clock.now + 30))
            with pytest.raises(RateLimited, match="per minute") as caught:
                await engine.complete(request(deadline=clock.now + 30))
        assert len(server.requests) == 1
    assert caught.value.attempts == ()
    assert clock.slept == []


@pytest.mark.openai
@pytest.mark.anyio
async def test_what_an_endpoint_says_remains_holds_the_next_request_back() -> None:
    clock = Clock()
    with LoopbackServer(
        replies.answer(DRAFT, headers=_headers("requests", 60, 0, "1m0s")),
        replies.answer(DRAFT),
    ) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            await engine.complete(request())
            assert clock.slept == []
            await engine.complete(request())
    assert sum(clock.slept) == pytest.approx(1.0)


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_limit_that_is_used_up_holds_every_article_as_long_as_it_says() -> None:
    """The one that was turned away waits by its own retry, and the others with it."""
    clock = Clock()
    used_up = replies.rate_limited("7", headers=_headers("requests", 60, 0, "60"))
    with LoopbackServer(used_up, then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            with pytest.raises(RateLimited):
                await engine.complete(request(deadline=clock.now + 5))
            assert clock.slept == []
            await engine.complete(request(deadline=clock.now + 50))
        assert len(server.requests) == 2
    assert sum(clock.slept) == pytest.approx(7.0)


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_refusal_without_a_limit_holds_no_other_article() -> None:
    clock = Clock()
    with LoopbackServer(replies.rate_limited("7"), then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            with pytest.raises(RateLimited):
                await engine.complete(request(deadline=clock.now + 5))
            await engine.complete(request(deadline=clock.now + 5))
    assert clock.slept == []


@pytest.mark.openai
@pytest.mark.anyio
async def test_what_is_set_bounds_what_an_endpoint_allows() -> None:
    clock = Clock()
    generous = replies.answer(DRAFT, headers=_headers("requests", 10_000, 9_999, "6ms"))
    with LoopbackServer(then=generous) as server:
        async with engine_at(server.base_url, clock=clock, requests_per_minute=1) as engine:
            for _ in range(2):
                await engine.complete(request(deadline=clock.now + 100))
    assert sum(clock.slept) == pytest.approx(60.0, abs=0.1)


@pytest.mark.openai
@pytest.mark.anyio
async def test_tokens_per_minute_are_those_that_the_endpoint_reports() -> None:
    clock = Clock()
    usage = {"prompt_tokens": 100, "completion_tokens": 100, "total_tokens": 200}
    with LoopbackServer(then=replies.answer(DRAFT, usage=usage)) as server:
        async with engine_at(server.base_url, clock=clock, tokens_per_minute=3000) as engine:
            for _ in range(9):
                await engine.complete(request(deadline=clock.now + 1000))
    # At first two thousand are expected of each: it is seen that they take a tenth of that.
    assert clock.slept == []
