"""The openai engine over real HTTP: answers, modes, what is asked again and accounted."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from summarizer import ConfigurationError, Settings
from summarizer.draft import wire_schema
from summarizer.engines.openai import Lesson, Mode, OpenAIEngine
from summarizer.errors import AnswerTruncated, InvalidAnswer
from summarizer.testing import LoopbackServer, Reply, replies
from tests import golden_files
from tests.openai_support import DRAFT, KEY, engine_at, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

ROOT = Path(__file__).parent.parent
MODES = [Mode.STRICT, Mode.SCHEMA, Mode.TOOLS, Mode.TEXT]


@pytest.mark.parametrize("mode", MODES)
async def test_a_right_answer_is_had_in_each_mode_with_one_request(mode: Mode) -> None:
    with LoopbackServer(replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, lesson=Lesson(mode=mode)) as engine:
            completion = await engine.complete(request())
        received = server.requests
    assert completion.draft == DRAFT
    assert completion.mode == mode.value
    (attempt,) = completion.attempts
    assert (attempt.purpose, attempt.mode, attempt.outcome) == ("draft", mode.value, "ok")
    assert attempt.request_id == "req_loopback_1"
    assert [entry.path for entry in received] == ["/v1/chat/completions"]
    assert received[0].headers["authorization"] == f"Bearer {KEY}"
    golden_files.check(f"request_{mode.value}.json", _pretty(received[0].body))


async def test_equal_requests_have_equal_bytes() -> None:
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        for _ in range(2):
            async with engine_at(server.base_url) as engine:
                await engine.complete(request())
        first, second = (entry.content for entry in server.requests)
    assert first == second


async def test_the_schema_goes_out_as_it_is() -> None:
    with LoopbackServer(replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            await engine.complete(request())
        schema = server.bodies[0]["response_format"]["json_schema"]
    assert schema == {"name": "draft", "strict": True, "schema": wire_schema()}


async def test_options_are_sent_only_where_they_are_set() -> None:
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, max_output_tokens=99) as engine:
            await engine.complete(request())
        async with engine_at(server.base_url, temperature=0.5, reasoning_effort="low") as engine:
            await engine.complete(request())
        bare, full = server.bodies
    assert set(bare) == {"model", "messages", "response_format", "max_completion_tokens"}
    assert bare["max_completion_tokens"] == 99
    assert (full["temperature"], full["reasoning_effort"]) == (0.5, "low")


async def test_a_local_server_needs_no_key() -> None:
    with LoopbackServer(replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, api_key=None) as engine:
            await engine.complete(request())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"base_url": None, "api_key": None}, "OPENAI_API_KEY"),
        ({"api_key": "sk-\u201cquoted\u201d"}, "characters"),
        ({"api_key": "sk-1\nsk-2"}, "characters"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_the_key(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        OpenAIEngine(Settings(**options))
    assert "sk-" not in str(caught.value)


async def test_a_base_url_that_is_none_is_a_configuration_error() -> None:
    async with engine_at("http://127.0.0.1:port/v1") as engine:
        with pytest.raises(ConfigurationError, match="base URL"):
            await engine.complete(request())


@pytest.mark.parametrize("shape", [replies.fenced, replies.thinking, replies.surrounded])
@pytest.mark.parametrize("mode", MODES)
async def test_an_answer_with_words_around_it_is_read_at_once(shape: Any, mode: Mode) -> None:
    with LoopbackServer(shape(DRAFT)) as server:
        async with engine_at(server.base_url, lesson=Lesson(mode=mode)) as engine:
            completion = await engine.complete(request())
    assert completion.draft == DRAFT
    assert len(completion.attempts) == 1


async def test_the_first_of_two_calls_counts() -> None:
    with LoopbackServer(replies.two_tool_calls(DRAFT)) as server:
        async with engine_at(server.base_url, lesson=Lesson(mode=Mode.TOOLS)) as engine:
            assert (await engine.complete(request())).draft == DRAFT


BROKEN = {
    "invalid JSON": replies.invalid_json(),
    "wrong types": replies.wrong_types(),
    "prose": replies.prose(),
    "empty choices": replies.empty_choices(),
    "null content": replies.null_content(),
    "choices of null": Reply(body={"id": "x", "choices": None}),
    "a message of null": Reply(body={"choices": [{"message": None}]}),
    "a list": Reply(body=b"[]"),
    "Groq's own check": replies.error(400, "Failed to validate JSON", code="json_validate_failed"),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", BROKEN)
async def test_an_invalid_answer_is_asked_for_once_more(name: str, mode: Mode) -> None:
    with LoopbackServer(BROKEN[name], replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, lesson=Lesson(mode=mode)) as engine:
            completion = await engine.complete(request())
        first, second = server.bodies
    assert completion.draft == DRAFT
    assert [(a.purpose, a.outcome) for a in completion.attempts] == [
        ("draft", "invalid"),
        ("reask", "ok"),
    ]
    assert second["messages"][: len(first["messages"])][1:] == first["messages"][1:]
    assert len(second["messages"]) > len(first["messages"])


@pytest.mark.parametrize("mode", MODES)
async def test_the_turns_that_ask_again_are_the_golden_ones(mode: Mode) -> None:
    with LoopbackServer(replies.wrong_types(), replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, lesson=Lesson(mode=mode)) as engine:
            await engine.complete(request())
        turns = server.bodies[1]["messages"][2:]
    golden_files.check(f"request_reask_{mode.value}.json", _pretty(turns))


@pytest.mark.parametrize("name", BROKEN)
async def test_a_second_invalid_answer_is_an_error_with_both_attempts(name: str) -> None:
    with LoopbackServer(then=BROKEN[name]) as server:
        async with engine_at(server.base_url) as engine:
            with pytest.raises(InvalidAnswer) as caught:
                await engine.complete(request())
        assert len(server.requests) == 2
    assert [(a.purpose, a.outcome) for a in caught.value.attempts] == [
        ("draft", "invalid"),
        ("reask", "invalid"),
    ]


async def test_a_schema_that_is_only_accepted_is_put_in_words_from_then_on() -> None:
    with LoopbackServer(replies.prose(), then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            await engine.complete(request())
            await engine.complete(request())
        first, again, later = (body["messages"][0]["content"] for body in server.bodies)
        assert all("response_format" in body for body in server.bodies)
    assert first == "You make records of news articles."
    assert again == later
    assert again.startswith(first)
    assert json.dumps(wire_schema()["properties"], separators=(",", ":")) in again


async def test_an_empty_answer_does_not_show_that_the_schema_is_ignored() -> None:
    with LoopbackServer(replies.null_content(), replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            await engine.complete(request())
            assert engine.lesson == Lesson()


async def test_a_repair_that_is_invalid_is_asked_for_once_more() -> None:
    with LoopbackServer(replies.prose(), replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            completion = await engine.complete(request(purpose="repair"))
    assert [a.purpose for a in completion.attempts] == ["repair", "reask"]


async def test_a_truncated_answer_gets_twice_the_room() -> None:
    with LoopbackServer(replies.truncated(DRAFT), replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, max_output_tokens=100) as engine:
            completion = await engine.complete(request())
        rooms = [body["max_completion_tokens"] for body in server.bodies]
        assert server.bodies[0]["messages"] == server.bodies[1]["messages"]
    assert rooms == [100, 200]
    assert [a.outcome for a in completion.attempts] == ["truncated", "ok"]


async def test_an_answer_truncated_twice_is_an_error() -> None:
    with LoopbackServer(then=replies.truncated(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            with pytest.raises(AnswerTruncated) as caught:
                await engine.complete(request())
    assert [a.outcome for a in caught.value.attempts] == ["truncated", "truncated"]


async def test_an_answer_that_no_limit_of_ours_cut_off_is_not_asked_for_again() -> None:
    with LoopbackServer(then=replies.truncated(DRAFT)) as server:
        async with engine_at(server.base_url, lesson=Lesson(room=None)) as engine:
            with pytest.raises(AnswerTruncated):
                await engine.complete(request())
        assert len(server.requests) == 1
        assert not {"max_tokens", "max_completion_tokens"} & set(server.bodies[0])


async def test_usage_is_taken_from_each_answer_and_sums_to_the_servers() -> None:
    details = {
        "prompt_tokens": 70,
        "completion_tokens": 30,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 12},
    }
    script = (
        replies.truncated(DRAFT),
        replies.server_error(500),
        replies.prose(),
        replace(replies.answer(DRAFT), usage=details),
    )
    with LoopbackServer(*script) as server:
        async with engine_at(server.base_url) as engine:
            attempts = (await engine.complete(request())).attempts
        served = dict(server.usage)
    assert [a.outcome for a in attempts] == ["truncated", "server_error", "invalid", "ok"]
    assert sum(a.input_tokens or 0 for a in attempts) == served["prompt_tokens"]
    assert sum(a.output_tokens or 0 for a in attempts) == served["completion_tokens"]
    last = attempts[-1]
    assert (last.cached_input_tokens, last.reasoning_tokens) == (64, 12)
    failed = attempts[1]
    assert (failed.input_tokens, failed.output_tokens, failed.cost_usd) == (None, None, None)
    assert failed.request_id == "req_loopback_2"


@pytest.mark.parametrize("shape", [replies.no_usage, replies.wrong_usage])
async def test_usage_that_is_not_reported_is_null(shape: Any) -> None:
    with LoopbackServer(shape(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            (attempt,) = (await engine.complete(request())).attempts
    assert attempt.input_tokens is None
    assert attempt.output_tokens is None
    assert attempt.cost_usd is None


async def test_many_calls_at_once_each_get_their_own_answer() -> None:
    with LoopbackServer(then=_echo) as server:
        async with engine_at(server.base_url) as engine:
            done = await asyncio.gather(
                *(engine.complete(_numbered(number)) for number in range(40))
            )
    said = [completion.draft.what.statement for completion in done if completion.draft.what]
    assert said == [f"number {number}" for number in range(40)]


def test_one_engine_works_in_several_event_loops_in_turn() -> None:
    async def ask(engine: OpenAIEngine) -> None:
        await engine.complete(request())
        await engine.aclose()

    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        engine = OpenAIEngine(Settings(api_key=KEY, base_url=server.base_url))
        for _ in range(2):
            asyncio.run(ask(engine))
        assert len(server.requests) == 2


def test_importing_and_making_an_engine_loads_no_sdk() -> None:
    code = (
        "import sys\n"
        "from summarizer.engines.openai import OpenAIEngine\n"
        "from summarizer.settings import Settings\n"
        "OpenAIEngine(Settings(api_key='sk-x'))\n"
        "heavy = {'openai', 'instructor', 'tenacity', 'genai_prices', 'httpx', 'httpx2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert _run(code) == "[]"


def test_instructor_and_prices_are_loaded_only_when_needed() -> None:
    code = (
        "import asyncio, sys\n"
        "from tests.openai_support import DRAFT, engine_at, request\n"
        "from summarizer.testing import LoopbackServer, replies\n"
        "async def main():\n"
        "    with LoopbackServer(replies.answer(DRAFT), replies.prose(),\n"
        "                        replies.answer(DRAFT)) as server:\n"
        "        async with engine_at(server.base_url) as engine:\n"
        "            for _ in range(2):\n"
        "                await engine.complete(request())\n"
        "                print(sorted({'instructor', 'genai_prices'} & set(sys.modules)))\n"
        "asyncio.run(main())\n"
    )
    assert _run(code) == "[]\n['instructor']"


def _run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, cwd=ROOT, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _echo(body: dict[str, Any]) -> Reply:
    words = body["messages"][1]["content"]
    assert DRAFT.what is not None
    what = DRAFT.what.model_copy(update={"statement": words})
    return replies.answer(DRAFT.model_copy(update={"what": what}))


def _numbered(number: int) -> Any:
    asked = request()
    user = replace(asked.messages[1], content=f"number {number}")
    return replace(asked, messages=(asked.messages[0], user))


def _pretty(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
