"""OpenAIEngine: a Draft from any OpenAI-compatible endpoint, or one typed error."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from summarizer.draft import Draft
from summarizer.engines.base import Completion, Request
from summarizer.engines.openai import failures, modes, reask, responses, usage
from summarizer.engines.openai.client import Client
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.modes import Lesson, Options, Turn
from summarizer.engines.openai.responses import Response
from summarizer.engines.openai.retries import RetryPolicy
from summarizer.errors import AnswerTruncated, ConfigurationError
from summarizer.schema import Attempt

if TYPE_CHECKING:
    from summarizer.settings import Settings

_OPENAI = "https://api.openai.com/v1"

#: So many parameters may be refused in one call: more than there are to refuse.
_LESSONS = 12


@dataclass(slots=True)
class _Call:
    """One call of `complete`: what it has to go by, and what it has used up so far."""

    deadline: float
    purpose: Literal["draft", "reask", "repair"]
    #: The most tokens an answer may have, and whether that was raised.
    room: int
    #: How requests are made, and the engine's lesson when that was decided.
    lesson: Lesson
    known: Lesson
    enlarged: bool = False
    attempts: list[Attempt] = field(default_factory=list)


class OpenAIEngine:
    """Drafts with a model behind an OpenAI-compatible endpoint.

    `lesson` is what is known of the endpoint already; what its refusals teach is kept in
    the engine and can be read from there. Raises ConfigurationError if the settings have
    neither a key nor a base URL, or a key that is none.
    """

    name = "openai"
    prompted = True

    def __init__(
        self,
        settings: Settings,
        *,
        retries: RetryPolicy | None = None,
        lesson: Lesson | None = None,
    ) -> None:
        key = settings.api_key or None
        if key is None and settings.base_url is None:
            raise ConfigurationError(
                "the openai engine needs OPENAI_API_KEY, or OPENAI_BASE_URL for a local server"
            )
        if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigurationError("the API key holds characters that a key cannot hold")
        self.lesson = lesson or Lesson()
        self._retries = retries or RetryPolicy()
        self._timeout = settings.timeout
        self._options = Options(
            model=settings.model,
            max_output_tokens=settings.max_output_tokens,
            temperature=settings.temperature,
            reasoning_effort=settings.reasoning_effort,
        )
        self._client = Client(base_url=settings.base_url or _OPENAI, api_key=key)

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return self._options.model

    async def complete(self, request: Request) -> Completion:
        """Fill a Draft from the request's messages.

        Without a deadline in the request, the settings' timeout makes one. An answer that
        does not fit the schema is asked for once more. Raises an EngineError that holds
        every attempt, and ConfigurationError if the base URL is none.
        """
        self._client.prepare()
        deadline = request.deadline
        if deadline is None:
            deadline = self._retries.clock() + self._timeout
        call = _Call(
            deadline=deadline,
            purpose=request.purpose,
            room=self._options.max_output_tokens,
            lesson=self.lesson,
            known=self.lesson,
        )
        turns: list[Turn] = [
            {"role": message.role, "content": message.content} for message in request.messages
        ]
        result = await self._ask(turns, call)
        if isinstance(result, Failure) and result.invalid is not None:
            call.purpose = "reask"
            if call.lesson.mode.enforced and any(result.invalid.answer.candidates):
                call.lesson = replace(call.lesson, in_words=True)
            result = await self._ask(reask.turns(turns, call.lesson.mode, result.invalid), call)
        attempts = tuple(call.attempts)
        if isinstance(result, Failure):
            raise result.error(result.message, attempts=attempts)
        return Completion(draft=result, mode=call.lesson.mode.value, attempts=attempts)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, turns: list[Turn], call: _Call) -> Draft | Failure:
        """The answer to these turns, asked for in the ways that the endpoint takes."""
        result = await self._retry(turns, call)
        for _ in range(_LESSONS):
            if not isinstance(result, Failure):
                break
            if result.lesson is not None:
                # Another call may have learnt more in the meantime.
                fresh = self.lesson != call.known
                call.lesson, call.known = self.lesson if fresh else result.lesson, self.lesson
            elif result.error is AnswerTruncated and not call.enlarged and call.lesson.room:
                call.room, call.enlarged = 2 * call.room, True
            else:
                break
            result = await self._retry(turns, call)
        return result

    async def _retry(self, turns: list[Turn], call: _Call) -> Draft | Failure:
        return await self._retries.run(lambda: self._attempt(turns, call), deadline=call.deadline)

    async def _attempt(self, turns: list[Turn], call: _Call) -> Draft | Failure:
        """One request, and its entry in the account."""
        started = self._retries.clock()
        if started >= call.deadline:
            return failures.timed_out(self._client.host)
        lesson = call.lesson
        body = modes.body(turns, lesson, replace(self._options, max_output_tokens=call.room))
        reply = await self._client.post(body, timeout=call.deadline - started)
        if isinstance(reply, Failure):
            response = Response(reply)
        else:
            now = self._retries.wall_clock()
            response = responses.read(
                reply, lesson=lesson, body=body, host=self._client.host, now=now
            )
        if response.taken and lesson != call.known:
            self.lesson = call.known = lesson
        seconds = max(0.0, self._retries.clock() - started)
        call.attempts.append(self._entry(response, call, seconds))
        return response.result

    def _entry(self, response: Response, call: _Call, seconds: float) -> Attempt:
        used = response.usage
        model = response.model or self.model
        return Attempt(
            purpose=call.purpose,
            mode=call.lesson.mode.value,
            outcome=response.outcome,
            model=response.model,
            input_tokens=used.input_tokens,
            cached_input_tokens=used.cached_input_tokens,
            output_tokens=used.output_tokens,
            reasoning_tokens=used.reasoning_tokens,
            cost_usd=usage.cost(used, model=model, base_url=self._client.base_url),
            seconds=seconds,
            request_id=response.request_id,
        )
