"""`summarize-corpus`: what its command line says, and its exit codes."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import summarizer
from summarizer.cli import messages
from summarizer.cli.parser import COLUMNS, ENGINES
from summarizer.errors import BudgetExceeded, ConfigurationError, ExitCode, SummarizerError

if TYPE_CHECKING:
    from summarizer.distributed.job import Job
    from summarizer.distributed.run import Result

_PROGRAM: Final = "summarize-corpus"

#: Numbers that an option gives, by its name, and what each is for.
_NUMBERS: Final = {
    "workers": "processes that have articles; 2 unless given",
    "jobs": "articles at once in each of them",
    "concurrency": "requests at once of all of them together",
    "block-size": "rows that are done and kept together; 500 unless given",
}
#: Options of the settings, and what each is for.
_SETTINGS: Final = {
    "model": ("MODEL", "the model's name"),
    "base-url": ("URL", "any OpenAI-compatible endpoint"),
    "timeout": ("SECONDS", "for each article, repairs included"),
    "fallback-model": ("MODEL", "asked where the model fails"),
    "max-cost": ("USD", "stop before a request that might cost more in all"),
    "requests-per-minute": ("N", "of all workers together"),
    "tokens-per-minute": ("N", "of all workers together"),
}
_EPILOG = """\
IN is a Parquet file or a folder of them, OUT a folder: paths, or addresses such as
s3://bucket/folder. A machine of a cluster has to reach both. The same command goes on
where a run before has ended. Settings are also read from the environment and from .env.

exit codes:
    0  every row has its record
    1  at least one row or file failed, or the key was refused
    2  an option, a setting or a prompt file is wrong, or OUT answers another question
    3  IN cannot be read, or holds no Parquet file
    4  the cluster cannot be reached, or gave up
    7  OUT cannot be written, or another run has it
    8  --max-cost was reached; what was done is kept
   70  a bug
  130  interrupted from the keyboard; what was done is kept
"""
#: So many failures are told of; the table of errors has them all.
_TOLD = 10


def run(arguments: Sequence[str] | None) -> int:
    """Do what the command line asks for. Returns the exit code."""
    try:
        return _run(arguments)
    except SystemExit as done:  # --help and --version end so
        return ExitCode.OK if done.code == 0 else ExitCode.USAGE
    except ConfigurationError as error:
        say(f"{messages.sentence(error)} See summarize-corpus --help.")
        return ExitCode.USAGE
    except SummarizerError as error:
        say(messages.sentence(error))
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001  # the last resort: a sentence, no traceback
        from summarizer.batch import OutputProblem

        if isinstance(error, OutputProblem):
            say(messages.sentence(error))
            return ExitCode.OUTPUT
        messages.report_bug(error, program=_PROGRAM)
        return ExitCode.INTERNAL


def say(text: str) -> None:
    """Write a line on standard error. If nobody can read it, nobody is told."""
    messages.say(text, program=_PROGRAM)


def parser() -> argparse.ArgumentParser:
    """The parser of the command line. It raises ConfigurationError instead of exiting."""
    made = _Parser(
        prog=_PROGRAM,
        usage="summarize-corpus (--local | --address ADDRESS) [OPTIONS] IN OUT",
        description="Make records of all articles in Parquet files, on one machine or on many.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("source", metavar="IN", help=argparse.SUPPRESS)
    made.add_argument("target", metavar="OUT", help=argparse.SUPPRESS)
    where = made.add_argument_group("where").add_mutually_exclusive_group(required=True)
    where.add_argument("--local", action="store_true", help="on this machine alone")
    where.add_argument("--address", help="of a Ray cluster: HOST:PORT, ray://HOST:PORT or auto")
    work = made.add_argument_group("work")
    for name, what in _NUMBERS.items():
        work.add_argument(f"--{name}", metavar="N", type=_number, help=what)
    work.add_argument(
        "--fresh", action="store_true", help="ask all anew, in place of what is there"
    )
    work.add_argument(
        "--retry-errors", action="store_true", help="ask again what failed for good in a run before"
    )
    for name in COLUMNS:
        work.add_argument(f"--{name}-column", metavar="NAME", help=f"of IN; {name} unless given")
    engine = made.add_argument_group("engine")
    engine.add_argument("--engine", choices=ENGINES, help="auto: a model if one is set up")
    for name, (metavar, what) in _SETTINGS.items():
        engine.add_argument(f"--{name}", metavar=metavar, help=what)
    engine.add_argument("--no-cache", action="store_true", help="take no answer and keep none")
    other = made.add_argument_group("other")
    other.add_argument("--quiet", action="store_true", help="no progress, only errors")
    other.add_argument("--version", action="version", version=f"%(prog)s {summarizer.__version__}")
    return made


def _run(arguments: Sequence[str] | None) -> ExitCode:
    given = parser().parse_args(arguments)
    job = _job(given)
    settings = job.settings
    if not given.quiet and settings.engine == "auto" and settings.resolved_engine == "extractive":
        say(
            "no OPENAI_API_KEY or OPENAI_BASE_URL is set: using the extractive engine, "
            "a baseline without a model."
        )
    from summarizer.distributed.run import run as run_job

    told = _Told(job, quiet=given.quiet)
    with _interrupts() as interrupts, told.showing():
        result = run_job(
            job,
            address=given.address,
            on_progress=told.progress,
            interrupted=lambda: interrupts.count > 0,
        )
    return told.end(result, interrupted=interrupts.count > 0)


def _job(given: argparse.Namespace) -> Job:
    """What the options ask for. Raises ConfigurationError."""
    from summarizer.distributed.job import Job
    from summarizer.settings import Settings
    from summarizer.sources import Columns

    options: dict[str, Any] = {name.replace("-", "_"): None for name in _SETTINGS}
    options = {name: getattr(given, name) for name in options}
    settings = Settings.load(
        engine=given.engine, cache=False if given.no_cache else None, **options
    )
    if settings.resolved_engine == "extractive":
        for name in ("model", "base_url", "fallback_model", "max_cost"):
            if getattr(given, name) is not None:
                option = f"--{name.replace('_', '-')}"
                raise ConfigurationError(f"the extractive engine has no model: leave out {option}")
    columns = {name: getattr(given, f"{name}_column") for name in COLUMNS}
    return Job(
        given.source,
        given.target,
        settings,
        columns=Columns(**{name: column for name, column in columns.items() if column}),
        workers=given.workers or 2,
        jobs=given.jobs,
        concurrency=given.concurrency,
        block_rows=given.block_size,
        fresh=given.fresh,
        retry_errors=given.retry_errors,
    )


class _Told:
    """What there is to say about a run."""

    def __init__(self, job: Job, *, quiet: bool) -> None:
        from summarizer.batch import Meter
        from summarizer.cli.progress import Line, Progress
        from summarizer.cli.terminal import cells

        terminal = sys.stderr is not None and sys.stderr.isatty()
        shown = terminal and not quiet and os.environ.get("TERM") != "dumb"
        self._quiet = quiet
        self._job = job
        self._meter = Meter(time.monotonic, priced=job.settings.resolved_engine == "openai")
        self._progress = Progress(sys.stderr if shown else None, cells=cells())
        self._line = Line("")
        self._before: Result | None = None

    @contextlib.contextmanager
    def showing(self) -> Iterator[None]:
        """Show how far it is, where anybody can see it, until the block is left."""
        with self._progress.showing("starting Ray") as self._line:
            yield

    def progress(self, result: Result) -> None:
        """Tell how far it is: always on a terminal, else once a minute."""
        before = self._before
        if before is None:
            self._meter.count("known", result.known, 0.0)
        else:
            spent = None
            if result.cost_usd is not None and before.cost_usd is not None:
                spent = result.cost_usd - before.cost_usd
            self._meter.count("written", result.written - before.written, spent)
            self._meter.count("failed", result.failed - before.failed, 0.0)
        self._before = dataclasses.replace(result)
        text = self._meter.line(result.rows, counted=True)
        if self._progress.shown:
            self._line.text = text
        elif not self._quiet and self._meter.minute():
            say(f"{text}.")

    def end(self, result: Result, *, interrupted: bool) -> ExitCode:
        """Say what came of it, and the exit code."""
        for place, sentence in result.told[:_TOLD]:
            say(sentence if place in sentence else f"{place}: {sentence}.")
        broken_off = interrupted or result.stopped is not None
        failed = result.failed + result.files + (0 if broken_off else result.left)
        if result.stopped is not None:
            say(messages.sentence(result.stopped))
        if not self._quiet:
            self._sum_up(result, failed, broken_off=broken_off, interrupted=interrupted)
        if interrupted:
            return ExitCode.INTERRUPTED
        if isinstance(result.stopped, BudgetExceeded):
            return ExitCode.BUDGET
        return ExitCode.SOME_FAILED if failed or result.stopped else ExitCode.OK

    def _sum_up(self, result: Result, failed: int, *, broken_off: bool, interrupted: bool) -> None:
        if broken_off:
            what = "interrupted" if interrupted else "stopped"
            say(f"{what}: {result.left:,} left. The same command goes on from there.")
        told = [
            f"{count:,} {words}"
            for count, words in (
                (result.written, "written"),
                (result.known, "there already"),
                (failed, "failed"),
            )
            if count
        ]
        if self._meter.cost is not None:
            told.append(self._meter.cost)
        where = f"; see '{self._job.target.rstrip('/')}/errors'" if failed else ""
        say(f"{result.rows:,} rows: {', '.join(told) or 'nothing to do'}{where}.")


class _Interrupts:
    """What Ctrl-C does: once it ends the run, twice the process."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _: int, __: FrameType | None) -> None:
        self.count += 1
        if self.count > 1:
            # What was written is whole, and what was not is done again.
            os._exit(ExitCode.INTERRUPTED)


@contextlib.contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    """Handle Ctrl-C in the block, where this thread may."""
    interrupts = _Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, interrupts)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0):
        raise argparse.ArgumentTypeError("must be a whole number above 0")
    return int(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(message)
