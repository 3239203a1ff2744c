"""Golden files: what an output was when someone last looked at it and found it right."""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def check(name: str, actual: str) -> None:
    """Assert that `actual` is what golden file `name` holds.

    With WRITE_GOLDEN=1 in the environment the file is written instead: read the diff.
    """
    path = GOLDEN / name
    if os.environ.get("WRITE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(actual.encode())
    assert actual == path.read_bytes().decode()
