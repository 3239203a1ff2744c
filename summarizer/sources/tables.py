"""Which table of characters some 8-bit text was written in.

Latin alphabets are told by their letters: in the right table, all accented letters are ones
that a single language has. Other scripts are told by charset-normalizer's statistics, which
are good at them, and poor at telling Turkish from Icelandic in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: The tables of scripts other than Latin, and Vietnamese, that texts are really in.
_OTHER_SCRIPTS = (
    "cp1251", "koi8_r", "koi8_u", "cp1253", "iso8859_7", "cp1255", "cp1256", "cp874", "cp866",
    "iso8859_5", "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip
#: The accented letters of languages by their tables, the likeliest table first.
_WESTERN = (
    "àâæçéèêëîïôœùûü", "äöüß", "áéíñóúü", "áâãàçéêíóôõú", "àèéìíîòóù", "åäöé", "æøåéò",
    "áéíóúýþæöð", "éëïóöü", "äöõüšž", "àçèéíïòóúü", "ëç", "àèìòù", "áéíóúâêîôûŵŷ",
)  # fmt: skip
_CENTRAL = (
    "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž",
)  # fmt: skip
_TURKISH = ("çğıöşüâîûİ",)
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž")
_ALPHABETS = (
    ("cp1252", _WESTERN),
    ("cp1250", _CENTRAL),
    ("iso8859_2", _CENTRAL),
    ("cp1254", _TURKISH),
    ("cp1257", _BALTIC),
)
_WESTERN_TABLES = frozenset(("cp1252", "iso8859-15", "mac-roman"))
_CYRILLIC_TABLES = frozenset(("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic"))

_HIGH_LETTER = "À-ÖØ-öø-ÿŒœŠšŽžŸ"
#: What no Western text holds, but other text read as Western does: three accented letters in
#: a row, a symbol inside a word, an accented capital after a small letter.
_MISFIT = re.compile(
    rf"[{_HIGH_LETTER}]{{3}}"
    rf"|(?<=[A-Za-z{_HIGH_LETTER}])[¡¢£¤¥¦¨©¬¯°±²³¶¸¹¼½¾¿×÷†‡‰ˆ˜‚„ƒ](?=[A-Za-z{_HIGH_LETTER}])"
    r"|(?<=[a-zß-öø-ÿ])[À-ÖØ-ÞŠŽŸ]"
)
_CYRILLIC = re.compile(r"[А-Яа-яЁёЂ-Џђ-џҐґ]")
#: About two thirds of a Cyrillic text, in any language, and under half of it misread.
_COMMON_CYRILLIC = re.compile(r"[оеаинтсрвліОЕАИНТСРВЛІ]")
_MIXED_SCRIPTS = re.compile(r"[A-Za-z](?=[А-Яа-яЁё])|[А-Яа-яЁё](?=[A-Za-z])")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_HALF_WIDTH = re.compile(r"[\uff61-\uff9f]")
#: C1 controls and private characters: signs of a wrong table.
_NEVER_TEXT = re.compile(r"[\x80-\x84\x86-\x9f\ue000-\uf8ff]")
#: Characters that stand in text of any language.
_NEUTRAL = dict.fromkeys(map(ord, "‘’“”‚„«»‹›–—…•€£¥°§©®™·¡¿ªº¹²³¼½¾×±µ\xa0\xad"))
_HIGH_BYTES = bytes(range(128, 256))
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_BETWEEN = re.compile(rb"[\t-/]")
_SAMPLE = 65_536
_LONG_LINE = 8192


def fits(text: str, codec: str) -> bool:
    """Whether what a declared table gives is text, and not another table's letters."""
    if _NEVER_TEXT.search(text):
        return False
    if codec in _WESTERN_TABLES:
        return _is_western(text)
    if codec in _CYRILLIC_TABLES:
        letters = len(_CYRILLIC.findall(text))
        common = len(_COMMON_CYRILLIC.findall(text))
        mixed = len(_MIXED_SCRIPTS.findall(text))
        return letters < 20 or (common * 100 >= letters * 55 and mixed * 10 <= letters)
    if codec == "cp932":
        return len(_HALF_WIDTH.findall(text)) * 3 <= _beyond_ascii(text)
    return True


def detect(data: bytes) -> str | None:
    """The table that the bytes suggest most, and all of them can be decoded by, or None."""
    sample = _sample(data)
    if len(sample) - len(sample.translate(None, _HIGH_BYTES)) <= len(sample) // 3:
        table = _latin_table(data, sample)
        if table is not None:
            return table

    import charset_normalizer

    matches = charset_normalizer.from_bytes(
        sample,
        cp_isolation=[*_OTHER_SCRIPTS, *(codec for codec, _ in _ALPHABETS)],
        enable_fallback=False,
    )
    for match in matches:
        text = _strict(data, match.encoding)
        if text is not None and not _NEVER_TEXT.search(text):
            return match.encoding
    text = _strict(data, "cp1252")
    return "cp1252" if text is not None and _is_western(text) and _is_mostly_ascii(text) else None


def _latin_table(data: bytes, sample: bytes) -> str | None:
    """The table of Latin letters that fits, or None if the text is in another script."""
    western = _strict(data, "cp1252")
    if (
        western is not None
        and _is_western(western)
        and _is_mostly_ascii(western)
        and not _is_rich_in_accents(western)
    ):
        # Few accented letters say little, and most such texts are Western: curly quotation
        # marks, a name, a currency sign.
        return "cp1252"
    best, table = 0.9, None
    for codec, alphabets in _ALPHABETS:
        text = _strict(sample, codec)
        if text is None or _strict(data, codec) is None:
            continue
        cover = max(_cover(text, alphabet) for alphabet in alphabets)
        if cover > best:
            best, table = cover, codec
    return table


def _cover(text: str, alphabet: str) -> float:
    """The share of a text's characters beyond ASCII that are letters of the alphabet."""
    known = {*alphabet, *alphabet.upper()}
    special = _BEYOND_ASCII.findall(text.translate(_NEUTRAL))
    misfits = sum(1 for _ in _MISFIT.finditer(text))
    return sum(c in known for c in special) / max(1, len(special) + misfits)


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _is_western(text: str) -> bool:
    return sum(1 for _ in _MISFIT.finditer(text)) * 10 <= _beyond_ascii(text)


def _is_mostly_ascii(text: str) -> bool:
    odd = _beyond_ascii(text.translate(_NEUTRAL))
    return odd <= 2 or odd * 5 <= len(text)


def _is_rich_in_accents(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    accented = sum(map(str.isalpha, _BEYOND_ASCII.findall(text)))
    return accented >= 4 and accented >= 0.02 * letters


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _sample(data: bytes) -> bytes:
    """The lines that hold bytes outside of ASCII, up to a limit: only these tell a table."""
    lines: list[bytes] = []
    size = 0
    for line in _telling_lines(data):
        lines.append(line)
        size += len(line)
        if size > _SAMPLE:
            break
    return b"\n".join(lines)


def _telling_lines(data: bytes) -> Iterator[bytes]:
    for line in data.splitlines():
        if line.isascii():
            continue
        if len(line) <= _LONG_LINE:
            yield line
            continue
        # Cut between characters: before the first byte beyond ASCII, and at a byte that no
        # multibyte encoding has inside a character.
        first = _HIGH_BYTE.search(line)
        assert first is not None
        start = max(0, first.start() - 200)
        end = _BETWEEN.search(line, start + _LONG_LINE)
        yield line[start : end.start() if end else len(line)]
