"""What the service is run with: where each value comes from, and what it may be."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from summarizer import values
from summarizer.errors import ConfigurationError
from summarizer.settings import chosen

_PREFIX = "SUMMARIZE_SERVER_"
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)*\.?")


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """What one service works with, beside the Settings of its Summarizer.

    Build it with `load`, which checks every value. Times are seconds, sizes bytes. Keys, in
    the form that `auth` reads, are left out of `repr`: `keys` holds the lines themselves,
    `keys_file` names a file of them. `requests_per_minute` and `cost_per_day`, in US
    dollars, are for each key that has no limit of its own.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    keys: str | None = field(default=None, repr=False)
    keys_file: Path | None = None
    requests_per_minute: int | None = None
    cost_per_day: float | None = None
    running: int | None = None
    queue: int = 64
    queue_timeout: float = 10.0
    max_body_bytes: int = 2_000_000
    body_timeout: float = 30.0
    header_timeout: float = 10.0
    max_header_bytes: int = 32_768
    max_connections: int = 1_000
    allow_urls: bool = False
    allow_models: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    idempotency_seconds: float = 86_400.0
    idempotency_bytes: int = 50_000_000
    shutdown_delay: float = 0.0
    drain_timeout: float = 30.0
    data_dir: Path | None = None
    data_bytes: int = 20_000_000_000
    batch_articles: int = 20_000
    batch_bytes: int = 200_000_000
    batches_per_key: int = 20
    batch_days: float = 7.0

    @classmethod
    def load(
        cls,
        *,
        environ: Mapping[str, str] | None = None,
        env_file: Path | None = None,
        **options: Any,
    ) -> ServiceConfig:
        """The configuration from options, the environment and an env file, in this order.

        An option of None counts as not given. `environ` stands for `os.environ`, and
        `env_file` for `.env` in the working directory. Raises ConfigurationError for an
        unknown option or a value that does not fit.
        """
        unknown = sorted(set(options) - set(ENVIRONMENT))
        if unknown:
            raise ConfigurationError(f"the service has no option named {unknown[0]!r}")
        return cls(
            **chosen(
                options,
                ENVIRONMENT,
                _PARSERS,
                environ=environ,
                env_file=env_file,
                named=lambda name: f"--{name.replace('_', '-')}",
            )
        )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the service."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def _host(value: Any, source: str) -> str:
    text = str(value).strip().removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not _HOST.fullmatch(text):
            raise ConfigurationError(f"{source} must be an address or a host's name") from None
    return text


def _port(value: Any, source: str) -> int:
    number = values.whole_or_nothing(value)
    if not 0 <= number <= 65_535:
        raise ConfigurationError(f"{source} must be a port, 0 to 65535")
    return number


def _lines(value: Any, source: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{source} must hold at least one key")
    return value


def _path(value: Any, source: str) -> Path:
    text = str(value)
    if not text.strip() or not text.isprintable():
        raise ConfigurationError(f"{source} must be a path")
    return Path(text)


def _words(value: Any) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value
    return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))


def _models(value: Any, source: str) -> tuple[str, ...]:
    names = _words(value)
    if not names or not all(name.isprintable() for name in names):
        raise ConfigurationError(f"{source} must be the names of models, with commas between")
    return names


def _origins(value: Any, source: str) -> tuple[str, ...]:
    origins = _words(value)
    if not origins or not all(map(_is_origin, origins)):
        raise ConfigurationError(
            f"{source} must be origins such as https://tools.example, with commas between"
        )
    return origins


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # checked when it is read
    except ValueError:
        return False
    plain = f"{parts.scheme}://{parts.netloc}" == text and "@" not in parts.netloc
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname)


_PARSERS: Mapping[str, Callable[[Any, str], Any]] = {
    "host": _host,
    "port": _port,
    "keys": _lines,
    "keys_file": _path,
    "requests_per_minute": values.count,
    "cost_per_day": values.dollars,
    "running": values.count,
    "queue": values.whole,
    "queue_timeout": values.seconds,
    "max_body_bytes": values.count,
    "body_timeout": values.seconds,
    "header_timeout": values.seconds,
    "max_header_bytes": values.count,
    "max_connections": values.count,
    "allow_urls": values.flag,
    "allow_models": _models,
    "allow_origins": _origins,
    "idempotency_seconds": values.seconds,
    "idempotency_bytes": values.whole,
    "shutdown_delay": values.seconds_or_none,
    "drain_timeout": values.seconds,
    "data_dir": _path,
    "data_bytes": values.count,
    "batch_articles": values.count,
    "batch_bytes": values.count,
    "batches_per_key": values.count,
    "batch_days": values.days,
}

#: The environment variable of each value.
ENVIRONMENT: Mapping[str, str] = {
    name.name: _PREFIX + name.name.upper() for name in dataclasses.fields(ServiceConfig)
}
