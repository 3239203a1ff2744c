"""The engine that the settings describe, with the one that is asked where it fails."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from summarizer.engines.failover import Failover
from summarizer.engines.openai.budget import Budget
from summarizer.engines.openai.engine import OPENAI_URL, OpenAIEngine
from summarizer.engines.openai.given import Answers
from summarizer.engines.openai.lessons import Lessons
from summarizer.engines.openai.limits import Pace
from summarizer.engines.openai.retries import RetryPolicy

if TYPE_CHECKING:
    from summarizer.settings import Settings

#: Requests to the first endpoint before the second is asked: another one that works is worth
#: more than waiting for this one.
_FIRST_ATTEMPTS = 3

_PORTS = {"http": 80, "https": 443}


def build(
    settings: Settings,
    *,
    budget: Budget | None = None,
    pace: Pace | None = None,
    answers: Answers | None = None,
) -> OpenAIEngine | Failover:
    """The engine of these settings. Raises ConfigurationError as OpenAIEngine does.

    With a `fallback_model` it is two engines, which share one budget and, where they ask by
    the same key at the same host, the limits per minute that are set. What is known of
    endpoints is kept in the cache folder, if the settings keep anything there. `budget` and
    `pace` are those of engines elsewhere too; without them, the settings make them.
    `answers` are had already, of the settings' model.
    """
    lessons = Lessons.of(settings)
    if settings.fallback_model is None:
        return OpenAIEngine(settings, lessons=lessons, budget=budget, pace=pace, answers=answers)
    if budget is None and settings.max_cost is not None:
        budget = Budget(settings.max_cost)
    pace = pace or Pace.of(settings)
    first = OpenAIEngine(
        settings,
        retries=RetryPolicy(attempts=_FIRST_ATTEMPTS),
        lessons=lessons,
        budget=budget,
        pace=pace,
        answers=answers,
        last=False,
    )
    second = fallback_settings(settings)
    own = _account(second) == _account(settings)
    return Failover(
        (
            first,
            OpenAIEngine(second, lessons=lessons, budget=budget, pace=pace if own else None),
        ),
        timeout=settings.timeout,
    )


def fallback_settings(settings: Settings) -> Settings:
    """The settings of the engine that is asked where the first fails.

    A key goes to the scheme, host and port that it was given for and to no other, and the
    limits per minute are those of the account that they were set for.
    """
    url = settings.fallback_base_url or settings.base_url
    same = _origin(url) == _origin(settings.base_url)
    second = dataclasses.replace(
        settings,
        model=settings.fallback_model or settings.model,
        base_url=url,
        api_key=settings.fallback_api_key or (settings.api_key if same else None),
        fallback_model=None,
        fallback_base_url=None,
        fallback_api_key=None,
    )
    if _account(second) == _account(settings):
        return second
    return dataclasses.replace(second, requests_per_minute=None, tokens_per_minute=None)


def _account(settings: Settings) -> tuple[object, ...]:
    return (*_origin(settings.base_url), settings.api_key)


def _origin(url: str | None) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url or OPENAI_URL)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
