"""Small invented articles for the extractive engine, and what it drafts from them."""

from __future__ import annotations

import datetime as dt

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.engines import extractive
from summarizer.engines.extractive import entities, reading
from summarizer.engines.extractive.entities import Entity, Naming
from summarizer.engines.extractive.reading import Reading

#: A Wednesday.
PUBLISHED = dt.date(2024, 6, 19)
LEAD = "A footbridge over the Arle collapsed in the town of Ostwick on Tuesday, police said."


def article(*paragraphs: str, published: dt.date | None = PUBLISHED) -> Article:
    """An article of paragraphs, the first of which is its headline if it has no full stop."""
    return Article.from_text("\n\n".join(paragraphs) + "\n", published=published)


def drafted(*paragraphs: str, published: dt.date | None = PUBLISHED) -> Draft:
    """What the engine drafts from them."""
    return extractive.draft(article(*paragraphs, published=published))


def after_lead(*paragraphs: str) -> Draft:
    """What it drafts where they follow the news of a collapsed bridge."""
    return drafted("Footbridge collapses in Ostwick", LEAD, *paragraphs)


def read(*paragraphs: str) -> Reading:
    """The reading of an article of paragraphs."""
    return reading.read(article(*paragraphs))


def naming(*paragraphs: str) -> Naming:
    """Who and what they name."""
    return entities.gather(read(*paragraphs))


def named(name: str, *paragraphs: str) -> Entity:
    """What goes by a name in them."""
    (found,) = [each for each in naming(*paragraphs).entities if each.name == name]
    return found
