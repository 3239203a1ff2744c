"""Homes: the country that an article is about, and the countries of its places."""

from __future__ import annotations

from collections import Counter

from summarizer.engines.extractive import gazetteer
from summarizer.engines.extractive.entities import Entity
from summarizer.engines.extractive.kinds import country_told
from summarizer.engines.extractive.roles import Role
from summarizer.engines.extractive.story import Story
from summarizer.layout import Kind

#: A city of so many thousands is itself, not a namesake, where nothing says otherwise.
_LARGE_CITY = 300
#: How much a name in the headline and one in the dateline say, beside one in the text.
_HEADLINE, _DATELINE = 2, 5


def country_of_place(entity: Entity, home: str | None) -> str | None:
    """The country of a place: its own if the gazetteer is sure, else the article's.

    A venue is where the city is by which it goes: "Leeds Crown Court".
    """
    if entity.name.casefold() in gazetteer.CONTINENTS or gazetteer.region(entity.name):
        return entity.country
    if entity.kind == "organization" and home is not None:
        return home
    told = country_told(entity.mentions)
    if told is not None:
        return told
    name = entity.fullest.words[0] if entity.kind == "organization" else entity.name
    city = gazetteer.city(name)
    small = city is not None and city.thousands < _LARGE_CITY
    if entity.country is not None and not (small and home and entity.kind == "place"):
        return entity.country
    if city is None or home in city.countries:
        return home
    sure = len(city.countries) == 1 or city.thousands >= _LARGE_CITY
    return city.countries[0] if sure else home


def home_country(story: Story) -> str | None:
    """The country that headline, dateline and event speak of most, if one stands out."""
    votes: Counter[str] = Counter()
    for entity in story.naming.entities:
        if entity.country is not None:
            votes[entity.country] += _votes(story, entity)
    for sentence in story.told(Role.EVENT):
        for token in sentence.words:
            code = gazetteer.demonym(token.text) if token.is_capital else None
            votes.update([code] if code else [])
    if story.reading.dateline is not None:
        for part in story.text[slice(*story.reading.dateline)].split(","):
            code = gazetteer.country_of(part.strip())
            votes.update({code: _DATELINE} if code else {})
    ranked = (+votes).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _votes(story: Story, entity: Entity) -> int:
    """How often sentences about the event name an entity; the headline counts for more."""
    told = [each.sentence for each in entity.mentions if story.role(each.sentence) is Role.EVENT]
    return sum(_HEADLINE if sentence.kind is Kind.HEADLINE else 1 for sentence in told)
