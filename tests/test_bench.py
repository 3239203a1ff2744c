"""The benchmarks measure what they say: distinct articles, one question each."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request

import pytest

from bench import client, editions, endpoint
from summarizer.grounding import EvidenceIndex, ground

CASES = editions.cases()


def test_no_two_editions_are_alike_and_each_tells_its_article() -> None:
    listed = [*editions.editions(CASES, 1), *editions.editions(CASES, 2)]
    assert len({edition.text for edition in listed}) == 2 * len(CASES)
    assert [editions.original(edition.text) for edition in listed] == 2 * [c.text for c in CASES]


def test_no_answer_makes_the_client_ask_again() -> None:
    answers = editions.answers(CASES)
    for edition in editions.editions(CASES, 7):
        checked = ground(answers[editions.original(edition.text)], EvidenceIndex(edition.article))
        assert len(checked) > 10
        assert not any(entry.problems for entry in checked)


def test_the_endpoint_ends_with_its_block() -> None:
    with endpoint.running() as url, urllib.request.urlopen(f"{url}/models") as response:
        assert response.status == 200
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/models")


@pytest.mark.openai
def test_every_client_gets_its_answers() -> None:
    with contextlib.closing(client.cases(3)) as cases:
        case = next(cases)
        assert case.subject().cpu > 0
        assert case.yardstick().cpu > 0
