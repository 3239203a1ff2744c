"""From options to a Summarizer, its manifest and its budget."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import summarizer
from evals.answering import article
from evals.data import Corpus
from evals.errors import ConfigurationError
from evals.recording import Recorder, Recording, ReplayEngine
from evals.running.budget import Budget
from evals.running.manifest import Digests, Manifest, git_commit
from summarizer import Settings, Summarizer
from summarizer.errors import SummarizerError
from summarizer.prompts import PromptSet

_OPENAI = "https://api.openai.com/v1"
#: English has about four characters a token; a bound counts more tokens.
_CHARACTERS_PER_TOKEN = 3


@dataclass(frozen=True)
class System:
    """What is asked: an engine with its settings, through the whole pipeline."""

    summarizer: Summarizer
    prompt: str | None
    deterministic: bool
    notes: tuple[str, ...] = ()

    @classmethod
    def build(cls, *, engine: str, prompt: Path | None = None, **options: Any) -> System:
        """The system that options and environment describe. Raises ConfigurationError.

        `prompt` is a folder of prompt files; `options` are those of `Settings.load`.
        """
        try:
            settings = Settings.load(engine=engine, prompts_dir=prompt, cache=False, **options)
            made = Summarizer(settings)
            prompts = PromptSet.load(settings.prompts_dir) if made.engine.prompted else None
        except SummarizerError as error:
            raise ConfigurationError(str(error)) from error
        return cls(made, prompts.id if prompts else None, deterministic=prompts is None)

    @classmethod
    def replayed(cls, path: Path, *, prompt: Path | None = None) -> System:
        """A recording in an engine's place. Raises ReplayMismatch if it is out of date."""
        try:
            settings = Settings.load(environ={}, env_file=Path(os.devnull), prompts_dir=prompt)
            prompts = PromptSet.load(settings.prompts_dir)
        except SummarizerError as error:
            raise ConfigurationError(str(error)) from error
        recording = Recording.read(path, prompt=prompts.id)
        note = f"a recording is replayed: {recording.about}"
        made = Summarizer(settings, engine=ReplayEngine(recording))
        return cls(made, prompts.id, deterministic=True, notes=(note,))

    def recorded(self) -> tuple[System, Recorder]:
        """The same system with its answers kept. Raises ConfigurationError without a prompt."""
        if self.prompt is None:
            raise ConfigurationError("only the answers of a prompted engine are recorded")
        recorder = Recorder(self.summarizer.engine)
        made = Summarizer(self.summarizer.settings, engine=recorder)
        return dataclasses.replace(self, summarizer=made), recorder

    def manifest(self, corpus: Corpus, repeats: int) -> Manifest:
        """The manifest of a run that begins now."""
        settings = self.summarizer.settings
        prompted = self.summarizer.engine.prompted
        return Manifest(
            created=dt.datetime.now(dt.UTC),
            engine=self.summarizer.engine.name,
            model=self.summarizer.engine.model,
            prompt=self.prompt,
            deterministic=self.deterministic,
            host=urlsplit(settings.base_url or _OPENAI).hostname if prompted else None,
            settings={
                name: getattr(settings, name)
                for name in ("max_output_tokens", "temperature", "reasoning_effort")
                if prompted
            },
            repeats=repeats,
            digests=Digests.of(corpus),
            package_version=summarizer.__version__,
            git_commit=git_commit(),
            notes=self.notes,
        )

    def budget(self, corpus: Corpus, limit: float | None) -> Budget:
        """A budget in US dollars. Raises ConfigurationError if prices are not known."""
        if limit is None or self.prompt is None:
            return Budget(limit)
        from summarizer.engines.openai import usage

        settings = self.summarizer.settings
        prompts = PromptSet.load(settings.prompts_dir)
        longest = max(len(prompts.render_user(article(case))) for case in corpus.cases)
        characters = longest + len(prompts.system)
        call = usage.cost(
            usage.Usage(
                input_tokens=characters // _CHARACTERS_PER_TOKEN,
                output_tokens=settings.max_output_tokens,
            ),
            model=settings.model,
            base_url=settings.base_url or _OPENAI,
        )
        if call is None:
            raise ConfigurationError(
                f"the price of {settings.model} at this endpoint is not known: "
                "a budget cannot be kept"
            )
        return Budget(limit, call=call)
