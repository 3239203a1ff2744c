"""An invented article and its record, made by hand: what the renderers are tested on."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from summarizer.article import Article
from summarizer.schema import (
    Adjustment,
    ArticleFacts,
    Attempt,
    Background,
    Provenance,
    Reaction,
    Rejection,
    Span,
    Summary,
    What,
    When,
    Where,
    Who,
)

TITLE = "Heron Bridge reopens after two years of repairs"
TEXT = f"""{TITLE}

The Marlow Courier, 14 March 2031

The Heron Bridge in Marlow reopened to traffic on Friday, two years after a barge struck its
middle pier. Mayor Aldo Ferrin cut the ribbon beside the crews of the Tarn Works, which had
rebuilt the pier for 41 million crowns.

“It is a lifeline for the old town,” said Lena Ost, who runs a bakery on the east bank. “We
counted every day.”

The Boatmen's Guild called the new clearance "a foot too low" and said on Thursday that it would
go to court.

The bridge, built in 1907, was closed on 2 March 2029. A ferry took its place at first, but low
water stopped it that summer.
"""


def span(text: str, *, source: str = TEXT, match: str = "exact") -> Span:
    """The first place of `text` in the article, which must hold it."""
    start = source.index(text)
    return Span.model_validate(
        {
            "start": start,
            "end": start + len(text),
            "text": text,
            "match": match,
            "occurrences": source.count(text),
        }
    )


def article(text: str = TEXT, **facts: Any) -> Article:
    """The article, or another of this text."""
    known: dict[str, Any] = {
        "location": "news/heron-bridge.txt",
        "title": TITLE,
        "title_from": "text",
        "publisher": "The Marlow Courier",
        "publisher_from": "text",
        "published": dt.date(2031, 3, 14),
        "published_from": "text",
        "url": "https://courier.example/heron-bridge",
        "url_from": "caller",
    }
    return Article(text=text, **{**known, **facts})


def record(source: Article | None = None, **changes: Any) -> Summary:
    """The record of the invented article; `changes` replace its top-level values."""
    source = source or article()
    reopened = span("The Heron Bridge in Marlow reopened to traffic on Friday")
    values: dict[str, Any] = {
        "status": "partial",
        "article": ArticleFacts(
            location=source.location,
            length=len(source.text),
            title=source.title,
            title_from=source.title_from,
            publisher=source.publisher,
            publisher_from=source.publisher_from,
            published=source.published,
            published_from=source.published_from,
            url=source.url,
            url_from=source.url_from,
        ),
        "what": What(
            evidence=(reopened, span(TITLE)),
            statement="The Heron Bridge in Marlow reopened to traffic on Friday, 14 March 2031, "
            "after two years of repairs.",
        ),
        "who": (
            Who(
                evidence=(span("Mayor Aldo Ferrin cut the ribbon"),),
                name="Aldo Ferrin",
                kind="person",
                role="Mayor",
            ),
            Who(
                evidence=(span("the crews of the Tarn Works, which had\nrebuilt the pier"),),
                name="Tarn Works",
                kind="organization",
                role=None,
            ),
        ),
        "where": (
            Where(
                evidence=(span("The Heron Bridge in Marlow"),), name="Heron Bridge", country=None
            ),
            Where(evidence=(reopened,), name="Marlow", country="GB"),
        ),
        "when": (
            When(
                evidence=(reopened,),
                text="on Friday",
                date="2031-03-14",
                event="the bridge reopens",
            ),
        ),
        "reactions": (
            Reaction(
                evidence=(span("“It is a lifeline for the old town,” said Lena Ost"),),
                speaker="Lena Ost",
                stance="supportive",
                statement="The bakery owner calls the bridge vital to the old town.",
                quote=span("It is a lifeline for the old town,"),
                attribution="verified",
            ),
            Reaction(
                evidence=(
                    span("The Boatmen's Guild called the new clearance", match="typographic"),
                ),
                speaker="Boatmen's Guild",
                stance="critical",
                statement="The guild finds the new clearance too low and will go to court.",
                quote=span("a foot too low"),
                attribution="unverified",
            ),
        ),
        "background": (
            Background(
                evidence=(span("two years after a barge struck its\nmiddle pier"),),
                statement="A barge struck the bridge's middle pier.",
                date="2029",
            ),
            Background(
                evidence=(span("The bridge, built in 1907, was closed on 2 March 2029"),),
                statement="The bridge, built in 1907, had been closed since 2 March 2029.",
                date=None,
            ),
        ),
        "rejected": (
            Rejection(
                field="who",
                claim="Tarn Steel Company",
                evidence=("the crews of the Tarn Steel Company",),
                reason="name_not_in_article",
                detail="The article does not name “Tarn Steel Company”.",
            ),
        ),
        "adjusted": (
            Adjustment(
                field="background",
                claim="The bridge, built in 1907, had been closed since 2 March 2029.",
                attribute="date",
                was="2029-03-20",
                reason="date_disagrees",
                detail="“2 March 2029” is not 2029-03-20.",
            ),
        ),
        "uncited_quotes": (span("We\ncounted every day."),),
        "provenance": Provenance(
            engine="openai",
            model="example-model",
            mode="json_schema_strict",
            prompt="summarize@0a1b2c3d",
            package_version="0.1.0",
            article_sha256=hashlib.sha256(source.text.encode()).hexdigest(),
            attempts=(
                Attempt(
                    purpose="draft",
                    mode="json_schema_strict",
                    outcome="ok",
                    input_tokens=2100,
                    cached_input_tokens=1800,
                    output_tokens=640,
                    cost_usd=0.0021,
                    seconds=3.25,
                    request_id="req-1",
                ),
            ),
            cost_usd=0.0021,
            elapsed_seconds=3.41,
        ),
    }
    return Summary(**{**values, **changes})
