"""References: the named speaker whom "she" or "the minister" means, from what stands before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from summarizer.engines.extractive.entities import Entity, Naming
from summarizer.engines.extractive.names import Mention
from summarizer.engines.extractive.reading import Reading
from summarizer.engines.extractive.speakers import Speaker
from summarizer.engines.extractive.vocabulary import TITLES

if TYPE_CHECKING:
    from summarizer.engines.extractive.speech import Speech

_DEFINITE = frozenset(("the", "his", "her", "their", "its"))
#: How many sentences, and how many paragraphs, a pronoun may look back.
_SENTENCES, _PARAGRAPHS = 4, 3


def of_description(
    reading: Reading, naming: Naming, speech: Speech, earlier: Sequence[Speech]
) -> Speaker:
    """The named speaker whom "the mayor" or "the spokesperson" means, or the words."""
    text, speaker = reading.text, speech.speaker
    words = text[speaker.start : speaker.end].casefold().split()
    before = text[max(0, speaker.start - 7) : speaker.start].casefold().split()
    definite = bool(before) and before[-1] in _DEFINITE
    if speaker.entity is not None or not definite or words[-1] not in TITLES or len(words) > 2:
        return speaker
    for other in reversed(earlier):
        said = text[other.speaker.start : other.speaker.end].casefold().split()
        if other.speaker.entity is None and words[-1] in said and len(said) > len(words):
            return other.speaker
    best: Mention | None = None
    found = speaker
    for entity in naming.entities:
        if entity.kind != "person" or entity.role is None or entity.first_start > speaker.start:
            continue
        if words[-1] in text[slice(*entity.role)].casefold().split():
            last = [m for m in entity.mentions if m.start < speaker.start][-1]
            if best is None or last.start > best.start:
                best, found = last, Speaker(last.start, last.end, entity)
    return found


def of_pronoun(
    reading: Reading, naming: Naming, speech: Speech, earlier: Sequence[Speech]
) -> Speaker | None:
    """The named speaker whom a pronoun means, if one stands close by."""
    sentence = speech.sentence
    pronoun = reading.text[speech.speaker.start : speech.speaker.end].casefold()
    personal = pronoun in ("he", "she")
    last = earlier[-1] if earlier else None
    if personal:
        for mention, entity in naming.of(sentence)[:1]:
            outside = mention.start < speech.speaker.start and not sentence.quoted(mention.start)
            if outside and entity.kind == "person":
                return Speaker(mention.start, mention.end, entity)
    for index in range(sentence.index - 1, max(-1, sentence.index - _SENTENCES - 1), -1):
        before = reading.sentences[index]
        if not before.is_body or sentence.paragraph - before.paragraph > _PARAGRAPHS:
            break
        spoke = last is not None and last.sentence.index == index
        if last is not None and spoke and _fits(last.speaker, personal=personal):
            return last.speaker
        kinds = ("person",) if personal else ("organization", "country")
        named = [
            (mention, entity)
            for mention, entity in naming.of(before)
            if entity.kind in kinds and not before.quoted(mention.start)
        ]
        if named and pronoun != "they":
            mention, entity = _no_possessor(named) if personal else named[0]
            return Speaker(mention.start, mention.end, entity)
    return last.speaker if last and sentence.index - last.sentence.index <= 2 else None


def _no_possessor(named: Sequence[tuple[Mention, Entity]]) -> tuple[Mention, Entity]:
    """The first name that owns nothing, or the first."""
    return next((pair for pair in named if not pair[0].possessive), named[0])


def _fits(speaker: Speaker, *, personal: bool) -> bool:
    if speaker.entity is None:
        return True
    return (speaker.entity.kind == "person") == personal
