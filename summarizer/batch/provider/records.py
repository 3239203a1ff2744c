"""What the state of a provider batch is made of: parts, requests, and how large they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

#: A part's way. open: it may still grow. ready: to be sent. uploaded: its file is there.
#: creating: a batch may have been made of it. submitted: one was. ended: it has its files.
#: done: they were read.
Status = Literal["open", "ready", "uploaded", "creating", "submitted", "ended", "done"]


class Part(NamedTuple):
    """Requests that are sent as one file. Sizes are sums over them.

    `fate` is how its batch ended, in the provider's word. `since` is the wall-clock time at
    which that was asked for, and `seconds` what passed until its end. `total` and `done` are
    the provider's own counts.
    """

    number: int
    token: str
    lesson: bytes
    status: Status
    file: str | None
    batch: str | None
    output: str | None
    errors: str | None
    fate: str | None
    since: float | None
    seconds: float
    total: int
    done: int
    requests: int
    bytes: int
    tokens: int
    worst: float

    def with_one(self, one: Asked) -> Part:
        """The part with a request more."""
        return self.with_sums(len(one.line), one.tokens, one.worst)

    def with_sums(self, size: int, tokens: int, worst: float) -> Part:
        """The part with a request more, of such a size."""
        return self._replace(
            requests=self.requests + 1,
            bytes=self.bytes + size,
            tokens=self.tokens + tokens,
            worst=self.worst + worst,
        )

    def emptied(self) -> Part:
        """The part without a request."""
        return self._replace(requests=0, bytes=0, tokens=0, worst=0.0)


class Asked(NamedTuple):
    """A request to add: its id, its line, and what it may take at most."""

    id: str
    line: bytes
    tokens: int
    worst: float


class Found(NamedTuple):
    """A request that there is: its answer, or why it has none; neither while it is under way."""

    lesson: bytes
    status: int | None
    request_id: str | None
    answer: bytes | None
    lack: str | None
    seconds: float


class Told(NamedTuple):
    """What came of a request: an HTTP status with a body, or why there is none."""

    id: str
    status: int | None
    request_id: str | None
    answer: bytes | None
    lack: str | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class Most:
    """What a part may have in it; None for any."""

    requests: int = 50_000
    bytes: int = 200_000_000
    tokens: int | None = None
    worst: float | None = None

    def allow(self, part: Part) -> bool:
        """Whether a part is small enough."""
        return (
            part.requests <= self.requests
            and part.bytes <= self.bytes
            and (self.tokens is None or part.tokens <= self.tokens)
            and (self.worst is None or part.worst <= self.worst)
        )
