"""What one request took: tokens as the endpoint reports them, and their price. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

#: More tokens than any request takes: a count beyond is none. A thousand times the largest
#: context.
_MOST_TOKENS = 1_000_000_000


#: More tokens than any request has.
_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request. None is what was not reported, or makes no sense."""

    input_tokens: int | None = None
    cached_input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None


def read(data: Any) -> Usage:
    """The usage in a response's body."""
    usage = _mapping(_mapping(data).get("usage"))
    cached = _count(_mapping(usage.get("prompt_tokens_details")).get("cached_tokens"))
    if cached is None:  # DeepSeek's name for it
        cached = _count(usage.get("prompt_cache_hit_tokens"))
    details = _mapping(usage.get("completion_tokens_details"))
    return Usage(
        input_tokens=_count(usage.get("prompt_tokens")),
        cached_input_tokens=cached,
        output_tokens=_count(usage.get("completion_tokens")),
        reasoning_tokens=_count(details.get("reasoning_tokens")),
    )


@dataclass(frozen=True, slots=True)
class Prices:
    """What a model without a public price costs, in US dollars per million tokens."""

    input: float
    output: float

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """In US dollars. Cached tokens cost what others do."""
        return (self.input * input_tokens + self.output * output_tokens) / 1_000_000


def cost(usage: Usage, *, model: str, base_url: str, prices: Prices | None = None) -> float | None:
    """In US dollars, by the public prices of the provider whose host is asked, else by `prices`.

    None if the tokens are not known; or, without `prices`, if the host is none of a known
    provider or the provider has no such model: a gateway or a local server has a price of
    its own, if any, and that of the model's maker would be a guess.
    """
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    found = _public_cost(usage, model, base_url) if _is_public(base_url) else None
    if found is None and prices is not None:
        found = prices.cost(usage.input_tokens, usage.output_tokens)
    return found


def _public_cost(usage: Usage, model: str, base_url: str) -> float | None:
    import genai_prices

    try:
        price = genai_prices.calc_price(
            genai_prices.Usage(
                input_tokens=usage.input_tokens,
                cache_read_tokens=usage.cached_input_tokens,
                output_tokens=usage.output_tokens,
            ),
            model_ref=model,
            provider_api_url=base_url,
        )
    except (LookupError, ValueError):  # not known; or more cached tokens than there were
        return None
    return float(price.total_price)


def _is_public(base_url: str) -> bool:
    """Whether a host may be a provider's, told without loading the prices."""
    host = urlsplit(base_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host
    return False


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None
