"""The articles in the body of a batch: read piece by piece, and kept as they come."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request

from summarizer.service import bodies
from summarizer.service.config import ServiceConfig
from summarizer.service.problems import (
    MALFORMED,
    SLOW,
    TOO_LARGE,
    UNSUPPORTED,
    Problem,
    of_places,
)
from summarizer.service.records import Entry
from summarizer.service.submissions import EXAMPLE, WAYS, Options, Submission, checked

#: So many articles, or bytes of them, are put into the store at once.
_ENTRIES, _BYTES = 200, 1_000_000
#: So many times longer than another body, a batch may take.
_LONGER = 20

TYPES: Final = (bodies.JSON, bodies.NDJSON)


class BatchArticle(Submission):
    """One article of a batch."""

    model_config = ConfigDict(
        title="BatchArticle",
        json_schema_extra={"examples": [{"id": "a1", **EXAMPLE}], "oneOf": WAYS},
    )

    id: Annotated[
        str | None, Field(max_length=200, description="Your own name for it, given back as it is.")
    ] = None


class BatchSubmission(BaseModel):
    """Many articles, and how those are to be read that do not say it themselves."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        title="BatchSubmission",
        json_schema_extra={"examples": [{"articles": [{"id": "a1", **EXAMPLE}]}]},
    )

    articles: Annotated[tuple[BatchArticle, ...], Field(min_length=1)]
    options: Options = Options()


class _Sent(BaseModel):
    """The same, with articles that are checked one by one: the first fault ends it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    articles: tuple[Any, ...]
    options: Options = Options()


class Intake:
    """Reads the articles of one request. `digest` is of all that was read."""

    def __init__(self, request: Request, config: ServiceConfig) -> None:
        """Raises a Problem if the body's type is none of `TYPES`, or it is packed."""
        self._request = request
        self._config = config
        self._kind = bodies.media_type(request, TYPES)
        self._most = config.max_body_bytes if self._kind == bodies.JSON else config.batch_bytes
        coding = request.headers.get("content-encoding", "identity").strip().lower()
        if coding not in {"", "identity"}:
            raise Problem(UNSUPPORTED, "A compressed body is not taken: send it as it is.")
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > self._most):
            raise self._too_large()
        self._digest = hashlib.sha256(self._kind.encode())
        self._count = 0

    @property
    def digest(self) -> bytes:
        """Of the body's type and bytes."""
        return self._digest.digest()

    async def skip(self) -> None:
        """Read all of it, for the digest alone. Raises as `store`."""
        async for _ in self._chunks():
            pass

    async def store(self, add: Callable[[Sequence[Entry]], Awaitable[None]]) -> None:
        """Give all articles to `add`, in pieces of bounded size.

        Raises a Problem for what is too large, too slow, broken off, or no article.
        """
        held: list[Entry] = []
        size = 0
        articles = self._whole() if self._kind == bodies.JSON else self._lines()
        async for entry in articles:
            held.append(entry)
            size += len(entry.body)
            if len(held) >= _ENTRIES or size >= _BYTES:
                await add(held)
                held, size = [], 0
        if held:
            await add(held)
        if not self._count:
            raise of_places([("", "there is no article in it")])

    async def _whole(self) -> AsyncIterator[Entry]:
        body = b"".join([chunk async for chunk in self._chunks()])
        batch = bodies.validated(_Sent, body)
        for number, sent in enumerate(batch.articles):
            place = f"/articles/{number}"
            try:
                article = BatchArticle.model_validate(sent)
            except ValidationError as error:
                raise bodies.of_validation(error, within=place) from None
            yield self._entry(article, place, batch.options)

    async def _lines(self) -> AsyncIterator[Entry]:
        rest = b""
        async for chunk in self._chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if (entry := self._line(line)) is not None:
                    yield entry
            self._check_length(rest)
        if (entry := self._line(rest)) is not None:
            yield entry

    def _line(self, line: bytes) -> Entry | None:
        """The article of a line, or None if it is empty."""
        self._check_length(line)
        if not line.strip():
            return None
        place = f"/{self._count}"
        return self._entry(bodies.validated(BatchArticle, line, within=place), place, Options())

    def _check_length(self, line: bytes) -> None:
        if len(line) > self._config.max_body_bytes:
            told = f"A line is longer than {self._config.max_body_bytes:,} bytes."
            raise Problem(TOO_LARGE, told)

    def _entry(self, article: BatchArticle, place: str, options: Options) -> Entry:
        self._count += 1
        if self._count > self._config.batch_articles:
            told = f"A batch has at most {self._config.batch_articles:,} articles."
            raise Problem(TOO_LARGE, told)
        if "options" not in article.model_fields_set:
            article = article.model_copy(update={"options": options})
        try:
            checked(article, self._config)
        except Problem as problem:
            faults = problem.members.get("errors")
            if faults is None:
                raise
            raise of_places(
                [(f"{place}{fault['pointer']}", fault["detail"]) for fault in faults]
            ) from None
        return Entry(article.id, article.model_dump_json(exclude={"id"}, exclude_none=True))

    async def _chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes. No piece of it may be late, nor all of it by far."""
        patience, size = self._config.body_timeout, 0
        pieces = self._request.stream()
        clock = asyncio.get_running_loop().time
        last = clock() + _LONGER * patience
        try:
            while True:
                # The time is that of the client alone: who is given a piece may take longer.
                async with asyncio.timeout_at(min(clock() + patience, last)):
                    chunk = await anext(pieces, None)
                if chunk is None:
                    return
                size += len(chunk)
                if size > self._most:
                    raise self._too_large()
                self._digest.update(chunk)
                yield chunk
        except TimeoutError:
            raise Problem(SLOW, f"No more of the body came for {patience:g} seconds.") from None
        except ClientDisconnect:
            raise Problem(MALFORMED, "The body broke off.") from None

    def _too_large(self) -> Problem:
        hint = (
            "Send application/x-ndjson, which may be longer." if self._kind == bodies.JSON else ""
        )
        return Problem(TOO_LARGE, f"The body is larger than {self._most:,} bytes.", hint)
