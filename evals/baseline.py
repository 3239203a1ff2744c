"""The baseline: what a run is gated against, kept in the repository.

A baseline holds counts, not answers: the tallies of each repeat and how often each vital
item was found, with the digests of all that must not change under a comparison.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals import gate
from evals.errors import ConfigurationError
from evals.gate import Side
from evals.running.manifest import Digests, Manifest
from evals.scoring import ArticleScore, Tally
from evals.vital import found_counts
from summarizer.schema import FIELD_NAMES, FieldName

_COLUMNS = tuple(f.name for f in fields(Tally))


class Baseline(BaseModel):
    """A blessed run. `tallies` are lists of counts, in the order that `columns` gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    engine: str
    model: str | None
    prompt: str | None
    deterministic: bool
    package_version: str
    repeats: Annotated[int, Field(ge=1)]
    digests: Digests
    #: F1 of every field when the baseline was blessed; the next may not be lower.
    floors: Mapping[FieldName, float | None]
    columns: tuple[str, ...] = _COLUMNS
    tallies: Mapping[str, Mapping[FieldName, tuple[tuple[int, ...], ...]]]
    #: Article → field → vital item → the number of repeats that found it.
    vital: Mapping[str, Mapping[FieldName, Mapping[str, int]]]

    @classmethod
    def of(
        cls, manifest: Manifest, digests: Digests, repeats: Sequence[Sequence[ArticleScore]]
    ) -> Baseline:
        """The baseline that a scored run would make, with today's gold and scorer."""
        side = side_of(repeats)
        vital: dict[str, dict[FieldName, dict[str, int]]] = {}
        for (article, field, label), count in side.found.items():
            vital.setdefault(article, {}).setdefault(field, {})[label] = count
        return cls(
            engine=manifest.engine,
            model=manifest.model,
            prompt=manifest.prompt,
            deterministic=manifest.deterministic,
            package_version=manifest.package_version,
            repeats=side.repeats,
            digests=digests,
            floors={name: _rounded(side.f1(name)) for name in FIELD_NAMES},
            tallies={
                article: {name: tuple(map(_counts, by_field[name])) for name in FIELD_NAMES}
                for article, by_field in side.tallies.items()
            },
            vital=vital,
        )

    @property
    def side(self) -> Side:
        """The baseline as the gate takes it."""
        return Side(
            self.repeats,
            {
                article: {
                    name: [Tally(**dict(zip(self.columns, row, strict=True))) for row in rows]
                    for name, rows in by_field.items()
                }
                for article, by_field in self.tallies.items()
            },
            {
                (article, field, label): count
                for article, by_field in self.vital.items()
                for field, labels in by_field.items()
                for label, count in labels.items()
            },
        )

    def check(self, manifest: Manifest, digests: Digests) -> None:
        """Refuse a comparison that would not be one. Raises ConfigurationError.

        Model and prompt may differ: that is what is compared.
        """
        different = self.digests.differences(digests)
        if different:
            raise ConfigurationError(
                f"the baseline was blessed with other {' and '.join(different)}; "
                "look at the scores, then bless again with --replace"
            )
        if self.engine != manifest.engine:
            raise ConfigurationError(
                f"the baseline is of the {self.engine} engine, the run of {manifest.engine}"
            )
        for who, repeats, deterministic in (
            ("the baseline", self.repeats, self.deterministic),
            ("the run", manifest.repeats, manifest.deterministic),
        ):
            if not deterministic and repeats < gate.LEAST_REPEATS:
                raise ConfigurationError(
                    f"{who} has {repeats} repeats; an engine that may answer differently each "
                    f"time is judged on {gate.LEAST_REPEATS} or more"
                )

    def lowered(self, other: Baseline) -> list[FieldName]:
        """The fields whose floor the other baseline would lower."""
        return [
            name for name in FIELD_NAMES if (other.floors[name] or 0) < (self.floors[name] or 0)
        ]


def side_of(repeats: Sequence[Sequence[ArticleScore]]) -> Side:
    """A scored run as the gate takes it."""
    tallies: dict[str, dict[FieldName, list[Tally]]] = {}
    for scores in repeats:
        for score in scores:
            for name in FIELD_NAMES:
                tally = score.fields[name].strict
                tallies.setdefault(score.case, {}).setdefault(name, []).append(tally)
    return Side(len(repeats), tallies, found_counts(repeats))


def read(path: Path) -> Baseline:
    """A baseline from its file. Raises ConfigurationError."""
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{path}: {where}: {first['msg']}") from error


def write(baseline: Baseline, path: Path) -> None:
    """Write a baseline so that a change of it reads well in a review."""
    plain = baseline.model_dump(mode="json")
    tallies = plain.pop("tallies")
    lines = json.dumps(plain, indent=2, ensure_ascii=False, sort_keys=True)
    rows = json.dumps(tallies, sort_keys=True).replace("]], ", "]],\n    ")
    content = lines.removesuffix("\n}") + f',\n  "tallies": {rows}\n}}\n'
    path.write_text(content, encoding="utf-8")


def _counts(tally: Tally) -> tuple[int, ...]:
    return tuple(getattr(tally, column) for column in _COLUMNS)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
