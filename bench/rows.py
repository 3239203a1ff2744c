"""Rows of a batch's output, whatever its kind, as another process sees them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

_TABLES = frozenset((".db", ".sqlite", ".sqlite3"))


def count(path: Path) -> int:
    """Whole rows that are in the file by now; 0 if there is none."""
    if path.suffix not in _TABLES:
        return path.read_bytes().count(b"\n") if path.exists() else 0
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_opened(path)) as database:
        return int(database.execute("SELECT count(*) FROM articles").fetchone()[0])
    return 0


def is_torn(path: Path) -> bool:
    """Whether the file ends within a row. Of a database it is never so."""
    if path.suffix in _TABLES or not path.exists():
        return False
    content = path.read_bytes()
    return bool(content) and not content.endswith(b"\n")


def read(path: Path) -> Iterator[tuple[str, str]]:
    """The location and the SHA-256 of the article of each row."""
    if path.suffix in _TABLES:
        with contextlib.closing(_opened(path)) as database:
            yield from database.execute("SELECT source, sha256 FROM articles")
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["article"]["location"], row["provenance"]["article_sha256"]


def sound(path: Path) -> bool:
    """Whether the whole file can be read, and a database's items are those of its articles."""
    if path.suffix not in _TABLES:
        with path.open("rb") as lines:
            return all(
                line.endswith(b"\n") and isinstance(json.loads(line), dict) for line in lines
            )
    with contextlib.closing(_opened(path)) as database:
        if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            return False
        odd = database.execute(
            "SELECT id FROM articles WHERE items != (SELECT count(*) FROM items WHERE article = id)"
            " UNION ALL SELECT article FROM items GROUP BY article, field, position"
            " HAVING count(*) > 1"
            " UNION ALL SELECT article FROM items WHERE article NOT IN (SELECT id FROM articles)"
        )
        return odd.fetchone() is None


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
