"""How a path or URL is written where a person or a log reads it."""

from __future__ import annotations

import os
import unicodedata

_LONGEST = 200


def shown(name: str | os.PathLike[str]) -> str:
    r"""`name` as one harmless line: an ordinary name is left as it is.

    Control, format and unencodable characters become escapes such as `\x1b`, so that no
    name breaks a line, moves a cursor, turns the reading direction or fails to encode.
    """
    text = os.fspath(name)
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _harmless(c) else _escaped(c) for c in text)


def quoted(name: str | os.PathLike[str]) -> str:
    """`name` as `shown`, in quotation marks, cut in its middle if it is very long."""
    text = shown(name)
    if len(text) > _LONGEST:
        half = _LONGEST // 2
        text = f"{text[:half]}…{text[-half:]}"
    return f"'{text}'"


def _harmless(character: str) -> bool:
    if character in "\u200c\u200d":  # join letters and emoji; draw nothing themselves
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _escaped(character: str) -> str:
    # An undecodable byte of a file name is a lone surrogate: show the byte.
    point = ord(character)
    if 0xDC80 <= point <= 0xDCFF:
        return f"\\x{point - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
