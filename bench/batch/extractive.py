"""The extractive engine with worker processes: articles a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.batch import articles
from summarizer import Settings, Summarizer

_COUNTS: dict[articles.Size, int] = {"small": 300, "gold": 100}


@dataclass(frozen=True, slots=True)
class Rate:
    """Articles a second, with so many worker processes."""

    size: articles.Size
    workers: int
    rate: float


def rates(*, short: bool) -> Iterator[Rate]:
    """Each size, with none, one and two worker processes."""
    for size, count in _COUNTS.items():
        for workers in (0, 1, 2):
            yield asyncio.run(_rate(size, count // (5 if short else 1), workers))


async def _rate(size: articles.Size, count: int, workers: int) -> Rate:
    at_once = 1 + 3 * workers
    seconds = 0.0
    async with Summarizer(Settings(engine="extractive", workers=workers)) as summarizer:
        for series, part in ((1, 4 * at_once), (2, count)):  # the first starts the processes
            started = time.perf_counter()
            async for done in summarizer.map(
                articles.texts(size, part, series=series), concurrency=at_once, ordered=False
            ):
                assert done.result is not None, done.error
            seconds = time.perf_counter() - started
    return Rate(size, workers, count / seconds)
