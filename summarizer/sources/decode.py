"""Bytes -> text: by byte order mark, by form, by declaration, by detection; or not at all.

The bytes' own form is believed before what is declared of them: valid UTF-8 with multibyte
characters is UTF-8 whatever a header says. Nothing is replaced in a text: what cannot be
decoded whole is refused, except in a page of HTML, where a stray byte is shown as U+FFFD
like a browser does. Line ends stay as they are; a byte order mark is not part of the text.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from encodings import normalize_encoding
from encodings.aliases import aliases

from summarizer.sources import binary, tables


class NotText(Exception):
    """The bytes are not text; str() is a predicate, such as "is a PDF, not text"."""


#: Longest first: the mark of UTF-32 LE begins with that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
#: What a label in a page or header may mean, by Python's name for it. As browsers do, a
#: label means the largest encoding that contains it. UTF-16 and UTF-32 are told by form.
_DECLARED = {
    "utf-8": "utf-8",
    **dict.fromkeys(("ascii", "iso8859-1", "cp1252"), "cp1252"),
    **dict.fromkeys(("iso8859-9", "cp1254"), "cp1254"),
    **dict.fromkeys(("iso8859-11", "tis-620", "cp874"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5hkscs"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "cp932"), "cp932"),
    **dict.fromkeys(("euc_kr", "cp949"), "cp949"),
    **{
        name: name
        for name in (
            "cp1250", "cp1251", "cp1253", "cp1255", "cp1256", "cp1257", "cp1258", "cp866",
            "euc_jp", "iso2022_jp", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5",
            "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-10", "iso8859-13", "iso8859-14",
            "iso8859-15", "iso8859-16", "koi8-r", "koi8-u", "mac-cyrillic", "mac-roman",
        )
    },
}  # fmt: skip
_ALIASES = {"windows-874": "cp874", "macintosh": "mac-roman"}
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}")


def _module(label: str) -> str:
    """Where Python would look for the codec of a label."""
    name = normalize_encoding(label)
    return aliases.get(name) or aliases.get(name.replace(".", "_"), name)


#: Looked up for these alone: Python keeps every other name that it is asked for, for ever.
_MODULES = frozenset(map(_module, _DECLARED))


def decode(data: bytes, *, declared: Iterable[str] = (), lenient: bool = False) -> str:
    """The text of `data`, without its byte order mark.

    `declared` are charset labels given with the data, the most trusted first; one that is
    unknown or does not fit is passed over. `lenient`: a damaged byte becomes U+FFFD instead
    of an error. Raises NotText for binary data and for an encoding that cannot be told.
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark) and (name != "UTF-32" or len(data) % 4 == 0):
            marked = _damaged_or(data[len(mark) :], codec, name, lenient=lenient)
            if "\0" in marked:
                raise NotText("holds NUL characters: it is binary, not text")
            return marked
    if (kind := binary.kind(data)) is not None:
        raise NotText(f"is {kind}, not text")
    if b"\0" in data:
        wide = _wide(data)
        if wide is None:
            raise NotText("holds NUL bytes: it is binary, not text")
        return wide
    labels = [known for label in declared if (known := _codec(label)) is not None]
    if data.isascii():
        _refuse_controls(data, at_most=0.05)
        return _shifted(data) or data.decode("ascii")
    text = _strict(data, "utf-8")
    if text is not None:
        _refuse_controls(data, at_most=0.05)
        return text
    _refuse_controls(data, at_most=0.005)
    if _mostly_utf8(data) or (lenient and "utf-8" in labels[:1] and _partly_utf8(data)):
        return _damaged_or(data, "utf-8", "UTF-8", lenient=lenient)
    return _by_table(data, labels)


def _by_table(data: bytes, labels: list[str]) -> str:
    """The text by the first declared table that fits, or by the detected one."""
    readings = [(codec, text) for codec in labels if (text := _strict(data, codec)) is not None]
    for codec, text in readings:
        if tables.fits(text, codec):
            return text
    detected = tables.detect(data)
    if detected is not None:
        return data.decode(detected)
    if readings:
        return readings[0][1]
    raise NotText("is in no encoding that can be told")


def _damaged_or(data: bytes, codec: str, name: str, *, lenient: bool) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if lenient:
            return data.decode(codec, "replace")
        raise NotText(f"is {name} with damage at byte {error.start}") from None


def _refuse_controls(data: bytes, *, at_most: float) -> None:
    body = data.removesuffix(b"\x1a")  # DOS's end of file
    if binary.controls(body) > at_most * len(body):
        raise NotText("is full of control bytes: it is binary, not text")


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _shifted(data: bytes) -> str | None:
    """The text of 7-bit data that switches to Japanese or Korean by escape sequences."""
    if b"\x1b$" not in data:
        return None
    return _strict(data, "iso2022_jp_2") or _strict(data, "iso2022_kr")


def _wide(data: bytes) -> str | None:
    """The text of UTF-16 or UTF-32 without a byte order mark, or None if it is neither."""
    for codec in ("utf-32-le", "utf-32-be"):
        text = _strict(data, codec)
        if text is not None and _texty(text):
            return text
    # Either order may give characters that exist: the right one has more spaces and line
    # ends, and its characters come from fewer blocks.
    texts = [_strict(data, codec) for codec in ("utf-16-le", "utf-16-be")]
    fitting = [text for text in texts if text is not None and _texty(text)]
    return max(fitting, key=_likeness, default=None)


def _texty(text: str) -> bool:
    """Whether all characters are ones that text is made of."""
    usual = "\t\n\v\f\r\x1b\x85"
    return all(
        character in usual or unicodedata.category(character) not in {"Cc", "Cn", "Co", "Cs"}
        for character in set(text)
    )


def _likeness(text: str) -> tuple[int, int]:
    blanks = sum(map(text.count, " \n"))
    return blanks, -len({ord(character) >> 8 for character in set(text)})


def _mostly_utf8(data: bytes) -> bool:
    """Whether it is UTF-8 but for a few bytes: no other encoding looks like it by chance."""
    broken, whole = _utf8_counts(data)
    return whole >= 2 and whole >= 3 * broken


def _partly_utf8(data: bytes) -> bool:
    broken, whole = _utf8_counts(data)
    return whole >= broken


def _utf8_counts(data: bytes) -> tuple[int, int]:
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken, len(text) - len(text.encode("ascii", "ignore")) - broken


def _codec(label: str) -> str | None:
    """Python's codec for a declared label, or None if it names no encoding of text."""
    label = label.strip().lower()
    if not _LABEL.fullmatch(label):
        return None
    for name in (_ALIASES.get(label, label), label.removeprefix("x-")):
        if (module := _module(name)) in _MODULES:
            return _DECLARED.get(codecs.lookup(module).name)
    return None
