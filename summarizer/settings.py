"""Settings: argument > environment > `.env` in the working directory > default."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from summarizer import values
from summarizer.errors import ConfigurationError

EngineName = Literal["auto", "openai", "extractive"]
ENGINES: tuple[EngineName, ...] = ("auto", "openai", "extractive")
DEFAULT_MODEL = "gpt-6-luna"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one Summarizer works with. Build it with `load`, which checks every value.

    `timeout` and `fetch_timeout` are seconds: over everything done for one article, and
    over one URL. `max_bytes` limits one input. Keys are left out of `repr`.

    The model is asked at `base_url` with `api_key`; where that fails, `fallback_model` is,
    at `fallback_base_url` if it is another endpoint. `concurrency` bounds the requests at
    once, and the limits per minute are those of the account, where its endpoint does not
    tell them. `workers` is the number of processes for what needs the processor: at 0 it is
    done in this one. `max_cost` is in US dollars, over the life of a Summarizer; `input_price`
    and `output_price`, in US dollars per million tokens, are for a model without a public
    price. `max_input_tokens` is the model's input limit, where its endpoint does not tell.
    """

    engine: EngineName = "auto"
    model: str = DEFAULT_MODEL
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    timeout: float = 120.0
    fallback_model: str | None = None
    fallback_base_url: str | None = None
    fallback_api_key: str | None = field(default=None, repr=False)
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int = 64
    workers: int = 0
    max_cost: float | None = None
    input_price: float | None = None
    output_price: float | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int = 16_000
    temperature: float | None = None
    reasoning_effort: str | None = None
    max_bytes: int = 20_000_000
    fetch_timeout: float = 20.0
    allow_private_urls: bool = False
    prompts_dir: Path | None = None
    cache: bool = True
    cache_dir: Path | None = None
    cache_max_bytes: int = 500_000_000

    def __post_init__(self) -> None:
        if (self.input_price is None) != (self.output_price is None):
            raise ConfigurationError("input_price and output_price go together")
        if self.fallback_model is None and (self.fallback_base_url or self.fallback_api_key):
            raise ConfigurationError("a fallback needs its model: set SUMMARIZER_FALLBACK_MODEL")

    @classmethod
    def load(
        cls,
        *,
        environ: Mapping[str, str] | None = None,
        env_file: Path | None = None,
        **arguments: Any,
    ) -> Settings:
        """Settings from arguments, the environment and an env file, in this order.

        An argument of None counts as not given. `environ` stands for `os.environ`, and
        `env_file` for `.env` in the working directory. Raises ConfigurationError for an
        unknown argument or a value that does not fit.
        """
        unknown = sorted(set(arguments) - set(ENVIRONMENT))
        if unknown:
            raise ConfigurationError(f"there is no setting named {unknown[0]!r}")
        return cls(**chosen(arguments, ENVIRONMENT, _PARSERS, environ=environ, env_file=env_file))

    @property
    def resolved_engine(self) -> Literal["openai", "extractive"]:
        """The engine that `auto` means: a model if a key or a base URL is set."""
        if self.engine != "auto":
            return self.engine
        return "openai" if self.api_key or self.base_url else "extractive"

    def with_options(self, **changes: Any) -> Settings:
        """A copy with other values, checked as `load` checks them."""
        known = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return Settings.load(environ={}, env_file=Path(os.devnull), **(known | changes))


#: The environment variable of each setting.
ENVIRONMENT: Mapping[str, str] = {
    "engine": "SUMMARIZER_ENGINE",
    "model": "SUMMARIZER_MODEL",
    "api_key": "OPENAI_API_KEY",
    "base_url": "OPENAI_BASE_URL",
    "timeout": "SUMMARIZER_TIMEOUT",
    "fallback_model": "SUMMARIZER_FALLBACK_MODEL",
    "fallback_base_url": "SUMMARIZER_FALLBACK_BASE_URL",
    "fallback_api_key": "SUMMARIZER_FALLBACK_API_KEY",
    "requests_per_minute": "SUMMARIZER_REQUESTS_PER_MINUTE",
    "tokens_per_minute": "SUMMARIZER_TOKENS_PER_MINUTE",
    "concurrency": "SUMMARIZER_CONCURRENCY",
    "workers": "SUMMARIZER_WORKERS",
    "max_cost": "SUMMARIZER_MAX_COST",
    "input_price": "SUMMARIZER_INPUT_PRICE",
    "output_price": "SUMMARIZER_OUTPUT_PRICE",
    "max_input_tokens": "SUMMARIZER_MAX_INPUT_TOKENS",
    "max_output_tokens": "SUMMARIZER_MAX_OUTPUT_TOKENS",
    "temperature": "SUMMARIZER_TEMPERATURE",
    "reasoning_effort": "SUMMARIZER_REASONING_EFFORT",
    "max_bytes": "SUMMARIZER_MAX_BYTES",
    "fetch_timeout": "SUMMARIZER_FETCH_TIMEOUT",
    "allow_private_urls": "SUMMARIZER_ALLOW_PRIVATE_URLS",
    "prompts_dir": "SUMMARIZER_PROMPTS_DIR",
    "cache": "SUMMARIZER_CACHE",
    "cache_dir": "SUMMARIZER_CACHE_DIR",
    "cache_max_bytes": "SUMMARIZER_CACHE_MAX_BYTES",
}


def chosen(
    given: Mapping[str, Any],
    variables: Mapping[str, str],
    parsers: Mapping[str, Callable[[Any, str], Any]],
    *,
    environ: Mapping[str, str] | None,
    env_file: Path | None,
    named: Callable[[str], str] = str,
) -> dict[str, Any]:
    """The values that are given, in the environment or in an env file, each as parsed.

    `variables` has the names and their environment variables, and `named` what a message
    calls a name. Raises ConfigurationError for a value that does not fit.
    """
    environ = os.environ if environ is None else environ
    from_file = from_env_file(env_file)
    found: dict[str, Any] = {}
    for name, variable in variables.items():
        value, source = given.get(name), named(name)
        if value is None:
            value, source = environ.get(variable) or from_file.get(variable), variable
        if value is not None and value != "":
            found[name] = parsers[name](value, source)
    return found


def from_env_file(path: Path | None) -> dict[str, str | None]:
    """What an env file holds, `.env` in the working directory unless another is named."""
    path = Path(".env") if path is None else path
    if not path.is_file():
        return {}
    # Only where there is a file to read: most runs have none.
    from dotenv import dotenv_values

    try:
        return dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("the .env file cannot be read") from error


def _engine(value: Any, source: str) -> EngineName:
    for name in ENGINES:
        if value == name:
            return name
    raise ConfigurationError(f"{source} must be one of {', '.join(ENGINES)}")


def _text(value: Any, source: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ConfigurationError(f"{source} must be one line of text")
    return value.strip()


def _url(value: Any, source: str) -> str:
    text = _text(value, source)
    try:
        parts = urlsplit(text)
        _ = parts.port  # checked when it is read
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{source} must be an http:// or https:// address")
    return text


def _temperature(value: Any, source: str) -> float:
    number = values.number_or_nothing(value)
    if not 0 <= number <= 2:
        raise ConfigurationError(f"{source} must be a number from 0 to 2")
    return number


def _folder(value: Any, source: str) -> Path:
    path = Path(value)
    if not path.is_dir():
        raise ConfigurationError(f"{source} must name a folder")
    return path


def _place(value: Any, source: str) -> Path:
    text = value if isinstance(value, Path) else Path(_text(value, source))
    if text.exists() and not text.is_dir():
        raise ConfigurationError(f"{source} must name a folder")
    return text


_PARSERS: Mapping[str, Callable[[Any, str], Any]] = {
    "engine": _engine,
    "model": _text,
    "api_key": _text,
    "base_url": _url,
    "timeout": values.seconds,
    "fallback_model": _text,
    "fallback_base_url": _url,
    "fallback_api_key": _text,
    "requests_per_minute": values.count,
    "tokens_per_minute": values.count,
    "concurrency": values.count,
    "workers": values.whole,
    "max_cost": values.dollars,
    "input_price": values.dollars,
    "output_price": values.dollars,
    "max_input_tokens": values.count,
    "max_output_tokens": values.count,
    "temperature": _temperature,
    "reasoning_effort": _text,
    "max_bytes": values.count,
    "fetch_timeout": values.seconds,
    "allow_private_urls": values.flag,
    "prompts_dir": _folder,
    "cache": values.flag,
    "cache_dir": _place,
    "cache_max_bytes": values.count,
}
