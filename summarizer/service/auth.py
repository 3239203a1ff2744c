"""API keys: who asks, and what each may ask for.

A key is kept as its SHA-256 alone. It is one of ours, 256 random bits, so that a slow hash
would add nothing. Keys stand in lines, in a file or in the environment:

    # name    digest           limits of this key alone, in any order
    newsdesk  sha256:9f86...   requests_per_minute=60 cost_per_day=5.00
    archive   sha256:60303...

`summarize-server --make-key NAME` makes a key and its line.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarizer import values
from summarizer.errors import ConfigurationError
from summarizer.service.config import ServiceConfig

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_NAME_RULE = "a key's name is up to 64 letters, digits, and any of _ . -"
_MARK = "sum_"
_LARGEST_FILE = 1_000_000
#: A longer one is no key: it is not even hashed.
_LONGEST_KEY = 512


@dataclass(frozen=True, slots=True)
class Key:
    """A key's name, digest and limits. None is no limit, or that of the configuration."""

    name: str
    digest: bytes
    requests_per_minute: int | None = None
    cost_per_day: float | None = None


#: Who asks where no key is required.
ANYONE = Key("anyone", b"")


class Keys:
    """The keys that are known. Without any, nobody needs one."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._keys = tuple(keys)
        names = [key.name for key in self._keys]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigurationError(f"there are two keys named {twice!r}")

    @classmethod
    def of(cls, config: ServiceConfig) -> Keys:
        """The keys of a configuration. Raises ConfigurationError if a line is none."""
        found: list[Key] = []
        if config.keys_file is not None:
            found += parse(_content(config.keys_file), "the file of keys")
        if config.keys is not None:
            found += parse(config.keys.replace(";", "\n"), "SUMMARIZE_SERVER_KEYS")
        return cls(found)

    @property
    def required(self) -> bool:
        """Whether a request needs a key."""
        return bool(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, key: str) -> Key | None:
        """The key of these words, or None. It takes as long whichever it is."""
        if len(key) > _LONGEST_KEY:
            return None
        digest = digest_of(key)
        found = None
        for known in self._keys:
            if hmac.compare_digest(known.digest, digest):
                found = known
        return found

    def named(self, name: str) -> Key | None:
        """The key of this name, as what was accepted from it is worked on; None if it is gone."""
        if not self.required:
            return ANYONE if name == ANYONE.name else None
        return next((key for key in self._keys if key.name == name), None)


def make(name: str) -> tuple[str, str]:
    """A new key, and the line that makes it known. Raises ConfigurationError for a bad name."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(_NAME_RULE)
    key = _MARK + secrets.token_urlsafe(32)
    return key, f"{name} sha256:{digest_of(key).hex()}"


def digest_of(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def parse(lines: str, source: str) -> list[Key]:
    """The keys in some lines. Raises ConfigurationError, which repeats no word of a line."""
    found = []
    for number, line in enumerate(lines.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            found.append(_key(words))
        except ConfigurationError as error:
            raise ConfigurationError(f"{source}, line {number}: {error}") from None
    if not found:
        raise ConfigurationError(f"{source} holds no key")
    return found


def _key(words: list[str]) -> Key:
    name, *rest = words
    if not _NAME.fullmatch(name):
        raise ConfigurationError(_NAME_RULE)
    digest = _DIGEST.fullmatch(rest[0]) if rest else None
    if digest is None:
        raise ConfigurationError(
            "after the name comes sha256: and 64 hexadecimal digits, not the key itself"
        )
    limits: dict[str, Any] = {}
    for word in rest[1:]:
        limit, _, value = word.partition("=")
        if limit not in _LIMITS or limit in limits:
            raise ConfigurationError(f"a limit is one of {', '.join(_LIMITS)}, each once")
        limits[limit] = _LIMITS[limit](value, limit)
    return Key(name, bytes.fromhex(digest[1]), **limits)


#: The limits that a line may give its key.
_LIMITS: Mapping[str, Callable[[Any, str], Any]] = {
    "requests_per_minute": values.count,
    "cost_per_day": values.dollars,
}


def _content(path: Path) -> str:
    """The file's text. Raises ConfigurationError if it cannot be read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_LARGEST_FILE + 1)
        if not stat.S_ISREG(mode) or len(content) > _LARGEST_FILE:
            raise ConfigurationError("the file of keys is no file of lines")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError("there is no file of keys at --keys-file") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError("the file of keys cannot be read") from None
