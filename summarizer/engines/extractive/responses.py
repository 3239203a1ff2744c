"""Responses: which speech reacts to the event, and which only tells it or recalls.

Direct speech reacts, except where the news's own announcer says the news again. Reported
speech reacts if a person speaks, or if the words judge, want or refuse something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from summarizer.engines.extractive import gazetteer, leads, shifts
from summarizer.engines.extractive.entities import Entity
from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.engines.extractive.speech import Speech
from summarizer.engines.extractive.speech_words import (
    CRITICAL_VERBS,
    GENERAL_SPEAKERS,
    MEDIA,
    SUBJECTIVE_WORDS,
    SUPPORTIVE_VERBS,
    URGING_VERBS,
)
from summarizer.engines.extractive.vocabulary import ORGANIZATION_NOUNS

_EVALUATIVE = CRITICAL_VERBS | SUPPORTIVE_VERBS | URGING_VERBS
_OFFICIALS = frozenset(("police", "officials", "authorities", "investigators"))
_BODIES = ORGANIZATION_NOUNS | {"government", "ministry", "bank", "police"}
_CAUSE = re.compile(
    r"\b(?:cause[ds]?|because|blamed?|due to|responsible|suspect(?:ed|s)?|may have|might have"
    r"|appear(?:ed|s) to|believed|motive|deliberate)\b",
    re.IGNORECASE,
)
_TESTIMONY = re.compile(
    r"\bgiving evidence\b|\btestified\b"
    r"|\btold (?:the )?(?:court|jury|jurors|inquest|hearing|tribunal|inquiry|trial)\b"
    r"|\b(?:court|jury|inquest|trial|tribunal|hearing|jurors) (?:had |has |also |was )?"
    r"(?:heard|told)\b",
    re.IGNORECASE,
)
#: From so many sentences behind the lead on, a body's plain words are its view.
_NEAR_LEAD = 3
#: Speech that shares so much with lead and headline says the news again.
_RESTATED, _LEAST_STEMS = 0.45, 5
#: One reaction takes at most so many sentences.
_MOST_SENTENCES = 3


@dataclass(frozen=True)
class Reaction:
    """One speaker's speech on one point: the sentences it takes, in order."""

    speeches: tuple[Speech, ...]

    @property
    def first(self) -> Speech:
        """The speech it opens with."""
        return self.speeches[0]


def find(
    reading: Reading,
    speeches: Sequence[Speech],
    lead: Sentence | None,
    actor: Entity | None = None,
) -> list[Reaction]:
    """The reactions among an article's speeches, in order.

    `actor` is the country or body that acts in the lead: what it says is the news.
    """
    if lead is None:
        return []
    judge = _Judge(reading, speeches, lead, actor)
    kept = [speech for speech in speeches if judge.reacts(speech)]
    kept += _openings(speeches, kept)
    kept.sort(key=lambda speech: speech.sentence.index)
    return [Reaction(tuple(group)) for group in _grouped(kept)]


def is_testimony(sentence: Sentence) -> bool:
    """Whether a sentence reports what a court heard: that is context of its verdict."""
    return _TESTIMONY.search(shifts.unquoted(sentence)) is not None


def content(text: str, speech: Speech) -> str:
    """What is said in a speech's sentence, without who says it."""
    sentence = speech.sentence
    return text[sentence.start : speech.start] + " " + text[speech.end : sentence.end]


class _Judge:
    """Tells the reactions of one article from what else is said in it."""

    def __init__(
        self,
        reading: Reading,
        speeches: Sequence[Speech],
        lead: Sentence,
        actor: Entity | None,
    ) -> None:
        self._reading = reading
        self._text = reading.text
        self._lead = lead
        self._actor = actor
        self._announcer = next((each for each in speeches if each.sentence is lead), None)
        self._topic = leads.topic_of(reading, lead)

    def reacts(self, speech: Speech) -> bool:
        """Whether a speech is a reaction to the event."""
        sentence = speech.sentence
        if sentence.index <= self._lead.index or sentence.in_background or is_testimony(sentence):
            return False
        if speech.shape == "refusal":
            return True
        if speech.shape == "action":
            return self._acts_now(speech)
        entity = speech.speaker.entity
        if (entity is not None and entity.name in MEDIA) or self._is_dated_back(speech):
            return False
        if speech.is_direct and not self._is_general(speech):
            return _is_personal(speech) or not (self._announces(speech) or self._restates(speech))
        return self._reports_view(speech)

    def _reports_view(self, speech: Speech) -> bool:
        """Whether reported speech says more than what happened."""
        said = content(self._text, speech)
        if speech.shape == "according" or _is_recalled(speech):
            return False
        if self._actor is not None and speech.speaker.entity is self._actor:
            return False
        if self._is_general(speech):
            return self._name(speech) in _OFFICIALS and _CAUSE.search(said) is not None
        if speech.verb in _EVALUATIVE:
            return True
        words = {word.casefold().replace("’", "'") for word in _WORD.findall(said)}
        subjective = bool(words & SUBJECTIVE_WORDS)
        early = speech.sentence.index <= self._lead.index + _NEAR_LEAD
        if _is_personal(speech):
            told = speech.shape == "trailing" or (early and self._restates(speech))
            return subjective or not told
        if speech.shape == "trailing" or self._announces(speech):
            return False
        plain = not early and not any(map(str.isdigit, said)) and self._is_named_body(speech)
        return subjective or plain

    def _acts_now(self, speech: Speech) -> bool:
        """Whether what someone did is a response to the news, not an earlier act."""
        sentence = speech.sentence
        if sentence.index <= self._lead.index + 1:
            return False
        months = any(
            time.first and time.first.month and not time.first.day
            for time in self._reading.times(sentence, "past")
        )
        return not months and not shifts.is_shifted(sentence, self._reading.year)

    def _is_dated_back(self, speech: Speech) -> bool:
        """Whether the words before the speaker recall it: "Last month X said"."""
        before = self._text[speech.sentence.start : max(speech.sentence.start, speech.start)]
        return speech.shape == "leading" and shifts.has_cue(before, self._reading.year)

    def _name(self, speech: Speech) -> str:
        return self._text[speech.speaker.start : speech.speaker.end].casefold()

    def _is_general(self, speech: Speech) -> bool:
        return speech.speaker.entity is None and self._name(speech) in GENERAL_SPEAKERS

    def _is_named_body(self, speech: Speech) -> bool:
        """Whether an organization with a name speaks, not governments by their capitals."""
        entity = speech.speaker.entity
        if entity is not None and entity.kind in ("country", "place"):
            return False
        written = self._text[speech.speaker.start : speech.speaker.end]
        lands = all(
            gazetteer.country_of(part) or gazetteer.city(part) for part in written.split(" and ")
        )
        return not lands and (entity is not None or any(map(str.isupper, written)))

    def _announces(self, speech: Speech) -> bool:
        """Whether who speaks is who announces the news in the lead."""
        if self._announcer is None:
            return False
        one, two = speech.speaker, self._announcer.speaker
        if one.entity is not None and one.entity is two.entity:
            return True
        words = self._name(speech)
        definite = self._text[max(0, one.start - 4) : one.start].casefold() == "the "
        if definite and words in _BODIES:
            return True
        other = self._name(self._announcer)
        return words == other or (two.entity is not None and other in words)

    def _restates(self, speech: Speech) -> bool:
        """Whether the words only tell the news again."""
        stems = [
            token.low[:5]
            for token in speech.sentence.words
            if len(token.low) > 3 and _is_said(speech, token.start)
        ]
        shared = sum(stem in self._topic for stem in stems)
        return len(stems) >= _LEAST_STEMS and shared >= _RESTATED * len(stems)


_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def _is_said(speech: Speech, offset: int) -> bool:
    """Whether the code point at `offset` belongs to what is said."""
    if speech.is_direct:
        return speech.sentence.quoted(offset)
    return not speech.start <= offset < speech.end


def _is_personal(speech: Speech) -> bool:
    entity = speech.speaker.entity
    return entity is not None and entity.kind == "person"


def _is_recalled(speech: Speech) -> bool:
    """Whether speech is recalled as context: "has accused", "had warned"."""
    tokens = speech.sentence.tokens
    for index, token in enumerate(tokens[1:], 1):
        if token.end == speech.end or (token.low == speech.verb and token.start >= speech.start):
            before = {each.low for each in tokens[max(0, index - 2) : index]}
            return bool(before & {"has", "have", "had"})
    return False


def _openings(speeches: Sequence[Speech], kept: Sequence[Speech]) -> list[Speech]:
    """Reported speech that a quotation of the same person goes on with right away."""
    quoted = {speech.sentence.index: speech for speech in kept if speech.is_direct}
    first = min((speech.sentence.index for speech in kept), default=0)
    found = []
    for speech in speeches:
        index = speech.sentence.index
        following = quoted.get(index + 1)
        if following is None or speech in kept or not _is_personal(speech) or index + 1 < first:
            continue
        together = following.sentence.paragraph == speech.sentence.paragraph
        if together and _same_speaker(speech, following):
            found.append(speech)
    return found


def _grouped(kept: Sequence[Speech]) -> list[list[Speech]]:
    """Speeches joined where one speaker goes on with one point."""
    groups: list[list[Speech]] = []
    for speech in kept:
        if groups and _goes_on(groups[-1], speech):
            groups[-1].append(speech)
        else:
            groups.append([speech])
    return groups


def _goes_on(group: Sequence[Speech], speech: Speech) -> bool:
    last = group[-1]
    apart = speech.sentence.index - last.sentence.index
    if len(group) >= _MOST_SENTENCES or apart > 1 or not _same_speaker(last, speech):
        return False
    paragraphs = speech.sentence.paragraph - last.sentence.paragraph
    if speech.shape == "quotation" and paragraphs <= 1:
        return True
    quoted = speech.is_direct and speech.shape == "trailing"
    return quoted and (paragraphs == 0 or (paragraphs <= 2 and last.is_direct))


def _same_speaker(one: Speech, two: Speech) -> bool:
    if one.speaker.entity is not None or two.speaker.entity is not None:
        return one.speaker.entity is two.speaker.entity
    return (one.speaker.start, one.speaker.end) == (two.speaker.start, two.speaker.end)
