"""Characters that may mislead whoever looks at a text, and what stands in their place.

An article, a page or a model's answer may hold terminal escapes, characters that turn the
order of the text around, and characters that nobody sees. Every renderer passes every
string it did not write itself through `line` or, for the article's own text, `shown`.
"""

from __future__ import annotations

import re
import unicodedata

# Written as escapes, so that this file holds none of them.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
#: Embeddings, overrides, isolates, deprecated format characters, interlinear annotations.
_BIDI = r"\u202a-\u202e\u2066-\u206f\ufff9-\ufffb"
#: Soft hyphen, grapheme joiner, direction marks, fillers, zero-width spaces, byte order
#: mark, tags and the variation selectors past the first sixteen.
_UNSEEN = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    r"\u2060-\u2065\u3164\ufeff\uffa0\U000e0000-\U000e0fff"
)
_JOINERS = r"\u200c\u200d\ufe00-\ufe0f"

_SHOWN = re.compile(f"[{_CONTROLS}{_BIDI}]")
_BREAKS = re.compile(r"[\t-\r \x85\u2028\u2029]+")
_REMOVED = re.compile(f"[{_BIDI}{_UNSEEN}]")
_JOINER = re.compile(f"[{_JOINERS}]")
_JSON_ESCAPED = re.compile(rf"[\x7f-\x9f\u2028\u2029{_BIDI}{_UNSEEN}]")
#: What a joiner or a variation selector may stand beside: the uncased letters and marks of
#: the scripts that need one, and emoji. In Latin or Cyrillic it would only hide there.
_JOINED = frozenset({"Lo", "Lm", "Mn", "Mc", "So", "Sk"})


def shown(text: str) -> str:
    """The text with a visible character for each control or reordering character.

    Line ends and tabs stay, and so does the length: offsets into the text hold.
    """
    return _SHOWN.sub(lambda found: _picture(found[0]), text)


def line(text: str) -> str:
    """The text on one line, fit for a terminal.

    Line breaks, tabs and runs of spaces become one space, control characters become
    visible, and what reorders text or is not seen is removed.
    """
    text = _BREAKS.sub(" ", text)
    text = _REMOVED.sub("", text)
    text = _JOINER.sub(_kept_joiner, text)
    return shown(text).strip()


def escaped_json(document: str) -> str:
    r"""The JSON document with a `\u` escape for each character not fit for a terminal.

    Such a character stands only within strings, so that the document means the same.
    """
    return _JSON_ESCAPED.sub(lambda found: _json_escape(found[0]), document)


def width(text: str) -> int:
    """The number of terminal cells that the text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def wrapped(text: str, cells: int) -> list[tuple[int, int]]:
    """The text's lines of at most `cells` cells each, as offsets (start, end).

    `text` is on one line. Lines break at a space, which then belongs to no line, or beside
    a wide character; a word that is wider than a whole line breaks where the line is full.
    """
    lines: list[tuple[int, int]] = []
    start = used = 0
    fit: tuple[int, int] | None = None  # where this line may end, and the next one start
    for offset, character in enumerate(text):
        size = _cells(character)
        if size == 2 and offset > start and text[offset - 1] != " ":
            fit = (offset, offset)
        if used + size > cells and character != " " and offset > start:
            end, resume = fit or (offset, offset)
            lines.append((start, end))
            start, fit = resume, None
            used = width(text[start:offset])
        used += size
        if character == " ":
            fit = (offset, offset + 1)
        elif size == 2 or (size == 0 and fit == (offset, offset)):
            fit = (offset + 1, offset + 1)
    lines.append((start, len(text)))
    return lines


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _kept_joiner(found: re.Match[str]) -> str:
    """The joiner, or nothing where it stands beside anything but what needs it."""
    text, at = found.string, found.start()
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    if found[0] in "\u200c\u200d":
        # In an emoji sequence a joiner may follow a variation selector.
        fits = before not in "\u200c\u200d" and _joins(before) and _joins(after)
        return found[0] if fits and not _JOINER.match(after) else ""
    return found[0] if _joins(before) and not _JOINER.match(before) else ""


def _joins(character: str) -> bool:
    return unicodedata.category(character) in _JOINED


def _json_escape(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def _cells(character: str) -> int:
    if " " <= character <= "~":
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
