"""Conversion: the records of one output into another, of another kind for instance."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from pathlib import Path

from summarizer.batch import rows
from summarizer.batch.claim import OutputProblem
from summarizer.batch.ledger import Ledger
from summarizer.batch.output import foreign, open_output
from summarizer.batch.rows import Known


def convert(old: Path, new: Path) -> int:
    """Add the records of an output to another, and tell how many were not there yet.

    What each file is, its ending says. Nothing is asked, and `old` and the failures stay as they
    are. Raises OutputProblem, also if another run has one of the two; what was added by then
    stays, and the same call goes on.
    """
    if not old.is_file():
        raise OutputProblem(f"there is no '{old}'")
    with contextlib.ExitStack() as opened:
        # Both may have their failures under one name; those of the old one are not asked for.
        unread = Path(opened.enter_context(tempfile.TemporaryDirectory())) / "errors.jsonl"
        source = opened.enter_context(contextlib.closing(open_output(old, errors=unread)))
        found = opened.enter_context(contextlib.closing(Ledger()))
        with foreign(old):
            source.read(lambda place, known: found.add(*_names(known), place), lambda *_: None)
        target = opened.enter_context(contextlib.closing(open_output(new)))
        there = opened.enter_context(contextlib.closing(Ledger()))
        with foreign(new):
            target.read(lambda place, known: there.add(*_names(known), place), lambda *_: None)
        added = 0
        for key, place_of, place in found:
            if there.has(key, place_of):
                continue
            row = source.at(place)
            with foreign(old):
                target.add((row if isinstance(row, str) else row.decode()).rstrip("\n"))
            added += 1
        target.finish(lambda *_: True)
    return added


def _names(known: Known) -> tuple[bytes, bytes]:
    """What tells a record from others: all but its source, and that."""
    what = json.dumps(known._replace(source=None)).encode()
    return hashlib.blake2b(what, digest_size=16).digest(), rows.place(known.source or "")
