"""The words that the text, Markdown and HTML renderings share. Nothing here is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from summarizer.schema import Attempt, FieldName, Span, Summary, Who

#: What a reader calls each field, in the record's order.
TITLES: dict[FieldName, str] = {
    "what": "What",
    "who": "Who",
    "where": "Where",
    "when": "When",
    "reactions": "Reactions",
    "background": "Background",
}

#: What `attribution: unverified` means.
UNVERIFIED = "The article does not name this speaker near the evidence."

_ORIGINS = {
    "text": "from the text",
    "metadata": "from the page's metadata",
    "url": "from the URL",
    "caller": "as given",
}


def title(summary: Summary) -> str:
    """The article's title, or where it came from."""
    return summary.article.title or _read_from(summary) or "Article without a title"


def source(summary: Summary) -> list[str]:
    """Who published the article, and when."""
    facts = summary.article
    published = f"published {facts.published}" if facts.published else "no publication date"
    return [facts.publisher, published] if facts.publisher else [published]


def location(summary: Summary) -> str | None:
    """Where the article was read from, if `title` does not say it already."""
    return _read_from(summary) if summary.article.title else None


def _read_from(summary: Summary) -> str | None:
    location = summary.article.location
    return "standard input" if location == "-" else location


def origin(value: str | None) -> str:
    """How a fact about the article was found."""
    return _ORIGINS.get(value or "", "")


def date(edtf: str | None) -> str:
    """An EDTF date or interval for reading; empty without one."""
    return (edtf or "").replace("/", " to ")


def role(who: Who) -> str:
    """What follows an actor's name: the role, else the kind, else nothing for a person."""
    if who.role:
        return f", {who.role}"
    return "" if who.kind == "person" else f" ({who.kind})"


def claim(field: FieldName, item: Any) -> str:
    """What an item says, in one line."""
    match field:
        case "who":
            return f"{item.name}{role(item)}"
        case "where":
            return f"{item.name} ({item.country})" if item.country else str(item.name)
        case "when":
            return f"{date(item.date) or 'no date'}: {item.event} (“{item.text}”)"
        case "reactions":
            return f"{item.speaker} ({item.stance}): {item.statement}"
        case "background":
            dated = f" ({date(item.date)})" if item.date else ""
            return f"{item.statement}{dated}"
        case "what":
            return str(item.statement)


def name(field: FieldName, item: Any) -> str:
    """What tells an item from others of its field, in a few words."""
    match field:
        case "who" | "where":
            return str(item.name)
        case "when":
            return str(item.text)
        case "reactions":
            return str(item.speaker)
        case _:
            return str(item.statement)


def place(span: Span) -> str:
    """Where a span stands and how it was matched."""
    often = f", stands there {span.occurrences} times" if span.occurrences > 1 else ""
    return f"{span.start}–{span.end}, {span.match}{often}"


def engine(summary: Summary) -> str:
    """What filled the record."""
    made = summary.provenance
    if made.model is None:
        return f"{made.engine} engine, no model"
    return f"{made.engine} engine, {made.model}"


def tally(summary: Summary) -> str:
    """How many items were verified, rejected and adjusted."""
    items = sum(len(summary.items(field)) for field in TITLES)
    verified = f"{items} item{'' if items == 1 else 's'} verified"
    parts = [verified, f"{len(summary.rejected)} rejected"]
    if summary.adjusted:
        parts.append(f"{len(summary.adjusted)} adjusted")
    return ", ".join(parts)


def footer(summary: Summary) -> list[str]:
    """The quiet line under a record."""
    made = summary.provenance
    parts = [tally(summary), engine(summary)]
    if made.prompt:
        parts.append(f"prompt {made.prompt}")
    if made.cached:
        parts.append("from the cache")
    if made.cost_usd is not None and made.attempts:
        parts.append(f"${made.cost_usd:.4f}")
    return parts


def attempt(one: Attempt) -> str:
    """One request to a model, in a line."""
    parts = [f"{one.purpose}: {one.outcome}", f"{one.seconds:.1f} s"]
    if one.mode:
        parts.append(f"mode {one.mode}")
    for name in ("input", "cached_input", "output", "reasoning"):
        count = getattr(one, f"{name}_tokens")
        if count is not None:
            parts.append(f"{count} {name.replace('_', ' ')} tokens")
    if one.cost_usd is not None:
        parts.append(f"${one.cost_usd:.4f}")
    if one.request_id:
        parts.append(f"request {one.request_id}")
    return ", ".join(parts)
