"""The soak, small: hundreds of articles instead of thousands. `make soak` is the real one."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.invented import article
from bench.soak import KINDS, Report, facts, memory_fact, plot
from summarizer.testing import FAULTS

pytestmark = pytest.mark.openai

ROOT = Path(__file__).parents[1]
MIB = 1 << 20


def soak(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.soak", *options],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=110, check=False,
    )  # fmt: skip


def test_hundreds_of_articles_end_as_they_must_and_again_by_their_seed() -> None:
    done = soak("--articles", "200", "--again", "40", "--seed", "1")
    assert done.stderr == ""
    assert "NO " not in done.stdout
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert sum(line.startswith("yes  ") for line in lines) == 13
    assert any(line.startswith("yes  the same seed gives the same outcomes") for line in lines)
    (results,) = (line for line in lines if line.startswith("articles: "))
    ended = {entry.rpartition(" ")[0] for entry in results.removeprefix("articles: ").split(", ")}
    assert {"right answer", "EngineTimeout", "given up"} < ended
    assert len(ended) >= 6


def test_every_kind_is_a_fault_that_has_a_name() -> None:
    assert set(KINDS) <= set(FAULTS)
    assert len(set(KINDS)) == len(KINDS)
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert f"drawn from {len(KINDS)} kinds" in page


def test_invented_articles_are_all_distinct_and_the_same_again() -> None:
    texts = [article(number) for number in range(12_000)]
    assert len(set(texts)) == len(texts)
    assert texts[:50] == [article(number) for number in range(50)]


def good() -> Report:
    """What a run of two articles comes to if all is well."""
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "cached_tokens": 1, "reasoning_tokens": 2}
    return Report(
        2,
        ends=array("H", [1, 1]),
        results=Counter({"right answer": 1, "Refused": 1}),
        attempts=Counter({"ok": 1, "refused": 1, "unreachable": 1}),
        tokens=Counter(input_tokens=7, output_tokens=3, cached_input_tokens=1, reasoning_tokens=2),
        server={"requests": 3, "usage": usage, "undelivered": {"completions": 1}},
        unanswered={"requests": 1, "usage": dict.fromkeys(usage, 0)},
    )


def test_a_run_without_a_flaw_holds() -> None:
    assert all(fact.holds for fact in facts(good()))


#: What may go wrong, and the one claim that it breaks.
FLAWS: dict[str, tuple[dict[str, Any], str]] = {
    "an article that never ended": (
        {"ends": array("H", [1, 0])},
        "every article ended exactly once",
    ),
    "one that ended twice": ({"ends": array("H", [2, 1])}, "every article ended exactly once"),
    "a wrong answer": ({"wrong": [1]}, "an answer is the one that a run without faults gives"),
    "an error without a type": (
        {"untyped": ["article 1: KeyError"]},
        "whatever is no answer is one typed error",
    ),
    "a token too many": (
        {"tokens": good().tokens + Counter(output_tokens=1)},
        "output_tokens add up to the server's",
    ),
    "an attempt that is not in the account": (
        {"attempts": Counter({"ok": 1, "unreachable": 1})},
        "attempts are the requests received",
    ),
    "a reply that was cut off and counted": (
        {"attempts": Counter({"ok": 2, "refused": 1})},
        "what was cut off is known to both",
    ),
    "tokens of no answer": (
        {"unanswered": {"requests": 1, "usage": {"prompt_tokens": 1}}},
        "nothing is counted that was never answered",
    ),
    "a task that runs on": ({"left_running": 1}, "nothing is left running"),
    "memory that grows": (
        {"articles": 10_000, "memory": [(100 + step) * MIB for step in range(40)]},
        "memory is flat over the second half",
    ),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_breaks_its_fact(flaw: str) -> None:
    changes, claim = FLAWS[flaw]
    broken = [fact.claim for fact in facts(dataclasses.replace(good(), **changes))]
    assert claim in broken
    failed = {f.claim for f in facts(dataclasses.replace(good(), **changes)) if not f.holds}
    assert claim in failed
    assert failed <= {claim, "every article ended exactly once"}


def test_memory_that_wobbles_is_flat() -> None:
    wobbling = [(100 + step % 3) * MIB for step in range(60)]
    assert memory_fact(wobbling, 10_000).holds


def test_memory_of_a_short_run_is_not_judged() -> None:
    fact = memory_fact([MIB, 900 * MIB] * 10, 300)
    assert fact.holds
    assert "not judged" in fact.shown


def test_outcomes_are_told_by_one_value() -> None:
    one, two = good(), good()
    for report, second in ((one, 1), (two, 2)):
        report.outcomes.extend([1, second])
        report.names |= {"right answer, draft ok": 1, "Refused, draft refused": 2}
    assert one.digest(1) == two.digest(1)
    assert one.digest() != two.digest()


def test_the_plot_has_a_column_for_each_sample_from_nothing_up() -> None:
    assert plot([MIB, 2 * MIB, 4 * MIB], height=2) == ("    4.0 |  #\n    2.0 |###\n    MiB +---")
