"""Runs: the stretches of capitalized words that make one name, over small joining words."""

from __future__ import annotations

from collections.abc import Sequence

from summarizer.engines.extractive import gazetteer
from summarizer.engines.extractive.tokens import Token
from summarizer.engines.extractive.vocabulary import (
    DIRECTIONS,
    MONTHS,
    OF_NAMES,
    ORGANIZATION_WORDS,
    PARTICLES,
    PLACE_WORDS,
    TITLES,
    WEEKDAYS,
)

#: Bodies named for what they serve: "the Association for X".
_FOR_NAMES = frozenset(
    "association centre center centres centers institute agency campaign committee foundation"
    " society council office fund department commission movement party alliance coalition".split()
)
#: Bodies for several things: "the Ministry of Trade and Industry".
_MANY_TASKS = frozenset(
    "department ministry institute centre center centres centers agency office bureau".split()
)
_POSSESSIVE_HEADS = frozenset(
    "children women people men king queen workers veterans lloyd moody world mother".split()
)
_PLURAL_OWNERS = ("men", "people", "children")
_NO_NAMES = frozenset("i'm i'll i've i'd am pm a.m p.m a.m. p.m. gmt utc bst est rs".split())
_SHORT_DAYS = frozenset(("sun", "sat", "mon", "wed"))
#: "Theresa May", unless a number follows.
_MONTH_SURNAMES = frozenset(("May", "March", "August", "April", "June"))
_COMPOUND_ENDINGS = (
    "-based", "-led", "-run", "-born", "-backed", "-owned", "-style", "-made", "-era",
)  # fmt: skip
_SHORT_TITLES = frozenset(("st", "mt", "ft", "dr", "mr", "ms", "mrs"))
#: A joining word and what stands around it take no more characters than this.
_LONGEST_JOINER = 14


def is_name_word(tokens: Sequence[Token], index: int) -> bool:
    """Whether a word's capital may be that of a name."""
    token = tokens[index]
    if not token.is_capital or token.text in ("I", "A", "O"):
        return False
    if "." in token.text[1:-1] and token.text.isupper() and index and tokens[index - 1].text == "(":
        return False  # A ticker: "(ACME.N)".
    if token.low in WEEKDAYS or token.low.rstrip(".") in MONTHS:
        # "March" and "Sun" alone are times; "Sun Weidong" is a name.
        following = _at(tokens, index + 1)
        return (
            token.low in _SHORT_DAYS
            and following is not None
            and following.is_capital
            and following.low not in MONTHS
            and following.start - token.end == 1
        )
    return token.low not in _NO_NAMES and not token.low.endswith(_COMPOUND_ENDINGS)


def run_end(tokens: Sequence[Token], index: int) -> int:
    """The index of the last token of the name that begins at `index`."""
    last = index
    while (following := _next_part(tokens, index, last)) is not None:
        last = following
    return last


def are_adjacent(one: Token, two: Token) -> bool:
    """Whether hardly more than a space stands between two tokens."""
    return 0 <= two.start - one.end <= 2


def _at(tokens: Sequence[Token], index: int) -> Token | None:
    return tokens[index] if index < len(tokens) else None


def _next_part(tokens: Sequence[Token], first: int, last: int) -> int | None:
    """The index of the name's next capitalized token, over joining words, or None."""
    token, following = tokens[last], _at(tokens, last + 1)
    if following is None:
        return None
    if token.possessive:
        return _owned_part(tokens, last)
    if following.text in ("'", "’", "."):
        return _over_mark(tokens, last)
    if not are_adjacent(token, following):
        return None
    if is_name_word(tokens, last + 1):
        return last + 1
    counted = _at(tokens, last + 2)
    dated = counted is not None and (counted.text[0].isdigit() or counted.text == ",")
    if following.text in _MONTH_SURNAMES and token.low not in TITLES and not dated:
        return last + 1
    return _over_joiner(tokens, first, last)


def _owned_part(tokens: Sequence[Token], last: int) -> int | None:
    """The index of what a possessive owns, if both make one name: "King's Cross"."""
    token, following = tokens[last], tokens[last + 1]
    if not (following.is_capital and are_adjacent(token, following)):
        return None
    saint = any(each.low == "st" for each in tokens[max(0, last - 2) : last])
    body = following.low in ORGANIZATION_WORDS
    plural = token.low.endswith(_PLURAL_OWNERS)
    land = following.low in PLACE_WORDS - DIRECTIONS and not gazetteer.country_of(token.low)
    joined = land or (body and (saint or plural)) or token.low in _POSSESSIVE_HEADS
    return last + 1 if joined else None


def _over_mark(tokens: Sequence[Token], last: int) -> int | None:
    """The index behind "Nurses' Union" or "St. John": the mark belongs to the name."""
    token, mark, head = tokens[last], tokens[last + 1], _at(tokens, last + 2)
    if head is None or not head.is_capital or head.start - mark.end > 2:
        return None
    if mark.text != ".":
        return last + 2 if token.low.endswith("s") and head.low in ORGANIZATION_WORDS else None
    titled = token.low in TITLES or token.low in _SHORT_TITLES
    short = (len(token.text) == 1 or titled) and len(token.text) <= 4
    return last + 2 if short and mark.start - token.end <= 2 else None


def _over_joiner(tokens: Sequence[Token], first: int, last: int) -> int | None:
    """The index behind a small word that joins two parts of one name."""
    joiner = tokens[last + 1].low
    reach = last + 2
    article = _at(tokens, reach)
    if joiner in ("of", "for", "on") and article is not None and article.low == "the":
        reach += 1
    if reach >= len(tokens) or tokens[reach].start - tokens[last].end > _LONGEST_JOINER:
        return None
    if not is_name_word(tokens, reach):
        return None
    lows = {token.low for token in tokens[first : last + 1]}
    joins = (
        (joiner in PARTICLES and joiner not in ("y", "e"))
        or joiner == "&"
        or (joiner == "of" and tokens[last].low in OF_NAMES)
        or (joiner == "of" and len(lows) == 1 and _is_titled_body(tokens, last))
        or (joiner in ("for", "on") and bool(lows & _FOR_NAMES))
        or (joiner == "and" and bool(lows & {"of", "for"}) and bool(lows & _MANY_TASKS))
    )
    return reach if joins else None


def _is_titled_body(tokens: Sequence[Token], index: int) -> bool:
    """Whether "the" and a capitalized noun begin a name with "of": "the Archive of Art"."""
    token = tokens[index]
    return (
        index > 0
        and tokens[index - 1].text == "the"
        and token.low not in TITLES | DIRECTIONS
        and not token.text.isupper()
        and gazetteer.country_of(token.text) is None
    )
