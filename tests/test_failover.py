"""Where the first engine gives no answer, the next one is asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from summarizer import ConfigurationError, Settings, Summarizer
from summarizer.engines.base import Completion, Request
from summarizer.engines.failover import Failover
from summarizer.engines.openai import OpenAIEngine, build
from summarizer.engines.openai.building import fallback_settings
from summarizer.errors import (
    AnswerTruncated,
    AuthenticationFailed,
    BatchUnsupported,
    BudgetExceeded,
    ContentFiltered,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    InvalidAnswer,
    NotAnswered,
    RateLimited,
    Refused,
    RequestRejected,
    RequestTooLong,
)
from summarizer.schema import Attempt
from summarizer.testing import LoopbackServer, replies
from tests.openai_support import ARTICLE, DRAFT, request

pytestmark = pytest.mark.anyio

OTHER_KEY = "sk-other-9876543210"
KEY = "sk-first-0123456789"


@dataclass
class Fake:
    """An engine that answers, or fails, and remembers the deadlines it was given."""

    model: str = "first"
    error: EngineError | None = None
    endpoint: str = "first.example"
    available: bool = True
    input_characters: int | None = None
    takes: float = 0.0
    clock: list[float] = field(default_factory=lambda: [1000.0])
    deadlines: list[float | None] = field(default_factory=list)
    closed: bool = False
    name: str = "openai"
    prompted: bool = True

    @property
    def fingerprint(self) -> str | None:
        return f"f({self.model})"

    async def complete(self, request: Request) -> Completion:
        self.deadlines.append(request.deadline)
        self.clock[0] += self.takes
        attempt = Attempt(
            purpose=request.purpose, mode=None, outcome="x", endpoint=self.endpoint, seconds=0.0
        )
        if self.error is not None:
            self.error.attempts = (attempt,)
            raise self.error
        return Completion(DRAFT, attempts=(attempt,))

    async def aclose(self) -> None:
        self.closed = True


def _pair(first: Fake, second: Fake | None = None) -> tuple[Failover, Fake, Fake]:
    second = second or Fake(model="second", endpoint="second.example")
    second.clock = first.clock
    engine = Failover((first, second), timeout=120.0, clock=lambda: first.clock[0])
    return engine, first, second


async def test_an_answer_of_the_first_is_all_that_is_asked_for() -> None:
    engine, _, second = _pair(Fake())
    done = await engine.complete(request())
    assert (done.model, done.endpoint, done.keepable) == ("first", "first.example", True)
    assert second.deadlines == []


MENDABLE = [
    AnswerTruncated,
    AuthenticationFailed,
    ContentFiltered,
    EngineTimeout,
    EngineUnavailable,
    InvalidAnswer,
    RateLimited,
    Refused,
    RequestRejected,
    BatchUnsupported,
]
FINAL = [BudgetExceeded, NotAnswered, RequestTooLong]


@pytest.mark.parametrize("error", MENDABLE)
async def test_what_another_may_mend_is_asked_of_the_second(error: type[EngineError]) -> None:
    engine, _, _ = _pair(Fake(error=error("no")))
    done = await engine.complete(request())
    assert done.draft == DRAFT
    assert (done.model, done.endpoint) == ("second", "second.example")
    # The fingerprint is the first engine's, and stands for no other's answer.
    assert (engine.fingerprint, done.keepable) == ("f(first)", False)
    assert [a.endpoint for a in done.attempts] == ["first.example", "second.example"]
    assert (engine.name, engine.model, engine.endpoint) == ("openai", "first", "first.example")


@pytest.mark.parametrize("error", FINAL)
async def test_what_no_other_mends_is_final(error: type[EngineError]) -> None:
    engine, _, second = _pair(Fake(error=error("no")))
    with pytest.raises(error):
        await engine.complete(request())
    assert second.deadlines == []


def test_every_engine_error_is_one_or_the_other() -> None:
    known = {*EngineError.__subclasses__(), *RequestRejected.__subclasses__()}
    assert known == {*MENDABLE, *FINAL}


async def test_a_part_of_the_deadline_is_kept_for_the_second() -> None:
    engine, first, second = _pair(Fake(error=EngineTimeout("slow"), takes=90.0))
    await engine.complete(request(deadline=1120.0))
    assert first.deadlines == [1090.0]
    assert second.deadlines == [1120.0]
    engine, first, second = _pair(Fake(error=EngineTimeout("slow")))
    await engine.complete(request(deadline=1009.0))
    assert first.deadlines == [pytest.approx(1006.0)]


async def test_without_a_deadline_the_timeout_makes_one() -> None:
    engine, first, _ = _pair(Fake())
    await engine.complete(request())
    assert first.deadlines == [1090.0]


async def test_nobody_is_asked_after_the_deadline() -> None:
    engine, _, second = _pair(Fake(error=EngineTimeout("slow"), takes=200.0))
    with pytest.raises(EngineTimeout):
        await engine.complete(request(deadline=1120.0))
    assert second.deadlines == []


async def test_an_endpoint_that_is_known_to_be_dead_is_asked_last() -> None:
    engine, first, _ = _pair(Fake(available=False))
    done = await engine.complete(request())
    assert done.model == "second"
    assert first.deadlines == []
    engine, first, second = _pair(Fake(available=False))
    second.error = Refused("no")
    done = await engine.complete(request())
    assert [a.endpoint for a in done.attempts] == ["second.example", "first.example"]


@pytest.mark.parametrize(
    ("first", "second", "raised"),
    [
        (EngineUnavailable, AuthenticationFailed, EngineUnavailable),
        (AuthenticationFailed, RequestRejected, RequestRejected),
        (RateLimited, EngineTimeout, EngineTimeout),
        (EngineUnavailable, BudgetExceeded, BudgetExceeded),
    ],
)
async def test_of_two_errors_one_that_may_pass_is_raised_with_the_words_of_both(
    first: type[EngineError], second: type[EngineError], raised: type[EngineError]
) -> None:
    engine, _, other = _pair(Fake(error=first("one")))
    other.error = second("two")
    with pytest.raises(EngineError) as caught:
        await engine.complete(request())
    assert type(caught.value) is raised
    assert str(caught.value) == "one; then two"
    assert [a.endpoint for a in caught.value.attempts] == ["first.example", "second.example"]
    assert caught.value.__cause__ is None


async def test_cancellation_ends_it_and_asks_nobody_else() -> None:
    hangs = asyncio.Event()

    class Hanging(Fake):
        async def complete(self, request: Request) -> Completion:
            hangs.set()
            await asyncio.Event().wait()
            return await super().complete(request)

    engine, _, second = _pair(Hanging())
    task = asyncio.create_task(engine.complete(request()))
    await hangs.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert second.deadlines == []


@pytest.mark.parametrize(
    ("first", "second", "least"),
    [(None, None, None), (None, 4000, 4000), (3000, 4000, 3000), (3000, None, 3000)],
)
def test_the_input_is_no_longer_than_every_engine_takes(
    first: int | None, second: int | None, least: int | None
) -> None:
    engine, _, _ = _pair(Fake(input_characters=first), Fake(input_characters=second))
    assert engine.input_characters == least


async def test_every_engine_is_closed_also_where_closing_one_fails() -> None:
    class Broken(Fake):
        async def aclose(self) -> None:
            raise OSError("broken")

    engine, _, second = _pair(Broken())
    with pytest.raises(OSError, match="broken"):
        await engine.aclose()
    assert second.closed


def test_without_a_fallback_there_is_one_engine() -> None:
    assert isinstance(build(Settings(api_key=KEY)), OpenAIEngine)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, KEY),
        ({"fallback_base_url": "https://api.openai.com:443/v2"}, KEY),
        ({"fallback_base_url": "http://api.openai.com/v1"}, None),
        ({"fallback_base_url": "https://api.openai.com:8443/v1"}, None),
        ({"fallback_base_url": "https://api.openai.com.evil.example/v1"}, None),
        ({"fallback_base_url": "https://api.openai.com@evil.example/v1"}, None),
        ({"fallback_base_url": "https://other.example/v1"}, None),
        ({"fallback_base_url": "https://other.example/v1", "fallback_api_key": OTHER_KEY},
         OTHER_KEY),
        ({"fallback_api_key": OTHER_KEY}, OTHER_KEY),
        ({"base_url": "http://localhost:1/v1"}, KEY),
        ({"base_url": "http://localhost:1/v1", "fallback_base_url": "http://LOCALHOST:1/v2"}, KEY),
        ({"base_url": "http://localhost:1/v1", "fallback_base_url": "http://localhost:2/v1"},
         None),
    ],
)  # fmt: skip
def test_a_key_goes_to_the_host_it_was_given_for_and_no_other(
    settings: dict[str, Any], key: str | None
) -> None:
    given = Settings(api_key=KEY, fallback_model="second", requests_per_minute=5, **settings)
    made = fallback_settings(given)
    assert made.api_key == key
    assert made.requests_per_minute == (5 if key == KEY else None)
    assert (made.model, made.fallback_model) == ("second", None)


def test_a_budget_needs_the_price_of_the_fallback_too() -> None:
    known = Settings(api_key=KEY, model="gpt-4o", fallback_model="gpt-4o-mini", max_cost=1.0)
    build(known)
    with pytest.raises(ConfigurationError, match="price"):
        build(known.with_options(fallback_base_url="http://127.0.0.1:1/v1"))


@pytest.mark.openai
async def test_what_an_endpoint_takes_is_kept_for_the_next_engine(tmp_path: Path) -> None:
    with LoopbackServer(then=replies.answer(DRAFT), refuse=["litellm/response_format"]) as server:
        settings = Settings(base_url=server.base_url, model="one", cache_dir=tmp_path)
        for _ in range(2):
            engine = build(settings)
            await engine.complete(request())
            await engine.aclose()
        first, second, third = ("response_format" in body for body in server.bodies)
    assert (first, second, third) == (True, False, False)


@contextlib.asynccontextmanager
async def _built(
    first: LoopbackServer, second: LoopbackServer, **options: Any
) -> AsyncIterator[OpenAIEngine | Failover]:
    engine = build(
        Settings(
            base_url=first.base_url,
            api_key=KEY,
            model="one",
            fallback_model="two",
            fallback_base_url=second.base_url,
            fallback_api_key=OTHER_KEY,
            **options,
        )
    )
    try:
        yield engine
    finally:
        await engine.aclose()


@pytest.mark.openai
async def test_over_http_each_host_gets_its_own_key_and_model_and_all_is_accounted_for() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    unauthorized = LoopbackServer(then=replies.unauthorized())
    with unauthorized as first, LoopbackServer(replies.answer(DRAFT, usage=usage)) as second:
        async with _built(first, second) as engine:
            done = await engine.complete(request())
        (asked,), (then,) = first.requests, second.requests
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert then.headers["authorization"] == f"Bearer {OTHER_KEY}"
    assert [body["model"] for body in (*first.bodies, *second.bodies)] == ["one", "two"]
    assert done.model == "two"
    assert [(a.endpoint, a.outcome, a.input_tokens) for a in done.attempts] == [
        (first.base_url[7:-3], "authentication", None),
        (second.base_url[7:-3], "ok", 10),
    ]


@pytest.mark.openai
async def test_a_dead_host_with_a_fallback_is_not_waited_for() -> None:
    with LoopbackServer(then=replies.answer(DRAFT)) as first, LoopbackServer(
        then=replies.answer(DRAFT)
    ) as second:  # fmt: skip
        async with _built(first, second) as engine:
            assert isinstance(engine, Failover)
            one = engine.engines[0]
            assert isinstance(one, OpenAIEngine)
            # As ten failures over some seconds leave it.
            breaker = one._traffic._breaker
            breaker._failures, breaker._first_failure = 9, 0.0
            breaker.failed(probe=False, under_way=0)
            assert not one.available
            done = await engine.complete(request())
        assert done.model == "two"
        assert first.requests == []


@pytest.mark.openai
async def test_the_first_of_two_gets_three_requests_and_the_last_five() -> None:
    at_once = replies.server_error(headers={"retry-after-ms": "1"})
    with LoopbackServer(then=at_once) as first, LoopbackServer(then=at_once) as second:
        async with _built(first, second) as engine:
            with pytest.raises(EngineUnavailable) as caught:
                await engine.complete(request())
        assert len(caught.value.attempts) == len(first.requests) + len(second.requests)
        assert (len(first.requests), len(second.requests)) == (3, 5)


@pytest.mark.openai
async def test_an_article_that_meets_an_outage_half_way_goes_on_at_the_second_at_once() -> None:
    with LoopbackServer(then=replies.server_error()) as first, LoopbackServer(
        then=replies.answer(DRAFT)
    ) as second:  # fmt: skip
        async with _built(first, second) as engine:
            assert isinstance(engine, Failover)
            one = engine.engines[0]
            assert isinstance(one, OpenAIEngine)
            breaker = one._traffic._breaker
            breaker._failures, breaker._first_failure = 9, 0.0
            done = await engine.complete(request())
        # Its first request was the tenth failure. With nobody else to ask it would wait.
        assert [a.outcome for a in done.attempts] == ["server_error", "ok"]


@pytest.mark.openai
async def test_one_account_has_one_minute_and_a_host_elsewhere_its_own() -> None:
    settings = Settings(
        base_url="http://127.0.0.1:1/v1",
        api_key=KEY,
        requests_per_minute=5,
        fallback_model="two",
    )
    paces = []
    for changes in ({}, {"fallback_base_url": "http://127.0.0.1:2/v1"}):
        engine = build(settings.with_options(**changes))
        assert isinstance(engine, Failover)
        paces.append(
            [
                one._traffic._limits._pace.requests
                for one in engine.engines
                if isinstance(one, OpenAIEngine)
            ]
        )
    (here, also), (_, elsewhere) = paces
    assert here is also is not None
    assert elsewhere is None


@pytest.mark.openai
async def test_both_hosts_spend_one_budget() -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000}
    prices = {"input_price": 1.0, "output_price": 1.0, "max_output_tokens": 1000}
    with LoopbackServer(then=replies.refused()) as first, LoopbackServer(
        then=replies.answer(DRAFT, usage=usage)
    ) as second:  # fmt: skip
        async with _built(first, second, max_cost=0.03, **prices) as engine:
            with pytest.raises(BudgetExceeded):
                await _until_it_fails(engine)
        assert 0 < len(second.requests) < 15
    assert isinstance(engine, Failover)
    budgets = {id(one._traffic._budget) for one in engine.engines if isinstance(one, OpenAIEngine)}
    assert len(budgets) == 1


async def _until_it_fails(engine: OpenAIEngine | Failover) -> None:
    for _ in range(30):
        await engine.complete(request())


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}


@pytest.mark.openai
@pytest.mark.parametrize("reported", [True, False])
async def test_the_record_adds_up_failures_repairs_and_both_endpoints(*, reported: bool) -> None:
    """The first host drafts what needs a repair, and fails at the repair; the second mends it."""
    wrong = DRAFT.model_copy(
        update={"where": [DRAFT.where[0].model_copy(update={"evidence": ["not in the article"]})]}
    )
    drafted = replies.answer(wrong, usage=_usage(2000))
    mended = replies.answer(DRAFT, usage=_usage(3000) if reported else False)
    with LoopbackServer(drafted, then=replies.unauthorized()) as first, LoopbackServer(
        mended
    ) as second:  # fmt: skip
        options = {"input_price": 1000.0, "output_price": 0.0, "cache": False}
        async with (
            _built(first, second, **options) as engine,
            Summarizer(Settings(cache=False), engine=engine) as summarizer,
        ):
            record = await summarizer.asummarize(ARTICLE)
    made = record.provenance
    assert [(a.purpose, a.outcome, a.endpoint, a.input_tokens) for a in made.attempts] == [
        ("draft", "ok", first.base_url[7:-3], 2000),
        ("repair", "authentication", first.base_url[7:-3], None),
        ("repair", "ok", second.base_url[7:-3], 3000 if reported else None),
    ]
    assert made.cost_usd == (pytest.approx(5.0) if reported else None)
    assert (made.model, made.endpoint) == ("one", first.base_url[7:-3])
