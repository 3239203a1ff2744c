"""Outcome: what became of one source."""

from __future__ import annotations

from typing import Literal, NamedTuple

#: written: a new row. known: its row was there. failed: now. skipped: it failed in an
#: earlier run, for good. undone: the run was stopped before there was an answer.
Kind = Literal["written", "known", "failed", "skipped", "undone"]


class Outcome(NamedTuple):
    """What became of one source, and its cost in US dollars; None if that is unknown."""

    source: str
    kind: Kind
    error: Exception | None = None
    cost_usd: float | None = 0.0
