"""The record of an article, out of what was checked. Pure."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import summarizer
from summarizer.errors import NothingGrounded
from summarizer.grounding import Checked, EvidenceIndex, Item
from summarizer.schema import (
    FIELD_NAMES,
    ArticleFacts,
    Attempt,
    FieldName,
    Provenance,
    Reaction,
    Span,
    Summary,
)

if TYPE_CHECKING:
    from summarizer.article import Article
    from summarizer.engines.base import Engine
    from summarizer.pipeline.run import Outcome

#: Outcomes of requests that no model saw: nobody bills them.
_TURNED_AWAY = frozenset({"authentication", "parameter_refused", "rate_limited", "rejected"})


def summary(
    index: EvidenceIndex, outcome: Outcome, *, engine: Engine, prompt: str | None, elapsed: float
) -> Summary:
    """The record. `elapsed` is in seconds. Raises NothingGrounded if no item was verified."""
    items = items_in(outcome.checked)
    if not any(items.values()):
        raise NothingGrounded(
            "the article supports no item of the engine's answer", attempts=outcome.attempts
        )
    rejected = tuple(e.rejection for e in outcome.checked if e.rejection is not None)
    lost = any(rejection.reason != "duplicate" for rejection in rejected)
    completion = outcome.completion
    return Summary(
        status="partial" if lost or outcome.missing or not items["what"] else "complete",
        article=facts(index.article),
        what=next(iter(items["what"]), None),
        **{name: tuple(items[name]) for name in FIELD_NAMES if name != "what"},
        rejected=rejected,
        adjusted=tuple(
            adjustment
            for entry in outcome.checked
            if entry.item is not None
            for adjustment in entry.adjustments
        ),
        uncited_quotes=tuple(uncited(index, items)),
        missing=outcome.missing,
        provenance=Provenance(
            engine=engine.name,
            model=completion.model or engine.model,
            endpoint=completion.endpoint,
            mode=completion.mode,
            prompt=prompt,
            package_version=summarizer.__version__,
            article_sha256=index.article.sha256,
            attempts=outcome.attempts,
            cost_usd=cost(outcome.attempts),
            elapsed_seconds=round(elapsed, 6),
        ),
    )


def facts(article: Article) -> ArticleFacts:
    """What is known of the article itself."""
    return ArticleFacts(
        location=article.location,
        length=len(article.text),
        title=article.title,
        title_from=article.title_from,
        publisher=article.publisher,
        publisher_from=article.publisher_from,
        published=article.published,
        published_from=article.published_from,
        url=article.url,
        url_from=article.url_from,
    )


def items_in(checked: Iterable[Checked]) -> dict[FieldName, list[Any]]:
    """The verified items by field."""
    items: dict[FieldName, list[Any]] = {name: [] for name in FIELD_NAMES}
    for entry in checked:
        if entry.item is not None:
            items[entry.field].append(entry.item)
    return items


def uncited(index: EvidenceIndex, items: Mapping[FieldName, Sequence[Item]]) -> list[Span]:
    """The direct quotations that no item's evidence or quote overlaps."""
    cited: list[tuple[int, int]] = []
    for item in (item for group in items.values() for item in group):
        cited += [(span.start, span.end) for span in item.evidence]
        if isinstance(item, Reaction) and item.quote is not None:
            cited.append((item.quote.start, item.quote.end))
    cited.sort()
    starts = [start for start, _ in cited]
    # How far the spans up to each one reach: a long article has thousands of both.
    reach = list(itertools.accumulate((end for _, end in cited), max, initial=0))
    return [
        speech
        for speech in index.speeches()
        if reach[bisect.bisect_left(starts, speech.end)] <= speech.start
    ]


def cost(attempts: Iterable[Attempt]) -> float | None:
    """In US dollars, all together, or None if one may have cost something unknown."""
    costs = [attempt.cost_usd for attempt in attempts if not _was_turned_away(attempt)]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _was_turned_away(attempt: Attempt) -> bool:
    """Whether the endpoint refused the request before a model saw it."""
    reported = (attempt.cost_usd, attempt.input_tokens, attempt.output_tokens)
    return attempt.outcome in _TURNED_AWAY and reported == (None, None, None)
