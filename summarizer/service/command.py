"""`summarize-server`: what its command line says, and its exit codes."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

import summarizer
from summarizer import logs
from summarizer.cli import messages
from summarizer.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from summarizer.settings import Settings

_PROGRAM: Final = "summarize-server"

#: What the service cannot do without, by the extra's name.
_NEEDED = ("fastapi", "uvicorn", "httptools", "prometheus_client")

_MOST_WORKERS = 8

#: Options of the service, of its engine, and what each is for.
SERVICE: Final = {
    "host": ("ADDRESS", "where to listen; keys are required for any but this machine's own"),
    "port": ("N", "the port, 8000 unless given; 0 takes a free one"),
    "keys-file": ("FILE", "the lines of the API keys that are known"),
    "requests-per-minute": ("N", "for each key that has no limit of its own"),
    "cost-per-day": ("USD", "for each key that has no limit of its own"),
    "running": ("N", "articles that are worked on at once"),
    "queue": ("N", "articles that may wait for their turn"),
    "queue-timeout": ("SECONDS", "for how long they wait"),
    "max-body-bytes": ("N", "the largest body of a request"),
    "body-timeout": ("SECONDS", "until a body must be whole"),
    "header-timeout": ("SECONDS", "until headers must be whole"),
    "max-header-bytes": ("N", "the longest headers of a request"),
    "max-connections": ("N", "connections at once"),
    "allow-models": ("NAMES", "models that a request may choose, with commas between"),
    "allow-origins": ("ORIGINS", "of pages that may use the service, with commas between"),
    "idempotency-seconds": ("SECONDS", "for how long the answer to an Idempotency-Key is kept"),
    "idempotency-bytes": ("N", "how much of such answers is kept"),
    "shutdown-delay": ("SECONDS", "between the signal to stop and the last new connection"),
    "drain-timeout": ("SECONDS", "for what is under way when the service stops"),
    "data-dir": ("FOLDER", "where batches are kept"),
    "data-bytes": ("N", "how large the file of batches may become before no more are taken"),
    "batch-articles": ("N", "the most articles of a batch"),
    "batch-bytes": ("N", "the largest batch that is sent in lines"),
    "batches-per-key": ("N", "batches of a key that are not done"),
    "batch-days": ("DAYS", "for how long a batch is kept when it is done"),
}
ENGINE: Final = {
    "engine": ("ENGINE", "auto, openai or extractive"),
    "model": ("MODEL", "the model's name"),
    "base-url": ("URL", "any OpenAI-compatible endpoint"),
    "timeout": ("SECONDS", "for each article, over everything that is done for it"),
    "fallback-model": ("MODEL", "the model that is asked where the first one fails"),
    "max-cost": ("USD", "what all articles together may cost"),
    "workers": ("N", "processes for what needs the processor; one for each core unless given"),
}

_EPILOG = """\
Every option of the service is also a variable: --max-body-bytes is
SUMMARIZE_SERVER_MAX_BODY_BYTES, in the environment or in .env. SUMMARIZE_SERVER_KEYS holds
lines of keys. docs/service.md says more.

exit codes:
    0  stopped, and what was under way was finished
    1  stopped, and what was under way took longer than --drain-timeout
    2  an option, a setting or the file of keys is wrong, or the address cannot be had
   70  a bug
  130  stopped at once, by a second signal
"""


def run(arguments: Sequence[str] | None) -> int:
    """Do what the command line asks for. Returns the exit code."""
    try:
        return _run(arguments)
    except SystemExit as done:  # --help and --version end so
        return ExitCode.OK if done.code == 0 else ExitCode.USAGE
    except ConfigurationError as error:
        say(f"{str(error).rstrip('.')}. See summarize-server --help.")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001  # the last resort: a sentence, no traceback
        messages.report_bug(error, program=_PROGRAM)
        return ExitCode.INTERNAL


def say(text: str) -> None:
    """Write a line on standard error. If nobody can read it, nobody is told."""
    messages.say(text, program=_PROGRAM)


def parser() -> argparse.ArgumentParser:
    """The parser of the command line. It raises ConfigurationError instead of exiting."""
    made = _Parser(
        prog=_PROGRAM,
        usage="summarize-server [OPTIONS]",
        description="Serve records of news articles over HTTP, and a page that shows them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    service = made.add_argument_group("service")
    for name, (metavar, what) in SERVICE.items():
        service.add_argument(f"--{name}", metavar=metavar, help=what)
    service.add_argument(
        "--allow-urls",
        action="store_true",
        default=None,
        help="let requests name a URL, which the service then fetches",
    )
    engine = made.add_argument_group("engine")
    for name, (metavar, what) in ENGINE.items():
        engine.add_argument(f"--{name}", metavar=metavar, help=what)
    other = made.add_argument_group("other")
    other.add_argument("--make-key", metavar="NAME", help="print a new key and its line")
    other.add_argument(
        "--log-level",
        choices=logs.LEVELS,
        default="info",
        help="log events to standard error; info, unless given, has one for each request",
    )
    other.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="of the log's lines"
    )
    other.add_argument("--version", action="version", version=f"%(prog)s {summarizer.__version__}")
    return made


def _run(arguments: Sequence[str] | None) -> int:
    given = parser().parse_args(arguments)
    if given.make_key is not None:
        return _make_key(given.make_key)
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"the service needs the extra `service`: {missing[0]} is not installed; "
            "pip install 'article-summarizer[service]'"
        )
    from summarizer.service.config import ENVIRONMENT, ServiceConfig
    from summarizer.settings import Settings

    config = ServiceConfig.load(**_values(given, ENVIRONMENT))
    settings = with_workers(
        Settings.load(**_values(given, [name.replace("-", "_") for name in ENGINE])), given.workers
    )
    logs.configure(given.log_level, as_json=given.log_format == "json")

    from summarizer.service.server import serve

    return serve(settings, config, say=say)


def _values(given: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(given, name, None) for name in names}


def with_workers(settings: Settings, option: str | None) -> Settings:
    """The settings with a worker for each core, unless someone chose their number."""
    from summarizer.settings import ENVIRONMENT, from_env_file

    variable = ENVIRONMENT["workers"]
    if option or os.environ.get(variable) or from_env_file(None).get(variable):
        return settings
    return dataclasses.replace(settings, workers=min(os.cpu_count() or 1, _MOST_WORKERS))


def _make_key(name: str) -> int:
    from summarizer.service import auth

    key, known = auth.make(name)
    say("give the key to who uses it, and the line to the service; the key is not kept.")
    print(f"key:  {key}\nline: {known}")  # noqa: T201 - what was asked for
    return ExitCode.OK


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(message)
