"""Facts about the progress line."""

from __future__ import annotations

import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.cli.progress import Line, Progress, progress_line
from summarizer.render.characters import width


class Terminal(io.StringIO):
    """Tells when something was drawn on it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.drawn = threading.Event()

    def write(self, text: str) -> int:
        self.drawn.set()
        return super().write(text)


class Gone(io.StringIO):
    """A terminal that went away."""

    def __init__(self) -> None:
        super().__init__()
        self.tried = threading.Event()

    def write(self, _: str) -> int:
        self.tried.set()
        raise OSError


def test_slow_work_is_shown_and_rubbed_out_again() -> None:
    terminal = Terminal()
    with Progress(terminal, delay=0, interval=60).showing("news.txt"):
        assert terminal.drawn.wait(30)
    assert "news.txt" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_items_are_counted_as_they_are_verified() -> None:
    line = Line("news.txt · example-model")
    assert line.text == "news.txt · example-model"
    line.add("what", "The bridge reopened.")
    line.add("who", "Lena Ost")
    line.add("who", "Aldo Ferrin")
    line.add("where", "Marlow")
    assert line.text == "news.txt · example-model · what, 2 who, 1 where · Marlow"


def test_what_is_added_later_is_drawn() -> None:
    terminal = Terminal()
    with Progress(terminal, delay=0, interval=0.001).showing("news.txt") as line:
        assert terminal.drawn.wait(30)
        line.add("who", "Lena\x1b[31m Ost")
        terminal.drawn.clear()
        assert terminal.drawn.wait(30)
        terminal.drawn.clear()
        assert terminal.drawn.wait(30)
    assert "news.txt · 1 who · Lena" in terminal.getvalue()
    assert "\x1b[31m" not in terminal.getvalue()


def test_quick_work_is_not_shown() -> None:
    terminal = Terminal()
    with Progress(terminal, delay=3600).showing("news.txt"):
        pass
    assert terminal.getvalue() == ""


def test_no_thread_outlives_the_work_also_if_it_fails() -> None:
    before = threading.active_count()
    with pytest.raises(KeyError), Progress(Terminal(), delay=3600).showing("news.txt"):
        raise KeyError
    assert threading.active_count() == before


def test_whether_anybody_watches_is_known() -> None:
    assert Progress(Terminal()).shown
    assert not Progress(None).shown


def test_without_a_terminal_nothing_is_started() -> None:
    before = threading.active_count()
    with Progress(None, delay=0).showing("news.txt"):
        assert threading.active_count() == before


def test_a_terminal_that_went_away_does_not_stop_the_work() -> None:
    terminal = Gone()
    with Progress(terminal, delay=0).showing("news.txt"):
        assert terminal.tried.wait(30)


@given(st.text(max_size=120), st.floats(0, 10_000), st.integers(min_value=20, max_value=120))
def test_a_progress_line_never_wraps_and_never_acts(text: str, seconds: float, cells: int) -> None:
    drawn = progress_line("|", text, seconds, cells)
    assert width(drawn) < cells
    assert not set(drawn) & set("\x1b\x07\x08\r\n\x9b\u202e")


def test_a_long_name_is_cut() -> None:
    assert progress_line("|", "a" * 40, 3, 20).endswith("a… · 3 s")
