"""Facts about a corpus that several processes of Ray make records of."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from summarizer.batch import OutputProblem
from summarizer.distributed.job import Job
from summarizer.distributed.run import Result, run
from summarizer.errors import ExitCode
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer
from summarizer.testing.answers import grounded
from summarizer.testing.replies import Reply, refused, server_error
from tests.ray.corpora import assert_whole, blocks_done, failures, write
from tests.ray.processes import Workers

pytestmark = [
    # Ray reads what it has deprecated itself,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    # and forgets its processes where a busy machine makes it start a second time.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

COMMAND = [str(Path(sys.executable).parent / "summarize-corpus")]
KEY = "sk-corpus-0123456789abcdef"


def settings(server: LoopbackServer, folder: Path, **changes: Any) -> Settings:
    options: dict[str, Any] = {
        "base_url": server.base_url,
        "engine": "openai",
        "model": "loopback",
        "cache_dir": folder / "cache",
    }
    return Settings.load(environ={}, **(options | changes))


def test_with_a_worker_killed_midway_all_500_are_there_once(
    ray_address: str, tmp_path: Path, workers: Workers
) -> None:
    write(tmp_path / "in" / "one.parquet", range(250))
    write(tmp_path / "in" / "two.parquet", range(250, 500))
    out, killed = tmp_path / "out", []
    with LoopbackServer(latency=0.05) as server:

        def kill() -> None:
            server.wait_for(150, timeout=240)
            killed.append(workers.kill_one())

        killer = threading.Thread(target=kill)
        killer.start()
        job = Job(
            str(tmp_path / "in"),
            str(out),
            settings(server, tmp_path),
            workers=2,
            jobs=8,
            block_rows=50,
        )
        result = run(job, address=ray_address)
        killer.join()
        asked = server.account.requests

    assert len(killed) == 1
    assert_whole(out, range(500))
    assert (result.written, result.failed, result.left) == (500, 0, 0)
    # What the dead worker had answered is in the answer cache; what it had under way is not.
    assert 500 <= asked <= 500 + 8 + 8


def test_after_the_driver_was_killed_the_same_command_skips_what_is_done(
    ray_address: str, tmp_path: Path, session_logs: Path
) -> None:
    write(tmp_path / "in" / "one.parquet", range(240))
    out = tmp_path / "out"
    with LoopbackServer(latency=0.1, api_key=KEY) as server:
        command = [
            *COMMAND, "--address", ray_address, "--workers", "2", "--jobs", "4", "--no-cache",
            "--block-size", "20", "--base-url", server.base_url, "--model", "loopback",
            str(tmp_path / "in"), str(out),
        ]  # fmt: skip
        env = os.environ | {"OPENAI_API_KEY": KEY}
        with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as driver:
            until(lambda: blocks_done(out) >= 3)
            driver.kill()
        done = blocks_done(out)
        second = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        asked = server.account.requests

    assert second.returncode == ExitCode.OK, second.stderr
    assert_whole(out, range(240))
    assert not failures(out)
    # Each of two workers had two blocks under way, and the rest was not asked again.
    assert asked <= 240 + 2 * 2 * 20
    assert done >= 3
    for row in second.stderr.splitlines():
        assert row.startswith("summarize-corpus: "), row
    assert "there already" in second.stderr
    # The key is in no file of Ray's.
    assert not [path for path in session_logs.rglob("*") if holds(path, KEY)]


def test_an_interrupted_run_keeps_what_it_has_and_goes_on_and_another_is_told(
    ray_address: str, tmp_path: Path
) -> None:
    write(tmp_path / "in.parquet", range(120))
    out = tmp_path / "out"
    turned_away: list[str] = []

    def again(_: Result) -> None:
        try:
            run(job, address=ray_address)
        except OutputProblem as problem:
            turned_away.append(str(problem))

    with LoopbackServer(latency=0.2) as server:
        job = Job(
            str(tmp_path / "in.parquet"),
            str(out),
            settings(server, tmp_path, cache=False),
            workers=1,
            jobs=8,
            block_rows=60,
        )
        first = run(job, address=ray_address, interrupted=lambda: server.account.completions >= 30)
        asked_first = server.account.requests
        second = run(job, address=ray_address, on_progress=again)
        asked = server.account.requests

    assert turned_away
    assert "another run is writing" in turned_away[0]
    # Its blocks were not done, and what was answered in them is there all the same.
    assert 30 <= first.written < 120
    assert first.left == 120 - first.written
    assert second.known == first.written
    assert asked - asked_first == first.left
    assert_whole(out, range(120))


def test_two_workers_keep_one_limit_together(ray_address: str, tmp_path: Path) -> None:
    write(tmp_path / "in.parquet", range(90))
    out, minute = tmp_path / "out", 4.0
    with LoopbackServer(requests_per_minute=40, minute=minute) as server:
        job = Job(
            str(tmp_path / "in.parquet"),
            str(out),
            settings(server, tmp_path, requests_per_minute=40),
            workers=2,
            jobs=16,
            block_rows=15,
            minute=minute,
        )
        result = run(job, address=ray_address)
        account = server.account.as_json()

    assert (result.written, result.failed) == (90, 0)
    assert_whole(out, range(90))
    # Each by itself would have had 40 in the first minute, and 40 been turned away. A request
    # that is late on a busy machine may still come with those of the next minute.
    assert account["completions"] == 90
    assert account["requests"] <= 90 + 5


def test_two_workers_spend_no_more_than_they_may_together(ray_address: str, tmp_path: Path) -> None:
    write(tmp_path / "in.parquet", range(100))
    with LoopbackServer() as server:
        job = Job(
            str(tmp_path / "in.parquet"),
            str(tmp_path / "out"),
            settings(
                server,
                tmp_path,
                max_cost=1.0,
                input_price=1.0,
                output_price=50.0,
                max_output_tokens=1000,
            ),
            workers=2,
            jobs=2,
            block_rows=10,
        )
        first = run(job, address=ray_address)
        used = dict(server.usage)

    assert type(first.stopped).__name__ == "BudgetExceeded"
    assert used["prompt_tokens"] * 1e-6 + used["completion_tokens"] * 50e-6 <= 1.0
    assert first.failed == 0
    assert 0 < first.written < 100
    assert first.left == 100 - first.written


def test_failures_are_rows_and_are_asked_again_if_they_may_pass(
    ray_address: str, tmp_path: Path
) -> None:
    write(tmp_path / "in" / "good.parquet", range(20))
    (tmp_path / "in" / "bad.parquet").write_bytes(b"PAR1 no")
    out = tmp_path / "out"
    broken = {"on": True}

    def answer(body: dict[str, Any]) -> Reply:
        """No server for two articles, and a refusal of one, for as long as it is broken."""
        words = json.dumps(body["messages"])
        if broken["on"] and ("strike of 5 days" in words or "strike of 6 days" in words):
            return server_error(503)
        if broken["on"] and "strike of 7 days" in words:
            return refused()
        return grounded(body)

    with LoopbackServer(then=answer) as server:
        job = Job(
            str(tmp_path / "in"),
            str(out),
            settings(server, tmp_path, timeout=60.0),
            workers=1,
            jobs=20,
        )
        first = run(job, address=ray_address)
        seen = failures(out)
        broken["on"] = False
        second = run(dataclasses.replace(job, retry_errors=True), address=ray_address)

    assert (first.written, first.failed, first.left, first.files) == (17, 1, 2, 1)
    assert sorted(str(row["id"]) for row in seen if row["id"]) == ["4", "5", "6"]
    assert {row["source"].rpartition("/")[2] for row in seen} == {
        "good.parquet#3", "good.parquet#4", "good.parquet#5", "bad.parquet",
    }  # fmt: skip
    assert (second.known, second.written, second.failed, second.left) == (17, 3, 0, 0)
    assert_whole(out, range(20))
    assert [row["source"].rpartition("/")[2] for row in failures(out)] == ["bad.parquet"]


def test_the_command_works_on_one_machine_with_the_extractive_engine(tmp_path: Path) -> None:
    texts = range(40)
    write(tmp_path / "in.parquet", texts, published=["2026-03-01"] * 39 + ["no date"])
    out = tmp_path / "out"
    command = [*COMMAND, "--local", "--engine", "extractive", "--block-size", "10"]
    done = subprocess.run(
        [*command, str(tmp_path / "in.parquet"), str(out)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENAI_API_KEY": ""},
    )

    assert done.returncode == ExitCode.SOME_FAILED, done.stderr
    assert_whole(out, range(39))
    assert [row["error"] for row in failures(out)] == ["UnreadableSource"]
    assert done.stdout == ""
    for row in done.stderr.splitlines():
        assert row.startswith("summarize-corpus: "), row
    assert "40 rows: 39 written, 1 failed" in done.stderr


def holds(path: Path, secret: str) -> bool:
    """Whether a file holds this; sockets and what is gone hold nothing."""
    try:
        return path.is_file() and secret.encode() in path.read_bytes()
    except OSError:
        return False


def until(true: Callable[[], bool], *, seconds: float = 240.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail("it did not come about")
        time.sleep(0.02)
