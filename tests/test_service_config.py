"""The service's configuration: where each value comes from, and what is refused."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Any

import pytest

from summarizer.errors import ConfigurationError
from summarizer.service.command import ENGINE, SERVICE, parser
from summarizer.service.config import ENVIRONMENT, ServiceConfig

ROOT = Path(__file__).parent.parent
NO_FILE = Path(os.devnull)


def loaded(**options: Any) -> ServiceConfig:
    return ServiceConfig.load(environ={}, env_file=NO_FILE, **options)


def test_an_option_beats_the_environment_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "SUMMARIZE_SERVER_PORT=1\nSUMMARIZE_SERVER_QUEUE=2\nSUMMARIZE_SERVER_HOST=::1\n"
    )
    config = ServiceConfig.load(
        environ={"SUMMARIZE_SERVER_PORT": "3", "SUMMARIZE_SERVER_QUEUE": "4"},
        env_file=file,
        port="5",
    )
    assert (config.port, config.queue, config.host) == (5, 4, "::1")
    assert config.max_body_bytes == ServiceConfig().max_body_bytes


def test_an_empty_variable_counts_as_not_set() -> None:
    config = ServiceConfig.load(environ={"SUMMARIZE_SERVER_KEYS": ""}, env_file=NO_FILE)
    assert config.keys is None


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("host", "no host", "--host must be an address"),
        ("host", "-x", "--host must be an address"),
        ("port", "65536", "--port must be a port"),
        ("port", "http", "--port must be a port"),
        ("queue", "-1", "--queue must be a whole number from 0"),
        ("queue", "²", "--queue must be a whole number from 0"),
        ("running", "0", "--running must be a whole number above 0"),
        ("queue_timeout", "0", "--queue-timeout must be a number of seconds above 0"),
        ("body_timeout", "inf", "seconds above 0"),
        ("body_timeout", "nan", "seconds above 0"),
        ("shutdown_delay", "-1", "seconds from 0"),
        ("cost_per_day", "-0.5", "US dollars from 0"),
        ("max_body_bytes", "1e6", "whole number above 0"),
        ("max_body_bytes", "9" * 30, "whole number above 0"),
        ("allow_urls", "maybe", "must be 1 or 0"),
        ("allow_models", " , ", "names of models"),
        ("allow_models", "a\x1b", "names of models"),
        ("allow_origins", "*", "must be origins"),
        ("allow_origins", "https://a.example/", "must be origins"),
        ("allow_origins", "https://me@a.example", "must be origins"),
        ("allow_origins", "file://a", "must be origins"),
        ("allow_origins", "https://[::1", "must be origins"),
        ("keys", "  ", "at least one key"),
        ("keys_file", "a\nb", "must be a path"),
    ],
)
def test_a_value_that_does_not_fit_is_one_sentence(name: str, value: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        loaded(**{name: value})


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no option named 'prot'"):
        loaded(prot=1)


def test_several_origins_and_models_stand_with_commas_between() -> None:
    config = loaded(
        allow_origins="https://a.example, http://b.example:8080", allow_models="m1,m2,m1"
    )
    assert config.allow_origins == ("https://a.example", "http://b.example:8080")
    assert config.allow_models == ("m1", "m2")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True),
     ("localhost", True), ("0.0.0.0", False), ("::", False), ("192.0.2.1", False),
     ("localhost.example", False)],
)  # fmt: skip
def test_only_a_loopback_address_is_this_machines_own(host: str, expected: bool) -> None:  # noqa: FBT001  # a case's value
    assert loaded(host=host).is_loopback == expected


def test_keys_are_left_out_of_its_repr() -> None:
    assert "secret" not in repr(ServiceConfig(keys="secret"))


def test_the_example_settings_show_every_value_and_its_default() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"(?m)^#(SUMMARIZE_SERVER_[A-Z_]+)=(.*)$", text))
    assert sorted(shown) == sorted(ENVIRONMENT.values())
    assert ServiceConfig.load(environ=shown, env_file=NO_FILE) == ServiceConfig()


def test_every_value_has_an_option_but_the_keys_which_command_lines_would_show() -> None:
    options = {action.dest for action in parser()._actions}
    assert options >= set(ENVIRONMENT) - {"keys"}
    assert "keys" not in options


def test_the_documentation_has_every_option_and_its_default() -> None:
    text = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"(?m)^\| `--([a-z-]+)(?: [A-Z]+)?` \|([^|]*)\|", text))
    assert {*SERVICE, "allow-urls"} == set(rows)
    for field in dataclasses.fields(ServiceConfig):
        shown = rows.get(field.name.replace("_", "-"), "").strip().strip("`")
        if re.fullmatch(r"[\d.]+", shown):
            assert loaded(**{field.name: shown}) == ServiceConfig(), field.name
        elif isinstance(field.default, int | float) and not isinstance(field.default, bool):
            pytest.fail(f"the default of {field.name} is not told")
    assert all(f"`--{name}`" in text for name in (*ENGINE, "log-level", "log-format"))
