"""A long text cut into windows, each small enough to be read at once. Pure.

Windows begin and end at the borders of paragraphs, or at those of sentences or words where
paragraphs are too long, and overlap by a paragraph or some hundred characters, so that what
one of them breaks off stands whole in the next. Offsets count code points of the text from
0. Cutting takes time in proportion to the text's length.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from summarizer.article import Article
from summarizer.spans import words

#: The most characters that two neighbouring windows share.
OVERLAP = 500
#: No window may be smaller: a word may not fit in it, and the overlap would be most of it.
SMALLEST = 40

#: So many places are looked at for a border between characters.
_SEARCHED = 1000

#: No script stacks more marks on a letter (UAX #15, stream-safe text).
_MOST_MARKS = 30

_SENTENCE_END = re.compile(r"[.!?…][\"”’»)\]]*\s+|[。！？][」』”]?\s*")
#: Spaces that a line may break at; others hold a number or a name together.
_SPACE = re.compile(r"[^\S\u00a0\u2007\u202f]+")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of an article's text: `end` is exclusive."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def text(self, article: Article) -> str:
        """What it holds."""
        return article.text[self.start : self.end]


def cut(
    article: Article, most: int, *, within: Window | None = None, overlap: int = OVERLAP
) -> list[Window]:
    """Windows of at most `most` characters that cover the article, or `within` of it.

    They are in order, and none is empty. The overlap is at most `overlap`, and a quarter of
    `most`. A word is cut only if it alone fills half of `most`, or a thousand characters;
    a letter with its marks never, unless it is that long. Raises ValueError if `most` is
    below `SMALLEST`.
    """
    if most < SMALLEST:
        raise ValueError(f"a window must have room for {SMALLEST} characters")
    whole = Window(0, len(article.text)) if within is None else within
    overlap = min(overlap, most // 4)
    borders = [block.end for block in article.layout.blocks]
    found: list[Window] = []
    start = whole.start
    while whole.end - start > most:
        end = _last_border(article.text, borders, start + most // 2, start + most)
        found.append(Window(start, end))
        start = _first_border(article.text, borders, end - overlap, end)
    found.append(Window(start, whole.end))
    return found


def uncovered(
    failed: Iterable[tuple[Window, str]], covered: Iterable[Window]
) -> list[tuple[Window, str]]:
    """What the failed windows hold and no covered one does, each with its reason, in order.

    No covered window lies inside a failed one. Neighbours with one reason are one; what two
    share has the reason of the first.
    """
    ordered = sorted(covered, key=lambda window: window.start)
    found: list[tuple[Window, str]] = []
    for window, reason in sorted(failed, key=lambda pair: pair[0].start):
        start, end = window.start, window.end
        for other in ordered:
            if other.start <= start < other.end:
                start = other.end
            elif other.start < end <= other.end:
                end = min(end, max(start, other.start))
        if found:
            start = max(start, found[-1][0].end)
        if start >= end:
            continue
        if found and found[-1] == (Window(found[-1][0].start, start), reason):
            start = found.pop()[0].start
        found.append((Window(start, end), reason))
    return found


def _last_border(text: str, paragraphs: list[int], low: int, high: int) -> int:
    """The last good border after `low` and up to `high`: where a window ends."""
    at = bisect.bisect_right(paragraphs, high) - 1
    if at >= 0 and paragraphs[at] > low:
        return paragraphs[at]
    for pattern in (_SENTENCE_END, _SPACE):
        ends = [match.end() for match in pattern.finditer(text, low, high)]
        # What ends at `high` itself may go on beyond it.
        ends = [end for end in ends if low < end < high]
        if ends:
            return ends[-1]
    places = range(high, low, -1)[:_SEARCHED]
    letters = [at for at in places if not _joined(text, at)]
    return next((at for at in letters if _is_between(text, at)), (*letters, high)[0])


def _first_border(text: str, paragraphs: list[int], low: int, high: int) -> int:
    """The first good border from `low` on: where the next window begins; `high` if none."""
    at = bisect.bisect_left(paragraphs, low)
    if at < len(paragraphs) and paragraphs[at] < high:
        return paragraphs[at]
    for pattern in (_SENTENCE_END, _SPACE):
        for match in pattern.finditer(text, max(0, low - 1), high):
            if low <= match.end() < high:
                return match.end()
    return next((at for at in range(low, high) if _is_between(text, at)), high)


def _is_between(text: str, at: int) -> bool:
    """Whether neither a word nor a letter goes on at a place.

    In a script without spaces each character is a word.
    """
    left = at - 1
    while left > max(0, at - _MOST_MARKS) and unicodedata.category(text[left]).startswith("M"):
        left -= 1
    pair = text[left] + text[at]
    return not _joined(text, at) and not (pair.isalnum() and words(pair) == 1)


def _joined(text: str, at: int) -> bool:
    """Whether the characters around `at` make one letter: marks, joiners, pairs of signs."""
    before, after = text[at - 1], text[at]
    if before.isascii() and after.isascii():
        return before == "\r" and after == "\n"
    return (
        unicodedata.category(after).startswith("M")
        or "\u200d" in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\u1100" <= before <= "\u11ff" and "\u1160" <= after <= "\u11ff")
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
    )
