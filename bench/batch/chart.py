"""The results as a chart: a page of its own colours, the same bytes for the same results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.batch.cells import SUBJECTS, Result

#: Colours that are told apart, also by the colour-blind, on white and on black.
_COLORS = {
    "aiohttp": "#8a8a8a",
    "map": "#e69f00",
    "file": "#c47f00",
    "map+1": "#2f9ee0",
    "file+1": "#1b7bb5",
    "openai": "#cc79a7",
    "instructor": "#e0562b",
    "langextract": "#0aa06e",
}
_DASHED = {"aiohttp", "file", "file+1"}
_INK = "#808080"


def draw(results: Sequence[Result], path: Path) -> None:
    """Write the chart as SVG: a panel for each latency, a line for each subject."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    known = [r for r in results if not r.cell.jitter and r.cell.size == "small"]
    latencies = sorted({result.cell.latency for result in known})
    settings = {
        "svg.hashsalt": "batch", "svg.fonttype": "none", "font.family": "sans-serif",
        "text.color": _INK, "axes.edgecolor": _INK, "axes.labelcolor": _INK,
        "xtick.color": _INK, "ytick.color": _INK,
    }  # fmt: skip
    with mpl.rc_context(settings):
        figure, found = plt.subplots(
            1, len(latencies), figsize=(9, 4), sharey=True, squeeze=False, layout="constrained"
        )
        for axes, latency in zip(found[0], latencies, strict=True):
            _panel(axes, [r for r in known if r.cell.latency == latency])
            axes.set_title(f"answers after {latency:g} s", fontsize=10)
        found[0][0].set_ylabel("% of the ideal rate")
        handles, names = found[0][0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside right center", frameon=False, fontsize=9)
        # No date and no name of the program: the same results give the same bytes.
        figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})
        plt.close(figure)


def _panel(axes: Any, results: Sequence[Result]) -> None:
    for subject, (name, _) in SUBJECTS.items():
        points = sorted(
            (r.cell.concurrency, 100 * r.efficiency) for r in results if r.subject == subject
        )
        if points:
            axes.plot(
                *zip(*points, strict=True), label=name, color=_COLORS[subject], marker="o",
                markersize=4, linestyle="--" if subject in _DASHED else "-",
            )  # fmt: skip
    counts = sorted({result.cell.concurrency for result in results})
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.set_ylim(0, 102)
    axes.set_xlabel("articles at once")
    axes.grid(alpha=0.25, color=_INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
