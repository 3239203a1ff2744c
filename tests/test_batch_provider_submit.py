"""Facts about the steps of parts at their provider, one by one."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from summarizer.batch import OutputProblem
from summarizer.batch.provider.records import Asked, Most, Part, Told
from summarizer.batch.provider.state import State
from summarizer.batch.provider.submit import Submission
from summarizer.engines.openai import Lesson, RetryPolicy
from summarizer.engines.openai.batch_objects import MOST_LINE, request_line
from summarizer.engines.openai.budget import Budget
from summarizer.engines.openai.given import lesson_as_json
from summarizer.engines.openai.provider_batch import ProviderBatches
from summarizer.errors import EngineUnavailable
from summarizer.testing import LoopbackServer
from tests.provider_support import KEY, no_wait
from tests.wire_support import TEXT, asked

pytestmark = [pytest.mark.openai, pytest.mark.anyio]


@contextlib.asynccontextmanager
async def remote_at(server: LoopbackServer) -> AsyncIterator[ProviderBatches]:
    made = ProviderBatches(
        base_url=server.base_url, api_key=KEY, retries=RetryPolicy(sleep=no_wait)
    )
    async with contextlib.aclosing(made):
        yield made


def state_of(folder: Path, *, parts: int, worst: float = 1.0) -> State:
    """A state with parts of one request each."""
    state = State(folder / "x.provider-batch.db")
    lines = [
        Asked(f"r{n}", request_line(f"r{n}", asked(f"{TEXT}\nNumber {n}.\n")), 100, worst)
        for n in range(parts)
    ]
    state.add(lines, lesson=lesson_as_json(Lesson()), most=Most(requests=1))
    state.close_open()
    return state


def submission(state: State, remote: ProviderBatches, **changes: Any) -> Submission:
    chosen: dict[str, Any] = {"budget": None, "max_cost": None, "most": Most()}
    chosen |= {"cost": lambda _: 0.1, "first_wait": 0.001, "sleep": no_wait}
    return Submission(state, remote, **(chosen | changes))


def statuses(state: State) -> list[str]:
    return [part.status for part in state.parts()]


async def until(state: State, step: Callable[[], Any], wanted: list[str]) -> None:
    for _ in range(20):
        if statuses(state) == wanted:
            return
        await step()
        await asyncio.sleep(0.002)
    assert statuses(state) == wanted


async def test_a_batch_that_may_be_there_is_looked_for_before_others_have_their_turn(
    tmp_path: Path,
) -> None:
    with (
        LoopbackServer() as server,
        contextlib.closing(state_of(tmp_path, parts=2)) as state,
    ):
        async with remote_at(server) as remote:
            _, second = state.parts()
            file = await remote.upload(io.BytesIO(b"".join(state.lines(second))), "x.jsonl")
            state.set(second, "creating", file=file, since=0.0)
            state.note("most_tokens", "150")
            await submission(state, remote).submit()
            assert statuses(state) == ["ready", "submitted"]


async def test_large_answers_are_not_gathered_in_memory(tmp_path: Path) -> None:
    """A file of lines as large as they may be is noted a few of them at a time."""
    line = json.dumps(
        {"custom_id": "r0", "response": {"status_code": 200, "body": "a" * (MOST_LINE - 200)}}
    ).encode()
    gathered: list[int] = []

    class Noting(State):
        def take(self, part: Part, told: Iterable[Told]) -> int:
            gathered.append(sum(len(one.answer or b"") for one in told))
            return super().take(part, ())

    class Lines:
        async def download(
            self, file_id: str, begin: Callable[[], object], take: Callable[[bytes], object]
        ) -> None:
            assert file_id == "file-1"
            begin()
            for _ in range(12):
                take(line)

    state_of(tmp_path, parts=1).close()
    with contextlib.closing(Noting(tmp_path / "x.provider-batch.db")) as state:
        state.set(state.parts()[0], "ended", output="file-1", fate="expired")
        remote: Any = Lines()
        await submission(state, remote).follow()
    assert sum(gathered) > 11 * (MOST_LINE - 200)
    assert max(gathered) < 4 * MOST_LINE


async def test_parts_go_through_their_steps(tmp_path: Path) -> None:
    with LoopbackServer() as server, contextlib.closing(state_of(tmp_path, parts=3)) as state:
        async with remote_at(server) as remote:
            work = submission(state, remote)
            await work.submit()
            assert statuses(state) == ["submitted"] * 3
            await until(state, work.follow, ["done"] * 3)
        assert all((found := state.find(f"r{n}")) and found.status == 200 for n in range(3))


async def test_a_budget_lets_parts_be_submitted_one_after_the_other(tmp_path: Path) -> None:
    """One may cost 1 dollar and costs 10 cents: of 1.25 dollars, three can be set aside."""
    budget = Budget(1.25)
    with LoopbackServer() as server, contextlib.closing(state_of(tmp_path, parts=5)) as state:
        async with remote_at(server) as remote:
            work = submission(state, remote, budget=budget, max_cost=1.25)
            for number in range(3):
                await work.submit()
                assert statuses(state) == ["done"] * number + ["submitted"] + ["ready"] * (
                    4 - number
                )
                assert work.stopped is None
                after = ["done"] * (number + 1) + ["ready"] * (4 - number)
                await until(state, work.follow, after)
            await work.submit()
            assert work.stopped is not None
    assert budget.spent == pytest.approx(0.3)
    assert budget.reserved == 0


async def test_what_is_under_way_from_an_earlier_run_is_counted_again(tmp_path: Path) -> None:
    with LoopbackServer() as server, contextlib.closing(state_of(tmp_path, parts=2)) as state:
        async with remote_at(server) as remote:
            work = submission(state, remote)
            await work.submit()
            await until(state, work.follow, ["done", "done"])
            budget = Budget(9.0)
            submission(state, remote, budget=budget, max_cost=9.0)
    assert budget.spent == pytest.approx(2.0)  # what they cost was not asked: the worst


async def test_an_endpoint_that_does_not_answer_is_asked_again_for_an_hour(tmp_path: Path) -> None:
    now = [0.0]
    with LoopbackServer() as server, contextlib.closing(state_of(tmp_path, parts=1)) as state:
        async with remote_at(server) as remote:
            work = submission(state, remote, clock=lambda: now[0])
            await work.submit()
            server.batches.disturb("batches.retrieve", *["503"] * 4)
            for minutes in (0, 30, 59):
                now[0] = minutes * 60.0
                await work.follow()
            now[0] = 61 * 60.0
            with pytest.raises(EngineUnavailable):
                await work.follow()
            await work.follow()
            assert statuses(state) != ["ready"]


async def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    with LoopbackServer() as server, contextlib.closing(state_of(tmp_path, parts=1)) as state:
        async with remote_at(server) as remote:
            work = submission(state, remote)
            state.path = tmp_path / "gone" / "x.db"
            with pytest.raises(OutputProblem, match="a file cannot be written"):
                await work.submit()
            assert statuses(state) == ["ready"]
