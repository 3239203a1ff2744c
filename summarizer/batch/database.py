"""Database: records, their items and the failures in one SQLite file.

docs/batch.md has the tables. Others may read the file while a batch writes it: each record is
a transaction of its own, in a write-ahead log that is gone when the batch ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from summarizer.batch import table
from summarizer.batch.claim import Claim, OutputProblem, identity, problems
from summarizer.batch.output import TakeFailure, TakeRecord
from summarizer.batch.rows import Known
from summarizer.batch.table import ARTICLES, ITEMS, Column

#: "sumr": tells a batch's database from any other.
APPLICATION = 0x73756D72
#: Where a database file has its application's number and its version.
_MAGIC = b"SQLite format 3\0"
_VERSION_AT, _APPLICATION_AT, _HEADER = 60, 68, 100
#: Seconds to wait for somebody else who writes.
_PATIENCE = 10.0
#: Milliseconds to wait for somebody who reads, at the end.
_AT_THE_END = 500

_TYPES = {"text": "TEXT", "integer": "INTEGER", "real": "REAL", "flag": "INTEGER", "day": "TEXT"}
_SIDES = ("-wal", "-shm", "-journal")


def _columns(columns: tuple[Column, ...], **constraints: str) -> str:
    return ", ".join(f"{name} {constraints.get(name, _TYPES[kind])}" for name, kind in columns)


_FAILURES = (
    Column("id", "integer"),
    Column("source"),
    Column("key"),
    Column("error"),
    Column("message"),
    Column("hint"),
    Column("retryable", "flag"),
    Column("attempts"),
)
_TABLES = (
    f"CREATE TABLE articles ({_columns(ARTICLES, id='INTEGER PRIMARY KEY')})",
    f"CREATE TABLE items ({_columns(ITEMS, article='INTEGER NOT NULL REFERENCES articles (id)')})",
    f"CREATE TABLE failures ({_columns(_FAILURES, id='INTEGER PRIMARY KEY')})",
    "CREATE INDEX articles_source ON articles (source)",
    "CREATE INDEX articles_published ON articles (published)",
    "CREATE INDEX items_article ON items (article)",
    "CREATE INDEX items_name ON items (field, name)",
    "CREATE INDEX items_speaker ON items (speaker) WHERE speaker IS NOT NULL",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {table.VERSION}",
)


def _insert(name: str, columns: tuple[Column, ...]) -> str:
    return f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our names


_ADD_ARTICLE = _insert("articles", ARTICLES)
_ADD_ITEM = _insert("items", ITEMS)
_ADD_FAILURE = _insert("failures", _FAILURES)


class Database:
    """An Output in one file. A place is a row's id.

    Its lock is not SQLite's, which keeps nobody from reading.
    """

    def __init__(self, path: Path) -> None:
        self.path = self.errors_path = path
        self._claim = Claim(path)
        try:
            _check(self._claim)
            with self._problems():
                self._store = _opened(path)
                self._next = self._one("SELECT coalesce(max(id), 0) + 1 FROM articles")
        except BaseException:
            self._claim.release()
            raise
        #: The log beside the file; whoever saves the rows takes it away.
        self._sides = {side: identity(_side(path, side)) for side in _SIDES}
        self._open = True

    def read(self, record: TakeRecord, failure: TakeFailure) -> list[Path]:
        names = ", ".join(Known._fields)
        with self._problems():
            for place, *known in self._store.execute(f"SELECT id, {names} FROM articles"):  # noqa: S608
                record(place, Known(*known))
            for place, source, key, retryable in self._store.execute(
                "SELECT id, source, key, retryable FROM failures ORDER BY id"
            ):
                failure(place, {"source": source, "key": key, "retryable": bool(retryable)})
        return []

    def add(self, row: str) -> int:
        record = json.loads(row)
        self._claim.check(self._save)
        number = self._next
        with self._transaction():
            self._store.execute(_ADD_ARTICLE, table.article(record, row, number))
            self._store.executemany(_ADD_ITEM, table.items(record, number))
        self._next += 1
        return number

    def at(self, place: int) -> str:
        with self._problems():
            (record,) = self._store.execute(
                "SELECT record FROM articles WHERE id = ?", (place,)
            ).fetchone()
        return str(record)

    def fail(self, row: dict[str, Any]) -> int:
        self._claim.check(self._save)
        values = [None, *(_cell(row[name]) for name, _ in _FAILURES[1:])]
        with self._transaction():
            place = self._store.execute(_ADD_FAILURE, values).lastrowid
        assert place is not None
        return place

    def finish(self, stands: Callable[[int, str], bool]) -> None:
        if not self._claim.in_place():
            return
        after = 0
        while True:
            with self._problems():
                some = self._store.execute(
                    "SELECT id, source FROM failures WHERE id > ? ORDER BY id LIMIT 1000", (after,)
                ).fetchall()
            if not some:
                return
            after = some[-1][0]
            gone = [(place,) for place, source in some if not stands(place, source)]
            with self._transaction():
                self._store.executemany("DELETE FROM failures WHERE id = ?", gone)

    @property
    def empty(self) -> bool:
        return self._next == 1

    def give_way(self) -> None:
        # What stayed of its log would be taken for the new file's.
        if not self._shut():
            raise OutputProblem(
                f"'{self.path}' cannot be replaced: another program has it open; close it there, "
                f"and the same command goes on"
            )

    def move_to(self, path: Path) -> None:
        if not self._shut():
            raise OutputProblem(f"'{self.path}' cannot be moved: another program has it open")
        with problems(path):
            self.path.replace(path)
        self.path = self.errors_path = self._claim.path = path

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error, OutputProblem):
            if self._claim.made and self.empty and self._open and not self._has_failures():
                self._claim.remove()
        self._shut()
        self._claim.release()

    def _has_failures(self) -> bool:
        return bool(self._one("SELECT EXISTS (SELECT 1 FROM failures)"))

    def _shut(self) -> bool:
        """End the connection; whether the file then holds all of it, and is nobody else's."""
        if not self._open:
            return True
        whole = False
        with contextlib.suppress(sqlite3.Error):
            if self._claim.in_place():
                self._store.execute(f"PRAGMA busy_timeout = {_AT_THE_END}")
                mode = self._store.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
                whole = mode == "delete"
        self._open = False
        self._store.close()
        if not self._claim.in_place():
            self._remove_sides()
        return whole

    def _save(self, path: Path) -> None:
        """Write all rows to an empty file, although this one has lost its name."""
        part = path.with_name(f".{path.name[:50]}.{os.getpid()}.part")
        try:
            with self._problems(), contextlib.closing(sqlite3.connect(part)) as saved:
                self._store.backup(saved)
                saved.execute("PRAGMA journal_mode = DELETE")
            self._open = False
            self._store.close()
            self._remove_sides()
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _remove_sides(self) -> None:
        """Remove what stayed beside the old name: it would be taken for another file's."""
        for side, found in self._sides.items():
            path = _side(self._claim.path, side)
            if found is not None and identity(path) == found:
                path.unlink(missing_ok=True)

    def _one(self, query: str) -> int:
        return int(self._store.execute(query).fetchone()[0])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of the block or, with an OutputProblem, nothing of it."""
        with self._problems():
            self._store.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._store.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._store.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OutputProblem(f"'{self.path}' cannot be written: {error}") from None


def _check(claim: Claim) -> None:
    """Raise OutputProblem for a file of something else, before SQLite touches it."""
    with problems(claim.path):
        os.lseek(claim.handle, 0, os.SEEK_SET)
        header = os.read(claim.handle, _HEADER)
    if not header:
        return
    application = int.from_bytes(header[_APPLICATION_AT : _APPLICATION_AT + 4])
    if not header.startswith(_MAGIC) or application != APPLICATION:
        raise OutputProblem(f"'{claim.path}' cannot be added to: it is no database of a batch")
    version = int.from_bytes(header[_VERSION_AT : _VERSION_AT + 4])
    if version != table.VERSION:
        raise OutputProblem(
            f"'{claim.path}' cannot be added to: its tables have version {version}, and this "
            f"program writes version {table.VERSION}"
        )


def _opened(path: Path) -> sqlite3.Connection:
    store = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        if not store.execute("PRAGMA application_id").fetchone()[0]:
            # Not in the log yet: the file itself tells from now on whose it is.
            store.execute("PRAGMA journal_mode = DELETE")
            store.execute("BEGIN IMMEDIATE")
            for statement in _TABLES:
                store.execute(statement)
            store.execute("COMMIT")
        # Where there can be no log, as on some shared folders, SQLite says so by the mode that it
        # keeps, and each row is safe at the price of two waits for the disk.
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = NORMAL")
        # Makes the log, which is known again by its identity.
        store.execute("SELECT 1 FROM articles LIMIT 1").fetchone()
    except BaseException:
        store.close()
        raise
    return store


def _side(path: Path, side: str) -> Path:
    return path.with_name(path.name + side)


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value
