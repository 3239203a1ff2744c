"""Examines an endpoint: what works, what does not, and what was found out on the way.

    async for finding in diagnose(settings):
        print(finding.status, finding.name, finding.detail)

A finding has `name` (one of NAMES), `status` (ok, warning, failed, skipped), `detail` (a
sentence, safe to print) and `data` (JSON values). Every name comes once, in order, as soon
as it is known; where one failure settles the rest, that is `skipped`. Nothing is raised but
ConfigurationError, for settings that cannot be asked with, and cancellation.

A model answers at most three small requests. Refusals of parameters on the way come before
a model is asked, and nobody bills them. The mode is looked for anew, whatever was kept of
it, and kept if the settings allow a cache.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from summarizer.engines.openai import answers, findings, modes, responses, usage
from summarizer.engines.openai.answers import Answer
from summarizer.engines.openai.building import fallback_settings
from summarizer.engines.openai.client import Client
from summarizer.engines.openai.engine import OPENAI_URL, OpenAIEngine
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.findings import NAMES, Finding
from summarizer.engines.openai.lessons import Lessons, Subject
from summarizer.engines.openai.modes import Lesson, Options, Turn
from summarizer.engines.openai.responses import Reply, Response
from summarizer.engines.openai.usage import Prices, Usage
from summarizer.errors import AuthenticationFailed, RequestRejected

if TYPE_CHECKING:
    from summarizer.settings import Settings

#: What is refused is refused one thing at a time; there are fewer things to refuse.
_REFUSALS = 12
_MODELS = 2_000
_LISTING_TIMEOUT = 10.0

_SYSTEM = "You make records of news articles."
#: Its natural answer breaks the schema: what fits it all the same was made to.
_ONE_WORD = "Answer with the single word ok, and with nothing else: no JSON."
_SENTENCE = (
    "Make the record of this article: Ferry crews in Halden ended a nine-day strike on Sunday."
)

#: The names that model lists have for a model's context, in tokens.
_LIMITS = ("max_model_len", "context_length", "context_window", "max_context_length")


async def diagnose(
    settings: Settings,
    *,
    lessons: Lessons | None = None,
    clock: Callable[[], float] = time.monotonic,
    wall_clock: Callable[[], float] = time.time,
) -> AsyncGenerator[Finding, None]:
    """Examine the endpoint and model of `settings`, within the timeout for one article.

    A fallback is examined likewise, and told in one finding. `lessons` stands for those of
    the settings' cache folder.
    """
    if settings.resolved_engine != "openai":
        detail = "the extractive engine asks no endpoint: there is nothing to examine"
        for name in NAMES:
            yield Finding(name, "skipped", detail)
        return
    # It checks the settings. A limit of costs without a price is a finding here.
    OpenAIEngine(replace(settings, max_cost=None))
    lessons = lessons if lessons is not None else Lessons.of(settings)
    seen: set[str] = set()
    examination = _Examination(settings, lessons, clock, wall_clock)
    try:
        async with contextlib.aclosing(examination.findings()) as findings_:
            async for finding in findings_:
                seen.add(finding.name)
                yield finding
    finally:
        await examination.client.aclose()
    for name in NAMES[:-1]:
        if name not in seen:
            yield Finding(name, "skipped", "not examined, after what failed before")
    found: list[Finding] = []
    if settings.fallback_model is not None:
        second = diagnose(
            fallback_settings(settings), lessons=lessons, clock=clock, wall_clock=wall_clock
        )
        async with contextlib.aclosing(second) as listed:
            found = [finding async for finding in listed if finding.name != NAMES[-1]]
    yield findings.fallback(settings.fallback_model, found)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request, what came of it, and after how long: all of it, and the first piece."""

    reply: Reply | Failure
    response: Response
    seconds: float
    first: float | None = None

    @property
    def answer(self) -> Answer | None:
        """What the model said, if it was asked, and not for a stream."""
        if isinstance(self.reply, Failure) or not self.response.taken:
            return None
        return answers.read(_parsed(self.reply.content))

    @property
    def streamed(self) -> bool:
        """Whether the answer came as a stream, and whole."""
        reply = self.reply
        return isinstance(reply, Reply) and reply.completion is not None and self.response.taken


class _Examination:
    """One endpoint and model, with what was seen so far."""

    def __init__(
        self,
        settings: Settings,
        lessons: Lessons | None,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
    ) -> None:
        self.client = Client(base_url=settings.base_url or OPENAI_URL, api_key=settings.api_key)
        self._settings = settings
        self._lessons = lessons
        self._clock = clock
        self._wall_clock = wall_clock
        self._deadline = clock() + settings.timeout
        self._options = Options(
            model=settings.model,
            max_output_tokens=settings.max_output_tokens,
            temperature=settings.temperature,
            reasoning_effort=settings.reasoning_effort,
        )
        self._prices: Prices | None = None
        if settings.input_price is not None and settings.output_price is not None:
            self._prices = Prices(settings.input_price, settings.output_price)
        self._subject = Subject(self.client.base_url, settings.model, settings.max_output_tokens)
        self._lesson = Lesson()
        self._refused: list[str] = []
        self._used: list[Usage] = []

    async def findings(self) -> AsyncGenerator[Finding, None]:
        """All of them, but for those that a failure leaves nothing to say of."""
        await self.client.load()
        self.client.prepare()
        self._deadline = self._clock() + self._settings.timeout
        kept = self._lessons.recall(self._subject) if self._lessons is not None else None
        started = self._clock()
        listing = await self.client.get("/models", timeout=min(self._left(), _LISTING_TIMEOUT))
        host, seconds = self.client.host, self._clock() - started
        if isinstance(listing, Reply):
            yield findings.endpoint(host, listing.status, seconds)
        else:
            final = listing in {"name", "refused", "tls"}
            yield findings.unreachable(host, listing, final=final)
            if final:
                return
        models = self._models(listing) if isinstance(listing, Reply) else None
        asked = await self._climb(_ONE_WORD)
        for finding in self._admitted(asked, models):
            yield finding
        if not asked.response.taken:
            return
        yield findings.mode(self._lesson, self._refused)
        enforced = findings.schema(self._lesson, asked.answer)
        yield enforced
        if enforced.data["enforced"] == "no" and self._lesson.mode.enforced:
            self._lesson = replace(self._lesson, in_words=True)
        for finding in await self._answering():
            yield finding
        learnt = kept.lesson.input_tokens if kept is not None else None
        if self._lessons is not None:
            # How long a request may be was not looked for: it is as old as it was.
            since = kept.since if kept is not None and learnt is not None else None
            lesson = replace(self._lesson, input_tokens=learnt)
            self._lessons.keep(self._subject, lesson, since=since)
        for finding in self._known(asked, models, learnt):
            yield finding
        yield findings.lessons(kept, self._wall_clock(), on=self._lessons is not None)
        yield findings.cost(len(self._used), self._cost())

    def _left(self) -> float:
        return max(0.0, self._deadline - self._clock())

    def _models(self, listing: Reply) -> Mapping[str, Mapping[str, Any]] | None:
        """The models that the endpoint lists, by name; None if it lists none."""
        data = _parsed(listing.content) if listing.status == 200 else None
        entries = data.get("data") if isinstance(data, dict) else None
        if not isinstance(entries, list):
            return None
        return {
            entry["id"]: entry
            for entry in entries[:_MODELS]
            if isinstance(entry, dict)
            and isinstance(entry.get("id"), str)
            and (entry["id"] == self._options.model or self.client.is_model(entry["id"]))
        }

    async def _climb(self, words: str, *, stream: bool = False) -> _Asked:
        """Ask in the ways that the endpoint takes, the best first, and remember which it is."""
        asked = await self._ask(words, stream=stream)
        for _ in range(_REFUSALS):
            failure = asked.response.result
            if not isinstance(failure, Failure) or failure.lesson is None:
                break
            self._refused.append(findings.change(self._lesson, failure.lesson))
            self._lesson = failure.lesson
            asked = await self._ask(words, stream=stream)
        return asked

    async def _ask(self, words: str, *, stream: bool) -> _Asked:
        turns: list[Turn] = [
            {"role": "system", "content": _SYSTEM},
            {"role": "user", "content": words},
        ]
        body = modes.body(turns, self._lesson, self._options, stream=stream)
        first: float | None = None

        def heard(_part: int, _piece: str) -> None:
            nonlocal first
            if first is None:
                first = self._clock() - started

        started = self._clock()
        reply = await self.client.post(body, timeout=self._left(), on_text=heard)
        seconds = self._clock() - started
        if isinstance(reply, Failure):
            return _Asked(reply, Response(reply), seconds)
        response = responses.read(
            reply,
            lesson=self._lesson,
            body=body,
            host=self.client.host,
            now=self._wall_clock(),
        )
        if response.taken or reply.broken:
            self._used.append(response.usage)
        return _Asked(reply, response, seconds, first)

    def _admitted(self, asked: _Asked, models: Mapping[str, Any] | None) -> Iterator[Finding]:
        """Whether the key and the model are taken."""
        listed = None if models is None else list(models)
        response = asked.response
        if response.taken:
            answered = response.model
            if answered is not None and not self.client.is_model(answered):
                answered = None
            yield findings.key(given=bool(self._settings.api_key))
            yield findings.model(self._options.model, answered, listed)
            return
        failure = response.result
        assert isinstance(failure, Failure)
        if failure.error is AuthenticationFailed:
            yield Finding("key", "failed", failure.message, {"outcome": failure.outcome})
            return
        # A key that was not taken would have been said to be before anything else.
        yield Finding("key", "skipped", "no answer shows whether it is accepted")
        if failure.error is RequestRejected:
            yield findings.no_model(self._options.model, listed, failure.message)
        else:
            data = {"outcome": failure.outcome}
            yield Finding("model", "failed", failure.message, data)

    async def _answering(self) -> list[Finding]:
        """Whether a record comes of one sentence, as a stream if that works."""
        asked = await self._climb(_SENTENCE, stream=True)
        streamed = asked.streamed
        if not streamed and not (asked.response.taken and asked.response.outcome == "ok"):
            asked = await self._climb(_SENTENCE)
        result = asked.response.result
        failure = result if isinstance(result, Failure) else None
        found = [findings.answer(failure), findings.streaming(asked.first, works=streamed)]
        used = asked.response.usage
        found.append(findings.usage(used))
        whole = asked.response.taken
        found.append(findings.latency(asked.seconds if whole else None, used.output_tokens))
        return found

    def _known(
        self, asked: _Asked, models: Mapping[str, Any] | None, learnt: int | None
    ) -> Iterator[Finding]:
        """What is known of the model besides."""
        public, prices = True, self._per_million(None)
        if prices is None and self._prices is not None:
            public, prices = False, self._per_million(self._prices)
        capped = self._settings.max_cost is not None
        yield findings.price(self._options.model, prices, public=public, capped=capped)
        entry = (models or {}).get(self._options.model, {})
        values = (entry.get(name) for name in _LIMITS)
        listed = next((value for value in values if type(value) is int and value > 0), None)
        yield findings.input_limit(self._settings.max_input_tokens, listed, learnt)
        headers = {} if isinstance(asked.reply, Failure) else asked.reply.headers
        yield findings.rate_limits(headers)

    def _per_million(self, prices: Prices | None) -> tuple[float, float] | None:
        """What a million tokens in and out cost, at the price of the first of them."""
        found = [self._price(Usage(*counts), prices) for counts in ((1000, 0, 0), (0, 0, 1000))]
        if found[0] is None or found[1] is None:
            return None
        return round(found[0] * 1000, 9), round(found[1] * 1000, 9)

    def _cost(self) -> float | None:
        costs = [self._price(used, self._prices) for used in self._used]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

    def _price(self, used: Usage, prices: Prices | None) -> float | None:
        return usage.cost(
            used, model=self._options.model, base_url=self.client.base_url, prices=prices
        )


def _parsed(content: bytes) -> Any:
    try:
        return from_json(content)
    except ValueError:
        return None
