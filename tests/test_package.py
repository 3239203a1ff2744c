"""Facts about the package as a whole."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

import summarizer
from summarizer.settings import ENVIRONMENT, Settings

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "summarizer"


def example() -> dict[str, str]:
    """The variables of `.env.example`, each with what stands after it; not the service's."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^#?(?!SUMMARIZE_SERVER_)([A-Z][A-Z_]+)=(.*)$", text))


@pytest.mark.parametrize("name", summarizer.__all__)
def test_a_public_name_can_be_had(name: str) -> None:
    assert getattr(summarizer, name) is not None
    assert name in dir(summarizer)


def test_another_name_cannot() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sumarize'"):
        summarizer.sumarize  # noqa: B018 - the access is what is tested


def test_public_names_are_sorted_and_named_once() -> None:
    assert list(summarizer.__all__) == sorted(set(summarizer.__all__))


def test_the_installed_version_is_the_packages_own() -> None:
    assert importlib.metadata.version("article-summarizer") == summarizer.__version__


def test_the_command_is_installed() -> None:
    (command,) = importlib.metadata.entry_points(group="console_scripts", name="summarize")
    assert command.value == "summarizer.cli:main"
    assert callable(command.load())


def test_the_package_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "summarizer", "--version"],
        capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert summarizer.__version__ in done.stdout


def test_types_are_announced() -> None:
    assert (PACKAGE / "py.typed").read_bytes() == b""


def test_the_example_settings_are_settings() -> None:
    assert sorted(example()) == sorted(ENVIRONMENT.values())


def test_the_example_settings_show_the_defaults() -> None:
    shown = {name: value for name, value in example().items() if value}
    assert shown.pop("OPENAI_BASE_URL").startswith("http://localhost")
    assert Settings.load(environ=shown) == Settings()


def test_a_module_is_one_room() -> None:
    """A longer one is two: about 400 lines is the rule, and this its slack."""
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in ("summarizer", "evals", "bench")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > 450} == {}
