"""The gate that needs no key: on every change, over the five articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals import baseline as baselines
from evals import cli
from evals.data import DEFAULT_DATA
from evals.errors import ExitCode


@pytest.mark.parametrize(
    ("engine", "baseline"), [("extractive", "baseline.json"), ("replay", "baseline-replay.json")]
)
def test_nothing_that_the_baseline_found_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str, baseline: str
) -> None:
    path = DEFAULT_DATA / baseline
    repeats = str(baselines.read(path).repeats)
    run = str(tmp_path / "run")
    command = ["run", "--engine", engine, "--repeats", repeats, "--jobs", "2", "--out", run]
    assert cli.main(command) == ExitCode.OK
    code = cli.main(["gate", run, "--baseline", str(path)])
    told = capsys.readouterr()
    assert code == ExitCode.OK, told.out + told.err


def test_the_blessed_extractive_engine_is_above_every_floor() -> None:
    """Over all fields; a single field may fall to another article's gold on the same event."""
    from evals import data
    from evals.metrics import mean
    from evals.scored import floor_columns

    blessed = baselines.read(DEFAULT_DATA / "baseline.json")
    columns = floor_columns(data.load())
    for column in columns.values():
        assert (mean(blessed.floors.values()) or 0) > (column[None] or 0)
    for name in ("lead-3", "names"):
        for field, value in blessed.floors.items():
            assert (value or 0) > (columns[name][field] or 0), (name, field)
