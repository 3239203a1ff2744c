"""Lines: a file of JSON objects, one a line, that only grows and survives a crash."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_CHUNK = 1 << 16


class OutputProblem(Exception):
    """A file of a batch cannot be read or written. The message says which one and why."""


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
        with _problems(path):
            self._handle, self._made = _opened(path)
            status = os.fstat(self._handle)
        self._identity = status.st_dev, status.st_ino
        self._writable = bool(status.st_mode & 0o222)
        self._end = status.st_size

    def read(self, take: Callable[[int, dict[str, Any]], None]) -> bool:
        """Give each row with the offset it begins at, in bytes from 0, to `take`.

        Tells whether a row was cut off; it is no longer there. Raises OutputProblem for
        what is no such row: then the file is somebody else's, and left as it is.
        """
        whole = True
        for number, (at, line) in enumerate(self._all(), start=1):
            row = self._row(line)
            whole = line.endswith(b"\n")
            if row is None and not whole and self._may_be_cut(line):
                with _problems(self.path):
                    os.ftruncate(self._handle, at)
                self._end = at
                return True
            if row is None:
                raise OutputProblem(
                    f"'{self.path}' cannot be added to: its line {number} is no row of a batch"
                )
            take(at, row)
        if not whole:
            with _problems(self.path):
                _write(self._handle, b"\n")
        with _problems(self.path):
            self._end = os.fstat(self._handle).st_size
        return False

    def add(self, row: str) -> int:
        """Write a row, given without its line end; the offset it begins at.

        Raises OutputProblem. Then nothing of this row is in the file, and all others are:
        those of a file that was deleted or replaced meanwhile are put back in its place, or
        beside it.
        """
        self._check_place()
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
        with _problems(self.path):
            os.lseek(self._handle, offset, os.SEEK_SET)
            parts: list[bytes] = []
            while part := os.read(self._handle, _CHUNK):
                head, end, _ = part.partition(b"\n")
                parts.append(head + end)
                if end:
                    break
        return b"".join(parts)

    def keep(self, wanted: Callable[[int, bytes], bool]) -> None:
        """Replace the file by one of the rows that are wanted; without any, remove it."""
        if not self._in_place():
            return
        found = {wanted(at, line) for at, line in self._all()}
        if True not in found:
            self.path.unlink(missing_ok=True)
        elif False in found:
            with _problems(self.path), _replacement(self.path) as new:
                for at, line in self._all():
                    if wanted(at, line):
                        new.write(line)

    def move_to(self, path: Path) -> None:
        """Put the file in the place of another."""
        with _problems(path):
            self.path.replace(path)
        self.path = path

    @property
    def empty(self) -> bool:
        """Whether it has no row."""
        return self._end == 0

    def close(self) -> None:
        """Let others have the file. One that was made here and stayed empty is removed."""
        with contextlib.suppress(OSError):
            if self._made and self.empty and self._in_place():
                self.path.unlink()
        with contextlib.suppress(OSError):
            os.close(self._handle)

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
        with _problems(self.path), os.fdopen(os.dup(self._handle), "rb") as file:
            file.seek(0)
            for line in file:
                yield at, line
                at += len(line)

    def _row(self, line: bytes) -> dict[str, Any] | None:
        if not line.startswith(self._start):
            return None
        try:
            row = json.loads(line)
        except ValueError:
            return None
        return row if isinstance(row, dict) else None

    def _may_be_cut(self, tail: bytes) -> bool:
        """Whether this may be the beginning of a row. A power cut may leave zeros after it."""
        tail = tail.rstrip(b"\0")
        return tail.startswith(self._start) or self._start.startswith(tail)

    def _in_place(self) -> bool:
        try:
            status = os.stat(self.path)  # noqa: PTH116 - once for each row
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def _check_place(self) -> None:
        """Raise OutputProblem if the file is no longer where its name says."""
        with _problems(self.path):
            writable = bool(os.fstat(self._handle).st_mode & 0o222)
        if self._writable and not writable:
            raise OutputProblem(f"'{self.path}' was made read-only; its rows are kept")
        if self._in_place():
            return
        with _problems(self.path):
            saved = self._saved()
        what = "deleted" if saved == self.path else "replaced"
        raise OutputProblem(
            f"'{self.path}' was {what} during the run; its rows were saved in '{saved}'"
        )

    def _saved(self) -> Path:
        """Where the rows of the lost file were saved: no file is written over."""
        name = self.path
        number = 0
        while True:
            try:
                with name.open("xb") as new, os.fdopen(os.dup(self._handle), "rb") as old:
                    old.seek(0)
                    shutil.copyfileobj(old, new)
            except FileExistsError:
                number += 1
                name = self.path.with_name(f"{self.path.stem}.saved-{number}{self.path.suffix}")
            else:
                return name


def why(error: OSError) -> str:
    """What the system says, in a part of a sentence."""
    return (error.strerror or type(error).__name__).lower()


def _opened(path: Path) -> tuple[int, bool]:
    """The file, locked, and whether it was made here."""
    while True:
        try:
            handle, made = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666), True
        except FileExistsError:
            try:
                handle, made = os.open(path, _FLAGS), False
            except FileNotFoundError:  # removed between the two
                continue
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise OutputProblem(f"'{path}' is no regular file: a batch cannot go on with it")
            _lock(handle, path)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(status, os.stat(path)):  # noqa: PTH116 - samestat takes it
                    return handle, made
        except BaseException:
            os.close(handle)
            raise
        # Another run has put a new file in its place, or removed it, since it was opened.
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    """Raise OutputProblem if another run has the file."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Far beyond the rows: Windows keeps others from reading what is locked.
            os.lseek(handle, 1 << 40, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise OutputProblem(f"another run is writing '{path}': wait for its end") from None


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


@contextlib.contextmanager
def _problems(path: Path) -> Iterator[None]:
    """Make an OutputProblem of what the system says about `path`."""
    try:
        yield
    except OSError as error:
        raise OutputProblem(f"'{path}' cannot be written: {why(error)}") from None
