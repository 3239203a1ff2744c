"""kill -9 at each step of a provider's batch: nothing is paid twice, and nothing is lost."""

from __future__ import annotations

import dataclasses
import multiprocessing
import random
import signal
import threading
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from summarizer import cli
from summarizer.errors import ExitCode
from summarizer.testing import LoopbackServer, answers, replies
from summarizer.testing.batches import BatchRules
from summarizer.testing.replies import Reply
from tests.provider_support import KEY, Runs, paid, read_rows

pytestmark = pytest.mark.openai

KILLS = 15


def run(base_url: str, runs: Runs) -> None:
    """What the killed process does: the command itself."""
    code = cli.main([
        str(runs.news), "--output", str(runs.output), "--provider-batch", "--poll", "0.02",
        "--base-url", base_url, "--model", "m", "--no-cache", "--jobs", "2", "--quiet",
    ])  # fmt: skip
    raise SystemExit(int(code))


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that start with everything imported, so that a kill hits the run itself."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([
        "summarizer.cli.batch", "summarizer.batch.provider", "instructor", "openai",
        "anyio._backends._asyncio",
    ])  # fmt: skip
    return context


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return Runs(tmp_path, count=10)


@dataclasses.dataclass
class Commands:
    """The command in processes of its own, one after the other."""

    processes: ForkServerContext
    runs: Runs
    server: LoopbackServer

    def start(self) -> BaseProcess:
        process = self.processes.Process(target=run, args=(self.server.base_url, self.runs))
        process.start()
        return process

    def kill(self, process: BaseProcess) -> None:
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL

    def finish(self) -> None:
        """A run to the end, and that everything is as if there had been no other."""
        process = self.start()
        process.join()
        assert process.exitcode == ExitCode.OK
        assert self.runs.names == self.runs.all_names
        assert not self.runs.state.exists()
        assert set(paid(self.server)) == {1}


def wait_until(process: BaseProcess, reached: Callable[[], bool]) -> None:
    """Wait for a moment in the life of a process, which it must not outlive."""
    while not reached():
        assert process.is_alive()
        process.join(0.002)


def hung(reached: threading.Event) -> Callable[[Reply], Reply]:
    """What was asked for is done, and nobody is told."""

    def done(found: Reply) -> Reply:
        reached.set()
        return dataclasses.replace(found, hang=True)

    return done


def slow(reached: threading.Event) -> Callable[[Reply], Reply]:
    """A file that takes minutes to arrive."""

    def sent(found: Reply) -> Reply:
        reached.set()
        return dataclasses.replace(found, pace=(2000, 2.0))

    return sent


#: A moment, by the call at which the provider leaves a run alone, and how it does.
STEPS = {
    "planned, and nothing sent": ("files.create", None),
    "a file sent, and its id not known": ("files.create", hung),
    "a file sent, and no batch made": ("batches.create", None),
    "a batch made, and its id not known": ("batches.create", hung),
    "waiting for a batch": ("batches.retrieve", hung),
    "reading what a batch brought": ("files.content", slow),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_is_gone_on_with(
    step: str, runs: Runs, processes: ForkServerContext
) -> None:
    operation, how = STEPS[step]
    reached = threading.Event()
    with LoopbackServer() as server:
        commands = Commands(processes, runs, server)
        server.batches.disturb(operation, replies.hang() if how is None else how(reached))
        process = commands.start()
        wait_until(
            process,
            reached.is_set if how else lambda: server.batches.calls[operation] > 0,
        )
        commands.kill(process)
        assert runs.state.exists()
        assert len(runs.rows) == 1
        made = len(server.batches.made)
        assert made == (0 if operation == "files.create" or how is None else 1)
        commands.finish()
        assert len(server.batches.made) == 1
        assert len(server.bodies) == 1
    assert runs.modes == {"json_schema_strict/batch": 9, "json_schema_strict": 1}


def test_a_run_that_is_killed_while_rows_are_written_is_gone_on_with(
    runs: Runs, processes: ForkServerContext
) -> None:
    """Each draft is repaired live, which takes a while."""
    with LoopbackServer(then=answers.mended("invented-evidence"), latency=0.02) as server:
        commands = Commands(processes, runs, server)
        for rows in (2, 5, 7):
            process = commands.start()
            wait_until(process, lambda rows=rows: len(whole_rows(runs)) >= rows)  # type: ignore[misc]
            commands.kill(process)
            assert len(whole_rows(runs)) < 10
        commands.finish()
        assert len(server.batches.made) == 1
    assert {row["status"] for row in runs.rows} == {"complete"}


def whole_rows(runs: Runs) -> list[bytes]:
    if not runs.output.exists():
        return []
    lines = runs.output.read_bytes().splitlines(keepends=True)
    return [line for line in lines if line.endswith(b"\n")]


def test_any_number_of_kills_at_any_moment_costs_no_article_and_no_second_payment(
    runs: Runs, processes: ForkServerContext
) -> None:
    dice = random.Random(11)
    rules = BatchRules(seconds=0.05)
    with LoopbackServer(batches=rules, latency=0.01) as server:
        commands = Commands(processes, runs, server)
        for _ in range(KILLS):
            process = commands.start()
            process.join(dice.uniform(0, 0.8))
            if process.exitcode is not None:
                break
            commands.kill(process)
        commands.finish()
    rows = read_rows(runs.output)
    assert len(rows) == len({row["article"]["location"] for row in rows}) == 10
