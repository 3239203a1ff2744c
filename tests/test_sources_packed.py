"""Facts about tables of articles, and packed files."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.article import Article
from summarizer.cli.parser import COLUMNS, PACKED
from summarizer.errors import SourceError
from summarizer.settings import Settings
from summarizer.sources import Columns, Source, count, expand, packed, packing
from tests.invented import TEXT

ROOT = Path(__file__).parent.parent


def found(path: Path, *, max_bytes: int = 100_000, **columns: str) -> list[Source]:
    settings = Settings(max_bytes=max_bytes)
    return list(expand([path], settings=settings, columns=Columns(**columns)))


def loaded(path: Path, **options: Any) -> list[Article | str]:
    """Each article, or why there is none."""
    told: list[Article | str] = []
    for source in found(path, **options):
        try:
            told.append(source.load())
        except SourceError as error:
            told.append(str(error))
    return told


def texts(path: Path, **options: Any) -> list[str]:
    return [one.text if isinstance(one, Article) else one for one in loaded(path, **options)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.jsonl"


def write(path: Path, *rows: Any) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_each_row_of_a_table_is_an_article(table: Path) -> None:
    write(
        table,
        {"id": "x", "text": "One came.", "title": "T", "published": "2031-03-14"},
        {"id": 7, "text": "Two came.", "published": "2031-03-14T09:30:00Z"},
        {"text": "Three came.", "title": None, "published": ""},
    )
    first, second, third = (source.load() for source in found(table))
    assert (first.text, first.title, first.title_from) == ("One came.", "T", "caller")
    assert first.published == second.published == dt.date(2031, 3, 14)
    assert (third.published, third.title_from) == (None, None)
    assert [one.location for one in (first, second, third)] == [
        f"{table}#x", f"{table}#7", f"{table}#3",
    ]  # fmt: skip
    assert [source.location for source in found(table)] == [f"{table}#{n}" for n in ("x", 7, 3)]


def test_the_columns_have_the_names_that_are_told(table: Path) -> None:
    write(table, {"nr": 3, "body": "One came.", "headline": "T", "date": "2031-03-14"})
    (article,) = loaded(table, text="body", title="headline", published="date", id="nr")
    assert isinstance(article, Article)
    assert (article.location, article.title) == (f"{table}#3", "T")
    assert article.published == dt.date(2031, 3, 14)


def test_a_bad_row_is_one_error_and_the_rest_is_read(table: Path) -> None:
    table.write_bytes(
        b'{"text": "One came."}\n{"text": \n\n[1]\n{"title": "T"}\n{"text": "\xff"}\n'
        b'{"text": "A date.", "published": "14 March"}\n{"text": "?"}\n{"text": "Last one."}'
    )
    first, *wrong, last = texts(table)
    assert (first, last) == ("One came.", "Last one.")
    assert [why.partition(f" of '{table}' ")[::2] for why in wrong[:5]] == [
        ("row 2", "is no JSON"),
        ("row 3", "is no JSON object"),
        ("row 4", "has no text in its column 'text'"),
        ("row 5", "is no JSON"),
        ("row 6", "has no date, YYYY-MM-DD, in its column 'published'"),
    ]
    assert wrong[5] == "the input holds no words"


def test_a_row_that_is_too_large_is_left_out(table: Path) -> None:
    write(table, {"text": "One came."}, {"text": "a" * 5_000}, {"text": "Two came."})
    first, wrong, last = texts(table, max_bytes=1_000)
    assert (first, last) == ("One came.", "Two came.")
    assert wrong.endswith("is larger than 1,000 bytes")


def test_a_csv_has_its_names_in_the_first_row_and_line_ends_in_its_texts(tmp_path: Path) -> None:
    path = tmp_path / "table.CSV"
    path.write_bytes(
        b'\xef\xbb\xbfid,text,title\r\n1,"One came.\n\nAnd ""went"".",T\r\n'
        b"2,Two \xff came.,\r\n3\r\n4,Last one.,\r\n"
    )
    first, second, third, last = texts(path)
    assert (first, last) == ('One came.\n\nAnd "went".', "Last one.")
    assert second == f"row 2 of '{path}' is no UTF-8"
    assert "has no text in its column 'text'" in third


def test_an_article_in_a_csv_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("text\n" + "word " * 60_000 + "\nlast\n")
    assert [len(text) for text in texts(path, max_bytes=500_000)] == [300_000, 4]
    assert texts(path, max_bytes=1_000) == [
        f"row 1 of '{path}' is larger than 1,000 bytes, and no row after it is read"
    ]


def pack(content: bytes, name: str) -> bytes:
    """Packed as the ending says."""
    if name.endswith(".zst"):
        return bytes(packing._zstd().compress(content))
    return gzip.compress(content)


@pytest.mark.parametrize(
    "name", ["table.jsonl.gz", "table.csv.gz", "table.jsonl.zst", "table.csv.zst"]
)
def test_a_packed_table_is_read_and_one_that_breaks_off_is_one_error(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    rows = (
        [json.dumps({"text": f"Number {n} came."}) for n in range(3_000)]
        if "jsonl" in name
        else ["text", *(f"Number {n} came." for n in range(3_000))]
    )
    whole = pack("\n".join(rows).encode(), name)
    path.write_bytes(whole)
    assert texts(path) == [f"Number {n} came." for n in range(3_000)]
    path.write_bytes(whole[: len(whole) // 2])
    *good, last = texts(path)
    assert good == [f"Number {n} came." for n in range(len(good))]
    after = f" after its row {len(good)}" if good else ""
    assert last == f"'{path}' is damaged{after}"
    path.write_bytes(b"nothing packed")
    assert texts(path) == [f"'{path}' is damaged"]


@pytest.mark.parametrize("name", ["news.txt.gz", "news.txt.zst", "news.TXT.ZST"])
def test_a_packed_article_is_unpacked_and_bounded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(pack(TEXT.encode(), name.lower()))
    assert texts(path) == [TEXT]
    assert texts(path, max_bytes=100) == [f"'{path}' is larger than 100 bytes"]
    path.write_bytes(pack(TEXT.encode(), name.lower())[:-20])
    assert texts(path) == [f"'{path}' is damaged: it cannot be unpacked"]


@pytest.mark.parametrize("ending", packing.ENDINGS)
def test_packed_parts_that_follow_one_another_are_one(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table.jsonl{ending}"
    parts = (json.dumps({"text": f"Number {n} came."}) + "\n" for n in range(5))
    path.write_bytes(b"".join(pack(part.encode(), ending) for part in parts))
    assert texts(path) == [f"Number {n} came." for n in range(5)]
    with path.open("ab") as file:
        file.write(b"no packed part")
    assert texts(path)[-1] == f"'{path}' is damaged after its row 5"


@pytest.mark.skipif(sys.platform != "linux", reason="reads its memory from /proc")
@pytest.mark.parametrize("name", [f"{n}{e}" for n in ("a.txt", "a.jsonl", "a.csv")
                                  for e in packing.ENDINGS])  # fmt: skip
def test_a_small_file_that_would_become_a_large_one_is_left_in_little_memory(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(pack(b"text\n" + b"a" * 80_000_000, name))
    assert path.stat().st_size < 100_000
    code = """
import re, sys
from pathlib import Path
from summarizer.errors import SourceError
from summarizer.sources import Columns, packed

def kilobytes(what):
    return int(re.search(what + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

before = kilobytes("VmRSS")
for _, load, _ in packed.sources(sys.argv[1], Columns(), max_bytes=1_000_000):
    try:
        load()
    except SourceError as error:
        print(error)
print(kilobytes("VmHWM") - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, check=True,
        encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    *told, most = done.stdout.splitlines()
    assert "larger than 1,000,000 bytes" in told[-1]
    assert int(most) < 30_000


def test_a_row_of_a_csv_is_bounded_over_all_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("text,title\nOne came.,T\n" + '"a\n\n\n\n",' * 1_000 + "\n")
    first, told = texts(path, max_bytes=1_000)
    assert first == "One came."
    assert told == f"row 2 of '{path}' is larger than 1,000 bytes, and no row after it is read"


def test_a_csv_without_the_column_of_the_text_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("body,title\nOne,T\nTwo,T\n")
    assert texts(path) == [f"'{path}' has no column 'text'"]
    assert texts(path, text="body") == ["One", "Two"]


def test_in_a_directory_tables_and_packed_files_are_taken_but_for_what_is_not_told(
    tmp_path: Path,
) -> None:
    row = json.dumps({"text": "A row came."}).encode()
    contents = {
        "a.txt": b"One came.", "b.txt.gz": pack(b"Two came.", ".gz"),
        "c.md.zst": pack(b"Three came.", ".zst"), "d.jsonl": row,
        "e.ndjson.zst": pack(row, ".zst"), "f.csv.gz": pack(b"text\nA row came.", ".gz"),
        "g.tar.gz": b"", "h.gz": b"", "i.json": b"", ".k.txt": b"",
        "l.zst": b"", "m.db": b"", "own.jsonl": row,
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    settings = Settings()
    sources = expand(
        [tmp_path], settings=settings, columns=Columns(), skip=lambda path: "own" in path
    )
    found = {Path(source.location).name: source.load().text.strip() for source in sources}
    assert found == {
        "a.txt": "One came.", "b.txt.gz": "Two came.", "c.md.zst": "Three came.",
        "d.jsonl#1": "A row came.", "e.ndjson.zst#1": "A row came.", "f.csv.gz#1": "A row came.",
    }  # fmt: skip
    without = [Path(source.location).name for source in expand([tmp_path], settings=settings)]
    assert without == ["a.txt"]


@pytest.mark.parametrize("name", ["gone.jsonl", "gone.csv", "gone.txt.gz", "gone.txt.zst"])
def test_a_table_that_is_not_there_is_one_error(tmp_path: Path, name: str) -> None:
    assert texts(tmp_path / name) == [f"there is no '{tmp_path / name}'"]


def test_rows_are_read_as_they_are_wanted(table: Path) -> None:
    write(table, *({"text": f"Number {n} came."} for n in range(50_000)))
    sources = packed.sources(str(table), Columns(), max_bytes=1_000)
    assert next(sources)[1]().text == "Number 0 came."
    table.write_bytes(b"")
    assert sum(1 for _ in sources) < 5_000


def test_the_text_of_a_row_is_at_hand_unless_it_is_long_and_that_of_a_file_is_not(
    table: Path,
) -> None:
    write(table, {"text": "Rain came."}, {"text": "Rain came. " * 10_000}, {"text": 5})
    assert [found.at_hand for found in packed.sources(str(table), Columns(), max_bytes=10**6)] == [
        True,
        False,
        True,
    ]
    packed_file = table.with_name("news.txt.gz")
    packed_file.write_bytes(gzip.compress(b"Rain came."))
    (source,) = expand([packed_file], settings=Settings(), columns=Columns())
    assert not source.at_hand


def test_without_columns_a_file_is_one_article_whatever_its_name_is(table: Path) -> None:
    table.write_text(TEXT, "utf-8")
    (source,) = expand([table], settings=Settings())
    assert source.load().text == TEXT


def test_the_command_knows_the_columns_and_the_endings() -> None:
    assert Columns._fields == COLUMNS
    assert all(packed.kind(f"x{ending}") for ending in PACKED)
    assert packed.kind("x.txt") is None


_LINES = (
    b'{"text": "One came."}\n', b"\n", b"  \n", b"no JSON\n", b"[]\r\n", b"x" * 30 + b"\n",
    b"y" * 29 + b"\n", b"z" * 61 + b"\n", b'"open\n', b",\n",
)  # fmt: skip


@given(
    st.lists(st.sampled_from(_LINES)),
    st.sampled_from([b"", b"last", b" ", b"x" * 50]),
    st.sampled_from(["a.jsonl", "a.csv", "a.jsonl.gz", "a.csv.zst", "a.gz", "a.txt", "a.parquet"]),
)
def test_as_many_are_counted_as_there_are(lines: list[bytes], last: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        content = b"".join(lines) + last
        path.write_bytes(pack(content, name) if name.endswith(packing.ENDINGS) else content)
        settings = Settings(max_bytes=30)
        for spec in (path, path.parent):
            counted = sum(count([spec], settings=settings, columns=Columns()))
            assert counted == len(list(expand([spec], settings=settings, columns=Columns())))
