"""A batch whose articles are asked about in a provider's batches, at half the price.

    provider = ProviderBatch(settings, Path("out.jsonl"))
    with provider:
        await provider.fill(sources)          # plan, submit, wait, download
        async for outcome in provider.run(sources):
            ...

`sources` is called for an iterable of the same sources, as often as they are gone through.
Run it again after a crash at any point, or while the provider is still at it: it goes on
from there. docs/provider-batch.md tells how.
"""

from summarizer.batch.provider.work import Leftovers, Progress, ProviderBatch, state_path

__all__ = ["Leftovers", "Progress", "ProviderBatch", "state_path"]
