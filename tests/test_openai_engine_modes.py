"""What the engine learns from an endpoint that refuses parameters, over real HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from summarizer.engines.openai import Lesson, Mode
from summarizer.errors import RequestRejected
from summarizer.testing import REFUSALS, LoopbackServer, Reply, replies
from tests.openai_support import DRAFT, Clock, engine_at, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

SET: dict[str, Any] = {"temperature": 0.0, "reasoning_effort": "medium"}
DROPPED = frozenset({"reasoning_effort"})
TOOLS = Lesson(mode=Mode.TOOLS)

#: For each real wording: what is known before, and what is known after one call.
LESSONS: dict[str, tuple[Lesson, Lesson]] = {
    "openai/json_schema": (Lesson(), TOOLS),
    "openai/schema": (Lesson(), Lesson(mode=Mode.SCHEMA)),
    "openai/temperature": (Lesson(), Lesson(dropped=frozenset({"temperature"}))),
    "openai/max_tokens": (Lesson(room="max_tokens"), Lesson(room=None)),
    "openai/room": (Lesson(), Lesson(room=None)),
    "openai/reasoning_effort": (Lesson(), Lesson(dropped=DROPPED)),
    "openai/tools+reasoning": (TOOLS, Lesson(mode=Mode.TOOLS, effort_none=True)),
    "azure/json_schema": (Lesson(), TOOLS),
    "azure/max_completion_tokens": (Lesson(), Lesson(room="max_tokens")),
    "vllm/max_completion_tokens": (Lesson(), Lesson(room="max_tokens")),
    "vllm/tools": (TOOLS, Lesson(mode=Mode.TEXT)),
    "vllm/system": (Lesson(), Lesson(system_role=False)),
    "vllm/room": (Lesson(), Lesson(room=None)),
    "llamacpp/tools": (TOOLS, Lesson(mode=Mode.TEXT)),
    "llamacpp/json_schema": (Lesson(), TOOLS),
    "llamacpppython/json_schema": (Lesson(), TOOLS),
    "lmstudio/tool_choice": (TOOLS, Lesson(mode=Mode.TOOLS, any_tool=True)),
    "llamacpp/grammar": (Lesson(), TOOLS),
    "ollama/tools": (TOOLS, Lesson(mode=Mode.TEXT)),
    "ollama/thinking": (Lesson(), Lesson(dropped=DROPPED)),
    "ollama/think_value": (Lesson(), Lesson(dropped=DROPPED)),
    "openrouter/tools": (TOOLS, Lesson(mode=Mode.TEXT)),
    "openrouter/tool_choice": (TOOLS, Lesson(mode=Mode.TOOLS, any_tool=True)),
    "openrouter/parameters": (Lesson(), TOOLS),
    "litellm/reasoning_effort": (Lesson(), Lesson(dropped=DROPPED)),
    "litellm/response_format": (Lesson(), TOOLS),
    "litellm/temperature": (Lesson(), Lesson(dropped=frozenset({"temperature"}))),
    "litellm/json_schema": (Lesson(), TOOLS),
    "deepseek/json_schema": (Lesson(), TOOLS),
    "deepseek/json_schema-422": (Lesson(), TOOLS),
    "groq/reasoning_effort": (Lesson(), Lesson(dropped=DROPPED)),
    "volcengine/room": (Lesson(), Lesson(room=None)),
    "groq/json_schema": (Lesson(), TOOLS),
    "groq/schema": (Lesson(), Lesson(mode=Mode.SCHEMA)),
    "mistral/max_completion_tokens": (Lesson(), Lesson(room="max_tokens")),
    "serde/reasoning_effort": (Lesson(), Lesson(dropped=DROPPED)),
    "moonshot/tool_choice": (
        Lesson(mode=Mode.TOOLS, any_tool=True),
        Lesson(mode=Mode.TEXT, any_tool=True),
    ),
    "gemini/schema": (Lesson(), TOOLS),
    "xai/reasoning_effort": (Lesson(), Lesson(dropped=DROPPED)),
}


def test_every_known_wording_has_its_lesson() -> None:
    assert set(LESSONS) == set(REFUSALS)


@pytest.mark.parametrize("name", LESSONS)
async def test_one_refusal_teaches_one_thing_and_is_met_once(name: str) -> None:
    before, after = LESSONS[name]
    clock = Clock()
    with LoopbackServer(then=replies.answer(DRAFT), refuse=[name]) as server:
        async with engine_at(server.base_url, clock=clock, lesson=before, **SET) as engine:
            first = await engine.complete(request())
            assert engine.lesson == after
            second = await engine.complete(request())
        assert len(server.requests) == 3
    assert [a.outcome for a in first.attempts] == ["parameter_refused", "ok"]
    assert [a.outcome for a in second.attempts] == ["ok"]
    assert second.mode == after.mode.value
    assert clock.slept == []


async def test_an_endpoint_that_takes_nothing_is_asked_in_words() -> None:
    refuse = ["openai/json_schema", "ollama/tools", "openai/temperature", "ollama/thinking"]
    refuse += ["azure/max_completion_tokens", "openai/max_tokens", "vllm/system"]
    with LoopbackServer(then=replies.fenced(DRAFT), refuse=refuse) as server:
        async with engine_at(server.base_url, **SET) as engine:
            completion = await engine.complete(request())
            again = await engine.complete(request())
        last = server.bodies[-1]
    assert completion.mode == "json_text"
    assert len(again.attempts) == 1
    assert set(last) == {"model", "messages"}
    (turn,) = last["messages"]
    assert turn["role"] == "user"
    assert "JSON Schema" in turn["content"]
    assert request().messages[1].content in turn["content"]


async def test_tools_that_are_refused_even_without_reasoning_are_given_up() -> None:
    with LoopbackServer(
        then=replies.answer(DRAFT), refuse=["openai/tools+reasoning", "ollama/tools"]
    ) as server:
        async with engine_at(server.base_url, lesson=TOOLS) as engine:
            completion = await engine.complete(request())
        efforts = [body.get("reasoning_effort") for body in server.bodies]
    assert completion.mode == "json_text"
    assert efforts == [None, "none", None]


async def test_an_effort_of_none_that_is_refused_is_not_sent() -> None:
    none_refused = Reply(
        status=400,
        body={
            "error": {
                "message": "Unsupported value: 'reasoning_effort' does not support 'none' with "
                "this model. Supported values are: 'minimal', 'low', 'medium', and 'high'.",
                "param": "reasoning_effort",
            }
        },
    )
    known = Lesson(mode=Mode.TOOLS, effort_none=True)
    with LoopbackServer(none_refused, replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, lesson=known) as engine:
            completion = await engine.complete(request())
        assert "reasoning_effort" not in server.bodies[1]
    assert completion.mode == "tools"


NOT_ABOUT_A_PARAMETER = {
    "billing": replies.error(400, "Your account is not active, see the billing page."),
    "the model's name": replies.error(400, "Unknown model: json-schema-tools", param="model"),
    "the model's name, 404": replies.error(404, "The model `tools-1` does not exist"),
    "a temperature in the article": replies.error(400, "temperature fell below zero"),
    "the context": replies.context_length(),
    "nothing": Reply(status=400, body=b""),
    "a page": Reply(status=422, body=b"<html>tools response_format</html>", headers=replies.HTML),
    "a list of numbers": Reply(status=400, body=b"[1, 2, [3]]"),
}


@pytest.mark.parametrize("name", NOT_ABOUT_A_PARAMETER)
async def test_an_error_that_is_not_about_a_parameter_is_final(name: str) -> None:
    with LoopbackServer(then=NOT_ABOUT_A_PARAMETER[name]) as server:
        async with engine_at(server.base_url, lesson=TOOLS, temperature=0.0) as engine:
            with pytest.raises(RequestRejected) as caught:
                await engine.complete(request())
            assert replace(engine.lesson, input_tokens=None) == TOOLS
        assert len(server.requests) == 1
    assert [a.outcome for a in caught.value.attempts] == ["rejected"]


async def test_a_parameter_that_was_not_sent_is_not_what_is_refused() -> None:
    with LoopbackServer(then=REFUSALS["openai/temperature"].reply()) as server:
        async with engine_at(server.base_url) as engine:
            with pytest.raises(RequestRejected):
                await engine.complete(request())
        assert len(server.requests) == 1


async def test_an_endpoint_that_refuses_whatever_is_sent_teaches_nothing() -> None:
    with LoopbackServer(then=_refuse_everything) as server:
        async with engine_at(server.base_url, **SET) as engine:
            with pytest.raises(RequestRejected) as caught:
                await engine.complete(request())
            assert engine.lesson == Lesson()
        assert len(server.requests) < 12
    outcomes = [a.outcome for a in caught.value.attempts]
    assert outcomes == ["parameter_refused"] * (len(outcomes) - 1) + ["rejected"]


async def test_what_was_learnt_before_an_invalid_answer_is_kept() -> None:
    with LoopbackServer(then=replies.null_content(), refuse=["openai/json_schema"]) as server:
        async with engine_at(server.base_url) as engine:
            with pytest.raises(Exception, match="empty"):
                await engine.complete(request())
            assert engine.lesson == TOOLS


async def test_a_limit_that_is_not_known_by_its_new_name_is_sent_by_its_old_one() -> None:
    """llama-cpp-python takes `max_completion_tokens`, and writes on."""

    def answer(body: dict[str, Any]) -> Reply:
        if "max_tokens" in body:
            return replies.answer(DRAFT)
        usage = {"prompt_tokens": 100, "completion_tokens": 101}
        return Reply(content=DRAFT.model_dump_json()[:-9], usage=usage)

    with LoopbackServer(then=answer) as server:
        async with engine_at(server.base_url, max_output_tokens=100) as engine:
            completion = await engine.complete(request())
            assert engine.lesson == Lesson(room="max_tokens")
        assert server.bodies[-1]["max_tokens"] == 100
    assert [a.outcome for a in completion.attempts] == ["truncated", "ok"]


@pytest.mark.parametrize("lesson", [Lesson(), TOOLS], ids=lambda it: it.mode.value)
async def test_an_answer_that_fills_its_room_and_is_not_whole_was_cut_off(lesson: Lesson) -> None:
    """Whatever the endpoint says of why it ended."""
    usage = {"prompt_tokens": 100, "completion_tokens": 100}
    cut = Reply(content=DRAFT.model_dump_json()[:-9], usage=usage)
    with LoopbackServer(cut, replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, lesson=lesson, max_output_tokens=100) as engine:
            completion = await engine.complete(request())
            assert engine.lesson == lesson
        assert server.bodies[-1]["max_completion_tokens"] == 200
    assert [a.outcome for a in completion.attempts] == ["truncated", "ok"]


async def test_a_whole_answer_may_be_as_long_as_it_likes() -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 5000}
    with LoopbackServer(then=replies.answer(DRAFT, usage=usage)) as server:
        async with engine_at(server.base_url, max_output_tokens=100) as engine:
            completion = await engine.complete(request())
            assert engine.lesson == Lesson()
    assert [a.outcome for a in completion.attempts] == ["ok"]


async def test_calls_at_once_learn_the_same_and_all_succeed() -> None:
    with LoopbackServer(
        then=replies.answer(DRAFT), refuse=["openai/json_schema", "azure/max_completion_tokens"]
    ) as server:
        async with engine_at(server.base_url) as engine:
            done = await asyncio.gather(*(engine.complete(request()) for _ in range(12)))
            assert engine.lesson == Lesson(mode=Mode.TOOLS, room="max_tokens")
            assert len((await engine.complete(request())).attempts) == 1
    assert {completion.mode for completion in done} == {"tools"}


def _refuse_everything(body: dict[str, Any]) -> Reply:
    names = ", ".join(sorted(set(body) - {"model", "messages"}))
    return replies.error(400, f"Unsupported: {names} and the system role")
