"""Reading: one pass over an article, which every field's room then consults."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from summarizer import dates, quotations
from summarizer.article import Article
from summarizer.dates import TimeExpression
from summarizer.engines.extractive import sentences
from summarizer.engines.extractive.tokens import Token, tokenize
from summarizer.layout import Kind

#: An article is read up to here: what follows so much text is not its news.
_MOST_CHARACTERS = 60_000
_REFERENCE_HEADING = re.compile(
    r"\W*(?:background|context|history|timeline|for reference|in context|about .{1,40})\b",
    re.IGNORECASE,
)
#: "Details: the fire began ...": what a paragraph's first word says of it.
_LABEL = re.compile(
    r"(?:Details|Source|Quote|Update|Note|Reminder|Context|Background|Why it matters):\s+"
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of the article, `article.text[start:end]`, and where it stands."""

    index: int
    start: int
    end: int
    text: str
    kind: Kind
    #: Of the paragraph, counted from 0 through all blocks.
    paragraph: int
    #: Whether a heading says that what follows is background.
    in_background: bool
    tokens: tuple[Token, ...] = field(repr=False)
    #: The direct quotations that it holds, marks not included.
    quotations: tuple[tuple[int, int], ...] = field(repr=False)

    @property
    def is_body(self) -> bool:
        """Whether it is the article's running text rather than its headline."""
        return self.kind in (Kind.BODY, Kind.STANDFIRST)

    @functools.cached_property
    def words(self) -> tuple[Token, ...]:
        """The tokens that are words or numbers."""
        return tuple(token for token in self.tokens if token.is_word)

    @functools.cached_property
    def stems(self) -> frozenset[str]:
        """The longer words cut to their first five letters, and the numbers."""
        return frozenset(
            token.low[:5] for token in self.words if len(token.low) > 3 or token.low.isdigit()
        )

    @functools.cached_property
    def is_mostly_quoted(self) -> bool:
        """Whether more than half of it is direct speech."""
        return sum(end - start for start, end in self.quotations) > 0.5 * len(self.text)

    def quoted(self, offset: int) -> bool:
        """Whether the code point at `offset` stands inside quotation marks."""
        return any(start <= offset < end for start, end in self.quotations)


@dataclass(frozen=True)
class Reading:
    """An article's sentences, with what several fields need of them."""

    article: Article
    sentences: tuple[Sentence, ...]
    #: The wire dateline's place and rest, "PARIS, March 3 (Wire) -", if there is one.
    dateline: tuple[int, int] | None
    year: int | None

    @property
    def text(self) -> str:
        """The article's text."""
        return self.article.text

    @property
    def reference(self) -> dt.date | None:
        """The day that relative times count from."""
        return self.article.published

    @functools.cached_property
    def body(self) -> tuple[Sentence, ...]:
        """The running text."""
        return tuple(sentence for sentence in self.sentences if sentence.is_body)

    @functools.cached_property
    def headline(self) -> Sentence | None:
        """The headline, as it first stands."""
        return next((s for s in self.sentences if s.kind is Kind.HEADLINE), None)

    def paragraph(self, number: int) -> list[Sentence]:
        """The sentences of a paragraph, in order."""
        return [s for s in self.body if s.paragraph == number]

    def times(self, sentence: Sentence, tense: dates.words.Tense | None) -> list[TimeExpression]:
        """The time expressions of a sentence; offsets count from the sentence's start."""
        return dates.find(sentence.text, self.reference, year=self.year, tense=tense)


def read(article: Article) -> Reading:
    """Read an article: pure, and deterministic."""
    blocks = [block for block in article.layout.blocks if block.start < _MOST_CHARACTERS]
    prose = [b for b in blocks if b.kind in (Kind.BODY, Kind.STANDFIRST, Kind.HEADLINE)]
    limits = [(b.start, min(b.end, _MOST_CHARACTERS)) for b in prose]
    quoted = quotations.find(article.text, limits)
    found = tuple(_sentences(article, quoted))
    dateline = next(
        (
            (one.start, one.end)
            for one, two in itertools.pairwise(blocks)
            if one.kind is Kind.DATELINE
            and two.kind in (Kind.BODY, Kind.STANDFIRST)
            and "\n" not in article.text[one.end : two.start]
        ),
        None,
    )
    told = [b for b in blocks if b.kind not in (Kind.FURNITURE, Kind.CAPTION)]
    year = (
        article.published.year
        if article.published
        else dates.own_year("\n".join(article.text[b.start : b.end] for b in told))
    )
    return Reading(article, found, dateline, year)


def _sentences(article: Article, quoted: list[quotations.Quotation]) -> Iterator[Sentence]:
    text = article.text
    seen_headline = False
    in_background = False
    index = 0
    position = 0
    for number, block in enumerate(article.layout.blocks):
        if block.start >= _MOST_CHARACTERS:
            return
        if block.kind is Kind.HEADING:
            in_background = _REFERENCE_HEADING.match(text, block.start, block.end) is not None
        if block.kind is Kind.HEADLINE:
            if seen_headline:
                continue
            seen_headline = True
        elif block.kind not in (Kind.BODY, Kind.STANDFIRST):
            continue
        end = min(block.end, _MOST_CHARACTERS)
        label = _LABEL.match(text, block.start, end)
        start = label.end() if label else block.start
        while position < len(quoted) and quoted[position].end <= start:
            position += 1
        inside = []
        for quotation in quoted[position:]:
            if quotation.start >= end:
                break
            inside.append((quotation.start, quotation.end))
        if block.kind is Kind.HEADLINE:
            spans = [sentences.Span(start, end)]
        else:
            spans = sentences.split(text, start, end, inside)
        for span in spans:
            yield Sentence(
                index=index,
                start=span.start,
                end=span.end,
                text=text[span.start : span.end],
                kind=block.kind,
                paragraph=number,
                in_background=in_background and block.kind is not Kind.HEADLINE,
                tokens=tuple(tokenize(text, span.start, span.end)),
                quotations=tuple(q for q in inside if q[0] < span.end and q[1] > span.start),
            )
            index += 1
