"""What a corpus's folder says of itself: what was asked, of which files, and how far it is.

    articles/ items/ errors/   ID-ROUND.parquet, the parts of the tables
    _corpus/manifest.json      what was asked, and the number of each file's first row
    _corpus/blocks/ID/         a marker of the block: its name says how far that is

Each row of each file has a number, its `id`, which is never given to another row. A block is
named by its first row's. Its parts are written first and its marker last, so that parts
without a marker are written again, under the same names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from summarizer.batch import OutputProblem
from summarizer.distributed.storage import Folder, Stored

#: Where the parts of the three tables are.
TABLES = ("articles", "items", "errors")
_OWN = "_corpus"
_MANIFEST = f"{_OWN}/manifest.json"
_BLOCKS = f"{_OWN}/blocks"
_VERSION = 1
_MARKER = re.compile(r"(\d{12,})/(\d+)\.a(\d+)\.f(\d+)\.l(\d+)\.json")
_PART = re.compile(r"(\d{12,})-(\d+)\.parquet")


class Block(NamedTuple):
    """Rows of one file: `rows` of them, from row `start`, from 0, whose id is `first`."""

    first: int
    path: str
    start: int
    rows: int


class State(NamedTuple):
    """How far a block is, after so many rounds.

    So many of its rows are answered, failed for good, or are left to ask.
    """

    first: int
    rounds: int
    answered: int
    failed: int
    left: int

    @property
    def marker(self) -> str:
        """The path of the file that says so."""
        name = f"{self.rounds}.a{self.answered}.f{self.failed}.l{self.left}.json"
        return f"{_BLOCKS}/{self.first:012}/{name}"


@dataclass(frozen=True, slots=True)
class Version:
    """A file as it was when its rows got their numbers, from `first`."""

    size: int
    modified: int
    rows: int
    first: int

    def is_of(self, file: Stored) -> bool:
        """Whether the file is as it was."""
        return (self.size, self.modified) == (file.size, file.modified)


@dataclass(slots=True)
class Manifest:
    """What was asked, and of which files.

    `asked` is what makes an answer another one. `old` are the rows, from and up to an id, of
    files that have changed, or that are asked anew; their parts go when the new ones are there.
    """

    asked: dict[str, Any]
    block_rows: int
    files: dict[str, Version] = field(default_factory=dict)
    old: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    following: int = 1
    fresh: bool = False
    complete: bool = False

    def blocks(self, paths: Iterable[str]) -> Iterable[Block]:
        """The blocks of some files, in their order."""
        for path in paths:
            version = self.files[path]
            for start in range(0, version.rows, self.block_rows):
                rows = min(self.block_rows, version.rows - start)
                yield Block(version.first + start, path, start, rows)

    def number(self, file: Stored, rows: int) -> None:
        """Give a file's rows their numbers; those of an earlier form of it are old."""
        self.retire(file.path)
        self.files[file.path] = Version(file.size, file.modified, rows, self.following)
        self.following += rows

    def retire(self, path: str) -> None:
        """The file's rows are old, if it has any."""
        version = self.files.pop(path, None)
        if version is not None:
            self.old.setdefault(path, []).append((version.first, version.first + version.rows))


def load(folder: Folder) -> Manifest | None:
    """The manifest of a corpus, or None if there is none. Raises OutputProblem."""
    data = folder.read(_MANIFEST)
    if data is None:
        return None
    try:
        return _manifest(json.loads(data))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise OutputProblem(
            f"'{folder.name}/{_MANIFEST}' is none of this version of the package"
        ) from None


def _manifest(found: Mapping[str, Any]) -> Manifest:
    if found["version"] != _VERSION:
        raise ValueError
    return Manifest(
        asked=dict(found["asked"]),
        block_rows=int(found["block_rows"]),
        files={path: Version(**version) for path, version in found["files"].items()},
        old={path: [(a, b) for a, b in ranges] for path, ranges in found["old"].items()},
        following=int(found["following"]),
        fresh=bool(found["fresh"]),
        complete=bool(found["complete"]),
    )


def save(folder: Folder, manifest: Manifest) -> None:
    """Write the manifest. Raises OutputProblem."""
    data = json.dumps({"version": _VERSION, **asdict(manifest)}, indent=1)
    folder.write(_MANIFEST, data.encode())


def states(folder: Folder) -> dict[int, State]:
    """How far each block is, by its first row, as the names of the markers tell."""
    return _latest(folder.names(_BLOCKS, deep=True))


def state(folder: Folder, first: int) -> State | None:
    """How far one block is."""
    own = f"{first:012}"
    return _latest(f"{own}/{name}" for name in folder.names(f"{_BLOCKS}/{own}")).get(first)


def _latest(names: Iterable[str]) -> dict[int, State]:
    found: dict[int, State] = {}
    for name in names:
        if (match := _MARKER.fullmatch(name)) is None:
            continue
        one = State(*map(int, match.groups()))
        if one.first not in found or found[one.first].rounds < one.rounds:
            found[one.first] = one
    return found


class Settled(NamedTuple):
    """What a marker holds: ids of rows left to ask and of those that failed for good.

    `written` were answered in its round, for so many US dollars, if that is known.
    """

    left: list[int]
    failed: list[int]
    written: int
    cost_usd: float | None


def settled(folder: Folder, state: State) -> Settled:
    """What a block's marker holds. Raises OutputProblem."""
    data = folder.read(state.marker)
    try:
        found = json.loads(data or b"")
        left, failed = list(map(int, found["left"])), list(map(int, found["failed"]))
        return Settled(left, failed, int(found["written"]), found["cost_usd"])
    except (KeyError, TypeError, ValueError):
        raise OutputProblem(f"'{folder.name}/{state.marker}' is damaged: remove it") from None


def mark(folder: Folder, state: State, before: State | None, settled: Settled) -> None:
    """Say how far a block is now: with this, its parts are a part of the corpus."""
    data = json.dumps(settled._asdict(), separators=(",", ":"))
    folder.write(state.marker, data.encode())
    if before is not None:
        folder.delete(before.marker)


def part(table: str, first: int, number: int) -> str:
    """The path of a block's part of a table, of one of its rounds."""
    return f"{table}/{first:012}-{number}.parquet"


def sweep(folder: Folder, known: Mapping[int, State], old: Iterable[tuple[int, int]]) -> None:
    """Remove the parts and markers of old rows, and parts that no marker vouches for."""
    ranges = list(old)

    def gone(first: int) -> bool:
        return any(start <= first < end for start, end in ranges)

    for table in TABLES:
        for name in folder.names(table):
            match = _PART.fullmatch(name)
            if match is None:
                _drop_torn(folder, table, name)
                continue
            first, number = int(match[1]), int(match[2])
            there = known.get(first)
            last = -1 if there is None else there.rounds - 1
            # Of the failures, those of the last round are all that stand.
            stale = number != last if table == "errors" else number > last
            if stale or gone(first):
                folder.delete(f"{table}/{name}")
    for name in folder.names(_OWN):
        _drop_torn(folder, _OWN, name)
    for name in folder.names(_BLOCKS, deep=True):
        match = _MARKER.fullmatch(name)
        if match is None:
            _drop_torn(folder, _BLOCKS, name)
            continue
        first, number = int(match[1]), int(match[2])
        if gone(first) or known[first].rounds > number:
            folder.delete(f"{_BLOCKS}/{name}")


def _drop_torn(folder: Folder, place: str, name: str) -> None:
    """Remove a file that a killed worker was writing; no other."""
    base = name.rpartition("/")[2]
    if base.startswith(".") and base.endswith(".part"):
        folder.delete(f"{place}/{name}")
