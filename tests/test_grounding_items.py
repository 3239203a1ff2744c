"""Items field by field: actors, places, times, reactions and their parts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.grounding.names import keys
from summarizer.schema import Reaction, When, Where, Who
from tests.grounded import (
    CLOSED,
    LEAD,
    SPEECH,
    TEXT,
    adjusted,
    check,
    index_of,
    rejected,
)

# Names of actors, places and speakers


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("who", {"name": "Aldo Ferrini"}),
        ("who", {"name": "ALDO FERRIN"}),
        ("where", {"name": "Marlowe", "country": None}),
        ("reactions", {"speaker": "Lena Oster"}),
    ],
)
def test_a_name_that_does_not_stand_in_the_article(field: str, changes: dict[str, Any]) -> None:
    name = next(iter(changes.values()))
    assert rejected(field, **changes) == (
        "name_not_in_article",
        f"“{name}” does not stand in the article",
    )


def test_a_name_that_stands_only_in_furniture() -> None:
    assert rejected("where", name="Westport", country=None) == (
        "evidence_is_furniture",
        "“Westport” stands only in page furniture, not in the article",
    )


@pytest.mark.parametrize("name", ["Aldo  Ferrin", "Aldo\nFerrin", " Aldo Ferrin "])
def test_a_name_may_be_spaced_otherwise(name: str) -> None:
    checked = check("who", name=name)
    assert isinstance(checked.item, Who)
    assert checked.item.name == "Aldo Ferrin"


def test_a_person_or_organization_is_named_near_the_evidence() -> None:
    assert rejected("who", name="Lena Ost", role=None, evidence=[CLOSED]) == (
        "name_not_in_evidence",
        "“Lena Ost” is named neither near the evidence nor in the headline",
    )
    assert rejected("who", name="The Boatmen's Guild", kind="organization", role=None)[0] == (
        "name_not_in_evidence"
    )


def test_a_country_or_group_may_be_named_elsewhere() -> None:
    checked = check("who", name="South Korea", kind="country", role=None)
    assert checked.item is not None


def test_a_part_of_the_name_near_the_evidence_is_enough() -> None:
    changes: dict[str, Any] = {"name": "Boatmen's Guild", "kind": "organization", "role": None}
    evidence = ["The Guild will not accept the clearance"]
    assert check("who", evidence=evidence, **changes).item is not None


@pytest.mark.parametrize("role", ["Mayor", "mayor", "MAYOR", "who runs a bakery", None, " "])
def test_a_role_that_the_article_gives(role: str | None) -> None:
    checked = check("who", role=role)
    assert isinstance(checked.item, Who)
    assert checked.adjustments == ()
    assert checked.item.role == ((role or "").strip() or None)


@pytest.mark.parametrize("role", ["Prime Minister", "ayor", "Lord Mayor"])
def test_a_role_that_the_article_does_not_give(role: str) -> None:
    assert adjusted("who", role=role) == (
        "role",
        "role_not_in_article",
        f"the article does not give the title “{role}”",
    )
    item = check("who", role=role).item
    assert isinstance(item, Who)
    assert item.role is None


@pytest.mark.parametrize(
    ("name", "country", "kept"),
    [
        ("Marlow", "GB", "GB"),
        ("Marlow", "gb", "GB"),
        ("Marlow", None, None),
        ("South Korea", "KR", "KR"),
        ("South Korea", None, None),
    ],
)
def test_a_places_country(name: str, country: str | None, kept: str | None) -> None:
    checked = check("where", name=name, country=country)
    assert isinstance(checked.item, Where)
    assert checked.item.country == kept
    assert checked.adjustments == ()


@pytest.mark.parametrize(
    ("name", "country", "reason", "detail"),
    [
        ("Marlow", "UK", "country_unknown", "“UK” is not a country's ISO 3166-1 alpha-2 code"),
        ("Marlow", "", "country_unknown", "“” is not a country's ISO 3166-1 alpha-2 code"),
        ("South Korea", "KP", "country_disagrees", "“South Korea” has the code KR, not KP"),
    ],
)
def test_a_country_that_is_none_or_another(
    name: str, country: str, reason: str, detail: str
) -> None:
    assert adjusted("where", name=name, country=country) == ("country", reason, detail)
    item = check("where", name=name, country=country).item
    assert isinstance(item, Where)
    assert item.country is None


@pytest.mark.parametrize("country", ["GE", "US"])
def test_a_name_of_two_places_has_either_country(country: str) -> None:
    index = index_of("Polls open in Georgia\n\nThe polls opened in Georgia on a wet day in May.\n")
    evidence = ["The polls opened in Georgia"]
    checked = check("where", index, evidence=evidence, name="Georgia", country=country)
    assert isinstance(checked.item, Where)
    assert checked.item.country == country


# Times


def test_a_time_that_does_not_stand_in_the_article() -> None:
    assert rejected("when", text="on Monday") == (
        "time_not_in_article",
        "“on Monday” does not stand in the article word for word",
    )
    assert rejected("when", text="Friday, 14 March")[0] == "time_not_in_article"


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"text": " "}, "the time is empty"),
        ({"event": "\n"}, "the statement is empty"),
    ],
)
def test_empty_times_and_events(changes: dict[str, Any], detail: str) -> None:
    assert rejected("when", **changes) == ("empty_text", detail)


@pytest.mark.parametrize(
    ("date", "reason", "detail"),
    [
        (
            "2031-03-13",
            "date_disagrees",
            "2031-03-13 does not fit “Friday”, which names a Friday, and 2031-03-13 is a Thursday",
        ),
        (
            "2031-01-10",
            "date_disagrees",
            "2031-01-10 does not fit “Friday”, which is too far from 2031-03-14",
        ),
        ("2031-03", "date_disagrees", "2031-03 does not fit “Friday”, which names no month"),
        (
            "next Friday",
            "date_malformed",
            "“next Friday” is not an EDTF date (YYYY, YYYY-MM, YYYY-MM-DD, A/B)",
        ),
    ],
)
def test_a_date_that_does_not_fit_its_words(date: str, reason: str, detail: str) -> None:
    assert adjusted("when", date=date) == ("date", reason, detail)
    item = check("when", date=date).item
    assert isinstance(item, When)
    assert item.date is None


@pytest.mark.parametrize("date", [None, "", " "])
def test_no_date_is_no_problem(date: str | None) -> None:
    checked = check("when", date=date)
    assert isinstance(checked.item, When)
    assert checked.item.date is None
    assert checked.adjustments == ()


def test_a_relative_date_needs_a_reference_date() -> None:
    text = TEXT.replace("The Marlow Courier, 14 March 2031\n\n", "")
    assert adjusted("when", index_of(text)) == (
        "date",
        "date_without_reference",
        "“Friday” needs a reference date, and neither the article nor the caller gives one",
    )
    index = index_of(text, published=dt.date(2031, 3, 14))
    assert check("when", index).adjustments == ()


def test_another_time_of_the_evidence_does_not_save_a_wrong_date() -> None:
    index = index_of(
        "Envoy to come\n\n14 March 2031\n\nThe envoy comes on Tuesday and leaves on Wednesday.\n"
    )
    evidence = ["The envoy comes on Tuesday and leaves on Wednesday"]
    good: dict[str, Any] = {"evidence": evidence, "event": "The envoy comes."}
    assert check("when", index, text="Tuesday", date="2031-03-18", **good).adjustments == ()
    reason = adjusted("when", index, text="Tuesday", date="2031-03-19", **good)[1]
    assert reason == "date_disagrees"
    both: dict[str, Any] = {"text": "Tuesday", "date": "2031-03-18/2031-03-19"}
    assert check("when", index, **good, **both).adjustments == ()


def test_the_evidence_completes_a_time() -> None:
    index = index_of("Envoy came\n\nThe envoy came on Tuesday, 18 March 2031, and left.\n")
    good: dict[str, Any] = {
        "evidence": ["The envoy came on Tuesday, 18 March 2031"],
        "event": "The envoy came.",
    }
    assert check("when", index, text="Tuesday", date="2031-03-18", **good).adjustments == ()


@pytest.mark.parametrize(
    ("date", "reason", "detail"),
    [
        (
            "2029-03-03",
            "date_disagrees",
            "2029-03-03 does not fit “2 March 2029”, which names day 2",
        ),
        ("1908", "date_disagrees", "1908 does not fit “2 March 2029”, which names 2029"),
    ],
)
def test_a_background_date_that_does_not_fit(date: str, reason: str, detail: str) -> None:
    assert adjusted("background", date=date) == ("date", reason, detail)


@pytest.mark.parametrize("date", ["1907", "2029-03-02", "2029-03", "2029"])
def test_a_background_date_that_the_evidence_names(date: str) -> None:
    assert check("background", date=date).adjustments == ()


def test_a_background_date_whose_words_name_no_time() -> None:
    quote = "has counted thousands of lorries"
    changes: dict[str, Any] = {"evidence": [quote], "statement": "It counted lorries."}
    assert check("background", date="2029-03-02", **changes).adjustments == ()
    assert adjusted("background", date="2020-03-02", **changes)[1] == "date_without_words"
    index = index_of("A fair\n\nThe fair was held. Rain fell on it all day long.\n")
    plain: dict[str, Any] = {
        "evidence": ["Rain fell on it"],
        "statement": "It rained.",
        "date": "2020-03-02",
    }
    assert adjusted("background", index, **plain) == (
        "date",
        "date_without_words",
        "the words that should give 2020-03-02 name no such time",
    )


# Reactions


def test_a_quotation_with_marks_of_its_own_is_bared() -> None:
    for quote in ("“It is a lifeline for the old town,”", '"It is a lifeline for the old town,"'):
        checked = check("reactions", quote=quote)
        assert isinstance(checked.item, Reaction)
        assert checked.item.quote is not None
        assert checked.item.quote.text == "It is a lifeline for the old town,"


@pytest.mark.parametrize("quote", [None, "", " ", "“”", "'"])
def test_no_quotation_is_reported_speech(quote: str | None) -> None:
    checked = check("reactions", quote=quote)
    assert isinstance(checked.item, Reaction)
    assert checked.item.quote is None
    assert checked.adjustments == ()


@pytest.mark.parametrize(
    ("quote", "reason", "detail"),
    [
        (
            "It is no lifeline for the old town",
            "quote_not_in_article",
            "“It is no lifeline for the old town” does not stand in the article word for word",
        ),
        (
            "… — !",
            "quote_not_in_article",
            "“… — !” does not stand in the article word for word",
        ),
        (
            "who runs a bakery",
            "quote_not_in_quotation_marks",
            "“who runs a bakery” does not stand inside quotation marks: reported speech",
        ),
        (
            "the old town,” said Lena Ost",
            "quote_not_in_quotation_marks",
            "“the old town,” said Lena Ost” does not stand inside quotation marks: reported speech",
        ),
    ],
)
def test_a_quotation_that_is_none_becomes_reported_speech(
    quote: str, reason: str, detail: str
) -> None:
    assert adjusted("reactions", quote=quote) == ("quote", reason, detail)
    item = check("reactions", quote=quote).item
    assert isinstance(item, Reaction)
    assert item.quote is None


def test_a_quotation_in_furniture_is_none() -> None:
    assert adjusted("reactions", quote="Harbour tunnel at Westport")[1] == "quote_not_in_article"


@pytest.mark.parametrize(
    ("speaker", "evidence", "attribution"),
    [
        ("Lena Ost", [SPEECH], "verified"),
        ("Aldo Ferrin", [SPEECH], "verified"),
        ("Boatmen's Guild", [SPEECH], "verified"),
        ("The Boatmen's Guild", ["The Guild will not accept the clearance"], "verified"),
        ("Kim Jong Su", ["Kim said it was slow"], "verified"),
        ("Kim Jong Su", [LEAD], "unverified"),
        ("Lena Ost", [CLOSED], "unverified"),
        ("Aldo Ferrin", ["It did not say when"], "unverified"),
    ],
)
def test_a_speaker_is_named_in_the_same_or_a_neighbouring_paragraph(
    speaker: str, evidence: list[str], attribution: str
) -> None:
    checked = check(
        "reactions", speaker=speaker, evidence=evidence, quote=None, statement="They spoke."
    )
    assert isinstance(checked.item, Reaction)
    assert checked.item.attribution == attribution


@pytest.mark.parametrize(
    ("near", "attribution"),
    [
        ("“It was slow,” Park said.", "verified"),
        ("“It was slow,” Park’s aide said.", "verified"),
        ("“It was slow,” Park Min said.", "unverified"),
        ("“It was slow,” the CRA said.", "unverified"),
        ("“It was slow,” said a man in Parkside.", "unverified"),
    ],
)
def test_a_first_name_stands_for_the_speaker_where_it_stands_alone(
    near: str, attribution: str
) -> None:
    filler = "Rain fell on the town for a day and a night.\n\n" * 3
    index = index_of(f"A ferry\n\nThe ferry left with Park Geun on board.\n\n{filler}{near}\n")
    checked = check(
        "reactions",
        index,
        speaker="Park Geun",
        evidence=[near.partition(",”")[0]],
        quote="It was slow",
        statement="It was slow.",
    )
    assert isinstance(checked.item, Reaction)
    assert checked.item.attribution == attribution


def test_an_organization_speaks_under_its_initials() -> None:
    filler = "Rain fell on the town for a day and a night.\n\n" * 3
    text = f"Roads\n\nThe Crown Road Authority met.\n\n{filler}“Slow down, all,” the CRA said.\n"
    checked = check(
        "reactions",
        index_of(text),
        speaker="Crown Road Authority",
        evidence=["“Slow down, all,” the CRA said"],
        quote="Slow down, all",
        statement="It asks all to slow down.",
    )
    assert isinstance(checked.item, Reaction)
    assert checked.item.attribution == "verified"


# What is told at once

_NAMES = st.lists(
    st.sampled_from(
        (
            "Kim",
            "Yo",
            "U.S.",
            "Smith's",
            "Al-Din",
            "St.",
            "of",
            "the",
            "The",
            "\u00c9mile",
            "O\u2019Hara",
        )
    ),
    min_size=1,
    max_size=4,
)
_SIGNS = st.sampled_from((" ", " ", " ", "-", ".", "\u2019s ", ", ", "\n\n", "\u2019"))


@given(st.lists(st.tuples(_NAMES.map(" ".join), _SIGNS), min_size=1, max_size=6), _NAMES)
def test_a_name_that_plainly_stands_near_has_its_words_near(
    parts: list[tuple[str, str]], name: list[str]
) -> None:
    text = "Rain fell on the town. " + "".join(word + sign for word, sign in parts) + "and ended."
    index = index_of(text)
    evidence = [span] if (span := index.span("Rain fell on")) is not None else []
    near = (*index.context(evidence), *index.neighbours(evidence))
    for wanted in (" ".join(name), *(word for word, _ in parts)):
        if evidence and index.stands_near(wanted, evidence):
            assert keys(wanted) <= index.keys_of(near)


def test_a_name_between_spaces_plainly_stands_near() -> None:
    index = index_of("Rain fell on Aldo Ferrin there. Lena-based crews came.")
    span = index.span("Rain fell on")
    assert span is not None
    assert index.stands_near("Aldo Ferrin", [span])
    assert not index.stands_near("Lena", [span])
    assert not index.stands_near("Bob", [span])
