"""The page at `/`: its files, and the two things that it asks beside summaries.

Everything that the page loads or asks is of this service. `POST /v1/articles` reads a file
as the command would; `POST /v1/render` writes a record that the page has as JSON, Markdown
or HTML. Neither asks a model.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from summarizer import render, sources
from summarizer.article import Article
from summarizer.schema import Summary
from summarizer.service import bodies
from summarizer.service.access import Admitted, Known
from summarizer.service.gate import Gate
from summarizer.service.problems import FOREIGN_RECORD, NOT_FOUND, Problem
from summarizer.service.state import ServiceState

#: What the page may load and ask: this service alone, and no script in the page itself.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: A rendering is a file to keep. Opened in a browser all the same, it can do nothing here.
_SANDBOX: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

_TYPES: Final = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "txt": "text/plain",
}
_INDEX: Final = "index.html"
#: Files and records that are worked on at once, and that wait; each takes moments.
_AT_ONCE, _WAITING = 2, 32

Format = Literal["json", "markdown", "html"]


class Rendering(BaseModel):
    """A record, the text it was made from, and what it is wanted as."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Rendering")

    format: Format
    text: Annotated[str, Field(min_length=1, description="The article's text, as it was sent.")]
    summary: Annotated[dict[str, Any], Field(description="The record, as this service gave it.")]


class ReadArticle(BaseModel):
    """What a file holds. Null is what nothing in it says."""

    model_config = ConfigDict(title="Article")

    text: Annotated[str, Field(description="The text, without what surrounds it on a page.")]
    title: str | None
    publisher: str | None
    published: dt.date | None
    url: str | None


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    type: str
    tag: str

    @classmethod
    def of(cls, name: str, content: bytes) -> _File:
        digest = hashlib.sha256(content).hexdigest()
        return cls(content, _TYPES[_ending(name)], f'"{digest[:32]}"')

    def answer(self, request: Request) -> Response:
        """The file, or word that the browser's copy is still good."""
        headers = {
            "Content-Security-Policy": POLICY,
            # Kept, but asked after each time: a new version of the service has new files.
            "Cache-Control": "no-cache",
            "ETag": self.tag,
        }
        known = request.headers.get("if-none-match", "")
        if self.tag in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.type, headers=headers)


def router(state: ServiceState) -> APIRouter:
    """The routes of the page. Its files need no key; what it asks does, where keys are."""
    made = APIRouter()
    files = _files(state)
    config = state.config
    gate = Gate(running=_AT_ONCE, queue=_WAITING, patience=config.queue_timeout)

    @made.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request) -> Response:
        return files[_INDEX].answer(request)

    @made.api_route("/page/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def page_file(request: Request, name: str) -> Response:
        if name == _INDEX or name not in files:
            raise Problem(NOT_FOUND, "There is nothing at this path.")
        return files[name].answer(request)

    async def at_its_turn(work: Callable[[], Response]) -> Response:
        async with gate.turn():
            return await asyncio.to_thread(work)

    @made.post(
        "/v1/articles",
        tags=["summaries"],
        summary="Read the article in a file",
        response_class=Response,
        responses={200: _READ},
        openapi_extra=_FILE,
    )
    async def read_article(request: Request, _key: Admitted) -> Response:
        """Get the text of an article, and what its file says of it. No model is asked.

        Text may be in any encoding that can be told; of a page the main text is taken.
        """
        bodies.media_type(request, _TAKEN)
        body = await bodies.read(
            request, most=config.max_body_bytes, timeout=config.body_timeout, room=state.room
        )
        kind = request.headers["content-type"]
        return await at_its_turn(partial(_read, body, kind))

    @made.post(
        "/v1/render",
        tags=["summaries"],
        summary="Write a record as JSON, Markdown or HTML",
        response_class=Response,
        responses={200: _RENDERED},
        openapi_extra=_RENDERING,
    )
    async def render_record(request: Request, _key: Known) -> Response:
        """Get a record of this service as a file. No model is asked.

        Every place in the record has to hold in the text.
        """
        bodies.media_type(request, (bodies.JSON,))
        body = await bodies.read(
            request, most=config.max_body_bytes, timeout=config.body_timeout, room=state.room
        )
        return await at_its_turn(partial(_rendered, body))

    return made


def _files(state: ServiceState) -> dict[str, _File]:
    """The page's files by name, the page itself with what it has to know beforehand."""
    folder = resources.files("summarizer.service") / "page"
    found = {one.name: one.read_bytes() for one in folder.iterdir() if _ending(one.name) in _TYPES}
    told = {
        "{keys}": "required" if state.keys.required else "none",
        "{most}": str(state.config.max_body_bytes),
    }
    for place, value in told.items():
        found[_INDEX] = found[_INDEX].replace(place.encode(), html.escape(value).encode())
    return {name: _File.of(name, content) for name, content in found.items()}


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


def _read(body: bytes, content_type: str) -> Response:
    # What the browser calls it is a guess by the file's name; the bytes say more.
    article = sources.from_bytes(body, content_type=content_type)
    found = ReadArticle(
        text=article.text,
        title=article.title if article.title_from == "metadata" else None,
        publisher=article.publisher,
        published=article.published if article.published_from != "text" else None,
        url=article.url,
    )
    return Response(found.model_dump_json(), media_type=bodies.JSON)


def _rendered(body: bytes) -> Response:
    wanted = bodies.validated(Rendering, body)
    article = Article.from_text(wanted.text)
    kind, ending, content = _RENDERERS[wanted.format](_record(wanted.summary, article), article)
    headers = {
        "Content-Disposition": f'attachment; filename="record.{ending}"',
        "Content-Security-Policy": _SANDBOX,
    }
    return Response(content, media_type=kind, headers=headers)


def _record(given: dict[str, Any], article: Article) -> Summary:
    """The record that this is. Raises a Problem if it is none, or not of this article."""
    try:
        # Its JSON again: what is a date there is a string here.
        summary = Summary.model_validate_json(json.dumps(given))
    except ValidationError:
        raise Problem(FOREIGN_RECORD, "It is no record as this service gives one.") from None
    spans = (*(span for _, _, span in summary.spans()), *summary.uncited_quotes)
    if summary.provenance.article_sha256 != article.sha256 or any(
        article.text[span.start : span.end] != span.text for span in spans
    ):
        raise Problem(FOREIGN_RECORD, "It was made from another text.")
    return summary


_RENDERERS: Final[Mapping[Format, Callable[[Summary, Article], tuple[str, str, str]]]] = {
    "json": lambda summary, _: (bodies.JSON, "json", render.to_json(summary) + "\n"),
    "markdown": lambda summary, _: ("text/markdown", "md", render.to_markdown(summary)),
    "html": lambda summary, article: (bodies.HTML, "html", render.to_html(summary, article)),
}

_TAKEN: Final = (bodies.TEXT, bodies.HTML, "application/xhtml+xml", "text/markdown")
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_FILE: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": dict.fromkeys(_TAKEN, _BINARY)}
}
_READ: Final[dict[str, Any]] = {
    "description": "The article.",
    "content": {bodies.JSON: {"schema": ReadArticle.model_json_schema(mode="serialization")}},
}
_RENDERING: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            bodies.JSON: {
                "schema": {
                    "type": "object",
                    "required": ["format", "text", "summary"],
                    "additionalProperties": False,
                    "properties": {
                        "format": {"enum": ["json", "markdown", "html"]},
                        "text": {"type": "string", "minLength": 1},
                        # By far not every object is one; the description says which is.
                        "summary": {"type": "object", "description": "A record of the text."},
                    },
                }
            }
        },
    }
}
_TEXT: Final[dict[str, Any]] = {"schema": {"type": "string"}}
_RENDERED: Final[dict[str, Any]] = {
    "description": "The record, as it was wanted.",
    "content": {
        bodies.JSON: {"schema": {"$ref": "#/components/schemas/Summary"}},
        "text/markdown": _TEXT,
        bodies.HTML: _TEXT,
    },
}
