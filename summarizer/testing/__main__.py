"""`python -m summarizer.testing`: the loopback server from a shell."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import textwrap
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from summarizer.testing.batch_routes import DISTURBANCES, OPERATIONS
from summarizer.testing.batches import STATUSES, USUAL, BatchRules
from summarizer.testing.contexts import TOO_LONG
from summarizer.testing.endpoint import CUT
from summarizer.testing.faults import FAULTS, Faults
from summarizer.testing.ports import unreachable
from summarizer.testing.server import LoopbackServer
from summarizer.testing.stream_wordings import STREAM_REFUSALS
from summarizer.testing.wordings import REFUSALS

_ABOUT = """\
An OpenAI-compatible server on 127.0.0.1 for tests and development. It is no model: without
a script it answers with what the extractive engine makes of the article in the request,
under the model name `loopback`, and that says nothing about any model. Its base URL is the
first line of its output; it runs until it is interrupted. GET /loopback/usage tells the
tokens that it sent, GET /loopback/batches the requests that it ran in batches.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until SIGINT or SIGTERM."""
    given = parser()
    options = given.parse_args(arguments)
    if not 0 <= options.fault_rate <= 1:
        given.error("--fault-rate is from 0 to 1")
    if options.batch_status and options.batch_status[0] != "validating":
        given.error("the first --batch-status is validating")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with contextlib.ExitStack() as running:
        if options.unreachable:
            url = running.enter_context(unreachable())
        else:
            server = running.enter_context(_server(options))
            for call, name in options.disturb:
                server.batches.disturb(call, name)
            url = server.base_url
        sys.stdout.write(url + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


def _server(options: argparse.Namespace) -> LoopbackServer:
    faults = None
    if options.fault_rate:
        kinds = {"kinds": options.fault} if options.fault else {}
        faults = Faults(options.fault_rate, seed=options.seed, **kinds)
    return LoopbackServer(
        *(FAULTS[name] for name in options.reply),
        then=FAULTS[options.then] if options.then else None,
        refuse=options.refuse,
        faults=faults,
        api_key=options.api_key,
        models=options.model or None,
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
        most_at_once=options.most_at_once,
        context_tokens=options.context_tokens,
        too_long=options.too_long,
        cached_tokens=options.cached_tokens,
        reasoning_tokens=options.reasoning_tokens,
        latency=options.latency,
        batches=None if options.no_batches else _rules(options),
        port=options.port,
        keep=0,
    )


def _rules(options: argparse.Namespace) -> BatchRules:
    return BatchRules(
        statuses=options.batch_status or USUAL,
        polls=options.batch_polls,
        seconds=options.batch_seconds,
        folder=options.batch_folder,
    )


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="python -m summarizer.testing",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    made.add_argument("--api-key", help="demand this key")
    made.add_argument(
        "--model", action="append", default=[], metavar="NAME", help="serve only this; repeatable"
    )
    made.add_argument(
        "--latency", type=float, default=0.0, metavar="SECONDS", help="added to every reply"
    )
    made.add_argument(
        "--unreachable", action="store_true", help="refuse every connection at the address printed"
    )
    faults = made.add_argument_group("faults", _listed("A FAULT is one of:", FAULTS))

    def add(flag: str, about: str, **options: Any) -> None:
        faults.add_argument(flag, help=about, choices=sorted(FAULTS), metavar="FAULT", **options)

    add("--reply", "answer the next request so; repeatable", action="append", default=[])
    add("--then", "answer every further request so")
    faults.add_argument(
        "--fault-rate", type=float, default=0.0, metavar="SHARE", help="at random, from 0 to 1"
    )
    add("--fault", "at that rate; repeatable", action="append", default=[])
    faults.add_argument("--seed", type=int, default=0, help="of the faults at a rate")
    refusals = {**REFUSALS, **STREAM_REFUSALS}
    refused = made.add_argument_group("refusals", _listed("PROVIDER/WHAT is one of:", refusals))
    refused.add_argument(
        "--refuse",
        action="append",
        default=[],
        choices=sorted(refusals),
        metavar="PROVIDER/WHAT",
        help="refuse a parameter in this provider's words; repeatable",
    )
    _add_batches(made)
    wordings = [CUT, *TOO_LONG]
    limits = made.add_argument_group("limits", _listed("A WORDING is one of:", wordings))
    for name in ("requests-per-minute", "tokens-per-minute", "most-at-once", "context-tokens"):
        limits.add_argument(f"--{name}", type=int, metavar="N")
    limits.add_argument(
        "--too-long",
        choices=wordings,
        default="openai",
        metavar="WORDING",
        help="how a prompt over --context-tokens is refused; `cut` drops its beginning instead",
    )
    for name in ("cached-tokens", "reasoning-tokens"):
        limits.add_argument(f"--{name}", type=int, default=0, metavar="N", help="told as usage")
    return made


def _add_batches(made: argparse.ArgumentParser) -> None:
    """The options of /v1/files and /v1/batches."""
    about = "\n\n".join(
        [_listed("A CALL is one of:", OPERATIONS), _listed("A NAME is one of:", DISTURBANCES)]
    )
    batches = made.add_argument_group("batches", about)
    batches.add_argument(
        "--no-batches", action="store_true", help="have neither /v1/files nor /v1/batches"
    )
    batches.add_argument(
        "--batch-status",
        action="append",
        default=[],
        choices=STATUSES,
        metavar="STATUS",
        help="have these in turn; repeatable",
    )
    batches.add_argument(
        "--batch-polls", type=int, default=1, metavar="N", help="polls that each status lasts; 1"
    )
    batches.add_argument(
        "--batch-seconds", type=float, default=0.0, metavar="SECONDS", help="that each lasts; 0"
    )
    batches.add_argument(
        "--batch-folder", type=Path, metavar="DIR", help="keep files and batches for a next server"
    )
    batches.add_argument(
        "--disturb",
        action="append",
        default=[],
        type=_disturbance,
        metavar="CALL=NAME",
        help="spoil the next such call; repeatable",
    )


def _disturbance(given: str) -> tuple[str, str]:
    call, _, name = given.partition("=")
    if call not in OPERATIONS or name not in DISTURBANCES:
        raise argparse.ArgumentTypeError(f"there is no {given!r}")
    return call, name


def _listed(title: str, names: Iterable[str]) -> str:
    """The names in lines of text; none is broken, so that each can be copied."""
    text = f"{title} {', '.join(sorted(names))}."
    return textwrap.fill(text, 76, break_on_hyphens=False, break_long_words=False)


if __name__ == "__main__":
    sys.exit(main())
