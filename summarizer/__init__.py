"""A news article in; one strict record out, every item tied to a verbatim span of it.

    from summarizer import summarize

    summary = summarize(text)
    for item in summary.who:
        print(item.name, item.evidence[0].start, item.evidence[0].text)

Names are resolved when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from summarizer.article import Article
    from summarizer.errors import (
        AnswerTruncated,
        AuthenticationFailed,
        BatchUnsupported,
        BlockedAddress,
        BudgetExceeded,
        ConfigurationError,
        ContentFiltered,
        EmptyArticle,
        EngineError,
        EngineTimeout,
        EngineUnavailable,
        FetchError,
        InvalidAnswer,
        NotAnswered,
        NothingGrounded,
        PromptError,
        RateLimited,
        Refused,
        RequestRejected,
        RequestTooLong,
        SourceError,
        SourceNotFound,
        SourceTooLarge,
        SummarizerError,
        UnreadableSource,
        WorkerLost,
    )
    from summarizer.pipeline import Summarizer, asummarize, summarize
    from summarizer.schema import Span, Summary
    from summarizer.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "AnswerTruncated",
    "Article",
    "AuthenticationFailed",
    "BatchUnsupported",
    "BlockedAddress",
    "BudgetExceeded",
    "ConfigurationError",
    "ContentFiltered",
    "EmptyArticle",
    "EngineError",
    "EngineTimeout",
    "EngineUnavailable",
    "FetchError",
    "InvalidAnswer",
    "NotAnswered",
    "NothingGrounded",
    "PromptError",
    "RateLimited",
    "Refused",
    "RequestRejected",
    "RequestTooLong",
    "Settings",
    "SourceError",
    "SourceNotFound",
    "SourceTooLarge",
    "Span",
    "Summarizer",
    "SummarizerError",
    "Summary",
    "UnreadableSource",
    "WorkerLost",
    "__version__",
    "asummarize",
    "summarize",
]

_HOMES = {
    "Article": "article",
    "Settings": "settings",
    "Span": "schema",
    "Summarizer": "pipeline",
    "Summary": "schema",
    "asummarize": "pipeline",
    "summarize": "pipeline",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'errors')}")
    value = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
