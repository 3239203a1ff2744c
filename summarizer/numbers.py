"""Numbers in English text: digits and number words alike, as exact values.

Two readings are offered. `find` reads a claim: each number once, the way a person would.
`values` reads evidence: every value a number may reasonably stand for, so that a fair
paraphrase ("1.2 million" for "1,200,000", "half" for "50%") is not taken for an invention.
`magnitudes` reads what only says how large: "thousands", "several hundred".
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from summarizer import lookup

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13,
    "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40,
    "fiftieth": 50, "sixtieth": 60, "seventieth": 70, "eightieth": 80, "ninetieth": 90,
    "hundredth": 100,
}  # fmt: skip
_SCALES = {
    "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9,
    "trillion": 10**12,
}  # fmt: skip
_SUFFIXES = {
    "k": 10**3, "m": 10**6, "mn": 10**6, "mln": 10**6, "b": 10**9, "bn": 10**9,
    "bln": 10**9, "tn": 10**12, "trn": 10**12,
}  # fmt: skip
#: "5 m" may be metres, "5k" a race and "5b" a paragraph.
_DOUBTFUL_SUFFIXES = {"k", "m", "b"}
_LONG_SUFFIXES = {**_SCALES, **{scale + "s": value for scale, value in _SCALES.items()}}
_COLLECTIVES = {
    "once": 1, "single": 1, "sole": 1, "twice": 2, "both": 2, "pair": 2, "couple": 2,
    "duo": 2, "twin": 2, "twins": 2, "double": 2, "doubled": 2, "thrice": 3, "trio": 3,
    "triple": 3, "tripled": 3, "quadruple": 4,
}  # fmt: skip
_FRACTIONS = {"¼": Decimal("0.25"), "½": Decimal("0.5"), "¾": Decimal("0.75")}
_HALF, _PERCENT = Decimal("0.5"), Decimal("0.01")
_VAGUE = re.compile(r"(?:one|once|single|sole|first|both)", re.IGNORECASE)


def _one_of(words: Iterable[str]) -> str:
    """A group of words in any case. Only ASCII: "ı" is no "i" in any of the tables."""
    return f"(?a:{'|'.join(words)})"


_WORD = _one_of(sorted({*_UNITS, *_TENS, *_ORDINALS, *_SCALES}, key=len, reverse=True))
_SCALE = _one_of(_SCALES)
_LONG_SUFFIX = _one_of(_LONG_SUFFIXES)
_SUFFIX = _one_of(_SUFFIXES)
_SPACES = "\u00a0\u202f\u2009"
_CURRENCIES = "$€£¥₹₽"
_NUMBER = re.compile(
    rf"""
    (?P<digits>
        (?: (?<!\d)(?<!\d[.,])
            (?: \d{{1,3}}(?:[,'\u2019{_SPACES}]\d{{3}})+(?:\.\d+)?
              | \d{{1,3}}(?:\.\d{{3}}){{2,}}(?:,\d+)?
              | \d{{1,3}}\.\d{{3}},\d+
              | \d+[.,]\d+ )
            (?![.,]?\d)
          | \d+ ) [¼½¾]?
      | [¼½¾])
    (?:(?P<ordinal>st|nd|rd|th)\b
      |[\s{_SPACES}-]?(?P<scale>{_LONG_SUFFIX})\b
      |[{_SPACES} ]?(?P<suffix>{_SUFFIX})\b
      |\s?(?P<percent>%|per\s?cent\b)
      # "3 to 5 million": the scale that belongs to both ends.
      |(?=(?P<link>\s?[-\u2010-\u2015]\s?|\s+(?:to|or|and)\s+)
          [{_CURRENCIES}]?\d{{1,3}}(?:\.\d{{1,3}})?
          (?:[\s{_SPACES}-]?(?P<scale_ahead>{_LONG_SUFFIX})
            |(?P<suffix_ahead>{_SUFFIX}))\b))?
    |\b(?:several|many|a\s+few)[\s-]+{_SCALE}\b
    |\bhalf[\s-]+an?[\s-]+(?P<half>{_SCALE})\b
    |\b(?P<words>{_WORD}(?:(?:[\s-]+|\s+and\s+){_WORD})*)
        (?P<and_a_half>[\s-]+and[\s-]+a[\s-]+half(?:[\s-]+(?P<half_scale>{_SCALE}))?)?\b
    |\b(?P<collective>{_one_of((*_COLLECTIVES, "half"))})\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
#: What a number begins with: digits, or one of these words.
_DIGITS = re.compile(r"[\d¼½¾](?<!\d\d)")
_FIRST_WORDS = frozenset(
    {*_UNITS, *_TENS, *_ORDINALS, *_SCALES, *_COLLECTIVES, "half", "several", "many", "few"}
)
#: "A few" begins with a word that says nothing.
_OPENING_WORDS = _FIRST_WORDS - {"few"}
#: Groups set apart by common spaces are one number or several: "in 2 100 000 homes".
_SPACED = re.compile(r"\d(?<![\d.,]\d)\d{0,2}(?: \d{3})+(?!\d)")
_MAGNITUDE = re.compile(
    rf"\b(?:(?P<few>several|many|a\s+few)[\s-]+(?P<scale>{_SCALE})"
    rf"|(?:(?P<times>(?a:tens|dozens|hundreds|thousands))\s+of\s+)?(?P<plural>{_SCALE}(?a:s)))\b",
    re.IGNORECASE,
)
#: Each magnitude holds one of these words.
_MAGNITUDE_WORDS = frozenset(_LONG_SUFFIXES)
#: A product of more digits than the default context holds is still exact.
_EXACT = decimal.Context(
    prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[]
)


class Number(NamedTuple):
    """A number in a text: its place (code points, from 0), its words and its value."""

    start: int
    end: int
    text: str
    value: Decimal

    @property
    def vague(self) -> bool:
        """Whether it is a word that English also uses without counting."""
        return _VAGUE.fullmatch(self.text) is not None


class Magnitude(NamedTuple):
    """Words that only say how large: at least `low` and less than `high`."""

    text: str
    low: int
    high: int

    def covers(self, others: Collection[Magnitude], values: Collection[Decimal]) -> bool:
        """Whether one of these magnitudes, or of these values, is of this size.

        What may be a year says nothing of size.
        """
        return any(self.low <= other.low < self.high for other in others) or any(
            self.low <= value < self.high and not 1900 <= value <= 2100 for value in values
        )


def find(text: str) -> list[Number]:
    """The numbers of `text` in order, each in its plainest reading."""
    found = []
    for match in _matches(text):
        offset, whole = match.start(), match[0]
        for start, end, readings in _readings(match):
            found.append(Number(offset + start, offset + end, whole[start:end], readings[0]))
    return found


def values(text: str) -> set[Decimal]:
    """Every value that a number of `text` may stand for."""
    found: set[Decimal] = set()
    for match in _matches(text):
        for _, _, readings in _readings(match):
            found.update(readings)
    found.update(Decimal(match[0].replace(" ", "")) for match in _SPACED.finditer(text))
    return found


def magnitudes(text: str) -> list[Magnitude]:
    """What `text` says of sizes without a number, in order."""
    found: list[Magnitude] = []
    if _MAGNITUDE_WORDS.isdisjoint(lookup.words_of(text).words):
        return found
    for match in _MAGNITUDE.finditer(text):
        low = _LONG_SUFFIXES[(match["scale"] or match["plural"]).casefold()]
        # Hundreds end where thousands begin; nothing is called thousands of millions.
        wide = 1000 if low >= 1000 else 10
        if match["times"]:
            times = match["times"].casefold()
            low, wide = low * (10 if times == "tens" else _LONG_SUFFIXES[times]), 10
        found.append(Magnitude(match[0], low, low * wide))
    return found


def of_word(word: str) -> int | None:
    """The value of one number word or of plain digits ("nine", "12"), or None."""
    word = word.casefold()
    if word.isascii() and word.isdigit() and len(word) < 10:
        return int(word)
    return _UNITS.get(word, _TENS.get(word))


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Every match of `_NUMBER`, which is tried only where a number may begin."""
    starts = [token.start() for token in _DIGITS.finditer(text)]
    known = lookup.words_of(text)
    if not _FIRST_WORDS.isdisjoint(known.words):
        opening = _OPENING_WORDS & known.words
        for word in (*opening, "a") if "few" in known.words else opening:
            starts += [start for start, _ in known.places(word)]
    at = 0
    for start in sorted(starts):
        if start >= at and (match := _NUMBER.match(text, start)) is not None:
            at = match.end()
            yield match


def _readings(match: re.Match[str]) -> list[tuple[int, int, list[Decimal]]]:
    """(start, end, values best first) of each number that one match holds."""
    if match["digits"]:
        return [(0, len(match[0]), _digit_readings(match))]
    if match["words"]:
        return _word_readings(match)
    if match["half"]:
        readings = [_HALF * _SCALES[match["half"].casefold()]]
    elif match["collective"]:
        word = match["collective"].casefold()
        # Half is also what a text calls 50 per cent.
        readings = [_HALF, Decimal(50)] if word == "half" else [Decimal(_COLLECTIVES[word])]
    else:
        return []
    return [(0, len(match[0]), readings)]


def _digit_readings(match: re.Match[str]) -> list[Decimal]:
    plain = _digit_values(match["digits"])
    if match["percent"]:
        return [*plain, *(_EXACT.multiply(value, _PERCENT) for value in plain)]
    scale = match["scale"] or match["scale_ahead"]
    suffix = match["suffix"] or match["suffix_ahead"]
    if not (scale or suffix):
        return plain
    factor = _LONG_SUFFIXES[scale.casefold()] if scale else _SUFFIXES[suffix.casefold()]
    scaled = [_EXACT.multiply(value, Decimal(factor)) for value in plain]
    if match["link"]:
        # "killed 3 and 5 million fled" shares no scale, and "3 to 5 million" does.
        return [*plain, *scaled] if "and" in match["link"].casefold() else [*scaled, *plain]
    is_money = match.start() > 0 and match.string[match.start() - 1] in _CURRENCIES
    doubtful = suffix and suffix.casefold() in _DOUBTFUL_SUFFIXES and not is_money
    return [*scaled, *plain] if doubtful else scaled


def _digit_values(digits: str) -> list[Decimal]:
    """Values of a digit group with separators, the plainest first.

    A separator marks thousands only before groups of three; "3,5" is a decimal comma, and
    "1.090" may be either.
    """
    fraction = _FRACTIONS.get(digits[-1])
    if fraction is not None:
        return [_EXACT.add(value, fraction) for value in _digit_values(digits[:-1] or "0")]
    bare = re.sub(rf"['\u2019{_SPACES}]", "", digits)
    groups = re.split(r"[.,]", bare)
    last = max(bare.rfind("."), bare.rfind(","))
    point = Decimal("".join(groups[:-1]) + "." + groups[-1]) if last >= 0 else Decimal(bare)
    if last < 0 or len(set(re.findall(r"[.,]", bare))) == 2:
        return [point]
    if not all(len(group) == 3 for group in groups[1:]):
        return [point]
    joined = Decimal("".join(groups))
    return [joined] if "," in bare or len(groups) > 2 else [point, joined]


def _word_readings(match: re.Match[str]) -> list[tuple[int, int, list[Decimal]]]:
    """The numbers of a run of number words; "two and a half million" is one."""
    atoms = _atoms(match["words"])
    numbers = []
    at = 0
    while at < len(atoms):
        value, after = _word_number(atoms, at)
        numbers.append((atoms[at].start, atoms[after - 1].end, [Decimal(value)]))
        at = after
    if match["and_a_half"]:
        start, _, (whole,) = numbers.pop()
        # "a million and a half" has its scale before the half.
        unit = atoms[-1].scale or 1
        factor = _SCALES[match["half_scale"].casefold()] if match["half_scale"] else 1
        numbers.append((start, len(match[0]), [(whole + _HALF * unit) * factor]))
    return numbers


class _Atom(NamedTuple):
    """A number below 100, or a scale (`scale` is not 0), with its place in the run."""

    start: int
    end: int
    value: int
    scale: int
    is_ordinal: bool


def _atoms(words: str) -> list[_Atom]:
    atoms: list[_Atom] = []
    joined = False
    for token in re.finditer(r"[a-z]+", words, re.IGNORECASE):
        word = token[0].casefold()
        if word == "and":
            joined = False
            continue
        scale = _SCALES.get(word, 0)
        value = scale or _UNITS.get(word, _TENS.get(word, _ORDINALS.get(word, 0)))
        if joined and 0 < value < 10:
            tens = atoms.pop()
            atoms.append(
                tens._replace(
                    end=token.end(), value=tens.value + value, is_ordinal=word in _ORDINALS
                )
            )
            joined = False
        else:
            atoms.append(_Atom(*token.span(), value, scale, word in _ORDINALS))
            joined = word in _TENS
    return atoms


def _word_number(atoms: Sequence[_Atom], at: int) -> tuple[int, int]:
    """The value of the number that begins at an atom, and the atom after it.

    "two hundred and five" is one number; "two three", "one in five", "one hundred and two
    hundred" and "a million first-time buyers" are two.
    """
    start = at
    value, at = _group(atoms, at)
    total, below = 0, 10**15
    while at < len(atoms) and 1000 <= atoms[at].scale < below:
        if at > start and atoms[at - 1].is_ordinal:
            break
        below = atoms[at].scale
        total, value, at = total + value * below, 0, at + 1
        if at == len(atoms) or atoms[at].scale >= 1000 or atoms[at].is_ordinal:
            break
        group, after = _group(atoms, at)
        if after < len(atoms) and atoms[after].scale >= below:
            break
        value, at = group, after
    return total + value, at


def _group(atoms: Sequence[_Atom], at: int) -> tuple[int, int]:
    """A number below 1000 and the atom after it; a scale alone counts once."""
    atom = atoms[at]
    if atom.scale >= 1000:
        return 1, at
    if atom.is_ordinal:
        return atom.value, at + 1
    value, at = (1, at) if atom.scale else (atom.value, at + 1)
    if at < len(atoms) and 0 < atoms[at].scale <= 100:
        scale = atoms[at].scale
        value, at = value * scale, at + 1
        followed = at + 1 < len(atoms) and 0 < atoms[at + 1].scale <= 100
        if scale == 100 and at < len(atoms) and not atoms[at].scale and not followed:
            value, at = value + atoms[at].value, at + 1
    return value, at
