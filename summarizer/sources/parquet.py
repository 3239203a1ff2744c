"""The rows of a Parquet file, one after the other: the columns that are needed, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from summarizer.errors import (
    ConfigurationError,
    SourceError,
    SourceTooLarge,
    UnreadableSource,
)
from summarizer.sources.naming import quoted, shown
from summarizer.sources.rows import Columns

#: Rows that are unpacked at once: each may be as large as an article.
_ROWS = 16
#: Bytes of a column that are read at once.
_READ = 1 << 18


class Damaged(Exception):
    """A Parquet file is none, or is damaged."""


def require() -> None:
    """Raise ConfigurationError if there is no library for Parquet."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            "a Parquet file needs the extra `parquet`: pip install 'article-summarizer[parquet]'"
        ) from None


def from_parquet(
    file: BinaryIO, columns: Columns, *, name: str, max_bytes: int, start: int = 0
) -> Iterator[dict[str, Any] | SourceError]:
    """Each row by the names of its columns, or a SourceError as in `rows`.

    `name` is the file's, for errors; `start` is the first row that is wanted, from 0. Raises
    UnreadableSource if a column is missing that was asked for, or holds another kind of value
    than it should; ConfigurationError if there is no library for Parquet; Damaged.
    """
    require()
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(file, pre_buffer=False, buffer_size=_READ)
        read = readers(table.schema_arrow, columns, name)
        names = list(read)
        groups, skipped = _from(table.metadata, start)
        for batch in table.iter_batches(_ROWS, row_groups=groups, columns=names, use_threads=False):
            values = {name: read[name](batch.column(name)) for name in names}
            for index in range(min(skipped, len(batch)), len(batch)):
                yield _row(values, index, columns.text, max_bytes)
            skipped = max(0, skipped - len(batch))
    except SourceError:
        raise
    except Exception:  # noqa: BLE001 - what the library makes of a damaged file is not told
        raise Damaged from None


def count(file: BinaryIO, columns: Columns) -> int:
    """How many rows a file says that it has. Raises as `from_parquet` does."""
    require()
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(file, pre_buffer=False)
        readers(table.schema_arrow, columns, "")
        return int(table.metadata.num_rows)
    except SourceError:
        raise
    except Exception:  # noqa: BLE001 - as above
        raise Damaged from None


def facts(file: BinaryIO) -> dict[bytes, bytes]:
    """What a file says of itself, by name. Raises Damaged, and as `require` does."""
    require()
    from pyarrow import parquet

    try:
        return dict(parquet.read_metadata(file).metadata or {})
    except Exception:  # noqa: BLE001 - as above
        raise Damaged from None


def _from(metadata: Any, start: int) -> tuple[list[int], int]:
    """The row groups from the one that holds a row, and how many rows it has before that."""
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if start < rows:
            return list(range(group, metadata.num_row_groups)), start
        start -= rows
    return [], 0


def _row(
    columns: dict[str, Any], index: int, text: str, max_bytes: int
) -> dict[str, Any] | SourceError:
    row = {}
    for name, column in columns.items():
        try:
            value = column[index].as_py()
            row[name] = value.decode() if isinstance(value, bytes) else value
        except UnicodeDecodeError:
            return UnreadableSource(f"is no UTF-8 in its column {quoted(name)}")
        # A day before the year 1, or in a time zone that nobody knows: no date, and no null.
        except (ValueError, OverflowError, KeyError, TypeError):
            row[name] = False
    article = row[text]
    if isinstance(article, str) and _size(article, max_bytes) > max_bytes:
        return SourceTooLarge(f"is larger than {max_bytes:,} bytes")
    return row


def _size(text: str, most: int) -> int:
    """A text's bytes, counted only where they matter."""
    return len(text) if len(text) * 4 <= most else len(text.encode("utf-8", "replace"))


def readers(schema: Any, columns: Columns, file: str) -> dict[str, Callable[[Any], Any]]:
    """For each column that is read, what makes its values of a batch's.

    Raises UnreadableSource as `from_parquet`.
    """
    found: dict[str, Callable[[Any], Any]] = {}
    for role, name in columns._asdict().items():
        if schema.get_field_index(name) < 0:
            if role == "text" or name != Columns._field_defaults[role]:
                raise UnreadableSource(f"{file} has no column {quoted(name)}")
            continue
        type_ = schema.field(name).type
        read = _reader(type_, role)
        if read is None:
            what = "date" if role == "published" else role
            raise UnreadableSource(
                f"{file} has no {what} in its column {quoted(name)}, but {shown(str(type_))[:80]}"
            )
        found[name] = read
    return found


def _reader(type_: Any, role: str) -> Callable[[Any], Any] | None:
    """How a column of this type is read, or None if it does not fit."""
    import pyarrow as pa

    kinds = pa.types
    value = type_.value_type if kinds.is_dictionary(type_) else type_
    texts = (
        kinds.is_string, kinds.is_large_string, kinds.is_string_view, kinds.is_binary,
        kinds.is_large_binary, kinds.is_null,
    )  # fmt: skip
    fits = any(test(value) for test in texts)
    if role == "id":
        fits = fits or kinds.is_integer(type_)
    if role == "published":
        if kinds.is_timestamp(type_):
            micro = pa.timestamp("us", tz=type_.tz)  # as far as Python's times go
            return lambda column: column.cast(micro, safe=False)
        fits = fits or kinds.is_date(type_)
    return (lambda column: column) if fits else None
