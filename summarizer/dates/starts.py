"""Where a time expression may begin: told by single words, before its grammar is tried.

Trying the grammar at every word of a text takes several times as long.
"""

from __future__ import annotations

import itertools
import re

from summarizer import lookup

_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
).split()
#: As the grammar has them: "Sat", "Tues", "Wednesday".
_WEEKDAYS = tuple(
    "".join(parts)
    for parts in itertools.product(
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ("", "s", "nes", "rs", "ur"), ("", "day")
    )
)
_ORDINALS = (
    "twenty thirty first second third fourth fifth sixth seventh eighth ninth tenth eleventh "
    "twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
    "twentieth thirtieth"
).split()
_COUNTS = (
    "a an one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty"
).split()
_UNIT_STEMS = "day week month year decade".split()
#: Words that begin an expression whatever follows.
_TELLING = frozenset((
    *_MONTHS, *_WEEKDAYS, *_ORDINALS, "early", "mid", "late", "last", "next", "earlier", "later",
    "previous", "coming", "today", "tonight", "overnight", "yesterday", "tomorrow",
))  # fmt: skip


def _before(*words: str) -> re.Pattern[str]:
    """What stands after a word that begins an expression only before one of these."""
    return re.compile(rf"\W+(?ai:{'|'.join(words)})(?!\w)")


#: Common words, and what must follow them.
_FOLLOWED = {
    "this": _before(
        r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)\w*",
        "coming", "morning", "afternoon", "evening", "week(?:end)?", "month", "year",
    ),
    "the": _before(*_ORDINALS, r"\d\w*", "day"),
    **dict.fromkeys(("over", "at", "on", "during"), _before(r"the\W+weekend")),
    **dict.fromkeys(set(_COUNTS) - _TELLING, _before(*(stem + "s?" for stem in _UNIT_STEMS))),
}  # fmt: skip
#: Each expression has one of these words, or a year in digits.
_ANCHORS = frozenset((
    *_MONTHS, *_WEEKDAYS, "today", "tonight", "overnight", "yesterday", "tomorrow", "morning",
    "afternoon", "evening", "night", "weekend", "day", "days", "week", "weeks", "month", "months",
    "year", "years", "decade", "decades",
))  # fmt: skip
#: What a text has to have, so that a common word may begin an expression in it.
_NEEDED = {
    **dict.fromkeys(("over", "at", "on", "during"), frozenset(("weekend",))),
    **dict.fromkeys(
        set(_COUNTS) - _TELLING,
        frozenset(unit for stem in _UNIT_STEMS for unit in (stem, stem + "s")),
    ),
}
_CANDIDATES = _TELLING.union(_FOLLOWED)
_YEAR = re.compile(r"[12]\d\d\d")
_DIGITS = re.compile(r"\d+")


def starts(text: str) -> list[int]:
    """Every place where an expression may begin, in order; most of them begin none."""
    known = lookup.words_of(text)
    if _ANCHORS.isdisjoint(known.words) and not (known.foreign or _YEAR.search(text)):
        return []
    found = [match.start() for match in _DIGITS.finditer(text)]
    for word in _CANDIDATES & known.words:
        if word in _TELLING:
            found += [start for start, _ in known.places(word)]
        elif word not in _NEEDED or not _NEEDED[word].isdisjoint(known.words):
            follows = _FOLLOWED[word].match
            found += [start for start, end in known.places(word) if follows(text, end)]
    found.sort()
    return found
