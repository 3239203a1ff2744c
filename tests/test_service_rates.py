"""What a key may ask for: requests in any minute, and dollars in a day."""

from __future__ import annotations

import pytest

from summarizer.service.auth import ANYONE, Key
from summarizer.service.problems import LIMITED, Problem
from summarizer.service.rates import Rates

DAY = 86_400.0


class Clock:
    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_key_may_ask_so_often_in_any_minute() -> None:
    clock = Clock()
    rates = Rates(requests_per_minute=2, clock=clock)
    rates.admit(ANYONE)
    clock.now = 40
    rates.admit(ANYONE)
    clock.now = 50
    with pytest.raises(Problem) as raised:
        rates.admit(ANYONE)
    assert (raised.value.kind, raised.value.retry_after) == (LIMITED, 10)
    clock.now = 60
    rates.admit(ANYONE)
    with pytest.raises(Problem):
        rates.admit(ANYONE)


def test_what_is_refused_is_not_counted() -> None:
    clock = Clock()
    rates = Rates(requests_per_minute=1, clock=clock)
    rates.admit(ANYONE)
    for second in range(59):
        clock.now = float(second)
        with pytest.raises(Problem):
            rates.admit(ANYONE)
    clock.now = 60
    rates.admit(ANYONE)


def test_a_keys_own_limit_goes_before_the_general_one_and_keys_do_not_share() -> None:
    rates = Rates(requests_per_minute=1, clock=Clock())
    rich, poor = Key("rich", b"1", requests_per_minute=3), Key("poor", b"2")
    for _ in range(3):
        rates.admit(rich)
    rates.admit(poor)
    for key in (rich, poor):
        with pytest.raises(Problem, match=f"The key {key.name} may ask"):
            rates.admit(key)


def test_without_limits_everything_is_admitted() -> None:
    rates = Rates(clock=Clock())
    for _ in range(1_000):
        rates.admit(ANYONE)


def test_a_key_that_has_cost_its_limit_waits_for_the_next_day() -> None:
    clock = Clock(10 * DAY + 100)
    rates = Rates(cost_per_day=1.0, wall_clock=clock)
    rates.spend(ANYONE, 0.6)
    rates.admit(ANYONE)
    rates.spend(ANYONE, 0.6)
    with pytest.raises(Problem, match="1 US dollars") as raised:
        rates.admit(ANYONE)
    assert raised.value.retry_after == DAY - 100
    clock.now = 11 * DAY
    rates.admit(ANYONE)
    assert rates.spent(ANYONE) == 0


def test_a_cost_that_is_not_known_counts_as_nothing() -> None:
    rates = Rates(cost_per_day=1.0)
    rates.spend(ANYONE, None)
    rates.admit(ANYONE)


def test_a_limit_of_nothing_admits_nothing() -> None:
    with pytest.raises(Problem):
        Rates().admit(Key("a", b"", cost_per_day=0.0))
