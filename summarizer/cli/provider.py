"""A batch by way of the provider's batches: made of the options, and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.cli.options import Options

if TYPE_CHECKING:
    from summarizer.batch.provider import Progress, ProviderBatch
    from summarizer.cli.batch import Told
    from summarizer.cli.progress import Line
    from summarizer.settings import Settings

#: The longest time between two looks at a batch, in seconds.
_POLL = 60.0


def provider_of(options: Options, settings: Settings, output: Path) -> ProviderBatch:
    """The provider's batch that the options ask for. Raises ConfigurationError."""
    from summarizer.batch.provider import ProviderBatch

    return ProviderBatch(
        settings,
        output,
        leftovers=options.leftovers,
        poll=_POLL if options.poll is None else options.poll,
        jobs=options.jobs,
        ordered=options.ordered,
        retry_errors=options.retry_errors,
        fresh=options.fresh,
    )


async def fill(provider: ProviderBatch, told: Told, line: Line) -> None:
    """Have the batches answered, telling how far they are."""

    def tell(progress: Progress) -> None:
        told.phase = progress.text
        told.show(line)

    await provider.fill(told.sources, tell=tell, done=told.take)
    told.phase = None
