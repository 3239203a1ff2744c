"""`python -m bench.paper`: what a million and a billion articles cost, on paper.

Tokens and bytes are counted on the labelled articles of the evals and of the test corpus, with
their gold records as answers. Prices are those of genai-prices. All else is an argument, whose
default is a measurement of another command or an assumption: the tables say which. `--write`
puts them into a page, between its two marks.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import genai_prices

from bench import editions
from bench.client import request_body
from summarizer import Summarizer
from summarizer.render import to_json
from summarizer.testing import ScriptedEngine

_OPENAI = "https://api.openai.com/v1"
_MODELS = ("gpt-6-luna", "gpt-5-mini", "gpt-5-nano")
_COUNTS = {"a million": 10**6, "a billion": 10**9}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_BATCH_LINES, _BATCH_BYTES = 50_000, 200_000_000
BEGIN, END = "<!-- from bench.paper -->", "<!-- to here -->"


@dataclass(frozen=True, slots=True)
class Article:
    """Means over the labelled articles. Tokens are characters divided by `Assumed.characters`."""

    articles: int
    characters: float
    system: float
    schema: float
    user: float
    answer: float
    request_bytes: float
    record_bytes: float
    packed_bytes: float

    @property
    def prompt(self) -> float:
        """Tokens of a whole request."""
        return self.system + self.schema + self.user


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is not counted here. Each is an option of the command."""

    #: Characters of a token. English prose has more, JSON fewer.
    characters: float = 4.0
    #: Articles that are asked about once more; that costs the first prompt and answer as input
    #: again, the question, and so much of the first answer as output.
    repairs: float = 0.25
    repair_question: float = 500.0
    repair_answer: float = 0.2
    #: Tokens that a model thinks before each answer, and that are paid as such.
    thinking: float = 0.0
    #: Seconds for an answer, and for a provider to be through with a batch.
    latency: float = 10.0
    turnaround: float = 86_400.0
    #: Processor seconds of the client for an article, and MiB of a process: `python -m bench`
    #: and `python -m bench.scale --engine openai` measure them.
    cpu: float = 0.0085
    memory: float = 100.0
    #: US dollars for a core, with its memory, for an hour.
    core_hour: float = 0.04


@dataclass(frozen=True, slots=True)
class Tier:
    """An account's limits, for one model: requests and tokens per minute, tokens queued."""

    name: str
    requests: float
    tokens: float
    queued: float


_TIERS = (
    Tier("small", 500, 200_000, 2_000_000),
    Tier("middle", 5_000, 4_000_000, 40_000_000),
    Tier("large", 30_000, 180_000_000, 15_000_000_000),
)


def counted(assumed: Assumed) -> Article:
    """Count tokens and bytes on the labelled articles."""
    listed = editions.cases()
    answers = editions.answers(listed)
    values: list[tuple[float, ...]] = []
    for edition in editions.editions(listed, 1):
        draft = answers[editions.original(edition.text)]
        body = request_body(edition)
        system, user = (len(turn["content"]) for turn in body["messages"])
        schema = len(json.dumps(body["response_format"]))
        line = {"custom_id": "0" * 64, "method": "POST", "url": "/v1/chat/completions"}
        request = json.dumps({**line, "body": body}, ensure_ascii=False).encode()
        with Summarizer(engine=ScriptedEngine(draft), cache=False) as summarizer:
            record = to_json(summarizer.summarize(edition.article), indent=None).encode()
        answer = len(draft.model_dump_json())
        tokens = (each / assumed.characters for each in (system, schema, user, answer))
        sizes = (len(request), len(record) + 1, len(zlib.compress(record)))
        values.append((len(edition.text), *tokens, *sizes))
    return Article(len(listed), *map(mean, zip(*values, strict=True)))


class Tokens(NamedTuple):
    """Tokens in and out."""

    sent: float
    written: float


def first(article: Article, assumed: Assumed) -> Tokens:
    """What an article's first question takes."""
    return Tokens(article.prompt, article.answer + assumed.thinking)


def again(article: Article, assumed: Assumed) -> Tokens:
    """What the second question takes for an article, which some of them have."""
    sent = article.prompt + article.answer + assumed.repair_question
    written = article.answer * assumed.repair_answer + assumed.thinking
    return Tokens(assumed.repairs * sent, assumed.repairs * written)


def whole(article: Article, assumed: Assumed) -> Tokens:
    """Both questions."""
    one, two = first(article, assumed), again(article, assumed)
    return Tokens(one.sent + two.sent, one.written + two.written)


def price(model: str, sent: float, written: float, cached: float = 0.0) -> float:
    """US dollars for so many tokens, of which `cached` were in the provider's prompt cache."""
    found = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=round(sent * 1000),
            cache_read_tokens=round(cached * 1000),
            output_tokens=round(written * 1000),
        ),
        model_ref=model,
        provider_api_url=_OPENAI,
    )
    return float(found.total_price) / 1000


def live_seconds(count: float, article: Article, assumed: Assumed, tier: Tier) -> float:
    """How long an account's limits make of so many articles, asked one by one."""
    requests = 1 + assumed.repairs
    each = sum(whole(article, assumed))
    return _MINUTE * count * max(requests / tier.requests, each / tier.tokens)


def batch_seconds(count: float, article: Article, assumed: Assumed, tier: Tier) -> float:
    """How long the provider's batches take, with as much in the queue as may be.

    Second questions are asked live meanwhile.
    """
    queues = math.ceil(count * article.prompt / tier.queued)
    return queues * assumed.turnaround


def tables(article: Article, assumed: Assumed) -> Iterator[str]:
    """The lines of the page."""
    sent, written = whole(article, assumed)
    yield from _table(
        ("for an article", "", "how it is known"),
        [
            ("text", f"{article.characters:,.0f} characters", _over(article)),
            ("prompt: rules", f"{_two(article.system)} tokens", "counted, the same each time"),
            ("prompt: schema", f"{_two(article.schema)} tokens", "counted, the same each time"),
            ("prompt: article", f"{_two(article.user)} tokens", "counted"),
            ("answer", f"{_two(article.answer)} tokens", "counted on the gold records"),
            (
                "asked once more",
                f"{assumed.repairs:.0%} of articles",
                f"assumed; {_two(assumed.repair_question)} tokens more, a part of the answer",
            ),
            ("thinking", f"{assumed.thinking:.0f} tokens", "assumed"),
            ("tokens in, tokens out", f"{_two(sent)}, {_two(written)}", "from these"),
            ("a line of a batch's input", f"{_two(article.request_bytes)} bytes", "counted"),
            ("a record as JSON", f"{_two(article.record_bytes)} bytes", "counted"),
            ("the same, packed", f"{_two(article.packed_bytes)} bytes", "counted, by zlib alone"),
            ("the client's processor", f"{assumed.cpu * 1000:.3g} ms", "measured, see below"),
            ("memory of a process", f"{assumed.memory:.0f} MiB", "measured, see below"),
            ("characters of a token", f"{assumed.characters:g}", "assumed"),
            ("an answer takes", f"{assumed.latency:g} s", "assumed"),
            ("a batch takes", f"{assumed.turnaround / _HOUR:g} h", "the most that is promised"),
            ("a core for an hour", f"${assumed.core_hour:g}", "assumed"),
        ],
    )
    yield ""
    yield from _money(article, assumed)
    yield ""
    yield from _time(article, assumed)
    yield ""
    yield from _machines(article, assumed)


def _money(article: Article, assumed: Assumed) -> Iterator[str]:
    one, two = first(article, assumed), again(article, assumed)
    # What is the same in each request may be cached; what some are asked again is not counted.
    same = article.system + article.schema
    rows = []
    for model in _MODELS:
        for way, cost in (
            ("live", price(model, *one) + price(model, *two)),
            ("live, rules and schema cached", price(model, *one, same) + price(model, *two)),
            ("provider batch", price(model, *one) / 2 + price(model, *two)),
        ):
            totals = [f"${_two(cost * count)}" for count in _COUNTS.values()]
            rows.append((model, way, f"${cost:.2g}", *totals))
    yield from _table(("model", "way", "an article", *_COUNTS), rows)


def _time(article: Article, assumed: Assumed) -> Iterator[str]:
    rows = []
    for tier in _TIERS:
        for count, number in _COUNTS.items():
            live = live_seconds(number, article, assumed, tier)
            rate = number / live
            rows.append(
                (
                    tier.name,
                    f"{tier.requests:,.0f}, {tier.tokens:,.0f}, {tier.queued:,.0f}",
                    count,
                    _duration(live),
                    f"{_two(rate)} a second",
                    _two(rate * (1 + assumed.repairs) * assumed.latency),
                    f"{rate * assumed.cpu:.2g}",
                    _duration(batch_seconds(number, article, assumed, tier)),
                )
            )
    head = ("account", "requests, tokens per minute, tokens queued", "articles", "live", "rate",
            "in flight", "cores busy", "provider batch, at most")  # fmt: skip
    yield from _table(head, rows)


def _machines(article: Article, assumed: Assumed) -> Iterator[str]:
    rows = []
    for count, number in _COUNTS.items():
        core_hours = number * assumed.cpu / _HOUR
        lines = min(_BATCH_LINES, int(_BATCH_BYTES / article.request_bytes))
        rows.append(
            (
                count,
                f"{_two(core_hours)} h",
                f"${_two(core_hours * assumed.core_hour)}",
                _bytes(number * article.record_bytes),
                _bytes(number * article.packed_bytes),
                _bytes(number * article.request_bytes),
                f"{math.ceil(number / lines):,} of {lines:,} articles",
            )
        )
    head = ("articles", "one core", "its cost", "records", "packed", "batch input", "batches")
    yield from _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |".replace("|  |", "| |")


def _over(article: Article) -> str:
    return f"counted, the mean of {article.articles} labelled articles"


def _two(value: float) -> str:
    """A number to two digits that count."""
    if value <= 0:
        return "0"
    places = 1 - math.floor(math.log10(value))
    return f"{round(value, places):,.{max(0, places)}f}"


def _duration(seconds: float) -> str:
    for unit, length in (("years", 365 * _DAY), ("days", _DAY), ("hours", _HOUR)):
        if seconds >= 2 * length:
            return f"{_two(seconds / length)} {unit}"
    return f"{_two(seconds / _MINUTE)} minutes"


def _bytes(value: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if value >= size:
            return f"{_two(value / size)} {unit}"
    return f"{value:.0f} bytes"


def put(page: str, lines: Sequence[str]) -> str:
    """The page with these lines between its marks. Raises ValueError without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for the tables")
    return f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or write them into a page."""
    parser = argparse.ArgumentParser(prog="python -m bench.paper", description=__doc__)
    for each in fields(Assumed):
        parser.add_argument(
            f"--{each.name.replace('_', '-')}", type=float, default=each.default, metavar="N"
        )
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = vars(parser.parse_args(arguments))
    page = options.pop("write")
    assumed = Assumed(**options)
    lines = list(tables(counted(assumed), assumed))
    if page is None:
        print("\n".join(lines))
    else:
        page.write_text(put(page.read_text("utf-8"), lines), "utf-8")


if __name__ == "__main__":
    main()
