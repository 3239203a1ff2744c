"""Many sources into one file of rows: what is said meanwhile, and how it is broken off."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, BinaryIO

from summarizer.cli import terminal
from summarizer.cli.messages import OutputError, report, say
from summarizer.cli.options import Options
from summarizer.cli.output import identity, place
from summarizer.cli.progress import Line, Progress
from summarizer.cli.run import announce
from summarizer.errors import BudgetExceeded, ConfigurationError, EngineError, ExitCode

if TYPE_CHECKING:
    import datetime as dt

    from summarizer.article import Article
    from summarizer.batch import Batch, Meter, Outcome
    from summarizer.batch.provider import Progress as Standing
    from summarizer.batch.provider import ProviderBatch
    from summarizer.cli.events import Notices
    from summarizer.settings import Settings
    from summarizer.sources import Source

#: So many failures are told of; the file has them all.
_TOLD = 10
#: Seconds that the count of the sources may still take at the end.
_PATIENCE = 1.0


def run_batch(
    options: Options,
    settings: Settings,
    notices: Notices,
    *,
    cells: int,
    clock: Callable[[], float] = time.monotonic,
) -> ExitCode:
    """Add a row for each source to the output. `clock` tells seconds."""
    from summarizer.batch import Batch, Meter, OutputProblem
    from summarizer.batch.output import is_own
    from summarizer.pipeline import Summarizer
    from summarizer.sources.naming import quoted

    assert options.output is not None
    path = place(options.output)
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    if (found := identity(path)) is not None and found in map(identity, options.sources):
        raise ConfigurationError("--output names a SOURCE, which would be lost")
    for source in options.sources:
        # The failures of this run would be its sources, without an end.
        if is_own(Path(os.path.realpath(source)), path):
            raise ConfigurationError(f"{quoted(source)} goes with --output: it is no SOURCE")
    # The loop is closed after the connections, and these after the last row.
    with asyncio.Runner() as runner:
        provider: ProviderBatch | None = None
        if options.provider_batch:
            from summarizer.cli.provider import provider_of

            provider = provider_of(options, settings, path)
            summarizer = provider.summarizer
        else:
            summarizer = Summarizer(settings, fresh=options.fresh)
        try:
            announce(options, settings)
            batch = (
                provider.batch
                if provider is not None
                else Batch(
                    summarizer,
                    path,
                    jobs=options.jobs,
                    ordered=options.ordered,
                    retry_errors=options.retry_errors,
                    fresh=options.fresh,
                )
            )
            if provider is None and settings.resolved_engine == "openai":
                _check_no_state(batch)
            meter = Meter(clock, priced=settings.resolved_engine == "openai")
            told = Told(options, settings, batch, meter, notices, cells)
            try:
                with provider or batch, _interrupts(told) as interrupts:
                    told.begin()
                    runner.run(_follow(batch, provider, told, interrupts))
            except OutputProblem as error:
                raise OutputError(str(error)) from None
            except EngineError as error:  # the provider's, of its batches
                told.broken = error
            if provider is not None:
                told.standing = provider.progress
            return told.end(interrupted=interrupts.count > 0)
        finally:
            runner.run(summarizer.aclose())


def _check_no_state(batch: Batch) -> None:
    """Raise ConfigurationError if a provider was asked about what would be asked about now."""
    from summarizer.batch.provider import state_path

    state = state_path(batch.path)
    if state.exists():
        raise ConfigurationError(
            f"'{state}' has answers of a provider's batch, or waits for some: go on with "
            "--provider-batch, or remove the file to lose them"
        )


async def _follow(
    batch: Batch, provider: ProviderBatch | None, told: Told, interrupts: _Interrupts
) -> None:
    """Run the batch to its end, or to an interrupt."""
    task = asyncio.current_task()
    assert task is not None
    interrupts.cancel = functools.partial(
        # It wakes the loop, which may be waiting when the signal comes.
        asyncio.get_running_loop().call_soon_threadsafe,
        task.cancel,
    )
    if interrupts.count:
        return
    try:
        with told.progress.showing("starting") as line:
            if provider is None:
                work = batch.run(told.sources())
            else:
                from summarizer.cli.provider import fill

                await fill(provider, told, line)
                work = provider.run(told.sources)
            async with contextlib.aclosing(work) as outcomes:
                async for outcome in outcomes:
                    told.take(outcome)
                    told.show(line)
    except asyncio.CancelledError:
        if not interrupts.count:
            raise
    finally:
        interrupts.cancel = None


class Told:
    """What there is to say about a batch, now or when nothing else stands in the line."""

    def __init__(
        self,
        options: Options,
        settings: Settings,
        batch: Batch,
        meter: Meter,
        notices: Notices,
        cells: int,
    ) -> None:
        self.progress = Progress(terminal.progress_stream(options), cells=cells)
        self.meter = meter
        self._options = options
        self._settings = settings
        self._batch = batch
        self._notices = notices
        #: What the provider's batches are at, in the place of how many sources are done.
        self.phase: str | None = None
        #: How far they are in the end, and what ended them early.
        self.standing: Standing | None = None
        self.broken: EngineError | None = None
        self._failures: list[tuple[str, Exception]] = []
        self._failed = 0
        self._count = _Count(options, settings, batch.owns)

    def sources(self) -> Iterator[Source]:
        """The sources, each listed when its turn comes."""
        from summarizer import sources

        found = sources.expand(
            self._options.sources,
            settings=self._settings,
            stdin=_unbuffered_stdin(),
            columns=sources.Columns(**self._options.columns),
            skip=self._batch.owns,
        )
        published = self._options.published
        return found if published is None else (_dated(source, published) for source in found)

    def begin(self) -> None:
        """Say what was found in the files, and count the sources."""
        if not self._options.quiet:
            for path in self._batch.repaired:
                say(f"the last row of '{path}' was cut off; it was taken out.")
        self._count.start()

    def take(self, outcome: Outcome) -> None:
        """Count what became of a source, and tell of it if it failed."""
        self._add(outcome.source, outcome.error)
        self.meter.add(outcome)

    def _add(self, location: str, error: Exception | None) -> None:
        """Tell of a failure, at once or, under a progress line, at the end."""
        if not self.progress.shown:
            self._notices.tell()
        if error is None:
            return
        self._failed += 1
        if self._failed > _TOLD:
            return
        if self.progress.shown:
            self._failures.append((location, error))
        else:
            report(error, _named(location))

    def show(self, line: Line) -> None:
        """Tell how far it is: always on a terminal, else once a minute."""
        if self.progress.shown:
            line.text = self._line()
        elif not self._options.quiet and not self._options.log_level and self.meter.minute():
            say(f"{self._line()}.")

    def rub_out(self) -> None:
        """Leave the terminal's line empty, where the process ends at once."""
        if self.progress.shown and sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                os.write(sys.stderr.fileno(), b"\r\x1b[K")

    def end(self, *, interrupted: bool) -> ExitCode:
        """Say what came of it, and the exit code."""
        for location, error in self._failures:
            report(error, _named(location))
        if self._failed > _TOLD:
            say(f"{self._failed - _TOLD:,} more failed: '{self._batch.errors_path}' has them all.")
        stopped = self._batch.stopped
        if stopped is not None:
            report(stopped, "")
        elif self.broken is not None:
            report(self.broken, "")
        broken_off = interrupted or stopped is not None or self.broken is not None
        if not self._options.quiet:
            self._sum_up(broken_off=broken_off, interrupted=interrupted)
        if interrupted:
            return ExitCode.INTERRUPTED
        if isinstance(stopped or self.broken, BudgetExceeded):
            return ExitCode.BUDGET
        if self.broken is not None:
            return self.broken.exit_code
        return ExitCode.SOME_FAILED if stopped or self.meter.failed else ExitCode.OK

    def _sum_up(self, *, broken_off: bool, interrupted: bool) -> None:
        batch, meter = self._batch, self.meter
        if broken_off:
            self._count.wait(_PATIENCE)
            left = max(0, self._count.total - meter.seen)
            least = "" if self._count.done else "at least "
            say(
                f"{'interrupted' if interrupted else 'stopped'}: {meter.done:,} done, "
                f"{least}{left:,} left. The same command goes on from there."
            )
            if self.standing is not None and self.standing.batches > self.standing.ended:
                say(f"the provider goes on with what it has: {self.standing.text}.")
        where = f"; see '{batch.errors_path}'" if meter.failed else ""
        if meter.seen or not broken_off:
            say(f"{meter.result()}{where}.")
        if batch.path != batch.output:
            retry = "" if broken_off else " with --retry-errors"
            say(
                f"'{batch.output}' stays as it was: the new rows are in '{batch.path}', and the "
                f"same command{retry} goes on with them."
            )

    def _line(self) -> str:
        return self.phase or self.meter.line(self._count.total, counted=self._count.done)


class _Count:
    """How many sources there are. Listing them all may take long, so a thread does it."""

    def __init__(self, options: Options, settings: Settings, skip: Callable[[str], bool]) -> None:
        self._options = options
        self._settings = settings
        self._skip = skip
        self._thread = threading.Thread(target=self._run, name="count", daemon=True)
        self.total = 0
        #: Whether `total` is all of them.
        self.done = False

    def start(self) -> None:
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Let it come to its end, if it is near."""
        self._thread.join(seconds)

    def _run(self) -> None:
        from summarizer import sources

        columns = sources.Columns(**self._options.columns)
        found = sources.count(
            self._options.sources, settings=self._settings, columns=columns, skip=self._skip
        )
        for number in found:
            self.total += number
        self.done = True


class _Interrupts:
    """What Ctrl-C does: once it ends the batch, twice the process."""

    def __init__(self, told: Told) -> None:
        self.count = 0
        #: Ends what the loop is at, if it is at anything.
        self.cancel: Callable[[], object] | None = None
        self._told = told

    def __call__(self, _: int, __: FrameType | None) -> None:
        self.count += 1
        if self.count > 1:
            # Each row that was written is in the file: there is nothing to lose.
            self._told.rub_out()
            os._exit(ExitCode.INTERRUPTED)
        if self.cancel is not None:
            self.cancel()


@contextlib.contextmanager
def _interrupts(told: Told) -> Iterator[_Interrupts]:
    """Handle Ctrl-C in the block, where this thread may."""
    interrupts = _Interrupts(told)
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, interrupts)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


def _dated(source: Source, published: dt.date) -> Source:
    """The source with a publication date that goes before what its article says."""

    def load() -> Article:
        return dataclasses.replace(source.load(), published=published, published_from="caller")

    return dataclasses.replace(source, load=load)


def _unbuffered_stdin() -> BinaryIO | None:
    """Standard input without Python's buffer, if it is a file of the system's.

    A thread that waits in a read of the buffer when the process ends makes Python abort.
    """
    try:
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    except (AttributeError, OSError, ValueError):
        return None


def _named(location: str) -> str:
    return "standard input" if location == "-" else location
