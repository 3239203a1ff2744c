"""Facts about the command line: what is chosen, and what is refused."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from summarizer.cli.options import Options, parse
from summarizer.cli.parser import ENDINGS, ENGINES, EXIT_CODES, LOG_LEVELS, TABLES, parser
from summarizer.errors import ConfigurationError, ExitCode
from summarizer.logs import LEVELS
from summarizer.settings import ENGINES as SETTINGS_ENGINES
from summarizer.settings import ENVIRONMENT

DOCUMENTS = Path(__file__).parent.parent / "docs"
DOCUMENT = (DOCUMENTS / "cli.md").read_text("utf-8")
DOCUMENT_OF_THE_CACHE = (DOCUMENTS / "cache.md").read_text("utf-8")


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


def test_a_batch_is_what_is_asked_for_or_a_directory_into_one_file(folder: str) -> None:
    assert parsed("a.txt", "--output", "x.jsonl", "--jobs", "2").batch
    assert parsed("a.txt", "--output", "x.jsonl", "--ordered").batch
    assert parsed("a.txt", "--output", "x.jsonl", "--retry-errors").batch
    assert parsed("a.txt", folder, "--output", "x.JSONL").batch
    assert not parsed("a.txt", "b.txt", "--output", "x.jsonl").batch
    assert parsed("a.csv.gz", "--output", "x.jsonl").batch
    assert parsed("a.parquet", "--output", "x.NDJSON").batch
    assert parsed("a.txt.zst", "--output", "x.jsonl").batch
    assert not parsed("https://example.org/a.csv", "--output", "x.jsonl").batch
    assert not parsed(folder, "--output", "x.json").batch
    assert not parsed(folder, "--output", "x.txt", "--format", "jsonl").batch
    assert not parsed(folder).batch


@pytest.mark.parametrize("ending", TABLES)
def test_a_table_is_always_made_by_a_batch(folder: str, ending: str) -> None:
    for source in ("a.txt", "-", folder):
        options = parsed(source, "--output", f"x{ending.upper()}")
        assert (options.batch, options.format) == (True, "jsonl")
    made = Path(folder) / f"x{ending}"
    made.mkdir()
    options = parsed("a.txt", "--output", str(made))
    assert (options.batch, options.into_folder) == (False, True)


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
        (["--schema", "--format", "text"], "--schema does not go with --format"),
        (["--schema", "--explain"], "--schema does not go with --explain"),
        (["--schema", "--output", "x/"], "--schema is one file"),
        (["--cache-info", "a.txt"], "--cache-info takes no SOURCE"),
        (["--doctor", "-"], "--doctor takes no SOURCE"),
        (["--cache-info", "--cache-clear"], "two commands"),
        (["--cache-info", "--model", "m"], "--cache-info does not go with --model"),
        (["--cache-info", "--format", "html"], "prints text or json"),
        (["--cache-clear", "--format", "json"], "--cache-clear does not go with --format"),
        (["--doctor", "--fresh"], "--doctor does not go with --fresh"),
        (["--doctor", "--published", "2031-03-14"], "--doctor does not go with --published"),
        (["--doctor", "--engine", "extractive"], "has no endpoint"),
        (["a", "--fresh", "--no-cache"], "--no-cache keeps none"),
        (["a", "--log-format", "json"], "--log-format needs --log-level"),
        (["a", "--log-level", "loud"], "invalid choice"),
        (["-", "-"], "read only once"),
        (["a", "--output", ""], "needs a path"),
        (["a", "--engine", "extractive", "--model", "m"], "leave out --model"),
        (["a", "--engine", "extractive", "--base-url", "http://x"], "leave out --base-url"),
        (["a", "--engine", "extractive", "--fallback-model", "m"], "leave out --fallback-model"),
        (["a", "--engine", "extractive", "--max-cost", "1"], "leave out --max-cost"),
        (["a", "--engine", "extractive", "--fresh"], "leave out --fresh"),
        (["a", "--explain", "--format", "json"], "json holds all of it"),
        (["a", "--explain", "--format", "markdown"], "--explain goes with --format text"),
        (["a", "b", "--format", "html"], "one article"),
        (["a", "b", "--output", "x.html"], "one article"),
        (["a", "--format", "jsonl", "--output", "x/"], "a file, not a folder"),
        (["a", "b", "--published", "2031-03-14"], "one SOURCE"),
        (["a", "--jobs", "2"], "--jobs needs --output FILE.jsonl"),
        (["a", "--jobs", "2", "--output", "x.json"], "--jobs needs --output FILE.jsonl"),
        (["a", "--ordered", "--output", "x/"], "--ordered needs --output FILE.jsonl"),
        (["a", "--retry-errors", "--output", "-"], "--retry-errors needs --output FILE.jsonl"),
        (["a", "--format", "json", "--output", "x.db"], "leave out --format"),
        (["a", "--explain", "--output", "x.parquet"], "leave out --format and --explain"),
        (["a", "--jobs", "0", "--output", "x.jsonl"], "from 1 to 10,000"),
        (["a", "--jobs", "many", "--output", "x.jsonl"], "from 1 to 10,000"),
        (["a", "--output", "x.jsonl.gz"], "--output is not packed: leave out .gz"),
        (["a", "--output", "x.ZST", "--format", "text"], "--output is not packed: leave out .zst"),
        (["a", "--output", "x.csv"], "a record has no CSV: give --output FILE.db or FILE.parquet"),
        (["a.csv", "--text-column", "t"], "--text-column needs --output FILE.jsonl"),
        (["a.csv", "--output", "x.jsonl", "--published", "2031-03-14"], "one SOURCE"),
        (["--schema", "--jobs", "2"], "--schema does not go with --jobs"),
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


@pytest.mark.parametrize(
    ("arguments", "action", "form"),
    [
        (["--schema"], "schema", "json"),
        (["--cache-info"], "cache_info", "text"),
        (["--cache-info", "--format", "json"], "cache_info", "json"),
        (["--cache-info", "--output", "x.json"], "cache_info", "json"),
        (["--cache-clear", "--quiet"], "cache_clear", "text"),
        (["--doctor", "--model", "m", "--base-url", "http://x"], "doctor", "text"),
    ],
)
def test_a_command_of_its_own_reads_no_source_and_prints_text_or_json(
    arguments: list[str], action: str, form: str
) -> None:
    options = parsed(*arguments, stdin=False)
    assert (options.action, options.sources, options.format) == (action, (), form)


def test_the_engines_and_levels_are_those_of_the_settings_and_the_logs() -> None:
    assert ENGINES == SETTINGS_ENGINES
    assert LOG_LEVELS == LEVELS


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


def test_what_the_cache_is_told_to_be_set_by_is_there() -> None:
    text = DOCUMENT_OF_THE_CACHE
    options = {name for action in parser()._actions for name in action.option_strings}
    assert set(re.findall(r"`(--[a-z-]+)`", text)) <= options
    variables = set(re.findall(r"SUMMARIZER_[A-Z_]+", text))
    assert variables == {name for name in ENVIRONMENT.values() if "CACHE" in name}


def test_every_choice_is_in_the_document() -> None:
    for action in parser()._actions:
        for choice in action.choices or ():
            assert f"`{choice}`" in DOCUMENT


def test_the_options_that_are_settings_are_handed_on() -> None:
    options = parsed(
        *("a", "--model", "m", "--timeout", "3", "--base-url", "http://x"),
        *("--fallback-model", "f", "--max-cost", "0.5", "--no-cache"),
        *("--jobs", "7", "--workers", "2", "--output", "x.jsonl"),
    )
    assert options.settings == {
        "engine": None,
        "model": "m",
        "base_url": "http://x",
        "timeout": "3",
        "fallback_model": "f",
        "max_cost": "0.5",
        "concurrency": 7,
        "workers": "2",
        "cache": False,
    }
    assert parsed("a").settings["cache"] is None
    assert set(options.settings) <= set(ENVIRONMENT)
