"""Run with `python -I`, outside the checkout, where only the built wheel is installed."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import summarizer
from summarizer.prompts import PromptSet

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("summarize")
TEXT = """Harbour bridge opens after nine years

GDYNIA, 3 March 2025 - Poland's President Andrzej Duda opened the new harbour bridge in Gdynia
on Monday.

"This bridge will carry ten thousand lorries a day," Duda said.
"""


def summarize(*options: str, text: str = "") -> str:
    """What the installed command prints."""
    done = subprocess.run(
        [COMMAND, *options], input=text, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{options}: exit {done.returncode}\n{done.stderr}"
    return done.stdout


package = Path(summarizer.__file__).resolve().parent
assert sys.prefix in str(package), f"imported from {package}"
assert package != CHECKOUT / "summarizer", "imported from the checkout"
assert not Path("summarizer").exists(), "run from the checkout"
assert (package / "py.typed").is_file(), "no py.typed"

version = importlib.metadata.version("article-summarizer")
assert version in summarize("--version"), "the command tells another version"
assert summarizer.__version__ == version, "the package tells another version"

assert PromptSet.load().system, "no prompts"
assert (package / "_prompts/summarize/system.md").is_file(), "prompts from elsewhere"

page = package / "service/page"
for name in ("index.html", "page.css", "page.js", "theme.js", "icon.svg", "example.txt"):
    assert (page / name).is_file(), f"the page of the service lacks {name}"
scripts = "".join(one.read_text("utf-8") for one in page.glob("*.js"))
for name in re.findall(r'from "\./([\w.]+)"', scripts):
    assert (page / name).is_file(), f"the page of the service lacks {name}"

schema = json.loads(summarize("--schema"))
assert schema["properties"], "no schema"

record = json.loads(summarize("--engine", "extractive", "--format", "json", "-", text=TEXT))
for item in record["reactions"]:
    for span in item["evidence"]:
        assert TEXT[span["start"] : span["end"]] == span["text"], span

for left_out in ("evals", "tests", "bench"):
    assert not (package.parent / left_out).exists(), f"the wheel holds {left_out}"

print(f"The wheel of {version} works in an environment of its own.")
