"""A stored run, read back for scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evals import data
from evals.data import Corpus
from evals.errors import ConfigurationError, Incomplete
from evals.prediction import Prediction
from evals.running import manifest as manifests
from evals.running.manifest import Manifest
from evals.running.rows import Key, Row, read_rows
from evals.running.runner import ROWS


@dataclass(frozen=True)
class StoredRun:
    """A run's manifest and rows. Raises DataError if they cannot be read."""

    directory: Path
    manifest: Manifest
    rows: Mapping[Key, Row]

    @classmethod
    def read(cls, directory: Path) -> StoredRun:
        """The run in a directory."""
        rows = read_rows(directory / ROWS)
        return cls(directory, manifests.read(directory), {row.key: row for row in rows})

    def corpus(self, directory: Path) -> Corpus:
        """The run's articles in a data directory. Raises DataError if one is missing."""
        return data.load(directory, only=tuple(self.manifest.digests.articles))

    def repeats(self, corpus: Corpus) -> list[dict[str, Prediction]]:
        """For each repeat the predictions by case name.

        Raises ConfigurationError if the run is about other articles than the corpus, and
        Incomplete if a row is missing.
        """
        articles = {case.name: case.gold.sha256 for case in corpus.cases}
        if articles != dict(self.manifest.digests.articles):
            raise ConfigurationError(
                f"{self.directory}: the run is about other articles than {corpus.directory}"
            )
        keys = [
            Key(case.name, repeat)
            for repeat in range(self.manifest.repeats)
            for case in corpus.cases
        ]
        missing = [key for key in keys if key not in self.rows]
        if missing:
            raise Incomplete(
                f"{self.directory}: {len(missing)} of {len(keys)} answers are missing; "
                "run again to go on"
            )
        return [
            {
                case.name: self.rows[Key(case.name, repeat)].answer.prediction
                for case in corpus.cases
            }
            for repeat in range(self.manifest.repeats)
        ]


def is_run(path: Path) -> bool:
    """Whether a path is a run's directory."""
    return (path / manifests.FILE).is_file()
