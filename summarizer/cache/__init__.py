"""The answer cache: complete records of articles, by everything that shaped them.

    cache = AnswerCache.of(settings)
    key = key_of(article, engine=..., fingerprint=..., prompt=...)
    if (kept := await cache.aget(key)) is not None:
        summary = recalled(kept, facts, elapsed_seconds)
    ...
    await cache.aput(key, summary)

It holds records, never an article's text, a prompt or a key, and no partial record. It fails
no caller: a file that is damaged, foreign, locked, full or nowhere to be made costs one
warning, and the model is asked. Processes share one file; see `store`.
"""

from summarizer.cache.answers import AnswerCache, CacheError, CacheInfo
from summarizer.cache.keys import key_of, recalled

__all__ = ["AnswerCache", "CacheError", "CacheInfo", "key_of", "recalled"]
