"""Windows of a long text: they cover it, in order, at good borders, each small enough."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer.article import Article
from summarizer.pipeline import windows
from summarizer.pipeline.windows import Window, cut, uncovered

SENTENCE = "The ferry to Halden left at nine with forty sailors on board. "
PARAGRAPHS = "\n\n".join(SENTENCE * (1 + n % 4) + f"It was day {n}." for n in range(60))

pieces = st.sampled_from(
    (
        "word", "Halden", "1,200", "né", "e\u0301", "東京", "。", "ก็", "a" * 60, "👩\u200d🚀", "🇳🇴",
        ".", "! ", "” ", " ", " ", "\n", "\n\n", "\r\n", "- ", "# ", "\u00a0", "\u200b",
        "한", "\u1100\u1161",
    )
)  # fmt: skip
texts = st.lists(pieces, max_size=300).map("".join).filter(lambda text: any(map(str.isalnum, text)))


def is_of_a_word(character: str) -> bool:
    """Whether it belongs to a word that spaces set apart."""
    is_mark = unicodedata.category(character).startswith("M")
    return (character.isalnum() or is_mark) and character not in "東京ก็"


def article(text: str) -> Article:
    return Article(text=text)


@given(texts, st.integers(windows.SMALLEST, 300), st.integers(0, 120))
@example("a" * 5_000, 40, 10)
@example("e" + "\u0301" * 500, 40, 10)
@example("\r\n" * 500 + "a", 40, 10)
@example("東京" * 500, 41, 500)
def test_windows_cover_the_text_in_order_and_fit(text: str, most: int, overlap: int) -> None:
    found = cut(article(text), most, overlap=overlap)
    assert found[0].start == 0
    assert found[-1].end == len(text)
    for window in found:
        assert 0 < len(window) <= most
    for before, after in itertools.pairwise(found):
        assert before.start < after.start
        assert before.end < after.end
        assert 0 <= before.end - after.start <= min(overlap, most // 4)


@given(texts, st.integers(windows.SMALLEST, 300))
def test_no_border_stands_in_a_word_or_a_letter_that_fits(text: str, most: int) -> None:
    found = cut(article(text), most)
    for border in {w.start for w in found[1:]} | {w.end for w in found[:-1]}:
        left, right = text[:border], text[border:]
        word = [*itertools.takewhile(is_of_a_word, reversed(left))]
        word += itertools.takewhile(is_of_a_word, right)
        inside = is_of_a_word(left[-1]) and is_of_a_word(right[0])
        assert not inside or len(word) >= most // 2 - 1
        if unicodedata.category(right[0]).startswith("M"):
            marks = [unicodedata.category(c).startswith("M") for c in right[: most // 4]]
            assert all(marks)


def test_windows_end_and_begin_between_paragraphs_where_these_are_short() -> None:
    text = "\n\n".join(f"Paragraph {n} says little of anything." for n in range(400))
    found = cut(article(text), 2_000)
    assert len(found) > 5
    for window in found:
        said = window.text(article(text)).strip()
        assert said.startswith("Paragraph")
        assert said.endswith("anything.")
    for before, after in itertools.pairwise(found):
        assert 400 < before.end - after.start <= windows.OVERLAP


def test_a_giant_paragraph_is_cut_between_sentences() -> None:
    text = SENTENCE * 500
    for window in cut(article(text), 3_000):
        assert window.text(article(text)).startswith("The ferry")
        assert window.text(article(text)).rstrip().endswith("board.")


def test_a_giant_sentence_is_cut_between_words() -> None:
    text = "Halden " * 2_000
    for window in cut(article(text), 1_000):
        assert set(window.text(article(text)).split()) == {"Halden"}


def test_a_text_without_spaces_is_cut_at_its_full_stops() -> None:
    text = "渡船の乗組員は日曜日にストライキを終えた。" * 400
    for window in cut(article(text), 1_000):
        assert window.text(article(text)).startswith("渡船")
        assert window.text(article(text)).endswith("。")


def test_a_number_is_not_cut_at_its_narrow_space() -> None:
    text = "1\u202f200\u202f000 " * 400
    for window in cut(article(text), 200):
        assert set(window.text(article(text)).split(" ")) <= {"1\u202f200\u202f000", ""}


def test_a_text_that_fits_is_one_window() -> None:
    assert cut(article("Short."), 40) == [Window(0, 6)]
    assert cut(article(PARAGRAPHS), len(PARAGRAPHS)) == [Window(0, len(PARAGRAPHS))]


@given(st.integers(0, 2_000), st.integers(1, 4_000), st.integers(40, 900))
def test_a_part_is_cut_as_a_whole_is(start: int, size: int, most: int) -> None:
    within = Window(start, min(len(PARAGRAPHS), start + size))
    found = cut(article(PARAGRAPHS), most, within=within)
    assert (found[0].start, found[-1].end) == (within.start, within.end)
    assert all(0 < len(window) <= most for window in found)


def test_a_window_without_room_for_a_word_is_an_error() -> None:
    with pytest.raises(ValueError, match="room for 40"):
        cut(article("Short."), 39)


@given(
    texts,
    st.integers(windows.SMALLEST, 120),
    st.lists(st.sampled_from(["", "one", "two"]), min_size=1),
)
def test_uncovered_is_what_only_failed_windows_hold(
    text: str, most: int, reasons: list[str]
) -> None:
    found = cut(article(text), most)
    reason_of = {window: reasons[n % len(reasons)] for n, window in enumerate(found)}
    failed = [(window, reason) for window, reason in reason_of.items() if reason]
    covered = [window for window, reason in reason_of.items() if not reason]
    stretches = uncovered(failed, covered)
    held = {at for window, _ in failed for at in range(window.start, window.end)}
    held -= {at for window in covered for at in range(window.start, window.end)}
    assert sorted(held) == [at for w, _ in stretches for at in range(w.start, w.end)]
    for (before, reason), (after, other) in itertools.pairwise(stretches):
        assert before.end < after.start or reason != other
    for window, reason in stretches:
        assert any(
            reason == said and holder.start <= window.start < holder.end for holder, said in failed
        )
