"""Rows: the answers of a run, as lines of a file that only grows."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evals.answering import Answer
from evals.errors import DataError
from summarizer.schema import Attempt, Summary


class Key(NamedTuple):
    """What makes a row the only one of its kind in a run."""

    article: str
    repeat: int


class Row(BaseModel):
    """One answer. `failure` names the error for which it scores as empty, if any.

    `repeat` counts from 0. `seconds` and `cost_usd` are those of the first time the answer
    was had; `cached` says that this run did not pay them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    article: str
    engine: str
    model: str | None
    prompt: str | None
    repeat: Annotated[int, Field(ge=0)]
    failure: str | None
    seconds: Annotated[float, Field(ge=0)]
    cost_usd: Annotated[float | None, Field(ge=0)]
    cached: bool = False
    attempts: tuple[Attempt, ...]
    summary: Summary | None

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if (self.failure is None) == (self.summary is None):
            raise ValueError("a row has either a summary or a failure")
        return self

    @property
    def key(self) -> Key:
        """The row's place in its run."""
        return Key(self.article, self.repeat)

    @property
    def answer(self) -> Answer:
        """The answer that the row keeps."""
        return Answer(self.summary, self.failure, self.attempts, self.seconds, self.cost_usd)

    def same_answer(self) -> dict[str, object]:
        """The row without what differs between two times of the same answer: its clocks."""
        plain = self.model_dump(mode="json", exclude={"seconds", "cached", "attempts"})
        plain["attempts"] = [_timeless(attempt) for attempt in self.attempts]
        if self.summary is not None:
            provenance = plain["summary"]["provenance"]
            provenance.pop("elapsed_seconds")
            provenance["attempts"] = [
                _timeless(attempt) for attempt in self.summary.provenance.attempts
            ]
        return plain


class RowFile:
    """Appends rows. A row is there whole or not at all, also after a kill or a power cut.

    Opening cuts off a line that was not finished. `rows` are those that the file held.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: tuple[Row, ...] = ()

    def __enter__(self) -> Self:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            _lock(self._file, self._path)
            whole = _whole_lines(self._path.read_bytes())
            self.rows = _parse(whole, self._path)
            os.ftruncate(self._file, len(whole))
            os.fsync(self._file)
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def append(self, row: Row) -> None:
        """Write a row and wait until the disk has it."""
        line = row.model_dump_json().encode() + b"\n"
        while line:  # a write may be short on a full disk or an interrupted call
            line = line[os.write(self._file, line) :]
        os.fsync(self._file)


def read_rows(path: Path) -> tuple[Row, ...]:
    """The whole rows of a file, which another process may be writing. Changes nothing."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    return _parse(_whole_lines(content), path)


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


def _parse(content: bytes, path: Path) -> tuple[Row, ...]:
    rows: dict[Key, Row] = {}
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        try:
            row = Row.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise DataError(f"{path}:{number}: not a row: {first['msg']}") from error
        if row.key in rows:
            raise DataError(f"{path}:{number}: {row.article} has repeat {row.repeat} already")
        rows[row.key] = row
    return tuple(rows.values())


def _lock(file: int, path: Path) -> None:
    """Keep a second process from asking, and paying, for the same answers."""
    try:
        import fcntl
    except ImportError:  # Windows has none; there a run is not guarded against a second one
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise DataError(f"{path}: another process is at this run") from error


def _timeless(attempt: Attempt) -> dict[str, object]:
    return attempt.model_dump(mode="json", exclude={"seconds", "request_id"})
