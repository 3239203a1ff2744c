"""A tree of blocks -> text with blank lines between them."""

from __future__ import annotations

import re

from lxml.etree import _Element

#: HTML's names, and those that trafilatura gives to the same things.
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html item li list "
    "main nav ol p quote section summary table tbody tfoot thead ul".split()
)
_ITEMS = frozenset(("item", "li"))
_BREAKS = frozenset(("br", "lb"))
_VERBATIM = frozenset(("code", "pre"))
_ROWS = frozenset(("row", "tr"))
_SPACES = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r" ?\n ?")
# A reference such as &#27; may stand for one.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_EMPTY_LINES = re.compile(r"\n{3,}")


def written(root: _Element) -> str:
    """The text of a tree: blocks apart by a blank line, items and rows on lines of their own."""
    writer = _Writer()
    writer.write(root, "block")
    writer.end("block")
    return writer.text()


class _Writer:
    def __init__(self) -> None:
        self._blocks: list[tuple[str, str]] = []
        self._line: list[str] = []
        self._mark = ""

    def text(self) -> str:
        parts: list[str] = []
        before = ""
        for kind, text in self._blocks:
            parts.append("\n" if kind == before != "block" else "\n\n")
            parts.append(text)
            before = kind
        return "".join(parts[1:])

    def write(self, element: _Element, kind: str) -> None:
        """Add an element; `kind` is what its text is part of: a block or an item."""
        tag = element.tag
        if tag in _BREAKS:
            self._line.append("\n")
            return
        if tag in _ROWS or (tag in _VERBATIM and "\n" in "".join(element.itertext()).strip("\n")):
            self.end(kind)
            self._add(*_row(element) if tag in _ROWS else _verbatim(element))
            return
        inner = kind
        if tag in _BLOCKS:
            self.end(kind)
        if tag in _ITEMS:
            self._mark, inner = "- ", "item"
        self._line.append((element.text or "").replace("\n", " "))
        for child in element:
            if isinstance(child.tag, str):
                self.write(child, inner)
            self._line.append((child.tail or "").replace("\n", " "))
        if tag in _BLOCKS:
            self.end(inner)
        if tag in _ITEMS:
            self._mark = ""

    def end(self, kind: str) -> None:
        """End the block that is being written, if it has any text."""
        line = _LINE_ENDS.sub("\n", _SPACES.sub(" ", "".join(self._line))).strip()
        self._line.clear()
        if line:
            self._add(kind, self._mark + _EMPTY_LINES.sub("\n\n", line))
            self._mark = ""

    def _add(self, kind: str, text: str) -> None:
        text = _CONTROLS.sub("", text)
        if text.strip():
            self._blocks.append((kind, text))


def _row(element: _Element) -> tuple[str, str]:
    cells = (" ".join("".join(cell.itertext()).split()) for cell in element)
    return "row", " | ".join(filter(None, cells))


def _verbatim(element: _Element) -> tuple[str, str]:
    return "block", "".join(element.itertext()).strip("\n")
