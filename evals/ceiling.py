"""Ceiling: how far two careful readers agree, scored as if one were a system.

Readers fill no scoring keys. A reader's item that matches an item of the settled record
borrows its keys; one that matches none is compared by its evidence and names alone.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

from evals import support
from evals.assignment import assign
from evals.data import Case, Corpus, Nugget, Record
from evals.matching import claim_problem, judge
from evals.metrics import Numbers, mean, numbers
from evals.prediction import from_record
from evals.scoring import ArticleScore, score
from summarizer.schema import FIELD_NAMES, FieldName


@dataclasses.dataclass(frozen=True)
class Agreement:
    """Reader `system` scored against reader `gold`."""

    system: str
    gold: str
    numbers: Numbers


def agreements(corpus: Corpus) -> tuple[Agreement, ...]:
    """Every ordered pair of readers who labelled all articles."""
    return tuple(
        Agreement(one, other, numbers([against(corpus, one, other)]))
        for one, other in itertools.permutations(corpus.readers, 2)
    )


def against(corpus: Corpus, system: str, gold: str) -> list[ArticleScore]:
    """One reader's records scored as predictions, with another's as the gold."""
    return [
        score(
            dataclasses.replace(case, gold=keyed(case, case.readers[gold])),
            from_record(case.readers[system]),
        )
        for case in corpus.cases
    ]


def ceiling(pairs: tuple[Agreement, ...]) -> float | None:
    """The mean headline F1 over ordered pairs of readers."""
    return mean(pair.numbers.strict for pair in pairs)


def field_ceiling(pairs: tuple[Agreement, ...], name: FieldName) -> float | None:
    """The mean F1 of one field over ordered pairs of readers."""
    return mean(pair.numbers.fields[name].strict.f1 for pair in pairs)


def keyed(case: Case, record: Record) -> Record:
    """A reader's record with the scoring keys of the settled items that it matches."""
    settled = case.gold
    claims = tuple(
        nugget
        for nugget in settled.what.nuggets
        if not claim_problem(record.what.statement, nugget)
    ) or (Nugget(claim=record.what.statement, importance="vital", anchors=(), forbidden=()),)
    changes: dict[str, Any] = {"what": record.what.model_copy(update={"nuggets": claims})}
    if record.source.published is not None:
        # Not asked of readers: whether the date stands in the text or came beside it.
        origin = {"published_from": settled.source.published_from}
        changes["source"] = record.source.model_copy(update=origin)
    for name in FIELD_NAMES:
        keys = _KEYS.get(name, ())
        if keys:
            changes[name] = _borrowed(case, record, name, keys)
    return record.model_copy(update=changes)


_KEYS: dict[FieldName, tuple[str, ...]] = {
    "where": ("within",),
    "when": ("granularity",),
    "reactions": ("anchors", "forbidden"),
    "background": ("anchors", "forbidden"),
}


def _borrowed(
    case: Case, record: Record, name: FieldName, keys: tuple[str, ...]
) -> tuple[Any, ...]:
    ground = support.Ground.of(case)
    items = from_record(record).of(name)
    settled = case.gold.items(name)
    weights = {
        (row, column): judged.similarity + 1
        for row, item in enumerate(items)
        if support.problem(item, name, ground) is None
        for column, entry in enumerate(settled)
        if (judged := judge(item, entry, name)).level == "exact"
    }
    pairs = assign(weights, len(items), len(settled))
    return tuple(
        entry.model_copy(update={key: getattr(settled[pairs[row]], key) for key in keys})
        if row in pairs
        else entry
        for row, entry in enumerate(record.items(name))
    )
