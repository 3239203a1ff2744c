"""Direct quotations: the stretches of a text that stand inside quotation marks.

English, German, French and Scandinavian marks, curly and straight, double and single. A
quotation does not leave its paragraph unless the next one opens with a mark again, as
newspapers do with long ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Opening mark -> the marks that may close it.
_CLOSERS = {
    "\u201c": '\u201d"',
    "\u201e": '\u201c\u201d"',
    '"': '"\u201d',
    "\u201d": "\u201d",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab\u00bb",
    "\u2018": "\u2019",
    "\u201a": "\u2018\u2019",
    "\u2039": "\u203a",
    "\u203a": "\u2039",
    "'": "'",
}
_CLOSING = {opener: re.compile(f"[{closers}]") for opener, closers in _CLOSERS.items()}
_SINGLE = "'\u2018\u201a"
#: Words that begin with an apostrophe.
_ELIDED = re.compile(r"(?:em|n|til|tis|twas)\b", re.IGNORECASE)
_MARK = re.compile("[" + re.escape("".join(_CLOSERS)) + "]")
_PARAGRAPH = re.compile(r"(?:(?!\r?\n[ \t]*\r?\n)[\s\S])+")


class Quotation(NamedTuple):
    """The words between two quotation marks: code points from 0, `end` exclusive."""

    start: int
    end: int


def find(text: str, paragraphs: Iterable[tuple[int, int]] | None = None) -> list[Quotation]:
    """The outermost quotations of `text`, in order.

    `paragraphs` are the (start, end) of the stretches that a quotation may not leave;
    without them, blank lines divide the text.
    """
    if paragraphs is None:
        paragraphs = [match.span() for match in _PARAGRAPH.finditer(text)]
    found: list[Quotation] = []
    pending: Quotation | None = None
    for start, end in paragraphs:
        opens = _opens_with_mark(text, start, end)
        if pending is not None and opens:
            # What stands closed inside it is not an outermost quotation.
            while found and found[-1].start >= pending.start:
                found.pop()
            found.append(pending)
        pending = None
        for quotation, closed in _in_paragraph(text, start, end):
            if closed:
                found.append(quotation)
            else:
                pending = quotation
    return [quotation for quotation in found if quotation.end > quotation.start]


def _opens_with_mark(text: str, start: int, end: int) -> bool:
    first = text[start:end].lstrip()[:1]
    return first != "" and first in _CLOSERS and first not in _SINGLE


def _in_paragraph(text: str, start: int, end: int) -> Iterator[tuple[Quotation, bool]]:
    """Each quotation of a paragraph and whether it is closed there."""
    at = start
    # Marks that nothing closes from here to the paragraph's end, so that a paragraph of
    # opening marks alone is read in one pass.
    unclosed: set[str] = set()
    while (match := _MARK.search(text, at, end)) is not None:
        opener = match.start()
        at = opener + 1
        if text[opener] in unclosed or not _may_open(text, opener, start, end):
            continue
        closer = _closing(text, opener, end)
        if closer is not None:
            yield Quotation(*_inner(text, at, closer)), True
            at = closer + 1
            continue
        unclosed.add(text[opener])
        if text[opener] not in _SINGLE:
            yield Quotation(*_inner(text, at, end)), False


def _may_open(text: str, at: int, start: int, end: int) -> bool:
    before = text[at - 1] if at > start else " "
    after = text[at + 1] if at + 1 < end else " "
    if text[at] in "\u00ab\u2039":
        return True
    if before.isalnum() or (before in ".,;!?\u2026" and text[at] in "\"'\u201d\u00bb\u203a"):
        return False
    if text[at] in _SINGLE:
        return after.isalpha() and not _ELIDED.match(text, at + 1)
    return not after.isspace()


def _closing(text: str, opener: int, end: int) -> int | None:
    """Where the quotation that opens at `opener` is closed before `end`."""
    for match in _CLOSING[text[opener]].finditer(text, opener + 1, end):
        at = match.start()
        after = text[at + 1] if at + 1 < end else " "
        if text[opener] in _SINGLE and (after.isalnum() or text[at - 1].isspace()):
            # An apostrophe, not a closing mark.
            continue
        return at
    return None


def _inner(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without the spaces at its ends (French marks stand apart)."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
