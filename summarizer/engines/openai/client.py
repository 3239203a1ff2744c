"""One request over HTTP, by the openai SDK, which owns its transport."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import re
import sys
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic_core import to_json

from summarizer import logs
from summarizer.engines.openai import failures, pool, reach, sdk, transport
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.responses import Reply
from summarizer.engines.openai.streams import Body, OnText
from summarizer.engines.openai.transport import LARGEST, TooLarge
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    import openai

#: Seconds for a connection to stand. What has no time limit of its own has the deadline's.
_CONNECT_TIMEOUT = 10.0

#: Seconds for the end of a stream after the end of what it says. A connection that comes
#: to its end is used again.
_END_TIMEOUT = 0.2

#: From so many requests at once on, connections are aiohttp's. The parts of a long article
#: are fewer: it does not wait for what it hardly needs.
_MANY = 12

#: Local servers take any key, and the SDK demands one.
_NO_KEY = "no-key"

#: The headers with a provider's name for a request: OpenAI's, which most have, then those
#: of Anthropic, Bedrock and Azure.
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
#: The header for the client's own name, as OpenAI has it; others pay no heed to it.
_CLIENT_REQUEST_ID = "X-Client-Request-Id"
_MODEL = re.compile(r"[A-Za-z0-9_.:/@+-]{1,100}")


class Client:
    """Asks one endpoint. Each event loop that uses it has connections of its own."""

    def __init__(self, *, base_url: str, api_key: str | None) -> None:
        self.base_url = base_url
        #: For messages: a URL may hold a name and a password, its host does not.
        self.host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._api_key = api_key or _NO_KEY
        #: By loop, and by whether they are for many requests at once.
        self._clients: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[bool, openai.AsyncOpenAI]
        ] = WeakKeyDictionary()
        self._under_way = 0
        #: Whether new requests go by aiohttp, and what finds that out, once.
        self._many = False
        self._asked: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Load the SDK. It takes half a second and more, in which the loop goes on."""
        if not hasattr(sys.modules.get("openai"), "AsyncOpenAI"):
            await asyncio.to_thread(importlib.import_module, "openai")

    def prepare(self) -> None:
        """Make this loop's client, and load the SDK if it is not: neither is the endpoint's time.

        Raises ConfigurationError if the base URL is none.
        """
        self._client()

    async def expect_many(self) -> None:
        """Let the requests from now on go by aiohttp, if it can be used."""
        self._many = await asyncio.to_thread(pool.load)

    async def post(
        self, body: Mapping[str, Any], *, timeout: float, on_text: OnText | None = None
    ) -> Reply | Failure:
        """Ask for a completion, for so many seconds at most.

        A body of any status is a Reply, be it a stream of events or not. Of a stream,
        `on_text` gets each piece as it comes. Nothing is raised but cancellation and what
        `on_text` raises: the SDK's exceptions hold the request and the key, and end here.
        """
        self._under_way += 1
        try:
            if self._asked is None and self._under_way >= _MANY:
                self._asked = asyncio.create_task(self.expect_many())
            return await self._post(body, timeout, on_text)
        finally:
            self._under_way -= 1

    async def _post(
        self, body: Mapping[str, Any], timeout: float, on_text: OnText | None
    ) -> Reply | Failure:
        import openai

        response: Any = None
        heard = Body(_guarded(on_text))
        theirs: Exception | None = None
        try:
            async with asyncio.timeout(timeout):
                # The type is that of a response which is not made into the SDK's types: it
                # costs half the time and keeps its headers.
                response = await self._client().post(
                    "/chat/completions",
                    cast_to=transport.module().Response,
                    content=to_json(body),
                    options={
                        "timeout": openai.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT)),
                        "headers": _named(),
                    },
                    stream=True,  # whatever is asked for: the SDK leaves the body to be read
                    stream_cls=openai.AsyncStream[Any],
                )
                await _hear(response, heard)
        except openai.APIStatusError as error:
            response, heard = error.response, Body()
            heard.feed(response.content)
            heard.finish()
        except _Raised as raised:
            theirs = raised.error
        except TooLarge:
            return failures.too_large(LARGEST)
        except (openai.OpenAIError, OSError, transport.module().HTTPError) as error:
            failure = self._failure(error)
            stream = heard.stream
            # A stream may break off when all is said, and else is broken like a broken body.
            if stream is None or not (stream.whole or failure.outcome == "unreachable"):
                return failure
        if theirs is not None:
            raise theirs
        return self._reply(response, heard)

    def _failure(self, error: Exception) -> Failure:
        import openai

        if isinstance(error.__cause__, TooLarge):  # within the SDK
            return failures.too_large(LARGEST)
        if isinstance(error, openai.OpenAIError | TimeoutError):
            return failures.of_exception(error, self.host)
        late = isinstance(error, transport.module().TimeoutException)
        return failures.broke_off(self.host, late=late)

    def _reply(self, response: Any, heard: Body) -> Reply:
        # Read once: the transport's own mapping looks through all of them for each name.
        headers, stream = dict(response.headers.items()), heard.stream
        return Reply(
            response.status_code,
            headers,
            heard.content,
            self._request_id(headers),
            completion=None if stream is None else stream.completion,
            broken=stream is not None and stream.broken,
        )

    async def get(self, path: str, *, timeout: float) -> Reply | reach.Trouble:
        """What the endpoint has at `path`, or why it could not be asked, as `post` does it."""
        import openai

        try:
            async with asyncio.timeout(timeout):
                response = await self._client().get(path, cast_to=transport.module().Response)
        except openai.APIStatusError as error:
            response = error.response
        except (openai.OpenAIError, TimeoutError) as error:
            return reach.trouble(error)
        headers = response.headers
        return Reply(response.status_code, headers, response.content, self._request_id(headers))

    async def aclose(self) -> None:
        """Close this loop's connections; those of loops that have ended are gone with them."""
        clients = self._clients.pop(asyncio.get_running_loop(), {})
        self._clients.clear()
        for client in clients.values():
            await client.close()

    def _request_id(self, headers: Mapping[str, str]) -> str | None:
        """The provider's name for the request, if it looks like one and holds no key."""
        named = (headers.get(name) for name in _REQUEST_ID_HEADERS)
        found = next(filter(None, named), None)
        if found is None or self._api_key in found or not _REQUEST_ID.fullmatch(found):
            return None
        return found

    def is_model(self, text: str) -> bool:
        """Whether what the endpoint sent looks like a model's name, and holds no key."""
        return self._api_key not in text and _MODEL.fullmatch(text) is not None

    def _client(self) -> openai.AsyncOpenAI:
        clients = self._clients.setdefault(asyncio.get_running_loop(), {})
        many = self._many
        client = clients.get(many)
        if client is None:
            try:
                client = clients[many] = self._made(pool.transport() if many else None)
            except Exception:  # noqa: BLE001 - the transport's own errors, by several names
                raise ConfigurationError("the base URL is no address that can be asked") from None
        return client

    def _made(self, connections: Any) -> openai.AsyncOpenAI:
        import openai

        timeout = openai.Timeout(None, connect=_CONNECT_TIMEOUT)
        return sdk.client(
            api_key=self._api_key,
            base_url=self.base_url,
            max_retries=0,  # retries have one owner: retries.py
            timeout=timeout,
            http_client=transport.http_client(timeout, connections),
        )


def _named() -> dict[str, str]:
    """The header that tells the provider for which request of a service this one is."""
    name = logs.known("request")
    if isinstance(name, str) and _REQUEST_ID.fullmatch(name):
        return {_CLIENT_REQUEST_ID: name}
    return {}


class _Raised(Exception):
    """Carries what a caller's function raised past what is caught here."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _guarded(on_text: OnText | None) -> OnText | None:
    if on_text is None:
        return None

    def tell(part: int, piece: str) -> None:
        try:
            on_text(part, piece)
        except Exception as error:  # noqa: BLE001 - it may be of any kind, and is raised again
            raise _Raised(error) from None

    return tell


async def _hear(response: Any, heard: Body) -> None:
    """Read a response's body, and close it whatever happens."""
    try:
        async with contextlib.aclosing(response.aiter_raw()) as pieces:
            async for piece in pieces:
                heard.feed(piece)
                if heard.size > LARGEST:
                    raise TooLarge
                if heard.done:
                    await _drain(pieces)
                    return
        heard.finish()
    finally:
        await response.aclose()


async def _drain(pieces: AsyncGenerator[bytes, None]) -> None:
    """Read what is left of a body, if that is at hand and no trouble."""
    with contextlib.suppress(TimeoutError, TooLarge, transport.module().HTTPError):
        async with asyncio.timeout(_END_TIMEOUT):
            async for _ in pieces:
                pass
