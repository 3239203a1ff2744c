"""Numbers: digits and number words alike, as exact values."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import numbers
from summarizer.numbers import Magnitude


def read(text: str) -> list[Decimal]:
    return [number.value for number in numbers.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", ["12"]),
        ("007", ["7"]),
        ("1,200,000", ["1200000"]),
        ("1.200.000,50", ["1200000.5"]),
        ("1'200'000 and 1’200", ["1200000", "1200"]),
        ("1\u00a0200\u202f000", ["1200000"]),
        ("3.5 and 3,5", ["3.5", "3.5"]),
        ("1.2 million", ["1200000"]),
        ("1.2-million", ["1200000"]),
        ("$2.1bn, £40m and 10k", ["2100000000", "40000000", "10000"]),
        ("1½ or ½", ["1.5", "0.5"]),
        ("50%, 12.5 per cent", ["50", "12.5"]),
        ("3 to 5 million", ["3000000", "5000000"]),
        ("$3-5bn", ["3000000000", "5000000000"]),
        ("3 and 5 million", ["3", "5000000"]),
        ("2 dozen", ["24"]),
        ("1st, 22nd and 101st", ["1", "22", "101"]),
        ("the 1990s", ["1990"]),
        ("2024-06-18", ["2024", "6", "18"]),
        ("at 14:10", ["14", "10"]),
        ("won 3-2", ["3", "2"]),
        ("a 24-year-old", ["24"]),
        ("F-16, G7 and A320", ["16", "7", "320"]),
        ("١٢", ["12"]),
        ("two", ["2"]),
        ("Twenty-one", ["21"]),
        ("forty two", ["42"]),
        ("two hundred and five", ["205"]),
        ("a hundred", ["100"]),
        ("eleven hundred", ["1100"]),
        ("three million two hundred thousand and one", ["3200001"]),
        ("one hundred and two thousand", ["102000"]),
        ("two dozen", ["24"]),
        ("half a million", ["500000"]),
        ("half a dozen", ["6"]),
        ("two and a half million", ["2500000"]),
        ("a million and a half", ["1500000"]),
        ("one and a half", ["1.5"]),
        ("between one hundred and two hundred", ["100", "200"]),
        ("between five thousand and six thousand", ["5000", "6000"]),
        ("between one million and two million", ["1000000", "2000000"]),
        ("eighty and seventy", ["80", "70"]),
        ("one in five", ["1", "5"]),
        ("two three", ["2", "3"]),
        ("hundred hundred million million", ["100", "100000000", "1000000"]),
        ("the twenty-first century", ["21"]),
        ("a million first-time buyers", ["1000000", "1"]),
        ("two thousand third-party checks", ["2000", "3"]),
        ("the hundred and first", ["101"]),
        ("the second and third", ["2", "3"]),
        ("twice, both and a trio", ["2", "2", "3"]),
        ("someone phoned; often attendants weighed tons", []),
        ("several hundred, thousands, a few million, dozens", []),
        ("", []),
    ],
)
def test_numbers_are_read_as_a_person_reads_them(text: str, expected: list[str]) -> None:
    assert read(text) == [Decimal(value) for value in expected]


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("1.2 million", "1,200,000 people"),
        ("1,200,000", "1.2 million people"),
        ("1.2 million", "1 200 000 people"),
        ("two", "2 people"),
        ("12", "a dozen people"),
        ("24", "two dozen people"),
        ("two dozen", "24 people"),
        ("500,000", "half a million"),
        ("half a million", "500,000"),
        ("half", "50% of them"),
        ("half", "50 percent of them"),
        ("50%", "half of them"),
        ("2", "both men"),
        ("2", "twice"),
        ("three million", "between 3 and 5 million"),
        ("5", "5m of rope"),
        ("5 million", "€5m"),
        ("third", "the 3rd"),
        ("1090", "1.090 Einwohner"),
        ("three and a half", "3½"),
    ],
)
def test_a_fair_paraphrase_has_a_value_of_the_evidence(claim: str, evidence: str) -> None:
    assert set(read(claim)) <= numbers.values(evidence)


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("1.2 million", "1.2 billion"),
        ("1.2 million", "1.3 million"),
        ("12", "21"),
        ("$5", "$5bn"),
        ("$5", "$5m"),
        ("$5m", "$5bn"),
        ("5 million", "1.5 million"),
        ("5 million", "5 thousand"),
        ("three", "thirteen"),
        ("third", "thirteenth"),
        ("300", "hundreds"),
        ("102", "between one hundred and two hundred"),
        ("12", "dozens"),
    ],
)
def test_a_changed_number_has_no_value_of_the_evidence(claim: str, evidence: str) -> None:
    assert not set(read(claim)) & numbers.values(evidence)


def test_only_ascii_letters_spell_a_number() -> None:
    # A regular expression without case takes a dotless "ı" for an "i".
    text = "a s\u0131ngle man, 2 m\u0131ll\u0131on men, f\u0131ve m\u0131ll\u0131ons"
    assert read(text) == [Decimal(2)]
    assert numbers.values(text) == {Decimal(2)}
    assert numbers.magnitudes(text) == []


_NUMBER_TEXTS = st.lists(
    st.sampled_from(
        "1 12 1,200,000 1.5 3 5m 20% $3bn ½ 2½ one First twenty-one several hundred many a few "
        "thousand half dozen both single to and - million m k per cent x _ \u0131 é 's".split(" ")
    )
    | st.sampled_from((" ", "-", "\n", "\xa0"))
).map("".join)


@given(_NUMBER_TEXTS | st.text())
def test_looking_only_where_a_number_may_begin_misses_none(text: str) -> None:
    everywhere = [match.span() for match in numbers._NUMBER.finditer(text)]
    assert [match.span() for match in numbers._matches(text)] == everywhere
    named = {match[0] for match in numbers._MAGNITUDE.finditer(text)}
    assert {magnitude.text for magnitude in numbers.magnitudes(text)} == named


def test_words_that_hardly_count_are_vague() -> None:
    assert all(number.vague for number in numbers.find("One first once a single sole both"))
    assert not any(number.vague for number in numbers.find("1 two 1st half twice second"))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Thousands marched", 1_000, 1_000_000),
        ("tens of thousands", 10_000, 100_000),
        ("hundreds of thousands", 100_000, 1_000_000),
        ("several hundred", 100, 1_000),
        ("a few thousand", 1_000, 1_000_000),
        ("dozens", 12, 120),
        ("millions", 10**6, 10**9),
    ],
)
def test_words_of_size_have_bounds(text: str, low: int, high: int) -> None:
    (magnitude,) = numbers.magnitudes(text)
    assert (magnitude.low, magnitude.high) == (low, high)


@pytest.mark.parametrize(
    ("claim", "evidence", "is_covered"),
    [
        ("thousands", "12,000 people", True),
        ("thousands", "tens of thousands of people", True),
        ("thousands", "several thousand people", True),
        ("hundreds", "450 people", True),
        ("hundreds", "several hundred people", True),
        ("dozens", "36 people", True),
        ("thousands", "hundreds of people", False),
        ("thousands", "450 people in 2024", False),
        ("tens of thousands", "thousands of people", False),
        ("millions", "12,000 people", False),
        ("hundreds", "thousands of people", False),
    ],
)
def test_a_size_is_covered_by_numbers_and_words_of_that_size(
    claim: str, evidence: str, *, is_covered: bool
) -> None:
    (magnitude,) = numbers.magnitudes(claim)
    covered = magnitude.covers(numbers.magnitudes(evidence), numbers.values(evidence))
    assert covered == is_covered


def test_nothing_covers_a_size_that_nothing_has() -> None:
    assert not Magnitude("thousands", 1_000, 1_000_000).covers([], set())


@pytest.mark.parametrize(
    ("word", "value"),
    [("nine", 9), ("Fifty", 50), ("12", 12), ("several", None), ("１", None), ("1" * 99, None)],
)
def test_one_word_has_one_value_or_none(word: str, value: int | None) -> None:
    assert numbers.of_word(word) == value


@given(st.integers(0, 10**12), st.sampled_from(["{}", "{:,}"]))
def test_digits_are_read_exactly(value: int, form: str) -> None:
    assert read(f"about {form.format(value)} people") == [Decimal(value)]


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def spelled(value: int) -> str:
    """The value in English words."""
    for scale, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if value >= scale:
            rest = f" {spelled(value % scale)}" if value % scale else ""
            return f"{spelled(value // scale)} {name}{rest}"
    if value >= 100:
        rest = f" and {spelled(value % 100)}" if value % 100 else ""
        return f"{_ONES[value // 100]} hundred{rest}"
    if value >= 20:
        rest = f"-{_ONES[value % 10]}" if value % 10 else ""
        return _TENS[value // 10 - 2] + rest
    return _ONES[value]


@given(st.integers(0, 10**12 - 1))
def test_spelled_numbers_are_read_exactly(value: int) -> None:
    assert read(f"{spelled(value)} people") == [Decimal(value)]


@given(
    st.lists(
        st.sampled_from("one two nine ten twenty first third hundred thousand million and".split())
    )
)
def test_any_run_of_number_words_is_read_to_its_end(words: list[str]) -> None:
    text = " ".join(words)
    found = numbers.find(text)
    assert all(one.end <= two.start for one, two in pairwise(found))
    counted = sum(len(number.text.replace("and", " ").split()) for number in found)
    assert counted == sum(word != "and" for word in words)


@given(st.text() | st.text(alphabet="0123456789.,'-½% $mkbn twohundreadlfiv"))
def test_places_are_right_and_values_include_the_plain_reading(text: str) -> None:
    found = numbers.find(text)
    assert all(text[number.start : number.end] == number.text for number in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert {number.value for number in found} <= numbers.values(text)
    numbers.magnitudes(text)


@pytest.mark.parametrize(
    "unit",
    "1|1,|1,000,|1 000 |hundred |million |two |two and |one hundred and |1 to |½|half a |tens of |"
    "several | ".split("|"),
)
def test_a_long_text_of_one_thing_takes_linear_time(unit: str) -> None:
    text = unit * (50_000 // len(unit)) + "million %"
    numbers.find(text)
    numbers.values(text)
    numbers.magnitudes(text)


@pytest.mark.parametrize("unit", ["", " million", "%", "½"])
def test_a_number_of_a_million_digits_is_read(unit: str) -> None:
    (number,) = numbers.find("7" * 1_000_001 + unit)
    assert number.value > 0
