"""An article that is too long to be asked about whole: asked about in windows.

    windows -> a draft of each -> ground -> ask again for what failed -> merge -> what

Each window's items are checked against the whole article, so that every offset is one of
its text. What no answer covers is said in `missing`. docs/long-text.md tells the rest.
"""

from __future__ import annotations

import asyncio
import bisect
import functools
import itertools
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from summarizer import logs, repair
from summarizer.article import Article
from summarizer.engines.base import Completion, Message, Request
from summarizer.errors import (
    AnswerTruncated,
    AuthenticationFailed,
    BudgetExceeded,
    EngineError,
    RequestTooLong,
)
from summarizer.grounding import Checked, EvidenceIndex, check
from summarizer.pipeline import main_event, merging, windows
from summarizer.pipeline.run import Outcome, Run, length
from summarizer.pipeline.windows import Window
from summarizer.prompts import PromptSet
from summarizer.schema import Attempt, MissingPart, Span

#: Windows that are asked about at once.
CONCURRENCY = 8
#: The fewest characters of the article that are worth a request of their own.
_LEAST = 1_000
#: Of the time left, the share that is kept for the question about the main event, up to so
#: many seconds.
_WHAT_SHARE, _WHAT_SECONDS = 0.2, 20.0
#: What is left free beside a window for the turns of its repair: a quarter, up to so much.
_REPAIR_SHARE, _REPAIR_ROOM = 4, 20_000
#: A window that is too long after all is cut into pieces of this share of it.
_SMALLER = 0.6
#: The most characters of the article's beginning in the question about the main event.
_BEGINNING = 4_000


@dataclass(slots=True)
class _Part:
    """One window, and what came of it. Pieces of a window have its number."""

    number: int
    window: Window
    messages: tuple[Message, ...]
    attempts: tuple[Attempt, ...] = ()
    completion: Completion | None = None
    checked: list[Checked] = field(default_factory=list)
    error: EngineError | None = None


async def answered(run: Run, *, clock: Callable[[], float] = time.monotonic) -> Outcome:
    """Ask about the article of `run` in windows, as long as its deadline and the limit allow.

    Raises RequestTooLong if the limit leaves no room for a window, and the most telling
    EngineError if no window is answered; either has every attempt, `run.earlier` first.
    """
    assert run.prompts is not None  # an engine that is not prompted has no limit
    reading = _Reading(run, run.prompts, clock)
    room = reading.room()
    if room < _LEAST:
        if not run.earlier:
            # The limit may be no longer what it was: let the endpoint say it.
            return await run.answered(run.messages())
        raise _no_room(run.earlier)
    return await reading.outcome(windows.cut(run.index.article, room))


def _no_room(attempts: tuple[Attempt, ...]) -> RequestTooLong:
    sentence = "the model's input limit leaves no room for a part of the article"
    return RequestTooLong(sentence, attempts=attempts)


class _Reading:
    """One long article under way."""

    def __init__(self, run: Run, prompts: PromptSet, clock: Callable[[], float]) -> None:
        self._run = run
        self._prompts = prompts
        self._clock = clock
        left = run.deadline - clock()
        #: When the windows must be done.
        self._until = run.deadline - min(_WHAT_SECONDS, _WHAT_SHARE * left)
        self._slots = asyncio.Semaphore(CONCURRENCY)
        #: Why no more is asked.
        self._stopped: EngineError | None = None
        self._total = 0
        article = run.index.article
        #: Bytes per character, as the limit counts.
        self._density = len(article.text.encode()) / len(article.text)

    async def outcome(self, cut: Sequence[Window]) -> Outcome:
        """What the windows come to."""
        self._total = len(cut)
        parts = await self._gathered(
            [self._read(self._part(number, window)) for number, window in enumerate(cut, 1)]
        )
        done = [part for part in parts if part.completion is not None]
        logs.event("article_in_windows", logs.INFO, windows=len(cut), answered=len(done))
        if not done:
            raise self._failure(parts)
        known = merging.Claims(entry for part in done for entry in part.checked)
        await self._gathered([self._mended(part, known) for part in done])
        what, attempts = await self._what(done)
        checked = merging.merge([_without_what(part.checked) for part in done])
        first = done[0].completion
        assert first is not None
        return Outcome(
            completion=first,
            checked=[*what, *checked],
            attempts=(*self._attempts(parts), *attempts),
            missing=_missing(parts, self._run.index.article),
            keepable=all(part.completion.keepable for part in done if part.completion),
        )

    def room(self) -> int:
        """The characters of the article that a window may have."""
        limit = self._limit()
        part = self._prompts.render_window(self._run.index.article, "", part=1, parts=1)
        free = limit - length(self._run.conversation(part))
        free -= min(free // _REPAIR_SHARE, _REPAIR_ROOM)
        return max(0, int(free / self._density))

    def _limit(self) -> int:
        limit = self._run.engine.input_characters
        return self._guess if limit is None else limit

    @functools.cached_property
    def _guess(self) -> int:
        """The limit of an engine that took no request for the whole and does not say why."""
        return length(self._run.messages()) // 2

    @functools.cached_property
    def _speeches(self) -> list[Span]:
        return self._run.index.speeches()

    def _fits(self, messages: Sequence[Message]) -> bool:
        return length(messages) <= self._limit()

    def _part(self, number: int, window: Window) -> _Part:
        article = self._run.index.article
        text = window.text(article)
        turn = self._prompts.render_window(article, text, part=number, parts=self._total)
        return _Part(number, window, self._run.conversation(turn))

    async def _read(self, part: _Part) -> list[_Part]:
        """The part with its answer or its error; or its pieces, where it is too long."""
        async with self._slots:
            if self._stopped is not None:
                part.error = self._stopped
                return [part]
            too_long = await self._drafted(part) if self._fits(part.messages) else None
            if too_long is None and (part.completion is not None or part.error is not None):
                return [part]
        most = min(self.room(), int(len(part.window) * _SMALLER))
        if most < _LEAST:
            part.error = too_long or _no_room(())
            return [part]
        cut = windows.cut(self._run.index.article, most, within=part.window)
        pieces = [self._part(part.number, window) for window in cut]
        pieces[0].attempts = part.attempts
        return await self._gathered([self._read(piece) for piece in pieces])

    async def _drafted(self, part: _Part) -> EngineError | None:
        """Ask about a part. The error is returned if smaller pieces may be answered."""
        request = self._request(part)
        try:
            part.completion = await self._run.engine.complete(request)
        except (RequestTooLong, AnswerTruncated) as error:
            part.attempts += error.attempts
            return error
        except EngineError as error:
            part.attempts += error.attempts
            part.error = error
            self._heed(error)
            return None
        part.attempts += part.completion.attempts
        part.checked = await self._grounded(part, part.completion)
        self._hand_on(part.checked)
        return None

    def _heed(self, error: EngineError) -> None:
        """Stop asking where every further request would fail alike."""
        if isinstance(error, (AuthenticationFailed, BudgetExceeded)):
            self._stopped = error

    def _request(self, part: _Part) -> Request:
        return Request(
            self._run.index.article, part.messages, "draft", self._until, window=part.number
        )

    async def _grounded(self, part: _Part, completion: Completion) -> list[Checked]:
        index = self._run.index.preferring(part.window.start, part.window.end)
        return await self._run.parts.ground(completion.draft, index)

    def _hand_on(self, checked: Iterable[Checked]) -> None:
        """What is verified goes to the stream; the main event is settled at the end."""
        if self._run.stream is not None:
            sound = [entry for entry in checked if not entry.problems]
            self._run.stream.finish(_without_what(sound))

    async def _mended(self, part: _Part, known: merging.Claims) -> list[_Part]:
        """Ask once more for what failed in a part and is verified in none."""
        failed = [e for e in part.checked if e.problems and (e.item is not None or e not in known)]
        if not failed:
            return [part]
        turns = self._repair_turns(part, failed)
        async with self._slots:
            if turns is None or self._stopped is not None or self._clock() >= self._until:
                return [part]
            try:
                request = replace(self._request(part), messages=turns, purpose="repair")
                answer = await self._run.engine.complete(request)
            except EngineError as error:
                part.attempts += error.attempts
                self._heed(error)
                return [part]
        part.attempts += answer.attempts
        part.checked = repair.merge(part.checked, await self._grounded(part, answer))
        assert part.completion is not None
        part.completion = replace(
            part.completion, keepable=part.completion.keepable and answer.keepable
        )
        return [part]

    def _repair_turns(self, part: _Part, failed: Sequence[Checked]) -> tuple[Message, ...] | None:
        """The part's conversation and the question about `failed`; None if it does not fit.

        Passages and quotations are the part's own.
        """
        assert part.completion is not None
        text = part.window.text(self._run.index.article)
        near = EvidenceIndex(Article(text=text))
        problems = repair.problems_text(failed, near)
        for uncited in (self._uncited(part), []):
            question = self._prompts.render_repair(
                problems=problems, uncited=repair.uncited_text(uncited)
            )
            turns = (
                *part.messages,
                Message("assistant", part.completion.draft.model_dump_json()),
                Message("user", question),
            )
            if self._fits(turns):
                return turns
        return None

    def _uncited(self, part: _Part) -> list[Span]:
        """The direct quotations within a part that none of its items cites."""
        start, end = part.window.start, part.window.end
        cited = [span for e in part.checked if e.item is not None for span in e.item.evidence]
        first = bisect.bisect_left(self._speeches, start, key=lambda speech: speech.start)
        within = itertools.takewhile(lambda s: s.end <= end, self._speeches[first:])
        return [
            speech
            for speech in within
            if not any(s.start < speech.end and speech.start < s.end for s in cited)
        ]

    async def _what(self, done: Sequence[_Part]) -> tuple[list[Checked], tuple[Attempt, ...]]:
        """The entry of the main event, if there is one, and what asking for it took.

        One candidate needs no question. Where the answer to several does not hold, the
        first stands.
        """
        found = main_event.candidates((part.number, part.checked) for part in done)
        best = [found[0].entry] if found else main_event.failed(part.checked for part in done)
        if len(found) == 1 or self._stopped is not None:
            return best, ()
        messages = self._what_messages(found)
        if messages is None:
            return best, ()
        article, deadline = self._run.index.article, self._run.deadline
        try:
            answer = await self._run.engine.complete(Request(article, messages, "what", deadline))
        except EngineError as error:
            return best, error.attempts
        drafted = answer.draft.what
        entry = check("what", drafted, self._run.index) if drafted is not None else None
        if entry is None or (entry.item is None and best):
            return best, answer.attempts
        return [entry], answer.attempts

    def _what_messages(self, found: Sequence[main_event.Candidate]) -> tuple[Message, ...] | None:
        """The question about the main event, with as many candidates as there is room for.

        None if there is room for none of them.
        """
        article = self._run.index.article
        most = max(windows.SMALLEST, min(_BEGINNING, self.room() // 2))
        start = Window(0, min(len(article.text), 2 * most))
        beginning = windows.cut(article, most, within=start)[0].text(article)
        empty = self._prompts.render_what(article, beginning=beginning, candidates="")
        room = self._limit() - length(self._run.conversation(empty))
        text = main_event.candidates_text(found, room)
        if room < len(text) or (found and text == main_event.NONE):
            return None
        turn = self._prompts.render_what(article, beginning=beginning, candidates=text)
        return self._run.conversation(turn)

    def _failure(self, parts: Sequence[_Part]) -> EngineError:
        """The most telling error, with every attempt: one that stays, else the last."""
        errors = [part.error for part in parts if part.error is not None]
        lasting = [error for error in errors if not error.retryable]
        chosen = self._stopped or (lasting[0] if lasting else errors[-1])
        return type(chosen)(str(chosen), attempts=self._attempts(parts))

    def _attempts(self, parts: Sequence[_Part]) -> tuple[Attempt, ...]:
        return (*self._run.earlier, *(attempt for part in parts for attempt in part.attempts))

    async def _gathered(self, work: Sequence[Coroutine[Any, Any, list[_Part]]]) -> list[_Part]:
        """The parts of all work, in order. An error that is raised ends the rest."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one) for one in work]
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        return [part for task in tasks for part in task.result()]


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception of a group, groups in it looked through."""
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _without_what(checked: Iterable[Checked]) -> list[Checked]:
    return [entry for entry in checked if entry.field != "what"]


def _missing(parts: Sequence[_Part], article: Article) -> tuple[MissingPart, ...]:
    """What the failed parts hold that no answered one does."""
    failed = [(part.window, str(part.error)) for part in parts if part.error is not None]
    covered = [part.window for part in parts if part.completion is not None]
    return tuple(
        MissingPart(start=window.start, end=window.end, reason=reason)
        for window, reason in windows.uncovered(failed, covered)
        if window.text(article).strip()
    )
