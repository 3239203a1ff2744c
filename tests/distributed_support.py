"""What the tests of the distributed rooms share: tables of made-up articles, and blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from summarizer.distributed import plan
from summarizer.distributed.blocks import Blocks, Done, Stop
from summarizer.distributed.plan import Plan
from summarizer.distributed.storage import Folder
from summarizer.draft import Draft
from summarizer.engines.base import Completion, Request
from summarizer.pipeline import Summarizer
from summarizer.settings import Settings
from summarizer.sources import Columns
from tests.pipeline_support import draft

TEXT = "Ferry crews in Halden ended a nine-day strike on Sunday, as number {} of many said."
ASKED: dict[str, Any] = {"engine": "scripted", "models": [], "prompt": None}


class Engine:
    """Answers each article with the same draft, and does what it is told to in between."""

    name = "scripted"
    model = "scripted"
    prompted = False
    fingerprint = None
    input_characters = None

    def __init__(self, before: Callable[[str], Any] = lambda _: None) -> None:
        self._before = before
        #: The texts that were asked about.
        self.asked: list[str] = []

    async def complete(self, request: Request) -> Completion:
        await asyncio.sleep(0)
        self.asked.append(request.article.text)
        done = self._before(request.article.text)
        if asyncio.iscoroutine(done):
            await done
        return Completion(draft=answer(), mode=None, attempts=())

    async def aclose(self) -> None:
        """Nothing is open."""


def answer() -> Draft:
    words = "Ferry crews in Halden ended a nine-day strike on Sunday"
    return draft(what={"evidence": [words], "statement": f"{words}."})


def write(path: Path, numbers: range, *, group: int = 4, **columns: list[Any]) -> None:
    """A Parquet file of articles with these numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"text": [TEXT.format(n) for n in numbers], **columns}
    parquet.write_table(pa.table(rows), path, row_group_size=group)


class Corpus:
    """A folder of input and one of output, and runs from the one to the other, without Ray."""

    def __init__(self, folder: Path) -> None:
        self.source, self.target = folder / "in", folder / "out"
        self.source.mkdir()

    def plan(self, **changes: Any) -> Plan:
        options: dict[str, Any] = {
            "asked": ASKED,
            "columns": Columns(),
            "block_rows": None,
            "default_rows": 3,
            "fresh": False,
        }
        return plan.make(Folder(str(self.source)), Folder(str(self.target)), **(options | changes))

    def run(
        self,
        engine: Engine | None = None,
        *,
        stop: Stop | None = None,
        retry_errors: bool = False,
        jobs: int = 2,
        settle: bool = True,
        **changes: Any,
    ) -> list[Done]:
        """Plan, do each block in turn, and settle."""
        made = self.plan(**changes)

        async def work() -> list[Done]:
            blocks = self.blocks(engine, stop or Stop(), jobs=jobs, retry_errors=retry_errors)
            todo = list(made.todo(retry_errors=retry_errors))
            return [await blocks.do(block, state) for block, state in todo]

        done = asyncio.run(work())
        if settle:
            plan.settled(made, Folder(str(self.target)))
        return done

    def blocks(self, engine: Engine | None, stop: Stop, **options: Any) -> Blocks:
        settings = Settings(cache=False)
        return Blocks(
            Summarizer(settings, engine=engine or Engine()),
            Folder(str(self.source)),
            Folder(str(self.target)),
            columns=Columns(),
            stop=stop,
            **({"jobs": 2} | options),
        )

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What one of the tables holds, by the rows' ids."""
        folder = self.target / table
        if not folder.is_dir() or not list(folder.glob("*.parquet")):
            return []
        found: list[dict[str, Any]] = parquet.read_table(folder).to_pylist()
        key = "article" if table == "items" else "id"
        return sorted(found, key=lambda row: row[key] or 0)

    @property
    def sources(self) -> list[str]:
        """Where the records' articles come from, without the folder."""
        return [row["source"].rpartition("/")[2] for row in self.rows("articles")]
