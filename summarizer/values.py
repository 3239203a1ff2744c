"""Words of options and variables -> values, or a sentence on what they must be.

`source` names the option or the variable in a ConfigurationError.
"""

from __future__ import annotations

import math
from typing import Any

from summarizer.errors import ConfigurationError


def whole_or_nothing(value: Any) -> int:
    """The whole number, or -1, which no bound admits."""
    text = str(value).strip().replace("_", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def number_or_nothing(value: Any) -> float:
    """The number, or nan, which no bound admits."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def count(value: Any, source: str) -> int:
    """A whole number above 0."""
    number = whole_or_nothing(value)
    if number < 1:
        raise ConfigurationError(f"{source} must be a whole number above 0")
    return number


def whole(value: Any, source: str) -> int:
    """A whole number from 0."""
    number = whole_or_nothing(value)
    if number < 0:
        raise ConfigurationError(f"{source} must be a whole number from 0")
    return number


def seconds(value: Any, source: str) -> float:
    """Seconds above 0."""
    found = number_or_nothing(value)
    if not 0 < found < math.inf:
        raise ConfigurationError(f"{source} must be a number of seconds above 0")
    return found


def seconds_or_none(value: Any, source: str) -> float:
    """Seconds from 0."""
    found = number_or_nothing(value)
    if not 0 <= found < math.inf:
        raise ConfigurationError(f"{source} must be a number of seconds from 0")
    return found


def dollars(value: Any, source: str) -> float:
    """US dollars from 0."""
    found = number_or_nothing(value)
    if not 0 <= found < math.inf:
        raise ConfigurationError(f"{source} must be a number of US dollars from 0")
    return found


def flag(value: Any, source: str) -> bool:
    """1 or 0, or a word for one of them."""
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"0": False, "false": False, "no": False, "off": False}
    try:
        return known[str(value).strip().casefold()]
    except KeyError:
        raise ConfigurationError(f"{source} must be 1 or 0") from None


def days(value: Any, source: str) -> float:
    """Days above 0, a century at most."""
    found = number_or_nothing(value)
    if not 0 < found <= 36_500:
        raise ConfigurationError(f"{source} must be a number of days above 0")
    return found
