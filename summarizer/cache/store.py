"""A file of values by key, for many processes at once: SQLite, least recently used out first.

The journal is a rollback journal and not a write-ahead log, which needs memory shared by
all who use the file: home folders on a network have none. Nothing waits for the disk: a
process that is killed loses no value that was put, a power cut may cost the whole file,
and this is only a cache.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from summarizer.folders import make_private

#: In the file's header (offset 68), so that a file can be told to be this package's.
_APPLICATION_ID = 0x41_53_75_6D
_VERSION = 1
_SCHEMA = """
    CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL);
    CREATE INDEX entries_by_use ON entries (used);
"""
#: The smallest page that SQLite knows, and so the smallest file.
_SHORTEST = 512
_FOREIGN = "it is no answer cache, and is left alone"
#: An empty file's own pages, and room for the way to a value.
_OVERHEAD = 32_768
#: Seconds before a value that is read counts as used again: most reads then write nothing.
_GRAIN = 60
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

T = TypeVar("T")


class StoreError(Exception):
    """The file cannot be used. The message says why, in a part of a sentence."""


class StoreBusy(StoreError):
    """Another process had the file for longer than was waited."""


class Store:
    """The values in one file, which is made with the first of them.

    `max_bytes` bounds the file. Every call takes `wait`: the seconds to wait while another
    process writes. Every call raises StoreError. Not for two threads at once.

    A damaged file is made anew if its header says that it is this package's own; every
    other file is left alone. One that another process removes is opened anew.
    """

    def __init__(self, path: Path, max_bytes: int, *, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since an epoch that all users of the file share."""
        self.path = path
        self._connection: sqlite3.Connection | None = None
        #: The process and the file that the connection belongs to.
        self._belongs: tuple[int, ...] | None = None
        self._max_bytes = max_bytes
        self._clock = clock

    def get(self, key: bytes, *, wait: float) -> bytes | None:
        """The value, or None; a value that is read is used."""
        return self._run(lambda: self._get(key, wait))

    def put(self, key: bytes, value: bytes, *, wait: float) -> bool:
        """Keep a value, and tell whether the file is now larger than it may be.

        A value that would fill the file alone is not kept.
        """
        if len(value) + _OVERHEAD > self._max_bytes:
            return False
        return self._run(lambda: self._put(key, value, wait))

    def shrink(self, *, wait: float) -> None:
        """Drop what was used longest ago, until the file is as small as it must be."""
        self._run(lambda: self._shrink(wait))

    def remove(self, key: bytes, *, wait: float) -> None:
        """Drop one value."""
        self._run(lambda: self._execute("DELETE FROM entries WHERE key = ?", (key,), wait=wait))

    def clear(self, *, wait: float) -> int:
        """Drop every value, and tell how many there were."""
        return self._run(lambda: self._execute("DELETE FROM entries", wait=wait))

    def count(self, *, wait: float) -> int:
        """How many values there are."""
        return self._run(lambda: self._count(wait))

    def size(self) -> int:
        """The file's bytes; 0 if there is none."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Close the file. The next call opens it again."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._belongs is not None and self._belongs[0] != os.getpid():
            _INHERITED.append(connection)
        else:
            connection.close()

    def __del__(self) -> None:
        # Nothing is lost with a store that nobody closed: each value was put when it was put.
        self.close()

    def _get(self, key: bytes, wait: float) -> bytes | None:
        connection = self._opened(wait, make=False)
        if connection is None:
            return None
        row = connection.execute("SELECT value, used FROM entries WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        value, used = row
        now = self._now()
        if now - used >= _GRAIN:
            # A value that can be read but not marked, in a file that is read-only or just
            # being written to, is still a value.
            with contextlib.suppress(sqlite3.OperationalError):
                connection.execute("UPDATE entries SET used = ? WHERE key = ?", (now, key))
        return bytes(value)

    def _put(self, key: bytes, value: bytes, wait: float) -> bool:
        connection = self._opened(wait, make=True)
        assert connection is not None
        connection.execute(
            "INSERT OR REPLACE INTO entries (key, value, used) VALUES (?, ?, ?)",
            (key, value, self._now()),
        )
        return self.size() > self._max_bytes

    def _shrink(self, wait: float) -> None:
        connection = self._opened(wait, make=False)
        while connection is not None and self.size() > self._max_bytes:
            # The pages are given back, and the file is smaller, when this is committed.
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                # Somewhat more than must go, so that not every put has to drop one.
                excess = self.size() - self._max_bytes + self._max_bytes // 64
                going = list(_oldest(connection, excess))
                connection.executemany("DELETE FROM entries WHERE rowid = ?", going)
            if not going:
                return

    def _count(self, wait: float) -> int:
        connection = self._opened(wait, make=False)
        if connection is None:
            return 0
        return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])

    def _execute(self, statement: str, values: tuple[bytes, ...] = (), *, wait: float) -> int:
        connection = self._opened(wait, make=False)
        return 0 if connection is None else connection.execute(statement, values).rowcount

    def _now(self) -> int:
        return int(self._clock())

    def _run(self, action: Callable[[], T]) -> T:
        """Do something with the file, once more if the file was damaged and is made anew."""
        try:
            try:
                return _translated(action)
            except _Damaged as damage:
                self._discard(damage)
            return _translated(action)
        except _Damaged as damage:
            self.close()
            raise StoreError(str(damage)) from damage
        except StoreBusy:
            raise
        except StoreError:
            # What is wrong may be with this connection alone.
            self.close()
            raise

    def _discard(self, damage: _Damaged) -> None:
        """Remove a damaged file, if it is this package's own."""
        belongs = self._belongs
        self.close()
        if _application_of(self.path) != _APPLICATION_ID:
            raise StoreError(_FOREIGN) from damage
        # Another process may have put a sound one in its place by now.
        if belongs is None or belongs == _identity(self.path):
            try:
                # The journal first: a new file must not be rolled back with it.
                Path(f"{self.path}-journal").unlink(missing_ok=True)
                self.path.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(f"it is damaged and cannot be removed: {_why(error)}") from error

    def _opened(self, wait: float, *, make: bool) -> sqlite3.Connection | None:
        """The connection to the file that is there, or None if there is none to make."""
        connection = self._connection
        if connection is None or self._belongs != _identity(self.path):
            self.close()
            connection = self._open(wait, make=make)
        if connection is not None:
            connection.execute(f"PRAGMA busy_timeout = {round(wait * 1000)}")
        return connection

    def _open(self, wait: float, *, make: bool) -> sqlite3.Connection | None:
        if not self.path.exists():
            if not make:
                return None
            make_private(self.path.parent)
            _touch(self.path)
        # SQLite takes what is shorter than its header for empty, and would write over it.
        if 0 < self.size() < _SHORTEST:
            raise StoreError(_FOREIGN)
        self._belongs = _identity(self.path)
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=wait,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            ready = _prepare(connection, make=make)
        except BaseException:
            connection.close()
            raise
        if not ready:
            connection.close()
            return None
        self._connection = connection
        return connection


class _Damaged(Exception):
    """SQLite cannot make sense of the file."""


#: Connections of a parent process: SQLite forbids a child even to close them.
_INHERITED: list[sqlite3.Connection] = []


def _prepare(connection: sqlite3.Connection, *, make: bool) -> bool:
    """Check that a file is a store, making it one if it is empty, and tell whether it is.

    Raises StoreError for the file of another application or version: nothing in it changes.
    """
    found = _is_store(connection)
    if not found and not make:
        return False
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = OFF")
    if found:
        return True
    # What is dropped makes the file smaller at once.
    connection.execute("PRAGMA auto_vacuum = FULL")
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if not _is_store(connection):  # nor by another process, in the meantime
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
    return True


def _is_store(connection: sqlite3.Connection) -> bool:
    """Whether the file is a store, and not empty. Raises StoreError if it is neither."""
    # The tables first: where another process makes a store of an empty file between two of
    # these questions, none of them is seen without the mark that was written with them.
    tables, application, version = (
        connection.execute(question).fetchone()[0]
        for question in (
            "SELECT count(*) FROM sqlite_master",
            "PRAGMA application_id",
            "PRAGMA user_version",
        )
    )
    if (application, tables) == (0, 0):
        return False
    if application != _APPLICATION_ID:
        raise StoreError(_FOREIGN)
    if version != _VERSION:
        raise StoreError("another version of this package made it, and it is left alone")
    return True


def _touch(path: Path) -> None:
    """Make an empty file for its owner alone; SQLite gives its journal the same permissions."""
    # Never a file that is there: closing it would end the locks of this process on it.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _oldest(connection: sqlite3.Connection, size: int) -> Iterator[tuple[int]]:
    """The rows that were used longest ago, until their values have so many bytes."""
    rows = connection.execute("SELECT rowid, length(value) FROM entries ORDER BY used, rowid")
    for rowid, length in rows:
        yield (rowid,)
        size -= length
        if size <= 0:
            return


def _translated(action: Callable[[], T]) -> T:
    """The action's outcome, with errors of SQLite and the system as this module's own."""
    try:
        return action()
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            raise _Damaged(str(error)) from error
        if code in _LOCKED:
            raise StoreBusy("another process keeps it locked") from error
        raise StoreError(str(error)) from error
    except FileExistsError as error:
        raise StoreError("a file stands where its folder would be") from error
    except OSError as error:
        raise StoreError(_why(error)) from error


def _identity(path: Path) -> tuple[int, ...] | None:
    """What tells this process and this file from every other one, or None without a file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return os.getpid(), found.st_dev, found.st_ino


def _application_of(path: Path) -> int | None:
    """Whose file it is, by the header alone; None if that is no SQLite file's.

    For a damaged file only: closing it ends the locks of this process on it.
    """
    try:
        with path.open("rb") as file:
            header = file.read(72)
    except OSError:
        return None
    if len(header) < 72 or not header.startswith(b"SQLite format 3\0"):
        return None
    return int.from_bytes(header[68:72], "big")


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
