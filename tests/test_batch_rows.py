"""Facts about which articles and sources are the same, and what a failure's row says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.batch import rows
from summarizer.batch.rows import Known, Question
from summarizer.errors import EngineTimeout, NothingGrounded, SourceTooLarge
from summarizer.schema import Attempt
from tests.invented import article, record

QUESTION = Question("openai", {"m", "fallback"}, "summarize@12345678")


def test_a_row_has_the_key_of_its_article() -> None:
    source = article()
    summary = record(source)
    made = summary.provenance
    question = Question(made.engine, {made.model}, made.prompt)
    row = json.loads(summary.model_dump_json())
    assert question.key_of(Known.of(row)) == question.key(source)
    assert QUESTION.key_of(Known.of(row)) is None


@pytest.mark.parametrize(
    "other",
    [
        Question("extractive", {"m", "fallback"}, "summarize@12345678"),
        Question("openai", {"m"}, "summarize@12345678"),
        Question("openai", {"m", "fallback"}, None),
    ],
)
def test_another_question_has_another_key(other: Question) -> None:
    source = article()
    assert other.key(source) != QUESTION.key(source)


def test_a_path_is_one_source_however_it_is_named_and_an_address_is_its_own() -> None:
    here = Path.cwd()
    assert rows.place("a/b.txt") == rows.place("./a/../a/b.txt") == rows.place(f"{here}/a/b.txt")
    assert rows.place("https://x.test/a/../b") != rows.place("https://x.test/b")
    assert rows.place("-") != rows.place(f"{here}/-")


def test_a_failure_tells_what_was_tried_and_whether_it_may_pass() -> None:
    tried = Attempt(purpose="draft", mode="tools", outcome="timeout", seconds=1.5)
    row = rows.failure("a.txt", b"\1\2", EngineTimeout("late", attempts=(tried,)))
    assert row == {
        "source": "a.txt",
        "key": "0102",
        "error": "EngineTimeout",
        "message": "late",
        "hint": "Raise SUMMARIZER_TIMEOUT, or try again later.",
        "retryable": True,
        "attempts": [{"purpose": "draft", "outcome": "timeout"}],
    }
    assert not rows.passes(NothingGrounded("nothing"))
    assert not rows.passes(SourceTooLarge("large"))


@given(st.text())
def test_a_failure_is_one_harmless_line(source: str) -> None:
    line = rows.line(rows.failure(source, None, ValueError(source)))
    assert line.startswith(rows.FAILURE)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["source"] == source
