"""Article: the text as given, never edited, and what is known of it."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from summarizer import layout
from summarizer.errors import EmptyArticle, UnreadableSource

if TYPE_CHECKING:
    from summarizer.schema import Origin


@dataclass(frozen=True)
class Article:
    """One news article.

    Every offset in a Summary refers to `text` (code points, from 0). Each fact beside it
    says in its `*_from` how it was found, and is None where nothing says it: facts are
    never guessed.
    """

    text: str
    location: str | None = None
    title: str | None = None
    title_from: Origin | None = None
    publisher: str | None = None
    publisher_from: Origin | None = None
    published: dt.date | None = None
    published_from: Origin | None = None
    url: str | None = None
    url_from: Origin | None = None

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        title: str | None = None,
        publisher: str | None = None,
        published: dt.date | None = None,
        url: str | None = None,
        location: str | None = None,
        origin: Origin = "caller",
    ) -> Article:
        """An Article of `text`; what is not given is read from the text where it says so.

        `origin` says where the given facts come from. Raises EmptyArticle if the text has
        no letter or digit, and UnreadableSource if it holds lone surrogates or NULs.
        """
        if not any(map(str.isalnum, text)):
            raise EmptyArticle("the input holds no words")
        if "\0" in text:
            raise UnreadableSource("the input holds a NUL character: it is not text")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnreadableSource("the input holds half a character: it is not text") from None
        read = layout.read(text)
        made = cls(
            text=text,
            location=location,
            title=title or read.title,
            title_from=origin if title else ("text" if read.title else None),
            publisher=publisher or read.publisher,
            publisher_from=origin if publisher else ("text" if read.publisher else None),
            published=published or read.published,
            published_from=origin if published else ("text" if read.published else None),
            url=url or read.url,
            url_from=origin if url else ("text" if read.url else None),
        )
        made.__dict__["layout"] = read  # so that it is not read again
        return made

    @functools.cached_property
    def sha256(self) -> str:
        """Of the text in UTF-8: the file's own digest where the file is plain UTF-8."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @functools.cached_property
    def layout(self) -> layout.Layout:
        """The text's paragraphs, headline and furniture."""
        return layout.read(self.text)
