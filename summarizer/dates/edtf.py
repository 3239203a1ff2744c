"""EDTF level 0 dates (ISO 8601-2:2019, Extended Date/Time Format), without times of day.

A regular expression and the calendar suffice for level 0; the `edtf` package brings a
parser generator for levels 1 and 2, which the record does not use.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from typing import Literal, NamedTuple

Granularity = Literal["day", "month", "year", "interval"]

_POINT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


class Edtf(NamedTuple):
    """A parsed EDTF value: the first and the last day it may mean."""

    value: str
    earliest: dt.date
    latest: dt.date
    granularity: Granularity

    def covers(self, other: Edtf) -> bool:
        """Whether every day of `other` is a day of this value."""
        return self.earliest <= other.earliest and other.latest <= self.latest


@functools.lru_cache(maxsize=1024)
def parse(value: str) -> Edtf:
    """The value of `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or `A/B`; ValueError if it is none."""
    first, slash, last = value.partition("/")
    start, granularity = _point(first, value)
    if not slash:
        return Edtf(value, *start, granularity)
    end, _ = _point(last, value)
    if end[1] < start[0]:
        raise ValueError(f"{value!r} ends before it starts")
    return Edtf(value, start[0], max(start[1], end[1]), "interval")


def bounds(value: str) -> tuple[dt.date, dt.date]:
    """The first and last day of an EDTF value; ValueError if it is none."""
    date = parse(value)
    return date.earliest, date.latest


def interval(first: dt.date, last: dt.date) -> str:
    """The EDTF value for the days from `first` to `last`."""
    if first == last:
        return first.isoformat()
    return f"{first.isoformat()}/{last.isoformat()}"


def _point(text: str, whole: str) -> tuple[tuple[dt.date, dt.date], Granularity]:
    match = _POINT.fullmatch(text)
    if match is None:
        raise ValueError(f"{whole!r} is not an EDTF level 0 date")
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        if month is None:
            return (dt.date(year, 1, 1), dt.date(year, 12, 31)), "year"
        if day is None:
            last = calendar.monthrange(year, month)[1]
            return (dt.date(year, month, 1), dt.date(year, month, last)), "month"
        date = dt.date(year, month, day)
    except ValueError:
        raise ValueError(f"{whole!r} is not a day of the calendar") from None
    return (date, date), "day"
