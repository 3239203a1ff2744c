"""Table: a record as flat rows, one of its article and one of each item.

One definition for every output that has columns. A day is text, YYYY-MM-DD; an output with
a type for days makes one of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from summarizer import dates

#: Of the columns below. It changes when a program that reads them has to.
VERSION = 1
#: What a Parquet file of a batch has its version under.
MARK = "summarizer.table"

Kind = Literal["text", "integer", "real", "flag", "day"]
Value = str | int | float | bool | None


class Column(NamedTuple):
    """A column's name and what it holds; null where there is nothing to say."""

    name: str
    kind: Kind = "text"


#: A record; each has an `id`, from 1, in the order of the rows.
ARTICLES = (
    Column("id", "integer"),
    Column("source"),
    Column("title"),
    Column("publisher"),
    Column("published", "day"),
    Column("url"),
    Column("length", "integer"),
    Column("sha256"),
    Column("status"),
    Column("items", "integer"),
    Column("rejected", "integer"),
    Column("adjusted", "integer"),
    Column("uncited_quotes", "integer"),
    Column("schema_version"),
    Column("engine"),
    Column("model"),
    Column("endpoint"),
    Column("cached", "flag"),
    Column("mode"),
    Column("prompt"),
    Column("package_version"),
    Column("requests", "integer"),
    Column("input_tokens", "integer"),
    Column("output_tokens", "integer"),
    Column("cost_usd", "real"),
    Column("elapsed_seconds", "real"),
    Column("record"),
)
#: An item; `article` is the `id` of its record, `position` its place in its field, from 0.
ITEMS = (
    Column("article", "integer"),
    Column("field"),
    Column("position", "integer"),
    Column("statement"),
    Column("name"),
    Column("kind"),
    Column("role"),
    Column("country"),
    Column("text"),
    Column("event"),
    Column("date"),
    Column("earliest", "day"),
    Column("latest", "day"),
    Column("speaker"),
    Column("stance"),
    Column("attribution"),
    Column("quote"),
    Column("quote_start", "integer"),
    Column("quote_end", "integer"),
    Column("quote_match"),
    Column("evidence"),
    Column("evidence_start", "integer"),
    Column("evidence_end", "integer"),
    Column("evidence_match"),
    Column("evidence_count", "integer"),
)

_FIELDS = ("what", "who", "where", "when", "reactions", "background")
#: Those that an item has or has not, under the record's own names.
_GIVEN = (
    "statement", "name", "kind", "role", "country", "text", "event", "date",
)  # fmt: skip


def article(record: Mapping[str, Any], line: str, number: int) -> tuple[Value, ...]:
    """A record's row of ARTICLES. `line` is its JSON, `number` its id.

    Raises KeyError or TypeError for what is no record.
    """
    facts, made = record["article"], record["provenance"]
    attempts = made["attempts"]
    return (
        number,
        facts["location"],
        facts["title"],
        facts["publisher"],
        facts["published"],
        facts["url"],
        facts["length"],
        made["article_sha256"],
        record["status"],
        sum(1 for _ in _items(record)),
        len(record["rejected"]),
        len(record["adjusted"]),
        len(record["uncited_quotes"]),
        record["schema_version"],
        made["engine"],
        made["model"],
        made["endpoint"],
        made["cached"],
        made["mode"],
        made["prompt"],
        made["package_version"],
        len(attempts),
        _total(attempts, "input_tokens"),
        _total(attempts, "output_tokens"),
        made["cost_usd"],
        made["elapsed_seconds"],
        line,
    )


def items(record: Mapping[str, Any], number: int) -> Iterator[tuple[Value, ...]]:
    """A record's rows of ITEMS. Raises as `article`."""
    for field, position, item in _items(record):
        evidence, quote = item["evidence"], item.get("quote")
        best = evidence[0]
        date = item.get("date")
        days = [day.isoformat() for day in dates.bounds(date)] if date else [None, None]
        yield (
            number,
            field,
            position,
            *(item.get(name) for name in _GIVEN),
            *days,
            item.get("speaker"),
            item.get("stance"),
            item.get("attribution"),
            *_span(quote),
            *_span(best),
            len(evidence),
        )


def _items(record: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    for field in _FIELDS:
        found = record[field]
        if field == "what":
            found = [] if found is None else [found]
        for position, item in enumerate(found):
            yield field, position, item


def _span(span: Mapping[str, Any] | None) -> tuple[Value, ...]:
    if span is None:
        return None, None, None, None
    return span["text"], span["start"], span["end"], span["match"]


def _total(attempts: list[Mapping[str, Any]], name: str) -> int | None:
    """Of what was reported; None if nothing was, or more than a column can hold."""
    reported = [one[name] for one in attempts if one[name] is not None]
    total = sum(reported)
    return total if reported and total < 1 << 63 else None
