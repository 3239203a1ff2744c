"""The client: what one article takes of the processor, from its text to its Summary.

The yardsticks ask the same endpoint for the same articles, with the same messages and the
same schema. Bare `create` leaves the answer unread, and bare instructor validates it.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench import editions, endpoint
from bench.editions import Edition
from bench.timing import Case, Cost
from summarizer import Summarizer
from summarizer.draft import Draft
from summarizer.engines.base import Message, Request
from summarizer.engines.openai import modes
from summarizer.prompts import PromptSet

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MODEL = "loopback"
_ROOM = 16_000


@dataclass(frozen=True, slots=True)
class _Client:
    """A way to ask: what it is given for an edition, made beforehand, and the asking."""

    prepare: Callable[[Edition], Any]
    ask: Callable[[Any], Awaitable[object]]


def cases(rounds: int) -> Generator[Case, None, None]:
    """One answer, and a whole article, against one call of a yardstick.

    The article is also taken with others in flight.
    """
    import openai

    numbers = itertools.count(1)
    with endpoint.running() as url, asyncio.Runner() as runner:
        summarizer = Summarizer(engine="openai", model=MODEL, base_url=url, cache=False)
        bare, wrapped = (
            openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) for _ in range(2)
        )
        yardsticks = {"create": _create(bare), "instructor": _instructor(wrapped)}
        try:
            for name, ours, in_flight in (
                ("request to Draft", _drafting(summarizer), 1),
                ("article to Summary", _summarizing(summarizer), 1),
                ("article to Summary, 16 at once", _summarizing(summarizer), 16),
            ):
                subject = _measure(ours, runner, numbers, in_flight)
                for yardstick, client in yardsticks.items():
                    measure = _measure(client, runner, numbers, in_flight)
                    yield Case(name, subject, yardstick, measure, rounds)
        finally:
            for close in (summarizer.aclose, bare.close, wrapped.close):
                runner.run(close())


def request_body(edition: Edition) -> dict[str, Any]:
    """The whole request for an edition, as the best of our own modes makes it."""
    prompts = PromptSet.load()
    turns = [
        {"role": "system", "content": prompts.system},
        {"role": "user", "content": prompts.render_user(edition.article)},
    ]
    return modes.body(turns, modes.Lesson(), modes.Options(MODEL, _ROOM))


def _drafting(summarizer: Summarizer) -> _Client:
    """The engine alone: what the yardsticks do."""

    def prepare(edition: Edition) -> Request:
        turns = request_body(edition)["messages"]
        messages = tuple(Message(turn["role"], turn["content"]) for turn in turns)
        return Request(edition.article, messages)

    return _Client(prepare, summarizer.engine.complete)


def _summarizing(summarizer: Summarizer) -> _Client:
    async def ask(edition: Edition) -> object:
        summary = await summarizer.asummarize(edition.text, published=edition.published)
        assert len(summary.provenance.attempts) == 1
        return summary

    return _Client(lambda edition: edition, ask)


def _create(sdk: AsyncOpenAI) -> _Client:
    return _Client(request_body, lambda body: sdk.chat.completions.create(**body))


def _instructor(sdk: AsyncOpenAI) -> _Client:
    import instructor

    client = instructor.from_openai(sdk, mode=instructor.Mode.JSON_SCHEMA)

    def prepare(edition: Edition) -> dict[str, Any]:
        # It makes this part itself, of the response model.
        return {k: v for k, v in request_body(edition).items() if k != "response_format"}

    def ask(body: dict[str, Any]) -> Awaitable[object]:
        return client.chat.completions.create(response_model=Draft, max_retries=0, **body)

    return _Client(prepare, ask)


def _measure(
    client: _Client, runner: asyncio.Runner, numbers: Iterator[int], in_flight: int
) -> Callable[[], Cost]:
    """A measure of one article: the mean over a new edition of each."""
    listed = editions.cases()

    async def work(prepared: Iterator[Any]) -> None:
        for each in prepared:
            await client.ask(each)

    async def together(prepared: Iterator[Any]) -> None:
        await asyncio.gather(*(work(prepared) for _ in range(in_flight)))

    def measure() -> Cost:
        prepared = [client.prepare(each) for each in editions.editions(listed, next(numbers))]
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        runner.run(together(iter(prepared)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Cost(wall / len(prepared), cpu / len(prepared))

    return measure
