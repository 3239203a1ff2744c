"""Leads: the sentence that tells the news, and the words that make its topic."""

from __future__ import annotations

from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.layout import Kind

#: How many sentences behind the first may be the lead instead, and how much more like the
#: headline one must be.
_REACH, _MARGIN = 3, 0.25


def lead_of(reading: Reading) -> Sentence | None:
    """The sentence that tells the news, or None of a text without sentences.

    Most articles open with it; a feature's first sentence may only set the scene, and one
    of the next then shares far more with the headline.
    """
    body = [s for s in reading.body if s.kind is Kind.BODY and len(s.words) >= 4]
    if not body:
        return next(iter(reading.body), None) or reading.headline
    best, headline = body[0], reading.headline
    if headline is None:
        return best
    most = likeness(best, headline) + _MARGIN
    for place, sentence in enumerate(body[1 : _REACH + 1], 1):
        score = likeness(sentence, headline) - 0.05 * place
        if score > most and not sentence.in_background and not sentence.is_mostly_quoted:
            best, most = sentence, score + _MARGIN - 0.15
    return best


def topic_of(reading: Reading, lead: Sentence | None) -> frozenset[str]:
    """The stems of headline and lead."""
    told = [sentence for sentence in (reading.headline, lead) if sentence is not None]
    return frozenset().union(*(sentence.stems for sentence in told))


def likeness(one: Sentence, other: Sentence) -> float:
    """The share of the other's stems that one has too."""
    return len(one.stems & other.stems) / len(other.stems) if other.stems else 0.0
