"""JSON with positions: where in a file each value stands."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Document:
    """A parsed JSON text: its value, the line of each path, and keys given twice."""

    value: Any
    lines: Mapping[Path, int]
    repeated: tuple[Path, ...]

    def line(self, path: Path) -> int:
        """The line (from 1) of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def parse(text: str) -> Document:
    """Parse a JSON text. Raises json.JSONDecodeError as `json.loads` does."""
    value = json.loads(text)
    walk = _Walk(text)
    walk.value(0, ())
    return Document(value, walk.lines, tuple(walk.repeated))


@dataclass
class _Walk:
    """Goes through a text that is known to be JSON, and notes where values begin."""

    text: str
    lines: dict[Path, int] = field(default_factory=dict)
    repeated: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._breaks = [at for at, character in enumerate(self.text) if character == "\n"]

    def value(self, at: int, path: Path) -> int:
        """Note the value that begins at or after `at`; returns the offset after it."""
        at = self._skip(at)
        self.lines[path] = bisect.bisect_left(self._breaks, at) + 1
        opening = self.text[at]
        if opening not in "{[":
            return _DECODER.raw_decode(self.text, at)[1]
        closing = "}" if opening == "{" else "]"
        at = self._skip(at + 1)
        index = 0
        while self.text[at] != closing:
            key: str | int = index
            if opening == "{":
                key, at = _DECODER.raw_decode(self.text, at)
                at = self._skip(at) + 1
            if (*path, key) in self.lines:
                self.repeated.append((*path, key))
            at = self._skip(self.value(at, (*path, key)))
            if self.text[at] == ",":
                at = self._skip(at + 1)
            index += 1
        return at + 1

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        assert match is not None  # the pattern matches the empty string
        return match.end()
