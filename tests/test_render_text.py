"""Facts about a record as text for a terminal."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from summarizer.render import to_explanation, to_text
from summarizer.render.characters import width
from summarizer.schema import Reaction, Rejection, Summary, What, Where, Who
from tests import golden_files
from tests.invented import article, record, span

SGR = re.compile(r"\x1b\[[0-9;]*m")
UNFIT = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\n\u202egnp.exe\u202c \u200bB \x08\x7f"
WIDE = "東京で橋が再び開通し、市長は式典で乗組員に感謝の言葉を述べたと伝えられている。"
ARABIC = "أعيد فتح الجسر أمام حركة المرور يوم الجمعة بعد عامين من الإصلاحات"


def hostile_record(text: str) -> Summary:
    """A record with `text` wherever the article or a model may put words."""
    evidence = (span("The Heron Bridge in Marlow"),)
    return record(
        article(title=text, publisher=text, location=text),
        what=What(evidence=evidence, statement=text),
        who=(Who(evidence=evidence, name=text, kind="person", role=text),),
        where=(Where(evidence=evidence, name=text, country=None),),
        reactions=(
            Reaction(
                evidence=evidence,
                speaker=text,
                stance="neutral",
                statement=text,
                quote=None,
                attribution="verified",
            ),
        ),
        rejected=(
            Rejection(
                field="who",
                claim=text,
                evidence=(text,),
                reason="evidence_not_in_article",
                detail=text,
            ),
        ),
    )


def test_the_text_is_as_it_was_looked_at() -> None:
    golden_files.check("text.txt", to_text(record()))
    golden_files.check("text-colour.txt", to_text(record(), colour=True))
    golden_files.check("text-narrow.txt", to_text(record(), width=40))


def test_the_explanation_is_as_it_was_looked_at() -> None:
    golden_files.check("explanation.txt", to_explanation(record()))


def test_an_empty_record_says_so_field_by_field() -> None:
    empty = record(
        what=None, who=(), where=(), when=(), reactions=(), background=(), rejected=(), adjusted=()
    )
    text = to_text(empty)
    for title in ("What", "Who", "Where", "When", "Reactions", "Background"):
        assert re.search(rf"^{title} +none found$", text, re.MULTILINE)
    assert "0 items verified, 0 rejected" in text


def test_the_explanation_gives_each_span_by_its_offsets_and_its_match() -> None:
    text = to_explanation(record())
    for _, _, one in record().spans():
        assert f"{one.start}–{one.end}, {one.match}" in text


def test_the_explanation_says_how_often_a_quotation_stands_in_the_article() -> None:
    twice = span("The Heron Bridge in Marlow").model_copy(update={"occurrences": 2})
    summary = record(what=What(evidence=(twice,), statement="The bridge reopened."))
    assert "exact, stands there 2 times" in to_explanation(summary)


@given(st.text(min_size=1, max_size=60) | st.just(HOSTILE))
def test_no_words_can_act_on_a_terminal(text: str) -> None:
    summary = hostile_record(text)
    plain = to_text(summary) + to_explanation(summary)
    assert not UNFIT.search(plain)
    painted = to_text(summary, colour=True) + to_explanation(summary, colour=True)
    assert SGR.sub("", painted) == plain


def test_colour_changes_nothing_but_colour() -> None:
    assert SGR.sub("", to_text(record(), colour=True)) == to_text(record())
    assert SGR.sub("", to_explanation(record(), colour=True)) == to_explanation(record())


@given(
    st.text(st.sampled_from("ab 漢字é\u0301ب"), min_size=1, max_size=120)
    | st.sampled_from([WIDE, ARABIC]),
    st.integers(min_value=20, max_value=120),
)
def test_no_line_is_wider_than_the_terminal(text: str, cells: int) -> None:
    for one in to_text(hostile_record(text), width=cells).splitlines():
        assert width(one) <= cells


def test_wide_and_right_to_left_words_stay_whole() -> None:
    for text in (WIDE, ARABIC):
        found = re.sub(r"\s", "", to_text(hostile_record(text), width=40))
        assert re.sub(r"\s", "", text) in found


def test_a_line_end_in_evidence_is_folded() -> None:
    assert "which had rebuilt" in " ".join(to_explanation(record()).split())
