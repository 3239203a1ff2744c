"""Tokens of a sentence, with offsets into the article."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:[.'’&/\-\u2010\u2011][^\W_]+)*|[^\w\s]|_")
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)


class Token(NamedTuple):
    """A word or a mark. `low` is the word in lower case without a possessive ending."""

    start: int
    end: int
    text: str
    low: str
    possessive: bool

    @property
    def bare_end(self) -> int:
        """Where the word ends without its possessive ending."""
        return self.end - 2 if self.possessive and self.text[-1] in "sS" else self.end

    @property
    def is_word(self) -> bool:
        """Whether it is a word or a number rather than a mark."""
        return self.text[0].isalnum()

    @property
    def is_capital(self) -> bool:
        """Whether it is a word that begins with a capital."""
        return self.text[0].isupper()


def tokenize(text: str, start: int, end: int) -> list[Token]:
    """The tokens of `text[start:end]`."""
    found = []
    for match in _TOKEN.finditer(text, start, end):
        word = match[0]
        bare = _POSSESSIVE.sub("", word) if len(word) > 2 else word
        found.append(
            Token(match.start(), match.end(), word, bare.lower().replace("’", "'"), bare != word)
        )
    return found
