"""Whether a date agrees with the words it was read from."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from summarizer import numbers
from summarizer.dates import edtf
from summarizer.dates.expression import TimeExpression
from summarizer.dates.grammar import Parts
from summarizer.dates.words import find

#: An expression without a year is about a day no farther from the reference than this.
_REACH_DAYS = 400
_WEEKDAY_REACH_DAYS = 14
_BACK = re.compile(r"\b(?:that|the\s+same)\s+(day|month|year)\b", re.IGNORECASE)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Why a date cannot be taken from the words, for a program and for a person."""

    reason: Literal["date_disagrees", "date_without_reference", "date_without_words"]
    detail: str


def disagreement(
    value: str,
    words: str,
    reference: dt.date | None,
    *,
    year: int | None = None,
    named: Collection[str] = (),
    times: Sequence[TimeExpression] | None = None,
) -> Disagreement | None:
    """What speaks against the EDTF `value` as the meaning of `words`, or None.

    `reference` is the day the article was written. `year` is the year that the article's
    own dates settle, and `named` are the dates that it names elsewhere: they may settle
    what these words leave open. `times` are the words' time expressions by this reference
    and year, if they have been found before. Words without a time expression that this
    module knows contradict nothing. Raises ValueError if `value` is not EDTF level 0.
    """
    given = edtf.parse(value)
    settled = value in named or (
        _points_back(words, given) and any(given.covers(edtf.parse(other)) for other in named)
    )
    check = _Check(given, reference, year, settled, _has_ordinal(words, given))
    expressions = find(words, reference, year=year) if times is None else times
    if settled:
        # "the worst day since May" says nothing of that day.
        expressions = [expression for expression in expressions if not expression.open]
    problems = [check.against(expression) for expression in expressions]
    if not problems:
        return None if settled else check.against_unknown(words)
    if None in problems or (len(problems) > 1 and check.ends_named(expressions)):
        return None
    # Of several problems a day's says most.
    days = (p for p, e in zip(problems, expressions, strict=True) if e.first and e.first.day)
    return next(days, problems[0])


def _has_ordinal(words: str, given: edtf.Edtf) -> bool:
    """Whether the date's day stands apart: "on the 18th of this month"."""
    day = re.search(rf"\b{given.earliest.day}(?:st|nd|rd|th)\b", words)
    return given.earliest == given.latest and day is not None


def _points_back(words: str, given: edtf.Edtf) -> bool:
    """Whether the words refer to a time of the date's own size: "in the spring of that year"."""
    return any(match[1].casefold() == given.granularity for match in _BACK.finditer(words))


@dataclass(frozen=True, slots=True)
class _Check:
    """A date, and what is known beside the words.

    `settled`: the article names it elsewhere. `has_day`: the words name its day apart.
    """

    given: edtf.Edtf
    reference: dt.date | None
    year: int | None
    settled: bool
    has_day: bool

    def against(self, expression: TimeExpression) -> Disagreement | None:
        """What one expression says against the date."""
        if expression.first is not None and expression.last is not None:
            return self._against_calendar(expression, expression.first, expression.last)
        if expression.date is not None:
            meant = edtf.parse(expression.date)
            narrowed = self.settled or self.has_day
            agrees = self.given.covers(meant) or (meant.covers(self.given) and narrowed)
            if expression.text.casefold() == "overnight":
                # The night began the day before.
                agrees = agrees or meant.earliest - self.given.latest == dt.timedelta(days=1)
            return None if agrees else self._disagrees(expression, f"means {meant.value}")
        return None if self.reference or self.settled else _without_reference(expression)

    def ends_named(self, expressions: Sequence[TimeExpression]) -> bool:
        """Whether the two ends of an interval are each named by an expression."""
        ends = self.given.value.split("/")
        return len(ends) == 2 and all(
            any(
                replace(self, given=edtf.parse(end)).against(expression) is None
                for expression in expressions
            )
            for end in ends
        )

    def against_unknown(self, words: str) -> Disagreement | None:
        """What words say in which nothing is known as a time: are its numbers there?"""
        held = numbers.values(words)
        days = (self.given.earliest, self.given.latest)
        day_named = not self._in_days or all(day.day in held for day in days)
        year_named = all(
            day.year in held or (self.reference and abs((day - self.reference).days) <= _REACH_DAYS)
            for day in days
        )
        if held and day_named and year_named:
            return None
        detail = f"the words that should give {self.given.value} name no such time"
        return Disagreement("date_without_words", detail)

    @property
    def _in_days(self) -> bool:
        return len(self.given.value.partition("/")[0]) == len("YYYY-MM-DD")

    def _against_calendar(
        self, expression: TimeExpression, first: Parts, last: Parts
    ) -> Disagreement | None:
        if self._in_days:
            problem = self._against_days(first, last)
        else:
            problem = self._against_months(first, last)
        if problem is not None:
            return self._disagrees(expression, problem)
        if first.year is not None or self.settled:
            return None
        return self._against_distance(expression, only_weekday=first.month is None)

    def _against_days(self, first: Parts, last: Parts) -> str | None:
        earliest, latest = self.given.earliest, self.given.latest
        problem = _part(first, earliest) or _part(last, latest)
        if problem and first != last and earliest == latest:
            # One day of a range that is named by both its ends is right if it is either.
            problem = _part(first, earliest) and _part(last, latest)
        names_day = first.day is not None or first.weekday is not None or self.has_day
        if problem is None and not names_day and not self.settled:
            return "names no day"
        return problem

    def _against_months(self, first: Parts, last: Parts) -> str | None:
        in_years = self.given.granularity == "year"
        for part, day in ((first, self.given.earliest), (last, self.given.latest)):
            if part.year is not None and part.year != day.year:
                return f"names {part.year}"
            if part.month is not None and not in_years and part.month != day.month:
                return "names another month"
        if self.given.granularity == "month" and first.month is None and not self.settled:
            return "names no month"
        return None

    def _against_distance(
        self, expression: TimeExpression, *, only_weekday: bool
    ) -> Disagreement | None:
        """Whether the year, which the words leave out, is settled and near."""
        given, reference = self.given, self.reference
        if reference is None:
            if not only_weekday and self.year is not None and given.earliest.year == self.year:
                return None
            return _without_reference(expression)
        reach = _WEEKDAY_REACH_DAYS if only_weekday else _REACH_DAYS
        distance = min(abs((day - reference).days) for day in (given.earliest, given.latest))
        problem = None
        if distance > reach:
            problem = f"is too far from {reference.isoformat()}"
        elif expression.modifier == "last" and given.earliest > reference:
            problem = "looks back"
        elif expression.modifier == "next" and given.latest < reference:
            problem = "looks ahead"
        return self._disagrees(expression, problem) if problem else None

    def _disagrees(self, expression: TimeExpression, problem: str) -> Disagreement:
        detail = f"{self.given.value} does not fit “{expression.text}”, which {problem}"
        return Disagreement("date_disagrees", detail)


def _part(part: Parts, day: dt.date) -> str | None:
    """What a named part says against a day."""
    if part.year is not None and part.year != day.year:
        return f"names {part.year}"
    if part.month is not None and part.month != day.month:
        return "names another month"
    if part.day is not None and part.day != day.day:
        return f"names day {part.day}"
    if part.weekday is not None and part.weekday != day.weekday():
        named, meant = _WEEKDAYS[part.weekday], _WEEKDAYS[day.weekday()]
        return f"names a {named}, and {day.isoformat()} is a {meant}"
    return None


def _without_reference(expression: TimeExpression) -> Disagreement:
    return Disagreement(
        "date_without_reference",
        f"“{expression.text}” needs a reference date, and neither the article nor the "
        "caller gives one",
    )
