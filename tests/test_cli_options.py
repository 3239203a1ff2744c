"""Facts about the command line: what is chosen, and what is refused."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from summarizer.cli.options import ENDINGS, ENGINES, EXIT_CODES, Options, parse, parser
from summarizer.errors import ConfigurationError, ExitCode
from summarizer.settings import ENGINES as SETTINGS_ENGINES

DOCUMENT = (Path(__file__).parent.parent / "docs" / "cli.md").read_text("utf-8")


def parsed(*arguments: str, stdin: bool = True, stdout: bool = False) -> Options:
    """The options; `stdin` and `stdout` tell whether each is a terminal."""
    return parse(arguments, stdin_is_terminal=stdin, stdout_is_terminal=stdout)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path)


def test_a_terminal_gets_text_and_a_pipe_json() -> None:
    assert parsed("a.txt", stdout=True).format == "text"
    assert parsed("a.txt").format == "json"


def test_several_sources_get_a_line_each_in_a_pipe(folder: str) -> None:
    assert parsed("a.txt", "b.txt").format == "jsonl"
    assert parsed(folder).format == "jsonl"
    assert parsed("a.txt", "b.txt", stdout=True).format == "text"


@pytest.mark.parametrize(("name", "ending"), ENDINGS.items())
def test_the_ending_of_the_output_tells_the_format(name: str, ending: str) -> None:
    assert parsed("a.txt", "--output", f"record{ending}", stdout=True).format == name
    assert parsed("a.txt", "--output", f"RECORD{ending.upper()}", stdout=True).format == name


def test_a_format_that_is_given_goes_before_everything() -> None:
    assert parsed("a.txt", "--format", "json", "--output", "a.md", stdout=True).format == "json"


def test_another_ending_and_a_folder_get_json(folder: str) -> None:
    assert parsed("a.txt", "--output", "record", stdout=True).format == "json"
    assert parsed("a.txt", "b.txt", "--output", folder, stdout=True).format == "json"


def test_explaining_means_text_also_in_a_pipe() -> None:
    assert parsed("a.txt", "--explain").format == "text"


def test_whether_there_are_several_is_told_from_the_command(folder: str) -> None:
    assert not parsed("a.txt").several
    assert parsed("a.txt", "b.txt").several
    assert parsed(folder).several
    assert not parsed("-").several


def test_options_and_sources_may_stand_in_any_order() -> None:
    options = parsed("a.txt", "--format", "json", "b.txt", "--quiet", "c.txt")
    assert options.sources == ("a.txt", "b.txt", "c.txt")
    assert options.quiet


def test_after_two_hyphens_everything_is_a_source() -> None:
    assert parsed("--quiet", "--", "--format.txt").sources == ("--format.txt",)


def test_without_a_source_standard_input_is_read_unless_it_is_a_terminal() -> None:
    assert parsed(stdin=False).sources == ("-",)
    with pytest.raises(ConfigurationError, match="no SOURCE"):
        parsed(stdin=True)


def test_a_folder_to_write_to_exists_or_ends_with_a_slash(folder: str) -> None:
    assert parsed("a.txt", "--output", folder).into_folder
    assert parsed("a.txt", "--output", "pages/").into_folder
    assert not parsed("a.txt", "--output", "pages").into_folder


def test_a_hyphen_for_the_output_is_standard_output() -> None:
    assert parsed("a.txt", "--output", "-").output is None


def test_a_publication_date_is_a_day() -> None:
    assert parsed("a.txt", "--published", "2031-03-14").published == dt.date(2031, 3, 14)
    for wrong in ("2031-3-14", "20310314", "2031-W11-5", "14 March 2031", "2031-02-30", ""):
        with pytest.raises(ConfigurationError, match="YYYY-MM-DD"):
            parsed("a.txt", "--published", wrong)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--schema", "a.txt"], "--schema takes no SOURCE"),
        (["--schema", "--format", "text"], "--schema prints JSON"),
        (["--schema", "--explain"], "--schema prints JSON"),
        (["-", "-"], "read only once"),
        (["a", "--output", ""], "needs a path"),
        (["a", "--engine", "extractive", "--model", "m"], "leave out --model"),
        (["a", "--engine", "extractive", "--base-url", "http://x"], "leave out --base-url"),
        (["a", "--explain", "--format", "json"], "json holds all of it"),
        (["a", "--explain", "--format", "markdown"], "--explain goes with --format text"),
        (["a", "b", "--format", "html"], "one article"),
        (["a", "b", "--output", "x.html"], "one article"),
        (["a", "--format", "jsonl", "--output", "x/"], "a file, not a folder"),
        (["a", "b", "--published", "2031-03-14"], "one SOURCE"),
        (["a", "--format", "yaml"], "invalid choice"),
        (["a", "--form", "json"], "--form"),
        (["a", "--engine"], "expected one argument"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_a_sentence(
    arguments: list[str], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(problem)) as caught:
        parsed(*arguments)
    assert "\n" not in str(caught.value)


def test_the_engines_are_those_of_the_settings() -> None:
    assert ENGINES == SETTINGS_ENGINES


def test_every_exit_code_has_its_meaning_in_the_help_and_the_document() -> None:
    assert set(EXIT_CODES) == set(ExitCode)
    expected = {str(code.value): what for code, what in EXIT_CODES.items()}
    assert dict(re.findall(r"^\| (\d+) \| (.*?) \|$", DOCUMENT, re.MULTILINE)) == expected
    shown = parser().format_help()
    assert dict(re.findall(r"^ +(\d+)  (.*)$", shown, re.MULTILINE)) == expected


def test_every_option_is_in_the_document_and_the_other_way_round() -> None:
    options = {name for action in parser()._actions for name in action.option_strings}
    table = DOCUMENT.split("## Options")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`-.*?) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"--?[a-z-]+", row)} == options


def test_every_choice_is_in_the_document() -> None:
    for action in parser()._actions:
        for choice in action.choices or ():
            assert f"`{choice}`" in DOCUMENT


def test_every_option_of_the_command_line_is_one_of_the_settings_or_of_the_output() -> None:
    options = parsed("a", "--model", "m", "--timeout", "3", "--base-url", "http://x")
    assert options.settings == {
        "engine": None,
        "model": "m",
        "base_url": "http://x",
        "timeout": "3",
    }
