"""Batch: each source's way into the file, once, over as many runs as it takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from summarizer import flow
from summarizer.article import Article
from summarizer.batch import rows
from summarizer.batch.ledger import Ledger
from summarizer.batch.outcome import Kind, Outcome
from summarizer.batch.output import beside, foreign, is_own, is_written, open_output
from summarizer.batch.readers import Readers
from summarizer.batch.rows import Known
from summarizer.cache import recalled
from summarizer.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    EngineError,
    NothingGrounded,
)
from summarizer.pipeline import Summarizer
from summarizer.pipeline.record import cost, facts
from summarizer.render import to_json
from summarizer.schema import Summary

if TYPE_CHECKING:
    from summarizer.sources import Source


class Batch:
    """Records of many sources in one file, and failures in another beside it.

    The file's ending says what it is: JSON lines, a SQLite database, which has the failures too,
    or Parquet.

    Use it as a context manager around one `run`. Entering raises OutputProblem if the
    file holds something else or another run has it. Rows that are there stay, and what they
    answer is not asked again. A source that failed for good is left alone, unless
    `retry_errors` is set; what may pass is tried again in any case.

    With `fresh` everything is asked anew, into a new file that takes the old one's place
    when it is complete: every source has a row in it or an error that will not pass. If the
    run ends before, a further one with `fresh` goes on with the new file.

    `jobs` is how many articles are under way at once; unless given, the settings' number
    for a model, and for the extractive engine, which waits for nobody, 1 and 3 for each
    worker process. Rows come as they
    are done, or with `ordered` in the order of the sources.
    """

    def __init__(
        self,
        summarizer: Summarizer,
        output: Path,
        *,
        jobs: int | None = None,
        ordered: bool = False,
        retry_errors: bool = False,
        fresh: bool = False,
    ) -> None:
        if jobs is None:
            settings = summarizer.settings
            # Without a model, as many as keep the worker processes busy.
            jobs = settings.concurrency if summarizer.engine.prompted else 1 + 3 * settings.workers
        if jobs < 1:
            raise ConfigurationError("jobs must be a whole number above 0")
        self.jobs = jobs
        #: The file that is named; with `fresh` it is written at last.
        self.output = output
        #: The file that rows go to, and that of the failures.
        self.path = beside(output, "fresh") if fresh else output
        self.errors_path = self.path
        #: Files whose last row a crash had cut off.
        self.repaired: list[Path] = []
        #: What would meet every further article: a refused key, or the limit of the cost.
        self.stopped: AuthenticationFailed | BudgetExceeded | None = None
        self._summarizer = summarizer
        self._ordered = ordered
        self._retry_errors = retry_errors
        self._fresh = fresh
        self._question = rows.Question.of(summarizer)
        self._readers = Readers()
        #: Articles that are under way, until their row is written.
        self._asked: dict[bytes, asyncio.Future[Summary]] = {}
        self._ended = False
        self._passing = False

    @property
    def complete(self) -> bool:
        """Whether each source has a row, or an error that will not pass."""
        return self._ended and self.stopped is None and not self._passing

    async def load(self, source: Source) -> Article:
        """What a source holds, read beside the event loop. Raises what reading it does.

        What is at hand is not worth a thread, which would only take turns with the loop.
        """
        return source.load() if source.at_hand else await self._readers.do(source.load)

    def asks(self, article: Article, location: str) -> bool:
        """Whether the article of this source would be asked about: it has no row, nor failed."""
        key, source = self._question.key(article), rows.place(location)
        return self._ledger.find(key) is None and not self._ledger.failed(key, source)

    async def run(self, sources: Iterable[Source], *, last: bool = True) -> AsyncGenerator[Outcome]:
        """What becomes of each source, when its row is in the file.

        Unless these are the `last` ones, another run follows with the others.

        After a refused key or the limit of the cost no more sources are taken, and `stopped`
        is set. Leaving early drops what is under way. Raises OutputProblem if a row cannot
        be written, and ConfigurationError for what would meet every article.
        """
        work = flow.run(
            self._make, self._wanted(sources), concurrency=self.jobs, ordered=self._ordered
        )
        async with contextlib.aclosing(work):
            async for done in work:
                if done.error is not None:
                    raise done.error
                assert done.result is not None
                yield self._put(done.result)
        self._ended = last

    def owns(self, path: str | Path) -> bool:
        """Whether a file in a directory of sources is this batch's own, or another's output."""
        return is_own(Path(path), self.output) or is_written(Path(path))

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            if self._fresh:
                # Nobody else may write the file that will be replaced.
                self._old = opened.enter_context(contextlib.closing(open_output(self.output)))
                with foreign(self.output):
                    self.repaired += self._old.read(
                        lambda _, known: self._question.key_of(known), lambda *_: None
                    )
            self._output = opened.enter_context(contextlib.closing(open_output(self.path)))
            self.errors_path = self._output.errors_path
            self._ledger = opened.enter_context(contextlib.closing(Ledger()))
            opened.callback(self._readers.close)
            with foreign(self.path):
                self.repaired += self._output.read(self._add_record, self._add_failure)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._opened:
            if kind is None:
                self._finish()

    def _finish(self) -> None:
        """Leave failures that still stand, and put a complete new file in its place."""
        output = self._output
        output.finish(lambda place, source: self._ledger.stands(place, rows.place(source)))
        if self._fresh and self.complete and not output.empty:
            self._old.give_way()
            output.move_to(self.output)
            self.path, self.errors_path = output.path, output.errors_path

    def _add_record(self, place: int, known: Known) -> None:
        key = self._question.key_of(known)
        if key is not None:
            self._ledger.add(key, rows.place(known.source or ""), place)

    def _add_failure(self, place: int, row: dict[str, Any]) -> None:
        source, named = rows.place(row["source"]), row["key"]
        key = bytes.fromhex(named) if named else None
        if key is not None and self._ledger.has(key, source):
            return  # it was answered later, and the run killed before this was tidied up
        final = not row["retryable"] and not self._retry_errors
        self._ledger.fail(source, key, place, final=final)

    def _wanted(self, sources: Iterable[Source]) -> Iterator[Source]:
        for source in sources:
            if self.stopped is not None:
                return
            yield source

    async def _make(self, source: Source) -> _Made:
        made = _Made(source.location)
        if self.stopped is not None:
            made.kind = "undone"
            return made
        try:
            article = await self.load(source)
            made.key = self._question.key(article)
            await self._answer(article, made)
        except ConfigurationError:
            raise
        except (AuthenticationFailed, BudgetExceeded) as error:
            self.stopped = error
            made.kind = "undone"
            made.cost_usd = cost(error.attempts) if made.asks else 0.0
        except Exception as error:  # noqa: BLE001 - a bug met by one article spares the others
            made.kind, made.error = "failed", error
            if isinstance(error, EngineError | NothingGrounded) and made.asks:
                made.cost_usd = cost(error.attempts)
        return made

    async def _answer(self, article: Article, made: _Made) -> None:
        """Find or ask for the article's record."""
        key, source = made.key, rows.place(made.source)
        assert key is not None
        if self._ledger.has(key, source):
            made.kind = "known"
        elif self._ledger.failed(key, source):
            made.kind = "skipped"
        elif (place := self._ledger.find(key)) is not None:
            there = Summary.model_validate_json(self._output.at(place))
            made.row = _again(there, article)
        elif (asked := self._asked.get(key)) is not None:
            made.row = _again(await asyncio.shield(asked), article)
        else:
            made.asks = True
            summary = await self._ask(article, key)
            made.cost_usd = summary.provenance.cost_usd
            made.row = to_json(summary, indent=None)

    async def _ask(self, article: Article, key: bytes) -> Summary:
        """Ask, so that others with the same article need not."""
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            summary = await self._summarizer.asummarize(article)
        except Exception as error:
            asked.set_exception(error)
            asked.exception()  # nobody else may have waited, and that is no fault
            raise
        except BaseException:
            asked.cancel()
            raise
        asked.set_result(summary)
        return summary

    def _put(self, made: _Made) -> Outcome:
        """Write what a source came to."""
        source, key = rows.place(made.source), made.key
        if made.asks and key is not None:
            del self._asked[key]
        if made.kind == "failed" and made.error is not None:
            may_pass = rows.passes(made.error)
            self._passing |= may_pass
            place = self._output.fail(rows.failure(made.source, key, made.error))
            self._ledger.fail(source, key, place, final=not may_pass)
        elif made.kind == "known":
            self._ledger.answered(source)  # it could not be read in between
        elif made.row is not None and key is not None:
            if self._ledger.has(key, source):
                made.kind = "known"  # one source, named twice
            else:
                self._ledger.add(key, source, self._output.add(made.row))
        return Outcome(made.source, made.kind, made.error, made.cost_usd)


@dataclass(slots=True)
class _Made:
    """What a source came to, before it is written. `asks` is for the first of an article."""

    source: str
    kind: Kind = "written"
    key: bytes | None = None
    row: str | None = None
    error: Exception | None = None
    cost_usd: float | None = 0.0
    asks: bool = False


def _again(summary: Summary, article: Article) -> str:
    """The row of an article that has a record, from another source."""
    return to_json(recalled(summary, facts(article), elapsed_seconds=0.0), indent=None)
