"""The SQLite file of the service's batches: opened for one server alone, made if need be."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from summarizer.errors import ConfigurationError
from summarizer.folders import make_private

#: In the file's header, so that a file can be told to be this package's.
_APPLICATION_ID = 0x41_53_75_62
_VERSION = 1
_SCHEMA = """
    CREATE TABLE server (epoch INTEGER NOT NULL);
    INSERT INTO server VALUES (0);
    CREATE TABLE batches (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        state INTEGER NOT NULL,
        total INTEGER NOT NULL DEFAULT 0,
        done INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL,
        ended REAL,
        token BLOB,
        digest BLOB
    );
    CREATE INDEX batches_by_owner ON batches (owner, number);
    CREATE INDEX batches_by_state ON batches (state);
    CREATE UNIQUE INDEX batches_by_token ON batches (owner, token) WHERE token IS NOT NULL;
    CREATE TABLE articles (
        batch INTEGER NOT NULL,
        place INTEGER NOT NULL,
        name TEXT,
        tries INTEGER NOT NULL DEFAULT 0,
        losses INTEGER NOT NULL DEFAULT 0,
        ready REAL NOT NULL DEFAULT 0,
        epoch INTEGER,
        PRIMARY KEY (batch, place)
    ) WITHOUT ROWID;
    CREATE INDEX articles_waiting ON articles (batch, tries, place, ready) WHERE epoch IS NULL;
    CREATE INDEX articles_ready ON articles (batch, ready) WHERE epoch IS NULL;
    CREATE INDEX articles_running ON articles (batch) WHERE epoch IS NOT NULL;
    CREATE TABLE texts (
        batch INTEGER NOT NULL,
        place INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (batch, place)
    );
    CREATE TABLE results (
        batch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        place INTEGER NOT NULL,
        name TEXT,
        kind TEXT NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (batch, seq),
        UNIQUE (batch, place)
    );
"""
#: The smallest page that SQLite knows, and so the smallest file.
_SHORTEST = 512


class StoreError(Exception):
    """The file cannot be used at the moment. The message says why, without a word of it."""


class StoreFull(StoreError):
    """The file is as large as it may be, or the disk is full."""


def opened(path: Path, wait: float) -> sqlite3.Connection:
    """The file, locked until the connection is closed or the process ends.

    `wait` is how many seconds another server is given to leave it. Raises
    ConfigurationError for a file that cannot be had, or is none of ours; it is left alone.
    """
    try:
        make_private(path.parent)
        _make_private_file(path)
        # SQLite takes what is shorter than its header for empty, and would write over it.
        if 0 < path.stat().st_size < _SHORTEST:
            raise ConfigurationError(f"'{path}' is no store of batches, and is left alone")
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=wait,
            isolation_level=None,
            check_same_thread=False,
        )
    except (sqlite3.Error, OSError) as error:
        raise ConfigurationError(f"'{path}' cannot be opened: {_why(error)}") from None
    try:
        _prepare(connection, path)
    except BaseException as error:
        connection.close()
        if not isinstance(error, sqlite3.Error):
            raise
        if _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise ConfigurationError(f"'{path}' is another server's") from None
        raise ConfigurationError(f"'{path}' cannot be used: {_why(error)}") from None
    return connection


@contextlib.contextmanager
def problems() -> Iterator[None]:
    """SQLite's errors as this module's own."""
    try:
        yield
    except sqlite3.Error as error:
        kind = StoreFull if _code(error) == sqlite3.SQLITE_FULL else StoreError
        raise kind(_why(error)) from error


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it is on the disk at the end, or nothing. Raises StoreError."""
    with problems():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Take the lock, check whose file it is, and make the tables of an empty one."""
    # The lock is kept from the first reading on, and no memory is shared with others: the
    # journal then also works in folders that several machines see.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
    tables, application, version = (
        connection.execute(question).fetchone()[0]
        for question in (
            "SELECT count(*) FROM sqlite_master",
            "PRAGMA application_id",
            "PRAGMA user_version",
        )
    )
    empty = (application, tables) == (0, 0)
    if not empty and application != _APPLICATION_ID:
        raise ConfigurationError(f"'{path}' is no store of batches, and is left alone")
    if not empty and version != _VERSION:
        raise ConfigurationError(f"'{path}' is of another version of this package")
    if empty:
        # So that what is deleted makes the file smaller.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    # What was accepted outlives a power cut: a commit waits for the disk.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON").fetchall()
    with transaction(connection):
        if empty:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)


def _make_private_file(path: Path) -> None:
    """Make an empty file for its owner alone; SQLite gives its journal the same permissions."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        path.chmod(0o600)


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _why(error: sqlite3.Error | OSError) -> str:
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return str(error)
