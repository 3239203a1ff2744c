"""The benchmark of batches measures what it says: sound answers, honest delays, every article."""

from __future__ import annotations

import contextlib
import re
import statistics

import pytest

from bench.batch import articles, server, table, worker
from bench.batch.__main__ import CHART, PAGE
from bench.batch.cells import SUBJECTS, Cell, Result, cells, takes_part
from bench.batch.extractive import Rate
from bench.batch.server import Endpoint
from summarizer.article import Article
from summarizer.grounding import EvidenceIndex, ground

SIZES: tuple[articles.Size, ...] = ("small", "gold")


@pytest.mark.parametrize("size", SIZES)
def test_no_two_articles_are_alike_and_each_tells_which_it_is(size: articles.Size) -> None:
    listed = articles.texts(size, 300, series=1) + articles.texts(size, 300, series=2)
    assert len(set(listed)) == 600
    count = len(articles.originals(size))
    numbers = [articles.number(text.encode()) for text in listed]
    assert numbers == 2 * [n % count for n in range(300)]


@pytest.mark.parametrize("size", SIZES)
def test_no_answer_makes_the_client_ask_again(size: articles.Size) -> None:
    for text in articles.texts(size, 30, series=3):
        drafted = articles.drafts(size)[articles.number(text.encode())]
        checked = ground(drafted, EvidenceIndex(Article.from_text(text)))
        assert len(checked) >= 6
        assert not any(entry.problems for entry in checked)


def test_the_sizes_are_what_the_document_says() -> None:
    assert 600 <= articles.characters("small") <= 1000
    assert 6 <= articles.items("small") <= 9
    assert articles.items("gold") > 25


def test_delays_with_jitter_lie_around_the_latency_in_every_stretch() -> None:
    endpoint = Endpoint()
    body = b"Edition 1.2"
    endpoint.set(latency=1.0, jitter=0.75, size="small")
    delays = [endpoint.answer("/v1/chat/completions", body)[0] for _ in range(400)]
    assert min(delays) < 0.3
    assert max(delays) > 1.7
    assert all(abs(statistics.mean(delays[at : at + 50]) - 1.0) < 0.05 for at in range(0, 400, 50))
    assert endpoint.told()["delays"] == pytest.approx(sum(delays))
    assert endpoint.told()["peak"] == 400


def test_a_request_without_an_article_is_noticed() -> None:
    with pytest.raises(LookupError):
        articles.number(b"{}")


@pytest.mark.openai
@pytest.mark.parametrize("name", ["aiohttp", "openai", "instructor", "map", "file", "map+1"])
def test_every_subject_asks_once_about_each_article(name: str) -> None:
    with server.running() as address, contextlib.closing(worker.made(name, address)) as subject:
        for series in (1, 2):
            subject.prepare(articles.texts("small", 12, series=series), 4)
            server.control(address, latency=0.0, jitter=0.0, size="small")
            subject.ask()
            told = server.control(address)
            assert told["requests"] == 12
            assert told["peak"] <= 4


def test_the_table_has_a_row_for_each_subject_and_a_column_for_each_cell() -> None:
    results = [
        Result(name, cell, 2.0, 0.5, 0.001, 0.002, 0.0001, 1)
        for cell in cells(short=False)
        for name in SUBJECTS
        if takes_part(name, cell)
    ]
    rates = [Rate(size, workers, 100.0) for size in SIZES for workers in (0, 1, 2)]
    soon, late, gold, cost, extractive = table.text(results, rates).split("\n\n")
    for part in (soon, late):
        first, _, *rows = part.splitlines()
        assert first.count("|") == 2 + 6
        assert [row.split("|")[1].strip() for row in rows] == [n for n, _ in SUBJECTS.values()]
        assert all("langextract" not in row or row.count("| 50 ") == 4 for row in rows)
    assert gold.count("| 50 ") == 5
    assert len(cost.splitlines()) == 2 + len(SUBJECTS)
    assert extractive.count("| 100 ") == 6


def test_each_cell_runs_several_latencies_long() -> None:
    assert all(cell.articles >= 4 * cell.concurrency for cell in cells(short=False))
    assert Cell(0.2, 16, 0.0).articles == 96


def test_the_document_has_a_place_for_what_is_measured() -> None:
    text = PAGE.read_text("utf-8")
    assert len(re.findall(r"<!-- measured -->\n.*<!-- to here -->", text, re.DOTALL)) == 1
    assert f"images/{CHART.name}" in text
