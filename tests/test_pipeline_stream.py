"""Items as they are verified: what is handed on, when, and what the record then holds."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import EngineUnavailable, Settings, Summarizer, Summary
from summarizer.draft import Draft
from summarizer.engines.base import Completion, Request
from summarizer.pipeline import Verified
from summarizer.schema import FIELD_NAMES
from summarizer.testing import ScriptedEngine
from tests.pipeline_support import DALE, HALDEN, INVENTED, TEXT, WHAT, draft

NORDLYS = {
    "evidence": ["The operator, Nordlys Line, called the deal"],
    "name": "Nordlys Line",
    "kind": "organization",
    "role": None,
}
#: Verified but for its quote, which is worth asking about.
MISQUOTED = DALE | {"quote": "We have our lives back"}


class Streaming(ScriptedEngine):
    """Hands each item of its answers on before the answer is given.

    `broken` are drafts whose items come first, of answers that broke off; `mending` are such
    ones of the repair.
    """

    def __init__(
        self, *answers: Any, broken: tuple[Draft, ...] = (), mending: tuple[Draft, ...] = ()
    ) -> None:
        super().__init__(*answers)
        self.broken = {"draft": broken, "repair": mending}

    async def complete(self, request: Request) -> Completion:
        for broken in self.broken[request.purpose]:
            give(broken, request)
        completion = await super().complete(request)
        give(completion.draft, request)
        return completion


def give(answer: Draft, request: Request) -> None:
    assert request.on_item is not None
    for field in FIELD_NAMES:
        drafted = getattr(answer, field)
        for item in drafted if isinstance(drafted, list) else filter(None, [drafted]):
            request.on_item(field, item)


def streamed(engine: ScriptedEngine, text: str = TEXT) -> tuple[list[Verified], Summary]:
    async def run() -> tuple[list[Verified], Summary]:
        found: list[Verified] = []
        async with Summarizer(Settings(), engine=engine) as summarizer:
            async for event in summarizer.stream_items(text):
                if isinstance(event, Summary):
                    return found, event
                found.append(event)
        raise AssertionError("no Summary came")

    return asyncio.run(run())


def items_of(summary: Summary) -> list[Verified]:
    return [Verified(name, item) for name in FIELD_NAMES for item in summary.items(name)]


def test_every_item_of_the_record_comes_once_and_before_it() -> None:
    answer = draft(what=WHAT, who=[NORDLYS], where=[HALDEN], reactions=[DALE])
    found, summary = streamed(Streaming(answer))
    assert found == items_of(summary)
    assert len(found) == 4


def test_an_engine_that_cannot_stream_gives_all_items_at_its_answer() -> None:
    found, summary = streamed(ScriptedEngine(draft(what=WHAT, where=[HALDEN])))
    assert found == items_of(summary)


def test_an_unverified_item_never_comes() -> None:
    engine = Streaming(draft(what=WHAT, where=[INVENTED]), draft())
    found, summary = streamed(engine)
    assert [event.field for event in found] == ["what"]
    assert summary.status == "partial"


def test_an_item_with_a_problem_waits_for_its_repair() -> None:
    engine = Streaming(draft(what=WHAT, reactions=[MISQUOTED]), draft(reactions=[DALE]))
    found, summary = streamed(engine)
    assert [event.field for event in found] == ["what", "reactions"]
    assert summary.reactions[0].quote is not None
    assert found == items_of(summary)


def test_an_item_that_is_not_mended_comes_with_the_record() -> None:
    engine = Streaming(draft(what=WHAT, reactions=[MISQUOTED]), draft())
    found, summary = streamed(engine)
    assert summary.reactions[0].quote is None
    assert found == items_of(summary)


def test_what_came_before_an_answer_broke_off_stays_in_the_record() -> None:
    engine = Streaming(
        draft(what=WHAT, where=[HALDEN]), broken=(draft(who=[NORDLYS], where=[HALDEN]),)
    )
    found, summary = streamed(engine)
    assert [place.name for place in summary.where] == ["Halden"]
    assert [actor.name for actor in summary.who] == ["Nordlys Line"]
    assert sorted(found) == sorted(items_of(summary))


def test_what_a_repair_gave_before_it_failed_stays_in_the_record() -> None:
    engine = Streaming(
        draft(what=WHAT, reactions=[MISQUOTED]),
        EngineUnavailable("the connection broke off"),
        mending=(draft(reactions=[DALE], where=[HALDEN]),),
    )
    found, summary = streamed(engine)
    assert [reaction.quote is not None for reaction in summary.reactions] == [True]
    assert [place.name for place in summary.where] == ["Halden"]
    assert sorted(found) == sorted(items_of(summary))
    assert summary.status == "complete"


_PARTS: dict[str, list[dict[str, Any]]] = {
    "what": [WHAT],
    "who": [NORDLYS],
    "where": [HALDEN, INVENTED],
    "reactions": [DALE, MISQUOTED],
}


@st.composite
def drafts(make: st.DrawFn) -> Draft:
    fields: dict[str, Any] = {
        name: make(st.lists(st.sampled_from(known), max_size=3))
        for name, known in _PARTS.items()
        if name != "what"
    }
    return draft(what=make(st.none() | st.just(WHAT)), **fields)


@given(
    drafts(),
    drafts() | st.just(EngineUnavailable("no connection")),
    st.lists(drafts(), max_size=2),
    st.lists(drafts(), max_size=2),
)
def test_what_comes_is_what_the_record_holds(
    first: Draft, second: Draft | EngineUnavailable, broken: list[Draft], mending: list[Draft]
) -> None:
    engine = Streaming(
        draft(**(first.model_dump() | {"what": WHAT})),
        second,
        broken=tuple(broken),
        mending=tuple(mending),
    )
    found, summary = streamed(engine)
    places = [(event.field, event.item.model_dump_json()) for event in found]
    assert sorted(places) == sorted((e.field, e.item.model_dump_json()) for e in items_of(summary))


def test_the_same_record_comes_with_and_without_a_listener() -> None:
    answers = draft(what=WHAT, where=[HALDEN], reactions=[MISQUOTED]), draft(reactions=[DALE])
    _, heard = streamed(Streaming(*answers))
    with Summarizer(Settings(), engine=ScriptedEngine(*answers)) as summarizer:
        unheard = summarizer.summarize(TEXT)
    assert heard.model_dump(exclude={"provenance"}) == unheard.model_dump(exclude={"provenance"})


def test_a_failure_comes_as_the_error_it_is() -> None:
    with pytest.raises(EngineUnavailable):
        streamed(ScriptedEngine(EngineUnavailable("no connection")))


class Waiting(ScriptedEngine):
    """Hands one item on and then waits for ever."""

    ended = False

    async def complete(self, request: Request) -> Completion:
        give(draft(what=WHAT), request)
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True
        raise AssertionError


def test_leaving_early_ends_the_work() -> None:
    engine = Waiting()

    async def run() -> None:
        async with Summarizer(Settings(), engine=engine) as summarizer:
            async with contextlib.aclosing(summarizer.stream_items(TEXT)) as events:
                async for _ in events:
                    break
            assert engine.ended

    asyncio.run(run())


class Failing(ScriptedEngine):
    """Hands one item on and fails."""

    async def complete(self, request: Request) -> Completion:
        give(draft(what=WHAT), request)
        raise EngineUnavailable("no connection")


def test_a_failure_that_nobody_waits_for_is_not_complained_of() -> None:
    complaints: list[dict[str, Any]] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, said: complaints.append(said))
        async with Summarizer(Settings(), engine=Failing()) as summarizer:
            async with contextlib.aclosing(summarizer.stream_items(TEXT)) as events:
                async for _ in events:
                    break
            gc.collect()

    asyncio.run(run())
    assert complaints == []


def test_a_listener_that_fails_ends_the_work_with_its_own_error() -> None:
    def listen(_: Verified) -> None:
        raise RuntimeError("the listener's own")

    async def run() -> None:
        async with Summarizer(Settings(), engine=Streaming(draft(what=WHAT))) as summarizer:
            await summarizer.asummarize(TEXT, on_item=listen)

    with pytest.raises(RuntimeError, match="the listener's own"):
        asyncio.run(run())


def test_without_a_listener_no_engine_is_made_to_stream() -> None:
    engine = ScriptedEngine(draft(what=WHAT))
    with Summarizer(Settings(), engine=engine) as summarizer:
        summarizer.summarize(TEXT)
    assert replace(engine.requests[0], on_item=None) == engine.requests[0]
