"""Articles, gold records and readers' records, as typed values.

A data directory holds `articles/*.txt`, `gold/*.json` and, if anyone labelled apart,
`readers/NAME/*.json`. This module reads; whether a record keeps the guidelines is the
business of `evals.lint`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from evals.errors import DataError
from summarizer import dates
from summarizer.dates.edtf import Granularity
from summarizer.schema import ActorKind, EdtfDate, FieldName, Stance, Text

#: The directory with the project's own five articles.
DEFAULT_DATA = Path(__file__).parent

Importance = Literal["vital", "okay"]
#: Lists of alternatives; a right statement holds a member of every list.
Anchors = tuple[tuple[str, ...], ...]


def _iso_date(value: Any) -> Any:
    """Dates are written out: pydantic alone would take a number of seconds too."""
    if value is None or isinstance(value, dt.date):
        return value
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("write the date as YYYY-MM-DD")
    return dt.date.fromisoformat(value)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Strict):
    """Where the article is from, as far as its own text or its metadata say."""

    publisher: Text | None
    title: Text | None
    url: Text | None
    published: Annotated[dt.date | None, BeforeValidator(_iso_date)]
    published_from: Literal["text", "metadata"] | None = None


class _Evidenced(_Strict):
    evidence: Annotated[tuple[Text, ...], Field(min_length=1)]


class _Item(_Evidenced):
    importance: Importance


class Nugget(_Strict):
    """One of the claims that the sentence on the main event carries."""

    claim: Text
    importance: Importance
    anchors: Anchors
    forbidden: tuple[Text, ...]


class GoldWhat(_Evidenced):
    """The main event."""

    statement: Text
    nuggets: tuple[Nugget, ...] = ()


class GoldWho(_Item):
    """Someone who takes part in the main event."""

    name: Text
    aliases: tuple[Text, ...]
    kind: ActorKind
    role: Text | None


class GoldWhere(_Item):
    """A place where the main event happens; `within` are broader places, nearest first."""

    name: Text
    aliases: tuple[Text, ...]
    country: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$")]
    within: tuple[Text, ...] = ()


class GoldWhen(_Item):
    """A time of the main event or of a named part of it."""

    text: Text
    date: EdtfDate | None
    event: Text
    granularity: Granularity | None = None


class GoldReaction(_Item):
    """What someone said or did about the main event."""

    speaker: Text
    speaker_aliases: tuple[Text, ...]
    stance: Stance
    statement: Text
    quote: Text | None
    anchors: Anchors = ()
    forbidden: tuple[Text, ...] = ()


class GoldBackground(_Item):
    """A fact that the article gives as context."""

    statement: Text
    date: EdtfDate | None
    anchors: Anchors = ()
    forbidden: tuple[Text, ...] = ()


class Record(_Strict):
    """One article's labels. A reader's record has no scoring keys."""

    article: Text
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    #: What `evals label` writes; a record counts only when a reader has taken it out.
    draft: bool = False
    source: Source
    what: GoldWhat
    who: tuple[GoldWho, ...]
    where: tuple[GoldWhere, ...]
    when: tuple[GoldWhen, ...]
    reactions: tuple[GoldReaction, ...]
    background: tuple[GoldBackground, ...]

    def items(self, name: FieldName) -> tuple[Any, ...]:
        """The labels of one field; for `what` its nuggets, each of which is scored."""
        return tuple(self.what.nuggets if name == "what" else getattr(self, name))


@dataclass(frozen=True)
class Case:
    """One article with its gold, and what the readers wrote apart."""

    name: str
    text: str
    gold: Record
    readers: Mapping[str, Record] = field(default_factory=dict)

    @property
    def given_date(self) -> dt.date | None:
        """The publication date that an engine is told: only one from metadata."""
        source = self.gold.source
        return source.published if source.published_from == "metadata" else None


@dataclass(frozen=True)
class Corpus:
    """A data directory, read."""

    directory: Path
    cases: tuple[Case, ...]

    @property
    def readers(self) -> tuple[str, ...]:
        """The readers who labelled every article, in order of name."""
        names = {name for case in self.cases for name in case.readers}
        return tuple(
            sorted(name for name in names if all(name in case.readers for case in self.cases))
        )

    def case(self, name: str) -> Case:
        """The case called `name`; DataError if there is none."""
        for case in self.cases:
            if case.name == name:
                return case
        raise DataError(f"no article {name!r} in {self.directory}")


def granularity(date: str | None) -> Granularity | None:
    """Of an EDTF value: day, month, year or interval; None without a date."""
    return dates.parse(date).granularity if date else None


def article_text(path: Path) -> str:
    """The article exactly as its bytes say. Raises DataError if it is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start})") from error


def read_record(path: Path) -> Record:
    """One record. Raises DataError, which names the first thing that is wrong."""
    try:
        return Record.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{path}: {_first_problem(error)}; see `python -m evals lint`") from error


def load(directory: Path = DEFAULT_DATA, *, only: tuple[str, ...] = ()) -> Corpus:
    """The data directory's cases in order of name; `only` keeps the named ones.

    Raises DataError if a record or article is missing, cannot be read, is a draft, or does
    not belong to its article.
    """
    paths = sorted((directory / "gold").glob("*.json"))
    if not paths:
        raise DataError(f"{directory}: no gold/*.json")
    unknown = set(only) - {path.stem for path in paths}
    if unknown:
        raise DataError(f"{directory}: no article {', '.join(sorted(unknown))}")
    cases = tuple(_case(directory, path) for path in paths if not only or path.stem in only)
    return Corpus(directory, cases)


def _case(directory: Path, path: Path) -> Case:
    gold = read_record(path)
    if gold.draft:
        raise DataError(f"{path}: a draft; a reader must settle it first")
    if gold.article != f"{path.stem}.txt":
        raise DataError(f"{path}: is about {gold.article!r}; its file name must say so")
    text = article_text(directory / "articles" / gold.article)
    digest = hashlib.sha256(text.encode()).hexdigest()
    readers = {
        other.parent.name: read_record(other)
        for other in sorted((directory / "readers").glob(f"*/{path.name}"))
    }
    for owner, record in (("gold", gold), *readers.items()):
        if record.sha256 != digest:
            raise DataError(f"{path.stem}: the article is not the one that {owner} labelled")
    return Case(path.stem, text, gold, readers)


def _first_problem(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}: not JSON: {error.msg}"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
