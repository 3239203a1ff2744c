"""Facts about what is told of a batch's pace, cost and end."""

from __future__ import annotations

import pytest

from summarizer.batch import Kind, Meter, Outcome


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


WRITTEN: tuple[Kind, float] = ("written", 0.01)
KNOWN: tuple[Kind, float] = ("known", 0.0)


def filled(clock: Clock, *outcomes: tuple[Kind, float | None], every: float) -> Meter:
    meter = Meter(clock, priced=True)
    for kind, cost in outcomes:
        clock.now += every
        meter.add(Outcome("a.txt", kind, None, cost))
    return meter


def test_a_line_tells_how_far_how_fast_what_it_costs_and_how_long_it_takes() -> None:
    meter = filled(Clock(), *[WRITTEN] * 8, ("failed", 0.0), ("skipped", 0.0), every=2)
    assert meter.line(40, counted=True) == "10/40 · 0.5/s · 2 failed · $0.0800 · 60 s left"


def test_without_the_number_of_all_sources_no_time_is_told() -> None:
    meter = filled(Clock(), ("written", 0.5), ("known", 0.0), every=1)
    assert meter.line(1_000, counted=False) == "2/1,000+ · 1.0/s · $0.5000"


def test_the_rate_is_that_of_the_last_minute() -> None:
    clock = Clock()
    meter = filled(clock, *[KNOWN] * 1000, every=0.01)
    for _ in range(100):
        clock.now += 2
        meter.add(Outcome("a.txt", "written"))
    assert " · 0.5/s · " in meter.line(1100, counted=True)


def test_one_slow_answer_after_the_other_has_a_rate_too() -> None:
    meter = filled(Clock(), *[WRITTEN] * 5, every=500)
    assert meter.line(9, counted=True).endswith(" · 33 min left")


def test_before_a_second_is_over_there_is_no_rate() -> None:
    assert Meter(Clock(), priced=False).line(3, counted=True) == "0/3"


@pytest.mark.parametrize(
    ("seconds", "told"), [(99, "99 s"), (120, "2 min"), (7200, "2 h 00 min"), (9000, "2 h 30 min")]
)
def test_a_time_is_told_as_long_as_it_is(seconds: int, told: str) -> None:
    meter = filled(Clock(), ("written", 0.0), every=1)
    assert meter.line(seconds + 1, counted=True).endswith(f" · {told} left")


def test_a_cost_that_is_not_known_is_not_told_as_if_it_were() -> None:
    assert filled(Clock(), ("written", None), every=1).cost == "cost unknown"
    mixed = filled(Clock(), ("written", None), ("written", 0.25), every=1)
    assert mixed.cost == "at least $0.2500"
    assert Meter(Clock(), priced=False).cost is None


def test_a_minute_is_told_of_once() -> None:
    clock = Clock()
    meter = Meter(clock, priced=False)
    told = []
    for _ in range(13):
        clock.now += 10
        told.append(meter.minute())
    assert told == [*[False] * 5, True, *[False] * 5, True, False]


def test_the_result_counts_every_kind_and_what_is_undone_is_no_part_of_it() -> None:
    kinds: list[Kind] = ["written", "written", "known", "failed", "skipped", "undone"]
    meter = filled(Clock(), *[(kind, 0.0) for kind in kinds], every=1)
    assert meter.result() == (
        "5 sources: 2 written, 1 there already, 1 failed, 1 failed before and not asked again, "
        "$0.0000"
    )
    assert (meter.seen, meter.done, meter.failed) == (5, 3, 2)
    assert Meter(Clock(), priced=False).result() == "0 sources: nothing to do"
