"""Facts about a file of rows: what a crash, a full disk, another run and its user do to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer.batch.claim import OutputProblem
from summarizer.batch.lines import Lines

START = '{"n":'
POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions, limits and locks of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


@pytest.fixture
def lines(path: Path) -> Iterator[Lines]:
    with Lines(path, start=START) as made:
        yield made


def row(number: int) -> str:
    return f'{{"n":{number},"text":"é"}}'


def found(lines: Lines) -> list[tuple[int, Any]]:
    rows: list[tuple[int, Any]] = []
    lines.read(lambda start, one: rows.append((start, one["n"])))
    return rows


def numbers(path: Path) -> list[int]:
    with Lines(path, start=START) as lines:
        return [number for _, number in found(lines)]


def test_a_row_is_in_the_file_as_soon_as_it_is_added(lines: Lines, path: Path) -> None:
    starts = [lines.add(row(number)) for number in range(3)]
    assert path.read_text("utf-8") == "".join(f"{row(n)}\n" for n in range(3))
    assert found(lines) == list(zip(starts, range(3), strict=True))
    assert [lines.at(start).decode() for start in starts] == [f"{row(n)}\n" for n in range(3)]


def test_reading_a_row_does_not_move_where_the_next_one_goes(lines: Lines, path: Path) -> None:
    first = lines.add(row(0))
    lines.at(first)
    lines.add(row(1))
    assert path.read_text("utf-8").splitlines() == [row(0), row(1)]


@pytest.mark.parametrize("length", range(1, len(row(1).encode())))
def test_a_row_that_was_cut_anywhere_is_taken_out_and_the_others_stay(
    path: Path, length: int
) -> None:
    path.write_bytes(row(0).encode() + b"\n" + row(1).encode()[:length])
    with Lines(path, start=START) as lines:
        assert lines.read(lambda *_: None)
        lines.add(row(2))
    assert numbers(path) == [0, 2]


def test_zeros_that_a_power_cut_left_are_taken_out(path: Path) -> None:
    path.write_bytes(row(0).encode() + b'\n{"n":1' + b"\0" * 40)
    assert numbers(path) == [0]
    assert path.read_bytes() == row(0).encode() + b"\n"


def test_a_last_row_that_only_lacks_its_line_end_is_kept(path: Path) -> None:
    path.write_text(row(0), "utf-8")
    with Lines(path, start=START) as lines:
        assert not lines.read(lambda *_: None)
        lines.add(row(1))
    assert numbers(path) == [0, 1]


@pytest.mark.parametrize(
    "content", ["notes", "notes\n", '{"n":1}\nnotes', '{"n":1\n{"n":2}\n', '["n"]\n']
)
def test_a_file_of_something_else_is_left_as_it_is(path: Path, content: str) -> None:
    path.write_text(content)
    with (
        pytest.raises(OutputProblem, match=r"its line \d is no row"),
        Lines(path, start=START) as lines,
    ):
        lines.read(lambda *_: None)
    assert path.read_text() == content


@POSIX
def test_a_second_run_gets_an_error_and_the_first_goes_on(lines: Lines, path: Path) -> None:
    lines.add(row(0))
    with pytest.raises(OutputProblem, match="another run is writing"):
        Lines(path, start=START)
    lines.add(row(1))
    lines.close()
    assert numbers(path) == [0, 1]


@POSIX
def test_a_killed_run_holds_nothing(path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from summarizer.batch.lines import Lines\n"
        "lines = Lines(Path(sys.argv[1]), start=sys.argv[2]); print(flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path), START], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout as printed:
        printed.readline()
        with pytest.raises(OutputProblem, match="another run is writing"):
            Lines(path, start=START)
        process.send_signal(signal.SIGKILL)
        process.wait()
    Lines(path, start=START).close()


@POSIX
def test_rows_of_a_file_that_was_deleted_are_put_back(lines: Lines, path: Path) -> None:
    lines.add(row(0))
    path.unlink()
    with pytest.raises(OutputProblem, match="was deleted during the run"):
        lines.add(row(1))
    assert numbers(path) == [0]


@POSIX
def test_rows_of_a_file_that_was_replaced_are_saved_beside_it(lines: Lines, path: Path) -> None:
    lines.add(row(0))
    path.unlink()
    path.write_text("something else")
    taken = path.with_name("rows.saved-1.jsonl")
    taken.write_text("taken")
    with pytest.raises(OutputProblem, match=r"was replaced .* in '.*rows\.saved-2\.jsonl'"):
        lines.add(row(1))
    assert (path.read_text(), taken.read_text()) == ("something else", "taken")
    assert numbers(path.with_name("rows.saved-2.jsonl")) == [0]


@POSIX
def test_a_file_whose_folder_is_gone_is_one_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with Lines(folder / "rows.jsonl", start=START) as lines:
        lines.add(row(0))
        (folder / "rows.jsonl").unlink()
        folder.rmdir()
        with pytest.raises(OutputProblem, match="no such file"):
            lines.add(row(1))


@POSIX
def test_a_file_that_was_made_read_only_gets_no_further_row(lines: Lines, path: Path) -> None:
    lines.add(row(0))
    path.chmod(0o444)
    with pytest.raises(OutputProblem, match="was made read-only"):
        lines.add(row(1))
    path.chmod(0o644)
    lines.close()
    assert numbers(path) == [0]


@POSIX
def test_where_the_disk_is_full_whole_rows_stay_and_half_ones_do_not(path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from summarizer.batch.claim import OutputProblem\n"
        "from summarizer.batch.lines import Lines\n"
        "lines = Lines(Path(sys.argv[1]), start=sys.argv[2])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n"
        '    for number in range(10): lines.add(\'{"n":%d,"text":"0123456789"}\' % number)\n'
        "except OutputProblem as error: print(number, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), START],
        capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert done.stdout.startswith("3 ")
    assert "cannot be written: file too large" in done.stdout
    assert path.read_bytes().endswith(b'{"n":2,"text":"0123456789"}\n')
    assert numbers(path) == [0, 1, 2]


def test_a_file_that_was_made_and_stayed_empty_is_removed_and_another_is_not(path: Path) -> None:
    Lines(path, start=START).close()
    assert not path.exists()
    path.touch()
    Lines(path, start=START).close()
    assert path.exists()


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputProblem, match="cannot be written: is a directory"):
        Lines(tmp_path, start=START)


def test_rows_that_are_no_longer_wanted_are_left_out(lines: Lines, path: Path) -> None:
    starts = [lines.add(row(number)) for number in range(4)]
    lines.keep(lambda start, line: start != starts[1] and b'"n":3' not in line)
    lines.close()
    assert numbers(path) == [0, 2]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_file_of_which_all_is_wanted_is_not_written_again(lines: Lines, path: Path) -> None:
    lines.add(row(0))
    before = path.stat().st_ino
    lines.keep(lambda *_: True)
    assert path.stat().st_ino == before


def test_a_file_without_a_wanted_row_is_removed(lines: Lines, path: Path) -> None:
    lines.add(row(0))
    lines.keep(lambda *_: False)
    assert list(path.parent.iterdir()) == []
