"""The watched batch, small: hundreds of articles. `make bench-scale` is the real one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.scale import Report, Sample, facts, tenths

ROOT = Path(__file__).parents[1]
MIB = 1 << 20


def steady() -> Report:
    """A run of 1,000 articles at 5 ms each, all in the same memory."""
    samples = [
        Sample(elapsed=row * 0.01, rows=row, memory=90 * MIB, worker_memory=10 * MIB,
               cpu=1 + row * 0.005)
        for row in range(0, 1001, 20)
    ]  # fmt: skip
    return Report(1000, "jsonl", "extractive", 0, rows=1000, exit_code=0, samples=samples)


def failed(report: Report) -> list[str]:
    return [fact.claim for fact in facts(report) if not fact.holds]


def test_a_steady_run_is_told_in_tenths() -> None:
    found = tenths(steady())
    assert len(found) == 10
    assert {part.memory for part in found} == {100 * MIB}
    assert all(part.cpu == pytest.approx(0.005) for part in found)
    assert all(part.wall == pytest.approx(0.01) for part in found)
    assert failed(steady()) == []


def test_memory_that_grows_is_seen() -> None:
    report = steady()
    report.samples = [
        Sample(each.elapsed, each.rows, each.memory + each.rows * 10_000, 0, each.cpu)
        for each in report.samples
    ]
    assert failed(report) == ["memory does not grow with the articles"]


def test_the_memory_of_workers_counts() -> None:
    report = steady()
    report.samples = [
        Sample(each.elapsed, each.rows, each.memory, each.rows * 10_000, each.cpu)
        for each in report.samples
    ]
    assert failed(report) == ["memory does not grow with the articles"]


def test_a_run_that_slows_down_is_seen() -> None:
    report = steady()
    report.samples = [
        Sample(each.elapsed, each.rows, each.memory, 0, each.cpu + each.rows**2 * 1e-6)
        for each in report.samples
    ]
    assert failed(report) == ["the last articles take no longer than the first"]


@pytest.mark.parametrize(("name", "value"), [("rows", 999), ("exit_code", 1)])
def test_a_run_that_lacks_a_row_is_seen(name: str, value: int) -> None:
    report = steady()
    setattr(report, name, value)
    assert failed(report) == ["each article has its row"]


def test_too_few_samples_say_so() -> None:
    report = steady()
    report.samples = report.samples[:3]
    with pytest.raises(ValueError, match="more articles"):
        tenths(report)


@pytest.mark.parametrize("source", ["jsonl", "files"])
def test_a_real_batch_is_watched_to_its_end(tmp_path: Path, source: str) -> None:
    kept = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench.scale", "--articles", "300", "--every", "0.02", "--source",
         source, "--json", str(kept)],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=110, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert "yes  each article has its row (300 of 300, exit code 0)" in done.stdout
    report = json.loads(kept.read_text("utf-8"))
    assert report["rows"] == 300
    memory = [sample["memory"] for sample in report["samples"]]
    assert max(memory) > 10 * MIB
    cpu = [sample["cpu"] for sample in report["samples"]]
    assert cpu == sorted(cpu)
    assert cpu[-1] > 0.3
