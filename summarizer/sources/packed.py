"""Articles in the rows of a table, and in files that are packed with gzip.

Rows are read one after the other and never kept, so that a table may have any size. A bad row
is one error and the next row is read; a damaged file is one error at its end.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Literal, NamedTuple

from summarizer.article import Article
from summarizer.errors import SourceError, SourceTooLarge, UnreadableSource
from summarizer.sources import files
from summarizer.sources.articles import from_bytes
from summarizer.sources.naming import quoted, shown

Kind = Literal["jsonl", "csv", "article"]
#: Where an article is read from, and what reads it.
Found = tuple[str, Callable[[], Article]]

_TABLES: dict[str, Kind] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}
#: What gzip raises for a file that is none, is damaged, or ends too early.
_DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)


class Columns(NamedTuple):
    """The names of a table's columns. Only the text has to be there."""

    text: str = "text"
    title: str = "title"
    published: str = "published"
    id: str = "id"


def kind(path: str) -> Kind | None:
    """What a file's name says that it packs, or None for an article as it is."""
    name = path.lower()
    plain = name.removesuffix(".gz")
    for ending, table in _TABLES.items():
        if plain.endswith(ending):
            return table
    return "article" if name.endswith(".gz") else None


def sources(path: str, columns: Columns, *, max_bytes: int) -> Iterator[Found]:
    """The articles in a file, each with its name. `max_bytes` bounds each of them.

    Raises nothing; what is wrong with a row, or with the file, is raised by its loader.
    """
    found = kind(path)
    if found in (None, "article"):
        yield shown(path), lambda: _unpacked(path, max_bytes)
        return
    number = 0
    try:
        with files.open_file(path) as file, _stream(path, file) as stream:
            rows = (
                _json_rows(stream, max_bytes) if found == "jsonl" else _csv_rows(stream, max_bytes)
            )
            for number, row in enumerate(rows, start=1):
                yield _row(path, number, row, columns)
    except SourceError as error:
        yield _failing(path, number, error)
    except (*_DAMAGED, OSError, csv.Error) as error:
        why = "is damaged" if isinstance(error, _DAMAGED) else "cannot be read"
        yield _failing(
            path, number, UnreadableSource(f"{quoted(path)} {why} after its row {number}")
        )


def _row(path: str, number: int, row: Any, columns: Columns) -> Found:
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

    return name, load


def _date(value: Any) -> dt.date | Literal[False] | None:
    """A date, with or without a time after it; None if there is none, False for anything else."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return False
    try:
        day = value if len(value) == 10 else dt.datetime.fromisoformat(value).date().isoformat()
        date = dt.date.fromisoformat(day)
    except ValueError:
        return False
    return date if value.startswith(date.isoformat()) else False


def _json_rows(stream: BinaryIO, max_bytes: int) -> Iterator[Any]:
    """Each line's value, or a SourceError for a line that has none. Empty lines are left out."""
    while line := stream.readline(max_bytes + 1):
        if len(line) > max_bytes and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(max_bytes)
            yield SourceTooLarge(f"is larger than {max_bytes:,} bytes")
            continue
        if not line.strip():
            continue
        try:
            yield json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            yield UnreadableSource("is no JSON")


def _csv_rows(stream: BinaryIO, max_bytes: int) -> Iterator[dict[str, str]]:
    """Each row by the names in the first one. What is no UTF-8 makes its row unreadable."""
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    with io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as text:
        yield from csv.DictReader(_lines(text, max_bytes))


def _lines(text: io.TextIOWrapper, most: int) -> Iterator[str]:
    while line := text.readline(most + 1):
        if len(line) > most:
            raise SourceTooLarge(f"a line is larger than {most:,} bytes")
        yield line


def _stream(path: str, file: BinaryIO) -> BinaryIO:
    packed = path.lower().endswith(".gz")
    return gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[return-value] # it reads


def _unpacked(path: str, max_bytes: int) -> Article:
    """The article in a file that is packed."""
    with files.open_file(path) as file, _stream(path, file) as stream:
        try:
            data = files.read_stream(stream, name=quoted(path), max_bytes=max_bytes)
        except _DAMAGED:
            raise UnreadableSource(f"{quoted(path)} is damaged: gzip cannot unpack it") from None
        except OSError:
            raise SourceError(f"{quoted(path)} cannot be read") from None
    content_type = files.content_type(path[: -len(".gz")])
    return from_bytes(data, location=shown(path), content_type=content_type)


def _failing(path: str, number: int, error: SourceError) -> Found:
    def load() -> Article:
        raise error

    return (f"{shown(path)}#{number + 1}" if number else shown(path)), load
