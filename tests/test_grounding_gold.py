"""The gold records as drafts: what two readers found true is kept, what is altered is not.

A false rejection costs a reader a true item, so each item of each record is tried, and each
is tried again with its evidence or its claim altered.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer import dates, numbers
from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.grounding import Checked, EvidenceIndex, ground
from summarizer.schema import FIELD_NAMES, Reaction

ROOT = Path(__file__).parent.parent
RECORDS = sorted([*ROOT.glob("evals/gold/*.json"), *ROOT.glob("tests/corpus/dev/gold/*.json")])
PROPERTIES = {
    "what": ("evidence", "statement"),
    "who": ("evidence", "name", "kind", "role"),
    "where": ("evidence", "name", "country"),
    "when": ("evidence", "text", "date", "event"),
    "reactions": ("evidence", "speaker", "quote", "statement", "stance"),
    "background": ("evidence", "statement", "date"),
}
#: What grounding takes out of a gold item, and why it is right to.
EXCUSED = {
    # The article has no date of its own. A reader dates it by the visit that it announces;
    # to code, "last month" needs a reference date.
    ("undated-rare-visit", "South Korean President Yoon Suk Yeol visited Ukraine last month."): [
        "date_without_reference"
    ],
}


@functools.cache
def gold(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@functools.cache
def index_of(path: Path) -> EvidenceIndex:
    record = gold(path)
    article = path.parent.parent / "articles" / record["article"]
    source = record["source"]
    given = source["published"] if source.get("published_from") == "metadata" else None
    published = dt.date.fromisoformat(given) if given else None
    return EvidenceIndex(Article.from_text(article.read_bytes().decode(), published=published))


def items(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each item of a record as (field, drafted properties)."""
    for field in FIELD_NAMES:
        found = gold(path)[field]
        for item in [found] if field == "what" else found:
            yield field, {name: item[name] for name in PROPERTIES[field]}


ITEMS = [
    pytest.param(path, field, item, id=f"{path.stem}-{field}-{number}")
    for path in RECORDS
    for number, (field, item) in enumerate(items(path))
]


def check(path: Path, field: str, item: dict[str, Any]) -> Checked:
    empty: dict[str, Any] = {name: None if name == "what" else [] for name in FIELD_NAMES}
    changes = {field: item if field == "what" else [item]}
    (checked,) = ground(Draft.model_validate(empty | changes), index_of(path))
    return checked


def rejection_of(path: Path, field: str, item: dict[str, Any]) -> str | None:
    checked = check(path, field, item)
    return checked.rejection.reason if checked.rejection else None


def test_there_are_records_to_try() -> None:
    assert len(RECORDS) >= 15
    assert len(ITEMS) >= 400


@pytest.mark.parametrize(("path", "field", "item"), ITEMS)
def test_a_gold_item_is_kept_whole(path: Path, field: str, item: dict[str, Any]) -> None:
    checked = check(path, field, item)
    assert checked.rejection is None
    excused = EXCUSED.get((path.stem, item.get("statement", "")), [])
    assert [a.reason for a in checked.adjustments] == excused
    assert checked.item is not None
    assert len(checked.item.evidence) == len(item["evidence"])
    if isinstance(checked.item, Reaction):
        assert checked.item.attribution == "verified"


each_record = pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)


@each_record
def test_a_whole_gold_record_has_no_duplicates(path: Path) -> None:
    fields: dict[str, Any] = {name: [] for name in FIELD_NAMES}
    for field, item in items(path):
        fields[field].append(item)
    fields["what"] = fields["what"][0]
    entries = ground(Draft.model_validate(fields), index_of(path))
    assert all(entry.item is not None for entry in entries)


# The mirror: altered items


def without_word(quote: str) -> str:
    words = quote.split()
    return " ".join(words[: len(words) // 2] + words[len(words) // 2 + 1 :])


def with_not(quote: str) -> str:
    words = quote.split()
    return " ".join([*words[: len(words) // 2], "not", *words[len(words) // 2 :]])


def with_another_digit(quote: str) -> str:
    return re.sub(r"\d", lambda match: str((int(match[0]) + 1) % 10), quote, count=1)


@each_record
@pytest.mark.parametrize("alter", [without_word, with_not, with_another_digit])
def test_altered_evidence_is_refused(path: Path, alter: Callable[[str], str]) -> None:
    text = " ".join(index_of(path).article.text.split())
    tried = 0
    for field, item in items(path):
        # A digit is not in every passage, and what a dropped word leaves may be one too.
        altered = [alter(quote) for quote in item["evidence"] if alter(quote) != quote]
        altered = [quote for quote in altered if " ".join(quote.split()) not in text]
        if altered:
            tried += 1
            reason = rejection_of(path, field, item | {"evidence": altered})
            assert reason in ("evidence_not_in_article", "evidence_too_short"), altered
    assert tried


@each_record
def test_evidence_of_another_article_is_refused(path: Path) -> None:
    others = [other for other in RECORDS if other.parent == path.parent and other != path]
    own = index_of(path).article.text
    theirs = [quote for other in others for quote in gold(other)["what"]["evidence"]]
    foreign = [quote for quote in theirs if quote not in own]
    assert foreign
    for field, item in items(path):
        assert rejection_of(path, field, item | {"evidence": foreign}) == "evidence_not_in_article"


@each_record
def test_a_flipped_number_is_refused(path: Path) -> None:
    held = numbers.values(index_of(path).article.text)
    other = next(number for number in range(61, 10_000) if number not in held)
    tried = 0
    for field, item in items(path):
        for number in numbers.find(item.get("statement", "")):
            if not number.vague:
                tried += 1
                statement = item["statement"]
                flipped = f"{statement[: number.start]}{other}{statement[number.end :]}"
                reason = rejection_of(path, field, item | {"statement": flipped})
                assert reason == "number_not_in_evidence", flipped
    assert tried


@each_record
def test_an_invented_name_is_refused(path: Path) -> None:
    for field, item in items(path):
        said = {"when": "event", "who": "name", "where": "name"}.get(field, "statement")
        added = [item[said] + " Quillon"]
        if said == "statement":
            added.append("Quillon: " + item[said])
        if field == "reactions":
            assert rejection_of(path, field, item | {"speaker": item["speaker"] + " Quillon"}) == (
                "name_not_in_article"
            )
        for altered in added:
            reason = rejection_of(path, field, item | {said: altered})
            assert reason == "name_not_in_article", altered


@each_record
def test_a_day_shifted_by_one_is_taken_out(path: Path) -> None:
    published = index_of(path).article.published
    for _, item in (each for each in items(path) if each[0] == "when"):
        date = item["date"] or ""
        if len(date) == len("YYYY-MM-DD") and dates.find(item["text"], published):
            shifted = (dt.date.fromisoformat(date) + dt.timedelta(days=1)).isoformat()
            checked = check(path, "when", item | {"date": shifted})
            assert [a.reason for a in checked.adjustments] == ["date_disagrees"], item["text"]
