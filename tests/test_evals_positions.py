"""Where in a JSON text a value stands."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import positions

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_each_value_has_the_line_it_begins_on() -> None:
    text = '{\n "a": [\n  1,\n  {"b": "x\\n}"}\n ],\n "c": null\n}'
    found = positions.parse(text)
    assert found.value == {"a": [1, {"b": "x\n}"}], "c": None}
    assert found.lines == {
        (): 1, ("a",): 2, ("a", 0): 3, ("a", 1): 4, ("a", 1, "b"): 4, ("c",): 6,
    }  # fmt: skip
    assert found.line(("a", 1, "missing", 3)) == 4
    assert found.repeated == ()


def test_a_key_given_twice_is_told() -> None:
    assert positions.parse('{"a": 1, "b": {"c": 1, "c": 2}}').repeated == (("b", "c"),)


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(json.JSONDecodeError):
        positions.parse('{"a": }')


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_any_json_is_walked_to_its_end(value: object, indent: int | None) -> None:
    found = positions.parse(json.dumps(value, indent=indent))
    assert found.value == value
    assert found.repeated == ()
    if indent is None:
        assert set(found.lines.values()) == {1}
