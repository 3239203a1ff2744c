"""kill -9 at any moment of a batch costs only the calls in flight."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from summarizer import cli
from summarizer.errors import ExitCode
from summarizer.testing import LoopbackServer
from tests.invented import TEXT

pytestmark = pytest.mark.openai

KILLS = 12
ARTICLES = 200
JOBS = 4


def run(base_url: str, folder: str, output: str) -> None:
    """What the killed process does: the command itself."""
    code = cli.main([
        folder, "--output", output, "--jobs", str(JOBS), "--base-url", base_url, "--no-cache",
        "--quiet",
    ])  # fmt: skip
    raise SystemExit(int(code))


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that start with everything imported, so that a kill hits the run itself."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([
        "summarizer.cli.batch", "summarizer.batch", "summarizer.engines.openai", "instructor",
        "openai", "anyio._backends._asyncio",
    ])  # fmt: skip
    return context


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for number in range(ARTICLES):
        (folder / f"{number:03}.txt").write_text(f"{TEXT}\nNumber {number}.\n", "utf-8")
    return folder


def whole_rows(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_after_a_dozen_kills_each_article_is_in_the_output_exactly_once(
    tmp_path: Path, folder: Path, processes: ForkServerContext
) -> None:
    dice = random.Random(5)
    output = tmp_path / "out.jsonl"
    with LoopbackServer(latency=0.01) as server:

        def started() -> multiprocessing.process.BaseProcess:
            process = processes.Process(
                target=run, args=(server.base_url, str(folder), str(output))
            )
            process.start()
            return process

        seen: list[int] = []
        for _ in range(KILLS):
            process = started()
            # A few rows more than there were, and then anywhere in the next ones.
            enough = whole_rows(output) + dice.randrange(10)
            while process.is_alive() and whole_rows(output) < enough:
                process.join(0.002)
            process.join(dice.uniform(0, 0.03))
            process.kill()
            process.join()
            assert process.exitcode == -signal.SIGKILL
            seen.append(whole_rows(output))
        assert seen == sorted(seen)
        assert len(set(seen)) > KILLS // 2
        assert seen[-1] < ARTICLES

        last = started()
        last.join()
        assert last.exitcode == ExitCode.OK
        asked = len(server.bodies)
    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert sorted(row["article"]["location"] for row in rows) == sorted(map(str, folder.iterdir()))
    # A kill costs what was under way, and what was done and not yet written.
    assert ARTICLES <= asked <= ARTICLES + KILLS * JOBS
    assert [path.name for path in tmp_path.iterdir() if path != folder] == ["out.jsonl"]
