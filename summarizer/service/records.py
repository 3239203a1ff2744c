"""What the store of batches takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Kind = Literal["summary", "error"]


class State(IntEnum):
    """What a batch is. TAKING is not accepted yet; GONE is about to be deleted."""

    TAKING = 0
    OPEN = 1
    DONE = 2
    CANCELLED = 3
    GONE = 4


@dataclass(frozen=True, slots=True)
class Batch:
    """What is known of a batch. Times are seconds since 1970; `running` is of now."""

    id: str
    state: State
    total: int
    done: int
    failed: int
    running: int
    created: float
    ended: float | None
    number: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An article to be kept: the caller's name for it, and all that it is made from."""

    name: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Token:
    """An idempotency key, and a digest of the request that came with it."""

    key: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Job:
    """An article that is under way, of the batch with this number and id.

    `tries` counts this one too, `losses` the earlier ones that ended with the process.
    """

    batch: int
    place: int
    tries: int
    losses: int
    owner: str
    body: str
    id: str


@dataclass(frozen=True, slots=True)
class Written:
    """What an article came to: its row, without the caller's name for it."""

    job: Job
    kind: Kind
    content: str


@dataclass(frozen=True, slots=True)
class Returned:
    """An article that goes back to those that wait, until `ready`.

    `counted` is whether it was a try.
    """

    job: Job
    ready: float
    counted: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A result. `seq` counts the rows of a batch from 1, as they were written."""

    seq: int
    place: int
    name: str | None
    kind: Kind
    content: str
