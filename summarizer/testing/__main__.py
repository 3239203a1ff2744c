"""`python -m summarizer.testing`: the loopback server from a shell."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from summarizer.testing.faults import Faults
from summarizer.testing.replies import FAULTS, Reply
from summarizer.testing.server import LoopbackServer
from summarizer.testing.wordings import REFUSALS

_ABOUT = """\
An OpenAI-compatible server on 127.0.0.1 for tests and development. It is no model: without
a script it answers with what the extractive engine makes of the article in the request,
under the model name `loopback`, and that says nothing about any model. Its base URL is the
first line of its output; it runs until it is interrupted.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m summarizer.testing", description=_ABOUT)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument(
        "--latency", type=float, default=0.0, metavar="SECONDS", help="added to every reply"
    )
    parser.add_argument(
        "--reply",
        action="append",
        default=[],
        choices=sorted(FAULTS),
        metavar="FAULT",
        help="answer the next request with this fault; may be repeated, in order: "
        + ", ".join(sorted(FAULTS)),
    )
    parser.add_argument(
        "--refuse",
        action="append",
        default=[],
        choices=sorted(REFUSALS),
        metavar="PROVIDER/WHAT",
        help="refuse a parameter in this provider's words; may be repeated: "
        + ", ".join(sorted(REFUSALS)),
    )
    parser.add_argument(
        "--fault-rate", type=float, default=0.0, metavar="SHARE", help="from 0 to 1"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the faults at a rate")
    parser.add_argument("--api-key", help="demand this key")
    options = parser.parse_args(arguments)
    if not 0 <= options.fault_rate <= 1:
        parser.error("--fault-rate is from 0 to 1")
    replies: list[Reply] = [FAULTS[name]() for name in options.reply]
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with LoopbackServer(
        *replies,
        refuse=options.refuse,
        faults=Faults(options.fault_rate, seed=options.seed) if options.fault_rate else None,
        api_key=options.api_key,
        latency=options.latency,
        port=options.port,
        keep=0,
    ) as server:
        sys.stdout.write(server.base_url + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
