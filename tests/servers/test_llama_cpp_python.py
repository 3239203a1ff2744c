"""llama-cpp-python's server, with a model of random weights: whatever it writes, a typed end."""

from __future__ import annotations

import asyncio
import traceback
from urllib.parse import urlsplit

import pytest

from summarizer import Settings, Summarizer
from summarizer.article import Article
from summarizer.draft import DraftItem
from summarizer.engines.base import Message, Request
from summarizer.engines.openai import Lesson, Mode, OpenAIEngine
from summarizer.engines.openai.doctor import diagnose
from summarizer.errors import (
    AnswerTruncated,
    AuthenticationFailed,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    NothingGrounded,
    RequestTooLong,
    SummarizerError,
)
from summarizer.schema import FieldName
from tests.openai_support import ARTICLE, engine_at, request
from tests.servers.conftest import Start
from tests.servers.processes import Served

pytestmark = pytest.mark.anyio

#: What this server takes: tools, and a limit under its old name.
TOOLS = Lesson(mode=Mode.TOOLS, room="max_tokens")
#: Words without a grammar: the tiny model never ends by itself.
WORDS = Lesson(mode=Mode.TEXT, room="max_tokens")


def about(number: int) -> Request:
    """A request like no other: the server's seed is fixed, and equal prompts answer equally."""
    messages = (Message("system", "Make a record."), Message("user", f"Article {number}."))
    return Request(ARTICLE, messages)


async def test_tools_are_found_in_one_refusal_and_kept(llama: Served) -> None:
    async with engine_at(llama.base_url, model="tiny", max_output_tokens=4000) as engine:
        first = await engine.complete(request())
        assert engine.lesson.mode is Mode.TOOLS
        second = await engine.complete(request())
    assert [(a.mode, a.outcome) for a in first.attempts] == [
        ("json_schema_strict", "parameter_refused"),
        ("tools", "ok"),
    ]
    assert [a.outcome for a in second.attempts] == ["ok"]
    assert first.mode == second.mode == "tools"


async def test_what_it_writes_under_a_grammar_fits_the_schema(llama: Served) -> None:
    """The schema becomes a grammar there: no answer in tools mode is asked for twice."""
    async with engine_at(
        llama.base_url, model="tiny", lesson=TOOLS, max_output_tokens=6000
    ) as engine:
        completions = [await engine.complete(about(number)) for number in range(12)]
    drafts = {completion.draft.model_dump_json() for completion in completions}
    assert len(drafts) > 6
    assert all(len(completion.attempts) == 1 for completion in completions)


async def test_tokens_and_the_model_are_in_the_account(llama: Served) -> None:
    async with engine_at(llama.base_url, model="tiny", lesson=TOOLS) as engine:
        (attempt,) = (await engine.complete(request())).attempts
    assert attempt.model == "tiny"
    assert attempt.input_tokens is not None
    assert attempt.output_tokens is not None
    assert attempt.input_tokens > len(ARTICLE.text)  # a token is a character to this model
    assert attempt.output_tokens > 60
    assert attempt.cost_usd is None


async def test_items_are_given_while_it_writes(llama: Served) -> None:
    given: list[tuple[FieldName, DraftItem]] = []
    async with engine_at(
        llama.base_url, model="tiny", lesson=TOOLS, max_output_tokens=6000
    ) as engine:
        items = 0
        for number in range(6):
            asked = about(number)
            given.clear()
            completion = await engine.complete(
                Request(asked.article, asked.messages, on_item=lambda *item: given.append(item))
            )
            draft = completion.draft
            whole = [("what", draft.what)] if draft.what else []
            for name in ("who", "where", "when", "reactions", "background"):
                whole += [(name, item) for item in getattr(draft, name)]
            assert given == whole
            assert [a.outcome for a in completion.attempts] == ["ok"]
            items += len(given)
    assert items > 0


async def test_words_without_end_are_a_truncation(llama: Served) -> None:
    async with engine_at(
        llama.base_url, model="tiny", lesson=WORDS, max_output_tokens=100
    ) as engine:
        with pytest.raises(AnswerTruncated) as caught:
            await engine.complete(request())
    assert [(a.outcome, a.output_tokens) for a in caught.value.attempts] == [
        ("truncated", 100),
        ("truncated", 200),
    ]


async def test_a_call_that_is_cut_off_is_a_truncation(llama: Served) -> None:
    """This server says "tool_calls" of a call that it cut off, and not "length"."""
    async with engine_at(
        llama.base_url, model="tiny", lesson=TOOLS, max_output_tokens=20
    ) as engine:
        with pytest.raises(AnswerTruncated) as caught:
            await engine.complete(request())
    assert [(a.outcome, a.output_tokens) for a in caught.value.attempts] == [
        ("truncated", 20),
        ("truncated", 40),
    ]


async def test_the_name_of_the_limit_that_it_keeps_is_found(start_llama: Start) -> None:
    """It takes `max_completion_tokens` and writes on, to the end of its context."""
    new_name = Lesson(mode=Mode.TEXT)
    with start_llama(n_ctx=6144) as served:
        async with engine_at(
            served.base_url, model="tiny", lesson=new_name, max_output_tokens=20
        ) as engine:
            with pytest.raises(AnswerTruncated) as caught:
                await engine.complete(request())
            assert engine.lesson.room == "max_tokens"
    first, *then = caught.value.attempts
    assert first.output_tokens is not None
    assert first.output_tokens > 500
    assert [a.output_tokens for a in then] == [20, 40]


@pytest.mark.parametrize("lesson", [Lesson(), TOOLS, WORDS], ids=lambda it: it.mode.value)
async def test_an_article_beyond_the_context_is_too_long(llama: Served, lesson: Lesson) -> None:
    article = Article.from_text("The ferry was late again on Monday. " * 600)
    asked = Request(article, (Message("system", "Make a record."), Message("user", article.text)))
    async with engine_at(llama.base_url, model="tiny", lesson=lesson) as engine:
        with pytest.raises(RequestTooLong) as caught:
            await engine.complete(asked)
        known = engine.input_characters
    assert caught.value.attempts[-1].outcome == "rejected"
    assert len(caught.value.attempts) <= 2
    assert known is not None
    assert known < len(article.text)
    said = "".join(traceback.format_exception(caught.value))
    assert "ferry" not in said


async def test_any_model_is_the_one_that_it_has(llama: Served) -> None:
    async with engine_at(llama.base_url, model="no-such-model", lesson=TOOLS) as engine:
        completion = await engine.complete(request())
    assert [a.outcome for a in completion.attempts] == ["ok"]


async def test_a_wrong_key_is_told_from_a_right_one(start_llama: Start) -> None:
    with start_llama(api_key="the-right-key") as served:
        async with engine_at(
            served.base_url, model="tiny", lesson=TOOLS, api_key="the-right-key"
        ) as engine:
            assert (await engine.complete(request())).attempts[-1].outcome == "ok"
        async with engine_at(served.base_url, model="tiny", api_key="the-wrong-key") as engine:
            with pytest.raises(AuthenticationFailed) as caught:
                await engine.complete(request())
    assert [a.outcome for a in caught.value.attempts] == ["authentication"]
    assert "the-wrong-key" not in "".join(traceback.format_exception(caught.value))


async def test_the_deadline_ends_an_answer_that_goes_on(start_llama: Start) -> None:
    with start_llama(n_ctx=32768) as served:
        settings = Settings(
            engine="openai",
            base_url=served.base_url,
            model="tiny",
            max_output_tokens=30000,
            timeout=2.0,
            cache=False,
        )
        engine = OpenAIEngine(settings, lesson=WORDS)
        with pytest.raises(EngineTimeout) as caught:
            await engine.complete(request())
        await engine.aclose()
        served.kill()  # it does not hear that it is to end before it has written all it can
    assert [a.outcome for a in caught.value.attempts] == ["timeout"]


async def test_a_server_that_dies_while_it_answers_is_unavailable(start_llama: Start) -> None:
    with start_llama() as served:

        def die(_field: FieldName, _item: DraftItem) -> None:
            served.kill()

        async with engine_at(served.base_url, model="tiny", lesson=TOOLS) as engine:

            async def ask() -> None:
                for number in range(20):  # some answers hold no item at all
                    asked = about(number)
                    await engine.complete(Request(asked.article, asked.messages, on_item=die))

            with pytest.raises(EngineUnavailable) as caught:
                await ask()
        assert served.process.poll() is not None
    first, *then = [a.outcome for a in caught.value.attempts]
    assert first in {"unreachable", "broken_response"}
    assert then == ["unreachable"] * 4


async def test_calls_at_once_wait_for_each_other_and_all_end(llama: Served) -> None:
    async with engine_at(llama.base_url, model="tiny", max_output_tokens=4000) as engine:
        done = await asyncio.gather(*(engine.complete(about(number)) for number in range(8)))
    assert {completion.mode for completion in done} == {"tools"}


async def ended(summarizer: Summarizer, text: str) -> SummarizerError:
    """What a whole run ends in: random letters are no passages of the article."""
    with pytest.raises((EngineError, NothingGrounded)) as caught:
        await summarizer.asummarize(text)
    return caught.value


async def test_a_whole_run_ends_in_a_typed_error_with_its_account(llama: Served) -> None:
    settings = Settings(
        engine="openai", base_url=llama.base_url, model="tiny", cache=False, timeout=60.0
    )
    async with Summarizer(settings) as summarizer:
        first = await ended(summarizer, ARTICLE.text)
        second = await ended(summarizer, f"{ARTICLE.text} It was the third of this year.")
    assert isinstance(first, NothingGrounded)
    assert isinstance(second, NothingGrounded)
    outcomes = [(a.purpose, a.mode, a.outcome) for a in first.attempts]
    assert outcomes[:2] == [
        ("draft", "json_schema_strict", "parameter_refused"),
        ("draft", "tools", "ok"),
    ]
    assert {a.endpoint for a in first.attempts} == {urlsplit(llama.base_url).netloc}
    assert second.attempts[0].mode == "tools"


async def test_an_article_beyond_the_context_is_asked_about_in_parts(llama: Served) -> None:
    settings = Settings(
        engine="openai", base_url=llama.base_url, model="tiny", cache=False, timeout=300.0
    )
    text = "\n\n".join(
        f"Ferry number {number} was late again on Monday, said its captain, Ola Nordmann of "
        f"Halden. Passengers waited for {number} minutes."
        for number in range(100)
    )
    async with Summarizer(settings) as summarizer:
        error = await ended(summarizer, text)
    assert isinstance(error, NothingGrounded)
    whole = [a for a in error.attempts if a.window is None and a.purpose == "draft"]
    assert whole[-1].outcome == "rejected"
    parts = {a.window for a in error.attempts if a.outcome == "ok" and a.purpose == "draft"}
    assert len(parts) > 1
    assert parts == set(range(1, len(parts) + 1))


async def test_its_examination_finds_tools_and_a_schema_that_is_kept(llama: Served) -> None:
    settings = Settings(
        engine="openai", base_url=llama.base_url, model="tiny", cache=False, timeout=60.0
    )
    found = {finding.name: finding async for finding in diagnose(settings)}
    assert "failed" not in {finding.status for finding in found.values()}
    assert found["mode"].data["mode"] == "tools"
    assert found["schema"].data["enforced"] == "likely"
    assert found["model"].data["listed"] is True
    assert found["streaming"].data["works"] is True
