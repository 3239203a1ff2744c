"""Statements: their numbers, times and names stand where they rest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.grounded import LEAD, SPEECH, check, index_of, rejected

NOWHERE_NEAR = "stands neither in the evidence nor in its paragraph, the headline or the dateline"

# Numbers in statements


@pytest.mark.parametrize(
    "statement",
    [
        "It reopened two years after 12 people died.",
        "It reopened 2 years after twelve people died.",
        "It reopened two years after a dozen people died.",
        "The pier cost €1,200,000.",
        "The pier cost 1.2 million euros.",
        "It reopened on 14 March 2031.",
        "It reopened on Friday, March 14, 2031.",
        "One bridge reopened for the first time, once and for all, by both parties.",
        "In 2031 the bridge reopened.",
    ],
)
def test_numbers_that_the_evidence_or_its_paragraph_holds(statement: str) -> None:
    assert check("what", evidence=[LEAD], statement=statement).item is not None


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("It reopened after 13 people died.", "13"),
        ("It reopened after twenty people died.", "twenty"),
        ("It reopened after three years.", "three"),
        ("The pier cost 1.2 billion.", "1.2 billion"),
        ("The pier cost €1.3 million.", "1.3 million"),
        ("The pier cost €12 million.", "12 million"),
        ("The third bridge reopened.", "third"),
        ("Thousands of people died.", "Thousands"),
        ("In 2030 it reopened.", "2030"),
        ("It reopened on 15 March.", "15"),
        ("It reopened after half of the 12 died.", "half"),
        ("50% of the pier was rebuilt.", "50%"),
    ],
)
def test_a_number_that_stands_nowhere_near(statement: str, number: str) -> None:
    assert rejected("what", evidence=[LEAD], statement=statement) == (
        "number_not_in_evidence",
        f"“{number}” {NOWHERE_NEAR}",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "Thousands of lorries were counted.",
        "Several thousand lorries were counted.",
        "It was painted in the 1950s and half its lamps were lost.",
        "40 per cent of the lamps were lost.",
        "The mayor took office in June 2030.",
    ],
)
def test_sizes_decades_shares_and_resolved_times(statement: str) -> None:
    assert check("background", statement=statement, date=None).item is not None


def test_a_number_of_another_paragraph_is_not_near() -> None:
    assert rejected("what", evidence=[SPEECH], statement="12 people died.")[0] == (
        "number_not_in_evidence"
    )


# Months and weekdays in statements


@pytest.mark.parametrize(
    ("statement", "time"),
    [
        ("The bridge reopened on Monday.", "Monday"),
        ("The bridge reopened in May.", "May"),
        ("The bridge reopened on 14 April.", "14 April"),
        ("On Saturday, 14 March, the bridge reopened.", "Saturday, 14 March"),
        ("The bridge reopened on Thursday.", "Thursday"),
    ],
)
def test_a_month_or_weekday_that_stands_nowhere_near(statement: str, time: str) -> None:
    assert rejected("what", evidence=[LEAD], statement=statement) == (
        "name_not_in_evidence",
        f"“{time}” {NOWHERE_NEAR}",
    )


def test_a_weekday_that_the_dateline_resolves_to_is_fair() -> None:
    index = index_of("Ferry stops\n\n14 March 2031\n\nThe ferry stopped yesterday, it was said.\n")
    evidence = ["The ferry stopped yesterday"]
    right = "The ferry stopped on Thursday, 13 March."
    assert check("what", index, evidence=evidence, statement=right).item is not None
    wrong = "The ferry stopped on Tuesday."
    assert rejected("what", index, evidence=evidence, statement=wrong)[0] == "name_not_in_evidence"


# Names in statements

NAMES = """Leaders meet in Hanoi

Vietnam's president received the French, Dutch and Spanish envoys of the United Nations Security
Council in Hanoi, the International Criminal Court (ICC) said. Swiss banks, Danish police, Polish
farmers, Irish singers, a Welsh choir and Filipino nurses sent letters. The U.S. and Britain did
not, nor did the EU. Governor Ann Abbott of Texas, who chairs the Workers' Party of Korea's
friends, and Mayor Recep Erdoğan of São Paulo spoke at the Ministry of Defence. The prime minister
had left school and walked. President Zelensky's aide wrote to Londoners.
"""


@pytest.mark.parametrize(
    "statement",
    [
        "Envoys met in Vietnam.",
        "The Vietnamese president met envoys.",
        "Envoys of France, the Netherlands and Spain met.",
        "Switzerland, Denmark, Poland, Ireland, Wales and the Philippines wrote.",
        "The Danes and the Poles wrote; the Dutchman came.",
        "The US and the UK did not write.",
        "Neither America nor the United Kingdom wrote.",
        "American and British officials did not write.",
        "The United States' envoy did not write.",
        "US-led talks were held by the European Union.",
        "The UN and the UNSC met.",
        "Envoys of the Security Council met.",
        "The ICC spoke for the International Criminal Court.",
        "The WPK has friends.",
        "The Korean Workers' Party has friends.",
        "The Texan governor and Mr. Erdogan of Sao Paulo spoke.",
        "Mr Abbott, Dr. Abbott and Sir Erdogan spoke.",
        "The Defense Ministry, the MoD, heard them.",
        "The Prime Minister and the PM had left.",
        "Zelenskyy's aide wrote to London.",
        "Critics said nothing. Residents, officials and police did. However, nobody went.",
        "He spoke. “We met,” she said: Nothing else.",
        "I, II and XIV",
        "",
    ],
)
def test_names_that_the_article_has_in_any_form(statement: str) -> None:
    assert index_of(NAMES).names.unknown(statement) is None


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("The envoys met Biden.", "Biden"),
        ("Biden met the envoys.", "Biden"),
        ("Joe Biden met the envoys.", "Joe"),
        ("The envoys met Mr. Biden.", "Biden"),
        ("It was quiet. Biden met them.", "Biden"),
        ("They met: “Biden was there.”", "Biden"),
        ("The pro-Biden envoys met.", "Biden"),
        ("Biden's envoys met.", "Biden's"),
        ("Scholz met the envoys.", "Scholz"),
        ("The envoys met Scholz.", "Scholz"),
        ("The envoys met in Paris.", "Paris"),
        ("German envoys met.", "German"),
        ("China was there.", "China"),
        ("The Scottish envoy met them.", "Scottish"),
        ("England wrote.", "England"),
        ("The envoys met NATO.", "NATO"),
        ("NATO met the envoys.", "NATO"),
        ("The Foreign Ministry met them.", "Foreign"),
        ("Mr. Abbottson spoke.", "Abbottson"),
        ("The envoys met Walker.", "Walker"),
        ("New Zealand wrote.", "New Zealand"),
    ],
)
def test_an_invented_name_is_told(statement: str, name: str) -> None:
    assert index_of(NAMES).names.unknown(statement) == name


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("what", {"statement": "The Heron Bridge in Norwich reopened."}),
        ("when", {"event": "It reopens in Norwich."}),
        ("reactions", {"statement": "She told Norwich that it is a lifeline."}),
        ("background", {"statement": "The bridge was closed by Norwich."}),
    ],
)
def test_a_statement_with_an_invented_name(field: str, changes: dict[str, Any]) -> None:
    assert rejected(field, **changes) == (
        "name_not_in_article",
        "“Norwich” does not stand in the article",
    )


def test_a_name_that_only_furniture_has_is_not_in_the_article() -> None:
    reason, detail = rejected("what", statement="The tunnel at Westport reopened.")
    assert (reason, detail) == ("name_not_in_article", "“Westport” does not stand in the article")
