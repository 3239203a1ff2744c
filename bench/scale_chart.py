"""`python -m bench.scale_chart`: draws what `bench.scale --json` kept, with matplotlib."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any


def draw(report: dict[str, Any], path: Path) -> None:
    """Memory and processor time for an article over the rows written, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    # The same samples give the same file, and text stays text.
    mpl.rcParams.update({"svg.hashsalt": "batch-memory", "svg.fonttype": "none"})
    samples = [sample for sample in report["samples"] if sample["rows"] and sample["memory"]]
    rows = [sample["rows"] for sample in samples]
    # The pace between samples that are a fiftieth of the articles apart.
    marks = [samples[0]]
    for sample in samples:
        if sample["rows"] - marks[-1]["rows"] >= report["articles"] / 50:
            marks.append(sample)
    paces = [
        (later["rows"], (later["cpu"] - sooner["cpu"]) * 1000 / (later["rows"] - sooner["rows"]))
        for sooner, later in pairwise(marks)
    ]
    figure, (memory, pace) = plt.subplots(2, 1, figsize=(8, 5), sharex=True, layout="constrained")
    memory.plot(rows, [sample["memory"] / 2**20 for sample in samples], label="the command")
    if report["workers"]:
        others = [sample["worker_memory"] / 2**20 for sample in samples]
        memory.plot(rows, others, label=f"its {report['workers']} worker processes together")
        memory.legend(loc="lower right", frameon=False)
    memory.set(ylabel="resident memory, MiB")
    pace.plot(*zip(*paces, strict=True), color="tab:green")
    pace.set(ylabel="processor time\nfor an article, ms", xlabel="rows written")
    for axes in (memory, pace):
        axes.set_xlim(0, report["articles"])
        axes.set_ylim(0, axes.get_ylim()[1] * 1.2)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    memory.set_title(f"A batch of {report['articles']:,} small articles, {report['engine']} engine")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    # matplotlib leaves blanks at ends of lines, which no file here has.
    lines = path.read_text("utf-8").splitlines()
    path.write_text("".join(line.rstrip() + "\n" for line in lines), "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw one report."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale_chart", description=__doc__)
    parser.add_argument("report", type=Path, help="what --json of bench.scale wrote")
    parser.add_argument("chart", type=Path, help="the SVG to write")
    options = parser.parse_args(arguments)
    draw(json.loads(options.report.read_text("utf-8")), options.chart)


if __name__ == "__main__":
    main()
