"""When: the times of the event and of its parts, dated where the article settles them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from summarizer import dates
from summarizer.dates import TimeExpression
from summarizer.draft import DraftWhen
from summarizer.engines.extractive import clauses, shifts
from summarizer.engines.extractive.lists import word_set
from summarizer.engines.extractive.moments import is_exact, times_of
from summarizer.engines.extractive.reading import Sentence
from summarizer.engines.extractive.roles import Role
from summarizer.engines.extractive.story import Story
from summarizer.engines.extractive.vocabulary import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
)

_MOST = 8
#: So many sentences behind the lead may tell the day that it leaves out.
_NEAR = 3
#: What is farther back than this from the publication is not the news itself.
_LONG_PAST_DAYS = 21
#: A clause has so many words at least, and an event's phrase so many at most.
_LEAST_CLAUSE, _MOST_EVENT = 6, 14
#: Not inside a number, a time of day or a range: "4,300", "1:52", "18–19".
_BREAK = re.compile(r",(?!\s*\d)|[;()]|[:–—](?!\d)|(?<!\d)[:–—]")
_LAST_YEAR = re.compile(r"(?:last|previous) (?:year|decade)", re.IGNORECASE)
_AGO = re.compile(r"\b(?:months?|years?|decades?) ago$", re.IGNORECASE)
_SHIFT = re.compile(r"\b(?:ago|after|before|earlier|later)$", re.IGNORECASE)
_SINCE = re.compile(r"\bsince\s+(?:\w+\s+)?$", re.IGNORECASE)
_ZONE = re.compile(r"\b(?:GMT|UTC)\b")
#: An attribution that ends what happens: "..., police said".
_SAYING = re.compile(
    r",\s+(?:[\w'’-]+ ){1,6}(?:said|says|announced|confirmed|reported|told [a-z]+)$"
)
_DANGLING = word_set(
    "on in at by until from late early before since of the for during dawn around about"
)
#: Neither a clause nor a phrase ends with one of these, and no clause begins with one.
_SMALL = (PREPOSITIONS | CONJUNCTIONS | {"who", "which", "whose", "to"}) | DETERMINERS
_JOINING = frozenset(("and", "but", "that", "after", "before", "when", "while", "because", "as"))
_LEAST_LAST = 4
_MARK = re.compile(r"\s+([.,;:])")
_PART_OF_DAY = re.compile(r"\s*(?:morning|afternoon|evening|night)\b")
_DETERMINER = re.compile(r",?\s+(?:the|a|an|its|his|her|their)$")


@dataclass
class _Time:
    """A time with where it first stands and the passages that tell it."""

    expression: TimeExpression
    sentence: Sentence
    spans: list[tuple[int, int]] = field(default_factory=list)


def drafts(story: Story) -> list[DraftWhen]:
    """The times told in the sentences about the event, the same date once.

    Where they tell no day, a sentence near the lead may, or the words before a reaction:
    "Sentencing him on Thursday, the judge said".
    """
    found = _Times(story)
    told = sorted(
        story.told(Role.EVENT), key=lambda s: (s is not story.lead, not s.is_body, s.index)
    )
    for sentence in told:
        found.add(sentence)
    if not found.any_exact:
        found.add_nearby()
    found.drop_idle()
    items = [_draft(story, time) for time in found.in_order()]
    return [item for item in items if item.evidence][:_MOST]


class _Times:
    """The times collected so far, by their date or, without one, by their words."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._found: dict[str, _Time] = {}

    @property
    def any_exact(self) -> bool:
        return any(is_exact(time.expression) for time in self._found.values())

    def add(self, sentence: Sentence, *, end: int | None = None, days_only: bool = False) -> None:
        """Add the times of a sentence that stand before `end`."""
        for time in times_of(self._story.reading, sentence):
            if end is not None and sentence.start + time.start >= end:
                continue
            if (days_only and not is_exact(time)) or not self._belongs(sentence, time):
                continue
            known = self._found.setdefault(time.date or time.text.casefold(), _Time(time, sentence))
            known.spans += [_clause(sentence, time), (sentence.start, sentence.end)]

    def add_nearby(self) -> None:
        """Add the first day that stands near the lead or before a reaction."""
        for sentence in self._story.reading.body:
            if self._story.role(sentence) is Role.REACTION:
                start = self._story.speeches[sentence.index].start
                self.add(sentence, end=start, days_only=True)
            elif 0 < self._story.after_lead(sentence) <= _NEAR:
                self.add(sentence, days_only=True)
            if self.any_exact:
                return

    def drop_idle(self) -> None:
        """Take out what a more exact time of the same news makes idle."""
        for key, time in list(self._found.items()):
            others = [
                other.expression
                for name, other in self._found.items()
                if name != key and other.expression.date
            ]
            if _is_idle(time.expression, others):
                del self._found[key]

    def in_order(self) -> list[_Time]:
        return sorted(
            self._found.values(), key=lambda time: time.sentence.start + time.expression.start
        )

    def _belongs(self, sentence: Sentence, time: TimeExpression) -> bool:
        """Whether a time is one of the event: not in someone's mouth, not long past."""
        announced = self._story.role(sentence) is Role.EVENT and sentence.is_mostly_quoted
        if sentence.quoted(sentence.start + time.start) and not announced:
            return False
        if _SINCE.search(sentence.text[max(0, time.start - 12) : time.start]):
            return False
        if _ZONE.search(sentence.text[max(0, time.start - 5) : time.end + 5]):
            return False
        if _AGO.search(time.text) or not (time.date or _is_told(time)):
            return False
        if _LAST_YEAR.fullmatch(time.text):
            return sentence is self._story.lead
        return not _is_long_past(time, self._story.reading.reference)


def _is_told(time: TimeExpression) -> bool:
    """Whether a time that cannot be dated still tells when: a weekday does."""
    if not time.relative or time.modifier == "last" or _SHIFT.search(time.text):
        return False
    return time.first is not None or not time.text[:1].isdigit()


def _is_long_past(time: TimeExpression, reference: dt.date | None) -> bool:
    if reference is None or not time.date or time.open:
        return False
    return (reference - dates.bounds(time.date)[1]).days > _LONG_PAST_DAYS


def _is_idle(time: TimeExpression, others: list[TimeExpression]) -> bool:
    """Whether others say it better.

    A week or month that holds one of them, the first day of an interval, and, once a day
    is dated, what cannot be.
    """
    if time.date is None:
        return any(other.first is not None and other.first.day for other in others)
    if time.first is None and time.granularity != "day":
        first, last = dates.bounds(time.date)
        bounds = [dates.bounds(other.date) for other in others if other.date]
        return any(first <= begin and end <= last for begin, end in bounds)
    return any(other.date.startswith(f"{time.date}/") for other in others if other.date)


def _clause(sentence: Sentence, time: TimeExpression) -> tuple[int, int]:
    """The (start, end) of the clause around a time, or of the sentence if it is short."""
    text = sentence.text
    start, end = 0, len(text)
    for match in _BREAK.finditer(text):
        before = match.end() <= time.start
        stretch = text[match.end() : time.end] if before else text[start : match.start()]
        if len(stretch.split()) < _LEAST_CLAUSE:
            continue
        if before:
            start = match.end()
        elif match.start() >= time.end:
            end = match.start()
            break
    while start < end and text[start] in " ,;:–—()\t\r\n":
        start += 1
    return sentence.start + start, sentence.start + end


def _draft(story: Story, time: _Time) -> DraftWhen:
    return DraftWhen(
        evidence=clauses.evidence(story.text, time.spans),
        text=time.expression.text,
        date=time.expression.date,
        event=_event(story, time),
    )


def _event(story: Story, time: _Time) -> str:
    """What happens then: the clause around the time, less the time itself."""
    text, sentence = story.text, time.sentence
    at = sentence.start + time.expression.start
    said = _said(story, sentence, at)
    if said is not None:
        return said
    start, end = _subject_start(sentence, time.expression), _clause(sentence, time.expression)[1]
    before = _SAYING.sub("", " ".join(text[start:at].rstrip(" ,").split()))
    words = clauses.clean(before).rstrip(".").split() if before else []
    while words and words[-1].casefold() in _DANGLING:
        words.pop()
    rest = _PART_OF_DAY.sub("", text[at + len(time.expression.text) : end]).split()
    if rest and not (words and rest[0].casefold() in CONJUNCTIONS):
        words += rest
    earlier = story.reading.times(sentence, None)[0].start < time.expression.start
    if earlier and len(before.split()) > _MOST_EVENT:
        # The clause's own verb tells of the other time.
        words = _last_clause(words)
    return _ended(words) or clauses.shorten(clauses.clean(sentence.text), 10)


def _last_clause(words: list[str]) -> list[str]:
    """The words behind the last conjunction that leaves enough of them."""
    for index in range(len(words) - _LEAST_LAST, 0, -1):
        if words[index - 1].casefold() in _JOINING:
            return words[index:]
    return words


def _said(story: Story, sentence: Sentence, at: int) -> str | None:
    """What is announced then, where the time goes with the attribution: "it said on Monday"."""
    speech = story.speeches.get(sentence.index)
    if speech is None or speech.shape != "trailing" or at < speech.end:
        return None
    said = story.text[sentence.start : speech.start].rstrip(" ,")
    by = " ".join(story.text[speech.start : speech.end].split())
    return f"{by[0].upper()}{by[1:]}: {_ended(_DETERMINER.sub('', said).split())}"


def _ended(words: list[str]) -> str:
    """The first words, not broken off at a small one."""
    kept = words[:_MOST_EVENT]
    while len(kept) < len(words) and kept and kept[-1].casefold() in _SMALL:
        kept.pop()
    phrase = _MARK.sub(r"\1", " ".join(kept)).strip(" .,;:")
    return phrase[:1].upper() + phrase[1:]


def _subject_start(sentence: Sentence, time: TimeExpression) -> int:
    """Where the clause around a time begins: not at a verb or a preposition."""
    text = sentence.text
    start = 0
    for match in _BREAK.finditer(text, 0, time.start):
        stretch = text[match.end() : time.end].split()
        if len(stretch) < _LEAST_CLAUSE or match[0] in "()":
            continue
        first = stretch[0].casefold()
        verbal = first.endswith(("ed", "ing")) or first in shifts.IRREGULAR_PASTS
        if not (verbal or first in _SMALL | AUXILIARIES or stretch[0] == ","):
            start = match.end()
    while start < time.start and not text[start].isalnum():
        start += 1
    return sentence.start + start
