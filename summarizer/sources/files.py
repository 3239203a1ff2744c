"""Files and directories, opened with care.

Only regular files are read: a device or a pipe may never end. What was checked is what is
read, since the checks are made on the open file. No message holds a raw file name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from summarizer.errors import SourceError, SourceNotFound, SourceTooLarge, UnreadableSource
from summarizer.sources import names
from summarizer.sources.naming import quoted

#: What is read in a directory, and what its extension says of it.
CONTENT_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
}
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a pipe without a writer does not block
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


def read_file(path: str, *, max_bytes: int) -> bytes:
    """A regular file's bytes.

    Raises SourceNotFound, SourceTooLarge, UnreadableSource for what is no regular file, and
    SourceError for what the system refuses.
    """
    with open_file(path) as file:
        if os.fstat(file.fileno()).st_size > max_bytes:
            raise _too_large(quoted(path), max_bytes)
        try:
            return read_stream(file, name=quoted(path), max_bytes=max_bytes)
        except OSError as error:
            raise _refused(path, error) from None


def open_file(path: str) -> BinaryIO:
    """A regular file, open for reading. Raises as `read_file`, but for its size."""
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError:  # a NUL in the name
        raise SourceNotFound(f"there is no {quoted(path)}") from None
    except OSError as error:
        raise _refused(path, error) from None
    file = os.fdopen(descriptor, "rb")
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return file
    file.close()
    if stat.S_ISDIR(mode):
        raise UnreadableSource(f"{quoted(path)} is a directory")
    raise UnreadableSource(
        f"{quoted(path)} is a device or a pipe, not a file: pipe its text in and give -"
    )


def read_stream(stream: BinaryIO, *, name: str, max_bytes: int) -> bytes:
    """All of a stream up to the limit. Raises SourceTooLarge past it, reading no further."""
    parts: list[bytes] = []
    left = max_bytes + 1
    while left > 0:
        part = stream.read(min(left, 1 << 20))
        if not part:
            return b"".join(parts)
        parts.append(part)
        left -= len(part)
    raise _too_large(name, max_bytes)


def is_article(name: str) -> bool:
    """Whether a file of a directory is an article, by its ending."""
    return content_type(name) is not None


def find_files(
    directory: str, wanted: Callable[[str], bool] = is_article
) -> Iterator[tuple[str, SourceError | None]]:
    """The paths of a directory's wanted files; beside a path that cannot be listed, the error.

    Sorted by name, each directory's files where its name stands; hidden files and
    directories are left out, and links to directories are not followed. Raises nothing.
    """
    pending = [(directory, names.listed(directory, wanted))]
    while pending:
        folder, entries = pending[-1]
        try:
            path, is_folder = next(entries)
        except StopIteration:
            pending.pop()
        except OSError as error:
            pending.pop()
            yield folder, _refused(folder, error)
        else:
            if is_folder:
                pending.append((path, names.listed(path, wanted)))
            else:
                yield path, None


def content_type(path: str) -> str | None:
    """The media type that a file's extension says, or None for one that is not known."""
    return CONTENT_TYPES.get(Path(path).suffix.lower())


def _refused(path: str, error: OSError) -> SourceError:
    name = quoted(path)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if Path(path).is_symlink():
            return SourceNotFound(f"{name} is a link to nothing")
        return SourceNotFound(f"there is no {name}")
    if isinstance(error, PermissionError):
        return SourceError(f"{name} may not be read: permission denied")
    return SourceError(f"{name} cannot be read: {error.strerror or 'the system refused'}")


def _too_large(name: str, max_bytes: int) -> SourceTooLarge:
    return SourceTooLarge(f"{name} is larger than {max_bytes:,} bytes")
