"""API keys: how they are made, kept and told apart."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.errors import ConfigurationError
from summarizer.service import auth
from summarizer.service.auth import Keys
from summarizer.service.config import ServiceConfig

DIGEST = hashlib.sha256(b"open sesame").hexdigest()


def test_a_made_key_is_found_by_its_line_and_stands_nowhere_in_it() -> None:
    key, line = auth.make("newsdesk")
    keys = Keys(auth.parse(line, "the test"))
    found = keys.find(key)
    assert found is not None
    assert found.name == "newsdesk"
    assert key not in line
    assert key not in repr(keys.find(key))
    assert len(key) > 40


def test_two_made_keys_differ() -> None:
    assert auth.make("a")[0] != auth.make("a")[0]


@given(st.text(max_size=600))
def test_other_words_are_no_key(words: str) -> None:
    keys = Keys(auth.parse(f"a sha256:{DIGEST}", "the test"))
    assert (keys.find(words) is None) == (words != "open sesame")


def test_every_key_is_compared_whichever_fits() -> None:
    lines = "\n".join(
        f"k{n} sha256:{hashlib.sha256(str(n).encode()).hexdigest()}" for n in range(9)
    )
    keys = Keys(auth.parse(lines, "the test"))
    found = [keys.find(str(n)) for n in range(9)]
    assert [key.name for key in found if key] == [f"k{n}" for n in range(9)]


def test_a_line_may_give_its_key_limits_and_have_a_comment() -> None:
    (key,) = auth.parse(
        f"# known keys\n\na sha256:{DIGEST}  cost_per_day=1.5 requests_per_minute=60 # Ann\n", "it"
    )
    assert (key.name, key.requests_per_minute, key.cost_per_day) == ("a", 60, 1.5)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", "it holds no key"),
        ("# nothing", "it holds no key"),
        ("open sesame", "it, line 1: after the name comes sha256:"),
        (f"a sha256:{DIGEST[:-1]}", "it, line 1: after the name"),
        (f"a sha256:{DIGEST.upper()}", "it, line 1: after the name"),
        (f"\na/b sha256:{DIGEST}", "it, line 2: a key's name is"),
        (f"a sha256:{DIGEST} rpm=3", "a limit is one of requests_per_minute, cost_per_day"),
        (f"a sha256:{DIGEST} cost_per_day=1 cost_per_day=2", "each once"),
        (f"a sha256:{DIGEST} requests_per_minute=0", "requests_per_minute must be a whole number"),
        (f"a sha256:{DIGEST} cost_per_day=", "cost_per_day must be a number of US dollars"),
    ],
)
def test_a_line_that_is_none_is_told_by_its_number_alone(lines: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        auth.parse(lines, "it")
    assert told in str(raised.value)
    assert "sesame" not in str(raised.value)
    assert DIGEST not in str(raised.value)


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two keys named 'a'"):
        Keys(auth.parse(f"a sha256:{DIGEST}\na sha256:{DIGEST}", "it"))


def test_keys_come_from_the_file_and_the_environment_together(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text(f"a sha256:{DIGEST}\n")
    config = ServiceConfig(keys_file=file, keys=f"b sha256:{DIGEST};c sha256:{DIGEST}")
    assert len(Keys.of(config)) == 3


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda _: None, "there is no file of keys"),
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda path: path.write_bytes(b"#" * 1_000_001), "no file of lines"),
        (lambda path: path.write_bytes(b"\n"), "holds no key"),
    ],
)
def test_a_bad_file_of_keys_is_one_sentence(make: object, told: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    assert callable(make)
    make(file)
    with pytest.raises(ConfigurationError, match=told):
        Keys.of(ServiceConfig(keys_file=file))


@pytest.mark.parametrize("name", ["", "a b", "a#", "x" * 65, "-a"])
def test_a_bad_name_makes_no_key(name: str) -> None:
    with pytest.raises(ConfigurationError, match="a key's name is"):
        auth.make(name)
