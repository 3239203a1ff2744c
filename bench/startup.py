"""Start-up: whole processes, with nothing to do but start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from bench.timing import Case, process

ARTICLE = Path(__file__).parents[1] / "evals/articles/undated-rare-visit.txt"
_COMMAND = Path(sys.executable).with_name("summarize")


def cases(rounds: int) -> Iterator[Case]:
    """The command and the package, against bare Python with one module."""
    argparse = process([sys.executable, "-c", "import argparse"])
    pydantic = process([sys.executable, "-c", "import pydantic"])
    for option in ("--help", "--version"):
        subject = process([_COMMAND, option])
        yield Case(f"summarize {option}", subject, "import argparse", argparse, rounds)
    package = process([sys.executable, "-c", "import summarizer"])
    yield Case("import summarizer", package, "import pydantic", pydantic, rounds)
    whole = process([_COMMAND, "--engine", "extractive", ARTICLE])
    yield Case("summarize file.txt, extractive", whole, "import pydantic", pydantic, rounds)
