"""The names in a directory, sorted, in memory that does not grow with them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator

#: So many names are sorted in memory. More go through a temporary file without a name.
_MOST = 50_000

#: A name as the system has it, in bytes, and whether it is a directory's.
_Entry = tuple[bytes, bool]


def listed(
    directory: str, wanted: Callable[[str], bool], *, most: int = _MOST
) -> Iterator[tuple[str, bool]]:
    """The paths of the wanted files and of all directories in a directory, by name.

    Each has whether it is a directory. Hidden names and links to directories are left out.
    Raises OSError if the directory, or the temporary file, cannot be read.
    """
    with os.scandir(directory) as entries:
        found = (entry for one in entries if (entry := _entry(one, wanted)) is not None)
        some: list[_Entry] = []
        for entry in found:
            some.append(entry)
            if len(some) == most:
                break
        # Nothing is left in `found` unless there are more names than are sorted in memory.
        ordered = sorted(some) if len(some) < most else _sorted_outside(some, found)
        for name, folder in ordered:
            yield os.path.join(directory, os.fsdecode(name)), folder  # noqa: PTH118 - as it is told


def _entry(entry: os.DirEntry[str], wanted: Callable[[str], bool]) -> _Entry | None:
    if entry.name.startswith("."):
        return None
    folder = False
    # What cannot be told is told when it is opened.
    with contextlib.suppress(OSError):
        folder = entry.is_dir()
    if folder:
        return None if entry.is_symlink() else (os.fsencode(entry.name), True)
    return (os.fsencode(entry.name), False) if wanted(entry.name) else None


def _sorted_outside(some: list[_Entry], others: Iterator[_Entry]) -> Iterator[_Entry]:
    try:
        with contextlib.closing(sqlite3.connect("", check_same_thread=False)) as store:
            store.execute("CREATE TABLE entries (name BLOB, folder INTEGER)")
            store.executemany("INSERT INTO entries VALUES (?, ?)", some)
            some.clear()
            store.executemany("INSERT INTO entries VALUES (?, ?)", others)
            for name, folder in store.execute("SELECT name, folder FROM entries ORDER BY name"):
                yield name, bool(folder)
    except sqlite3.Error as error:
        raise OSError(0, f"its names cannot be sorted: {error}") from None
