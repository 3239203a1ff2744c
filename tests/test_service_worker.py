"""Facts about the work on batches: what is begun, tried again, held, and written once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from summarizer.errors import AuthenticationFailed, EngineUnavailable, Refused
from summarizer.service.records import Batch, Entry, Job, Row, State
from summarizer.service.store import Store
from summarizer.service.store_thread import StoreThread
from summarizer.service.worker import MeetsAll, NotNow, Patience, Worker

pytestmark = pytest.mark.anyio

AT_ONCE = Patience(tries=3, losses=4, first_wait=0.0, longest_wait=0.0, pause=0.0)


class Clock:
    """A clock of seconds that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Counted(Store):
    """A store that counts its steps."""

    def __init__(self, bench: Bench, path: Path, **options: Any) -> None:
        self.bench = bench
        super().__init__(path, **options)

    def step(self, *arguments: Any, **options: Any) -> list[Job]:
        self.bench.steps += 1
        return super().step(*arguments, **options)


class Bench:
    """A worker on a store, articles to give it, and what they were answered with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.room = 4
        self.begun: list[Job] = []
        self.doors: dict[str, asyncio.Event] = {}
        #: What is raised for a text, in turn.
        self.faults: dict[str, list[Exception]] = {}
        self.gated = False
        self.steps = 0
        self.most = 0

    @asynccontextmanager
    async def running(self, patience: Patience = AT_ONCE) -> AsyncIterator[Worker]:
        self.shelf = StoreThread(lambda: Counted(self, self.path, wait=0.0, clock=self.clock))
        self.worker = Worker(
            self.shelf, self.make, lambda error: f'"{type(error).__name__}"',
            room=lambda: self.room, patience=patience, clock=self.clock,
        )  # fmt: skip
        self.worker.start()
        try:
            yield self.worker
        finally:
            await self.worker.stop(0.0)
            await self.shelf.aclose()

    async def make(self, job: Job) -> str:
        self.begun.append(job)
        self.most = max(self.most, self.worker.running)
        if self.gated:
            await self.doors.setdefault(job.body, asyncio.Event()).wait()
        await asyncio.sleep(0)
        if faults := self.faults.get(job.body):
            raise faults.pop(0)
        return f'"{job.body}"'

    def open(self, *texts: str) -> None:
        for text in texts:
            self.doors.setdefault(text, asyncio.Event()).set()

    async def batch(self, *texts: str, owner: str = "desk") -> Batch:
        def made(store: Store) -> Batch:
            number = store.begin(owner)
            store.add(number, [Entry(None, text) for text in texts])
            return store.accept(number)

        batch = await self.shelf.do(made)
        self.worker.wake()
        return batch

    async def until(self, holds: Callable[[], bool | Awaitable[bool]]) -> None:
        """Wait until something holds; a test that waits in vain is ended from outside."""
        while True:
            held = holds()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.001)

    async def state(self, batch: Batch) -> Batch:
        found = await self.shelf.do(lambda store: store.batch("desk", batch.id))
        assert found is not None
        return found

    async def done(self, batch: Batch) -> list[Row]:
        async def is_done() -> bool:
            return (await self.state(batch)).state is State.DONE

        await self.until(is_done)
        return await self.shelf.do(lambda store: store.results(batch.number))

    def nothing_runs(self, batch: Batch) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return (await self.state(batch)).running == 0

        return holds

    def paused_for(self) -> Exception | None:
        return self.worker.paused_for

    def alive(self) -> bool:
        return self.worker.alive

    def texts(self) -> list[str]:
        return [job.body for job in self.begun]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "batches.db")


async def test_each_article_of_a_batch_gets_one_row(bench: Bench) -> None:
    texts = [f"t{n}" for n in range(30)]
    async with bench.running():
        rows = await bench.done(await bench.batch(*texts))
    assert sorted(row.place for row in rows) == list(range(30))
    assert {row.place: row.content for row in rows} == {n: f'"t{n}"' for n in range(30)}
    assert sorted(bench.texts()) == sorted(texts)


async def test_no_more_are_under_way_than_there_is_room_for_and_one_always_may(
    bench: Bench,
) -> None:
    async with bench.running():
        await bench.done(await bench.batch(*map(str, range(20))))
        assert bench.most == 4
        bench.room, bench.most = 0, 0
        await bench.done(await bench.batch(*map(str, range(5))))
        assert bench.most == 1


async def test_room_that_live_requests_leave_is_used_again(bench: Bench) -> None:
    bench.room, bench.gated = 1, True
    async with bench.running():
        batch = await bench.batch(*"abcdef")
        await bench.until(lambda: bench.texts() == ["a"])
        bench.room = 3
        bench.open("a")
        await bench.until(lambda: bench.texts() == ["a", "b", "c", "d"])
        bench.open(*"bcdef")
        await bench.done(batch)


async def test_a_small_batch_does_not_wait_for_a_large_one(bench: Bench) -> None:
    bench.room, bench.gated = 2, True
    async with bench.running():
        await bench.batch(*(f"large {n}" for n in range(50)))
        await bench.until(lambda: len(bench.begun) == 2)
        small = await bench.batch("small 0", "small 1")
        bench.open("large 0", "small 0", "small 1")
        assert len(await bench.done(small)) == 2
        assert len(bench.begun) < 8


async def test_what_may_pass_is_tried_again_and_then_an_error(bench: Bench) -> None:
    bench.faults = {
        "passes": [EngineUnavailable("down")] * 2,
        "stays": [EngineUnavailable("down")] * 3,
        "final": [Refused("no")],
        "bug": [ZeroDivisionError()],
    }
    async with bench.running():
        rows = await bench.done(await bench.batch("passes", "stays", "final", "bug"))
    found = {row.place: (row.kind, row.content) for row in rows}
    assert found == {
        0: ("summary", '"passes"'),
        1: ("error", '"EngineUnavailable"'),
        2: ("error", '"Refused"'),
        3: ("error", '"ZeroDivisionError"'),
    }
    assert sorted(bench.texts()) == sorted(["passes"] * 3 + ["stays"] * 3 + ["final", "bug"])


async def test_an_article_waits_longer_after_each_try() -> None:
    patience = Patience(first_wait=15, longest_wait=100, jitter=lambda: 0.0)
    assert [patience.wait(tries) for tries in (1, 2, 3, 4)] == [15, 30, 60, 100]
    assert Patience(first_wait=15, jitter=lambda: 1.0).wait(1) == 7.5


async def test_the_others_go_on_while_an_article_waits(bench: Bench) -> None:
    bench.faults = {"slow": [EngineUnavailable("down")]}
    bench.room = 1
    async with bench.running(Patience(first_wait=60, jitter=lambda: 0.0)):
        batch = await bench.batch("slow", "quick", "brown")

        async def two_done() -> bool:
            return (await bench.state(batch)).done == 2

        await bench.until(two_done)
        assert bench.texts() == ["slow", "quick", "brown"]
        bench.clock.now += 60
        bench.worker.wake()
        assert len(await bench.done(batch)) == 3


async def test_what_would_meet_every_article_loses_none_and_pauses_all(bench: Bench) -> None:
    error = AuthenticationFailed("no key")
    bench.faults = {text: [MeetsAll(error)] for text in "abcd"}
    async with bench.running(Patience(pause=60)):
        batch = await bench.batch(*"abcdefgh")
        await bench.until(lambda: len(bench.begun) == 4 and not bench.worker.running)
        assert bench.paused_for() is error
        await bench.until(bench.nothing_runs(batch))
        state = await bench.state(batch)
        assert (state.done, state.failed) == (0, 0)
        # One article is tried, and when it has a row, all of them are.
        bench.faults.clear()
        bench.gated = True
        bench.clock.now += 60
        bench.worker.wake()
        await bench.until(lambda: len(bench.begun) == 5)
        bench.open(*"abcdefgh")
        rows = await bench.done(batch)
        assert {row.kind for row in rows} == {"summary"}
        assert bench.paused_for() is None
    # None of the refusals counted as a try.
    assert max(job.tries for job in bench.begun) == 1


async def test_an_owner_who_has_to_wait_keeps_nobody_else_waiting(bench: Bench) -> None:
    bench.faults = {"a": [NotNow(60.0)]}
    bench.room = 1
    async with bench.running():
        held = await bench.batch("a", "b")
        await bench.until(lambda: bench.texts() == ["a"])
        await bench.batch("c", "d", owner="archive")
        await bench.until(lambda: bench.texts() == ["a", "c", "d"])
        await bench.until(lambda: not bench.worker.running)
        # Nothing is looked for before it is time.
        steps = bench.steps
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert bench.steps - steps <= 2
        bench.clock.now += 60
        bench.worker.wake()
        assert len(await bench.done(held)) == 2
    assert max(job.tries for job in bench.begun) == 1


async def test_stopping_lets_what_is_under_way_finish(bench: Bench) -> None:
    bench.room, bench.gated = 2, True
    async with bench.running() as worker:
        batch = await bench.batch(*"abcd")
        await bench.until(lambda: len(bench.begun) == 2)
        stopping = asyncio.create_task(worker.stop(3600.0))
        await asyncio.sleep(0)
        bench.open(*"abcd")
        await stopping
        state = await bench.state(batch)
        assert (state.done, state.running) == (2, 0)
    assert bench.texts() == ["a", "b"]


async def test_what_does_not_finish_in_time_goes_back_and_is_done_by_the_next_server(
    bench: Bench,
) -> None:
    bench.room, bench.gated = 2, True
    async with bench.running() as worker:
        batch = await bench.batch(*"abcd")
        await bench.until(lambda: len(bench.begun) == 2)
        await worker.stop(0.0)
        state = await bench.state(batch)
        assert (state.done, state.running) == (0, 0)
    bench.gated = False
    async with bench.running():
        rows = await bench.done(batch)
    assert sorted(row.place for row in rows) == [0, 1, 2, 3]
    # To be told to stop is no try of an article.
    assert [job.tries for job in bench.begun] == [1] * 6


async def test_an_article_that_is_cancelled_before_its_first_step_goes_back(
    bench: Bench,
) -> None:
    async with bench.running() as worker:
        batch = await bench.batch("a")
        await bench.done(batch)
        later = await bench.batch("b")
        await worker.stop(0.0)
        state = await bench.state(later)
        assert (state.done + state.failed, state.running) in {(0, 0), (1, 0)}


async def test_an_article_that_ends_the_process_each_time_gets_an_error_and_comes_last(
    bench: Bench,
) -> None:
    store = Store(bench.path, wait=0.0, clock=bench.clock)
    number = store.begin("desk")
    store.add(number, [Entry(None, text) for text in ("bad", "good")])
    batch = store.accept(number)
    for _ in range(AT_ONCE.losses):
        (job,) = store.step([], 1)
        while job.body != "bad":  # the good one comes first, from the second time on
            (job,) = store.step([], 1)
        store.close()
        store = Store(bench.path, wait=0.0, clock=bench.clock)
    store.close()
    async with bench.running():
        rows = await bench.done(batch)
    assert {row.place: row.content for row in rows}[0] == '"Abandoned"'
    assert "bad" not in bench.texts()


async def test_a_cancelled_batch_ends_what_is_under_way(bench: Bench) -> None:
    bench.room, bench.gated = 2, True
    async with bench.running() as worker:
        batch = await bench.batch(*"abcd")
        await bench.until(lambda: len(bench.begun) == 2)
        await bench.shelf.do(lambda store: store.cancel("desk", batch.id))
        worker.give_up(batch.number)
        await bench.until(lambda: not worker.running)
        other = await bench.batch("e")
        bench.open("e")
        await bench.done(other)
        assert (await bench.state(batch)).state is State.CANCELLED
    assert sorted(bench.texts()) == ["a", "b", "e"]


async def test_rows_are_kept_until_the_file_can_be_written_again(bench: Bench) -> None:
    bench.gated = True
    async with bench.running() as worker:
        batch = await bench.batch("a", "b")
        await bench.until(lambda: len(bench.begun) == 2)
        await bench.shelf.do(
            lambda store: store._connection.execute("PRAGMA query_only = ON").fetchall()
        )
        bench.open("a", "b")
        await bench.until(lambda: worker.trouble is not None)
        assert not bench.alive()
        await bench.shelf.do(
            lambda store: store._connection.execute("PRAGMA query_only = OFF").fetchall()
        )
        rows = await bench.done(batch)
        assert bench.alive()
    assert sorted(row.content for row in rows) == ['"a"', '"b"']
    assert sorted(bench.texts()) == ["a", "b"]


async def test_a_server_that_is_ended_at_any_moment_neither_loses_nor_repeats_a_row(
    bench: Bench,
) -> None:
    """The worker and the store are dropped as they are, as a kill would."""
    texts = [f"t{n}" for n in range(40)]
    batch: Batch | None = None

    def rows_of(store: Store) -> list[Row]:
        return store.results(1, limit=99)

    for steps in itertools.chain([1, 3, 7, 20, 50, 90], itertools.repeat(10**9)):
        async with bench.running() as worker:
            if batch is None:
                batch = await bench.batch(*texts)
            for _ in range(steps):
                await asyncio.sleep(0)
                if (await bench.state(batch)).state is State.DONE:
                    break
            assert worker._loop is not None
            worker._loop.cancel()
            for task in worker._under_way.values():
                task.cancel()
            if (await bench.state(batch)).state is State.DONE:
                rows = await bench.shelf.do(rows_of)
                break
    assert sorted(row.place for row in rows) == list(range(40))
    assert sorted(row.content for row in rows) == sorted(f'"{text}"' for text in texts)
