"""AnswerCache: records in a file that may fail without anyone being failed."""

from __future__ import annotations

import asyncio
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from summarizer import folders, logs
from summarizer.schema import Summary

if TYPE_CHECKING:
    from summarizer.cache.store import Store
    from summarizer.settings import Settings

_FILE = "answers.sqlite3"
#: Seconds without a try after a failure, so that a run does not wait at each article.
_REST = 60.0

T = TypeVar("T")


class CacheError(Exception):
    """The cache cannot be cleared. The message says why, in a part of a sentence."""


class CacheInfo(NamedTuple):
    """What is in the cache. `problem` says why it cannot be used, if it cannot."""

    path: Path
    entries: int
    bytes: int
    max_bytes: int
    problem: str | None = None


class AnswerCache:
    """Complete records by key, in one file that processes share.

    `get` and `put`, and the same for an event loop, raise nothing because of the file: what
    is wrong with it is told once, by the event `cache_unused`, and the answer has to be asked
    for. The asynchronous ones wait for other processes in a thread and leave the loop alone.

    `max_bytes` bounds the file: the least recently used records go first. `clock` is the
    wall clock, and `wait` the seconds to wait while another process writes. Safe for use
    by several threads, and in a child process that was forked.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int,
        *,
        clock: Callable[[], float] = time.time,
        wait: float = 2.0,
    ) -> None:
        """Nothing is opened or made before there is a record to keep or to look for."""
        self.path = path
        self.max_bytes = max_bytes
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._made: Store | None = None
        #: When the file is tried again after it failed to be read, or written.
        self._rested = {"read": 0.0, "write": 0.0}
        self._told: set[str] = set()

    @classmethod
    def of(cls, settings: Settings) -> AnswerCache:
        """The cache that the settings name, whether or not they turn it on."""
        folder = folders.cache_folder(settings.cache_dir)
        return cls(folder / _FILE, settings.cache_max_bytes)

    def get(self, key: str) -> Summary | None:
        """The record, or None."""
        return self._get(key, self._wait)

    def put(self, key: str, summary: Summary) -> None:
        """Keep a complete record. Raises ValueError for a partial one."""
        value = _packed(key, summary)
        if self._put(key, value, self._wait):
            self._shrink()

    async def aget(self, key: str) -> Summary | None:
        """As `get`, without keeping an event loop waiting."""
        try:
            return self._get(key, 0)
        except _Busy:
            return await asyncio.to_thread(self._get, key, self._wait)

    async def aput(self, key: str, summary: Summary) -> None:
        """As `put`, without keeping an event loop waiting."""
        value = _packed(key, summary)
        try:
            too_large = self._put(key, value, 0)
        except _Busy:
            too_large = await asyncio.to_thread(self._put, key, value, self._wait)
        if too_large:
            await asyncio.to_thread(self._shrink)

    def info(self) -> CacheInfo:
        """What is in the cache. Nothing is made and nothing is logged."""
        entries, problem = 0, None
        try:
            with self._lock:
                entries = self._store().count(wait=self._wait)
        except _errors() as error:
            problem = str(error)
        size = self._store().size()
        return CacheInfo(self.path, entries, size, self.max_bytes, problem)

    def clear(self) -> int:
        """Drop every record, and tell how many there were. Raises CacheError."""
        try:
            with self._lock:
                return self._store().clear(wait=self._wait)
        except _errors() as error:
            raise CacheError(str(error)) from error

    def close(self) -> None:
        """Close the file. The next call opens it again."""
        with self._lock:
            if self._made is not None:
                self._made.close()

    def _get(self, key: str, wait: float) -> Summary | None:
        value = self._tried("read", lambda store: store.get(bytes.fromhex(key), wait=wait), wait)
        if value is None:
            return None
        summary = _unpacked(key, value)
        if summary is None:
            self._tried("write", lambda store: store.remove(bytes.fromhex(key), wait=wait), wait)
        return summary

    def _put(self, key: str, value: bytes, wait: float) -> bool:
        """Keep a value, and tell whether the file is now too large."""
        return bool(
            self._tried(
                "write", lambda store: store.put(bytes.fromhex(key), value, wait=wait), wait
            )
        )

    def _shrink(self) -> None:
        self._tried("write", lambda store: store.shrink(wait=self._wait), self._wait)

    def _tried(
        self, kind: Literal["read", "write"], action: Callable[[Store], T], wait: float
    ) -> T | None:
        """Do something with the file, or None if it fails or has just failed.

        Raises _Busy where waiting might help, and is not wanted.
        """
        if self._clock() < self._rested[kind]:
            return None
        if not self._lock.acquire(blocking=wait > 0):
            raise _Busy
        try:
            return action(self._store())
        except _errors() as error:
            if wait == 0 and _is_busy(error):
                raise _Busy from error
            self._rest(kind, error)
            return None
        finally:
            self._lock.release()

    def _store(self) -> Store:
        if self._made is None:
            from summarizer.cache.store import Store

            self._made = Store(self.path, self.max_bytes, clock=self._clock)
        return self._made

    def _rest(self, kind: Literal["read", "write"], error: Exception) -> None:
        """Leave the file alone for a while; what cannot be read is not written either."""
        until = self._clock() + _REST
        self._rested["write"] = until
        if kind == "read":
            self._rested["read"] = until
        reason = str(error)
        if reason not in self._told:
            self._told.add(reason)
            logs.event("cache_unused", logs.WARNING, reason=reason)


class _Busy(Exception):
    """The file is in use at the moment, and nobody waited."""


def _packed(key: str, summary: Summary) -> bytes:
    """A record as it is kept, with its key, so that a file's faults cannot swap two.

    The path or address of the one who asked first is nobody else's business.
    """
    if summary.status != "complete":
        raise ValueError("only a complete record may be kept")
    facts = summary.article.model_copy(update={"location": None})
    record = summary.model_copy(update={"article": facts}).model_dump_json()
    return zlib.compress(bytes.fromhex(key) + record.encode(), level=3)


def _unpacked(key: str, value: bytes) -> Summary | None:
    """The record in a value, or None if it is not the whole record that was kept."""
    try:
        plain = zlib.decompress(value)
        if plain[:32] != bytes.fromhex(key):
            return None
        return Summary.model_validate_json(plain[32:])
    except (zlib.error, ValueError):
        return None


def _errors() -> type[Exception]:
    """What a store raises. SQLite is loaded with it, so only where it is needed."""
    from summarizer.cache.store import StoreError

    return StoreError


def _is_busy(error: Exception) -> bool:
    from summarizer.cache.store import StoreBusy

    return isinstance(error, StoreBusy)
