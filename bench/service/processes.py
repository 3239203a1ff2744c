"""The servers that are measured, each in a process of its own, and the memory they take."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers at `url`."""

    pid: int
    url: str

    def memory(self) -> float:
        """Bytes of it and of all that it started, each shared page counted once."""
        return sum(_bytes(pid) for pid in _family(self.pid))


@contextmanager
def echo() -> Iterator[Server]:
    """The yardstick, run as the service is: uvloop, httptools and no log of requests."""
    port = _free_port()
    with _running(
        ["-m", "uvicorn", "bench.service.echo:app", "--port", str(port), "--no-access-log",
         "--log-level", "error"],
        {}, port,
    ) as server:  # fmt: skip
        yield server


@contextmanager
def service(*options: str, **variables: str) -> Iterator[Server]:
    """The service with these options; no answer is kept for the next one."""
    port = _free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        _running(
            ["-c", "import sys; from summarizer.service import main; sys.exit(main())",
             "--port", str(port), "--data-dir", folder, "--log-level", "error", *options],
            {"SUMMARIZER_CACHE": "0", **variables}, port,
        ) as server,
    ):  # fmt: skip
        yield server


@contextmanager
def _running(arguments: list[str], variables: Mapping[str, str], port: int) -> Iterator[Server]:
    settings = re.compile(r"(OPENAI|SUMMARIZER|SUMMARIZE_SERVER)_")
    environment = {k: v for k, v in os.environ.items() if not settings.match(k)}
    with subprocess.Popen(
        [sys.executable, *arguments], cwd=_ROOT, env={**environment, **variables}
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process)
            yield Server(process.pid, url)
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers, whatever it answers."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310 - here
        except urllib.error.HTTPError as answer:
            answer.close()
        except OSError:
            time.sleep(0.05)
            continue
        return
    raise RuntimeError(f"the server at {url} did not begin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> Iterator[int]:
    """A process and those below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _bytes(pid: int) -> float:
    """The proportional set size."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
