"""The linter: every rule that the guidelines imply, with the file and line to mend."""

from evals.lint.files import lint
from evals.lint.finding import Finding

__all__ = ["Finding", "lint"]
