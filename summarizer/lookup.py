"""Words of a text looked up in tables: which there are, and where each stands.

A table has words of the letters a to z. Looking for the few that a text has takes a
fraction of the time that a look at every word in turn takes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

_LETTERS = re.compile(r"[a-z]+")
_LETTER = frozenset("abcdefghijklmnopqrstuvwxyz")
#: The only signs beside A to Z whose lower case holds one of these letters.
_FOREIGN = "\u0130", "\u212a"


class Words(NamedTuple):
    """The runs of the letters A to Z in a text: `words` in lower case.

    `lowered` is as long as the text, with the same letters at the same places. `foreign`
    says that the text has other signs that a pattern without case may take for these.
    """

    lowered: str
    words: frozenset[str]
    foreign: bool

    def places(self, word: str) -> Iterator[tuple[int, int]]:
        """Where `word` stands as a whole run: code points from 0, the end exclusive."""
        text, size = self.lowered, len(word)
        at = text.find(word)
        while at >= 0:
            end = at + size
            # Nothing stands before the first place: an empty string is no letter.
            if text[at - 1 : at] not in _LETTER and text[end : end + 1] not in _LETTER:
                yield at, end
            at = text.find(word, end)


@functools.lru_cache(maxsize=16)
def words_of(text: str) -> Words:
    """The words of a text. Kept for a while: numbers and times are looked for in turn."""
    plain = text
    for sign in _FOREIGN:
        if sign in plain:
            plain = plain.replace(sign, "\0")
    lowered = plain.lower()
    return Words(lowered, frozenset(_LETTERS.findall(lowered)), plain is not text)
