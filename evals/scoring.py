"""Scoring one prediction against one gold record: verdicts and tallies, no averages.

The scorer is pure: the same record and prediction give the same score, in whatever order
the prediction's items come. Its rules are in docs/scoring.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from evals import support
from evals.assignment import assign
from evals.data import Case, Importance
from evals.matching import THRESHOLD, Judgement, claim_problem, judge, judge_claim
from evals.prediction import Item, Prediction
from evals.text import tokens
from summarizer.schema import FIELD_NAMES, FieldName

Outcome = Literal["correct", "partial", "incorrect", "spurious"]
GoldOutcome = Literal["found", "partial", "incorrect", "missing"]


@dataclass(frozen=True)
class Tally:
    """Counts of one field, as MUC has them. Tallies add up.

    `vital` and `okay` count gold items, `*_found` those matched whole and `*_partial` those
    matched half. `incorrect` and `spurious` count predicted items (for `what`, claims),
    `missing` vital gold items that nothing was paired with. `covered` counts vital items
    that some item matches when one item may match several.
    """

    vital: int = 0
    okay: int = 0
    vital_found: int = 0
    okay_found: int = 0
    vital_partial: int = 0
    okay_partial: int = 0
    incorrect: int = 0
    spurious: int = 0
    missing: int = 0
    covered: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Verdict:
    """What became of one predicted item, in the strict reading, and why.

    `gold` are the indices (from 0) of the gold items it was paired with: one at most, but
    for `what` every claim it carries.
    """

    item: Item
    outcome: Outcome
    gold: tuple[int, ...]
    similarity: int
    reason: str


@dataclass(frozen=True)
class GoldVerdict:
    """What became of one gold item, in the strict reading, and why."""

    label: str
    importance: Importance
    outcome: GoldOutcome
    reason: str

    @property
    def found(self) -> bool:
        """Whether it counts as found."""
        return self.outcome == "found"


@dataclass(frozen=True)
class FieldScore:
    """One field of one article. `attributes` maps a name to (right, compared)."""

    strict: Tally
    lenient: Tally
    verdicts: tuple[Verdict, ...]
    gold: tuple[GoldVerdict, ...]
    attributes: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class ArticleScore:
    """One article's score. `failure` says why the prediction is empty, if it failed."""

    case: str
    fields: Mapping[FieldName, FieldScore]
    failure: str | None = None


def score(case: Case, prediction: Prediction, *, threshold: int = THRESHOLD) -> ArticleScore:
    """Score a prediction; `threshold` is the evidence's least Dice in thousandths."""
    ground = support.Ground.of(case)
    results: dict[FieldName, FieldScore] = {}
    for name in FIELD_NAMES:
        items = sorted(prediction.of(name), key=lambda item: _place(item, case.text))
        problems = [support.problem(item, name, ground) for item in items]
        if name == "what":
            results[name] = _score_what(case, items, problems, threshold)
        else:
            results[name] = _score_list(case, name, items, problems, threshold)
    return ArticleScore(case.name, results, prediction.failure)


def label(gold: Any) -> str:
    """What to call a gold item in a report."""
    for attribute in ("claim", "name", "text"):
        if hasattr(gold, attribute):
            value = str(getattr(gold, attribute))
            return f"{value} ({gold.event})" if attribute == "text" else value
    return f"{gold.speaker}: {gold.statement}" if hasattr(gold, "speaker") else str(gold.statement)


def _place(item: Item, text: str) -> tuple[Any, ...]:
    """Sort key: the order in the article, and nothing of the order in the prediction."""
    start = text.find(item.evidence[0]) if item.evidence else -1
    values = (getattr(item, f.name) or "" for f in fields(item) if f.name != "evidence")
    return (start, item.evidence, *values)


def _score_what(
    case: Case, items: Sequence[Item], problems: Sequence[str | None], threshold: int
) -> FieldScore:
    """Each of the sentence's claims is scored; there is one sentence, so no assignment."""
    nuggets = case.gold.what.nuggets
    verdicts: list[Verdict] = []
    gold = [GoldVerdict(n.claim, n.importance, "missing", "no statement") for n in nuggets]
    counts = {"incorrect": 0, "spurious": 0}
    for position, (item, problem) in enumerate(zip(items, problems, strict=True)):
        judged = [judge_claim(item, n, case.gold.what.evidence, threshold) for n in nuggets]
        if position or problem or not any(each.same_evidence for each in judged):
            reason = "a second statement" if position else problem or "other evidence"
            counts["spurious"] += 1
            verdicts.append(Verdict(item, "spurious", (), _most_similar(judged), reason))
            if not position:
                gold = [GoldVerdict(n.claim, n.importance, "missing", reason) for n in nuggets]
            continue
        gold = [
            GoldVerdict(n.claim, n.importance, _claim_outcome(each), each.reason)
            for n, each in zip(nuggets, judged, strict=True)
        ]
        found = tuple(i for i, each in enumerate(judged) if each.level == "exact")
        contradicted = sum(each.contradicts for each in judged)
        # A sentence on the right passage that carries no claim is one wrong answer.
        counts["incorrect"] += contradicted or (0 if found else 1)
        reason = "; ".join(each.reason for each in judged if each.reason)
        outcome: Outcome = "correct" if found else "incorrect"
        verdicts.append(Verdict(item, outcome, found, _most_similar(judged), reason))
    tally = _gold_tally(gold, **counts, covered=sum(_vital_found(each) for each in gold))
    return FieldScore(tally, tally, tuple(verdicts), tuple(gold))


def _claim_outcome(judged: Judgement) -> GoldOutcome:
    if judged.level == "exact":
        return "found"
    return "incorrect" if judged.contradicts else "missing"


def _score_list(
    case: Case,
    name: FieldName,
    items: Sequence[Item],
    problems: Sequence[str | None],
    threshold: int,
) -> FieldScore:
    gold = case.gold.items(name)
    judged = {
        (row, column): judge(item, entry, name, threshold)
        for row, (item, problem) in enumerate(zip(items, problems, strict=True))
        if problem is None
        for column, entry in enumerate(gold)
    }
    vital = [entry.importance == "vital" for entry in gold]
    covered = len({c for (_, c), each in judged.items() if vital[c] and each.level == "exact"})
    strict = _pair(judged, vital, len(items), lenient=False)
    lenient = _pair(judged, vital, len(items), lenient=True)
    verdicts = tuple(
        _verdict(
            item,
            problem,
            {c: each for (r, c), each in judged.items() if r == row},
            strict,
            row,
        )
        for row, (item, problem) in enumerate(zip(items, problems, strict=True))
    )
    gold_verdicts = tuple(
        _gold_verdict(column, entry, strict, judged, len(items))
        for column, entry in enumerate(gold)
    )
    lenient_verdicts = [
        _gold_verdict(column, entry, lenient, judged, len(items))
        for column, entry in enumerate(gold)
    ]
    return FieldScore(
        _list_tally(gold_verdicts, strict, len(items), covered),
        _list_tally(lenient_verdicts, lenient, len(items), covered),
        verdicts,
        gold_verdicts,
        _attributes(name, items, gold, strict.matched),
    )


@dataclass(frozen=True)
class _Pairs:
    """Row → column: whole matches, half matches, and right spans with a wrong value."""

    matched: Mapping[int, int]
    partial: Mapping[int, int]
    incorrect: Mapping[int, int]

    def of_row(self, row: int) -> int | None:
        for pairs in (self.matched, self.partial, self.incorrect):
            if row in pairs:
                return pairs[row]
        return None


def _pair(
    judged: Mapping[tuple[int, int], Judgement], vital: Sequence[bool], rows: int, *, lenient: bool
) -> _Pairs:
    """One-to-one pairs of most weight: vital before okay before similarity."""
    columns = len(vital)
    # One step of a rank outweighs everything that the lower ranks can sum up to.
    base = 4000 * (max(rows, columns) + 1)
    weights: dict[tuple[int, int], int] = {}
    for pair, each in judged.items():
        credit = {"exact": 2, "overlap": 2, "partial": 1, "none": 0}[each.level]
        if not credit or (each.level != "exact" and not lenient):
            continue
        rank = base * base if vital[pair[1]] else base
        exact = 2000 if each.level == "exact" else 0
        weights[pair] = credit * rank + exact + each.similarity + 1
    chosen = assign(weights, rows, columns)
    partial = {r: c for r, c in chosen.items() if judged[r, c].level == "partial"}
    matched = {r: c for r, c in chosen.items() if r not in partial}
    taken = set(chosen.values())
    duplicates = {r for (r, c), each in judged.items() if c in taken and each.level == "exact"}
    leftover = {
        (r, c): (base if vital[c] else 0) + each.similarity + 1
        for (r, c), each in judged.items()
        if each.same_evidence and r not in chosen and r not in duplicates and c not in taken
    }
    return _Pairs(matched, partial, assign(leftover, rows, columns))


def _verdict(
    item: Item, problem: str | None, judged: Mapping[int, Judgement], pairs: _Pairs, row: int
) -> Verdict:
    if problem is not None:
        return Verdict(item, "spurious", (), 0, f"unsupported: {problem}")
    column = pairs.of_row(row)
    if column is not None:
        outcome: Outcome = "correct" if row in pairs.matched else "incorrect"
        each = judged[column]
        return Verdict(item, outcome, (column,), each.similarity, each.reason)
    mine = list(judged.values())
    if any(each.level == "exact" for each in mine):
        return Verdict(item, "spurious", (), _most_similar(mine), "a duplicate")
    nearest = max(mine, key=lambda each: each.similarity, default=None)
    reason = "no gold item like it" if nearest is None else f"no match: {nearest.reason}"
    return Verdict(item, "spurious", (), _most_similar(mine), reason)


def _gold_verdict(
    column: int,
    gold: Any,
    pairs: _Pairs,
    judged: Mapping[tuple[int, int], Judgement],
    rows: int,
) -> GoldVerdict:
    kinds: tuple[tuple[GoldOutcome, Mapping[int, int]], ...] = (
        ("found", pairs.matched),
        ("partial", pairs.partial),
        ("incorrect", pairs.incorrect),
    )
    for outcome, chosen in kinds:
        for row, other in chosen.items():
            if other == column:
                reason = judged[row, column].reason
                return GoldVerdict(label(gold), gold.importance, outcome, reason)
    mine = [judged[row, column] for row in range(rows) if (row, column) in judged]
    nearest = max(mine, key=lambda each: (each.level == "exact", each.similarity), default=None)
    if nearest is None:
        reason = "no supported item in this field"
    elif nearest.level == "exact":
        reason = "the item that matches it is counted for another"
    else:
        reason = f"nothing matches: {nearest.reason}"
    return GoldVerdict(label(gold), gold.importance, "missing", reason)


def _list_tally(gold: Sequence[GoldVerdict], pairs: _Pairs, predicted: int, covered: int) -> Tally:
    incorrect = len(pairs.incorrect)
    spurious = predicted - len(pairs.matched) - len(pairs.partial) - incorrect
    return _gold_tally(gold, incorrect=incorrect, spurious=spurious, covered=covered)


def _gold_tally(
    gold: Sequence[GoldVerdict], *, incorrect: int, spurious: int, covered: int
) -> Tally:
    def count(importance: Importance, outcome: GoldOutcome | None = None) -> int:
        return sum(
            each.importance == importance and outcome in (None, each.outcome) for each in gold
        )

    return Tally(
        vital=count("vital"),
        okay=count("okay"),
        vital_found=count("vital", "found"),
        okay_found=count("okay", "found"),
        vital_partial=count("vital", "partial"),
        okay_partial=count("okay", "partial"),
        incorrect=incorrect,
        spurious=spurious,
        missing=count("vital", "missing"),
        covered=covered,
    )


def _vital_found(each: GoldVerdict) -> bool:
    return each.importance == "vital" and each.found


def _most_similar(judged: Sequence[Judgement]) -> int:
    return max((each.similarity for each in judged), default=0)


def _attributes(
    name: FieldName, items: Sequence[Item], gold: Sequence[Any], pairs: Mapping[int, int]
) -> dict[str, tuple[int, int]]:
    """Right and compared attributes of the matched pairs."""
    found: dict[str, list[bool]] = {attribute: [] for attribute in _ATTRIBUTES.get(name, ())}
    for row, column in pairs.items():
        for attribute, results in found.items():
            results.append(_attribute_right(attribute, items[row], gold[column]))
    return {attribute: (sum(results), len(results)) for attribute, results in found.items()}


_ATTRIBUTES: dict[FieldName, tuple[str, ...]] = {
    "who": ("kind", "role"),
    "where": ("country",),
    "reactions": ("stance", "quote", "statement"),
    "background": ("date",),
}


def _attribute_right(attribute: str, item: Item, gold: Any) -> bool:
    if attribute == "statement":
        return not claim_problem(item.statement, gold)
    mine, right = getattr(item, attribute), getattr(gold, attribute)
    if attribute == "role":
        return tokens(mine or "") == tokens(right or "")
    return bool(mine == right)
