"""Answers of every kind become Predictions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals import data
from evals.errors import DataError
from evals.prediction import Item, from_record, from_summary, read
from summarizer.schema import Summary
from tests.evals_builders import TEXT, case, raw_record, summary, write


def test_a_summary_and_a_record_of_the_same_words_are_the_same_prediction() -> None:
    gold = from_record(case().gold)
    assert from_summary(summary()) == gold
    assert gold.of("reactions")[0] == Item(
        evidence=('Eva Holm called it "a waste of money".',),
        statement="Eva Holm called the bridge a waste of money.",
        name="Eva Holm",
        stance="critical",
        quote="a waste of money",
    )


def test_a_summary_without_a_main_event_has_none() -> None:
    without = summary().model_copy(update={"what": None})
    assert from_summary(without).of("what") == ()


def test_labels_name_an_item_in_a_report() -> None:
    assert Item((), name="A", statement="said b").label == "A: said b"
    assert Item((), text="today").label == "today"
    assert Item(()).label == ""


@pytest.mark.parametrize("shape", ["json", "jsonl", "record", "directory"])
def test_answers_are_read_from_files(tmp_path: Path, shape: str) -> None:
    write(tmp_path / "data")
    corpus = data.load(tmp_path / "data")
    answers = tmp_path / "answers"
    answers.mkdir()
    path = answers / "one.json"
    if shape == "record":
        path.write_text(json.dumps(raw_record()), encoding="utf-8")
    elif shape == "jsonl":
        other = summary(raw_record(TEXT + "x"), TEXT + "x")
        lines = [each.model_dump_json() for each in (other, summary())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        path.write_text(summary().model_dump_json(indent=2), encoding="utf-8")
    found = read(answers if shape == "directory" else path, corpus)
    assert found == {"bridge": from_record(case().gold)}


def test_what_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path)
    corpus = data.load(tmp_path)
    path = tmp_path / "answers.json"
    for content, message in (
        (b"\xff", "not UTF-8"),
        (b"{}\n{", "answers.json:2: not JSON"),
        (b"[]", "neither a Summary nor a record"),
        (b'{"schema_version": "1.1"}', "status: Field required"),
        (b"{}", "article: Field required"),
        (json.dumps({**raw_record(), "sha256": "0" * 64}).encode(), "no answer to any article"),
        (summary().model_dump_json().encode() * 2, "not JSON"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            read(path, corpus)
    with pytest.raises(DataError, match="No such file"):
        read(tmp_path / "none.json", corpus)
    line = summary().model_dump_json() + "\n"
    path.write_text(line * 2, encoding="utf-8")
    with pytest.raises(DataError, match="answered twice"):
        read(path, corpus)
    assert Summary.model_validate_json(line) == summary()
