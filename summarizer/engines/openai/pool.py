"""Connections for many requests at once: aiohttp, beneath the SDK's own HTTP client.

httpx and httpx2 look through all their connections at each request. With 64 of them a
request costs twice what it costs with one, with 256 four times; aiohttp's costs the same.
It takes 100 ms to load, which one article need not wait for, unless the SDK has done so itself:
openai 3 does where it is installed.

What is asked and how much is read stays with the SDK and `transport`: aiohttp follows no
redirect here, inflates nothing, keeps no cookie, and asks nothing twice.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import ssl
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from summarizer.engines.openai.transport import module

if TYPE_CHECKING:
    import aiohttp
    import yarl

#: Seconds that a connection stays open without a request: the SDK's own number.
_KEEPALIVE = 5.0

#: The longest header that is read, in bytes: httpx's bound is of this order.
_HEADER = 65_536

#: What is larger is sent in pieces, so that the loop goes on.
_PIECE = 1 << 16


def load() -> bool:
    """Load what `transport` needs; it takes a while, and any thread may do it.

    False if there is no aiohttp, or a proxy is set, which httpx knows how to use.
    """
    if urllib.request.getproxies():
        return False
    try:
        importlib.import_module("aiohttp")
    except ImportError:
        return False
    _certificates()
    return True


def transport() -> Any:
    """A transport for the SDK's HTTP client. To be made and used in one event loop."""
    return _made()()


@functools.cache
def _made() -> Callable[[], Any]:
    """The class, made when aiohttp and the SDK's transport are loaded."""
    base = module()

    class Body(cast("type[Any]", base.AsyncByteStream)):  # type: ignore[misc]
        """A body's bytes as they come in."""

        def __init__(self, response: aiohttp.ClientResponse) -> None:
            self._response = response

        async def __aiter__(self) -> AsyncIterator[bytes]:
            content = self._response.content
            with _errors():
                while piece := await content.readany():
                    yield piece

        async def aclose(self) -> None:
            # A connection whose body was read whole serves the next request.
            self._response.release()

    class Transport(cast("type[Any]", base.AsyncBaseTransport)):  # type: ignore[misc]
        """One request of httpx after the other, by aiohttp."""

        def __init__(self) -> None:
            self._session: aiohttp.ClientSession | None = None

        async def handle_async_request(self, request: Any) -> Any:
            if self._session is None:
                self._session = _session()
            body = await request.aread()
            limits = request.extensions.get("timeout", {})
            url = request.url
            if url.userinfo:  # it is in a header already
                url = url.copy_with(userinfo=b"")
            with _errors():
                response = await self._session.request(
                    request.method,
                    _url(str(url)),
                    headers=request.headers.multi_items(),
                    data=(io.BytesIO(body) if len(body) > _PIECE else body) or None,
                    allow_redirects=False,
                    timeout=_timeout(limits.get("connect"), limits.get("read")),
                )
            return base.Response(
                response.status, headers=list(response.raw_headers), stream=Body(response)
            )

        async def aclose(self) -> None:
            if self._session is not None:
                await self._session.close()

    return Transport


def _session() -> aiohttp.ClientSession:
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,  # `traffic` bounds the requests
            ssl=_certificates(),
            keepalive_timeout=_KEEPALIVE,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_line_size=_HEADER,
        max_field_size=_HEADER,
    )


@functools.cache
def _certificates() -> ssl.SSLContext:
    """The certificates that httpx would trust."""
    found: ssl.SSLContext = module().create_ssl_context()
    return found


@functools.lru_cache(maxsize=8)
def _url(text: str) -> yarl.URL:
    import yarl

    return yarl.URL(text, encoded=True)


@functools.lru_cache(maxsize=8)
def _timeout(connect: float | None, read: float | None) -> Any:
    import aiohttp

    return aiohttp.ClientTimeout(connect=connect, sock_read=read)


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Give aiohttp's errors the names that the SDK knows, with the cause behind them."""
    import aiohttp

    names = module()
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise names.ConnectTimeout("no connection in time") from error
    except aiohttp.ServerTimeoutError as error:
        raise names.ReadTimeout("no answer in time") from error
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
        raise names.ConnectError("no connection") from error
    except (aiohttp.ClientOSError, ConnectionError) as error:
        raise names.ReadError("the connection broke off") from error
    except aiohttp.ClientError as error:
        raise names.RemoteProtocolError("the answer broke off, or is no HTTP") from error
