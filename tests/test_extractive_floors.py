"""The extractive engine on articles of many kinds, by the evals' own scorer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals import cli
from summarizer.schema import FIELD_NAMES

CORPUS = Path(__file__).parent / "corpus"


def scored(folder: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    command = ["quick", "--engine", "extractive", "--json", "--data", str(CORPUS / folder)]
    assert cli.main(command) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


@pytest.mark.parametrize("folder", ["dev", "second", "heldout"])
def test_the_engine_is_ahead_of_every_floor_in_every_field(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = scored(folder, capsys)
    found = result["sensitivity"]["0.5"]
    for floor, column in result["beside"].items():
        for field in FIELD_NAMES:
            assert found[field] > (column[field] or 0), (floor, field)


@pytest.mark.parametrize("folder", ["dev", "second", "heldout"])
def test_every_item_that_is_kept_is_grounded_and_few_are_lost(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = scored(folder, capsys)["service"]["checks"]
    assert checks["grounded"] == checks["items"]
    assert checks["unmarked_quotes"] == 0
    assert checks["rejected"] <= checks["items"] / 50
