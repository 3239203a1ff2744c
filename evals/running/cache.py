"""Answers kept across runs, by what was asked: off unless a directory is given."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from evals.data import Case
from evals.running.manifest import Manifest
from evals.running.rows import Row


class Cache:
    """One file per answer. The key holds all that an answer depends on, and the repeat."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, manifest: Manifest, case: Case, repeat: int) -> Row | None:
        """The kept row, marked as cached, with its first cost and latency; None if none."""
        try:
            row = Row.model_validate_json(self._path(manifest, case, repeat).read_bytes())
        except (OSError, ValidationError):  # never kept, or kept by another version
            return None
        return row.model_copy(update={"cached": True})

    def put(self, manifest: Manifest, case: Case, row: Row) -> None:
        """Keep a row."""
        path = self._path(manifest, case, row.repeat)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(row.model_dump_json().encode())
        part.replace(path)

    def _path(self, manifest: Manifest, case: Case, repeat: int) -> Path:
        asked = {
            "article": case.gold.sha256,
            "published": str(case.given_date),
            "engine": manifest.engine,
            "model": manifest.model,
            "prompt": manifest.prompt,
            "host": manifest.host,
            "settings": dict(manifest.settings),
            "schema": manifest.digests.output_schema,
            "package": manifest.package_version,
            "repeat": repeat,
        }
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return self._directory / digest[:2] / f"{digest}.json"
