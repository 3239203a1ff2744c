"""What the tests of provider batches share: articles, runs and what came of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from summarizer import sources
from summarizer.batch.outcome import Outcome
from summarizer.batch.provider import Progress, ProviderBatch
from summarizer.engines.openai.retries import RetryPolicy
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer
from tests.invented import TEXT

KEY = "sk-test-0123456789"


async def no_wait(_: float) -> None:
    """Sleep for no time, and let others have their turn."""
    await asyncio.sleep(0)


def articles(folder: Path, count: int) -> Path:
    """A folder of so many articles, each of its own."""
    news = folder / "news"
    news.mkdir(exist_ok=True)
    for number in range(count):
        (news / f"{number:03}.txt").write_text(f"{TEXT}\nNumber {number}.\n", "utf-8")
    return news


@dataclass
class Came:
    """What came of a run."""

    outcomes: list[Outcome] = field(default_factory=list)
    told: list[Progress] = field(default_factory=list)
    error: Exception | None = None
    stopped: Exception | None = None
    #: Whether all is in the output.
    complete: bool = False

    @property
    def kinds(self) -> Counter[str]:
        """How many sources came to what."""
        return Counter(outcome.kind for outcome in self.outcomes)


@dataclass
class Runs:
    """Runs with one output over one folder of articles, one after the other."""

    folder: Path
    count: int = 8

    def __post_init__(self) -> None:
        self.news = articles(self.folder, self.count)
        self.output = self.folder / "out.jsonl"
        self.state = self.folder / "out.provider-batch.db"
        self.errors = self.folder / "out.errors.jsonl"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The output."""
        return read_rows(self.output)

    @property
    def names(self) -> list[str]:
        """The files that have a row, sorted, as often as they have one."""
        return sorted(Path(row["article"]["location"]).name for row in self.rows)

    @property
    def all_names(self) -> list[str]:
        """The files that are to have one."""
        return sorted(path.name for path in self.news.iterdir())

    @property
    def modes(self) -> Counter[str]:
        """How rows were had."""
        return Counter(row["provenance"]["mode"] for row in self.rows)

    @property
    def failures(self) -> Counter[str]:
        """The kinds of failures."""
        return Counter(row["error"] for row in read_rows(self.errors))

    def settings(self, server: LoopbackServer, **changes: Any) -> Settings:
        """Settings that ask a server."""
        chosen: dict[str, Any] = {"api_key": KEY, "model": "m", "cache": False}
        chosen["base_url"] = server.base_url
        return Settings(engine="openai", **(chosen | changes))

    def __call__(
        self, server: LoopbackServer, *, settings: dict[str, Any] | None = None, **options: Any
    ) -> Came:
        """One run; what the provider's batches raise is in what came of it."""
        return asyncio.run(self._run(self.settings(server, **(settings or {})), options))

    async def _run(self, settings: Settings, options: dict[str, Any]) -> Came:
        came = Came()
        retries = RetryPolicy(sleep=no_wait)
        chosen: dict[str, Any] = {"poll": 0.001, "retries": retries, "sleep": no_wait}
        provider = ProviderBatch(settings, self.output, **(chosen | options))
        listed = lambda: sources.expand([str(self.news)], settings=settings)  # noqa: E731
        async with contextlib.aclosing(provider):
            try:
                with provider:
                    await provider.fill(listed, tell=came.told.append, done=came.outcomes.append)
                    async for outcome in provider.run(listed):
                        came.outcomes.append(outcome)
            except Exception as error:  # noqa: BLE001 - a test looks at it
                came.error = error
        came.stopped = provider.batch.stopped
        came.complete = provider.batch.complete
        return came


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; none without one."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def paid(server: LoopbackServer) -> Counter[int]:
    """How many articles were run once in batches, how many twice, and so on."""
    return Counter(Counter(run.article for run in server.batches.runs).values())
