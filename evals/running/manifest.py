"""The manifest: what a run asked, of whom, and about what, as names and digests."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import evals
from evals import floors
from evals.data import Case, Corpus
from evals.errors import ConfigurationError, DataError
from summarizer import dates, draft, numbers, schema

FILE = "manifest.json"

#: The modules whose results a score is made of.
_SCORER = (
    "assignment", "data", "matching", "metrics", "prediction", "scoring", "support",
    "text",
)  # fmt: skip

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Digests(BaseModel):
    """What must not have changed between two scores that are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    articles: Mapping[str, Digest]
    gold: Digest
    scorer: Digest
    output_schema: Digest

    @classmethod
    def of(cls, corpus: Corpus) -> Digests:
        """Of a corpus, with this scorer and this schema."""
        return cls(
            articles={case.name: case.gold.sha256 for case in corpus.cases},
            gold=gold_digest(corpus.cases),
            scorer=scorer_digest(corpus.cases),
            output_schema=schema_digest(),
        )

    def differences(self, other: Digests) -> list[str]:
        """The names of what differs."""
        return [
            name for name in type(self).model_fields if getattr(self, name) != getattr(other, name)
        ]


class Manifest(BaseModel):
    """A run's own description. Two with the same `identity` may share a run directory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    created: dt.datetime
    engine: str
    model: str | None
    prompt: str | None
    deterministic: bool
    host: str | None
    settings: Mapping[str, str | int | float | None]
    repeats: Annotated[int, Field(ge=1)]
    digests: Digests
    package_version: str
    git_commit: str | None
    notes: tuple[str, ...] = ()

    @property
    def identity(self) -> dict[str, object]:
        """All but when and at which commit."""
        plain = self.model_dump(mode="json", exclude={"created", "git_commit"})
        # Gold and scorer may change: answers do not depend on them.
        plain["digests"] = {
            "articles": dict(self.digests.articles),
            "output_schema": self.digests.output_schema,
        }
        return plain

    @property
    def name(self) -> str:
        """What to call the run's system in a report."""
        parts = [self.engine, self.model, self.prompt]
        return " ".join(part for part in parts if part)


def gold_digest(cases: Iterable[Case]) -> str:
    """Of the settled records' content, whatever their layout."""
    records = {case.name: case.gold.model_dump(mode="json") for case in cases}
    return _digest(json.dumps(records, sort_keys=True, ensure_ascii=False).encode())


def scorer_digest(cases: Iterable[Case]) -> str:
    """Of the source files that decide on a score.

    What they borrow from the package to read numbers and dates counts by what it reads in
    these articles: the package may learn to read others without changing any score here.
    """
    content = [
        (Path(evals.__path__[0]) / f"{name}.py").read_bytes().replace(b"\r\n", b"\n")
        for name in _SCORER
    ]
    for case in cases:
        for sentence in floors.sentences(case.text):
            found = dates.find(sentence, case.gold.source.published)
            readings = sorted(map(str, numbers.values(sentence)))
            readings += [f"{each.text}={each.date}" for each in found]
            content.append("\0".join(readings).encode())
    return _digest(b"\0\0".join(content))


def schema_digest() -> str:
    """Of what a model is asked for and of what users get."""
    both = [draft.wire_schema(), schema.json_schema()]
    return _digest(json.dumps(both, sort_keys=True).encode())


def git_commit() -> str | None:
    """The commit that is checked out here, with `+` if files differ from it."""
    head, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain")
    if head is None:
        return None
    return head + ("+" if changed else "")


def _git(*arguments: str) -> str | None:
    command = ["git", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and the PATH's own git
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def write(manifest: Manifest, directory: Path) -> None:
    """Write the manifest, or check that the directory's own is about the same run.

    Raises ConfigurationError if the directory holds another run.
    """
    path = directory / FILE
    if path.exists():
        mine, other = manifest.identity, read(directory).identity
        different = sorted(name for name in mine if mine[name] != other[name])
        if different:
            raise ConfigurationError(
                f"{directory}: is a run with other {', '.join(different)}; choose another --out"
            )
        return
    directory.mkdir(parents=True, exist_ok=True)
    part = directory / f"{FILE}.part"
    with part.open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read(directory: Path) -> Manifest:
    """The manifest of a run. Raises DataError."""
    path = directory / FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{path}: {where}: {first['msg']}") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
