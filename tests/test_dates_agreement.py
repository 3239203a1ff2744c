"""Agreement of dates: what the article's other dates can change."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from summarizer import dates

_VALUES = st.sampled_from(("2024", "2024-06", "2024-06-18", "2024-06-17/2024-06-19", "2023-05"))
_WORDS = st.lists(
    st.sampled_from(
        "since until on in June 18 the 18th of that month year 2024 Monday May last week yesterday "
        "day from to rain 2023".split(" ")
    )
).map(" ".join)


@given(
    _VALUES,
    _WORDS,
    st.none() | st.just(dt.date(2024, 6, 19)),
    st.none() | st.just(2024),
    st.lists(_VALUES | st.just("1998-01-01")),
)
def test_other_dates_either_settle_the_date_or_change_nothing(
    value: str, words: str, reference: dt.date | None, year: int | None, named: list[str]
) -> None:
    alone = dates.disagreement(value, words, reference, year=year)
    settled = dates.disagreement(value, words, reference, year=year, named=[value])
    found = dates.disagreement(value, words, reference, year=year, named=named)
    assert found in ((settled,) if value in named else (alone, settled))
