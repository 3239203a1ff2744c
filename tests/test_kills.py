"""The killed batch, small: two kills instead of 50. `make soak-batch` is the real one."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench import processes, rows
from bench.kills import Report, facts

pytestmark = pytest.mark.openai

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("output", ["out.jsonl", "out.db"])
def test_a_batch_that_is_killed_shows_what_it_must(output: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.kills", "--articles", "60", "--jobs", "4", "--kills", "2",
         "--seed", "3", "--output", output],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=110, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert "NO " not in done.stdout
    assert sum(line.startswith("yes  ") for line in done.stdout.splitlines()) == 9
    assert done.returncode == 0


def good() -> Report:
    """What a run of three articles, killed twice, comes to if all is well."""
    return Report(
        articles=3, jobs=1, kills=2, rows=[1, 2], asked=[[b"a", b"b"], [b"b", b"c"], [b"c"]],
        found=Counter(a=1, b=1, c=1), wanted={"a", "b", "c"}, right=3, exit_code=0,
        sound=True, files=["out.jsonl"],
    )  # fmt: skip


def failed(report: Report) -> list[str]:
    return [fact.claim for fact in facts(report, "out.jsonl") if not fact.holds]


def test_a_run_where_all_is_well_shows_it() -> None:
    assert failed(good()) == []


@pytest.mark.parametrize(
    ("name", "value", "claim"),
    [
        ("found", Counter(a=2, b=1), "each article is in the output exactly once"),
        ("found", Counter(a=1, b=1, c=1, d=1), "each article is in the output exactly once"),
        ("sound", False, "the file is whole"),
        ("right", 2, "each row is about its article's text"),
        ("rows", [2, 1], "no kill cost a row that was written"),
        ("rows", [2, 2], "the kills came throughout the batch"),
        (
            "asked",
            [[b"a", b"b"], [b"a", b"b", b"c"], []],
            "after a kill at most the calls in flight are made again",
        ),
        ("asked", [[b"a", b"a"], [b"b", b"c"], []], "nothing is asked twice between two kills"),
        ("exit_code", 1, "the last run ends well"),
        ("files", ["out.errors.jsonl", "out.jsonl"], "nothing is left behind"),
        ("orphans", 1, "nothing is left behind"),
    ],
)
def test_a_run_where_something_is_wrong_shows_that(name: str, value: object, claim: str) -> None:
    report = good()
    setattr(report, name, value)
    assert claim in failed(report)


def test_rows_are_counted_before_there_is_a_file_and_with_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    assert (rows.count(path), rows.is_torn(path)) == (0, False)
    path.write_text('{"a": 1}\n{"b"')
    assert (rows.count(path), rows.is_torn(path)) == (1, True)


def test_a_file_with_a_torn_row_is_not_sound(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text('{"a": 1}\n')
    assert rows.sound(path)
    path.write_text('{"a": 1}\n{"b": 1}')
    assert not rows.sound(path)


@pytest.mark.parametrize(
    ("items", "sound"),
    [
        ([(1, "who", 0), (1, "who", 1)], True),
        ([(1, "who", 0)], False),
        ([(1, "who", 0), (1, "who", 0)], False),
        ([(1, "who", 0), (1, "who", 1), (2, "who", 0)], False),
    ],
)
def test_a_database_whose_items_do_not_fit_is_not_sound(
    tmp_path: Path, items: list[tuple[int, str, int]], *, sound: bool
) -> None:
    path = tmp_path / "out.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE articles (id INTEGER, items INTEGER)")
        database.execute("CREATE TABLE items (article INTEGER, field TEXT, position INTEGER)")
        database.execute("INSERT INTO articles VALUES (1, 2)")
        database.executemany("INSERT INTO items VALUES (?, ?, ?)", items)
        database.commit()
    assert rows.sound(path) is sound


def test_what_a_process_made_is_seen_and_that_it_ends() -> None:
    waits = "print(flush=True); input()"
    made = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {waits!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", made], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()  # it has begun
            found = processes.children(process.pid)
            seen = processes.usage(found[0].pid)
            assert seen is not None
            assert seen.memory > 1 << 20
            assert found[0].runs()
            assert not found[0]._replace(began=0).runs()
        finally:
            process.communicate(b"\n")
    assert not found[0].runs()
    assert processes.usage(found[0].pid) is None
