"""Rules for settled records: the scoring keys, and that the record scores itself right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals import positions
from evals.data import Case, GoldBackground, GoldReaction, Nugget, Record, granularity
from evals.lint.finding import Findings
from evals.matching import claim_problem
from evals.prediction import from_record
from evals.scoring import score
from evals.text import holds, name, tokens
from summarizer.schema import FIELD_NAMES, FieldName

_NUGGETS = range(1, 5)


def check_keys(record: Record, text: str, findings: Findings) -> None:
    """Report what a settled record lacks, or what its scoring keys get wrong."""
    _check_settled(record, findings)
    _check_nuggets(record, findings)
    _check_claims(record, findings)
    _check_apart(record, findings)
    _check_places(record, findings)
    _check_attributes(record, findings)
    if not findings.found:
        _check_scores_itself(record, text, findings)


def _check_settled(record: Record, findings: Findings) -> None:
    source = record.source
    if record.draft:
        findings.add(("draft",), "a reader must settle the record and take this line out")
    if "published_from" not in source.model_fields_set:
        findings.add(("source",), "published_from is missing")
    elif (source.published is None) != (source.published_from is None):
        findings.add(("source",), "published and published_from are both null or neither")


def _check_places(record: Record, findings: Findings) -> None:
    for index, where in enumerate(record.where):
        if "within" not in where.model_fields_set:
            findings.add(("where", index), "within is missing")
        own = {name(each) for each in (where.name, *where.aliases)}
        for number, broader in enumerate(where.within):
            if name(broader) in own:
                findings.add(("where", index, "within", number), "is the place itself")


def _check_attributes(record: Record, findings: Findings) -> None:
    for index, when in enumerate(record.when):
        if when.granularity != granularity(when.date):
            right = granularity(when.date) or "null"
            findings.add(("when", index, "granularity"), f"of this date is {right}")
    for index, who in enumerate(record.who):
        if who.kind == "country" and who.role is not None:
            findings.add(("who", index, "role"), "of a country is null")


def _check_nuggets(record: Record, findings: Findings) -> None:
    nuggets = record.what.nuggets
    if len(nuggets) not in _NUGGETS:
        findings.add(("what",), "the sentence carries one to four nuggets")
    elif not any(nugget.importance == "vital" for nugget in nuggets):
        findings.add(("what", "nuggets"), "none is vital")
    for index, nugget in enumerate(nuggets):
        _check_claim(nugget, record.what.statement, findings, ("what", "nuggets", index))


def _check_claims(record: Record, findings: Findings) -> None:
    for field in ("reactions", "background"):
        for index, entry in enumerate(getattr(record, field)):
            _check_claim(entry, entry.statement, findings, (field, index))


def _check_claim(
    keys: Nugget | GoldReaction | GoldBackground,
    statement: str,
    findings: Findings,
    at: positions.Path,
) -> None:
    if not keys.anchors:
        findings.add(at, "anchors are missing")
    _check_form(keys, findings, at)
    words = tokens(statement)
    for number, alternatives in enumerate(keys.anchors):
        if not any(holds(words, phrase) for phrase in alternatives):
            findings.add((*at, "anchors", number), "the item's own statement has none of these")
    for number, phrase in enumerate(keys.forbidden):
        if holds(words, phrase):
            findings.add((*at, "forbidden", number), "the item's own statement says this")


def _check_form(
    keys: Nugget | GoldReaction | GoldBackground, findings: Findings, at: positions.Path
) -> None:
    for phrase, place in _phrases(keys, at):
        if not tokens(phrase):
            findings.add(place, "holds no word")
        elif " ".join(tokens(phrase)) != phrase:
            findings.add(place, f"write it as it is compared: {' '.join(tokens(phrase))!r}")
    for number, alternatives in enumerate(keys.anchors):
        _check_once(alternatives, findings, (*at, "anchors", number))
    _check_once(keys.forbidden, findings, (*at, "forbidden"))


def _phrases(
    keys: Nugget | GoldReaction | GoldBackground, at: positions.Path
) -> Iterator[tuple[str, positions.Path]]:
    for number, alternatives in enumerate(keys.anchors):
        for index, phrase in enumerate(alternatives):
            yield phrase, (*at, "anchors", number, index)
    for number, phrase in enumerate(keys.forbidden):
        yield phrase, (*at, "forbidden", number)


def _check_once(phrases: Sequence[str], findings: Findings, at: positions.Path) -> None:
    for number, phrase in enumerate(phrases):
        if phrase in phrases[:number]:
            findings.add((*at, number), "is given twice")


def _check_apart(record: Record, findings: Findings) -> None:
    """No statement satisfies another item's keys: plain code must tell them apart."""
    claims = [
        ((field, index), entry)
        for field in ("reactions", "background")
        for index, entry in enumerate(getattr(record, field))
    ]
    for at, entry in claims:
        for other_at, other in claims:
            if at != other_at and other.anchors and not claim_problem(entry.statement, other):
                where = f"{other_at[0]}[{other_at[1]}]"
                findings.add((*at, "statement"), f"satisfies the anchors of {where} too")


def _check_scores_itself(record: Record, text: str, findings: Findings) -> None:
    """The record, taken as an answer, is supported by its evidence and finds itself."""
    result = score(Case(findings.path.stem, text, record), from_record(record))
    for field in FIELD_NAMES:
        wrong = [each for each in result.fields[field].verdicts if each.outcome != "correct"]
        for verdict in wrong:
            at = _place_of(record, field, verdict.item.label)
            findings.add(at, f"scored against itself: {verdict.reason}")
        for index, entry in enumerate(result.fields[field].gold):
            if not entry.found and not wrong:
                at = ("what", "nuggets") if field == "what" else (field,)
                findings.add((*at, index), f"does not match itself: {entry.reason}")


def _place_of(record: Record, field: FieldName, label: str) -> positions.Path:
    if field == "what":
        return ("what", "statement")
    for index, item in enumerate(from_record(record).of(field)):
        if item.label == label:
            return (field, index)
    return (field,)
