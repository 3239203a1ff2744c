"""Support: whether an item rests on the article at all, before anything is compared.

An item is unsupported if its evidence is not verbatim in the article, or if its own text
has a number, a date or a name that its evidence lacks. The article's headline and its
dateline (title and publication date) count as evidence of every item. Two readings make
this fair, and no looser than the gold itself needs:

* What a time expression of the evidence resolves to is not lacking: "last September" in an
  article of June 2024 holds the year 2023.
* A name is lacking only if it stands nowhere in the article: a right statement writes out
  whom its evidence calls "he" or "the two countries". Inflections of a name ("Russia",
  "Russian") and initials of one ("ICC") are the same name.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from evals.data import Case
from evals.prediction import Item
from evals.text import BEFORE_NAMES, tokens
from summarizer import dates, numbers
from summarizer.schema import FieldName

_SENTENCE_START = re.compile("(?:^|[.!?:;]['\"\u2019\u201d)]*\\s+|\\n)\\W*")
_WORD = re.compile("[^\\W_]+(?:['\u2019][^\\W_]+)*")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CALENDAR = re.compile(
    r"\b(?:(?P<month>January|February|March|April|May|June|July|August|September|October"
    r"|November|December)|(?P<weekday>Monday|Tuesday|Wednesday|Thursday|Friday|Saturday"
    r"|Sunday))\b"
)
#: Words that may stand inside a name without a capital.
_JOINING = frozenset({"of", "the", "and", "for", "de", "al", "bin", "van", "von"})


@dataclass(frozen=True)
class Ground:
    """What an article offers as support, worked out once."""

    text: str
    title: str
    published: dt.date | None

    @classmethod
    def of(cls, case: Case) -> Ground:
        """The ground of one case; title and date are those of its gold record."""
        source = case.gold.source
        return cls(case.text, source.title or "", source.published)

    @functools.cached_property
    def words(self) -> frozenset[str]:
        """Every token of the article and its title, possessives also without ending."""
        found = set(tokens(self.text)) | set(tokens(self.title))
        found |= {_bare(match[0]) for match in _WORD.finditer(f"{self.text}\n{self.title}")}
        return frozenset(found)

    @functools.cached_property
    def capitalized(self) -> frozenset[str]:
        """The tokens that the article writes with a capital."""
        return frozenset(_bare(word) for run in _runs(self.text) for word in run)

    @functools.cached_property
    def initials(self) -> frozenset[str]:
        """The initials of every name of two to six words."""
        return frozenset(
            initials for run in _runs(self.text) for _, initials in _abbreviations(run)
        )


def problem(item: Item, field: FieldName, ground: Ground) -> str | None:
    """Why the item is unsupported, in a few words; None if it is supported."""
    if not item.evidence or not all(tokens(span) for span in item.evidence):
        return "it has no evidence"
    if not all(span in ground.text for span in item.evidence):
        return "its evidence is not in the article"
    own = list(_own_text(item, field))
    for text in own:
        for check in (_number_problem, _calendar_problem):
            found = check(text, item.evidence, ground)
            if found:
                return found
        found = _name_problem(text, ground)
        if found:
            return found
    if item.name is not None:
        missing = [word for word in _WORD.findall(item.name) if not _held(word, ground)]
        if missing:
            return f"the name {missing[0]!r} is not in the article"
    return None


def _own_text(item: Item, field: FieldName) -> Iterator[str]:
    parts: dict[FieldName, tuple[str | None, ...]] = {
        "what": (item.statement,),
        "who": (item.name, item.role),
        "where": (item.name,),
        "when": (item.text, item.event),
        "reactions": (item.name, item.statement, item.quote),
        "background": (item.statement,),
    }
    return (part for part in parts[field] if part)


def _number_problem(text: str, evidence: tuple[str, ...], ground: Ground) -> str | None:
    wanted = [number for number in numbers.find(text) if not number.vague]
    if not wanted:
        return None
    held: set[Decimal] = set()
    for span in (*evidence, ground.title):
        held |= numbers.values(span)
    for day in _days(evidence, ground):
        held |= {Decimal(day.year), Decimal(day.month), Decimal(day.day)}
    for number in wanted:
        if number.value not in held:
            return f"the number {number.text!r} is not in its evidence"
    return None


def _calendar_problem(text: str, evidence: tuple[str, ...], ground: Ground) -> str | None:
    wanted = list(_CALENDAR.finditer(text))
    if not wanted:
        return None
    held = {word for span in (*evidence, ground.title) for word in tokens(span)}
    for day in _days(evidence, ground):
        held |= {_MONTHS[day.month - 1], _WEEKDAYS[day.weekday()]}
    short = {word[:3] for word in held if word in _SHORT}
    for match in wanted:
        word = match[0].casefold()
        if word not in held and word[:3] not in short:
            return f"the date {match[0]!r} is not in its evidence"
    return None


#: "Sept", "Feb" and the like; `may` is its own abbreviation.
_SHORT = frozenset({word[:3] for word in (*_MONTHS, *_WEEKDAYS)} | {"sept", "tues", "thurs"})


def _days(evidence: tuple[str, ...], ground: Ground) -> Iterator[dt.date]:
    """The publication date, and the first and last day of each time in the evidence."""
    if ground.published:
        yield ground.published
    for span in evidence:
        for expression in dates.find(span, ground.published):
            if expression.date:
                yield from dates.bounds(expression.date)


def _name_problem(text: str, ground: Ground) -> str | None:
    starts = {match.end() for match in _SENTENCE_START.finditer(text)}
    expanded = {
        word
        for run in _runs(text)
        for words, initials in _abbreviations(run)
        if initials in ground.words
        for word in words
    }
    for match in _WORD.finditer(text):
        word = match[0]
        named = word[0].isupper() and match.start() not in starts and word != "I"
        if not named or _CALENDAR.fullmatch(word) or numbers.of_word(word) is not None:
            continue
        if word not in expanded and not _held(word, ground):
            return f"the name {word!r} is not in the article"
    return None


def _held(word: str, ground: Ground) -> bool:
    """Whether the article has the word, an inflection of it, or the name it abbreviates."""
    bare = _bare(word)
    if bare in BEFORE_NAMES or bare in ground.words or "".join(tokens(word)) in ground.words:
        return True
    if len(bare) >= 4:
        stem = bare[: max(4, len(bare) - 3)]
        if any(other.startswith(stem) for other in ground.capitalized):
            return True
    return word.isupper() and bare in ground.initials


def _bare(word: str) -> str:
    """The token without a possessive ending."""
    return "".join(tokens(re.sub("['\u2019]s$", "", word)))


def _runs(text: str) -> Iterator[list[str]]:
    """Runs of capitalized words with nothing but spaces and joining words between."""
    run: list[str] = []
    end = -1
    for match in _WORD.finditer(text):
        word = match[0]
        adjacent = text[end : match.start()].strip() == "" if run else True
        if run and not adjacent:
            yield run
            run = []
        if word[0].isupper():
            run.append(word)
        elif run and word not in _JOINING:
            yield run
            run = []
        end = match.end()
    if run:
        yield run


def _abbreviations(run: Iterable[str]) -> Iterator[tuple[list[str], str]]:
    """(words, initials) of each stretch of two to six words of a run."""
    words = list(run)
    for start in range(len(words)):
        for end in range(start + 2, min(start + 6, len(words)) + 1):
            part = words[start:end]
            yield part, "".join(word[0] for word in part).casefold()
