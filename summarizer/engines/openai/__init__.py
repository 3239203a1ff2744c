"""The engine for hosted models, gateways and local servers: any OpenAI-compatible endpoint.

    engine    one request of the pipeline: modes, retries, one re-ask, typed errors
    modes     what a request looks like, and what an endpoint was seen to take (pure)
    refusals  which parameter an endpoint refuses, from its words (pure)
    responses an HTTP response -> a Draft, or what went wrong (pure)
    answers   a completion's JSON -> what the model said, and the Draft in it (pure)
    streams   a body in pieces -> its JSON, or the completion of its events (pure)
    increments the items of a Draft while its JSON is being written (pure)
    input_limits how much text an endpoint takes in one request (pure)
    failures  everything that goes wrong -> one typed error (pure)
    retries   how often and how long, within the deadline
    reask     the turns that ask for an invalid answer again, made by instructor
    usage     tokens and cost of one request (pure)
    account   what each request took, as the record has it (pure)
    traffic   what every request passes: budget, concurrency, breaker, limits
    building  the engine that the settings describe, with its fallback
    client    the openai SDK: one request over HTTP
    reach     why no connection came to stand (pure)
    lessons   what endpoints taught, kept for the next process
    tracing   what is told of requests: events and spans
    doctor    an examination of an endpoint
    findings  what the doctor says of what it saw (pure)
    batch_objects the objects and lines of a provider's batches (pure)
    provider_batch a provider's batches over HTTP
    given     what a batch is made of, and answers that it gave
    transport its HTTP client: how much is read, where a redirect may lead
    sdk       its client, which builds the same request once
    pool      aiohttp's connections beneath it, for many requests at once

Only this package imports openai, instructor, tenacity or genai-prices, and each only when
it is first needed. docs/model-layer.md says how the rooms work together.
"""

from summarizer.engines.openai.building import build
from summarizer.engines.openai.engine import OpenAIEngine
from summarizer.engines.openai.modes import Lesson, Mode
from summarizer.engines.openai.retries import RetryPolicy

__all__ = ["Lesson", "Mode", "OpenAIEngine", "RetryPolicy", "build"]
