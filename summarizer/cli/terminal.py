"""What the standard streams can show."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from summarizer.cli.options import Options

#: Longer lines, in cells, are hard to read, however wide the terminal is.
_MEASURE = 100


def cells() -> int:
    """How many cells a line may have."""
    import shutil

    return min(shutil.get_terminal_size().columns, _MEASURE)


def colour(options: Options) -> bool:
    """Whether text on standard output is coloured."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return coloured(options, os.environ, terminal=terminal)


def coloured(options: Options, environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether text is coloured: option, NO_COLOR, FORCE_COLOR, terminal, in this order."""
    if options.color != "auto":
        return options.color == "always"
    if environ.get("NO_COLOR") or options.output is not None:
        return False
    if environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and environ.get("TERM") != "dumb"


def progress_stream(options: Options) -> TextIO | None:
    """Standard error, if it is a terminal that can rub out a line and nothing else is there.

    What is typed or logged on it would be mixed with the line.
    """
    typed = "-" in options.sources and sys.stdin is not None and sys.stdin.isatty()
    if options.quiet or typed or options.log_level or os.environ.get("TERM") == "dumb":
        return None
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None
