"""Why no connection came to stand, told from the SDK's exception. Pure."""

from __future__ import annotations

import socket
import ssl
from typing import Literal

Trouble = Literal["name", "refused", "tls", "timeout", "broken"]

_DEPTH = 12


def trouble(error: BaseException) -> Trouble:
    """The step that failed, by the exceptions that `error` comes from.

    name: no address for the host's name. refused: nothing listens there, or no way leads
    there. tls: a certificate, or something that speaks no TLS. timeout: no word in time.
    broken: a connection that ended early, or a cause unknown.
    """
    found: Trouble = "broken"
    cause: BaseException | None = error
    for _ in range(_DEPTH):
        if cause is None:
            break
        if isinstance(cause, socket.gaierror):
            return "name"
        if isinstance(cause, ssl.SSLError):
            return "tls"
        if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__:
            return "timeout"
        # httpx and httpx2 name it alike, when no connection came to stand.
        if isinstance(cause, ConnectionRefusedError) or type(cause).__name__ == "ConnectError":
            found = "refused"
        cause = cause.__cause__ or cause.__context__
    return found
