"""Start-up: whole processes, with little to do but start."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import editions, endpoint
from bench.client import MODEL, request_body
from bench.timing import Case, process

ARTICLE = Path(__file__).parents[1] / "evals/articles/undated-rare-visit.txt"
_COMMAND = Path(sys.executable).with_name("summarize")
_CREATE = """
import json, sys, openai
request = json.load(open(sys.argv[1]))
print(openai.OpenAI().chat.completions.create(**request).choices[0].message.content)
"""
_INSTRUCTOR = """
import json, sys, instructor, openai
from summarizer.draft import Draft
request = json.load(open(sys.argv[1]))
del request["response_format"]
client = instructor.from_openai(openai.OpenAI(), mode=instructor.Mode.JSON_SCHEMA)
print(client.chat.completions.create(response_model=Draft, **request).model_dump_json())
"""


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
    yield from _asking(rounds)


def _asking(rounds: int) -> Iterator[Case]:
    """The command with a server that answers at once, against scripts that make the one call."""
    edition = editions.editions(editions.cases(), 1)[0]
    with endpoint.running() as url, tempfile.TemporaryDirectory() as folder:
        article, body = Path(folder, "article.txt"), Path(folder, "request.json")
        article.write_text(edition.text, encoding="utf-8")
        body.write_text(json.dumps(request_body(edition)), encoding="utf-8")
        environment = {
            **os.environ,
            "OPENAI_BASE_URL": url,
            "OPENAI_API_KEY": "none",
            "SUMMARIZER_CACHE": "false",  # each round asks
        }
        whole = process([_COMMAND, "--engine", "openai", "--model", MODEL, article], environment)
        for name, script in (
            ("create, in a script", _CREATE),
            ("instructor, in a script", _INSTRUCTOR),
        ):
            yardstick = process([sys.executable, "-c", script, body], environment)
            yield Case("summarize file.txt, asking", whole, name, yardstick, rounds)
