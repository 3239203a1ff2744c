"""Articles in the rows of a table, and in files that are packed.

Rows are read one after the other and never kept, so that a table may have any size. A bad row
is one error and the next row is read; a damaged file is one error at its end.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

from summarizer.article import Article
from summarizer.errors import ConfigurationError, SourceError, UnreadableSource
from summarizer.sources import files, packing, parquet, rows
from summarizer.sources.articles import from_bytes
from summarizer.sources.naming import quoted, shown
from summarizer.sources.rows import Columns

Kind = Literal["jsonl", "csv", "parquet", "article"]
#: A longer text takes a while to be read, also where it is at hand.
_SHORT = 50_000

#: What stands for a byte of a CSV that is no UTF-8.
_NO_UTF8 = re.compile("[\udc80-\udcff]")


class Found(NamedTuple):
    """Where an article is read from, what reads it, and whether its text is at hand, and short."""

    name: str
    load: Callable[[], Article]
    at_hand: bool = False


#: The endings of tables, and what each of them is.
TABLES: dict[str, Kind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}


def kind(path: str) -> Kind | None:
    """What a file's name says that it packs, or None for an article as it is."""
    plain, packing_ = packing.split(path)
    return TABLES.get(Path(plain).suffix.lower(), "article" if packing_ else None)


def is_found(name: str) -> bool:
    """Whether a file of a directory is taken: an article or a table, packed or not.

    One that is packed and does not say what it holds is taken only where it is named.
    """
    plain = packing.split(name)[0]
    return files.content_type(plain) is not None or kind(plain) is not None


def sources(path: str, columns: Columns, *, max_bytes: int) -> Iterator[Found]:
    """The articles in a file, each with its name. `max_bytes` bounds each of them.

    Raises nothing; what is wrong with a row, or with the file, is raised by its loader.
    """
    found = kind(path)
    if found in (None, "article"):
        yield Found(shown(path), lambda: _unpacked(path, max_bytes))
        return
    number = 0
    try:
        with files.open_file(path) as file, packing.unpacked(path, file) as stream:
            for number, row in enumerate(_rows(path, stream, columns, max_bytes), start=1):
                yield of_row(path, number, row, columns)
    except (ConfigurationError, SourceError) as error:
        yield _failing(path, number, error)
    except (packing.Damaged, parquet.Damaged):
        why = f"{quoted(path)} is damaged{f' after its row {number}' if number else ''}"
        yield _failing(path, number, UnreadableSource(why))
    except (OSError, csv.Error):
        why = f"{quoted(path)} cannot be read after its row {number}"
        yield _failing(path, number, UnreadableSource(why))


def count(path: str, columns: Columns, *, max_bytes: int) -> Iterator[int]:
    """How many articles `sources` would give, piece by piece; the sum of them all."""
    found = kind(path)
    if found in (None, "article") or (found == "parquet" and packing.split(path)[1]):
        yield 1
        return
    try:
        with files.open_file(path) as file, packing.unpacked(path, file) as stream:
            if found == "parquet":
                yield parquet.count(file, columns)
            elif found == "jsonl":
                yield from rows.count_json(stream, max_bytes)
            else:
                yield from (1 for _ in _rows(path, stream, columns, max_bytes))
    except (ConfigurationError, SourceError, packing.Damaged, parquet.Damaged, OSError, csv.Error):
        yield 1  # the error is one


def _rows(path: str, stream: BinaryIO, columns: Columns, max_bytes: int) -> Iterator[Any]:
    name = quoted(path)
    match kind(path):
        case "parquet" if packing.split(path)[1]:
            raise UnreadableSource(f"{name} is packed twice: Parquet is so in itself; unpack it")
        case "parquet":
            return parquet.from_parquet(stream, columns, name=name, max_bytes=max_bytes)
        case "csv":
            return rows.from_csv(stream, columns.text, name=name, max_bytes=max_bytes)
        case _:
            return rows.from_json(stream, max_bytes)


def of_row(path: str, number: int, row: Any, columns: Columns) -> Found:
    """The article in a row of a table, by its number from 1."""
    named = row.get(columns.id) if isinstance(row, dict) else None
    has_id = (isinstance(named, str) and named != "") or type(named) is int
    name = f"{shown(path)}#{shown(str(named)) if has_id else number}"

    def load() -> Article:
        where = f"row {number} of {quoted(path)}"
        if isinstance(row, SourceError):
            raise type(row)(f"{where} {row}")
        if not isinstance(row, dict):
            raise UnreadableSource(f"{where} is no JSON object")
        text, title = row.get(columns.text), row.get(columns.title)
        if not isinstance(text, str):
            raise UnreadableSource(f"{where} has no text in its column {quoted(columns.text)}")
        if _NO_UTF8.search(text):
            raise UnreadableSource(f"{where} is no UTF-8")
        if title is not None and not isinstance(title, str):
            raise UnreadableSource(f"{where} has no text in its column {quoted(columns.title)}")
        published = _date(row.get(columns.published))
        if published is False:
            raise UnreadableSource(
                f"{where} has no date, YYYY-MM-DD, in its column {quoted(columns.published)}"
            )
        return Article.from_text(
            text, title=title or None, published=published or None, location=name
        )

    text = row.get(columns.text) if isinstance(row, dict) else None
    return Found(name, load, at_hand=not isinstance(text, str) or len(text) <= _SHORT)


def _date(value: Any) -> dt.date | Literal[False] | None:
    """A date, with or without a time after it; None if there is none, False for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.date):
        return value.date() if isinstance(value, dt.datetime) else value
    if not isinstance(value, str):
        return False
    try:
        day = value if len(value) == 10 else dt.datetime.fromisoformat(value).date().isoformat()
        date = dt.date.fromisoformat(day)
    except ValueError:
        return False
    return date if value.startswith(date.isoformat()) else False


def _unpacked(path: str, max_bytes: int) -> Article:
    """The article in a file that is packed."""
    try:
        with files.open_file(path) as file, packing.unpacked(path, file) as stream:
            data = files.read_stream(stream, name=quoted(path), max_bytes=max_bytes)
    except packing.Damaged:
        raise UnreadableSource(f"{quoted(path)} is damaged: it cannot be unpacked") from None
    except OSError:
        raise SourceError(f"{quoted(path)} cannot be read") from None
    content_type = files.content_type(packing.split(path)[0])
    return from_bytes(data, location=shown(path), content_type=content_type)


def _failing(path: str, number: int, error: Exception) -> Found:
    def load() -> Article:
        raise error

    return Found(f"{shown(path)}#{number + 1}" if number else shown(path), load)
