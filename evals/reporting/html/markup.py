"""Markup built from values: every text is escaped where it enters."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NewType

#: Text that is markup already.
Markup = NewType("Markup", str)

_VOID = frozenset({"input", "link", "meta"})


def text(value: str) -> Markup:
    """A text as markup; control characters become spaces."""
    printable = "".join(each if each.isprintable() or each == "\n" else " " for each in value)
    return Markup(escape(printable))


def tag(
    name: str, /, *content: Markup | str | Iterable[Markup], **attributes: str | float | None
) -> Markup:
    """An element. A str that is not Markup is escaped by the caller's use of `text`.

    Attributes lose a trailing underscore and write others as hyphens; None leaves one out.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            written = key.removesuffix("_").replace("_", "-")
            parts.append(f'{written}="{escape(str(value))}"' if value != "" else written)
    opening = f"<{' '.join(parts)}>"
    if name in _VOID:
        return Markup(opening)
    inner = "".join(each if isinstance(each, str) else "".join(each) for each in content)
    return Markup(f"{opening}{inner}</{name}>")


def table(head: Iterable[Markup], rows: Iterable[Iterable[Markup]]) -> Markup:
    """A table in a box that scrolls sideways where it is too wide."""
    header = tag("tr", [tag("th", cell, scope="col") for cell in head])
    body = [
        tag(
            "tr",
            [
                tag("th", cell, scope="row") if column == 0 else tag("td", cell)
                for column, cell in enumerate(row)
            ],
        )
        for row in rows
    ]
    inner = tag("table", tag("thead", header), tag("tbody", body))
    return tag("div", inner, class_="wide", tabindex="0", role="region", aria_label="table")
