"""A page from the web, within limits.

Limits: http and https only, no user name or password in the URL, public addresses unless
allowed otherwise (each redirect again), five redirects, one deadline over everything, a
number of bytes that holds for what is sent and for what it unpacks to, and media types
that can hold an article.

Proxies named in the environment are not used: a proxy resolves names itself, and what it
connects to could not be checked.
"""

from __future__ import annotations

import http
import importlib.metadata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore
import httpx

from summarizer.errors import FetchError, SourceTooLarge, UnreadableSource
from summarizer.sources.naming import quoted
from summarizer.sources.network import CheckedTransport, Deadline, Network

MOST_REDIRECTS = 5
MEDIA_TYPES = frozenset(
    "application/xhtml+xml text/html text/markdown text/plain text/x-markdown".split()
)
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_STATUSES = frozenset(map(int, http.HTTPStatus))
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a URL held: the bytes, unpacked, and what was said of them."""

    data: bytes
    content_type: str | None
    url: str


def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout: float,
    allow_private: bool = False,
    network: Network | None = None,
) -> Fetched:
    """What is at `url` after its redirects; `timeout` in seconds is for all of it.

    Raises FetchError if it cannot be had, BlockedAddress if it leads to an address that is
    not public, SourceTooLarge, and UnreadableSource for a media type that holds no article.
    Each names the place it happened at, which may be that of a redirect.
    """
    network = network or Network()
    deadline = Deadline(timeout, network.clock)
    transport = CheckedTransport(network, deadline, allow_private=allow_private)
    with httpx.Client(transport=transport, headers=_headers(), trust_env=False) as client:
        for _ in range(MOST_REDIRECTS + 1):
            address = _checked(url)
            place = _place(address)
            try:
                with client.stream("GET", address) as response:
                    target = _redirect(response)
                    if target is None:
                        data = _body(response, max_bytes)
                        return Fetched(data, response.headers.get("content-type"), address)
            except (FetchError, SourceTooLarge, UnreadableSource) as error:
                raise type(error)(f"{place}: {error}") from error.__cause__
            except httpx.InvalidURL as error:
                raise FetchError(f"{place} leads to a URL that cannot be asked for") from error
            except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError,
                    httpx.HTTPError) as error:  # fmt: skip
                raise FetchError(f"{place}: the connection broke, or was not HTTP") from error
            url = target
    raise FetchError(f"{place} leads on after {MOST_REDIRECTS} redirects")


def _headers() -> dict[str, str]:
    try:
        version = "/" + importlib.metadata.version("article-summarizer")
    except importlib.metadata.PackageNotFoundError:  # run from a checkout
        version = ""
    return {
        "User-Agent": f"article-summarizer{version}",
        "Accept": "text/html, application/xhtml+xml, text/plain;q=0.9, text/markdown;q=0.9",
        # Only what can be unpacked within a limit on the result.
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }


def _checked(url: str) -> str:
    """The URL without its fragment. Raises FetchError if it is none that is fetched."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FetchError(f"{_place(url)} is not a URL that can be asked for") from error
    if (
        parsed.scheme not in ("http", "https")
        or not parsed.host
        or b"%" in parsed.raw_host
        or (parsed.port or 80) > 65_535
    ):
        raise FetchError(f"{_place(url)} is not an http or https URL")
    if parsed.userinfo:
        raise FetchError(f"{_place(url)}: a URL with a user name or password is not fetched")
    return str(parsed.copy_with(fragment=None))


def _place(url: str) -> str:
    """Scheme, host and path for a message: a query may hold a token."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the URL"
    host = parts.netloc.rpartition("@")[2]
    return quoted(f"{parts.scheme}://{host}{parts.path}" if host else f"{parts.scheme}:")


def _redirect(response: httpx.Response) -> str | None:
    location = response.headers.get("location")
    if response.status_code not in _REDIRECTS or not location:
        return None
    return str(response.url.join(location))


def _body(response: httpx.Response, max_bytes: int) -> bytes:
    status = response.status_code
    if status not in (200, 203):
        phrase = http.HTTPStatus(status).phrase if status in _STATUSES else ""
        raise FetchError(f"the server answered {status} {phrase}".rstrip())
    content_type = response.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type and media_type not in MEDIA_TYPES:
        raise UnreadableSource(f"it holds {quoted(media_type[:80])}, not text or HTML")
    data = bytearray()
    for chunk in _unpacked(response, max_bytes):
        data += chunk
        if len(data) > max_bytes:
            raise SourceTooLarge(f"it is larger than {max_bytes:,} bytes")
    return bytes(data)


def _unpacked(response: httpx.Response, max_bytes: int) -> Iterator[bytes]:
    """The body's bytes, unpacked a limited piece at a time."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("identity", ""):
        yield from _limited(response, max_bytes)
        return
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"it is packed as {quoted(coding[:40])}, which was not asked for")
    unpacker = None
    try:
        for packed in _limited(response, max_bytes):
            if unpacker is None:
                unpacker = zlib.decompressobj(_window(coding, packed[0]))
            yield unpacker.decompress(packed, _CHUNK)
            while unpacker.unconsumed_tail and not unpacker.eof:
                yield unpacker.decompress(unpacker.unconsumed_tail, _CHUNK)
    except zlib.error as error:
        raise FetchError(f"it is not {coding} as it says") from error
    if unpacker is not None and not unpacker.eof:
        raise FetchError("it ends before it is whole")


def _limited(response: httpx.Response, max_bytes: int) -> Iterator[bytes]:
    """The body as it is sent, up to the limit: an endless one may unpack to nothing."""
    declared = response.headers.get("content-length", "")
    size = int(declared) if declared.isdecimal() and len(declared) < 20 else 0
    if size > max_bytes:
        raise SourceTooLarge(f"it is larger than {max_bytes:,} bytes")
    received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        if received > max_bytes:
            raise SourceTooLarge(f"it is larger than {max_bytes:,} bytes")
        if chunk:
            yield chunk


def _window(coding: str, first: int) -> int:
    """What zlib calls the form: gzip, or deflate with its header, or without as some send it."""
    if coding != "deflate":
        return zlib.MAX_WBITS + 16
    return zlib.MAX_WBITS if first & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS
