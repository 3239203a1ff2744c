"""Where records go: a stream, a file that is replaced whole, or a folder."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, Protocol, TextIO

from summarizer.cli.messages import OutputError, encodable
from summarizer.cli.options import Options
from summarizer.cli.parser import ENDINGS, Format
from summarizer.errors import ConfigurationError


class Output(Protocol):
    """Takes each record as it is done."""

    def add(self, record: str, name: str) -> None:
        """Write a rendered record; `name` is what its article was read from."""

    def close(self) -> None:
        """Put what was added in its place. Called whether or not all went well."""


class Framed:
    """Records one after the other in one target, framed as the format has it."""

    def __init__(self, target: Target, format_: Format, *, several: bool, cells: int) -> None:
        self._target = target
        self._frame = _frame(format_, several=several, cells=cells)
        self._count = 0
        self._whole = True
        self._replaced = identity(target.path) if target.path is not None else None

    def add(self, record: str, name: str) -> None:
        if self._replaced is not None and self._replaced == identity(name):
            raise OutputError(f"'{self._target.path}' is a SOURCE and would be lost")
        self._whole = False
        frame = self._frame
        self._target.write((frame.between if self._count else frame.opening) + record + frame.end)
        self._count += 1
        self._whole = True

    def close(self) -> None:
        try:
            if self._whole:
                self._target.write(self._frame.closing if self._count else self._frame.empty)
        finally:
            self._target.close(keep=self._whole and self._count > 0)


class Folder:
    """One file for each record, named after its article and never over a source."""

    def __init__(self, folder: Path, format_: Format, sources: tuple[str, ...]) -> None:
        self._folder = folder
        self._ending = ENDINGS[format_]
        self._sources = set(map(identity, sources))
        self._taken: set[str] = set()
        #: How many articles had each stem.
        self._stems: Counter[str] = Counter()

    def add(self, record: str, name: str) -> None:
        with _failures(self._folder):
            self._folder.mkdir(exist_ok=True)
        target = FileTarget(self._folder / self._name(name))
        try:
            target.write(record + "\n")
        except BaseException:
            target.close(keep=False)
            raise
        target.close(keep=True)

    def close(self) -> None:
        """Each file stands in its place already."""

    def _name(self, source: str) -> str:
        stem = file_stem(source)
        self._sources.add(identity(source))
        while True:
            self._stems[stem] += 1
            number = self._stems[stem]
            name = f"{stem}{f'-{number}' if number > 1 else ''}.summary{self._ending}"
            found = identity(self._folder / name)
            free = found is None or found not in self._sources
            if free and name.casefold() not in self._taken:
                self._taken.add(name.casefold())
                return name


class Target(Protocol):
    """Where text goes."""

    @property
    def path(self) -> Path | None:
        """The file that closing replaces."""

    def write(self, text: str) -> None:
        """Write, and hand it on at once."""

    def close(self, *, keep: bool) -> None:
        """Put what was written in its place, or drop it."""


class StreamTarget:
    """Standard output. Formats that have an encoding of their own are UTF-8 in a pipe."""

    path = None

    def __init__(self, stream: TextIO | None, format_: Format) -> None:
        if stream is None:
            raise OutputError("standard output is closed")
        self._stream = stream
        buffer: IO[bytes] | None = getattr(stream, "buffer", None)
        self._bytes = None if format_ == "text" or stream.isatty() else buffer

    def write(self, text: str) -> None:
        try:
            if self._bytes is not None:
                self._bytes.write(text.encode())
                self._bytes.flush()
            else:
                self._stream.write(encodable(text, self._stream.encoding))
                self._stream.flush()
        except OSError as error:
            give_up(self._stream)
            if isinstance(error, BrokenPipeError):
                raise
            raise OutputError(f"standard output cannot be written: {_why(error)}") from error

    def close(self, *, keep: bool) -> None:
        """The stream stays open."""


class FileTarget:
    """A file, replaced whole at the end, in UTF-8: nobody ever reads half of one.

    What is no regular file, such as a pipe or a device, is written to directly.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))
        self._temporary: Path | None = None
        with _failures(path):
            # A file that may not be written is not replaced either.
            if self.path.exists() and not (self.path.is_file() and os.access(self.path, os.W_OK)):
                self._file: IO[bytes] = self.path.open("wb", buffering=0)
                return
            handle, name = tempfile.mkstemp(
                dir=self.path.parent, prefix=f".{self.path.name[:50]}.", suffix=".part"
            )
            self._temporary = Path(name)
            self._file = os.fdopen(handle, "wb", buffering=0)

    def write(self, text: str) -> None:
        with _failures(self.path):
            rest = memoryview(text.encode())
            while rest:
                rest = rest[self._file.write(rest) :]

    def close(self, *, keep: bool) -> None:
        try:
            with _failures(self.path):
                self._file.close()
                if self._temporary is not None and keep:
                    self._temporary.chmod(_mode(self.path))
                    self._temporary.replace(self.path)
                    self._temporary = None
        finally:
            if self._temporary is not None:
                self._temporary.unlink(missing_ok=True)


def open_output(options: Options, stdout: TextIO | None, *, cells: int) -> Output:
    """The output that the options name.

    Raises ConfigurationError if it is no place to write to, and OutputError if writing
    there fails at once.
    """
    if options.into_folder:
        assert options.output is not None
        return Folder(place(options.output), options.format, options.sources)
    target = open_target(options, stdout)
    return Framed(target, options.format, several=options.several, cells=cells)


def open_target(options: Options, stdout: TextIO | None) -> Target:
    """The file or stream that the options name. Raises as `open_output`."""
    if options.output is None:
        return StreamTarget(stdout, options.format)
    path = place(options.output)
    replaced = identity(path)
    if replaced is not None and replaced in map(identity, options.sources):
        raise ConfigurationError("--output names a SOURCE, which would be lost")
    return FileTarget(path)


def place(output: str) -> Path:
    """Where an output goes. Raises ConfigurationError if its folder does not exist."""
    path = Path(output)
    if not path.parent.is_dir():
        raise ConfigurationError(f"--output: there is no folder '{path.parent}'")
    return path


def give_up(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere.

    Python would try to write it once more when it ends, fail, and say so.
    """
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def file_stem(source: str) -> str:
    """A harmless file name, without an ending, after a path or a URL."""
    path = re.sub(r"[?#].*", "", source) if re.match(r"https?://", source) else source
    last = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    stem = re.sub(r"\.(?:txt|md|x?html?)$", "", last, flags=re.IGNORECASE)
    return re.sub(r"[^\w.-]+", "-", stem).strip("-._")[:80] or "article"


class _Frame(NamedTuple):
    """What goes before the first record, between two, after each, after the last; or alone."""

    opening: str = ""
    between: str = ""
    end: str = "\n"
    closing: str = ""
    empty: str = ""


def _frame(format_: Format, *, several: bool, cells: int) -> _Frame:
    match format_:
        case "json" if several:
            return _Frame(opening="[\n", between=",\n", end="", closing="\n]\n", empty="[]\n")
        case "text":
            return _Frame(between=f"\n{'─' * cells}\n\n")
        case "markdown":
            return _Frame(between="\n")
        case _:
            return _Frame()


def identity(path: str | Path) -> tuple[int, int] | None:
    """What tells a file from every other one, or None if there is no such file."""
    try:
        found = os.stat(path)  # noqa: PTH116  # also of a source that is no path
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _mode(path: Path) -> int:
    """The permissions of the file at `path`, or those that a new file gets."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        mask = os.umask(0o077)
        os.umask(mask)
        return 0o666 & ~mask


@contextlib.contextmanager
def _failures(path: Path) -> Iterator[None]:
    """Make an OutputError of what the system says about `path`; a broken pipe stays one."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {_why(error)}") from error


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
