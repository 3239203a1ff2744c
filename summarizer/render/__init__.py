"""A Summary for people and programs: text, Markdown, HTML, JSON.

Every renderer is pure, takes only what the record holds (HTML the article too), and
treats the article's and the model's words as hostile. Names are resolved when they are
first used: a command that only has an error to tell imports no renderer.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from summarizer.render.html import to_html
    from summarizer.render.json import to_json
    from summarizer.render.markdown import to_markdown
    from summarizer.render.text import to_explanation, to_text

__all__ = ["to_explanation", "to_html", "to_json", "to_markdown", "to_text"]

_HOMES = {
    "to_explanation": "text",
    "to_html": "html",
    "to_json": "json",
    "to_markdown": "markdown",
    "to_text": "text",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
