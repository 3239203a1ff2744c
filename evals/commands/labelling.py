"""`label`."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

import anyio

from evals import data, labelling
from evals.errors import ConfigurationError, ExitCode
from evals.running.building import System
from summarizer import Article, Summary
from summarizer.errors import NothingGrounded, SummarizerError


def label(article: Path, directory: Path | None, *, engine: str, published: dt.date | None) -> int:
    """Start a record of an article from a system's answer."""
    target = directory or data.DEFAULT_DATA
    path = target / "gold" / f"{article.stem}.json"
    if path.exists():
        raise ConfigurationError(f"{path}: there is a record already")
    placed = labelling.place(article, target)
    try:
        read = Article.from_text(data.article_text(placed), published=published, origin="metadata")
        summary = anyio.run(_summary, System.build(engine=engine), read)
    except SummarizerError as error:
        raise ConfigurationError(f"{article}: {error}") from error
    labelling.write(labelling.draft(read, placed.name, summary), path)
    print(os.path.relpath(path))
    print(
        "This is a draft, not gold: read the article, settle every item by GUIDELINES.md, "
        'take out the line "draft", and run `python -m evals lint`.',
        file=sys.stderr,
    )
    return ExitCode.OK


async def _summary(system: System, article: Article) -> Summary | None:
    async with system.summarizer:
        try:
            return await system.summarizer.asummarize(article)
        except NothingGrounded:
            return None
