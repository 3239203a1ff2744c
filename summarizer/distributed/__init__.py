"""Many articles on many machines: `summarize-corpus`, and the same from Python.

    from summarizer.distributed.job import Job
    from summarizer.distributed.run import run

    run(Job("s3://news/articles", "s3://news/records", settings), address="auto")

It needs the extra `ray`, which nothing but a run imports.

    command  what the command line says
    run      a run: plan, have it done, sum up
    plan     which blocks there are to do
    manifest what the target says of itself
    storage  a folder on any filesystem
    cluster  Ray: started or joined, and what is asked of it
    stage    what each of Ray's workers does
    blocks   one block's way
    parts    a block's rows, and its parts of the tables
    desk     what all workers ask: limits, the end, whose a block is
    limits   the limits that all have together (pure)
    leases   a worker's part of them

docs/distributed.md says what is guaranteed.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `summarize-corpus` with these arguments, or with those of the process.

    Returns the exit code.
    """
    from summarizer.distributed.command import run

    return run(arguments)
