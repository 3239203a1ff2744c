"""A Summary for reading in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from summarizer.render import wording
from summarizer.render.terminal import Page, Style

if TYPE_CHECKING:
    from summarizer.schema import Reaction, Span, Summary

_STANCE = {"supportive": Style.GOOD, "critical": Style.BAD, "neutral": Style.PLAIN}
_LABEL_CELLS = 12


def to_text(summary: Summary, *, colour: bool = False, width: int = 80) -> str:
    """The record in lines of at most `width` terminal cells, each ended by a line feed.

    With `colour` it holds SGR escapes, without it none. Nothing in it that comes from the
    article or a model can act on a terminal.
    """
    page = Page(cells=width, label_cells=_LABEL_CELLS, colour=colour)
    page.full((wording.title(summary), Style.STRONG))
    location = wording.location(summary)
    source = [*wording.source(summary), *([location] if location else [])]
    page.full((" · ".join(source), Style.QUIET))
    page.gap()
    _put_items(page, summary)
    page.gap()
    page.full((" · ".join(wording.footer(summary)), Style.QUIET))
    return str(page)


def to_explanation(summary: Summary, *, colour: bool = False, width: int = 80) -> str:
    """How each item was verified, and what was not: for below `to_text`.

    Offsets count code points of the article's text from 0; the second is exclusive.
    """
    page = Page(cells=width, label_cells=_LABEL_CELLS, colour=colour)
    _heading(page, "How each item was verified")
    for field in wording.TITLES:
        label = wording.TITLES[field]
        for item in summary.items(field):
            page.item((wording.claim(field, item), Style.PLAIN), label=label)
            label = ""
            for span in item.evidence:
                _put_span(page, "evidence", span)
            if field == "reactions":
                _put_reaction_check(page, item)
    _put_rejected(page, summary)
    _put_adjusted(page, summary)
    if summary.uncited_quotes:
        _heading(page, "Quotations that no item cites", len(summary.uncited_quotes))
        for span in summary.uncited_quotes:
            _put_span(page, "quotation", span)
    return str(page)


def _put_items(page: Page, summary: Summary) -> None:
    plain, strong, quiet = Style.PLAIN, Style.STRONG, Style.QUIET
    if summary.what is None:
        page.item(("none found", quiet), label="What")
    else:
        page.item((summary.what.statement, plain), label="What")
    label = "Who"
    for who in summary.who:
        page.item((who.name, strong), (wording.role(who), plain), label=label)
        label = ""
    _put_none(page, label)
    label = "Where"
    for where in summary.where:
        country = f" ({where.country})" if where.country else ""
        page.item((where.name, strong), (country, plain), label=label)
        label = ""
    _put_none(page, label)
    label = "When"
    for when in summary.when:
        page.item(
            (wording.date(when.date) or "no date", Style.DATE if when.date else quiet),
            (f": {when.event} ", plain),
            (f"(“{when.text}”)", quiet),
            label=label,
        )
        label = ""
    _put_none(page, label)
    label = "Reactions"
    for reaction in summary.reactions:
        _put_reaction(page, reaction, label)
        label = ""
    _put_none(page, label)
    label = "Background"
    for fact in summary.background:
        date = f" ({wording.date(fact.date)})" if fact.date else ""
        page.item((fact.statement, plain), (date, Style.DATE), label=label)
        label = ""
    _put_none(page, label)


def _put_none(page: Page, label: str) -> None:
    """Say that a field is empty, if its label was not used up by an item."""
    if label:
        page.item(("none found", Style.QUIET), label=label)


def _put_reaction(page: Page, reaction: Reaction, label: str) -> None:
    page.item(
        (reaction.speaker, Style.STRONG),
        (" (", Style.PLAIN),
        (reaction.stance, _STANCE[reaction.stance]),
        ("): ", Style.PLAIN),
        (reaction.statement, Style.PLAIN),
        label=label,
    )
    if reaction.quote is not None:
        page.item((f"“{reaction.quote.text}”", Style.QUOTED), deeper=2)
    if reaction.attribution == "unverified":
        page.item((wording.UNVERIFIED, Style.QUIET), deeper=2)


def _heading(page: Page, text: str, count: int | None = None) -> None:
    page.gap()
    page.full((text if count is None else f"{text}: {count}", Style.STRONG))


def _put_span(page: Page, what: str, span: Span) -> None:
    page.item(
        (f"{what} {wording.place(span)}: ", Style.QUIET), (f"“{span.text}”", Style.QUOTED), deeper=2
    )


def _put_reaction_check(page: Page, reaction: Reaction) -> None:
    if reaction.quote is not None:
        _put_span(page, "quote", reaction.quote)
    if reaction.attribution == "unverified":
        page.item((wording.UNVERIFIED, Style.BAD), deeper=2)


def _put_rejected(page: Page, summary: Summary) -> None:
    _heading(page, "Rejected", len(summary.rejected))
    for rejection in summary.rejected:
        page.item((rejection.claim, Style.PLAIN), label=wording.TITLES[rejection.field])
        page.item((f"{rejection.reason}: ", Style.BAD), (rejection.detail, Style.PLAIN), deeper=2)
        for quotation in rejection.evidence:
            page.item(("it quoted: ", Style.QUIET), (f"“{quotation}”", Style.QUOTED), deeper=2)


def _put_adjusted(page: Page, summary: Summary) -> None:
    _heading(page, "Adjusted", len(summary.adjusted))
    for adjustment in summary.adjusted:
        page.item((adjustment.claim, Style.PLAIN), label=wording.TITLES[adjustment.field])
        page.item(
            (f"{adjustment.attribute} was “{adjustment.was}”. ", Style.PLAIN),
            (f"{adjustment.reason}: ", Style.BAD),
            (adjustment.detail, Style.PLAIN),
            deeper=2,
        )
