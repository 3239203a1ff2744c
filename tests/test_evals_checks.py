"""Label-free checks, counted on one small answer."""

from __future__ import annotations

from evals.checks import Checks, check, percentile
from summarizer.schema import Attempt, Reaction, Span
from tests.evals_builders import TEXT, summary


def test_by_hand() -> None:
    checks = check(summary(), TEXT)
    assert checks == Checks(
        answers=1, items=9, grounded=9, quotes=1, quotations=1, cost_usd=0.0
    )  # fmt: skip


def test_a_span_that_is_not_there_is_not_grounded() -> None:
    assert check(summary(), TEXT.replace("three years", "seven years")).grounded == 8


def test_a_quote_outside_quotation_marks_is_told() -> None:
    one = summary()
    reaction = one.reactions[1]
    assert isinstance(reaction, Reaction)
    start = TEXT.index("praised the view")
    quote = Span(start=start, end=start + 16, text="praised the view")
    marked = one.model_copy(
        update={"reactions": (one.reactions[0], reaction.model_copy(update={"quote": quote}))}
    )
    checks = check(marked, TEXT)
    assert (checks.quotes, checks.unmarked_quotes) == (2, 1)


def test_a_quotation_that_no_item_cites_is_told() -> None:
    silent = summary().model_copy(update={"reactions": ()})
    checks = check(silent, TEXT)
    assert (checks.quotations, checks.uncited) == (1, 1)


def test_attempts_are_counted_and_unreported_tokens_stay_unknown() -> None:
    attempts = (
        Attempt(purpose="draft", mode="x", outcome="ok", seconds=1, input_tokens=5),
        Attempt(purpose="reask", mode="x", outcome="ok", seconds=1, input_tokens=7),
        Attempt(purpose="repair", mode="x", outcome="ok", seconds=1),
    )
    one = summary()
    provenance = one.provenance.model_copy(update={"attempts": attempts, "cost_usd": None})
    checks = check(one.model_copy(update={"provenance": provenance}), TEXT)
    assert (checks.reasks, checks.repairs) == (1, 1)
    assert (checks.input_tokens, checks.output_tokens, checks.cost_usd) == (12, None, None)


def test_checks_add_up() -> None:
    both = Checks(answers=1, items=2, input_tokens=3) + Checks(answers=1, items=4, cost_usd=0.5)
    assert both == Checks(answers=2, items=6, input_tokens=3, cost_usd=0.5)


def test_percentiles_are_values_that_were_seen() -> None:
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.95) == 4.0
    assert percentile([7.0], 0.5) == 7.0
    assert percentile([], 0.5) is None
