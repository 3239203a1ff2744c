"""Facts about the files of the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def tracked() -> list[Path]:
    """The files that git tracks, or would after `git add`."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    paths = [ROOT / name.decode() for name in listing.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


# Spelled so that this file does not match itself.
_ADDRESS = re.compile(
    r"pypi[.]org|pythonhosted[.]org|--(?:extra-)?index-url[ =]|--find-links[ =]"
    # The file that every attack names is on every machine.
    r"|file:///(?!etc/passwd)\w"
    # A directory that stands on one machine only.
    r"|(?<![\w.~/:$}-])/(?:home|root|Users|work|opt|mnt|builds)/[\w.]"
    r"|(?<![\w.~/:$}-])/(?:private/)?(?:tmp|var/folders)/\w"
)


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked()
        for number, line in enumerate(
            path.read_bytes().decode("utf-8", "replace").splitlines(), start=1
        )
        if _ADDRESS.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "--extra-index" + "-url https://example.test/simple",
        "pip install --find" + "-links wheels",
        "https://files.python" + "hosted.org/packages/x.whl",
        "# via -r /ho" + "me/me/project/requirements.in",
        "open('/t" + "mp/x1')",
        "file:/" + "//srv/wheels",
    ],
)
def test_an_address_is_seen(line: str) -> None:
    assert _ADDRESS.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "https://example.test/home/page",
        "evals/work/x",
        "~/tmp/x",
        "$HOME/opt/x",
        "file:///etc/passwd",
        "--no-emit-index-url --no-emit-find-links",
    ],
)
def test_what_is_no_address_is_let_be(line: str) -> None:
    assert not _ADDRESS.search(line)


def test_every_text_file_is_utf8_without_carriage_returns_or_a_missing_last_line_end() -> None:
    as_given = ("evals/articles/", "tests/corpus/", "tests/golden/")
    wrong = []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        content = path.read_bytes()
        if name.startswith(as_given) or b"\0" in content:
            continue
        content.decode("utf-8")
        if b"\r" in content or (content and not content.endswith(b"\n")):
            wrong.append(name)
    assert wrong == []
