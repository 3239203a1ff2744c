"""The command line: what may be said on it, and whether it fits together."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, cast

import summarizer
from summarizer.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    import datetime as dt

Format = Literal["text", "json", "jsonl", "markdown", "html"]
When = Literal["auto", "always", "never"]

#: As the settings have them; those are slower to import than `--help` takes.
ENGINES = ("auto", "openai", "extractive")

#: The ending of a file that holds a format; what `--output` tells a format by.
ENDINGS: dict[Format, str] = {
    "text": ".txt",
    "json": ".json",
    "jsonl": ".jsonl",
    "markdown": ".md",
    "html": ".html",
}

#: What each exit code means, as `--help` and docs/cli.md say it.
EXIT_CODES: dict[ExitCode, str] = {
    ExitCode.OK: "every source was summarized",
    ExitCode.SOME_FAILED: "of several sources, at least one failed",
    ExitCode.USAGE: "an option, a setting or a prompt file is wrong",
    ExitCode.INPUT: "the source cannot be read, or holds no article",
    ExitCode.ENGINE_PASSING: "the engine failed in a way that may pass: no connection, timeout, "
    "rate limit",
    ExitCode.ENGINE_FINAL: "the engine failed: key, request, refusal, filter, invalid answer",
    ExitCode.NOTHING_GROUNDED: "the article supports no item of the answer",
    ExitCode.OUTPUT: "the output cannot be written",
    ExitCode.INTERNAL: "a bug",
    ExitCode.INTERRUPTED: "interrupted from the keyboard; what was done is written",
    ExitCode.BROKEN_PIPE: "whoever read the output stopped reading",
}

_EPILOG = """\
A SOURCE is a file (text or HTML), a directory, an http(s) URL, or - for standard input,
which is also read if no SOURCE is given and it is not a terminal.

Formats, if --format is not given: what the ending of --output says, else text on a
terminal, else json for one source and jsonl for several.

Without OPENAI_API_KEY and OPENAI_BASE_URL the extractive engine answers: a baseline
without a model. Settings are also read from the environment and from .env.

exit codes:
"""


class Options(NamedTuple):
    """A command line that fits together.

    `several` tells whether the sources may hold more than one article; it decides the
    shape of JSON, so that this depends on the command and not on what a directory holds.
    """

    sources: tuple[str, ...]
    several: bool
    format: Format
    output: str | None
    into_folder: bool
    engine: str | None
    model: str | None
    base_url: str | None
    timeout: str | None
    published: dt.date | None
    explain: bool
    schema: bool
    quiet: bool
    color: When

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments for `Settings.load`."""
        return {
            "engine": self.engine,
            "model": self.model,
            "base_url": self.base_url,
            "timeout": self.timeout,
        }


def parse(
    arguments: Sequence[str] | None, *, stdin_is_terminal: bool, stdout_is_terminal: bool
) -> Options:
    """The options in `arguments`, or in `sys.argv` if that is None.

    Raises ConfigurationError if they are wrong or contradict each other, and SystemExit
    after `--help` and `--version`.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # argparse does not take `--` where options and sources stand in any order.
    end = words.index("--") if "--" in words else len(words)
    given = parser().parse_intermixed_args(words[:end])
    sources = (*given.sources, *words[end + 1 :])
    if not sources and not given.schema:
        if stdin_is_terminal:
            raise ConfigurationError("no SOURCE is given")
        sources = ("-",)
    _check(given, sources)
    output = None if given.output == "-" else given.output
    into_folder = output is not None and (
        output.endswith(("/", os.sep)) or os.path.isdir(output)  # noqa: PTH112  # pathlib is slow to import
    )
    several = len(sources) > 1 or any(map(_is_folder, sources))
    format_ = _format(
        given, output, several=several, into_folder=into_folder, terminal=stdout_is_terminal
    )
    if format_ == "html" and several and not into_folder:
        raise ConfigurationError(
            "an HTML page holds one article: give --output a folder for several"
        )
    if format_ == "jsonl" and into_folder:
        raise ConfigurationError("--format jsonl is one file: give --output a file, not a folder")
    return Options(
        sources=sources,
        several=several,
        format=format_,
        output=output,
        into_folder=into_folder,
        engine=given.engine,
        model=given.model,
        base_url=given.base_url,
        timeout=given.timeout,
        published=_date(given.published, several=several),
        explain=given.explain,
        schema=given.schema,
        quiet=given.quiet,
        color=given.color,
    )


def parser() -> argparse.ArgumentParser:
    """The parser of the command line. It raises ConfigurationError instead of exiting."""
    made = _Parser(
        prog="summarize",
        usage="summarize [OPTIONS] SOURCE...",
        description="Make a strict record of a news article: what, who, where, when, reactions\n"
        "and background, each item tied to the article's own words.",
        epilog=_EPILOG + "".join(f"  {code:>3}  {what}\n" for code, what in EXIT_CODES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("sources", nargs="*", metavar="SOURCE", help=argparse.SUPPRESS)
    out = made.add_argument_group("output")
    out.add_argument("--format", choices=list(ENDINGS), help="the record's form")
    out.add_argument(
        "--output",
        metavar="PATH",
        help="write to a file, or to one file for each article in a folder",
    )
    out.add_argument(
        "--explain",
        action="store_true",
        help="add how each item was verified, and what was rejected and why",
    )
    out.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="color in text; auto: on a terminal, unless NO_COLOR is set",
    )
    out.add_argument("--quiet", action="store_true", help="no notice and no progress, only errors")
    engine = made.add_argument_group("engine")
    engine.add_argument("--engine", choices=ENGINES, help="auto: a model if one is set up")
    engine.add_argument("--model", help="the model's name")
    engine.add_argument("--base-url", metavar="URL", help="any OpenAI-compatible endpoint")
    engine.add_argument("--timeout", metavar="SECONDS", help="for each article, repairs included")
    article = made.add_argument_group("article")
    article.add_argument(
        "--published", metavar="DATE", help="the publication date, YYYY-MM-DD, of the one SOURCE"
    )
    other = made.add_argument_group("other")
    other.add_argument("--schema", action="store_true", help="print the record's JSON Schema")
    other.add_argument("--version", action="version", version=f"%(prog)s {summarizer.__version__}")
    return made


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(message)


def _check(given: argparse.Namespace, sources: tuple[str, ...]) -> None:
    if given.schema and sources:
        raise ConfigurationError("--schema takes no SOURCE")
    if given.schema and (given.format or given.explain):
        raise ConfigurationError("--schema prints JSON: leave out --format and --explain")
    if given.output == "":
        raise ConfigurationError("--output needs a path")
    if sources.count("-") > 1:
        raise ConfigurationError("standard input can be read only once")
    if given.engine == "extractive":
        for name in ("model", "base_url"):
            if getattr(given, name) is not None:
                option = f"--{name.replace('_', '-')}"
                raise ConfigurationError(f"the extractive engine has no model: leave out {option}")
    if given.explain and given.format not in (None, "text"):
        raise ConfigurationError(
            f"--explain goes with --format text"
            f"{'' if given.format == 'markdown' else f': {given.format} holds all of it anyway'}"
        )


def _format(
    given: argparse.Namespace,
    output: str | None,
    *,
    several: bool,
    into_folder: bool,
    terminal: bool,
) -> Format:
    if given.format:
        return cast("Format", given.format)
    if given.explain:
        return "text"
    if output is not None:
        for name, ending in ENDINGS.items():
            if output.lower().endswith(ending):
                return name
    elif terminal:
        return "text"
    return "jsonl" if several and not into_folder else "json"


def _is_folder(source: str) -> bool:
    return source != "-" and os.path.isdir(source)  # noqa: PTH112  # as above


def _date(text: str | None, *, several: bool) -> dt.date | None:
    if text is None:
        return None
    if several:
        raise ConfigurationError("--published goes with one SOURCE that is no directory")
    import datetime as dt

    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        date = None
    # fromisoformat takes more forms than this one.
    if date is None or date.isoformat() != text:
        raise ConfigurationError("--published must be a date, YYYY-MM-DD")
    return date
