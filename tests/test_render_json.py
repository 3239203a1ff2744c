"""Facts about a record as JSON."""

from __future__ import annotations

import json

from summarizer.render import to_json
from summarizer.schema import Summary
from tests.invented import article, record


def test_json_goes_there_and_back() -> None:
    summary = record()
    assert Summary.model_validate_json(to_json(summary)) == summary


def test_without_indent_a_record_is_one_line() -> None:
    assert "\n" not in to_json(record(), indent=None)
    assert json.loads(to_json(record(), indent=None)) == json.loads(to_json(record()))


def test_json_cannot_act_on_a_terminal() -> None:
    hostile = "a\x1b]0;x\x07\x9b31m\u202eb\u2066\u200b\U000e0041"
    document = to_json(record(article(title=hostile)))
    assert json.loads(document)["article"]["title"] == hostile
    for character in "\x1b\x07\x9b\u202e\u2066\u200b\U000e0041":
        assert character not in document
