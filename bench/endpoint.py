"""`python -m bench.endpoint`: the loopback server in a process of its own.

It answers with what `editions` has for an article, which is no model's answer. Its base URL
is its only line of output, and it runs until its input ends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import editions
from summarizer import prompts
from summarizer.testing import LoopbackServer, Reply
from summarizer.testing.replies import answer


@contextmanager
def running() -> Iterator[str]:
    """Such a process, to the end of the block; gives its base URL."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.endpoint"],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def main() -> None:
    """Serve until the input ends."""
    replies = {text: answer(draft) for text, draft in editions.answers(editions.cases()).items()}

    def reply(request: dict[str, Any]) -> Reply:
        text = prompts.article_in(request["messages"][1]["content"])
        assert text is not None
        return replies[editions.original(text)]

    with LoopbackServer(then=reply, keep=0) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
