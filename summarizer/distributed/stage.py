"""The stage: what a worker of Ray Data does with each block, with one Summarizer."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import threading
import time
import uuid
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from summarizer.batch import OutputProblem
from summarizer.distributed.blocks import Blocks, Stop
from summarizer.distributed.leases import LeasedBudget, LeasedPace, LimitsLost
from summarizer.distributed.limits import Ask, Lease
from summarizer.distributed.manifest import Block, State
from summarizer.distributed.storage import Folder
from summarizer.engines.base import Engine
from summarizer.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    SummarizerError,
)
from summarizer.pipeline import Summarizer
from summarizer.settings import ENVIRONMENT, Settings

T = TypeVar("T")


class Stage:
    """A callable class for `Dataset.map`: a row that names a block in, a row of counts out.

    Several threads may call it at once: their blocks share one event loop, one Summarizer
    and the number of articles at once. It raises nothing, so that a failure of one block is
    no failure of Ray's; what must end the run is told in the row.
    """

    def __init__(self, desk: Any) -> None:
        """`desk` is the handle of the actor."""
        self._desk = desk
        self._name = uuid.uuid4().hex
        self._budget: LeasedBudget | None = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="articles", daemon=True).start()
        self._opening = asyncio.run_coroutine_threadsafe(self._open(), self._loop)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            blocks = self._opening.result()
            work = self._do(blocks, *_named(row))
            return {"done": asyncio.run_coroutine_threadsafe(work, self._loop).result()}
        except (SummarizerError, OutputProblem, LimitsLost) as error:
            hint = getattr(error, "hint", "")
            return {"error": [type(error).__name__, str(error), hint]}
        except Exception as error:  # noqa: BLE001 - its text may hold anything
            return {"error": [type(error).__name__, "", ""]}

    async def _do(self, blocks: Blocks, block: Block, planned: State | None) -> str:
        await self._told(self._desk.claim.remote(block.first, self._name))

        async def mine() -> bool:
            return await self._told(self._desk.owns.remote(block.first, self._name))

        done = await blocks.do(block, planned, mine)
        if self._budget is not None:
            await self._budget.account()
        return json.dumps(dataclasses.asdict(done))

    async def _open(self) -> Blocks:
        job, asked = await self._told(self._desk.job.remote())
        if job.asked() != asked:
            raise ConfigurationError(
                "a worker has another version of the package or other prompt files than the driver"
            )
        settings = with_own_keys(job.worker_settings(), os.environ)
        engine = self._engine(settings) if settings.resolved_engine == "openai" else None
        stop = Stop()
        self._watch = asyncio.create_task(self._watched(stop))
        return Blocks(
            Summarizer(settings, engine=engine, fresh=job.fresh),
            Folder(job.source),
            Folder(job.target),
            columns=job.columns,
            jobs=job.articles_at_once,
            stop=stop,
            retry_errors=job.retry_errors,
            told=self._stopped,
        )

    def _engine(self, settings: Settings) -> Engine:
        """An engine that takes its shares from the desk."""
        from summarizer.engines.openai import build

        pace = None
        if settings.requests_per_minute is not None or settings.tokens_per_minute is not None:
            pace = LeasedPace(
                self._name,
                self._lend,
                most_tokens=settings.tokens_per_minute,
                clock=time.monotonic,
            )
        if settings.max_cost is not None:
            self._budget = LeasedBudget(self._fund)
        return build(settings, budget=self._budget, pace=pace)

    async def _lend(self, ask: Ask) -> Lease:
        return await self._told(self._desk.lend.remote(ask))

    async def _fund(self, spent: int, reserved: int, need: int) -> int | None:
        return await self._told(self._desk.fund.remote(self._name, spent, reserved, need))

    async def _stopped(self, error: AuthenticationFailed | BudgetExceeded) -> None:
        await self._told(self._desk.stop.remote(type(error)(str(error))))

    async def _watched(self, stop: Stop) -> None:
        """End when the desk says so, and when there is no desk any more."""
        seen = 0
        with contextlib.suppress(LimitsLost):
            while seen < 2:
                seen = await self._told(self._desk.ending.remote(seen))
                stop.ask(drop=seen == 2)
            return
        stop.ask(drop=True)

    async def _told(self, answer: Awaitable[T]) -> T:
        """What the desk answers. Raises LimitsLost if there is none."""
        from ray.exceptions import RayError

        try:
            return await answer
        except RayError:
            raise LimitsLost("the run's driver is gone") from None


def row_of(block: Block, state: State | None) -> dict[str, Any]:
    """A block and how far it is, as a row of Ray Data."""
    return {"block": json.dumps(block), "state": json.dumps(state)}


def with_own_keys(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The settings with this machine's own keys, where the driver has none."""
    own = {
        name: environ.get(ENVIRONMENT[name])
        for name in ("api_key", "fallback_api_key")
        if getattr(settings, name) is None
    }
    if settings.fallback_model is None:
        own.pop("fallback_api_key", None)
    return settings.with_options(**{name: key for name, key in own.items() if key})


def _named(row: dict[str, Any]) -> tuple[Block, State | None]:
    state = json.loads(row["state"])
    return Block(*json.loads(row["block"])), State(*state) if state else None
