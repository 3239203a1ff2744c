"""A record to keep, its keys, and a clock that is set by hand."""

from __future__ import annotations

import hashlib

from summarizer.schema import Summary
from tests import invented


def record() -> Summary:
    """A complete record."""
    return invented.record(status="complete", rejected=())


def unplaced(kept: Summary) -> Summary:
    """A record as the cache gives it back: without where its article was read from."""
    facts = kept.article.model_copy(update={"location": None})
    return kept.model_copy(update={"article": facts})


def key(number: int) -> str:
    """One key of many."""
    return hashlib.sha256(str(number).encode()).hexdigest()


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now
