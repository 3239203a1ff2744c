"""Facts about this package's own folder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from summarizer import folders

POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")


def test_a_chosen_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert folders.cache_folder(tmp_path / "here") == tmp_path / "here"


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_without_a_choice_it_is_the_platforms_folder() -> None:
    shown = [
        subprocess.run(
            [sys.executable, "-c", "from summarizer import folders; print(folders.cache_folder())"],
            env=os.environ | changes, capture_output=True, check=True, encoding="utf-8",
        ).stdout.strip()
        for changes in ({"HOME": "/h", "XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "/x"})
    ]  # fmt: skip
    assert shown == ["/h/.cache/article-summarizer", "/x/article-summarizer"]


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_data_has_a_folder_of_its_own() -> None:
    assert folders.data_folder(Path("here")) == Path("here")
    shown = [
        subprocess.run(
            [sys.executable, "-c", "from summarizer import folders; print(folders.data_folder())"],
            env=os.environ | changes, capture_output=True, check=True, encoding="utf-8",
        ).stdout.strip()
        for changes in ({"HOME": "/h", "XDG_DATA_HOME": ""}, {"XDG_DATA_HOME": "/x"})
    ]  # fmt: skip
    assert shown == ["/h/.local/share/article-summarizer", "/x/article-summarizer"]


@POSIX
def test_a_private_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folders.make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@POSIX
def test_a_folder_that_exists_keeps_its_permissions(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    folders.make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


_AS_NOBODY = """
import os, pathlib, platformdirs
from summarizer import folders
os.environ.pop("HOME", None)
os.environ.pop("XDG_CACHE_HOME", None)
folders.cache_folder()  # loads what a nobody may not read
os.setuid(54321)
folder = folders.cache_folder()
print(folder)
try:
    folders.make_private(folder)
except OSError:
    print("cannot be made")
"""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root becomes nobody")
def test_a_user_without_a_home_gets_a_folder_that_cannot_be_made() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY], capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout.splitlines() == ["/dev/null/article-summarizer", "cannot be made"]
