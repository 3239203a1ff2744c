"""Clusters: the mentions of an article that mean the same, longer names first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from summarizer.engines.extractive import gazetteer
from summarizer.engines.extractive.names import Mention
from summarizer.engines.extractive.vocabulary import (
    CLUB_WORDS,
    ORGANIZATION_WORDS,
    PLACE_HEADS,
    PLACE_WORDS,
)

#: A club goes by these alone: "Rovers".
_NICKNAMES = frozenset(
    ("rovers", "wanderers", "albion", "rangers", "villa", "forest", "palace", "united")
)
_SMALL = frozenset(("of", "the", "and", "for", "de", "la", "&", "'s"))
_IN = frozenset(("in", "near", "across", "outside"))


def cluster(found: Iterable[Mention]) -> list[list[Mention]]:
    """The mentions in clusters, each in the order of the article."""
    clusters: list[list[Mention]] = []
    by_form: dict[str, list[Mention]] = {}
    for mention in sorted(found, key=lambda each: (-len(each.words), each.start)):
        form = mention.name.casefold().replace("’", "'")
        own = by_form.get(form) or _owner(mention, clusters)
        if own is None:
            own = []
            clusters.append(own)
        own.append(mention)
        by_form.setdefault(form, own)
    for own in clusters:
        own.sort(key=lambda mention: mention.start)
    return clusters


def fullest(mentions: Sequence[Mention]) -> Mention:
    """The mention with the fullest form, the first of them."""
    return max(mentions, key=lambda mention: (len(mention.words), -mention.start))


def initials(words: Sequence[str]) -> str:
    """The initials of a name in lower case, without those of small words."""
    parts = [part for word in words for part in re.split(r"[-\s]", word)]
    return "".join(part[0] for part in parts if part and part.casefold() not in _SMALL).casefold()


def _owner(mention: Mention, clusters: Sequence[list[Mention]]) -> list[Mention] | None:
    """The cluster with a longer name that a shorter form means, or None."""
    form = [word.casefold() for word in mention.words]
    if len(form) == 1 and mention.name.isupper() and 2 <= len(mention.name) <= 6:
        for own in clusters:
            if initials(own[0].words) == form[0]:
                return own
    best: tuple[int, list[Mention]] | None = None
    for own in clusters:
        words = [word.casefold() for word in own[0].words]
        if len(words) <= len(form) or gazetteer.country_of(" ".join(words)):
            continue
        if not _is_short_form(form, words, mention):
            continue
        # Of two of a family, the one named last before this.
        before = [other.start for other in own if other.start < mention.start]
        near = before[-1] if before else -own[0].start
        if best is None or near > best[0]:
            best = near, own
    return best[1] if best else None


def _is_short_form(form: Sequence[str], words: Sequence[str], mention: Mention) -> bool:
    """Whether `form` is a part by which the name `words` goes: a surname, a first word."""
    if len(form) == 1 and words[-1] in CLUB_WORDS and form[0] in (words[0], words[-1]):
        return form[0] == words[0] or form[0] in _NICKNAMES
    if _is_name_of_land(form, words, mention):
        return False
    if words[0] in PLACE_HEADS or words[-1] in PLACE_WORDS:
        return False
    if list(words[: len(form)]) == list(form):
        return True
    body = any(word in ORGANIZATION_WORDS for word in words)
    return not body and list(words[-len(form) :]) == list(form)


def _is_name_of_land(form: Sequence[str], words: Sequence[str], mention: Mention) -> bool:
    """Whether a form means a place of its own, or too much to mean one body."""
    name = mention.name
    if name.casefold() in gazetteer.CONTINENTS or gazetteer.region(name):
        return True
    if form[0] in PLACE_WORDS or gazetteer.country_of(mention.words[0]):
        return True
    if len(form) > 1:
        return False
    body = any(word in ORGANIZATION_WORDS for word in words)
    return (
        (body and mention.low(-1) in _IN)
        or form[0] in ORGANIZATION_WORDS
        or gazetteer.demonym(name) is not None
        or (gazetteer.city(name) is not None and words[0] == form[0])
    )
