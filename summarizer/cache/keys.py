"""Which answers are the same, and what an answer is when it is given again."""

from __future__ import annotations

import functools
import hashlib
import json

import summarizer
from summarizer.article import Article
from summarizer.draft import wire_schema
from summarizer.schema import SCHEMA_VERSION, ArticleFacts, Summary

#: Changes when records come about in another way within one version of the package.
_GENERATION = 1


def key_of(article: Article, *, engine: str, fingerprint: str, prompt: str | None) -> str:
    """The SHA-256, in hexadecimal, of everything that shapes the answer for an article.

    `engine` and `fingerprint` are the engine's name and what it says of itself, and
    `prompt` is the prompt files' id. Of what is known of the article, its title and its
    date stand in the prompt or in the checks; the rest is its own in any case (`recalled`),
    so that the same article from another path or address has the same key.
    """
    shapes = [
        _GENERATION,
        summarizer.__version__,
        SCHEMA_VERSION,
        _wire_digest(),
        engine,
        fingerprint,
        prompt,
        article.sha256,
        article.title,
        article.published.isoformat() if article.published else None,
    ]
    return hashlib.sha256(json.dumps(shapes).encode()).hexdigest()


def recalled(kept: Summary, facts: ArticleFacts, *, elapsed_seconds: float) -> Summary:
    """A kept record as the answer for the article with these facts: nobody was asked."""
    made = kept.provenance.model_copy(
        update={
            "cached": True,
            "attempts": (),
            "cost_usd": 0.0,
            "elapsed_seconds": elapsed_seconds,
        }
    )
    return kept.model_copy(update={"article": facts, "provenance": made})


@functools.cache
def _wire_digest() -> str:
    return hashlib.sha256(json.dumps(wire_schema()).encode()).hexdigest()
