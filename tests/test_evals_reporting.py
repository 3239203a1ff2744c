"""Reports: Markdown, JUnit XML, history and the HTML page, also with hostile words in them."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evals import baseline as baselines
from evals import data
from evals.baseline import Baseline
from evals.data import Corpus
from evals.errors import DataError
from evals.prediction import from_summary
from evals.reporting import history
from evals.reporting.facts import Facts
from evals.reporting.history import Point
from evals.reporting.html import html
from evals.reporting.html.overlay import overlay
from evals.reporting.junit import junit
from evals.reporting.markdown import escape, markdown
from evals.reporting.words import gate_lines, headline
from evals.running.manifest import Digests, Manifest
from evals.running.rows import Row
from evals.running.stored import StoredRun
from evals.scored import score_all
from summarizer.schema import Summary
from tests.evals_builders import case, raw_record, summary, write

EVIL = "<script>alert(1)</script>\"'&\x1b[31m\x00 | `x` ](http://x.test) **b**"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    write(tmp_path / "data")
    return data.load(tmp_path / "data")


def stored(
    corpus: Corpus, *summaries: Summary | None, notes: tuple[str, ...] = (), model: str = "m"
) -> StoredRun:
    """A run of one article with a repeat for each summary; None is a refusal."""
    manifest = Manifest(
        created=dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC),
        engine="openai",
        model=model,
        prompt="p@1",
        deterministic=True,
        host="example.test",
        settings={},
        repeats=len(summaries),
        digests=Digests.of(corpus),
        package_version="0.1",
        git_commit="abc123",
        notes=notes,
    )
    rows = [
        Row(
            article="bridge",
            engine="openai",
            model=model,
            prompt="p@1",
            repeat=repeat,
            failure=None if each else "Refused",
            seconds=1.5,
            cost_usd=0.25,
            attempts=(),
            summary=each,
        )
        for repeat, each in enumerate(summaries)
    ]
    return StoredRun(corpus.directory, manifest, {row.key: row for row in rows})


def no_reactions() -> Summary:
    return summary().model_copy(update={"reactions": ()})


def baseline(corpus: Corpus, directory: Path, *summaries: Summary | None) -> Path:
    run = stored(corpus, *summaries)
    scores = score_all(corpus, run.repeats(corpus), sensitivity=()).scores
    path = directory / "baseline.json"
    baselines.write(Baseline.of(run.manifest, Digests.of(corpus), scores), path)
    return path


# Words


def test_the_headline_is_read_beside_floors(corpus: Corpus) -> None:
    facts = Facts.of(stored(corpus, summary()), corpus)
    assert re.fullmatch(r"Mean F1 100\.0 over six fields; best floor [\d.]+\.", headline(facts))


def test_the_gates_lines(corpus: Corpus, tmp_path: Path) -> None:
    good = baseline(corpus, tmp_path, summary(), summary())
    facts = Facts.of(stored(corpus, no_reactions(), no_reactions()), corpus, baseline=good)
    assert facts.judged is not None
    lines = gate_lines(facts.judged, repeats=2)
    assert lines[0] == "Regression."
    assert lines[1].startswith("Lost: bridge / reactions / 0: Eva Holm: Eva Holm called")
    assert "reactions: F1 100.0 → 0.0, no more than repeats explain" in lines
    assert lines[-1].startswith("The smallest drop of F1")


def test_a_comparison_that_would_be_none_is_said_to_be_none(corpus: Corpus, tmp_path: Path) -> None:
    path = baseline(corpus, tmp_path, summary())
    path.write_text(
        path.read_text(encoding="utf-8").replace('"engine": "openai"', '"engine": "extractive"'),
        encoding="utf-8",
    )
    facts = Facts.of(stored(corpus, summary()), corpus, baseline=path)
    assert facts.judged is not None
    assert gate_lines(facts.judged, repeats=1)[0].startswith("No verdict: the baseline is of")


# Markdown


def test_markdown_has_the_table_the_gate_and_what_was_missed(
    corpus: Corpus, tmp_path: Path
) -> None:
    path = baseline(corpus, tmp_path, summary(), summary())
    run = stored(corpus, summary(), no_reactions(), notes=("a fake",))
    page = markdown(Facts.of(run, corpus, baseline=path))
    assert "## Evals: openai m p@1" in page
    assert "> a fake" in page
    assert "**Gate: Pass.**" in page
    assert "| who | 100.0 | 100.0 | 100.0 | n/a |" in page
    assert "1 of 7 vital items not found every time" in page
    assert "Eva Holm called the bridge a waste of money.: 1 of 2" in page
    assert "1 articles prove little" in page


def test_words_never_become_markdown() -> None:
    shown = escape(EVIL)
    assert "<" not in shown.replace("\\<", "")
    assert "](" not in shown.replace("\\]\\(", "")
    assert "|" not in shown.replace("\\|", "")
    assert "\x1b" not in shown


# JUnit


def test_junit_has_a_case_for_every_vital_item(corpus: Corpus) -> None:
    facts = Facts.of(stored(corpus, summary(), no_reactions(), None), corpus)
    root = ET.fromstring(junit(facts))
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len(facts.found) == 7
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("7", "7", "0")
    messages = {failure.get("message") for failure in root.findall("testsuite/testcase/failure")}
    assert messages == {"found in 1 of 3 repeats", "found in 2 of 3 repeats"}


def test_junit_skips_what_the_baseline_misses_too_and_reports_the_gate(
    corpus: Corpus, tmp_path: Path
) -> None:
    path = baseline(corpus, tmp_path, no_reactions())
    root = ET.fromstring(junit(Facts.of(stored(corpus, no_reactions()), corpus, baseline=path)))
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("8", "0", "1")
    worse = stored(corpus, None)
    root = ET.fromstring(junit(Facts.of(worse, corpus, baseline=path)))
    failed = root.findall("testsuite[@name='gate']/testcase/failure")
    assert [each.get("message") for each in failed] == ["Regression."]


# History


def test_a_run_is_added_to_the_history_once(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history.jsonl"
    facts = Facts.of(stored(corpus, summary()), corpus)
    point = Point.of(facts.run, facts.scored, facts.service)
    later = point.model_copy(update={"at": point.at + dt.timedelta(days=1)})
    for each in (later, point, later):
        history.add(each, path)
    assert history.read(path) == [point, later]
    assert (point.strict, point.cost_usd, point.latency_p50) == (1.0, 0.0, 1.5)
    assert point.system == "openai m"


def test_a_history_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    assert history.read(path) == []
    path.write_text("\n{}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"history.jsonl:2: not a point"):
        history.read(path)


# The page


class Tags(HTMLParser):
    """Checks that elements nest, and keeps every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile(corpus: Corpus) -> Facts:
    """Facts whose article, gold, answer and model are full of markup."""
    text = case().text + EVIL.replace("\x00", "") + "\n"
    raw = raw_record(text)
    raw["background"][1]["statement"] = EVIL.replace("\x00", "")
    given = summary(raw, text)
    write(corpus.directory, raw, text)
    changed = data.load(corpus.directory)
    run = stored(changed, given, notes=(EVIL,), model=EVIL)
    facts = Facts.of(run, changed)
    point = Point.of(run, facts.scored, facts.service)
    return replace(facts, history=(point, point))


def page_of(facts: Facts) -> Tags:
    tags = Tags()
    tags.feed(html(facts))
    tags.close()
    assert tags.open == []
    return tags


def harmless(corpus: Corpus) -> Facts:
    return Facts.of(stored(corpus, summary(), None), corpus)


@pytest.mark.parametrize("make", [harmless, hostile])
def test_the_page_nests_runs_nothing_and_loads_nothing(
    corpus: Corpus, make: Callable[[Corpus], Facts]
) -> None:
    facts = make(corpus)
    tags = page_of(facts)
    names = {name for name, _ in tags.seen}
    assert not names & {"script", "iframe", "img", "object", "embed", "form", "base"}
    for _, attributes in tags.seen:
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
        assert "src" not in attributes
    assert "url(" not in html(facts)
    assert "@import" not in html(facts)


def test_every_link_leads_to_a_place_in_the_page(corpus: Corpus) -> None:
    tags = page_of(Facts.of(stored(corpus, summary()), corpus))
    identifiers = [attributes["id"] for _, attributes in tags.seen if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    links = {a["href"] for name, a in tags.seen if name == "a" and "href" in a}
    assert links
    assert {link[1:] for link in links if link} <= set(identifiers)


def test_the_page_shows_headline_gate_repeats_and_reasons(corpus: Corpus, tmp_path: Path) -> None:
    path = baseline(corpus, tmp_path, summary(), summary())
    page = html(Facts.of(stored(corpus, summary(), no_reactions()), corpus, baseline=path))
    assert "Pass." in page
    assert "Of 7 vital items 6 were found in every one of 2 repeats (pass^2 85.7)" in page
    assert "scored as an empty" not in page
    refused = html(Facts.of(stored(corpus, None), corpus))
    assert "scored as an empty answer (Refused)" in refused
    assert "no supported item in this field" in refused


def test_history_is_charted_one_line_to_a_system(corpus: Corpus) -> None:
    facts = Facts.of(stored(corpus, summary()), corpus)
    point = Point.of(facts.run, facts.scored, facts.service)
    other = point.model_copy(update={"model": "other", "strict": 0.5})
    page = html(replace(facts, history=(point, other, point)))
    assert page.count("<svg") == 7
    assert page.count('class="series s0"') == 7 * (1 + 2)
    assert page.count('class="series s1"') == 7 * (1 + 1)
    assert "<svg" not in html(facts)


def test_the_overlay_marks_who_cites_what_and_keeps_every_character() -> None:
    one = case()
    prediction = from_summary(no_reactions())
    marked = overlay(one, prediction, "a1")
    assert re.sub(r"<[^>]+>", "", marked).replace("&quot;", '"').replace("&#x27;", "'") == one.text
    assert 'class="any-gold reactions-gold">Eva Holm called it' in marked
    assert 'class="any-both background-both">The bridge took three years to build.' in marked


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def in_browser(path: Path, width: int, *options: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--enable-logging=stderr", f"--user-data-dir={path.parent / 'profile'}",
        f"--window-size={width},900", *options, path.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_a_browser_shows_the_page_without_a_complaint(corpus: Corpus, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(html(hostile(corpus)), encoding="utf-8")
    seen = in_browser(page, 1000, "--dump-dom")
    assert "alert(1)" in seen.stdout
    assert "CONSOLE" not in seen.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
@pytest.mark.parametrize("width", [400, 1000])
def test_the_page_does_not_scroll_sideways(corpus: Corpus, tmp_path: Path, width: int) -> None:
    # A copy with a script and without the policy that would stop it, in a frame of the width.
    content = re.sub(r"<meta http-equiv[^>]*>", "", html(hostile(corpus)))
    (tmp_path / "report.html").write_text(content, encoding="utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe src="report.html" style="width:{width}px;height:900px;border:0"></iframe>'
        "<script>onload = () => { const page = document.querySelector('iframe').contentDocument;"
        "document.title = page.documentElement.scrollWidth + ' of ' + innerWidth; }</script>",
        encoding="utf-8",
    )
    seen = in_browser(frame, 1200, "--dump-dom", "--allow-file-access-from-files")
    title = re.search(r"<title>(\d+) of", seen.stdout)
    assert title is not None
    assert int(title[1]) <= width
