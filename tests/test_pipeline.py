"""The pipeline with a scripted engine: what is asked, what is kept, what is said of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from summarizer import (
    Article,
    ConfigurationError,
    EmptyArticle,
    EngineUnavailable,
    NothingGrounded,
    Settings,
    Summarizer,
    Summary,
)
from summarizer.engines.base import Completion, Request
from summarizer.errors import RateLimited
from summarizer.schema import Attempt
from summarizer.testing import ScriptedEngine
from tests.pipeline_support import DALE, HALDEN, INVENTED, LEAD, TEXT, WHAT, draft


def summarize(engine: ScriptedEngine, text: str | Article = TEXT) -> Summary:
    with Summarizer(Settings(), engine=engine) as summarizer:
        return summarizer.summarize(text)


def test_a_sound_answer_is_complete_and_asks_once() -> None:
    engine = ScriptedEngine(draft(what=WHAT, where=[HALDEN], reactions=[DALE]))
    summary = summarize(engine)
    assert summary.status == "complete"
    assert summary.what is not None
    assert summary.rejected == ()
    assert len(engine.requests) == 1
    assert [span.text for span in summary.uncited_quotes] == ["fair to all sides"]


def test_every_span_is_the_articles_own_text() -> None:
    summary = summarize(ScriptedEngine(draft(what=WHAT, where=[HALDEN], reactions=[DALE])))
    assert len(summary.spans()) == 4
    for _, _, span in summary.spans():
        assert TEXT[span.start : span.end] == span.text


def test_a_record_survives_json() -> None:
    summary = summarize(ScriptedEngine(draft(what=WHAT, reactions=[DALE])))
    assert Summary.model_validate_json(summary.model_dump_json()) == summary


def test_a_failed_item_is_asked_for_once_more_and_mended() -> None:
    mended = draft(where=[HALDEN])
    engine = ScriptedEngine(
        draft(what=WHAT, where=[HALDEN | {"evidence": ["in Haldn ended"]}]), mended
    )
    summary = summarize(engine)
    assert summary.status == "complete"
    assert [place.name for place in summary.where] == ["Halden"]
    assert summary.rejected == ()
    assert [attempt.purpose for attempt in summary.provenance.attempts] == ["draft", "repair"]


def test_the_repair_question_has_the_problem_near_passages_and_uncited_quotations() -> None:
    wrong = HALDEN | {"evidence": ["Ferry crews in Halden ended a ten-day strike on Sunday"]}
    engine = ScriptedEngine(draft(what=WHAT, where=[wrong]), draft())
    summarize(engine)
    system, user, assistant, question = engine.requests[1].messages
    assert [turn.role for turn in (system, user, assistant, question)] == [
        "system", "user", "assistant", "user",
    ]  # fmt: skip
    assert engine.requests[0].messages == (system, user)
    assert json.loads(assistant.content)["where"][0]["evidence"] == wrong["evidence"]
    assert "does not stand in the article word for word" in question.content
    assert "Ferry crews in Halden ended a nine-day strike" in question.content
    assert "We have our weekends back" in question.content


def test_what_fails_twice_is_rejected_once_and_makes_the_record_partial() -> None:
    engine = ScriptedEngine(draft(what=WHAT, where=[INVENTED]), draft(where=[INVENTED]))
    summary = summarize(engine)
    assert summary.status == "partial"
    assert [(r.field, r.claim, r.reason) for r in summary.rejected] == [
        ("where", "Oslo", "evidence_not_in_article")
    ]


def test_verified_items_are_frozen() -> None:
    """A repair answer that changes or repeats a verified item changes nothing."""
    other = {"evidence": [LEAD], "statement": "The operator agreed to hire forty sailors."}
    engine = ScriptedEngine(
        draft(what=WHAT, where=[HALDEN, INVENTED]), draft(what=other, where=[HALDEN])
    )
    summary = summarize(engine)
    assert summary.what is not None
    assert summary.what.statement == WHAT["statement"]
    assert [place.name for place in summary.where] == ["Halden"]


def test_a_repair_may_add_what_was_missed() -> None:
    engine = ScriptedEngine(draft(what=WHAT, where=[INVENTED]), draft(reactions=[DALE]))
    summary = summarize(engine)
    assert [reaction.speaker for reaction in summary.reactions] == ["Runa Dale"]


def test_a_failed_repair_keeps_what_was_verified_and_its_attempts() -> None:
    attempt = Attempt(purpose="repair", mode=None, outcome="rate_limited", seconds=0.5)
    engine = ScriptedEngine(
        draft(what=WHAT, where=[INVENTED]), RateLimited("slow down", attempts=(attempt,))
    )
    summary = summarize(engine)
    assert summary.status == "partial"
    assert summary.what is not None
    assert summary.provenance.attempts[-1] == attempt


def test_a_missing_main_event_makes_the_record_partial() -> None:
    assert summarize(ScriptedEngine(draft(where=[HALDEN]))).status == "partial"


def test_a_quotation_that_cannot_be_mended_leaves_reported_speech() -> None:
    wrong = DALE | {"quote": "We have our evenings back"}
    summary = summarize(ScriptedEngine(draft(what=WHAT, reactions=[wrong]), draft()))
    assert summary.reactions[0].quote is None
    assert [(a.attribute, a.was) for a in summary.adjusted] == [
        ("quote", "We have our evenings back")
    ]
    assert summary.status == "complete"


def test_an_answer_without_support_is_an_error() -> None:
    with pytest.raises(NothingGrounded):
        summarize(ScriptedEngine(draft(where=[INVENTED]), draft()))


def test_an_engine_that_reads_no_prompt_is_not_asked_again() -> None:
    engine = ScriptedEngine(draft(what=WHAT, where=[INVENTED]), prompted=False)
    summary = summarize(engine)
    assert len(engine.requests) == 1
    assert engine.requests[0].messages == ()
    assert summary.provenance.prompt is None
    assert len(summary.rejected) == 1


def test_an_engine_error_reaches_the_caller_as_it_is() -> None:
    with pytest.raises(EngineUnavailable, match="no route"):
        summarize(ScriptedEngine(EngineUnavailable("no route")))


def test_the_record_says_what_made_it() -> None:
    engine = ScriptedEngine(draft(what=WHAT), model="m-1", mode="tools")
    article = Article.from_text(TEXT, location="strike.txt")
    provenance = summarize(engine, article).provenance
    assert (provenance.engine, provenance.model, provenance.mode) == ("scripted", "m-1", "tools")
    assert provenance.prompt is not None
    assert provenance.prompt.startswith("summarize@")
    assert provenance.article_sha256 == article.sha256
    assert provenance.cost_usd is None, "the script reports no cost"


@pytest.mark.parametrize(
    ("outcomes", "cost"),
    [
        ([("ok", 0.02), ("ok", 0.01)], 0.03),
        ([("rate_limited", None), ("ok", 0.02)], 0.02),
        ([("parameter_refused", None), ("ok", 0.02)], 0.02),
        ([("timeout", None), ("ok", 0.02)], None),
        ([("ok", None)], None),
    ],
)
def test_a_cost_is_the_sum_unless_an_attempt_may_have_cost_something_unknown(
    outcomes: list[tuple[str, float | None]], cost: float | None
) -> None:
    attempts = tuple(
        Attempt(purpose="draft", mode="m", outcome=outcome, cost_usd=price, seconds=0.1)
        for outcome, price in outcomes
    )

    class Priced(ScriptedEngine):
        async def complete(self, request: Request) -> Completion:
            return replace(await super().complete(request), attempts=attempts)

    found = summarize(Priced(draft(what=WHAT))).provenance.cost_usd
    assert found == (None if cost is None else pytest.approx(cost))


def test_the_article_is_described_with_how_each_fact_was_found() -> None:
    summary = summarize(
        ScriptedEngine(draft(what=WHAT)),
        Article.from_text(TEXT, publisher="The Halden Post", published=dt.date(2031, 3, 4)),
    )
    facts = summary.article
    assert (facts.title, facts.title_from) == ("Ferry crews in Halden end their strike", "text")
    assert (facts.publisher, facts.publisher_from) == ("The Halden Post", "caller")
    assert (facts.published, facts.published_from) == (dt.date(2031, 3, 4), "caller")
    assert facts.length == len(TEXT)


def test_an_article_brings_its_own_facts() -> None:
    with (
        Summarizer(Settings(), engine=ScriptedEngine()) as summarizer,
        pytest.raises(ConfigurationError),
    ):
        summarizer.summarize(Article.from_text(TEXT), title="Another")


def test_a_text_without_words_is_refused_before_the_engine_is_asked() -> None:
    engine = ScriptedEngine()
    with pytest.raises(EmptyArticle):
        summarize(engine, " \n… — !")
    assert engine.requests == []


def test_the_deadline_is_the_settings_timeout_away() -> None:
    engine = ScriptedEngine(draft(what=WHAT, where=[INVENTED]), draft())
    summarize(engine)
    first, second = (request.deadline for request in engine.requests)
    assert first is not None
    assert first == second, "one deadline covers the repair too"


def test_closing_closes_the_engine() -> None:
    engine = ScriptedEngine(draft(what=WHAT))
    summarize(engine)
    assert engine.closed


def test_synchronous_calls_work_inside_a_running_loop() -> None:
    """A notebook has one."""

    async def cell() -> Summary:
        return summarize(ScriptedEngine(draft(what=WHAT)))

    assert asyncio.run(cell()).what is not None


def test_synchronous_calls_work_from_several_threads() -> None:
    engine = ScriptedEngine(then=draft(what=WHAT))
    with Summarizer(Settings(), engine=engine) as summarizer, ThreadPoolExecutor(8) as pool:
        summaries = list(pool.map(summarizer.summarize, [TEXT] * 16))
    assert len(summaries) == 16


_INTERRUPTED = """
import asyncio, signal, threading
from summarizer import Settings, Summarizer
from summarizer.testing import ScriptedEngine

class Interrupting(ScriptedEngine):
    async def complete(self, request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            print("the work ended", flush=True)

try:
    with Summarizer(Settings(), engine=Interrupting()) as summarizer:
        CALL
except KeyboardInterrupt:
    print("interrupted")
"""


def run_script(script: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, check=True, encoding="utf-8", timeout=100,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "call",
    [
        'summarizer.summarize("Ferry crews ended their strike.")',
        'list(summarizer.imap(["Ferry crews ended their strike."]))',
    ],
)
def test_an_interrupted_synchronous_call_ends_the_work(call: str) -> None:
    """Ctrl-C reaches the waiting thread; the engine's call in the other one is cancelled."""
    assert run_script(_INTERRUPTED.replace("CALL", call)) == ["the work ended", "interrupted"]


_UNCLOSED = """
from summarizer import Settings, Summarizer

summarizer = Summarizer(Settings(engine="extractive"))
print(summarizer.summarize("Ferry crews in Halden ended their strike on Sunday.").status)
"""


def test_a_process_that_closes_nothing_ends() -> None:
    assert run_script(_UNCLOSED) == ["complete"]


class Waiting(ScriptedEngine):
    """Waits for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()

    async def complete(self, request: Request) -> Completion:
        self.requests.append(request)
        self.begun.set()
        await asyncio.Event().wait()
        raise AssertionError


def test_closing_ends_what_another_thread_waits_for() -> None:
    engine = Waiting()
    with ThreadPoolExecutor(1) as pool:
        with Summarizer(Settings(), engine=engine) as summarizer:
            waiting = pool.submit(summarizer.summarize, TEXT)
            assert engine.begun.wait(100)
        with pytest.raises(ConfigurationError, match="closed"):
            waiting.result(100)


def test_a_closed_summarizer_says_so() -> None:
    engine = ScriptedEngine(then=draft(what=WHAT))
    summarizer = Summarizer(Settings(), engine=engine)
    results = summarizer.imap([TEXT] * 9, concurrency=1)
    assert next(results).error is None
    summarizer.close()
    summarizer.close()
    asked = len(engine.requests)
    with pytest.raises(ConfigurationError, match="closed"):
        summarizer.summarize(TEXT)
    with pytest.raises(ConfigurationError, match="closed"):
        asyncio.run(summarizer.asummarize(TEXT))
    with pytest.raises(ConfigurationError, match="closed"):
        next(results)
    assert len(engine.requests) == asked


def test_results_that_nobody_took_are_left_without_a_word_after_closing() -> None:
    with Summarizer(Settings(), engine=ScriptedEngine(then=draft(what=WHAT))) as summarizer:
        results = summarizer.imap([TEXT] * 9, concurrency=1)
        assert next(results).error is None
    del results
    gc.collect()


@pytest.mark.anyio
async def test_one_summarizer_takes_several_articles_at_once() -> None:
    engine = ScriptedEngine(then=draft(what=WHAT))
    async with Summarizer(Settings(), engine=engine) as summarizer:
        summaries = await asyncio.gather(*(summarizer.asummarize(TEXT) for _ in range(8)))
    assert len(summaries) == 8
    assert {summary.what for summary in summaries} == {summaries[0].what}


def test_the_openai_engine_without_a_key_or_an_address_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        Summarizer(Settings(engine="openai"))


def test_without_a_key_the_extractive_engine_answers() -> None:
    with Summarizer(Settings()) as summarizer:
        summary = summarizer.summarize(TEXT)
    assert summary.provenance.engine == "extractive"
    assert summary.what is not None
