"""Facts about a batch's database: what is in it, and what a crash and others do to it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer.batch import OutputProblem, table
from summarizer.batch.database import APPLICATION, Database
from summarizer.batch.rows import Known
from summarizer.schema import FIELD_NAMES
from tests.batch_support import Runs, kinds, many
from tests.invented import article, record

ROOT = Path(__file__).parent.parent
POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions, limits and locks of POSIX")
SUMMARY = record(article())
ROW = SUMMARY.model_dump_json()
FAILURE: dict[str, Any] = {
    "source": "b.txt", "key": None, "error": "SourceNotFound", "message": "there is no 'b.txt'",
    "hint": "Check the path.", "retryable": False, "attempts": [],
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with contextlib.closing(Database(path)) as made:
        yield made


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as store:
        return store.execute(query).fetchall()


def count(path: Path) -> int:
    return int(ask(path, "SELECT count(*) FROM articles")[0][0])


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def test_a_record_is_there_for_others_as_soon_as_it_is_added(
    database: Database, path: Path
) -> None:
    place = database.add(ROW)
    assert ask(path, "SELECT id, record FROM articles") == [(place, ROW)]
    assert database.at(place) == ROW


def test_at_the_end_it_is_one_file(database: Database, path: Path) -> None:
    database.add(ROW)
    assert set(names(path)) >= {"out.db", "out.db-wal"}
    database.close()
    assert names(path) == ["out.db"]
    assert ask(path, "PRAGMA journal_mode") == [("delete",)]
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


def test_it_says_whose_it_is_and_of_which_version(database: Database, path: Path) -> None:
    database.add(ROW)
    assert ask(path, "PRAGMA application_id") == [(APPLICATION,)]
    assert ask(path, "PRAGMA user_version") == [(table.VERSION,)]


def test_each_item_has_its_row_with_its_article(database: Database, path: Path) -> None:
    place = database.add(ROW)
    found = ask(path, "SELECT article, field, position, evidence, evidence_start FROM items")
    assert found == [
        (place, field, position, item.evidence[0].text, item.evidence[0].start)
        for field in FIELD_NAMES
        for position, item in enumerate(SUMMARY.items(field))
    ]


def test_a_later_run_finds_the_rows_and_the_failures(database: Database, path: Path) -> None:
    place = database.add(ROW)
    failed = database.fail(FAILURE)
    database.close()
    records: list[tuple[int, Known]] = []
    failures: list[tuple[int, dict[str, Any]]] = []
    with contextlib.closing(Database(path)) as again:
        again.read(lambda *row: records.append(row), lambda *row: failures.append(row))
        assert again.add(ROW) == place + 1
    assert records == [(place, Known.of(json.loads(ROW)))]
    assert failures == [(failed, {"source": "b.txt", "key": None, "retryable": False})]


def test_only_failures_that_stand_stay(database: Database, path: Path) -> None:
    places = [database.fail({**FAILURE, "source": f"{number}"}) for number in range(2_500)]
    database.finish(lambda place, source: place == int(source) + places[0] and place % 2 == 1)
    left = [number for (number,) in ask(path, "SELECT id FROM failures ORDER BY id")]
    assert left == [place for place in places if place % 2]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("CREATE TABLE notes (a)", "is no database of a batch"),
        (f"PRAGMA application_id = {APPLICATION}", "have version 0"),
    ],
)
def test_somebody_elses_database_is_left_as_it_is(path: Path, statement: str, problem: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as store:
        store.execute(statement)
    before = path.read_bytes()
    with pytest.raises(OutputProblem, match=problem):
        Database(path)
    assert (path.read_bytes(), names(path)) == (before, ["out.db"])


def test_what_is_no_database_is_left_as_it_is(path: Path) -> None:
    path.write_text("notes")
    with pytest.raises(OutputProblem, match="is no database of a batch"):
        Database(path)
    assert path.read_text() == "notes"


def test_a_damaged_database_is_one_clear_error(database: Database, path: Path) -> None:
    for _ in range(50):
        database.add(ROW)
    database.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(OutputProblem, match=r"out\.db' cannot be"):
        Database(path).read(lambda *_: None, lambda *_: None)


def test_one_that_was_made_and_stayed_empty_is_removed(path: Path) -> None:
    Database(path).close()
    assert names(path) == []
    with contextlib.closing(Database(path)) as made:
        made.fail(FAILURE)
    assert names(path) == ["out.db"]


@POSIX
def test_a_second_run_gets_an_error_and_the_first_goes_on(database: Database, path: Path) -> None:
    database.add(ROW)
    for _ in range(2):
        with pytest.raises(OutputProblem, match="another run is writing"):
            Database(path)
    code = (
        "import sys; from pathlib import Path\n"
        "from summarizer.batch.database import Database\n"
        "Database(Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, check=False,
        encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "another run is writing" in done.stderr
    database.add(ROW)
    assert count(path) == 2


@POSIX
def test_rows_of_one_that_was_deleted_are_put_back(database: Database, path: Path) -> None:
    for _ in range(3):
        database.add(ROW)
    path.unlink()
    with pytest.raises(OutputProblem, match="was deleted during the run"):
        database.add(ROW)
    database.close()
    assert (count(path), names(path)) == (3, ["out.db"])
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    with contextlib.closing(Database(path)) as again:
        again.add(ROW)
    assert count(path) == 4


@POSIX
def test_rows_of_one_that_was_replaced_are_saved_beside_it(database: Database, path: Path) -> None:
    database.add(ROW)
    path.unlink()
    path.write_text("something else")
    with pytest.raises(OutputProblem, match=r"was replaced .* in '.*out\.saved-1\.db'"):
        database.add(ROW)
    database.close()
    assert path.read_text() == "something else"
    assert names(path) == ["out.db", "out.saved-1.db"]
    assert count(path.with_name("out.saved-1.db")) == 1


@POSIX
def test_one_that_was_made_read_only_gets_no_further_row(database: Database, path: Path) -> None:
    database.add(ROW)
    path.chmod(0o444)
    with pytest.raises(OutputProblem, match="was made read-only"):
        database.add(ROW)
    path.chmod(0o644)
    database.close()
    assert count(path) == 1


@POSIX
def test_where_the_disk_is_full_whole_records_stay_and_half_ones_do_not(path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from summarizer.batch.claim import OutputProblem\n"
        "from summarizer.batch.database import Database\n"
        "database = Database(Path(sys.argv[1])); row = sys.stdin.read()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "try:\n"
        "    for number in range(1_000): database.add(row)\n"
        "except OutputProblem as error: print(number, error)\n"
        "database.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], input=ROW, capture_output=True, check=True,
        encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    written, _, problem = done.stdout.partition(" ")
    assert "out.db' cannot be written: " in problem
    assert 0 < int(written) < 1_000
    assert count(path) == int(written)
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    each = sum(len(SUMMARY.items(name)) for name in FIELD_NAMES)
    assert ask(path, "SELECT count(*) FROM items") == [(int(written) * each,)]
    with contextlib.closing(Database(path)) as again:
        again.add(ROW)


def test_others_may_read_while_it_is_written_and_when_it_ends(
    database: Database, path: Path
) -> None:
    database.add(ROW)
    with contextlib.closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (1,)
        database.add(ROW)
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (1,)
        database.close()
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (1,)
    assert count(path) == 2


def test_a_new_file_does_not_take_the_place_of_one_that_is_being_read(tmp_path: Path) -> None:
    """What stays of the old one's log would be taken for the new one's."""
    run = Runs(tmp_path, ".db")
    run(many("a"))
    with contextlib.closing(sqlite3.connect(run.output)) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM articles").fetchone()
        with pytest.raises(OutputProblem, match="another program has it open"):
            run(many("a", "b"), fresh=True)
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (1,)
    assert kinds(run(many("a", "b"), fresh=True)) == ["known", "known"]
    assert (run.locations, run.files) == (["a", "b"], ["out.db"])


def test_the_queries_in_the_document_are_answered(tmp_path: Path) -> None:
    run = Runs(tmp_path, ".db")
    run(many("a", "b"))
    document = (ROOT / "docs/batch.md").read_text("utf-8")
    queries = re.findall(r"```sql\n(.*?)```", document, re.DOTALL)
    assert queries
    for query in queries:
        ask(run.output, query)
