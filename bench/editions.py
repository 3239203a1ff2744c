"""Articles to work on, no two alike, each with the answer that a right model would give.

An edition is an article of the evals or of the test corpus with a last line of its own, so
that nothing which is kept for one text serves the next.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from evals.data import Case, load
from evals.loopback import as_draft
from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.grounding import EvidenceIndex, ground
from summarizer.schema import FIELD_NAMES

_ROOT = Path(__file__).parents[1]
_FOLDERS = ("evals", "tests/corpus/dev", "tests/corpus/second", "tests/corpus/heldout")
_MARK = "\n\nEdition "


@dataclass(frozen=True, slots=True)
class Edition:
    """One text that occurs once, and the publication date that comes with it, if any."""

    text: str
    published: dt.date | None

    @property
    def article(self) -> Article:
        """The text as an Article; its layout is read anew."""
        return Article.from_text(self.text, published=self.published)


def cases() -> list[Case]:
    """The articles with their gold records, always in the same order."""
    return [case for folder in _FOLDERS for case in load(_ROOT / folder).cases]


def editions(listed: list[Case], number: int) -> list[Edition]:
    """Every article once, in the edition of this number."""
    return [Edition(f"{case.text}{_MARK}{number}", case.given_date) for case in listed]


def original(text: str) -> str:
    """The article that an edition was made of."""
    return text.rpartition(_MARK)[0]


def answers(listed: list[Case]) -> dict[str, Draft]:
    """By article: its gold record as a Draft, without what an edition does not support.

    So no answer makes the client ask again.
    """
    found = {}
    for case, edition in zip(listed, editions(listed, 0), strict=True):
        draft = as_draft(case.gold)
        checked = ground(draft, EvidenceIndex(edition.article))
        kept = {
            name: [e.draft for e in checked if e.field == name and not e.problems]
            for name in FIELD_NAMES
        }
        found[case.text] = Draft.model_validate(
            {
                name: items if name != "what" else next(iter(items), None)
                for name, items in kept.items()
            }
        )
    return found
