"""The ways to ask that are compared. Each gets texts, and asks about so many at once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from summarizer import Summarizer, sources
from summarizer.article import Article
from summarizer.batch import Batch
from summarizer.draft import Draft
from summarizer.engines.openai import modes
from summarizer.prompts import PromptSet
from summarizer.settings import Settings

MODEL = "bench"
KEY = "none"
#: No answer here comes late because of a time limit.
_PATIENCE = 600.0


class Subject(Protocol):
    """One way to ask. It is made once and asked for many cells; what it keeps stays warm."""

    def prepare(self, texts: Sequence[str], concurrency: int) -> None:
        """Make ready what is not to be measured."""
        ...

    def ask(self) -> None:
        """Ask about the texts. Raises an exception unless each is answered."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


class _Asynchronous:
    """A subject on an event loop of its own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._bodies: list[Any] = []
        self._concurrency = 1

    def prepare(self, texts: Sequence[str], concurrency: int) -> None:
        prompts = PromptSet.load()
        self._concurrency = concurrency
        self._bodies = [self._made(body(prompts, text)) for text in texts]

    def ask(self) -> None:
        self._runner.run(self._all())

    def close(self) -> None:
        with self._runner:
            self._runner.run(self._close())

    async def _all(self) -> None:
        """What is usual: everything at once, behind a semaphore."""
        free = asyncio.Semaphore(self._concurrency)

        async def one(made: Any) -> None:
            async with free:
                await self._one(made)

        await asyncio.gather(*map(one, self._bodies))

    def _made(self, request: dict[str, Any]) -> Any:
        return request

    async def _one(self, made: Any) -> None:
        raise NotImplementedError

    async def _close(self) -> None:
        raise NotImplementedError


class Aiohttp(_Asynchronous):
    """Ready bytes are sent and the answer's bytes read: nothing else. The ceiling."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._url = f"{address}/v1/chat/completions"
        self._session = self._runner.run(self._opened())

    @staticmethod
    async def _opened() -> Any:
        import aiohttp

        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    def _made(self, request: dict[str, Any]) -> bytes:
        return json.dumps(request).encode()

    async def _one(self, made: Any) -> None:
        headers = {"content-type": "application/json"}
        async with self._session.post(self._url, data=made, headers=headers) as response:
            assert response.status == 200
            await response.read()

    async def _close(self) -> None:
        await self._session.close()


class OpenAI(_Asynchronous):
    """`create` of the SDK. The answer is left unread."""

    def __init__(self, address: str) -> None:
        import openai

        super().__init__()
        self._sdk = openai.AsyncOpenAI(
            base_url=f"{address}/v1", api_key=KEY, max_retries=0, timeout=_PATIENCE
        )

    async def _one(self, made: Any) -> None:
        await self._sdk.chat.completions.create(**made)

    async def _close(self) -> None:
        await self._sdk.close()


class Instructor(OpenAI):
    """instructor around it: the answer is validated, and nothing in it is checked."""

    def __init__(self, address: str) -> None:
        import instructor

        super().__init__(address)
        self._wrapped = instructor.from_openai(self._sdk, mode=instructor.Mode.JSON_SCHEMA)

    def _made(self, request: dict[str, Any]) -> dict[str, Any]:
        # It makes this part itself, of the response model.
        return {name: value for name, value in request.items() if name != "response_format"}

    async def _one(self, made: Any) -> None:
        await self._wrapped.chat.completions.create(response_model=Draft, max_retries=0, **made)


class _Ours:
    """A Summarizer for each number at once, as a user would have one."""

    def __init__(self, address: str, *, workers: int = 0) -> None:
        self._settings = Settings(
            engine="openai", model=MODEL, base_url=f"{address}/v1", cache=False,
            timeout=_PATIENCE, workers=workers,
        )  # fmt: skip
        self._runner = asyncio.Runner()
        self._summarizers: dict[int, Summarizer] = {}
        self._texts: Sequence[str] = ()
        self._concurrency = 1

    def prepare(self, texts: Sequence[str], concurrency: int) -> None:
        self._texts, self._concurrency = texts, concurrency

    def ask(self) -> None:
        self._runner.run(self._all())

    def close(self) -> None:
        with self._runner:
            for summarizer in self._summarizers.values():
                self._runner.run(summarizer.aclose())

    @property
    def _summarizer(self) -> Summarizer:
        if self._concurrency not in self._summarizers:
            settings = self._settings.with_options(concurrency=self._concurrency)
            self._summarizers[self._concurrency] = Summarizer(settings)
        return self._summarizers[self._concurrency]

    async def _all(self) -> None:
        raise NotImplementedError


class Map(_Ours):
    """`Summarizer.map`, as completed: from a text to its record, with every item checked."""

    async def _all(self) -> None:
        results = self._summarizer.map(self._texts, concurrency=self._concurrency, ordered=False)
        async with contextlib.aclosing(results):
            async for done in results:
                assert done.result is not None, done.error
                assert len(done.result.provenance.attempts) == 1
                assert not done.result.rejected


class IntoFile(_Ours):
    """A batch from a table of articles into a JSONL file, as `summarize --output` does it."""

    def __init__(self, address: str, *, workers: int = 0) -> None:
        super().__init__(address, workers=workers)
        self._folder = tempfile.TemporaryDirectory()
        self._numbers = itertools.count()

    def prepare(self, texts: Sequence[str], concurrency: int) -> None:
        super().prepare(texts, concurrency)
        self._table = Path(self._folder.name) / f"{next(self._numbers)}.jsonl"
        with self._table.open("w") as file:
            for text in texts:
                file.write(json.dumps({"text": text}) + "\n")

    def close(self) -> None:
        super().close()
        self._folder.cleanup()

    async def _all(self) -> None:
        output = self._table.with_suffix(".out.jsonl")
        listed = sources.expand([self._table], settings=self._settings, columns=sources.Columns())
        with Batch(self._summarizer, output, jobs=self._concurrency) as batch:
            async with contextlib.aclosing(batch.run(listed)) as outcomes:
                written = [outcome.kind async for outcome in outcomes].count("written")
        assert written == len(self._texts)


def body(prompts: PromptSet, text: str) -> dict[str, Any]:
    """The whole request about an article, as the best of our own modes makes it."""
    turns = [
        {"role": "system", "content": prompts.system},
        {"role": "user", "content": prompts.render_user(Article.from_text(text))},
    ]
    return modes.body(turns, modes.Lesson(), modes.Options(MODEL, 16_000))
