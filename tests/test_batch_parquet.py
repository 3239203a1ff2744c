"""Facts about a batch's Parquet files: what is in them, and what a crash and others do to them."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer.batch import OutputProblem
from summarizer.batch.parquet import ParquetFiles, _part
from summarizer.batch.rows import Known
from summarizer.batch.table import ARTICLES, ITEMS
from summarizer.schema import FIELD_NAMES
from tests.batch_support import Runs, kinds, lines, many, records
from tests.invented import article, record

pa = pytest.importorskip("pyarrow", reason="the optional extra `parquet` is not installed")
parquet = pytest.importorskip("pyarrow.parquet")
ROOT = Path(__file__).parent.parent
POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions, limits and locks of POSIX")
SUMMARY = record(article())
ROW = SUMMARY.model_dump_json()
BOTH = ["out.items.parquet", "out.parquet"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.parquet"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "out.journal.jsonl"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[ParquetFiles]:
    with contextlib.closing(ParquetFiles(path)) as output:
        output.read(lambda *_: None, lambda *_: None)
        yield output


def add(path: Path, count: int, *, finish: bool = True) -> list[int]:
    with opened(path) as output:
        places = [output.add(ROW) for _ in range(count)]
        if finish:
            output.finish(lambda *_: True)
    return places


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def items(path: Path) -> list[dict[str, Any]]:
    return list(parquet.read_table(path.with_name("out.items.parquet")).to_pylist())


def test_a_record_is_in_the_journal_as_soon_as_it_is_added_and_in_the_file_at_the_end(
    path: Path, journal: Path
) -> None:
    with opened(path) as output:
        output.add(ROW)
        assert lines(journal) == [ROW]
        assert not path.exists()
        output.finish(lambda *_: True)
    assert (records(path), names(path)) == ([ROW], BOTH)


def test_the_columns_have_their_types(path: Path) -> None:
    add(path, 1)
    schema = parquet.read_schema(path)
    assert schema.names == [name for name, _ in ARTICLES]
    assert str(schema.field("published").type) == "date32[day]"
    assert str(schema.field("cached").type) == "bool"
    assert str(schema.field("length").type) == "int64"
    assert parquet.read_schema(path.with_name("out.items.parquet")).names == [n for n, _ in ITEMS]
    (row,) = parquet.read_table(path).to_pylist()
    assert row["published"] == SUMMARY.article.published
    assert (row["id"], row["sha256"]) == (1, SUMMARY.provenance.article_sha256)


def test_each_item_has_its_row_with_its_article(path: Path) -> None:
    add(path, 2)
    found = [
        (row["article"], row["field"], row["position"], row["evidence"]) for row in items(path)
    ]
    assert found == [
        (number, field, position, item.evidence[0].text)
        for number in (1, 2)
        for field in FIELD_NAMES
        for position, item in enumerate(SUMMARY.items(field))
    ]
    days = [row["earliest"] for row in items(path) if row["earliest"] is not None]
    assert days
    assert all(isinstance(day, dt.date) for day in days)


def test_a_later_run_adds_to_the_file_and_its_items(path: Path) -> None:
    for count in (1, 0, 2):
        add(path, count)
    assert parquet.read_table(path).column("id").to_pylist() == [1, 2, 3]
    each = sum(len(SUMMARY.items(name)) for name in FIELD_NAMES)
    assert [row["article"] for row in items(path)] == [1] * each + [2] * each + [3] * each
    assert parquet.ParquetFile(path).metadata.num_row_groups == 2


def test_a_run_without_a_new_row_writes_nothing(path: Path) -> None:
    add(path, 1)
    before = path.stat()
    add(path, 0)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_rows_that_are_there_are_known_and_found_again(path: Path) -> None:
    add(path, 3)
    add(path, 2, finish=False)
    found: list[tuple[int, Known]] = []
    with contextlib.closing(ParquetFiles(path)) as output:
        output.read(lambda *row: found.append(row), lambda *_: None)
        assert [known for _, known in found] == [Known.of(json.loads(ROW))] * 5
        assert len({place for place, _ in found}) == 5
        for place, _ in found:
            text = output.at(place)
            assert (text if isinstance(text, str) else text.decode().rstrip("\n")) == ROW


def test_what_a_killed_run_left_in_the_journal_is_in_the_file_after_the_next(
    path: Path, journal: Path
) -> None:
    add(path, 2)
    add(path, 2, finish=False)
    with journal.open("a") as file:
        file.write(ROW[:50])
    with contextlib.closing(ParquetFiles(path)) as output:
        assert output.read(lambda *_: None, lambda *_: None) == [journal]
        output.add(ROW)
        output.finish(lambda *_: True)
    assert (records(path), names(path)) == ([ROW] * 5, BOTH)


def test_a_run_that_was_killed_before_the_journal_was_dropped_leaves_nothing_twice(
    path: Path, journal: Path
) -> None:
    add(path, 2, finish=False)
    left = journal.read_bytes()
    add(path, 1)
    journal.write_bytes(left + f"{ROW}\n".encode())
    with opened(path) as output:
        output.add(ROW)
        output.finish(lambda *_: True)
    assert (len(records(path)), names(path)) == (4, BOTH)


def test_a_run_that_was_killed_between_the_two_files_leaves_them_to_the_next(
    path: Path, journal: Path
) -> None:
    """The items are put in place first: they are then those of records that are not there."""
    add(path, 1)
    old = path.read_bytes()
    add(path, 2, finish=False)
    left = journal.read_bytes()
    add(path, 0)
    path.write_bytes(old)
    journal.write_bytes(left)
    with _part(path) as part:
        name = part
    name.write_bytes(b"half")
    add(path, 0)
    assert (records(path), names(path)) == ([ROW] * 3, BOTH)
    assert {row["article"] for row in items(path)} == {1, 2, 3}


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_items_that_are_lost_are_made_anew(path: Path, content: bytes | None) -> None:
    add(path, 2)
    before = items(path)
    lost = path.with_name("out.items.parquet")
    lost.unlink()
    if content is not None:
        lost.write_bytes(content)
    add(path, 0)
    assert items(path) == before


def test_records_are_written_in_row_groups_of_a_bounded_size(path: Path) -> None:
    large = SUMMARY.model_dump()
    large["uncited_quotes"] = [{"start": 0, "end": 1, "text": "x" * 100_000}]
    row = json.dumps({**json.loads(ROW), "uncited_quotes": large["uncited_quotes"]},
                     separators=(",", ":"))  # fmt: skip
    with opened(path) as output:
        for _ in range(1_100):
            output.add(row)
        output.finish(lambda *_: True)
    metadata = parquet.ParquetFile(path).metadata
    sizes = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    assert (sum(sizes), max(sizes)) == (1_100, 512)
    places: list[int] = []
    with contextlib.closing(ParquetFiles(path)) as output:
        output.read(lambda place, _: places.append(place), lambda *_: None)
        assert places == sorted(set(places))
        assert [output.at(places[index]) for index in (0, 511, 512, 1_099)] == [row] * 4


def test_a_row_in_the_journal_that_fits_no_column_is_one_clear_error(
    path: Path, journal: Path
) -> None:
    add(path, 1, finish=False)
    odd = json.loads(ROW)
    odd["article"]["length"] = 10**30
    less = json.loads(ROW)
    del less["rejected"]
    for row in (odd, less):
        journal.write_text(f"{ROW}\n{json.dumps(row, separators=(',', ':'))}\n", "utf-8")
        with opened(path) as output, pytest.raises(OutputProblem):
            output.finish(lambda *_: True)
        assert (names(path), len(lines(journal))) == (["out.journal.jsonl"], 2)


def test_a_finished_file_is_not_empty_though_its_items_were_made_anew(path: Path) -> None:
    add(path, 1)
    path.with_name("out.items.parquet").unlink()
    with opened(path) as output:
        output.finish(lambda *_: True)
        assert not output.empty


def test_a_file_of_something_else_is_left_as_it_is(path: Path) -> None:
    for content in (b"notes", b"PAR1" + b"x" * 100 + b"PAR1"):
        path.write_bytes(content)
        with pytest.raises(OutputProblem, match="is no Parquet file, or is damaged"):
            ParquetFiles(path)
        assert (path.read_bytes(), names(path)) == (content, ["out.parquet"])


def test_somebody_elses_parquet_is_left_as_it_is(path: Path) -> None:
    parquet.write_table(pa.table({"a": [1]}), path)
    before = path.read_bytes()
    with pytest.raises(OutputProblem, match="is no file of a batch"):
        ParquetFiles(path)
    assert (path.read_bytes(), names(path)) == (before, ["out.parquet"])


@POSIX
def test_a_second_run_gets_an_error_and_the_first_goes_on(path: Path) -> None:
    add(path, 1)
    with opened(path) as output:
        output.add(ROW)
        with pytest.raises(OutputProblem, match="another run is writing"):
            ParquetFiles(path)
        output.add(ROW)
        output.finish(lambda *_: True)
    assert len(records(path)) == 3


@POSIX
def test_of_a_file_that_was_deleted_or_replaced_nothing_is_lost(path: Path, journal: Path) -> None:
    add(path, 2)
    with opened(path) as output:
        output.add(ROW)
        path.unlink()
        with pytest.raises(OutputProblem, match="was deleted during the run"):
            output.finish(lambda *_: True)
    assert (len(records(path)), len(lines(journal))) == (2, 1)
    add(path, 0)
    assert len(records(path)) == 3
    with opened(path) as output:
        output.add(ROW)
        path.unlink()
        path.write_bytes(b"something else")
        with pytest.raises(OutputProblem, match=r"replaced .*saved-1"):
            output.finish(lambda *_: True)
    assert path.read_bytes() == b"something else"
    assert len(records(path.with_name("out.saved-1.parquet"))) == 3
    assert len(lines(journal)) == 1


@POSIX
def test_a_file_that_was_made_read_only_stays_and_the_journal_too(
    path: Path, journal: Path
) -> None:
    add(path, 1)
    with opened(path) as output:
        output.add(ROW)
        path.chmod(0o444)
        with pytest.raises(OutputProblem, match="was made read-only"):
            output.finish(lambda *_: True)
    assert (len(records(path)), len(lines(journal))) == (1, 1)


@POSIX
def test_where_the_disk_is_full_at_the_end_the_old_file_and_the_journal_stay(
    path: Path, journal: Path
) -> None:
    add(path, 1)
    code = (
        "import contextlib, os, resource, sys; from pathlib import Path\n"
        "from summarizer.batch.claim import OutputProblem\n"
        "from summarizer.batch.parquet import ParquetFiles\n"
        "row = sys.stdin.read()\n"
        "with contextlib.closing(ParquetFiles(Path(sys.argv[1]))) as output:\n"
        "    output.read(lambda *_: None, lambda *_: None)\n"
        "    for number in range(20): output.add(row)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))\n"
        "    try: output.finish(lambda *_: True)\n"
        "    except OutputProblem as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], input=ROW, capture_output=True, check=True,
        encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "out.parquet' cannot be written: file too large" in done.stdout
    assert done.stderr == ""
    assert (len(records(path)), len(lines(journal))) == (1, 20)
    assert names(path) == ["out.items.parquet", "out.journal.jsonl", "out.parquet"]
    add(path, 0)
    assert (len(records(path)), names(path)) == (21, BOTH)


@POSIX
def test_a_new_file_has_the_permissions_of_the_old_one(path: Path) -> None:
    add(path, 1)
    path.chmod(0o600)
    add(path, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_killed_run_left_in_the_journal_does_not_come_back_after_a_fresh_one(
    tmp_path: Path, journal: Path
) -> None:
    run = Runs(tmp_path, ".parquet")
    run(many("a"))
    row = records(run.output)[0].replace('"location":"a"', '"location":"b"')
    journal.write_text(f"{row}\n", "utf-8")
    assert kinds(run(many("a", "c"), fresh=True)) == ["written"] * 2
    assert (run.locations, run.files) == (["a", "c"], BOTH)


def test_without_its_library_a_sentence_names_the_extra(path: Path) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None; from pathlib import Path\n"
        "from summarizer.batch.output import open_output\n"
        "from summarizer.errors import ConfigurationError\n"
        "try: open_output(Path(sys.argv[1]))\n"
        "except ConfigurationError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, check=True,
        encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "pip install 'article-summarizer[parquet]'" in done.stdout
