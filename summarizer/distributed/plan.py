"""Which blocks there are to do: what is in the files, less what is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from summarizer.batch import OutputProblem
from summarizer.distributed import manifest
from summarizer.distributed.manifest import Block, Manifest, State
from summarizer.distributed.storage import Folder, SourceUnavailable, Stored
from summarizer.errors import ConfigurationError, SourceError, SourceNotFound, UnreadableSource
from summarizer.sources import Columns
from summarizer.sources.naming import quoted, shown
from summarizer.sources.parquet import readers

#: Footers of files that are read at once: in a store each is a wait.
_AT_ONCE = 16
_ENDING = ".parquet"


@dataclass(slots=True)
class Plan:
    """The blocks of a corpus, how far they are, and the files that cannot be read."""

    manifest: Manifest
    paths: list[str]
    states: dict[int, State]
    bad: dict[str, SourceError] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Of all files."""
        return sum(self.manifest.files[path].rows for path in self.paths)

    def todo(self, *, retry_errors: bool) -> Iterator[tuple[Block, State | None]]:
        """The blocks that have something to ask, in the order of their rows."""
        for block in self.manifest.blocks(self.paths):
            state = self.states.get(block.first)
            if state is None or state.left or (retry_errors and state.failed):
                yield block, state

    def unfinished(self) -> set[str]:
        """The files of which some rows are neither answered nor failed for good."""
        return {block.path for block, _ in self.todo(retry_errors=False)}


def found_files(source: Folder, target: Folder) -> list[Stored]:
    """The files to read. Raises SourceError if there is none, and ConfigurationError."""
    if source.holds(target):
        raise ConfigurationError(f"OUT, {quoted(target.name)}, must not lie within IN")
    files = source.files(_ENDING)
    if not files:
        raise SourceNotFound(f"{quoted(source.name)} holds no {_ENDING} file")
    return files


def make(
    source: Folder,
    target: Folder,
    *,
    asked: dict[str, Any],
    columns: Columns,
    block_rows: int | None,
    default_rows: int,
    fresh: bool,
) -> Plan:
    """Look at both folders, give new rows their numbers and write the manifest.

    Raises SourceError where there is nothing to read, ConfigurationError if the target
    answers another question, and OutputProblem.
    """
    files = found_files(source, target)
    found = manifest.load(target)
    if found is None:
        if any(target.names(table) for table in manifest.TABLES):
            raise OutputProblem(f"{quoted(target.name)} holds something else: name an empty folder")
        found = Manifest(asked, block_rows or default_rows, fresh=fresh)
    elif fresh and (found.complete or not found.fresh or found.asked != asked):
        for path in list(found.files):
            found.retire(path)
        found.asked, found.fresh = asked, True
        found.block_rows = block_rows or found.block_rows
    elif found.asked != asked:
        different = ", ".join(key for key in asked if found.asked.get(key) != asked[key])
        raise ConfigurationError(
            f"{quoted(target.name)} answers another question (it differs in: {different}): name "
            "another folder, or ask all of it anew with --fresh"
        )
    elif block_rows not in (None, found.block_rows):
        raise ConfigurationError(
            f"{quoted(target.name)} was begun with --block-size {found.block_rows}: leave it out"
        )
    plan = Plan(found, [], {})
    _number(plan, source, files, columns)
    found.complete = False
    manifest.save(target, found)
    plan.states = manifest.states(target)
    return plan


def _number(plan: Plan, source: Folder, files: list[Stored], columns: Columns) -> None:
    """Give the rows of files that are new, or have changed, their numbers."""
    found = plan.manifest
    new = [f for f in files if f.path not in found.files or not found.files[f.path].is_of(f)]
    counts: dict[str, int] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for file, count in zip(
            new, pool.map(lambda f: _rows(source, f, columns), new), strict=True
        ):
            if isinstance(count, SourceError):
                plan.bad[file.path] = count
            else:
                counts[file.path] = count
    for file in files:
        if file.path in counts:
            found.number(file, counts[file.path])
        if file.path not in plan.bad:
            plan.paths.append(file.path)


def _rows(source: Folder, file: Stored, columns: Columns) -> int | SourceError:
    """How many rows a file has, as its footer says; or why it cannot be read."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    name = quoted(where(source, file.path))
    try:
        with source.open(file.path) as opened:
            footer = ParquetFile(opened)
            readers(footer.schema_arrow, columns, name)
            return int(footer.metadata.num_rows)
    except UnreadableSource as error:
        return error
    except pa.ArrowException:
        return UnreadableSource(f"{name} is no Parquet file, or is damaged")
    except OSError:
        return SourceUnavailable(f"{name} cannot be read")


def where(source: Folder, path: str) -> str:
    """What a file of the source is called."""
    return f"{source.name.rstrip('/')}/{shown(path)}" if path else source.name


def settled(plan: Plan, target: Folder) -> None:
    """Leave out what is old, where what is new is there, and write how far it is."""
    found = plan.manifest
    plan.states = manifest.states(target)
    open_files = plan.unfinished()
    there = set(plan.paths)
    kept = {
        path: ranges
        for path, ranges in found.old.items()
        # What no file replaces any more goes with the last of what was replaced.
        if path in open_files or path in plan.bad or (path not in there and open_files)
    }
    gone: Iterable[tuple[int, int]] = [
        span for path, ranges in found.old.items() if path not in kept for span in ranges
    ]
    manifest.sweep(target, plan.states, gone)
    found.old = kept
    found.complete = not open_files
    found.fresh = found.fresh and not found.complete
    manifest.save(target, found)
