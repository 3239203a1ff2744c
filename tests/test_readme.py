"""The README shows what the commands print, and its Python runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from summarizer.errors import ExitCode
from summarizer.settings import ENVIRONMENT, Settings

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
_OUTPUT = re.compile(r"<!-- output: (?P<command>.+?) -->\n```text\n(?P<output>.*?)```\n", re.DOTALL)


def run(command: str) -> str:
    """What a `summarize` command prints on a terminal of 80 columns, without colour."""
    program, *arguments = shlex.split(command)
    assert program == "summarize"
    done = subprocess.run(
        [sys.executable, "-m", "summarizer", *arguments, "--format", "text", "--quiet"],
        cwd=ROOT, capture_output=True, check=True, encoding="utf-8",
        env=os.environ | {"COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    return done.stdout


def test_the_readme_shows_real_output() -> None:
    """With WRITE_GOLDEN=1 the README is written instead: read the diff."""
    text = README.read_text(encoding="utf-8")
    shown = list(_OUTPUT.finditer(text))
    assert shown
    for match in shown:
        output = run(match["command"])
        if os.environ.get("WRITE_GOLDEN") == "1":
            block = f"<!-- output: {match['command']} -->\n```text\n{output}```\n"
            README.write_text(text.replace(match[0], block), encoding="utf-8")
        else:
            assert match["output"] == output


def test_the_readmes_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    code = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert code
    for block in code:
        exec(compile(block, "README.md", "exec"), {})
    assert "Halden" in capsys.readouterr().out


def test_the_readme_has_every_setting_with_its_default() -> None:
    text = README.read_text(encoding="utf-8")
    for name, variable in ENVIRONMENT.items():
        row = next(line for line in text.splitlines() if f"`{variable}`" in line and "|" in line)
        default = getattr(Settings(), name)
        if default is not None:
            shown = (
                f"{default:g}"
                if isinstance(default, float)
                else str(int(default) if isinstance(default, bool) else default)
            )
            assert f"`{shown}`" in row, variable


def test_the_readme_has_the_blessed_scores() -> None:
    blessed = json.loads((ROOT / "evals" / "baseline.json").read_text(encoding="utf-8"))["floors"]
    text = README.read_text(encoding="utf-8")
    for field, score in blessed.items():
        assert f"| {field} | {100 * score:.1f} |" in text
    assert f"| **mean** | **{100 * sum(blessed.values()) / len(blessed):.1f}** |" in text


def test_the_readme_has_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == sorted(ExitCode)
