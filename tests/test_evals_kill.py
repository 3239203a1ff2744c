"""kill -9 at any moment loses only the calls in flight."""

from __future__ import annotations

import multiprocessing
import random
import signal
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from evals import cli, data, loopback
from evals.errors import ExitCode
from evals.running.rows import Key, Row, read_rows
from evals.running.runner import ROWS

KILLS = 30
REPEATS = 40


def run(base_url: str, out: str) -> None:
    """What the killed process does: the command itself."""
    code = cli.main([
        "run", "--engine", "openai", "--model", loopback.MODEL, "--base-url", base_url,
        "--repeats", str(REPEATS), "--jobs", "4", "--out", out,
    ])  # fmt: skip
    raise SystemExit(int(code))


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that start with everything imported, so that a kill hits the run itself."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([
        "evals.commands.running", "evals.reporting.facts", "summarizer.engines.openai",
        "summarizer.pipeline", "instructor", "openai", "anyio._backends._asyncio",
    ])  # fmt: skip
    return context


def size(path: Path) -> int:
    """Bytes of the rows so far."""
    return (path / ROWS).stat().st_size if (path / ROWS).exists() else 0


def answers(path: Path) -> dict[Key, dict[str, object]]:
    """The rows by key, without their clocks."""
    rows: tuple[Row, ...] = read_rows(path / ROWS)
    assert len({row.key for row in rows}) == len(rows)
    return {row.key: row.same_answer() for row in rows}


@pytest.mark.openai
def test_after_thirty_kills_the_rows_are_those_of_an_unbroken_run(
    tmp_path: Path, processes: ForkServerContext
) -> None:
    corpus = data.load()
    dice = random.Random(30)
    with loopback.server(corpus, "b", latency=0.01) as server:
        whole = processes.Process(target=run, args=(server.base_url, str(tmp_path / "whole")))
        whole.start()
        whole.join()
        assert whole.exitcode == ExitCode.OK

        broken = tmp_path / "broken"
        seen: list[int] = []
        for _ in range(KILLS):
            process = processes.Process(target=run, args=(server.base_url, str(broken)))
            process.start()
            # A few rows more than there were, and then anywhere in the next ones.
            enough = size(broken) + dice.randrange(8) * 10_000
            while process.is_alive() and size(broken) < enough:
                process.join(0.002)
            process.join(dice.uniform(0, 0.02))
            process.kill()
            process.join()
            assert process.exitcode == -signal.SIGKILL
            seen.append(len(answers(broken)) if (broken / ROWS).exists() else 0)
        assert seen == sorted(seen)
        assert len(set(seen)) > 10
        assert seen[-1] < REPEATS * len(corpus.cases)

        last = processes.Process(target=run, args=(server.base_url, str(broken)))
        last.start()
        last.join()
        assert last.exitcode == ExitCode.OK
    assert answers(broken) == answers(tmp_path / "whole")
    assert len(answers(broken)) == REPEATS * len(corpus.cases)
