"""An address on this machine where nobody answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unreachable() -> Iterator[str]:
    """A base URL that refuses every connection.

    Its port is held and not listened to, so that nobody else can answer there meanwhile.
    """
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/v1"
