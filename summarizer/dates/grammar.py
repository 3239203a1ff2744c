"""The grammar of calendar expressions: what the words name, before anything is resolved."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import NamedTuple

from summarizer import numbers

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: Month names that are also common words, or first names: alone they need a sign.
AMBIGUOUS_MONTHS = {"march", "may", "mar", "april", "june", "august", "jan"}


_MONTH_SHORT = {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"Sept": 9}
_MONTH_NUMBER = {
    **{name.casefold(): number for number, name in enumerate(_MONTHS, 1)},
    **{name.casefold(): number for name, number in _MONTH_SHORT.items()},
}
_WEEKDAY_NUMBER = {name[:3].casefold(): number for number, name in enumerate(_WEEKDAYS)}
# A capital first letter, for "may" is no month. Written compactly, since these stand in the
# expression many times over and compiling it is a good part of a short run.
_MON = (
    r"(?=[A-Z])(?ai:jan(?:uary|\b\.?)|feb(?:ruary|\b\.?)|mar(?:ch|\b\.?)|apr(?:il|\b\.?)|may|"
    r"jun(?:e|\b\.?)|jul(?:y|\b\.?)|aug(?:ust|\b\.?)|sep(?:tember|t?\b\.?)|oct(?:ober|\b\.?)|"
    r"nov(?:ember|\b\.?)|dec(?:ember|\b\.?))"
)
_WDAY = r"(?=[A-Z])(?ai:(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
_WSHORT = r"(?=[A-Z])(?ai:(?:mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day|\b\.?))"
_PRE = rf"(?:{_WSHORT},?\s+(?:the\s+)?)?"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?!\d)"
_DAY_WORD = (
    r"(?ai:(?:twenty-|thirty-)?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|"
    r"tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth)"
    r"(?=\s+of\s)"
)
_YEAR = r"(?:1[5-9]|20|21)\d\d(?!\d)"
_SEP = r"(?:\s*[-\u2010-\u2015/]\s*|\s+(?:to|and|until|till|through|thru)\s+(?:the\s+)?)"
_COUNT = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|"
    r"fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty)"
)
_UNIT = r"(?:day|week|month|year|decade)s?"

EXPRESSION = re.compile(
    rf"""(?<![\w.,/-])(?=[A-Za-z\d])(?:
      (?P<iso>(?P<iy>{_YEAR})(?P<is>[-/.])(?P<im>\d\d)(?P=is)(?P<id>\d\d)(?![\d-]))
    | (?P<numeric>(?P<na>\d{{1,2}})(?P<ns>[./])(?P<nb>\d{{1,2}})(?P=ns)(?P<ny>{_YEAR}))
    | (?P<dmdm>{_PRE}(?P<d1>{_DAY})\s+(?P<m1>{_MON})(?:,?\s+(?P<y1>{_YEAR}))?{_SEP}{_PRE}
        (?P<d2>{_DAY})\s+(?P<m2>{_MON})(?:,?\s+(?P<y2>{_YEAR}))?)
    | (?P<ddm>{_PRE}(?P<d3>{_DAY})(?P<s3>{_SEP}){_PRE}(?P<d4>{_DAY})(?:\s+of)?\s+
        (?P<m3>{_MON})(?:,?\s+(?P<y3>{_YEAR}))?)
    | (?P<dm>(?:(?P<w5>{_WSHORT}),?\s+)?(?:the\s+)?(?P<d5>{_DAY}|{_DAY_WORD})(?:\s+of)?\s+
        (?P<m5>{_MON})(?:,?\s+(?P<y5>{_YEAR}))?)
    | (?P<mdmd>{_PRE}(?P<m6>{_MON})\s+(?P<d6>{_DAY})(?:,?\s+(?P<y6>{_YEAR}))?{_SEP}{_PRE}
        (?P<m7>{_MON})\s+(?P<d7>{_DAY})(?:,?\s+(?P<y7>{_YEAR}))?)
    | (?P<mdd>{_PRE}(?P<m8>{_MON})\s+(?P<d8>{_DAY})(?P<s8>{_SEP}){_PRE}(?P<d9>{_DAY})
        (?:,?\s+(?P<y8>{_YEAR}))?)
    | (?P<md>(?:(?P<w10>{_WSHORT}),?\s+)?(?P<m10>{_MON})\s+(?:the\s+)?(?P<d10>{_DAY})
        (?:,?\s+(?P<y10>{_YEAR}))?)
    | (?P<mm>(?P<m19>{_MON})(?P<s19>{_SEP})(?P<m20>{_MON})(?!\s+\d\d?\b)(?:,?\s+(?P<y20>{_YEAR}))?)
    | (?P<my>(?:(?:early|mid|late)[\s-]+)?(?P<m11>{_MON})(?:\s+of)?,?\s+(?P<y11>{_YEAR}))
    | (?P<ww>(?P<w12>{_WDAY})(?P<s12>{_SEP})(?P<w13>{_WDAY}))
    | (?P<w>(?:(?P<wmod>[Ll]ast|[Nn]ext|[Tt]his(?:\s+coming)?)\s+)?(?P<w14>{_WDAY}))
    | (?P<yy>(?P<y15>{_YEAR})(?:\s*[-\u2010-\u2015/]\s*|\s+(?:to|and)\s+)
        (?P<y16>{_YEAR}|\d\d(?![\d/])))
    | (?P<decade>(?:(?:[Ee]arly|[Mm]id|[Ll]ate)[\s-]+)?(?P<y21>{_YEAR})['\u2019]?s)
    | (?P<m>(?:(?P<mmod>[Ll]ast|[Nn]ext|[Tt]his|[Ee]arly|[Mm]id|[Ll]ate)[\s-]+)?(?P<m17>{_MON}))
    | (?P<y>(?:(?:[Ee]arly|[Mm]id|[Ll]ate)[\s-]+)?(?P<y18>{_YEAR})(?!s|[-/.,]\d|\s*%))
    | (?P<today>(?i:today|tonight|overnight|this\s+(?:morning|afternoon|evening)))
    | (?P<yesterday>(?i:(?:the\s+day\s+before\s+)?yesterday|last\s+(?:night|evening)))
    | (?P<tomorrow>(?i:(?:the\s+day\s+after\s+)?tomorrow))
    | (?P<unit>(?i:(?:(?:earlier|later)\s+)?(?P<umod>last|this|next|previous|coming)\s+
        (?P<uunit>week(?:end)?|month|year)))
    | (?P<weekend>(?i:(?:over|at|on|during)\s+the\s+weekend))
    | (?P<ago>(?i:(?P<acount>{_COUNT})\s+(?P<aunit>{_UNIT})\s+ago))
    | (?P<shift>(?i:(?P<scount>{_COUNT})\s+(?P<sunit>{_UNIT})\s+(?:earlier|before|after|later)))
    )(?!\w)""",
    re.VERBOSE,
)


_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
_NO_DIGIT = re.compile(r"\D")


class Parts(NamedTuple):
    """The calendar parts that words name; None for what they leave out. Monday is 0."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None


def calendar_parts(kind: str, match: re.Match[str]) -> tuple[Parts, Parts, int]:
    """The first and last parts that a match of `EXPRESSION` names, and where it ends.

    `kind` is the alternative that matched. Raises ValueError if they are no date.
    """
    return _CALENDAR[kind](match)


_Named = tuple[Parts, Parts, int]


def _iso(match: re.Match[str]) -> _Named:
    return _one(match, _valid(_number(match, "iy"), _number(match, "im"), _number(match, "id")))


def _numeric(match: re.Match[str]) -> _Named:
    """18.06.2024 and 18/06/2024 have the day first; 06/18/2024 can only be the other way."""
    a, b, year = (_number(match, group) for group in ("na", "nb", "ny"))
    if match["ns"] == "." or a > 12 or a == b:
        return _one(match, _valid(year, b, a))
    if b > 12:
        return _one(match, _valid(year, a, b))
    raise ValueError("day and month cannot be told apart")


def _two_dates(match: re.Match[str], n: str, m: str) -> _Named:
    """30 June to 2 July 2024: a year that is named once belongs to both."""
    first_month, last_month = _month(match, "m" + n), _month(match, "m" + m)
    last_year = _year(match, "y" + m)
    first_year = _year(match, "y" + n)
    if first_year is None and last_year is not None:
        first_year = last_year - (first_month > last_month)
    first = _valid(first_year, first_month, _number(match, "d" + n))
    last = _valid(last_year or first_year, last_month, _number(match, "d" + m))
    return first, last, match.end()


def _two_days(match: re.Match[str], low: str, high: str, n: str, *, month_first: bool) -> _Named:
    """18-19 June, June 18 and 19."""
    year, month = _year(match, "y" + n), _month(match, "m" + n)
    first = _valid(year, month, _number(match, "d" + low))
    last = _valid(year, month, _number(match, "d" + high))
    assert first.day is not None
    assert last.day is not None
    if last.day > first.day and ("and" not in match["s" + n] or last.day == first.day + 1):
        return first, last, match.end()
    # "June 18 and 30 people": the second number is no day of this expression.
    if not month_first:
        raise ValueError("two days that make no range")
    return first, first, match.end("d" + low)


def _date(match: re.Match[str], n: str) -> _Named:
    weekday = _WEEKDAY_NUMBER[match["w" + n][:3].casefold()] if match["w" + n] else None
    day = _number(match, "d" + n)
    return _one(match, _valid(_year(match, "y" + n), _month(match, "m" + n), day, weekday))


def _two_months(match: re.Match[str]) -> _Named:
    """June to August 2024, and two months that follow each other: June and July."""
    one, two = _month(match, "m19"), _month(match, "m20")
    if "and" in match["s19"] and (two - one) % 12 != 1:
        return Parts(month=one), Parts(month=one), match.end("m19")
    year = _year(match, "y20")
    return Parts(year and year - (one > two), one), Parts(year, two), match.end()


def _two_weekdays(match: re.Match[str]) -> _Named:
    """Friday to Sunday, and two days that follow each other: Tuesday and Wednesday."""
    one, two = (_WEEKDAY_NUMBER[match[group][:3].casefold()] for group in ("w12", "w13"))
    if "and" in match["s12"] and (two - one) % 7 != 1:
        return Parts(weekday=one), Parts(weekday=one), match.end("w12")
    return Parts(weekday=one), Parts(weekday=two), match.end()


def _weekday(match: re.Match[str]) -> _Named:
    return _one(match, Parts(weekday=_WEEKDAY_NUMBER[match["w14"][:3].casefold()]))


def _two_years(match: re.Match[str]) -> _Named:
    """2014-18, and between 2014 and 2018; 2014 and 2018 are two times."""
    first, last = _number(match, "y15"), _number(match, "y16")
    if "and" in match[0] and not _BETWEEN.search(
        match.string[max(0, match.start() - 12) : match.start()]
    ):
        return Parts(first), Parts(first), match.end("y15")
    if last < 100:
        last += first // 100 * 100
    if last <= first:
        raise ValueError("years that make no range")
    return Parts(first), Parts(last), match.end()


def _decade(match: re.Match[str]) -> _Named:
    """The 1950s. What the 1900s are cannot be told: ten years or a hundred."""
    first = _number(match, "y21")
    if first % 10 or (first % 100 == 0 and first != 2000):
        raise ValueError("no decade")
    return Parts(first), Parts(first + 9), match.end()


_CALENDAR: dict[str, Callable[[re.Match[str]], _Named]] = {
    "iso": _iso,
    "numeric": _numeric,
    "dmdm": lambda match: _two_dates(match, "1", "2"),
    "ddm": lambda match: _two_days(match, "3", "4", "3", month_first=False),
    "dm": lambda match: _date(match, "5"),
    "mdmd": lambda match: _two_dates(match, "6", "7"),
    "mdd": lambda match: _two_days(match, "8", "9", "8", month_first=True),
    "md": lambda match: _date(match, "10"),
    "mm": _two_months,
    "my": lambda match: _one(match, Parts(_year(match, "y11"), _month(match, "m11"))),
    "ww": _two_weekdays,
    "w": _weekday,
    "yy": _two_years,
    "decade": _decade,
    "m": lambda match: _one(match, Parts(None, _month(match, "m17"))),
    "y": lambda match: _one(match, Parts(_year(match, "y18"))),
}


def _one(match: re.Match[str], parts: Parts) -> _Named:
    return parts, parts, match.end()


def _number(match: re.Match[str], group: str) -> int:
    digits = _NO_DIGIT.sub("", match[group])
    return int(digits) if digits else int(numbers.find(match[group])[0].value)


def _year(match: re.Match[str], group: str) -> int | None:
    return int(match[group]) if match[group] else None


def _month(match: re.Match[str], group: str) -> int:
    return _MONTH_NUMBER[match[group].rstrip(".").casefold()]


def _valid(year: int | None, month: int, day: int, weekday: int | None = None) -> Parts:
    """The parts; ValueError if there is no such day in any year."""
    dt.date(year or 2024, month, day)
    return Parts(year, month, day, weekday)
