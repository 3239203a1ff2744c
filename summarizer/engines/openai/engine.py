"""OpenAIEngine: a Draft from any OpenAI-compatible endpoint, or one typed error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from summarizer import logs, telemetry
from summarizer.draft import Draft
from summarizer.engines.base import Completion, OnItem, Request
from summarizer.engines.openai import failures, input_limits, modes, reask, responses, tracing
from summarizer.engines.openai.account import Account
from summarizer.engines.openai.breaker import PATIENCE
from summarizer.engines.openai.budget import Budget
from summarizer.engines.openai.client import Client
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.given import BATCH_SHARE, Answers, Given, Prepared
from summarizer.engines.openai.increments import Items
from summarizer.engines.openai.input_limits import InputLimits
from summarizer.engines.openai.lessons import Lessons, Memory, Subject
from summarizer.engines.openai.limits import Pace
from summarizer.engines.openai.modes import Lesson, Options, Turn
from summarizer.engines.openai.responses import Reply, Response
from summarizer.engines.openai.retries import RetryPolicy
from summarizer.engines.openai.traffic import Load, Sent, Traffic
from summarizer.errors import AnswerTruncated, ConfigurationError, RequestTooLong
from summarizer.schema import Attempt, Purpose

if TYPE_CHECKING:
    from summarizer.settings import Settings

#: The endpoint of settings without a base URL.
OPENAI_URL = "https://api.openai.com/v1"

#: Shorter requests fit nearly every model, and looking its limit up costs an import.
_LOOKED_UP_FROM = 100_000

#: So many parameters may be refused in one call: more than there are to refuse.
_LESSONS = 16


@dataclass(slots=True)
class _Call:
    """One call of `complete`: what it has to go by, and what it has used up so far."""

    deadline: float
    purpose: Purpose
    window: int | None
    on_item: OnItem | None
    #: The most tokens an answer may have, and whether that was raised.
    room: int
    #: How requests are made, and the engine's lesson when that was decided.
    lesson: Lesson
    known: Lesson
    enlarged: bool = False
    #: What is taken instead of the first request's answer.
    given: Given | None = None
    attempts: list[Attempt] = field(default_factory=list)
    #: Why the last answer ended, in the API's words.
    finish: str | None = None


class OpenAIEngine:
    """Drafts with a model behind an OpenAI-compatible endpoint.

    `lesson` is what is known of the endpoint already, else what `lessons` has kept of it;
    what its refusals teach is kept there and in the engine, and can be read from that.
    `budget` and `pace` are shared with other engines; without them, the settings make them.
    `answers` are had already, and taken before anything is asked. An engine that is not the
    `last` to be asked does not wait for a dead endpoint. Raises ConfigurationError if the
    settings have neither a key nor a base URL, or a key that is none, or a `max_cost` for a
    model whose price is not known.
    """

    name = "openai"
    prompted = True

    def __init__(
        self,
        settings: Settings,
        *,
        retries: RetryPolicy | None = None,
        lesson: Lesson | None = None,
        lessons: Lessons | None = None,
        budget: Budget | None = None,
        pace: Pace | None = None,
        answers: Answers | None = None,
        last: bool = True,
    ) -> None:
        key = settings.api_key or None
        if key is None and settings.base_url is None:
            raise ConfigurationError(
                "the openai engine needs OPENAI_API_KEY, or OPENAI_BASE_URL for a local server"
            )
        if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigurationError("the API key holds characters that a key cannot hold")
        self._retries = retries or RetryPolicy()
        self._answers = answers
        self._timeout = settings.timeout
        self._options = Options(
            model=settings.model,
            max_output_tokens=settings.max_output_tokens,
            temperature=settings.temperature,
            reasoning_effort=settings.reasoning_effort,
        )
        self._client = Client(base_url=settings.base_url or OPENAI_URL, api_key=key)
        subject = Subject(self._client.base_url, settings.model, settings.max_output_tokens)
        self._memory = Memory(subject, lessons)
        self._asked = tracing.asked(self._client.base_url, self._options)
        self.lesson = lesson or self._memory.recalled or Lesson()
        self._limits = InputLimits(
            configured=settings.max_input_tokens,
            room=settings.max_output_tokens,
            learnt=self.lesson.input_tokens,
        )
        prices: tuple[float, float] | None = None
        if settings.input_price is not None and settings.output_price is not None:
            prices = settings.input_price, settings.output_price
        self._account = Account(
            model=settings.model,
            base_url=self._client.base_url,
            host=self._client.host,
            prices=prices,
        )
        if budget is None and settings.max_cost is not None:
            budget = Budget(settings.max_cost)
        if budget is not None and not self._account.priced:
            raise ConfigurationError(
                "max_cost needs the model's price, which is not known: "
                "set SUMMARIZER_INPUT_PRICE and SUMMARIZER_OUTPUT_PRICE"
            )
        self._traffic = Traffic(
            host=self._client.host,
            retries=self._retries,
            concurrency=settings.concurrency,
            pace=pace or Pace.of(settings),
            patience=PATIENCE if last else 0.0,
            budget=budget,
            price=self._account.worst,
        )

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return self._options.model

    @property
    def endpoint(self) -> str:
        """The host that is asked, and its port if the base URL has one."""
        return self._client.host

    @property
    def available(self) -> bool:
        """Whether the endpoint is not known to be dead."""
        return self._traffic.available

    @property
    def fingerprint(self) -> str | None:
        """The endpoint, the model and the options, as they shape an answer."""
        return json.dumps([*self.shape, self.lesson.mode.value])

    @property
    def shape(self) -> tuple[str | float | None, ...]:
        """What the settings say that shapes an answer: it is not learnt, and stays the same."""
        options = self._options
        return (
            self._client.base_url.rpartition("@")[2],
            options.model,
            options.temperature,
            options.reasoning_effort,
            options.max_output_tokens,
            self._limits.configured,
        )

    @property
    def input_characters(self) -> int | None:
        """The most characters that a request's messages may have, as far as is known."""
        return self._limits.characters(self.lesson)

    async def complete(self, request: Request) -> Completion:
        """Fill a Draft from the request's messages.

        Without a deadline in the request, the settings' timeout makes one. An answer that
        does not fit the schema is asked for once more. Raises an EngineError that holds
        every attempt, and ConfigurationError if the base URL is none.
        """
        await self._client.load()
        self._client.prepare()
        deadline = request.deadline
        if deadline is None:
            deadline = self._retries.clock() + self._timeout
        call = _Call(
            deadline=deadline,
            purpose=request.purpose,
            window=request.window,
            on_item=request.on_item,
            room=self._options.max_output_tokens,
            lesson=self.lesson,
            known=self.lesson,
        )
        turns: list[Turn] = [
            {"role": message.role, "content": message.content} for message in request.messages
        ]
        given = self._given(request)
        if given is None and self._is_too_long(turns):
            raise RequestTooLong(failures.too_long(self.endpoint).message)
        if given is not None:
            call.given, call.lesson, call.known = given, given.lesson, given.lesson
        alone = given is not None and self._answers is not None and not self._answers.live
        result = await (self._attempt(turns, call) if alone else self._ask(turns, call))
        if isinstance(result, Failure) and result.invalid is not None and not alone:
            call.purpose = "reask"
            if call.lesson.mode.enforced and any(result.invalid.answer.candidates):
                call.lesson = replace(call.lesson, in_words=True)
            result = await self._ask(reask.turns(turns, call.lesson.mode, result.invalid), call)
        attempts = tuple(call.attempts)
        if isinstance(result, Failure):
            raise result.error(result.message, attempts=attempts)
        return Completion(
            draft=result,
            mode=attempts[-1].mode,
            attempts=attempts,
            model=self.model,
            endpoint=self._client.host,
            # The fingerprint has the mode that is known to work by now.
            keepable=given is None or given.lesson.mode is self.lesson.mode,
        )

    def prepared(self, request: Request) -> Prepared | None:
        """The request as it would be sent first; None if it is longer than the model takes."""
        turns: list[Turn] = [
            {"role": message.role, "content": message.content} for message in request.messages
        ]
        most = self.input_characters
        if self._is_too_long(turns) or (most is not None and input_limits.size(turns) > most):
            return None
        room = self._options.max_output_tokens
        body = modes.body(turns, self.lesson, self._options)
        load = Load.of(body, room)
        worst = 0.0
        if self._account.priced:
            worst = BATCH_SHARE * self._account.worst(load.most_input_tokens, room)
        return Prepared(body, self.lesson, load.most_input_tokens, worst)

    def cost_in_batch(self, content: bytes) -> float | None:
        """What an answer in a provider's batch cost, in US dollars; None if it is not known."""
        return self._account.cost_in_batch(content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _given(self, request: Request) -> Given | None:
        """What is there already for a request. Raises the EngineError that is there instead."""
        found = self._answers.find(request) if self._answers is not None else None
        if isinstance(found, Failure):
            raise found.error(found.message)
        return found

    async def _ask(self, turns: list[Turn], call: _Call) -> Draft | Failure:
        """The answer to these turns, and a span around what it took."""
        with telemetry.span(f"chat {self.model}", client=True, attributes=self._asked) as span:
            before = len(call.attempts)
            result = await self._climb(turns, call)
            if span.recorded:
                made, is_model = call.attempts[before:], self._client.is_model
                span.set(tracing.answered(made, call.finish, is_model=is_model))
                if isinstance(result, Failure):
                    span.fail(result.outcome)
            return result

    async def _climb(self, turns: list[Turn], call: _Call) -> Draft | Failure:
        """The answer to these turns, asked for in the ways that the endpoint takes."""
        result = await self._retry(turns, call)
        for _ in range(_LESSONS):
            if not isinstance(result, Failure):
                break
            taught = self._memory.after(call.lesson, result)
            if taught is not None:
                # Another call may have learnt more in the meantime.
                fresh = self.lesson != call.known
                call.lesson, call.known = self.lesson if fresh else taught, self.lesson
            elif result.error is AnswerTruncated and not call.enlarged and call.lesson.room:
                call.room, call.enlarged = 2 * call.room, True
            else:
                break
            result = await self._retry(turns, call)
        return result

    async def _retry(self, turns: list[Turn], call: _Call) -> Draft | Failure:
        return await self._retries.run(lambda: self._attempt(turns, call), deadline=call.deadline)

    async def _attempt(self, turns: list[Turn], call: _Call) -> Draft | Failure:
        """One request, on its way through the traffic, and its entry in the account."""
        if call.given is not None:
            given, call.given = call.given, None
            return self._taken(given, turns, call)
        lesson = call.lesson
        options = replace(self._options, max_output_tokens=call.room)
        body = modes.body(turns, lesson, options, stream=call.on_item is not None)
        passage = await self._traffic.enter(Load.of(body, call.room), deadline=call.deadline)
        if isinstance(passage, Failure):
            return passage
        with passage:
            logs.event(
                "request_sent",
                endpoint=self.endpoint,
                model=self.model,
                mode=lesson.mode.value,
                purpose=call.purpose,
                window=call.window,
                attempt=len(call.attempts) + 1,
            )
            started = self._retries.clock()
            on_text = None if call.on_item is None else Items(call.on_item).feed
            reply = await self._client.post(body, timeout=call.deadline - started, on_text=on_text)
            response = self._read(reply, lesson, body)
            if response.taken:
                self._memory.proven()
                if lesson != call.known:
                    # Another call may have learnt the limit in the meantime.
                    lesson = replace(lesson, input_tokens=self._limits.learnt)
                    self.lesson = call.known = lesson
                    self._memory.learnt(lesson)
            response = self._within_limits(response, body, call.purpose)
            seconds = max(0.0, self._retries.clock() - started)
            entry = self._account.entry(
                response,
                purpose=call.purpose,
                mode=lesson.mode.value,
                window=call.window,
                seconds=seconds,
            )
            call.attempts.append(entry)
            call.finish = response.finish
            status = None if isinstance(reply, Failure) else reply.status
            tracing.log(entry, model=self.model, number=len(call.attempts), status=status)
            passage.sent = Sent.of(reply, response, entry.cost_usd)
        return response.result

    def _taken(self, given: Given, turns: list[Turn], call: _Call) -> Draft | Failure:
        """What was answered in a provider's batch, read as if it had come now."""
        body = modes.body(turns, given.lesson, self._options)
        response = self._read(given.reply, given.lesson, body)
        if response.taken:
            self._memory.proven()
        response = self._within_limits(response, body, call.purpose)
        entry = self._account.entry(
            response,
            purpose=call.purpose,
            mode=f"{given.lesson.mode.value}/batch",
            window=call.window,
            seconds=given.seconds,
            share=BATCH_SHARE,
        )
        call.attempts.append(entry)
        call.finish = response.finish
        tracing.log(entry, model=self.model, number=1, status=given.reply.status)
        return response.result

    def _read(self, reply: Reply | Failure, lesson: Lesson, body: Mapping[str, Any]) -> Response:
        if isinstance(reply, Failure):
            return Response(reply)
        now = self._retries.wall_clock()
        return responses.read(reply, lesson=lesson, body=body, host=self.endpoint, now=now)

    def _is_too_long(self, turns: list[Turn]) -> bool:
        """Whether a long request does not fit what the model's provider publishes."""
        sent = input_limits.size(turns)
        if sent < _LOOKED_UP_FROM:
            return False
        if self.input_characters is None:
            self._limits.publish(input_limits.published(self.model, self._client.base_url))
        most = self.input_characters
        return most is not None and sent > most

    def _within_limits(
        self, response: Response, body: Mapping[str, Any], purpose: Purpose
    ) -> Response:
        """The response, when what it shows of the input limit is learnt."""
        sent, used = input_limits.size(body["messages"]), response.usage
        if response.taken:
            characters = input_limits.characters(body["messages"])
            # A count without what is cached is low for turns that repeat the ones before.
            first = purpose in {"draft", "what"}
            if not (first and self._limits.was_cut(characters, used)):
                self._limits.observe(sent, used)
                return response
            context = input_limits.context_of(used.input_tokens or 0)
            response = replace(response, result=failures.cut(self.endpoint, context))
        failure = response.result
        if isinstance(failure, Failure) and failure.too_long and failure.lesson is None:
            learnt = self._limits.learn(sent, failure.too_long)
            if failure.too_long.limit is not None:  # half of what was sent is but a guess
                self.lesson = replace(self.lesson, input_tokens=learnt)
                self._memory.learnt(self.lesson)
        return response
