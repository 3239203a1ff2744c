"""The steps that parts go through at their provider: sent, submitted, waited for, read.

Each step is noted in the state, so that any of them may be the last of a process. The one
that costs money is taken only where it is known not to have been taken already.
"""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import IO

from summarizer import logs
from summarizer.batch.claim import OutputProblem, why
from summarizer.batch.provider.records import Most, Part, Told
from summarizer.batch.provider.state import State
from summarizer.engines.openai import batch_objects
from summarizer.engines.openai.batch_objects import Lack, RemoteBatch
from summarizer.engines.openai.budget import Budget, Reservation
from summarizer.engines.openai.failures import Failure, over_budget
from summarizer.engines.openai.provider_batch import Absent, ProviderBatches
from summarizer.errors import EngineError, RateLimited, RequestRejected, RequestTooLong

#: So often a request is sent in a batch before it is a leftover.
_TRIES = 3
#: Requests that never came to a model, as far as is known: they are sent again.
_AGAIN: tuple[Lack, ...] = ("expired", "missing")
#: So often a file is read before what it lacks counts as missing.
_READINGS = 3
#: So often a part is halved for a queue that is full and does not say how long it may be.
_HALVINGS = 6
#: Seconds for which the queue may be full of what others submitted.
_QUEUE = 86_400.0
#: Seconds for which a provider may not answer before a run gives up waiting.
_SILENCE = 3600.0
#: Answers that are noted together, and so many of their bytes.
_TOGETHER = 200
_BYTES_TOGETHER = 16_000_000
#: The share of the budget that one part may cost at most: what parts really cost is known
#: before the next are submitted.
_BUDGET_SHARE = 1 / 8

_NO_BATCH = "the endpoint knows no such batch as was submitted: was that done with another key?"
_NO_FILE = "the endpoint has the answers of a batch no more"
_FULL_QUEUE = Failure(
    RateLimited,
    "rate_limited",
    "the provider's limit of enqueued tokens leaves no room for a batch",
)


class Submission:
    """The parts of a state and their batches. `cost` tells what an answer's body cost.

    `first_wait` is the shortest wait before a step is tried again, in seconds; `clock` is the
    wall clock.

    `stopped` is set where the budget leaves no room for a part and nothing is under way that
    might leave some of what was reserved for it.
    """

    def __init__(
        self,
        state: State,
        remote: ProviderBatches,
        *,
        budget: Budget | None,
        max_cost: float | None,
        most: Most,
        cost: Callable[[bytes], float | None],
        first_wait: float = 0.5,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._remote = remote
        self._budget = budget
        self._cost = cost
        self._clock, self._sleep = clock, sleep
        self.most = most
        if max_cost is not None:
            self.most = dataclasses.replace(most, worst=max_cost * _BUDGET_SHARE)
        noted = state.noted("most_tokens")
        if noted is not None:
            self.most = dataclasses.replace(self.most, tokens=int(noted))
        self.stopped: Failure | None = None
        self._reserved: dict[int, Reservation] = {}
        #: When the next part may be submitted, and after which batches that were in the queue.
        self._not_before = 0.0
        self._blocked_by: set[int] = set()
        #: Parts whose file the provider had no more.
        self._sent_again: set[int] = set()
        self._halved = 0
        self._full_since: float | None = None
        self._first_wait = first_wait
        self._waited = 0
        self._silent_since: float | None = None
        self._account()

    def _account(self) -> None:
        """Count what earlier runs spent, and what is under way."""
        self._state.recut(self.most)
        if self._budget is None:
            return
        for part in self._state.parts("creating", "submitted", "ended"):
            self._reserved[part.number] = self._budget.commit(part.worst)
        for part in self._state.parts("done"):
            spent = self._state.cost(part)
            self._budget.settle(self._budget.commit(spent), spent)

    async def submit(self) -> None:
        """Submit each part that may be submitted now, in order.

        Those whose batch may be there already go first: others wait for them.
        """
        for part in (*self._state.parts("creating"), *self._state.parts("uploaded", "ready")):
            if self._clock() < self._not_before:
                return
            if part.status == "creating":
                await self._create_once(part)
            elif not self._has_turn(part) or not await self._begin(part):
                return

    async def follow(self) -> None:
        """Ask how far each batch is, and read what those that have ended brought."""
        for part in self._state.parts("submitted"):
            assert part.batch is not None
            found = await self._remote.retrieve(part.batch)
            if isinstance(found, Absent):
                raise RequestRejected(f"{_NO_BATCH} Remove '{self._state.path}' to begin anew")
            if isinstance(found, Failure):
                self._silence(found)
                continue
            self._silent_since = None
            self._state.set(
                part,
                "submitted",
                total=found.total,
                done=min(found.completed + found.failed, part.requests),
            )
            if found.ended:
                self._end(part, found)
        for part in self._state.parts("ended"):
            await self._read(part)

    def _has_turn(self, part: Part) -> bool:
        """Whether queue and budget have room for a part."""
        under_way = self._state.parts("creating", "submitted")
        if self._blocked_by and self._blocked_by <= {one.number for one in under_way}:
            return False
        queued = sum(one.tokens for one in under_way)
        tokens = self.most.tokens
        if under_way and tokens is not None and queued + part.tokens > tokens:
            return False
        self._blocked_by = set()
        if self._budget is None or part.number in self._reserved:
            return True
        reserved = self._budget.reserve(part.worst)
        if reserved is not None:
            self._reserved[part.number] = reserved
            return True
        if not under_way:
            self.stopped = over_budget(part.worst)
        return False

    async def _begin(self, part: Part) -> bool:
        """Send a part's file, and make a batch of it; False if it has to be cut first."""
        if part.status == "ready":
            found = await self._send(part)
            if isinstance(found, Failure):
                self._release(part, 0.0)
                if found.error is RequestTooLong and part.requests > 1:
                    self._make_smaller(part)
                    return False
                raise _error(found)
            self._state.set(part, "uploaded", file=found)
            part = part._replace(status="uploaded", file=found)
            logs.event("batch_file_sent", logs.INFO, requests=part.requests, bytes=part.bytes)
        self._state.set(part, "creating", since=self._clock())
        await self._create(part)
        return True

    async def _send(self, part: Part) -> str | Failure:
        """Send a part's requests; the id of the file that they make."""
        try:
            with tempfile.TemporaryFile(dir=self._state.path.parent) as file:
                await asyncio.to_thread(self._write, part, file)
                return await self._remote.upload(file, f"summarizer-{part.token}.jsonl")
        except OSError as error:
            folder = self._state.path.parent
            raise OutputProblem(f"a file cannot be written in '{folder}': {why(error)}") from None

    def _write(self, part: Part, file: IO[bytes]) -> None:
        for line in self._state.lines(part):
            file.write(line)

    async def _create_once(self, part: Part) -> None:
        """Find the batch of a part for which one was asked for, or ask once more."""
        assert part.file is not None
        found = await self._remote.find(part.file, part.token, since=part.since or 0.0)
        if isinstance(found, Failure):
            raise _error(found)
        if found is not None:
            self._accept(part, found)
        else:
            await self._create(part)

    async def _create(self, part: Part) -> None:
        assert part.file is not None
        found = await self._remote.create(part.file, part.token)
        if isinstance(found, RemoteBatch):
            self._accept(part, found)
        elif found.passing:
            # It may have been made all the same: the next try looks for it first.
            self._silence(found)
            self._wait(found.wait)
        else:
            self._state.forget_file(part)
            self._release(part, 0.0)
            raise _error(found)

    def _accept(self, part: Part, batch: RemoteBatch) -> None:
        self._silent_since, self._waited = None, 0
        self._state.set(part, "submitted", batch=batch.id)
        logs.event("batch_submitted", logs.INFO, requests=part.requests)

    def _end(self, part: Part, batch: RemoteBatch) -> None:
        """Note how a batch ended."""
        logs.event("batch_ended", logs.INFO, status=batch.status, requests=part.requests)
        if batch.status != "failed":
            self._full_since = None
            passed = max(0.0, self._clock() - (part.since or self._clock()))
            self._state.set(
                part,
                "ended",
                output=batch.output_file,
                errors=batch.error_file,
                fate=batch.status,
                seconds=passed,
            )
            return
        self._release(part, 0.0)
        queue = batch.queue_full
        if queue is not None:
            self._queue_is_full(part, queue.limit)
            return
        self._state.forget_file(part)
        if batch.too_large and part.requests > 1:
            self._make_smaller(part)
        elif batch.file_lost and part.number not in self._sent_again:
            self._sent_again.add(part.number)
        else:
            raise _error(batch.failure)

    def _queue_is_full(self, part: Part, limit: int | None) -> None:
        """Wait for a batch of ours to end; if there is none, make the parts smaller, or wait."""
        now = self._clock()
        self._blocked_by = {
            one.number
            for one in self._state.parts("creating", "submitted")
            if one.number != part.number
        }
        if self._full_since is None:
            self._full_since = now
        too_long = part.tokens > limit if limit else self._halved < _HALVINGS
        if not self._blocked_by and part.requests > 1 and too_long:
            self._halved += 1
            self._state.forget_file(part)
            self._limit_tokens(limit or part.tokens // 2)
            return
        self._state.keep_file(part)
        if not self._blocked_by and now - self._full_since > _QUEUE:
            raise _error(_FULL_QUEUE)
        self._wait(None)

    def _limit_tokens(self, tokens: int) -> None:
        self.most = dataclasses.replace(self.most, tokens=max(1, tokens))
        self._state.note("most_tokens", str(self.most.tokens))
        self._state.recut(self.most)

    def _make_smaller(self, part: Part) -> None:
        """The provider takes smaller files than others."""
        self.most = dataclasses.replace(
            self.most, requests=max(1, part.requests // 2), bytes=max(1, part.bytes // 2)
        )
        self._state.recut(self.most)

    async def _read(self, part: Part) -> None:
        """Read what a batch brought, more than once if that is less than it should be."""
        for reading in range(_READINGS):
            for name, needed in ((part.output, True), (part.errors, False)):
                if name is None:
                    continue
                failed = await self._download(part, name)
                if isinstance(failed, Absent) and needed:
                    raise RequestRejected(f"{_NO_FILE}. Remove '{self._state.path}' to begin anew")
                if isinstance(failed, Failure):
                    raise _error(failed)
            missing = self._state.untold(part)
            if not missing or part.fate != "completed":
                break
            logs.event("batch_lines_missing", logs.WARNING, lines=missing, reading=reading + 1)
            await self._sleep(self._first_wait)
        lacks: dict[str | None, Lack] = {"expired": "expired", "cancelled": "cancelled"}
        again = self._state.finish(
            part, untold=lacks.get(part.fate, "missing"), again=_AGAIN, tries=_TRIES
        )
        self._release(part, self._state.cost(part))
        logs.event("batch_read", logs.INFO, requests=part.requests, again=again)

    async def _download(self, part: Part, name: str) -> Failure | Absent | None:
        """Note what the lines of a file tell. It may be read again and again."""
        told: list[Told] = []
        strange = size = 0

        def note() -> None:
            nonlocal strange, size
            strange += len(told) - self._state.take(part, told)
            size = 0
            told.clear()

        def take(content: bytes) -> None:
            nonlocal strange, size
            size += len(content)
            line = batch_objects.line(content)
            if line is None:
                strange += bool(content.strip())
            elif line.reply is None:
                told.append(Told(line.custom_id, None, None, None, line.lack, None))
            else:
                reply = line.reply
                cost = self._cost(reply.content) if self._budget is not None else None
                told.append(
                    Told(line.custom_id, reply.status, reply.request_id, reply.content, None, cost)
                )
            if len(told) >= _TOGETHER or size >= _BYTES_TOGETHER:
                note()

        failed = await self._remote.download(name, told.clear, take)
        note()
        if strange:
            # Broken, about nothing that was asked, or told already: nothing rests on them.
            logs.event("batch_lines_ignored", logs.INFO, lines=strange)
        return failed

    def _release(self, part: Part, cost: float) -> None:
        reserved = self._reserved.pop(part.number, None)
        if reserved is not None and self._budget is not None:
            self._budget.settle(reserved, cost)

    def _wait(self, seconds: float | None) -> None:
        self._waited += 1
        doubled = min(60.0, self._first_wait * 2.0 ** min(self._waited, 20))
        self._not_before = self._clock() + (doubled if seconds is None else seconds)

    def _silence(self, failure: Failure) -> None:
        """Go on after a failure that may pass, for as long as that is likely."""
        now = self._clock()
        if self._silent_since is None:
            self._silent_since = now
        if not failure.passing or now - self._silent_since > _SILENCE:
            raise _error(failure)


def _error(failure: Failure) -> EngineError:
    return failure.error(failure.message)
