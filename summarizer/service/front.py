"""What every request passes first and every answer last: id, headers, log, counts, bugs."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from summarizer import logs
from summarizer.service import origins
from summarizer.service.auth import Key
from summarizer.service.clients import Gone
from summarizer.service.problems import DRAINING, INTERNAL, Problem
from summarizer.service.state import ServiceState

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{7,99}")

#: On every answer that does not say otherwise. Nothing of it is for another site to use.
_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)

#: What is still read of a body that nobody wanted, so that its sender reads the answer.
_MOST_DRAINED = 4_000_000
_DRAIN_SECONDS = 2.0

_LONGEST_PLACE = 200


def request_id(scope: Scope) -> str:
    """The request's name in logs."""
    return str(scope["state"]["request_id"])


def place(scope: Scope) -> str:
    """The path that was asked for, as a problem has it: no longer than needed, and escaped."""
    return quote(scope["path"][:_LONGEST_PLACE])


def of_bug(error: Exception) -> Problem:
    """The problem that a bug is, which the log has the kind of, and a traceback on request."""
    logs.event("internal_error", logs.WARNING, error=type(error).__name__)
    if os.environ.get("SUMMARIZER_DEBUG") == "1":
        traceback.print_exception(error, file=sys.stderr)
    return Problem(INTERNAL, "This is a bug of the service.")


class Front:
    """The outermost ASGI application: nothing that a handler raises gets past it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        state: ServiceState,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._state = state
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        metrics, began = self._state.metrics, self._clock()
        metrics.in_flight.inc()
        try:
            with logs.about(request=exchange.id):
                try:
                    await self._answer(scope, exchange)
                except Gone:
                    logs.event("client_left")
                except asyncio.CancelledError:
                    # The server alone cancels a request, when it has waited long enough.
                    self._state.broken_off += 1
                    if exchange.status is None:
                        told = "The service stopped before this was done."
                        await exchange.refuse(Problem(DRAINING, told, retry_after=1))
                    raise
                except Exception as error:  # noqa: BLE001 - the last resort: a problem, no words
                    await exchange.fail(error)
                finally:
                    self._tell(scope, exchange, self._clock() - began)
        finally:
            metrics.in_flight.dec()

    async def _answer(self, scope: Scope, exchange: _Exchange) -> None:
        state = self._state
        if not state.keys.required:
            problem = origins.refusal(Headers(scope=scope), state.config)
            if problem is not None:
                await exchange.refuse(problem)
                return
        await self._app(scope, exchange.receive, exchange.send)

    def _tell(self, scope: Scope, exchange: _Exchange, seconds: float) -> None:
        """Count the request and log it: our own path, never the one that was asked for."""
        route = getattr(scope.get("route"), "path", "other")
        key = scope["state"].get("key")
        status = exchange.status or 499  # nothing was sent: the client had left
        self._state.metrics.answered(
            route=route, method=scope["method"], status=status, seconds=seconds
        )
        logs.event(
            "request",
            logs.INFO,
            method=scope["method"] if scope["method"].isalpha() else "other",
            route=route,
            status=status,
            key=key.name if isinstance(key, Key) else None,
            received=exchange.received,
            sent=exchange.sent,
            seconds=seconds,
        )


class _Exchange:
    """A request and its answer, as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        headers = Headers(scope=scope)
        named = headers.get("x-request-id", "")
        self.id = named if _REQUEST_ID.fullmatch(named) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = self.id
        self.status: int | None = None
        self.received = self.sent = 0
        length = headers.get("content-length", "0")
        #: Whether some of the body has yet to come.
        self._more = length.strip("0") != "" or "transfer-encoding" in headers

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
            self._more = message.get("more_body", False)
        else:
            self._more = False
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS:
                headers.setdefault(name, value)
            headers["X-Request-ID"] = self.id
            if self._more:
                headers["Connection"] = "close"
        elif message["type"] == "http.response.body":
            self.sent += len(message.get("body", b""))
            if self._more and not message.get("more_body", False):
                await self._send({**message, "more_body": True})
                await self._drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Answer a bug. What has begun to be answered can only be broken off."""
        problem = of_bug(error)
        if self.status is not None:
            raise _BrokenOff from None
        await self.refuse(problem)

    async def refuse(self, problem: Problem) -> None:
        """Answer with a problem."""
        response = problem.response(instance=place(self._scope), request_id=self.id)
        await response(self._scope, self.receive, self.send)

    async def _drain(self) -> None:
        """Read on for a moment, unless the client is done.

        If the connection were closed on bytes that nobody read, the client might lose the
        answer with them.
        """
        most = self.received + _MOST_DRAINED
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self._more and self.received < most:
                    await self.receive()
        except TimeoutError:
            return


class _BrokenOff(Exception):
    """Tells the server to close the connection: the answer is not whole."""
