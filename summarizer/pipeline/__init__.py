"""One article's way: draft, ground, ask once more for what failed, finish."""

from summarizer.pipeline.stream import Verified
from summarizer.pipeline.summarizer import Summarizer, asummarize, summarize

__all__ = ["Summarizer", "Verified", "asummarize", "summarize"]
