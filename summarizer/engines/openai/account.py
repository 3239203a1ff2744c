"""What each request took, as the record has it. Pure."""

from __future__ import annotations

from pydantic_core import from_json

from summarizer.engines.openai import usage
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.given import BATCH_SHARE
from summarizer.engines.openai.responses import Response
from summarizer.engines.openai.usage import Prices, Usage
from summarizer.schema import Attempt, Purpose


class Account:
    """The account of the requests to one model at one endpoint.

    `prices` are those of the settings, in US dollars per million tokens of the input and
    of the output, or None.
    """

    def __init__(
        self, *, model: str, base_url: str, host: str, prices: tuple[float, float] | None
    ) -> None:
        self._model = model
        self._base_url = base_url
        self._host = host
        self._prices = None if prices is None else Prices(*prices)

    @property
    def priced(self) -> bool:
        """Whether the price of the model is known."""
        return self._cost(Usage(input_tokens=1, output_tokens=1), self._model) is not None

    def worst(self, input_tokens: int, output_tokens: int) -> float:
        """What so many tokens cost, in US dollars. Only for a model whose price is known."""
        used = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        found = self._cost(used, self._model)
        assert found is not None
        return found

    def entry(
        self,
        response: Response,
        *,
        purpose: Purpose,
        mode: str,
        window: int | None,
        seconds: float,
        share: float = 1.0,
    ) -> Attempt:
        """One request's entry, by the model that answered, else the one that was asked.

        `share` is that of the price which is paid.
        """
        used = response.usage
        failure = response.result if isinstance(response.result, Failure) else None
        # What cannot have been sent is known to cost nothing.
        sent = failure is None or failure.sent
        cost = self._cost(used, response.model or self._model) if sent else 0.0
        return Attempt(
            purpose=purpose,
            mode=mode,
            outcome=response.outcome,
            endpoint=self._host,
            model=response.model,
            window=window,
            input_tokens=used.input_tokens,
            cached_input_tokens=used.cached_input_tokens,
            output_tokens=used.output_tokens,
            reasoning_tokens=used.reasoning_tokens,
            cost_usd=None if cost is None else share * cost,
            seconds=seconds,
            request_id=response.request_id,
        )

    def cost_in_batch(self, content: bytes) -> float | None:
        """What the answer in a body of a provider's batch cost, in US dollars, if it is known."""
        try:
            data = from_json(content)
        except ValueError:
            return None
        model = data.get("model") if isinstance(data, dict) else None
        cost = self._cost(usage.read(data), model if isinstance(model, str) else self._model)
        return None if cost is None else BATCH_SHARE * cost

    def _cost(self, used: Usage, model: str) -> float | None:
        return usage.cost(used, model=model, base_url=self._base_url, prices=self._prices)
