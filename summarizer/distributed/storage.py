"""Storage: a folder on this machine, or in any store that pyarrow or fsspec reaches."""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from summarizer.batch import OutputProblem
from summarizer.errors import ConfigurationError, SourceError, SourceNotFound
from summarizer.sources.naming import quoted, shown

#: Stores in which a file appears whole, when it is closed, or not at all.
_WHOLE = frozenset({"abfs", "gcs", "s3"})
#: The part of a store's message that names what is wrong, and nothing else.
_CODE = re.compile(r"AWS Error ([A-Z_]{3,40})|\b(NoSuchBucket|AccessDenied|Forbidden)\b")


class SourceUnavailable(SourceError):
    """The store that holds an input did not give it."""

    retryable = True
    hint = "Try again later."


class Stored(NamedTuple):
    """A file in a folder: its path in there, its size, and when it was changed, if known."""

    path: str
    size: int
    modified: int


class Folder:
    """A folder, or one file, at a path or an address such as s3://bucket/folder.

    Pyarrow knows file, s3, gs, abfss and hdfs; any other scheme is fsspec's. Raises
    ConfigurationError for an address that nobody knows.
    """

    def __init__(self, place: str) -> None:
        self.name = nameable(place)
        with _unknown(self.name):
            self._fs, self._path = _filesystem(place)
        self._path = self._path.rstrip("/") or "/"

    @property
    def local(self) -> str | None:
        """Its path, if it is on this machine."""
        return self._path if self._fs.type_name == "local" else None

    def files(self, ending: str) -> list[Stored]:
        """The files below with that ending, by their paths, none of them hidden.

        If this is a file itself, that is the one, with an empty path. Raises SourceNotFound
        or SourceError.
        """
        from pyarrow import fs

        with problems(self.name, "read", SourceUnavailable):
            own = self._fs.get_file_info(self._path)
            if own.type == fs.FileType.NotFound:
                raise SourceNotFound(f"there is no {quoted(self.name)}")
            if own.type == fs.FileType.File:
                return [Stored("", own.size or 0, own.mtime_ns or 0)]
            found = self._fs.get_file_info(fs.FileSelector(self._path, recursive=True))
        return sorted(
            Stored(path, info.size or 0, info.mtime_ns or 0)
            for info in found
            if info.type == fs.FileType.File
            and (path := self._below(info.path)).endswith(ending)
            and not any(part.startswith((".", "_")) for part in path.split("/"))
        )

    def names(self, folder: str, *, deep: bool = False) -> list[str]:
        """The files in one of its folders, with `deep` also below; none if it is not there.

        Raises OutputProblem.
        """
        from pyarrow import fs

        with problems(self.name, "read"):
            at = self._at(folder)
            selector = fs.FileSelector(at, allow_not_found=True, recursive=deep)
            found = self._fs.get_file_info(selector)
        own = len(at) + 1
        return sorted(info.path[own:] for info in found if info.type == fs.FileType.File)

    def open(self, path: str) -> Any:
        """A file of it, to be read at any offset. Raises OSError."""
        return self._fs.open_input_file(self._at(path))

    def read(self, path: str) -> bytes | None:
        """All of a file, or None if there is none. Raises OutputProblem."""
        with problems(self.name, "read"):
            try:
                with self.open(path) as file:
                    return bytes(file.read())
            except FileNotFoundError:
                return None

    def write(self, path: str, data: bytes) -> None:
        """Put a file there, whole or not at all, in the place of an earlier one.

        Raises OutputProblem.
        """
        at = self._at(path)
        with problems(self.name, "written"):
            if self.local is not None:
                _write(Path(at), data)
            elif self._fs.type_name in _WHOLE:
                with self._fs.open_output_stream(at) as file:
                    file.write(data)
            else:
                parent, _, name = at.rpartition("/")
                self._fs.create_dir(parent, recursive=True)
                new = f"{parent}/.{name}.{uuid.uuid4().hex[:8]}.part"
                with self._fs.open_output_stream(new) as file:
                    file.write(data)
                self._fs.move(new, at)

    def delete(self, path: str) -> None:
        """Remove a file, if it is there. Raises OutputProblem."""
        with problems(self.name, "written"), contextlib.suppress(FileNotFoundError):
            self._fs.delete_file(self._at(path))

    def holds(self, other: Self) -> bool:
        """Whether another folder is this one or lies within it."""
        same = self._fs.type_name == other._fs.type_name
        return same and f"{other._path}/".startswith(f"{self._path.rstrip('/')}/")

    def _at(self, path: str) -> str:
        return f"{self._path.rstrip('/')}/{path}" if path else self._path

    def _below(self, path: str) -> str:
        return path[len(self._path.rstrip("/")) + 1 :]


def _write(path: Path, data: bytes) -> None:
    """As a whole, and on the disk: a marker must not outlive what it vouches for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def nameable(place: str) -> str:
    """A path or an address as it may be shown: without a user, a key or a query."""
    if "://" not in place:
        return shown(place)
    parts = urlsplit(place)
    host = parts.netloc.rpartition("@")[2]
    return shown(f"{parts.scheme}://{host}{parts.path}")


def _filesystem(place: str) -> tuple[Any, str]:
    """What reaches a place, and the path there."""
    from pyarrow import fs

    if "://" not in place:
        return fs.LocalFileSystem(), os.path.abspath(place)  # noqa: PTH100 - as the store has it
    if urlsplit(place).scheme in {"abfs", "abfss", "file", "gs", "hdfs", "s3"}:
        found, path = fs.FileSystem.from_uri(place)
        return found, path
    found, path = fs.FileSystem.from_uri(f"fsspec+{place}")
    return found, path


@contextlib.contextmanager
def _unknown(name: str) -> Iterator[None]:
    try:
        yield
    except (ImportError, OSError, ValueError, NotImplementedError):
        raise ConfigurationError(
            f"{quoted(name)} is no path or address that pyarrow or fsspec can reach"
        ) from None


@contextlib.contextmanager
def problems(
    name: str, what: str, kind: type[SourceUnavailable | OutputProblem] = OutputProblem
) -> Iterator[None]:
    """Make one error of what a store says. It says a lot, so only what is known of is told."""
    try:
        yield
    except (OSError, ValueError, NotImplementedError) as error:
        raise kind(f"{quoted(name)} cannot be {what}: {_why(error)}") from None


def _why(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number:
        return os.strerror(number).lower()
    said = _CODE.search(str(error))
    if said is not None:
        return (said[1] or said[2]).replace("_", " ").lower()
    return type(error).__name__
