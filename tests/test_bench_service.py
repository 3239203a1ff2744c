"""Facts about the measurement of the service under load."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.service import __main__ as measure
from bench.service import wrk
from bench.service.processes import Server
from bench.service.wrk import Load

ROOT = Path(__file__).parent.parent


class Measured(Server):
    """A server that takes a million bytes for each of its number."""

    def memory(self) -> float:
        return self.pid * 1e6


def load(ok: int, p50: float, *, busy: int = 0) -> Load:
    return Load(
        seconds=2.0, ok=ok, limited=0, busy=busy, other=0, bare=0, broken=0, p50=p50, p99=2 * p50
    )


def test_a_table_has_medians_and_the_ratios_of_the_rounds() -> None:
    echo = measure.Subject("echo", Measured(30, ""), "/echo", 16)
    engine = measure.Subject("engine", Measured(90, ""), "/v1/summaries", 16, "echo")
    loads = {
        "echo": [load(1000, 0.001), load(2000, 0.002), load(4000, 0.003)],
        "engine": [load(100, 0.010), load(100, 0.010, busy=3), load(200, 0.030)],
    }
    told = list(measure._table([echo, engine], loads, {"echo": 20e6, "engine": 40e6}))
    assert "| echo | 16 | 1,000.0 | 2.0 | 4.0 | 0 | 30 | 20 |" in told
    assert "| engine | 16 | 50.0 | 10.0 | 20.0 | 3 | 90 | 40 |" in told
    # Of 0.1, 0.05 and 0.05; of 10, 5 and 10.
    assert told[-1] == "| engine to echo | 0.050 | 10.00 | 10.00 | 3.0 |"


def test_the_page_has_the_marks_and_only_what_is_between_them_changes() -> None:
    page = (ROOT / "docs/service-load.md").read_text()
    made = measure.into(page, "NEW")
    head, _, _ = page.partition(measure.BEGIN)
    _, _, tail = page.partition(measure.END)
    assert made == f"{head}{measure.BEGIN}\nNEW\n{measure.END}{tail}"
    assert measure.into(made, "NEW") == made
    with pytest.raises(ValueError, match="marks"):
        measure.into("a page", "NEW")


@contextmanager
def answering(*statuses: int) -> Iterator[str]:
    """A server that answers with these statuses in turn, 429 without Retry-After."""
    turn = itertools.cycle(statuses)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                status = next(turn)
            self.send_response(status)
            if status == 503:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.skipif(not wrk.there(), reason="wrk is not installed")
def test_answers_are_counted_by_status() -> None:
    with answering(200, 200, 429, 503, 500) as url:
        found = wrk.load(url, ['{"a": 1}', '{"b": 2}'], connections=1, seconds=1, key="k")
    assert found.ok > 0
    assert abs(found.ok - 2 * found.limited) <= 2
    assert abs(found.limited - found.busy) <= 1
    assert abs(found.limited - found.other) <= 1
    assert found.bare == found.limited
    assert found.broken == 0
    assert 0 < found.p50 <= found.p99 < found.seconds
