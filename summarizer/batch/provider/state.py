"""What was planned, submitted and answered: a file beside the output, until all is in that.

Every step is noted before and after it is taken, and is on the disk when the note returns. A
run that finds the file goes on from it, however the one before it ended. It holds articles,
answers and the provider's ids, and no key: only its owner may read it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from summarizer.batch.claim import OutputProblem
from summarizer.batch.provider.records import Asked, Found, Most, Part, Status, Told

_APPLICATION = 0x41_53_70_42
_VERSION = 1
_TABLES = """
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE parts (
    number INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, lesson BLOB NOT NULL,
    status TEXT NOT NULL, file TEXT, batch TEXT, output TEXT, errors TEXT, fate TEXT, since REAL,
    seconds REAL NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0, requests INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0, tokens INTEGER NOT NULL DEFAULT 0,
    worst REAL NOT NULL DEFAULT 0
);
CREATE TABLE requests (
    id TEXT PRIMARY KEY, part INTEGER NOT NULL, body BLOB, size INTEGER NOT NULL,
    tokens INTEGER NOT NULL, worst REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 1,
    status INTEGER, request_id TEXT, answer BLOB, lack TEXT, cost REAL
);
CREATE INDEX requests_by_part ON requests (part);
CREATE TABLE places (place BLOB PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
"""

_COLUMNS = ", ".join(Part._fields)


class State:
    """The file. Every call raises OutputProblem if it cannot be read or written.

    For one thread. The system's lock on it ends with the process.
    """

    def __init__(
        self, path: Path, *, token: Callable[[], str] = lambda: secrets.token_hex(16)
    ) -> None:
        """Open or make it; `token` names parts. Raises OutputProblem for anybody else's file."""
        self.path = path
        self._token = token
        self.made = not path.exists()
        with self._problems():
            if self.made:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._store = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            with self._problems():
                self._prepare()
        except BaseException:
            self._store.close()
            raise

    def _prepare(self) -> None:
        store = self._store
        store.execute("PRAGMA locking_mode = EXCLUSIVE")
        store.execute("PRAGMA synchronous = FULL")
        store.execute("PRAGMA temp_store = MEMORY")
        store.execute("BEGIN EXCLUSIVE")
        found = self._one("PRAGMA application_id"), self._one("PRAGMA user_version")
        if found == (0, 0) and not self._one("SELECT count(*) FROM sqlite_master"):
            for statement in filter(str.strip, _TABLES.split(";")):
                store.execute(statement)
            store.execute(f"PRAGMA application_id = {_APPLICATION}")
            store.execute(f"PRAGMA user_version = {_VERSION}")
        elif found != (_APPLICATION, _VERSION):
            store.execute("ROLLBACK")
            raise OutputProblem(
                f"'{self.path}' is no state of a provider batch of this version: it is left alone"
            )
        store.execute("COMMIT")

    def note(self, name: str, value: str) -> None:
        """Keep a value by its name."""
        self._do("INSERT OR REPLACE INTO notes VALUES (?, ?)", name, value)

    def noted(self, name: str) -> str | None:
        """The value that was kept by this name."""
        found = self._rows("SELECT value FROM notes WHERE name = ?", name)
        return str(found[0][0]) if found else None

    def parts(self, *statuses: Status) -> list[Part]:
        """The parts with one of these statuses, in order; all without any."""
        marks = ", ".join("?" * len(statuses))
        where = f"WHERE status IN ({marks})" if statuses else ""
        query = f"SELECT {_COLUMNS} FROM parts {where} ORDER BY number"  # noqa: S608 - marks alone
        return [Part(*row) for row in self._rows(query, *statuses)]

    def lines(self, part: Part) -> Iterator[bytes]:
        """The requests of a part as lines, in the order of their ids."""
        with self._problems():
            found = self._store.execute(
                "SELECT body FROM requests WHERE part = ? ORDER BY id", (part.number,)
            )
            for (body,) in found:
                yield zlib.decompress(body)

    def add(self, asked: Iterable[Asked], *, lesson: bytes, most: Most) -> bool:
        """Plan requests, in the open part, which is closed when it is full.

        Tells whether one was closed. A request that is there is planned anew.
        """
        closed = False
        with self._together():
            part = self._open(lesson)
            for one in asked:
                grown = part.with_one(one)
                if part.requests and not most.allow(grown):
                    self._close(part)
                    closed, part = True, self._new("open", lesson)
                    grown = part.with_one(one)
                part = grown
                self._do(
                    "INSERT OR REPLACE INTO requests (id, part, body, size, tokens, worst)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    one.id, part.number, zlib.compress(one.line, 6), len(one.line),
                    one.tokens, one.worst,
                )  # fmt: skip
            self._write_sums(part)
        return closed

    def close_open(self) -> None:
        """No more is planned: what is open is ready, and what is empty is gone."""
        with self._together():
            self._do("DELETE FROM parts WHERE status IN ('open', 'ready') AND requests = 0")
            self._do("UPDATE parts SET status = 'ready' WHERE status = 'open'")

    def recut(self, most: Most) -> None:
        """Put the requests of all ready parts into parts that are small enough."""
        with self._together():
            for part in self.parts("ready"):
                if most.allow(part):
                    continue
                rows = self._rows(
                    "SELECT id, size, tokens, worst FROM requests WHERE part = ?", part.number
                )
                target = part.emptied()
                for name, size, tokens, worst in rows:
                    grown = target.with_sums(size, tokens, worst)
                    if target.requests and not most.allow(grown):
                        self._write_sums(target)
                        target = self._new("ready", part.lesson)
                        grown = target.with_sums(size, tokens, worst)
                    target = grown
                    if target.number != part.number:
                        self._do("UPDATE requests SET part = ? WHERE id = ?", target.number, name)
                self._write_sums(target)

    def set(self, part: Part, status: Status, **values: Any) -> None:
        """Note a part's new status, and what else is known by now."""
        with self._together():
            self._set(part.number, status=status, **values)

    def forget_file(self, part: Part) -> None:
        """Let a part be sent anew, by another name: no batch of it is under way."""
        self.set(
            part,
            "ready",
            token=self._token(),
            file=None,
            batch=None,
            output=None,
            errors=None,
            fate=None,
        )

    def keep_file(self, part: Part) -> None:
        """Let another batch be made of a part's file, by another name."""
        self.set(part, "uploaded", token=self._token(), batch=None)

    def take(self, part: Part, told: Iterable[Told]) -> int:
        """Keep what came of requests of a part; how many of these are its own.

        An answer that came first stays, and one with status 200 goes before all others.
        """
        count = 0
        with self._together():
            for one in told:
                answer = None if one.answer is None else zlib.compress(one.answer, 6)
                changed = self._store.execute(
                    "UPDATE requests SET status = ?, request_id = ?, answer = ?, lack = ?,"
                    " cost = ? WHERE id = ? AND part = ?"
                    " AND ((status IS NULL AND lack IS NULL) OR (? = 200 AND status IS NOT 200))",
                    (one.status, one.request_id, answer, one.lack, one.cost, one.id,
                     part.number, one.status),
                )  # fmt: skip
                count += changed.rowcount
        return count

    def finish(self, part: Part, *, untold: str, again: Collection[str], tries: int) -> int:
        """Note that a part's files were read; how many of its requests go into another part.

        A request of which nothing was told lacks its answer for the reason `untold`. Those
        that lack it for a reason in `again` are sent once more, up to so many tries.
        """
        with self._together():
            self._do(
                "UPDATE requests SET lack = ? WHERE part = ? AND status IS NULL AND lack IS NULL",
                untold, part.number,
            )  # fmt: skip
            marks = ", ".join("?" * len(again))
            rows = self._rows(
                f"SELECT id, size, tokens, worst FROM requests WHERE lack IN ({marks})"  # noqa: S608
                " AND part = ? AND tries < ?",
                *again, part.number, tries,
            )  # fmt: skip
            if rows:
                target = self._new("ready", part.lesson)
                for name, size, tokens, worst in rows:
                    target = target.with_sums(size, tokens, worst)
                    self._do(
                        "UPDATE requests SET part = ?, tries = tries + 1, lack = NULL"
                        " WHERE id = ?",
                        target.number, name,
                    )  # fmt: skip
                self._write_sums(target)
            # What was answered needs its question no more.
            self._do("UPDATE requests SET body = NULL WHERE part = ?", part.number)
            self._set(part.number, status="done")
        return len(rows)

    def untold(self, part: Part) -> int:
        """The requests of a part of which nothing was told yet."""
        return int(
            self._one(
                "SELECT count(*) FROM requests WHERE part = ? AND status IS NULL AND lack IS NULL",
                part.number,
            )
        )

    def cost(self, part: Part) -> float:
        """What a part cost, in US dollars, with the worst of what is not known."""
        return float(
            self._one(
                "SELECT coalesce(sum(CASE WHEN status = 200 THEN coalesce(cost, worst)"
                " ELSE 0 END), 0.0) FROM requests WHERE part = ?",
                part.number,
            )
        )

    def find(self, name: str) -> Found | None:
        """The request of this id."""
        rows = self._rows(
            "SELECT p.lesson, r.status, r.request_id, r.answer, r.lack, p.seconds"
            " FROM requests r JOIN parts p ON p.number = r.part WHERE r.id = ?",
            name,
        )
        if not rows:
            return None
        found = Found(*rows[0])
        if found.answer is None:
            return found
        return found._replace(answer=zlib.decompress(found.answer))

    def locate(self, places: Iterable[tuple[bytes, str]]) -> None:
        """Note which request is about the article of which source."""
        with self._together(), self._problems():
            self._store.executemany("INSERT OR REPLACE INTO places VALUES (?, ?)", places)

    def answered(self, place: bytes) -> bool:
        """Whether a model has answered about the article of a source."""
        return bool(
            self._rows(
                "SELECT 1 FROM places p JOIN requests r ON r.id = p.id"
                " WHERE p.place = ? AND r.status = 200",
                place,
            )
        )

    def close(self) -> None:
        """Let others have the file."""
        self._store.close()

    def remove(self) -> None:
        """Close and delete it: all of it is in the output."""
        self._store.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _open(self, lesson: bytes) -> Part:
        """The part that may grow: requests of one part are made in one way."""
        for part in self.parts("open"):
            if part.lesson == lesson:
                return part
            self._close(part)
        return self._new("open", lesson)

    def _new(self, status: Status, lesson: bytes) -> Part:
        number = int(self._one("SELECT coalesce(max(number), 0) + 1 FROM parts"))
        self._do(
            "INSERT INTO parts (number, token, lesson, status) VALUES (?, ?, ?, ?)",
            number, self._token(), lesson, status,
        )  # fmt: skip
        query = f"SELECT {_COLUMNS} FROM parts WHERE number = ?"  # noqa: S608 - a constant
        return Part(*self._rows(query, number)[0])

    def _close(self, part: Part) -> None:
        self._write_sums(part)
        self._set(part.number, status="ready")

    def _write_sums(self, part: Part) -> None:
        self._set(
            part.number,
            requests=part.requests,
            bytes=part.bytes,
            tokens=part.tokens,
            worst=part.worst,
        )

    def _set(self, number: int, **values: Any) -> None:
        changes = ", ".join(f"{name} = ?" for name in values)
        self._do(
            f"UPDATE parts SET {changes} WHERE number = ?",  # noqa: S608 - names of this module
            *values.values(), number,
        )  # fmt: skip

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        """All of a block's changes, or none of them; a block within another is a part of it."""
        if self._store.in_transaction:
            yield
            return
        self._do("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._store.execute("ROLLBACK")
            raise
        self._do("COMMIT")

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._problems():
            return self._store.execute(query, values).fetchall()

    def _one(self, query: str, *values: Any) -> Any:
        return self._rows(query, *values)[0][0]

    def _do(self, query: str, *values: Any) -> None:
        with self._problems():
            self._store.execute(query, values)

    @contextlib.contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                problem = f"another run is using '{self.path}': wait for its end"
            elif code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                problem = f"'{self.path}' is no state of a provider batch: it is left alone"
            else:
                problem = f"'{self.path}' cannot be used: {error}"
            raise OutputProblem(problem) from None
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise OutputProblem(f"'{self.path}' cannot be used: {reason}") from None
