"""The whole command on the five real articles, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema

ARTICLES = Path(__file__).parents[1] / "evals" / "articles"


def summarize(*arguments: str) -> str:
    command = [sys.executable, "-m", "summarizer", "--quiet", *arguments]
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout


def spans(value: Any) -> list[dict[str, Any]]:
    """Every span in a record, wherever it stands."""
    if isinstance(value, list):
        return [span for each in value for span in spans(each)]
    if not isinstance(value, dict):
        return []
    if {"start", "end", "text"} <= value.keys():
        return [value]
    return [span for each in value.values() for span in spans(each)]


def test_five_records_are_valid_and_every_span_is_the_articles_own() -> None:
    paths = sorted(ARTICLES.glob("*.txt"))
    lines = summarize(*map(str, paths), "--format", "jsonl").splitlines()
    assert len(lines) == len(paths) == 5
    schema = json.loads(summarize("--schema"))
    for path, line in zip(paths, lines, strict=True):
        record = json.loads(line)
        jsonschema.validate(record, schema)
        assert record["article"]["location"] == str(path)
        text = path.read_bytes().decode()
        found = spans(record)
        assert len(found) > 10
        for span in found:
            assert text[span["start"] : span["end"]] == span["text"]


def test_a_folder_of_articles_gives_the_same_records() -> None:
    one_by_one = summarize(*map(str, sorted(ARTICLES.glob("*.txt"))), "--format", "jsonl")
    folder = summarize(str(ARTICLES), "--format", "jsonl")

    def facts(lines: str) -> list[Any]:
        records = [json.loads(line) for line in lines.splitlines()]
        return [{k: v for k, v in record.items() if k != "provenance"} for record in records]

    assert facts(folder) == facts(one_by_one)
