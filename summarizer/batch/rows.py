"""What a row says of its article and of how it was made, and which articles are the same."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from summarizer.article import Article
from summarizer.errors import EngineError, NothingGrounded, SummarizerError
from summarizer.pipeline import Summarizer
from summarizer.schema import SCHEMA_VERSION

#: How a record's line begins, and how a failure's does.
RECORD = '{"schema_version":'
FAILURE = '{"source":'


class Known(NamedTuple):
    """What a row that is there says of its article, and of what was asked about it."""

    source: str | None
    title: str | None
    published: str | None
    sha256: str
    schema_version: str
    engine: str
    model: str | None
    prompt: str | None

    @classmethod
    def of(cls, record: dict[str, Any]) -> Self:
        """Raises KeyError or TypeError for what is no record."""
        facts, made = record["article"], record["provenance"]
        return cls(
            facts["location"],
            facts["title"],
            facts["published"],
            made["article_sha256"],
            record["schema_version"],
            made["engine"],
            made["model"],
            made["prompt"],
        )


@dataclass(frozen=True, slots=True)
class Question:
    """All but the article that tells a row of this batch from another's.

    `models` are those that may have answered: the one that is asked, and its fallback.
    """

    engine: str
    models: Collection[str | None]
    prompt: str | None

    @classmethod
    def of(cls, summarizer: Summarizer) -> Question:
        """What a Summarizer asks."""
        model, fallback = summarizer.engine.model, summarizer.settings.fallback_model
        models = {model, fallback} if fallback else {model}
        return cls(summarizer.engine.name, models, summarizer.prompt)

    def key(self, article: Article) -> bytes:
        """Of the text and of what shapes the answer beside it, as the answer cache has it."""
        published = article.published.isoformat() if article.published else None
        return self._key(article.sha256, article.title, published)

    def key_of(self, row: Known) -> bytes | None:
        """The key of a row's article, or None if the row answers another question."""
        asked = (row.schema_version, row.engine, row.prompt)
        if asked != (SCHEMA_VERSION, self.engine, self.prompt) or row.model not in self.models:
            return None
        return self._key(row.sha256, row.title, row.published)

    def _key(self, sha256: str, title: str | None, published: str | None) -> bytes:
        models = sorted(model or "" for model in self.models)
        asked = [SCHEMA_VERSION, self.engine, self.prompt, models]
        return _digest(json.dumps([*asked, sha256, title, published]))


def place(location: str) -> bytes:
    """What tells a source from others. One file named in two ways is one source."""
    named = location == "-" or "://" in location
    return _digest(location if named else os.path.abspath(location))  # noqa: PTH100 - a Path is slower


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def failure(source: str, key: bytes | None, error: Exception) -> dict[str, Any]:
    """The row of a source that failed, without a word of its article.

    `key` is None if the source could not be read.
    """
    message, hint = "an unexpected error: this is a bug", "Please report it."
    if isinstance(error, SummarizerError):  # any other may say anything, the article's text too
        message, hint = str(error), error.hint
    attempts = error.attempts if isinstance(error, EngineError | NothingGrounded) else ()
    return {
        "source": source,
        "key": key.hex() if key else None,
        "error": type(error).__name__,
        "message": message,
        "hint": hint,
        "retryable": passes(error),
        "attempts": [{"purpose": one.purpose, "outcome": one.outcome} for one in attempts],
    }


def line(row: dict[str, Any]) -> str:
    """A failure's row in JSON, in ASCII, so that no character acts on a terminal."""
    return json.dumps(row, separators=(",", ":")).replace("\x7f", r"\u007f")


def passes(error: Exception) -> bool:
    """Whether the same article may have an answer later, with nothing changed."""
    return isinstance(error, SummarizerError) and error.retryable
