"""Time expressions that only mean something together: "June last year", "Monday next week"."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from summarizer.dates import edtf
from summarizer.dates.expression import TimeExpression
from summarizer.dates.grammar import Parts

_BETWEEN = re.compile(r"\s+(?:of\s+)?")


def joined(found: Sequence[TimeExpression], text: str) -> Iterator[TimeExpression]:
    """The same expressions, a day or month and the year or week after it made one."""
    at = 0
    while at < len(found):
        expression = found[at]
        at += 1
        if at < len(found) and _BETWEEN.fullmatch(text, expression.end, found[at].start):
            both = _both(expression, found[at], text)
            if both is not None:
                expression = both
                at += 1
        yield expression


def _both(one: TimeExpression, two: TimeExpression, text: str) -> TimeExpression | None:
    """One expression for two neighbours, or None if they are two times."""
    first, last = one.first, one.last
    unit = two.text.casefold().rsplit(maxsplit=1)[-1]
    if first is None or last is None or two.first is not None or unit not in ("year", "week"):
        return None
    if first.year is not None or last.year is not None or one.modifier is not None:
        return None
    is_weekday = first.month is None
    if is_weekday != (unit == "week") or (is_weekday and first != last):
        return None
    merged = one._replace(end=two.end, text=text[one.start : two.end], relative=True, date=None)
    if two.date is None:
        return merged
    begins = edtf.bounds(two.date)[0]
    if is_weekday:
        assert first.weekday is not None
        day = begins + dt.timedelta(days=first.weekday)
        whole = Parts(day.year, day.month, day.day, day.weekday())
        return merged._replace(first=whole, last=whole, date=day.isoformat())
    assert first.month is not None
    assert last.month is not None
    crosses = last.month < first.month
    first = first._replace(year=begins.year)
    last = last._replace(year=begins.year + crosses)
    return merged._replace(first=first, last=last, date=_value(first, last))


def _value(first: Parts, last: Parts) -> str | None:
    """The EDTF value of parts with year and month, or None if there is no such day."""
    ends = []
    for parts in (first, last):
        value = f"{parts.year:04d}-{parts.month:02d}"
        ends.append(value if parts.day is None else f"{value}-{parts.day:02d}")
    value = ends[0] if ends[0] == ends[1] else "/".join(ends)
    try:
        edtf.parse(value)
    except ValueError:
        return None
    return value
