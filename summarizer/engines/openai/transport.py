"""The SDK's own HTTP client, bounded: how much is read, and where a redirect may lead."""

from __future__ import annotations

import functools
import importlib
import zlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import httpx2
    import openai

#: The most bytes of an answer that are kept, inflated. The longest answer that a model has
#: room for is a tenth of it, and with this the answers of all requests at once have room in
#: memory.
LARGEST = 16_000_000

#: A stream wraps each token, a few bytes, in an event of some hundred, which is not kept.
_EVENTS = 8

#: An API redirects to another spelling of its address, not on and on.
_MOST_REDIRECTS = 3


class TooLarge(Exception):
    """An answer has more bytes than are read."""


@functools.cache
def module() -> Any:
    """The transport of the SDK that is installed: httpx2 since openai 3, before it httpx."""
    import openai

    major = int(openai.__version__.partition(".")[0])
    return importlib.import_module("httpx2" if major >= 3 else "httpx")


def http_client(
    timeout: openai.Timeout, connections: Any = None, *, largest: int = LARGEST
) -> httpx2.AsyncClient:
    """The SDK's HTTP client. Reading a body of more than `largest` bytes raises TooLarge.

    `connections` is a transport of httpx in the place of its own.

    It inflates bodies itself: httpx, unlike httpx2, inflates as much at once as there is.
    A redirect is followed to the same host, where it keeps the request: elsewhere, neither
    the key nor the article has any business.
    """
    import openai

    return openai.DefaultAsyncHttpxClient(
        timeout=timeout,
        headers={"Accept-Encoding": "gzip"},
        max_redirects=_MOST_REDIRECTS,
        event_hooks={"response": [functools.partial(_bound, largest=largest)]},
        transport=connections,
    )


async def _bound(response: Any, *, largest: int) -> None:
    """Bound a response whose body is not read yet."""
    headers = response.headers
    if "location" in headers and not _may_follow(response):
        del headers["location"]
    events = response.status_code == 200 and "event-stream" in headers.get("content-type", "")
    limit = largest * _EVENTS if events else largest
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding:
        # What is inflated here has no encoding any more, and what is not is no JSON.
        del headers["content-encoding"]
    length = headers.get("content-length", "")
    if length.isascii() and length.isdecimal():
        if int(length[:20]) > limit:
            raise TooLarge
        if not encoding:
            return  # no more than its length can come
    inflate = encoding in {"gzip", "x-gzip", "deflate"}
    response.stream = _bounded()(response.stream, limit=limit, inflate=inflate)


def _may_follow(response: Any) -> bool:
    """Whether a redirect leads to the same place with the same request."""
    asked = response.request.url
    try:
        url = asked.join(response.headers["location"])
    except module().InvalidURL:
        return False
    if response.status_code not in {307, 308} or url.host != asked.host or url.userinfo:
        return False
    secured = (asked.scheme, asked.port, url.scheme, url.port) == ("http", None, "https", None)
    return secured or (asked.scheme, asked.port) == (url.scheme, url.port)


@functools.cache
def _bounded() -> Callable[..., Any]:
    """The class of bounded bodies, made when the transport is loaded."""

    class Bounded(cast("type[Any]", module().AsyncByteStream)):  # type: ignore[misc]
        """A body's bytes, inflated if they are packed. Raises TooLarge."""

        def __init__(self, stream: Any, *, limit: int, inflate: bool) -> None:
            self._stream = stream
            self._pieces = stream.__aiter__()
            self._left = limit
            # 32: the header tells whether it is gzip or deflate.
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 32) if inflate else None

        def __aiter__(self) -> AsyncIterator[bytes]:
            return cast("AsyncIterator[bytes]", self)

        async def __anext__(self) -> bytes:
            try:
                return self._checked(await self._pieces.__anext__())
            except StopAsyncIteration:
                raise
            except BaseException:
                await self.aclose()  # the SDK leaves the body of an error to the collector
                raise

        def _checked(self, piece: bytes) -> bytes:
            if self._inflater is not None:
                try:
                    piece = self._inflater.decompress(piece, self._left + 1)
                except zlib.error:
                    raise module().DecodingError("the body cannot be inflated") from None
            self._left -= len(piece)
            if self._left < 0:
                raise TooLarge
            return piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded
