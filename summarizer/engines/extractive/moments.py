"""Moments: a sentence's time expressions, each in the tense of the verb it goes with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from summarizer.dates import TimeExpression
from summarizer.dates.words import Tense
from summarizer.engines.extractive import shifts
from summarizer.engines.extractive.lists import word_set
from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.engines.extractive.tokens import Token
from summarizer.engines.extractive.vocabulary import DETERMINERS, PREPOSITIONS, PRONOUNS

_FUTURE = word_set("will would shall should may might must")
#: Pasts that look like their presents.
_TIMELESS = word_set("cut set put hit shut spread quit let hurt burst read beat upset reset")
_AHEAD = re.compile(r"\b(?:until|till|by|next|from)\s+(?:the\s+)?$", re.IGNORECASE)
_DAY = re.compile(
    r"today|tonight|yesterday|tomorrow|overnight|this (?:morning|afternoon|evening)"
    r"|last (?:night|evening)",
    re.IGNORECASE,
)
_ORDER = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_PART = re.compile(
    r"\b(?P<which>first|second|third|fourth) (?P<unit>quarter|half)(?: of)?,? $", re.IGNORECASE
)
#: Between the two ends of an interval -> what stands before the first.
_JOINS = {"and": "between", "to": "from", "until": "from", "through": "from"}


def times_of(
    reading: Reading, sentence: Sentence, *, lean: Tense | None = None
) -> list[TimeExpression]:
    """The times of a sentence, dated; offsets count from the sentence's start.

    A time leans the way its sentence does, else the way of `lean`, or to the nearest day.
    """
    found = []
    for time in reading.times(sentence, None):
        tense = _tense_at(sentence, time) if time.relative else None
        if lean is not None and (tense is None or shifts.tense(sentence) != "future"):
            tense = lean
        settled = reading.times(sentence, tense) if tense is not None else [time]
        found += [_part_of_year(sentence, each) for each in settled if each.start == time.start]
    return _joined(sentence, found)


def is_exact(time: TimeExpression) -> bool:
    """Whether a time names a day rather than a week, a month or a year."""
    if time.first is None:
        return _DAY.fullmatch(time.text) is not None
    return time.first.day is not None or time.first.weekday is not None


def _part_of_year(sentence: Sentence, time: TimeExpression) -> TimeExpression:
    """A year narrowed to the quarter or half that stands before it."""
    match = _PART.search(sentence.text[: time.start])
    if match is None or time.date is None or len(time.date) != 4:
        return time
    months = 3 if match["unit"].casefold() == "quarter" else 6
    last = _ORDER[match["which"].casefold()] * months
    if last > 12:
        return time
    start = match.start("which")
    return time._replace(
        start=start,
        text=sentence.text[start : time.end],
        date=f"{time.date}-{last - months + 1:02d}/{time.date}-{last:02d}",
    )


def _joined(sentence: Sentence, times: Sequence[TimeExpression]) -> list[TimeExpression]:
    """The times, two that make one interval taken together: "between March 2024 and May"."""
    joined: list[TimeExpression] = []
    for time in times:
        whole = _interval(sentence, joined[-1], time) if joined else None
        if whole is not None:
            joined[-1] = whole
        else:
            joined.append(time)
    return joined


def _interval(
    sentence: Sentence, first: TimeExpression, last: TimeExpression
) -> TimeExpression | None:
    if not first.date or not last.date or "/" in first.date + last.date or first.date >= last.date:
        return None
    opener = _JOINS.get(sentence.text[first.end : last.start].casefold().strip())
    if opener is None or not sentence.text[: first.start].casefold().rstrip().endswith(opener):
        return None
    return first._replace(
        end=last.end,
        text=sentence.text[first.start : last.end],
        date=f"{first.date}/{last.date}",
        open=False,
    )


def _tense_at(sentence: Sentence, time: TimeExpression) -> Tense | None:
    """Whether the verb nearest before a time looks back or ahead, if it shows."""
    main = shifts.tense(sentence)
    if main in ("future", "present") and _AHEAD.search(sentence.text[: time.start]):
        return "future"
    start = sentence.start + time.start
    words = [t for t in sentence.words if not start <= t.start < start + len(time.text)]
    count = sum(token.start < start for token in words)
    for index in range(count - 1, -1, -1):
        token, before = words[index], words[index - 1].low if index else ""
        following = words[index + 1] if index + 1 < len(words) else None
        if (token.low in _FUTURE and token.text != "May") or token.low.endswith("'ll"):
            return "future"
        if token.low == "to" and _is_infinitive(following):
            return "future"
        if token.low in ("is", "are", "do", "does", "can"):
            return "future" if main == "future" else None
        if _is_past(token, before):
            return "past"
    if main in ("past", "perfect", "pluperfect"):
        return "past"
    return "future" if main == "future" else None


def _is_infinitive(following: Token | None) -> bool:
    """Whether "to" stands before a verb rather than before what is reached."""
    if following is None or following.is_capital or not following.text[0].isalpha():
        return False
    low = following.low
    return low not in DETERMINERS | PREPOSITIONS | PRONOUNS and not low.endswith("s")


def _is_past(token: Token, before: str) -> bool:
    low = token.low
    if token.is_capital or low == "provided":
        return False
    if low in ("was", "were", "had", "did", "has", "have"):
        return True
    if low in shifts.IRREGULAR_PASTS - _TIMELESS:
        return before not in ("to", "will", "the", "a")
    regular = low.endswith("ed") and (len(low) > 4 or low.endswith("ied"))
    return regular and before not in ("be", "is", "are", "to")
