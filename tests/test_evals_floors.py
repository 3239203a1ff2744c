"""Floors answer every field with no thought, from the article alone."""

from __future__ import annotations

import pytest

from evals import data, floors
from evals.support import Ground, problem
from summarizer.schema import FIELD_NAMES, FieldName
from tests.evals_builders import TEXT, case

CORPUS = data.load()


def test_sentences_are_verbatim_and_cover_every_word() -> None:
    for article in (*CORPUS.cases, case()):
        found = floors.sentences(article.text)
        at = 0
        for sentence in found:
            start = article.text.index(sentence, at)
            assert not any(map(str.isalnum, article.text[at:start]))
            at = start + len(sentence)
        assert not any(map(str.isalnum, article.text[at:]))


def test_sentences_of_a_small_text() -> None:
    assert floors.sentences('Title\n\nA man (58) paid 1.5 euros. "No!" He left.\n') == [
        "Title", "A man (58) paid 1.5 euros.", '"No!"', "He left.",
    ]  # fmt: skip


def test_lead_3_by_hand() -> None:
    lead = floors.lead3(case())
    assert [item.statement for item in lead.of("what")] == [
        "Mayor Ana Lopes and engineer Jon Field opened the bridge in Arrowby on 4 May 2024."
    ]
    assert {item.name for item in lead.of("who")} >= {"Mayor Ana Lopes", "Jon Field", "Arrowby"}
    assert [item.name for item in lead.of("where")] == ["Arrowby"]
    assert [(item.text, item.date) for item in lead.of("when")] == [("4 May 2024", "2024-05-04")]
    assert [(item.name, item.quote) for item in lead.of("reactions")] == [
        ("Eva Holm", "a waste of money")
    ]
    assert len(lead.of("background")) <= 2


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("It is on June 18-19, 2024, then.", "2024-06-18/2024-06-19"),
        ("It is on 18-19 June 2024, then.", "2024-06-18/2024-06-19"),
        ("It is on 18 June, then. In 2023.", "2023-06-18"),
        ("It was in September 2023, then.", "2023-09"),
        ("It is on June 31, 2024, then.", None),
        ("It is on 18 June, then.", None),
    ],
)
def test_dates_are_read_by_regular_expression(words: str, date: str | None) -> None:
    found = floors.by_names(case(text=words)).of("when")
    assert [item.date for item in found][:1] == ([date] if date else [])


def test_floors_only_cite_the_article() -> None:
    for answers in floors.floors(CORPUS).values():
        for article in CORPUS.cases:
            prediction = answers[article.name]
            for name in FIELD_NAMES:
                for item in prediction.of(name):
                    assert all(span in article.text for span in item.evidence)


def test_each_field_is_answered_somewhere() -> None:
    for floor, answers in floors.floors(CORPUS).items():
        for name in FIELD_NAMES:
            assert any(answers[each.name].of(name) for each in CORPUS.cases), (floor, name)


def test_what_lead_3_says_is_supported() -> None:
    for article in CORPUS.cases:
        ground = Ground.of(article)
        lead = floors.lead3(article)
        names: tuple[FieldName, ...] = ("what", "background")
        for name in names:
            assert [problem(item, name, ground) for item in lead.of(name)] == [
                None for _ in lead.of(name)
            ]


def test_one_article_has_no_other_gold() -> None:
    alone = data.Corpus(CORPUS.directory, CORPUS.cases[:1])
    assert set(floors.floors(alone)) == {"lead-3", "names"}
    assert case().text == TEXT
