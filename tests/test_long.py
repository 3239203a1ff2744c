"""Articles that are longer than the model's input limit, over real HTTP."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from summarizer import (
    Article,
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    Refused,
    RequestTooLong,
    Settings,
    Summarizer,
    Summary,
)
from summarizer.draft import Draft
from summarizer.engines.base import Completion, Request
from summarizer.engines.openai import OpenAIEngine
from summarizer.pipeline import long
from summarizer.pipeline.windows import OVERLAP
from summarizer.testing import LoopbackServer, Reply, ScriptedEngine, replies
from summarizer.testing.contexts import TOO_LONG
from tests import long_articles
from tests.long_articles import HEADLINE, LEAD, long_article, part_of, planted, reader, turn
from tests.openai_support import Clock

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

CONTEXT = 8_192
ARTICLE = long_article(60_000, every=400)


async def summarize(server: LoopbackServer, article: Article | str, **options: Any) -> Summary:
    """The record, by an engine that never sleeps between attempts."""
    chosen: dict[str, Any] = {"base_url": server.base_url, "cache": False} | options
    settings = Settings(engine="openai", model="m", **chosen)
    engine = OpenAIEngine(settings, retries=Clock().policy(clock=time.monotonic))
    async with Summarizer(settings, engine=engine) as summarizer:
        return await summarizer.asummarize(article)


def spans_of(summary: Summary, field: str) -> list[tuple[int, int]]:
    """The first passage of each item of a field."""
    items = getattr(summary, field)
    return [(item.evidence[0].start, item.evidence[0].end) for item in items]


def assert_whole(summary: Summary, source: long_articles.Planted) -> None:
    """Every planted item is there once, in order, at its place in the whole article."""
    for kind in ("who", "background", "reactions"):
        assert spans_of(summary, kind) == source.expected(kind), kind
    for _, _, span in summary.spans():
        assert source.text[span.start : span.end] == span.text
    assert summary.what is not None
    assert summary.what.statement == LEAD
    assert summary.missing == ()
    assert summary.rejected == ()
    assert summary.status == "complete"


async def test_every_planted_item_comes_back_once_and_at_its_place() -> None:
    with LoopbackServer(then=reader, context_tokens=CONTEXT) as server:
        summary = await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
        parts = [part_of(body) for body in server.bodies if not long_articles.asks_what(body)]
    assert_whole(summary, ARTICLE)
    assert len(parts) > 4
    # Facts stood in two parts, too: the overlap is where an item is found twice.
    facts = [ARTICLE.text[start:end] for kind in ARTICLE.places.values() for start, end in kind]
    assert {sum(fact in part for part in parts) for fact in facts} == {1, 2}


async def test_each_part_has_the_headline_the_date_and_its_number() -> None:
    with LoopbackServer(then=reader) as server:
        await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
        bodies = server.bodies
    drafts = [body for body in bodies if not long_articles.asks_what(body)]
    systems = {body["messages"][0]["content"] for body in bodies}
    assert len(systems) == 1
    for body in drafts:
        said = turn(body)
        assert f"<<<HEADLINE {_nonce(said)}\n{HEADLINE}\nHEADLINE" in said
        assert said.startswith("Publication date: 2031-03-03 (Monday)")
    numbers = sorted(int(n) for body in drafts for n in re.findall(r"part (\d+) of", turn(body)))
    assert numbers == list(range(1, len(drafts) + 1))
    assert {re.findall(r"part \d+ of (\d+)", turn(body))[0] for body in drafts} == {
        str(len(drafts))
    }


def _nonce(said: str) -> str:
    found = re.search(r"<<<ARTICLE (\w+)", said)
    assert found is not None
    return found[1]


async def test_the_attempts_of_all_parts_are_in_order_and_numbered() -> None:
    def slow_first(body: Mapping[str, Any]) -> Reply:
        delay = 0.05 if "part 1 of" in turn(body) else 0.0
        return replies.answer(long_articles.read(part_of(body)), delay=delay)

    with LoopbackServer(then=slow_first) as server:
        summary = await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
        asked = len(server.bodies)
    attempts = summary.provenance.attempts
    assert [attempt.window for attempt in attempts] == list(range(1, asked + 1))
    assert {attempt.purpose for attempt in attempts} == {"draft"}


@pytest.mark.parametrize("wording", [*TOO_LONG, "cut"])
async def test_a_limit_is_learnt_from_any_wording_and_from_a_silent_cut(wording: str) -> None:
    server = LoopbackServer(then=reader, context_tokens=CONTEXT, too_long=wording)
    with server:
        summary = await summarize(server, ARTICLE.article)
        sizes = [sum(len(m["content"]) for m in body["messages"]) for body in server.bodies]
    assert_whole(summary, ARTICLE)
    first, *rest = summary.provenance.attempts
    assert first.outcome == ("input_cut" if wording == "cut" else "rejected")
    assert first.window is None
    assert all(attempt.outcome == "ok" for attempt in rest)
    assert all(size < sizes[0] for size in sizes[1:])


async def test_the_limit_is_kept_for_the_next_article() -> None:
    with LoopbackServer(then=reader, context_tokens=CONTEXT) as server:
        options = Settings(engine="openai", model="m", base_url=server.base_url, cache=False)
        async with Summarizer(options) as summarizer:
            for _ in range(2):
                summary = await summarizer.asummarize(ARTICLE.article)
                assert_whole(summary, ARTICLE)
    assert {a.outcome for a in summary.provenance.attempts} == {"ok"}


async def test_an_article_that_fits_is_asked_about_whole() -> None:
    with LoopbackServer(then=reader) as server:
        summary = await summarize(server, ARTICLE.article, max_input_tokens=40_000)
        assert len(server.bodies) == 1
        assert "<<<HEADLINE" not in turn(server.bodies[0])
    assert_whole(summary, ARTICLE)


async def test_a_part_that_fails_is_missing_and_makes_the_record_partial() -> None:
    failing = replies.error(400, "no")

    def script(body: Mapping[str, Any]) -> Reply:
        return failing if "part 3 of" in turn(body) else reader(body)

    with LoopbackServer(then=script) as server:
        summary = await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
        parts = {
            number: part_of(body)
            for body in server.bodies
            for number in re.findall(r"part (\d+) of", turn(body))
        }
    assert summary.status == "partial"
    (missing,) = summary.missing
    text = ARTICLE.text
    # Only what no other part has: from the end of the second to the start of the fourth.
    assert missing.start == text.index(parts["2"]) + len(parts["2"])
    assert missing.end == text.index(parts["4"])
    assert missing.reason == "the endpoint does not take the request (HTTP 400)"
    for kind in ("who", "background", "reactions"):
        kept = [
            (start, end)
            for start, end in ARTICLE.expected(kind)
            if end <= missing.start + OVERLAP or start >= missing.end
        ]
        assert set(spans_of(summary, kind)) <= set(kept)
        assert len(spans_of(summary, kind)) >= len(
            [
                1
                for start, end in ARTICLE.expected(kind)
                if end <= missing.start or start >= missing.end
            ]
        )
    assert [a.outcome for a in summary.provenance.attempts if a.window == 3] == ["rejected"]


async def test_neighbours_that_fail_alike_are_one_missing_part() -> None:
    def script(body: Mapping[str, Any]) -> Reply:
        failed = re.search(r"part [234] of", turn(body))
        return replies.refused() if failed else reader(body)

    with LoopbackServer(then=script) as server:
        summary = await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
    (missing,) = summary.missing
    assert missing.reason == "the model declined to answer"
    assert missing.end - missing.start > 20_000


async def test_if_every_part_fails_the_error_has_every_attempt() -> None:
    with LoopbackServer(then=replies.error(400, "no")) as server:
        with pytest.raises(EngineError, match="HTTP 400") as caught:
            await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
        asked = len(server.bodies)
    assert asked > 4
    assert len(caught.value.attempts) == asked
    assert [a.window for a in caught.value.attempts] == list(range(1, asked + 1))


async def test_a_refused_key_stops_all_parts_at_once() -> None:
    article = long_article(200_000)
    with LoopbackServer(then=replies.unauthorized()) as server:
        with pytest.raises(AuthenticationFailed):
            await summarize(server, article.article, max_input_tokens=CONTEXT)
        assert len(server.bodies) <= long.CONCURRENCY


async def test_an_answer_that_was_cut_off_is_asked_for_in_smaller_parts() -> None:
    def script(body: Mapping[str, Any]) -> Reply:
        return replies.truncated("{") if len(part_of(body)) > 9_000 else reader(body)

    with LoopbackServer(then=script) as server:
        summary = await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
    assert_whole(summary, ARTICLE)
    attempts = summary.provenance.attempts
    assert "truncated" in {attempt.outcome for attempt in attempts}
    assert [a.window or 0 for a in attempts] == sorted(a.window or 0 for a in attempts)


async def test_what_failed_in_a_part_is_asked_about_within_that_part() -> None:
    """The repair's turns are the part's, fit the limit, and hold its passages alone."""
    wrong = "Envoy Nobody Atall joined the talks in Oslo."

    def script(body: Mapping[str, Any]) -> Reply:
        if len(body["messages"]) > 2:
            return replies.answer(long_articles.EMPTY)
        found = long_articles.read(part_of(body))
        if "part 2 of" in turn(body):
            bad = {"evidence": [wrong], "name": "Nobody Atall", "kind": "person", "role": None}
            found["who"] = [*found["who"], bad]
        return replies.answer(found)

    with LoopbackServer(then=script, context_tokens=CONTEXT) as server:
        summary = await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
        repairs = [body for body in server.bodies if len(body["messages"]) > 2]
    (body,) = repairs
    assert "part 2 of" in turn(body)
    assert wrong in turn(body, 3)
    passages = re.findall(r'Passage: "(.*)"', turn(body, 3))
    assert passages
    assert all(passage in part_of(body).replace("\n", "\\n") for passage in passages)
    assert [r.claim for r in summary.rejected] == ["Nobody Atall"]
    windows = [a.window for a in summary.provenance.attempts if a.purpose == "repair"]
    assert windows == [2]


async def test_what_another_part_verified_is_not_asked_about() -> None:
    def script(body: Mapping[str, Any]) -> Reply:
        assert len(body["messages"]) == 2
        found = long_articles.read(part_of(body))
        name = long_articles.name_of(0)
        wrong = {"evidence": [f"{name} was never there"], "name": name}
        found["who"] = [*found["who"], wrong | {"kind": "person", "role": None}]
        return replies.answer(found)

    with LoopbackServer(then=script) as server:
        summary = await summarize(server, ARTICLE.article, max_input_tokens=CONTEXT)
    assert [r.reason for r in summary.rejected] in ([], ["duplicate"])


async def test_the_main_event_is_asked_for_once_where_parts_disagree() -> None:
    text = f"{ARTICLE.text}\n\nThe harbour board of Marlow met in Halden on Sunday.\n"
    with LoopbackServer(then=reader, context_tokens=CONTEXT) as server:
        summary = await summarize(server, text, max_input_tokens=CONTEXT)
        (body,) = [body for body in server.bodies if long_articles.asks_what(body)]
        assert server.bodies[-1] == body
    assert [c["statement"] for c in long_articles.candidates(body)] == [
        LEAD, "The harbour board of Marlow met in Halden on Sunday.",
    ]  # fmt: skip
    assert part_of(body).startswith(HEADLINE)
    assert len(part_of(body)) <= 4_000
    assert summary.what is not None
    assert summary.what.statement == LEAD
    last = summary.provenance.attempts[-1]
    assert (last.purpose, last.window) == ("what", None)


@pytest.mark.parametrize(
    "bad",
    [
        replies.error(400, "no"),
        replies.answer(long_articles.EMPTY),
        replies.answer(
            long_articles.EMPTY
            | {"what": {"evidence": ["This was never said there"], "statement": "Invented."}}
        ),
    ],
    ids=["refused", "null", "invented"],
)
async def test_without_an_answer_about_the_main_event_the_first_parts_stands(bad: Reply) -> None:
    text = f"{ARTICLE.text}\n\nThe harbour board of Marlow met in Halden on Sunday.\n"

    def script(body: Mapping[str, Any]) -> Reply:
        return bad if long_articles.asks_what(body) else reader(body)

    with LoopbackServer(then=script) as server:
        summary = await summarize(server, text, max_input_tokens=CONTEXT)
    assert summary.what is not None
    assert summary.what.statement == LEAD
    assert summary.status == "complete"


async def test_without_room_for_a_candidate_the_main_event_is_not_asked_for() -> None:
    """What the limit is told to be may shrink at any answer."""
    board = "The harbour board of Marlow met in Halden on Sunday."
    drafts = [Draft.model_validate(long_articles.read(text)) for text in (LEAD, board)]
    text = f"{ARTICLE.text}\n\n{board}\n"

    def counted(article: Article) -> Draft:
        assert article.text == text
        if len(engine.requests) == parts:
            engine.input_characters = 9_000
        return drafts[len(engine.requests) % 2]

    parts = -1
    for asked in (1, 0):
        engine = ScriptedEngine(then=counted, input_characters=20_000)
        async with Summarizer(Settings(), engine=engine) as summarizer:
            summary = await summarizer.asummarize(text)
        purposes = [request.purpose for request in engine.requests]
        parts = purposes.count("draft")
        assert purposes.count("what") == asked
        assert summary.what is not None


async def test_a_part_without_answer_leaves_the_rest_and_time_for_the_main_event() -> None:
    board = "The harbour board of Marlow met in Halden on Sunday."

    class Hanging(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            if request.window == 2:
                assert request.deadline is not None
                await asyncio.sleep(request.deadline - time.monotonic())
                raise EngineTimeout("no answer before the deadline")
            return await super().complete(request)

    answers = [Draft.model_validate(long_articles.read(text)) for text in (LEAD, board)]
    engine = Hanging(*answers, then=answers[0], input_characters=20_000)
    async with Summarizer(Settings(timeout=0.5), engine=engine) as summarizer:
        summary = await summarizer.asummarize(f"{ARTICLE.text}\n\n{board}\n")
    (missing,) = summary.missing
    assert missing.reason == "no answer before the deadline"
    assert summary.what is not None
    *parts, last = engine.requests
    assert last.purpose == "what"
    assert {request.purpose for request in parts} == {"draft"}
    (until,) = {request.deadline for request in parts}
    assert until is not None
    assert last.deadline is not None
    assert last.deadline - until > 0.05


async def test_so_many_parts_are_asked_about_at_once_and_no_more() -> None:
    article = long_article(200_000)
    most, now, lock = 0, 0, threading.Lock()

    class Counting(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            nonlocal most, now
            with lock:
                now += 1
                most = max(most, now)
            await asyncio.sleep(0.002)
            with lock:
                now -= 1
            return await super().complete(request)

    engine = Counting(
        then=lambda article: Draft.model_validate(long_articles.read(article.text[:500])),
        input_characters=20_000,
    )
    async with Summarizer(Settings(), engine=engine) as summarizer:
        await summarizer.asummarize(article.article)
    assert len(engine.requests) > 2 * long.CONCURRENCY
    assert most == long.CONCURRENCY


async def test_cancelling_ends_every_part() -> None:
    running = 0
    started = asyncio.Event()

    class Waiting(ScriptedEngine):
        async def complete(self, _request: Request) -> Completion:
            nonlocal running
            running += 1
            if running == long.CONCURRENCY:
                started.set()
            try:
                await asyncio.Event().wait()
            finally:
                running -= 1
            raise AssertionError

    engine = Waiting(input_characters=14_000)
    async with Summarizer(Settings(), engine=engine) as summarizer:
        task = asyncio.create_task(summarizer.asummarize(long_article(100_000).article))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert running == 0


async def test_a_wrong_configuration_ends_every_part() -> None:
    engine = ScriptedEngine(then=ConfigurationError("wrong"), input_characters=20_000)
    async with Summarizer(Settings(), engine=engine) as summarizer:
        with pytest.raises(ConfigurationError, match="wrong"):
            await summarizer.asummarize(ARTICLE.article)


async def test_a_used_up_budget_keeps_what_was_paid_for() -> None:
    answers: list[Any] = [Draft.model_validate(long_articles.read(LEAD))]
    engine = ScriptedEngine(*answers, then=BudgetExceeded("no money"), input_characters=20_000)
    async with Summarizer(Settings(), engine=engine) as summarizer:
        summary = await summarizer.asummarize(ARTICLE.article)
    assert summary.status == "partial"
    assert [part.reason for part in summary.missing] == ["no money"]
    assert summary.missing[0].end == len(ARTICLE.text)


async def test_a_used_up_budget_without_any_answer_is_its_error() -> None:
    engine = ScriptedEngine(then=BudgetExceeded("no money"), input_characters=20_000)
    async with Summarizer(Settings(), engine=engine) as summarizer:
        with pytest.raises(BudgetExceeded):
            await summarizer.asummarize(ARTICLE.article)


async def test_an_error_that_stays_is_told_before_one_that_passes() -> None:
    down = EngineUnavailable("down")
    engine = ScriptedEngine(down, Refused("declined"), then=down, input_characters=20_000)
    async with Summarizer(Settings(), engine=engine) as summarizer:
        with pytest.raises(Refused, match="declined"):
            await summarizer.asummarize(ARTICLE.article)
    assert len(engine.requests) > 4


async def test_a_limit_without_room_for_a_part_is_an_error_that_says_so() -> None:
    with LoopbackServer(then=reader, context_tokens=512) as server:
        with pytest.raises(RequestTooLong, match="no room for a part"):
            await summarize(server, ARTICLE.article)
        assert len(server.bodies) == 1
        # A configured limit may be wrong: the endpoint is asked once.
        with pytest.raises(RequestTooLong, match="longer than the model's input limit"):
            await summarize(server, ARTICLE.article, max_input_tokens=512)
        assert len(server.bodies) == 2


async def test_an_engine_that_does_not_tell_its_limit_gets_half_of_what_it_refused() -> None:
    first = Draft.model_validate(long_articles.read(LEAD))
    engine = ScriptedEngine(RequestTooLong("no"), then=first)
    async with Summarizer(Settings(), engine=engine) as summarizer:
        summary = await summarizer.asummarize(ARTICLE.article)
    whole, *parts = [sum(len(m.content) for m in r.messages) for r in engine.requests]
    assert all(size <= whole // 2 for size in parts)
    assert len(parts) > 2
    assert summary.status == "complete"


async def test_verified_items_are_handed_on_part_by_part_and_once() -> None:
    handed: list[Any] = []
    with LoopbackServer(then=reader) as server:
        settings = Settings(
            engine="openai", model="m", base_url=server.base_url, cache=False,
            max_input_tokens=CONTEXT,
        )  # fmt: skip
        async with Summarizer(settings) as summarizer:
            summary = await summarizer.asummarize(ARTICLE.article, on_item=handed.append)
    fields = [event.field for event in handed]
    assert fields.count("what") == 1
    assert {e.item for e in handed} == {i for f in set(fields) for i in summary.items(f)}


def _chinese() -> str:
    lines = [
        f"渡轮工人在哈尔登结束了第{n}天的罢工，码头上没有人说话，雨已经停了。" for n in range(1_200)
    ]
    facts = [f"Envoy {long_articles.name_of(n)} joined the talks in Halden." for n in range(12)]
    for number, fact in enumerate(facts):
        lines.insert(100 * number + 7, fact)
    return "\n\n".join(["罢工结束", LEAD, *lines])


@pytest.mark.parametrize(
    "text",
    [
        _chinese(),
        long_article(60_000, one_paragraph=True).text,
        "A very long headline of an article that " * 900 + "\n\n" + ARTICLE.text,
        ARTICLE.text.replace("\n\n", "\r\n\r\n"),
        ARTICLE.text.replace("The water", "Die Fa\u0308hre"),
    ],
    ids=["chinese", "one paragraph", "a long headline", "carriage returns", "decomposed"],
)
@pytest.mark.parametrize("wording", ["vllm", "proxy"])
async def test_long_texts_of_other_shapes_come_back_whole(text: str, wording: str) -> None:
    source = planted(text)
    with LoopbackServer(then=reader, context_tokens=CONTEXT, too_long=wording) as server:
        summary = await summarize(server, text)
    for kind in ("who", "background", "reactions"):
        assert spans_of(summary, kind) == source.expected(kind)
    assert source.expected("who")
    assert summary.missing == ()


async def test_two_megabytes_are_read_within_the_deadline() -> None:
    source = long_article(2_000_000, every=10_000)
    assert len(source.text) >= 2_000_000
    with LoopbackServer(then=reader, context_tokens=65_536, keep=1) as server:
        summary = await summarize(server, source.article)
    assert_whole(summary, source)
    assert summary.article.length == len(source.text)


def test_room_for_the_repair_is_left_beside_each_part() -> None:
    engine = ScriptedEngine(
        then=Draft.model_validate(long_articles.read(LEAD)), input_characters=30_000
    )
    with Summarizer(Settings(), engine=engine) as summarizer:
        summarizer.summarize(ARTICLE.article)
    sizes = [sum(len(m.content) for m in request.messages) for request in engine.requests]
    assert max(sizes) < 27_000
    assert max(sizes) > 20_000
