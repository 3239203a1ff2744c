"""Whether the numbers, months, weekdays and names of a statement stand where it rests."""

from __future__ import annotations

from collections.abc import Sequence

from summarizer import dates, numbers
from summarizer.grounding.index import EvidenceIndex
from summarizer.schema import RejectionReason, Span

_NOWHERE_NEAR = "stands neither in the evidence nor in its paragraph, the headline or the dateline"


def problem(
    statement: str, evidence: Sequence[Span], index: EvidenceIndex
) -> tuple[RejectionReason, str] | None:
    """What a statement holds that neither its evidence nor its surroundings do, or None."""
    if (number := _unknown_number(statement, evidence, index)) is not None:
        return "number_not_in_evidence", f"“{number}” {_NOWHERE_NEAR}"
    times = dates.find(statement)
    if (time := _unknown_time(times, evidence, index)) is not None:
        return "name_not_in_evidence", f"“{time}” {_NOWHERE_NEAR}"
    if (name := index.names.unknown(statement, [(t.start, t.end) for t in times])) is not None:
        return "name_not_in_article", f"“{name}” does not stand in the article"
    return None


def _unknown_number(statement: str, evidence: Sequence[Span], index: EvidenceIndex) -> str | None:
    claimed = [number for number in numbers.find(statement) if not number.vague]
    sizes = numbers.magnitudes(statement)
    if not claimed and not sizes:
        return None
    context = index.context(evidence)
    written = index.values(context)
    for number in claimed:
        if number.value not in written and number.value not in index.numbers(context):
            return number.text
    if not sizes:
        return None
    known, held = index.magnitudes(context), index.numbers(context)
    return next((size.text for size in sizes if not size.covers(known, held)), None)


def _unknown_time(
    times: Sequence[dates.TimeExpression], evidence: Sequence[Span], index: EvidenceIndex
) -> str | None:
    """The first of the times with a month or weekday that the evidence's context has not."""
    named = [(time, parts) for time in times for parts in (time.first, time.last) if parts]
    if not named:
        return None
    months, weekdays = index.calendar(index.context(evidence))
    for time, parts in named:
        if parts.month and parts.month not in months:
            return time.text
        if parts.weekday is not None and parts.weekday not in weekdays:
            return time.text
    return None
