"""Facts about where records go."""

from __future__ import annotations

import io
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.cli.messages import OutputError, encodable
from summarizer.cli.options import Options, parse
from summarizer.cli.output import file_stem, open_output
from summarizer.errors import ConfigurationError

FULL = Path("/dev/full")


def options(*arguments: str) -> Options:
    return parse(arguments, stdin_is_terminal=True, stdout_is_terminal=False)


def written(records: list[str], *arguments: str) -> str:
    """What standard output gets for these records."""
    stream = io.StringIO()
    output = open_output(options(*arguments), stream, cells=8)
    for record in records:
        output.add(record, "a.txt")
    output.close()
    return stream.getvalue()


def save(records: list[tuple[str, str]], *arguments: str) -> None:
    """Write each (record, source) to what `--output` among the arguments names."""
    output = open_output(options(*arguments), None, cells=8)
    try:
        for record, name in records:
            output.add(record, name)
    finally:
        output.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_of_several_sources_is_one_array_however_many_succeed(count: int) -> None:
    assert json.loads(written(["{}"] * count, "a", "b", "--format", "json")) == [{}] * count


def test_json_of_one_source_is_one_object_or_nothing() -> None:
    assert written(["{}"], "a", "--format", "json") == "{}\n"
    assert written([], "a", "--format", "json") == ""


def test_jsonl_is_a_line_for_each_record() -> None:
    assert written(["{}", "{}"], "a", "b") == "{}\n{}\n"


def test_texts_are_parted_by_a_line() -> None:
    assert written(["A", "B"], "a", "b", "--format", "text") == "A\n\n────────\n\nB\n"
    assert written(["A", "B"], "a", "b", "--format", "markdown") == "A\n\nB\n"


def test_a_record_is_handed_on_as_soon_as_it_is_done() -> None:
    stream = io.StringIO()
    output = open_output(options("a", "b"), stream, cells=8)
    output.add("{}", "a")
    assert stream.getvalue() == "{}\n"


def test_a_pipe_gets_utf8_whatever_the_locale_is() -> None:
    held = io.BytesIO()
    output = open_output(options("a"), io.TextIOWrapper(held, encoding="ascii"), cells=8)
    output.add('{"a": "é“"}', "a")
    assert held.getvalue() == '{"a": "é“"}\n'.encode()


def test_text_has_the_encoding_of_its_stream() -> None:
    held = io.BytesIO()
    stream = io.TextIOWrapper(held, encoding="latin-1")
    output = open_output(options("a", "--format", "text"), stream, cells=8)
    output.add("é “x” 漢", "a")
    assert held.getvalue().splitlines() == ['é "x" \\u6f22'.encode("latin-1")]


def test_a_file_is_replaced_whole_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("old\n")
    output = open_output(options("a", "b", "--output", str(path)), None, cells=8)
    output.add("new", "a")
    assert path.read_text() == "old\n"
    output.close()
    assert path.read_text() == "new\n"
    assert names(tmp_path) == ["all.jsonl"]


def test_a_file_stays_as_it_was_if_nothing_succeeded(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_text("old\n")
    save([], "a", "b", "--output", str(path))
    assert path.read_text() == "old\n"
    assert names(tmp_path) == ["all.json"]


def test_a_half_written_record_is_dropped_with_its_file(tmp_path: Path) -> None:
    output = open_output(options("a", "b", "--output", str(tmp_path / "x.txt")), None, cells=8)
    output.add("A", "a")
    with pytest.raises(UnicodeEncodeError):
        output.add("\ud800", "b")
    output.close()
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_file_keeps_its_permissions_and_a_new_one_gets_the_usual(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.touch(mode=0o640)
    old.chmod(0o640)
    mask = os.umask(0o027)
    try:
        save([("{}", "a")], "a", "--output", str(old))
        save([("{}", "a")], "a", "--output", str(new))
    finally:
        os.umask(mask)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links only for some")
def test_a_link_is_written_through(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.touch()
    link.symlink_to(target)
    save([("{}", "a")], "a", "--output", str(link))
    assert link.is_symlink()
    assert target.read_text() == "{}\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file")
def test_a_device_is_written_to_and_not_replaced() -> None:
    save([("{}", "a")], "a", "--output", os.devnull)
    assert not Path(os.devnull).is_file()


def test_a_folder_gets_a_file_for_each_article(tmp_path: Path) -> None:
    folder = f"{tmp_path}/pages/"
    save(
        [("A", "one/news.txt"), ("B", "two/news.txt"), ("C", "https://x.org/a/b.html?q=1")],
        *("one/news.txt", "two/news.txt", "--format", "html", "--output", folder),
    )
    held = {path.name: path.read_text() for path in Path(folder).iterdir()}
    assert held == {
        "news.summary.html": "A\n",
        "news-2.summary.html": "B\n",
        "b.summary.html": "C\n",
    }


def test_no_source_is_written_over_in_a_folder(tmp_path: Path) -> None:
    source = tmp_path / "a.summary.json"
    source.write_text("the article")
    # `a.summary.json` would be the name of the record of `a.txt`.
    save(
        [("A", "a.txt"), ("B", str(source))],
        *("a.txt", str(source), "--format", "json", "--output", str(tmp_path)),
    )
    assert source.read_text() == "the article"
    assert (tmp_path / "a-2.summary.json").read_text() == "A\n"


def test_no_source_is_written_over_by_a_file(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("the article")
    with pytest.raises(ConfigurationError, match="would be lost"):
        save([], str(source), "--output", str(source))
    with pytest.raises(OutputError, match="would be lost"):
        save([("A", str(source))], str(tmp_path), "--output", str(source))
    assert source.read_text() == "the article"


def test_a_folder_that_is_not_there_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no folder"):
        save([], "a", "--output", str(tmp_path / "no" / "a.json"))


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_in_a_sentence() -> None:
    with pytest.raises(OutputError, match="no space left"):
        save([("{}", "a")], "a", "--output", str(FULL))
    with FULL.open("w", encoding="utf-8") as stream:
        output = open_output(options("a"), stream, cells=8)
        with pytest.raises(OutputError, match="standard output cannot be written: no space left"):
            output.add("{}", "a")


def test_closed_standard_output_is_told_in_a_sentence() -> None:
    with pytest.raises(OutputError, match="closed"):
        open_output(options("a"), None, cells=8)


@given(st.text())
def test_a_file_stem_is_harmless(source: str) -> None:
    stem = file_stem(source)
    assert stem
    assert len(stem) <= 80
    assert stem[0] not in ".-"
    assert not set(stem) & set('/\\:*?"<>|\0\n\x1b\u202e ')


@pytest.mark.parametrize(
    ("source", "stem"),
    [
        ("standard input", "standard-input"),
        ("news/heron-bridge.txt", "heron-bridge"),
        ("C:\\news\\a.HTML", "a"),
        ("https://example.org/2031/03/bridge.html?id=3#top", "bridge"),
        ("https://example.org/", "example.org"),
        ("../..", "article"),
        ("новости.txt", "новости"),
        ("a b\x1b[31m.txt", "a-b-31m"),
    ],
)
def test_a_file_stem_is_told_from_the_source(source: str, stem: str) -> None:
    assert file_stem(source) == stem


@given(st.text(), st.sampled_from(["utf-8", "ascii", "cp1252", "cp866"]))
def test_any_text_can_be_written_in_any_encoding(text: str, encoding: str) -> None:
    encodable(text, encoding).encode(encoding)


def test_what_an_encoding_has_is_kept() -> None:
    assert encodable("é “x”", "cp1252") == "é “x”"
    assert encodable("é “x” – 漢", "latin-1") == 'é "x" - \\u6f22'
