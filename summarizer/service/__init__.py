"""The HTTP service: `summarize-server`, and `create_app` in `summarizer.service.app`.

It needs the extra `service`. Nothing of that is imported before the command line is known
to be right.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `summarize-server` with these arguments, or with those of the process.

    Returns the exit code.
    """
    from summarizer.service.command import run

    return run(arguments)
