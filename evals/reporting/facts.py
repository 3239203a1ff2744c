"""The facts that every kind of report is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals import baseline as baselines
from evals import gate, scored
from evals.baseline import Baseline
from evals.data import Corpus
from evals.errors import ConfigurationError
from evals.reporting.history import Point
from evals.running.manifest import Digests
from evals.running.stored import StoredRun
from evals.scored import Column, Scored, Service
from evals.vital import ItemName, found_counts


@dataclass(frozen=True)
class Judged:
    """A run beside its baseline: the gate's verdict, or why there is none."""

    baseline: Baseline
    verdict: gate.Verdict | None
    refusal: str | None


@dataclass(frozen=True)
class Facts:
    """A stored run, scored, with all that it is read beside."""

    run: StoredRun
    corpus: Corpus
    scored: Scored
    beside: Mapping[str, Column]
    service: Service
    judged: Judged | None
    history: Sequence[Point]

    @classmethod
    def of(
        cls,
        run: StoredRun,
        corpus: Corpus,
        *,
        baseline: Path | None = None,
        history: Sequence[Point] = (),
    ) -> Facts:
        """Score a run. Raises Incomplete if answers are missing."""
        result = scored.score_all(corpus, run.repeats(corpus))
        judged = None if baseline is None else judge(run, corpus, result, baselines.read(baseline))
        return cls(
            run, corpus, result, scored.beside(corpus), service(run, corpus), judged, history
        )

    @property
    def found(self) -> dict[ItemName, int]:
        """In how many repeats each vital item was found."""
        return found_counts(self.scored.scores)

    @property
    def repeats(self) -> int:
        """How often each article was answered."""
        return self.run.manifest.repeats


def judge(run: StoredRun, corpus: Corpus, result: Scored, baseline: Baseline) -> Judged:
    """Gate a scored run; a comparison that would not be one is a refusal."""
    try:
        baseline.check(run.manifest, Digests.of(corpus))
    except ConfigurationError as error:
        return Judged(baseline, None, str(error))
    return Judged(baseline, gate.decide(baseline.side, baselines.side_of(result.scores)), None)


def service(run: StoredRun, corpus: Corpus) -> Service:
    """What answering took."""
    return Service.of([(row.answer, corpus.case(row.article).text) for row in run.rows.values()])
