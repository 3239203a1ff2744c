"""Idempotency keys: the same answer, once made, for as long as there is room."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.service.auth import ANYONE, Key
from summarizer.service.idempotency import Idempotency, digest
from summarizer.service.problems import CONFLICT, REUSED, Problem

pytestmark = pytest.mark.anyio


class Work:
    """Makes answers, and counts them."""

    def __init__(self, size: int = 1) -> None:
        self.made = 0
        self.size = size

    async def __call__(self) -> bytes:
        self.made += 1
        await asyncio.sleep(0)
        return b"%d" % self.made * self.size


async def test_a_request_that_is_sent_again_is_answered_as_the_first_time() -> None:
    store, work = Idempotency(seconds=60, most=10_000), Work()
    assert await store.once(ANYONE, "a", b"1", work) == (b"1", False)
    assert await store.once(ANYONE, "a", b"1", work) == (b"1", True)
    assert await store.once(ANYONE, "b", b"1", work) == (b"2", False)


async def test_another_request_of_the_same_name_is_refused() -> None:
    store, work = Idempotency(seconds=60, most=10_000), Work()
    await store.once(ANYONE, "a", b"1", work)
    with pytest.raises(Problem) as raised:
        await store.once(ANYONE, "a", b"2", work)
    assert raised.value.kind is REUSED
    assert work.made == 1


async def test_while_the_first_is_under_way_the_second_is_a_conflict() -> None:
    store, go = Idempotency(seconds=60, most=10_000), asyncio.Event()

    async def slow() -> bytes:
        await go.wait()
        return b"done"

    first = asyncio.create_task(store.once(ANYONE, "a", b"1", slow))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as raised:
        await store.once(ANYONE, "a", b"1", slow)
    assert (raised.value.kind, raised.value.retry_after) == (CONFLICT, 1)
    go.set()
    assert await first == (b"done", False)


async def test_what_failed_is_made_again() -> None:
    store, work = Idempotency(seconds=60, most=10_000), Work()

    async def broken() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.once(ANYONE, "a", b"1", broken)
    assert await store.once(ANYONE, "a", b"1", work) == (b"1", False)
    assert store.size > 0


async def test_each_api_key_has_names_of_its_own() -> None:
    store, work = Idempotency(seconds=60, most=10_000), Work()
    await store.once(Key("x", b"1"), "a", b"1", work)
    assert await store.once(Key("y", b"2"), "a", b"2", work) == (b"2", False)


async def test_an_answer_is_forgotten_after_its_time() -> None:
    now = 0.0
    store, work = Idempotency(seconds=60, most=10_000, clock=lambda: now), Work()
    await store.once(ANYONE, "a", b"1", work)
    now = 60.0
    assert await store.once(ANYONE, "a", b"2", work) == (b"2", False)


async def test_the_oldest_answers_go_first_and_no_more_is_kept_than_may() -> None:
    store, work = Idempotency(seconds=60, most=5_000), Work(size=1_000)
    for name in "abcdef":
        await store.once(ANYONE, name, b"1", work)
        assert store.size <= 5_000
    assert (await store.once(ANYONE, "f", b"1", work))[1]
    assert not (await store.once(ANYONE, "a", b"1", work))[1]


async def test_an_answer_that_is_larger_than_all_room_is_given_and_not_kept() -> None:
    store, work = Idempotency(seconds=60, most=100), Work(size=1_000)
    assert (await store.once(ANYONE, "a", b"1", work))[0] == b"1" * 1_000
    assert store.size == 0


@given(st.lists(st.binary(max_size=3), max_size=4), st.lists(st.binary(max_size=3), max_size=4))
def test_a_digest_tells_any_two_requests_apart(one: list[bytes], other: list[bytes]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)
