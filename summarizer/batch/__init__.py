"""Any number of sources into one file of records, which a later run goes on with.

    with Summarizer(settings) as summarizer, Batch(summarizer, Path("out.jsonl")) as batch:
        async for outcome in batch.run(sources.expand(["news"], settings=settings)):
            ...

docs/batch.md says what stands in which file and what happens when something breaks.
"""

from summarizer.batch.claim import OutputProblem
from summarizer.batch.conversion import convert
from summarizer.batch.meter import Meter
from summarizer.batch.outcome import Kind, Outcome
from summarizer.batch.run import Batch

__all__ = ["Batch", "Kind", "Meter", "Outcome", "OutputProblem", "convert"]
