"""`summarize`: sources in, records out, one sentence for each that fails.

Nothing heavy is imported before the command line is known to be right.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from summarizer.cli.messages import OutputError, report, say, sentence
from summarizer.cli.options import Options, parse
from summarizer.errors import AuthenticationFailed, ConfigurationError, ExitCode

if TYPE_CHECKING:
    from summarizer.article import Article
    from summarizer.cli.output import Output
    from summarizer.schema import Summary
    from summarizer.settings import Settings

#: Longer lines, in cells, are hard to read, however wide the terminal is.
_MEASURE = 100


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
    if options.schema:
        return _print_schema(options)

    from summarizer.cli.output import open_output
    from summarizer.settings import Settings

    settings = Settings.load(**options.settings)
    _check(options, settings)
    cells = _cells()
    output = open_output(options, sys.stdout, cells=cells)
    try:
        return _run(options, settings, output, cells=cells)
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


def _print_schema(options: Options) -> ExitCode:
    import json

    from summarizer.cli.output import open_output
    from summarizer.schema import json_schema

    output = open_output(options, sys.stdout, cells=_cells())
    try:
        output.add(json.dumps(json_schema(), indent=2), "")
    finally:
        output.close()
    return ExitCode.OK


def _check(options: Options, settings: Settings) -> None:
    """Raise ConfigurationError for options that the settings leave without a meaning."""
    if settings.resolved_engine == "extractive" and options.model is not None:
        raise ConfigurationError("--model needs an endpoint: set OPENAI_API_KEY or OPENAI_BASE_URL")


def _announce(options: Options, settings: Settings) -> None:
    """Say so if there is no model and nobody asked for none."""
    if not options.quiet and settings.engine == "auto" and settings.resolved_engine == "extractive":
        say(
            "no OPENAI_API_KEY or OPENAI_BASE_URL is set: using the extractive engine, "
            "a baseline without a model."
        )


def _run(options: Options, settings: Settings, output: Output, *, cells: int) -> ExitCode:
    """Summarize every source, in order. What fails is reported; the rest goes on."""
    import asyncio

    from summarizer.pipeline import Summarizer

    codes: list[ExitCode] = []
    # One event loop for all; an interrupt cancels what is running on it.
    with asyncio.Runner() as runner:
        summarizer = Summarizer(settings)
        _announce(options, settings)
        render = _renderer(options, cells)

        def make(article: Article) -> str:
            return render(runner.run(summarizer.asummarize(article)), article)

        try:
            for done in _outcomes(options, settings, make, cells=cells):
                if isinstance(done, _Record):
                    output.add(done.text, done.location)
                    continue
                report(done.error, done.location if options.several else "")
                codes.append(getattr(done.error, "exit_code", ExitCode.INTERNAL))
                if isinstance(done.error, AuthenticationFailed):
                    break  # the next request would be refused as well
        finally:
            runner.run(summarizer.aclose())
    if not codes:
        return ExitCode.OK
    return ExitCode.SOME_FAILED if options.several else codes[0]


class _Record(NamedTuple):
    """The rendered record of one source."""

    location: str
    text: str


class _Failure(NamedTuple):
    """Why one source has no record."""

    location: str
    error: Exception


def _outcomes(
    options: Options, settings: Settings, make: Callable[[Article], str], *, cells: int
) -> Iterator[_Record | _Failure]:
    """What becomes of each source, in order, as it is done."""
    import dataclasses

    from summarizer import sources
    from summarizer.cli.progress import Progress

    progress = Progress(_progress_stream(options), cells=cells)
    model = settings.model if settings.resolved_engine == "openai" else "extractive engine"
    for source in sources.expand(options.sources, settings=settings):
        location = "standard input" if source.location == "-" else source.location
        try:
            with progress.showing(f"{location.rstrip('/').rpartition('/')[2]} · {model}"):
                article = source.load()
                if options.published is not None:
                    article = dataclasses.replace(
                        article, published=options.published, published_from="caller"
                    )
                record = _Record(location, make(article))
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001  # a bug met by one article spares the others
            yield _Failure(location, error)
        else:
            yield record


def _renderer(options: Options, cells: int) -> Callable[[Summary, Article], str]:
    """Makes a record in the chosen format, without its last line end."""
    from summarizer import render

    terminal = sys.stdout is not None and sys.stdout.isatty()
    colour = _coloured(options, os.environ, terminal=terminal)

    def rendered(summary: Summary, article: Article) -> str:
        match options.format:
            case "json":
                return render.to_json(summary)
            case "jsonl":
                return render.to_json(summary, indent=None)
            case "html":
                return render.to_html(summary, article)
            case "markdown":
                return render.to_markdown(summary)
            case "text":
                text = render.to_text(summary, colour=colour, width=cells)
                if options.explain:
                    text += "\n" + render.to_explanation(summary, colour=colour, width=cells)
                return text

    return lambda summary, article: rendered(summary, article).removesuffix("\n")


def _coloured(options: Options, environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether text is coloured: option, NO_COLOR, FORCE_COLOR, terminal, in this order."""
    if options.color != "auto":
        return options.color == "always"
    if environ.get("NO_COLOR") or options.output is not None:
        return False
    if environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and environ.get("TERM") != "dumb"


def _progress_stream(options: Options) -> TextIO | None:
    """Standard error, if it is a terminal that can rub out a line and nobody types on it."""
    typed = "-" in options.sources and sys.stdin is not None and sys.stdin.isatty()
    if options.quiet or typed or os.environ.get("TERM") == "dumb":
        return None
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None


def _cells() -> int:
    import shutil

    return min(shutil.get_terminal_size().columns, _MEASURE)
