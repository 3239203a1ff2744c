"""Batches with a scripted engine, one after the other, into an output of any kind."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from summarizer.article import Article
from summarizer.batch import Batch, Kind
from summarizer.pipeline import Summarizer
from summarizer.schema import Summary
from summarizer.settings import Settings
from summarizer.sources import Source
from summarizer.testing import ScriptedEngine
from tests.pipeline_support import TEXT, WHAT, draft

GOOD = draft(what=WHAT)
PARQUET = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None,
    reason="the optional extra `parquet` is not installed",
)


def outputs(*names: str) -> list[Any]:
    """The names of outputs, of which Parquet needs its extra: for `parametrize`."""
    return [pytest.param(name, marks=PARQUET) if ".parquet" in name else name for name in names]


def source(name: str, text: str | Exception | None = None) -> Source:
    """A source that is read without a file; each name has an article of its own."""

    def load() -> Article:
        if isinstance(text, Exception):
            raise text
        return Article.from_text(text or f"{TEXT}\nBy {name}\n", location=name)

    return Source(name, load)


def many(*names: str) -> list[Source]:
    return [source(name) for name in names]


class Runs:
    """Batches with one output and a scripted engine, one after the other."""

    def __init__(self, folder: Path, ending: str = ".jsonl") -> None:
        self.output = folder / f"out{ending}"
        self.errors = self.output if ending == ".db" else folder / "out.errors.jsonl"
        self.asked = 0

    def __call__(
        self,
        sources: Iterable[Source],
        *answers: Any,
        then: Any = GOOD,
        model: str = "script",
        settings: Settings | None = None,
        most: int | None = None,
        **options: Any,
    ) -> list[tuple[str, Kind]]:
        """What becomes of each source; of the first `most`, if the run is then broken off."""
        engine = ScriptedEngine(*answers, then=then, prompted=False, model=model)
        return asyncio.run(self._run(sources, engine, settings, most, options))

    async def _run(
        self,
        sources: Iterable[Source],
        engine: Any,
        settings: Settings | None,
        most: int | None,
        options: dict[str, Any],
    ) -> list[tuple[str, Kind]]:
        found: list[tuple[str, Kind]] = []
        async with Summarizer(settings or Settings(), engine=engine) as summarizer:
            with Batch(summarizer, self.output, **options) as self.batch:
                async with contextlib.aclosing(self.batch.run(sources)) as outcomes:
                    async for outcome in outcomes:
                        found.append((outcome.source, outcome.kind))
                        if len(found) == most:
                            break
        self.asked = len(getattr(engine, "requests", ()))
        return found

    @property
    def rows(self) -> list[Summary]:
        return [Summary.model_validate_json(one) for one in records(self.output)]

    @property
    def locations(self) -> list[str | None]:
        return [row.article.location for row in self.rows]

    @property
    def failures(self) -> list[dict[str, Any]]:
        if self.errors.suffix == ".jsonl":
            return [json.loads(one) for one in lines(self.errors)]
        with contextlib.closing(sqlite3.connect(self.errors)) as store:
            store.row_factory = sqlite3.Row
            found = [dict(row) for row in store.execute("SELECT * FROM failures ORDER BY id")]
        for row in found:
            del row["id"]
            row.update(retryable=bool(row["retryable"]), attempts=json.loads(row["attempts"]))
        return found

    @property
    def files(self) -> list[str]:
        """The names of all files beside the output."""
        return sorted(path.name for path in self.output.parent.iterdir())


def records(path: Path) -> list[str]:
    """The JSON of each record of an output, in its order."""
    if not path.exists():
        return []
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return list(parquet.read_table(path).column("record").to_pylist())
    if path.suffix == ".db":
        with contextlib.closing(sqlite3.connect(path)) as store:
            return [row for (row,) in store.execute("SELECT record FROM articles ORDER BY id")]
    return lines(path)


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def kinds(found: list[tuple[str, Kind]]) -> list[Kind]:
    return [kind for _, kind in found]
