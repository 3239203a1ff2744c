"""Faults at a rate, the same at each run."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence

from summarizer.testing.replies import FAULTS, Reply


class Faults:
    """Answers a share of the requests with a fault.

    Whether a request meets one, and which, hangs on `seed`, on the article it carries and
    on how often that article was sent before: never on the order in which requests arrive,
    so that a run with many at once is repeatable. `kinds` are names of
    `replies.FAULTS`, or functions that make a Reply.
    """

    def __init__(
        self,
        rate: float,
        *,
        seed: int = 0,
        kinds: Sequence[str | Callable[[], Reply]] = ("429", "500", "502", "503", "reset"),
    ) -> None:
        if not 0 <= rate <= 1:
            raise ValueError("a rate of faults is between 0 and 1")
        self._rate = rate
        self._seed = seed
        self._kinds = [FAULTS[kind] if isinstance(kind, str) else kind for kind in kinds]
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def choose(self, article: str) -> Reply | None:
        """The fault that this request meets, or None."""
        digest = hashlib.sha256(article.encode("utf-8", "surrogatepass")).hexdigest()
        with self._lock:
            self._seen[digest] += 1
            turn = self._seen[digest]
        chance = random.Random(f"{self._seed}/{digest}/{turn}")  # noqa: S311 - it is to repeat
        if chance.random() >= self._rate:
            return None
        return chance.choice(self._kinds)()
