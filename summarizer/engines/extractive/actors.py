"""Who: those that take part in the event."""

from __future__ import annotations

from collections.abc import Sequence

from summarizer.draft import DraftWho
from summarizer.engines.extractive import clauses, groups, shifts
from summarizer.engines.extractive.entities import Entity
from summarizer.engines.extractive.names import Mention
from summarizer.engines.extractive.roles import Role
from summarizer.engines.extractive.speech_words import MEDIA
from summarizer.engines.extractive.story import Story
from summarizer.engines.extractive.vocabulary import AUXILIARIES, KIN, OFFICES, PREPOSITIONS, TITLES
from summarizer.layout import Kind
from summarizer.schema import ActorKind

_MOST = 12
_KINDS: dict[str, ActorKind] = {
    "person": "person",
    "organization": "organization",
    "country": "country",
}
_TOLD = frozenset(("told", "tells", "asked"))
#: What someone does by office when something happened.
_ACTS_OF_OFFICE = frozenset(
    ("declared", "placed", "put", "imposed", "ordered", "opened", "launched")
)
_CLAUSE_OPENERS = frozenset(
    ("when", "as", "after", "before", "while", "because", "but", "although", "once")
)
#: A shorter body may leave out whom its headline names.
_LEAST_BODY = 3
#: So many sentences behind the lead still tell who takes part, whatever their tense.
_NEAR = 2
#: A subject stands at most so many words behind the head of its clause.
_SUBJECT_WITHIN = 7


def drafts(story: Story) -> list[DraftWho]:
    """The participants, in order of first mention."""
    cast = _Cast(story)
    items = groups.found(story)
    for entity in story.naming.entities:
        mentions = [mention for mention in entity.mentions if cast.plays(entity, mention)]
        if mentions:
            items.append((mentions[0].start, _draft(story, entity, mentions)))
    items.sort(key=lambda item: item[0])
    return [item for _, item in items if item.evidence][:_MOST]


def _draft(story: Story, entity: Entity, mentions: Sequence[Mention]) -> DraftWho:
    told = sorted(mentions, key=lambda mention: not mention.sentence.is_body)
    spans = [(mention.sentence.start, mention.sentence.end) for mention in told]
    role = entity.role if entity.kind == "person" else None
    if role is not None and story.text[slice(*role)].casefold().split()[-1] in KIN:
        role = None
    return DraftWho(
        evidence=clauses.evidence(story.text, spans),
        name=entity.name,
        kind=_KINDS[entity.kind],
        role=" ".join(story.text[role[0] : role[1]].split()) if role else None,
    )


class _Cast:
    """Tells who of a story takes part in its event, and who only speaks of it."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._commentators = {
            id(speech.speaker.entity)
            for reaction in story.reactions
            for speech in reaction.speeches
        }
        body = story.reading.body
        self._half = body[len(body) // 2].index if body else 0

    def plays(self, entity: Entity, mention: Mention) -> bool:
        """Whether a mention shows someone taking part."""
        sentence = mention.sentence
        if entity.kind not in _KINDS or entity.name in MEDIA or sentence.quoted(mention.start):
            return False
        if {mention.low(-1), mention.low(-2)} & _TOLD or self._is_only_in_headline(entity):
            return False
        match self._story.role(sentence):
            case Role.BACKGROUND:
                return entity.kind == "person" and self._is_subject_of_past(entity, mention)
            case Role.REACTION:
                return self._acts_by_office(entity, mention)
            case Role.EVENT if self._story.is_central(sentence):
                return self._is_central(entity, mention)
            case Role.EVENT:
                return self._is_in_detail(entity, mention)
        return False

    def _is_central(self, entity: Entity, mention: Mention) -> bool:
        """Whether a name in the lead or the headline is a participant's."""
        if entity.kind == "country":
            aside = mention.start >= shifts.main_clause_end(mention.sentence)
            return not (aside or mention.possessive or mention.low(1) in TITLES)
        return entity.kind != "person" or not _is_in_passing(mention)

    def _is_only_in_headline(self, entity: Entity) -> bool:
        """Whether a body never says what a headline's capitals name."""
        if entity.kind == "country" or len(self._story.reading.body) < _LEAST_BODY:
            return False
        return all(each.sentence.kind is Kind.HEADLINE for each in entity.mentions)

    def _is_in_detail(self, entity: Entity, mention: Mention) -> bool:
        """Whether a name in a later sentence about the event is a participant's."""
        sentence = mention.sentence
        if entity.kind == "country" or mention.possessive:
            return False
        if entity.kind == "organization" and mention.low(1) in TITLES:
            return False
        if self._story.after_lead(sentence) == 1 and not _only_describes(mention):
            return True
        early = sentence.index <= self._half and entity.role is None
        if id(entity) in self._commentators and not (early or self._has_office(entity)):
            return False
        speech = self._story.speeches.get(sentence.index)
        announces = speech is not None and speech.speaker.entity is entity
        return announces or _is_subject(mention) or mention.low(-1) in ("by", "rival", "company")

    def _is_subject_of_past(self, entity: Entity, mention: Mention) -> bool:
        """Whether a background sentence tells of a person whom the news is about."""
        comments = id(entity) in self._commentators
        if 0 < self._story.after_lead(mention.sentence) <= _NEAR:
            return not mention.possessive and (not comments or mention.low(-1) == "by")
        shared = mention.sentence.stems & self._story.topic
        return mention.opens and not comments and len(shared) >= 2

    def _acts_by_office(self, entity: Entity, mention: Mention) -> bool:
        """Whether what someone did in response is an act of office: an order, a ban."""
        speech = self._story.speeches.get(mention.sentence.index)
        if speech is None or speech.shape != "action" or speech.speaker.entity is not entity:
            return False
        return speech.verb in _ACTS_OF_OFFICE

    def _has_office(self, entity: Entity) -> bool:
        if entity.role is None:
            return False
        return self._story.text[slice(*entity.role)].casefold().split()[-1] in OFFICES


def _is_in_passing(mention: Mention) -> bool:
    """Whether a person only stands in what is told of another: "whose books with X sold"."""
    if mention.low(-1) not in ("by", "of", "with", "from", "and"):
        return False
    before = mention.sentence.tokens[max(0, mention.first - 14) : mention.first]
    return any(token.low == "whose" for token in before)


def _only_describes(mention: Mention) -> bool:
    """Whether a name only says what someone else is: "the founder of the chain X"."""
    if mention.low(-1) == "of":
        return True
    return any(mention.low(-at) == "of" and mention.low(-at - 1) in TITLES for at in (2, 3))


def _is_subject(mention: Mention) -> bool:
    """Whether a name stands at the head of its sentence or clause."""
    if mention.low(-1) in _CLAUSE_OPENERS:
        return True
    clause: list[str] = []
    for token in reversed(mention.sentence.tokens[: mention.first]):
        if token.text in ";:–—":
            break
        if token.is_word:
            clause.append(token.low)
    if mention.low(-1) in PREPOSITIONS - {"by"} or len(clause) > _SUBJECT_WITHIN:
        return False
    verbs = [low for low in clause if _is_verb(low)]
    return not verbs or (len(verbs) == 1 and _is_verb(mention.low(-1)))


def _is_verb(low: str) -> bool:
    """Whether a word looks like a past or an auxiliary, and so has its subject before it."""
    if low in AUXILIARIES or low in shifts.IRREGULAR_PASTS:
        return True
    return low.endswith("ed") and len(low) > 4
