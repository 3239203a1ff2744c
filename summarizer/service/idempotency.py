"""Idempotency keys: a request that is sent again is answered as the first time."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header

from summarizer.service.auth import Key
from summarizer.service.problems import CONFLICT, REUSED, Problem

_RETRY_AFTER = 1
#: What an entry takes beside its answer, in bytes.
_ENTRY = 500

#: The header, as routes declare it.
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="Any name for this request: sent again, it is answered as the first time.",
    ),
]


def digest(*parts: object) -> bytes:
    """What a request is known by: another body, or another query, has another one."""
    found = hashlib.sha256()
    for part in parts:
        one = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        found.update(len(one).to_bytes(8, "big") + one)
    return found.digest()


@dataclass(slots=True)
class _Entry:
    digest: bytes
    expires: float
    #: None while the request is under way.
    answer: bytes | None = None


class Idempotency:
    """Keeps answers for `seconds`, and no more than `most` bytes of them; the oldest go first.

    Each API key has names of its own. Only answers are kept: a request that failed is made
    again. One event loop uses it.
    """

    def __init__(
        self, *, seconds: float, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._size = 0

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return self._size

    async def once(
        self, key: Key, name: str, digest: bytes, make: Callable[[], Awaitable[bytes]]
    ) -> tuple[bytes, bool]:
        """The answer to a request of this name, and whether it was given before.

        Raises a Problem if the first request is still under way, or was another one, and
        what `make` raises.
        """
        self._forget()
        place = (key.name, name)
        entry = self._entries.get(place)
        if entry is not None:
            if entry.digest != digest:
                told = "This Idempotency-Key came with another request before."
                raise Problem(REUSED, told)
            if entry.answer is None:
                told = "The first request with this Idempotency-Key is under way."
                raise Problem(CONFLICT, told, retry_after=_RETRY_AFTER)
            return entry.answer, True
        entry = self._entries[place] = _Entry(digest, self._clock() + self._seconds)
        self._size += _ENTRY
        try:
            entry.answer = await make()
        except BaseException:
            self._drop(place)
            raise
        self._size += len(entry.answer)
        self._forget()
        return entry.answer, False

    def _forget(self) -> None:
        """Drop what is too old, and the oldest while there is too much."""
        now = self._clock()
        for place in list(self._entries):
            entry = self._entries[place]
            if entry.expires > now and self._size <= self._most:
                return
            if entry.answer is not None:
                self._drop(place)

    def _drop(self, place: tuple[str, str]) -> None:
        entry = self._entries.pop(place)
        self._size -= _ENTRY + len(entry.answer or b"")
