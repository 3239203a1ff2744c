"""Long invented articles with facts planted in them, and a reader that finds those.

The reader stands in for a model: it reports what the part that it is shown says in one of a
few fixed sentences, and shows nothing of what a model would make of it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from summarizer.article import Article
from summarizer.prompts import article_in
from summarizer.testing import Reply, replies

HEADLINE = "Ferry crews in Halden end their strike"
LEAD = "Ferry crews in Halden ended a nine-day strike on Sunday after talks."
WHO = re.compile(r"Envoy (?P<name>\w+ \w+) joined the talks in Halden\.")
BACKGROUND = re.compile(r"The old mill at \w+ burned down in (?P<year>\d{4})\.")
REACTION = re.compile(r"“(?P<quote>Nobody in \w+ was asked),” said (?P<name>\w+ \w+)\.")
CANDIDATE = re.compile(r"The harbour board of \w+ met in Halden on Sunday\.")

_FILLER = (
    "The water was calm and the quay was empty at that hour",
    "nobody could say how long the boats would stay where they were",
    "people waited with their bags beside the ticket office",
    "the rain had stopped before the lamps were lit",
    "a notice on the door told travellers to come back later",
    "the kiosk sold coffee to those who had come too early",
)
_SYLLABLES = "ba de ki lo mu na pe ri so tu va we zi ho ga fe".split()


@dataclass
class Planted:
    """An article and the places of what was planted in it, by kind."""

    text: str
    places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def article(self) -> Article:
        return Article.from_text(self.text)

    def expected(self, kind: str) -> list[tuple[int, int]]:
        return self.places.get(kind, [])


def name_of(number: int) -> str:
    """A name that no other number has."""
    parts = [_SYLLABLES[(number // 16**power) % 16] for power in range(4)]
    return f"{''.join(parts[:2]).title()} {''.join(parts[2:]).title()}el"


def long_article(
    size: int, *, seed: int = 1, every: int = 1_500, one_paragraph: bool = False
) -> Planted:
    """An article of about `size` characters, a fact in about every `every` of them."""
    chance = random.Random(seed)
    paragraphs = [HEADLINE, "Monday, 3 March 2031", LEAD]
    length, next_fact, number = 0, every // 2, 0
    while length < size:
        sentences = [
            f"{chance.choice(_FILLER)}, and {chance.choice(_FILLER).lower()}."
            for _ in range(chance.randint(2, 6))
        ]
        if length >= next_fact:
            sentences.insert(chance.randrange(len(sentences)), _fact(number))
            number += 1
            next_fact += every
        paragraph = " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)
        paragraphs.append(paragraph)
        length += len(paragraph) + 2
    body = (" " if one_paragraph else "\n\n").join(paragraphs[2:])
    return planted("\n\n".join([*paragraphs[:2], body]) + "\n")


def _fact(number: int) -> str:
    name, place = name_of(number), name_of(number).split()[0]
    return (
        f"Envoy {name} joined the talks in Halden.",
        f"The old mill at {place} burned down in {1800 + number % 200}.",
        f"“Nobody in {place} was asked,” said {name}.",
    )[number % 3]


def planted(text: str) -> Planted:
    """A text and where its facts stand."""
    kinds = {"who": WHO, "background": BACKGROUND, "reactions": REACTION}
    places = {k: [m.span() for m in pattern.finditer(text)] for k, pattern in kinds.items()}
    return Planted(text, places)


def read(part: str) -> dict[str, Any]:
    """The record of what a part says in one of the sentences."""
    what = next(({"evidence": [m[0]], "statement": m[0]} for m in _events(part)), None)
    return {
        "what": what,
        "who": [
            {"evidence": [m[0]], "name": m["name"], "kind": "person", "role": None}
            for m in WHO.finditer(part)
        ],
        "where": [],
        "when": [],
        "reactions": [
            {
                "evidence": [m[0]],
                "speaker": m["name"],
                "quote": m["quote"],
                "statement": f"{m['name']} said that {m['quote'][0].lower()}{m['quote'][1:]}.",
                "stance": "critical",
            }
            for m in REACTION.finditer(part)
        ],
        "background": [
            {"evidence": [m[0]], "statement": m[0], "date": m["year"]}
            for m in BACKGROUND.finditer(part)
        ],
    }


def _events(part: str) -> Iterator[re.Match[str]]:
    yield from re.finditer(re.escape(LEAD), part)
    yield from CANDIDATE.finditer(part)


EMPTY: dict[str, Any] = {
    "what": None, "who": [], "where": [], "when": [], "reactions": [], "background": [],
}  # fmt: skip


def turn(body: Mapping[str, Any], number: int = 1) -> str:
    """A message of a request, the user's first one by default."""
    return str(body["messages"][number]["content"])


def candidates(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The candidates in the question about the main event."""
    found = re.search(
        r"^<<<CANDIDATES \w+\n(.*?)\nCANDIDATES", turn(body), re.DOTALL | re.MULTILINE
    )
    assert found is not None
    return [json.loads(line) for line in found[1].splitlines() if line != "(none)"]


def asks_what(body: Mapping[str, Any]) -> bool:
    """Whether a request is the question about the main event."""
    return "<<<CANDIDATES" in turn(body)


def part_of(body: Mapping[str, Any]) -> str:
    """The part of the article that a request shows."""
    found = article_in(turn(body))
    assert found is not None
    return found


def reader(body: Mapping[str, Any]) -> Reply:
    """What the reader answers to any of the pipeline's questions."""
    if asks_what(body):
        first = candidates(body)[0]
        what = {"evidence": first["evidence"], "statement": first["statement"]}
        return replies.answer(EMPTY | {"what": what})
    # A server that cuts the prompt leaves no fence.
    return replies.answer(read(article_in(turn(body)) or turn(body)))
