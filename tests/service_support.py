"""A real service on loopback, in a thread of the test or in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from summarizer.pipeline import Summarizer
from summarizer.service.config import ServiceConfig
from summarizer.service.server import listen, server_of
from summarizer.service.state import ServiceState
from summarizer.settings import Settings

#: An article that the extractive engine makes a record of.
ARTICLE = """\
Ferry Terminal in Port Varn Reopens

PORT VARN, March 14, 2031 – The ferry terminal in Port Varn will reopen on Monday after two \
years of repairs, the city council said on Friday.

"The pier is safe again," said Mayor Ilse Hartmann.
"""


class Service:
    """A service that runs, and a client of it."""

    def __init__(self, client: httpx.Client, state: ServiceState) -> None:
        self.client = client
        self.state = state

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        port = self.client.base_url.port
        assert port is not None
        return "127.0.0.1", port

    def connect(self) -> socket.socket:
        """A bare connection, which the caller closes."""
        return socket.create_connection(self.address, timeout=30)

    def alive(self) -> bool:
        """Whether it still makes records."""
        answer = self.client.post("/v1/summaries", json={"text": ARTICLE})
        return answer.status_code == 200


@contextlib.contextmanager
def serving(
    *, summarizer: Summarizer | None = None, settings: Settings | None = None, **options: Any
) -> Iterator[Service]:
    """A service with these options of its configuration, on a free port."""
    if settings is None:
        settings = Settings.load(environ={}, engine="extractive", cache=False)
    config = ServiceConfig.load(environ={}, **{"port": 0, "drain_timeout": 5, **options})
    listening = listen(config)
    server = server_of(settings, config, summarizer=summarizer)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
    )
    thread.start()
    port = listening.getsockname()[1]
    try:
        # The socket listens already: a request waits until it is accepted.
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False
        ) as client:
            assert client.get("/healthz").status_code == 200
            yield Service(client, server.state)
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def events(text: str) -> list[tuple[str, str]]:
    """The name and data of each event in a stream, comments left out."""
    found: list[tuple[str, str]] = []
    for block in text.split("\n\n"):
        fields = dict(re.findall(r"(?m)^(id|event|data): (.*)$", block))
        if fields:
            assert fields["id"] == str(len(found) + 1)
            found.append((fields["event"], fields["data"]))
    return found


@contextlib.contextmanager
def process(*arguments: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`summarize-server` as a process, and its address, when it has begun."""
    started = subprocess.Popen(
        [sys.executable, "-c", "import sys; from summarizer.service import main; sys.exit(main())",
         "--port", "0", *arguments],
        stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), **environ},
    )  # fmt: skip
    try:
        assert started.stderr is not None
        first = started.stderr.readline()
        found = re.search(r"http://\S+:\d+", first)
        assert found, first + started.stderr.read()
        yield started, found[0]
    finally:
        started.kill()
        started.wait(30)
        assert started.stderr is not None
        started.stderr.close()
