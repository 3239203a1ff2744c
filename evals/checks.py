"""Label-free checks: what can be said of an answer on any article, gold or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from summarizer import quotations
from summarizer.schema import FIELD_NAMES, Attempt, Reaction, Summary


@dataclass(frozen=True)
class Checks:
    """Counts over one or more answers. Checks add up; None means not reported.

    `grounded` of `items` rest on verbatim spans; `unmarked_quotes` of `quotes` are not in
    quotation marks in the article; `uncited` of `quotations` are cited by no item.
    """

    answers: int = 0
    items: int = 0
    grounded: int = 0
    quotes: int = 0
    unmarked_quotes: int = 0
    quotations: int = 0
    uncited: int = 0
    rejected: int = 0
    adjusted: int = 0
    reasks: int = 0
    repairs: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None

    def __add__(self, other: Checks) -> Checks:
        sums: dict[str, Any] = {
            f.name: _add(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)
        }
        return Checks(**sums)


def check(summary: Summary, text: str) -> Checks:
    """The checks of one answer to the article `text`."""
    marked = quotations.find(text)
    items = [item for field in FIELD_NAMES for item in summary.items(field)]
    quotes = [item.quote for item in items if isinstance(item, Reaction) and item.quote is not None]
    cited = [(span.start, span.end) for _, _, span in summary.spans()]
    taken = spent(summary.provenance.attempts, summary.provenance.cost_usd)
    return taken + Checks(
        answers=1,
        items=len(items),
        grounded=sum(
            all(text[span.start : span.end] == span.text for span in item.evidence)
            for item in items
        ),
        quotes=len(quotes),
        unmarked_quotes=sum(
            not any(each.start <= quote.start and quote.end <= each.end for each in marked)
            for quote in quotes
        ),
        quotations=len(marked),
        uncited=sum(
            not any(start < each.end and each.start < end for start, end in cited)
            for each in marked
        ),
        rejected=len(summary.rejected),
        adjusted=len(summary.adjusted),
    )


def spent(attempts: Sequence[Attempt], cost_usd: float | None) -> Checks:
    """What the requests for one answer took, whether or not the answer was of use."""
    return Checks(
        reasks=sum(attempt.purpose == "reask" for attempt in attempts),
        repairs=sum(attempt.purpose == "repair" for attempt in attempts),
        input_tokens=_total([attempt.input_tokens for attempt in attempts]),
        output_tokens=_total([attempt.output_tokens for attempt in attempts]),
        cost_usd=cost_usd,
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of the values do not exceed; None if empty."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _add(one: float | None, other: float | None) -> float | None:
    """What nobody reported stays unreported."""
    if one is None or other is None:
        return one if other is None else other
    return one + other
