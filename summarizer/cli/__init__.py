"""`summarize`: sources in, records out, one sentence for each that fails.

Nothing heavy is imported before the command line is known to be right.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from summarizer.cli.messages import OutputError, report, say, sentence
from summarizer.cli.options import Options, parse
from summarizer.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from summarizer.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `summarize` with these arguments, or with those of the process.

    Returns the exit code.
    """
    try:
        return _main(arguments)
    except SystemExit as done:
        # --help and --version end so. What they print is still to be handed on.
        return _flush() if done.code == 0 else ExitCode.USAGE
    except ConfigurationError as error:
        say(f"{sentence(error)} See summarize --help.")
        return ExitCode.USAGE
    except OutputError as error:
        report(error, "")
        return ExitCode.OUTPUT
    except BrokenPipeError:
        return ExitCode.BROKEN_PIPE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001  # the last resort: a sentence, no traceback
        report(error, "")
        return ExitCode.INTERNAL


def _main(arguments: Sequence[str] | None) -> ExitCode:
    options = parse(
        arguments,
        stdin_is_terminal=sys.stdin is None or sys.stdin.isatty(),
        stdout_is_terminal=sys.stdout is not None and sys.stdout.isatty(),
    )
    if options.action == "schema":
        from summarizer.cli.actions import print_schema

        return print_schema(options)

    from summarizer.cli import events, terminal
    from summarizer.settings import Settings

    settings = Settings.load(**options.settings)
    _check(options, settings)
    cells = terminal.cells()
    with events.followed(options, settings) as notices:
        if options.action is not None:
            from summarizer.cli.actions import act

            return act(options, settings, cells=cells, colour=terminal.colour(options))

        if options.batch:
            from summarizer.cli.batch import run_batch

            return run_batch(options, settings, notices, cells=cells)

        from summarizer.cli.output import open_output
        from summarizer.cli.run import run

        output = open_output(options, sys.stdout, cells=cells)
        try:
            return run(options, settings, output, notices, cells=cells)
        finally:
            output.close()


def _flush() -> ExitCode:
    try:
        sys.stdout.flush()
    except OSError as error:
        from summarizer.cli.output import give_up

        give_up(sys.stdout)
        return ExitCode.BROKEN_PIPE if isinstance(error, BrokenPipeError) else ExitCode.OUTPUT
    return ExitCode.OK


def _check(options: Options, settings: Settings) -> None:
    """Raise ConfigurationError for options that the settings leave without a meaning."""
    if settings.resolved_engine == "extractive" and (option := options.model_option) is not None:
        raise ConfigurationError(
            f"{option} needs an endpoint: set OPENAI_API_KEY or OPENAI_BASE_URL"
        )
