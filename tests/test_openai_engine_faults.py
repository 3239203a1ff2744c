"""What the engine makes of an endpoint's bad days, over real HTTP."""

from __future__ import annotations

import asyncio
import email.utils
import time
import traceback
from typing import Any

import openai
import pytest

from summarizer.engines.openai import Lesson, Mode, failures
from summarizer.errors import (
    AnswerTruncated,
    AuthenticationFailed,
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
from summarizer.testing import LoopbackServer, Reply, replies
from tests.openai_support import ARTICLE, DRAFT, KEY, Clock, engine_at, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

#: Faults that no second request mends: the error, and the outcome of the one attempt.
FINAL: dict[str, tuple[Reply, type[EngineError], str]] = {
    "refusal": (replies.refused(), Refused, "refused"),
    "refusal as a part": (
        Reply(body={"choices": [{"message": {"content": [{"type": "refusal"}]}}]}),
        Refused,
        "refused",
    ),
    "content filter": (replies.content_filter(), ContentFiltered, "content_filter"),
    "content filter, 400": (
        replies.error(400, "filtered", code="content_filter"),
        ContentFiltered,
        "content_filter",
    ),
    "moderation, 403": (
        replies.error(403, "This model requires moderation and your input was flagged"),
        ContentFiltered,
        "content_filter",
    ),
    "401": (replies.unauthorized(), AuthenticationFailed, "authentication"),
    "a wrong key, 400 of LiteLLM": (
        replies.error(400, "No connected db.", kind="no_db_connection", code="400"),
        AuthenticationFailed,
        "authentication",
    ),
    "a wrong key, 400 of xAI": (
        Reply(
            status=400,
            body={
                "code": "Client specified an invalid argument",
                "error": "Incorrect API key provided: sk***st. You can obtain an API key from "
                "https://console.x.ai.",
            },
        ),
        AuthenticationFailed,
        "authentication",
    ),
    "a wrong key, 400 of Gemini": (
        Reply(
            status=400,
            body=[
                {
                    "error": {
                        "code": 400,
                        "message": "API key not valid. Please pass a valid API key.",
                        "status": "INVALID_ARGUMENT",
                    }
                }
            ],
        ),
        AuthenticationFailed,
        "authentication",
    ),
    "content filter of LiteLLM": (
        replies.error(
            400,
            "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - The "
            "response was filtered.",
            code="400",
        ),
        ContentFiltered,
        "content_filter",
    ),
    "402": (replies.error(402, "Insufficient credits"), AuthenticationFailed, "authentication"),
    "403": (replies.forbidden(), AuthenticationFailed, "authentication"),
    "404": (replies.unknown_model(), RequestRejected, "rejected"),
    "405": (replies.error(405, "Method Not Allowed"), RequestRejected, "rejected"),
    "413": (replies.error(413, "Payload Too Large"), RequestTooLong, "rejected"),
    "418": (Reply(status=418, body=b"{}"), RequestRejected, "rejected"),
    "context length": (replies.context_length(), RequestTooLong, "rejected"),
    "context length, 500": (
        replies.error(500, "Context size has been exceeded.", kind="server_error"),
        RequestTooLong,
        "rejected",
    ),
    "quota": (replies.rate_limited(code="insufficient_quota"), RateLimited, "rate_limited"),
    "over the tokens per minute": (
        replies.error(429, "Request too large for m on tokens per min (TPM): Limit 9"),
        RateLimited,
        "rate_limited",
    ),
    "a web page": (
        Reply(body=b"<!doctype html><p>Welcome", headers=replies.HTML),
        RequestRejected,
        "rejected",
    ),
    "an upstream's 401 under 200": (
        Reply(body={"error": {"code": 401, "message": "no"}}),
        AuthenticationFailed,
        "authentication",
    ),
}

#: Faults that may pass: the error when they do not, and the outcome of each attempt.
PASSING: dict[str, tuple[Reply, type[EngineError], str]] = {
    "408": (replies.error(408, "Request Timeout"), EngineTimeout, "timeout"),
    "409": (replies.error(409, "Conflict"), EngineUnavailable, "server_error"),
    "429": (replies.rate_limited(), RateLimited, "rate_limited"),
    "500": (replies.server_error(), EngineUnavailable, "server_error"),
    "502": (replies.html_page(), EngineUnavailable, "server_error"),
    "503": (replies.server_error(503), EngineUnavailable, "server_error"),
    "504": (replies.html_page(504), EngineUnavailable, "server_error"),
    "520": (replies.html_page(520), EngineUnavailable, "server_error"),
    "529": (replies.server_error(529), EngineUnavailable, "server_error"),
    "reset": (replies.reset(), EngineUnavailable, "unreachable"),
    "reset before the body": (replies.reset(after=0), EngineUnavailable, "unreachable"),
    "half of a body": (Reply(body=b'{"choices": ['), EngineUnavailable, "broken_response"),
    "an upstream's 502 under 200": (
        Reply(body={"error": {"code": 502, "message": "Bad Gateway"}}),
        EngineUnavailable,
        "server_error",
    ),
    "an error as the reason to finish": (
        Reply(content="", finish_reason="error"),
        EngineUnavailable,
        "server_error",
    ),
}


@pytest.mark.parametrize("name", FINAL)
async def test_a_final_fault_is_its_error_after_one_request(name: str) -> None:
    reply, error, outcome = FINAL[name]
    clock = Clock()
    with LoopbackServer(then=reply) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            with pytest.raises(error) as caught:
                await engine.complete(request())
        assert len(server.requests) == 1
    assert type(caught.value) is error
    assert [a.outcome for a in caught.value.attempts] == [outcome]
    assert clock.slept == []


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_refusal_is_seen_in_each_mode(mode: Mode) -> None:
    with LoopbackServer(replies.refused()) as server:
        async with engine_at(server.base_url, lesson=Lesson(mode=mode)) as engine:
            with pytest.raises(Refused):
                await engine.complete(request())


@pytest.mark.parametrize("name", PASSING)
async def test_a_passing_fault_is_waited_out(name: str) -> None:
    reply, _, outcome = PASSING[name]
    clock = Clock()
    with LoopbackServer(reply, reply, replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            completion = await engine.complete(request())
    assert completion.draft == DRAFT
    assert [a.outcome for a in completion.attempts] == [outcome, outcome, "ok"]
    assert clock.slept == [0.5, 1.0]


@pytest.mark.parametrize("name", PASSING)
async def test_a_passing_fault_that_stays_is_its_error_after_five_requests(name: str) -> None:
    reply, error, outcome = PASSING[name]
    clock = Clock()
    with LoopbackServer(then=reply) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            with pytest.raises(error) as caught:
                await engine.complete(request())
    assert type(caught.value) is error
    assert caught.value.retryable
    assert [a.outcome for a in caught.value.attempts] == [outcome] * 5
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]


async def test_no_connection_is_unavailable() -> None:
    with LoopbackServer() as server:
        gone = server.base_url
    async with engine_at(gone) as engine:
        with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:\d+") as caught:
            await engine.complete(request())
    assert {a.outcome for a in caught.value.attempts} == {"unreachable"}


AFTER = {
    "seconds": ({"retry-after": "7"}, 7.0),
    "fraction": ({"retry-after": "1.5"}, 1.5),
    "milliseconds": ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
    "x-ratelimit": (
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s"},
        62.5,
    ),
    "a window that is not used up": (
        {"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "9s"},
        0.5,
    ),
    "nonsense": ({"retry-after": "soon"}, 0.5),
    "negative": ({"retry-after": "-5"}, 0.5),
    "infinite": ({"retry-after": "inf"}, 0.5),
    "not a number": ({"retry-after": "nan"}, 0.5),
    "none": ({}, 0.5),
}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("name", AFTER)
async def test_the_wait_is_what_the_endpoint_asks_for(name: str, status: int) -> None:
    headers, wait = AFTER[name]
    clock = Clock()
    limited = replies.error(status, "Slow down", headers=headers)
    with LoopbackServer(limited, replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock, timeout=600.0) as engine:
            await engine.complete(request())
    assert clock.slept == [wait]


@pytest.mark.parametrize(("ahead", "wait"), [(30, 30.0), (-30, 0.0)])
async def test_a_date_in_retry_after_is_waited_for(ahead: int, wait: float) -> None:
    clock = Clock()
    date = email.utils.formatdate(clock.wall + ahead, usegmt=True)
    with LoopbackServer(replies.rate_limited(date), replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            await engine.complete(request())
    assert clock.slept == [wait]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (replies.rate_limited("120"), RateLimited),
        (replies.server_error(503, headers={"retry-after": "120"}), EngineUnavailable),
        (replies.error(408, "timeout", headers={"retry-after": "120"}), EngineTimeout),
    ],
)
async def test_a_wait_past_the_deadline_is_given_up_at_once(
    reply: Reply, error: type[EngineError]
) -> None:
    clock = Clock()
    with LoopbackServer(then=reply) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            with pytest.raises(error) as caught:
                await engine.complete(request(deadline=clock.now + 100))
        assert len(server.requests) == 1
    assert len(caught.value.attempts) == 1
    assert clock.slept == []


async def test_a_deadline_that_has_passed_sends_nothing() -> None:
    clock = Clock()
    with LoopbackServer() as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            with pytest.raises(EngineTimeout) as caught:
                await engine.complete(request(deadline=clock.now))
        assert server.requests == []
    assert caught.value.attempts == ()


async def test_one_deadline_is_over_the_retries_of_every_turn() -> None:
    clock = Clock()
    script = (replies.rate_limited("4"), replies.prose(), replies.rate_limited("4"))
    with LoopbackServer(*script, then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            with pytest.raises(RateLimited) as caught:
                await engine.complete(request(deadline=clock.now + 6))
    assert [a.outcome for a in caught.value.attempts] == [
        "rate_limited",
        "invalid",
        "rate_limited",
    ]
    assert clock.slept == [4.0]


SLOW = {
    "hang": replies.hang(),
    "slow headers": replies.slow_headers(DRAFT, 60.0),
    "slow body": replies.slow_body(DRAFT, 1, 0.05),
}


@pytest.mark.parametrize("name", SLOW)
async def test_an_answer_after_the_deadline_is_a_timeout(name: str) -> None:
    with LoopbackServer(then=SLOW[name]) as server:
        async with engine_at(server.base_url) as engine:
            # The wire's clock is the real one: only the engine's stands still.
            with pytest.raises(EngineTimeout) as caught:
                await engine.complete(request(deadline=1000.0 + 0.4))
    outcomes = [a.outcome for a in caught.value.attempts]
    assert set(outcomes) == {"timeout"}


async def test_a_slow_answer_before_the_deadline_counts() -> None:
    with LoopbackServer(replies.slow_body(DRAFT, 100, 0.001)) as server:
        async with engine_at(server.base_url) as engine:
            assert (await engine.complete(request())).draft == DRAFT


async def test_cancellation_while_waiting_for_an_answer_ends_the_call() -> None:
    with LoopbackServer(then=replies.hang()) as server:
        async with engine_at(server.base_url) as engine:
            task = asyncio.create_task(engine.complete(request()))
            await asyncio.to_thread(server.wait_for, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert len(server.requests) == 1


async def test_cancellation_while_waiting_for_a_retry_ends_the_call() -> None:
    asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    clock = Clock()
    with LoopbackServer(then=replies.rate_limited()) as server:
        async with engine_at(server.base_url, clock=clock) as engine:
            engine._retries = clock.policy(sleep=sleep)
            task = asyncio.create_task(engine.complete(request()))
            await asleep.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert len(server.requests) == 1


def _planted(text: str) -> list[Reply]:
    """Replies that say `text` wherever they can."""
    fields = {"message": text, "type": text, "code": text, "param": text, text: text}
    headers = {"x-request-id": text, "retry-after": text, "x-text": text}
    everywhere = [
        Reply(status=status, body={"error": fields, "detail": [text], text: text}, headers=headers)
        for status in (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529, 200)
    ]
    return [
        *everywhere,
        Reply(status=400, body=text.encode(), headers=headers),
        Reply(status=500, body=f"<html>{text}".encode(), headers=replies.HTML),
        Reply(body=f"<html>{text}".encode(), headers=replies.HTML),
        replies.error(400, f"{text} context_length_exceeded", code="context_length_exceeded"),
        replies.refused(text),
        replies.prose(text),
        Reply(content=f'{{"what": "{text}", "{text}": 1}}'),
        Reply(content=text, finish_reason="length"),
        Reply(content=text, finish_reason=text),
        Reply(content=text, finish_reason="content_filter"),
    ]


@pytest.mark.parametrize("secret", [KEY, ARTICLE.text.split(".")[0], "words of the model"])
@pytest.mark.parametrize("number", range(len(_planted(""))))
async def test_no_error_holds_what_the_endpoint_said(
    secret: str, number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither its text, nor what it is chained to, nor the account, nor a log line."""
    with LoopbackServer(then=_planted(secret)[number]) as server:
        async with engine_at(server.base_url) as engine:
            with pytest.raises(EngineError) as caught:
                await engine.complete(request())
            shown = "".join(traceback.format_exception(caught.value))
            assert caught.value.__cause__ is None
            assert caught.value.__context__ is None
            shown += repr(caught.value) + repr(engine)
    shown += "".join(attempt.model_dump_json() for attempt in caught.value.attempts)
    shown += "".join(capfd.readouterr())
    assert secret not in shown


async def test_an_error_says_what_helps() -> None:
    with LoopbackServer(replies.unknown_model()) as server:
        async with engine_at(server.base_url) as engine:
            with pytest.raises(RequestRejected) as caught:
                await engine.complete(request())
    assert str(caught.value) == (
        "the endpoint knows no such model or path (HTTP 404, model_not_found)"
    )


async def test_a_password_in_the_base_url_is_not_shown() -> None:
    async with engine_at("http://name:hunter2@127.0.0.1:1/v1") as engine:
        with pytest.raises(EngineUnavailable) as caught:
            await engine.complete(request())
    assert "127.0.0.1:1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


#: Every exception that the SDK shows, and what it comes to. A new one is to be sorted here.
SDK_EXCEPTIONS: dict[str, type[EngineError]] = {
    "OpenAIError": EngineUnavailable,
    "APIError": EngineUnavailable,
    "APIConnectionError": EngineUnavailable,
    "APITimeoutError": EngineTimeout,
    "APIResponseValidationError": EngineUnavailable,
    "LengthFinishReasonError": EngineUnavailable,
    "ContentFilterFinishReasonError": EngineUnavailable,
    "InvalidWebhookSignatureError": EngineUnavailable,
    "WebSocketConnectionClosedError": EngineUnavailable,
    "WebSocketQueueFullError": EngineUnavailable,
}
SDK_STATUS_EXCEPTIONS: dict[str, tuple[int, type[EngineError]]] = {
    "APIStatusError": (418, RequestRejected),
    "BadRequestError": (400, RequestRejected),
    "AuthenticationError": (401, AuthenticationFailed),
    "OAuthError": (401, AuthenticationFailed),
    "PermissionDeniedError": (403, AuthenticationFailed),
    "NotFoundError": (404, RequestRejected),
    "ConflictError": (409, EngineUnavailable),
    "UnprocessableEntityError": (422, RequestRejected),
    "RateLimitError": (429, RateLimited),
    "InternalServerError": (500, EngineUnavailable),
}


def test_every_exception_of_the_sdk_is_mapped() -> None:
    public = {name: getattr(openai, name, None) for name in openai.__all__}
    shown = {
        name: value
        for name, value in public.items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    assert set(shown) <= SDK_EXCEPTIONS.keys() | SDK_STATUS_EXCEPTIONS.keys()
    for name, kind in shown.items():
        if issubclass(kind, openai.APIStatusError):
            assert name in SDK_STATUS_EXCEPTIONS
        else:
            error: Any = kind.__new__(kind)
            assert failures.of_exception(error, "host").error is SDK_EXCEPTIONS[name]


@pytest.mark.parametrize("name", SDK_STATUS_EXCEPTIONS)
async def test_every_status_of_the_sdk_is_mapped(name: str) -> None:
    status, error = SDK_STATUS_EXCEPTIONS[name]
    with LoopbackServer(then=Reply(status=status, body={})) as server:
        async with engine_at(server.base_url) as engine:
            with pytest.raises(error) as caught:
                await engine.complete(request())
    assert type(caught.value) is error


def test_every_engine_error_can_come_of_a_fault() -> None:
    reached = {error for _, error, _ in (*FINAL.values(), *PASSING.values())}
    reached |= {AnswerTruncated, InvalidAnswer}
    assert RequestTooLong in reached
    reached.remove(RequestTooLong)
    # No fault of an endpoint's: tests/test_openai_engine_budget.py, tests/test_batch_provider.py.
    assert reached == set(EngineError.__subclasses__()) - {BudgetExceeded, NotAnswered}


def test_the_real_clocks_are_the_default() -> None:
    from summarizer.engines.openai import RetryPolicy

    policy = RetryPolicy()
    assert (policy.clock, policy.wall_clock, policy.sleep) == (
        time.monotonic,
        time.time,
        asyncio.sleep,
    )
