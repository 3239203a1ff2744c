"""The LiteLLM proxy: its own words for its own errors, and mock answers for the rest."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

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
    ContentFiltered,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    InvalidAnswer,
    RateLimited,
    Refused,
    RequestRejected,
    RequestTooLong,
)
from summarizer.schema import FieldName
from tests.openai_support import ARTICLE, DRAFT, engine_at, request
from tests.servers.conftest import MASTER_KEY, Start
from tests.servers.processes import Served

pytestmark = pytest.mark.anyio

RIGHT = DRAFT.model_dump_json()
TOOLS = Lesson(mode=Mode.TOOLS)


def chosen(finish: str, **message: Any) -> dict[str, Any]:
    """A mock answer that says more than its text."""
    return {"choices": [{"finish_reason": finish, "message": {"role": "assistant", **message}}]}


#: Each model's `litellm_params`. What a provider takes is checked by the proxy's own tables
#: before its mock answers.
MODELS: dict[str, dict[str, Any]] = {
    "right": {"model": "openai/any", "mock_response": RIGHT},
    "prose": {"model": "openai/any", "mock_response": "I would rather talk about ferries."},
    "fenced": {"model": "openai/any", "mock_response": f"Here it is:\n```json\n{RIGHT}\n```"},
    "call": {
        "model": "openai/any",
        "mock_response": chosen(
            "tool_calls",
            content=None,
            tool_calls=[
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "draft", "arguments": RIGHT},
                }
            ],
        ),
    },
    "refusal": {"model": "openai/any", "mock_response": chosen("stop", refusal="I cannot.")},
    "cut": {"model": "openai/any", "mock_response": chosen("length", content='{"what":')},
    "old": {"model": "openai/gpt-4", "mock_response": RIGHT},
    "words": {"model": "nlp_cloud/any", "mock_response": RIGHT},
    "no-tools": {"model": "perplexity/sonar", "mock_response": RIGHT},
    "effortless": {"model": "groq/llama-3.1-8b-instant", "mock_response": RIGHT},
    "reasoning": {"model": "openai/gpt-5", "mock_response": RIGHT},
    "limited": {"model": "openai/any", "mock_response": "litellm.RateLimitError"},
    "long": {"model": "openai/any", "mock_response": "litellm.ContextWindowExceededError"},
    "failing": {"model": "openai/any", "mock_response": "litellm.InternalServerError"},
    "filtered": {
        "model": "azure/any",
        "api_base": "http://127.0.0.1:9",
        "mock_response": "Exception: content_filter_policy",
    },
    "late": {"model": "openai/any", "mock_timeout": True, "timeout": 0.1, "mock_response": RIGHT},
    "breaking": {"model": "openai/any", "mock_response": "Exception: mock_streaming_error"},
    # Nothing listens there.
    "dead": {"model": "openai/any", "api_base": "http://127.0.0.1:9/v1"},
}


@pytest.fixture(scope="module")
def proxy(start_litellm: Start, llama: Served) -> Iterator[Served]:
    before_llama = {"model": "openai/tiny", "api_base": llama.base_url}
    with start_litellm({**MODELS, "before-llama": before_llama}) as served:
        yield served


@contextlib.asynccontextmanager
async def asking(proxy: Served, model: str, **options: Any) -> AsyncIterator[OpenAIEngine]:
    """An engine that asks the proxy for `model`."""
    given: dict[str, Any] = {"api_key": MASTER_KEY, "max_output_tokens": 4000} | options
    async with engine_at(proxy.base_url, model=model, **given) as engine:
        yield engine


async def test_the_best_request_is_taken_and_read(proxy: Served) -> None:
    async with asking(proxy, "right") as engine:
        completion = await engine.complete(request())
        assert engine.lesson == Lesson()
    assert completion.draft == DRAFT
    assert completion.mode == "json_schema_strict"
    (attempt,) = completion.attempts
    assert attempt.outcome == "ok"
    assert attempt.model == "right"
    # The mock's numbers.
    assert (attempt.input_tokens, attempt.output_tokens) == (10, 20)


async def test_a_whole_run_gives_a_grounded_record(proxy: Served, tmp_path: Path) -> None:
    settings = Settings(
        engine="openai",
        base_url=proxy.base_url,
        api_key=MASTER_KEY,
        model="right",
        cache_dir=tmp_path,
    )
    async with Summarizer(settings) as summarizer:
        summary = await summarizer.asummarize(ARTICLE.text)
    assert summary.what is not None
    assert DRAFT.what is not None
    assert summary.what.statement == DRAFT.what.statement
    assert [place.name for place in summary.where] == ["Halden"]
    assert summary.provenance.mode == "json_schema_strict"


#: A model, what its endpoint is known to take, the options that are set, and what is learnt.
LEARNT: dict[str, tuple[str, Lesson, dict[str, Any], Lesson]] = {
    "words around the answer": ("fenced", Lesson(), {}, Lesson()),
    "a call": ("call", TOOLS, {}, TOOLS),
    "no response_format": ("old", Lesson(), {}, TOOLS),
    "neither response_format nor tools": (
        "words",
        Lesson(),
        {},
        Lesson(mode=Mode.TEXT, room="max_tokens", any_tool=True),
    ),
    "no tools": ("no-tools", TOOLS, {}, Lesson(mode=Mode.TEXT, any_tool=True)),
    "no effort": (
        "effortless",
        Lesson(),
        {"reasoning_effort": "low", "temperature": 0.0},
        Lesson(dropped=frozenset({"reasoning_effort"})),
    ),
    "no temperature beside reasoning": (
        "reasoning",
        Lesson(),
        {"reasoning_effort": "low", "temperature": 0.0},
        Lesson(dropped=frozenset({"temperature"})),
    ),
}


@pytest.mark.parametrize("name", LEARNT)
async def test_what_its_providers_do_not_take_is_learnt_from_its_words(
    proxy: Served, name: str
) -> None:
    model, before, options, after = LEARNT[name]
    async with asking(proxy, model, lesson=before, **options) as engine:
        first = await engine.complete(request())
        assert engine.lesson == after
        second = await engine.complete(request())
    assert first.draft == second.draft == DRAFT
    assert {a.outcome for a in first.attempts[:-1]} <= {"parameter_refused"}
    assert [a.outcome for a in second.attempts] == ["ok"]


#: A model, its error, and the outcome of each attempt.
ERRORS: dict[str, tuple[type[EngineError], list[str]]] = {
    "prose": (InvalidAnswer, ["invalid"] * 2),
    "refusal": (Refused, ["refused"]),
    "cut": (AnswerTruncated, ["truncated"] * 2),
    "limited": (RateLimited, ["rate_limited"] * 5),
    "long": (RequestTooLong, ["rejected"]),
    "failing": (EngineUnavailable, ["server_error"] * 5),
    "dead": (EngineUnavailable, ["server_error"] * 5),
    "breaking": (EngineUnavailable, ["server_error"] * 5),
    "filtered": (ContentFiltered, ["content_filter"]),
    "late": (EngineTimeout, ["timeout"] * 5),
    "no-such-model": (RequestRejected, ["rejected"]),
}


@pytest.mark.parametrize("model", ERRORS)
async def test_each_of_its_errors_is_one_typed_error(proxy: Served, model: str) -> None:
    expected, outcomes = ERRORS[model]
    async with asking(proxy, model) as engine:
        with pytest.raises(EngineError) as caught:
            await engine.complete(request())
    assert type(caught.value) is expected
    assert [a.outcome for a in caught.value.attempts] == outcomes
    said = "".join(traceback.format_exception(caught.value))
    assert MASTER_KEY not in said
    assert "rather talk about" not in said
    assert ARTICLE.text not in said


@pytest.mark.parametrize("key", ["sk-a-wrong-key", "a-wrong-key", None])
async def test_a_wrong_key_and_none_are_told(proxy: Served, key: str | None) -> None:
    """Without a database, it says 400 of a key that is not its own."""
    async with asking(proxy, "right", api_key=key) as engine:
        with pytest.raises(AuthenticationFailed) as caught:
            await engine.complete(request())
    assert [a.outcome for a in caught.value.attempts] == ["authentication"]


async def test_what_a_server_behind_it_does_not_take_is_learnt_through_it(proxy: Served) -> None:
    async with asking(proxy, "before-llama") as engine:
        completion = await engine.complete(request())
        assert engine.lesson == TOOLS
    assert [(a.mode, a.outcome) for a in completion.attempts] == [
        ("json_schema_strict", "parameter_refused"),
        ("tools", "ok"),
    ]


async def test_the_context_of_a_server_behind_it_is_told_through_it(proxy: Served) -> None:
    article = Article.from_text("The ferry was late again on Monday. " * 600)
    messages = (Message("system", "Make a record."), Message("user", article.text))
    async with asking(proxy, "before-llama", lesson=TOOLS) as engine:
        with pytest.raises(RequestTooLong) as caught:
            await engine.complete(Request(article, messages))
    assert [a.outcome for a in caught.value.attempts] == ["rejected"]


async def test_items_are_given_from_its_stream(proxy: Served) -> None:
    given: list[tuple[FieldName, DraftItem]] = []
    async with asking(proxy, "right") as engine:
        completion = await engine.complete(request(on_item=lambda *item: given.append(item)))
    assert completion.draft == DRAFT
    assert given == [("what", DRAFT.what), ("where", DRAFT.where[0])]
    (attempt,) = completion.attempts
    assert attempt.input_tokens is not None
    assert attempt.output_tokens is not None


async def test_a_stream_that_breaks_is_the_endpoints_failure(proxy: Served) -> None:
    async with asking(proxy, "breaking") as engine:
        with pytest.raises(EngineUnavailable) as caught:
            await engine.complete(request(on_item=lambda *_: None))
    assert len(caught.value.attempts) == 5


@pytest.mark.parametrize(("key", "status"), [(MASTER_KEY, "ok"), ("sk-a-wrong-key", "failed")])
async def test_its_examination_tells_the_key(proxy: Served, key: str, status: str) -> None:
    settings = Settings(
        engine="openai", base_url=proxy.base_url, api_key=key, model="right", cache=False
    )
    found = {finding.name: finding async for finding in diagnose(settings)}
    assert found["key"].status == status
    if status == "ok":
        assert found["mode"].data["mode"] == "json_schema_strict"
        assert found["answer"].status == "ok"
    assert key not in repr(found)
