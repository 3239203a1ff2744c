"""History: one line per run that was kept, for charts of how scores went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.checks import percentile
from evals.errors import DataError
from evals.running.stored import StoredRun
from evals.scored import Scored, Service
from summarizer.schema import FieldName


class Point(BaseModel):
    """One run's headline numbers. F1 values are shares, `latency_p50` seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: dt.datetime
    engine: str
    model: str | None
    prompt: str | None
    package_version: str
    git_commit: str | None
    gold: str
    scorer: str
    articles: int
    repeats: int
    strict: float | None
    low: float | None
    high: float | None
    lenient: float | None
    fields: Mapping[FieldName, float | None]
    cost_usd: float | None
    latency_p50: float | None

    @property
    def system(self) -> str:
        """The line of the chart that the point is on."""
        return " ".join(part for part in (self.engine, self.model) if part)

    @classmethod
    def of(cls, run: StoredRun, result: Scored, service: Service) -> Point:
        """The point of a scored run."""
        manifest, numbers = run.manifest, result.numbers
        interval = numbers.interval
        return cls(
            at=manifest.created,
            engine=manifest.engine,
            model=manifest.model,
            prompt=manifest.prompt,
            package_version=manifest.package_version,
            git_commit=manifest.git_commit,
            gold=manifest.digests.gold,
            scorer=manifest.digests.scorer,
            articles=numbers.articles,
            repeats=numbers.repeats,
            strict=_rounded(numbers.strict),
            low=_rounded(interval.low if interval else None),
            high=_rounded(interval.high if interval else None),
            lenient=_rounded(numbers.lenient),
            fields={name: _rounded(each.strict.f1) for name, each in numbers.fields.items()},
            cost_usd=service.checks.cost_usd,
            latency_p50=_rounded(percentile(service.seconds, 0.5)),
        )


def read(path: Path) -> list[Point]:
    """The points of a file, oldest first; none if there is no file. Raises DataError."""
    if not path.exists():
        return []
    points = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                points.append(Point.model_validate_json(line))
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                raise DataError(f"{path}:{number}: not a point: {first['msg']}") from error
    return sorted(points, key=lambda point: point.at)


def add(point: Point, path: Path) -> None:
    """Append a point unless the file has this run already. Raises DataError."""
    if not any((old.at, old.system) == (point.at, point.system) for old in read(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(point.model_dump_json() + "\n")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
