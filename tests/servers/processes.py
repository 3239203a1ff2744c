"""A server of others as a process on this machine: started, waited for, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

#: Seconds for a server to be ready. LiteLLM takes half a minute on a slow machine.
_PATIENCE = 100.0

#: Nothing listens on the port "discard": what would leave this machine fails at once.
_NO_WAY_OUT = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"),
    "NO_PROXY": "127.0.0.1,localhost",
}


@dataclass(frozen=True, slots=True)
class Served:
    """A server that is ready. `log` has all it prints."""

    base_url: str
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """End it and what it started, at once, as a crash would."""
        _end(self.process, signal.SIGKILL)


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serve(
    command: Sequence[str],
    *,
    port: int,
    ready: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """The server that `command` starts, from when the path `ready` answers.

    `folder` is where it runs, and has what it prints. It gets nothing of this process's
    environment but the search path, and has no way out of this machine by a proxy.
    """
    log = folder / "server.log"
    known = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**known, **_NO_WAY_OUT, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}{ready}", log)
        yield Served(f"http://127.0.0.1:{port}/v1", process, log)
    finally:
        _end(process, signal.SIGTERM)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    patience = time.monotonic() + _PATIENCE
    with httpx.Client(trust_env=False, timeout=5.0) as client:
        while time.monotonic() < patience:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{log.read_text()[-4000:]}")
            try:
                if client.get(url).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    raise TimeoutError(f"the server is not ready:\n{log.read_text()[-4000:]}")


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """End the process's group, and see that it is gone."""
    for kind in (how, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, kind)
        try:
            process.wait(10.0)
        except subprocess.TimeoutExpired:
            continue
