"""The report's sections: the headline, the fields, the articles, the repeats."""

from __future__ import annotations

from collections.abc import Mapping

from evals import tables
from evals.data import Case
from evals.printing import service_lines
from evals.reporting.facts import Facts
from evals.reporting.html import charts
from evals.reporting.html.charts import Bar
from evals.reporting.html.markup import Markup, table, tag, text
from evals.reporting.html.overlay import anchor, overlay
from evals.reporting.words import caveat, gate_lines
from evals.scoring import ArticleScore, FieldScore, GoldVerdict, Verdict
from evals.tables import percent, span
from evals.vital import pass_line
from summarizer.schema import FIELD_NAMES, FieldName

_SIGNS: Mapping[str, tuple[str, str]] = {
    "correct": ("✓", "right"),
    "found": ("✓", "found"),
    "partial": ("◐", "half"),
    "incorrect": ("≠", "wrong value"),
    "spurious": ("+", "not in the gold"),
    "missing": ("✗", "missed"),
}


def summary(facts: Facts) -> Markup:
    """The mean F1 beside floors and ceiling."""
    numbers = facts.scored.numbers
    rows = [
        Bar(f"floor: {name}", column.get(None), "floor")
        for name, column in facts.beside.items()
        if name != "readers"
    ]
    rows.append(Bar("this run", numbers.strict, "run", numbers.interval))
    if "readers" in facts.beside:
        rows.append(Bar("two readers", facts.beside["readers"].get(None), "ceiling"))
    return tag(
        "section",
        tag(
            "p",
            tag("strong", text(percent(numbers.strict)), class_="big"),
            text(" mean F1 over the six fields, in per cent"),
        ),
        charts.bars(rows),
        tag("p", text(caveat(facts)), class_="note"),
        id="summary",
    )


def decision(facts: Facts) -> Markup:
    """What the gate says, if it was asked."""
    if facts.judged is None:
        return Markup("")
    verdict = facts.judged.verdict
    kind = "none" if verdict is None else "pass" if verdict.passed else "fail"
    first, *others = gate_lines(facts.judged, repeats=facts.repeats)
    return tag(
        "section",
        tag("h2", text("Gate")),
        tag("p", tag("strong", text(first)), class_=f"gate {kind}"),
        tag("ul", [tag("li", text(line)) for line in others]),
        id="gate",
    )


def fields(facts: Facts) -> Markup:
    """A table per field, and the secondary readings folded away."""
    numbers = facts.scored.numbers
    head = ["field", "P", "R", "F1", "95 %", "lenient", *facts.beside]
    rows = []
    for name in FIELD_NAMES:
        each = numbers.fields[name]
        cells = [each.strict.precision, each.strict.recall, each.strict.f1]
        row = [name, *map(percent, cells), span(each.interval), percent(each.lenient.f1)]
        rows.append(row + [percent(column.get(name)) for column in facts.beside.values()])
    last = ["mean", "", "", percent(numbers.strict), span(numbers.interval)]
    last.append(percent(numbers.lenient))
    rows.append(last + [percent(column.get(None)) for column in facts.beside.values()])
    return tag(
        "section",
        tag("h2", text("Fields")),
        _plain_table(head, rows),
        _folded("Counts", _counts(facts)),
        _folded("Threshold of evidence", _sensitivity(facts)),
        _folded("Attributes of matched items", _lines(tables.attribute_lines(numbers))),
        _folded("Without labels: grounding, cost, latency", _lines(service_lines(facts.service))),
        id="fields",
    )


def repeats(facts: Facts) -> Markup:
    """How often each vital item was found."""
    found = facts.found
    rows = [
        [label, f"{article} / {field}", f"{count} of {facts.repeats}"]
        for (article, field, label), count in sorted(found.items(), key=lambda entry: entry[1])
        if count < facts.repeats
    ]
    return tag(
        "section",
        tag("h2", text("Vital items over repeats")),
        tag("p", text(pass_line(found, facts.repeats))),
        _folded("Not found every time", _plain_table(["item", "where", "found"], rows))
        if rows
        else Markup(""),
        id="repeats",
    )


def past(facts: Facts) -> Markup:
    """Charts of past runs, if there are any."""
    if not facts.history:
        return Markup("")
    return tag("section", tag("h2", text("Past runs")), charts.history(facts.history), id="history")


def articles(facts: Facts) -> Markup:
    """Each article, with what was found in its first repeat and what was not."""
    predictions = facts.run.repeats(facts.corpus)[0]
    parts = []
    for number, (case, score) in enumerate(
        zip(facts.corpus.cases, facts.scored.scores[0], strict=True), 1
    ):
        prefix = f"a{number}"
        title = case.gold.source.title or case.name
        parts.append(
            tag(
                "article",
                tag("h3", text(title)),
                tag("p", text(_failure(score, case)), class_="note"),
                _picker(prefix),
                overlay(case, predictions[case.name], prefix),
                [_items(case, name, score.fields[name], prefix) for name in FIELD_NAMES],
                id=prefix,
            )
        )
    return tag(
        "section",
        tag("h2", text("Articles")),
        tag(
            "p",
            text("Marked: "),
            tag("mark", text("cited by both"), class_="shown both"),
            text(" "),
            tag("mark", text("by the gold alone"), class_="shown gold"),
            text(" "),
            tag("mark", text("by the answer alone"), class_="shown mine"),
            text(". First repeat."),
        ),
        parts,
        id="articles",
    )


def _failure(score: ArticleScore, case: Case) -> str:
    if score.failure is None:
        return case.name
    return f"{case.name}: scored as an empty answer ({score.failure})"


def _picker(prefix: str) -> Markup:
    """Which field's spans are marked: radio buttons, so that no script is needed."""
    parts = []
    for name in ("any", *FIELD_NAMES):
        own = f"{prefix}-pick-{name}"
        checked = "" if name == "any" else None
        parts += [
            tag(
                "input",
                type="radio",
                name=f"{prefix}-pick",
                id=own,
                class_=f"pick-{name}",
                checked=checked,
            ),
            tag("label", text("all" if name == "any" else name), for_=own),
        ]
    return Markup("".join(parts))


def _items(case: Case, name: FieldName, field: FieldScore, prefix: str) -> Markup:
    right = sum(each.found for each in field.gold if each.importance == "vital")
    vital = field.strict.vital
    title = f"{name}: {right} of {vital} vital, {field.strict.incorrect} wrong, "
    title += f"{field.strict.spurious} not in the gold"
    evidence = (
        [case.gold.what.evidence for _ in field.gold]
        if name == "what"
        else [entry.evidence for entry in case.gold.items(name)]
    )
    gold = [
        _gold_row(entry, anchor(case, spans, prefix))
        for entry, spans in zip(field.gold, evidence, strict=True)
    ]
    mine = [_my_row(each, anchor(case, each.item.evidence, prefix)) for each in field.verdicts]
    return tag(
        "details",
        tag("summary", text(title)),
        tag("h4", text("Gold")),
        tag("ul", gold, class_="items"),
        tag("h4", text("Answer")),
        tag("ul", mine, class_="items") if mine else tag("p", text("nothing"), class_="note"),
    )


def _gold_row(entry: GoldVerdict, link: str | None) -> Markup:
    return _row(entry.outcome, entry.label, link, entry.importance, entry.reason)


def _my_row(verdict: Verdict, link: str | None) -> Markup:
    similarity = f"evidence {verdict.similarity / 1000:.2f}"
    return _row(verdict.outcome, verdict.item.label, link, similarity, verdict.reason)


def _row(outcome: str, words: str, link: str | None, note: str, reason: str) -> Markup:
    sign, meaning = _SIGNS[outcome]
    label = tag("a", text(words), href=link) if link else tag("span", text(words))
    return tag(
        "li",
        tag("span", text(sign), class_=f"sign {outcome}", title=meaning),
        text(" "),
        label,
        text(" "),
        tag("small", text(f"{meaning}, {note}" + (f": {reason}" if reason else ""))),
    )


def _counts(facts: Facts) -> Markup:
    head = ["field", "vital", "found", "wrong", "missed", "extra", "okay", "found"]
    head += ["coverage", "many-to-one R", "F1 okay credited"]
    rows = []
    for name in FIELD_NAMES:
        each = facts.scored.numbers.fields[name]
        tally = each.tally
        counts = (
            tally.vital, tally.vital_found, tally.incorrect, tally.missing, tally.spurious,
            tally.okay, tally.okay_found,
        )  # fmt: skip
        shares = (each.coverage, each.many_to_one_recall, each.okay_credited.f1)
        rows.append([name, *map(str, counts), *map(percent, shares)])
    return _plain_table(head, rows)


def _sensitivity(facts: Facts) -> Markup:
    columns = facts.scored.sensitivity
    head = ["F1", *(f"at {threshold / 1000:g}" for threshold in columns)]
    rows = [
        [name or "mean", *(percent(column.get(name)) for column in columns.values())]
        for name in (*FIELD_NAMES, None)
    ]
    return _plain_table(head, rows)


def _plain_table(head: list[str], rows: list[list[str]]) -> Markup:
    return table(map(text, head), [map(text, row) for row in rows])


def _lines(lines: list[str]) -> Markup:
    return tag("ul", [tag("li", text(line)) for line in lines])


def _folded(title: str, content: Markup) -> Markup:
    return tag("details", tag("summary", text(title)), content)
