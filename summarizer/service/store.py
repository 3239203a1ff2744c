"""The service's batches in one SQLite file: each article that was accepted, and its row.

What holds at every moment, also after `kill -9`:

- An article is accepted when the transaction that opens its batch is on the disk.
- An accepted article stands in exactly one of two tables: `articles`, while it has no row,
  or `results`. One transaction takes it from the first and puts its row into the second.
- One server at a time has the file. The lock goes with its process, and each server that
  opens the file has an `epoch` of its own: what an earlier one had under way is taken up
  again, and nothing that comes of an earlier epoch is written.
- A text is deleted with its article. SQLite overwrites what is deleted with zeros.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from summarizer.service import database
from summarizer.service.database import StoreFull, problems
from summarizer.service.records import (
    Batch,
    Entry,
    Job,
    Returned,
    Row,
    State,
    Token,
    Written,
)

_DELETED = ("articles", "texts", "results")


class TokenTaken(Exception):
    """Another request has the same idempotency key and another body."""


class Store:
    """The batches in one file, for its owner alone. Not for two threads at once.

    Every method raises StoreError. `clock` gives seconds since 1970, `name` a batch's
    identifier, which nobody can guess. Articles are accepted up to `max_bytes` of the file;
    rows are written beyond.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int = 20_000_000_000,
        wait: float = 10.0,
        clock: Callable[[], float] = time.time,
        name: Callable[[], str] = lambda: f"batch_{secrets.token_hex(12)}",
    ) -> None:
        """Open the file, or make it. Raises ConfigurationError if it cannot be had.

        `wait` is how many seconds another server is given to leave it.
        """
        self._clock = clock
        self._name = name
        self._max_bytes = max_bytes
        #: When a batch last had its turn, for those that have as many articles under way.
        self._turns: dict[int, int] = {}
        self._turn = 0
        self._connection = database.opened(path, wait)
        try:
            self._epoch = self._take_over()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file to the next server."""
        self._connection.close()

    def known(self, owner: str, key: bytes) -> tuple[str, bytes] | None:
        """The batch that was accepted with this idempotency key, and the request's digest."""
        query = "SELECT id, digest FROM batches WHERE owner = ? AND token = ?"
        found = self._one(query, owner, key)
        return None if found is None else (str(found[0]), bytes(found[1]))

    def begin(self, owner: str) -> int:
        """Begin a batch that nobody sees until it is accepted, and give its number."""
        with self._transaction() as connection:
            made = connection.execute(
                "INSERT INTO batches (id, owner, state, created) VALUES (?, ?, ?, ?)",
                (self._name(), owner, State.TAKING, self._clock()),
            )
            return int(made.lastrowid or 0)

    def add(self, number: int, entries: Sequence[Entry]) -> None:
        """Add articles to a batch that is not accepted yet. Raises StoreFull."""
        with self._transaction() as connection:
            if self._size() > self._max_bytes:
                raise StoreFull("the store is full")
            counted = "UPDATE batches SET total = total + ? WHERE number = ? RETURNING total"
            (total,) = connection.execute(counted, (len(entries), number)).fetchone()
            first = total - len(entries)
            connection.executemany(
                "INSERT INTO articles (batch, place, name) VALUES (?, ?, ?)",
                [(number, place, entry.name) for place, entry in enumerate(entries, first)],
            )
            connection.executemany(
                "INSERT INTO texts (batch, place, body) VALUES (?, ?, ?)",
                [(number, place, entry.body) for place, entry in enumerate(entries, first)],
            )

    def accept(self, number: int, token: Token | None = None) -> Batch:
        """Accept a batch, and give it; or the one that was accepted with the same token.

        Raises TokenTaken if the token's key came with another request.
        """
        with self._transaction() as connection:
            owner = self._one("SELECT owner FROM batches WHERE number = ?", number)
            assert owner is not None
            if token is not None and (known := self.known(owner[0], token.key)) is not None:
                if known[1] != token.digest:
                    raise TokenTaken
                self._drop(number)
                earlier = self.batch(owner[0], known[0])
                assert earlier is not None
                return earlier
            connection.execute(
                "UPDATE batches SET state = ?, token = ?, digest = ? WHERE number = ?",
                (State.OPEN, token and token.key, token and token.digest, number),
            )
            return next(self._batches("number = ?", number))

    def drop(self, number: int) -> None:
        """Give up a batch, whatever its state."""
        with self._transaction():
            self._drop(number)

    def batch(self, owner: str, name: str) -> Batch | None:
        """The batch, if it is this owner's."""
        return next(self._batches("owner = ? AND id = ?", owner, name), None)

    def batches(self, owner: str, *, before: str | None = None, limit: int = 100) -> list[Batch]:
        """An owner's batches, the newest first: those made before another one, if it is given."""
        last = self._one("SELECT number FROM batches WHERE owner = ? AND id = ?", owner, before)
        if before is not None and last is None:
            return []
        number = last[0] if last else 2**62
        return list(
            self._batches(
                "owner = ? AND number < ? ORDER BY number DESC LIMIT ?", owner, number, limit
            )
        )

    def open_batches(self, owner: str) -> int:
        """How many of an owner's batches are not done, with those that are being sent."""
        query = "SELECT count(*) FROM batches WHERE owner = ? AND state IN (?, ?)"
        found = self._one(query, owner, State.TAKING, State.OPEN)
        return int(found[0]) if found else 0

    def left(self) -> int:
        """How many accepted articles have no row yet, of all owners."""
        query = "SELECT coalesce(sum(total - done - failed), 0) FROM batches WHERE state = ?"
        found = self._one(query, State.OPEN)
        return int(found[0]) if found else 0

    def results(self, number: int, *, after: int = 0, limit: int = 32) -> list[Row]:
        """The rows of a batch behind a `seq`, in their order, at most `limit`."""
        with problems():
            found = self._connection.execute(
                "SELECT seq, place, name, kind, content FROM results"
                " WHERE batch = ? AND seq > ? ORDER BY seq LIMIT ?",
                (number, after, limit),
            ).fetchall()
        return [Row(*row) for row in found]

    def cancel(self, owner: str, name: str) -> Batch | None:
        """Have no more articles of a batch begun, nor rows written. A done batch stays done."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE batches SET state = ?, ended = ? WHERE owner = ? AND id = ? AND state = ?",
                (State.CANCELLED, self._clock(), owner, name, State.OPEN),
            )
            return self.batch(owner, name)

    def step(
        self,
        ended: Sequence[Written | Returned],
        wanted: int,
        *,
        without: Collection[str] = (),
    ) -> list[Job]:
        """Note what came of articles, and begin at most `wanted` others: one transaction.

        The turn is that of the owner with the fewest articles under way, then that of its
        batch with the fewest. In a batch, what was tried least comes first. Nothing of the
        owners in `without` is begun.
        """
        with self._transaction() as connection:
            for one in ended:
                if isinstance(one, Written):
                    self._write(connection, one)
                else:
                    self._return(connection, one)
            return list(self._begun(connection, wanted, without)) if wanted > 0 else []

    def next_ready(self, *, without: Collection[str] = ()) -> float | None:
        """When the first article is ready that waits; None if none waits.

        Those of the owners in `without` do not count.
        """
        with problems():
            found = self._connection.execute(
                "SELECT owner, (SELECT min(ready) FROM articles INDEXED BY articles_ready"
                "  WHERE batch = number AND epoch IS NULL) FROM batches WHERE state = ?",
                (State.OPEN,),
            ).fetchall()
        times = (ready for owner, ready in found if owner not in without and ready is not None)
        return min(map(float, times), default=None)

    def sweep(self, ended_before: float, *, most: int = 200) -> bool:
        """Delete what nobody needs, at most `most` rows of each table; tell if there is more.

        That is: batches that ended before a time or are gone, and texts of cancelled ones.
        """
        with self._transaction() as connection:
            connection.execute(
                "UPDATE batches SET state = ?, token = NULL WHERE state IN (?, ?) AND ended < ?",
                (State.GONE, State.DONE, State.CANCELLED, ended_before),
            )
            more = False
            for table in _DELETED:
                states = (State.GONE, State.GONE if table == "results" else State.CANCELLED)
                column = "seq" if table == "results" else "place"
                deleted = connection.execute(
                    f"DELETE FROM {table} WHERE (batch, {column}) IN"  # noqa: S608 - our own names
                    f" (SELECT batch, {column} FROM {table} JOIN batches ON number = batch"
                    " WHERE state IN (?, ?) LIMIT ?)",
                    (*states, most),
                ).rowcount
                more |= deleted == most
            if not more:
                connection.execute("DELETE FROM batches WHERE state = ?", (State.GONE,))
        with problems():
            # The pages go back to the system when what was deleted is on the disk.
            # As a script, since `execute` takes one step of it and gives back one page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({16 * most})")
        return more

    def _take_over(self) -> int:
        """Begin an epoch: drop what was not accepted, take up what was under way."""
        with self._transaction() as connection:
            connection.execute("UPDATE server SET epoch = epoch + 1")
            connection.execute(
                "UPDATE batches SET state = ? WHERE state = ?", (State.GONE, State.TAKING)
            )
            connection.execute(
                "UPDATE articles SET epoch = NULL, losses = losses + 1 WHERE epoch IS NOT NULL"
            )
            return int(connection.execute("SELECT epoch FROM server").fetchone()[0])

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return database.transaction(self._connection)

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        with problems():
            found: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
            return found

    def _size(self) -> int:
        """The file's bytes that hold something."""
        pages, unused, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - unused) * size)

    def _drop(self, number: int) -> None:
        self._connection.execute(
            "UPDATE batches SET state = ?, token = NULL WHERE number = ?", (State.GONE, number)
        )

    def _batches(self, condition: str, *values: object) -> Iterator[Batch]:
        with problems():
            found = self._connection.execute(
                "SELECT id, state, total, done, failed,"  # noqa: S608 - our own words
                " (SELECT count(*) FROM articles INDEXED BY articles_running"
                "  WHERE batch = number AND epoch IS NOT NULL AND state = 1),"
                " created, ended, number FROM batches"
                f" WHERE state IN (1, 2, 3) AND {condition}",
                values,
            ).fetchall()
        for name, state, *rest in found:
            yield Batch(name, State(state), *rest)

    def _write(self, connection: sqlite3.Connection, one: Written) -> None:
        """Put an article's row in its place; nothing, if its batch was cancelled meanwhile."""
        job = one.job
        found = connection.execute(
            "DELETE FROM articles WHERE batch = ? AND place = ? AND epoch = ? AND"
            " (SELECT state FROM batches WHERE number = batch) = ? RETURNING name",
            (job.batch, job.place, self._epoch, State.OPEN),
        ).fetchone()
        if found is None:
            return
        connection.execute(
            "DELETE FROM texts WHERE batch = ? AND place = ?", (job.batch, job.place)
        )
        column = "done" if one.kind == "summary" else "failed"
        total, seq = connection.execute(
            f"UPDATE batches SET {column} = {column} + 1 WHERE number = ?"  # noqa: S608
            " RETURNING total, done + failed",
            (job.batch,),
        ).fetchone()
        connection.execute(
            "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?)",
            (job.batch, seq, job.place, found[0], one.kind, one.content),
        )
        if seq == total:
            connection.execute(
                "UPDATE batches SET state = ?, ended = ? WHERE number = ?",
                (State.DONE, self._clock(), job.batch),
            )
            self._turns.pop(job.batch, None)

    def _return(self, connection: sqlite3.Connection, one: Returned) -> None:
        job = one.job
        connection.execute(
            "UPDATE articles SET epoch = NULL, ready = ?, tries = tries - ?"
            " WHERE batch = ? AND place = ? AND epoch = ?",
            (one.ready, 0 if one.counted else 1, job.batch, job.place, self._epoch),
        )

    def _begun(
        self, connection: sqlite3.Connection, wanted: int, without: Collection[str]
    ) -> Iterator[Job]:
        now = self._clock()
        open_ones = connection.execute(
            "SELECT number, owner, id FROM batches WHERE state = ? AND EXISTS"
            " (SELECT 1 FROM articles INDEXED BY articles_ready"
            "  WHERE batch = number AND epoch IS NULL AND ready <= ?)",
            (State.OPEN, now),
        ).fetchall()
        names = {number: name for number, _, name in open_ones}
        waiting = {number: owner for number, owner, _ in open_ones if owner not in without}
        running = self._running(connection)
        owners: dict[str, int] = {}
        for number, (owner, _) in running.items():
            owners[owner] = owners.get(owner, 0) + running[number][1]
        for _ in range(wanted):
            if not waiting:
                return
            number = min(
                waiting,
                key=lambda number: (
                    owners.get(waiting[number], 0),
                    running.get(number, ("", 0))[1],
                    self._turns.get(number, 0),
                    number,
                ),
            )
            owner = waiting[number]
            found = connection.execute(
                "SELECT place, tries + 1, losses, body FROM articles INDEXED BY articles_waiting"
                " JOIN texts USING (batch, place)"
                " WHERE batch = ? AND epoch IS NULL AND ready <= ? ORDER BY tries, place LIMIT 1",
                (number, now),
            ).fetchone()
            if found is None:
                del waiting[number]
                continue
            place, tries, losses, body = found
            connection.execute(
                "UPDATE articles SET epoch = ?, tries = ? WHERE batch = ? AND place = ?",
                (self._epoch, tries, number, place),
            )
            owners[owner] = owners.get(owner, 0) + 1
            running[number] = (owner, running.get(number, ("", 0))[1] + 1)
            self._turn += 1
            self._turns[number] = self._turn
            yield Job(number, place, tries, losses, owner, body, names[number])

    @staticmethod
    def _running(connection: sqlite3.Connection) -> dict[int, tuple[str, int]]:
        """Whose the batches are that have articles under way, and how many."""
        found = connection.execute(
            "SELECT batch, owner, count(*) FROM articles INDEXED BY articles_running"
            " JOIN batches ON number = batch WHERE epoch IS NOT NULL AND state = ? GROUP BY batch",
            (State.OPEN,),
        )
        return {number: (owner, count) for number, owner, count in found}
