"""Look-ups: forty quotations located in texts of three sizes."""

from __future__ import annotations

import functools
import random
import unicodedata
from collections.abc import Iterator, Sequence

from bench.timing import Case, call
from summarizer.spans import Folded

_QUOTATIONS = 40
_WORDS = (
    "the minister said that talks would go on after three days of rain in the northern "
    "valley where farmers, teachers and drivers café naïve Łódź had waited for a decision"
).split()
_PLAIN = (
    *((mark, '"') for mark in "‘’‚“”„«»"),
    *((mark, "-") for mark in "‐‑–—−"),
    ("…", "..."),
    ("\u00ad", ""),
)


def cases(rounds: int) -> Iterator[Case]:
    """Folding and finding, against plain normalisation of the same text."""
    for size in (4_000, 30_000, 300_000):
        text = prose(size)
        wanted = quotations(text)
        folded = Folded.of(text)
        yardstick = call(functools.partial(normalise, text))

        find = functools.partial(found, folded, wanted)
        fold_and_find = functools.partial(folded_and_found, text, wanted)
        if find() != _QUOTATIONS:
            raise AssertionError("a quotation of the text was not found in it")
        name = f"{_QUOTATIONS} quotations in {size // 1000} kB"
        yield Case(f"fold, find {name}", call(fold_and_find), "normalise it", yardstick, rounds)
        yield Case(f"find {name}, folded", call(find), "normalise it", yardstick, rounds)


def found(folded: Folded, wanted: Sequence[str]) -> int:
    """How many of the quotations stand in the text."""
    return sum(next(folded.find(quote), None) is not None for quote in wanted)


def folded_and_found(text: str, wanted: Sequence[str]) -> int:
    """The same, with the folding of the text."""
    return found(Folded.of(text), wanted)


def normalise(text: str) -> str:
    """The plain way, which keeps no offsets: form C, plain marks, single spaces."""
    text = unicodedata.normalize("NFC", text)
    for mark, plain in _PLAIN:
        text = text.replace(mark, plain)
    return " ".join(text.split())


def prose(size: int) -> str:
    """A made-up text of about `size` characters, the same at each run."""
    dice = random.Random(size)
    paragraphs: list[str] = []
    written = 0
    while written < size:
        words = dice.choices(_WORDS, k=dice.randrange(30, 80))
        for at in range(0, len(words) - 12, 12):
            words[at] = f"“{words[at]}" if dice.random() < 0.3 else words[at].capitalize()
            words[at + 8] += dice.choice(["”,", " —", ".", "…", "\u00a0%"])
        paragraphs.append(" ".join(words) + ".")
        written += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs)


def quotations(text: str) -> list[str]:
    """Stretches of the text with straight marks, spread over its length."""
    straight = text.translate(str.maketrans("“”—", '""-'))
    step = len(text) // (_QUOTATIONS + 1)
    picked = []
    for at in range(step // 2, step * _QUOTATIONS, step):
        start = straight.index(" ", at) + 1
        picked.append(straight[start : straight.index(" ", start + 70)].strip())
    return picked
