"""What a client sends: an article, what is known of it, and how it is to be read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from starlette.requests import Request

from summarizer import sources
from summarizer.article import Article
from summarizer.service import bodies
from summarizer.service.config import ServiceConfig
from summarizer.service.problems import FORBIDDEN, Problem, of_places
from summarizer.settings import Settings
from summarizer.sources.addresses import plain_url

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

#: The types of body that hold one article.
TYPES = (bodies.JSON, bodies.TEXT, bodies.HTML)

Title = Annotated[
    str, Field(min_length=1, max_length=1_000, description="Goes before what the article says.")
]


def _day(value: object) -> dt.date:
    if type(value) is dt.date:
        return value
    # The class takes more forms than this one, and numbers too.
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("it must be a date, YYYY-MM-DD")
    return dt.date.fromisoformat(value)


Published = Annotated[
    dt.date,
    BeforeValidator(_day),
    Field(description="YYYY-MM-DD; goes before what the article says."),
]

#: An article made for this, as documents show it.
EXAMPLE_TEXT = """\
Harbor Bridge in Port Varn Closes for Repairs

PORT VARN, March 14, 2031 – The harbor bridge in Port Varn will close on Monday for six weeks \
of repairs, the city council said on Friday.

"The bearings are older than most of us, and they have earned their rest," said Mayor Ilse \
Hartmann.

The bridge was last repaired in 2009. The ferry company Varn Lines criticized the short notice.
"""
EXAMPLE: dict[str, Any] = {"text": EXAMPLE_TEXT, "published": "2031-03-14"}

#: For documents: an article is given in exactly one way.
WAYS: list[Any] = [
    {"required": [name], "properties": {name: {"type": "string"}}}
    for name in ("text", "html", "url")
]


class Options(BaseModel):
    """How the article is to be worked on."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Options")

    timeout: Annotated[
        float | None,
        Field(
            gt=0,
            allow_inf_nan=False,
            description="Seconds for the record, at most those of the service.",
        ),
    ] = None
    model: Annotated[
        str | None, Field(description="Another model, of those that the service allows.")
    ] = None


class Submission(BaseModel):
    """One article: its text, or its HTML, or its URL where the service fetches any."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        title="Submission",
        json_schema_extra={"examples": [EXAMPLE], "oneOf": WAYS},
    )

    text: Annotated[str | None, Field(description="Plain text or Markdown.")] = None
    html: Annotated[str | None, Field(description="A page; its main text is taken.")] = None
    url: Annotated[
        str | None, Field(description="An http(s) address, if the service allows URLs.")
    ] = None
    title: Title | None = None
    published: Published | None = None
    options: Options = Options()

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [name for name in ("text", "html", "url") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of text, html and url")
        return self

    def article(self, settings: Settings) -> Article:
        """The Article, read or fetched: not on an event loop.

        Raises a SourceError.
        """
        if self.text is not None:
            return Article.from_text(self.text, title=self.title, published=self.published)
        if self.html is not None:
            found = sources.from_html(self.html)
        else:
            assert self.url is not None
            (source,) = sources.expand([self.url], settings=settings)
            found = source.load()
        if self.title is not None:
            found = dataclasses.replace(found, title=self.title, title_from="caller")
        if self.published is not None:
            found = dataclasses.replace(found, published=self.published, published_from="caller")
        return found


async def read(
    request: Request,
    config: ServiceConfig,
    room: bodies.Room,
    *,
    title: str | None = None,
    published: dt.date | None = None,
) -> Submission:
    """The submission in a request's body; `title` and `published` are those of its query.

    What JSON holds itself goes before the query.
    Raises a Problem if it is none, or asks for what the service does not allow.
    """
    kind = bodies.media_type(request, TYPES)
    body = await bodies.read(
        request, most=config.max_body_bytes, timeout=config.body_timeout, room=room
    )
    if kind == bodies.JSON:
        found = bodies.validated(Submission, body)
        beside = {"title": found.title or title, "published": found.published or published}
        return checked(found.model_copy(update=beside), config)
    text = bodies.text(body, request)
    if kind == bodies.TEXT:
        return Submission(text=text, title=title, published=published)
    return Submission(html=text, title=title, published=published)


def checked(submission: Submission, config: ServiceConfig) -> Submission:
    """The submission, if the service allows what it asks for. Raises a Problem."""
    model = submission.options.model
    if model is not None and model not in config.allow_models:
        raise of_places([("/options/model", "the service lets nobody choose this model")])
    if submission.url is not None:
        if not config.allow_urls:
            raise Problem(FORBIDDEN, "This service fetches no URLs: send the text or the HTML.")
        if _plain(submission.url) is None:
            raise of_places([("/url", "it is no http or https address")])
    return submission


def _plain(url: str) -> str | None:
    try:
        return plain_url(url)
    except ValueError:
        return None
