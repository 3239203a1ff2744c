"""Starting a record from a system's answer, as a draft that a reader must settle."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from evals.data import Record, article_text, granularity
from evals.errors import ConfigurationError
from summarizer import Article, Summary
from summarizer.schema import FIELD_NAMES


def place(article: Path, directory: Path) -> Path:
    """The article's file within the data directory: itself, or a copy byte for byte.

    Raises ConfigurationError if another article of that name is there, and DataError if the
    file is not UTF-8.
    """
    article_text(article)
    if article.suffix != ".txt":
        raise ConfigurationError(f"{article}: an article is a .txt file")
    target = directory / "articles" / article.name
    if target.exists():
        if target.read_bytes() != article.read_bytes():
            raise ConfigurationError(f"{target}: is another article; choose another file name")
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(article, target)
    return target


def draft(article: Article, file_name: str, summary: Summary | None) -> Record:
    """A draft record. What the answer does not say is left for the reader to fill in.

    Every item starts as okay and without scoring keys: what is vital, and which words tell
    right from wrong, is the reader's to say.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in FIELD_NAMES}
    if summary is not None:
        for name in FIELD_NAMES:
            found[name] = [_ITEMS[name](item) for item in summary.items(name)]
    in_text = article.published_from == "text"
    return Record.model_validate({
        "article": file_name,
        "sha256": article.sha256,
        "draft": True,
        "source": {
            "publisher": article.publisher,
            "title": article.title if article.title and article.title in article.text else None,
            "url": article.url if article.url and article.url in article.text else None,
            "published": article.published,
            "published_from": article.published and ("text" if in_text else "metadata"),
        },
        **found,
        "what": found["what"][0] if found["what"] else _no_event(article),
    })  # fmt: skip


def write(record: Record, path: Path) -> None:
    """Write a new record. Raises ConfigurationError if there is one already."""
    if path.exists():
        raise ConfigurationError(f"{path}: there is a record already")
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = record.model_dump(mode="json")
    path.write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _spans(item: Any) -> list[str]:
    return [span.text for span in item.evidence]


def _what(item: Any) -> dict[str, Any]:
    nugget = {"claim": item.statement, "importance": "vital", "anchors": [], "forbidden": []}
    return {"statement": item.statement, "evidence": _spans(item), "nuggets": [nugget]}


def _who(item: Any) -> dict[str, Any]:
    own = {"name": item.name, "aliases": [], "kind": item.kind, "role": item.role}
    return {**own, "importance": "okay", "evidence": _spans(item)}


def _where(item: Any) -> dict[str, Any]:
    own = {"name": item.name, "aliases": [], "country": item.country}
    return {**own, "importance": "okay", "evidence": _spans(item), "within": []}


def _when(item: Any) -> dict[str, Any]:
    own = {"text": item.text, "date": item.date, "event": item.event}
    more = {"evidence": _spans(item), "granularity": granularity(item.date)}
    return {**own, "importance": "okay", **more}


def _reaction(item: Any) -> dict[str, Any]:
    own = {
        "speaker": item.speaker,
        "speaker_aliases": [],
        "stance": item.stance,
        "statement": item.statement,
        "quote": item.quote.text if item.quote else None,
    }
    more = {"evidence": _spans(item), "anchors": [], "forbidden": []}
    return {**own, "importance": "okay", **more}


def _background(item: Any) -> dict[str, Any]:
    own = {"statement": item.statement, "date": item.date, "importance": "okay"}
    return {**own, "evidence": _spans(item), "anchors": [], "forbidden": []}


def _no_event(article: Article) -> dict[str, Any]:
    """A place for the reader's own sentence, on the article's first line."""
    first = next(line.strip() for line in article.text.splitlines() if line.strip())
    return {"statement": first, "evidence": [first], "nuggets": []}


_ITEMS = {
    "what": _what,
    "who": _who,
    "where": _where,
    "when": _when,
    "reactions": _reaction,
    "background": _background,
}
