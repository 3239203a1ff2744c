"""Worker processes for what needs the processor, so that the event loop stays free."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import pickle
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from summarizer import logs
from summarizer.errors import ConfigurationError, WorkerLost
from summarizer.pipeline.worker import LENGTH, READY, pack
from summarizer.settings import ENVIRONMENT

#: A worker has the next jobs before it is done with one, so that it need not wait for them.
_AHEAD = 4
#: More jobs than these for each worker, beside those it has, wait too long.
_BACKLOG = 8
#: So many workers may be lost with a job, and so many end before they are ready.
_MOST_LOSSES = 3
#: Seconds that a worker gets to end by itself.
_PATIENCE = 2.0

# -P: nothing of the working directory is ever imported.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from summarizer.pipeline import worker; worker.main()"
)


def command() -> list[str]:
    """What starts a worker: this very Python, and this very package."""
    return [sys.executable, "-P", "-c", _PROGRAM, str(Path(__file__).parents[2])]


@dataclass(slots=True, eq=False)
class _Job:
    number: int
    message: bytes
    future: asyncio.Future[Any]
    #: How many workers ended while they had it.
    losses: int = 0


class Workers:
    """So many processes, started with the first job, each replaced when it is lost.

    A worker that ends has its jobs done by others; a job that has cost three of them is a
    WorkerLost. Where none starts, every job is a ConfigurationError. The processes end with
    `aclose`, and with this process however that ends. For one event loop; when another one
    uses it, the earlier one's processes are ended first.
    """

    def __init__(self, count: int, *, program: Sequence[str] | None = None) -> None:
        self._count = count
        self._program = list(program or command())
        self._numbers = itertools.count(READY + 1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reset()

    def _reset(self) -> None:
        self._workers: list[_Worker] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._waiting: deque[_Job] = deque()
        self._false_starts = 0
        self._closed = False

    @property
    def processes(self) -> list[int]:
        """The numbers of the processes that there are."""
        return [worker.process for worker in self._workers]

    @property
    def full(self) -> bool:
        """Whether more jobs wait than the workers are soon done with."""
        return len(self._waiting) > _BACKLOG * self._count

    async def do(self, name: str, *arguments: Any) -> Any:
        """What the task `name` of `tasks.TASKS` makes of these. Raises what that raises."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._abandon()
            self._loop = loop
        if self._closed:
            raise ConfigurationError("the Summarizer is closed")
        number = next(self._numbers)
        job = _Job(number, pack((number, name, arguments)), loop.create_future())
        self._waiting.append(job)
        self._start()
        self._hand_out()
        return await job.future

    async def aclose(self) -> None:
        """End the processes. Jobs under way are cancelled."""
        self._closed = True
        if self._loop is not asyncio.get_running_loop():
            self._abandon()
            self._closed = True
            return
        for task in self._starting:
            task.cancel()
        if self._starting:
            await asyncio.wait(self._starting)
        jobs = [*self._waiting, *(job for worker in self._workers for job in worker.jobs.values())]
        for job in jobs:
            job.future.cancel()
        self._waiting.clear()
        await asyncio.gather(*(worker.end() for worker in self._workers))
        self._workers.clear()

    def _abandon(self) -> None:
        """Leave the processes of a loop that is no longer used: without input, they end."""
        for worker in self._workers:
            worker.leave()
        self._reset()

    def _start(self) -> None:
        """Start what is missing."""
        assert self._loop is not None
        while len(self._workers) + len(self._starting) < self._count:
            task = self._loop.create_task(self._started())
            self._starting.add(task)
            task.add_done_callback(self._over)

    def _over(self, start: asyncio.Task[None]) -> None:
        """A start is over. What ended at once is replaced."""
        self._starting.discard(start)
        if self._waiting and not self._closed:
            self._start()

    async def _started(self) -> None:
        assert self._loop is not None
        hidden = set(ENVIRONMENT.values())  # keys are not for them
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        try:
            _, worker = await self._loop.subprocess_exec(
                lambda: _Worker(self._answered, self._lost),
                *self._program,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=None,
                env=environment,
                start_new_session=True,  # what a terminal sends is not for them
            )
        except OSError:
            self._false_start()
            return
        if not worker.lost:
            self._workers.append(worker)
            self._hand_out()

    def _hand_out(self) -> None:
        """Give jobs to workers that have room."""
        while self._waiting:
            job = self._waiting[0]
            if job.future.done():  # cancelled in the meantime
                self._waiting.popleft()
                continue
            free = [worker for worker in self._workers if worker.has_room_for(job)]
            if not free:
                return
            min(free, key=lambda worker: len(worker.jobs)).take(self._waiting.popleft())

    def _answered(self, worker: _Worker, number: int, done: bool, value: Any) -> None:  # noqa: FBT001
        if number == READY:
            self._false_starts = 0
        else:
            job = worker.jobs.pop(number)
            if not job.future.done():
                if done:
                    job.future.set_result(value)
                else:
                    job.future.set_exception(value)
        self._hand_out()

    def _lost(self, worker: _Worker) -> None:
        """A worker has ended, and nobody asked it to."""
        if worker in self._workers:
            self._workers.remove(worker)
        jobs = [job for job in worker.jobs.values() if not job.future.done()]
        logs.event("worker_lost", logs.WARNING, jobs=len(jobs))
        for job in reversed(jobs):
            job.losses += 1
            if job.losses >= _MOST_LOSSES:
                job.future.set_exception(WorkerLost("the article's worker process ended each time"))
            else:
                self._waiting.appendleft(job)
        if not worker.ready:
            self._false_start()
        if self._waiting:
            self._start()
            self._hand_out()

    def _false_start(self) -> None:
        """A process did not start. After some, give up what waits."""
        self._false_starts += 1
        while self._waiting and self._false_starts >= _MOST_LOSSES * self._count:
            job = self._waiting.popleft()
            if not job.future.done():
                error = ConfigurationError("no worker process starts here: set workers to 0")
                job.future.set_exception(error)


class _Worker(asyncio.SubprocessProtocol):
    """One process, and the jobs it has, by number."""

    def __init__(self, answered: Any, lost: Any) -> None:
        self._answered = answered
        self._lost = lost
        self._data = bytearray()
        self._leaving = False
        self.jobs: dict[int, _Job] = {}
        self.ready = False
        self.lost = False
        self._ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are such, and no subclasses.
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self.process = self._transport.get_pid()
        self._input = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))

    def has_room_for(self, job: _Job) -> bool:
        """Whether the job may be given to it. One that a worker was lost with is done alone."""
        if not self.ready:
            return False
        if job.losses or any(other.losses for other in self.jobs.values()):
            return not self.jobs
        return len(self.jobs) < _AHEAD

    def take(self, job: _Job) -> None:
        self.jobs[job.number] = job
        self._input.write(job.message)

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:  # noqa: ARG002 - its output
        assert isinstance(data, bytes)
        self._data += data
        at = 0
        while len(self._data) >= at + LENGTH.size:
            (size,) = LENGTH.unpack_from(self._data, at)
            end = at + LENGTH.size + size
            if len(self._data) < end:
                break
            answer = pickle.loads(memoryview(self._data)[at + LENGTH.size : end])  # noqa: S301 - our own process
            at = end
            self.ready = True
            self._answered(self, *answer)
        del self._data[:at]

    def pipe_connection_lost(self, fd: int, error: Exception | None) -> None:  # noqa: ARG002
        if fd == 1:
            self._gone()

    def process_exited(self) -> None:
        self._gone()
        if not self._ended.done():
            self._ended.set_result(None)

    def _gone(self) -> None:
        if self.lost or self._leaving:
            return
        self.lost = True
        self._transport.close()
        self._lost(self)

    def leave(self) -> None:
        """Close its input, which ends it."""
        self._leaving = True
        try:
            self._input.close()
        except RuntimeError:  # its event loop has ended, which alone could do that
            self._input.get_extra_info("pipe").close()

    async def end(self) -> None:
        """End it, and wait for that."""
        self.leave()
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.shield(self._ended)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._transport.kill()
            await self._ended
        self._transport.close()
