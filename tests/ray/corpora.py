"""Corpora of made-up articles, and what stands in those that were made of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

_TOWNS = ("Halden", "Moss", "Skien", "Larvik", "Horten")


def text(number: int) -> str:
    """A short article, unlike any other."""
    town = _TOWNS[number % len(_TOWNS)]
    return (
        f"Ferry crews in {town} ended a strike of {number + 2} days on Sunday.\n\n"
        f"The union in {town} said that {number + 10} members had voted for the offer."
    )


def write(path: Path, numbers: range, **columns: list[Any]) -> None:
    """A Parquet file of articles with these numbers, which are their ids too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"id": [str(n) for n in numbers], "text": [text(n) for n in numbers], **columns}
    parquet.write_table(pa.table(rows), path, row_group_size=64)


def ids(out: Path) -> Counter[str]:
    """The ids of the articles that have a record, as often as they have one."""
    sources = parquet.read_table(out / "articles")["source"].to_pylist()
    return Counter(source.rpartition("#")[2] for source in sources)


def failures(out: Path) -> list[dict[str, Any]]:
    """The failures that stand."""
    if not (out / "errors").is_dir() or not list((out / "errors").iterdir()):
        return []
    rows: list[dict[str, Any]] = parquet.read_table(out / "errors").to_pylist()
    return rows


def assert_whole(out: Path, numbers: range) -> None:
    """Each article has one record, each item one article, and nothing else is there."""
    assert ids(out) == Counter(str(n) for n in numbers)
    articles = parquet.read_table(out / "articles")
    rows = set(articles["id"].to_pylist())
    assert len(rows) == len(numbers)
    items = Counter(parquet.read_table(out / "items")["article"].to_pylist())
    counts = dict(zip(articles["id"].to_pylist(), articles["items"].to_pylist(), strict=True))
    assert items == Counter({row: count for row, count in counts.items() if count})
    assert not list(out.rglob("*.part"))


def blocks_done(out: Path) -> int:
    """How many blocks are marked."""
    return len(list((out / "_corpus" / "blocks").glob("*/*.json")))
