"""An invented article, a right item for each field, and what grounding makes of it changed."""

from __future__ import annotations

from typing import Any

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.grounding import Checked, EvidenceIndex, ground
from summarizer.schema import FIELD_NAMES, Reaction

TEXT = """Home | News | Sport | Subscribe

Heron Bridge reopens after two years of repairs

The Marlow Courier, 14 March 2031

The Heron Bridge in Marlow reopened to traffic on Friday, two years after a barge struck its
middle pier and killed 12 people. Mayor Aldo Ferrin cut the ribbon beside Danish engineers of
the Tarn Works, which had rebuilt the pier for €1.2 million.

“It is a lifeline for the old town,” said Lena Ost, who runs a bakery on the east bank. “We
counted every day.”

The Boatmen's Guild called the new clearance “a foot too low” and said on Thursday that it would
go to court. It did not say when. The Guild will not accept the clearance.

Kim Jong Su, a tourist from South Korea, took the first ferry in 2029. Kim said it was slow.

The national road agency, the Crown Road Authority (CRA), has counted thousands of lorries. The
bridge, built in 1907, was closed on 2 March 2029. It was painted in the 1950s. Half of its
lamps, some 40%, were lost; the mayor took office in June last year.

Share this article: Mail | Print

Read more: Harbour tunnel at Westport floods again

© 2031 The Marlow Courier. All rights reserved.
"""
LEAD = "The Heron Bridge in Marlow reopened to traffic on Friday"
BARGE = "two years after a barge struck its\nmiddle pier and killed 12 people"
RIBBON = "Mayor Aldo Ferrin cut the ribbon beside Danish engineers"
SPEECH = "“It is a lifeline for the old town,” said Lena Ost"
GUILD = "The Boatmen's Guild called the new clearance “a foot too low”"
CLOSED = "The\nbridge, built in 1907, was closed on 2 March 2029"

ITEMS: dict[str, dict[str, Any]] = {
    "what": {"evidence": [LEAD], "statement": "The Heron Bridge in Marlow reopened on Friday."},
    "who": {"evidence": [RIBBON], "name": "Aldo Ferrin", "kind": "person", "role": "Mayor"},
    "where": {"evidence": [LEAD], "name": "Marlow", "country": "GB"},
    "when": {"evidence": [LEAD], "text": "Friday", "date": "2031-03-14", "event": "It reopens."},
    "reactions": {
        "evidence": [SPEECH],
        "speaker": "Lena Ost",
        "quote": "It is a lifeline for the old town",
        "statement": "She calls the bridge a lifeline.",
        "stance": "supportive",
    },
    "background": {
        "evidence": [CLOSED],
        "statement": "The bridge of 1907 was closed on 2 March 2029.",
        "date": "2029-03-02",
    },
}
INDEX = EvidenceIndex(Article.from_text(TEXT))


def draft(**fields: Any) -> Draft:
    empty: dict[str, Any] = {name: None if name == "what" else [] for name in FIELD_NAMES}
    return Draft.model_validate(empty | fields)


def check(field: str, index: EvidenceIndex = INDEX, **changes: Any) -> Checked:
    """What grounding makes of the field's good item with changes."""
    item = ITEMS[field] | changes
    (checked,) = ground(draft(**{field: item if field == "what" else [item]}), index)
    if checked.item is not None:
        text = index.article.text
        spans = [*checked.item.evidence]
        if isinstance(checked.item, Reaction) and checked.item.quote:
            spans.append(checked.item.quote)
        assert all(text[span.start : span.end] == span.text for span in spans)
    return checked


def rejected(field: str, index: EvidenceIndex = INDEX, **changes: Any) -> tuple[str, str]:
    """The reason and the detail of the rejection that the changes bring."""
    checked = check(field, index, **changes)
    assert checked.item is None
    assert checked.rejection is not None
    assert checked.rejection.field == field
    return checked.rejection.reason, checked.rejection.detail


def adjusted(field: str, index: EvidenceIndex = INDEX, **changes: Any) -> tuple[str, str, str]:
    """The attribute, the reason and the detail of the one adjustment that they bring."""
    checked = check(field, index, **changes)
    assert checked.rejection is None
    (adjustment,) = checked.adjustments
    assert adjustment.field == field
    return adjustment.attribute, adjustment.reason, adjustment.detail


def index_of(text: str, **facts: Any) -> EvidenceIndex:
    return EvidenceIndex(Article.from_text(text, **facts))
