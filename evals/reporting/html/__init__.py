"""The HTML report: one file, no script, nothing loaded from anywhere."""

from evals.reporting.html.page import html

__all__ = ["html"]
