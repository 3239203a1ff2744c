"""Floors: what no thought at all scores, as Predictions for all six fields.

* `lead-3`: the article's first three sentences say it all. The first is the main event;
  names, places and times are those in the three; quotations in them are reactions; the
  second and third are background.
* `names`: regular expressions over the whole article. Every run of capitalized words is
  someone, after a preposition of place it is somewhere, every date is a time, every
  quotation a reaction of the nearest name, every sentence with a year background, and the
  first line the main event.
* `other gold`: the settled record of another article, each item citing the sentence of
  this one that is most like its own evidence.

They use no knowledge of the gold of the article that they answer, and no word list beyond
function words, months and weekdays.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence

from evals.data import Case, Corpus
from evals.prediction import Item, Prediction, from_record
from evals.text import dice
from summarizer.schema import FIELD_NAMES

_SENTENCE = re.compile(
    "[^.!?\\n]+(?:[.!?](?![\\s\"'\u2019\u201d)]|$)[^.!?\\n]*)*(?:[.!?]+[\"'\u2019\u201d)]*|(?=\\n|$))"
)
_NAME = re.compile(
    "[^\\W\\d_a-z][\\w\u2019'-]*(?:(?: |\u00a0)(?:of (?:the )?)?[^\\W\\d_a-z][\\w\u2019'-]*)*"
)
_PLACE = re.compile(f"\\b(?:in|to|at|from|near|across)(?: the)? ({_NAME.pattern})")
_QUOTATION = re.compile('["\u201c]([^"\u201c\u201d]{10,}?)[,.]?["\u201d]')
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(
    rf"\b(?:(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:[-–](?P<to>\d{{1,2}}))?"
    r"(?:, (?P<year>\d{4}))?"
    rf"|(?P<day2>\d{{1,2}})(?:[-–](?P<to2>\d{{1,2}}))? (?P<month2>{_MONTH})"
    r"(?: (?P<year2>\d{4}))?"
    rf"|(?P<month3>{_MONTH}) (?P<year3>\d{{4}}))\b"
)
_NOT_NAMES = frozenset({
    "The", "A", "An", "In", "On", "At", "It", "Its", "He", "She", "They", "We", "I", "This",
    "That", "These", "Those", "But", "And", "Or", "As", "If", "When", "While", "For", "From",
    "To", "Of", "With", "After", "Before", "Since", "During", "Meanwhile", "However", "His",
    "Her", "Their", "Our", "My", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
    "Saturday", "Sunday", *_MONTHS,
})  # fmt: skip


def floors(corpus: Corpus) -> dict[str, dict[str, Prediction]]:
    """Floor → case name → Prediction."""
    found = {
        "lead-3": {case.name: lead3(case) for case in corpus.cases},
        "names": {case.name: by_names(case) for case in corpus.cases},
    }
    if len(corpus.cases) > 1:
        following = (*corpus.cases[1:], corpus.cases[0])
        found["other gold"] = {
            case.name: other_gold(case, other)
            for case, other in zip(corpus.cases, following, strict=True)
        }
    return found


def lead3(case: Case) -> Prediction:
    """The first three sentences."""
    lead = [each for each in sentences(case.text) if _is_prose(each)][:3]
    return Prediction(
        {
            "what": tuple(Item((each,), statement=each) for each in lead[:1]),
            "who": _names(lead),
            "where": _places(lead),
            "when": _times(lead, _year(case)),
            "reactions": _quotations(lead),
            "background": tuple(Item((each,), statement=each) for each in lead[1:]),
        }
    )


def by_names(case: Case) -> Prediction:
    """Regular expressions over the whole article."""
    everything = sentences(case.text)
    prose = [each for each in everything if _is_prose(each)]
    return Prediction(
        {
            "what": tuple(Item((each,), statement=each) for each in everything[:1]),
            "who": _names(everything),
            "where": _places(everything),
            "when": _times(everything, _year(case)),
            "reactions": _quotations(everything),
            "background": tuple(
                Item((each,), statement=each) for each in prose if _YEAR.search(each)
            ),
        }
    )


def other_gold(case: Case, other: Case) -> Prediction:
    """Another article's settled record, citing this article."""
    everything = sentences(case.text)
    answer = from_record(other.gold)

    def moved(item: Item) -> Item:
        nearest = max(everything, key=lambda each: dice(each, item.evidence[0]))
        return dataclasses.replace(item, evidence=(nearest,))

    return Prediction({name: tuple(map(moved, answer.of(name))) for name in FIELD_NAMES})


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, verbatim, without the spaces around them."""
    found = (match[0].strip() for match in _SENTENCE.finditer(text))
    return [each for each in found if any(map(str.isalnum, each))]


def _is_prose(sentence: str) -> bool:
    """A sentence of an article rather than a headline, a label or a link."""
    return len(sentence.split()) >= 8 and sentence.rstrip("\"'\u2019\u201d)")[-1] in ".!?"


def _names(within: Sequence[str]) -> tuple[Item, ...]:
    def make(name: str, each: str) -> Item:
        return Item((each,), name=name, kind="person")

    return _distinct(within, _name_spans, make)


def _places(within: Sequence[str]) -> tuple[Item, ...]:
    def spans(each: str) -> Iterable[str]:
        return (match[1] for match in _PLACE.finditer(each) if match[1] not in _NOT_NAMES)

    return _distinct(within, spans, lambda name, each: Item((each,), name=name))


def _name_spans(sentence: str) -> list[str]:
    found = []
    for match in _NAME.finditer(sentence):
        words = re.sub("['\u2019]s$", "", match[0]).split()
        while words and words[0] in _NOT_NAMES:
            words.pop(0)
        if words and not (len(words) == 1 and words[0] in _NOT_NAMES):
            found.append(" ".join(words))
    return found


def _distinct(
    within: Sequence[str],
    spans: Callable[[str], Iterable[str]],
    make: Callable[[str, str], Item],
) -> tuple[Item, ...]:
    """One item per name; a name that ends a longer one ("Smith") is taken for it."""
    first: dict[str, str] = {}
    for each in within:
        for name in spans(each):
            first.setdefault(name, each)
    longest = [name for name in first if not any(other.endswith(f" {name}") for other in first)]
    return tuple(make(name, first[name]) for name in longest)


def _times(within: Sequence[str], year: int | None) -> tuple[Item, ...]:
    found: dict[str, Item] = {}
    for each in within:
        for match in _DATE.finditer(each):
            date = _edtf(match, year)
            if date is not None:
                found.setdefault(date, Item((each,), text=match[0], date=date, event=""))
    return tuple(found.values())


def _edtf(match: re.Match[str], year: int | None) -> str | None:
    month = _MONTHS.index(match["month"] or match["month2"] or match["month3"]) + 1
    named = match["year"] or match["year2"] or match["year3"]
    written = int(named) if named else year
    if written is None:
        return None
    if match["month3"]:
        return f"{written:04}-{month:02}"
    try:
        first = dt.date(written, month, int(match["day"] or match["day2"]))
        last = first.replace(day=int(match["to"] or match["to2"] or first.day))
    except ValueError:
        return None
    return first.isoformat() if last <= first else f"{first}/{last}"


def _year(case: Case) -> int | None:
    """The year that an engine is told or that the text names first."""
    if case.given_date:
        return case.given_date.year
    match = _YEAR.search(case.text)
    return int(match[0]) if match else None


def _quotations(within: Sequence[str]) -> tuple[Item, ...]:
    found = []
    for each in within:
        for match in _QUOTATION.finditer(each):
            outside = each[: match.start()] + " . " + each[match.end() :]
            names = _name_spans(outside)
            if names:
                found.append(
                    Item((each,), name=names[0], statement=each, quote=match[1], stance="neutral")
                )
    return tuple(found)
