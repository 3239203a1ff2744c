"""What a whole run tells of itself: enough to follow it, and no secret."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer import Summarizer, SummarizerError, logs
from summarizer.engines.openai import findings
from summarizer.testing import FAULTS, Faults, LoopbackServer, replies

pytestmark = pytest.mark.openai

ROOT = Path(__file__).parent.parent
KEY = "sk-Canary-0123456789"
TITLE = "Zebrafish parade halted"
ARTICLE = f"""{TITLE}

Halden, 4 May 2026 - Ferry crews in Halden ended a nine-day strike on Sunday.

"We are glad that it is over," said Kari Nordmann, the mayor of Halden.
"""
#: Pieces of everything that is nobody's business: key, title, article, answer, credentials.
SECRETS = (
    "Canary",
    "Zebrafish",
    "Halden",
    "nine-day",
    "Nordmann",
    "glad",
    "s3cret",
    "Authorization",
)
#: Every fault that ends by itself.
KINDS = [name for name in FAULTS if name != "hang"]


@pytest.fixture
def events() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("debug", as_json=True, stream=stream)
    yield stream
    logs.configure(None)


def run(server: LoopbackServer, articles: int, tmp_path: Path, **options: Any) -> int:
    """Summarize articles one after the other; how many ended in a record."""
    url = server.base_url.replace("http://", "http://me:s3cret@")
    chosen: dict[str, Any] = {
        "base_url": url,
        "api_key": KEY,
        "model": "m",
        "timeout": 5,
        "cache_dir": tmp_path,
    }
    done = 0
    with Summarizer(engine="openai", **(chosen | options)) as summarizer:
        for number in range(articles):
            try:
                summarizer.summarize(f"{ARTICLE}\nThe strike of part {number} is over.")
            except SummarizerError:
                continue
            done += 1
    return done


def test_a_run_on_a_bad_day_can_be_followed_and_holds_no_secret(
    events: io.StringIO, tmp_path: Path
) -> None:
    faults = Faults(0.5, seed=4, kinds=KINDS)
    with LoopbackServer(faults=faults, refuse=["openai/json_schema"]) as server:
        done = run(server, 40, tmp_path, timeout=2, fallback_model="m2")
    told = [json.loads(line) for line in events.getvalue().splitlines()]
    names = [entry["event"] for entry in told]
    assert names.count("article_done") == done > 0
    assert names.count("article_done") + names.count("article_failed") == 40
    assert {"request_sent", "request_answered", "wait", "lesson_learnt", "cache_miss"} <= set(names)
    assert {"failover"} <= set(names)
    assert all(len(entry["article"]) == 12 for entry in told)
    assert [secret for secret in SECRETS if secret in events.getvalue()] == []


def test_an_answer_from_the_cache_is_told(events: io.StringIO, tmp_path: Path) -> None:
    with LoopbackServer() as server:
        assert run(server, 1, tmp_path) == 1
        assert run(server, 1, tmp_path) == 1
    told = [json.loads(line)["event"] for line in events.getvalue().splitlines()]
    # A wait is none of the cache's business, and on a busy machine there may be one.
    assert [name for name in told if name != "wait"] == [
        "cache_miss", "request_sent", "request_answered", "article_done",
        "cache_hit", "article_done",
    ]  # fmt: skip


def test_nothing_but_events_is_shown_by_a_process_at_its_most_talkative(tmp_path: Path) -> None:
    """The SDK and its transport log addresses and whole requests: they stay silent."""
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE)
    with LoopbackServer(replies.server_error()) as server:
        done = subprocess.run(
            [
                sys.executable, "-m", "summarizer", str(path), "--log-level", "debug",
                "--log-format", "json", "--format", "json", "--no-cache",
            ],
            env={
                "OPENAI_BASE_URL": server.base_url,
                "OPENAI_API_KEY": KEY,
                "SUMMARIZER_CACHE_DIR": str(tmp_path / "cache"),
                "PATH": "",
            },
            cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {"request_sent", "request_answered", "wait", "article_done"} <= {
        entry["event"] for entry in told
    }
    assert [secret for secret in SECRETS if secret in done.stderr] == []


_TRACED = """
import json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
from summarizer import Settings, Summarizer, SummarizerError
from summarizer.testing import LoopbackServer, replies
tracer = trace.get_tracer("app")
with LoopbackServer(replies.prose()) as server, tracer.start_as_current_span("app"):
    settings = Settings(engine="openai", base_url=server.base_url, api_key={key!r}, cache=False)
    with Summarizer(settings) as summarizer:
        summarizer.summarize({article!r})
        server.script(replies.unauthorized())
        try:
            summarizer.summarize({article!r})
        except SummarizerError:
            pass
print(json.dumps([json.loads(span.to_json()) for span in exporter.get_finished_spans()]))
"""


def test_an_article_is_a_span_below_the_caller_s_and_above_its_questions() -> None:
    code = _TRACED.format(key=KEY, article=ARTICLE)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    *spans, app = json.loads(done.stdout)
    draft, reask, first, refused, second = spans
    assert [span["name"].split()[0] for span in spans] == [
        "chat", "chat", "summarize", "chat", "summarize",
    ]  # fmt: skip
    assert {draft["parent_id"], reask["parent_id"]} == {first["context"]["span_id"]}
    assert refused["parent_id"] == second["context"]["span_id"]
    assert {first["parent_id"], second["parent_id"]} == {app["context"]["span_id"]}
    assert first["attributes"]["summarizer.status"] in {"complete", "partial"}
    assert second["attributes"]["error.type"] == "AuthenticationFailed"
    assert second["status"] == {"status_code": "ERROR"}
    assert [secret for secret in SECRETS if secret in done.stdout] == []


def emitted() -> dict[str, set[str]]:
    """Every event in the code, with the fields that are named there."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "summarizer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "logs.event":
                for name in re.findall(r"'(\w+)'", ast.unparse(node.args[0])):
                    fields = found.setdefault(name, set())
                    fields.update(word.arg for word in node.keywords if word.arg)
    return found


def test_the_documentation_lists_every_event_and_its_fields() -> None:
    text = (ROOT / "docs/observability.md").read_text()
    rows = re.findall(
        r"^\| (`[a-z_`, ]+`) \| [^|]*(?:info|debug|warning)[^|]*\|([^|]*)\|", text, re.MULTILINE
    )
    listed: dict[str, set[str]] = {}
    for names, fields in rows:
        for name in re.findall(r"\w+", names):
            listed[name] = set(re.findall(r"`(\w+)`", fields))
    listed["request_answered"] |= listed["request_sent"]
    listed["lesson_learnt"].remove("mode")  # told by the lesson, with what else it holds
    assert listed == emitted()


def test_the_documentation_lists_every_finding() -> None:
    text = (ROOT / "docs/model-layer.md").read_text()
    table = text[text.index("| finding | from |") :]
    rows = re.findall(r"^\| ([^|]*) \|", table[: table.index("\n\n")], re.MULTILINE)[2:]
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(findings.NAMES)


def test_an_error_s_line_names_the_request_for_the_provider_s_support(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE)
    with LoopbackServer(replies.unauthorized(KEY)) as server:
        done = subprocess.run(
            [sys.executable, "-m", "summarizer", str(path), "--no-cache"],
            env={"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY, "PATH": ""},
            cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
    assert done.returncode == 5
    (line,) = done.stderr.splitlines()
    assert line.endswith(" Request id: req_loopback_1.")
    assert KEY not in line
