"""One request over HTTP, by the openai SDK, which owns its transport."""

from __future__ import annotations

import asyncio
import functools
import importlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from summarizer.engines.openai import failures
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.responses import Reply
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    import openai

#: Seconds for a connection to stand. What has no time limit of its own has the deadline's.
_CONNECT_TIMEOUT = 10.0

#: Local servers take any key, and the SDK demands one.
_NO_KEY = "no-key"

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


class Client:
    """Asks one endpoint. Each event loop that uses it has connections of its own."""

    def __init__(self, *, base_url: str, api_key: str | None) -> None:
        self.base_url = base_url
        #: For messages: a URL may hold a name and a password, its host does not.
        self.host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._api_key = api_key or _NO_KEY
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = (
            WeakKeyDictionary()
        )

    def prepare(self) -> None:
        """Load the SDK and make this loop's client: neither is the endpoint's time.

        Raises ConfigurationError if the base URL is none.
        """
        self._client()

    async def post(self, body: Mapping[str, Any], *, timeout: float) -> Reply | Failure:
        """Ask for a completion, for so many seconds at most.

        A body of any status is a Reply, and nothing but cancellation is raised: the SDK's
        exceptions hold the request and the key, and end here.
        """
        import openai

        try:
            async with asyncio.timeout(timeout):
                response = await self._client().post(
                    "/chat/completions",
                    cast_to=_response_type(),
                    body=body,
                    options={
                        "timeout": openai.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT))
                    },
                )
        except openai.APIStatusError as error:
            response = error.response
        except (openai.OpenAIError, TimeoutError) as error:
            return failures.of_exception(error, self.host)
        headers = response.headers
        return Reply(response.status_code, headers, response.content, self._request_id(headers))

    async def aclose(self) -> None:
        """Close this loop's connections; those of loops that have ended are gone with them."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        self._clients.clear()
        if client is not None:
            await client.close()

    def _request_id(self, headers: Mapping[str, str]) -> str | None:
        """The provider's name for the request, if it looks like one and holds no key."""
        found = headers.get("x-request-id")
        if found is None or self._api_key in found or not _REQUEST_ID.fullmatch(found):
            return None
        return found

    def _client(self) -> openai.AsyncOpenAI:
        import openai

        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            try:
                client = openai.AsyncOpenAI(
                    api_key=self._api_key,
                    base_url=self.base_url,
                    max_retries=0,  # retries have one owner: retries.py
                    timeout=openai.Timeout(None, connect=_CONNECT_TIMEOUT),
                )
            except Exception:  # noqa: BLE001 - the transport's own errors, by several names
                raise ConfigurationError("the base URL is no address that can be asked") from None
            self._clients[loop] = client
        return client


@functools.cache
def _response_type() -> type[Any]:
    """The response class of the SDK's own HTTP client: httpx's, or httpx2's since openai 3.

    A response that is not made into the SDK's types costs half the time and keeps its
    headers.
    """
    import openai

    major = int(openai.__version__.partition(".")[0])
    transport = importlib.import_module("httpx2" if major >= 3 else "httpx")
    found: type[Any] = transport.Response
    return found
