"""The commands in the documents and in the nightly workflow are commands that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from evals.cli import parser

ROOT = Path(__file__).parent.parent
PAGES = ("docs/evals.md", ".github/workflows/nightly-evals.yml")
VALUES = {"$REPEATS": "5", "$MAX_COST": "2"}


def commands(page: str) -> list[str]:
    """What follows `python -m evals` in a page, up to the next command."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"python -m evals ((?:[^\n`'&;|()]|\$\([^)]*\))+)", text)
    return [command.strip() for command in found if not command.startswith("`")]


@pytest.mark.parametrize(
    ("page", "command"), [(page, command) for page in PAGES for command in commands(page)]
)
def test_a_documented_command_is_understood(page: str, command: str) -> None:
    assert page
    words = [VALUES.get(word, word) for word in shlex.split(command)]
    options = parser().parse_args([word for word in words if not word.startswith("${")])
    assert callable(options.command)


def test_the_pages_have_commands() -> None:
    assert [len(commands(page)) > 3 for page in PAGES] == [True, True]


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs/evals.md").read_text(encoding="utf-8")
    names = re.findall(r"^    ([a-z]+) ", parser().format_help(), re.MULTILINE)
    assert len(names) == 10
    for name in names:
        assert f"python -m evals {name}" in page


def test_the_workflow_stops_politely_without_a_key() -> None:
    text = (ROOT / PAGES[1]).read_text(encoding="utf-8")
    steps = text.split("\n      - ")[1:]
    assert "id: key" in steps[0]
    assert all("steps.key.outputs.there" in step for step in steps[1:])
