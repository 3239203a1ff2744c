"""Layout: what each paragraph of an article's text is, from the text alone.

An article comes pasted, scraped or exported, with the page around it: menus, share lines,
other stories' headlines. Here each paragraph gets a kind, by general signs and by where it
stands. Where in doubt a paragraph is body: taking an article's words for furniture loses
what they support.

Offsets count code points of the given text from 0; the text is never edited.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
from dataclasses import dataclass, field

from summarizer.layout import facts, zones
from summarizer.layout.kinds import Block, Kind
from summarizer.layout.lines import paragraphs

__all__ = ["Block", "Kind", "Layout", "read"]


@dataclass(frozen=True)
class Layout:
    """A text's blocks in order, and the facts that the text itself plainly states."""

    blocks: tuple[Block, ...]
    title: str | None = None
    publisher: str | None = None
    published: dt.date | None = None
    url: str | None = None
    _starts: tuple[int, ...] = field(default=(), repr=False, compare=False)

    @property
    def headline(self) -> Block | None:
        """The article's headline where it first stands, or None."""
        return next((block for block in self.blocks if block.kind is Kind.HEADLINE), None)

    def block_at(self, offset: int) -> Block | None:
        """The block that holds the code point at `offset`, or None between blocks."""
        index = bisect.bisect_right(self._starts, offset) - 1
        if index < 0 or offset >= self.blocks[index].end:
            return None
        return self.blocks[index]

    def is_furniture(self, start: int, end: int) -> bool:
        """Whether a range lies wholly in furniture or captions."""
        index = max(0, bisect.bisect_right(self._starts, start) - 1)
        found = False
        for position in range(index, len(self.blocks)):
            block = self.blocks[position]
            if block.start >= end:
                break
            if block.end <= start:
                continue
            if block.kind not in (Kind.FURNITURE, Kind.CAPTION):
                return False
            found = True
        return found


@functools.lru_cache(maxsize=32)
def read(text: str) -> Layout:
    """The layout of `text`. Pure; takes time in proportion to the text's length."""
    parts = zones.classify(text, paragraphs(text))
    known = facts.gather(text, parts)
    blocks = tuple(Block(part.start, part.end, part.kind) for part in parts)
    return Layout(
        blocks=blocks,
        title=known.title,
        publisher=known.publisher,
        published=known.published,
        url=known.url,
        _starts=tuple(block.start for block in blocks),
    )
