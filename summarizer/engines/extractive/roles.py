"""Roles: which sentences tell the event, which react to it and which give background."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum

from summarizer import dates
from summarizer.engines.extractive import leads, shifts
from summarizer.engines.extractive.entities import Naming
from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.engines.extractive.responses import is_testimony
from summarizer.engines.extractive.speech import Speech
from summarizer.engines.extractive.verbs import is_finite
from summarizer.engines.extractive.vocabulary import PREPOSITIONS
from summarizer.layout import Kind

#: A day or month farther back than this is not the news.
_LONG_PAST_DAYS = 14
#: A shorter sentence is a remark, or links two paragraphs.
_LEAST_WORDS, _LEAST_SHIFTED, _LEAST_FACT = 4, 7, 9
_PERFECT = re.compile(
    r"(?<!may )(?<!might )(?<!could )(?<!would )(?<!should )(?<!must )(?<!to )"
    r"\b(?:has|have) (?:\w+ly |also |long |already )?(?:been |\w+ed\b|\w+en\b)"
)
#: How markets moved is told beside the news.
_MARKETS = re.compile(
    r"\b(?:shares?|stocks?|bonds?|index|futures|currency|yields?)\b.{0,60}\b(?:rose|fell|gained"
    r"|lost|slid|jumped|climbed|dropped|surged|tumbled|closed|rallied|plunged|soared|slipped"
    r"|edged|sank)\b",
    re.IGNORECASE,
)
_YEARS = re.compile(r"\b(?:1[5-9]|20)\d\d\b|\byears?\b|\bsince\b|\blong\b")
#: What is so until a day, or will be, is a part of the event.
_AHEAD = re.compile(
    r"\b(?:next (?:week|month|year|spring|summer|autumn|fall|winter|season)|tomorrow|later this)\b"
    r"|\b(?:until|till|through|from) (?:\w+ )?(?:mon|tues|wednes|thurs|fri|satur|sun|\d|jan|feb|mar"
    r"|apr|may|jun|jul|aug|sep|oct|nov|dec|next|further)",
    re.IGNORECASE,
)
_POINTERS = frozenset(
    "that this these those not he she they we you i there here what if but and look".split()
)


class Role(Enum):
    """What a sentence does in the article."""

    EVENT = "event"
    REACTION = "reaction"
    BACKGROUND = "background"
    #: None of these: too short, a question, a remark.
    OTHER = "other"


def assign(
    reading: Reading,
    naming: Naming,
    reactions: Mapping[int, Speech],
    speeches: Sequence[Speech],
) -> dict[int, Role]:
    """The role of each sentence by its index; `reactions` are the sentences that react."""
    lead = leads.lead_of(reading)
    assigner = _Assigner(reading, naming, reactions, speeches, leads.topic_of(reading, lead))
    found = {sentence.index: Role.EVENT for sentence in reading.sentences}
    for position, sentence in enumerate(s for s in reading.body if s.kind is Kind.BODY):
        if sentence is not lead:
            found[sentence.index] = assigner.role(sentence, position)
    return found


class _Assigner:
    """Assigns the roles of one article's sentences."""

    def __init__(
        self,
        reading: Reading,
        naming: Naming,
        reactions: Mapping[int, Speech],
        speeches: Sequence[Speech],
        topic: frozenset[str],
    ) -> None:
        self._reading = reading
        self._naming = naming
        self._reactions = reactions
        self._spoken = {speech.sentence.index for speech in speeches}
        self._topic = topic
        self._count = sum(sentence.kind is Kind.BODY for sentence in reading.body)

    def role(self, sentence: Sentence, position: int) -> Role:
        """The role of a sentence at a position in the body."""
        if sentence.index in self._reactions:
            return Role.REACTION
        if sentence.in_background or (position > 1 and is_testimony(sentence)):
            return Role.BACKGROUND
        if len(sentence.words) < _LEAST_WORDS or sentence.text.rstrip().endswith("?"):
            return Role.OTHER
        spoken = sentence.index in self._spoken
        if sentence.is_mostly_quoted:
            # Speech that is no reaction tells the news: "The strike begins at six," it said.
            told = spoken and position <= self._count // 2
            return Role.EVENT if told else Role.OTHER
        if position == 0:
            return Role.EVENT
        tense = shifts.tense(sentence)
        return (
            self._by_time(sentence, position, tense)
            or (self._by_speech(sentence, position) if spoken else None)
            or self._by_place(sentence, position, tense)
        )

    def _by_time(self, sentence: Sentence, position: int, tense: shifts.Tense) -> Role | None:
        """The role that tense and words of time settle."""
        if tense == "pluperfect":
            cue = shifts.has_cue(sentence.text, self._reading.year, pluperfect=False)
            past = cue or self._is_long_past(sentence, "past")
            fresh = shifts.is_by_now(sentence) or (position <= 2 and not past)
            return Role.EVENT if fresh else Role.BACKGROUND
        if tense == "none" and len(sentence.words) < 6:
            return Role.OTHER
        lasting = _YEARS.search(sentence.text) is not None
        if tense in ("perfect", "none") and not lasting and self._has_person_as_subject(sentence):
            return Role.EVENT
        if tense == "future":
            markets = position > 2 and _MARKETS.search(sentence.text)
            return Role.BACKGROUND if markets else None
        if shifts.is_shifted(sentence, self._reading.year):
            return Role.BACKGROUND
        if position > 2 and (self._is_long_past(sentence, tense) or _MARKETS.search(sentence.text)):
            return Role.BACKGROUND if len(sentence.words) >= _LEAST_SHIFTED else Role.OTHER
        return None

    def _by_speech(self, sentence: Sentence, position: int) -> Role:
        """The role of reported speech that is no reaction."""
        if position > 2 and _PERFECT.search(shifts.unquoted(sentence)):
            return Role.BACKGROUND
        late = position > self._count // 2 and not sentence.quotations
        return Role.OTHER if late else Role.EVENT

    def _by_place(self, sentence: Sentence, position: int, tense: shifts.Tense) -> Role:
        """The role of a sentence without signs, by how near it stands to the lead."""
        if tense == "future" or position <= max(2, self._count // 5):
            return Role.EVENT
        if tense in ("present", "perfect", "none"):
            if _AHEAD.search(sentence.text):
                return Role.EVENT
            return Role.BACKGROUND if _is_fact(sentence, tense) else Role.OTHER
        late = position > 0.6 * self._count
        return Role.OTHER if late and not sentence.stems & self._topic else Role.EVENT

    def _has_person_as_subject(self, sentence: Sentence) -> bool:
        """Whether a named person stands at the head of a sentence, before its verb."""
        for mention, entity in self._naming.of(sentence):
            before = [token for token in sentence.tokens[: mention.first] if token.is_word]
            if entity.kind == "person" and len(before) <= 8 and not mention.possessive:
                return not any(map(is_finite, before)) and mention.low(-1) not in PREPOSITIONS
        return False

    def _is_long_past(self, sentence: Sentence, tense: shifts.Tense) -> bool:
        """Whether a sentence is of a day or month well before the publication.

        In an article without a date: of a month, where the news itself has weekdays.
        """
        reading = self._reading
        if reading.reference is None:
            opening = [time for first in reading.body[:3] for time in reading.times(first, None)]
            weekdays = any(t.first and t.first.weekday is not None for t in opening)
            months = any(
                time.first and time.first.month and not time.first.year
                for time in reading.times(sentence, None)
            )
            return tense == "past" and weekdays and months
        for time in reading.times(sentence, "past"):
            outside = not sentence.quoted(sentence.start + time.start)
            if time.date and not time.open and outside:
                return (reading.reference - dates.bounds(time.date)[1]).days > _LONG_PAST_DAYS
        return False


def _is_fact(sentence: Sentence, tense: shifts.Tense) -> bool:
    """Whether a sentence in the present states a fact rather than links two paragraphs."""
    words = sentence.words
    if len(words) < _LEAST_FACT or tense == "none" or words[0].low in _POINTERS:
        return False
    return ":" not in sentence.text[:40]
