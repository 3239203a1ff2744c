"""How much an endpoint takes: what its errors say, what its counts say, what follows."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.engines.base import Message
from summarizer.engines.openai import Lesson, Mode, OpenAIEngine, input_limits, refusals
from summarizer.engines.openai.input_limits import InputLimits, Stated, stated
from summarizer.engines.openai.usage import Usage
from summarizer.errors import RequestTooLong
from summarizer.testing import LoopbackServer, replies
from summarizer.testing.contexts import TOO_LONG
from tests.openai_support import DRAFT, engine_at, request


class Said(NamedTuple):
    """An error's words, and what they say of the limit and of the input."""

    words: str
    limit: int | None
    sent: int | None
    shared: bool = True


#: An error's message as providers word it.
WORDINGS: dict[str, Said] = {
    "openai": Said(
        "This model's maximum context length is 8192 tokens. However, your messages resulted "
        "in 9045 tokens. Please reduce the length of the messages.",
        8192,
        9045,
    ),
    "openai/completion": Said(
        "This model's maximum context length is 16385 tokens. However, you requested 20120 "
        "tokens (16024 in the messages, 4096 in the completion). Please reduce the length of "
        "the messages or completion.",
        16385,
        16024,
    ),
    "openai/prompt": Said(
        "This model's maximum context length is 8191 tokens, however you requested 10346 "
        "tokens (10346 in your prompt; 5 for the completion).",
        8191,
        10346,
    ),
    "openai/configured": Said(
        "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in "
        "300021 tokens. Please reduce the length of the messages.",
        272000,
        300021,
        shared=False,
    ),
    "openai/unsaid": Said(
        "Your input exceeds the context window of this model. Please adjust your input and try "
        "again.",
        None,
        None,
    ),
    "openai/characters": Said(
        "Invalid 'messages[1].content': string too long. Expected a string with maximum length "
        "1048576, but got a string with length 1200000 instead.",
        None,
        None,
    ),
    "vllm": Said(
        "This model's maximum context length is 4096 tokens. However, you requested 5010 tokens "
        "in the messages, Please reduce the length of the messages.",
        4096,
        5010,
    ),
    "vllm/room": Said(
        "'max_tokens' or 'max_completion_tokens' is too large: 16000. This model's maximum "
        "context length is 4096 tokens and your request has 500 input tokens (16000 > 4096 - "
        "500).",
        4096,
        500,
    ),
    "vllm/new": Said(
        "You passed 1015 input tokens and requested 10 output tokens. However, the model's "
        "context length is only 1024 tokens, resulting in a maximum input length of 1014 "
        "tokens. Please reduce the length of the input prompt. (parameter=input_tokens, "
        "value=1015)",
        1024,
        1015,
    ),
    "vllm/prompt": Said(
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make "
        "sure that `max_model_len` is no smaller than the number of text tokens.",
        4096,
        5000,
    ),
    "llamacpp": Said(
        "request (20001 tokens) exceeds the available context size (8192 tokens), try "
        "increasing it",
        8192,
        20001,
    ),
    "llamacpp/unsaid": Said(
        "the request exceeds the available context size. try increasing the context size or "
        "enable context shift",
        None,
        None,
    ),
    "llamacpppython": Said("Requested tokens (516) exceed context window of 512", 512, None),
    "lmstudio": Said(
        "Trying to keep the first 6273 tokens when context the overflows. However, the model is "
        "loaded with context length of only 4096 tokens, which is not enough.",
        4096,
        None,
    ),
    "ollama": Said("the input length exceeds the context length", None, None),
    "anthropic": Said(
        "prompt is too long: 213462 tokens > 200000 maximum", 200000, 213462, shared=False
    ),
    "anthropic/room": Said(
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease "
        "input length or `max_tokens` and try again",
        200000,
        190000,
    ),
    "gemini": Said(
        "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
        1048575,
        1196265,
        shared=False,
    ),
    "groq": Said(
        "Please reduce the length of the messages or completion.", None, None, shared=False
    ),
    "groq/minute": Said(
        "Request too large for model `llama-3.3-70b-versatile` in organization `org_01h` service "
        "tier `on_demand` on tokens per minute (TPM): Limit 12000, Requested 14019, please "
        "reduce your message size and try again.",
        12000,
        None,
    ),
    "openrouter": Said(
        "This endpoint's maximum context length is 131072 tokens. However, you requested about "
        "150321 tokens (149321 of text input, 1000 in the output). Please reduce the length of "
        'either one, or use the "middle-out" transform to compress your prompt automatically.',
        131072,
        149321,
    ),
    "mistral": Said(
        "Prompt contains 40122 tokens and 0 draft tokens, too large for model with 32768 maximum "
        "context length",
        32768,
        40122,
    ),
    "xai": Said(
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        131072,
        537812,
        shared=False,
    ),
    "tgi": Said(
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 "
        "`inputs` tokens and 100 `max_new_tokens`",
        4097,
        5000,
    ),
    "cohere": Said(
        "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received "
        "5012. Try using a shorter prompt.",
        4081,
        5012,
    ),
    "moonshot": Said(
        "Invalid request: Your request exceeded model token limit: 8192 (requested: 9001)",
        8192,
        None,
    ),
    "cerebras": Said(
        "Please reduce the length of the messages or completion. Current length is 9005 while "
        "limit is 8192",
        8192,
        9005,
        shared=False,
    ),
    "sglang": Said(
        "Input length (5000 tokens) exceeds the maximum allowed length (4091 tokens). Use a "
        "shorter input or enable --allow-auto-truncate.",
        4091,
        5000,
        shared=False,
    ),
    "sglang/total": Said(
        "Requested token count exceeds the model's maximum context length of 4096 tokens. You "
        "requested a total of 5000 tokens: 4500 tokens from the input messages and 500 tokens "
        "for the completion.",
        4096,
        4500,
    ),
    "copilot": Said(
        "prompt token count of 64321 exceeds the limit of 64000", 64000, 64321, shared=False
    ),
    "fireworks": Said(
        "The prompt is too long: 140000, model maximum context length: 131071",
        131071,
        140000,
    ),
    "dashscope": Said("Range of input length should be [1, 98304]", 98304, None, shared=False),
    "watsonx": Said(
        "the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model",
        4096,
        5000,
    ),
    "rkllm": Said(
        "Prompt is 11543 tokens but the model context window is 4096 tokens.",
        4096,
        11543,
    ),
    "another": Said(
        "Got 12,345 tokens, the most are 8,192, make the request shorter", 8192, 12345, shared=False
    ),
}


@pytest.mark.parametrize("name", WORDINGS)
def test_the_numbers_of_an_error_are_read(name: str) -> None:
    words, limit, sent, shared = WORDINGS[name]
    details = refusals.read(400, {"error": {"message": words, "type": "t", "code": 400}})
    found = stated(details.words)
    assert details.too_long or name == "another"
    assert (found.limit, found.sent) == (limit, sent)
    if limit is not None:
        assert found.shared == shared


@pytest.mark.parametrize(
    "words",
    [
        "error 413: the payload has 2000000 bytes and the limit is 1048576 bytes",
        "request body too large: limit is 4 mb",
        "413 payload too large 1048576",
        "input should be at most 100000 characters, has 200000",
    ],
)
def test_numbers_of_bytes_or_of_nothing_named_are_no_tokens(words: str) -> None:
    assert stated(words).limit is None


def test_the_numbers_of_an_error_are_read_from_its_fields_too() -> None:
    """As llama.cpp's server has them since 2025."""
    error = {
        "code": 400,
        "message": "the request exceeds the available context size, try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 14429,
        "n_ctx": 8192,
    }
    details = refusals.read(400, {"error": error})
    assert details.too_long
    assert stated(details.words) == Stated(8192, 14429, shared=True)


@given(st.text())
def test_any_words_have_numbers_or_none(words: str) -> None:
    found = stated(words.lower())
    for number in (found.limit, found.sent):
        assert number is None or number > 0


@pytest.mark.parametrize(
    ("error", "leaves"),
    [
        (Stated(8192, 568), "yes"),
        (Stated(8192, 7500), "no"),
        (Stated(8192, 9000), "no"),
        (Stated(8192, None), "unknown"),
        (Stated(), "unknown"),
    ],
)
def test_an_input_leaves_room_where_an_eighth_of_the_limit_is_free(
    error: Stated, leaves: str
) -> None:
    assert {True: "yes", False: "no", None: "unknown"}[error.leaves_room] == leaves


def limits(configured: int | None = None, room: int = 1000) -> InputLimits:
    return InputLimits(configured=configured, room=room)


def test_nothing_is_known_of_a_new_endpoint() -> None:
    assert limits().characters(Lesson()) is None


def test_a_configured_limit_is_counted_carefully_until_a_token_is_measured() -> None:
    known = limits(configured=10_000)
    assert known.characters(Lesson()) == 30_000
    known.observe(8_000, Usage(input_tokens=2_000))
    assert known.characters(Lesson()) == 38_000
    known.observe(4_000, Usage(input_tokens=2_000))
    assert known.characters(Lesson()) == 19_000
    known.observe(9_000, Usage(input_tokens=2_000))
    assert known.characters(Lesson()) == 19_000  # the lowest counts


@pytest.mark.parametrize("tokens", [None, 0, 3, 1023])
def test_a_small_or_missing_count_measures_nothing(tokens: int | None) -> None:
    known = limits(configured=10_000)
    known.observe(8_000, Usage(input_tokens=tokens))
    assert known.characters(Lesson()) == 30_000


@pytest.mark.parametrize("tokens", [100_000, 2_000_000])
def test_a_count_that_no_tokenizer_makes_measures_nothing(tokens: int) -> None:
    known = limits(configured=10_000)
    known.observe(8_000, Usage(input_tokens=tokens))
    assert known.characters(Lesson()) == 30_000


def test_the_schema_in_words_takes_its_room() -> None:
    known = limits(configured=10_000)
    plain = known.characters(Lesson())
    for lesson in (Lesson(mode=Mode.TEXT), Lesson(mode=Mode.TOOLS), Lesson(in_words=True)):
        least = known.characters(lesson)
        assert plain is not None
        assert least is not None
        assert 3000 < plain - least < 12_000


def test_a_shared_limit_keeps_room_for_the_answer_and_an_input_limit_does_not() -> None:
    shared = limits().learn(60_000, Stated(16_000, 20_000, shared=True))
    alone = limits().learn(60_000, Stated(16_000, 20_000, shared=False))
    assert (shared, alone) == (15_000, 16_000)
    # At most a quarter: a local server's whole context may be smaller than our room.
    assert limits(room=16_000).learn(60_000, Stated(4_096, 20_000)) == 3_072


def test_an_error_without_numbers_halves_what_was_sent() -> None:
    known = limits()
    assert known.learn(60_000, Stated()) == 10_000
    assert known.characters(Lesson()) == 30_000


def test_a_learnt_limit_that_an_answered_request_passed_is_forgotten() -> None:
    """A gateway may refuse for the moment what it takes later."""
    known = limits()
    known.learn(60_000, Stated())
    for kept in (Usage(), Usage(input_tokens=900), Usage(input_tokens=9_999)):
        known.observe(60_000, kept)
        assert known.learnt == 10_000
    known.observe(60_000, Usage(input_tokens=15_000))
    assert known.characters(Lesson()) is None


def test_an_error_without_numbers_takes_nothing_back_that_was_answered() -> None:
    """A repair that is too long says nothing against articles that fitted."""
    known = limits()
    known.observe(24_000, Usage(input_tokens=8_000))
    assert known.learn(30_000, Stated()) == 8_000


@pytest.mark.parametrize(("tokens", "context"), [(4_096, 4_096), (2_050, 4_096), (5_000, 5_000)])
def test_a_context_is_told_from_what_it_was_cut_to(tokens: int, context: int) -> None:
    assert input_limits.context_of(tokens) == context


def test_what_a_provider_publishes_is_shared() -> None:
    known = limits()
    known.publish(None)
    assert known.characters(Lesson()) is None
    known.publish(128_000)
    assert known.characters(Lesson()) == 127_000 * 3


counts = st.none() | st.integers(1, 3_000_000)


@given(
    sent=st.integers(10, 4_000_000),
    error=st.builds(Stated, counts, counts, st.booleans()),
    before=counts,
    answered=counts,
)
def test_after_an_error_the_limit_is_known_and_less_than_what_was_sent(
    sent: int, error: Stated, before: int | None, answered: int | None
) -> None:
    known = limits()
    known.observe(sent, Usage(input_tokens=answered))
    known.learnt = before
    learnt = known.learn(sent, error)
    characters = known.characters(Lesson())
    assert characters is not None
    assert characters < sent
    assert before is None or learnt <= before


@pytest.mark.parametrize(
    ("sent", "tokens"),
    [
        (40_000, 2_048),  # all of Ollama's context
        (40_000, 2_050),  # or half of it and two more, by its newer runner
        (120_000, 4_096),
        (25_000, 4_096),
        (60_000, 3_500),
    ],
)
def test_a_prompt_was_cut_where_its_count_is_implausibly_low(sent: int, tokens: int) -> None:
    assert limits().was_cut(sent, Usage(input_tokens=tokens))


@pytest.mark.parametrize(
    ("sent", "tokens"),
    [
        (24_500, 4_096),  # six characters per token may be
        (40_000, 3_500),  # eleven may be a count without its cached tokens
        (12_500, 1_000),  # too few to tell
        (40_000, 9_000),
        (40_000, None),
        (40_000, 0),
    ],
)
def test_a_plausible_count_is_no_sign_of_a_cut(sent: int, tokens: int | None) -> None:
    assert not limits().was_cut(sent, Usage(input_tokens=tokens))


def test_no_cut_is_seen_where_the_limit_is_configured_or_tokens_were_cached() -> None:
    assert not limits(configured=9_000).was_cut(90_000, Usage(input_tokens=2_048))
    assert not limits().was_cut(90_000, Usage(input_tokens=2_048, cached_input_tokens=512))


def test_sizes_are_those_of_the_messages_texts() -> None:
    messages: list[dict[str, Any]] = [
        {"content": "né"},
        {"content": None},
        {"role": "user"},
        {"content": "東京"},
    ]
    assert input_limits.size(messages) == 9
    assert input_limits.characters(messages) == 4


def test_a_providers_published_window_is_found_by_host_and_model() -> None:
    assert (input_limits.published("gpt-4o", "https://api.openai.com/v1") or 0) >= 100_000
    assert input_limits.published("gpt-4o", "http://127.0.0.1:9/v1") is None
    assert input_limits.published("no-such-model", "https://api.openai.com/v1") is None


WORDS = "Ferry crews in Halden ended a nine-day strike on Sunday. " * 1_000


def most_of(engine: OpenAIEngine) -> int | None:
    return engine.input_characters


LONG = request(messages=(Message("system", "You make records."), Message("user", WORDS)))


@pytest.mark.openai
@pytest.mark.anyio
@pytest.mark.parametrize("wording", TOO_LONG)
async def test_after_a_refusal_the_limit_is_known_and_less_than_what_was_sent(
    wording: str,
) -> None:
    with LoopbackServer(
        then=replies.answer(DRAFT), context_tokens=4_096, too_long=wording
    ) as server:
        async with engine_at(server.base_url) as engine:
            assert engine.input_characters is None
            with pytest.raises(RequestTooLong) as caught:
                await engine.complete(LONG)
            most = most_of(engine)
            lesson = engine.lesson
        assert len(server.bodies) == 1
    assert [attempt.outcome for attempt in caught.value.attempts] == ["rejected"]
    assert most is not None
    assert 0 < most < len(WORDS)
    tells = wording not in {"groq", "bedrock", "proxy"}
    assert (lesson.input_tokens is not None) == tells
    if tells:
        assert lesson.input_tokens in {3_072, 4_096}
        assert most < 4_096 * 4


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_limit_that_is_too_small_for_the_answers_room_is_no_limit_of_the_input() -> None:
    with LoopbackServer(then=replies.answer(DRAFT), refuse=["vllm/room"]) as server:
        async with engine_at(server.base_url) as engine:
            await engine.complete(request())
            assert engine.lesson.room is None
            assert engine.input_characters is None
        assert len(server.bodies) == 2


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_cut_prompts_answer_is_not_taken_and_is_accounted_for() -> None:
    with LoopbackServer(then=replies.answer(DRAFT), context_tokens=2_048, too_long="cut") as server:
        async with engine_at(server.base_url) as engine:
            with pytest.raises(RequestTooLong, match="without saying so") as caught:
                await engine.complete(LONG)
            assert engine.lesson.input_tokens == 1_536
    (attempt,) = caught.value.attempts
    assert (attempt.outcome, attempt.input_tokens) == ("input_cut", 2_048)
    assert attempt.output_tokens is not None


@pytest.mark.openai
@pytest.mark.anyio
@pytest.mark.parametrize(
    "usage",
    [False, {"prompt_tokens": -5, "completion_tokens": "many"}, {"prompt_tokens": 7}, {}],
    ids=["none", "nonsense", "tiny", "empty"],
)
async def test_a_wrong_count_takes_no_answer_away(usage: Any) -> None:
    with LoopbackServer(then=replies.answer(DRAFT, usage=usage)) as server:
        async with engine_at(server.base_url) as engine:
            assert (await engine.complete(LONG)).draft == DRAFT
            assert engine.input_characters is None


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_configured_limit_follows_what_answers_report() -> None:
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, max_input_tokens=20_000) as engine:
            assert engine.input_characters == 60_000
            await engine.complete(LONG)
            most = engine.input_characters
    assert most is not None
    assert 75_500 < most <= 76_000  # four bytes per token here, less a twentieth


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_request_that_is_longer_than_what_the_provider_publishes_is_not_sent() -> None:
    """The host is never reached: the tests' network is closed."""
    whole = Message("user", WORDS * 20)
    async with engine_at("https://api.openai.com/v1", model="gpt-4o") as engine:
        assert most_of(engine) is None
        with pytest.raises(RequestTooLong, match="was not asked") as caught:
            await engine.complete(request(messages=(whole,)))
        assert caught.value.attempts == ()
        assert 100_000 < (most_of(engine) or 0) < len(whole.content)


@pytest.mark.openai
@pytest.mark.anyio
async def test_an_unknown_endpoint_is_asked_however_long_the_request_is() -> None:
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            whole = request(messages=(Message("user", WORDS * 20),))
            assert (await engine.complete(whole)).draft == DRAFT


@pytest.mark.openai
@pytest.mark.anyio
async def test_a_lesson_of_before_holds_the_limit() -> None:
    async with engine_at("http://127.0.0.1:9/v1", lesson=Lesson(input_tokens=5_000)) as engine:
        assert engine.input_characters == 15_000
