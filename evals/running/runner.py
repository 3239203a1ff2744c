"""The runner: asks for every answer that a run still lacks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from evals.answering import Answer, NoAnswer, ask
from evals.data import Case, Corpus
from evals.running import manifest as manifests
from evals.running.budget import Budget, BudgetSpent
from evals.running.cache import Cache
from evals.running.manifest import Manifest
from evals.running.rows import Key, Row, RowFile
from summarizer import Summarizer

ROWS = "rows.jsonl"


@dataclass
class Outcome:
    """How a run ended: rows written now, rows there before, and why rows are missing."""

    expected: int
    before: int = 0
    written: int = 0
    spent: float = 0.0
    reasons: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every row is there."""
        return self.before + self.written == self.expected


@dataclass
class Runner:
    """One run of one system over a corpus, `jobs` answers at a time."""

    corpus: Corpus
    manifest: Manifest
    directory: Path
    summarizer: Summarizer
    jobs: int = 1
    budget: Budget = field(default_factory=lambda: Budget(None))
    cache: Cache | None = None
    progress: Callable[[Row, Outcome], None] = lambda _row, _outcome: None

    async def run(self) -> Outcome:
        """Ask for what is missing, in order of repeat and article.

        An answer that cannot be had leaves its row out. If it may be had later, the others
        are asked for all the same; a refused key or request, or a spent budget, ends the
        run.
        """
        manifests.write(self.manifest, self.directory)
        with RowFile(self.directory / ROWS) as rows:
            keys = [
                Key(case.name, repeat)
                for repeat, case in itertools.product(
                    range(self.manifest.repeats), self.corpus.cases
                )
            ]
            done = {row.key for row in rows.rows}
            outcome = Outcome(expected=len(keys), before=len(done))
            self.budget.spent += sum(row.cost_usd or 0 for row in rows.rows if not row.cached)
            waiting = iter([key for key in keys if key not in done])
            async with anyio.create_task_group() as group:
                for _ in range(self.jobs):
                    group.start_soon(self._work, waiting, rows, outcome)
            outcome.spent = self.budget.spent
        return outcome

    async def _work(self, waiting: Iterator[Key], rows: RowFile, outcome: Outcome) -> None:
        """Take keys until there are none, or until there is no point in asking on."""
        for key in waiting:
            try:
                row = await self._row(key)
            except BudgetSpent:
                outcome.reasons.append("the budget is spent")
                _drain(waiting)
                return
            except NoAnswer as error:
                outcome.reasons.append(f"{key.article}, repeat {key.repeat}: {error}")
                if not error.cause.retryable:
                    _drain(waiting)
                    return
                continue
            rows.append(row)
            outcome.written += 1
            self.progress(row, outcome)

    async def _row(self, key: Key) -> Row:
        case = self.corpus.case(key.article)
        if self.cache is not None:
            kept = self.cache.get(self.manifest, case, key.repeat)
            if kept is not None:
                return kept
        with self.budget.hold() as held:
            try:
                answer = await ask(case, self.summarizer)
            except NoAnswer as error:
                held.settle(error.cost_usd)
                raise
            held.settle(answer.cost_usd)
        row = self._made(case, key.repeat, answer)
        if self.cache is not None:
            self.cache.put(self.manifest, case, row)
        return row

    def _made(self, case: Case, repeat: int, answer: Answer) -> Row:
        return Row(
            article=case.name,
            engine=self.manifest.engine,
            model=self.manifest.model,
            prompt=self.manifest.prompt,
            repeat=repeat,
            failure=answer.failure,
            seconds=round(answer.seconds, 6),
            cost_usd=answer.cost_usd,
            attempts=answer.attempts,
            summary=answer.summary,
        )


def _drain(waiting: Iterator[Key]) -> None:
    """Leave nothing for the other workers."""
    for _ in waiting:
        pass
