"""Story: an article understood as far as all six fields need it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from summarizer.article import Article
from summarizer.engines.extractive import entities, leads, reading, responses, roles, speech
from summarizer.engines.extractive.entities import Entity, Naming
from summarizer.engines.extractive.names import Mention
from summarizer.engines.extractive.reading import Reading, Sentence
from summarizer.engines.extractive.responses import Reaction
from summarizer.engines.extractive.roles import Role
from summarizer.engines.extractive.speech import Speech
from summarizer.layout import Kind


@dataclass(frozen=True)
class Story:
    """An article's sentences with what each does, who is named and who says what."""

    reading: Reading
    naming: Naming
    #: The sentence that tells the news.
    lead: Sentence | None
    #: By the index of their sentence.
    roles: Mapping[int, Role]
    speeches: Mapping[int, Speech]
    reactions: tuple[Reaction, ...]

    @property
    def text(self) -> str:
        """The article's text."""
        return self.reading.text

    @functools.cached_property
    def topic(self) -> frozenset[str]:
        """The stems of headline and lead."""
        return leads.topic_of(self.reading, self.lead)

    def role(self, sentence: Sentence) -> Role:
        """What a sentence does in the article."""
        return self.roles.get(sentence.index, Role.OTHER)

    def is_central(self, sentence: Sentence) -> bool:
        """Whether a sentence is the lead or the headline."""
        return sentence is self.lead or sentence.kind is Kind.HEADLINE

    def told(self, role: Role) -> Iterator[Sentence]:
        """The sentences of a role, in order."""
        return (sentence for sentence in self.reading.sentences if self.role(sentence) is role)

    def after_lead(self, sentence: Sentence) -> int:
        """How many sentences behind the lead one stands; negative before it."""
        return sentence.index - (self.lead.index if self.lead is not None else 0)


def read(article: Article) -> Story:
    """Understand an article: pure, and deterministic."""
    text = reading.read(article)
    naming = entities.gather(text)
    speeches = speech.find(text, naming)
    lead = leads.lead_of(text)
    reacted = responses.find(text, speeches, lead, _acting_body(naming, lead))
    taken = {each.sentence.index: each for group in reacted for each in group.speeches}
    return Story(
        reading=text,
        naming=naming,
        lead=lead,
        roles=roles.assign(text, naming, taken, speeches),
        speeches=_by_sentence(speeches),
        reactions=tuple(reacted),
    )


def _by_sentence(speeches: Iterable[Speech]) -> dict[int, Speech]:
    return {each.sentence.index: each for each in speeches}


def _acting_body(naming: Naming, lead: Sentence | None) -> Entity | None:
    """The country or organization that is the lead's subject, or None."""
    for mention, entity in naming.of(lead) if lead is not None else ():
        body = entity.kind in ("country", "organization")
        if body and _opens(mention) and not mention.possessive:
            return entity
    return None


def _opens(mention: Mention) -> bool:
    return sum(token.is_word for token in mention.sentence.tokens[: mention.first]) <= 3
