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


@dataclass(frozen=True, eq=False)
class _Facts:
    """What a stretch of the article holds that a statement may rest on."""

    text: str
    #: By these its time expressions are read.
    published: dt.date | None
    own_year: int | None

    @functools.cached_property
    def times(self) -> list[dates.TimeExpression]:
        return dates.find(self.text, self.published, year=self.own_year)

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
        return keys(self.text)


@dataclass(frozen=True)
class EvidenceIndex:
    """One article, indexed. Everything is worked out when first asked for, and once.

    Of several places of a quotation, those between the offsets `preferred` go first.
    """

    article: Article
    preferred: tuple[int, int] | None = None

    def preferring(self, start: int, end: int) -> EvidenceIndex:
        """The same index for what was quoted from one stretch of the article.

        Both share what is worked out.
        """
        view = EvidenceIndex(self.article, (start, end))
        for name, value in vars(EvidenceIndex).items():
            if isinstance(value, functools.cached_property):
                view.__dict__[name] = getattr(self, name)
        return view

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
        return frozenset(e.date for text in self._texts for e in self.times(text) if e.date)

    @functools.cached_property
    def body_text(self) -> str:
        """The article without furniture, for looking words up; its offsets mean nothing."""
        return "\n\n".join(self._texts)

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
        if len(everywhere) == 1:
            return None if self.in_furniture(everywhere[0]) else self.to_span(everywhere[0])
        hits = [hit for hit in everywhere if not self.in_furniture(hit)]
        return self.nearest(hits, near, occurrences=len(everywhere)) if hits else None

    def nearest(self, hits: Sequence[Hit], near: Sequence[Span], *, occurrences: int) -> Span:
        """Of several hits the one nearest to `near`, a preferred one if there is any.

        Without `near` an exact hit is taken before a typographic one, and the first
        before the next.
        """
        first, last = self.preferred or (0, len(self.article.text))

        def rank(hit: Hit) -> tuple[bool, int, int]:
            outside = hit.start < first or hit.end > last
            if near:
                return outside, min(abs(hit.start - span.start) for span in near), hit.start
            return outside, int(hit.match != "exact"), hit.start

        best = min(hits, key=rank) if len(hits) > 1 else hits[0]
        return self.to_span(best, occurrences=occurrences)

    def to_span(self, hit: Hit, *, occurrences: int = 1) -> Span:
        """A hit as the Span that users get."""
        key = hit, occurrences
        if key not in self._spans:
            text = self.article.text[hit.start : hit.end]
            self._spans[key] = Span(
                start=hit.start, end=hit.end, text=text, match=hit.match, occurrences=occurrences
            )
        return self._spans[key]

    @functools.cached_property
    def _spans(self) -> dict[tuple[Hit, int], Span]:
        return {}

    def name_hits(self, name: str) -> list[Hit]:
        """Where a name stands outside furniture."""
        if name not in self._named:
            hits = self.folded.names(name)
            self._named[name] = [hit for hit in hits if not self.in_furniture(hit)]
        return self._named[name]

    @functools.cached_property
    def _named(self) -> dict[str, list[Hit]]:
        return {}

    def stands_near(self, name: str, evidence: Sequence[Span]) -> bool:
        """Whether a name stands to the letter, between spaces, beside the first evidence."""
        text = self.article.text
        near = self.paragraphs(evidence[0], reach=1)
        start, end = (near[0].start, near[-1].end) if near else (0, 0)
        for hit in self.name_hits(name):
            if start <= hit.start and hit.end <= end and text[hit.start : hit.end] == name:
                sides = text[hit.start - 1 : hit.start] + text[hit.end : hit.end + 1]
                if not sides.strip():
                    return True
        return False

    def paragraphs(self, span: Span, *, reach: int = 0) -> list[Block]:
        """The blocks that a span touches, with `reach` neighbours on each side.

        Furniture is neither counted nor returned.
        """
        return [self._prose[place] for place in self._places(span, reach)]

    def _places(self, span: Span, reach: int) -> range:
        """The same as places in `_prose`."""
        starts = self._prose_starts
        first = max(0, bisect.bisect_right(starts, span.start) - 1)
        last = max(0, bisect.bisect_left(starts, span.end) - 1)
        return range(max(0, first - reach), min(last + reach + 1, len(starts)))

    @functools.cached_property
    def _prose(self) -> tuple[Block, ...]:
        return tuple(b for b in self.article.layout.blocks if b.kind not in _FURNITURE)

    @functools.cached_property
    def _prose_starts(self) -> list[int]:
        return [block.start for block in self._prose]

    def context(self, evidence: Iterable[Span]) -> tuple[str, ...]:
        """What a statement may draw numbers from: paragraphs, headline and dateline."""
        places = {place for span in evidence for place in self._places(span, 0)}
        texts = [self._texts[place] for place in sorted(places | self._titles)]
        return (*texts, self.article.title) if self.article.title else tuple(texts)

    @functools.cached_property
    def _titles(self) -> frozenset[int]:
        """The places of headlines and datelines in `_prose`."""
        kinds = (Kind.HEADLINE, Kind.DATELINE)
        return frozenset(place for place, b in enumerate(self._prose) if b.kind in kinds)

    @functools.cached_property
    def _texts(self) -> list[str]:
        """The texts of `_prose`."""
        return [self.article.text[block.start : block.end] for block in self._prose]

    def days(self, context: Iterable[str]) -> set[dt.date]:
        """The first and last days of the dates that time expressions mean."""
        days = {day for text in context for day in self._facts(text).days}
        return days | ({self.article.published} if self.article.published else set())

    def values(self, context: Sequence[str]) -> set[Decimal]:
        """The values of the numbers that `context` has."""
        return set[Decimal]().union(*[self._facts(text).values for text in context])

    def numbers(self, context: Sequence[str]) -> set[Decimal]:
        """The values that a statement resting on `context` may hold: also those of its days."""
        days = self.days(context)
        return self.values(context) | {Decimal(n) for day in days for n in (day.day, day.year)}

    def times(self, text: str) -> list[dates.TimeExpression]:
        """The time expressions of a stretch of the article."""
        return self._facts(text).times

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
        return set().union(*(self._facts(text).keys for text in texts))

    def acronyms_of(self, texts: Iterable[str]) -> set[str]:
        """The words of several texts that are written in capitals, as `token_key` has them."""
        return {key for text in texts for key in acronyms(text)}

    def neighbours(self, evidence: Iterable[Span]) -> tuple[str, ...]:
        """The paragraphs of the evidence and those beside them."""
        places = {place for span in evidence for place in self._places(span, 1)}
        return tuple(self._texts[place] for place in sorted(places))

    def _facts(self, text: str) -> _Facts:
        """What is read from a paragraph, once: most items rest on the same few."""
        if text not in self._known:
            self._known[text] = _Facts(text, self.article.published, self.own_year)
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
            if words(text, most=_SPEECH_WORDS) >= _SPEECH_WORDS:
                found.append(Span(start=start, end=end, text=text))
        return found
