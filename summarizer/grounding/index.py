"""An article made ready for looking things up: where a quotation, a name, a number stands."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from summarizer import dates, numbers, quotations
from summarizer.article import Article
from summarizer.grounding.names import Names, acronyms, keys
from summarizer.layout import Block, Kind
from summarizer.numbers import Magnitude
from summarizer.schema import Span
from summarizer.spans import Folded, Hit, words

_FURNITURE = (Kind.FURNITURE, Kind.CAPTION)
#: Quotations shorter than this are scare quotes and titles, not speech.
_SPEECH_WORDS = 3


@dataclass(frozen=True)
class _Facts:
    """What a stretch of text holds that a statement may rest on."""

    text: str
    times: tuple[dates.TimeExpression, ...]

    @functools.cached_property
    def values(self) -> set[Decimal]:
        return numbers.values(self.text)

    @functools.cached_property
    def magnitudes(self) -> list[Magnitude]:
        return numbers.magnitudes(self.text)

    @functools.cached_property
    def days(self) -> set[dt.date]:
        return {day for e in self.times if e.date for day in dates.bounds(e.date)}

    @functools.cached_property
    def keys(self) -> set[str]:
        return set(keys(self.text))


@dataclass(frozen=True)
class EvidenceIndex:
    """One article, indexed. Everything is worked out when first asked for, and once."""

    article: Article

    @functools.cached_property
    def folded(self) -> Folded:
        """The text and its folded copy."""
        return Folded.of(self.article.text)

    @functools.cached_property
    def quotations(self) -> list[quotations.Quotation]:
        """The direct quotations of the article, page furniture left out."""
        blocks = [block for block in self.article.layout.blocks if block.kind not in _FURNITURE]
        return quotations.find(self.article.text, [(block.start, block.end) for block in blocks])

    @functools.cached_property
    def own_year(self) -> int | None:
        """The year that the article's own full dates settle, where no other date does."""
        return None if self.article.published else dates.own_year(self.body_text)

    @functools.cached_property
    def named_dates(self) -> frozenset[str]:
        """The dates that the article names anywhere but in furniture."""
        return frozenset(e.date for b in self._prose for e in self._facts(b).times if e.date)

    @functools.cached_property
    def body_text(self) -> str:
        """The article without furniture, for looking words up; its offsets mean nothing."""
        text = self.article.text
        blocks = self.article.layout.blocks
        return "\n\n".join(text[b.start : b.end] for b in blocks if b.kind not in _FURNITURE)

    @functools.cached_property
    def names(self) -> Names:
        """The names of the article without furniture."""
        return Names(self.body_text)

    @functools.cached_property
    def caseless(self) -> Folded:
        """The article without furniture and without case, which writers change in titles."""
        return Folded.of(self.body_text.casefold())

    def hits(self, quote: str) -> list[Hit]:
        """Where a quotation stands, in order, furniture included."""
        if quote not in self._found:
            self._found[quote] = list(self.folded.find(quote))
        return self._found[quote]

    @functools.cached_property
    def _found(self) -> dict[str, list[Hit]]:
        return {}

    def in_furniture(self, hit: Hit | Span) -> bool:
        """Whether a place lies wholly in page furniture."""
        return self.article.layout.is_furniture(hit.start, hit.end)

    def span(self, quote: str, *, near: Sequence[Span] = ()) -> Span | None:
        """The quotation's place outside furniture that is nearest to `near`, or None."""
        everywhere = self.hits(quote)
        hits = [hit for hit in everywhere if not self.in_furniture(hit)]
        return self.nearest(hits, near, occurrences=len(everywhere)) if hits else None

    def nearest(self, hits: Sequence[Hit], near: Sequence[Span], *, occurrences: int) -> Span:
        """Of several hits the one nearest to `near`.

        Without `near` an exact hit is taken before a typographic one, and the first
        before the next.
        """

        def rank(hit: Hit) -> tuple[int, int]:
            if near:
                return min(abs(hit.start - span.start) for span in near), hit.start
            return int(hit.match != "exact"), hit.start

        return self.to_span(min(hits, key=rank), occurrences=occurrences)

    def to_span(self, hit: Hit, *, occurrences: int = 1) -> Span:
        """A hit as the Span that users get."""
        return Span(
            start=hit.start,
            end=hit.end,
            text=self.article.text[hit.start : hit.end],
            match=hit.match,
            occurrences=occurrences,
        )

    def name_hits(self, name: str) -> list[Hit]:
        """Where a name stands outside furniture."""
        if name not in self._named:
            hits = self.folded.names(name)
            self._named[name] = [hit for hit in hits if not self.in_furniture(hit)]
        return self._named[name]

    @functools.cached_property
    def _named(self) -> dict[str, list[Hit]]:
        return {}

    def paragraphs(self, span: Span, *, reach: int = 0) -> list[Block]:
        """The blocks that a span touches, with `reach` neighbours on each side.

        Furniture is neither counted nor returned.
        """
        blocks = self._prose
        starts = self._prose_starts
        first = max(0, bisect.bisect_right(starts, span.start) - 1)
        last = max(0, bisect.bisect_left(starts, span.end) - 1)
        return list(blocks[max(0, first - reach) : last + reach + 1])

    @functools.cached_property
    def _prose(self) -> tuple[Block, ...]:
        return tuple(b for b in self.article.layout.blocks if b.kind not in _FURNITURE)

    @functools.cached_property
    def _prose_starts(self) -> list[int]:
        return [block.start for block in self._prose]

    def context(self, evidence: Iterable[Span]) -> tuple[str, ...]:
        """What a statement may draw numbers from: paragraphs, headline and dateline."""
        blocks = {block for span in evidence for block in self.paragraphs(span)}
        blocks |= {b for b in self._prose if b.kind in (Kind.HEADLINE, Kind.DATELINE)}
        texts = [self._text(block) for block in sorted(blocks, key=_start)]
        return (*texts, self.article.title) if self.article.title else tuple(texts)

    def days(self, context: Iterable[str]) -> set[dt.date]:
        """The first and last days of the dates that time expressions mean."""
        days = {day for text in context for day in self._facts(text).days}
        return days | ({self.article.published} if self.article.published else set())

    def numbers(self, context: Iterable[str]) -> set[Decimal]:
        """The values that a statement resting on `context` may hold."""
        context = tuple(context)
        held = {value for text in context for value in self._facts(text).values}
        return held | {Decimal(n) for day in self.days(context) for n in (day.day, day.year)}

    def magnitudes(self, context: Iterable[str]) -> list[Magnitude]:
        """What the context says of sizes without a number."""
        return [found for text in context for found in self._facts(text).magnitudes]

    def calendar(self, context: Iterable[str]) -> tuple[set[int], set[int]]:
        """The months (1 to 12) and weekdays (Monday is 0) that the context names or means."""
        context = tuple(context)
        days = self.days(context)
        named = [
            parts
            for text in context
            for time in self._facts(text).times
            for parts in (time.first, time.last)
            if parts
        ]
        months = {parts.month for parts in named if parts.month} | {day.month for day in days}
        weekdays = {parts.weekday for parts in named if parts.weekday is not None}
        return months, weekdays | {day.weekday() for day in days}

    def keys_of(self, texts: Iterable[str]) -> set[str]:
        """The words of several texts, as `token_key` has them."""
        return {key for text in texts for key in self._facts(text).keys}

    def acronyms_of(self, texts: Iterable[str]) -> set[str]:
        """The words of several texts that are written in capitals, as `token_key` has them."""
        return {key for text in texts for key in acronyms(text)}

    def neighbours(self, evidence: Iterable[Span]) -> tuple[str, ...]:
        """The paragraphs of the evidence and those beside them."""
        blocks = {block for span in evidence for block in self.paragraphs(span, reach=1)}
        return tuple(self._text(block) for block in sorted(blocks, key=_start))

    def _text(self, block: Block) -> str:
        return self.article.text[block.start : block.end]

    def _facts(self, source: Block | str) -> _Facts:
        """What is read from a paragraph, once: most items rest on the same few."""
        text = source if isinstance(source, str) else self._text(source)
        if text not in self._known:
            found = dates.find(text, self.article.published, year=self.own_year)
            self._known[text] = _Facts(text, tuple(found))
        return self._known[text]

    @functools.cached_property
    def _known(self) -> dict[str, _Facts]:
        return {}

    def quoted(self, span: Hit | Span) -> bool:
        """Whether a span stands inside quotation marks."""
        at = bisect.bisect_right(self._quotation_starts, span.start) - 1
        return at >= 0 and span.end <= self.quotations[at].end

    @functools.cached_property
    def _quotation_starts(self) -> list[int]:
        return [quotation.start for quotation in self.quotations]

    def speeches(self) -> list[Span]:
        """The direct quotations that are long enough to be speech."""
        found = []
        for start, end in self.quotations:
            text = self.article.text[start:end]
            if words(text) >= _SPEECH_WORDS:
                found.append(Span(start=start, end=end, text=text))
        return found


def _start(block: Block) -> int:
    return block.start
