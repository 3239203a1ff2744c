"""Lines: a file of JSON objects, one a line, that only grows and survives a crash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from summarizer.batch.claim import Claim, OutputProblem, problems, why

_CHUNK = 1 << 16


class Lines:
    """Rows that are in the file as soon as they are added, for one run at a time.

    The lock is the system's: it ends with the process, however that ends. Each row begins
    with `start`, which tells a file of rows from any other. A row that a crash has cut off
    is taken out when the rows are read. Not safe for use by several threads.
    """

    def __init__(self, path: Path, *, start: str) -> None:
        """Open or make the file. Raises OutputProblem, also if another run has it."""
        self.path = path
        self._start = start.encode()
        self._claim = Claim(path)
        self._handle = self._claim.handle
        self._end = os.fstat(self._handle).st_size

    def read(self, take: Callable[[int, dict[str, Any]], object]) -> bool:
        """Give each row with the offset it begins at, in bytes from 0, to `take`.

        Tells whether a row was cut off; it is no longer there. Raises OutputProblem for
        what is no such row: then the file is somebody else's, and left as it is.
        """
        whole = True
        for number, (at, line) in enumerate(self._all(), start=1):
            row = self._row(line)
            whole = line.endswith(b"\n")
            if row is None and not whole and self._may_be_cut(line):
                with problems(self.path):
                    os.ftruncate(self._handle, at)
                self._end = at
                return True
            if row is None:
                raise OutputProblem(
                    f"'{self.path}' cannot be added to: its line {number} is no row of a batch"
                )
            take(at, row)
        if not whole:
            with problems(self.path):
                _write(self._handle, b"\n")
        with problems(self.path):
            self._end = os.fstat(self._handle).st_size
        return False

    def add(self, row: str) -> int:
        """Write a row, given without its line end; the offset it begins at.

        Raises OutputProblem. Then nothing of this row is in the file, and all others are:
        those of a file that was deleted or replaced meanwhile are put back in its place, or
        beside it.
        """
        self._claim.check(self._save)
        at = self._end
        data = row.encode() + b"\n"
        try:
            _write(self._handle, data)
        except OSError as error:
            # If this fails as well, the next run finds the row cut off.
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, at)
            raise OutputProblem(f"'{self.path}' cannot be written: {why(error)}") from None
        self._end += len(data)
        return at

    def at(self, offset: int) -> bytes:
        """The row at an offset that `read` or `add` gave, with its line end."""
        with problems(self.path):
            os.lseek(self._handle, offset, os.SEEK_SET)
            parts: list[bytes] = []
            while part := os.read(self._handle, _CHUNK):
                head, end, _ = part.partition(b"\n")
                parts.append(head + end)
                if end:
                    break
        return b"".join(parts)

    def rows(self) -> Iterator[bytes]:
        """Each row with its line end, after `read`."""
        return (line for _, line in self._all())

    def fingerprint(self) -> str:
        """What tells these rows from any other."""
        digest = hashlib.blake2b(digest_size=16)
        for _, line in self._all():
            digest.update(line)
        return f"{self._end}:{digest.hexdigest()}"

    def clear(self) -> None:
        """Take every row out."""
        with problems(self.path):
            os.ftruncate(self._handle, 0)
        self._end = 0

    def keep(self, wanted: Callable[[int, bytes], bool]) -> None:
        """Replace the file by one of the rows that are wanted; without any, remove it."""
        if not self._claim.in_place():
            return
        found = {wanted(at, line) for at, line in self._all()}
        if True not in found:
            self.path.unlink(missing_ok=True)
        elif False in found:
            with problems(self.path), _replacement(self.path) as new:
                for at, line in self._all():
                    if wanted(at, line):
                        new.write(line)

    def move_to(self, path: Path) -> None:
        """Put the file in the place of another."""
        with problems(path):
            self.path.replace(path)
        self.path = self._claim.path = path

    @property
    def empty(self) -> bool:
        """Whether it has no row."""
        return self._end == 0

    def close(self) -> None:
        """Let others have the file. One that was made here and stayed empty is removed."""
        with contextlib.suppress(OSError):
            if self._claim.made and self.empty:
                self._claim.remove()
        self._claim.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _all(self) -> Iterator[tuple[int, bytes]]:
        """Each line, with the offset it begins at."""
        at = 0
        with problems(self.path), os.fdopen(os.dup(self._handle), "rb") as file:
            file.seek(0)
            for line in file:
                yield at, line
                at += len(line)

    def _row(self, line: bytes) -> dict[str, Any] | None:
        if not line.startswith(self._start):
            return None
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            return None
        return row if isinstance(row, dict) else None

    def _may_be_cut(self, tail: bytes) -> bool:
        """Whether this may be the beginning of a row. A power cut may leave zeros after it."""
        tail = tail.rstrip(b"\0")
        return tail.startswith(self._start) or self._start.startswith(tail)

    def _save(self, path: Path) -> None:
        with path.open("r+b") as new, os.fdopen(os.dup(self._handle), "rb") as old:
            old.seek(0)
            shutil.copyfileobj(old, new)


def _write(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


@contextlib.contextmanager
def _replacement(path: Path) -> Iterator[Any]:
    """A new file that takes the place of `path`, with its permissions, if all goes well."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.", suffix=".part")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        new.chmod(stat.S_IMODE(path.stat().st_mode))
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
