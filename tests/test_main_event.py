"""What the parts of a long article give for its main event."""

from __future__ import annotations

import json

from summarizer.grounding import ground
from summarizer.pipeline import main_event
from tests.grounded import INDEX, LEAD, RIBBON, check, draft

ONE = [check("what")]
AGAIN = [check("what")]
OTHER = [check("what", evidence=[RIBBON], statement="Mayor Aldo Ferrin cut the ribbon.")]
FAILED = [check("what", evidence=["the bridge fell into the sea"])]
NONE = ground(draft(), INDEX)


def test_candidates_are_the_verified_ones_once_each_and_in_order() -> None:
    found = main_event.candidates([(1, NONE), (2, ONE), (3, AGAIN), (4, FAILED), (5, OTHER)])
    assert [candidate.part for candidate in found] == [2, 5]
    assert [candidate.entry for candidate in found] == [ONE[0], OTHER[0]]


def test_a_candidate_is_one_line_with_its_part_and_the_articles_own_passages() -> None:
    (found,) = main_event.candidates([(7, ONE)])
    line = found.text()
    assert "\n" not in line
    assert json.loads(line) == {
        "part": 7,
        "evidence": [LEAD],
        "statement": "The Heron Bridge in Marlow reopened on Friday.",
    }


def test_as_many_candidates_are_told_as_there_is_room_for() -> None:
    found = main_event.candidates([(1, ONE), (2, OTHER)])
    first, second = (candidate.text() for candidate in found)
    whole = f"{first}\n{second}"
    assert main_event.candidates_text(found, len(whole.encode()) + 1) == whole
    assert main_event.candidates_text(found, len(whole.encode())) == first
    assert main_event.candidates_text(found, 10) == "(none)"
    assert main_event.candidates_text([], 1_000) == "(none)"


def test_the_first_failure_is_what_a_record_without_main_event_tells() -> None:
    assert main_event.failed([NONE, FAILED, FAILED]) == FAILED
    assert main_event.failed([NONE]) == []
