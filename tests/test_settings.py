"""Settings: where each value comes from, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from summarizer.errors import ConfigurationError
from summarizer.settings import ENVIRONMENT, Settings

NO_FILE = Path(os.devnull)


def test_an_argument_beats_the_environment_beats_the_file_beats_the_default(
    tmp_path: Path,
) -> None:
    file = tmp_path / ".env"
    file.write_text("SUMMARIZER_MODEL=from-file\nSUMMARIZER_TIMEOUT=7\nSUMMARIZER_ENGINE=openai\n")
    settings = Settings.load(
        environ={"SUMMARIZER_MODEL": "from-environment", "SUMMARIZER_TIMEOUT": "8"},
        env_file=file,
        model="from-argument",
    )
    assert (settings.model, settings.timeout, settings.engine) == ("from-argument", 8.0, "openai")
    assert settings.max_bytes == Settings().max_bytes


def test_the_env_file_of_the_working_directory_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SUMMARIZER_MODEL=from-here\n")
    monkeypatch.chdir(tmp_path)
    assert Settings.load(environ={}).model == "from-here"


def test_an_unreadable_env_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(ConfigurationError, match=r"\.env file cannot be read"):
        Settings.load(environ={}, env_file=file)


def test_an_empty_variable_counts_as_not_set() -> None:
    settings = Settings.load(environ={"OPENAI_API_KEY": ""}, env_file=NO_FILE)
    assert settings.api_key is None


@pytest.mark.parametrize(
    ("engine", "key", "url", "meant"),
    [
        ("auto", None, None, "extractive"),
        ("auto", "k", None, "openai"),
        ("auto", None, "http://localhost:1/v1", "openai"),
        ("extractive", "k", None, "extractive"),
        ("openai", None, None, "openai"),
    ],
)
def test_auto_means_a_model_where_one_can_be_asked(
    engine: Any, key: str | None, url: str | None, meant: str
) -> None:
    assert Settings(engine=engine, api_key=key, base_url=url).resolved_engine == meant


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("engine", "spacy"),
        ("model", "  "),
        ("model", "a\nb"),
        ("base_url", "localhost:8080"),
        ("base_url", "ftp://host/v1"),
        ("base_url", "http://[::1"),
        ("base_url", "http://localhost:port/v1"),
        ("timeout", "soon"),
        ("timeout", "0"),
        ("timeout", "inf"),
        ("timeout", "nan"),
        ("max_output_tokens", "1.5"),
        ("max_bytes", "-1"),
        ("temperature", "3"),
        ("allow_private_urls", "maybe"),
        ("prompts_dir", "no/such/folder"),
    ],
)
def test_a_value_that_does_not_fit_names_its_variable(name: str, value: str) -> None:
    variable = ENVIRONMENT[name]
    with pytest.raises(ConfigurationError, match=variable):
        Settings.load(environ={variable: value}, env_file=NO_FILE)


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ConfigurationError, match="'modle'"):
        Settings.load(modle="x")


def test_the_key_is_in_no_representation() -> None:
    assert "sk-secret" not in repr(Settings(api_key="sk-secret"))


def test_a_copy_with_other_options_is_checked() -> None:
    settings = Settings(model="a", timeout=5.0)
    assert settings.with_options(timeout="6") == Settings(model="a", timeout=6.0)
    with pytest.raises(ConfigurationError):
        settings.with_options(timeout=0)


def test_every_setting_has_a_variable_and_the_example_file_shows_each() -> None:
    assert set(ENVIRONMENT) == set(Settings.__dataclass_fields__)
    example = (Path(__file__).parents[1] / ".env.example").read_text(encoding="utf-8")
    for variable in ENVIRONMENT.values():
        assert f"#{variable}=" in example, f"{variable} is not shown"
