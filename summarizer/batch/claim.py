"""Claim: a file that one run has for itself, and knows again if something becomes of it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

#: What this process has. A second handle on such a file is not even opened: when it was closed,
#: POSIX would take away the locks that SQLite holds on the first.
_CLAIMED: set[tuple[int, int]] = set()


class OutputProblem(Exception):
    """A file of a batch cannot be read or written. The message says which one and why."""


class Claim:
    """A regular file, open and locked. It is made if there is none.

    The lock is the system's: it ends with the process, however that ends.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises OutputProblem, also if another run has it."""
        self.path = path
        with problems(path):
            #: `handle` is open for reading and for adding; `made` is whether this made the file.
            self.handle, self.made = _opened(path)
            status = os.fstat(self.handle)
        self._identity = status.st_dev, status.st_ino
        self._writable = bool(status.st_mode & 0o222)
        _CLAIMED.add(self._identity)

    def in_place(self) -> bool:
        """Whether the file is where its name says."""
        return identity(self.path) == self._identity

    def check(self, save: Callable[[Path], None]) -> None:
        """Raise OutputProblem if the file was made read-only, deleted or replaced.

        Of one that is no longer in its place, `save` writes the rows to an empty file that was
        made for it: in the old place, or beside it, and never over another file.
        """
        with problems(self.path):
            writable = bool(os.fstat(self.handle).st_mode & 0o222)
        if self._writable and not writable:
            raise OutputProblem(f"'{self.path}' was made read-only; its rows are kept")
        if self.in_place():
            return
        with problems(self.path):
            saved = self._free_name()
            save(saved)
        what = "deleted" if saved == self.path else "replaced"
        raise OutputProblem(
            f"'{self.path}' was {what} during the run; its rows were saved in '{saved}'"
        )

    def remove(self) -> None:
        """Remove the file, if it is in its place."""
        if self.in_place():
            self.path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let others have the file. Once is enough."""
        if self.handle < 0:
            return
        _CLAIMED.discard(self._identity)
        with contextlib.suppress(OSError):
            os.close(self.handle)
        self.handle = -1

    def _free_name(self) -> Path:
        name = self.path
        number = 0
        while True:
            try:
                name.touch(exist_ok=False)
            except FileExistsError:
                number += 1
                name = self.path.with_name(f"{self.path.stem}.saved-{number}{self.path.suffix}")
            else:
                return name


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from every other one, or None if there is no such file."""
    try:
        status = os.stat(path)  # noqa: PTH116 - once for each row
    except OSError:
        return None
    return status.st_dev, status.st_ino


def why(error: OSError) -> str:
    """What the system says, in a part of a sentence."""
    return (error.strerror or type(error).__name__).lower()


@contextlib.contextmanager
def problems(path: Path) -> Iterator[None]:
    """Make an OutputProblem of what the system says about `path`."""
    try:
        yield
    except OSError as error:
        raise OutputProblem(f"'{path}' cannot be written: {why(error)}") from None


def _opened(path: Path) -> tuple[int, bool]:
    """The file, locked, and whether it was made here."""
    while True:
        if identity(path) in _CLAIMED:
            raise _taken(path)
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
        raise _taken(path) from None


def _taken(path: Path) -> OutputProblem:
    return OutputProblem(f"another run is writing '{path}': wait for its end")
