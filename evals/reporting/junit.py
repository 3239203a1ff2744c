"""A run as JUnit XML: one test case per vital item, and one for the gate."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import groupby

from evals.reporting.facts import Facts
from evals.reporting.words import gate_lines
from evals.scoring import GoldVerdict
from evals.vital import ItemName


def junit(facts: Facts) -> str:
    """A vital item passes if every repeat found it (pass^k).

    An item that was not found is a failure, but skipped where a baseline is given that has
    not found it every time either: it is known to be missing.
    """
    root = ET.Element("testsuites", name="evals")
    found = facts.found
    reasons = _reasons(facts)
    for article, items in groupby(found, key=lambda item: item[0]):
        suite = ET.SubElement(root, "testsuite", name=_plain(article))
        for item in items:
            _, field, label = item
            test = ET.SubElement(
                suite, "testcase", classname=_plain(f"{article}.{field}"), name=_plain(label)
            )
            if found[item] < facts.repeats:
                kind = "skipped" if _known(facts, item) else "failure"
                message = f"found in {found[item]} of {facts.repeats} repeats"
                problem = ET.SubElement(test, kind, message=message)
                problem.text = _plain(reasons[item])
        _count(suite)
    if facts.judged is not None:
        _gate(root, facts)
    _count(root, "testsuite/testcase")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _known(facts: Facts, item: ItemName) -> bool:
    if facts.judged is None or facts.judged.verdict is None:
        return False
    baseline = facts.judged.baseline
    return baseline.side.found.get(item, 0) < baseline.repeats


def _gate(root: ET.Element, facts: Facts) -> None:
    assert facts.judged is not None
    lines = gate_lines(facts.judged, repeats=facts.repeats)
    suite = ET.SubElement(root, "testsuite", name="gate")
    test = ET.SubElement(suite, "testcase", classname="gate", name="no regression")
    verdict = facts.judged.verdict
    if verdict is None or not verdict.passed:
        kind = "error" if verdict is None else "failure"
        ET.SubElement(test, kind, message=_plain(lines[0])).text = _plain("\n".join(lines[1:]))
    _count(suite)


def _reasons(facts: Facts) -> dict[ItemName, str]:
    """Why each vital item was missed, from the first repeat that missed it."""
    reasons: dict[ItemName, str] = {}
    for scores in facts.scored.scores:
        for score in scores:
            for name, field in score.fields.items():
                for index, entry in enumerate(field.gold):
                    if entry.importance == "vital" and not entry.found:
                        key = (score.case, name, f"{index}: {entry.label}")
                        reasons.setdefault(key, _reason(entry))
    return reasons


def _reason(entry: GoldVerdict) -> str:
    return f"{entry.outcome}: {entry.reason}" if entry.reason else entry.outcome


def _count(element: ET.Element, cases: str = "testcase") -> None:
    found = element.findall(cases)
    element.set("tests", str(len(found)))
    for kind in ("failure", "error", "skipped"):
        name = kind if kind == "skipped" else f"{kind}s"
        element.set(name, str(sum(case.find(kind) is not None for case in found)))


def _plain(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(each if each.isprintable() or each in "\n\t" else " " for each in text)
