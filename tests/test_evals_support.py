"""What rests on the article and what does not."""

from __future__ import annotations

import datetime as dt

import pytest

from evals.prediction import Item
from evals.support import Ground, problem

TEXT = (
    "Bridge opens\n\nMayor Ana Lopes opened the bridge on Tuesday. He came last September. "
    "The Russian envoy and the International Criminal Court sent 1.2 million euros."
)
GROUND = Ground(TEXT, "Bridge opens", dt.date(2024, 6, 12))
OPENED = "Mayor Ana Lopes opened the bridge on Tuesday."
SENT = "The Russian envoy and the International Criminal Court sent 1.2 million euros."


def said(statement: str, evidence: str = OPENED) -> str | None:
    return problem(Item((evidence,), statement=statement), "background", GROUND)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("Ana Lopes opened the bridge.", OPENED),
        ("Mr. Lopes’s bridge was opened on Tuesday.", OPENED),
        ("It opened on 11 June 2024.", OPENED),
        ("He came in September 2023.", "He came last September."),
        ("The first bridge is one of many.", OPENED),
        ("Russia sent 1,200,000 euros.", SENT),
        ("The ICC sent 1.2m.", SENT),
        ("The envoy of Lopes sent money.", SENT),
    ],
)
def test_supported(statement: str, evidence: str) -> None:
    assert said(statement, evidence) is None


@pytest.mark.parametrize(
    ("statement", "evidence", "reason"),
    [
        ("Lopes opened two bridges.", OPENED, "number 'two'"),
        ("Lopes opened it on 13 June.", OPENED, "number '13'"),
        ("Lopes opened it on Friday.", OPENED, "date 'Friday'"),
        ("Lopes opened it in July.", OPENED, "date 'July'"),
        ("The bridge of Boris Low opened.", OPENED, "name 'Boris'"),
        ("The bridge was opened by NATO.", OPENED, "name 'NATO'"),
        ("It was in 2021.", "He came last September.", "number '2021'"),
    ],
)
def test_unsupported(statement: str, evidence: str, reason: str) -> None:
    found = said(statement, evidence)
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    "evidence",
    [(), ("",), ("…",), ("Mayor ana lopes",), (OPENED, "not in it"), ("the bridge  on Tuesday",)],
)
def test_evidence_is_verbatim_or_nothing(evidence: tuple[str, ...]) -> None:
    assert problem(Item(evidence, statement="A bridge opened."), "background", GROUND)


def test_every_word_of_a_name_is_in_the_article() -> None:
    assert problem(Item((OPENED,), name="Ana Lopes"), "who", GROUND) is None
    assert problem(Item((OPENED,), name="Dr. Lopes"), "who", GROUND) is None
    assert problem(Item((SENT,), name="Russia"), "who", GROUND) is None
    assert problem(Item((OPENED,), name="Ana Berg"), "who", GROUND)
    assert problem(Item((OPENED,), name="bridge builders"), "who", GROUND)


@pytest.mark.parametrize(
    ("field", "item"),
    [
        ("who", Item((OPENED,), name="Ana Lopes", role="mayor of 3 towns")),
        ("when", Item((OPENED,), text="Tuesday", event="the opening of 3 bridges")),
        ("when", Item((OPENED,), text="Tuesday, 18 June")),
        ("reactions", Item((OPENED,), name="Lopes", statement="Good.", quote="3 bridges")),
    ],
)
def test_all_of_an_items_words_count_as_its_own(field: str, item: Item) -> None:
    assert problem(item, field, GROUND)  # type: ignore[arg-type]  # a field's name


def test_without_a_publication_date_nothing_relative_is_resolved() -> None:
    undated = Ground(TEXT, "Bridge opens", None)
    item = Item(("He came last September.",), statement="He came in 2023.")
    assert problem(item, "background", undated)
