"""Dates: EDTF values, time expressions, and whether the two agree."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import dates

#: A Tuesday.
TODAY = dt.date(2024, 6, 18)


# EDTF


@pytest.mark.parametrize(
    ("value", "earliest", "latest", "granularity"),
    [
        ("2024", "2024-01-01", "2024-12-31", "year"),
        ("2024-02", "2024-02-01", "2024-02-29", "month"),
        ("2023-02", "2023-02-01", "2023-02-28", "month"),
        ("2024-06-18", "2024-06-18", "2024-06-18", "day"),
        ("2024-06-18/2024-06-19", "2024-06-18", "2024-06-19", "interval"),
        ("2022/2024-02", "2022-01-01", "2024-02-29", "interval"),
        ("2024/2024-02", "2024-01-01", "2024-12-31", "interval"),
        ("0001", "0001-01-01", "0001-12-31", "year"),
        ("9999-12", "9999-12-01", "9999-12-31", "month"),
    ],
)
def test_an_edtf_value_has_bounds(value: str, earliest: str, latest: str, granularity: str) -> None:
    bounds = (dt.date.fromisoformat(earliest), dt.date.fromisoformat(latest))
    assert dates.bounds(value) == bounds
    assert dates.parse(value).granularity == granularity


@pytest.mark.parametrize(
    "value",
    "| |2024-13|2024-00|2023-02-29|2024-6-18|24|0000|12024|June 2024|2024-06-18T10:00|2024/|/2024|"
    "2024-06-19/2024-06-18|..|2024/..|2024//|2024~|2024?|202X|２０２４|2024-06-18\n| 2024|"
    "2024/2025/2026|\ud800".split("|"),
)
def test_what_is_not_level_0_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"EDTF|calendar|ends before"):
        dates.parse(value)


@given(st.dates(), st.dates())
def test_days_and_intervals_of_days_have_themselves_as_bounds(one: dt.date, two: dt.date) -> None:
    assert dates.bounds(one.isoformat()) == (one, one)
    first, last = sorted((one, two))
    assert dates.bounds(f"{first.isoformat()}/{last.isoformat()}") == (first, last)


@given(st.dates())
def test_a_year_covers_its_months_and_a_month_its_days(day: dt.date) -> None:
    iso = day.isoformat()
    year, month, whole = (dates.parse(iso[:length]) for length in (4, 7, 10))
    assert year.covers(month)
    assert month.covers(whole)
    assert whole.covers(whole)
    assert not whole.covers(month)


@given(st.text())
def test_any_text_is_an_edtf_value_or_a_value_error(text: str) -> None:
    try:
        earliest, latest = dates.bounds(text)
    except ValueError:
        return
    assert earliest <= latest


# Expressions


def read(text: str, reference: dt.date | None = TODAY) -> list[tuple[str, str | None]]:
    return [(time.text, time.date) for time in dates.find(text, reference)]


@pytest.mark.parametrize(
    ("phrase", "date"),
    [
        # Days
        ("18 June 2024", "2024-06-18"),
        ("18th June, 2024", "2024-06-18"),
        ("the 18th of June 2024", "2024-06-18"),
        ("June 18, 2024", "2024-06-18"),
        ("June 18th 2024", "2024-06-18"),
        ("Jun. 18, 2024", "2024-06-18"),
        ("Sept. 5, 2023", "2023-09-05"),
        ("Sept 5 2023", "2023-09-05"),
        ("JUNE 18, 2024", "2024-06-18"),
        ("Tuesday, June 18, 2024", "2024-06-18"),
        ("Tues., 18 Jun 2024", "2024-06-18"),
        ("18\u00a0June\n2024", "2024-06-18"),
        ("2024-06-18", "2024-06-18"),
        ("2024/06/18", "2024-06-18"),
        ("18.06.2024", "2024-06-18"),
        ("18/06/2024", "2024-06-18"),
        ("06/18/2024", "2024-06-18"),
        ("Feb. 29, 2024", "2024-02-29"),
        ("the first of May 2024", "2024-05-01"),
        ("June 18", "2024-06-18"),
        ("7 October", "2024-10-07"),
        ("20 December", "2023-12-20"),
        # Months and years
        ("June 2024", "2024-06"),
        ("early June 2024", "2024-06"),
        ("mid-July", "2024-07"),
        ("late May", "2024-05"),
        ("last June", "2023-06"),
        ("next June", "2025-06"),
        ("last May", "2024-05"),
        ("early 2024", "2024"),
        ("the 1950s", "1950/1959"),
        ("the early 2000s", "2000/2009"),
        ("2014-2018", "2014/2018"),
        ("1914–18", "1914/1918"),
        ("2024/25", "2024/2025"),
        ("between 2014 and 2018", "2014/2018"),
        # Ranges
        ("June 18-19", "2024-06-18/2024-06-19"),
        ("June 18–19, 2024", "2024-06-18/2024-06-19"),
        ("18-19 June 2024", "2024-06-18/2024-06-19"),
        ("18 and 19 June", "2024-06-18/2024-06-19"),
        ("June 18 to 20", "2024-06-18/2024-06-20"),
        ("30 June to 2 July", "2024-06-30/2024-07-02"),
        ("June 30 - July 2, 2024", "2024-06-30/2024-07-02"),
        ("28 December to 3 January", "2023-12-28/2024-01-03"),
        ("December 30 to January 2, 2024", "2023-12-30/2024-01-02"),
        ("Monday to Friday", "2024-06-17/2024-06-21"),
        ("Friday and Saturday", "2024-06-21/2024-06-22"),
        ("June to August 2024", "2024-06/2024-08"),
        ("June–July 2024", "2024-06/2024-07"),
        ("December to February 2024", "2023-12/2024-02"),
        # Relative to a Tuesday
        ("Tuesday", "2024-06-18"),
        ("Monday", "2024-06-17"),
        ("Wednesday's", "2024-06-19"),
        ("Saturday", "2024-06-15"),
        ("last Tuesday", "2024-06-11"),
        ("next Tuesday", "2024-06-25"),
        ("this Friday", "2024-06-21"),
        ("Monday next week", "2024-06-24"),
        ("Friday last week", "2024-06-14"),
        ("June last year", "2023-06"),
        ("18 June of last year", "2023-06-18"),
        ("today", "2024-06-18"),
        ("tonight", "2024-06-18"),
        ("overnight", "2024-06-18"),
        ("yesterday", "2024-06-17"),
        ("last night", "2024-06-17"),
        ("the day before yesterday", "2024-06-16"),
        ("tomorrow", "2024-06-19"),
        ("the day after tomorrow", "2024-06-20"),
        ("this week", "2024-06-17/2024-06-23"),
        ("last week", "2024-06-10/2024-06-16"),
        ("at the weekend", "2024-06-15/2024-06-16"),
        ("last month", "2024-05"),
        ("earlier this month", "2024-06"),
        ("next year", "2025"),
        ("two days ago", "2024-06-16"),
        ("a month ago", "2024-05"),
        ("18 months ago", "2022-12"),
        ("ten years ago", "2014"),
        ("two decades ago", "2004"),
        ("two days later", None),
        ("a year earlier", None),
    ],
)
def test_news_phrases_mean_dates(phrase: str, date: str | None) -> None:
    for text in (phrase, f"It came in {phrase}, they said", f"({phrase})"):
        (time,) = dates.find(text, TODAY)
        # The article may be left out of the expression.
        assert time.text in phrase
        assert phrase.endswith((time.text, time.text + "'s"))
        assert time.date == date
        assert time.granularity == (dates.parse(date).granularity if date else None)
        assert text[time.start : time.end] == time.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("early Tuesday and late on Wednesday", ["Tuesday", "Wednesday"]),
        ("Monday and Friday", ["Monday", "Friday"]),
        ("in 1961, 1988 and 2013", ["1961", "1988", "2013"]),
        ("June 18 and 30 people", ["June 18"]),
        ("on 18 June. Tuesday was hot", ["18 June", "Tuesday"]),
        ("March 3, a march in March", ["March 3", "March"]),
        ("In May, Theresa May may go", ["May"]),
        ("won 3-2 on Sunday", ["Sunday"]),
        ("on 18 June at 14:10", ["18 June"]),
        ("overnight Monday into Tuesday", ["overnight", "Monday", "Tuesday"]),
    ],
)
def test_times_are_told_from_what_stands_around_them(text: str, expected: list[str]) -> None:
    assert [found for found, _ in read(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Theresa May may march with June Smith and April O'Neil",
        "April and June sang with August and Jan",
        "The Sun said; he sat; on Mon Repos",
        "They join the March for Life, a long march",
        "in the summer, last spring, at Christmas, on Easter Day",
        "24 hours a day, three times a day, in 36 hours, an hour ago",
        "won 3-2, lost 21-18, 6-4 6-4",
        "call +1 202 555 0143 or 202-555-0143",
        "at 14:10, at 10.30, at 9 p.m.",
        "$2024, 2024 people, 2000 workers, 2024%",
        "Room 2024, Flight 1812, 1,999 homes",
        "03/04/2024 or 04/03/2024",
        "June 31, 30 February, 29 February 2023, 32 May",
        "the 19th century, the 1900s, 1066, 9/11",
        "the last week, the last year, the past month, half a year ago",
        "tuesday, june 18, in may",
        "several years ago, some days ago",
        "2024年6月18日 and 18 de junio",
        "",
    ],
)
def test_what_is_no_settled_time_is_left_alone(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "tense", "date"),
    [
        ("on Monday", "past", "2024-06-17"),
        ("on Monday", "future", "2024-06-24"),
        ("on Tuesday", "past", "2024-06-18"),
        ("on Tuesday", "future", "2024-06-18"),
        ("in May", "past", "2024-05"),
        ("in May", "future", "2025-05"),
        ("in September", "past", "2023-09"),
        ("on 1 July", "past", "2023-07-01"),
        ("on 1 July", "future", "2024-07-01"),
        ("over the weekend", "past", "2024-06-15/2024-06-16"),
        ("over the weekend", "future", "2024-06-22/2024-06-23"),
    ],
)
def test_tense_says_which_way_a_time_looks(
    text: str, tense: Literal["past", "future"], date: str
) -> None:
    (time,) = dates.find(text, TODAY, tense=tense)
    assert time.date == date


@pytest.mark.parametrize(
    ("text", "reference", "date"),
    [
        ("on 31 December", "2024-01-02", "2023-12-31"),
        ("on January 3", "2024-12-30", "2025-01-03"),
        ("in December", "2024-01-15", "2023-12"),
        ("in January", "2024-12-15", "2025-01"),
        ("yesterday", "2024-01-01", "2023-12-31"),
        ("tomorrow", "2024-02-28", "2024-02-29"),
        ("last month", "2024-01-31", "2023-12"),
        ("this week", "2024-12-31", "2024-12-30/2025-01-05"),
        ("on Feb. 29", "2023-03-10", "2024-02-29"),
        ("on 29 February", "2025-06-01", "2024-02-29"),
        ("on 29 February", "2022-03-01", None),
        ("Monday", "0001-01-02", "0001-01-01"),
        ("last Monday", "0001-01-01", None),
        ("next Friday", "9999-12-31", None),
        ("Friday to Sunday", "9999-12-31", None),
        ("tomorrow", "9999-12-31", None),
        ("next month", "9999-12-31", None),
        ("99 decades ago", "0050-01-01", None),
    ],
)
def test_years_and_the_calendar_have_ends(text: str, reference: str, date: str | None) -> None:
    found = dates.find(text, dt.date.fromisoformat(reference))
    assert [time.date for time in found] == [date]


def test_without_a_reference_only_whole_dates_are_settled() -> None:
    text = "on Tuesday, 18 June, last year and on 1 May 2023, in June last year"
    assert read(text, None) == [
        ("Tuesday, 18 June", None),
        ("last year", None),
        ("1 May 2023", "2023-05-01"),
        ("June last year", None),
    ]
    assert [time.relative for time in dates.find(text)] == [True, True, False, True]


def test_the_articles_own_year_settles_days_without_one() -> None:
    text = "On June 18 and last year"
    assert [time.date for time in dates.find(text, year=2024)] == ["2024-06-18", "2023"]
    assert dates.own_year("On 1 May 2024 and June 3, 2024, in 1999") == 2024
    assert dates.own_year("On 1 May 2024 and June 3, 2023") is None
    assert dates.own_year("On 1 May") is None


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("since 2022", True),
        ("until Friday", True),
        ("from Monday", True),
        ("before 18 June", True),
        ("from 18 to 19 June", False),
        ("on 18 June", False),
    ],
)
def test_one_end_alone_is_open(text: str, *, is_open: bool) -> None:
    (time,) = dates.find(text, TODAY)
    assert time.open == is_open


@given(st.text(), st.none() | st.dates())
def test_expressions_lie_in_any_text_in_order(text: str, reference: dt.date | None) -> None:
    found = dates.find(f"{text} on 18 June 2024 {text}", reference)
    assert all(one.end <= two.start for one, two in pairwise(found))
    for time in found:
        if time.date:
            dates.parse(time.date)


_PHRASES = st.lists(
    st.sampled_from(
        "June May 18 31 2024 last next week year Monday to and - , the of in this month overnight "
        "ago two later 1950s weekend yesterday since early / . 2024-06-18 Dec. first".split()
    ),
    max_size=12,
).map(" ".join)


def test_only_ascii_letters_spell_a_time() -> None:
    # A regular expression without case takes a dotless "ı" for an "i".
    found = dates.find("Fr\u0131day, 4 Apr\u0131l and the abcdteenth of May")
    assert [time.text for time in found] == ["May"]


@given(_PHRASES, st.none() | st.dates(), st.none() | st.integers(1, 9999))
def test_any_heap_of_time_words_is_read_without_trouble(
    text: str, reference: dt.date | None, year: int | None
) -> None:
    for time in dates.find(text, reference, year=year):
        assert text[time.start : time.end] == time.text
        if time.date:
            assert dates.disagreement(time.date, time.text, reference, year=year) is None or (
                time.relative
            )


# Agreement


def reason(date: str, words: str, reference: dt.date | None = TODAY, **known: object) -> str | None:
    found = dates.disagreement(date, words, reference, **known)  # type: ignore[arg-type]  # as given
    if found is None:
        return None
    assert found.detail
    assert not found.detail.endswith(".")
    return found.reason


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2024-06-18", "on Tuesday"),
        ("2024-06-11", "on Tuesday"),
        ("2024-06-25", "next Tuesday"),
        ("2024-06-18", "June 18"),
        ("2024-06-18", "Tuesday, 18 June 2024"),
        ("2024-06", "in June"),
        ("2023-09", "last September"),
        ("2024-06-18/2024-06-19", "June 18-19"),
        ("2024-06-18", "June 18-19"),
        ("2024-06-19", "June 18-19"),
        ("2024-06-18/2024-06-19", "from Tuesday to Wednesday"),
        ("2024-06-18/2024-06-21", "starts on 18 June and ends on 21 June"),
        ("2024-06/2024-08", "June to August"),
        ("1961/2013", "in 1961, 1988 and 2013"),
        ("2023", "last year"),
        ("2024-06-17", "yesterday"),
        ("2024-06-18", "overnight"),
        ("2024-06-17", "overnight"),
        ("1950/1959", "in the 1950s"),
        ("2022", "since 2022"),
        ("2024-06-24", "Monday next week"),
        ("2023-06", "in June last year"),
        ("2024-06-18", "on the 18th"),
        ("2024-05-01", "on the first of May"),
        ("2024-06-18", "on the 18th of this month"),
        ("2024-06-18", "in June, on the 18th"),
    ],
)
def test_right_dates_agree_with_their_words(date: str, words: str) -> None:
    assert reason(date, words) is None


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2024-06-19", "on Tuesday"),
        ("2024-05-07", "on Tuesday"),
        ("2024-06-25", "last Tuesday"),
        ("2024-06-11", "next Tuesday"),
        ("2024-06-19", "June 18"),
        ("2024-07-18", "June 18"),
        ("2023-06-18", "18 June 2024"),
        ("2024-06-18", "Wednesday, 18 June"),
        ("2022-06-18", "June 18"),
        ("2024-07", "in June"),
        ("2024-06-18", "in June"),
        ("2024-06", "on Tuesday"),
        ("2024-06-18/2024-06-20", "June 18-19"),
        ("2024-06-17", "June 18-19"),
        ("2024-06/2024-09", "June to August"),
        ("2024", "last year"),
        ("2024-06-18", "yesterday"),
        ("2024-06-16", "overnight"),
        ("2024-06-18", "last week"),
        ("1951/1959", "in the 1950s"),
        ("1960", "in the 1950s"),
        ("2024-06-11", "Tuesday next week"),
        ("2024-06", "in June last year"),
        ("2021", "since 2022"),
    ],
)
def test_wrong_dates_disagree_with_their_words(date: str, words: str) -> None:
    assert reason(date, words) == "date_disagrees"


@pytest.mark.parametrize("words", ["on Tuesday", "yesterday", "June 18", "last year", "overnight"])
def test_a_relative_date_needs_a_reference(words: str) -> None:
    date = {"on Tuesday": "2024-06-18", "last year": "2023"}.get(words, "2024-06-18")
    assert reason(date, words, None) == "date_without_reference"


@pytest.mark.parametrize("words", ["soon", "", "when it rains", "on the 19th", "in the summer"])
def test_words_without_the_time_give_no_date(words: str) -> None:
    assert reason("2024-06-18", words) == "date_without_words"


def test_dates_that_the_article_names_elsewhere_settle_what_words_leave_open() -> None:
    named = {"2019-06-18", "2021-11-09"}
    assert reason("2019-06-18", "June 18", named=named) is None
    assert reason("2019-06-18", "that day", named=named) is None
    assert reason("2019-06-18", "June 19", named=named) == "date_disagrees"
    assert reason("2021", "in the spring of that year", named=named) is None
    assert reason("2020", "in the spring of that year", named=named) == "date_without_words"
    assert reason("2021-11-09", "the worst day since May", named=named) is None
    assert reason("2021-11-09", "the worst day since May") == "date_disagrees"


def test_the_articles_own_year_is_as_good_as_a_reference_for_days() -> None:
    assert reason("2024-06-18", "June 18", None, year=2024) is None
    assert reason("2023-06-18", "June 18", None, year=2024) == "date_without_reference"
    assert reason("2024-06-18", "on Tuesday", None, year=2024) == "date_without_reference"


def test_what_is_not_edtf_is_refused() -> None:
    with pytest.raises(ValueError, match="EDTF"):
        dates.disagreement("next week", "next week", TODAY)


@given(_PHRASES, st.none() | st.dates(), st.none() | st.integers(1, 9999))
def test_times_that_are_known_already_make_no_difference(
    words: str, reference: dt.date | None, year: int | None
) -> None:
    times = dates.find(words, reference, year=year)
    for value in ("2024-06-18", "2024-06", "2023/2025"):
        anew = dates.disagreement(value, words, reference, year=year)
        assert dates.disagreement(value, words, reference, year=year, times=times) == anew


@given(
    _PHRASES,
    st.none() | st.dates(dt.date(2023, 1, 1), dt.date(2025, 12, 31)),
    st.none() | st.integers(2022, 2025),
    st.sets(st.sampled_from(("2024-06-18", "2024-06", "2024", "2023/2025", "2024-05-31"))),
)
def test_dates_named_elsewhere_speak_only_against_words_with_one_end(
    words: str, reference: dt.date | None, year: int | None, named: set[str]
) -> None:
    if any(time.open for time in dates.find(words, reference, year=year)):
        return
    for value in ("2024-06-18", "2024-06", "2024", "2023/2025"):
        if dates.disagreement(value, words, reference, year=year) is None:
            assert dates.disagreement(value, words, reference, year=year, named=named) is None


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)))
def test_a_written_out_date_means_itself_and_no_other_day(day: dt.date) -> None:
    other = (day + dt.timedelta(days=1)).isoformat()
    for form in ("{d} {m} {y}", "{m} {d}, {y}", "{w}, {m} {d}, {y}", "{w} {d} {m} {y}", "{i}"):
        words = form.format(d=day.day, m=f"{day:%B}", y=day.year, w=f"{day:%A}", i=day.isoformat())
        (time,) = dates.find(f"It was on {words}.")
        assert (time.text, time.date) == (words, day.isoformat())
        assert reason(day.isoformat(), words, None) is None
        assert reason(other, words, None) == "date_disagrees"


@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)),
    st.integers(-6, 6).filter(bool),
)
def test_a_weekday_means_the_nearest_such_day(reference: dt.date, distance: int) -> None:
    day = reference + dt.timedelta(days=distance)
    (time,) = dates.find(f"on {day:%A}", reference)
    assert time.date is not None
    found = dt.date.fromisoformat(time.date)
    assert found.weekday() == day.weekday()
    assert abs((found - reference).days) <= 3
    assert reason(day.isoformat(), f"on {day:%A}", reference) is None
    wrong = day + dt.timedelta(days=1)
    assert reason(wrong.isoformat(), f"on {day:%A}", reference) == "date_disagrees"


@pytest.mark.parametrize(
    "unit",
    "June |June 1 |1 June to |Monday and |last |the |2024-|12/12/|1 |(((|May |first of |June\n\n\n|"
    "two days ".split("|"),
)
def test_a_long_text_of_one_thing_takes_linear_time(unit: str) -> None:
    text = unit * (50_000 // len(unit))
    dates.find(text, TODAY)
    dates.find(unit + " " * 100_000 + unit, TODAY)
    dates.disagreement("2024-06-18", text[:20_000], TODAY)
