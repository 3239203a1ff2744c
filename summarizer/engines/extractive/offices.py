"""Offices: the titles that stand beside a name, set off by commas."""

from __future__ import annotations

from collections.abc import Sequence

from summarizer.engines.extractive.names import Mention
from summarizer.engines.extractive.tokens import Token
from summarizer.engines.extractive.vocabulary import DETERMINERS, TITLES

#: A title's phrase goes up to one of these.
_ENDS = frozenset(
    ("of", "at", "for", "in", "and", "who", "to", "on", "with", "from", "said", "told")
)
_MOST_WORDS = 6


def apposed(mention: Mention) -> tuple[int, int] | None:
    """The title in "X, 41, the mayor of Y," or in "the mayor of Y, X,", without article."""
    return _behind(mention) or _ahead(mention)


def _behind(mention: Mention) -> tuple[int, int] | None:
    tokens = mention.sentence.tokens
    index = mention.last + 1
    if index + 1 >= len(tokens) or tokens[index].text != ",":
        return None
    index += 1
    aged = tokens[index].low.isdigit() and index + 2 < len(tokens)
    if aged and tokens[index + 1].text == ",":
        index += 2
    return _title(tokens, index)


def _ahead(mention: Mention) -> tuple[int, int] | None:
    tokens = mention.sentence.tokens
    index = mention.first - 1
    if index < 1 or tokens[index].text != ",":
        return None
    begin = index
    while begin > 0 and tokens[begin - 1].is_word and index - begin < 9:
        begin -= 1
    if begin > 0 and tokens[begin - 1].text not in ',.;:\u201d"':
        return None
    opener = tokens[begin]
    if opener.low in DETERMINERS | TITLES or opener.possessive:
        return _title(tokens, begin)
    return None


def _title(tokens: Sequence[Token], index: int) -> tuple[int, int] | None:
    """The words from a token on up to the last title among them, or None."""
    while index < len(tokens) and (tokens[index].low in DETERMINERS or tokens[index].possessive):
        index += 1
    head = None
    for token in tokens[index : index + _MOST_WORDS]:
        if not token.is_word or token.low in _ENDS or token.possessive:
            break
        if token.low in TITLES:
            head = token
    return (tokens[index].start, head.bare_end) if head is not None else None
