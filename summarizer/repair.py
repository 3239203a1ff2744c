"""The one more question: what it says, and what its answer changes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from summarizer.grounding import Checked, EvidenceIndex, claim_of, identity, without_duplicates
from summarizer.layout import Kind
from summarizer.schema import Reaction, Span
from summarizer.spans import fold

#: Passages suggested for one failed item, and the least likeness (0 to 100) they have.
_SUGGESTIONS = 2
_LEAST_LIKENESS = 60.0
#: Quotations listed at most: an interview has hundreds.
_MOST_QUOTATIONS = 20
#: Items at least this like, from 0 to 1, are forms of one item.
_SAME_ITEM = 0.4
#: A passage is cut there: an article without full stops is no passage.
_MOST_CHARACTERS = 600
_SENTENCE_END = re.compile(r"[.!?…][\"”’»)\]]*(?=\s)")
_WORD = re.compile(r"\w+")


def problems_text(failed: Sequence[Checked], index: EvidenceIndex) -> str:
    """The failed items as the repair prompt lists them, each with near passages."""
    passages = _passages(index)
    entries = []
    for number, entry in enumerate(failed, 1):
        lines = [f"{number}. in `{entry.field}`: {entry.draft.model_dump_json()}"]
        lines += [f"   Problem: {problem}." for problem in entry.problems]
        near = _near(entry.draft.evidence, passages)
        lines += [f"   Passage: {json.dumps(passage, ensure_ascii=False)}" for passage in near]
        entries.append("\n".join(lines))
    return "\n\n".join(entries)


def uncited_text(quotations: Sequence[Span]) -> str:
    """The uncited quotations as the repair prompt lists them."""
    if not quotations:
        return "(none)"
    listed = quotations[:_MOST_QUOTATIONS]
    return "\n".join(f"- {json.dumps(span.text, ensure_ascii=False)}" for span in listed)


def merge(first: Iterable[Checked], second: Iterable[Checked]) -> list[Checked]:
    """The first answer's entries with what the second one mends or adds.

    An entry without problems is frozen: nothing replaces it, and its repetition is
    dropped. A failed entry gives way to the verified item of its field that is most like
    it. What fails again stays as it was; what fails anew is kept as failed.
    """
    entries = list(first)
    frozen = {_key(entry) for entry in entries if entry.item is not None}
    kept = [entry for entry in entries if entry.item is not None and not entry.problems]
    has_what = any(entry.field == "what" and not entry.problems for entry in entries)
    open_places = [place for place, entry in enumerate(entries) if entry.problems]
    added = []
    for entry in second:
        repeats = entry.item is not None and not entry.problems and _key(entry) in frozen
        if repeats or any(_is_same_reaction(entry, other) for other in kept):
            continue
        if entry.field == "what" and has_what:
            continue
        place = _most_like(entry, entries, open_places)
        if entry.item is None or entry.problems:
            # Failed again: the first failure says enough.
            if place is None and entry.rejection is not None:
                added.append(entry)
            elif place is not None and entry.item is not None and entries[place].item is None:
                entries[place] = entry
                open_places.remove(place)
        elif place is not None:
            entries[place] = entry
            open_places.remove(place)
        else:
            added.append(entry)
    return without_duplicates([*entries, *added])


def _is_same_reaction(entry: Checked, other: Checked) -> bool:
    """Whether two reactions are one, of which one form lacks the quote."""
    one, two = entry.item, other.item
    if not (isinstance(one, Reaction) and isinstance(two, Reaction)):
        return False
    if (one.quote is None) == (two.quote is None) or fold(one.speaker) != fold(two.speaker):
        return False
    touching = any(a.start < b.end and b.start < a.end for a in one.evidence for b in two.evidence)
    return touching and _likeness(entry, other) >= _SAME_ITEM


def _key(entry: Checked) -> tuple[object, ...]:
    assert entry.item is not None
    return (entry.field, *identity(entry.item))


def _most_like(entry: Checked, entries: Sequence[Checked], places: Iterable[int]) -> int | None:
    """The failed place of the same field whose words are most like the entry's."""
    best: tuple[float, int] | None = None
    for place in places:
        other = entries[place]
        if other.field != entry.field:
            continue
        likeness = 1.0 if entry.field == "what" else _likeness(entry, other)
        if likeness >= _SAME_ITEM and (best is None or likeness > best[0]):
            best = (likeness, place)
    return None if best is None else best[1]


def _likeness(one: Checked, two: Checked) -> float:
    """How like two items are, from 0 to 1, by what they claim or what they quote."""
    return max(
        _dice(claim_of(one.draft), claim_of(two.draft)),
        _dice(" ".join(one.draft.evidence), " ".join(two.draft.evidence)),
    )


def _dice(one: str, two: str) -> float:
    """Dice's coefficient of two texts' words (Dice 1945)."""
    left, right = (Counter(_WORD.findall(text.casefold())) for text in (one, two))
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 0.0


def _passages(index: EvidenceIndex) -> list[str]:
    """The sentences of the article, furniture left out, as they stand."""
    text = index.article.text
    found = []
    for block in index.article.layout.blocks:
        if block.kind in (Kind.FURNITURE, Kind.CAPTION):
            continue
        start = block.start
        ends = [match.end() for match in _SENTENCE_END.finditer(text, start, block.end)]
        for end in (*ends, block.end):
            found.append(_cut(text[start:end].strip()))
            start = end
    return [passage for passage in dict.fromkeys(found) if passage]


def _cut(passage: str) -> str:
    """The passage's beginning up to a word's end, if the whole is too long."""
    if len(passage) <= _MOST_CHARACTERS:
        return passage
    return passage[:_MOST_CHARACTERS].rpartition(" ")[0]


def _near(quotes: Sequence[str], passages: Sequence[str]) -> list[str]:
    """The passages most like the quotes. They are suggestions: nothing accepts them."""
    from rapidfuzz import fuzz, process

    found: dict[str, float] = {}
    for quote in quotes:
        ranked = process.extract(
            quote,
            passages,
            scorer=fuzz.token_set_ratio,
            limit=_SUGGESTIONS,
            score_cutoff=_LEAST_LIKENESS,
        )
        for passage, likeness, _ in ranked:
            found[passage] = max(likeness, found.get(passage, 0.0))
    return sorted(found, key=lambda passage: -found[passage])[:_SUGGESTIONS]
