"""JsonLines: a file of records, one a line, and a file of failures beside it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from summarizer.batch import rows
from summarizer.batch.lines import Lines
from summarizer.batch.output import TakeFailure, TakeRecord, beside
from summarizer.batch.rows import Known


class JsonLines:
    """An Output; what it says of files holds for each of the two. A place is an offset."""

    def __init__(self, path: Path, *, errors: Path | None = None) -> None:
        self.path = path
        with contextlib.ExitStack() as opened:
            self._records = opened.enter_context(Lines(path, start=rows.RECORD))
            self._failures = opened.enter_context(Failures(errors or beside(path, "errors")))
            self._opened = opened.pop_all()

    @property
    def errors_path(self) -> Path:
        return self._failures.path

    def read(self, record: TakeRecord, failure: TakeFailure) -> list[Path]:
        repaired = []
        if self._records.read(lambda place, row: record(place, Known.of(row))):
            repaired.append(self.path)
        if self._failures.read(failure):
            repaired.append(self.errors_path)
        return repaired

    def add(self, row: str) -> int:
        return self._records.add(row)

    def at(self, place: int) -> bytes:
        return self._records.at(place)

    def fail(self, row: dict[str, Any]) -> int:
        return self._failures.fail(row)

    def finish(self, stands: Callable[[int, str], bool]) -> None:
        self._failures.keep_standing(stands)

    @property
    def empty(self) -> bool:
        return self._records.empty

    def give_way(self) -> None:
        """Nothing to do: a file is replaced whole."""

    def move_to(self, path: Path) -> None:
        self._records.move_to(path)
        self._failures.replace(beside(path, "errors"))
        self.path = path

    def close(self) -> None:
        self._opened.close()


class Failures(Lines):
    """Failures, one a line."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, start=rows.FAILURE)

    def fail(self, row: dict[str, Any]) -> int:
        """Write a failure; the offset it begins at."""
        return self.add(rows.line(row))

    def keep_standing(self, stands: Callable[[int, str], bool]) -> None:
        """Drop what no longer stands, given its offset and source."""
        self.keep(lambda place, line: stands(place, json.loads(line)["source"]))

    def replace(self, path: Path) -> None:
        """Take the place of other failures, also with none."""
        if self.path.exists():
            self.move_to(path)
        else:
            path.unlink(missing_ok=True)
            self.path = path
