"""Blocks: one block's way, from its rows to the parts that hold what came of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from summarizer import flow
from summarizer.article import Article
from summarizer.batch import rows
from summarizer.cache import recalled
from summarizer.distributed import manifest, parts, plan
from summarizer.distributed.leases import LimitsLost
from summarizer.distributed.manifest import Block, State
from summarizer.distributed.parts import Rows
from summarizer.distributed.storage import Folder
from summarizer.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    EngineError,
    NothingGrounded,
    SourceError,
)
from summarizer.pipeline import Summarizer
from summarizer.pipeline.record import cost, facts
from summarizer.render import to_json
from summarizer.schema import Summary
from summarizer.sources import Columns
from summarizer.sources.packed import of_row

#: So many failures of a block are told; its part of errors has them all.
_TOLD = 10


class Stop:
    """Whether a run is to end: no new article is begun, and with `drop` none is finished."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.dropped = asyncio.Event()
        #: What would meet every further article.
        self.reason: AuthenticationFailed | BudgetExceeded | None = None

    def ask(self, *, drop: bool = False) -> None:
        """End the run."""
        self.asked.set()
        if drop:
            self.dropped.set()


@dataclass(slots=True)
class Done:
    """What came of a visit to a block, in numbers of rows. `cost_usd` is None if unknown.

    `written` are answered now, `failed` are failures now or before that stand, `undone` are
    those that a stop has left. `told` are some failures of now: the place and the sentence.
    """

    first: int
    rows: int
    written: int = 0
    failed: int = 0
    undone: int = 0
    passing: int = 0
    cost_usd: float | None = 0.0
    told: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """A row that is to be asked about, and what came of it."""

    id: int
    source: str
    load: Callable[[], Article]
    key: bytes | None = None
    line: str | None = None
    error: Exception | None = None
    cost_usd: float | None = 0.0


class Blocks:
    """Does blocks with one Summarizer, `jobs` articles at once over all of them.

    `told` is called with what stops the run for every worker.
    """

    def __init__(
        self,
        summarizer: Summarizer,
        source: Folder,
        target: Folder,
        *,
        columns: Columns,
        jobs: int,
        stop: Stop,
        retry_errors: bool = False,
        told: Callable[[AuthenticationFailed | BudgetExceeded], Awaitable[None]] | None = None,
    ) -> None:
        self._summarizer = summarizer
        self._source = source
        self._target = target
        self._columns = columns
        self._jobs = jobs
        self._slots = asyncio.Semaphore(jobs)
        self._stop = stop
        self._retry_errors = retry_errors
        self._told = told
        self._question = rows.Question.of(summarizer)
        self._rows = Rows(source, columns, max_bytes=summarizer.settings.max_bytes)

    async def do(
        self,
        block: Block,
        planned: State | None,
        mine: Callable[[], Awaitable[bool]] | None = None,
    ) -> Done:
        """Ask about what is left of a block, and put it where it belongs.

        Nothing of it is a part of the corpus until all of it is written, and nothing is
        written unless the block is still `mine`. Where it is further than it was `planned`,
        a worker that died has done it. Raises OutputProblem, ConfigurationError and
        LimitsLost.
        """
        done = Done(block.first, block.rows)
        before = await asyncio.to_thread(manifest.state, self._target, block.first)
        if before is not None and before.rounds > (planned.rounds if planned else 0):
            there = await asyncio.to_thread(manifest.settled, self._target, before)
            done.written, done.cost_usd = there.written, there.cost_usd
            done.failed, done.undone = before.failed, before.left
            return done
        if self._stop.asked.is_set():
            done.undone = block.rows if before is None else before.left
            return done
        wanted, failed = await asyncio.to_thread(self._wanted, block, before)
        try:
            found = await asyncio.to_thread(self._read, block, wanted)
        except SourceError as error:
            found = self._unread(block, wanted, error)
        await self._answer(found)
        if mine is None or await mine():
            await asyncio.to_thread(self._put, block, before, found, failed, done)
        return done

    def close(self) -> None:
        """Close the file that is being read."""
        self._rows.close()

    def _wanted(self, block: Block, before: State | None) -> tuple[list[int], list[int]]:
        """The ids of the rows to ask about, and of those that failed and are left alone."""
        if before is None:
            return list(range(block.first, block.first + block.rows)), []
        there = manifest.settled(self._target, before)
        if self._retry_errors:
            return sorted(there.left + there.failed), []
        return there.left, there.failed

    def _name(self, block: Block) -> str:
        return plan.where(self._source, block.path)

    def _read(self, block: Block, wanted: list[int]) -> list[_Row]:
        """The rows, each with what makes its article."""
        name = self._name(block)
        found = self._rows.of(block, name)
        rows_ = []
        for number in wanted:
            place = number - block.first
            row = block.start + place + 1
            named, load, _ = of_row(name, row, found[place], self._columns)
            rows_.append(_Row(number, named, load))
        return rows_

    def _unread(self, block: Block, wanted: list[int], error: SourceError) -> list[_Row]:
        """The rows of a block that cannot be read: all of them fail by the same error."""

        def load() -> Article:
            raise error

        name = self._name(block)
        return [
            _Row(number, f"{name}#{block.start + number - block.first + 1}", load)
            for number in wanted
        ]

    async def _answer(self, found: list[_Row]) -> None:
        """Ask about each row, until there is none or the run is to end at once."""
        asked: dict[bytes, asyncio.Future[Summary]] = {}
        work = flow.run(
            lambda row: self._make(row, asked), found, concurrency=self._jobs, ordered=False
        )
        dropped = asyncio.create_task(self._stop.dropped.wait())
        try:
            async with contextlib.aclosing(work):
                while True:
                    following = asyncio.ensure_future(anext(work, None))
                    await asyncio.wait([following, dropped], return_when=asyncio.FIRST_COMPLETED)
                    if not following.done():
                        following.cancel()
                        await asyncio.wait([following])
                        return
                    if (done := following.result()) is None:
                        return
                    if done.error is not None:
                        raise done.error
        finally:
            dropped.cancel()

    async def _make(self, row: _Row, asked: dict[bytes, asyncio.Future[Summary]]) -> None:
        async with self._slots:
            if self._stop.asked.is_set():
                return
            try:
                article = row.load()
                row.key = self._question.key(article)
                await self._find(row, article, asked)
            except (ConfigurationError, LimitsLost):
                raise
            except Exception as error:  # noqa: BLE001 - a bug met by one article spares the others
                if isinstance(error, EngineError | NothingGrounded) and row.cost_usd is None:
                    row.cost_usd = cost(error.attempts)
                if isinstance(error, AuthenticationFailed | BudgetExceeded):
                    await self._end(error)
                else:
                    row.error = error

    async def _find(
        self, row: _Row, article: Article, asked: dict[bytes, asyncio.Future[Summary]]
    ) -> None:
        """Ask about the article, or take what was said of the same one in this block."""
        assert row.key is not None
        if (same := asked.get(row.key)) is not None:
            there = recalled(await asyncio.shield(same), facts(article), elapsed_seconds=0.0)
            row.line = to_json(there, indent=None)
            return
        row.cost_usd = None
        future = asked[row.key] = asyncio.get_running_loop().create_future()
        try:
            summary = await self._summarizer.asummarize(article)
        except Exception as error:
            future.set_exception(error)
            future.exception()  # nobody else may have waited, and that is no fault
            raise
        except BaseException:
            future.cancel()
            raise
        future.set_result(summary)
        row.cost_usd = summary.provenance.cost_usd
        row.line = to_json(summary, indent=None)

    async def _end(self, error: AuthenticationFailed | BudgetExceeded) -> None:
        """Begin nothing more, here and elsewhere."""
        if self._stop.reason is None:
            self._stop.reason = error
            self._stop.ask()
            if self._told is not None:
                await self._told(error)

    def _put(
        self,
        block: Block,
        before: State | None,
        found: list[_Row],
        failed: list[int],
        done: Done,
    ) -> None:
        """Write what came of the rows, and then that it is there."""
        answered = sorted((row.id, row.line) for row in found if row.line is not None)
        broken = {row.id: row for row in found if row.error is not None}
        passing = [n for n, row in broken.items() if row.error and rows.passes(row.error)]
        undone = [row.id for row in found if row.line is None and row.error is None]
        costs = [row.cost_usd for row in found]
        done.cost_usd = None if None in costs else sum(c for c in costs if c is not None)
        done.written, done.undone, done.passing = len(answered), len(undone), len(passing)
        done.failed = len(broken) + len(failed)
        done.told = [
            (row.source, rows.failure(row.source, row.key, row.error)["message"])
            for row in list(broken.values())[:_TOLD]
            if row.error is not None
        ]
        if len(undone) == len(found):
            return  # as it was
        number = before.rounds if before is not None else 0
        standing = self._standing(block, before, set(failed))
        standing |= {
            n: rows.failure(row.source, row.key, row.error)
            for n, row in broken.items()
            if row.error is not None
        }
        articles, items = parts.tables(answered)
        self._target.write(manifest.part("items", block.first, number), items)
        self._target.write(manifest.part("articles", block.first, number), articles)
        errors = manifest.part("errors", block.first, number)
        if standing:
            self._target.write(errors, parts.failures(sorted(standing.items())))
        else:  # a killed worker may have left one
            self._target.delete(errors)
        final = sorted({*failed, *broken} - {*passing})
        left = sorted({*undone, *passing})
        state = State(
            block.first,
            number + 1,
            (before.answered if before is not None else 0) + len(answered),
            len(final),
            len(left),
        )
        told = manifest.Settled(left, final, done.written, done.cost_usd)
        manifest.mark(self._target, state, before, told)
        if before is not None:
            self._target.delete(manifest.part("errors", block.first, number - 1))

    def _standing(
        self, block: Block, before: State | None, failed: set[int]
    ) -> dict[int, dict[str, Any]]:
        """The failures of earlier rounds that are left alone."""
        if before is None or not failed:
            return {}
        path = manifest.part("errors", block.first, before.rounds - 1)
        return {n: row for n, row in parts.failures_in(self._target, path) if n in failed}
