"""Facts about the engine with answers that are there already."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from summarizer.engines.base import Request
from summarizer.engines.openai import Lesson, Mode, OpenAIEngine
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.given import Given, lesson_as_json, lesson_of
from summarizer.engines.openai.responses import Reply
from summarizer.errors import InvalidAnswer, NotAnswered, RequestRejected
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer, replies
from tests.openai_support import DRAFT, KEY, Clock, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

GOOD = replies.answer(DRAFT)
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


@dataclass
class Answers:
    """Gives the same for every draft, and remembers who asked."""

    found: Given | Failure | None
    live: bool = True
    asked: list[Request] = field(default_factory=list)

    def find(self, request: Request) -> Given | Failure | None:
        self.asked.append(request)
        return self.found


def given(content: str | None, *, status: int = 200, lesson: Lesson | None = None) -> Given:
    message = {"role": "assistant", "content": content}
    body = {
        "choices": [{"message": message, "finish_reason": "stop"}],
        "model": "m",
        "usage": USAGE,
    }
    return Given(Reply(status, {}, json.dumps(body).encode(), "req_1"), lesson or Lesson(), 60.0)


def engine_with(server: LoopbackServer, answers: Answers, **options: Any) -> OpenAIEngine:
    settings = Settings(
        engine="openai", base_url=server.base_url, model="m", api_key=KEY, timeout=60.0,
        input_price=1.0, output_price=10.0, **options,
    )  # fmt: skip
    return OpenAIEngine(settings, retries=Clock().policy(), answers=answers)


async def test_an_answer_that_is_there_is_taken_at_half_the_price() -> None:
    with LoopbackServer() as server:
        engine = engine_with(server, Answers(given(DRAFT.model_dump_json())))
        done = await engine.complete(request())
        await engine.aclose()
        assert server.requests == []
    assert done.draft == DRAFT
    assert (done.mode, done.keepable) == ("json_schema_strict/batch", True)
    (attempt,) = done.attempts
    assert (attempt.purpose, attempt.outcome, attempt.seconds) == ("draft", "ok", 60.0)
    assert attempt.cost_usd == pytest.approx((1000 * 1.0 + 100 * 10.0) / 1e6 / 2)
    assert engine.cost_in_batch(given("{}").reply.content) == pytest.approx(attempt.cost_usd)
    assert engine.cost_in_batch(b"no json") is None


async def test_an_invalid_answer_is_asked_for_again_live_as_a_live_one_is() -> None:
    with LoopbackServer(GOOD) as server:
        engine = engine_with(server, Answers(given('{"what": 3}')))
        done = await engine.complete(request())
        await engine.aclose()
        (body,) = server.bodies
    assert body["messages"][-2] == {"role": "assistant", "content": '{"what": 3}'}
    assert [(one.purpose, one.outcome) for one in done.attempts] == [
        ("draft", "invalid"),
        ("reask", "ok"),
    ]
    assert done.mode == "json_schema_strict"


async def test_a_refused_parameter_teaches_as_a_live_refusal_does() -> None:
    refusal = {"error": {"message": "Unsupported parameter: 'max_completion_tokens'", "code": None}}
    found = Given(Reply(400, {}, json.dumps(refusal).encode()), Lesson(), 1.0)
    with LoopbackServer(GOOD) as server:
        engine = engine_with(server, Answers(found))
        await engine.complete(request())
        await engine.aclose()
        (body,) = server.bodies
    assert "max_tokens" in body
    assert engine.lesson.room == "max_tokens"


async def test_an_answer_is_read_by_the_lesson_that_its_request_was_made_by() -> None:
    tools = Lesson(mode=Mode.TOOLS)
    with LoopbackServer() as server:
        engine = engine_with(server, Answers(given(DRAFT.model_dump_json(), lesson=tools)))
        done = await engine.complete(request())
        await engine.aclose()
    assert (done.mode, done.keepable) == ("tools/batch", False)
    assert engine.lesson == Lesson()


async def test_only_what_is_there_is_taken_where_nobody_is_to_be_asked() -> None:
    with LoopbackServer() as server:
        engine = engine_with(server, Answers(given('{"what": 3}'), live=False))
        with pytest.raises(InvalidAnswer) as caught:
            await engine.complete(request())
        error = {"error": {"message": "no", "type": "server_error"}}
        failed = Given(Reply(400, {}, json.dumps(error).encode()), Lesson(), 1.0)
        engine = engine_with(server, Answers(failed, live=False))
        with pytest.raises(RequestRejected):
            await engine.complete(request())
        assert server.requests == []
    assert [one.outcome for one in caught.value.attempts] == ["invalid"]


async def test_a_failure_that_is_there_is_raised_and_nobody_is_asked() -> None:
    lacking = Failure(NotAnswered, "batch_expired", "ended before this article's turn")
    with LoopbackServer() as server:
        engine = engine_with(server, Answers(lacking))
        with pytest.raises(NotAnswered, match="before this article's turn") as caught:
            await engine.complete(request())
        assert server.requests == []
    assert caught.value.attempts == ()


async def test_what_is_not_there_is_asked() -> None:
    answers = Answers(None)
    with LoopbackServer(GOOD, GOOD) as server:
        engine = engine_with(server, answers)
        await engine.complete(request())
        await engine.complete(request(purpose="repair"))
        await engine.aclose()
        assert len(server.bodies) == 2
    assert [one.purpose for one in answers.asked] == ["draft", "repair"]


async def test_a_request_is_prepared_as_it_is_sent() -> None:
    with LoopbackServer(GOOD) as server:
        engine = engine_with(server, Answers(None))
        prepared = engine.prepared(request())
        await engine.complete(request())
        await engine.aclose()
        (body,) = server.bodies
    assert prepared is not None
    assert prepared.body == body
    assert prepared.lesson == Lesson()
    assert prepared.most_tokens > 100
    assert prepared.worst_usd == pytest.approx(
        (prepared.most_tokens * 1.0 + 16_000 * 10.0) / 1e6 / 2
    )


async def test_a_request_that_is_too_long_is_not_prepared() -> None:
    with LoopbackServer() as server:
        engine = engine_with(server, Answers(None), max_input_tokens=20)
        assert engine.prepared(request()) is None


def test_a_lesson_is_the_same_after_it_was_kept() -> None:
    lesson = Lesson(mode=Mode.TOOLS, room=None, dropped=frozenset({"temperature"}), any_tool=True)
    assert lesson_of(lesson_as_json(lesson)) == lesson
    with pytest.raises(ValueError, match="JSON"):
        lesson_of(b"{")
