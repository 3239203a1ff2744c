"""What endpoints taught, on disk: for how long, for whom, and what a bad file does."""

from __future__ import annotations

import dataclasses
import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer import Settings, logs
from summarizer.engines.openai import Lesson, Mode, OpenAIEngine
from summarizer.engines.openai.lessons import Lessons, Subject, told
from summarizer.errors import RequestRejected
from summarizer.testing import LoopbackServer, Reply, replies
from tests.openai_support import DRAFT, KEY, Clock, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

ROOT = Path(__file__).parent.parent
DAY = 86_400.0
SUBJECT = Subject("http://127.0.0.1:8000/v1", "m", 16_000)
TOOLS = Lesson(mode=Mode.TOOLS)
#: Every field as a new lesson does not have it.
FULL = Lesson(
    mode=Mode.TEXT,
    room=None,
    dropped=frozenset({"temperature", "reasoning_effort"}),
    any_tool=True,
    effort_none=True,
    system_role=False,
    in_words=True,
    stream=False,
    stream_usage=False,
    input_tokens=8192,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lessons(tmp_path: Path, clock: Clock) -> Lessons:
    return Lessons(tmp_path / "cache" / "lessons", clock=lambda: clock.wall)


@pytest.fixture
def events() -> Iterator[list[str]]:
    """The names of the warnings that are logged."""
    found: list[str] = []

    class Stream:
        def write(self, text: str) -> int:
            found.extend(line.split()[2] for line in text.splitlines())
            return len(text)

        def flush(self) -> None: ...

    logs.configure("warning", stream=Stream())  # type: ignore[arg-type]
    yield found
    logs.configure(None)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_lesson_is_had_back_whole(lessons: Lessons, clock: Clock) -> None:
    best = Lesson()
    assert all(
        getattr(FULL, field.name) != getattr(best, field.name)
        for field in dataclasses.fields(Lesson)
    )
    lessons.keep(SUBJECT, FULL)
    kept = lessons.recall(SUBJECT)
    assert kept is not None
    assert kept.lesson == FULL
    assert (kept.since, kept.endpoint, kept.model) == (clock.wall, "127.0.0.1:8000", "m")
    assert list(lessons.all()) == [kept]


@pytest.mark.parametrize(
    "other",
    [
        Subject("http://127.0.0.1:8001/v1", "m", 16_000),
        Subject("https://127.0.0.1:8000/v1", "m", 16_000),
        Subject("http://127.0.0.1:8000/v2", "m", 16_000),
        Subject("http://127.0.0.1:8000/v1", "n", 16_000),
        Subject("http://127.0.0.1:8000/v1", "m", 4_000),
    ],
)
def test_a_lesson_is_about_one_endpoint_model_and_room(lessons: Lessons, other: Subject) -> None:
    lessons.keep(SUBJECT, TOOLS)
    assert lessons.recall(other) is None


def test_credentials_and_a_query_make_no_other_endpoint_and_are_not_written(
    lessons: Lessons, tmp_path: Path
) -> None:
    secret = dataclasses.replace(
        SUBJECT, base_url="http://me:s3cret@127.0.0.1:8000/v1/?key=s3cret#s3cret"
    )
    lessons.keep(secret, TOOLS)
    assert lessons.recall(SUBJECT) is not None
    (path,) = files(tmp_path)
    assert b"s3cret" not in path.read_bytes()
    assert b"me:" not in path.read_bytes()


def test_the_best_request_needs_no_lesson(lessons: Lessons, tmp_path: Path) -> None:
    lessons.keep(SUBJECT, Lesson())
    assert files(tmp_path) == []
    lessons.keep(SUBJECT, TOOLS)
    lessons.keep(SUBJECT, Lesson())
    assert files(tmp_path) == []


def test_a_lesson_is_forgotten_after_two_weeks(lessons: Lessons, clock: Clock) -> None:
    lessons.keep(SUBJECT, TOOLS)
    clock.wall += 14 * DAY
    assert lessons.recall(SUBJECT) is not None
    clock.wall += 1
    assert lessons.recall(SUBJECT) is None
    assert list(lessons.all()) == []


def test_a_lesson_from_the_future_is_none(lessons: Lessons, clock: Clock) -> None:
    lessons.keep(SUBJECT, TOOLS)
    clock.wall -= 2 * DAY
    assert lessons.recall(SUBJECT) is None


def test_a_lesson_of_another_version_is_none(lessons: Lessons, tmp_path: Path) -> None:
    lessons.keep(SUBJECT, TOOLS)
    (path,) = files(tmp_path)
    path.write_text(path.read_text().replace('"version":"', '"version":"9'))
    assert lessons.recall(SUBJECT) is None


def _with(**changes: Any) -> bytes:
    kept = {
        "endpoint": "127.0.0.1:8000",
        "model": "m",
        "max_output_tokens": 16_000,
        "since": Clock().wall,
        "lesson": {"mode": "tools"},
        "version": "1",
    }
    return json.dumps(kept | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[1, 2]",
        b"\xff\xfe\x00",
        b"[" * 10_000,
        b'{"lesson": "tools"}',
        _with(lesson={"mode": "telepathy"}),
        _with(lesson={"room": "the whole house"}),
        _with(lesson={"dropped": 3}),
        _with(lesson={"input_tokens": -1}),
        _with(lesson=[]),
        _with(since="yesterday"),
        _with(since=-1),
        _with(since=None),
        _with(padding="x" * 100_000),
    ],
)
def test_a_file_that_cannot_be_read_is_ignored_with_a_warning_and_replaced(
    lessons: Lessons, tmp_path: Path, events: list[str], content: bytes
) -> None:
    lessons.keep(SUBJECT, TOOLS)
    (path,) = files(tmp_path)
    path.write_bytes(content)
    assert lessons.recall(SUBJECT) is None
    assert events == ["lesson_ignored"]
    lessons.keep(SUBJECT, TOOLS)
    assert lessons.recall(SUBJECT) is not None


def test_a_folder_that_cannot_be_written_costs_a_warning(tmp_path: Path, events: list[str]) -> None:
    (tmp_path / "cache").write_text("a file")
    lessons = Lessons(tmp_path / "cache" / "lessons")
    lessons.keep(SUBJECT, TOOLS)
    assert events == ["lesson_not_kept"]
    assert list(lessons.all()) == []


def test_a_directory_in_a_file_s_place_is_ignored(
    lessons: Lessons, tmp_path: Path, events: list[str]
) -> None:
    lessons.keep(SUBJECT, TOOLS)
    (path,) = files(tmp_path)
    path.unlink()
    path.mkdir()
    assert lessons.recall(SUBJECT) is None
    lessons.keep(SUBJECT, TOOLS)
    assert events == ["lesson_ignored", "lesson_not_kept"]
    assert files(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_what_is_kept_is_its_owner_s_alone(lessons: Lessons, tmp_path: Path) -> None:
    lessons.keep(SUBJECT, TOOLS)
    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_without_the_cache_nothing_is_kept_and_with_it_in_its_folder(tmp_path: Path) -> None:
    assert Lessons.of(Settings(cache=False, cache_dir=tmp_path)) is None
    lessons = Lessons.of(Settings(cache_dir=tmp_path))
    assert lessons is not None
    lessons.keep(SUBJECT, TOOLS)
    assert [path.parent for path in files(tmp_path)] == [tmp_path / "lessons"]


_LEARN = """
import sys
from pathlib import Path
from summarizer.engines.openai import Lesson, Mode
from summarizer.engines.openai.lessons import Lessons, Subject
lessons, own = Lessons(Path(sys.argv[1])), sys.argv[2]
mine = Subject("http://127.0.0.1:8000/v1", own, 1)
shared = Subject("http://127.0.0.1:8000/v1", "shared", 1)
for turn in range(60):
    for subject in (mine, shared):
        lessons.keep(subject, Lesson(mode=Mode.TOOLS, any_tool=turn % 2 == 1))
        kept = lessons.recall(subject)
        assert kept is not None and kept.lesson.mode is Mode.TOOLS, (own, turn, subject.model)
"""


def test_processes_that_learn_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "lessons"
    names = [f"m{number}" for number in range(4)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _LEARN, str(folder), name], cwd=ROOT, stderr=subprocess.PIPE
        )
        for name in names
    ]
    for process in running:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    kept = {entry.model: entry.lesson for entry in Lessons(folder).all()}
    assert kept == dict.fromkeys([*names, "shared"], Lesson(mode=Mode.TOOLS, any_tool=True))
    assert [path.suffix for path in files(folder)] == [".json"] * len(kept)


def test_what_people_are_told_is_what_differs() -> None:
    assert told(Lesson()) == {"mode": "json_schema_strict"}
    assert told(FULL) == {
        "mode": "json_text",
        "room": "none",
        "dropped": "reasoning_effort,temperature",
        "any_tool": True,
        "effort_none": True,
        "system_role": False,
        "in_words": True,
        "stream": False,
        "stream_usage": False,
        "input_tokens": 8192,
    }


def engine(base_url: str, lessons: Lessons | None, **options: Any) -> OpenAIEngine:
    settings = Settings(
        engine="openai", base_url=base_url, api_key=KEY, model="m", timeout=60.0, **options
    )
    return OpenAIEngine(settings, retries=Clock().policy(), lessons=lessons)


async def learnt(base_url: str, lessons: Lessons | None, **options: Any) -> tuple[Lesson, int]:
    """What a new engine knows after one call, and how many requests that took."""
    new = engine(base_url, lessons, **options)
    try:
        completion = await new.complete(request())
    finally:
        await new.aclose()
    return new.lesson, len(completion.attempts)


OLD_SERVER = ("openai/json_schema", "azure/max_completion_tokens")


async def test_the_next_process_asks_in_the_way_that_was_learnt(lessons: Lessons) -> None:
    with LoopbackServer(then=replies.answer(DRAFT), refuse=OLD_SERVER) as server:
        first, requests = await learnt(server.base_url, lessons)
        assert requests == 3
        assert await learnt(server.base_url, lessons) == (first, 1)
        assert await learnt(server.base_url, None) == (first, 3)


async def test_nothing_is_written_where_the_best_request_is_taken(
    lessons: Lessons, tmp_path: Path
) -> None:
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        await learnt(server.base_url, lessons)
    assert files(tmp_path) == []


async def test_nothing_is_kept_of_a_request_that_was_not_taken(
    lessons: Lessons, tmp_path: Path
) -> None:
    final = replies.error(400, "no")
    with LoopbackServer(then=final, refuse=OLD_SERVER) as server:
        new = engine(server.base_url, lessons)
        with pytest.raises(RequestRejected):
            await new.complete(request())
        await new.aclose()
    assert files(tmp_path) == []


NEW_SERVERS: dict[str, tuple[str, ...]] = {
    "takes all": (),
    "takes other parameters": ("ollama/tools", "groq/schema"),
    "takes nothing": ("openai/json_schema", "ollama/tools", "vllm/system", "openai/max_tokens"),
}


@pytest.mark.parametrize("name", NEW_SERVERS)
@pytest.mark.parametrize("mode", Mode)
async def test_another_server_at_the_address_is_learnt_no_worse_than_without_a_lesson(
    lessons: Lessons, name: str, mode: Mode
) -> None:
    refuse = (*NEW_SERVERS[name], "openai/max_tokens")
    with LoopbackServer(then=replies.answer(DRAFT), refuse=refuse) as server:
        fresh, requests = await learnt(server.base_url, None)
        subject = Subject(server.base_url, "m", Settings().max_output_tokens)
        # It does not take `max_tokens`, so that each of these is refused.
        lessons.keep(subject, Lesson(mode=mode, room="max_tokens"))
        found, more = await learnt(server.base_url, lessons)
        assert found == fresh
        assert more == requests + 1
        assert (await learnt(server.base_url, lessons))[1] == 1


async def test_a_kept_lesson_that_is_refused_in_unknown_words_is_tried_without(
    lessons: Lessons,
) -> None:
    def tools_fail(body: dict[str, Any]) -> Reply:
        return replies.error(400, "mu") if "tools" in body else replies.answer(DRAFT)

    with LoopbackServer(then=tools_fail) as server:
        subject = Subject(server.base_url, "m", Settings().max_output_tokens)
        lessons.keep(subject, TOOLS)
        assert await learnt(server.base_url, lessons) == (Lesson(), 2)
        assert lessons.recall(subject) is None


async def test_an_option_that_was_not_set_before_is_a_step_from_the_kept_lesson(
    lessons: Lessons,
) -> None:
    refuse = (*OLD_SERVER, "openai/temperature")
    with LoopbackServer(then=replies.answer(DRAFT), refuse=refuse) as server:
        before, _ = await learnt(server.base_url, lessons)
        after, requests = await learnt(server.base_url, lessons, temperature=0.0)
    assert after == dataclasses.replace(before, dropped=frozenset({"temperature"}))
    assert requests == 2


async def test_a_step_on_from_a_kept_lesson_does_not_lengthen_its_time(
    lessons: Lessons, clock: Clock
) -> None:
    refuse = (*OLD_SERVER, "openai/temperature")
    with LoopbackServer(then=replies.answer(DRAFT), refuse=refuse) as server:
        await learnt(server.base_url, lessons)
        clock.wall += 10 * DAY
        await learnt(server.base_url, lessons, temperature=0.0)
        (kept,) = lessons.all()
        assert kept.lesson.dropped
        clock.wall += 5 * DAY
        assert list(lessons.all()) == []


async def test_a_lesson_that_is_learnt_anew_is_new(lessons: Lessons, clock: Clock) -> None:
    with LoopbackServer(then=replies.answer(DRAFT), refuse=OLD_SERVER) as server:
        subject = Subject(server.base_url, "m", Settings().max_output_tokens)
        lessons.keep(subject, Lesson(mode=Mode.SCHEMA))
        clock.wall += 10 * DAY
        await learnt(server.base_url, lessons)
        (kept,) = lessons.all()
    assert kept.lesson.mode is Mode.TOOLS
    assert kept.since == clock.wall


async def test_a_lesson_that_is_given_is_not_looked_up(lessons: Lessons) -> None:
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        lessons.keep(Subject(server.base_url, "m", Settings().max_output_tokens), TOOLS)
        settings = Settings(engine="openai", base_url=server.base_url, model="m")
        new = OpenAIEngine(settings, lesson=Lesson(mode=Mode.TEXT), lessons=lessons)
        completion = await new.complete(request())
        await new.aclose()
    assert completion.mode == "json_text"
