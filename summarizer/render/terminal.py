"""A page for a terminal: paragraphs of styled text beside a column of labels."""

from __future__ import annotations

from enum import StrEnum

from summarizer.render.characters import line, width, wrapped


class Style(StrEnum):
    """How a stretch of text looks: the parameters of its SGR escape."""

    PLAIN = ""
    STRONG = "1"
    QUIET = "2"
    QUOTED = "3"
    DATE = "36"
    GOOD = "32"
    BAD = "31"


Fragment = tuple[str, Style]

#: Narrower than this many cells, labels stand above their text instead of beside it.
_NARROW = 48


class Page:
    """Collects lines. Every string given to it is made fit for a terminal here.

    `cells` is the page's width; no line is longer, and narrower than 20 cells is taken
    as 20. Without `colour` the page holds no escape at all.
    """

    def __init__(self, *, cells: int, label_cells: int, colour: bool) -> None:
        self._cells = max(cells, 20)
        self._beside = self._cells >= _NARROW
        self._indent = label_cells if self._beside else 2
        self._colour = colour
        self._lines: list[str] = []

    def gap(self) -> None:
        """Leave one line empty, unless the page is empty or one is left already."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def full(self, *fragments: Fragment) -> None:
        """A paragraph over the page's whole width."""
        self._put("", fragments, indent=0, hang=0)

    def item(self, *fragments: Fragment, label: str = "", deeper: int = 0) -> None:
        """A paragraph beside `label`, its further lines set in by two cells.

        `deeper` sets the whole paragraph in by as many cells.
        """
        if label and not self._beside:
            self._lines.append(self._styled(line(label), Style.STRONG))
            label = ""
        self._put(line(label), fragments, indent=self._indent + deeper, hang=2)

    def __str__(self) -> str:
        return "".join(f"{one}\n" for one in self._lines)

    def _put(self, label: str, fragments: tuple[Fragment, ...], *, indent: int, hang: int) -> None:
        pieces = [(fit, style) for text, style in fragments if (fit := _fit(text))]
        text = "".join(piece for piece, _ in pieces)
        # The first line is the others' width too: one width for all keeps wrapping simple.
        for number, (start, end) in enumerate(wrapped(text, self._cells - indent - hang)):
            margin = indent + (hang if number else 0)
            head = self._styled(label, Style.STRONG) if label and not number else ""
            space = " " * (margin - (width(label) if head else 0))
            self._lines.append((head + space + self._painted(pieces, start, end)).rstrip(" "))

    def _painted(self, pieces: list[Fragment], start: int, end: int) -> str:
        """The characters from `start` to `end` of the joined pieces, each in its style."""
        out: list[str] = []
        offset = 0
        for piece, style in pieces:
            part = piece[max(start - offset, 0) : max(end - offset, 0)]
            if part:
                out.append(self._styled(part, style))
            offset += len(piece)
        return "".join(out)

    def _styled(self, text: str, style: Style) -> str:
        if not self._colour or style is Style.PLAIN:
            return text
        return f"\x1b[{style}m{text}\x1b[0m"


def _fit(text: str) -> str:
    """The text made fit, its outer spaces kept: they part it from its neighbours."""
    fit = line(text)
    if not fit:
        return " " if text[:1] == " " else ""
    return f"{' ' * text.startswith(' ')}{fit}{' ' * text.endswith(' ')}"
