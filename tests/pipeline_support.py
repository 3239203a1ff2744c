"""What the tests of the pipeline share: an article, and drafts of it."""

from __future__ import annotations

from typing import Any

from summarizer.draft import Draft

TEXT = """Ferry crews in Halden end their strike

Monday, 3 March 2031

Ferry crews in Halden ended a nine-day strike on Sunday after the operator agreed to hire
forty sailors.

"We have our weekends back," said Runa Dale, who speaks for the crews.

The operator, Nordlys Line, called the deal "fair to all sides" in a statement.

In 2027 the crews had struck for two days.
"""
LEAD = (
    "Ferry crews in Halden ended a nine-day strike on Sunday after the operator agreed to hire\n"
    "forty sailors."
)


def draft(**fields: Any) -> Draft:
    empty: dict[str, Any] = {
        "what": None, "who": [], "where": [], "when": [], "reactions": [], "background": [],
    }  # fmt: skip
    return Draft.model_validate(empty | fields)


WHAT = {"evidence": [LEAD], "statement": "Ferry crews in Halden ended a nine-day strike on Sunday."}
HALDEN = {"evidence": [LEAD], "name": "Halden", "country": "NO"}
INVENTED = {"evidence": ["crews in Oslo joined the strike"], "name": "Oslo", "country": "NO"}
DALE = {
    "evidence": ['"We have our weekends back," said Runa Dale, who speaks for the crews.'],
    "speaker": "Runa Dale",
    "quote": "We have our weekends back",
    "statement": "Runa Dale said the crews have their weekends back.",
    "stance": "supportive",
}
