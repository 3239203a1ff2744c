"""Events: each on its lines, a comment where none comes, and work that ends with its reader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.pipeline import Verified
from summarizer.schema import Span, What
from summarizer.service.events import KEEP_ALIVE, Events, kept_alive

Tell = Callable[[bytes], None]


@given(st.text(min_size=1))
def test_an_event_is_three_lines_whatever_its_item_holds(words: str) -> None:
    words = words.encode("utf-8", "replace").decode()
    span = Span(start=0, end=len(words), text=words)
    written = Events()
    for number in (1, 2):
        event = written.item(Verified("what", What(evidence=(span,), statement=words))).decode()
        first, second, third, *rest = event.split("\n")
        assert (first, second, rest) == (f"id: {number}", "event: item", ["", ""])
        assert len(event.splitlines()) == 4
        data = json.loads(third.removeprefix("data: "))
        assert data["field"] == "what"
        assert data["item"]["statement"] == words


def test_a_problem_is_one_line_too() -> None:
    event = Events().error({"detail": "a\nb\u2028c"}).decode()
    assert event.splitlines()[:2] == ["id: 1", "event: error"]
    assert json.loads(event.splitlines()[2].removeprefix("data: ")) == {"detail": "a\nb\u2028c"}


@pytest.mark.anyio
async def test_what_is_told_comes_in_order() -> None:
    async def work(tell: Tell) -> None:
        tell(b"1")
        await asyncio.sleep(0)
        tell(b"2")

    assert [event async for event in kept_alive(work, interval=60)] == [b"1", b"2"]


@pytest.mark.anyio
async def test_where_nothing_comes_a_comment_says_that_the_connection_stands() -> None:
    go = asyncio.Event()

    async def work(tell: Tell) -> None:
        await go.wait()
        tell(b"1")

    found = []
    async for event in kept_alive(work, interval=0.01):
        found.append(event)
        if len(found) == 3:
            go.set()
    assert found[:3] == [KEEP_ALIVE] * 3
    assert found[-1] == b"1"
    assert KEEP_ALIVE.startswith(b":")


@pytest.mark.anyio
async def test_a_reader_that_leaves_ends_the_work() -> None:
    ended = asyncio.Event()

    async def work(tell: Tell) -> None:
        tell(b"1")
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with aclosing(kept_alive(work, interval=60)) as events:
        async for _ in events:
            break
    assert ended.is_set()


@pytest.mark.anyio
async def test_an_error_comes_after_what_was_told() -> None:
    async def work(tell: Tell) -> None:
        tell(b"1")
        raise ZeroDivisionError

    events = kept_alive(work, interval=60)
    assert await anext(events) == b"1"
    with pytest.raises(ZeroDivisionError):
        await anext(events)
