"""langextract with its workers, through its OpenAI provider, as one of the subjects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.batch.subjects import KEY, MODEL

_TASK = "Extract the main event, who, where, when, reactions and background, each as quoted."
_EXAMPLE = "Ferry crews in Halden ended a strike on Tuesday."


class LangExtract:
    """Threads, and each extraction is aligned with its article.

    Each article is one chunk, and all articles of a cell are one batch, so that there is no
    barrier but the last.
    """

    def __init__(self, address: str) -> None:
        self._url = f"{address}/extract"
        self._documents: list[Any] = []
        self._examples: list[Any] = []
        self._workers = 1

    def prepare(self, texts: Sequence[str], concurrency: int) -> None:
        """Make its documents."""
        from langextract.core import data

        self._documents = [data.Document(text=text) for text in texts]
        self._workers = concurrency
        found = [("what", "ended a strike"), ("who", "Ferry crews"), ("where", "Halden")]
        extractions = [data.Extraction(name, text) for name, text in found]
        self._examples = [data.ExampleData(text=_EXAMPLE, extractions=extractions)]

    def ask(self) -> None:
        """Ask about all of them. Raises an AssertionError unless each has its extractions."""
        import langextract
        from langextract.providers.openai import OpenAILanguageModel

        model = OpenAILanguageModel(
            model_id=MODEL, api_key=KEY, base_url=self._url, max_workers=self._workers
        )
        results = langextract.extract(
            self._documents, prompt_description=_TASK, examples=self._examples, model=model,
            max_char_buffer=100_000, batch_length=self._workers,
            max_workers=self._workers, show_progress=False,
            resolver_params={"suppress_parse_errors": False},
        )  # fmt: skip
        assert len(results) == len(self._documents)
        assert all(result.extractions for result in results)

    def close(self) -> None:
        """Nothing is kept between cells."""
