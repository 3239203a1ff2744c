"""Columns: the rows of a table as Parquet, written and read a row group at a time."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from summarizer.batch.claim import OutputProblem
from summarizer.batch.table import MARK, VERSION, Column, Value
from summarizer.errors import ConfigurationError

#: So many rows are turned into columns at once, and so many bytes make a row group.
_ROWS = 512
_GROUP_BYTES = 16 << 20
_GROUP_ROWS = 1 << 16


def require() -> None:
    """Raise ConfigurationError if there is no library for Parquet."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            "an output that ends in .parquet needs the extra `parquet`: "
            "pip install 'article-summarizer[parquet]'"
        ) from None


class Writer:
    """A new Parquet file. What is not closed without an error is no Parquet file.

    Raises OSError where the system refuses, and OutputProblem for anything else.
    """

    def __init__(self, path: Path, columns: Sequence[Column], *, compression: str = "zstd") -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._path = path
        self._columns = columns
        types = {
            "text": pa.string(),
            "integer": pa.int64(),
            "real": pa.float64(),
            "flag": pa.bool_(),
            "day": pa.date32(),
        }
        self._schema = pa.schema([(name, types[kind]) for name, kind in columns])
        # The records are large and never alike.
        short = [name for name, _ in columns if name != "record"]
        self._file = path.open("xb")
        self._writer = parquet.ParquetWriter(
            self._file,
            self._schema,
            compression=compression,
            use_dictionary=short,
            write_statistics=short,
        )
        self._rows: list[tuple[Value, ...]] = []
        self._batches: list[Any] = []
        self._bytes = 0

    def add(self, row: tuple[Value, ...]) -> None:
        """Write a row, in the order of the columns."""
        self._rows.append(row)
        if len(self._rows) == _ROWS:
            self._gather()

    def copy(self, group: Any) -> None:
        """Write a row group of another file with the same columns."""
        self._flush()
        with self._problems():
            self._writer.write_table(group.cast(self._schema))

    def note(self, facts: dict[str, str]) -> None:
        """Say something of the file in its metadata."""
        self._writer.add_key_value_metadata({MARK: str(VERSION), **facts})

    def _gather(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        with self._problems():
            arrays = [
                pa.array(_days(values) if kind == "day" else values, type_)
                for values, (_, kind), type_ in zip(
                    zip(*self._rows, strict=True), self._columns, self._schema.types, strict=True
                )
            ]
        self._rows.clear()
        batch = pa.record_batch(arrays, schema=self._schema)
        self._batches.append(batch)
        self._bytes += batch.nbytes
        if self._bytes >= _GROUP_BYTES or len(self._batches) * _ROWS >= _GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        self._gather()
        if self._batches:
            with self._problems():
                group = pa.Table.from_batches(self._batches)
                self._writer.write_table(group, row_group_size=len(group))
            self._batches.clear()
            self._bytes = 0

    @contextlib.contextmanager
    def _problems(self) -> Iterator[None]:
        import pyarrow as pa

        try:
            yield
        except OSError:
            raise
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            raise OutputProblem(
                f"'{self._path}' cannot be written: a record does not fit its columns "
                f"({type(error).__name__})"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            try:
                if kind is None:
                    self._flush()
                    self._writer.close()
                    self._file.flush()
                    # What is replaced next is the only other copy.
                    os.fsync(self._file.fileno())
            finally:
                # Else it would write its end when it is dropped; without one it is no file.
                self._writer.is_open = False


class Reader:
    """A Parquet file of a batch, open. Raises OutputProblem if it is none, or is damaged."""

    def __init__(self, handle: int, path: Path) -> None:
        """`handle` stays the caller's; `path` is its name for errors."""
        from pyarrow import parquet

        self.path = path
        self._file = os.fdopen(os.dup(handle), "rb")
        try:
            self._file.seek(0)
            with self._problems():
                self._parquet = parquet.ParquetFile(self._file, pre_buffer=False)
                found = self._parquet.metadata.metadata or {}
                #: What the file says of itself.
                self.facts = {name.decode(): value.decode() for name, value in found.items()
                              if name.startswith(b"summarizer.")}  # fmt: skip
            if self.facts.get(MARK) != str(VERSION):
                raise OutputProblem(
                    f"'{path}' cannot be added to: it is no file of a batch of this version"
                )
        except BaseException:
            self._file.close()
            raise

    @property
    def sizes(self) -> list[int]:
        """How many rows each row group has."""
        metadata = self._parquet.metadata
        return [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]

    def group(self, index: int, columns: Sequence[str] | None = None) -> Any:
        """A row group as a table, with all columns or with some."""
        with self._problems():
            return self._parquet.read_row_group(
                index, columns=None if columns is None else list(columns), use_threads=False
            )

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Some columns of each row, in their order."""
        for index in range(len(self.sizes)):
            group = self.group(index, columns)
            for batch in group.to_batches(max_chunksize=_ROWS):
                with self._problems():
                    values = [batch.column(name).to_pylist() for name in columns]
                yield from zip(*values, strict=True)

    def close(self) -> None:
        self._file.close()

    @contextlib.contextmanager
    def _problems(self) -> Iterator[None]:
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError, ValueError, KeyError):
            raise OutputProblem(
                f"'{self.path}' cannot be added to: it is no Parquet file, or is damaged"
            ) from None


def _days(values: Sequence[Any]) -> list[dt.date | None]:
    return [None if value is None else dt.date.fromisoformat(value) for value in values]
