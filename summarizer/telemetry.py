"""OpenTelemetry spans, where the process traces; nothing at all where it does not.

    with telemetry.span("chat m", client=True, attributes={...}) as span:
        ...
        span.set("gen_ai.response.model", name)

This package never imports OpenTelemetry: a process that traces has done so itself, and
that is what is looked for. So neither start-up nor a request pays for what nobody uses.

Names and attributes keep to the conventions for generative AI. No attribute holds an
article's text, an answer or a key, and exceptions are recorded by their type alone.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Span as OpenSpan
    from opentelemetry.trace import Tracer, TracerProvider

Value = str | int | float | bool | Sequence[str] | None

_made: tuple[TracerProvider, Tracer] | None = None


class Span:
    """What is under way. Of one that nobody records, nothing is kept."""

    __slots__ = ("_recorded",)

    def __init__(self, recorded: OpenSpan | None = None) -> None:
        self._recorded = recorded

    @property
    def recorded(self) -> bool:
        """Whether it is worth the while to compute attributes."""
        return self._recorded is not None

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Add attributes; those of None are left out."""
        if self._recorded is not None:
            for name, value in attributes.items():
                if value is not None:
                    self._recorded.set_attribute(name, value)

    def fail(self, kind: str) -> None:
        """Mark it as failed, with the kind of failure."""
        if self._recorded is not None:
            from opentelemetry.trace import StatusCode

            self._recorded.set_attribute("error.type", kind)
            self._recorded.set_status(StatusCode.ERROR)


_UNSEEN = Span()


@contextlib.contextmanager
def span(
    name: str, *, client: bool = False, attributes: Mapping[str, Value] | None = None
) -> Iterator[Span]:
    """A span around what is done within, and the parent of those that begin there.

    `client` says that another host does the work. An exception marks it as failed with
    its type, and passes.
    """
    tracer = _tracer()
    if tracer is None:
        yield _UNSEEN
        return
    from opentelemetry.trace import SpanKind

    with tracer.start_as_current_span(
        name,
        kind=SpanKind.CLIENT if client else SpanKind.INTERNAL,
        # The text of an exception from elsewhere might hold anything.
        record_exception=False,
        set_status_on_exception=False,
    ) as recorded:
        found = Span(recorded if recorded.is_recording() else None)
        found.set(attributes or {})
        try:
            yield found
        except BaseException as error:
            found.fail(type(error).__qualname__)
            raise


def _tracer() -> Tracer | None:
    """This package's tracer, or None if nothing in the process traces."""
    global _made  # noqa: PLW0603 - a provider is the process's own, and so is its tracer
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None or not hasattr(trace, "get_tracer_provider"):  # not, or not yet, imported
        return None
    provider = trace.get_tracer_provider()
    if isinstance(provider, (trace.ProxyTracerProvider, trace.NoOpTracerProvider)):
        return None
    if _made is None or _made[0] is not provider:
        from summarizer import __version__

        _made = (provider, provider.get_tracer("summarizer", __version__))
    return _made[1]
