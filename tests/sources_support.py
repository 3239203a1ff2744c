"""What the tests of sources share: a page, settings, and a web server on this machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).parent / "data" / "news.example.pem"
PUBLIC = "93.184.215.14"
PARAGRAPHS = (
    "Council members voted 7-2 on Tuesday to close the old harbour bridge for repairs.",
    "“It is the safest thing to do,” said the mayor, Anna Kowalska, who had long argued for it.",
    "The bridge, built in 1931, carries about 12,000 vehicles a day. It has cracks in two piers.",
    "Business owners on the east bank say the detour will cost them customers in the summer.",
)
PLAIN = "\n\n".join(PARAGRAPHS)


def page(
    body: str | None = None, *, head: str = "<title>Bridge to close</title>", after: str = ""
) -> str:
    """A news page with `body` as its article, `after` behind it."""
    if body is None:
        body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return (
        f'<!doctype html><html><head><meta charset="utf-8">{head}</head><body>'
        "<header><nav><a href='/'>Home</a> <a href='/news'>News</a></nav></header>"
        f"<main><article><h1>Bridge to close</h1>{body}</article></main>{after}"
        "<footer>Copyright 2023 The Harbour Times</footer></body></html>"
    )


@dataclass(frozen=True)
class Limits:
    """The settings that sources read."""

    max_bytes: int = 1_000_000
    fetch_timeout: float = 30.0
    allow_private_urls: bool = True


Route = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by the routes of its server."""

    protocol_version = "HTTP/1.1"
    server: WebServer

    def do_GET(self) -> None:  # the standard library's name
        self.server.received.append((self.path, dict(self.headers.items())))
        route = self.server.routes.get(self.path)
        # A client that has seen enough hangs up.
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            if route is None:
                self.answer(b"no such page", status=404)
            else:
                route(self)

    def answer(
        self,
        body: bytes | str,
        content_type: str | None = "text/html; charset=utf-8",
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Send one whole answer."""
        body = body.encode() if isinstance(body, str) else body
        fields = {"Content-Type": content_type, "Content-Length": str(len(body))}
        self.send_response(status)
        for name, value in (fields | (headers or {})).items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing on standard error."""


class WebServer(ThreadingHTTPServer):
    """A web server of `routes` that keeps the path and headers of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes: dict[str, Route] = {}
        self.received: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A broken connection is what many of these tests are about."""


@contextlib.contextmanager
def web_server(*, tls: bool = False) -> Iterator[WebServer]:
    """A running server; with `tls`, it shows the certificate of news.example."""
    server = WebServer()
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Wires:
    """Names and cables: every connection ends at one local port, whatever its address.

    Keeps the names that were resolved and the addresses that were connected to.
    """

    port: int
    addresses: dict[str, list[str]] = field(default_factory=dict)
    resolved: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[str]:  # noqa: ARG002 - a resolver's form
        self.resolved.append(host)
        return self.addresses.get(host, [host])

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        self.connected.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), timeout)
