"""A scored run as text and as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from evals import tables
from evals.checks import percentile
from evals.scored import Column, Scored, Service
from evals.vital import found_counts, item_name, pass_line
from summarizer.schema import FIELD_NAMES

#: What a report must not be read without.
CAVEAT = (
    "{articles} articles prove little: a difference smaller than the interval is no difference."
)


def text(
    result: Scored,
    beside: Mapping[str, Column],
    service: Service | None = None,
    *,
    explain: bool = False,
) -> str:
    """Tables for a terminal."""
    numbers = result.numbers
    parts = [
        f"{numbers.articles} articles, {numbers.repeats} repeat(s); F1 in per cent",
        tables.field_table(numbers, beside),
        tables.tally_table(numbers),
        columns({f"evidence ≥ {at / 1000:g}": column for at, column in result.sensitivity.items()}),
        "Attributes of matched items\n" + _indented(tables.attribute_lines(numbers)),
        *(["Without labels\n" + _indented(service_lines(service))] if service else []),
        _passes(result, explain=explain),
        CAVEAT.format(articles=numbers.articles),
    ]
    if explain:
        for scores in result.scores:
            parts += ["\n".join(lines) for each in scores if (lines := tables.verdict_lines(each))]
    return "\n\n".join(parts)


def columns(of: Mapping[str, Column]) -> str:
    """Columns of F1 side by side."""
    rows = [
        [name or "mean", *(tables.percent(column.get(name)) for column in of.values())]
        for name in (*FIELD_NAMES, None)
    ]
    return tables.table(["F1", *of], rows)


def service_lines(service: Service) -> list[str]:
    """Label-free checks, failures and latency."""
    lines = tables.check_lines(service.checks)
    for name, count in service.failures.items():
        lines.append(f"scored as empty: {count} by {name}")
    p50, p95 = (percentile(service.seconds, share) for share in (0.5, 0.95))
    if p50 is not None and p95 is not None:
        lines.append(f"latency: p50 {p50:.2f} s, p95 {p95:.2f} s")
    return lines


def as_json(result: Scored, beside: Mapping[str, Column], service: Service | None = None) -> str:
    """The numbers, without the verdicts, as JSON."""
    return json.dumps(
        {
            "service": dataclasses.asdict(service) if service else None,
            "numbers": dataclasses.asdict(result.numbers),
            "vital": {
                item_name(item): count for item, count in found_counts(result.scores).items()
            },
            "sensitivity": {
                f"{at / 1000:g}": plain_column(column) for at, column in result.sensitivity.items()
            },
            "beside": {name: plain_column(column) for name, column in beside.items()},
        },
        indent=2,
    )


def plain_column(column: Column) -> dict[str, Any]:
    """A column with the headline under `mean`."""
    return {name or "mean": value for name, value in column.items()}


def _passes(result: Scored, *, explain: bool) -> str:
    """How often vital items were found; by name, those that some repeat missed."""
    found, repeats = found_counts(result.scores), result.numbers.repeats
    lines = [pass_line(found, repeats)]
    if explain:
        lines += [
            f"  {count} of {repeats}: {tables.printable(item_name(item))}"
            for item, count in found.items()
            if count < repeats
        ]
    return "\n".join(lines)


def _indented(lines: list[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
