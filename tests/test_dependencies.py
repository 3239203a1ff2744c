"""Facts about what the code imports and what pyproject.toml declares."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
OWN = {"summarizer", "evals", "bench", "tests"}
#: Declared, and imported by nothing here.
UNSEEN = {
    "lxml-html-clean",  # trafilatura's, see pyproject.toml
}
#: Imported only where a process has done so already, and bounded by an extra.
ELSEWHERE = {"opentelemetry-api"}
#: Distributions that are one: the first is pinned exactly by the second, or shares its
#: package with it.
PARTS = {
    "httpx2": "openai",  # its transport since openai 3, named for its types alone
    "aiohttp": "openai",  # its extra of this name
    "yarl": "openai",  # aiohttp's addresses
    "pydantic-core": "pydantic",
    "compression": "backports-zstd",  # the same, in the standard library of Python 3.14
    "starlette": "fastapi",
    "opentelemetry-sdk": "opentelemetry-api",
    "opentelemetry-semantic-conventions": "opentelemetry-api",
}


def imported(folder: str) -> set[str]:
    """The distributions whose modules the files below `folder` import."""
    owners = importlib.metadata.packages_distributions()
    modules = {
        name.partition(".")[0]
        for path in (ROOT / folder).rglob("*.py")
        for name in names(ast.parse(path.read_bytes()))
    }
    foreign = modules - sys.stdlib_module_names - OWN
    # What is not installed is called like its distribution, which an extra then declares.
    found = {canonicalize_name(owners.get(module, [module])[0]) for module in foreign}
    return {PARTS.get(name, name) for name in found}


def names(tree: ast.AST) -> Iterator[str]:
    """The modules that a file imports, at its top or within a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.fixture(scope="module")
def declared() -> dict[str, set[str]]:
    """The names that pyproject.toml requires, by list."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = content["project"]
    lists = {
        "run": project["dependencies"],
        "extras": [text for extra in project["optional-dependencies"].values() for text in extra],
        **content["dependency-groups"],
    }
    beside = (ROOT / "requirements" / "bench.in").read_text().splitlines()
    lists["bench"] = [line for line in beside if not line.startswith("#")]
    return {
        key: {canonicalize_name(Requirement(text).name) for text in texts if isinstance(text, str)}
        for key, texts in lists.items()
    }


def test_the_package_imports_what_it_requires_and_no_more(declared: dict[str, set[str]]) -> None:
    found = imported("summarizer") - ELSEWHERE
    assert declared["run"] - UNSEEN <= found <= declared["run"] | declared["extras"]
    assert declared["extras"] >= ELSEWHERE


@pytest.mark.parametrize("folder", ["evals", "bench"])
def test_a_command_of_the_checkout_needs_what_the_package_needs_or_an_extra(
    folder: str, declared: dict[str, set[str]]
) -> None:
    beside = declared["bench"] if folder == "bench" else set()
    assert imported(folder) <= declared["run"] | declared["extras"] | beside


def test_a_test_imports_what_is_declared(declared: dict[str, set[str]]) -> None:
    allowed = declared["run"] | declared["extras"] | declared["test"] | declared["dev"]
    assert imported("tests") <= allowed
