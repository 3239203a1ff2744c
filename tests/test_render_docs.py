"""Facts about docs/record.md: it says what the schema says, no less and no more."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from summarizer.schema import Summary, json_schema

DOCUMENT = (Path(__file__).parent.parent / "docs" / "record.md").read_text("utf-8")

#: The section of the document that tells each object's keys.
SECTIONS = {
    "Summary": "Top level",
    "Span": "Spans",
    "What": "what",
    "Who": "who",
    "Where": "where",
    "When": "when",
    "Reaction": "reactions",
    "Background": "background",
    "Rejection": "rejected",
    "Adjustment": "adjusted",
    "MissingPart": "missing",
    "ArticleFacts": "article",
    "Provenance": "provenance",
    "Attempt": "provenance",
}


def documented(section: str) -> list[set[str]]:
    """The keys in the first column of each table of a section."""
    found = re.search(rf"^#+ {section}\n(.*?)(?=^#|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, section
    tables = re.split(r"^\| key \| value \|\n\| --- \| --- \|\n", found[1], flags=re.MULTILINE)
    return [
        {key for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for key in keys(row)}
        for table in tables[1:]
    ]


def keys(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_key_of_the_schema_is_explained_and_no_other() -> None:
    schema = json_schema()
    objects = {name: part for name, part in schema["$defs"].items() if "properties" in part}
    objects["Summary"] = schema
    assert set(objects) == set(SECTIONS)
    for name, part in objects.items():
        expected = set(part["properties"])
        if SECTIONS[name] in {"what", "who", "where", "when", "reactions", "background"}:
            expected -= {"evidence"}  # told once, for all items
        assert expected in documented(SECTIONS[name]), name


def test_every_choice_of_a_value_is_named() -> None:
    def choices(node: object) -> set[str]:
        if isinstance(node, dict):
            own = {one for one in node.get("enum", ()) if isinstance(one, str)}
            return own.union(*map(choices, node.values()))
        return set().union(*map(choices, node)) if isinstance(node, list) else set()

    reasons = set(json_schema()["$defs"]["Rejection"]["properties"]["reason"]["enum"])
    reasons |= set(json_schema()["$defs"]["Adjustment"]["properties"]["reason"]["enum"])
    assert {one for one in choices(json_schema()) - reasons if f"`{one}`" not in DOCUMENT} == set()


def test_the_example_is_a_record_of_the_example_article() -> None:
    (text,) = re.findall(r"^```text\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    (record,) = re.findall(r"^```json\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    summary = Summary.model_validate_json(record)
    assert summary.provenance.article_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert summary.article.length == len(text)
    for _, _, span in summary.spans():
        assert text[span.start : span.end] == span.text
