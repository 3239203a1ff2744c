"""Meter: how far a batch is, how fast it goes, what it costs and how long it will take."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from summarizer.batch.outcome import Kind, Outcome

_WORDS: dict[Kind, str] = {
    "written": "written",
    "known": "there already",
    "failed": "failed",
    "skipped": "failed before and not asked again",
}
#: Seconds that the rate is taken over, and between two readings.
_WINDOW = 60.0
_STEP = 1.0


class Meter:
    """Counts outcomes. `clock` tells seconds; `priced` is whether answers cost anything."""

    def __init__(self, clock: Callable[[], float], *, priced: bool) -> None:
        self._clock = clock
        self._priced = priced
        self._counts: Counter[Kind] = Counter()
        self._cost = 0.0
        self._cost_known = True
        self._readings: deque[tuple[float, int]] = deque([(clock(), 0)])
        self._told = clock()

    def add(self, outcome: Outcome) -> None:
        """Count what became of a source."""
        self.count(outcome.kind, 1, outcome.cost_usd)

    def count(self, kind: Kind, number: int, cost_usd: float | None) -> None:
        """Count what became of several sources, and their cost together."""
        self._counts[kind] += number
        if cost_usd is None:
            self._cost_known = False
        else:
            self._cost += cost_usd
        now = self._clock()
        if now - self._readings[-1][0] >= _STEP:
            self._readings.append((now, self.seen))
            while now - self._readings[1][0] > _WINDOW:
                self._readings.popleft()

    @property
    def seen(self) -> int:
        """Sources that nothing more is done about."""
        return self._counts.total() - self._counts["undone"]

    @property
    def done(self) -> int:
        """Sources that have their row."""
        return self._counts["written"] + self._counts["known"]

    @property
    def failed(self) -> int:
        """Sources that have none, now or since an earlier run."""
        return self._counts["failed"] + self._counts["skipped"]

    @property
    def cost(self) -> str | None:
        """What was paid so far, or None where nothing is."""
        if not self._priced:
            return None
        if self._cost_known:
            return f"${self._cost:.4f}"
        return f"at least ${self._cost:.4f}" if self._cost else "cost unknown"

    def minute(self) -> bool:
        """Whether a minute has gone by since this last said so."""
        due = self._clock() - self._told >= 60
        if due:
            self._told = self._clock()
        return due

    def line(self, total: int, *, counted: bool) -> str:
        """How far it is, of `total` sources; if they are not all `counted`, of at least so many."""
        total = max(total, self.seen)
        parts = [f"{self.seen:,}/{total:,}{'' if counted else '+'}"]
        rate = self._rate()
        if rate is not None:
            parts.append(f"{rate:,.1f}/s")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.cost is not None:
            parts.append(self.cost)
        if rate and counted:
            parts.append(f"{_duration((total - self.seen) / rate)} left")
        return " · ".join(parts)

    def result(self) -> str:
        """What came of it all, in a sentence without its full stop."""
        told = [
            f"{self._counts[kind]:,} {words}"
            for kind, words in _WORDS.items()
            if self._counts[kind]
        ]
        if self.cost is not None:
            told.append(self.cost)
        count = self.seen
        return f"{count:,} source{'' if count == 1 else 's'}: {', '.join(told) or 'nothing to do'}"

    def _rate(self) -> float | None:
        """Sources a second, lately; None before there is a second to tell by."""
        since, before = self._readings[0]
        passed = self._clock() - since
        return (self.seen - before) / passed if passed >= _STEP else None


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
