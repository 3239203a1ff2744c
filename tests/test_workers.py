"""Worker processes: the same records, errors as they are, and no process left behind."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from summarizer import Settings, Summarizer
from summarizer.article import Article
from summarizer.engines.extractive import draft
from summarizer.errors import ConfigurationError, EmptyArticle, UnreadableSource, WorkerLost
from summarizer.grounding import EvidenceIndex, ground
from summarizer.pipeline import Verified
from summarizer.pipeline.tasks import TASKS, heard, told
from summarizer.pipeline.workers import Workers
from summarizer.render import to_json
from summarizer.schema import FIELD_NAMES, Summary
from summarizer.testing import LoopbackServer, Reply, answers
from tests.long_articles import long_article
from tests.wire_support import TEXT

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent
CORPUS = sorted((ROOT / "tests/corpus").glob("*/articles/*.txt"))

#: A worker with tasks that no article has: they end it, hold it up, and fail.
_PROGRAM = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from summarizer.pipeline import tasks, worker

class Odd(Exception):
    def __init__(self, a, b):
        super().__init__("odd")

def once(path):
    if not os.path.exists(path):
        open(path, "w").close()
        os._exit(3)
    return "done"

def odd():
    raise Odd(1, 2)

tasks.TASKS.update(
    exit=lambda: os._exit(3), once=once, odd=odd, sleep=time.sleep, same=lambda value: value,
    say=lambda text: print(text, flush=True), pid=os.getpid,
    environment=lambda: dict(os.environ),
)
worker.main()
"""
PROGRAM = [sys.executable, "-c", _PROGRAM, str(ROOT)]


@contextlib.asynccontextmanager
async def started(count: int = 1, program: list[str] | None = None) -> AsyncIterator[Workers]:
    pool = Workers(count, program=program or PROGRAM)
    try:
        yield pool
    finally:
        await pool.aclose()


def is_there(process: int) -> bool:
    """Whether a process runs; one that has ended and is not waited for does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def gone(*processes: int) -> bool:
    """Whether they end, for which there is a while."""
    for _ in range(400):
        if not any(map(is_there, processes)):
            return True
        await asyncio.sleep(0.05)
    return False


def comparable(summary: Summary) -> str:
    """A record without how long it took."""
    made = summary.provenance
    untimed: dict[str, Any] = {"seconds": 0.0, "request_id": None}
    attempts = tuple(entry.model_copy(update=untimed) for entry in made.attempts)
    made = made.model_copy(update={"elapsed_seconds": 0.0, "attempts": attempts})
    return to_json(summary.model_copy(update={"provenance": made}), indent=None)


async def records(texts: list[str], settings: Settings) -> list[str]:
    async with Summarizer(settings) as summarizer:
        return [
            comparable(done.result) if done.result is not None else repr(done.error)
            async for done in summarizer.map(texts, concurrency=8)
        ]


async def test_the_corpus_has_the_same_records_to_the_byte() -> None:
    assert len(CORPUS) > 30
    texts = [path.read_text(encoding="utf-8") for path in CORPUS]
    here = await records(texts, Settings(engine="extractive"))
    there = await records(texts, Settings(engine="extractive", workers=2))
    assert there == here


WAYS = [answers.grounded, answers.mended(), answers.partly(), answers.ungrounded]


def reply(request: dict[str, Any]) -> Reply:
    """Sound for some articles; else mended when asked again, sound in part, or unsound."""
    way = WAYS[len(answers.article_in(request)) % len(WAYS)]
    return way if isinstance(way, Reply) else way(request)


@pytest.mark.openai
async def test_a_model_s_answers_make_the_same_records() -> None:
    """Also where a repair is asked for, where nothing holds, and in the parts of a long text."""
    texts = [path.read_text(encoding="utf-8") for path in CORPUS[:12]]
    texts += [
        "",
        long_article(40_000).text,
        TEXT + "." * (WAYS.index(answers.ungrounded) - len(TEXT) % 4),
    ]
    with LoopbackServer(then=reply, keep=0) as server:
        found = [
            await records(
                texts,
                Settings(
                    engine="openai", model="m", base_url=server.base_url, cache=False,
                    max_input_tokens=12_000, workers=count,
                ),
            )
            for count in (0, 2)
        ]  # fmt: skip
    assert found[0] == found[1]
    assert any('"purpose":"repair"' in line for line in found[0])
    assert any('"window":2' in line for line in found[0])
    assert any("NothingGrounded" in line for line in found[0])
    assert any("EmptyArticle" in line for line in found[0])


@pytest.mark.parametrize("path", CORPUS[::7], ids=lambda path: path.stem)
def test_what_grounding_found_is_the_same_after_the_way_back(path: Path) -> None:
    article = Article.from_text(path.read_text(encoding="utf-8"))
    drafted = draft(article)
    drafted.who.append(drafted.who[0].model_copy(update={"name": "Nobody Here"}))
    drafted.background.append(drafted.background[0].model_copy())
    checked = ground(drafted, EvidenceIndex(article))
    assert any(entry.rejection for entry in checked)
    assert heard(told(checked), drafted) == checked


async def test_a_stream_gives_its_items_and_then_the_record() -> None:
    async with Summarizer(Settings(engine="extractive", workers=1)) as summarizer:
        *items, last = [event async for event in summarizer.stream_items(TEXT)]
    assert isinstance(last, Summary)
    listed = [Verified(name, item) for name in FIELD_NAMES for item in last.items(name)]
    assert items == listed


@pytest.mark.parametrize(
    ("text", "error"), [(" \n", EmptyArticle), ("a\0b", UnreadableSource)], ids=["empty", "nul"]
)
async def test_an_error_in_a_worker_arrives_as_itself(text: str, error: type[Exception]) -> None:
    async with Summarizer(Settings(engine="extractive", workers=1)) as summarizer:
        with pytest.raises(error) as there:
            await summarizer.asummarize(text)
    with pytest.raises(error) as here:
        Article.from_text(text)
    assert str(there.value) == str(here.value)


async def test_an_error_that_cannot_travel_is_told_by_its_kind() -> None:
    async with started() as pool:
        with pytest.raises(RuntimeError, match="Odd in a worker"):
            await pool.do("odd")
        assert await pool.do("same", 1) == 1


async def test_what_a_task_prints_is_no_answer() -> None:
    async with started() as pool:
        assert await pool.do("say", "x" * 10) is None
        assert await pool.do("same", 2) == 2


async def test_a_large_message_goes_both_ways_whole() -> None:
    async with started() as pool:
        sent = [os.urandom(3_000_000), os.urandom(5)]
        assert await asyncio.gather(*(pool.do("same", one) for one in sent)) == sent


async def test_a_lost_worker_is_replaced_and_its_jobs_are_done_again(tmp_path: Path) -> None:
    async with started() as pool:
        before = await pool.do("pid")
        jobs = [pool.do("once", str(tmp_path / "was here")), *(pool.do("same", n) for n in "abc")]
        assert await asyncio.gather(*jobs) == ["done", "a", "b", "c"]
        assert await pool.do("pid") != before


async def test_a_killed_worker_costs_no_article() -> None:
    texts = [path.read_text(encoding="utf-8") for path in CORPUS[:20]]
    here = await records(texts, Settings(engine="extractive"))
    async with Summarizer(Settings(engine="extractive", workers=2)) as summarizer:
        found = []
        results = summarizer.map(texts, concurrency=6)
        async for done in results:
            assert done.result is not None
            found.append(comparable(done.result))
            if len(found) in {3, 9}:
                pool = summarizer._parts._workers  # type: ignore[attr-defined]
                with contextlib.suppress(ProcessLookupError):  # killed, and not yet missed
                    os.kill(pool.processes[-1], signal.SIGKILL)
    assert found == here


async def test_a_job_that_ends_each_worker_is_one_error_and_spares_the_others() -> None:
    async with started(2) as pool:
        jobs = [pool.do("same", 1), pool.do("exit"), *(pool.do("same", n) for n in range(2, 9))]
        results = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(results.pop(1), WorkerLost)
    assert results == list(range(1, 9))


@pytest.mark.parametrize("program", [[sys.executable, "-c", "raise SystemExit(1)"], ["/nowhere"]])
async def test_where_no_worker_starts_every_job_says_so(program: list[str]) -> None:
    async with started(2, program) as pool:
        for _ in range(2):
            results = await asyncio.gather(
                *(pool.do("same", n) for n in range(5)), return_exceptions=True
            )
            assert {type(result) for result in results} == {ConfigurationError}
            assert "set workers to 0" in str(results[0])


async def test_closing_ends_the_processes_and_what_is_under_way() -> None:
    pool = Workers(2, program=PROGRAM)
    processes = [await pool.do("pid") for _ in range(4)]
    waiting = asyncio.ensure_future(pool.do("sleep", 60))
    await asyncio.sleep(0)
    await pool.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await gone(*processes)
    with pytest.raises(ConfigurationError, match="closed"):
        await pool.do("same", 1)


async def test_the_loop_goes_on_and_a_cancelled_job_holds_nobody_up() -> None:
    async with started() as pool:
        await pool.do("same", 0)
        slow = asyncio.ensure_future(pool.do("sleep", 0.3))
        turns = 0
        while not slow.done():
            await asyncio.sleep(0)
            turns += 1
            if turns == 50:
                slow.cancel()
        assert slow.cancelled()
        assert await pool.do("same", 1) == 1


_LOOPS = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from summarizer.pipeline.workers import Workers
from tests.test_workers import PROGRAM, gone

pool = Workers(1, program=PROGRAM)

async def use(close):
    process = await pool.do("pid")
    if close:
        await pool.aclose()
    return process

first, second = asyncio.run(use(False)), asyncio.run(use(True))
print(first != second, asyncio.run(gone(first, second)))
"""


def test_each_event_loop_has_processes_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOOPS, str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_the_synchronous_calls_use_them_too() -> None:
    with Summarizer(Settings(engine="extractive", workers=1)) as summarizer:
        summary = summarizer.summarize(TEXT)
        done = [each.result for each in summarizer.imap([TEXT])]
    assert done[0] is not None
    assert comparable(done[0]) == comparable(summary)


_PARENT = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from summarizer import Settings, Summarizer
from pathlib import Path

async def main():
    text = Path(sys.argv[2]).read_text()
    summarizer = Summarizer(Settings(engine="extractive", workers=2))
    await summarizer.asummarize(text)
    print(*summarizer._parts._workers.processes, flush=True)
    async for done in summarizer.map((text + f" {n}." for n in range(10**9)), concurrency=8):
        pass

asyncio.run(main())
"""


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc"
)
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_no_process_is_left_when_the_parent_is_killed(sign: signal.Signals) -> None:
    parent = subprocess.Popen(  # noqa: ASYNC220 - nothing else goes on here
        [sys.executable, "-c", _PARENT, str(ROOT), str(CORPUS[0])],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert parent.stdout is not None
        processes = [int(word) for word in parent.stdout.readline().split()]
        assert len(processes) == 2
        parent.send_signal(sign)
        _, complaints = parent.communicate(timeout=60)
        assert await gone(*processes)
        assert "pipeline/worker.py" not in complaints
    finally:
        parent.kill()


def test_a_worker_imports_nothing_from_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "summarizer").mkdir()
    for name in ("summarizer/__init__.py", "json.py", "asyncio.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong one')")
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); import tests.test_workers as t; "
        "os.chdir(sys.argv[2]); t.alone()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT), str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "2031-10-07", done.stderr


def alone() -> None:
    """For a process of its own: what a worker reads of an article."""

    async def read() -> Article:
        pool = Workers(1)
        try:
            found: Article = await pool.do("read", TEXT, None, None)
            return found
        finally:
            await pool.aclose()

    print(asyncio.run(read()).published)


_KEYS = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from tests.test_workers import PROGRAM, started

async def main():
    async with started() as pool:
        print(sorted(await pool.do("environment")))

asyncio.run(main())
"""


def test_a_worker_gets_no_key() -> None:
    environment = {**os.environ, "OPENAI_API_KEY": "sk-secret", "OTHER": "kept"}
    done = subprocess.run(
        [sys.executable, "-c", _KEYS, str(ROOT)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "'OTHER'" in done.stdout, done.stderr
    assert "OPENAI_API_KEY" not in done.stdout


def test_an_article_takes_its_layout_along() -> None:
    article = TASKS["read"](TEXT, None, dt.date(2031, 10, 8))
    assert pickle.loads(pickle.dumps(article)).__dict__["layout"] == article.layout
