"""Spans: as an application's exporter gets them, and nothing where nobody traces.

A process has one tracer provider, for good: each set-up is a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import summarizer

ROOT = Path(__file__).parent.parent
_TRACED = """
import asyncio, json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from summarizer import telemetry
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
{code}
print(json.dumps([json.loads(span.to_json()) for span in exporter.get_finished_spans()]))
"""


def run(code: str) -> str:
    """What a process that runs `code` prints last."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def spans(code: str) -> list[dict[str, Any]]:
    """The spans of a process that traces, in the order in which they ended."""
    found: list[dict[str, Any]] = json.loads(run(_TRACED.format(code=code)))
    return found


def test_a_span_has_its_name_kind_attributes_and_parent() -> None:
    inner, outer = spans("""
with telemetry.span("summarize") as outer:
    with telemetry.span("chat m", client=True, attributes={"a": 1, "b": None}) as span:
        assert span.recorded
        span.set({"c": ["stop"], "d": None})
""")
    assert (inner["name"], inner["kind"]) == ("chat m", "SpanKind.CLIENT")
    assert inner["attributes"] == {"a": 1, "c": ["stop"]}
    assert inner["parent_id"] == outer["context"]["span_id"]
    assert (outer["name"], outer["kind"], outer["parent_id"]) == (
        "summarize", "SpanKind.INTERNAL", None,
    )  # fmt: skip
    assert outer["status"] == {"status_code": "UNSET"}


def test_an_exception_is_told_by_its_type_alone_and_passes() -> None:
    (span,) = spans("""
try:
    with telemetry.span("summarize"):
        raise KeyError("the article's text")
except KeyError:
    pass
""")
    assert span["status"] == {"status_code": "ERROR"}
    assert span["attributes"] == {"error.type": "KeyError"}
    assert span["events"] == []


def test_tasks_that_run_at_once_keep_their_own_parents() -> None:
    found = spans("""
async def article(name):
    with telemetry.span(name):
        await asyncio.sleep(0)
        with telemetry.span(f"chat {name}"):
            await asyncio.sleep(0)
async def main():
    await asyncio.gather(article("a"), article("b"))
asyncio.run(main())
""")
    by_name = {span["name"]: span for span in found}
    for name in ("a", "b"):
        assert by_name[f"chat {name}"]["parent_id"] == by_name[name]["context"]["span_id"]


def test_a_tracer_has_this_package_s_name_and_version() -> None:
    code = """
with telemetry.span("summarize"): pass
scope = exporter.get_finished_spans()[0].instrumentation_scope
print(json.dumps([scope.name, scope.version])); sys.exit()
"""
    assert json.loads(run(_TRACED.format(code=code))) == ["summarizer", summarizer.__version__]


@pytest.mark.parametrize(
    "set_up",
    [
        "",
        "import opentelemetry.trace",
        "from opentelemetry import trace; trace.set_tracer_provider(trace.NoOpTracerProvider())",
    ],
)
def test_without_a_tracer_provider_a_span_is_nothing(set_up: str) -> None:
    code = f"""
import sys
{set_up}
before = set(sys.modules)
from summarizer import telemetry
with telemetry.span("summarize", attributes={{"a": 1}}) as span:
    span.set({{"b": 2}}); span.fail("x")
    print(span.recorded, sorted(m for m in set(sys.modules) - before if "opentel" in m))
"""
    assert run(code) == "False []"


def test_opentelemetry_is_never_imported_for_a_process_that_does_not_trace() -> None:
    code = "import sys, summarizer.pipeline, summarizer.engines.openai; "
    code += "print([name for name in sys.modules if 'opentelemetry' in name])"
    assert run(code) == "[]"
