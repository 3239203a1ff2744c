"""Facts about the page in a real browser: paste, stream, pick, read; and nothing leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import page_support
from tests.page_support import Held, Watched, needs_chromium, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

from playwright.sync_api import expect

from summarizer import Article, Settings, Summary, render
from summarizer.errors import EngineUnavailable
from summarizer.service import auth
from summarizer.testing import LoopbackServer, ScriptedEngine, replies
from tests.pipeline_support import DALE, HALDEN, INVENTED, LEAD, TEXT, WHAT, draft

pytestmark = needs_chromium

Open = Callable[..., Watched]
#: What Chromium's console says of an answer that is an error. The page says it in words.
REFUSED = "Failed to load resource"
KEYS = f"desk sha256:{auth.digest_of('correct horse').hex()}"

#: Characters of two UTF-16 units, of two code points, from right to left, and none to see.
HOSTILE = """<script>window.hacked = 1</script> 🐎🐎 in Halden

Monday, 3 March 2031

🚢 Crews 👩‍🚀 of the <b>Løve</b> \u202eferry\u202c in Halden\x07 ended a strike on Sunday 🎉, and \
חברת המעבורות & <img src=x onerror="window.hacked=1"> agreed.

"We have 𝔬𝔲𝔯 weekends back 🏡," said Runa Dale, who speaks for the crews.
"""
HOSTILE_LEAD = HOSTILE.split("\n\n")[2]
HOSTILE_SPEECH = HOSTILE.split("\n\n")[3].rstrip("\n")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with page_support.browser() as started:
        yield started


@pytest.fixture(scope="module")
def extractive() -> Iterator[str]:
    """The address of a service without a model."""
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def scripted() -> Iterator[str]:
    """The address of a service whose every answer has three good items and an invented one."""
    answer = draft(what=WHAT, where=[HALDEN, INVENTED], reactions=[DALE])
    with served(ScriptedEngine(then=answer)) as address:
        yield address


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Open]:
    """Opens the page, watched: no request went elsewhere, and nothing complained."""
    contexts = []
    pages: list[tuple[Watched, str | None]] = []

    def open_(address: str, *, excuse: str | None = None, **options: Any) -> Watched:
        # Motion takes time, and half-way its colours and places are not those that are read.
        contexts.append(chromium.new_context(**{"reduced_motion": "reduce"} | options))
        watched = Watched(contexts[-1], address)
        pages.append((watched, excuse))
        return watched

    yield open_
    for context in contexts:
        context.close()
    for watched, excuse in pages:
        assert watched.stayed_here()
        assert [one for one in watched.complaints if not (excuse and excuse in one)] == []


# Items and their evidence


def test_items_stand_in_the_record_while_the_answer_is_still_held_back(opened: Open) -> None:
    engine = Held(draft(what=WHAT, where=[HALDEN], reactions=[DALE]))
    with served(engine) as address:
        watched = opened(address)
        page = watched.page
        watched.summarize(TEXT)
        expect(page.locator("#items .item")).to_have_count(3)
        expect(page.locator("#state-text")).to_contain_text("3 items so far")
        expect(page.locator("#words .mark").first).to_be_visible()
        expect(page.locator("#take")).to_be_hidden()
        expect(page.locator("#stop")).to_be_focused()
        engine.release()
        expect(page.locator("#verdict")).to_have_text("3 items, each verified in the article.")
        expect(page.locator("#items .item")).to_have_count(3)
        expect(page.locator("#stop")).to_be_hidden()
        expect(page.locator("#record")).to_be_focused()


def test_an_item_that_is_clicked_has_its_evidence_highlighted_and_nothing_else(
    opened: Open, scripted: str
) -> None:
    watched = opened(scripted)
    page = watched.page
    watched.summarize(TEXT)
    watched.finished()
    page.locator(".reactions .item").click()
    assert watched.lit() == DALE["evidence"]
    quoted = page.locator("#words .mark.quoted")
    assert "".join(quoted.all_text_contents()) == DALE["quote"]
    expect(quoted.first).to_be_in_viewport()
    page.locator(".what .item").click()
    assert watched.lit() == [LEAD]
    page.locator("h1").hover()
    page.keyboard.press("Escape")
    assert watched.lit() == []
    assert page.locator("#words").text_content() == TEXT


def test_evidence_out_of_sight_is_scrolled_to(opened: Open, scripted: str) -> None:
    watched = opened(
        scripted, viewport={"width": 1100, "height": 500}, reduced_motion="no-preference"
    )
    watched.summarize("Word for word.\n\n" * 60 + TEXT)
    watched.finished()
    quote = watched.page.locator("#words .reactions").first
    expect(quote).not_to_be_in_viewport()
    watched.page.locator(".reactions .item").click()
    expect(quote).to_be_in_viewport()


def test_the_pointer_previews_and_a_click_stays(opened: Open, scripted: str) -> None:
    watched = opened(scripted)
    page = watched.page
    watched.summarize(TEXT)
    watched.finished()
    page.locator(".where .item").first.hover()
    assert watched.lit() == [LEAD]
    page.locator("h1").hover()
    assert watched.lit() == []
    page.locator(".reactions .item").click()
    page.locator(".where .item").first.hover()
    assert watched.lit() == DALE["evidence"]
    expect(page.locator('.item[aria-pressed="true"]')).to_have_count(1)
    page.locator(".reactions .item").click()
    page.locator("h1").hover()
    assert watched.lit() == []


def test_a_click_on_a_passage_goes_to_every_item_that_rests_on_it(
    opened: Open, scripted: str
) -> None:
    watched = opened(scripted)
    watched.summarize(TEXT)
    watched.finished()
    watched.page.locator("#words .mark.what").first.click()
    assert watched.page.locator(".entry.on").count() == 2
    expect(watched.page.locator(".entry.what.on .item")).to_be_in_viewport()
    expect(watched.page.locator(".entry.where.on .item")).to_be_in_viewport()


def test_each_highlight_is_the_span_s_own_text_whatever_stands_before_it(opened: Open) -> None:
    answer = draft(
        what={"evidence": [HOSTILE_LEAD], "statement": "Crews in Halden ended a strike."},
        reactions=[DALE | {"evidence": [HOSTILE_SPEECH], "quote": "We have 𝔬𝔲𝔯 weekends back 🏡,"}],
    )
    with served(ScriptedEngine(then=answer)) as address:
        watched = opened(address)
        page = watched.page
        watched.summarize(HOSTILE)
        watched.finished()
        page.locator(".reactions .item").click()
        assert watched.lit() == [HOSTILE_SPEECH]
        quoted = page.locator("#words .mark.quoted").all_text_contents()
        assert "".join(quoted) == "We have 𝔬𝔲𝔯 weekends back 🏡,"
        page.locator(".what .item").click()
        seen = HOSTILE_LEAD.replace("\u202e", "\ufffd").replace("\u202c", "\ufffd")
        assert watched.lit() == [seen.replace("\x07", "\u2407")]
        # Shown as text, and never more than that.
        assert "<script>window.hacked = 1</script>" in (page.locator("#words").text_content() or "")
        assert page.locator("#words :is(script, img, b)").count() == 0
        assert page.evaluate("window.hacked") is None


def test_what_a_model_says_is_text_too(opened: Open) -> None:
    name = "<img src=x onerror='window.hacked=1'>\u202e\u2066"
    text = f"{TEXT}\n{name} watched the ferry leave Halden.\n"
    who = {
        "evidence": [f"{name} watched the ferry leave Halden."],
        "name": name,
        "kind": "person",
        "role": None,
    }
    with served(ScriptedEngine(then=draft(what=WHAT, who=[who]))) as address:
        watched = opened(address)
        watched.summarize(text)
        watched.finished()
        told = watched.page.locator("#record")
        expect(told).to_contain_text("<img src=x onerror='window.hacked=1'>\ufffd\ufffd")
        assert told.locator("img").count() == 0
        assert watched.page.evaluate("window.hacked") is None


def test_line_ends_that_the_field_changes_move_no_highlight(opened: Open, scripted: str) -> None:
    watched = opened(scripted)
    watched.summarize(TEXT.replace("\n", "\r\n"))
    watched.finished()
    watched.page.locator(".what .item").click()
    assert watched.lit() == [LEAD]


def test_a_loopback_model_streams_through_the_openai_engine(opened: Open) -> None:
    answer = draft(what=WHAT, where=[HALDEN], reactions=[DALE])
    with LoopbackServer(then=replies.answer(answer)) as model:
        settings = Settings(base_url=model.base_url, model="loopback")
        with served(settings=settings) as address:
            watched = opened(address)
            watched.summarize(TEXT)
            watched.finished()
            expect(watched.page.locator("#items .item")).to_have_count(3)
            expect(watched.page.locator("#provenance")).to_contain_text("loopback")
            expect(watched.page.locator("#provenance")).to_contain_text("1 request")
            assert "No model was asked" not in watched.page.locator("#provenance").inner_text()


# What was not verified


def test_what_was_left_out_stands_in_a_fold_with_its_reason(opened: Open, scripted: str) -> None:
    watched = opened(scripted)
    page = watched.page
    watched.summarize(TEXT)
    watched.finished()
    expect(page.locator("#state-text")).to_have_text("Partial record")
    expect(page.locator("#verdict")).to_contain_text(
        "Partial: 1 item of the answer could not be verified and is left out."
    )
    expect(page.locator("#left-out .reason")).to_be_hidden()
    page.locator("#left-out summary").click()
    expect(page.locator("#left-out .reason")).to_have_text(
        "What it quotes does not stand in the article."
    )
    expect(page.locator("#left-out .left")).to_contain_text("Oslo")
    page.locator("#left-out .uncited .item").click()
    assert watched.lit() == ["fair to all sides"]


def test_it_says_when_no_model_was_asked(opened: Open, extractive: str) -> None:
    watched = opened(extractive)
    watched.page.get_by_role("button", name="Try an example").click()
    expect(watched.page.locator("#send")).to_be_focused()
    watched.page.keyboard.press("Enter")
    watched.finished()
    expect(watched.page.locator("#provenance")).to_contain_text("No model was asked.")
    for field in ("what", "who", "where", "when", "reactions", "background"):
        expect(watched.page.locator(f"#items .{field} .item").first).to_be_visible()


# Taking it along


def test_the_record_is_copied_and_saved_as_the_service_renders_it(
    opened: Open, scripted: str, tmp_path: Path
) -> None:
    watched = opened(scripted, permissions=["clipboard-read", "clipboard-write"])
    page = watched.page
    watched.summarize(TEXT)
    watched.finished()
    copied = {}
    for format_ in ("JSON", "Markdown"):
        page.get_by_role("button", name=f"Copy {format_}").click()
        button = page.locator(f"[data-format={format_.lower()}]")
        expect(button).to_have_text("Copied")
        copied[format_] = page.evaluate("navigator.clipboard.readText()")
    summary = Summary.model_validate_json(copied["JSON"])
    assert copied["JSON"] == render.to_json(summary) + "\n"
    assert copied["Markdown"] == render.to_markdown(summary)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download HTML").click()
    file = tmp_path / "saved.html"
    saved.value.save_as(file)
    assert saved.value.suggested_filename == "record.html"
    assert file.read_text("utf-8") == render.to_html(summary, Article.from_text(TEXT))


# Files


def test_a_page_that_is_chosen_is_read_and_may_be_edited(
    opened: Open, scripted: str, tmp_path: Path
) -> None:
    paragraphs = "".join(f"<p>{one}</p>" for one in TEXT.split("\n\n")[2:])
    file = tmp_path / "strike.html"
    file.write_text(
        "<!doctype html><title>Strike ends</title><nav>Home News Sport</nav>"
        '<meta property="article:published_time" content="2031-03-03">'
        f"<article><h1>Strike ends</h1>{paragraphs}</article>",
        encoding="utf-8",
    )
    page = opened(scripted).page
    page.locator("#file").set_input_files(file)
    text = page.get_by_role("textbox", name="Article")
    expect(text).to_have_value(re.compile("Ferry crews in Halden ended.*two days", re.DOTALL))
    expect(page.get_by_label("Title")).to_have_value("Strike ends")
    expect(page.get_by_label("Published")).to_have_value("2031-03-03")
    page.get_by_role("button", name="Clear").click()
    expect(text).to_have_value("")


def test_a_file_that_is_dropped_is_read_in_its_own_encoding(opened: Open, scripted: str) -> None:
    page = opened(scripted).page
    page.evaluate(
        """(bytes) => {
          const given = new DataTransfer();
          given.items.add(new File([new Uint8Array(bytes)], "café.txt", {type: "text/plain"}));
          for (const type of ["dragenter", "dragover", "drop"]) {
            dispatchEvent(new DragEvent(type, {dataTransfer: given, cancelable: true}));
          }
        }""",
        list("Le café est « fermé » depuis lundi à Liège.\r\nFin.".encode("cp1252")),
    )
    expect(page.get_by_role("textbox", name="Article")).to_have_value(
        "Le café est « fermé » depuis lundi à Liège.\nFin."
    )
    expect(page.locator("#drop")).to_be_hidden()


def test_a_file_that_is_no_text_is_refused_in_words(
    opened: Open, scripted: str, tmp_path: Path
) -> None:
    file = tmp_path / "photo.txt"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    page = opened(scripted, excuse=REFUSED).page
    page.locator("#file").set_input_files(file)
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("The article cannot be read")
    problem.get_by_role("button", name="Dismiss").click()
    expect(problem).to_be_hidden()


# Failures


def test_stop_cancels_the_work_and_keeps_what_came(opened: Open) -> None:
    engine = Held(draft(what=WHAT, where=[HALDEN]))
    with served(engine) as address:
        watched = opened(address)
        watched.summarize(TEXT)
        expect(watched.page.locator("#items .item")).to_have_count(2)
        watched.page.keyboard.press("Enter")  # Stop has the focus.
        expect(watched.page.locator("#state-text")).to_have_text("Stopped after 2 verified items")
        expect(watched.page.get_by_role("alert")).to_be_hidden()
        assert engine.cancelled.wait(20)
        watched.page.locator(".what .item").click()
        assert watched.lit() == [LEAD]


def test_an_engine_that_fails_is_told_of_and_may_be_asked_again(opened: Open) -> None:
    engine = ScriptedEngine(
        EngineUnavailable("the endpoint answered 500"), draft(what=WHAT, where=[HALDEN])
    )
    with served(engine) as address:
        watched = opened(address, excuse=REFUSED)
        watched.summarize(TEXT)
        problem = watched.page.get_by_role("alert")
        expect(problem).to_contain_text("The model cannot be reached")
        expect(problem).to_contain_text("The endpoint answered 500")
        problem.get_by_role("button", name="Try again").click()
        watched.finished()
        expect(problem).to_be_hidden()


def test_a_service_that_is_gone_is_told_of_and_the_text_is_still_there(opened: Open) -> None:
    with served() as address:
        watched = opened(address, excuse=REFUSED)
    watched.summarize(TEXT)
    expect(watched.page.get_by_role("alert")).to_contain_text("The service cannot be reached")
    expect(watched.page.locator("#send")).to_be_focused()
    expect(watched.page.get_by_role("textbox", name="Article")).to_have_value(TEXT)


def test_an_answer_that_breaks_off_is_no_record(opened: Open, scripted: str) -> None:
    watched = opened(scripted)
    half = 'event: item\ndata: {"field": "what", "item": {"evidence": [], "statement": "x"}}\n\n'
    watched.page.route(
        "**/v1/summaries/stream",
        lambda route: route.fulfill(status=200, content_type="text/event-stream", body=half),
    )
    watched.summarize(TEXT)
    expect(watched.page.get_by_role("alert")).to_contain_text("The answer broke off")
    expect(watched.page.locator("#state-text")).to_have_text("Not finished after 1 verified item")
    expect(watched.page.locator("#take")).to_be_hidden()
    # Nobody knows whether there are none.
    assert "None found" not in watched.page.locator("#items").inner_text()


def test_a_service_that_goes_silent_is_not_waited_for_for_ever(opened: Open, scripted: str) -> None:
    watched = opened(scripted)
    page = watched.page
    page.clock.install()
    page.route("**/v1/summaries/stream", lambda _: None)
    with page.expect_request("**/v1/summaries/stream"):
        watched.summarize(TEXT)
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("alert")).to_contain_text("The service went silent")


def test_a_span_that_the_text_shown_does_not_bear_out_is_not_highlighted(
    opened: Open, scripted: str
) -> None:
    watched = opened(scripted)
    page = watched.page

    def altered(route: Route) -> None:
        # As a proxy would that changes what is sent on.
        sent = json.loads(route.request.post_data or "")
        route.continue_(post_data=json.dumps(sent | {"text": "\n" + sent["text"]}))

    page.route("**/v1/summaries/stream", altered)
    watched.summarize(TEXT)
    watched.finished()
    expect(page.locator("#verdict.partial")).to_contain_text(
        "could not be found in the text shown here"
    )
    page.locator(".reactions .item").click()
    assert watched.lit() == []


def test_a_limit_says_when_to_try_again(opened: Open) -> None:
    with served(requests_per_minute=1) as address:
        watched = opened(address, excuse=REFUSED)
        page = watched.page
        page.clock.install()
        watched.summarize(TEXT)
        watched.finished()
        page.get_by_role("button", name="Edit the text").click()
        page.get_by_role("button", name="Summarize").click()
        again = page.get_by_role("alert").get_by_role("button", name="Try again")
        expect(again).to_be_disabled()
        expect(again).to_contain_text(" s")
        page.clock.fast_forward(61_000)
        expect(again).to_be_enabled()
        expect(again).to_have_text("Try again")


def test_what_is_too_large_is_not_even_sent(opened: Open) -> None:
    with served(max_body_bytes=2_000) as address:
        watched = opened(address)
        watched.summarize(TEXT * 9)
        expect(watched.page.get_by_role("alert")).to_contain_text("too large")
        expect(watched.page.locator("#write")).to_be_visible()
        assert not any("summaries" in url for url in watched.asked)


def test_a_key_is_asked_for_and_kept_only_where_that_is_wished(opened: Open) -> None:
    with served(keys=KEYS) as address:
        watched = opened(address, excuse=REFUSED)
        page = watched.page
        key = page.get_by_label("API key")
        key.fill("wrong")
        watched.summarize(TEXT)
        expect(page.get_by_role("alert")).to_contain_text("This key is not known.")
        expect(key).to_be_focused()
        key.fill("correct horse")
        page.get_by_role("button", name="Summarize").click()
        watched.finished()
        assert page.evaluate("Object.keys(sessionStorage).length + document.cookie.length") == 0
        page.get_by_role("button", name="Edit the text").click()
        page.get_by_label("Remember it until this tab is closed").check()
        page.reload()
        expect(key).to_have_value("correct horse")
        page.get_by_label("Remember it until this tab is closed").uncheck()
        page.reload()
        expect(key).to_have_value("")
        assert not any("horse" in url for url in watched.asked)
        assert "horse" not in json.dumps(page.evaluate("({...localStorage})"))


def test_on_a_phone_what_is_wrong_with_a_key_is_told_where_it_is_asked_for(opened: Open) -> None:
    with served(keys=KEYS) as address:
        watched = opened(address, excuse=REFUSED, viewport={"width": 400, "height": 700})
        page = watched.page
        watched.summarize(TEXT * 20)
        note = page.locator("#key-note")
        expect(note).to_have_text("The request has no key.")
        expect(note).to_be_in_viewport()
        page.get_by_label("API key").fill("correct horse")
        page.get_by_role("button", name="Summarize").click()
        watched.finished()
        expect(note).to_be_hidden()


def test_no_key_is_asked_for_where_none_is_needed(opened: Open, scripted: str) -> None:
    expect(opened(scripted).page.locator("#keys")).to_be_hidden()


# Eyes, hands and screens


def test_the_keyboard_alone_is_enough(opened: Open, scripted: str) -> None:
    watched = opened(scripted)
    page = watched.page
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_role("link", name="Skip to the article")).to_be_focused()
    press("Enter")
    press("Tab")
    expect(page.get_by_role("textbox", name="Article")).to_be_focused()
    page.keyboard.insert_text(TEXT)
    press("Control+Enter")
    watched.finished()
    expect(page.locator("#record")).to_be_focused()
    press("Tab")
    expect(page.get_by_role("button", name="Copy JSON")).to_be_focused()
    for _ in range(3):
        press("Tab")
    expect(page.locator(".what .item")).to_be_focused()
    press("ArrowDown")
    expect(page.locator(".where .item")).to_be_focused()
    press("End")
    expect(page.locator(".reactions .item")).to_be_focused()
    press("Enter")
    assert watched.lit() == DALE["evidence"]
    expect(page.locator("#live")).to_contain_text("We have our weekends back")
    press("Tab")  # the quote's own button
    press("Enter")
    expect(page.locator("#words .mark:focus")).to_have_text(DALE["quote"])
    press("ArrowLeft")
    press("Enter")
    expect(page.locator(".reactions .item")).to_be_focused()
    press("Escape")
    expect(page.locator("#words .mark:focus")).to_have_count(1)
    assert watched.lit() == []


def test_a_focus_is_seen(opened: Open, scripted: str) -> None:
    watched = opened(scripted)
    page = watched.page
    unseen = []
    watched.summarize(TEXT)
    watched.finished()
    page.evaluate("document.activeElement.blur()")
    stops = page.locator("a:visible, button:visible, summary:visible").count()
    for _ in range(stops):
        page.keyboard.press("Tab")
        style, name = page.evaluate(
            "() => { const at = document.activeElement;"
            " return [getComputedStyle(at).outlineStyle, at.outerHTML]; }"
        )
        if style == "none" and not name.startswith("<body"):
            unseen.append(name)
    assert unseen == []


def test_the_theme_is_the_system_s_until_another_is_chosen(opened: Open, scripted: str) -> None:
    page = opened(scripted, color_scheme="dark").page
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    toggle = page.get_by_role("button", name="Dark theme")
    dark = page.evaluate(paper)
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    light = page.evaluate(paper)
    assert light != dark
    expect(toggle).to_have_attribute("aria-pressed", "false")
    page.reload()
    assert page.evaluate(paper) == light
    page.emulate_media(color_scheme="light")
    toggle.click()
    assert page.evaluate(paper) == dark


def test_a_highlight_is_seen_with_forced_colours_and_nothing_moves_unasked(
    opened: Open, scripted: str
) -> None:
    watched = opened(scripted, forced_colors="active")
    watched.summarize(TEXT)
    watched.finished()
    watched.page.locator(".reactions .item").click()
    ground = "(query) => getComputedStyle(document.querySelector(query)).backgroundColor"
    assert watched.page.evaluate(ground, ".mark.on") != watched.page.evaluate(ground, "#article")
    assert watched.page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("width", [320, 400, 760])
def test_a_narrow_screen_never_scrolls_sideways(opened: Open, scripted: str, width: int) -> None:
    watched = opened(scripted, viewport={"width": width, "height": 800})
    page = watched.page
    wider = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(wider) <= 0
    watched.summarize(f"{TEXT}\n{'Donaudampfschifffahrt' * 12} https://example.test/{'x' * 300}\n")
    watched.finished()
    page.locator("#left-out summary").click()
    assert page.evaluate(wider) <= 0


def test_the_page_of_the_requests_never_scrolls_sideways_on_a_phone(
    opened: Open, scripted: str
) -> None:
    page = opened(scripted, viewport={"width": 360, "height": 640}).page
    page.goto(f"{scripted}/docs")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_on_a_phone_a_passage_offers_its_items_and_an_item_the_way_back(
    opened: Open, scripted: str
) -> None:
    watched = opened(scripted, viewport={"width": 400, "height": 800}, has_touch=True)
    page = watched.page
    watched.summarize(TEXT)
    watched.finished()
    page.locator("#words .mark.reactions").first.tap()
    offered = page.locator("#peek button")
    expect(offered).to_contain_text("Runa Dale said the crews have their weekends back.")
    offered.tap()
    item = page.locator(".reactions .item")
    expect(item).to_be_in_viewport()
    expect(page.locator("#peek")).to_be_hidden()
    item.tap()
    expect(page.locator("#words .mark.quoted")).to_be_in_viewport()
    page.get_by_role("button", name="Back to the record").tap()
    expect(item).to_be_focused()
    expect(item).to_be_in_viewport()


SCREENS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 400, "height": 800}},
}


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(opened: Open, scripted: str, screen: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    def found() -> list[tuple[str, Any]]:
        violations = Axe().run(watched.page).response["violations"]
        return [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations]

    watched = opened(scripted, excuse=REFUSED, **SCREENS[screen])
    page = watched.page
    assert found() == []
    watched.summarize(TEXT)
    watched.finished()
    page.locator("#left-out summary").click()
    assert found() == []
    page.locator(".reactions .item").first.click()
    assert found() == []
    page.get_by_role("button", name="Edit the text").click()
    watched.summarize("!")
    expect(page.get_by_role("alert")).to_contain_text("There are no words to summarize")
    assert found() == []
