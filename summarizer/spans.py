"""Quotations found in an article, to the code point, or not at all.

A quotation is found `exact`, or `typographic`: equal after folding Unicode form (NFC),
quotation marks, dashes, ellipses, kinds of space and line breaks, and with soft hyphens
and zero-width spaces left out. Nothing else is a match: no edit distance, no case folding,
no partial hits. A hit may not begin or end inside a word or a number, for "not approve"
also stands in "cannot approve" and "5 million" in "1.5 million".

What is folded away never reaches a reader: a span's text is always the article's own.
"""

from __future__ import annotations

import bisect
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

_QUOTES = (
    "\"'`\u00b4\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u2035\u2036"
    "\u2039\u203a\u275b\u275c\u275d\u275e\u301d\u301e\u301f\uff02\uff07"
)
_APOSTROPHES = "'`\u00b4\u2018\u2019\u201b\u2032\u2035\u275b\u275c\uff07"
_HYPHENS = "-\u2010\u2011"
_DASHES = _HYPHENS + "\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_DROPPED = "\u00ad\u200b\u2060\ufeff"
_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_QUOTE, _DASH, _SPACE = '"', "-", " "

#: What folds one to one. Everything else that folds changes the text's length.
_ONE_TO_ONE = {
    character: new
    for characters, new in ((_SPACES, _SPACE), (_QUOTES, _QUOTE), (_DASHES, _DASH))
    for character in characters
    if character != new
}
_ONE_TO_ONE_TABLE = str.maketrans(_ONE_TO_ONE)
_FOLDS_ONE_TO_ONE = re.compile(f"[{re.escape(''.join(_ONE_TO_ONE))}]")
_GUILLEMETS = "\u00ab\u00bb\u2039\u203a"
_BLANK = _SPACES + _DROPPED
#: Signs of the rare foldings, looked up in the text itself.
_RARE = re.compile(f"[{_DROPPED}{_GUILLEMETS}\u2026]")
#: Found in the copy that one-to-one folding made. Each begins with two fixed characters,
#: which the regular expression engine looks for without stopping at every space.
_RUNS = (
    ("  ", re.compile("  +"), _SPACE),
    ("--", re.compile("--+"), _DASH),
    ('""', re.compile('""+'), _QUOTE),
    (". .", re.compile(r"\. \.(?: \.)+"), "..."),
)
_NON_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")

#: No script stacks more marks on a letter (UAX #15, stream-safe text); putting more in
#: order takes time in proportion to their square.
_MOST_MARKS = 30
#: Code points compared in overlapping places before a search gives up. Only a text that
#: repeats itself throughout gets there, and it would take time in proportion to its square.
_MOST_OVERLAP = 20_000_000

#: Scripts written without spaces: there, a word's border cannot be seen.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
#: What a word holds beside letters: marks, the vowel signs of India, joiners.
_LETTER = r"[\w\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u200c\u200d]"
_WORD = re.compile(
    rf"{_UNSPACED.pattern}|(?:(?!{_UNSPACED.pattern}){_LETTER})+(?:['\u2019.,-]?{_LETTER}+)*"
)


class Hit(NamedTuple):
    """Where a quotation stands: code points from 0, `end` exclusive."""

    start: int
    end: int
    match: Literal["exact", "typographic"]


@dataclass(frozen=True, slots=True)
class Folded:
    """A text beside its folded copy, and the way back from one to the other.

    The copy is made of runs that are either copied one to one or replaced as a whole.
    Run k begins at `folded_at[k]` in the copy and at `original_at[k]` in the text.
    """

    text: str
    folded: str
    folded_at: tuple[int, ...]
    original_at: tuple[int, ...]
    copied: tuple[bool, ...]

    @classmethod
    def of(cls, text: str) -> Folded:
        """Fold a text once; then look in it as often as needed."""
        pieces: list[str] = []
        folded_at: list[int] = []
        original_at: list[int] = []
        copied: list[bool] = []
        size = position = 0
        even = _even(text)
        for start, end, new in _replacements(text, even):
            for piece, origin, is_copy in (
                (even[position:start], position, True),
                (new, start, False),
            ):
                if piece or not is_copy:
                    pieces.append(piece)
                    folded_at.append(size)
                    original_at.append(origin)
                    copied.append(is_copy)
                    size += len(piece)
            position = end
        pieces.append(even[position:])
        folded_at.append(size)
        original_at.append(position)
        copied.append(True)
        return cls(text, "".join(pieces), tuple(folded_at), tuple(original_at), tuple(copied))

    def find(self, quote: str) -> Iterator[Hit]:
        """Every place where `quote` stands in the text, in order."""
        wanted = quote.strip(_BLANK)
        needle = fold(wanted)
        if not needle:
            return
        at = self.folded.find(needle)
        if at >= 0 and self.folded.find(needle, at + 1) < 0:
            # Nearly every quotation: it stands in one place, and to the letter.
            start, end = self._original(at, at + len(needle))
            if self.text[start:end] == wanted and self._is_whole(start, end):
                yield Hit(start, end, "exact")
                return
        found = False
        for start, end in self._places(wanted, needle, self._is_whole):
            found = True
            yield Hit(start, end, "exact" if self.text[start:end] == wanted else "typographic")
        if not found:
            # What stands around a quotation may fold otherwise than the quotation alone.
            for start, end in _scan(self.text, wanted, self._is_whole):
                yield Hit(start, end, "exact")

    def names(self, name: str) -> Iterator[Hit]:
        """Every place where a name stands: like `find`, but in "Ohio's" and "Ohio-based" too.

        A leading article and the case of the first letter are free: "The Treasury" and
        "the Treasury" are one name.
        """
        bare = _POSSESSIVE.sub("", _LEADING_ARTICLE.sub("", name.strip(_BLANK)))
        hits = []
        for form in dict.fromkeys((bare, bare[:1].swapcase() + bare[1:])):
            if needle := fold(form):
                for start, end in self._places(form, needle, self._is_whole_name):
                    exact = self.text[start:end] == form
                    hits.append(Hit(start, end, "exact" if exact else "typographic"))
        yield from sorted(hits)

    def _places(
        self, wanted: str, needle: str, is_whole: Callable[[int, int], bool]
    ) -> Iterator[tuple[int, int]]:
        """The text's offsets of each whole place of what folds to `needle`."""
        found: list[tuple[int, int]] = []

        def is_match(at: int, to: int) -> bool:
            start, end = self._original(at, to)
            if not is_whole(start, end):
                return False
            text = self.text[start:end]
            if text not in (wanted, needle) and fold(text) != needle:
                return False
            found.append((start, end))
            return True

        for _ in _scan(self.folded, needle, is_match):
            yield found[-1]

    def _original(self, start: int, end: int) -> tuple[int, int]:
        """The text's offsets for a stretch of the copy, replaced runs taken whole."""
        run = bisect.bisect_right(self.folded_at, start) - 1
        first = self.original_at[run] + (start - self.folded_at[run]) * self.copied[run]
        run = bisect.bisect_right(self.folded_at, end - 1) - 1
        if self.copied[run]:
            return first, self.original_at[run] + end - self.folded_at[run]
        return first, self.original_at[run + 1]

    def _is_whole(self, start: int, end: int) -> bool:
        """Whether the stretch neither begins nor ends inside a word or a number."""
        return not _joined(self.text, start) and not _joined(self.text, end)

    def _is_whole_name(self, start: int, end: int) -> bool:
        """The same for a name, which possessives and compounds may hold."""
        text = self.text
        return (not _joined(text, start) or _compound(text, start)) and (
            not _joined(text, end) or _compound(text, end)
        )


def _scan(
    text: str, needle: str, is_match: Callable[[int, int], bool]
) -> Iterator[tuple[int, int]]:
    """The places of `needle` that match, in order and without overlaps."""
    size = len(needle)
    overlap = 0
    at = text.find(needle)
    while at >= 0 and overlap < _MOST_OVERLAP:
        matches = is_match(at, at + size)
        if matches:
            yield at, at + size
        following = text.find(needle, at + (size if matches else 1))
        if following < at + size:
            overlap += size
        at = following


def fold(text: str) -> str:
    """The folded copy alone."""
    even = _even(text)
    pieces: list[str] = []
    position = 0
    for start, end, new in _replacements(text, even):
        pieces += even[position:start], new
        position = end
    return "".join((*pieces, even[position:])) if pieces else even


def words(text: str, *, most: int | None = None) -> int:
    """How many words a text has; each character counts in scripts without spaces.

    No more than `most` are counted.
    """
    if most is not None:
        # Nearly every text, told at once.
        first = text.split(maxsplit=most)[:most]
        if len(first) == most and "".join([part[0] for part in first]).isalnum():
            return most
    return sum(1 for _ in itertools.islice(_WORD.finditer(text), most))


_LEADING_ARTICLE = re.compile(r"^(?:the|an?)\s+(?=\S)", re.IGNORECASE)
_POSSESSIVE = re.compile(rf"[{_APOSTROPHES}]s$|(?<=s)[{_APOSTROPHES}]$")
#: Between two digits these make one number, time, date or range: "1.5", "14:10", "2023–24".
_NUMBER_SIGNS = ".,:/" + _DASHES + _APOSTROPHES
_NUMBER_SPACES = "\u00a0\u2009\u202f"
#: Each ASCII character that may tie those on its sides into one word or number.
_ASCII_LINKS = frozenset(character for character in _NUMBER_SIGNS if character.isascii())
_DIGIT_GROUP = re.compile(r"\d{3}(?!\d)")
_MINUS = _HYPHENS + "\u2013\u2212"


def _compound(text: str, at: int) -> bool:
    """Whether a word that is joined at `at` is a possessive or a compound of a name."""
    before, after = text[at - 1], text[at]
    if before in _HYPHENS or after in _HYPHENS or (before == "." and after.isalpha()):
        return True
    return after in _APOSTROPHES and text[at + 1 : at + 2] in ("s", "S")


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after `at` belong to one word or number."""
    if not 0 < at < len(text):
        return False
    sides = text[at - 1 : at + 1]
    if sides.isascii() and (_ASCII_LINKS.isdisjoint(sides) or sides.isalnum()):
        # Nearly every place, told at once.
        return sides.isalnum()
    # A mark that is dropped is no border: "can\u00adnot".
    left, right = _beside(text, at - 1, -1), _beside(text, at, 1)
    if left < 0 or right >= len(text):
        return False
    if _continues(text[right]) or "\u200d" in (text[left], text[right]):
        return True
    while left > 0 and _continues(text[left]):
        left -= 1
    before, after = text[left], text[right]
    if _UNSPACED.match(before) or _UNSPACED.match(after):
        return False
    if before.isalnum() and after.isalnum():
        return True
    return _links(text, left) if after.isalnum() else before.isalnum() and _links(text, right)


def _links(text: str, mark: int) -> bool:
    """Whether the character at `mark` ties the characters on its sides into one word."""
    sign = text[mark]
    before, after = _beside(text, mark - 1, -1), _beside(text, mark + 1, 1)
    while before > 0 and _continues(text[before]):
        before -= 1
    left, right = text[before : before + 1] if before >= 0 else "", text[after : after + 1]
    if not right.isalnum():
        return False
    if left.isdigit() and right.isdigit():
        if sign in _NUMBER_SPACES:
            return _DIGIT_GROUP.match(text, after) is not None
        return sign in _NUMBER_SIGNS
    if not left.strip():
        return sign in _MINUS and right.isdigit()
    if sign == ".":
        # "U.S." is a word, and "end.Next" lacks a space.
        return left.isalpha() and right.isalpha() and not text[before - 1 : before].isalnum()
    return left.isalnum() and sign in _HYPHENS + _APOSTROPHES + "\u200c"


def _beside(text: str, at: int, step: int) -> int:
    """The nearest place from `at` on that is no mark which folding drops."""
    while 0 <= at < len(text) and text[at] in _DROPPED:
        at += step
    return at


def _even(text: str) -> str:
    """The text with what folds one to one folded: as long as the text."""
    for character in set(_FOLDS_ONE_TO_ONE.findall(text)):
        text = text.replace(character, _ONE_TO_ONE[character])
    return text


def _replacements(text: str, even: str) -> list[tuple[int, int, str]]:
    """What folding replaces by something of another length, in order: (start, end, new)."""
    found: list[tuple[int, int, str]] = []
    if not text.isascii():
        found += _compositions(text)
        found += _rares(text)
    for sign, run, new in _RUNS:
        if sign in even:
            found += [(match.start(), match.end(), new) for match in run.finditer(even)]
    if len(found) < 2:
        return found
    # Where two meet, the one that begins first is taken, and of those the longer.
    taken = 0
    kept = []
    for piece in sorted(found, key=lambda piece: (piece[0], -piece[1])):
        if piece[0] >= taken:
            kept.append(piece)
            taken = piece[1]
    return kept


def _rares(text: str) -> Iterator[tuple[int, int, str]]:
    done = 0
    for match in _RARE.finditer(text):
        if match.start() >= done and (rare := _rare(text, match.start())):
            yield rare
            done = rare[1]


def _rare(text: str, at: int) -> tuple[int, int, str] | None:
    """The replacement that the rare character at `at` asks for, if any."""
    if text[at] == "\u2026":
        return at, at + 1, "..."
    start, end = at, at + 1
    while start and text[start - 1] in _BLANK:
        start -= 1
    while end < len(text) and text[end] in _BLANK:
        end += 1
    if text[at] in _DROPPED:
        spaced = any(character in _SPACES for character in text[start:end])
        return start, end, _SPACE if spaced else ""
    # French marks stand apart from their words: « mot » is the same quotation as "mot".
    outer_left = start < at or at == 0 or text[at - 1] in "([{" + _DASHES
    outer_right = end > at + 1 or end == len(text) or text[end] in ".,;:!?)]}" + _DASHES
    if text[at] in "\u00ab\u2039":
        return (at, end, _QUOTE) if outer_left and end > at + 1 else None
    return (start, at + 1, _QUOTE) if outer_right and start < at else None


def _compositions(text: str) -> Iterator[tuple[int, int, str]]:
    """The stretches of `text` that are not in Unicode form C, each with its form C."""
    if unicodedata.is_normalized("NFC", text):
        return
    for run in _NON_ASCII.finditer(text):
        if unicodedata.is_normalized("NFC", run[0]):
            continue
        start = run.start()
        for end in range(start + 1, run.end() + 1):
            if end < run.end() and _composes(text[end]):
                continue
            old = text[start:end]
            if len(old) <= _MOST_MARKS + 1:
                new = unicodedata.normalize("NFC", old).translate(_ONE_TO_ONE_TABLE)
                if new != old.translate(_ONE_TO_ONE_TABLE):
                    yield start, end, new
            start = end


def _composes(character: str) -> bool:
    """Whether a character may compose with the one before it."""
    return unicodedata.combining(character) > 0 or "\u1161" <= character <= "\u11ff"


def _continues(character: str) -> bool:
    """Whether a character is no letter of its own: a mark, a joiner, a skin tone."""
    if character.isascii():
        return False
    return (
        unicodedata.category(character).startswith("M")
        or character == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
