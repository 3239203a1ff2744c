"""Draft: what an engine fills. The strict schema that goes over the wire.

Every property is required, nullable instead of optional, without defaults, bounds,
formats or patterns, and no object allows more: the subset that every provider's strict
mode takes. Evidence comes before the claim that rests on it, so that a model which
writes left to right quotes first and words second. The descriptions are part of the
prompt: change one as carefully as a line of `prompts/`.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from summarizer.schema import ActorKind, Stance


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _whole(text: str) -> str:
    """The text; half a character, which a model may escape in JSON, fits in no record."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds half a character") from None
    return text


Text = Annotated[str, AfterValidator(_whole)]
Evidence = Annotated[
    list[Text],
    Field(
        description="One to three passages copied from the article character for character, "
        "the best first. Each is the shortest clause or sentence that alone supports the "
        "item, and is at least three words long."
    ),
]


class DraftWhat(_Wire):
    evidence: Evidence
    statement: Annotated[
        Text,
        Field(
            description="The main event in one sentence of at most 30 words: who does what, "
            "where and when."
        ),
    ]


class DraftWho(_Wire):
    evidence: Evidence
    name: Annotated[
        Text,
        Field(
            description="As the article writes it: a person's fullest form without title, a "
            "country's common name, a group in the article's own words."
        ),
    ]
    kind: ActorKind
    role: Annotated[
        Text | None,
        Field(description="The title the article gives, copied; null for a country or if none."),
    ]


class DraftWhere(_Wire):
    evidence: Evidence
    name: Annotated[Text, Field(description="The place's name as the article writes it.")]
    country: Annotated[
        str | None, Field(description="ISO 3166-1 alpha-2 code; null if none applies.")
    ]


class DraftWhen(_Wire):
    evidence: Evidence
    text: Annotated[Text, Field(description="The time expression alone, copied.")]
    date: Annotated[
        Text | None,
        Field(
            description="YYYY, YYYY-MM, YYYY-MM-DD or an interval START/END; null if the "
            "article's own dates do not settle it."
        ),
    ]
    event: Annotated[Text, Field(description="What happens then, in a few words.")]


class DraftReaction(_Wire):
    evidence: Evidence
    speaker: Annotated[Text, Field(description="Who reacts, as the article names them.")]
    quote: Annotated[
        Text | None,
        Field(
            description="The words inside quotation marks, copied without the marks; null for "
            "reported speech."
        ),
    ]
    statement: Annotated[Text, Field(description="What they said or did, in one sentence.")]
    stance: Annotated[Stance, Field(description="Towards the main event.")]


class DraftBackground(_Wire):
    evidence: Evidence
    statement: Annotated[Text, Field(description="The fact, in one sentence.")]
    date: Annotated[
        str | None, Field(description="When it happened, written like a `when` date, or null.")
    ]


class Draft(_Wire):
    """The record of one news article."""

    what: Annotated[
        DraftWhat | None, Field(description="The main event; null if the text reports none.")
    ]
    who: list[DraftWho]
    where: list[DraftWhere]
    when: list[DraftWhen]
    reactions: list[DraftReaction]
    background: list[DraftBackground]


DraftItem = DraftWhat | DraftWho | DraftWhere | DraftWhen | DraftReaction | DraftBackground


@functools.cache
def wire_schema() -> dict[str, Any]:
    """The Draft's JSON Schema as sent to a model. Treat it as read-only."""
    schema = _without_titles(Draft.model_json_schema())
    assert isinstance(schema, dict)
    return schema


def _without_titles(node: Any) -> Any:
    """The schema without pydantic's generated titles, which cost tokens and say nothing."""
    if isinstance(node, dict):
        return {
            key: _without_titles(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_titles(value) for value in node]
    return node
