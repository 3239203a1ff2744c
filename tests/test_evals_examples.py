"""The examples of docs/scoring.md come out as the page says."""

from __future__ import annotations

import hashlib
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from evals.data import Case, Record
from evals.metrics import of_tally
from evals.prediction import Item, Prediction
from evals.scoring import Tally, score
from summarizer.schema import FIELD_NAMES, FieldName

PAGE = (Path(__file__).parent.parent / "docs" / "scoring.md").read_text(encoding="utf-8")
ARTICLE = re.search(r"```text article\n(.*?)```", PAGE, re.DOTALL)


def example(field: str) -> dict[str, Any]:
    """The JSON blocks of one field's example, by kind."""
    section = PAGE.split(f"\n### {field}\n")[1].split("\n### ")[0]
    blocks = re.findall(r"```json (gold|answer|result)\n(.*?)```", section, re.DOTALL)
    return {kind: json.loads(body) for kind, body in blocks}


def scored_case(field: str, gold: Any) -> Case:
    assert ARTICLE is not None
    text = ARTICLE[1]
    empty: dict[str, Any] = {name: [] for name in FIELD_NAMES}
    what = {"statement": "A bridge opens.", "evidence": ["New bridge opens"], "nuggets": []}
    source = {
        "publisher": None,
        "title": "New bridge opens in Arrowby",
        "url": None,
        "published": "2024-05-04",
        "published_from": "text",
    }
    digest = hashlib.sha256(text.encode()).hexdigest()
    record = {**empty, "article": "a.txt", "sha256": digest, "source": source, "what": what}
    return Case("a", text, Record.model_validate({**record, field: gold}))


def item(raw: dict[str, Any]) -> Item:
    values = {("name" if key == "speaker" else key): value for key, value in raw.items()}
    return Item(**{**values, "evidence": tuple(raw["evidence"])})


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_the_example_comes_out_as_computed_by_hand(field: FieldName) -> None:
    blocks = example(field)
    given = blocks["answer"] if isinstance(blocks["answer"], list) else [blocks["answer"]]
    answer = Prediction({field: tuple(map(item, given))})
    result = score(scored_case(field, blocks["gold"]), answer).fields[field]
    for reading in ("strict", "lenient"):
        if reading in blocks["result"]:
            check(getattr(result, reading), blocks["result"][reading])
    for name, counts in blocks["result"].get("attributes", {}).items():
        assert result.attributes[name] == tuple(counts)


def check(tally: Tally, expected: dict[str, Any]) -> None:
    assert tally.vital_found == expected["found"]
    assert tally.vital_partial == expected["partial"]
    assert tally.incorrect == expected["incorrect"]
    assert tally.missing == expected["missing"]
    assert tally.spurious == expected["spurious"]
    metrics = of_tally(tally)
    for name in ("precision", "recall", "f1"):
        assert getattr(metrics, name) == pytest.approx(float(Fraction(expected[name])))
