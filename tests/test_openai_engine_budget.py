"""What may be spent, what is reserved for it, and what is sent no more."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import ConfigurationError, Settings
from summarizer.engines.openai import OpenAIEngine, usage
from summarizer.engines.openai.budget import Budget
from summarizer.engines.openai.usage import Prices, Usage
from summarizer.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    EngineError,
    EngineTimeout,
    RateLimited,
)
from summarizer.testing import LoopbackServer, Reply, replies
from tests.openai_support import DRAFT, KEY, Clock, engine_at, request

#: A million tokens are a dollar either way: a request of 1,000 and 1,000 costs 0.002.
PRICES: dict[str, Any] = {"input_price": 1.0, "output_price": 1.0, "max_output_tokens": 1000}
USAGE = {"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000}


def _answer(**changes: Any) -> Reply:
    return replies.answer(DRAFT, usage=USAGE, **changes)


@given(
    st.floats(0, 1),
    st.lists(st.tuples(st.floats(0, 0.3), st.none() | st.floats(0, 1), st.integers(0, 5))),
)
def test_what_is_spent_never_passes_the_budget(
    most: float, requests: list[tuple[float, float | None, int]]
) -> None:
    budget = Budget(most)
    real = 0.0
    under_way = []
    for worst, share, settle in requests:
        reservation = budget.reserve(worst)
        if reservation is not None:
            # A real cost is at most what was reserved; None is one that nobody reported.
            under_way.append((reservation, worst, None if share is None else share * worst))
        for _ in range(min(settle, len(under_way))):
            oldest, at_worst, cost = under_way.pop(0)
            budget.settle(oldest, cost)
            real += at_worst if cost is None else cost
        # Each amount is rounded up to a billionth.
        assert real <= most + 1e-12
        assert budget.spent + budget.reserved <= most + 1e-12
    for oldest, _, _ in under_way:
        budget.settle(oldest, 0.0)
    assert budget.reserved == 0.0


def test_a_reservation_is_settled_once() -> None:
    budget = Budget(1.0)
    reservation = budget.reserve(0.5)
    assert reservation is not None
    budget.settle(reservation, 0.25)
    budget.settle(reservation, None)
    assert (budget.spent, budget.reserved) == (0.25, 0.0)


@pytest.mark.anyio
async def test_who_finds_the_rest_set_aside_waits_for_what_is_left_of_it_in_turn() -> None:
    budget = Budget(1.0)
    first = await budget.acquire(0.8)
    waiting = [asyncio.create_task(budget.acquire(cost)) for cost in (0.7, 0.1, 0.9)]
    await asyncio.sleep(0)
    assert first is not None
    assert not any(one.done() for one in waiting)
    budget.settle(first, 0.2)
    assert all([await one for one in waiting[:2]])
    assert budget.reserved == pytest.approx(0.8)
    assert await waiting[2] is None  # as much as was spent already keeps it out
    assert await budget.acquire(0.85) is None


@pytest.mark.anyio
async def test_who_stops_waiting_for_the_budget_leaves_it_to_the_next() -> None:
    budget = Budget(1.0)
    first = await budget.acquire(1.0)
    gone, kept = (asyncio.create_task(budget.acquire(0.6)) for _ in range(2))
    await asyncio.sleep(0)
    assert first is not None
    budget.settle(first, 0.0)
    gone.cancel()  # it has its turn, and does not know it yet
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await kept is not None
    assert budget.reserved == pytest.approx(0.6)


@pytest.mark.openai
@pytest.mark.anyio
async def test_articles_at_once_spend_what_one_after_the_other_would() -> None:
    little = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    with LoopbackServer(then=replies.answer(DRAFT, usage=little)) as server:
        # Room for a few at their worst, and for all at what they cost.
        async with engine_at(server.base_url, max_cost=0.01, **PRICES) as engine:
            made = await asyncio.gather(*(engine.complete(request()) for _ in range(40)))
    assert len(made) == len(server.requests) == 40


@pytest.mark.openai
@pytest.mark.anyio
async def test_nobody_waits_for_the_budget_beyond_the_deadline() -> None:
    clock, budget = Clock(), Budget(0.02)
    assert budget.reserve(0.0195) is not None
    settings = Settings(base_url="http://127.0.0.1:1/v1", api_key=KEY, model="m", **PRICES)
    engine = OpenAIEngine(settings, retries=clock.policy(), budget=budget)
    with pytest.raises(EngineTimeout):
        await engine.complete(request(deadline=clock.now + 0.01))
    assert budget.reserved == pytest.approx(0.0195)


def test_what_costs_nothing_needs_no_budget() -> None:
    budget = Budget(0.0)
    assert budget.reserve(0.0) is not None
    assert budget.reserve(1e-9) is None


def test_set_prices_are_for_models_without_a_public_one() -> None:
    used = Usage(input_tokens=1_000_000, cached_input_tokens=500_000, output_tokens=2_000_000)
    prices = Prices(input=3.0, output=5.0)
    here = usage.cost(used, model="m", base_url="http://127.0.0.1:1/v1", prices=prices)
    assert here == pytest.approx(13.0)
    there = "https://api.openai.com/v1"
    public = usage.cost(used, model="gpt-4o", base_url=there, prices=prices)
    assert public == usage.cost(used, model="gpt-4o", base_url=there)
    assert usage.cost(used, model="none", base_url=there, prices=prices) == pytest.approx(13.0)
    assert usage.cost(Usage(), model="m", base_url=there, prices=prices) is None


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_count_of_tokens_that_no_request_has_is_none() -> None:
    nonsense = {"prompt_tokens": 10**400, "completion_tokens": 10**400}
    with LoopbackServer(replies.answer(DRAFT, usage=nonsense)) as server:
        async with engine_at(server.base_url, max_cost=1.0, **PRICES) as engine:
            (attempt,) = (await engine.complete(request())).attempts
    assert (attempt.input_tokens, attempt.output_tokens, attempt.cost_usd) == (None, None, None)


@pytest.mark.openai
def test_a_budget_without_a_price_is_a_configuration_error() -> None:
    for base_url in ("http://127.0.0.1:1/v1", "https://gateway.example/v1"):
        settings = Settings(base_url=base_url, api_key=KEY, model="m", max_cost=1.0)
        with pytest.raises(ConfigurationError, match="SUMMARIZER_INPUT_PRICE"):
            OpenAIEngine(settings)
    OpenAIEngine(Settings(api_key=KEY, model="gpt-4o", max_cost=1.0))


@pytest.mark.openai
@pytest.mark.anyio
async def test_the_request_that_might_pass_the_budget_is_not_sent() -> None:
    with LoopbackServer(then=_answer()) as server:
        # Each may cost up to 0.001 for its answer and something for its input, and costs 0.002.
        async with engine_at(server.base_url, max_cost=0.01, **PRICES) as engine:
            costs: list[float] = []
            with pytest.raises(BudgetExceeded, match="USD") as caught:
                await _spend(engine, costs)
        sent = len(server.requests)
    assert caught.value.attempts == ()
    assert sent == len(costs) > 1
    assert costs == [pytest.approx(0.002)] * sent
    assert sum(costs) <= 0.01


@pytest.mark.openai
@pytest.mark.anyio
async def test_articles_at_once_do_not_pass_it_together() -> None:
    with LoopbackServer(then=_answer()) as server:
        async with engine_at(server.base_url, max_cost=0.02, **PRICES) as engine:
            done = await asyncio.gather(
                *(engine.complete(request()) for _ in range(40)), return_exceptions=True
            )
        sent = len(server.requests)
    kinds = {type(entry) for entry in done if isinstance(entry, BaseException)}
    assert kinds == {BudgetExceeded}
    assert 0 < sent < 40


@pytest.mark.openai
@pytest.mark.anyio
async def test_what_was_turned_away_costs_nothing() -> None:
    turned_away: list[tuple[Reply, type[EngineError]]] = [
        (replies.unauthorized(), AuthenticationFailed),
        (replies.rate_limited(code="insufficient_quota"), RateLimited),
    ]
    with LoopbackServer() as server:
        async with engine_at(server.base_url, max_cost=0.008, **PRICES) as engine:
            for reply, error in turned_away * 20:
                server.script(reply)
                with pytest.raises(error):
                    await engine.complete(request())
            server.script(_answer())
            await engine.complete(request())


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_port_that_nobody_listens_at_costs_nothing() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"
        async with engine_at(url, max_cost=0.008, **PRICES) as engine:
            for _ in range(6):
                with pytest.raises(EngineError) as caught:
                    await engine.complete(request())
                assert type(caught.value) is not BudgetExceeded


@pytest.mark.openai
@pytest.mark.anyio
@pytest.mark.parametrize(
    "reply", [replies.answer(DRAFT, usage=False), replies.error(504), replies.reset()]
)
async def test_what_may_have_cost_something_counts_as_the_worst(reply: Reply) -> None:
    with LoopbackServer(then=reply) as server:
        async with engine_at(server.base_url, max_cost=0.008, **PRICES) as engine:
            with pytest.raises(BudgetExceeded):
                await _try_until(engine)
        assert 0 < len(server.requests) < 8


async def _spend(engine: OpenAIEngine, costs: list[float]) -> None:
    while True:
        done = await engine.complete(request())
        costs += [attempt.cost_usd or 0.0 for attempt in done.attempts]


async def _try_until(engine: OpenAIEngine) -> None:
    """Until an error is one of the budget."""
    for _ in range(50):
        try:
            await engine.complete(request())
        except BudgetExceeded:
            raise
        except EngineError:
            continue


@pytest.mark.openai
@pytest.mark.anyio
async def test_an_article_broken_off_counts_and_one_that_was_not_sent_does_not() -> None:
    budget = Budget(1.0)
    settings = Settings(api_key=KEY, model="m", concurrency=1, **PRICES)
    with LoopbackServer(replies.hang()) as server:
        engine = OpenAIEngine(
            settings.with_options(base_url=server.base_url),
            retries=Clock().policy(),
            budget=budget,
        )
        sent = asyncio.create_task(engine.complete(request()))
        await asyncio.to_thread(server.wait_for, 1)
        one = budget.reserved
        assert one > 0.001
        queued = asyncio.create_task(engine.complete(request()))
        for _ in range(3):  # it runs until it waits for the one slot
            await asyncio.sleep(0)
        assert budget.reserved == pytest.approx(2 * one)
        queued.cancel()
        await asyncio.gather(queued, return_exceptions=True)
        assert (budget.reserved, budget.spent) == (one, 0.0)
        sent.cancel()
        await asyncio.gather(sent, return_exceptions=True)
        assert (budget.reserved, budget.spent) == (0.0, one)
        await engine.aclose()
