"""Draft: the wire schema keeps to what every provider's strict mode takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from summarizer.draft import Draft, wire_schema
from summarizer.schema import FIELD_NAMES

FULL: dict[str, Any] = {
    "what": {"evidence": ["a b c"], "statement": "S"},
    "who": [{"evidence": ["a b c"], "name": "N", "kind": "person", "role": None}],
    "where": [{"evidence": ["a b c"], "name": "N", "country": None}],
    "when": [{"evidence": ["a b c"], "text": "T", "date": None, "event": "E"}],
    "reactions": [
        {"evidence": ["a"], "speaker": "N", "quote": None, "statement": "S", "stance": "neutral"}
    ],
    "background": [{"evidence": ["a b c"], "statement": "S", "date": "2024"}],
}
EMPTY: dict[str, Any] = {name: None if name == "what" else [] for name in FIELD_NAMES}


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema object that describes a JSON object."""
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield node
        for value in node.values():
            yield from objects(value)
    if isinstance(node, list):
        for value in node:
            yield from objects(value)


def keywords(node: Any, *, names: bool = False) -> Iterator[str]:
    """Every keyword of a schema; the names of properties are none."""
    if isinstance(node, dict):
        for key, value in node.items():
            if not names:
                yield key
            yield from keywords(value, names=key in ("properties", "$defs") and not names)
    if isinstance(node, list):
        for value in node:
            yield from keywords(value)


def test_every_property_is_required_and_no_other_is_allowed() -> None:
    found = list(objects(wire_schema()))
    assert len(found) == 7
    for node in found:
        assert node["required"] == list(node["properties"])
        assert node["additionalProperties"] is False


def test_the_schema_has_only_keywords_of_the_strict_subset() -> None:
    assert set(keywords(wire_schema())) <= {
        "$defs", "$ref", "additionalProperties", "anyOf", "description", "enum", "items",
        "properties", "required", "type",
    }  # fmt: skip


def test_evidence_comes_before_the_claim_that_rests_on_it() -> None:
    items = [node for node in objects(wire_schema()) if "evidence" in node["properties"]]
    assert len(items) == 6
    assert all(next(iter(node["properties"])) == "evidence" for node in items)
    assert list(wire_schema()["properties"]) == list(FIELD_NAMES)


def test_every_property_is_described_or_speaks_for_itself() -> None:
    silent = {
        name
        for node in objects(wire_schema())
        for name, value in node["properties"].items()
        if "description" not in value
    }
    assert silent <= {"kind", *FIELD_NAMES}


def test_the_schema_takes_what_the_draft_takes() -> None:
    for draft in (FULL, EMPTY):
        jsonschema.validate(draft, wire_schema())
        assert Draft.model_validate(draft).model_dump() == draft


def test_the_schema_is_built_once() -> None:
    assert wire_schema() is wire_schema()


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_a_draft_without_a_field_or_with_another_is_refused(name: str) -> None:
    for draft in ({key: FULL[key] for key in FULL if key != name}, FULL | {name + "s_": []}):
        with pytest.raises(ValidationError):
            Draft.model_validate(draft)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(draft, wire_schema())


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValidationError):
        Draft.model_validate(FULL | {"what": {"evidence": ["\ud800 b c"], "statement": "S"}})
