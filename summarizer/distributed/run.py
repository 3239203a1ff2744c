"""A run over a corpus: plan it, have it done, say what came of it."""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from summarizer.batch import OutputProblem
from summarizer.batch.claim import Claim
from summarizer.batch.rows import failure
from summarizer.distributed import cluster, parts, plan
from summarizer.distributed.blocks import Done
from summarizer.distributed.cluster import ClusterProblem
from summarizer.distributed.job import BLOCK_ROWS, Job
from summarizer.distributed.plan import Plan
from summarizer.distributed.storage import Folder
from summarizer.errors import ConfigurationError, SummarizerError

#: Failures of files that cannot be read; each run finds them anew.
_BAD_FILES = "errors/files.parquet"
#: Seconds between looks at whether the run is to end.
_LOOK = 0.2


@dataclass(slots=True)
class Result:
    """What a run came to, in numbers of rows. `cost_usd` is None if it is not known.

    `known` were answered in runs before, `written` in this one. `failed` have a failure that
    stands, and `left` neither: the same job goes on with them. `files` cannot be read.
    """

    rows: int = 0
    known: int = 0
    written: int = 0
    failed: int = 0
    left: int = 0
    files: int = 0
    cost_usd: float | None = 0.0
    #: What would have met every further article.
    stopped: SummarizerError | None = None
    #: Some failures of this run: the place and the sentence.
    told: list[tuple[str, str]] = field(default_factory=list)

    def add(self, done: Done) -> None:
        """Count what came of a block."""
        self.written += done.written
        self.failed += done.failed
        self.told.extend(done.told)
        known = self.cost_usd is not None and done.cost_usd is not None
        self.cost_usd = (self.cost_usd or 0.0) + (done.cost_usd or 0.0) if known else None


#: Called with how far it is, whenever a block is done.
OnProgress = Callable[[Result], object]


def run(
    job: Job,
    *,
    address: str | None = None,
    on_progress: OnProgress | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Result:
    """Do a job, on this machine or on the cluster at `address`, and say what came of it.

    What was done before is not done again. Once `interrupted` says so, workers put away what
    they have, and the run ends early. Raises ConfigurationError, SourceError, OutputProblem
    and ClusterProblem.
    """
    source, target = Folder(job.source), Folder(job.target)
    asked = job.asked()
    _check(job)
    plan.found_files(source, target)  # starting Ray takes seconds
    with contextlib.ExitStack() as opened:
        ray = opened.enter_context(cluster.joined(address, workers=job.workers))
        if target.local is not None:
            opened.enter_context(_claimed(Path(target.local)))
        handle = opened.enter_context(cluster.desk(ray, target.name))
        planned = plan.make(
            source,
            target,
            asked=asked,
            columns=job.columns,
            block_rows=job.block_rows,
            default_rows=BLOCK_ROWS,
            fresh=job.fresh,
        )
        job = dataclasses.replace(job, fresh=planned.manifest.fresh)
        ray.get(handle.open.remote(job, asked))
        _tell_bad_files(source, target, planned)
        result = Result(rows=planned.rows, files=len(planned.bad))
        result.known = sum(
            planned.states[block.first].answered
            for block in planned.manifest.blocks(planned.paths)
            if block.first in planned.states
        )
        if on_progress is not None:
            on_progress(result)
        _work(ray, handle, job, planned, result, on_progress, interrupted or (lambda: False))
        plan.settled(planned, target)
        _sum_up(planned, result)
        result.stopped = ray.get(handle.reason.remote())
    return result


def _check(job: Job) -> None:
    """Raise ConfigurationError for what would end every worker."""
    settings = job.settings
    if settings.resolved_engine == "openai" and (settings.api_key or settings.base_url):
        from summarizer.engines.openai import build

        build(settings)


@contextlib.contextmanager
def _claimed(target: Path) -> Iterator[None]:
    """Have a folder of this machine for this run alone. Raises OutputProblem."""
    folder = target / "_corpus"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputProblem(
            f"'{target}' cannot be written: {(error.strerror or 'no folder').lower()}"
        ) from None
    claim = Claim(folder / "lock")
    try:
        yield
    finally:
        claim.release()


def _work(
    ray: Any,
    handle: Any,
    job: Job,
    planned: Plan,
    result: Result,
    on_progress: OnProgress | None,
    interrupted: Callable[[], bool],
) -> None:
    """Have every block done that is to be done."""
    todo = list(planned.todo(retry_errors=job.retry_errors))
    if not todo or interrupted():
        return
    rows: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def follow() -> None:
        try:
            for row in cluster.visits(ray, handle, job, todo):
                rows.put(row)
            rows.put(None)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            rows.put(error)

    # Ray waits in C, where no signal ends it: so another thread waits for it.
    threading.Thread(target=follow, name="blocks", daemon=True).start()
    ending = False
    while True:
        if not ending and interrupted():
            ending = True
            handle.stop.remote(None, drop=True)
        try:
            row = rows.get(timeout=_LOOK)
        except queue.Empty:
            continue
        if row is None:
            return
        if isinstance(row, BaseException):
            raise ClusterProblem(f"Ray gave up ({type(row).__name__})") from None
        if "error" in row:
            handle.stop.remote(None, drop=True)
            raise _raised(*row["error"])
        result.add(Done(**row["done"]))
        if on_progress is not None:
            on_progress(result)


def _raised(name: str, message: str, hint: str) -> Exception:
    """A worker's error, as one of the driver's."""
    if name == "OutputProblem":
        return OutputProblem(message)
    if name in {"ConfigurationError", "PromptError"}:
        return ConfigurationError(message)
    if message:
        return ClusterProblem(f"a worker ended: {message}{f' ({hint})' if hint else ''}")
    return RuntimeError(f"a worker met an unexpected {name}")


def _tell_bad_files(source: Folder, target: Folder, planned: Plan) -> None:
    """Write the failures of files that cannot be read, in the place of earlier ones."""
    if not planned.bad:
        target.delete(_BAD_FILES)
        return
    rows = [
        (None, failure(plan.where(source, path), None, error))
        for path, error in sorted(planned.bad.items())
    ]
    target.write(_BAD_FILES, parts.failures(rows))


def _sum_up(planned: Plan, result: Result) -> None:
    """Count what stands, by the markers."""
    states = [planned.states.get(block.first) for block in planned.manifest.blocks(planned.paths)]
    there = [state for state in states if state is not None]
    answered = sum(state.answered for state in there)
    result.written = max(0, answered - result.known)
    result.failed = sum(state.failed for state in there)
    result.left = result.rows - answered - result.failed
