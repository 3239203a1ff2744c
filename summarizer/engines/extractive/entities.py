"""Entities: the names of an article put together, each with its kind.

Names are joined by what English news does: a full name first, then the surname; a full
title first, then the acronym or the first word.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from summarizer.engines.extractive import gazetteer, kinds, offices
from summarizer.engines.extractive.clusters import cluster, fullest
from summarizer.engines.extractive.kinds import EntityKind
from summarizer.engines.extractive.names import Mention, is_title_case, mentions
from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.engines.extractive.speech_words import SPEECH_VERBS
from summarizer.engines.extractive.vocabulary import TITLES
from summarizer.layout import Kind

#: A capitalized first word alone is a city's name from this size on.
_LARGE_CITY = 500


@dataclass(frozen=True, eq=False)
class Entity:
    """Someone or something named: every mention of it in order, and what it is."""

    mentions: tuple[Mention, ...]
    kind: EntityKind
    #: ISO code, of a country or of a place whose country is known.
    country: str | None
    #: A title written in apposition to the name: "X, the mayor of Y".
    apposed: tuple[int, int] | None

    @property
    def name(self) -> str:
        """The fullest form in the article, without title; of a country, the commonest."""
        if self.kind == "country":
            return Counter(mention.name for mention in self.mentions).most_common(1)[0][0]
        return self.fullest.name

    @property
    def fullest(self) -> Mention:
        """The mention with the fullest form, the first of them."""
        return fullest(self.mentions)

    @property
    def role(self) -> tuple[int, int] | None:
        """The first title written with the name, before it or in apposition."""
        return next((mention.role for mention in self.mentions if mention.role), self.apposed)

    @property
    def first_start(self) -> int:
        """Where it is first named."""
        return self.mentions[0].start


class Naming:
    """Who and what an article names: all of it, and sentence by sentence."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        #: In order of first mention.
        self.entities = tuple(sorted(entities, key=lambda entity: entity.first_start))
        self._by_sentence: dict[int, list[tuple[Mention, Entity]]] = {}
        for entity in self.entities:
            for mention in entity.mentions:
                self._by_sentence.setdefault(mention.sentence.index, []).append((mention, entity))
        for found in self._by_sentence.values():
            found.sort(key=lambda pair: pair[0].start)

    def of(self, sentence: Sentence) -> Sequence[tuple[Mention, Entity]]:
        """The names of a sentence with their entities, in order."""
        return self._by_sentence.get(sentence.index, ())


def gather(reading: Reading) -> Naming:
    """Whom and what an article names."""
    clusters = cluster(_kept_mentions(reading))
    family = Counter(fullest(own).words[-1] for own in clusters if len(fullest(own).words) == 2)
    entities = []
    for own in clusters:
        apposed = next((role for role in map(offices.apposed, own) if role), None)
        verdict = kinds.decide(own, family, titled=apposed is not None)
        entities.append(Entity(tuple(own), verdict.kind, verdict.country, apposed))
    return Naming(_one_to_a_country(entities))


def _kept_mentions(reading: Reading) -> list[Mention]:
    """The mentions that are names: not capitals of a headline or of a sentence's first word."""
    found: list[Mention] = []
    doubtful: list[Mention] = []
    for sentence in reading.sentences:
        plain = not (sentence.kind is Kind.HEADLINE and is_title_case(sentence))
        for mention in mentions(sentence, reading.text):
            (found if plain and not mention.doubtful else doubtful).append(mention)
    known = {mention.name for mention in found if not mention.opens}
    parts = {word for mention in found if len(mention.words) > 1 for word in mention.words}
    small = {token.text for sentence in reading.body for token in sentence.words}
    found = [_without_opener(mention, known, small) for mention in found]
    for mention in doubtful:
        known_name = mention.name in known or _is_known_place(mention.name)
        if mention.low(1) in TITLES and not known_name:
            continue
        one = len(mention.words) == 1
        common = one and mention.words[0].lower() in small
        acts = mention.sentence.is_body and _acts_like_name(mention)
        if known_name or (not common and ((one and mention.words[0] in parts) or acts)):
            found.append(mention)
    return sorted(found, key=lambda mention: mention.start)


def _without_opener(mention: Mention, known: set[str], small: set[str]) -> Mention:
    """A name without the plain noun that opens its sentence: "Tailender Smith"."""
    rest = mention.words[1:]
    if not (mention.opens and len(rest) == 1 and mention.role is None):
        return mention
    if mention.name in known or rest[0] not in known:
        return mention
    if mention.words[0].lower() not in small and mention.sentence.kind is not Kind.HEADLINE:
        return mention
    first = mention.last
    start = mention.sentence.tokens[first].start
    return dataclasses.replace(
        mention, first=first, start=start, name=rest[0], words=rest, opens=False
    )


def _is_known_place(name: str) -> bool:
    if gazetteer.country_of(name):
        return not gazetteer.is_ambiguous(name)
    city = gazetteer.city(name)
    return city is not None and city.thousands >= _LARGE_CITY


def _acts_like_name(mention: Mention) -> bool:
    """A capitalized first word that is no plain word: it speaks, or owns, or is set off."""
    following = mention.token(1)
    first = mention.words[0].casefold()
    if following is None or first in TITLES or first.endswith("ly"):
        return False
    return mention.possessive or following.low in SPEECH_VERBS or following.text == ","


def _one_to_a_country(entities: Sequence[Entity]) -> list[Entity]:
    """The entities, all names of one country in one: "North Korea" and its formal name."""
    merged: dict[str, Entity] = {}
    kept = []
    for entity in sorted(entities, key=lambda each: (-len(each.mentions), each.first_start)):
        if entity.kind != "country" or entity.country is None:
            kept.append(entity)
            continue
        first = merged.get(entity.country)
        both = sorted(
            [*(first.mentions if first else ()), *entity.mentions], key=lambda each: each.start
        )
        merged[entity.country] = dataclasses.replace(first or entity, mentions=tuple(both))
    return [*kept, *merged.values()]
