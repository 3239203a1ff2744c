"""Facts about the body of a batch: read in any pieces, bounded, and refused with a reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from summarizer.service.config import ServiceConfig
from summarizer.service.intake import BatchArticle, Intake
from summarizer.service.problems import MALFORMED, SLOW, TOO_LARGE, UNSUPPORTED, Problem
from summarizer.service.records import Entry

LINES = "application/x-ndjson"
Message = dict[str, Any]


def request(receive: Callable[[], Awaitable[Any]], kind: str = LINES, **headers: str) -> Request:
    named = {"content-type": kind} | {key.replace("_", "-"): one for key, one in headers.items()}
    raw = [(key.encode(), one.encode()) for key, one in named.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


def sent(*pieces: bytes, then: Message | None = None) -> Callable[[], Awaitable[Message]]:
    """What the server gives of a body in these pieces."""
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
    ]
    messages.append(then or {"type": "http.request", "body": b"", "more_body": False})
    left = iter(messages)

    async def receive() -> Message:
        return next(left)

    return receive


async def taken(intake: Intake) -> tuple[list[Entry], list[int]]:
    """The entries, and how many came at once."""
    entries: list[Entry] = []
    sizes: list[int] = []

    async def add(some: Sequence[Entry]) -> None:
        entries.extend(some)
        sizes.append(len(some))

    await intake.store(add)
    return entries, sizes


def config(**options: Any) -> ServiceConfig:
    return ServiceConfig.load(environ={}, **options)


def refused(intake: Intake) -> Problem:
    with pytest.raises(Problem) as raised:
        asyncio.run(taken(intake))
    return raised.value


TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=20)


@given(TEXTS, st.data())
def test_wherever_the_body_is_cut_its_articles_are_the_same(
    texts: list[str], data: st.DataObject
) -> None:
    ends = data.draw(st.sampled_from([b"\n", b"\r\n", b"\n\n"]))
    body = ends.join(
        json.dumps({"id": str(n), "text": text}, ensure_ascii=False).encode()
        for n, text in enumerate(texts)
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    intake = Intake(request(sent(*pieces)), config())
    entries, _ = asyncio.run(taken(intake))
    assert [entry.name for entry in entries] == [str(n) for n in range(len(texts))]
    assert [BatchArticle.model_validate_json(one.body).text for one in entries] == texts
    whole = Intake(request(sent(body)), config())
    asyncio.run(whole.skip())
    assert intake.digest == whole.digest


def test_articles_are_put_away_in_pieces_of_bounded_size() -> None:
    line = json.dumps({"text": "word " * 100}).encode() + b"\n"
    _, sizes = asyncio.run(taken(Intake(request(sent(*[line] * 450)), config())))
    assert sizes == [200, 200, 50]
    line = json.dumps({"text": "word " * 100_000}).encode() + b"\n"
    _, sizes = asyncio.run(taken(Intake(request(sent(*[line] * 5)), config())))
    assert sizes == [2, 2, 1]


def test_a_body_that_no_more_comes_of_is_slow() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    assert refused(Intake(request(receive), config(body_timeout=0.01))).kind is SLOW


def test_a_body_that_drips_is_slow_in_the_end() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.004)
        return {"type": "http.request", "body": b" ", "more_body": True}

    assert refused(Intake(request(receive), config(body_timeout=0.01))).kind is SLOW


def test_a_body_that_came_in_time_is_taken_however_slow_the_store_is() -> None:
    line = json.dumps({"text": "word " * 250_000}).encode() + b"\n"
    intake = Intake(request(sent(line, line)), config(body_timeout=0.01))
    taken: list[int] = []

    async def add(some: Sequence[Entry]) -> None:
        await asyncio.sleep(0.3)
        taken.append(len(some))

    asyncio.run(intake.store(add))
    assert taken == [1, 1]


def test_a_body_that_breaks_off_is_malformed() -> None:
    line = b'{"text": "words"}\n'
    receive = sent(line, then={"type": "http.disconnect"})
    assert refused(Intake(request(receive), config())).kind is MALFORMED


def test_a_line_without_an_end_is_refused_before_it_is_all_there() -> None:
    pieces = 0

    async def receive() -> Message:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    assert refused(Intake(request(receive), config(max_body_bytes=5000))).kind is TOO_LARGE
    assert pieces == 6


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"content_length": "999999999"}, TOO_LARGE),
        ({"content_length": "9" * 40}, TOO_LARGE),
        ({"content_encoding": "gzip"}, UNSUPPORTED),
    ],
)
def test_what_the_headers_say_is_refused_unread(headers: dict[str, str], kind: object) -> None:
    async def receive() -> Message:
        raise AssertionError("it was read")

    with pytest.raises(Problem) as raised:
        Intake(request(receive, **headers), config())
    assert raised.value.kind is kind


def test_a_million_articles_that_do_not_fit_make_one_short_problem() -> None:
    body = b'{"articles":[' + b"{}," * 600_000 + b"{}]}"
    intake = Intake(request(sent(body), "application/json"), config())
    problem = refused(intake)
    assert [fault["pointer"] for fault in problem.members["errors"]] == ["/articles/0"]
