"""Prediction: what any system says about one article, in the one form that is scored.

A Summary, a gold record and a reader's record all become Predictions, so that readers,
floors and engines go through the same scorer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.data import Case, Corpus, Record
from evals.errors import DataError
from summarizer.schema import FIELD_NAMES, FieldName, Summary


@dataclass(frozen=True)
class Item:
    """One item of one field. Attributes that the field does not have are None."""

    evidence: tuple[str, ...]
    statement: str | None = None
    name: str | None = None
    kind: str | None = None
    role: str | None = None
    country: str | None = None
    text: str | None = None
    date: str | None = None
    event: str | None = None
    stance: str | None = None
    quote: str | None = None

    @property
    def label(self) -> str:
        """What to call the item in a report: its statement, name or time."""
        if self.name is not None and self.statement is not None:
            return f"{self.name}: {self.statement}"
        return self.statement or self.name or self.text or ""


@dataclass(frozen=True)
class Prediction:
    """A system's items for one article. `failure` says why there are none, if so."""

    items: Mapping[FieldName, tuple[Item, ...]] = field(default_factory=dict)
    failure: str | None = None

    def of(self, name: FieldName) -> tuple[Item, ...]:
        """The items of one field."""
        return self.items.get(name, ())


def from_summary(summary: Summary) -> Prediction:
    """A Summary as a Prediction."""
    return Prediction(
        {name: tuple(_item(entry) for entry in summary.items(name)) for name in FIELD_NAMES}
    )


def from_record(record: Record) -> Prediction:
    """A gold or reader's record as if a system had answered it."""
    return Prediction(
        {
            name: tuple(
                _item(entry) for entry in ((record.what,) if name == "what" else record.items(name))
            )
            for name in FIELD_NAMES
        }
    )


def read(path: Path, corpus: Corpus) -> dict[str, Prediction]:
    """The predictions of a file or a directory of files, by case name.

    A file holds one JSON object, or one per line; each is a Summary or a record. What is
    about another article is left out. Raises DataError if nothing can be read or an article
    is answered twice.
    """
    paths = sorted(path.glob("*.json*")) if path.is_dir() else [path]
    found: dict[str, Prediction] = {}
    for each in paths:
        for number, entry in _objects(each):
            name, prediction = _prediction(entry, corpus, f"{each}:{number}")
            if name in found:
                raise DataError(f"{each}:{number}: {name} is answered twice")
            if name is not None:
                found[name] = prediction
    if not found:
        raise DataError(f"{path}: no answer to any article of {corpus.directory}")
    return found


def _objects(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """(line, object) of a JSON or JSON Lines file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8") from error
    try:
        whole = [(1, json.loads(text))]
    except json.JSONDecodeError:
        whole = []
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    whole.append((number, json.loads(line)))
                except json.JSONDecodeError as error:
                    raise DataError(f"{path}:{number}: not JSON: {error.msg}") from error
    for number, entry in whole:
        if not isinstance(entry, dict):
            raise DataError(f"{path}:{number}: neither a Summary nor a record")
    return whole


def _prediction(entry: dict[str, Any], corpus: Corpus, place: str) -> tuple[str | None, Prediction]:
    try:
        if "schema_version" in entry:
            summary = Summary.model_validate_json(json.dumps(entry))
            digest = summary.provenance.article_sha256
            return _by_digest(corpus.cases, digest), from_summary(summary)
        record = Record.model_validate(entry)
        return _by_digest(corpus.cases, record.sha256), from_record(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{place}: {where}: {first['msg']}") from error


def _by_digest(cases: Sequence[Case], digest: str) -> str | None:
    return next((case.name for case in cases if case.gold.sha256 == digest), None)


def _item(entry: Any) -> Item:
    """An Item of anything that has some of its attributes, spans as objects or as text."""
    quote = getattr(entry, "quote", None)
    return Item(
        evidence=tuple(getattr(span, "text", span) for span in entry.evidence),
        statement=getattr(entry, "statement", None),
        name=getattr(entry, "name", None) or getattr(entry, "speaker", None),
        kind=getattr(entry, "kind", None),
        role=getattr(entry, "role", None),
        country=getattr(entry, "country", None),
        text=getattr(entry, "text", None),
        date=getattr(entry, "date", None),
        event=getattr(entry, "event", None),
        stance=getattr(entry, "stance", None),
        quote=getattr(quote, "text", quote),
    )
