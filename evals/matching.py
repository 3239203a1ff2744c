"""Matching: whether one predicted item says what one gold item says.

The rules are the table in docs/scoring.md. A `Judgement` says how far the match goes and,
where it fails, at what; nothing here knows of the other items of the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from evals.data import (
    GoldBackground,
    GoldReaction,
    GoldWhen,
    GoldWhere,
    GoldWho,
    Nugget,
)
from evals.prediction import Item
from evals.text import best_dice, holds, name, tokens
from summarizer import dates
from summarizer.schema import FieldName

#: The least token Dice, in thousandths, at which two spans are the same evidence.
THRESHOLD = 500
#: Evidence is given the best first; what comes after these is not compared, so that
#: citing everything wins nothing.
EVIDENCE_READ = 3
#: A longer statement is no single claim and satisfies no anchors. The guidelines allow
#: thirty words for the main event.
STATEMENT_WORDS = 60

#: `exact` counts in both columns, `partial` half and `overlap` whole in the lenient one.
Level = Literal["exact", "overlap", "partial", "none"]


@dataclass(frozen=True)
class Judgement:
    """How an item compares with a gold item.

    `similarity` is the Dice of their evidence in thousandths. `reason` is empty for an
    exact match. `contradicts`: the item's words say what only a false statement says.
    """

    level: Level
    similarity: int
    same_evidence: bool
    reason: str = ""
    contradicts: bool = False


def judge(item: Item, gold: Any, field: FieldName, threshold: int = THRESHOLD) -> Judgement:
    """Compare a supported item with a gold item of the same field.

    For `what` use `judge_claim`: its evidence belongs to the whole record.
    """
    similarity = best_dice(item.evidence[:EVIDENCE_READ], gold.evidence)
    same = similarity >= threshold
    if field in _BY_EVIDENCE and not same:
        return Judgement("none", similarity, same, "other evidence")
    if field == "background":
        reason, contradicts = _claim_problem(item.statement, gold)
        return Judgement("none" if reason else "exact", similarity, same, reason, contradicts)
    level, reason = _RULES[field](item, gold)
    return Judgement(level, similarity, same, reason)


def judge_claim(
    item: Item, nugget: Nugget, evidence: tuple[str, ...], threshold: int = THRESHOLD
) -> Judgement:
    """Whether the statement of the main event carries one of the gold's claims."""
    similarity = best_dice(item.evidence[:EVIDENCE_READ], evidence)
    same = similarity >= threshold
    if not same:
        return Judgement("none", similarity, same, "other evidence")
    reason, contradicts = _claim_problem(item.statement, nugget)
    return Judgement("none" if reason else "exact", similarity, same, reason, contradicts)


def claim_problem(statement: str | None, keys: Nugget | GoldReaction | GoldBackground) -> str:
    """Why a statement does not satisfy anchors and forbidden words; empty if it does."""
    return _claim_problem(statement, keys)[0]


def names_of(gold: GoldWho | GoldWhere | GoldReaction) -> frozenset[str]:
    """The gold item's names in the form in which names are compared."""
    if isinstance(gold, GoldReaction):
        return frozenset(map(name, (gold.speaker, *gold.speaker_aliases)))
    return frozenset(map(name, (gold.name, *gold.aliases)))


def _who(item: Item, gold: GoldWho) -> tuple[Level, str]:
    if item.name and name(item.name) in names_of(gold):
        return "exact", ""
    return "none", "another name"


def _where(item: Item, gold: GoldWhere) -> tuple[Level, str]:
    if item.name and name(item.name) in names_of(gold):
        return "exact", ""
    if item.name and name(item.name) in map(name, gold.within):
        return "partial", f"a broader place than {gold.name}"
    return "none", "another name"


def _when(item: Item, gold: GoldWhen) -> tuple[Level, str]:
    if item.date is None and gold.date is None:
        if set(tokens(item.text or "")) & set(tokens(gold.text)):
            return "exact", ""
        return "none", "another time expression"
    if item.date is None or gold.date is None:
        return "none", f"the date is {gold.date or 'open'}, not {item.date or 'open'}"
    mine, right = dates.parse(item.date), dates.parse(gold.date)
    same_days = (mine.earliest, mine.latest) == (right.earliest, right.latest)
    if same_days and mine.granularity == right.granularity:
        return "exact", ""
    if mine.earliest <= right.latest and right.earliest <= mine.latest:
        return "overlap", f"{item.date} overlaps {gold.date}"
    return "none", f"the date is {gold.date}, not {item.date}"


def _reaction(item: Item, gold: GoldReaction) -> tuple[Level, str]:
    if item.name and name(item.name) in names_of(gold):
        return "exact", ""
    return "none", "another speaker"


#: Fields whose items match only on the same evidence.
_BY_EVIDENCE: frozenset[FieldName] = frozenset({"when", "reactions", "background"})
_RULES: dict[FieldName, Callable[[Item, Any], tuple[Level, str]]] = {
    "who": _who,
    "where": _where,
    "when": _when,
    "reactions": _reaction,
}


def _claim_problem(
    statement: str | None, keys: Nugget | GoldReaction | GoldBackground
) -> tuple[str, bool]:
    """(what is wrong or nothing, whether a forbidden phrase is)."""
    words = tokens(statement or "")
    for phrase in keys.forbidden:
        if holds(words, phrase):
            return f"it says {phrase!r}", True
    if len(words) > STATEMENT_WORDS:
        return f"the statement has more than {STATEMENT_WORDS} words", False
    for alternatives in keys.anchors:
        if not any(holds(words, phrase) for phrase in alternatives):
            return f"it says none of: {', '.join(alternatives[:4])}", False
    return "", False
