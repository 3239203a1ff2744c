"""kill -9 at any moment of a batch into a database or Parquet files."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import signal
import sqlite3
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from summarizer import cli
from summarizer.errors import ExitCode
from tests.batch_support import outputs, records
from tests.invented import TEXT

KILLS = 8
ARTICLES = 300


def run(folder: str, output: str) -> None:
    """What the killed process does: the command itself."""
    code = cli.main([folder, "--output", output, "--engine", "extractive", "--quiet"])
    raise SystemExit(int(code))


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that start with everything imported, so that a kill hits the run itself."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([
        "summarizer.cli.batch", "summarizer.batch.database", "summarizer.batch.parquet",
        "summarizer.engines.extractive",
    ])  # fmt: skip
    return context


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for number in range(ARTICLES):
        (folder / f"{number:03}.txt").write_text(f"{TEXT}\nNumber {number}.\n", "utf-8")
    return folder


def written(output: Path) -> int:
    """How many records there are, also while they are written."""
    if output.suffix == ".db":
        if not output.exists():
            return 0
        with contextlib.closing(sqlite3.connect(output)) as store:
            try:
                return int(store.execute("SELECT count(*) FROM articles").fetchone()[0])
            except sqlite3.OperationalError:  # there is no table yet
                return 0
    journal = output.with_name("out.journal.jsonl")
    rows = journal.read_bytes().count(b"\n") if journal.exists() else 0
    return rows + len(records(output))


@pytest.mark.parametrize("name", outputs("out.db", "out.parquet"))
def test_after_every_kill_each_article_is_in_the_output_exactly_once(
    tmp_path: Path, folder: Path, processes: ForkServerContext, name: str
) -> None:
    dice = random.Random(7)
    output = tmp_path / name
    seen = [0]
    for _ in range(KILLS):
        process = processes.Process(target=run, args=(str(folder), str(output)))
        process.start()
        enough = seen[-1] + 1 + dice.randrange(12)
        while process.is_alive() and written(output) < enough:
            process.join(0.002)
        process.join(dice.uniform(0, 0.02))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        seen.append(written(output))
    assert seen == sorted(seen)
    assert len(set(seen)) > KILLS // 2
    assert seen[-1] < ARTICLES

    last = processes.Process(target=run, args=(str(folder), str(output)))
    last.start()
    last.join()
    assert last.exitcode == ExitCode.OK
    locations = [json.loads(row)["article"]["location"] for row in records(output)]
    assert sorted(locations) == sorted(map(str, folder.iterdir()))
    left = {path.name for path in tmp_path.iterdir() if path != folder}
    if name == "out.db":
        assert left == {"out.db"}
        return
    assert left == {"out.parquet", "out.items.parquet"}
    from pyarrow import parquet

    numbers = parquet.read_table(output, columns=["id"]).column("id").to_pylist()
    assert numbers == list(range(1, ARTICLES + 1))
    items = parquet.read_table(tmp_path / "out.items.parquet", columns=["article"])
    assert set(items.column("article").to_pylist()) == set(numbers)
