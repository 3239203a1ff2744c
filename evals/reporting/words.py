"""Sentences that more than one kind of report says."""

from __future__ import annotations

from evals import gate
from evals.gate import Verdict
from evals.printing import CAVEAT
from evals.reporting.facts import Facts, Judged
from evals.tables import percent
from evals.vital import item_name


def caveat(facts: Facts) -> str:
    """What the numbers do not show."""
    return CAVEAT.format(articles=facts.scored.numbers.articles)


def headline(facts: Facts) -> str:
    """The mean F1 with its interval, ceiling and best floor, in one sentence."""
    numbers = facts.scored.numbers
    sentence = f"Mean F1 {percent(numbers.strict)} over six fields"
    if numbers.interval:
        low, high = percent(numbers.interval.low), percent(numbers.interval.high)
        sentence += f" (95 % interval over {numbers.interval.articles} articles: {low} to {high})"
    floors = [column.get(None) or 0 for name, column in facts.beside.items() if name != "readers"]
    if floors:
        sentence += f"; best floor {percent(max(floors))}"
    if "readers" in facts.beside:
        sentence += f"; readers against each other {percent(facts.beside['readers'].get(None))}"
    return sentence + "."


def gate_lines(judged: Judged, *, repeats: int) -> list[str]:
    """The gate's decision, a line each; the first says which it is."""
    if judged.verdict is None:
        return [f"No verdict: {judged.refusal}."]
    verdict = judged.verdict
    lines = ["Pass." if verdict.passed else "Regression."]
    lines += [
        f"Lost: {item_name(item)} (found in all {judged.baseline.repeats} repeats of the "
        f"baseline, in none of {repeats} now)"
        for item in verdict.lost
    ]
    lines += _field_lines(verdict)
    lines.append(_seen(verdict))
    return lines


def _field_lines(verdict: Verdict) -> list[str]:
    lines = []
    for name, change in verdict.fields.items():
        if change.worse:
            lines.append(
                f"{name}: F1 {percent(change.before)} → {percent(change.after)} on these articles "
                f"(adjusted p = {change.p:.3f})"
            )
        elif change.before != change.after:
            lines.append(
                f"{name}: F1 {percent(change.before)} → {percent(change.after)}, "
                "no more than repeats explain"
            )
    return lines


def _seen(verdict: Verdict) -> str:
    """The power of the field guard, said beside every decision."""
    parts = [
        f"{name} {percent(change.detectable)}" if change.detectable is not None else f"{name} none"
        for name, change in verdict.fields.items()
    ]
    return (
        f"The smallest drop of F1 (points) that the field guard could have seen at "
        f"{gate.ALPHA:.0%}: {', '.join(parts)}."
    )
