"""Facts about the records of one output in another."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from summarizer.batch import OutputProblem, convert
from summarizer.errors import Refused
from tests.batch_support import GOOD, PARQUET, Runs, kinds, many, records

ENDINGS = (".jsonl", ".db", ".parquet")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(*pair, marks=PARQUET if ".parquet" in pair else ())
        for pair in itertools.permutations(ENDINGS, 2)
    ],
)
def test_records_are_the_same_in_every_output_and_a_batch_goes_on_with_them(
    tmp_path: Path, old: str, new: str
) -> None:
    first = Runs(tmp_path / "old", old)
    first.output.parent.mkdir()
    first(many("a", "b", "c"), GOOD, Refused("declined"))
    second = Runs(tmp_path / "new", new)
    second.output.parent.mkdir()
    before = first.output.read_bytes()
    assert convert(first.output, second.output) == 2
    assert records(second.output) == records(first.output)
    assert kinds(second(many("a", "b", "c"))) == ["known", "written", "known"]
    if old != ".db":  # whose header counts who opened it
        assert first.output.read_bytes() == before


@PARQUET
@pytest.mark.parametrize(("old", "new"), [(".jsonl", ".parquet"), (".parquet", ".jsonl")])
def test_two_outputs_whose_failures_have_one_name_are_no_hindrance(
    tmp_path: Path, old: str, new: str
) -> None:
    run = Runs(tmp_path, old)
    run(many("a", "b"), GOOD, Refused("declined"))
    failures = tmp_path / "out.errors.jsonl"
    before = failures.read_bytes()
    assert convert(run.output, run.output.with_suffix(new)) == 1
    assert records(run.output.with_suffix(new)) == records(run.output)
    assert failures.read_bytes() == before


def test_what_is_there_already_is_not_added_again(tmp_path: Path) -> None:
    run = Runs(tmp_path)
    run(many("a"))
    target = tmp_path / "other.db"
    assert convert(run.output, target) == 1
    run(many("a", "b"))
    assert [convert(run.output, target) for _ in range(2)] == [1, 0]
    assert records(target) == records(run.output)


@pytest.mark.parametrize(
    "content",
    [
        None, "notes\n", '{"schema_version":"1.1","else":1}\n',
        '{"schema_version":' + "[" * 100_000 + "\n",
    ],
)  # fmt: skip
def test_what_is_no_output_is_one_clear_error(tmp_path: Path, content: str | None) -> None:
    old = tmp_path / "old.jsonl"
    if content is not None:
        old.write_text(content)
    with pytest.raises(OutputProblem):
        convert(old, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()
    assert old.exists() == (content is not None)


@pytest.mark.parametrize("ending", [".db", pytest.param(".parquet", marks=PARQUET)])
def test_a_number_that_no_column_holds_is_one_clear_error(tmp_path: Path, ending: str) -> None:
    run = Runs(tmp_path)
    run(many("a"))
    row = run.output.read_text("utf-8")
    run.output.write_text(re.sub(r'"length":\d+', f'"length":{10**30}', row, count=1), "utf-8")
    with pytest.raises(OutputProblem):
        convert(run.output, tmp_path / f"new{ending}")
