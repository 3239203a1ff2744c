"""What can stop a command, each with the exit code that a CI job reads."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What `python -m evals` exits with."""

    OK = 0
    REGRESSION = 1
    """The gate found a regression, or the linter found something to mend."""
    CONFIGURATION = 2
    """An option, file or baseline is wrong: nothing was decided."""
    INCOMPLETE = 3
    """Answers are missing for reasons that are not the system's: no verdict."""
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    """Whoever read the output stopped reading."""


class EvalsError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.CONFIGURATION


class ConfigurationError(EvalsError):
    """An option, a file or a baseline is wrong, or two of them do not fit together."""


class DataError(ConfigurationError):
    """Articles, gold or readers' records cannot be read; `evals lint` says more."""


class Incomplete(EvalsError):
    """Answers are missing, so that there is nothing to decide on."""

    exit_code = ExitCode.INCOMPLETE
