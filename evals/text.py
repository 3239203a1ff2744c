"""Text as the scorer compares it: tokens, names, Dice similarity.

Everything here is exact and has no state. Similarities are integers in thousandths, so
that no result depends on floating point.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile("(?:['\u2019]s|(?<=s)['\u2019])$", re.IGNORECASE)
#: Dropped from the front of a name. Titles of office are not here: a name is written
#: without them, and "the president" is nobody's name.
BEFORE_NAMES = frozenset({
    "the", "a", "an", "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame",
    "lord", "lady", "madam", "madame",
})  # fmt: skip


@functools.lru_cache(maxsize=16384)
def tokens(text: str) -> tuple[str, ...]:
    """The words and numbers of `text`: NFKC, casefolded, apostrophes dropped.

    >>> tokens("Putin’s two-day visit")
    ('putins', 'two', 'day', 'visit')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return tuple(_WORD.findall(_APOSTROPHES.sub("", folded)))


@functools.lru_cache(maxsize=4096)
def name(text: str) -> str:
    """The form in which two names are compared: equal or not, nothing in between.

    NFKC, casefold, a possessive ending, full stops, punctuation, a leading article and
    honorifics dropped. Empty if nothing is left.

    >>> name("Mr. Kim Jong-un's") == name("Kim Jong Un")
    True
    """
    words = list(tokens(_POSSESSIVE.sub("", text.strip()).replace(".", "")))
    while len(words) > 1 and words[0] in BEFORE_NAMES:
        words.pop(0)
    return " ".join(words)


def holds(words: tuple[str, ...], phrase: str) -> bool:
    """Whether the tokens of `phrase` stand in `words` in a row."""
    wanted = _padded(tokens(phrase))
    return bool(wanted.strip()) and wanted in _padded(words)


@functools.lru_cache(maxsize=16384)
def _padded(words: tuple[str, ...]) -> str:
    """Tokens hold no space, so that a run of them is a substring between spaces."""
    return f" {' '.join(words)} "


@functools.lru_cache(maxsize=65536)
def dice(one: str, other: str) -> int:
    """Token Dice of two texts in thousandths, rounded down: 2·common / (all of both)."""
    left, right = tokens(one), tokens(other)
    if not left or not right:
        return 0
    common = (Counter(left) & Counter(right)).total()
    return 2000 * common // (len(left) + len(right))


def best_dice(spans: Sequence[str], others: Sequence[str]) -> int:
    """The highest Dice of any of `spans` with any of `others`, 0 if either is empty."""
    return max((dice(one, other) for one in spans for other in others), default=0)
