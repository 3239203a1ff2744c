"""What is measured: efficiency against the ideal, for each subject and cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.batch.articles import Size

#: Subjects by the name they are shown by, and the most articles at once they are asked for.
SUBJECTS = {
    "aiohttp": ("aiohttp, bytes in and out", 256),
    "map": ("Summarizer.map", 256),
    "file": ("batch into JSONL", 256),
    "map+1": ("Summarizer.map, 1 worker process", 256),
    "file+1": ("batch into JSONL, 1 worker process", 256),
    "openai": ("openai create", 256),
    "instructor": ("instructor with gather", 256),
    "langextract": ("langextract", 64),
}
#: Those that the longer answers are asked for as well.
GOLD = ("aiohttp", "map", "map+1", "openai", "instructor")

LATENCIES = (0.2, 1.0)
CONCURRENCIES = (16, 64, 256)
JITTER = 0.75


@dataclass(frozen=True, slots=True)
class Cell:
    """So many articles, `concurrency` at once, each answered after `latency` seconds.

    With a jitter the latencies lie evenly within that share around it.
    """

    latency: float
    concurrency: int
    jitter: float
    size: Size = "small"

    @property
    def articles(self) -> int:
        """Enough to run several latencies long."""
        return self.concurrency * (6 if self.latency < 0.5 else 4)


@dataclass(frozen=True, slots=True)
class Result:
    """What one subject took for one cell.

    `efficiency` is the ideal time (articles x latency / concurrency) over the real one. The
    processor's time is in seconds for each article: this process's, its workers', the server's.
    """

    subject: str
    cell: Cell
    seconds: float
    efficiency: float
    cpu: float
    workers_cpu: float
    server_cpu: float
    peak: int


def cells(*, short: bool) -> Iterator[Cell]:
    """All cells, or the few of a quick look."""
    for latency in LATENCIES[:1] if short else LATENCIES:
        for jitter in (0.0,) if short else (0.0, JITTER):
            for concurrency in CONCURRENCIES[:2] if short else CONCURRENCIES:
                yield Cell(latency, concurrency, jitter)
    yield Cell(LATENCIES[-1], CONCURRENCIES[0 if short else 1], 0.0, "gold")


def takes_part(subject: str, cell: Cell) -> bool:
    """Whether a subject is asked for a cell."""
    if cell.size == "gold":
        return subject in GOLD
    return cell.concurrency <= SUBJECTS[subject][1]
