"""The main event of an article that was read in parts: what they gave for it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from summarizer.grounding import Checked
from summarizer.schema import What

#: What the question has where no part gave a candidate.
NONE = "(none)"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A verified `what` of the part with this number, from 1."""

    part: int
    entry: Checked

    def text(self) -> str:
        """As the question has it: one line of JSON."""
        item = self.entry.item
        assert isinstance(item, What)
        evidence = [span.text for span in item.evidence]
        told = {"part": self.part, "evidence": evidence, "statement": item.statement}
        return json.dumps(told, ensure_ascii=False)


def candidates(parts: Iterable[tuple[int, Sequence[Checked]]]) -> list[Candidate]:
    """The candidates of numbered parts, in their order, each said once."""
    found: dict[object, Candidate] = {}
    for number, checked in parts:
        for entry in checked:
            if isinstance(entry.item, What):
                said = (entry.item.statement, *((s.start, s.end) for s in entry.item.evidence))
                found.setdefault(said, Candidate(number, entry))
    return list(found.values())


def candidates_text(found: Sequence[Candidate], most: int) -> str:
    """As many of the first candidates as `most` bytes of UTF-8 have room for."""
    lines = []
    for candidate in found:
        line = candidate.text()
        most -= len(line.encode()) + 1
        if most < 0:
            break
        lines.append(line)
    return "\n".join(lines) or NONE


def failed(parts: Iterable[Sequence[Checked]]) -> list[Checked]:
    """The first failed `what` of the parts, for a record that has none."""
    entries = (e for checked in parts for e in checked if e.field == "what" and e.item is None)
    return list(entries)[:1]
