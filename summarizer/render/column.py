"""The record's column of the HTML page: every item, linked to where the article says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from summarizer.render import wording
from summarizer.render.elements import Markup, element, joined

if TYPE_CHECKING:
    from summarizer.schema import FieldName, Span, Summary

#: The kind of a quotation that no item cites: it has marks of its own.
UNCITED = "uncited"


def item_id(kind: str, number: int) -> str:
    """The id of the item with this index, from 0, in its field."""
    return f"{kind}-{number + 1}"


def anchor(span: Span) -> int:
    """Where the span's highlight starts: past the spaces that it may start with."""
    return span.end - len(span.text.lstrip(" \t\r\n"))


def column(summary: Summary) -> Markup:
    """The column: six fields, then what was not verified, then what made the record."""
    return element(
        "aside",
        *(_section(summary, field) for field in wording.TITLES),
        _checks(summary),
        _provenance(summary),
        id="record",
        aria_label="The record",
        tabindex="-1",
    )


def _section(summary: Summary, field: FieldName) -> Markup:
    items = summary.items(field)
    entries = [
        element(
            "li",
            _claim(field, item),
            _evidence(field, item),
            class_="item",
            id=item_id(field, number),
            data_kind=field,
            tabindex="-1",
        )
        for number, item in enumerate(items)
    ]
    content = element("ul", *entries) if entries else element("p", "none found", class_="none")
    heading = element("h2", element("span", wording.TITLES[field]), id=f"{field}-title")
    return element("section", heading, content, class_=field, aria_labelledby=f"{field}-title")


def _claim(field: FieldName, item: Any) -> Markup:
    match field:
        case "what":
            lines = [joined(item.statement)]
        case "who":
            lines = [joined(element("b", item.name), wording.role(item))]
        case "where":
            country = f" ({item.country})" if item.country else ""
            lines = [joined(element("b", item.name), country)]
        case "when":
            date = wording.date(item.date)
            shown = element("b", date) if date else joined("no date")
            lines = [joined(shown, ": ", item.event, " (“", item.text, "”)")]
        case "reactions":
            said = joined(element("b", item.speaker), f" ({item.stance}): ", item.statement)
            lines = [said]
            if item.quote is not None:
                lines.append(element("q", item.quote.text))
            if item.attribution == "unverified":
                lines.append(element("em", wording.UNVERIFIED))
        case "background":
            date = wording.date(item.date)
            lines = [joined(item.statement, element("span", f" ({date})") if date else "")]
    return joined(*(element("p", one, dir="auto") for one in lines))


def _evidence(field: FieldName, item: Any) -> Markup:
    """Links to the item's spans: numbered evidence, then the quotation."""
    links = [
        _link(span, str(number), f"Evidence {number} of {len(item.evidence)}")
        for number, span in enumerate(item.evidence, 1)
    ]
    parts = [joined("Evidence ", *(joined(" ", link) for link in links))]
    if field == "reactions" and item.quote is not None:
        parts.append(joined(" ", _link(item.quote, "quote", "The quote in the article")))
    return element("p", *parts, class_="evidence")


def _link(span: Span, text: str, label: str) -> Markup:
    return element("a", text, href=f"#s{anchor(span)}", aria_label=label, title=wording.place(span))


def _checks(summary: Summary) -> Markup:
    """What was rejected, adjusted or left uncited, in a fold."""
    parts: list[Markup] = []
    if summary.rejected:
        rejected = [
            element(
                "li",
                element("p", f"{wording.TITLES[one.field]}: ", one.claim, dir="auto"),
                element("p", element("b", one.reason), ": ", one.detail),
                *(element("p", "It quoted: ", element("q", text)) for text in one.evidence),
            )
            for one in summary.rejected
        ]
        parts += [element("h3", "Rejected"), element("ul", *rejected)]
    if summary.adjusted:
        adjusted = [
            element(
                "li",
                element("p", f"{wording.TITLES[one.field]}: ", one.claim, dir="auto"),
                element("p", f"{one.attribute} was ", element("q", one.was)),
                element("p", element("b", one.reason), ": ", one.detail),
            )
            for one in summary.adjusted
        ]
        parts += [element("h3", "Adjusted"), element("ul", *adjusted)]
    if summary.uncited_quotes:
        uncited = [
            element(
                "li",
                element("p", element("q", span.text), dir="auto"),
                element("p", _link(span, "show", "show in the article"), class_="evidence"),
                class_="item",
                id=item_id(UNCITED, number),
                data_kind=UNCITED,
                tabindex="-1",
            )
            for number, span in enumerate(summary.uncited_quotes)
        ]
        parts += [element("h3", "Quotations that no item cites"), element("ul", *uncited)]
    counts = wording.tally(summary)
    if not parts:
        return element("p", counts, class_="tally")
    return element("details", element("summary", counts), *parts)


def _provenance(summary: Summary) -> Markup:
    made = summary.provenance
    rows = [
        ("Engine", made.engine),
        ("Model", made.model or "none"),
        ("Mode", made.mode),
        ("Prompt", made.prompt),
        ("Schema", summary.schema_version),
        ("Package", made.package_version),
        ("Article", f"{summary.article.length} characters, sha256 {made.article_sha256}"),
        *(
            (f"Request {number}", wording.attempt(one))
            for number, one in enumerate(made.attempts, 1)
        ),
        ("Cost", None if made.cost_usd is None else f"${made.cost_usd:.4f}"),
        ("Time", f"{made.elapsed_seconds:.2f} s"),
    ]
    entries = [
        joined(element("dt", name), element("dd", value))
        for name, value in rows
        if value is not None
    ]
    return element(
        "details",
        element("summary", f"Made by the {wording.engine(summary)}"),
        element("dl", *entries),
    )
