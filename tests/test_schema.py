"""Summary: validated, frozen, and the same after a trip through JSON."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from summarizer.schema import FIELD_NAMES, SCHEMA_VERSION, Span, Summary, When, Where, json_schema
from tests.invented import TEXT, record, span


def test_a_summary_is_the_same_after_a_trip_through_json() -> None:
    summary = record()
    assert Summary.model_validate_json(summary.model_dump_json()) == summary
    assert Summary.model_validate(summary.model_dump()) == summary


def test_every_span_of_the_invented_record_is_the_articles_own() -> None:
    spans = record().spans()
    assert spans
    assert all(TEXT[found.start : found.end] == found.text for _, _, found in spans)


def test_spans_come_by_field_and_item_with_evidence_before_the_quote() -> None:
    summary = record()
    order = [(FIELD_NAMES.index(field), index) for field, index, _ in summary.spans()]
    assert order == sorted(order)
    reaction = summary.reactions[0]
    listed = [
        found for field, index, found in summary.spans() if (field, index) == ("reactions", 0)
    ]
    assert listed == [*reaction.evidence, reaction.quote]


def test_items_of_what_are_a_tuple_too() -> None:
    summary = record()
    assert summary.items("what") == (summary.what,)
    assert record(what=None).items("what") == ()
    assert summary.items("who") == summary.who


def test_the_published_schema_is_sound_and_takes_what_is_serialized() -> None:
    published = json_schema()
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(json.loads(record().model_dump_json()), published)
    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    # What is always written is always there for a reader.
    assert set(published["required"]) == set(published["properties"])
    assert published["properties"]["schema_version"]["const"] == SCHEMA_VERSION


def test_every_object_of_the_published_schema_is_closed() -> None:
    published = json_schema()
    objects = [published, *published["$defs"].values()]
    assert all(each["additionalProperties"] is False for each in objects if "properties" in each)


@pytest.mark.parametrize("name", ["what", "status", "evidence", "schema_version"])
def test_a_summary_is_frozen(name: str) -> None:
    with pytest.raises(ValidationError):
        setattr(record() if name != "evidence" else record().what, name, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_version": "2.0"},
        {"status": "done"},
        {"who": [{"name": "X"}]},
        {"extra": 1},
        {"reactions": None},
        {"provenance": {}},
    ],
)
def test_what_is_no_summary_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Summary.model_validate(record().model_dump() | changes)


@pytest.mark.parametrize(
    "fields",
    [
        {"start": 0, "end": 3, "text": "four"},
        {"start": 0, "end": 0, "text": ""},
        {"start": -1, "end": 3, "text": "four"},
        {"start": 4, "end": 1, "text": "abc"},
        {"start": 0, "end": 4, "text": "four", "match": "fuzzy"},
        {"start": 0, "end": 4, "text": "four", "occurrences": 0},
    ],
)
def test_a_span_is_as_long_as_its_text(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Span.model_validate(fields)


def test_a_span_counts_code_points() -> None:
    assert Span(start=0, end=3, text="a👩é").end == 3


@pytest.mark.parametrize("date", ["18 June 2024", "2024-13", "2024-06-19/2024-06-18", ""])
def test_a_date_is_edtf_level_0(date: str) -> None:
    with pytest.raises(ValidationError, match="date"):
        When(evidence=(span("on Friday"),), text="on Friday", date=date, event="it reopens")


def test_a_time_has_a_first_and_a_last_day() -> None:
    values = {"evidence": (span("on Friday"),), "text": "on Friday", "event": "it reopens"}
    month = When(**values, date="2024-02")
    assert (month.earliest, month.latest) == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    unknown = When(**values, date=None)
    assert (unknown.earliest, unknown.latest) == (None, None)


@pytest.mark.parametrize("country", ["gb", "GBR", "G", "", "G1"])
def test_a_country_is_two_capitals(country: str) -> None:
    with pytest.raises(ValidationError):
        Where(evidence=(span("in Marlow"),), name="Marlow", country=country)


def test_an_item_has_evidence_and_words() -> None:
    with pytest.raises(ValidationError):
        Where(evidence=(), name="Marlow", country=None)
    with pytest.raises(ValidationError):
        Where(evidence=(span("in Marlow"),), name="", country=None)
