"""Facts about tables of articles, and packed files."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from summarizer.article import Article
from summarizer.cli.parser import COLUMNS, PACKED
from summarizer.errors import SourceError
from summarizer.settings import Settings
from summarizer.sources import Columns, Source, expand, packed
from tests.invented import TEXT


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
    assert "half a character" in second
    assert "has no text in its column 'text'" in third


def test_an_article_in_a_csv_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("text\n" + "word " * 60_000 + "\nlast\n")
    assert [len(text) for text in texts(path, max_bytes=500_000)] == [300_000, 4]
    assert texts(path, max_bytes=1_000)[-1] == "a line is larger than 1,000 bytes"


@pytest.mark.parametrize("name", ["table.jsonl.gz", "table.csv.gz"])
def test_a_packed_table_is_read_and_one_that_breaks_off_is_one_error(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    rows = (
        [json.dumps({"text": f"Number {n} came."}) for n in range(3_000)]
        if "jsonl" in name
        else ["text", *(f"Number {n} came." for n in range(3_000))]
    )
    whole = gzip.compress("\n".join(rows).encode())
    path.write_bytes(whole)
    assert texts(path) == [f"Number {n} came." for n in range(3_000)]
    path.write_bytes(whole[: len(whole) // 2])
    *good, last = texts(path)
    assert good == [f"Number {n} came." for n in range(len(good))]
    assert last == f"'{path}' is damaged after its row {len(good)}"
    path.write_bytes(b"nothing packed")
    assert texts(path) == [f"'{path}' is damaged after its row 0"]


def test_a_packed_article_is_unpacked_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "news.txt.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert texts(path) == [TEXT]
    assert texts(path, max_bytes=100) == [f"'{path}' is larger than 100 bytes"]
    path.write_bytes(gzip.compress(TEXT.encode())[:-20])
    assert texts(path) == [f"'{path}' is damaged: gzip cannot unpack it"]


@pytest.mark.parametrize("name", ["gone.jsonl", "gone.csv", "gone.txt.gz"])
def test_a_table_that_is_not_there_is_one_error(tmp_path: Path, name: str) -> None:
    assert texts(tmp_path / name) == [f"there is no '{tmp_path / name}'"]


def test_rows_are_read_as_they_are_wanted(table: Path) -> None:
    write(table, *({"text": f"Number {n} came."} for n in range(50_000)))
    sources = packed.sources(str(table), Columns(), max_bytes=1_000)
    assert next(sources)[1]().text == "Number 0 came."
    table.write_bytes(b"")
    assert sum(1 for _ in sources) < 5_000


def test_without_columns_a_file_is_one_article_whatever_its_name_is(table: Path) -> None:
    table.write_text(TEXT, "utf-8")
    (source,) = expand([table], settings=Settings())
    assert source.load().text == TEXT


def test_the_command_knows_the_columns_and_the_endings() -> None:
    assert Columns._fields == COLUMNS
    assert all(packed.kind(f"x{ending}") for ending in PACKED)
    assert packed.kind("x.txt") is None
