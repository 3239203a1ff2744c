"""Values of options: what each may be, and the sentence where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import values
from summarizer.errors import ConfigurationError

Parser = Callable[[Any, str], Any]


@pytest.mark.parametrize(
    ("parser", "value", "expected"),
    [
        (values.count, "1_000", 1_000),
        (values.count, " 7 ", 7),
        (values.count, 7, 7),
        (values.whole, "0", 0),
        (values.seconds, "0.5", 0.5),
        (values.seconds_or_none, 0, 0.0),
        (values.dollars, "1e-3", 0.001),
        (values.days, "0.5", 0.5),
        (values.flag, " Yes", True),
        (values.flag, False, False),
    ],
)
def test_a_value_that_fits_is_taken(parser: Parser, value: Any, expected: Any) -> None:
    found = parser(value, "--x")
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("parser", "value", "told"),
    [
        (values.count, "0", "whole number above 0"),
        (values.count, "-1", "whole number above 0"),
        (values.count, "1.5", "whole number above 0"),
        (values.count, "٣", "whole number above 0"),
        (values.whole, "-1", "whole number from 0"),
        (values.seconds, "0", "seconds above 0"),
        (values.seconds, "inf", "seconds above 0"),
        (values.seconds_or_none, "nan", "seconds from 0"),
        (values.dollars, "five", "US dollars from 0"),
        (values.days, "36501", "days above 0"),
        (values.flag, "2", "1 or 0"),
    ],
)
def test_another_is_a_sentence_that_names_its_source(parser: Parser, value: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--x must be .*{re.escape(told)}"):
        parser(value, "--x")


def told(parser: Parser, words: str) -> str | None:
    try:
        parser(words, "--x")
    except ConfigurationError as error:
        return str(error)
    return None


@given(st.text())
def test_any_words_are_a_value_or_a_configuration_error(words: str) -> None:
    for parser in (values.count, values.whole, values.seconds, values.dollars, values.flag):
        assert (told(parser, words) or "--x must be ").startswith("--x must be ")


@given(st.integers(min_value=1, max_value=10**18 - 1))
def test_a_whole_number_comes_back_as_it_is(number: int) -> None:
    assert values.count(str(number), "--x") == number
