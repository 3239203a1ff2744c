"""Files that are packed with gzip or Zstandard, read as they are unpacked.

Nothing is unpacked beyond what is asked for: who reads bounds what a small file can become.
"""

from __future__ import annotations

import contextlib
import gzip
import sys
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

#: The endings of packed files.
ENDINGS = (".gz", ".zst")


class Damaged(Exception):
    """A packed file is none, is damaged, or ends too early."""


def split(path: str) -> tuple[str, str]:
    """A path without the ending of a packed file, and that ending; "" if it has none."""
    for ending in ENDINGS:
        if path.lower().endswith(ending):
            return path[: -len(ending)], ending
    return path, ""


@contextlib.contextmanager
def unpacked(path: str, file: BinaryIO) -> Iterator[BinaryIO]:
    """What `file` holds, unpacked as the ending of `path` says, or as it is.

    Several packed parts that follow one another are one. The block raises Damaged where
    what is read cannot be unpacked.
    """
    ending = split(path)[1]
    if ending == ".gz":
        with _damage(gzip.BadGzipFile, EOFError, zlib.error):
            yield gzip.GzipFile(fileobj=file)  # type: ignore[misc] # it reads
    elif ending == ".zst":
        zstd = _zstd()
        with _damage(zstd.ZstdError, EOFError):
            yield zstd.ZstdFile(file)
    else:
        yield file


def _zstd() -> Any:
    """The standard library's module, or the same for Pythons before 3.14."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


@contextlib.contextmanager
def _damage(*errors: type[Exception]) -> Iterator[None]:
    try:
        yield
    except errors:
        raise Damaged from None
