"""Titles in and before a run of capitalized words: "Prime Minister Ann Lee"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarizer.engines.extractive import gazetteer
from summarizer.engines.extractive.runs import are_adjacent
from summarizer.engines.extractive.tokens import Token
from summarizer.engines.extractive.vocabulary import (
    HONORIFICS,
    NO_OCCUPATIONS,
    OF_NAMES,
    ORGANIZATION_WORDS,
    TITLE_MODIFIERS,
    TITLES,
)

_OFFICES = TITLES - HONORIFICS
_MOST_NAME_WORDS = 4


class Titled(NamedTuple):
    """A title by the (start, end) of its words, and the index of the name's first token."""

    role: tuple[int, int] | None
    name: int


class Office(NamedTuple):
    """The parts of "Acme Chief Executive Laura Chen", by the indices of their first tokens."""

    title: int
    name: int


def opening(tokens: Sequence[Token], first: int, last: int) -> Titled | None:
    """The title that opens a run, if a name follows it."""
    end = _title_end(tokens, first, last)
    if end is None:
        return None
    begin = first
    while begin < end and tokens[begin].low in HONORIFICS:
        begin += 1
    office = tokens[end].low not in HONORIFICS
    role = (tokens[begin].start, tokens[end].bare_end) if office else None
    name = end + 1
    return Titled(role, name + 1 if tokens[name].text == "." and name < last else name)


def within(tokens: Sequence[Token], first: int, last: int) -> Office | None:
    """The office between a body's name and a person's in one run, if there is one."""
    offices = [index for index in range(first + 1, last) if tokens[index].low in _OFFICES]
    if not offices or tokens[first].low in TITLES | TITLE_MODIFIERS:
        return None
    begin, end = offices[0], offices[-1]
    while begin - 1 > first and tokens[begin - 1].low in TITLE_MODIFIERS | TITLES:
        begin -= 1
    name = tokens[end + 1 : last + 1]
    if len(name) > _MOST_NAME_WORDS or any(t.low in ORGANIZATION_WORDS | OF_NAMES for t in name):
        return None
    if any(token.low not in TITLES | TITLE_MODIFIERS for token in tokens[begin : end + 1]):
        return None
    body = [token.text for token in tokens[first:begin]]
    if all(map(gazetteer.demonym, body)) or gazetteer.demonym(" ".join(body)):
        return None
    return Office(begin, end + 1)


def before(tokens: Sequence[Token], first: int) -> tuple[int, int] | None:
    """The title in small letters right before a name: "union president Darlene Pike"."""
    index = first - 1
    if index < 0 or tokens[index].low not in _OFFICES or tokens[index].possessive:
        return None
    if not are_adjacent(tokens[index], tokens[first]):
        return None
    begin = index
    while begin > 0 and are_adjacent(tokens[begin - 1], tokens[begin]):
        token = tokens[begin - 1]
        adjective = token.is_capital and gazetteer.demonym(token.text) is not None
        if token.possessive or not (adjective or token.low in TITLE_MODIFIERS | TITLES):
            break
        begin -= 1
    return tokens[begin].start, tokens[index].end


def is_occupation(low: str) -> bool:
    """Whether a word looks like what someone does, and is no common given name."""
    if low in TITLES | NO_OCCUPATIONS | ORGANIZATION_WORDS or len(low) < 5:
        return False
    return low.endswith(("er", "or", "ist", "man", "woman", "ian"))


def _title_end(tokens: Sequence[Token], first: int, last: int) -> int | None:
    """The index of the last word of the title that opens a run."""
    end = None
    for index in range(first, last):
        token = tokens[index]
        low = token.low.rstrip(".")
        if low in TITLES:
            if token.possessive:
                return None
            end = index
        elif low not in TITLE_MODIFIERS and not (
            token.text == "." or _is_demonym(tokens, first, index)
        ):
            break
    if end is None or any(token.low in ORGANIZATION_WORDS for token in tokens[end + 1 : last + 1]):
        return None
    return end


def _is_demonym(tokens: Sequence[Token], first: int, index: int) -> bool:
    """Whether a word is an adjective of a country, or a part of one: "South Korean"."""
    word = tokens[index].text
    pair = " ".join(token.text for token in tokens[index : index + 2])
    behind = f"{tokens[index - 1].text} {word}" if index > first else word
    return any(map(gazetteer.demonym, (word, pair, behind)))
