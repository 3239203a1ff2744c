"""Asking a system about an article, and what its silence means.

An engine that declines, answers nonsense or says nothing that the article supports has
failed, and its answer counts as an empty one. An endpoint that cannot be reached, asks to
wait to the end or refuses the key or the request says nothing about the system: there is
no answer yet.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from evals.checks import Checks, check, spent
from evals.data import Case, Corpus
from evals.prediction import Prediction, from_summary
from summarizer import Article, Summarizer, Summary
from summarizer.errors import (
    AnswerTruncated,
    ContentFiltered,
    EngineError,
    EngineTimeout,
    InvalidAnswer,
    NothingGrounded,
    Refused,
    SummarizerError,
)
from summarizer.schema import Attempt

#: The failures that are the system's own: they score as an empty summary.
FAILURES = (Refused, ContentFiltered, AnswerTruncated, InvalidAnswer, NothingGrounded)


@dataclass(frozen=True)
class Answer:
    """A Summary, or the name of the error that stands for an empty one.

    `seconds` is wall time over the whole pipeline. `cost_usd` is None where not known.
    """

    summary: Summary | None
    failure: str | None
    attempts: tuple[Attempt, ...]
    seconds: float
    cost_usd: float | None

    @property
    def prediction(self) -> Prediction:
        """What is scored."""
        if self.summary is None:
            return Prediction(failure=self.failure)
        return from_summary(self.summary)

    def checks(self, text: str) -> Checks:
        """The label-free checks; of a failed answer what it took."""
        if self.summary is None:
            return Checks(answers=1) + spent(self.attempts, self.cost_usd)
        return check(self.summary, text)


class NoAnswer(Exception):
    """The system could not be asked; `cause` is the summarizer's own error.

    `cost_usd` is None where something may have been charged that nobody reported.
    """

    def __init__(self, cause: SummarizerError) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.cause = cause
        attempts = cause.attempts if isinstance(cause, EngineError) else ()
        reported = sum(attempt.cost_usd or 0.0 for attempt in attempts)
        # Only of a request that the server was still at is the price open.
        self.cost_usd = None if isinstance(cause, EngineTimeout) else reported


async def ask(case: Case, summarizer: Summarizer) -> Answer:
    """Ask once. Raises NoAnswer; any error that is not the summarizer's own passes through."""
    started = time.monotonic()
    try:
        summary = await summarizer.asummarize(article(case))
    except FAILURES as error:
        attempts = error.attempts if isinstance(error, EngineError) else ()
        seconds = time.monotonic() - started
        return Answer(None, type(error).__name__, attempts, seconds, _cost(attempts))
    except SummarizerError as error:
        raise NoAnswer(error) from error
    seconds = time.monotonic() - started
    provenance = summary.provenance
    return Answer(summary, None, provenance.attempts, seconds, provenance.cost_usd)


async def ask_all(corpus: Corpus, summarizer: Summarizer) -> dict[str, Answer]:
    """Every article once, one after the other, by case name. Raises NoAnswer."""
    return {case.name: await ask(case, summarizer) for case in corpus.cases}


def article(case: Case) -> Article:
    """The Article that an engine is given: the text, and a date only from metadata."""
    return Article.from_text(case.text, published=case.given_date, origin="metadata")


def _cost(attempts: tuple[Attempt, ...]) -> float | None:
    known = [attempt.cost_usd for attempt in attempts if attempt.cost_usd is not None]
    return sum(known) if len(known) == len(attempts) else None
