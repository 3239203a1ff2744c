"""The words of the command line: options, their help, and the exit codes."""

from __future__ import annotations

import argparse
from typing import Literal, NoReturn

import summarizer
from summarizer.errors import ConfigurationError, ExitCode

Format = Literal["text", "json", "jsonl", "markdown", "html"]
When = Literal["auto", "always", "never"]
Action = Literal["schema", "doctor", "cache_info", "cache_clear"]

#: As the settings and the logs have them; those are slower to import than `--help` takes.
ENGINES = ("auto", "openai", "extractive")
LOG_LEVELS = ("debug", "info", "warning", "error")

#: The ending of a file that holds a format; what `--output` tells a format by.
ENDINGS: dict[Format, str] = {
    "text": ".txt",
    "json": ".json",
    "jsonl": ".jsonl",
    "markdown": ".md",
    "html": ".html",
}

#: What becomes of an article that a provider's batch gives no answer for.
LEFTOVERS = ("live", "report")

#: The columns of a table of articles, and the endings of files that are read row by row or
#: unpacked.
COLUMNS = ("text", "title", "published", "id")
PACKINGS = (".gz", ".zst")
PACKED = (".jsonl", ".ndjson", ".csv", ".parquet", *PACKINGS)
#: The endings of an output that a batch adds rows to, and of those nothing else can write.
ROWS = (".jsonl", ".ndjson")
TABLES = (".db", ".sqlite", ".sqlite3", ".parquet")

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
    ExitCode.BUDGET: "--max-cost was reached; what was done is written",
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
    _add_output(made.add_argument_group("output"))
    _add_engine(made.add_argument_group("engine"))
    _add_batch(made.add_argument_group("many articles, with --output FILE.jsonl, .db or .parquet"))
    _add_cache(made.add_argument_group("answers that were given before"))
    article = made.add_argument_group("article")
    article.add_argument(
        "--published", metavar="DATE", help="the publication date, YYYY-MM-DD, of the one SOURCE"
    )
    other = made.add_argument_group("other")
    _add_action(other, "schema", "print the record's JSON Schema")
    other.add_argument("--version", action="version", version=f"%(prog)s {summarizer.__version__}")
    return made


def _add_output(out: argparse._ArgumentGroup) -> None:
    out.add_argument("--format", choices=list(ENDINGS), help="the record's form")
    out.add_argument(
        "--output",
        metavar="PATH",
        help="write to a file, or to one file for each article in a folder; .db, .parquet: tables",
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
    out.add_argument(
        "--log-level", choices=LOG_LEVELS, help="log events to standard error, without any text"
    )
    out.add_argument("--log-format", choices=["text", "json"], help="how events are logged")


def _add_engine(engine: argparse._ArgumentGroup) -> None:
    engine.add_argument("--engine", choices=ENGINES, help="auto: a model if one is set up")
    engine.add_argument("--model", help="the model's name")
    engine.add_argument("--base-url", metavar="URL", help="any OpenAI-compatible endpoint")
    engine.add_argument("--timeout", metavar="SECONDS", help="for each article, repairs included")
    engine.add_argument("--fallback-model", metavar="MODEL", help="asked where the model fails")
    engine.add_argument(
        "--max-cost", metavar="USD", help="stop before a request that might cost more in all"
    )
    _add_action(engine, "doctor", "examine the endpoint, the key and the model")


def _add_batch(batch: argparse._ArgumentGroup) -> None:
    batch.add_argument("--jobs", metavar="N", help="articles at once; what is done is kept")
    batch.add_argument("--workers", metavar="N", help="processes beside this one; 0 unless given")
    batch.add_argument("--ordered", action="store_true", help="write in the order of the sources")
    batch.add_argument(
        "--retry-errors", action="store_true", help="ask again what failed for good in a run before"
    )
    batch.add_argument(
        "--provider-batch",
        action="store_true",
        help="ask by the provider's Batch API: half the price, within a day",
    )
    batch.add_argument(
        "--leftovers",
        choices=LEFTOVERS,
        help="what such a batch gives no answer for: ask one by one, or report; live unless given",
    )
    batch.add_argument(
        "--poll", metavar="SECONDS", help="the longest time between two looks at a batch; 60"
    )
    for name in COLUMNS:
        batch.add_argument(
            f"--{name}-column", metavar="NAME", help=f"of a table of articles; {name} unless given"
        )


def _add_cache(cache: argparse._ArgumentGroup) -> None:
    cache.add_argument("--fresh", action="store_true", help="ask anew, and keep the new answer")
    cache.add_argument("--no-cache", action="store_true", help="take no answer and keep none")
    _add_action(cache, "cache_info", "print where answers are kept, and how many")
    _add_action(cache, "cache_clear", "drop every answer that is kept")


def _add_action(group: argparse._ArgumentGroup, name: Action, what: str) -> None:
    """An option that does one thing and takes no SOURCE."""
    option = f"--{name.replace('_', '-')}"
    group.add_argument(option, dest="actions", action="append_const", const=name, help=what)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(message)
