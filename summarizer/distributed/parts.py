"""Parts: a block's rows out of their file, and what came of them as parts of the tables."""

from __future__ import annotations

import itertools
import json
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarizer.batch import table
from summarizer.batch.columns import Writer
from summarizer.batch.table import Column, Value
from summarizer.distributed.manifest import Block
from summarizer.distributed.storage import Folder, SourceUnavailable
from summarizer.errors import UnreadableSource
from summarizer.sources import Columns, parquet
from summarizer.sources.naming import quoted

#: A failure; `id` is that of the row that failed, null for a file that cannot be read.
ERRORS = (
    Column("id", "integer"),
    Column("source"),
    Column("key"),
    Column("error"),
    Column("message"),
    Column("hint"),
    Column("retryable", "flag"),
    Column("attempts"),
)
#: A row group that lies so many rows ahead is gone to, and not read through. It is also what is
#: read again where blocks are in no order.
_NEAR = 20_000


class Rows:
    """The rows of the blocks that one worker has, read once where its blocks go forward.

    For any thread.
    """

    def __init__(self, source: Folder, columns: Columns, *, max_bytes: int) -> None:
        self._source = source
        self._columns = columns
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._cursor: _Cursor | None = None

    def of(self, block: Block, name: str) -> list[Any]:
        """The block's rows, as `sources.packed.of_row` takes them.

        `name` is what the file is called. Raises SourceError.
        """
        found: list[Any] = []
        with self._lock:
            try:
                cursor = self._at(block, name)
                found = list(itertools.islice(cursor.rows, block.rows))
                cursor.at += len(found)
            except parquet.Damaged:
                raise UnreadableSource(f"{quoted(name)} is damaged") from None
            except OSError:
                raise SourceUnavailable(f"{quoted(name)} cannot be read") from None
            finally:
                if len(found) < block.rows:
                    self.close()
        if len(found) < block.rows:
            raise UnreadableSource(f"{quoted(name)} has fewer rows than it had")
        return found

    def _at(self, block: Block, name: str) -> _Cursor:
        """Where the block's rows begin. What lies before them is unpacked only if it is near."""
        cursor = self._cursor
        ahead = -1 if cursor is None or cursor.path != block.path else block.start - cursor.at
        if cursor is None or not 0 <= ahead <= _NEAR:
            self.close()
            file = self._source.open(block.path)
            rows = parquet.from_parquet(
                file, self._columns, name=quoted(name), max_bytes=self._max_bytes, start=block.start
            )
            cursor = self._cursor = _Cursor(block.path, block.start, file, rows)
        for _ in itertools.islice(cursor.rows, block.start - cursor.at):
            cursor.at += 1
        return cursor

    def close(self) -> None:
        """Close the file."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.file.close()


@dataclass(slots=True)
class _Cursor:
    """A file that is open, and the number of its next row, from 0."""

    path: str
    at: int
    file: Any
    rows: Iterator[Any]


def written(rows: Iterable[tuple[Value, ...]], columns: Sequence[Column]) -> bytes:
    """A Parquet file of some rows."""
    with tempfile.TemporaryDirectory(prefix="summarize-corpus-") as folder:
        path = Path(folder) / "part.parquet"
        with Writer(path, columns) as writer:
            writer.note({})
            for row in rows:
                writer.add(row)
        return path.read_bytes()


def tables(records: Iterable[tuple[int, str]]) -> tuple[bytes, bytes]:
    """Records, each with its id and as JSON in one line, as parts of articles and of items."""
    articles, items = list[tuple[Value, ...]](), list[tuple[Value, ...]]()
    for number, line in records:
        record = json.loads(line)
        articles.append(table.article(record, line, number))
        items.extend(table.items(record, number))
    return written(articles, table.ARTICLES), written(items, table.ITEMS)


def failures(rows: Iterable[tuple[int | None, dict[str, Any]]]) -> bytes:
    """Failures, each with its row's id, as a part of errors."""
    names = [name for name, _ in ERRORS[1:-1]]
    return written(
        (
            (number, *(row[name] for name in names), json.dumps(row["attempts"]))
            for number, row in rows
        ),
        ERRORS,
    )


def failures_in(folder: Folder, path: str) -> list[tuple[int, dict[str, Any]]]:
    """The failures in a part of errors that was written before."""
    from pyarrow.parquet import read_table

    with closing(folder.open(path)) as file:
        found = read_table(file).to_pylist()
    return [(row.pop("id"), {**row, "attempts": json.loads(row["attempts"])}) for row in found]
