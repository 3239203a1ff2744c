"""What is accepted outlives the server, however it ends: SIGTERM and kill -9 under load."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
import pytest

from summarizer import service
from summarizer.errors import ExitCode
from summarizer.testing import LoopbackServer
from tests.invented import TEXT

pytestmark = pytest.mark.openai

RUNNING = 8
#: What a batch may have under way: one turn is left to who waits for an answer.
AT_ONCE = RUNNING - 1
ARTICLES = 80
KILLS = 8
LINES = {"content-type": "application/x-ndjson"}


def run(arguments: list[str]) -> None:
    """What the killed process does: the command itself."""
    raise SystemExit(int(service.main(arguments)))


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that start with everything imported, so that a kill hits the work itself."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([
        "summarizer.service.server", "summarizer.engines.openai", "instructor", "openai",
        "uvicorn.loops.uvloop", "httptools",
    ])  # fmt: skip
    return context


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """A server that ends and is started again, and what its client sees."""

    def __init__(
        self, processes: ForkServerContext, base_url: str, folder: Path, *options: str
    ) -> None:
        port = free_port()
        self._arguments = [
            "--port", str(port), "--base-url", base_url, "--engine", "openai",
            "--data-dir", str(folder), "--running", str(RUNNING),
            "--workers", "0", "--log-level", "error", *options,
        ]  # fmt: skip
        self._processes = processes
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self.process: BaseProcess | None = None

    def start(self) -> None:
        self.process = self._processes.Process(target=run, args=(self._arguments,))
        self.process.start()
        while self.process.is_alive():
            try:
                self.client.get("/healthz")
            except httpx.TransportError:
                time.sleep(0.01)
            else:
                return
        raise AssertionError(f"the server ended with {self.process.exitcode}")

    def end(self, number: signal.Signals) -> int | None:
        """Send a signal, and wait for the end of it."""
        assert self.process is not None
        assert self.process.pid is not None
        if number is signal.SIGKILL:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.join()
        return self.process.exitcode

    def send(self, articles: int, key: str = "k") -> str:
        content = "".join(
            json.dumps({"id": str(number), "text": f"{TEXT}\nNumber {number}.\n"}) + "\n"
            for number in range(articles)
        )
        answer = self.client.post(
            "/v1/batches", content=content, headers=LINES | {"idempotency-key": key}
        )
        assert answer.status_code == 202
        return str(answer.json()["id"])

    def counts(self, name: str) -> dict[str, int]:
        found: dict[str, int] = self.client.get(f"/v1/batches/{name}").json()["counts"]
        return found

    def rows(self, name: str) -> list[dict[str, Any]]:
        told = self.client.get(f"/v1/batches/{name}/results").text
        return [json.loads(line) for line in told.splitlines()]

    def until(self, name: str, holds: Callable[[dict[str, int]], bool]) -> None:
        while not holds(self.counts(name)):
            time.sleep(0.005)


@contextmanager
def started(
    processes: ForkServerContext, base_url: str, folder: Path, *options: str
) -> Iterator[Service]:
    found = Service(processes, base_url, folder, *options)
    try:
        found.start()
        yield found
    finally:
        found.client.close()
        if found.process is not None:
            found.process.kill()
            found.process.join()


def assert_each_once(rows: list[dict[str, Any]], articles: int = ARTICLES) -> None:
    assert [row["seq"] for row in rows] == list(range(1, articles + 1))
    assert sorted(row["index"] for row in rows) == list(range(articles))
    assert all(row["id"] == str(row["index"]) for row in rows)
    for row in rows:
        assert f"Number {row['index']}." in f"{TEXT}\nNumber {row['index']}.\n"
        assert row["summary"]["article"]["length"] == len(f"{TEXT}\nNumber {row['index']}.\n")


@pytest.mark.parametrize("workers", ["0", "1"])
def test_sigterm_lets_what_is_under_way_finish_and_loses_nothing(
    tmp_path: Path, processes: ForkServerContext, workers: str
) -> None:
    with (
        LoopbackServer(latency=0.2) as model,
        started(processes, model.base_url, tmp_path, "--workers", workers) as server,
    ):
        name = server.send(ARTICLES)
        server.until(name, lambda counts: counts["done"] >= 5 and counts["running"] > 0)
        assert server.end(signal.SIGTERM) == ExitCode.OK
        asked = len(model.bodies)
        assert asked < ARTICLES
        server.start()
        # What had been asked was answered before the end: nothing is asked twice.
        assert server.counts(name)["done"] >= asked
        server.until(name, lambda counts: counts["left"] == 0)
        assert_each_once(server.rows(name))
        assert len(model.bodies) == ARTICLES


def test_what_does_not_finish_after_sigterm_is_done_by_the_next_server(
    tmp_path: Path, processes: ForkServerContext
) -> None:
    with (
        LoopbackServer(latency=1.0) as model,
        started(processes, model.base_url, tmp_path, "--drain-timeout", "0.1") as server,
    ):
        name = server.send(3 * AT_ONCE)
        server.until(name, lambda counts: counts["running"] == AT_ONCE)
        assert server.end(signal.SIGTERM) == ExitCode.OK
        server.start()
        assert server.counts(name)["done"] + server.counts(name)["left"] == 3 * AT_ONCE
        server.until(name, lambda counts: counts["left"] == 0)
        assert_each_once(server.rows(name), 3 * AT_ONCE)
        assert len(model.bodies) <= 4 * AT_ONCE


def test_after_kills_at_any_moment_each_accepted_article_has_one_row(
    tmp_path: Path, processes: ForkServerContext
) -> None:
    dice = random.Random(6)
    with (
        LoopbackServer(latency=0.05) as model,
        started(processes, model.base_url, tmp_path) as server,
    ):
        name = server.send(ARTICLES)
        seen: list[list[dict[str, Any]]] = [[]]
        for _ in range(KILLS):
            enough = server.counts(name)["done"] + dice.randrange(8)
            server.until(name, lambda counts, enough=enough: counts["done"] >= enough)  # type: ignore[misc]
            seen.append(server.rows(name))
            time.sleep(dice.uniform(0, 0.08))
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
            server.start()
        assert len({len(rows) for rows in seen}) > KILLS // 2
        assert len(seen[-1]) < ARTICLES
        server.until(name, lambda counts: counts["left"] == 0)
        last = server.rows(name)
        assert_each_once(last)
        # A row that a client has read is never another one later.
        assert all(rows == last[: len(rows)] for rows in seen)
        # A kill costs no more than what was under way, or answered and not yet written.
        assert ARTICLES <= len(model.bodies) <= ARTICLES + KILLS * AT_ONCE


def test_a_batch_whose_server_is_killed_while_it_is_sent_is_whole_or_not_there(
    tmp_path: Path, processes: ForkServerContext
) -> None:
    """And sent again with the same key, it is one batch."""
    dice = random.Random(7)

    def killed(server: Service, wait: float) -> Iterator[bytes]:
        for number in range(1000):
            if number == 500:
                time.sleep(wait)
            yield json.dumps({"id": str(number), "text": f"{TEXT} {number}"}).encode() + b"\n"
        assert server.process is not None
        server.process.kill()

    with (
        LoopbackServer(latency=30) as model,
        started(processes, model.base_url, tmp_path) as server,
    ):
        for round_number in range(4):
            headers = LINES | {"idempotency-key": f"r{round_number}"}
            with pytest.raises(httpx.TransportError):
                # The last piece is sent after the kill: no answer can come.
                server.client.post(
                    "/v1/batches", content=killed(server, dice.uniform(0, 0.05)), headers=headers
                )
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
            server.start()
            found = server.client.get("/v1/batches").json()["batches"]
            assert len(found) == round_number
            server.send(5, f"r{round_number}")
            assert server.send(5, f"r{round_number}") == server.send(5, f"r{round_number}")
        found = server.client.get("/v1/batches").json()["batches"]
        assert [batch["counts"]["total"] for batch in found] == [5, 5, 5, 5]


def test_a_second_server_on_the_same_folder_says_so_and_ends(
    tmp_path: Path, processes: ForkServerContext
) -> None:
    with (
        LoopbackServer() as model,
        started(processes, model.base_url, tmp_path) as server,
    ):
        name = server.send(3)
        other = Service(processes, model.base_url, tmp_path)
        with pytest.raises(AssertionError, match=f"ended with {int(ExitCode.USAGE)}"):
            other.start()
        other.client.close()
        server.until(name, lambda counts: counts["left"] == 0)
        assert_each_once(server.rows(name), 3)
