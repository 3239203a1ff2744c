"""Where: the places at which the event happens, from where their names stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from summarizer.draft import DraftWhere
from summarizer.engines.extractive import clauses, gazetteer, shifts
from summarizer.engines.extractive.entities import Entity
from summarizer.engines.extractive.homes import country_of_place, home_country
from summarizer.engines.extractive.lists import word_set
from summarizer.engines.extractive.names import Mention
from summarizer.engines.extractive.roles import Role
from summarizer.engines.extractive.story import Story
from summarizer.engines.extractive.vocabulary import DIRECTIONS, PLACE_WORDS, TITLES
from summarizer.layout import Kind

_MOST = 8
#: So many sentences from the lead on may tell the place that the others leave out.
_NEAR = 4
_LOCATIVE = word_set(
    "in at near to from across outside around throughout into off over through toward towards"
    " along inside above below beyond between via reach reached leave left hit struck rocked shook"
    " jolts jolted shakes hits strikes visit visited visits batters battered lashed lashes"
    " devastated swept flooded floods rocks"
)
#: "the outskirts of X": what a place may have.
_PARTS = word_set(
    "outskirts centre center part parts coast capital quarter neighbourhood neighborhood suburb"
    " suburbs area resort commune hamlet edge shore shores southeast northeast southwest northwest"
    " people streets border banks"
)
#: Before "to X": a way there.
_MOTION = word_set(
    "visit visits visited trip trips travel travels travelled traveled travelling traveling go goes"
    " went going flight flights fly flew flying return returned returns move moved moving sent send"
    " delivered arrive arrived head heads headed heading way tour journey road route bound train"
    " bus drive drove driving transferred taken airlifted rushed brought spread spreads come came"
    " first from deployed dispatched evacuated fled flee fleeing extended relocate relocated"
)
_SURFACES = word_set("island islands isle peninsula coast street road avenue river lake mount")
_VENUES = word_set(
    "court stadium arena hospital airport university cathedral church mosque temple school museum"
    " palace parliament theatre theater hotel factory plant mine prison oval ground base center"
    " centre cosmodrome spaceport harbour harbor station"
)
_AT = frozenset(("at", "in", "outside", "inside", "near"))
_BETWEEN = frozenset(("the", "nearby", "neighbouring", "neighboring")) | DIRECTIONS
_HERE = re.compile(r"\bhere\b(?!\W*(?:is|are|was))")
_BEHIND_NAME = re.compile(r"\s*\(.*|\s*[-–—]+\s*$")

#: Where a place first stands, and its item.
_Placed = tuple[int, DraftWhere]


def drafts(story: Story) -> list[DraftWhere]:
    """The places of the event, with the country of a named city where it is named too."""
    home = home_country(story)
    found = _located(story, lambda m: story.role(m.sentence) is Role.EVENT)
    if not found:
        near = range(_NEAR)
        found = _located(
            story,
            lambda m: (
                story.after_lead(m.sentence) in near and story.role(m.sentence) is not Role.REACTION
            ),
        )
    items = [
        _placed(story, entity, mentions, country_of_place(entity, home))
        for entity, mentions in found
    ]
    codes = {home, *(item.country for _, item in items)}
    placed = {id(entity) for entity, _ in found}
    items += _countries(story, codes - {None}, placed)
    items += _of_dateline(story, {item.name.casefold() for _, item in items})
    items = sorted(items or _named_at_all(story), key=lambda item: item[0])
    once = {item.name.casefold(): item for _, item in reversed(items)}
    kept = [item for _, item in items if once[item.name.casefold()] is item]
    return [item for item in kept if item.evidence][:_MOST]


def _located(story: Story, wanted: Callable[[Mention], bool]) -> list[tuple[Entity, list[Mention]]]:
    """Each entity that stands as a place in the sentences wanted, with its mentions there."""
    found = []
    for entity in story.naming.entities:
        mentions = [m for m in entity.mentions if wanted(m) and _is_where(entity, m)]
        if mentions:
            found.append((entity, mentions))
    return found


def _countries(story: Story, codes: set[str | None], placed: set[int]) -> list[_Placed]:
    """The countries of the places found, where sentences about the event name them."""
    found = []
    for entity in story.naming.entities:
        if entity.kind != "country" or entity.country not in codes or id(entity) in placed:
            continue
        mentions = [
            mention
            for mention in entity.mentions
            if story.role(mention.sentence) is Role.EVENT and mention.low(1) not in TITLES
        ]
        if mentions:
            found.append(_placed(story, entity, mentions, entity.country))
    return found


def _of_dateline(story: Story, known: set[str]) -> list[_Placed]:
    """The places of a wire dateline: "TUGUEGARAO, Philippines, Feb. 18".

    Its country is where the news is; its town only if the report says "here": reporters
    write from capitals.
    """
    if story.reading.dateline is None or story.lead is None:
        return []
    start, end = story.reading.dateline
    here = any(_HERE.search(sentence.text) for sentence in story.reading.body[:3])
    stop = story.lead.end if story.lead.start >= end else end
    found = []
    at = start
    for number, part in enumerate(re.split(r"[,/]", story.text[start:end])):
        name = _BEHIND_NAME.sub("", part).strip(" -–—.:")
        begin = story.text.find(name, at)
        at += len(part) + 1
        code = gazetteer.country_of(name) if name else None
        town = number == 0 and code is None and here and name[:1].isupper()
        if name.casefold() in known or any(map(str.isdigit, name)):
            continue
        if town:
            city = gazetteer.city(name.title() if name.isupper() else name)
            code = city.countries[0] if city and len(city.countries) == 1 else None
        if town or (code and number):
            passages = clauses.evidence(story.text, [(start, stop)])
            found.append((begin, DraftWhere(evidence=passages, name=name, country=code)))
    return found


def _named_at_all(story: Story) -> list[_Placed]:
    """The places that headline and lead name in whatever position: "Leicester teacher"."""
    found = []
    for entity in story.naming.entities:
        mentions = [
            mention
            for mention in entity.mentions
            if (story.is_central(mention.sentence) or mention.sentence.kind is Kind.STANDFIRST)
            and mention.low(1) not in TITLES
        ]
        if mentions and entity.kind in ("place", "country"):
            found.append(_placed(story, entity, mentions, country_of_place(entity, None)))
        elif mentions and entity.kind == "other" and len(entity.fullest.words) > 1:
            # A contest by its place: "the Monaco Grand Prix".
            name = entity.fullest.words[0]
            city = gazetteer.city(name)
            code = gazetteer.country_of(name) or (city.countries[0] if city else None)
            if code:
                start, item = _placed(story, entity, mentions, code)
                found.append((start, item.model_copy(update={"name": name})))
    return found


def _placed(story: Story, entity: Entity, mentions: Sequence[Mention], code: str | None) -> _Placed:
    spans = [(mention.sentence.start, mention.sentence.end) for mention in mentions]
    passages = clauses.evidence(story.text, spans)
    return mentions[0].start, DraftWhere(evidence=passages, name=entity.name, country=code)


def _is_where(entity: Entity, mention: Mention) -> bool:
    """Whether a name stands where English puts a place."""
    if mention.sentence.quoted(mention.start):
        return False
    if entity.kind == "organization":
        venue = any(word.casefold() in _VENUES for word in mention.words)
        before = mention.low(-2) if mention.low(-1) == "the" else mention.low(-1)
        return venue and before in _AT
    if entity.kind not in ("place", "country"):
        return False
    if mention.start >= shifts.main_clause_end(mention.sentence):
        return False
    owned = mention.low(1) in PLACE_WORDS | {"capital"} | DIRECTIONS
    return (mention.possessive and owned) or _is_behind_preposition(entity, mention)


def _is_behind_preposition(entity: Entity, mention: Mention) -> bool:
    """Whether the words before a place's name say that something is there."""
    step = -1
    while mention.low(step) in _BETWEEN:
        step -= 1
    before, ahead = mention.low(step), mention.low(step - 1)
    if before == "from" and ahead in (",", "who"):
        return False  # Where someone comes from: "Ann Lee, 42, from X,".
    if before == "to":
        nearby = mention.sentence.tokens[max(0, mention.first - 9) : mention.first]
        return any(token.low in _MOTION for token in nearby)
    if before == "of":
        return ahead in PLACE_WORDS | _PARTS
    if before == "on":
        return entity.kind == "place" or mention.words[-1].casefold() in _SURFACES
    if before in (",", "and", "or"):
        return _goes_on_with_places(mention)
    return before in _LOCATIVE


def _goes_on_with_places(mention: Mention) -> bool:
    """Whether a name goes on with a list of places or says where a place is."""
    tokens = mention.sentence.tokens
    index = mention.first - 2
    if index < 0 or not tokens[index].is_capital:
        return False
    return any(token.low in _LOCATIVE for token in tokens[max(0, index - 5) : index])
