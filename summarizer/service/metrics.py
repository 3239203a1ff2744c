"""What is counted, as Prometheus reads it. No label holds a word that a client chose."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from summarizer.schema import FIELD_NAMES, Attempt, Summary

#: What `render` writes.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100)
_METHODS = frozenset("DELETE GET HEAD OPTIONS PATCH POST PUT".split())
_TOKENS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")
_NAMESPACE = "summarize_server"


class Metrics:
    """One service's counts. Several services of a process do not share them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = self._counter(
            "requests", "Requests that were answered.", "route", "method", "status"
        )
        self._seconds = Histogram(
            "request_seconds",
            "From a request's headers to the end of its answer.",
            ("route",),
            namespace=_NAMESPACE,
            registry=self._registry,
            buckets=_SECONDS,
        )
        self.in_flight = self._gauge("requests_in_flight", "Requests that are being answered.")
        self._shed = self._counter(
            "shed", "Answers that say when to come again, and refused connections.", "problem"
        )
        self._articles = self._counter("articles", "Articles with an outcome.", "outcome")
        self._items = self._counter("items", "Items of engines' answers.", "outcome")
        self._tokens = self._counter("tokens", "Tokens that providers reported.", "kind")
        self._cost = self._counter("cost_usd", "US dollars, as far as costs are known.")
        self._attempts = self._counter("attempts", "Requests to models.", "outcome")

    def watch(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Add a gauge whose value is asked for when it is read."""
        self._gauge(name, meaning).set_function(value)

    def answered(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request. `route` is a path of ours, with its parameters unfilled."""
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def shed(self, problem: str) -> None:
        """Count what was turned away, by the name of its problem's kind."""
        self._shed.labels(problem).inc()

    def summarized(self, summary: Summary) -> None:
        """Count an article that became a record."""
        self._articles.labels(summary.status).inc()
        verified = sum(len(summary.items(field)) for field in FIELD_NAMES)
        self._items.labels("verified").inc(verified)
        self._items.labels("rejected").inc(len(summary.rejected))
        self._asked(summary.provenance.attempts)

    def failed(self, problem: str, attempts: Iterable[Attempt] = ()) -> None:
        """Count an article that became none, by the name of its problem's kind."""
        self._articles.labels(problem).inc()
        self._asked(attempts)

    def render(self) -> bytes:
        """All counts, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _asked(self, attempts: Iterable[Attempt]) -> None:
        for attempt in attempts:
            self._attempts.labels("ok" if attempt.outcome == "ok" else "failed").inc()
            self._cost.inc(attempt.cost_usd or 0)
            for kind in _TOKENS:
                self._tokens.labels(kind).inc(getattr(attempt, kind) or 0)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, namespace=_NAMESPACE, registry=self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, namespace=_NAMESPACE, registry=self._registry)
