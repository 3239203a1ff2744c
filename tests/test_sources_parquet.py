"""Facts about articles in Parquet files."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.article import Article
from summarizer.errors import SourceError
from summarizer.settings import Settings
from summarizer.sources import Columns, Source, count, expand
from summarizer.sources.parquet import from_parquet

pa = pytest.importorskip("pyarrow", reason="the optional extra `parquet` is not installed")
parquet = pytest.importorskip("pyarrow.parquet")
ROOT = Path(__file__).parent.parent
DAY = dt.date(2031, 3, 14)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.parquet"


def write(path: Path, columns: dict[str, Any], **options: Any) -> None:
    parquet.write_table(pa.table(columns), path, **options)


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


def test_each_row_is_an_article(path: Path) -> None:
    columns = {"id": ["x", None], "text": ["One came.", "Two came."], "title": ["T", None],
               "published": [DAY, None], "more": [[1], [2]]}  # fmt: skip
    write(path, columns)
    assert sum(count([path], settings=Settings(), columns=Columns())) == 2
    first, second = (source.load() for source in found(path))
    assert (first.text, first.title, first.title_from) == ("One came.", "T", "caller")
    assert (first.published, second.published) == (DAY, None)
    assert [one.location for one in (first, second)] == [f"{path}#x", f"{path}#2"]


def test_the_columns_have_the_names_that_are_told(path: Path) -> None:
    write(path, {"nr": [3], "body": ["One came."], "headline": ["T"], "date": ["2031-03-14"]})
    (article,) = loaded(path, text="body", title="headline", published="date", id="nr")
    assert isinstance(article, Article)
    assert (article.location, article.title, article.published) == (f"{path}#3", "T", DAY)


NOON = dt.datetime(2031, 3, 14, 12)  # noqa: DTZ001 - of no zone


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["2031-03-14"], pa.string()),
        (["2031-03-14T23:30:00+09:00"], pa.large_string()),
        ([DAY], pa.date32()),
        ([DAY], pa.date64()),
        ([NOON], pa.timestamp("s")),
        ([NOON], pa.timestamp("ms")),
        ([1931256000123456789], pa.timestamp("ns")),
        # Its day where it was published, which had begun before that day did in UTC.
        ([dt.datetime(2031, 3, 13, 20, tzinfo=dt.UTC)], pa.timestamp("us", "Asia/Tokyo")),
        (["2031-03-14"], pa.dictionary(pa.int8(), pa.string())),
    ],
)
def test_a_date_may_have_any_type_that_holds_one(path: Path, values: Any, type_: Any) -> None:
    write(path, {"text": ["One came."], "published": pa.array(values, type_)})
    (article,) = loaded(path)
    assert isinstance(article, Article), article
    assert article.published == DAY


@pytest.mark.parametrize(
    ("value", "type_"),
    [("14 March", pa.string()), (-(10**15), pa.timestamp("s")), (0, pa.timestamp("us", "No/Zone"))],
)
def test_a_date_that_is_none_is_an_error_of_its_row(path: Path, value: Any, type_: Any) -> None:
    write(path, {"text": ["One came.", "Two."], "published": pa.array([value, None], type_)})
    first, second = texts(path)
    assert "row 1 of" in first
    assert "has no date, YYYY-MM-DD, in its column 'published'" in first
    assert second == "Two."


@pytest.mark.parametrize(
    "type_",
    [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())],
)
def test_a_text_may_have_any_type_that_holds_one(path: Path, type_: Any) -> None:
    texts_ = [b"One came.", b"Caf\xc3\xa9."] if type_ == pa.binary() else ["One came.", "Café."]
    write(path, {"text": pa.array(texts_, type_)})
    assert texts(path) == ["One came.", "Café."]


def test_a_bad_row_is_one_error_and_the_rest_is_read(path: Path) -> None:
    values = pa.array([b"One came.", b"\xff\xfe", None, b"a" * 2_000, b"?", b"Last."], pa.binary())
    write(path, {"text": values})
    first, *wrong, last = texts(path, max_bytes=1_000)
    assert (first, last) == ("One came.", "Last.")
    assert wrong == [
        f"row 2 of '{path}' is no UTF-8 in its column 'text'",
        f"row 3 of '{path}' has no text in its column 'text'",
        f"row 4 of '{path}' is larger than 1,000 bytes",
        "the input holds no words",
    ]


@pytest.mark.parametrize(
    ("columns", "options", "problem"),
    [
        ({"body": ["x"]}, {}, "has no column 'text'"),
        ({"text": ["x"]}, {"title": "headline"}, "has no column 'headline'"),
        ({"text": [1]}, {}, "has no text in its column 'text', but int64"),
        ({"text": ["x"], "title": [[1]]}, {}, "has no title in its column 'title', but list"),
        ({"text": ["x"], "published": [7]}, {}, "has no date in its column 'published', but int64"),
    ],
)
def test_a_column_that_is_missing_or_holds_something_else_is_one_error(
    path: Path, columns: dict[str, Any], options: dict[str, str], problem: str
) -> None:
    write(path, {name: values * 50 for name, values in columns.items()})
    (told,) = texts(path, **options)
    assert told.startswith(f"'{path}' {problem}")
    assert sum(count([path], settings=Settings(), columns=Columns(**options))) == 1


def test_a_file_that_is_damaged_or_none_is_one_error(path: Path, tmp_path: Path) -> None:
    write(path, {"text": [f"Number {n} came." for n in range(2_000)]}, row_group_size=500)
    whole = path.read_bytes()
    for content in (b"", b"notes", whole[: len(whole) // 2], whole[:-20]):
        path.write_bytes(content)
        assert texts(path) == [f"'{path}' is damaged"]
    path.write_bytes(whole[: len(whole) // 2] + b"\xff" * 500 + whole[len(whole) // 2 + 500 :])
    *good, last = texts(path)
    assert good == [f"Number {n} came." for n in range(len(good))]
    assert last == f"'{path}' is damaged after its row {len(good)}"
    gone = tmp_path / "gone.parquet"
    assert texts(gone) == [f"there is no '{gone}'"]


def test_a_packed_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet.gz"
    path.write_bytes(gzip.compress(b"PAR1"))
    assert texts(path) == [f"'{path}' is packed twice: Parquet is so in itself; unpack it"]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=40), st.data())
def test_every_text_comes_as_it_was_written(values: list[str], data: st.DataObject) -> None:
    file = io.BytesIO()
    size = data.draw(st.integers(1, 20))
    parquet.write_table(
        pa.table({"text": pa.array(values, pa.string())}), file, row_group_size=size
    )
    rows = from_parquet(file, Columns(), name="x", max_bytes=1_000)
    assert list(rows) == [{"text": value} for value in values]


@pytest.mark.skipif(sys.platform != "linux", reason="reads its memory from /proc")
def test_memory_does_not_grow_with_the_rows_of_a_group(path: Path) -> None:
    code = """
import os, re, sys
import pyarrow as pa
from pathlib import Path
from summarizer.sources import Columns, packed

def kilobytes():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

sizes = []
for number, (name, *_) in enumerate(packed.sources(sys.argv[1], Columns(), max_bytes=10**6)):
    if number in (5_000, 19_999):
        sizes.append(kilobytes())
print(sizes[1] - sizes[0])
"""
    rows = ([os.urandom(2_000).hex() for _ in range(1_000)] for _ in range(20))
    with parquet.ParquetWriter(path, pa.schema([("text", pa.string())])) as writer:
        # One row group of 80 MB: the writer ends it where it is told to.
        table = pa.concat_tables(pa.table({"text": some}) for some in rows)
        writer.write_table(table, row_group_size=20_000)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, check=True,
        encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert int(done.stdout) < 15_000


def test_without_its_library_a_sentence_names_the_extra(path: Path) -> None:
    write(path, {"text": ["One came."]})
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from summarizer.cli import main\n"
        "sys.exit(main([sys.argv[1], '--output', sys.argv[2], '--engine', 'extractive']))\n"
    )
    output = path.with_name("out.jsonl")
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(output)], capture_output=True, check=False,
        encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 2
    (told,) = done.stderr.splitlines()
    assert "needs the extra `parquet`: pip install 'article-summarizer[parquet]'" in told
