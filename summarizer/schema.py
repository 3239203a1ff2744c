"""Summary: what users get. Frozen, validated, and the same after a trip through JSON.

Offsets count Unicode code points of `Article.text` from 0; `end` is exclusive, so that
`article.text[span.start:span.end] == span.text` for every span.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from summarizer import dates

SCHEMA_VERSION: Literal["1.1"] = "1.1"

Match = Literal["exact", "typographic"]
ActorKind = Literal["person", "organization", "country", "group"]
Stance = Literal["supportive", "critical", "neutral"]
FieldName = Literal["what", "who", "where", "when", "reactions", "background"]
FIELD_NAMES: tuple[FieldName, ...] = (
    "what", "who", "where", "when", "reactions", "background",
)  # fmt: skip

#: How a fact about the article was found: in its text, in a page's metadata, in its URL,
#: or given by the caller.
Origin = Literal["text", "metadata", "url", "caller"]


def _edtf(value: str) -> str:
    dates.parse(value)
    return value


EdtfDate = Annotated[
    str,
    AfterValidator(_edtf),
    Field(description="EDTF level 0: YYYY, YYYY-MM, YYYY-MM-DD or an interval A/B of these."),
]
Text = Annotated[str, Field(min_length=1)]


class _Record(BaseModel):
    # What has a default is written all the same, and the published schema says so.
    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )


class Span(_Record):
    """A verbatim stretch of the article."""

    start: Annotated[int, Field(ge=0, description="Offset of the first code point, from 0.")]
    end: Annotated[int, Field(ge=1, description="Offset after the last code point.")]
    text: Text
    match: Annotated[
        Match,
        Field(
            description="exact: the engine quoted these very characters. typographic: equal "
            "after folding quote marks, dashes, spaces, line breaks and Unicode form; "
            "`text` is the article's own."
        ),
    ] = "exact"
    occurrences: Annotated[
        int, Field(ge=1, description="How often the quotation stands in the article.")
    ] = 1

    @model_validator(mode="after")
    def _length_fits(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError("a span's text must be end - start code points long")
        return self


class _Item(_Record):
    evidence: Annotated[
        tuple[Span, ...],
        Field(min_length=1, description="Where the article supports the item, the best first."),
    ]


class What(_Item):
    """The main event."""

    statement: Text


class Who(_Item):
    """Someone who takes part in the main event."""

    name: Text
    kind: ActorKind
    role: Annotated[Text | None, Field(description="The title the article gives.")]


class Where(_Item):
    """A place where the main event happens."""

    name: Text
    country: Annotated[
        str | None, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2 code.")
    ]


class When(_Item):
    """A time of the main event or of one of its parts."""

    text: Annotated[Text, Field(description="The expression as the article has it.")]
    date: EdtfDate | None
    event: Annotated[Text, Field(description="What happens then.")]

    @property
    def earliest(self) -> dt.date | None:
        """The first day that `date` may mean, or None without a date."""
        return dates.bounds(self.date)[0] if self.date else None

    @property
    def latest(self) -> dt.date | None:
        """The last day that `date` may mean, or None without a date."""
        return dates.bounds(self.date)[1] if self.date else None


class Reaction(_Item):
    """What someone said or did about the main event."""

    speaker: Text
    stance: Annotated[Stance, Field(description="Towards the main event.")]
    statement: Text
    quote: Annotated[Span | None, Field(description="Direct speech, without its quotation marks.")]
    attribution: Annotated[
        Literal["verified", "unverified"],
        Field(description="verified: the speaker is named in the same or next paragraph."),
    ]


class Background(_Item):
    """A fact that the article gives as context."""

    statement: Text
    date: EdtfDate | None


RejectionReason = Literal[
    "evidence_missing",
    "evidence_too_short",
    "evidence_not_in_article",
    "evidence_is_furniture",
    "name_not_in_article",
    "name_not_in_evidence",
    "number_not_in_evidence",
    "time_not_in_article",
    "empty_text",
    "duplicate",
]
AdjustmentReason = Literal[
    "evidence_too_short",
    "evidence_not_in_article",
    "evidence_is_furniture",
    "quote_not_in_article",
    "quote_not_in_quotation_marks",
    "date_malformed",
    "date_disagrees",
    "date_without_reference",
    "date_without_words",
    "country_unknown",
    "country_disagrees",
    "role_not_in_article",
]


class Rejection(_Record):
    """An item of the engine's answer that the article does not support."""

    field: FieldName
    claim: Annotated[str, Field(description="What the item said: its statement, name or time.")]
    evidence: Annotated[tuple[str, ...], Field(description="What it quoted, as it quoted it.")]
    reason: RejectionReason
    detail: Annotated[Text, Field(description="The reason, in a sentence.")]


class Adjustment(_Record):
    """A part of an item that could not be verified and was taken out of it."""

    field: FieldName
    claim: str
    attribute: Annotated[Text, Field(description="The item's attribute that was changed.")]
    was: Annotated[str, Field(description="What the engine had given.")]
    reason: AdjustmentReason
    detail: Annotated[Text, Field(description="The reason, in a sentence.")]


class ArticleFacts(_Record):
    """What is known of the article itself, each with how it was found."""

    location: Annotated[str | None, Field(description="The path or URL it was read from.")]
    length: Annotated[int, Field(ge=1, description="Code points.")]
    title: str | None
    title_from: Origin | None
    publisher: str | None
    publisher_from: Origin | None
    published: dt.date | None
    published_from: Origin | None
    url: str | None
    url_from: Origin | None


Purpose = Literal["draft", "reask", "repair", "what"]


class Attempt(_Record):
    """One request to a model. What the provider did not report is null, not 0."""

    purpose: Annotated[
        Purpose,
        Field(
            description="draft: the article, or a part of a long one. reask: the same again, "
            "for an answer that did not fit the schema. repair: what grounding rejected. what: "
            "the main event of a long article, from its parts."
        ),
    ]
    mode: str | None
    outcome: Annotated[str, Field(description="ok, or the kind of failure.")]
    endpoint: Annotated[str | None, Field(description="The host that was asked.")] = None
    model: Annotated[str | None, Field(description="As the response names it.")] = None
    window: Annotated[
        int | None, Field(ge=1, description="The part of a long article, from 1; null for all.")
    ] = None
    input_tokens: Annotated[int | None, Field(ge=0)] = None
    cached_input_tokens: Annotated[int | None, Field(ge=0)] = None
    output_tokens: Annotated[int | None, Field(ge=0)] = None
    reasoning_tokens: Annotated[int | None, Field(ge=0)] = None
    cost_usd: Annotated[float | None, Field(ge=0)] = None
    seconds: Annotated[float, Field(ge=0)]
    request_id: str | None = None


class MissingPart(_Record):
    """A part of a long article that no answer covers."""

    start: Annotated[int, Field(ge=0, description="Offset of the first code point, from 0.")]
    end: Annotated[int, Field(ge=1, description="Offset after the last code point.")]
    reason: Annotated[Text, Field(description="Why there is no answer, in a sentence.")]


class Provenance(_Record):
    """What made this record."""

    engine: Text
    model: Annotated[str | None, Field(description="The model that was asked and answered.")]
    endpoint: Annotated[str | None, Field(description="The host that answered.")] = None
    cached: Annotated[
        bool, Field(description="Whether an earlier answer was taken, and no model asked.")
    ] = False
    mode: Annotated[str | None, Field(description="How the model was made to fill the schema.")]
    prompt: Annotated[str | None, Field(description="name@sha256[:8] of the prompt files.")]
    package_version: Text
    article_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    attempts: tuple[Attempt, ...]
    cost_usd: Annotated[
        float | None, Field(ge=0, description="All attempts; null if one has a cost unknown.")
    ]
    elapsed_seconds: Annotated[float, Field(ge=0)]


class Summary(_Record):
    """One article's record: what happened, and where the article says so."""

    schema_version: Literal["1.1"] = SCHEMA_VERSION
    status: Annotated[
        Literal["complete", "partial"],
        Field(
            description="partial: an item was rejected, the main event is missing, or a part "
            "of the article is."
        ),
    ]
    article: ArticleFacts
    what: What | None
    who: tuple[Who, ...]
    where: tuple[Where, ...]
    when: tuple[When, ...]
    reactions: tuple[Reaction, ...]
    background: tuple[Background, ...]
    rejected: tuple[Rejection, ...]
    adjusted: tuple[Adjustment, ...]
    uncited_quotes: Annotated[
        tuple[Span, ...],
        Field(description="Direct quotations of the article that no item cites."),
    ]
    missing: Annotated[
        tuple[MissingPart, ...],
        Field(description="Parts of a long article that no answer covers."),
    ] = ()
    provenance: Provenance

    def items(self, field: FieldName) -> tuple[Any, ...]:
        """The items of one field, as a tuple for `what` as well."""
        value = getattr(self, field)
        if field == "what":
            return (value,) if value is not None else ()
        return tuple(value)

    def spans(self) -> list[tuple[FieldName, int, Span]]:
        """Every span as (field, index of its item from 0, span), evidence before quotes."""
        found: list[tuple[FieldName, int, Span]] = []
        for field in FIELD_NAMES:
            for index, item in enumerate(self.items(field)):
                found.extend((field, index, span) for span in item.evidence)
                if isinstance(item, Reaction) and item.quote is not None:
                    found.append((field, index, item.quote))
        return found


def json_schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of a Summary as it is serialized."""
    schema = Summary.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
