"""Vital items by name: in how many repeats each was found (pass^k where in all)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.scoring import ArticleScore
from summarizer.schema import FIELD_NAMES, FieldName

#: Article, field and label of a vital item. The label begins with its place in the record.
ItemName = tuple[str, FieldName, str]


def vital_items(score: ArticleScore) -> dict[ItemName, bool]:
    """Every vital item of an article, and whether it was found."""
    return {
        (score.case, name, f"{index}: {entry.label}"): entry.found
        for name in FIELD_NAMES
        for index, entry in enumerate(score.fields[name].gold)
        if entry.importance == "vital"
    }


def found_counts(repeats: Sequence[Sequence[ArticleScore]]) -> dict[ItemName, int]:
    """In how many repeats each vital item was found."""
    found: dict[ItemName, int] = {}
    for scores in repeats:
        for score in scores:
            for item, right in vital_items(score).items():
                found[item] = found.get(item, 0) + right
    return found


def item_name(item: ItemName) -> str:
    """A vital item in a sentence."""
    article, field, label = item
    return f"{article} / {field} / {label}"


def pass_line(found: Mapping[ItemName, int], repeats: int) -> str:
    """How many vital items every repeat found, in a sentence."""
    always = sum(count == repeats for count in found.values())
    never = sum(count == 0 for count in found.values())
    line = f"Of {len(found)} vital items {always} were found in every one of {repeats} repeats"
    if found:
        line += f" (pass^{repeats} {100 * always / len(found):.1f})"
    return f"{line} and {never} in none."
