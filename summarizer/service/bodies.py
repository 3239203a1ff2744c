"""A request's body: bounded in size and time, and in an encoding that is said."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from encodings.aliases import aliases
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from summarizer.service.problems import (
    MALFORMED,
    OVERLOADED,
    SLOW,
    TOO_LARGE,
    UNSUPPORTED,
    Problem,
    of_places,
)

JSON = "application/json"
TEXT = "text/plain"
HTML = "text/html"
NDJSON = "application/x-ndjson"

_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:+-]{1,40})\"?", re.IGNORECASE)
#: Python's codecs of text, by its table: looking another name up would be kept for ever.
#: UTF-7 is not among them: it can hold half a character, which is no text.
_CODECS = frozenset({*aliases.values(), "cp874", "koi8_u"}) - frozenset(
    "base64_codec bz2_codec hex_codec mbcs quopri_codec rot_13 utf_7 uu_codec zlib_codec".split()
)

M = TypeVar("M", bound=BaseModel)

#: Seconds after which there may be room for a body again.
_RETRY_AFTER = 5


class Room:
    """How much of all bodies is kept while the rest of each comes: at most `most` bytes.

    Slow clients could otherwise hold as many bodies as there are connections. One event loop
    uses it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        #: How many bytes are kept.
        self.size = 0

    @contextlib.contextmanager
    def body(self) -> Iterator[Callable[[int], None]]:
        """Gives what takes room for so many bytes more, or raises the Problem to answer with."""
        held = 0

        def take(size: int) -> None:
            nonlocal held
            if self.size + size > self._most:
                told = "Too much is on its way to the service already."
                raise Problem(OVERLOADED, told, retry_after=_RETRY_AFTER)
            self.size += size
            held += size

        try:
            yield take
        finally:
            self.size -= held


async def read(request: Request, *, most: int, timeout: float, room: Room) -> bytes:
    """The body. Raises a Problem if it is over `most` bytes, packed, or `timeout` seconds late.

    Nothing over the limit is kept, however the body is sent. There has to be `room` for it.
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise Problem(UNSUPPORTED, "A compressed body is not taken: send it as it is.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 18 or int(declared) > most):
        raise _too_large(most)
    body = bytearray()
    try:
        with room.body() as take:
            async with asyncio.timeout(timeout):
                async for chunk in _chunks(request):
                    if len(body) + len(chunk) > most:
                        raise _too_large(most)
                    take(len(chunk))
                    body += chunk
    except TimeoutError:
        told = f"The body was not whole after {timeout:g} seconds."
        raise Problem(SLOW, told) from None
    return bytes(body)


def media_type(request: Request, taken: Collection[str]) -> str:
    """The type of the body, one of `taken`. Raises a Problem if it is another, or not said."""
    said = request.headers.get("content-type", "")
    found = said.partition(";")[0].strip().lower()
    if found not in taken:
        raise Problem(
            UNSUPPORTED,
            f"The Content-Type must be one of {', '.join(taken)}.",
            headers={"Accept-Post": ", ".join(taken)},
        )
    return found


def text(body: bytes, request: Request) -> str:
    """The body's text, in the charset of its Content-Type, or UTF-8.

    Raises a Problem if there is no such charset, or the bytes are none of it.
    """
    named = _CHARSET.search(request.headers.get("content-type", ""))
    charset = (named[1] if named else "utf-8").lower().replace("-", "_")
    codec = aliases.get(charset, charset)
    if codec not in _CODECS:
        raise Problem(UNSUPPORTED, "The charset is not known.")
    try:
        return body.decode("utf_8_sig" if codec == "utf_8" else codec)
    except UnicodeDecodeError as error:
        told = f"The body is not {codec.replace('_', '-')}: see byte {error.start}."
        raise Problem(MALFORMED, told) from None


def validated(model: type[M], body: bytes, *, within: str = "") -> M:
    """The JSON of the body as a `model`. Raises the Problem of what does not fit.

    `within` is put before the places, which are JSON pointers.
    """
    try:
        return model.model_validate_json(body.removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        raise of_validation(error, within=within) from None


def of_validation(error: ValidationError, *, within: str = "") -> Problem:
    """What did not fit, without what was sent: places and our own words alone."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Problem(MALFORMED, f"{within or 'The body'} is not JSON in UTF-8.")
    return of_faults(faults, within=within)


def of_faults(faults: Iterable[Mapping[str, Any]], *, within: str = "") -> Problem:
    """The same of faults as pydantic lists them."""
    return of_places((f"{within}{_pointer(fault)}", _told(fault)) for fault in faults)


def _pointer(fault: Mapping[str, Any]) -> str:
    place = fault["loc"]
    if fault["type"] == "extra_forbidden":
        place = place[:-1]  # what is not known bears a name that is not ours
    return "".join(f"/{part}" for part in place)


def _told(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "extra_forbidden":
        return "there is a member that is not known here"
    return str(fault["msg"]).removeprefix("Value error, ")


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise Problem(MALFORMED, "The body broke off.") from None


def _too_large(most: int) -> Problem:
    return Problem(TOO_LARGE, f"The body is larger than {most:,} bytes.")
