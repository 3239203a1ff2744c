"""The rows of a JSON lines or CSV file, one after the other.

A row is what stands in it, or a SourceError that says why it cannot be read: the part of a
sentence that begins with the row.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from summarizer.errors import SourceError, SourceTooLarge, UnreadableSource
from summarizer.sources.naming import quoted


class Columns(NamedTuple):
    """The names of a table's columns. Only the text has to be there."""

    text: str = "text"
    title: str = "title"
    published: str = "published"
    id: str = "id"


def from_json(stream: BinaryIO, max_bytes: int) -> Iterator[Any]:
    """Each line's value. Empty lines are left out."""
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


def count_json(stream: BinaryIO, max_bytes: int) -> Iterator[int]:
    """1 for each row that `from_json` would give."""
    while line := stream.readline(max_bytes + 1):
        blank = len(line) <= max_bytes and not line.strip()
        while line and not line.endswith(b"\n"):
            line = stream.readline(max_bytes)
        if not blank:
            yield 1


def from_csv(
    stream: BinaryIO, needed: str, *, name: str, max_bytes: int
) -> Iterator[dict[str, str] | SourceError]:
    """Each row by the names in the first one. What is no UTF-8 makes its row unreadable.

    `name` is the file's, for errors. Raises UnreadableSource if no column is called `needed`
    and csv.Error. A row that is too large is the last: nobody knows where the next one begins.
    """
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    with io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as text:
        lines = _Lines(text, max_bytes)
        rows = csv.DictReader(lines)
        try:
            names = rows.fieldnames
        except _TooLong:
            raise SourceTooLarge(
                f"the first row of {name} is larger than {max_bytes:,} bytes"
            ) from None
        if names is not None and needed not in names:
            raise UnreadableSource(f"{name} has no column {quoted(needed)}")
        lines.left = max_bytes
        try:
            for row in rows:
                lines.left = max_bytes
                yield row
        except _TooLong:
            yield SourceTooLarge(f"is larger than {max_bytes:,} bytes, and no row after it is read")


class _TooLong(Exception):
    """A row has more characters than it may have."""


class _Lines:
    """The lines of a text; those of one row are bounded together."""

    def __init__(self, text: io.TextIOWrapper, most: int) -> None:
        self._text = text
        #: Characters that the row at hand may still have.
        self.left = most

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self.left + 1)
        if not line:
            raise StopIteration
        self.left -= len(line)
        if self.left < 0:
            raise _TooLong
        return line
