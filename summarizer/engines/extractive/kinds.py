"""Kinds: whether a name is a person's, an organization's, a country's or a place's.

Each sign in the name or around it speaks for one kind and perhaps against another; the
sum decides, and a name without a sign is of no kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from summarizer.engines.extractive import gazetteer
from summarizer.engines.extractive.clusters import fullest, initials
from summarizer.engines.extractive.names import Mention
from summarizer.engines.extractive.speech_words import SPEECH_VERBS
from summarizer.engines.extractive.vocabulary import (
    CLUB_WORDS,
    DIRECTIONS,
    HONORIFICS,
    KIN,
    ORGANIZATION_NOUNS,
    ORGANIZATION_WORDS,
    PLACE_HEADS,
    PLACE_WORDS,
    SPORTS_TITLES,
    TITLES,
)

EntityKind = Literal["person", "organization", "country", "place", "other"]


class Verdict(NamedTuple):
    """What a name is, and of what country (ISO code) as far as the gazetteer is sure."""

    kind: EntityKind
    country: str | None = None


class _Weights(NamedTuple):
    person: float = 0
    organization: float = 0
    place: float = 0


#: Seats that stand for governments.
_SEATS = {"Kremlin": "RU", "White House": "US", "Pentagon": "US", "Downing Street": "GB"}
_STORMS = frozenset(("hurricane", "typhoon", "cyclone", "storm", "tropical", "operation"))
#: A name that ends so is neither a person nor a body nor a place.
_CONTESTS = frozenset(
    "cup shield trophy championship championships open games masters prix gp final finals series"
    " olympics slam derby tournament festival prize award awards act bill treaty accord war"
    " marathon plate bowl classic expo summit day week".split()
)
#: Words of the land that are surnames too.
_SURNAMES = frozenset(
    "hill hills field fields bridge lake marsh moor park street castle tower forest lane wells"
    " heath banks ford church brook brooks rivers grove parish ground mount garden palace peak"
    " ridge reef".split()
)
_LOCATIVE = frozenset(
    "in at near from to outside across around throughout into towards off".split()
)
_LAND = PLACE_WORDS - DIRECTIONS
_PARTS_OF_LAND = _LAND | {"capital", "border", "shore", "outskirts", "suburbs"}
_PLAYS = frozenset(
    "beat beats won win lost lose drew scored score faced face play played reached reach came led"
    " hosted thrashed sneaked edged knocked trailed clinched claimed sealed".split()
)
_BEATEN = frozenset(("against", "beat", "beats", "beating", "thrash", "host", "defeat", "v", "vs"))
_OF_A_FIRM = frozenset(
    ("shares", "stock", "executives", "spokesman", "spokeswoman", "spokesperson")
)
_OWNED_BY_A_FIRM = frozenset(("shareholders", "shares", "board", "headquarters"))
_SHARES = frozenset("shares share stake stakes stock interest holding shareholders".split())
#: Who heads a firm: "Kelda's chief executive".
_CHIEFS = frozenset(("chief", "chairman", "chairwoman", "ceo", "founder", "boss"))
#: Who heads a land or a town: "the mayor of X".
_HEADS_OF_LAND = frozenset(
    "mayor governor bishop archbishop prefect sheriff king queen prince duke president resident"
    " ruler emperor councillor alderman".split()
)
#: What a town has: "Ostwick hospital".
_LOCAL_BODIES = frozenset(
    "hospital council police court airport prison station school stadium harbour harbor".split()
)
_ARTICLES = frozenset(("a", "an", "the", "one", "its", "his", "her"))


def decide(mentions: Sequence[Mention], family: Mapping[str, int], *, titled: bool) -> Verdict:
    """The kind of what a cluster of mentions names.

    `family` counts how many two-word names end in a word; `titled` says that a title
    stands in apposition to the name.
    """
    best = fullest(mentions)
    code = _country(mentions)
    if code and not (gazetteer.is_ambiguous(best.name) and _is_personal(mentions)):
        return Verdict("country", code)
    if best.name.casefold() in gazetteer.CONTINENTS:
        return Verdict("place")
    explained = all(mention.low(-1) in ("(", "or") for mention in mentions)
    if explained or best.words[0].casefold() in _STORMS:
        return Verdict("other")
    region = gazetteer.region(best.name)
    city = None if region else gazetteer.city(best.name)
    weights = [*_of_words(best), *_of_forms(mentions)]
    weights += [weight for mention in mentions for weight in _of_context(mention)]
    weights.append(_Weights(person=3 if titled else 0, place=3 if region else 0))
    if city is not None:
        weights.append(_Weights(place=2.5 if city.thousands > 300 else 1.5))
    if family.get(best.words[-1], 0) > 1:
        weights.append(_Weights(person=1.5))
    person, organization, place = (sum(column) for column in zip(*weights, strict=True))
    most = max(person, organization, place)
    if most <= 0:
        return Verdict("other")
    if person == most:
        return Verdict("person")
    if organization == most:
        return Verdict("organization", _SEATS.get(best.name))
    sure = city is not None and (len(city.countries) == 1 or city.thousands >= 500)
    known = city.countries[0] if city and sure else None
    return Verdict("place", region or country_told(mentions) or known)


def country_told(mentions: Sequence[Mention]) -> str | None:
    """The code of the country that stands behind a place's name: "Paris, Texas"."""
    return next((code for code in map(_country_behind, mentions) if code), None)


def _country(mentions: Sequence[Mention]) -> str | None:
    names = [fullest(mentions).name, *(mention.name for mention in mentions)]
    return next((code for code in map(gazetteer.country_of, names) if code), None)


def _is_personal(mentions: Sequence[Mention]) -> bool:
    spoken = any(mention.role or mention.low(1) in SPEECH_VERBS for mention in mentions)
    return spoken or len(fullest(mentions).words) > 1


def _of_words(mention: Mention) -> list[_Weights]:
    """What the words of the fullest name say."""
    words = mention.words
    low = [word.casefold().rstrip(".") for word in words]
    body = any(word in ORGANIZATION_WORDS for word in low)
    found = []
    if body:
        whole = low[-1] in ORGANIZATION_WORDS or "of" in low
        found.append(_Weights(person=-3, organization=4 if whole else 3))
    if low[-1] in _CONTESTS:
        found.append(_Weights(person=-3, organization=-3))
    if low[-1] in PLACE_WORDS or (low[0] in PLACE_HEADS and len(low) > 1):
        surname = len(low) == 2 and low[-1] in _SURNAMES and low[0] not in PLACE_HEADS
        against = -2 if low[-1] in PLACE_WORDS and not surname else 0
        found.append(_Weights(person=against, place=0.5 if body else (1 if surname else 3.5)))
    if mention.name in _SEATS:
        found.append(_Weights(organization=6))
    if len(words) == 1 and words[0].isupper() and len(words[0]) > 1:
        found.append(_Weights(organization=2.5))
    elif len(words) == 1 and any(map(str.isupper, words[0][1:])) and "-" not in words[0]:
        found.append(_Weights(organization=2))
    if 2 <= len(words) <= 4 and not body and all(w[0].isupper() or len(w) < 5 for w in words):
        found.append(_Weights(person=1.2))
    if any(map(str.isdigit, mention.name)):
        found.append(_Weights(person=-2))
    return found


def _of_forms(mentions: Sequence[Mention]) -> list[_Weights]:
    """A surname alone makes a person; a first word alone a company (or a child)."""
    words = fullest(mentions).words
    full = [word.casefold() for word in words]
    if len(full) < 2:
        return []
    found = []
    for form in {mention.name.casefold() for mention in mentions}:
        if form == full[-1]:
            found.append(_Weights(person=2))
        elif form == full[0]:
            found.append(_Weights(organization=1.5))
        elif form.isalpha() and form == initials(words):
            found.append(_Weights(organization=3))
    return found


def _of_context(mention: Mention) -> list[_Weights]:
    """What stands around one mention says."""
    return [weight for test, weight in _SIGNS if test(mention)]


def _is_apposed_body(mention: Mention) -> bool:
    """Whether "the brewer X" or "the brewer, X" stands there."""
    before, ahead = mention.low(-1), mention.token(-2)
    if before in TITLES & ORGANIZATION_NOUNS:
        return False
    apposed = before == "," and ahead is not None and ahead.text in ORGANIZATION_NOUNS
    return before in ORGANIZATION_NOUNS or apposed


def _is_described_body(mention: Mention) -> bool:
    """Whether "X, a Dutch shipping company," follows."""
    tokens = mention.sentence.tokens
    index = mention.last + 2
    if mention.low(1) != "," or index >= len(tokens) or tokens[index].low not in _ARTICLES:
        return False
    noun = ""
    for token in tokens[index + 1 : index + 6]:
        if not token.is_word or token.low in ("of", "that", "which", "in", "for", "based"):
            break
        noun = token.low
    return noun in ORGANIZATION_NOUNS


def _country_behind(mention: Mention) -> str | None:
    """The code of what "X, France" or "X, Texas" says of X; "X, France and Y" is a list."""
    tokens = mention.sentence.tokens
    if mention.low(1) != ",":
        return None
    for size in (3, 2, 1):
        words = tokens[mention.last + 2 : mention.last + 2 + size]
        following = tokens[mention.last + 2 + size : mention.last + 3 + size]
        if len(words) < size or not all(word.is_capital for word in words):
            continue
        name = " ".join(word.text for word in words)
        region, code = gazetteer.region(name), gazetteer.country_of(name)
        listed = bool(following) and following[0].low in ("and", "or")
        city = gazetteer.city(mention.name)
        if region or (code and not listed and (city is None or code in city.countries)):
            return region or code
    return None


def _owns_land(mention: Mention) -> bool:
    """Whether what a name owns is a part of a land: "Norfolk's northern coast"."""
    following = [mention.low(offset) for offset in (1, 2)]
    reach = 2 if following[0] in DIRECTIONS else 1
    return mention.possessive and any(low in _PARTS_OF_LAND for low in following[:reach])


def _is_before_land(mention: Mention) -> bool:
    adjective = mention.words[-1].endswith(("ish", "ian", "ean", "ese"))
    return mention.low(1) in _LAND and not mention.possessive and not adjective


def _is_behind_land(mention: Mention) -> bool:
    token = mention.token(-1)
    return token is not None and token.text in _LAND


def _is_club(mention: Mention) -> bool:
    return mention.words[-1].casefold() in CLUB_WORDS


def _plays(mention: Mention) -> bool:
    return mention.low(1) in _PLAYS or mention.low(-1) in _BEATEN


def _is_located(mention: Mention) -> bool:
    return mention.low(-1) in _LOCATIVE and not mention.possessive


_SIGNS: tuple[tuple[Callable[[Mention], bool], _Weights], ...] = (
    (
        lambda m: m.role is not None and m.low(-1) not in TITLES & ORGANIZATION_NOUNS,
        _Weights(person=4),
    ),
    (lambda m: m.low(-1) in HONORIFICS, _Weights(person=4)),
    (lambda m: m.low(-1) == "." and m.low(-2) in HONORIFICS, _Weights(person=4)),
    (lambda m: m.low(1) == "," and m.low(2).isdigit() and len(m.low(2)) < 4, _Weights(person=4)),
    (lambda m: m.low(1) == "," and m.low(2) == "who", _Weights(person=2)),
    (lambda m: m.low(1) in ("who", "whose"), _Weights(person=2)),
    (lambda m: m.low(1) in ("was", "is", "aged") and m.low(2).isdigit(), _Weights(person=2)),
    (lambda m: m.possessive and m.low(1) in KIN, _Weights(person=2.5)),
    (lambda m: m.low(1) == "," and m.low(2) == "which", _Weights(organization=1.5)),
    (
        lambda m: m.low(1) in SPEECH_VERBS or m.low(-1) in ("said", "says"),
        _Weights(person=0.7, organization=0.6, place=-0.5),
    ),
    # A rocket, a flight, a channel: "Falcon 9".
    (lambda m: m.low(1).isdigit(), _Weights(person=-3, organization=-3)),
    (lambda m: m.low(-1) == "the", _Weights(person=-2.5, organization=1.2)),
    # A builder or a publisher may be a person or a firm.
    (lambda m: m.low(-1) in TITLES & ORGANIZATION_NOUNS, _Weights(organization=1)),
    (_is_apposed_body, _Weights(person=-1, organization=3)),
    (_is_described_body, _Weights(organization=2.5)),
    (lambda m: m.low(1) in _OF_A_FIRM, _Weights(organization=2)),
    (lambda m: m.possessive and m.low(1) in _OWNED_BY_A_FIRM, _Weights(organization=2)),
    (
        lambda m: (
            m.low(-1) in ("of", "at", "for", "with")
            and m.low(-2) in TITLES - _HEADS_OF_LAND
            and m.low(1) not in _LOCAL_BODIES
        ),
        _Weights(person=-1, organization=1.5),
    ),
    (lambda m: m.low(-1) == "of" and m.low(-2) in _HEADS_OF_LAND, _Weights(place=2)),
    (lambda m: m.low(1) in _LOCAL_BODIES and not m.possessive, _Weights(place=2)),
    (lambda m: m.low(-1) == "in" and m.low(-2) in _SHARES, _Weights(organization=3, place=-3)),
    (lambda m: m.possessive and m.low(1) in _CHIEFS, _Weights(organization=2)),
    (lambda m: m.low(-1) == "journal", _Weights(person=-4, organization=-3)),
    (lambda m: _plays(m) and (_is_club(m) or len(m.words) == 1), _Weights(organization=1.5)),
    (lambda m: _plays(m) and _is_club(m), _Weights(place=-2)),
    (lambda m: m.low(-1) in _BEATEN and len(m.words) == 1, _Weights(organization=1.5)),
    (lambda m: m.low(1) in SPORTS_TITLES and not m.possessive, _Weights(organization=2)),
    (
        lambda m: m.low(-1) == "the" and m.low(-2) in ("over", "across", "along", "into", "down"),
        _Weights(place=2.5),
    ),
    (_owns_land, _Weights(place=3)),
    (_is_before_land, _Weights(place=2)),
    (_is_behind_land, _Weights(place=3)),
    (
        lambda m: m.low(-1) in ("of", "from") and m.low(-2) in PLACE_WORDS,
        _Weights(place=3),
    ),
    (lambda m: _country_behind(m) is not None, _Weights(place=3)),
    (_is_located, _Weights(place=1)),
    (
        lambda m: _is_located(m) and m.low(-1) in ("in", "near", "outside", "across"),
        _Weights(place=1.5),
    ),
    (
        lambda m: _is_located(m) and m.low(-1) == "at" and m.low(-2) not in TITLES,
        _Weights(place=0.5),
    ),
)
