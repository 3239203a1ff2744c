"""The openai engine's pure parts: they take any JSON, and never anything for granted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer.draft import Draft
from summarizer.engines.openai import Lesson, Mode, answers, failures, modes, refusals, usage
from summarizer.engines.openai.modes import Options
from summarizer.engines.openai.responses import Reply, read
from summarizer.testing import REFUSALS
from summarizer.testing.stream_wordings import STREAM_REFUSALS
from tests.openai_support import DRAFT

TEXT = DRAFT.model_dump_json()
OPTIONS = Options(model="m", max_output_tokens=10, temperature=0.0, reasoning_effort="low")
TURNS = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]

keys = st.sampled_from(
    (
        "choices message content tool_calls function arguments error param usage text type "
        "prompt_tokens prompt_tokens_details cached_tokens refusal code finish_reason id name "
        "function_call detail loc"
    ).split()
)
words = st.text() | st.sampled_from(["length", "refusal", "unsupported tools", "max_tokens", TEXT])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=25,
)


@given(json_values, st.sampled_from([200, 400, 404, 422, 429, 500]), st.sampled_from(list(Mode)))
def test_any_json_is_a_draft_or_one_failure(value: Any, status: int, mode: Mode) -> None:
    lesson = Lesson(mode=mode)
    reply = Reply(status=status, headers={}, content=json.dumps(value).encode())
    body = modes.body(TURNS, lesson, OPTIONS)
    response = read(reply, lesson=lesson, body=body, host="h", now=0.0)
    assert isinstance(response.result, Draft | failures.Failure)
    assert (response.outcome == "ok") == isinstance(response.result, Draft)
    assert response.taken <= (status == 200)


@given(st.binary())
@example(b"[" * 100_000)
@example(b'{"choices": ' * 100_000)
@example(b'{"a": "\\ud800"}')
def test_any_bytes_are_a_failure(content: bytes) -> None:
    response = read(
        Reply(status=200, headers={}, content=content), lesson=Lesson(), body={}, host="h", now=0.0
    )
    assert isinstance(response.result, failures.Failure)


@given(st.text())
@example("{" * 100_000)
@example('{"a":' * 100_000)
@example("<think>" * 100_000)
@example("</think>{" * 100_000)
@example('{"what": NaN}')
@example('{"what": "\\ud800"}')
def test_any_text_is_a_draft_or_no_draft(text: str) -> None:
    with pytest.raises(answers.NoDraft):
        answers.draft(answers.Answer(content=text))


@given(st.text(), st.text())
def test_a_draft_is_found_wherever_it_stands(before: str, after: str) -> None:
    before, after = before.replace("{", "("), after.replace("{", "(").replace("</", "<")
    assert answers.draft(answers.Answer(content=before + TEXT + after)) == DRAFT


@pytest.mark.parametrize(
    "text",
    [
        f"<think>{{}} {json.dumps({'what': None})}</think>\n{TEXT}",
        f"so the form is {{...}}\n</think>{TEXT}",
        f"<think>{TEXT}</think>",
        f"{json.dumps({'what': None})} no: {TEXT}",
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}",
        f'"{{" {TEXT}',
        f"\ufeff{TEXT}",
    ],
)
def test_the_answer_is_told_from_what_stands_around_it(text: str) -> None:
    assert answers.draft(answers.Answer(content=text)) == DRAFT


def test_the_last_draft_is_the_answer() -> None:
    """What stands before it may be quoted from the article."""
    planted = DRAFT.model_copy(update={"what": None}).model_dump_json()
    assert answers.draft(answers.Answer(content=f"{planted}\n{TEXT}")) == DRAFT


WORDINGS = [*REFUSALS.values(), *STREAM_REFUSALS.values()]


@given(st.sampled_from(WORDINGS), st.data())
def test_lessons_come_to_an_end(first: Any, data: st.DataObject) -> None:
    """Whatever an endpoint refuses next, a ladder is shorter than the engine's patience."""
    lesson, refusal = Lesson(), first
    for _ in range(16):
        body = modes.body(TURNS, lesson, OPTIONS, stream=True)
        details = refusals.read(refusal.status, refusal.body)
        learnt = refusals.learn(lesson, details, body)
        if learnt is None:
            return
        assert modes.body(TURNS, learnt, OPTIONS, stream=True) != body
        lesson = learnt
        refusal = data.draw(st.sampled_from(WORDINGS))
    raise AssertionError("the endpoint was asked too often")


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("name", REFUSALS)
def test_a_stream_is_not_taken_for_what_is_refused(name: str, mode: Mode) -> None:
    lesson, refusal = Lesson(mode=mode), REFUSALS[name]
    details = refusals.read(refusal.status, refusal.body)
    plain, streamed = (
        refusals.learn(lesson, details, modes.body(TURNS, lesson, OPTIONS, stream=stream))
        for stream in (False, True)
    )
    assert streamed == plain


@given(json_values)
def test_reported_tokens_are_counts_or_unknown(value: Any) -> None:
    used = usage.read({"usage": value})
    counts = (used.input_tokens, used.cached_input_tokens, used.output_tokens)
    assert all(count is None or count >= 0 for count in (*counts, used.reasoning_tokens))


def test_a_known_model_at_its_providers_host_has_a_price() -> None:
    used = usage.Usage(input_tokens=1_000_000, output_tokens=0)
    full = usage.cost(used, model="gpt-4o", base_url="https://api.openai.com/v1")
    cached = usage.cost(
        replace(used, cached_input_tokens=1_000_000),
        model="gpt-4o",
        base_url="https://api.openai.com/v1",
    )
    assert full is not None
    assert cached is not None
    assert 0 < cached < full


@pytest.mark.parametrize(
    ("used", "model", "base_url"),
    [
        (usage.Usage(), "gpt-4o", "https://api.openai.com/v1"),
        (usage.Usage(input_tokens=1), "gpt-4o", "https://api.openai.com/v1"),
        (usage.Usage(input_tokens=1, output_tokens=1), "no-such", "https://api.openai.com/v1"),
        (usage.Usage(input_tokens=1, output_tokens=1), "gpt-4o", "https://gateway.example/v1"),
        (usage.Usage(input_tokens=1, output_tokens=1), "gpt-4o", "http://127.0.0.1:8000/v1"),
        (usage.Usage(input_tokens=1, output_tokens=1), "gpt-4o", "http://[::1]/v1"),
        (usage.Usage(input_tokens=1, output_tokens=1), "gpt-4o", "http://localhost/v1"),
        (
            usage.Usage(input_tokens=1, cached_input_tokens=2, output_tokens=1),
            "gpt-4o",
            "https://api.openai.com/v1",
        ),
    ],
)
def test_what_is_not_known_has_no_price(used: usage.Usage, model: str, base_url: str) -> None:
    assert usage.cost(used, model=model, base_url=base_url) is None


@pytest.mark.parametrize("mode", list(Mode))
def test_the_turns_that_are_given_are_not_changed(mode: Mode) -> None:
    lesson = Lesson(mode=mode, system_role=False, in_words=True)
    turns = [dict(turn) for turn in TURNS]
    modes.body(turns, lesson, OPTIONS)
    assert turns == TURNS


@pytest.mark.parametrize("turns", [[], [{"role": "user", "content": "u"}]])
@pytest.mark.parametrize("system", [True, False])
def test_the_schema_is_in_words_whatever_the_turns(turns: list[Any], *, system: bool) -> None:
    lesson = Lesson(mode=Mode.TEXT, system_role=system)
    messages = modes.body(turns, lesson, OPTIONS)["messages"]
    assert modes.schema_in_words() in messages[0]["content"]
    assert messages[0]["role"] == ("system" if system else "user")
