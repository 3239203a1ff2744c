"""The Inspect task, with Inspect's own mock model: only where the extra is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals import loopback
from tests.evals_builders import case, write

pytest.importorskip("inspect_ai", reason="the optional extra `inspect` is not installed")

ROOT = Path(__file__).parent.parent
DRAFT = loopback.as_draft(case().gold)
#: In a process of its own: Inspect leaves streams behind, which would be warned of here.
SCRIPT = """
import json, sys
from inspect_ai import eval as evaluate
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from evals.inspect_task import summaries

directory, epochs, *answers = sys.argv[1:]
outputs = [ModelOutput.from_content("mockllm/model", answer) for answer in answers]
for output in outputs:
    # Without it Inspect would fetch a tokenizer to count for itself.
    output.usage = ModelUsage(input_tokens=2, output_tokens=1, total_tokens=3)
(log,) = evaluate(
    summaries(directory + "/data"),
    model=get_model("mockllm/model", custom_outputs=outputs),
    epochs=int(epochs),
    log_dir=directory + "/logs",
    display="none",
)
assert log.status == "success", log.error
(scores,) = log.results.scores
print(json.dumps({name: metric.value for name, metric in scores.metrics.items()}))
"""


def evaluated(directory: Path, *answers: str, epochs: int) -> dict[str, float]:
    """The metrics after so many epochs of a mock model that says `answers` in turn."""
    write(directory / "data")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(directory), str(epochs), *answers],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_repeats_reduce_to_pooled_counts(tmp_path: Path) -> None:
    poor = DRAFT.model_copy(update={"who": DRAFT.who[1:]})  # an okay item alone
    found = evaluated(tmp_path, DRAFT.model_dump_json(), poor.model_dump_json(), epochs=2)
    # Found 1 and 0, counted 2 and 1: 2 · 0.5 / 1.5, where a mean of two F1 would say 50.
    assert found["who"] == pytest.approx(100 * 2 / 3)
    assert found["reactions"] == 100


def test_an_answer_that_does_not_fit_scores_as_empty(tmp_path: Path) -> None:
    found = evaluated(tmp_path, "no JSON", epochs=1)
    assert set(found.values()) == {0.0}
