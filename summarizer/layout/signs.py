"""Signs by which one paragraph alone tells what it is.

General habits of English news pages, never the names of one site. A sign is written so
that a sentence of an article does not carry it: where in doubt there is no sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from summarizer import dates
from summarizer.layout import patterns


class Sign(Enum):
    """What a paragraph's own words say of it."""

    FURNITURE = "furniture"
    #: Opens a list of other stories.
    SECTION = "section"
    #: Opens the readers' comments, which run to the end.
    COMMENTS = "comments"
    STAMP = "stamp"
    CAPTION = "caption"
    DATELINE = "dateline"
    BYLINE = "byline"
    HEADING = "heading"
    #: A line about the author.
    BIO = "bio"


@dataclass(frozen=True, slots=True)
class _Line:
    """A short paragraph: as it stands, and without marks at its ends."""

    plain: str
    bare: str
    words: int
    linked: bool
    level: int


def sign_of(plain: str, *, linked: bool, level: int) -> Sign | None:
    """The sign that a short paragraph carries, or None.

    `plain` is without Markdown, `linked` says that it was nothing but links, and `level`
    is that of a Markdown heading, from 1, or 0.
    """
    bare = plain.strip(" *_|·•–—-:►▶»›>[]()").strip()
    if not any(map(str.isalnum, bare)):
        return Sign.FURNITURE
    line = _Line(plain, bare, bare.count(" ") + 1, linked, level)
    if line.words > 70:
        return None
    return next((sign for test, sign in _TESTS if test(line)), None)


def is_prose(plain: str) -> bool:
    """Whether a paragraph reads as sentences rather than as a headline or a label."""
    words = plain.count(" ") + 1
    if words >= 25:
        return True
    ends = patterns.SENTENCE_END.search(plain) is not None
    if words < 20 and plain[-1:] in "?!":
        ends = False
    return ends and words >= 8 and not is_title_case(plain)


def ends_as_sentence(plain: str) -> bool:
    """Whether it ends with a full stop, or with one inside closing quotation marks."""
    return patterns.SENTENCE_END.search(plain) is not None and not (
        plain[-1] in "?!" and plain.count(" ") < 19
    )


def is_plea(plain: str) -> bool:
    """Whether a paragraph asks its reader for something, as those at a page's foot do."""
    return (
        len(plain) < 500
        and patterns.PLEA.search(plain) is not None
        and patterns.READER.search(plain) is not None
        and not any(mark in plain for mark in '"\u201c\u00ab\u201e')
    )


def is_title_case(plain: str) -> bool:
    """Whether nearly all its longer words are capitalized, as in many headlines."""
    words = [word for word in patterns.LONG_WORD.findall(plain) if word[0].isalpha()]
    return len(words) > 2 and sum(word[0].isupper() for word in words) >= 0.85 * len(words)


def is_dateline(line: str) -> bool:
    """Whether a line says hardly more than when it was written, and by whom."""
    if len(line) > 180 or sum([word[0].islower() for word in line.split()]) > 7:
        return False
    if not patterns.MAY_HOLD_DATE.search(line):
        return False
    left = line
    day = year = False
    for time in reversed(_times(line)):
        if time.first is not None and time.first.day:
            day = True
            year = year or time.first.year is not None
        elif time.first is None or not time.first.weekday:
            continue
        left = left[: time.start] + " " + left[time.end :]
    left, clocks = patterns.CLOCK.subn(" ", left)
    if not day and not clocks:
        return False
    left, labels = patterns.DATE_LABEL.subn(" ", left)
    rest = patterns.ANY_WORD.findall(left)
    if not rest:
        return True
    if patterns.SENTENCE_END.search(line) and not labels:
        return False
    by_name = patterns.BYLINE.fullmatch(left.strip(" ,.|·•–—-/:()")) is not None
    names = all(word[0].isupper() or word in patterns.SMALL for word in rest)
    many = (8 if rest[0].casefold() == "by" else 6) if year or clocks or labels else 2
    return by_name or (names and len(rest) <= many)


def full_date(plain: str) -> str | None:
    """The full date (day, month and year, as EDTF) that a line gives first, or None."""
    for time in _times(plain):
        if time.date and time.first and time.first.day and time.first.year:
            return time.date[:10]
    return None


def _times(line: str) -> list[dates.TimeExpression]:
    """The times that a line names; a timestamp's day stands before its "T"."""
    return dates.find(patterns.TIMESTAMP.sub(" ", line))


def is_update(plain: str) -> bool:
    """Whether a dateline tells of a change rather than of the publication."""
    return patterns.UPDATED.search(plain) is not None and patterns.PUBLISHED.search(plain) is None


def is_publication(plain: str) -> bool:
    """Whether a dateline says that it is of the publication."""
    return patterns.PUBLISHED.search(plain) is not None


#: What a language's link may say alone.
_LANGUAGE_LABELS = ("Eng", "Rus", "Укр", "Рус", "EN", "FR", "DE", "ES")


def _is_menu(line: str) -> bool:
    """Whether a line lists a site's sections or languages."""
    if line.endswith("."):
        return False
    words = patterns.MENU_WORD.findall(line.casefold())
    if not words or len(words) > 40:
        return False
    if patterns.SECTION_NAMES.isdisjoint(words) and patterns.LANGUAGES.isdisjoint(words):
        return line in _LANGUAGE_LABELS
    languages = sum(word in patterns.LANGUAGES for word in words)
    sections = sum(word in patterns.SECTION_NAMES for word in words)
    if len(words) == 1:
        return bool(sections) or line in _LANGUAGE_LABELS
    separated = sum(line.count(mark) for mark in "|>›»·•/") >= len(words) // 3
    return (
        sections == len(words)
        or (languages >= 2 and 2 * languages >= len(words))
        or (len(words) >= 4 and 10 * sections >= 6 * len(words))
        or (separated and 2 * sections >= len(words))
    )


def _is_caption(line: _Line) -> bool:
    if patterns.CAPTION_START.match(line.plain):
        return True
    return line.words <= 60 and _ends(line.plain, 120, patterns.CAPTION_END, patterns.CAPTION_MARKS)


def _is_furniture(line: _Line) -> bool:
    return (
        line.linked
        or patterns.FURNITURE_START.match(line.bare) is not None
        or line.plain.startswith(("(c)", "(C)", "©"))
        or (
            _holds(line.bare, patterns.FURNITURE_AMID_MARKS)
            and patterns.FURNITURE_AMID.match(line.bare) is not None
        )
        or _ends(line.bare, 50, patterns.FURNITURE_END, patterns.FURNITURE_MARKS)
        or patterns.URL.fullmatch(line.bare) is not None
        or _is_menu(line.bare)
    )


def _ends(line: str, reach: int, pattern: re.Pattern[str], marks: tuple[str, ...]) -> bool:
    """Whether a pattern that holds one of the marks ends the line, in its last characters."""
    at = max(0, len(line) - reach)
    return _holds(line[at:], marks) and pattern.search(line, at) is not None


def _holds(line: str, marks: tuple[str, ...]) -> bool:
    """Whether one of the marks stands in the line, whatever its case."""
    line = line.casefold()
    for mark in marks:  # noqa: SIM110  # any() takes three times as long
        if mark in line:
            return True
    return False


def _is_heading(line: _Line) -> bool:
    return (
        line.level > 1
        or (line.words <= 8 and line.plain.endswith(":"))
        or patterns.HEADING.fullmatch(line.bare) is not None
    )


def _whole(pattern: re.Pattern[str], words: int) -> Callable[[_Line], bool]:
    """A test for a line of at most so many words that is nothing but `pattern`."""
    return lambda line: line.words <= words and pattern.fullmatch(line.bare) is not None


#: In order: the first that holds decides. A Markdown title is what it is, whatever it says.
_TESTS: tuple[tuple[Callable[[_Line], bool], Sign | None], ...] = (
    (_whole(patterns.STAMP, 12), Sign.STAMP),
    (_whole(patterns.COMMENTS, 7), Sign.COMMENTS),
    (_whole(patterns.SECTION, 9), Sign.SECTION),
    (lambda line: line.level == 1, None),
    (_is_caption, Sign.CAPTION),
    (lambda line: line.words <= 24 and is_dateline(line.bare), Sign.DATELINE),
    (_whole(patterns.BYLINE, 30), Sign.BYLINE),
    (_is_furniture, Sign.FURNITURE),
    (_whole(patterns.BIO, 60), Sign.BIO),
    (_is_heading, Sign.HEADING),
)
