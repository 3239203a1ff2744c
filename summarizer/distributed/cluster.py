"""Cluster: Ray, started here or joined there, and what is asked of it."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import logging
import os
from collections.abc import Iterable, Iterator
from typing import Any

from summarizer.batch import OutputProblem
from summarizer.distributed.job import Job
from summarizer.distributed.manifest import Block, State
from summarizer.errors import ConfigurationError, ExitCode, SummarizerError

#: Set before Ray is imported, where they are not set already: nothing is sent to anybody, and
#: its own log stays in its own files.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_LOG_LEVEL": "ERROR",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_NAMESPACE = "article-summarizer"
#: Blocks that a worker has under way, so that none waits for the slow end of another, and
#: those that it has besides, so that it need not wait for the next.
_BLOCKS_AT_ONCE = 2
_BLOCKS_AHEAD = 2
#: Calls that the desk takes at once: each worker has one that waits.
_CALLS = 10_000
#: It gives itself 30 s to start, which a busy machine may not keep.
_STARTS = 3
#: What passes through Ray's own store are names of blocks.
_STORE_BYTES = 100_000_000
#: Rows of blocks in one block of Ray's, at most so many of which are made.
_MOST_PIECES = 10_000


class ClusterProblem(SummarizerError):
    """Ray cannot be started or reached, or it gave up."""

    retryable = True
    hint = "Check the address, and that the cluster has room for the workers."
    exit_code = ExitCode.ENGINE_PASSING


@contextlib.contextmanager
def joined(address: str | None, *, workers: int) -> Iterator[Any]:
    """Ray, on this machine alone if `address` is None; left as it was found.

    Raises ConfigurationError if it is not installed, and ClusterProblem.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ImportError:
        raise ConfigurationError(
            "a corpus needs the extra `ray`: pip install 'article-summarizer[ray]'"
        ) from None
    found = ray.is_initialized()
    if not found:
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.ERROR)
        _init(ray, address, workers)
    try:
        yield ray
    except ray.exceptions.RayError as error:
        raise ClusterProblem(f"Ray gave up ({type(error).__name__})") from None
    finally:
        if not found:
            ray.shutdown()


def _init(ray: Any, address: str | None, workers: int) -> None:
    """Start Ray on this machine, or join it. Raises ClusterProblem."""
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        options |= {
            "address": "local",
            "num_cpus": workers,
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
            "_node_ip_address": "127.0.0.1",
        }
    else:
        options["address"] = address
    for starts in range(_STARTS if address is None else 1):
        if starts:
            ray.shutdown()
        try:
            with _hushed():
                ray.init(**options)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no cluster
            what = "started on this machine" if address is None else f"reached at {address!r}"
            failed = ClusterProblem(f"Ray cannot be {what} ({type(error).__name__})")
        else:
            return
    raise failed


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep what Ray's start writes to standard error, past Python, from people's eyes.

    What goes wrong is an exception all the same.
    """
    try:
        kept = -1 if os.environ.get("SUMMARIZER_DEBUG") == "1" else os.dup(2)
    except OSError:  # there is none
        kept = -1
    if kept < 0:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextlib.contextmanager
def desk(ray: Any, target: str) -> Iterator[Any]:
    """The handle of a new desk, which is still to be opened, for as long as the block lasts.

    Its name is taken by the first run on a target. Raises OutputProblem for a second one.
    """
    from summarizer.distributed.desk import Desk

    digest = hashlib.sha256(target.encode()).hexdigest()[:16]
    where = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=True
    )
    try:
        handle = (
            ray.remote(Desk)
            .options(
                name=f"summarize-corpus-{digest}",
                namespace=_NAMESPACE,
                num_cpus=0,
                max_concurrency=_CALLS,
                # Without it the run ends: the limits would be forgotten.
                max_restarts=0,
                # On the driver's machine, so that only both are lost together.
                scheduling_strategy=where,
            )
            .remote()
        )
    except ValueError:
        raise OutputProblem(f"another run is writing '{target}': wait for its end") from None
    try:
        yield handle
    finally:
        with contextlib.suppress(Exception):  # it may be gone already
            ray.kill(handle)


def visits(
    ray: Any, handle: Any, job: Job, todo: Iterable[tuple[Block, State | None]]
) -> Iterator[dict[str, Any]]:
    """What comes of each block, as soon as it is done: the rows that the stage gives.

    The blocks of a worker that dies are another's, or its successor's. Raises RayError.
    """
    from summarizer.distributed.stage import Stage, row_of

    context = ray.data.DataContext.get_current()
    for name, value in {
        "enable_progress_bars": False,
        "enable_operator_progress_bars": False,
        "print_on_execution_start": False,
        # A block may take hours where the limits are low.
        "execution_no_progress_timeout_s": -1,
        "max_consecutive_actor_init_deaths": -1,
    }.items():
        if hasattr(context, name):
            setattr(context, name, value)
    rows = [row_of(block, state) for block, state in todo]
    pool: dict[str, Any] = {
        "size": job.workers,
        "max_tasks_in_flight_per_actor": _BLOCKS_AT_ONCE + _BLOCKS_AHEAD,
        "enable_true_multi_threading": True,
    }
    beside: dict[str, Any] = {}
    if "max_concurrent_calls_per_actor" in inspect.signature(ray.data.ActorPoolStrategy).parameters:
        pool["max_concurrent_calls_per_actor"] = _BLOCKS_AT_ONCE
    else:  # its name in older versions, which newer ones no longer take
        beside["max_concurrency"] = _BLOCKS_AT_ONCE
    pieces = ray.data.from_items(rows, override_num_blocks=min(len(rows), _MOST_PIECES))
    results = pieces.map(
        Stage,
        fn_constructor_args=(handle,),
        compute=ray.data.ActorPoolStrategy(**pool),
        num_cpus=1,
        **beside,
    )
    for row in results.iter_rows():
        done = row.get("done")
        yield {"done": json.loads(done)} if done else {"error": row["error"]}
