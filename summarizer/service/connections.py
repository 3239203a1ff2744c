"""One connection: uvicorn's, with bounds on its headers, in size and in time."""

from __future__ import annotations

import asyncio
import secrets
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from summarizer.service.config import ServiceConfig
from summarizer.service.metrics import Metrics
from summarizer.service.problems import (
    HEADERS_TOO_LARGE,
    MALFORMED,
    OVERLOADED,
    SLOW,
    Problem,
)

#: For so long a refused client may send on, in seconds. If the connection were closed on
#: bytes that nobody read, the client might lose the answer with them.
_LINGER = 1.0
_RETRY_AFTER = 5
#: A header takes two more characters after its name, and two after its value.
_BETWEEN = 4


def protocol(config: ServiceConfig, metrics: Metrics) -> type[Connection]:
    """The class of this service's connections."""

    class Bounded(Connection):
        service, counts = config, metrics

    return Bounded


class Connection(HttpToolsProtocol):
    """A connection whose client must send its headers in time, and not too many."""

    service: ClassVar[ServiceConfig]
    counts: ClassVar[Metrics]

    #: When the headers must be whole, unless a request is under way.
    _due: asyncio.TimerHandle | None = None
    #: Whether headers have begun, and what of them came: bytes, and characters in what was
    #: whole. A part of a header's line is in the first alone.
    _in_head = False
    _came = 0
    _whole = 0
    _fault: Problem | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.service.max_connections:
            told = "There are too many connections."
            self._refuse(Problem(OVERLOADED, told, retry_after=_RETRY_AFTER))
        else:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._due is None and not self._is_answering:
            self._expect_headers()
        # Else the data may begin with the end of a body.
        of_head = self._in_head or not self._is_answering
        super().data_received(data)
        if of_head and self._in_head and not self._refused:
            self._came += len(data)
            if self._came > self.service.max_header_bytes:
                self._refuse(self._too_large())

    def on_message_begin(self) -> None:
        self._in_head = True
        self._came = self._whole = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._add(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._add(len(name) + len(value) + _BETWEEN)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or more of it than is taken."""
        del msg
        self._refuse(self._fault or Problem(MALFORMED, "This is no HTTP request."))

    def _add(self, size: int) -> None:
        self._whole += size
        if self._whole > self.service.max_header_bytes:
            self._fault = self._too_large()
            raise ValueError("too large")  # ends the parser's work; it is answered above

    def _too_large(self) -> Problem:
        most = self.service.max_header_bytes
        return Problem(HEADERS_TOO_LARGE, f"The headers are larger than {most:,} bytes.")

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _expect_headers(self) -> None:
        self._due = self.loop.call_later(self.service.header_timeout, self._late)

    def _stop_waiting(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _late(self) -> None:
        self._due = None
        if not self._in_head:
            self.transport.close()  # nothing was asked
            return
        told = f"The headers were not whole after {self.service.header_timeout:g} seconds."
        self._refuse(Problem(SLOW, told))

    def _refuse(self, problem: Problem) -> None:
        """Answer, and close the connection when the client had time to read that."""
        self._refused = True
        self._stop_waiting()
        self.counts.shed(problem.kind.name)
        if self._is_answering:
            self.transport.close()  # an answer in the midst of another would be a part of it
            return
        answer = problem.response(instance="", request_id=secrets.token_hex(8))
        lines = [STATUS_LINE[answer.status_code]]
        for name, value in (*self.server_state.default_headers, *answer.raw_headers):
            lines += [name, b": ", value, b"\r\n"]
        lines += [b"connection: close\r\n\r\n", bytes(answer.body)]
        self.transport.write(b"".join(lines))
        self.loop.call_later(_LINGER, self.transport.close)
