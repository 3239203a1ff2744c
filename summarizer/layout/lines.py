"""Paragraphs of a plain text: where each begins and ends, before anyone says what it is.

A text comes with a blank line between paragraphs, with one line to a paragraph, or with
lines wrapped at a fixed width. Offsets are of the text as given; markup that opens a line
(bullets, `#`, `>`) stands outside the paragraph it opens.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

#: Longer paragraphs are prose, whatever they hold: no sign is looked for in them.
LONG = 1500

_LINE = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_BREAK = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANK = " \t\xa0\u200b\u200e\u200f\u2060\ufeff\u3000\u2000-\u200a\u202f"
_SPACE = re.compile(rf"[{_BLANK}]*")
_OPENING = re.compile(
    rf"(?P<quote>(?:>[{_BLANK}]*)+)?"
    rf"(?:(?P<level>#{{1,6}})[{_BLANK}]+"
    rf"|(?P<bullet>[•‣▪●◦·∙■►➤*+–—-]|\d{{1,2}}[.)](?=[{_BLANK}]+[^\W\d]))[{_BLANK}]+)?"
)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=[\w.,!?:])[*_](?!\w)")
_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_FIRST_WORD = re.compile(r"\S+")
_NEEDS_MORE = re.compile(
    r"\b(?:a|an|the|of|to|in|on|at|for|with|by|from|and|or|that|which|as|its|their|his|her)$"
)
_NOT_A_REST = re.compile(
    r"(?:by|photo|image|picture|updated|published|share|source|via|https?:|www\.|\w+\.\w+/)\b",
    re.IGNORECASE,
)


class Paragraph(NamedTuple):
    """One paragraph or line. `plain` is its text without Markdown and with single spaces."""

    start: int
    end: int
    plain: str
    bullet: bool = False
    level: int = 0
    gap: bool = True
    linked: bool = False

    @property
    def words(self) -> int:
        """How many words, counted up to the length at which it no longer matters."""
        return len(_WORD.findall(self.plain))


def paragraphs(text: str) -> list[Paragraph]:
    """The text's paragraphs in order. Takes time in proportion to the text's length."""
    lines = list(_lines(text))
    width = _wrap_width(lines)
    joined: list[Paragraph] = []
    last = lines[0] if lines else None
    for line in lines:
        if joined and last is not None and _continues(text, last, line, width):
            joined[-1] = joined[-1]._replace(end=line.end)
        else:
            joined.append(line)
        last = line
    return [_with_plain(text, paragraph) for paragraph in joined]


def plain(raw: str) -> str:
    """`raw` without Markdown links and emphasis, with single spaces."""
    if "](" in raw:
        raw = _LINK.sub(r"\1", raw)
    if "*" in raw or "_" in raw:
        raw = _EMPHASIS.sub("", raw)
    return " ".join(raw.split())


def _lines(text: str) -> Iterator[Paragraph]:
    end_of_last = 0
    breaks = 2
    for match in _LINE.finditer(text):
        breaks += sum(1 for _ in _BREAK.finditer(text, end_of_last, match.start()))
        end_of_last = match.end()
        start = _SPACE.match(text, *match.span()).end()  # type: ignore[union-attr]  # may be empty
        raw = text[start : match.end()].rstrip()
        if not raw:
            continue
        opening = _OPENING.match(raw)
        assert opening is not None  # every part of the pattern is optional
        content = raw[opening.end() :]
        if not content:
            continue
        level = len(opening["level"] or "")
        begin = start + opening.end()
        yield Paragraph(
            begin,
            begin + len(content),
            content[:LONG],
            bullet=opening["bullet"] is not None,
            level=level,
            gap=breaks > 1,
        )
        breaks = 0


def _wrap_width(lines: Sequence[Paragraph]) -> int | None:
    """The column at which lines were wrapped, or None if they were not."""
    pairs = [(a, b) for a, b in itertools.pairwise(lines) if not b.gap]
    if len(pairs) < 3:
        return None
    lengths = sorted(a.end - a.start for a, _ in pairs)
    width = lengths[int(0.95 * (len(lengths) - 1))]
    if not 40 <= width <= 110:
        return None
    full = [b.plain[0] for a, b in pairs if _is_full(a, b, width)]
    # Wrapped prose goes on in mid-sentence: most of its lines begin in lower case.
    lower = sum(not first.isupper() for first in full)
    return width if 2 * len(full) >= len(pairs) and 2 * lower >= len(full) else None


def _is_full(line: Paragraph, following: Paragraph, width: int) -> bool:
    """Whether the following line's first word would not have fitted on this one."""
    first = _FIRST_WORD.match(following.plain)
    return line.end - line.start + 1 + (first.end() if first else 0) > width


def _continues(text: str, last: Paragraph, line: Paragraph, width: int | None) -> bool:
    """Whether `line` goes on with the paragraph that `last` ends."""
    if line.bullet or line.level or last.level:
        return False
    if width is not None and not line.gap and _is_full(last, line, width):
        return True
    # A sentence that breaks off in mid-phrase goes on in the next line, blank or not.
    ending = text[max(last.start, last.end - 40) : last.end]
    rest = line.plain
    if last.plain.count(" ") < 5 or _NOT_A_REST.match(rest) or "](" in rest:
        return False
    lower = rest[0].islower()
    closed = rest[-1] in ".!?"
    if _NEEDS_MORE.search(ending):
        return lower or (closed and rest.count(" ") < 6)
    return lower and (ending[-1].isalnum() or ending[-1] == ",") and (closed or rest.count(" ") > 2)


def _with_plain(text: str, paragraph: Paragraph) -> Paragraph:
    raw = text[paragraph.start : min(paragraph.end, paragraph.start + LONG)]
    linked = False
    if "](" in raw:
        linked = not _WORD.search(_LINK.sub("", raw))
    bare = plain(raw)
    if not linked and bare == paragraph.plain:
        return paragraph
    return paragraph._replace(plain=bare, linked=linked)
