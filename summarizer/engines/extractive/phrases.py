"""Phrases: where noun phrases and clauses begin and end, by marks and small words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from summarizer.engines.extractive.reading import Sentence

_CLAUSE = re.compile(r"[;–—]|:\s|\s-\s|(?<=\s)but\s|(?<=,)\s+(?:and|but|while|although)\s")
_END = re.compile(
    r"[,;:.!?\"“”„«»–—(]|\s-\s|\b(?:who|which|whose|when|while|after|before|as"
    r"|on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|in an?|in the|at an?|in response|that"
    r"|during|outside|told|said|over)\b"
)
_CONNECTIVE = re.compile(
    r"(?:and|but|while|although|that|meanwhile|however|yet|so)\s+", re.IGNORECASE
)

#: A stretch of the article: (start, end), code points from 0, `end` exclusive.
Stretch = tuple[int, int]


def clause_start(text: str, sentence: Sentence, before: int) -> int:
    """Where the clause that ends at the code point `before` begins."""
    start = sentence.start
    for quotation in sentence.quotations:
        if quotation[1] < before:
            start = max(start, quotation[1] + 1)
    for match in _CLAUSE.finditer(text, start, before):
        start = match.end()
    while start < before and not text[start].isalnum():
        start += 1
    return start


def noun_phrase_end(text: str, start: int, end: int, names: Iterable[Stretch]) -> int:
    """Where the noun phrase that begins at `start` ends; no name is cut in two."""
    within = [name for name in names if name[0] >= start]
    at = start
    while (match := _END.search(text, at, end)) is not None:
        cut = next((n for n in within if n[0] < match.end() and match.start() < n[1]), None)
        if cut is None or cut[1] <= at:
            return rstrip(text, start, match.start())
        at = cut[1]
    return rstrip(text, start, end)


def comma_parts(text: str, start: int, end: int) -> list[Stretch]:
    """The stretches between commas, without the marks at their ends."""
    parts = []
    at = start
    for match in re.finditer(",", text[start:end]):
        parts.append(_strip(text, at, start + match.start()))
        at = start + match.end()
    parts.append(_strip(text, at, end))
    return [(begin, stop) for begin, stop in parts if begin < stop]


def after_connective(text: str, start: int, end: int) -> int:
    """Where a clause goes on behind its "and" or "but"."""
    match = _CONNECTIVE.match(text, start, end)
    return match.end() if match else start


def rstrip(text: str, start: int, end: int) -> int:
    """Where `text[start:end]` ends without marks; the stop of "U.S." stays."""
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in ".)"):
        end -= 1
    while end > start and text[end - 1] == "." and text[end - 3 : end - 2] != ".":
        end -= 1
    return end


def _strip(text: str, start: int, end: int) -> Stretch:
    while start < end and not text[start].isalnum():
        start += 1
    return start, rstrip(text, start, end)
