"""What several windows of one article gave, made into one list of items. Pure.

An item that two windows found is one item:

* people and groups by name, a person also by the end of one fuller name ("Krogh" for "Ida
  Krogh", if no other Krogh is named);
* places by name and country;
* times, reactions and background by the place in the article that they rest on, together
  with what they say.

Two items of one window are never made one: the engine that saw both told them apart. What
is made one keeps every passage and the first value of each part that only some of them
have. The order is that of the article.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from summarizer.grounding import Checked, Item, claim_of, identity
from summarizer.schema import (
    FIELD_NAMES,
    Adjustment,
    Background,
    FieldName,
    Reaction,
    Span,
    When,
    Where,
    Who,
)
from summarizer.spans import fold

#: Statements at least this like, from 0 to 1, tell one fact if they rest on one place.
_SAME_FACT = 0.4
#: A failed item is found again in a verified one that is at least this like it.
_SAME_CLAIM = 0.6
#: Passages that an item keeps at most: someone named on every page has hundreds.
_MOST_EVIDENCE = 8
_WORD = re.compile(r"\w+")


def merge(parts: Sequence[Sequence[Checked]]) -> list[Checked]:
    """The entries of each part, in one list by field and in the order of the article.

    A failed item is left out if a part verified it, and listed once if several failed with
    it. Nothing that was verified is lost, and no offset changes.
    """
    merged: list[Checked] = []
    for name in FIELD_NAMES:
        entries = [
            _Entry(number, entry)
            for number, part in enumerate(parts)
            for entry in part
            if entry.field == name and entry.item is not None
        ]
        verified = [_united(group) for group in _groups(name, entries)]
        verified.sort(key=_place)
        claims = Claims(entry.entry for entry in entries)
        failed: dict[object, Checked] = {}
        for entry in (entry for part in parts for entry in part):
            if entry.field == name and entry.item is None and entry not in claims:
                failed.setdefault(_claim(entry), entry)
        merged += [*verified, *failed.values()]
    return merged


class Claims:
    """What verified entries say: a failed one that says the same is in it."""

    def __init__(self, entries: Iterable[Checked]) -> None:
        self._exact: set[tuple[object, ...]] = set()
        self._worded: dict[tuple[object, ...], list[frozenset[str]]] = defaultdict(list)
        for entry in entries:
            if entry.item is not None:
                self._exact.add(_exact(entry))
                self._worded[_about(entry)].append(_words(claim_of(entry.draft)))

    def __contains__(self, failed: Checked) -> bool:
        if failed.field in ("what", "who", "where"):
            return _exact(failed) in self._exact
        words = _words(claim_of(failed.draft))
        known = self._worded.get(_about(failed), ())
        return any(_dice(words, other) >= _SAME_CLAIM for other in known)


@dataclass(slots=True)
class _Entry:
    """A verified entry, and the part that it comes from."""

    part: int
    entry: Checked
    words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.words = _words(claim_of(self.entry.draft))

    @property
    def item(self) -> Item:
        assert self.entry.item is not None
        return self.entry.item


def _groups(name: FieldName, entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """The entries that are one item, together.

    The likest pairs are put together first, and no group gets two entries of one part, so
    that the result does not depend on the order of the parts.
    """
    group_of = {id(entry): [entry] for entry in entries}
    pairs = sorted(_pairs(name, entries), key=lambda pair: (-pair[0], *sorted(map(_key, pair[1:]))))
    for _, one, two in pairs:
        left, right = group_of[id(one)], group_of[id(two)]
        if left is right or {e.part for e in left} & {e.part for e in right}:
            continue
        left += right
        for entry in right:
            group_of[id(entry)] = left
    return list({id(group): group for group in group_of.values()}.values())


def _pairs(name: FieldName, entries: Sequence[_Entry]) -> Iterator[tuple[float, _Entry, _Entry]]:
    """The pairs of entries of two parts that may be one item, with how like they are."""
    if name in ("who", "where"):
        likeness = _same_actor(entries) if name == "who" else _same_place(entries)
    elif name == "when":
        likeness = itertools.chain(_neighbours(entries), _repeated(entries))
    else:
        likeness = _neighbours(entries)
    for one, two in likeness:
        if one.part != two.part and (like := _likeness(one, two)) > 0:
            yield like, one, two


def _same_actor(entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, _Entry]]:
    """Entries with one name, or with the name of a person and the end of it."""
    by_name = _by_name(entries)
    yield from _chains(by_name.values())
    people = {
        name: tuple(name.split())
        for name, found in by_name.items()
        if any(isinstance(entry.item, Who) and entry.item.kind == "person" for entry in found)
    }
    ends: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, words in people.items():
        for first in range(1, len(words)):
            ends[words[first:]].append(name)
    for name, words in people.items():
        # The fullest names that end like this one; a name between the two is one of theirs.
        fullest = [longer for longer in ends.get(words, ()) if people[longer] not in ends]
        if len(fullest) == 1:
            for one in by_name[name]:
                for two in by_name[fullest[0]]:
                    yield one, two


def _same_place(entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, _Entry]]:
    """Entries with one name and country; without a country where only one is given."""
    for found in _by_name(entries).values():
        by_country: dict[str | None, list[_Entry]] = defaultdict(list)
        for entry in found:
            assert isinstance(entry.item, Where)
            by_country[entry.item.country].append(entry)
        if len(by_country.keys() - {None}) <= 1:
            yield from _chains([found])
        else:
            yield from _chains(by_country.values())


def _by_name(entries: Sequence[_Entry]) -> dict[str, list[_Entry]]:
    found: dict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        assert isinstance(entry.item, Who | Where)
        found[fold(entry.item.name).casefold()].append(entry)
    return found


def _chains(groups: Iterable[Sequence[_Entry]]) -> Iterator[tuple[_Entry, _Entry]]:
    """Pairs enough to hold each group together, if no two are of one part."""
    for group in groups:
        ordered = sorted(group, key=_key)
        parts = {entry.part for entry in ordered}
        if len(parts) == len(ordered):
            yield from itertools.pairwise(ordered)
        else:
            yield from ((one, two) for at, one in enumerate(ordered) for two in ordered[at + 1 :])


def _neighbours(entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, _Entry]]:
    """Entries that rest on overlapping stretches of the article."""
    stretches = sorted(
        ((span.start, span.end, number) for number, e in enumerate(entries) for span in _spans(e)),
    )
    open_: list[tuple[int, int]] = []
    seen: set[tuple[int, int]] = set()
    for start, end, number in stretches:
        open_ = [(until, other) for until, other in open_ if until > start]
        for _, other in open_:
            pair = (min(number, other), max(number, other))
            if number != other and pair not in seen:
                seen.add(pair)
                yield entries[pair[0]], entries[pair[1]]
        open_.append((end, number))


def _repeated(entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, _Entry]]:
    """Entries that grounding takes for one item, wherever they stand."""
    same: dict[tuple[object, ...], list[_Entry]] = defaultdict(list)
    for entry in entries:
        same[identity(entry.item)].append(entry)
    return _chains(same.values())


def _spans(entry: _Entry) -> tuple[Span, ...]:
    item = entry.item
    quote = (item.quote,) if isinstance(item, Reaction) and item.quote else ()
    return (*item.evidence, *quote)


def _likeness(one: _Entry, two: _Entry) -> float:
    """How like two entries are, from 0 (not one item) to 2."""
    alike = _dice(one.words, two.words)
    match one.item, two.item:
        case (Who(), Who()) | (Where(), Where()):
            return 0.1 + alike
        case When() as left, When() as right:
            if left.date and right.date and left.date != right.date:
                return 0.0
            same_text = fold(left.text).casefold() == fold(right.text).casefold()
            same_date = left.date is not None and left.date == right.date
            return alike + 0.1 * (same_text + same_date) if same_text or same_date else 0.0
        case Reaction() as left, Reaction() as right:
            if left.quote and right.quote:
                return 1.0 + alike if _overlap(left.quote, right.quote) else 0.0
            same = fold(left.speaker).casefold() == fold(right.speaker).casefold()
            return 0.1 + alike if same and _share_evidence(left, right) else 0.0
        case Background() as left, Background() as right:
            if left.date and right.date and left.date != right.date:
                return 0.0
            return alike if alike >= _SAME_FACT and _share_evidence(left, right) else 0.0
    return 0.0


def _overlap(one: Span, two: Span) -> bool:
    return one.start < two.end and two.start < one.end


def _share_evidence(one: Item, two: Item) -> bool:
    return any(_overlap(left, right) for left in one.evidence for right in two.evidence)


def _united(group: Sequence[_Entry]) -> Checked:
    """One entry for several: the best of them, with what the others have more."""
    if len(group) == 1:
        return group[0].entry
    best, *others = sorted(group, key=_rank)
    items = [best.item, *(entry.item for entry in sorted(others, key=_key))]
    changes: dict[str, object] = {"evidence": _evidence(items)}
    match best.item:
        case Who():
            changes["role"] = _first(items, "role")
        case Where():
            changes["country"] = _first(items, "country")
        case When() | Background():
            changes["date"] = _first(items, "date")
        case Reaction(speaker=speaker):
            same = [i for i in items if isinstance(i, Reaction) and i.speaker == speaker]
            if any(item.attribution == "verified" for item in same):
                changes["attribution"] = "verified"
            changes["quote"] = _first(items, "quote")
    item = best.item.model_copy(update=changes)
    return Checked(best.entry.field, best.entry.draft, item, None, _adjustments(group, item))


def _evidence(items: Sequence[Item]) -> tuple[Span, ...]:
    """The passages of the first item, then those of the others that say it elsewhere."""
    found = list(items[0].evidence)
    more = sorted({(s.start, s.end): s for item in items[1:] for s in item.evidence}.items())
    for _, span in more:
        if len(found) >= _MOST_EVIDENCE:
            break
        if not any(_overlap(span, other) for other in found):
            found.append(span)
    return tuple(found)


def _first(items: Sequence[Item], attribute: str) -> object:
    return next((value for item in items if (value := getattr(item, attribute, None))), None)


def _adjustments(group: Sequence[_Entry], item: Item) -> tuple[Adjustment, ...]:
    """What was taken out of the entries and is not in the united item after all."""
    found: dict[tuple[str, str], Adjustment] = {}
    for entry in sorted(group, key=_rank):
        for adjustment in entry.entry.adjustments:
            name = adjustment.attribute
            if name == "evidence" or not getattr(item, name, None):
                found.setdefault((name, adjustment.was), adjustment)
    return tuple(found.values())


def _rank(entry: _Entry) -> tuple[object, ...]:
    """The best entry of a group comes first: with the most verified, then with most words."""
    item = entry.item
    quoted = isinstance(item, Reaction) and item.quote is not None
    unverified = isinstance(item, Reaction) and item.attribution == "unverified"
    named = -len(item.name) if isinstance(item, Who) else 0
    return (named, unverified, not quoted, len(entry.entry.problems), *_key(entry))


def _key(entry: _Entry) -> tuple[object, ...]:
    """An order of entries that depends on nothing but what they hold."""
    item = entry.item
    return (*_place(entry.entry), item.model_dump_json())


def _place(entry: Checked) -> tuple[int, int, str]:
    """Where an entry first stands in the article."""
    assert entry.item is not None
    start, end = min((span.start, span.end) for span in entry.item.evidence)
    return start, end, claim_of(entry.draft)


def _claim(failed: Checked) -> tuple[object, ...]:
    """What makes two failed entries of one field the same."""
    draft = failed.draft
    reason = failed.rejection.reason if failed.rejection is not None else None
    return (fold(claim_of(draft)).casefold(), reason)


def _exact(entry: Checked) -> tuple[object, ...]:
    """A claim as such: an article has one main event, whatever is said of it."""
    return (entry.field, fold(claim_of(entry.draft)).casefold() if entry.field != "what" else "")


def _about(entry: Checked) -> tuple[object, ...]:
    """What claims that are compared by their words must have in common."""
    return (entry.field, fold(getattr(entry.draft, "speaker", "")).casefold())


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _dice(one: frozenset[str], two: frozenset[str]) -> float:
    """Dice's coefficient of two texts' words (Dice 1945)."""
    total = len(one) + len(two)
    return 2 * len(one & two) / total if total else 0.0
