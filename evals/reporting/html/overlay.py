"""The overlay: an article's text with the spans of gold and prediction marked in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.data import Case
from evals.prediction import Prediction
from evals.reporting.html.markup import Markup, tag, text
from summarizer.schema import FIELD_NAMES, FieldName


@dataclass(frozen=True)
class Range:
    """A marked stretch: code points from 0, `end` exclusive."""

    start: int
    end: int
    field: FieldName
    gold: bool


def overlay(case: Case, prediction: Prediction, prefix: str) -> Markup:
    """The marked text. Pieces that begin a span have the id `prefix-OFFSET`."""
    ranges = list(_ranges(case, prediction))
    edges = sorted({0, len(case.text), *(e for r in ranges for e in (r.start, r.end))})
    pieces = [
        _piece(case.text[start:end], [r for r in ranges if r.start <= start and end <= r.end])
        for start, end in itertools.pairwise(edges)
    ]
    starts = {r.start for r in ranges}
    anchored = [
        Markup(tag("a", id=f"{prefix}-{start}") + piece) if start in starts else piece
        for start, piece in zip(edges, pieces, strict=False)
    ]
    return tag("div", anchored, class_="text", dir="auto")


def anchor(case: Case, evidence: Sequence[str], prefix: str) -> str | None:
    """The link to the first place of an item's evidence; None if it stands nowhere."""
    for span in evidence:
        start = case.text.find(span)
        if start >= 0:
            return f"#{prefix}-{start}"
    return None


def _ranges(case: Case, prediction: Prediction) -> Iterable[Range]:
    for name in FIELD_NAMES:
        entries = (case.gold.what,) if name == "what" else case.gold.items(name)
        for gold, spans in (
            (True, [span for entry in entries for span in entry.evidence]),
            (False, [span for item in prediction.of(name) for span in item.evidence]),
        ):
            for span in dict.fromkeys(spans):
                start = case.text.find(span)
                if start >= 0 and span:
                    yield Range(start, start + len(span), name, gold)


def _piece(words: str, ranges: Sequence[Range]) -> Markup:
    if not ranges:
        return text(words)
    classes = [_class("any", ranges)]
    for name in FIELD_NAMES:
        own = [each for each in ranges if each.field == name]
        if own:
            classes.append(_class(name, own))
    return tag("mark", text(words), class_=" ".join(classes))


def _class(name: str, ranges: Sequence[Range]) -> str:
    kinds = {each.gold for each in ranges}
    return f"{name}-{'both' if len(kinds) == 2 else 'gold' if True in kinds else 'mine'}"
