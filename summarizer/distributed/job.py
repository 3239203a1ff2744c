"""A job: what a corpus is made of, where to, and by how many."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from summarizer.errors import ConfigurationError
from summarizer.schema import SCHEMA_VERSION
from summarizer.settings import Settings
from summarizer.sources import Columns

#: Rows of a block, unless they are given: what a worker that dies has to do again at most.
BLOCK_ROWS = 500


@dataclass(frozen=True, slots=True)
class Job:
    """The articles in the Parquet files of `source`, as records in those of `target`.

    Both are paths or addresses. Each of `workers` processes has `jobs` articles under way at
    once; unless given, the settings' concurrency for a model, and 1 for the extractive engine.
    `concurrency` bounds the requests at once of all of them together. A block has
    `block_rows` rows, as long as the target was not begun with another number. `minute` is
    how many seconds the limits per minute are for, in tests.
    """

    source: str
    target: str
    settings: Settings = field(repr=False)
    columns: Columns = field(default_factory=Columns)
    workers: int = 2
    jobs: int | None = None
    concurrency: int | None = None
    block_rows: int | None = None
    fresh: bool = False
    retry_errors: bool = False
    minute: float = 60.0

    def __post_init__(self) -> None:
        if not self.source or not self.target:
            raise ConfigurationError("IN and OUT must be paths or addresses")
        for name in ("workers", "jobs", "concurrency", "block_rows"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigurationError(f"{name} must be a whole number above 0")
        if self.concurrency is not None and self.concurrency < self.workers:
            raise ConfigurationError("concurrency must be at least the number of workers")

    @property
    def articles_at_once(self) -> int:
        """In each worker."""
        if self.jobs is not None:
            return self.jobs
        return self.settings.concurrency if self.settings.resolved_engine == "openai" else 1

    def asked(self) -> dict[str, Any]:
        """What makes the answers other ones. Raises ConfigurationError and PromptError."""
        from summarizer.prompts import PromptSet

        settings = self.settings
        engine = settings.resolved_engine
        models: list[str] = []
        prompt = None
        if engine == "openai":
            models = sorted({settings.model, settings.fallback_model or settings.model})
            prompt = PromptSet.load(settings.prompts_dir).id
        return {
            "schema": SCHEMA_VERSION,
            "engine": engine,
            "models": models,
            "prompt": prompt,
            "columns": self.columns._asdict(),
        }

    def worker_settings(self) -> Settings:
        """What each worker's engine goes by: its part of what all have together."""
        most = self.articles_at_once
        if self.concurrency is not None:
            most = min(most, self.concurrency // self.workers)
        return dataclasses.replace(self.settings, concurrency=most, workers=0)
