"""Numbers as plain text tables, for a terminal and for logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evals.checks import Checks
from evals.metrics import FieldNumbers, Interval, Numbers
from evals.scoring import ArticleScore
from summarizer.schema import FIELD_NAMES, FieldName


def percent(value: float | None) -> str:
    """A share as a number of per cent, `n/a` where nothing was counted."""
    return "n/a" if value is None else f"{100 * value:.1f}"


def share(part: int, whole: int) -> str:
    """`part of whole` with its percentage."""
    return f"{part} of {whole}" + (f" ({100 * part / whole:.0f} %)" if whole else "")


def points(value: float | None) -> str:
    """A difference in points of F1, with its sign."""
    return "n/a" if value is None else f"{100 * value:+.1f}"


def span(interval: Interval | None) -> str:
    """An interval in per cent."""
    if interval is None:
        return "n/a"
    return f"{100 * interval.low:.0f} to {100 * interval.high:.0f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns set by spaces: the first to the left, the others to the right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def field_table(
    numbers: Numbers, beside: Mapping[str, Mapping[FieldName | None, float | None]]
) -> str:
    """P, R and F1 of each field; `beside` adds columns of F1, `None` being the headline."""
    head = ["field", "P", "R", "F1", "95 %", "lenient", *beside]
    rows = [
        _field_row(name, numbers.fields[name], [column.get(name) for column in beside.values()])
        for name in FIELD_NAMES
    ]
    last = ["mean", "", "", percent(numbers.strict), span(numbers.interval)]
    last += [percent(numbers.lenient), *(percent(column.get(None)) for column in beside.values())]
    return table(head, [*rows, last])


def _field_row(name: FieldName, numbers: FieldNumbers, others: Sequence[float | None]) -> list[str]:
    strict = numbers.strict
    return [
        name,
        percent(strict.precision),
        percent(strict.recall),
        percent(strict.f1),
        span(numbers.interval),
        percent(numbers.lenient.f1),
        *map(percent, others),
    ]


def tally_table(numbers: Numbers) -> str:
    """MUC counts per field, with coverage and the secondary readings."""
    head = ["field", "vital", "found", "incorrect", "missing", "spurious"]
    head += ["okay", "found", "coverage", "many-to-one R", "F1 okay credited"]
    rows = []
    for name in FIELD_NAMES:
        each, tally = numbers.fields[name], numbers.fields[name].tally
        counts = (tally.vital, tally.vital_found, tally.incorrect, tally.missing, tally.spurious)
        rows.append([
            name,
            *map(str, counts),
            str(tally.okay),
            str(tally.okay_found),
            percent(each.coverage),
            percent(each.many_to_one_recall),
            percent(each.okay_credited.f1),
        ])  # fmt: skip
    return table(head, rows)


def attribute_lines(numbers: Numbers) -> list[str]:
    """Accuracy of attributes on matched pairs."""
    return [
        f"{name}.{attribute}: {share(right, total)}"
        for name in FIELD_NAMES
        for attribute, (right, total) in numbers.fields[name].attributes.items()
    ]


def check_lines(checks: Checks) -> list[str]:
    """The label-free checks, a line each."""
    lines = [
        f"items grounded: {share(checks.grounded, checks.items)}",
        f"quotes outside quotation marks: {share(checks.unmarked_quotes, checks.quotes)}",
        f"quotations that no item cites: {share(checks.uncited, checks.quotations)}",
        f"items rejected: {checks.rejected}, adjusted: {checks.adjusted}",
        f"answers asked again: {checks.reasks}, repairs: {checks.repairs}",
    ]
    if checks.input_tokens is not None:
        lines.append(f"tokens in: {checks.input_tokens}, out: {checks.output_tokens or 0}")
    if checks.cost_usd is not None:
        lines.append(f"cost: {checks.cost_usd:.4f} USD")
    return lines


def verdict_lines(score: ArticleScore) -> list[str]:
    """Every item that is not right and every vital item that is not found, with why."""
    lines = []
    for name in FIELD_NAMES:
        field = score.fields[name]
        lines += [
            f"  {name}: {each.outcome}: {_short(each.item.label)} [{each.reason}]"
            for each in field.verdicts
            if each.outcome != "correct"
        ]
        lines += [
            f"  {name}: vital, not found: {_short(each.label)} [{each.reason}]"
            for each in field.gold
            if each.importance == "vital" and not each.found
        ]
    return [f"{score.case}:", *lines] if lines else []


def printable(text: str) -> str:
    """One line for a terminal: an answer is never an escape sequence."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _short(text: str, width: int = 90) -> str:
    line = printable(text)
    return line if len(line) <= width else line[: width - 1] + "…"
