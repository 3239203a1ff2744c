"""The way out: a transport for httpx that connects only to addresses that were checked.

A host's name is resolved once for each request, all its addresses are checked, and the
socket is opened to a checked address itself, so that no second answer of the name server
can lead elsewhere (DNS rebinding). The URL stays as it is: the Host header, the TLS server
name and the check of the certificate use the name.

Every wait ends at one deadline: resolving, connecting, the handshake and each read, so that
a server which sends a byte now and then gains no time by it.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from summarizer.errors import BlockedAddress, FetchError
from summarizer.sources.addresses import is_public
from summarizer.sources.naming import quoted


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system has them. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def connect(address: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection to an IP address. Raises OSError."""
    connection = socket.create_connection((address, port), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


@dataclass(frozen=True, slots=True)
class Network:
    """What reaches the outside: the seam for tests, and for a caller's own resolver."""

    resolve: Callable[[str, int], Sequence[str]] = resolve
    connect: Callable[[str, int, float], socket.socket] = connect
    tls: Callable[[], ssl.SSLContext] = httpx.create_ssl_context
    clock: Callable[[], float] = time.monotonic


class Deadline:
    """The end of all waiting for one URL."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """The seconds left. Raises FetchError if there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> FetchError:
        """The error that says so."""
        return FetchError(f"the page did not come whole within {self._seconds:g} s")


class CheckedTransport(httpx.BaseTransport):
    """A transport whose connections all go to checked addresses and end at the deadline.

    Raises FetchError and BlockedAddress besides what httpcore raises.
    """

    def __init__(self, network: Network, deadline: Deadline, *, allow_private: bool) -> None:
        self._network = network
        self._backend = _Backend(network, deadline, allow_private=allow_private)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # A pool for each request: a connection is never used again for another name that
        # happens to share its address, and certificates are loaded only for https.
        pool = httpcore.ConnectionPool(
            ssl_context=self._network.tls() if request.url.scheme == "https" else None,
            network_backend=self._backend,
        )
        response = pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response, pool),
            extensions={"http_version": response.extensions["http_version"]},
        )


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response, pool: httpcore.ConnectionPool) -> None:
        self._response = response
        self._pool = pool

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
        self._pool.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, network: Network, deadline: Deadline, *, allow_private: bool) -> None:
        self._network = network
        self._deadline = deadline
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is the only limit
        local_address: str | None = None,  # noqa: ARG002 - none is ever set
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - none is ever set
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        for tried, address in enumerate(addresses):
            # An address that swallows everything leaves time for the next ones.
            share = self._deadline.left() / (len(addresses) - tried)
            try:
                connection = self._network.connect(address, port, share)
            except OSError:
                continue
            return _Stream(connection, self._deadline)
        self._deadline.left()
        raise FetchError(f"no connection to {quoted(host)} on port {port}")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        addresses = self._resolved(host, port)
        if not self._allow_private and not all(map(is_public, addresses)):
            raise BlockedAddress(f"{quoted(host)} leads to an address that is not public")
        return addresses

    def _resolved(self, host: str, port: int) -> Sequence[str]:
        # The system's resolver has no timeout of its own: it is left behind when late.
        answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._network.resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, name="resolve", daemon=True).start()
        try:
            answer = answers.get(timeout=self._deadline.left())
        except queue.Empty:
            raise self._deadline.passed() from None
        if isinstance(answer, Exception) or not answer:
            raise FetchError(f"there is no host {quoted(host)}")
        return answer


class _Stream(httpcore.NetworkStream):
    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        self._connection.settimeout(self._deadline.left())
        try:
            return self._connection.recv(max_bytes)
        except TimeoutError:
            raise self._deadline.passed() from None
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._connection.settimeout(self._deadline.left())
        try:
            self._connection.sendall(buffer)
        except TimeoutError:
            raise self._deadline.passed() from None
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._connection.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is the only limit
    ) -> httpcore.NetworkStream:
        self._connection.settimeout(self._deadline.left())
        name = (server_hostname or "").rstrip(".")
        try:
            secured = ssl_context.wrap_socket(self._connection, server_hostname=name)
        except TimeoutError:
            self.close()
            raise self._deadline.passed() from None
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise FetchError(f"the certificate of {quoted(name)} does not prove it") from error
        except (OSError, ValueError) as error:
            self.close()
            raise FetchError(f"no secure connection to {quoted(name)}") from error
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._connection if info == "socket" else None
