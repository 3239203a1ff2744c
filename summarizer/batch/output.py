"""Output: where a batch's rows go, whatever kind of file that is."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from summarizer.batch import rows, table
from summarizer.batch.claim import OutputProblem
from summarizer.batch.rows import Known
from summarizer.errors import ConfigurationError, SourceError
from summarizer.sources import files, packed, packing, parquet

#: The endings of files that a batch can write. The first of each kind is the usual one.
LINES = (".jsonl", ".ndjson")
DATABASES = (".db", ".sqlite", ".sqlite3")
TABLES = (".parquet",)
ENDINGS = (*LINES, *DATABASES, *TABLES)

#: Takes the place of a record that is there, or of a failure, and what it says.
TakeRecord = Callable[[int, Known], object]
TakeFailure = Callable[[int, dict[str, Any]], object]


class Output(Protocol):
    """Records and failures in files that one run has for itself, and that survive a crash.

    A place tells a row of one output from its others. Each method raises OutputProblem if a
    file cannot be read or written; then every row that was added before is kept.
    """

    @property
    def path(self) -> Path:
        """The file that is named."""
        ...

    @property
    def errors_path(self) -> Path:
        """The file that has the failures."""
        ...

    def read(self, record: TakeRecord, failure: TakeFailure) -> list[Path]:
        """Give every row that is there. It is the first thing that is asked of an output.

        The files of which a crash had cut off the last row; it is no longer there. Raises
        OutputProblem for files of something else, and leaves them as they are.
        """
        ...

    def add(self, row: str) -> int:
        """Write a record, given as its JSON in one line; its place.

        When this returns the end of the process cannot lose it. When it raises, nothing of
        this record is written.
        """
        ...

    def at(self, place: int) -> str | bytes:
        """The JSON of the record at a place."""
        ...

    def fail(self, row: dict[str, Any]) -> int:
        """Write a failure, as `add` writes a record; its place among the failures."""
        ...

    def finish(self, stands: Callable[[int, str], bool]) -> None:
        """Put everything in its place, at the end of a run.

        Failures of which `stands`, given their place and source, says no are dropped.
        """
        ...

    @property
    def empty(self) -> bool:
        """Whether it has no record."""
        ...

    def give_way(self) -> None:
        """Make ready for another output to move here. Only `close` may come after it."""
        ...

    def move_to(self, path: Path) -> None:
        """Put a finished output in the place of another, with its failures."""
        ...

    def close(self) -> None:
        """Let others have the files. Those that were made here and stayed empty are removed."""
        ...


def open_output(path: Path, *, errors: Path | None = None) -> Output:
    """The output that a file's ending says; JSON lines unless it is another's.

    Unless they are in the same file, its failures are in `errors`, or beside it.
    Raises OutputProblem if a file cannot be had, and ConfigurationError if a library is missing.
    """
    ending = path.suffix.lower()
    if ending in DATABASES:
        from summarizer.batch.database import Database

        return Database(path)
    if ending in TABLES:
        from summarizer.batch.parquet import ParquetFiles

        return ParquetFiles(path, errors=errors)
    from summarizer.batch.jsonl import JsonLines

    return JsonLines(path, errors=errors)


def beside(path: Path, what: str, ending: str | None = None) -> Path:
    """The name of a file that goes with an output: `out.jsonl` has `out.errors.jsonl`."""
    return path.with_name(f"{path.stem}.{what}{path.suffix if ending is None else ending}")


@contextlib.contextmanager
def foreign(path: Path) -> Iterator[None]:
    """Make an OutputProblem of a row that is none of ours."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        raise OutputProblem(
            f"'{path}' cannot be added to: something in it is no row of a batch"
        ) from None


def is_own(path: Path, output: Path) -> bool:
    """Whether a file is an output, or one that goes with it, by its name and folder."""
    suffix, saved = re.escape(output.suffix), r"(?:\.saved-\d+)?"
    kin = rf"(?:\.items)?{saved}{suffix}|\.(?:errors|journal){saved}(?:\.jsonl|{suffix})"
    if re.fullmatch(rf"{re.escape(output.stem)}(?:\.fresh)?(?:{kin})", path.name) is None:
        return False
    return os.path.realpath(path.parent) == os.path.realpath(output.parent)


def is_written(path: Path) -> bool:
    """Whether a file is what some batch has written, by what it begins with."""
    name = str(path)
    kind = packed.kind(name)
    if kind not in ("jsonl", "parquet"):
        return False
    try:
        with files.open_file(name) as file, packing.unpacked(name, file) as stream:
            if kind == "parquet":
                return table.MARK.encode() in parquet.facts(file)
            begin = stream.read(max(len(rows.RECORD), len(rows.FAILURE)))
    except (SourceError, ConfigurationError, packing.Damaged, parquet.Damaged, OSError):
        return False  # said by whoever reads it as articles
    return begin.startswith((rows.RECORD.encode(), rows.FAILURE.encode()))
