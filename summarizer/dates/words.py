"""Time expressions in English news text, found and resolved against a reference date.

The grammar covers what TIMEX3 calls calendar dates and the offsets that newswriters use;
times of day, seasons and holidays are left alone. An expression that its words and the
reference do not settle has no date.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from summarizer import numbers
from summarizer.dates import edtf
from summarizer.dates.expression import TimeExpression
from summarizer.dates.grammar import AMBIGUOUS_MONTHS, EXPRESSION, Parts, calendar_parts
from summarizer.dates.joining import joined
from summarizer.dates.starts import starts

Tense = Literal["past", "future"]

_MONTH_SIGN = re.compile(
    r"\b(?:in|of|since|until|till|by|from|during|before|after|through|between|to|and|for|"
    r"as|late|early|mid|end|month|both)[\s-]+(?:the\s+)?$",
    re.IGNORECASE,
)
#: Signs that may as well stand before a person's name: "Jane and April Smith".
_WEAK_MONTH_SIGN = re.compile(
    r"\b(?:of|by|from|before|after|between|to|and|for|as|both)\s+$", re.IGNORECASE
)
_NAME_AFTER = re.compile(r"\s+[A-Z][\w'’]")
_YEAR_AFTER = re.compile(r"\s+(?:of\s+)?(?:last|this|next)\s+year\b", re.IGNORECASE)
_YEAR_SIGN = re.compile(
    r"(?:\b(?:in|of|since|until|till|by|from|during|before|after|through|between|to|year|"
    r"the|a|early|late|mid|spring|summer|autumn|fall|winter|quarter|"
    r"(?<![$€£])(?:1[5-9]|20)\d\d(?:,|,?\s+and|\s+or))[\s-]+|\()$",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[a-z]+")
_OPEN_WORDS = frozenset("since until till by before after from beyond starting beginning".split())
_OPEN_SIGN = re.compile(
    rf"\b(?:{'|'.join(_OPEN_WORDS)})\s+"
    r"(?:at\s+least\s+|the\s+end\s+of\s+|on\s+|then\s+)?$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:from|starting|beginning)\s+$", re.IGNORECASE)


def find(
    text: str,
    reference: dt.date | None = None,
    *,
    year: int | None = None,
    tense: Tense | None = None,
) -> list[TimeExpression]:
    """The time expressions of `text` in order, without overlaps.

    `reference` is the day the text was written. Without it, `year` may give the year
    that the text's own dates settle. `tense` says which way an expression without a year
    looks ("in May", "on Monday"); without it the nearest day is meant.
    """
    found: list[TimeExpression] = []
    whole = len(text) - len(text.lstrip()), len(text.rstrip())
    at = 0
    for start in starts(text):
        if start < at or (match := EXPRESSION.match(text, start)) is None:
            continue
        at = match.end()
        alone = match.span() == whole
        expression = _read(match, reference, year, tense, alone=alone)
        if expression is not None:
            at = expression.end
            found.append(expression)
    return list(joined(found, text))


def own_year(text: str) -> int | None:
    """The one year in which all of the text's fully named days fall, or None."""
    years = {
        expression.first.year
        for expression in find(text)
        if expression.first and expression.first.day and expression.first.year
    }
    return years.pop() if len(years) == 1 else None


def _read(
    match: re.Match[str],
    reference: dt.date | None,
    year: int | None,
    tense: Tense | None,
    *,
    alone: bool,
) -> TimeExpression | None:
    kind = match.lastgroup  # The alternative itself: the last group to close.
    assert kind is not None
    before = match.string[max(0, match.start() - 24) : match.start()]
    if not alone and not _is_time(kind, match, before):
        return None
    end = match.end()
    relative = True
    modifier = None
    first = last = None
    date: str | None
    if kind in _RELATIVE:
        date = _offset(kind, match, reference, tense)
        if date is None and kind == "unit" and reference is None and match["uunit"] == "year":
            date = _year_offset(match["umod"], year)
    else:
        try:
            first, last, end = calendar_parts(kind, match)
        except ValueError:
            return None
        relative = first.year is None
        modifier = (match["wmod"] or match["mmod"] or "").casefold().split(" ")[0] or None
        try:
            date = _resolve(first, last, reference, year, tense, modifier)
        except OverflowError:
            # Beyond the calendar's first or last day.
            date = None
    is_range = first is not None and first != last
    return TimeExpression(
        start=match.start(),
        end=end,
        text=match.string[match.start() : end],
        date=date,
        relative=relative,
        open=_is_open(before) and not (is_range and _FROM.search(before)),
        modifier=modifier,
        first=first,
        last=last,
    )


def _is_open(before: str) -> bool:
    """Whether the words before an expression leave it one end."""
    return not _OPEN_WORDS.isdisjoint(_LETTERS.findall(before.lower())) and (
        _OPEN_SIGN.search(before) is not None
    )


def _is_time(kind: str, match: re.Match[str], before: str) -> bool:
    """Whether the words before a match let it be a time: "May" and "2024" alone may not be."""
    if kind == "m" and not match["mmod"]:
        return not _may_be_names(match, "m17") or _is_month(match, before)
    if kind == "mm" and "and" in match["s19"] and not match["y20"]:
        # "April and June sang."
        return not _may_be_names(match, "m19", "m20") or _MONTH_SIGN.search(before) is not None
    if (kind == "y" and match["y18"] == match[0]) or (kind == "yy" and "and" in match[0]):
        return _YEAR_SIGN.search(before) is not None
    if kind == "unit" and match["umod"].casefold() == "last":
        return not before.casefold().endswith("the ")
    return kind != "ago" or not before.casefold().endswith("half ")


def _is_month(match: re.Match[str], before: str) -> bool:
    """Whether what stands around a name tells that it is a month's."""
    if _YEAR_AFTER.match(match.string, match.end()):
        return True
    if _NAME_AFTER.match(match.string, match.end()) and _WEAK_MONTH_SIGN.search(before):
        return False
    return _MONTH_SIGN.search(before) is not None


def _may_be_names(match: re.Match[str], *groups: str) -> bool:
    return {match[group].rstrip(".").casefold() for group in groups} <= AMBIGUOUS_MONTHS


_RELATIVE = ("today", "yesterday", "tomorrow", "unit", "weekend", "ago", "shift")


def _resolve(
    first: Parts,
    last: Parts,
    reference: dt.date | None,
    year: int | None,
    tense: Tense | None,
    modifier: str | None,
) -> str | None:
    """The EDTF value of calendar parts, or None if they need a reference there is not."""
    start = _point(first, reference, year, tense, modifier)
    if start is None or first == last:
        return start
    if last.weekday is not None and last.month is None:
        begin = dt.date.fromisoformat(start)
        return edtf.interval(begin, begin + dt.timedelta(days=(last.weekday - begin.weekday()) % 7))
    if last.year is None:
        begin_year = int(start[:4])
        crosses = (last.month or 0) < (first.month or 0)
        last = Parts(begin_year + crosses, last.month, last.day)
    end = _point(last, None, None, None, None)
    value = f"{start}/{end}"
    try:
        edtf.parse(value)
    except ValueError:
        return None
    return value


def _point(
    parts: Parts,
    reference: dt.date | None,
    year: int | None,
    tense: Tense | None,
    modifier: str | None,
) -> str | None:
    if modifier in ("last", "next"):
        tense = "past" if modifier == "last" else "future"
    if parts.month is None and parts.year is None:
        if reference is None or parts.weekday is None:
            return None
        return _nearest_weekday(parts.weekday, reference, tense, modifier).isoformat()
    if parts.year is None:
        if reference is None:
            chosen = year
        else:
            chosen = _nearest_year(parts, reference, tense, strict=modifier in ("last", "next"))
        if chosen is None:
            return None
        parts = Parts(chosen, parts.month, parts.day, parts.weekday)
    value = f"{parts.year:04d}"
    if parts.month:
        value += f"-{parts.month:02d}"
    if parts.day:
        value += f"-{parts.day:02d}"
    try:
        edtf.parse(value)
    except ValueError:
        return None
    return value


def _nearest_weekday(
    weekday: int, reference: dt.date, tense: Tense | None, modifier: str | None
) -> dt.date:
    ahead = (weekday - reference.weekday()) % 7
    if modifier == "next" or (modifier == "last" and ahead == 0):
        return reference + dt.timedelta(days=(ahead or 7) if modifier == "next" else -7)
    if tense == "past":
        return reference - dt.timedelta(days=-ahead % 7)
    if tense == "future":
        return reference + dt.timedelta(days=ahead)
    return reference + dt.timedelta(days=ahead if ahead <= 3 else ahead - 7)


def _nearest_year(
    parts: Parts, reference: dt.date, tense: Tense | None, *, strict: bool
) -> int | None:
    """The year that puts the parts nearest to the reference, on the side of `tense`."""
    best: tuple[int, int] | None = None
    for year in (reference.year, reference.year - 1, reference.year + 1):
        if parts.day is None:
            assert parts.month is not None
            distance = ((year - reference.year) * 12 + parts.month - reference.month) * 30
        else:
            try:
                distance = (dt.date(year, parts.month or 1, parts.day) - reference).days
            except ValueError:
                continue
        if (tense == "past" and distance > 0) or (tense == "future" and distance < 0):
            continue
        if strict and distance == 0:
            continue
        if best is None or abs(distance) < best[0]:
            best = (abs(distance), year)
    return best[1] if best else None


def _offset(
    kind: str, match: re.Match[str], reference: dt.date | None, tense: Tense | None
) -> str | None:
    """The date of an expression that counts from the reference, if there is one."""
    if reference is None or kind == "shift":
        return None
    try:
        value = _shifted(kind, match, reference, tense)
        edtf.parse(value)
    except (ValueError, OverflowError):
        # Beyond the calendar's first or last day.
        return None
    return value


def _shifted(kind: str, match: re.Match[str], reference: dt.date, tense: Tense | None) -> str:
    """The same, which may lie outside the calendar or raise ValueError or OverflowError."""
    days = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if kind in days:
        far = 2 if "day" in match[0].casefold().split() else 1
        return (reference + dt.timedelta(days=days[kind] * far)).isoformat()
    if kind == "weekend":
        return _weekend(reference, -1 if tense != "future" else 1)
    if kind == "unit":
        steps = {"last": -1, "previous": -1, "this": 0, "next": 1, "coming": 1}
        step = steps[match["umod"].casefold()]
        unit = match["uunit"].casefold()
        if unit == "weekend":
            return _weekend(reference, step)
        return _step(reference, unit, step)
    count = numbers.of_word(match["acount"]) or 1
    return _step(reference, match["aunit"].casefold().rstrip("s"), -count)


def _step(reference: dt.date, unit: str, count: int) -> str:
    """The day, week, month or year that lies `count` of its kind from the reference."""
    if unit == "day":
        return (reference + dt.timedelta(days=count)).isoformat()
    if unit == "week":
        monday = reference + dt.timedelta(days=7 * count - reference.weekday())
        return edtf.interval(monday, monday + dt.timedelta(days=6))
    if unit == "month":
        months = reference.year * 12 + reference.month - 1 + count
        return f"{months // 12:04d}-{months % 12 + 1:02d}"
    years = 10 if unit == "decade" else 1
    return f"{reference.year + count * years:04d}"


def _weekend(reference: dt.date, step: int) -> str:
    """The weekend before (-1), nearest ahead (0) or after it (1), seen from a weekday."""
    saturday = reference + dt.timedelta(days=5 - reference.weekday())
    if step < 0:
        saturday -= dt.timedelta(days=7 if reference.weekday() < 5 else 0)
    elif step > 0 and reference.weekday() >= 5:
        saturday += dt.timedelta(days=7)
    return edtf.interval(saturday, saturday + dt.timedelta(days=1))


def _year_offset(modifier: str, year: int | None) -> str | None:
    steps = {"last": -1, "previous": -1, "this": 0, "next": 1, "coming": 1}
    value = (year or 0) + steps[modifier.casefold()]
    return f"{value:04d}" if year is not None and 0 < value < 10_000 else None
