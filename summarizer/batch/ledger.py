"""Ledger: which articles have a row, and which failed, in memory that stays small.

It is made anew from the files at each start and goes with the process, so that it cannot
disagree with them. SQLite keeps it in a temporary file that has no name.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

from summarizer.batch.claim import OutputProblem

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE rows (
    key BLOB, source BLOB, start INTEGER, PRIMARY KEY (key, source)
) WITHOUT ROWID;
CREATE TABLE failures (
    source BLOB PRIMARY KEY, key BLOB, final INTEGER, start INTEGER
) WITHOUT ROWID;
BEGIN;
"""


class Ledger:
    """Rows and failures. Keys and sources are digests; a start is an offset in a file.

    Each method raises OutputProblem if the temporary file cannot be written.
    """

    def __init__(self) -> None:
        with _problems():
            self._store = sqlite3.connect("", isolation_level=None)
            self._store.executescript(_TABLES)

    def add(self, key: bytes, source: bytes, start: int) -> None:
        """Note a row, and that its source has not failed."""
        self._do("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", key, source, start)
        self.answered(source)

    def answered(self, source: bytes) -> None:
        """Note that the source's article, as it is now, has its row."""
        self._do("DELETE FROM failures WHERE source = ?", source)

    def has(self, key: bytes, source: bytes) -> bool:
        """Whether this article from this source has a row."""
        return self._one("SELECT 1 FROM rows WHERE key = ? AND source = ?", key, source) is not None

    def find(self, key: bytes) -> int | None:
        """Where a row of this article starts, from whatever source."""
        return self._one("SELECT start FROM rows WHERE key = ? LIMIT 1", key)

    def __iter__(self) -> Iterator[tuple[bytes, bytes, int]]:
        """Each row's key, source and start, in the order of these."""
        with _problems():
            yield from self._store.execute("SELECT key, source, start FROM rows ORDER BY start")

    def fail(self, source: bytes, key: bytes | None, start: int, *, final: bool) -> None:
        """Note a failure in the place of an earlier one of the same source.

        `final` tells that the same article would fail again.
        """
        self._do(
            "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)", source, key, int(final), start
        )

    def failed(self, key: bytes, source: bytes) -> bool:
        """Whether this article from this source has failed for good."""
        found = self._one(
            "SELECT 1 FROM failures WHERE source = ? AND key = ? AND final", source, key
        )
        return found is not None

    def stands(self, start: int, source: bytes) -> bool:
        """Whether the failure that starts there is the last word about its source."""
        return self._one("SELECT start FROM failures WHERE source = ?", source) == start

    def close(self) -> None:
        """Drop it all."""
        self._store.close()

    def _one(self, query: str, *values: Any) -> int | None:
        with _problems():
            row = self._store.execute(query, values).fetchone()
        return None if row is None else int(row[0])

    def _do(self, query: str, *values: Any) -> None:
        with _problems():
            self._store.execute(query, values)


@contextlib.contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OutputProblem(f"the temporary index of the batch cannot be used: {error}") from None
