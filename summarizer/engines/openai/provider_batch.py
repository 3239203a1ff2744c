"""A provider's batches over HTTP, by the openai SDK: files up, batches made and told, files down.

Each call is one step that may be made again. The one that costs money, `create`, is made
once: whoever is not sure what came of it asks `find` first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from summarizer.engines.openai import batch_objects, failures, refusals, transport
from summarizer.engines.openai.batch_objects import RemoteBatch, Splitter
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.responses import Reply
from summarizer.engines.openai.retries import RetryPolicy
from summarizer.engines.openai.transport import LARGEST, TooLarge
from summarizer.errors import BatchUnsupported, ConfigurationError

if TYPE_CHECKING:
    import openai

T = TypeVar("T")

#: Seconds for a connection to stand, for a short answer, and for each piece of a long one.
_CONNECT, _ANSWER, _PIECE = 10.0, 60.0, 120.0
#: Seconds over which a step is made again and again, and for a file to be sent or had.
_PATIENCE, _FILE = 600.0, 7200.0
#: The most bytes of a file that are read: 50,000 answers of some 80 kB each.
_LARGEST_FILE = 4_000_000_000
#: A page of a list, and how many are looked through: as many batches as may be made in days.
_PAGE, _PAGES = 100, 200
#: Clocks differ: a batch that is older than what is looked for by so many seconds is not it.
_SKEW = 86_400.0

#: Local servers take any key, and the SDK demands one.
_NO_KEY = "no-key"
_ABSENT = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Absent:
    """The endpoint knows no such batch or file."""


class ProviderBatches:
    """The batches of one account. For one event loop; `aclose` frees its connections.

    Whatever goes wrong is a Failure, whose message is safe to show.
    """

    def __init__(
        self, *, base_url: str, api_key: str | None, retries: RetryPolicy | None = None
    ) -> None:
        self._base_url = base_url
        self._api_key = api_key or _NO_KEY
        self.host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._retries = retries or RetryPolicy()
        #: By how much of an answer they read.
        self._made: dict[int, openai.AsyncOpenAI] = {}

    async def check(self) -> Failure | None:
        """Whether the key is taken, and the endpoint has batches that it can list."""
        found = await self._listed({"limit": 1})
        if isinstance(found, Failure):
            return found
        listed = None if isinstance(found, Absent) else batch_objects.batches(found.content)
        return self._unsupported() if listed is None else None

    async def upload(self, file: IO[bytes], name: str) -> str | Failure:
        """Send a file of requests; its id."""

        async def once() -> str | Failure:
            file.seek(0)
            found = await self._call(
                "POST",
                "/files",
                timeout=_FILE,
                body={"purpose": "batch"},
                files=[("file", (name, file, "application/jsonl"))],
                options={"headers": {"Content-Type": "multipart/form-data"}},
            )
            if isinstance(found, Failure):
                return found
            if isinstance(found, Absent):
                return self._unsupported()
            return batch_objects.identity(found.content) or failures.broken_body(self.host)

        return await self._patiently(once, seconds=_FILE)

    async def create(self, file_id: str, token: str) -> RemoteBatch | Failure:
        """Have the requests of a file run. Not made again: a Failure may have been a success."""
        found = await self._call(
            "POST",
            "/batches",
            timeout=_ANSWER,
            body={
                "input_file_id": file_id,
                "endpoint": batch_objects.ENDPOINT,
                "completion_window": batch_objects.WINDOW,
                "metadata": {batch_objects.TOKEN: token},
            },
        )
        if isinstance(found, Absent):
            return self._unsupported()
        return self._batch(found)

    async def find(self, file_id: str, token: str, *, since: float) -> RemoteBatch | Failure | None:
        """The batch that was made of a file, at `since` (wall clock) or later, if one was."""
        after: str | None = None
        for _ in range(_PAGES):
            query: dict[str, Any] = {"limit": _PAGE} | ({"after": after} if after else {})
            page = await self._listed(query)
            if isinstance(page, Failure):
                return page
            listed = None if isinstance(page, Absent) else batch_objects.batches(page.content)
            if listed is None:
                return self._unsupported()
            found, more = listed
            for batch in found:
                # By the file as well: some gateways keep no metadata.
                if batch.token == token or batch.input_file == file_id:
                    return batch
            known = [batch.created_at for batch in found if batch.created_at is not None]
            if not more or not found or (known and max(known) < since - _SKEW):
                return None
            after = found[-1].id
        return None

    async def retrieve(self, batch_id: str) -> RemoteBatch | Failure | Absent:
        """How far a batch is. Not made again: it is asked often enough."""
        found = await self._get(f"/batches/{quote(batch_id, safe='')}", {})
        return found if isinstance(found, Absent) else self._batch(found)

    async def download(
        self, file_id: str, begin: Callable[[], object], take: Callable[[bytes], object]
    ) -> Failure | Absent | None:
        """Give each line of a file to `take`; `begin` is called before the first, each time."""

        async def once() -> Failure | Absent | None:
            begin()
            return await self._lines(f"/files/{quote(file_id, safe='')}/content", take)

        return await self._patiently(once, seconds=_FILE)

    async def aclose(self) -> None:
        """Close the connections."""
        made, self._made = self._made, {}
        for client in made.values():
            await client.close()

    async def _patiently(
        self, step: Callable[[], Awaitable[T | Failure]], *, seconds: float = _PATIENCE
    ) -> T | Failure:
        return await self._retries.run(step, deadline=self._retries.clock() + seconds)

    async def _listed(self, query: Mapping[str, Any]) -> Reply | Failure | Absent:
        found: Reply | Failure | Absent = await self._patiently(
            lambda: self._get("/batches", query)
        )
        return found

    async def _get(self, path: str, query: Mapping[str, Any]) -> Reply | Failure | Absent:
        return await self._call("GET", path, timeout=_ANSWER, options={"params": dict(query)})

    async def _call(
        self, method: str, path: str, *, timeout: float, **arguments: Any
    ) -> Reply | Failure | Absent:
        """One request and its whole answer."""
        import openai

        client = await self._client(LARGEST)
        call = client.get if method == "GET" else client.post
        options = {"timeout": openai.Timeout(_ANSWER, connect=_CONNECT)}
        arguments["options"] = options | arguments.get("options", {})
        try:
            async with asyncio.timeout(timeout):
                response = await call(path, cast_to=transport.module().Response, **arguments)
                return self._reply(response)
        except openai.APIStatusError as error:
            return self._reply(error.response)
        except (openai.OpenAIError, OSError, transport.module().HTTPError) as error:
            return self._failure(error)

    async def _lines(self, path: str, take: Callable[[bytes], object]) -> Failure | Absent | None:
        """Read a file as it comes."""
        import openai

        client, splitter = await self._client(_LARGEST_FILE), Splitter()
        try:
            async with asyncio.timeout(_FILE):
                response: Any = await client.get(
                    path,
                    cast_to=transport.module().Response,
                    options={"timeout": openai.Timeout(_PIECE, connect=_CONNECT)},
                    stream=True,
                    stream_cls=openai.AsyncStream[Any],
                )
                try:
                    async with contextlib.aclosing(response.aiter_raw()) as pieces:
                        async for piece in pieces:
                            for line in splitter.feed(piece):
                                take(line)
                finally:
                    await response.aclose()
        except openai.APIStatusError as error:
            found = self._reply(error.response)
            return self._unreadable() if isinstance(found, Reply) else found
        except TooLarge:
            return failures.too_large(_LARGEST_FILE)
        except (openai.OpenAIError, OSError, transport.module().HTTPError) as error:
            return self._failure(error)
        for line in splitter.finish():
            take(line)
        return None

    def _reply(self, response: Any) -> Reply | Failure | Absent:
        """An answer, or what its status means."""
        status, headers = response.status_code, response.headers
        if 200 <= status < 300:
            return Reply(status, headers, response.content)
        if status in _ABSENT:
            return Absent()
        details = refusals.read(status, _json(response.content))
        return failures.of_status(details, headers, self._retries.wall_clock())

    def _failure(self, error: Exception) -> Failure:
        import openai

        if isinstance(error.__cause__, TooLarge):
            return failures.too_large(LARGEST)
        if isinstance(error, openai.OpenAIError | TimeoutError):
            return failures.of_exception(error, self.host)
        late = isinstance(error, transport.module().TimeoutException)
        return failures.broke_off(self.host, late=late)

    def _batch(self, found: Reply | Failure) -> RemoteBatch | Failure:
        if isinstance(found, Failure):
            return found
        return batch_objects.batch(found.content) or failures.broken_body(self.host)

    def _unsupported(self) -> Failure:
        return Failure(BatchUnsupported, "rejected", f"{self.host} has no Batch API")

    def _unreadable(self) -> Failure:
        return failures.broken_body(self.host)

    async def _client(self, largest: int) -> openai.AsyncOpenAI:
        """The client for answers of so many bytes at most."""
        if largest not in self._made:
            openai = await asyncio.to_thread(_sdk)
            timeout = openai.Timeout(None, connect=_CONNECT)
            try:
                self._made[largest] = openai.AsyncOpenAI(
                    api_key=self._api_key,
                    base_url=self._base_url,
                    max_retries=0,  # retries have one owner: retries.py
                    timeout=timeout,
                    http_client=transport.http_client(timeout, largest=largest),
                )
            except Exception:  # noqa: BLE001 - the transport's own errors, by several names
                raise ConfigurationError("the base URL is no address that can be asked") from None
        return self._made[largest]


def _sdk() -> Any:
    import openai

    return openai


def _json(content: bytes) -> Any:
    from pydantic_core import from_json

    try:
        return from_json(content)
    except ValueError:
        return None
