"""Facts about the files that the service is deployed with. No engine of containers is asked."""

from __future__ import annotations

import ast
import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from summarizer import settings
from summarizer.service import command, config

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "deploy/compose.yaml").read_text()
UNIT = (ROOT / "deploy/summarizer.service").read_text()
VARIABLES = {*config.ENVIRONMENT.values(), *settings.ENVIRONMENT.values()}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, each on one line."""
    lines = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (word, rest.strip()) for word, _, rest in (one.partition(" ") for one in joined.split("\n"))
    ]


def copied() -> list[str]:
    """The sources of every COPY from this repository."""
    found = []
    for word, rest in instructions():
        if word == "COPY" and "--from=" not in rest:
            found += shlex.split(rest)[:-1]
    return found


def unit() -> dict[str, list[str]]:
    """The unit's values by name; a name may come more than once."""
    found: dict[str, list[str]] = {}
    for line in UNIT.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_everything_that_the_image_is_made_of_is_in_the_repository_and_sent_to_its_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    assert set(copied()) == sent
    for name in copied():
        assert (ROOT / name).exists()
    # All else stays out, a .env above all, and so does what Python leaves behind.
    assert "*" in ignored
    assert any(fnmatch.fnmatch("x/__pycache__", line) for line in ignored)


def test_what_the_package_is_built_from_is_in_the_image_s_build() -> None:
    names = re.findall(r'(?:readme|license-files|only-include) = (\[[^]]*\]|"[^"]*")', _project())
    for text in names:
        found = ast.literal_eval(text)
        for name in [found] if isinstance(found, str) else found:
            assert name in copied()


def _project() -> str:
    # The source distribution holds more than an image needs.
    return (ROOT / "pyproject.toml").read_text().partition("[tool.hatch.build.targets.sdist]")[0]


def test_only_pinned_packages_with_their_hashes_are_installed() -> None:
    (runs,) = [rest for word, rest in instructions() if word == "RUN" and "service.txt" in rest]
    installs = [part for part in runs.split("&&") if " install " in part]
    assert len(installs) == 2
    for part in installs:
        words = shlex.split(part)
        assert {"--no-deps", "--require-hashes", "--requirement"} <= set(words)
        assert (ROOT / words[words.index("--requirement") + 1]).exists()
    others = [rest for word, rest in instructions() if word == "RUN" and rest != runs]
    for rest in others:
        for part in rest.split("&&"):
            if re.search(r"\bpip\b.* (install|wheel) ", part):
                assert "--no-index" in part


def test_the_image_has_no_tool_that_it_was_built_with_and_runs_as_nobody_s_user() -> None:
    *_, last = DOCKERFILE.split("\nFROM ")
    assert "pip" not in last
    assert re.findall(r"^USER (\S+)$", last, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^STOPSIGNAL (\S+)$", last, re.MULTILINE) == ["SIGTERM"]
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases == ["python:3.13-slim"] * 2


def test_the_health_check_asks_for_a_path_that_there_is() -> None:
    (check,) = [rest for word, rest in instructions() if word == "HEALTHCHECK"]
    python, flag, script = ast.literal_eval(check[check.index("[") :])
    assert (python, flag) == ("python", "-c")
    compile(script, "HEALTHCHECK", "exec")
    assert "127.0.0.1:8000/healthz" in script


@pytest.mark.parametrize("text", [DOCKERFILE, UNIT, COMPOSE], ids=["docker", "unit", "compose"])
def test_every_setting_that_is_named_exists(text: str) -> None:
    named = set(re.findall(r"\b(?:SUMMARIZER|SUMMARIZE_SERVER|OPENAI)_[A-Z_]+\b", text))
    assert named
    assert named <= VARIABLES


def test_every_option_that_is_named_exists() -> None:
    known = set(re.findall(r"--[a-z-]+", command.parser().format_help()))
    (given,) = [rest for word, rest in instructions() if word == "CMD"]
    named = set(re.findall(r"--[a-z-]+", given + COMPOSE.partition("services:")[0]))
    assert named - {"--file", "--rm", "--detach", "--wait"} <= known


def test_a_service_has_more_time_to_stop_than_its_drain_takes() -> None:
    drain = config.ServiceConfig().drain_timeout
    (grace,) = re.findall(r"stop_grace_period: (\w+)", COMPOSE)
    (stop,) = unit()["TimeoutStopSec"]
    assert seconds(grace) > drain
    assert seconds(stop) > drain


def test_the_container_is_published_to_this_machine_alone_and_gains_no_rights() -> None:
    assert re.findall(r'^\s+- "([\d.:]+)"$', COMPOSE, re.MULTILINE) == ["127.0.0.1:8000:8000"]
    for line in ("read_only: true", "no-new-privileges:true", "- ALL"):
        assert line in COMPOSE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "summarize-server"
    program.symlink_to(sys.executable)
    copy = tmp_path / "summarizer.service"
    (start,) = unit()["ExecStart"]
    copy.write_text(UNIT.replace(start, str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False,
        env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
