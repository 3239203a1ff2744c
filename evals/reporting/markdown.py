"""A run as Markdown, for a CI job's summary page or an issue."""

from __future__ import annotations

import re

from evals.printing import service_lines
from evals.reporting.facts import Facts
from evals.reporting.words import caveat, gate_lines, headline
from evals.tables import percent, span
from evals.vital import item_name
from summarizer.schema import FIELD_NAMES

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")


def markdown(facts: Facts) -> str:
    """The headline, the gate's decision, a table per field and what was not found."""
    manifest = facts.run.manifest
    parts = [
        f"## Evals: {escape(manifest.name)}",
        *(f"> {escape(note)}" for note in manifest.notes),
        escape(headline(facts)),
    ]
    if facts.judged is not None:
        lines = gate_lines(facts.judged, repeats=facts.repeats)
        parts.append("\n".join([f"**Gate: {escape(lines[0])}**", "", *map(_bullet, lines[1:])]))
    parts += [_table(facts), _missing(facts)]
    parts.append("\n".join(map(_bullet, service_lines(facts.service))))
    parts.append(f"_{escape(caveat(facts))}_")
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is: what an answer says never becomes markup."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return _SPECIAL.sub(r"\\\1", printable)


def _bullet(line: str) -> str:
    return f"- {escape(line)}"


def _table(facts: Facts) -> str:
    head = ["field", "P", "R", "F1", "95 %", "lenient F1", *facts.beside]
    lines = [_row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    numbers = facts.scored.numbers
    for name in FIELD_NAMES:
        each = numbers.fields[name]
        cells = [
            name,
            percent(each.strict.precision),
            percent(each.strict.recall),
            percent(each.strict.f1),
            span(each.interval),
            percent(each.lenient.f1),
        ]
        cells += [percent(column.get(name)) for column in facts.beside.values()]
        lines.append(_row(cells))
    last = ["mean", "", "", percent(numbers.strict), span(numbers.interval)]
    last += [percent(numbers.lenient)]
    last += [percent(column.get(None)) for column in facts.beside.values()]
    return "\n".join([*lines, _row([f"**{cell}**" if cell else "" for cell in last])])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _missing(facts: Facts) -> str:
    """Vital items that not every repeat found, folded away."""
    missing = {item: count for item, count in facts.found.items() if count < facts.repeats}
    if not missing:
        return ""
    lines = [
        _bullet(f"{item_name(item)}: {count} of {facts.repeats}") for item, count in missing.items()
    ]
    summary = f"{len(missing)} of {len(facts.found)} vital items not found every time"
    return f"<details><summary>{summary}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
