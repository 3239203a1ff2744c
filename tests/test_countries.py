"""Countries: codes, names and the names of their people."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import countries


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("France", "FR"),
        ("france", "FR"),
        ("The Netherlands", "NL"),
        ("the Bahamas", "BS"),
        ("Gambia", "GM"),
        ("U.S.", "US"),
        ("USA", "US"),
        ("the United States of America", "US"),
        ("UK", "GB"),
        ("Great Britain", "GB"),
        ("Scotland", "GB"),
        ("Côte d’Ivoire", "CI"),
        ("Cote d'Ivoire", "CI"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Czechia", "CZ"),
        ("Czech Republic", "CZ"),
        ("Holland", "NL"),
        ("North Korea", "KP"),
        ("Republic of Korea", "KR"),
        ("Guinea-Bissau", "GW"),
        ("Kosovo", "XK"),
        ("Palestine", "PS"),
        ("Paris", None),
        ("Yugoslavia", None),
        ("", None),
        ("\u0301" * 500, None),
        ("France " * 500, None),
    ],
)
def test_a_country_has_a_code(name: str, code: str | None) -> None:
    assert countries.code_of(name) == code
    assert (code in countries.codes_of(name)) == (code is not None)


def test_shared_names_may_mean_more() -> None:
    assert countries.codes_of("Georgia") == {"GE", "US"}
    assert countries.codes_of("Congo") == {"CD", "CG"}
    assert countries.codes_of("Peru") == {"PE"}
    assert countries.codes_of("Atlantis") == frozenset()


@pytest.mark.parametrize("code", ["FR", "XK", "TW", "PS"])
def test_codes_are_iso_3166_and_kosovo(code: str) -> None:
    assert countries.is_code(code)


@pytest.mark.parametrize("code", ["UK", "EU", "fr", "AN", "CS", "ZZ", "", "FRA", "GB-SCT"])
def test_other_letters_are_no_codes(code: str) -> None:
    assert not countries.is_code(code)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("French", "FR"),
        ("Dutch", "NL"),
        ("Swiss", "CH"),
        ("Danes", "DK"),
        ("Filipinos", "PH"),
        ("South African", "ZA"),
        ("New-Zealanders", "NZ"),
        ("Scottish", "GB"),
        ("Korean", None),
        ("Congolese", None),
        ("polish", None),
        ("France", None),
        ("", None),
    ],
)
def test_a_people_has_a_country(word: str, code: str | None) -> None:
    assert countries.demonym(word) == code


def mentions(text: str) -> list[tuple[str, str]]:
    found = countries.mentions(text)
    return [(text[m.start : m.end], " ".join(sorted(m.codes))) for m in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Britain's envoy met the French.", [("Britain's", "GB"), ("French", "FR")]),
        ("U.S.-led talks", [("U.S", "US")]),
        ("tell us", []),
        ("Us?", []),
        ("North Korean and South Koreans", [("North Korean", "KP"), ("South Koreans", "KR")]),
        ("Koreans", [("Koreans", "KP KR")]),
        ("Scots and Welsh", [("Scots", "GB-SCT"), ("Welsh", "GB-WLS")]),
        ("Papua New Guinea and Guinea", [("Papua New Guinea", "PG"), ("Guinea", "GN")]),
        ("New Mexico and Mexico", [("Mexico", "MX")]),
        ("Latin American", []),
        ("a Franco-German plan", [("Franco", "FR"), ("German", "DE")]),
        (
            "Democratic Republic of the\nCongo",
            [("Democratic Republic of the\nCongo", "CD")],
        ),
        ("turkey and polish", []),
        ("South, Africa", []),
    ],
)
def test_countries_and_peoples_are_found_in_text(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert mentions(text) == expected


@given(st.text())
def test_mentions_lie_in_the_text_in_order(text: str) -> None:
    found = countries.mentions(text + " Peru " + text)
    assert any("PE" in mention.codes for mention in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
