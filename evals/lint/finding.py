"""A finding, and the collector that rules report to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evals import positions


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend; `line` counts from 1."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass
class Findings:
    """Collects what is wrong with one file, by the path of the JSON value."""

    path: Path
    document: positions.Document | None = None
    found: list[Finding] = field(default_factory=list)

    def add(self, at: positions.Path, message: str) -> None:
        """Report the value at `at`."""
        line = self.document.line(at) if self.document else 1
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at)
        self.found.append(Finding(self.path, line, f"{place.lstrip('.') or 'record'}: {message}"))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.found)
