"""The loopback server as a system to run against: no model, and marked as none.

It answers every article with a reader's record. What that scores is no model's quality: it
shows that the way from a right answer to a Summary loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from evals.data import Corpus, Record
from evals.errors import ConfigurationError
from summarizer import prompts
from summarizer.draft import Draft
from summarizer.testing import LoopbackServer, Reply
from summarizer.testing.replies import answer

#: The name that the fake goes by where a model's name would be.
MODEL = "loopback"
#: A Draft's item cites at most so many passages.
_PASSAGES = 3


def server(corpus: Corpus, reader: str, **options: Any) -> LoopbackServer:
    """A server, not yet started, that answers with a reader's records."""
    if reader not in corpus.readers:
        raise ConfigurationError(f"no reader {reader!r} labelled all of {corpus.directory}")
    drafts = {case.text: as_draft(case.readers[reader]) for case in corpus.cases}
    return LoopbackServer(then=answering(drafts), keep=0, **options)


@contextmanager
def serving(corpus: Corpus, reader: str) -> Iterator[dict[str, Any]]:
    """Run such a server; gives the settings that lead to it."""
    with server(corpus, reader) as running:
        yield {"engine": "openai", "model": MODEL, "base_url": running.base_url}


def answering(drafts: Mapping[str, Draft]) -> Callable[[dict[str, Any]], Reply]:
    """A script that finds the article in a request and answers with its draft."""

    def reply(request: dict[str, Any]) -> Reply:
        for message in request["messages"]:
            # The system prompt may show an example between the same fences.
            if message["role"] == "user":
                text = prompts.article_in(message["content"])
                if text is not None:
                    return answer(drafts[text])
        raise LookupError("the request holds no article")

    return reply


def as_draft(record: Record) -> Draft:
    """A record as the answer of a model that is always right."""

    def items(name: str, *keys: str) -> list[dict[str, Any]]:
        return [_item(entry, *keys) for entry in getattr(record, name)]

    return Draft.model_validate({
        "what": _item(record.what, "statement"),
        "who": items("who", "name", "kind", "role"),
        "where": items("where", "name", "country"),
        "when": items("when", "text", "date", "event"),
        "reactions": items("reactions", "speaker", "quote", "statement", "stance"),
        "background": items("background", "statement", "date"),
    })  # fmt: skip


def _item(entry: Any, *keys: str) -> dict[str, Any]:
    evidence = list(entry.evidence[:_PASSAGES])
    return {"evidence": evidence, **{key: getattr(entry, key) for key in keys}}
