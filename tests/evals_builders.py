"""Small corpora for the tests of `evals`."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.data import Case, Record
from evals.prediction import Item, Prediction
from summarizer.schema import ArticleFacts, FieldName, Summary

TEXT = (
    "Bridge opens in Arrowby\n\n"
    "Mayor Ana Lopes and engineer Jon Field opened the bridge in Arrowby on 4 May 2024.\n\n"
    'Eva Holm called it "a waste of money". Max Brand praised the view.\n\n'
    "The bridge took three years to build. The old ferry stopped in 2021.\n"
)
OPENED = "Mayor Ana Lopes and engineer Jon Field opened the bridge in Arrowby on 4 May 2024."


def raw_record(text: str = TEXT, article: str = "bridge.txt") -> dict[str, Any]:
    """A settled record of TEXT that keeps every rule, as JSON values to be changed."""
    return copy.deepcopy({
        "article": article,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "source": {
            "publisher": None,
            "title": "Bridge opens in Arrowby",
            "url": None,
            "published": None,
            "published_from": None,
        },
        "what": {
            "statement": "Mayor Ana Lopes opened a bridge in Arrowby on 4 May 2024.",
            "evidence": [OPENED],
            "nuggets": [
                {
                    "claim": "Lopes opened the bridge",
                    "importance": "vital",
                    "anchors": [["lopes", "mayor"], ["opened", "opens"]],
                    "forbidden": ["closed", "not"],
                },
                {
                    "claim": "It was on 4 May",
                    "importance": "vital",
                    "anchors": [["4 may"]],
                    "forbidden": ["5 may"],
                },
            ],
        },
        "who": [
            {
                "name": "Ana Lopes",
                "aliases": ["Lopes"],
                "kind": "person",
                "role": "Mayor",
                "importance": "vital",
                "evidence": [OPENED],
            },
            {
                "name": "Jon Field",
                "aliases": [],
                "kind": "person",
                "role": "engineer",
                "importance": "okay",
                "evidence": [OPENED],
            },
        ],
        "where": [
            {
                "name": "Arrowby",
                "aliases": [],
                "country": None,
                "importance": "vital",
                "evidence": [OPENED, "Bridge opens in Arrowby"],
                "within": [],
            }
        ],
        "when": [
            {
                "text": "4 May 2024",
                "date": "2024-05-04",
                "event": "the opening",
                "importance": "vital",
                "evidence": [OPENED],
                "granularity": "day",
            }
        ],
        "reactions": [
            {
                "speaker": "Eva Holm",
                "speaker_aliases": [],
                "stance": "critical",
                "statement": "Eva Holm called the bridge a waste of money.",
                "quote": "a waste of money",
                "importance": "vital",
                "evidence": ['Eva Holm called it "a waste of money".'],
                "anchors": [["waste"]],
                "forbidden": ["no waste"],
            },
            {
                "speaker": "Max Brand",
                "speaker_aliases": [],
                "stance": "supportive",
                "statement": "Max Brand praised the view.",
                "quote": None,
                "importance": "okay",
                "evidence": ["Max Brand praised the view."],
                "anchors": [["praised", "liked"]],
                "forbidden": [],
            },
        ],
        "background": [
            {
                "statement": "The bridge took three years to build.",
                "date": None,
                "importance": "vital",
                "evidence": ["The bridge took three years to build."],
                "anchors": [["three", "3"], ["years"]],
                "forbidden": ["never"],
            },
            {
                "statement": "The old ferry stopped in 2021.",
                "date": "2021",
                "importance": "okay",
                "evidence": ["The old ferry stopped in 2021."],
                "anchors": [["ferry"], ["stopped"]],
                "forbidden": [],
            },
        ],
    })  # fmt: skip


def case(raw: Mapping[str, Any] | None = None, text: str = TEXT, name: str = "bridge") -> Case:
    """A case of a raw record; TEXT's own without one."""
    return Case(name, text, Record.model_validate(raw or raw_record(text)))


def answer(**fields: Sequence[Item]) -> Prediction:
    """A prediction by field name."""
    items: dict[FieldName, tuple[Item, ...]] = {}
    for name, each in fields.items():
        items[name] = tuple(each)  # type: ignore[index]  # tests name fields right
    return Prediction(items)


def write(directory: Path, raw: Mapping[str, Any] | None = None, text: str = TEXT) -> Path:
    """A data directory with one article; returns the path of its gold record."""
    record = dict(raw or raw_record(text))
    for folder in ("articles", "gold"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    (directory / "articles" / record["article"]).write_bytes(text.encode())
    path = directory / "gold" / Path(record["article"]).with_suffix(".json").name
    path.write_text(json.dumps(record, indent=2), encoding="utf-8")
    return path


def summary(raw: Mapping[str, Any] | None = None, text: str = TEXT) -> Summary:
    """A record as the Summary that a perfect system would give of `text`."""
    record = dict(raw or raw_record(text))

    def span(words: str) -> dict[str, Any]:
        start = text.index(words)
        return {"start": start, "end": start + len(words), "text": words}

    def item(entry: Mapping[str, Any], *keys: str) -> dict[str, Any]:
        found: dict[str, Any] = {"evidence": [span(each) for each in entry["evidence"]]}
        return found | {key: entry[key] for key in keys}

    return Summary.model_validate({
        "status": "complete",
        "article": dict.fromkeys(ArticleFacts.model_fields, None) | {"length": len(text)},
        "what": item(record["what"], "statement"),
        "who": [item(each, "name", "kind", "role") for each in record["who"]],
        "where": [item(each, "name", "country") for each in record["where"]],
        "when": [item(each, "text", "date", "event") for each in record["when"]],
        "reactions": [
            item(each, "speaker", "stance", "statement")
            | {"attribution": "verified", "quote": span(each["quote"]) if each["quote"] else None}
            for each in record["reactions"]
        ],
        "background": [item(each, "statement", "date") for each in record["background"]],
        "rejected": [],
        "adjusted": [],
        "uncited_quotes": [],
        "provenance": {
            "engine": "scripted",
            "model": None,
            "mode": None,
            "prompt": None,
            "package_version": "0",
            "article_sha256": record["sha256"],
            "attempts": [],
            "cost_usd": 0.0,
            "elapsed_seconds": 0.5,
        },
    })  # fmt: skip
