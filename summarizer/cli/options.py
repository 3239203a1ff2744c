"""What a command line asks for, and whether it fits together."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from summarizer.cli.parser import (
    COLUMNS,
    ENDINGS,
    PACKED,
    PACKINGS,
    ROWS,
    TABLES,
    Action,
    Format,
    When,
    parser,
)
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    import datetime as dt

    from summarizer.logs import Level

#: The options that have nothing to do with an action's own question go with none.
_GO_WITH: dict[Action, frozenset[str]] = {
    "schema": frozenset({"output"}),
    "cache_info": frozenset({"format", "output"}),
    "cache_clear": frozenset(),
    "doctor": frozenset(
        {"format", "output", "engine", "model", "base_url", "timeout", "fallback_model"}
        | {"max_cost", "no_cache", "log_level", "log_format"}
    ),
}
#: Those that say nothing about what is done.
_ALWAYS = frozenset({"sources", "actions", "quiet", "color"})
#: Those that ask something of a model.
_OF_MODELS = ("model", "base_url", "fallback_model", "max_cost", "provider_batch", "fresh")
#: Those that make a batch of any sources.
_OF_BATCHES = (
    "jobs",
    "ordered",
    "retry_errors",
    "provider_batch",
    *(f"{name}_column" for name in COLUMNS),
)
_MOST_JOBS = 10_000
_LONGEST_POLL = 3600.0


class Options(NamedTuple):
    """A command line that fits together.

    `several` tells whether the sources may hold more than one article; it decides the
    shape of JSON, so that this depends on the command and not on what a directory holds.
    With `batch` the output is a file of rows that the run adds to.
    With an `action` that is done, and there are no sources.
    """

    sources: tuple[str, ...]
    several: bool
    action: Action | None
    format: Format
    output: str | None
    into_folder: bool
    engine: str | None
    model: str | None
    base_url: str | None
    timeout: str | None
    fallback_model: str | None
    max_cost: str | None
    workers: str | None
    fresh: bool
    no_cache: bool
    batch: bool
    jobs: int | None
    ordered: bool
    retry_errors: bool
    provider_batch: bool
    leftovers: Literal["live", "report"]
    poll: float | None
    columns: dict[str, str]
    published: dt.date | None
    explain: bool
    quiet: bool
    color: When
    log_level: Level | None
    log_as_json: bool

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments for `Settings.load`."""
        return {
            "engine": self.engine,
            "model": self.model,
            "base_url": self.base_url,
            "timeout": self.timeout,
            "fallback_model": self.fallback_model,
            "max_cost": self.max_cost,
            "concurrency": self.jobs,
            "workers": self.workers,
            "cache": False if self.no_cache else None,
        }

    @property
    def model_option(self) -> str | None:
        """An option that asks something of a model, if one was given."""
        if self.action == "doctor":
            return "--doctor"
        # A batch has a new file with --fresh, whoever answers.
        asking = [name for name in _OF_MODELS if not (self.batch and name == "fresh")]
        return next((_option(name) for name in asking if getattr(self, name)), None)


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
    action = _action(given, sources)
    if not sources and action is None:
        if stdin_is_terminal:
            raise ConfigurationError("no SOURCE is given")
        sources = ("-",)
    _check(given, sources)
    output = None if given.output == "-" else given.output
    into_folder = output is not None and (
        output.endswith(("/", os.sep)) or os.path.isdir(output)  # noqa: PTH112  # pathlib is slow to import
    )
    several = len(sources) > 1 or any(map(_is_folder, sources))
    if output is not None and not into_folder:
        _check_ending(output)
    if action is None:
        format_ = _format(
            given, output, several=several, into_folder=into_folder, terminal=stdout_is_terminal
        )
    else:
        format_ = _format_of_action(given, action, output, into_folder=into_folder)
    if format_ == "html" and several and not into_folder:
        raise ConfigurationError(
            "an HTML page holds one article: give --output a folder for several"
        )
    if format_ == "jsonl" and into_folder:
        raise ConfigurationError("--format jsonl is one file: give --output a file, not a folder")
    batch = action is None and _is_batch(given, sources, format_, output, into_folder=into_folder)
    _check_fresh(given, batch=batch)
    several = several or (batch and any(map(_is_packed, sources)))
    return Options(
        sources=sources,
        several=several,
        action=action,
        format=format_,
        output=output,
        into_folder=into_folder,
        engine=given.engine,
        model=given.model,
        base_url=given.base_url,
        timeout=given.timeout,
        fallback_model=given.fallback_model,
        max_cost=given.max_cost,
        workers=given.workers,
        fresh=given.fresh,
        no_cache=given.no_cache,
        batch=batch,
        jobs=_jobs(given.jobs),
        ordered=given.ordered,
        retry_errors=given.retry_errors,
        provider_batch=given.provider_batch,
        leftovers=given.leftovers or "live",
        poll=_poll(given.poll),
        columns=_columns(given),
        published=_date(given.published, several=several),
        explain=given.explain,
        quiet=given.quiet,
        color=given.color,
        log_level=given.log_level,
        log_as_json=given.log_format == "json",
    )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _action(given: argparse.Namespace, sources: tuple[str, ...]) -> Action | None:
    """What is to be done instead of summarizing, and that nothing else was asked for."""
    if not given.actions:
        return None
    action, *others = dict.fromkeys(given.actions)
    if others:
        raise ConfigurationError(f"{_option(action)} and {_option(others[0])} are two commands")
    if sources:
        raise ConfigurationError(f"{_option(action)} takes no SOURCE")
    fitting = _GO_WITH[action] | _ALWAYS
    for name, value in vars(given).items():
        if value not in (None, False) and name not in fitting:
            raise ConfigurationError(f"{_option(action)} does not go with {_option(name)}")
    return cast("Action", action)


def _check(given: argparse.Namespace, sources: tuple[str, ...]) -> None:
    if given.output == "":
        raise ConfigurationError("--output needs a path")
    if sources.count("-") > 1:
        raise ConfigurationError("standard input can be read only once")
    if given.engine == "extractive":
        for name in _OF_MODELS:
            if name != "fresh" and getattr(given, name) not in (None, False):
                raise ConfigurationError(
                    f"the extractive engine has no model: leave out {_option(name)}"
                )
        if given.actions:
            raise ConfigurationError(
                "the extractive engine has no endpoint: leave out --engine or --doctor"
            )
    _check_provider_batch(given, sources)
    if given.log_format and not given.log_level:
        raise ConfigurationError("--log-format needs --log-level")
    if given.explain and given.format not in (None, "text"):
        raise ConfigurationError(
            f"--explain goes with --format text"
            f"{'' if given.format == 'markdown' else f': {given.format} holds all of it anyway'}"
        )


def _is_batch(
    given: argparse.Namespace,
    sources: tuple[str, ...],
    format_: Format,
    output: str | None,
    *,
    into_folder: bool,
) -> bool:
    """Whether rows are added to a file: if that is asked for, or a directory goes into one."""
    asked = next((name for name in _OF_BATCHES if getattr(given, name) not in (None, False)), None)
    table = output is not None and not into_folder and output.lower().endswith(TABLES)
    fitting = (
        format_ == "jsonl"
        and output is not None
        and output.lower().endswith((*ROWS, *TABLES))
        and (os.path.isfile(output) or not os.path.exists(output))  # noqa: PTH110, PTH113  # as above
    )
    if table and not fitting:
        raise ConfigurationError(
            "--output FILE.db and FILE.parquet have a form of their own: "
            "leave out --format and --explain"
        )
    if table:
        return True
    if asked is not None and not fitting:
        raise ConfigurationError(f"{_option(asked)} needs --output FILE{ENDINGS['jsonl']}")
    many = any(_is_folder(source) or _is_packed(source) for source in sources)
    return fitting and (asked is not None or many)


def _check_ending(output: str) -> None:
    """Refuse a name that says what the file would not hold."""
    ending = os.path.splitext(output)[1].lower()  # noqa: PTH122  # as above
    if ending in PACKINGS:
        raise ConfigurationError(f"--output is not packed: leave out {ending}")
    if ending == ".csv":
        raise ConfigurationError("a record has no CSV: give --output FILE.db or FILE.parquet")


def _columns(given: argparse.Namespace) -> dict[str, str]:
    """The names of a table's columns, of those that were given."""
    named = {name: getattr(given, f"{name}_column") for name in COLUMNS}
    return {name: column for name, column in named.items() if column is not None}


def _check_fresh(given: argparse.Namespace, *, batch: bool) -> None:
    """A batch with --fresh has a new file, also where no answer is kept."""
    if batch or not given.fresh:
        return
    if given.engine == "extractive":
        raise ConfigurationError("the extractive engine has no model: leave out --fresh")
    if given.no_cache:
        raise ConfigurationError("--fresh keeps the new answer, and --no-cache keeps none")


def _check_provider_batch(given: argparse.Namespace, sources: tuple[str, ...]) -> None:
    """What belongs to a provider's batch, and what does not go with one."""
    for name in ("leftovers", "poll"):
        if getattr(given, name) is not None and not given.provider_batch:
            raise ConfigurationError(f"{_option(name)} needs --provider-batch")
    if given.provider_batch and "-" in sources:
        raise ConfigurationError(
            "--provider-batch reads each SOURCE more than once: name a file, not standard input"
        )
    if given.leftovers == "report" and given.fallback_model:
        raise ConfigurationError(
            "--leftovers report asks nobody: leave it out, or leave out --fallback-model"
        )


def _poll(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_POLL:
        raise ConfigurationError("--poll must be a number of seconds, an hour at most")
    return seconds


def _jobs(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_JOBS):
        raise ConfigurationError(f"--jobs must be a whole number from 1 to {_MOST_JOBS:,}")
    return int(text)


def _format_of_action(
    given: argparse.Namespace, action: Action, output: str | None, *, into_folder: bool
) -> Format:
    """An action prints text unless it is asked for JSON; the schema is JSON."""
    if into_folder:
        raise ConfigurationError(f"{_option(action)} is one file: give --output a file")
    if given.format not in (None, "text", "json"):
        raise ConfigurationError(f"{_option(action)} prints text or json")
    ending = output is not None and output.lower().endswith(ENDINGS["json"])
    return "json" if action == "schema" or given.format == "json" or ending else "text"


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
    if output is not None and not into_folder and output.lower().endswith((*ROWS, *TABLES)):
        return "jsonl"
    if output is not None:
        for name, ending in ENDINGS.items():
            if output.lower().endswith(ending):
                return name
    elif terminal:
        return "text"
    return "jsonl" if several and not into_folder else "json"


def _is_folder(source: str) -> bool:
    return source != "-" and os.path.isdir(source)  # noqa: PTH112  # as above


def _is_packed(source: str) -> bool:
    """Whether a batch reads this as a table, or unpacks it."""
    return "://" not in source and source.lower().endswith(PACKED)


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
