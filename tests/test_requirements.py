"""Facts about the pinned requirements."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\]+?))? \\"
)
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def pins(path: Path) -> dict[str, list[Version]]:
    """Each name's versions: more than one where they differ by Python or platform."""
    found: dict[str, list[Version]] = {}
    for line in path.read_text().splitlines():
        if match := _PIN.fullmatch(line):
            found.setdefault(match["name"], []).append(Version(match["version"]))
    return found


@pytest.fixture(scope="module")
def project() -> dict[str, list[str]]:
    """The requirement lists of pyproject.toml by name, `run` among them."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = {
        name: [entry for entry in entries if isinstance(entry, str)]
        for name, entries in content["dependency-groups"].items()
    }
    extras = content["project"]["optional-dependencies"]
    return {"run": content["project"]["dependencies"], **extras, **groups}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_pinned_file_holds_names_versions_and_hashes_and_nothing_else(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines
    assert [line for line in lines if not _PIN.fullmatch(line) and not _HASH.fullmatch(line)] == []


@pytest.mark.parametrize(
    ("name", "lists"),
    [
        ("run", ["run"]),
        ("dev", ["run", "test", "dev"]),
        ("openai2", ["run", "test"]),
        ("service", ["run", "service"]),
        ("build", ["build"]),
    ],
)
def test_every_requirement_is_pinned_within_its_bounds(
    name: str, lists: list[str], project: dict[str, list[str]]
) -> None:
    pinned = pins(ROOT / "requirements" / f"{name}.txt")
    for text in (text for entry in lists for text in project[entry]):
        requirement = Requirement(text)
        versions = pinned[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in versions), text


def test_every_requirement_of_a_run_has_a_floor_and_a_cap(project: dict[str, list[str]]) -> None:
    for text in project["run"]:
        operators = {specifier.operator for specifier in Requirement(text).specifier}
        assert operators == {">=", "<"}, text


@pytest.mark.parametrize("name", ["run.txt", "service.txt"])
def test_what_is_tested_is_what_runs(name: str) -> None:
    """Otherwise a release that users get would be one that no test saw."""
    run, dev = (pins(ROOT / "requirements" / file) for file in (name, "dev.txt"))
    assert {name: dev.get(name) for name in run} == run


def test_the_other_major_of_openai_is_pinned_beside_the_newest() -> None:
    majors = {
        name: [version.major for version in pins(ROOT / "requirements" / name)["openai"]]
        for name in ("run.txt", "openai2.txt")
    }
    assert majors == {"run.txt": [3], "openai2.txt": [2]}


def test_what_else_is_asked_for_is_pinned() -> None:
    """Files of names beside pyproject.toml: each with its pinned file."""
    asked = sorted((ROOT / "requirements").glob("*.in"))
    assert asked
    for path in asked:
        pinned = pins(path.with_suffix(".txt"))
        for line in path.read_text().splitlines():
            if not line.startswith("#"):
                requirement = Requirement(line)
                versions = pinned[canonicalize_name(requirement.name)]
                assert all(requirement.specifier.contains(version) for version in versions), line
