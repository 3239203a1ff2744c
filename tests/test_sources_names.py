"""Facts about the names in a directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summarizer.sources import names
from summarizer.sources.files import find_files, is_article

ROOT = Path(__file__).parent.parent
_NAMES = st.sets(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
        lambda name: len(name.encode()) < 200
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_NAMES, st.integers(1, 12))
def test_names_are_sorted_in_memory_and_outside_of_it_alike(
    tmp_path_factory: pytest.TempPathFactory, stems: set[str], most: int
) -> None:
    folder = tmp_path_factory.mktemp("many")
    for stem in stems:
        (folder / f"{stem}.txt").touch()
    found = [path for path, _ in names.listed(str(folder), is_article)]
    assert found == [path for path, _ in names.listed(str(folder), is_article, most=most)]
    expected = sorted(f"{stem}.txt" for stem in stems if not stem.startswith("."))
    assert [os.path.basename(path) for path in found] == expected  # noqa: PTH119 - a name may be odd


@pytest.mark.skipif(os.name == "nt", reason="names of bytes")
@pytest.mark.parametrize("most", [1, 100])
def test_a_name_that_is_no_text_is_listed_too(tmp_path: Path, most: int) -> None:
    for name in (b"b\xff.txt", b"a.txt", b"c.txt"):
        (tmp_path / os.fsdecode(name)).touch()
    found = [os.fsencode(path) for path, _ in names.listed(str(tmp_path), is_article, most=most)]
    assert found == [os.fsencode(tmp_path) + b"/" + name
                     for name in (b"a.txt", b"b\xff.txt", b"c.txt")]  # fmt: skip


def test_a_directory_stands_where_its_name_does_and_a_link_to_one_nowhere(tmp_path: Path) -> None:
    for name in ("a.txt", "b/x.txt", "b/y/z.txt", "c.txt", ".d/x.txt", "e.txt/f.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "link").symlink_to(tmp_path / "b")
    found = [Path(path).relative_to(tmp_path).as_posix() for path, _ in find_files(str(tmp_path))]
    assert found == ["a.txt", "b/x.txt", "b/y/z.txt", "c.txt", "e.txt/f.txt"]


def test_a_directory_that_cannot_be_listed_is_an_error_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    (tmp_path / "b").mkdir()
    for name in ("a.txt", "c.txt"):
        (tmp_path / name).touch()
    found = find_files(str(tmp_path))
    first = next(found)
    (tmp_path / "b").rmdir()
    rest = list(found)
    told = [(Path(path).name, error and str(error)) for path, error in (first, *rest)]
    assert told == [
        ("a.txt", None), ("b", f"there is no '{tmp_path / 'b'}'"), ("c.txt", None),
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="reads its memory from /proc")
def test_memory_does_not_grow_with_the_names(tmp_path: Path) -> None:
    code = """
import re, sys
from pathlib import Path
from summarizer.sources import names

def kilobytes(what):
    return int(re.search(what + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

before = kilobytes("VmRSS")
count = sum(1 for _ in names.listed(sys.argv[1], lambda _: True, most=1_000))
print(count, kilobytes("VmHWM") - before)
"""
    for number in range(30_000):
        (tmp_path / f"{number * 7919 % 30_000:05}{'x' * 200}").touch()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=True,
        encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    count, most = map(int, done.stdout.split())
    # In memory they would be 8 MB.
    assert (count, most < 6_000) == (30_000, True), most
