"""ParquetFiles: records in one Parquet file and their items in another.

A Parquet file cannot be added to. So rows go to a journal beside it, a file of JSON lines with
all that it promises, and at the end of the run both files are written anew, row group by row
group, out of the old ones and the journal. Until then the old files stay.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from summarizer.batch import columns, rows, table
from summarizer.batch.claim import Claim, OutputProblem, problems
from summarizer.batch.columns import Reader, Writer
from summarizer.batch.jsonl import Failures
from summarizer.batch.lines import Lines
from summarizer.batch.output import TakeFailure, TakeRecord, beside, foreign
from summarizer.batch.rows import Known
from summarizer.batch.table import ARTICLES, ITEMS

#: Which run wrote a file, and which journal is in it already.
_RUN = "summarizer.run"
_JOURNAL = "summarizer.journal"
#: The place of a file's first row: its rows come before those of the journal.
_FIRST = -(1 << 62)


class ParquetFiles:
    """An Output. A place is an offset in the journal or, below 0, a row of the file before it.

    It is finished once, and takes no row after that.
    """

    def __init__(self, path: Path, *, errors: Path | None = None) -> None:
        columns.require()
        self.path = path
        self._table: _Table | None = None
        self._count = 0
        with contextlib.ExitStack() as opened:
            journal = Lines(beside(path, "journal", ".jsonl"), start=rows.RECORD)
            self._journal = opened.enter_context(journal)
            failures = Failures(errors or beside(path, "errors", ".jsonl"))
            self._failures = opened.enter_context(failures)
            if path.exists():
                self._table = _Table(path)
                opened.callback(self._table.close)
                self._count = self._table.count
                if self._table.facts.get(_JOURNAL) == self._journal.fingerprint():
                    # A run was killed between its last two steps.
                    self._journal.clear()
            self._opened = opened.pop_all()

    @property
    def errors_path(self) -> Path:
        return self._failures.path

    @property
    def items_path(self) -> Path:
        """Where the items go."""
        return beside(self.path, "items")

    def read(self, record: TakeRecord, failure: TakeFailure) -> list[Path]:
        if self._table is not None:
            for place, known in self._table.known():
                record(place, known)
        repaired = []

        def take(place: int, row: dict[str, Any]) -> None:
            record(place, Known.of(row))
            self._count += 1

        if self._journal.read(take):
            repaired.append(self._journal.path)
        if self._failures.read(failure):
            repaired.append(self.errors_path)
        return repaired

    def add(self, row: str) -> int:
        place = self._journal.add(row)
        self._count += 1
        return place

    def at(self, place: int) -> str | bytes:
        if place >= 0:
            return self._journal.at(place)
        assert self._table is not None
        return self._table.record(place)

    def fail(self, row: dict[str, Any]) -> int:
        return self._failures.fail(row)

    def finish(self, stands: Callable[[int, str], bool]) -> None:
        self._failures.keep_standing(stands)
        self._put_in_place()

    @property
    def empty(self) -> bool:
        return not self._count

    def give_way(self) -> None:
        # What a killed run has left in the journal would be taken for rows of the new file.
        self._put_in_place()

    def move_to(self, path: Path) -> None:
        moved = beside(path, "items")
        with problems(moved):
            self.items_path.replace(moved)
        with problems(path):
            self.path.replace(path)
        self._failures.replace(beside(path, "errors", ".jsonl"))
        self.path = path

    def close(self) -> None:
        self._opened.close()

    def _put_in_place(self) -> None:
        """Write both files anew, if there is anything new, and drop the journal."""
        if not self._journal.empty or not self._is_whole():
            self._write()
        self._journal.keep(lambda *_: False)

    def _is_whole(self) -> bool:
        """Whether the items are those of the records."""
        if self._table is None:
            return True
        with _items(self.items_path, self._table.run) as found:
            return found is not None

    def _write(self) -> None:
        if self._table is not None:
            self._table.check()
        with problems(self.path), _part(self.path) as records, _part(self.items_path) as items:
            with Writer(records, ARTICLES) as new, Writer(items, ITEMS) as new_items:
                before = 0
                if self._table is not None:
                    before = self._table.copy_to(new, new_items, self.items_path)
                for number, line in enumerate(self._journal.rows(), start=before + 1):
                    row = json.loads(line)
                    with foreign(self._journal.path):
                        new.add(table.article(row, line.decode().rstrip("\n"), number))
                        for item in table.items(row, number):
                            new_items.add(item)
                run = os.urandom(16).hex()
                new.note({_RUN: run, _JOURNAL: self._journal.fingerprint()})
                new_items.note({_RUN: run})
            if self._table is not None:
                self._table.close()
                self._table = None
            # In this order: records without their items are noticed, and these made anew.
            for part, place in ((items, self.items_path), (records, self.path)):
                with contextlib.suppress(FileNotFoundError):
                    part.chmod(stat.S_IMODE(place.stat().st_mode))
                part.replace(place)


class _Table:
    """The Parquet file that there was before."""

    def __init__(self, path: Path) -> None:
        self._claim = Claim(path)
        self._reader: Reader | None = None
        self._sizes: list[int] = []
        self.facts: dict[str, str] = {}
        try:
            # An empty file is one that somebody made for the rows.
            if path.stat().st_size:
                self._reader = Reader(self._claim.handle, path)
                self._sizes = self._reader.sizes
                self.facts = self._reader.facts
        except BaseException:
            self._claim.release()
            raise
        self._ends = list(accumulate(self._sizes))
        #: The row group that was read last, for the next record out of it.
        self._read: tuple[int, Any] | None = None

    @property
    def run(self) -> str | None:
        return self.facts.get(_RUN)

    @property
    def count(self) -> int:
        return sum(self._sizes)

    def known(self) -> Iterator[tuple[int, Known]]:
        if self._reader is None:
            return
        for place, values in enumerate(self._reader.rows(Known._fields), start=_FIRST):
            known = Known(*values)
            day = known.published
            yield place, known._replace(published=None if day is None else str(day))

    def record(self, place: int) -> str:
        assert self._reader is not None
        number = place - _FIRST
        index = bisect_right(self._ends, number)
        if self._read is None or self._read[0] != index:
            self._read = index, self._reader.group(index, ["record"]).column(0)
        before = self._ends[index] - self._sizes[index]
        return str(self._read[1][number - before].as_py())

    def check(self) -> None:
        self._claim.check(self._save)

    def copy_to(self, new: Writer, new_items: Writer, items_path: Path) -> int:
        """Write all of it to a new file, and its items to another; how many records it has."""
        if self._reader is None:
            return 0
        for index in range(len(self._sizes)):
            new.copy(self._reader.group(index))
        with _items(items_path, self.run) as items:
            if items is not None:
                for index in range(len(items.sizes)):
                    new_items.copy(items.group(index))
                return self.count
        for number, (record,) in enumerate(self._reader.rows(["record"]), start=1):
            for item in table.items(json.loads(record), number):
                new_items.add(item)
        return self.count

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._claim.release()

    def _save(self, path: Path) -> None:
        with path.open("r+b") as new, os.fdopen(os.dup(self._claim.handle), "rb") as old:
            old.seek(0)
            shutil.copyfileobj(old, new)


@contextlib.contextmanager
def _items(path: Path, run: str | None) -> Iterator[Reader | None]:
    """The items that a run has written, or None if they are not there."""
    reader = None
    with contextlib.suppress(OSError, OutputProblem), path.open("rb") as file:
        reader = Reader(file.fileno(), path)
    if reader is None:
        yield None
        return
    with contextlib.closing(reader):
        yield reader if run is not None and reader.facts.get(_RUN) == run else None


@contextlib.contextmanager
def _part(path: Path) -> Iterator[Path]:
    """A name for a new file beside `path`; what stays under it is removed."""
    digest = hashlib.blake2b(os.fsencode(path.name), digest_size=4).hexdigest()
    part = path.with_name(f".{path.name[:50]}.{digest}.part")  # no longer than a name may be
    part.unlink(missing_ok=True)  # of a run that was killed: nobody else has this output
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)
