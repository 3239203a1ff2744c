"""A Summary as JSON that is safe to show in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from summarizer.render.characters import escaped_json

if TYPE_CHECKING:
    from summarizer.schema import Summary


def to_json(summary: Summary, *, indent: int | None = 2) -> str:
    """The record as one JSON object, without a line end; on one line if `indent` is None.

    Control, reordering and unseen characters stand as escapes: the strings are the same
    once parsed, and printing the document cannot act on a terminal.
    """
    return escaped_json(summary.model_dump_json(indent=indent))
