"""A worker process: the pure parts of an article's way, one job after the other.

It reads jobs from its standard input and writes answers to its standard output, each a
pickle behind its length, as `workers` sends and reads them. Both ends are this package's
own, of one version, and nobody else has the pipes. Its input ends when the process that
started it closes it or dies, however that happens; then it ends too, at once.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import queue
import signal
import struct
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any

#: In front of each pickle: its length in bytes.
LENGTH = struct.Struct("!I")

#: The first answer, to no job: the process is ready.
READY = 0


def pack(value: object) -> bytes:
    """A message as it goes through a pipe."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data


def main() -> None:
    """Work until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    jobs, answers = _pipes()
    from summarizer.pipeline.tasks import TASKS

    gc.freeze()  # what was loaded stays
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs, waiting), daemon=True).start()
    answers.write(pack((READY, True, None)))
    while True:
        answers.write(_answer(waiting.get(), TASKS))


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Both, where nothing else finds them: what is printed goes to standard error."""
    jobs = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return jobs, _Whole(answers)  # type: ignore[return-value] # it only writes


class _Whole:
    """Writes all of it: a pipe takes as much as there is room for."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._pipe.write(rest) :]
        except OSError:
            os._exit(0)  # nobody reads any more


def _listen(jobs: IO[bytes], waiting: queue.SimpleQueue[bytes]) -> None:
    """Read jobs, also while one is done: so the end of the input is never missed."""
    with contextlib.suppress(OSError):
        while len(head := jobs.read(LENGTH.size)) == LENGTH.size:
            (size,) = LENGTH.unpack(head)
            data = jobs.read(size)
            if len(data) < size:
                break
            waiting.put(data)
    os._exit(0)


def _answer(job: bytes, tasks: Mapping[str, Callable[..., Any]]) -> bytes:
    number, name, arguments = pickle.loads(job)  # noqa: S301 - from our own other end
    try:
        return pack((number, True, tasks[name](*arguments)))
    except Exception as error:  # noqa: BLE001 - it is raised at the other end
        # Neither a cause nor a traceback goes along: they may hold the article's text.
        try:
            told = pack((number, False, error))
            pickle.loads(told[LENGTH.size :])  # noqa: S301 - what was just made
        except Exception:  # noqa: BLE001 - some exceptions cannot be pickled, or not be read again
            return pack((number, False, RuntimeError(f"{type(error).__name__} in a worker")))
        return told
