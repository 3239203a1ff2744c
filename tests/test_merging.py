"""Items of several windows: one of each, nothing lost, in the order of the article."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.grounding import Checked, EvidenceIndex, Item, claim_of, ground
from summarizer.pipeline.merging import Claims, merge
from summarizer.schema import FIELD_NAMES, Reaction, Span, When, Where, Who

TEXT = """Heron Bridge reopens

The Heron Bridge in Marlow reopened to traffic on Friday, said Mayor Aldo Ferrin of Marlow.

“It is a lifeline for the old town,” said Lena Ost. “We counted every day.”

Ferrin cut the ribbon on Friday. Anna Ost watched from Paris. The bridge was closed on 2 March 2029.

The bridge was built in 1907 by the Tarn Works. Ost and Ferrin left early, and Paris slept.
"""
LEAD = "The Heron Bridge in Marlow reopened to traffic on Friday"
SPEECH = "“It is a lifeline for the old town,” said Lena Ost."
MORE = "“We counted every day.”"
RIBBON = "Ferrin cut the ribbon on Friday."
CLOSED = "The bridge was closed on 2 March 2029."
BUILT = "The bridge was built in 1907"
LEFT = "Ost and Ferrin left early"
INDEX = EvidenceIndex(Article.from_text(TEXT))


def part(**fields: Any) -> list[Checked]:
    """What grounding makes of a part's items."""
    empty: dict[str, Any] = {name: None if name == "what" else [] for name in FIELD_NAMES}
    return ground(Draft.model_validate(empty | fields), INDEX)


def who(name: str, *evidence: str, role: str | None = None, kind: str = "person") -> dict[str, Any]:
    return {"evidence": list(evidence), "name": name, "kind": kind, "role": role}


def where(name: str, evidence: str, country: str | None) -> dict[str, Any]:
    return {"evidence": [evidence], "name": name, "country": country}


def when(evidence: str, text: str, event: str, date: str | None = None) -> dict[str, Any]:
    return {"evidence": [evidence], "text": text, "date": date, "event": event}


def reaction(speaker: str, evidence: str, statement: str, quote: str | None) -> dict[str, Any]:
    return {
        "evidence": [evidence],
        "speaker": speaker,
        "quote": quote,
        "statement": statement,
        "stance": "supportive",
    }


def background(evidence: str, statement: str, date: str | None = None) -> dict[str, Any]:
    return {"evidence": [evidence], "statement": statement, "date": date}


def items(parts: Sequence[Sequence[Checked]]) -> list[Any]:
    return [entry.item for entry in merge(parts) if entry.item is not None]


def names(parts: Sequence[Sequence[Checked]]) -> list[str]:
    return [item.name for item in items(parts)]


def test_someone_named_in_two_parts_is_one_with_the_passages_of_both() -> None:
    one = part(who=[who("Aldo Ferrin", LEAD)])
    two = part(who=[who("Aldo Ferrin", RIBBON, role="Mayor")])
    (found,) = items([one, two])
    assert isinstance(found, Who)
    assert found.role == "Mayor"
    assert [span.text for span in found.evidence] == [LEAD, RIBBON]


def test_a_person_is_found_again_by_the_end_of_the_name() -> None:
    one = part(who=[who("Aldo Ferrin", LEAD)])
    two = part(who=[who("Ferrin", RIBBON)])
    assert names([one, two]) == names([two, one]) == ["Aldo Ferrin"]


def test_a_short_name_that_two_persons_have_stays_its_own() -> None:
    parts = [
        part(who=[who("Lena Ost", SPEECH)]),
        part(who=[who("Anna Ost", "Anna Ost watched from Paris.")]),
        part(who=[who("Ost", LEFT)]),
    ]
    for ordered in itertools.permutations(parts):
        assert names(ordered) == ["Lena Ost", "Anna Ost", "Ost"]


def test_two_names_that_one_part_tells_apart_are_two() -> None:
    one = part(who=[who("Aldo Ferrin", LEAD), who("Ferrin", RIBBON)])
    two = part(who=[who("Ferrin", LEFT)])
    assert names([one, two]) == ["Aldo Ferrin", "Ferrin"]


def test_the_end_of_an_organizations_name_is_another_name() -> None:
    one = part(who=[who("Tarn Works", "built in 1907 by the Tarn Works", kind="organization")])
    two = part(who=[who("Works", "built in 1907 by the Tarn Works", kind="organization")])
    assert sorted(names([one, two])) == ["Tarn Works", "Works"]


def test_a_place_is_one_by_name_and_country() -> None:
    here = part(where=[where("Paris", "Anna Ost watched from Paris.", "FR")])
    there = part(where=[where("Paris", "left early, and Paris slept", "US")])
    unsaid = part(where=[where("Paris", "left early, and Paris slept", None)])
    assert [(i.name, i.country) for i in items([here, there])] == [("Paris", "FR"), ("Paris", "US")]
    assert [(i.name, i.country) for i in items([unsaid, here])] == [("Paris", "FR")]
    assert [i.country for i in items([here, there, unsaid])] == ["FR", "US", None]


def test_a_time_is_one_by_its_words_or_date_and_its_place() -> None:
    one = part(when=[when(LEAD, "Friday", "the reopening")])
    same = part(when=[when(LEAD, "on Friday", "the bridge reopens")])
    again = part(when=[when(LEAD, "Friday", "the bridge reopens")])
    other = part(when=[when(RIBBON, "Friday", "the ribbon is cut")])
    assert len(items([one, again])) == 1
    assert len(items([one, same])) == 2  # neither the words nor a date are the same
    assert len(items([one, other])) == 2
    dated = part(when=[when(CLOSED, "2 March 2029", "the closure", "2029-03-02")])
    undated = part(when=[when(CLOSED, "2 March 2029", "the closure of the bridge")])
    (found,) = items([undated, dated])
    assert isinstance(found, When)
    assert found.date == "2029-03-02"


def test_a_time_of_one_event_that_two_parts_tell_of_is_one() -> None:
    one = part(when=[when(LEAD, "Friday", "the reopening")])
    two = part(when=[when(RIBBON, "Friday", "The reopening")])
    assert len(items([one, two])) == 1


def test_a_reaction_is_one_by_its_quotation() -> None:
    quote = "It is a lifeline for the old town"
    one = part(reactions=[reaction("Lena Ost", SPEECH, "She calls it a lifeline.", quote)])
    two = part(reactions=[reaction("Ost", SPEECH, "Ost is glad.", "a lifeline for the old town")])
    (found,) = items([one, two])
    assert isinstance(found, Reaction)
    assert found.quote is not None


def test_two_quotations_of_one_speaker_are_two_reactions() -> None:
    whole = f"{SPEECH} {MORE}"
    one = part(
        reactions=[reaction("Lena Ost", whole, "A lifeline.", "It is a lifeline for the old town")]
    )
    two = part(reactions=[reaction("Lena Ost", whole, "They counted.", "We counted every day.")])
    assert len(items([one, two])) == 2


def test_a_reaction_without_a_quotation_is_one_by_speaker_and_place() -> None:
    quote = "It is a lifeline for the old town"
    one = part(reactions=[reaction("Lena Ost", SPEECH, "She calls it a lifeline.", None)])
    two = part(reactions=[reaction("Lena Ost", SPEECH, "It is a lifeline to her.", quote)])
    (found,) = items([one, two])
    assert found.quote is not None
    assert found.attribution == "verified"


def test_background_is_one_by_place_and_like_words() -> None:
    one = part(background=[background(CLOSED, "The bridge was closed on 2 March 2029.")])
    two = part(background=[background(CLOSED, "The bridge closed on 2 March 2029.", "2029-03-02")])
    far = part(background=[background(BUILT, "The bridge was built in 1907.")])
    assert [item.date for item in items([one, two])] == ["2029-03-02"]
    assert len(items([one, far])) == 2


def test_items_stand_in_the_order_of_the_article() -> None:
    late = part(who=[who("Lena Ost", SPEECH)], background=[background(CLOSED, "It was closed.")])
    early = part(who=[who("Aldo Ferrin", LEAD)], background=[background(LEAD, "It reopened.")])
    found = items([late, early])
    assert [item.evidence[0].start for item in found] == sorted(
        item.evidence[0].start for item in found[:2]
    ) + sorted(item.evidence[0].start for item in found[2:])
    assert [item.name for item in found[:2]] == ["Aldo Ferrin", "Lena Ost"]


def test_what_one_part_failed_with_and_another_verified_is_not_rejected() -> None:
    wrong = part(who=[who("Aldo Ferrin", "Aldo Ferrin opened the bridge himself")])
    right = part(who=[who("Aldo Ferrin", LEAD)])
    assert wrong[0].rejection is not None
    assert [entry.rejection for entry in merge([wrong, right])] == [None]
    assert wrong[0] in Claims(right)
    assert wrong[0] not in Claims(wrong)


def test_what_two_parts_failed_with_is_rejected_once() -> None:
    wrong = part(where=[where("Oslo", "crews in Oslo joined", "NO")])
    assert [entry.rejection for entry in merge([wrong, wrong])] == [wrong[0].rejection]


def test_an_adjustment_stays_only_while_the_part_is_missing() -> None:
    bad = part(background=[background(CLOSED, "The bridge was closed.", "2029-03-09")])
    good = part(background=[background(CLOSED, "The bridge was closed.", "2029-03-02")])
    assert bad[0].adjustments
    assert merge([bad])[0].adjustments == bad[0].adjustments
    (found,) = merge([bad, good])
    assert found.adjustments == ()
    assert found.item is not None
    assert found.item.date == "2029-03-02"  # type: ignore[union-attr]


def test_passages_are_kept_up_to_a_number() -> None:
    text = "\n\n".join(f"On day {n} Ida Krogh of Halden spoke again." for n in range(60))
    index = EvidenceIndex(Article.from_text(text))
    drafts = [
        Draft.model_validate(
            {
                "what": None,
                "who": [who("Ida Krogh", f"On day {n} Ida Krogh of Halden spoke")],
                "where": [],
                "when": [],
                "reactions": [],
                "background": [],
            }
        )
        for n in range(60)
    ]
    (found,) = items([ground(draft, index) for draft in drafts])
    assert [text[s.start : s.end].split()[2] for s in found.evidence] == list("01234567")


#: Grounding is most of the time that an example takes.
few = settings(max_examples=40)
passages = st.sampled_from([LEAD, SPEECH, MORE, RIBBON, CLOSED, BUILT, LEFT, f"{SPEECH} {MORE}"])
people = st.sampled_from(["Aldo Ferrin", "Ferrin", "Lena Ost", "Anna Ost", "Ost", "Tarn Works"])
quotes = st.sampled_from([None, "It is a lifeline for the old town", "We counted every day."])
statements = st.sampled_from(
    [
        "The bridge was closed.",
        "The bridge was closed on 2 March 2029.",
        "It reopened.",
        "Invented X",
    ]
)
parts_of = st.fixed_dictionaries(
    {
        "who": st.lists(
            st.builds(who, people, passages, kind=st.sampled_from(["person", "organization"])),
            max_size=4,
        ),
        "where": st.lists(
            st.builds(
                where,
                st.sampled_from(["Paris", "Marlow"]),
                passages,
                st.sampled_from([None, "FR", "US"]),
            ),
            max_size=3,
        ),
        "when": st.lists(
            st.builds(
                when,
                passages,
                st.sampled_from(["Friday", "on Friday", "2 March 2029"]),
                st.sampled_from(["the closure", "the reopening"]),
                st.sampled_from([None, "2029-03-02"]),
            ),
            max_size=4,
        ),
        "reactions": st.lists(
            st.builds(reaction, people, passages, statements, quotes), max_size=4
        ),
        "background": st.lists(
            st.builds(background, passages, statements, st.sampled_from([None, "2029-03-02"])),
            max_size=4,
        ),
    }
)
many = st.lists(parts_of.map(lambda fields: part(**fields)), min_size=1, max_size=4)


def verified(entries: Sequence[Checked]) -> set[tuple[str, Item]]:
    return {(entry.field, entry.item) for entry in entries if entry.item is not None}


@few
@given(many)
def test_merging_again_changes_nothing(parts: list[list[Checked]]) -> None:
    once = merge(parts)
    assert merge([once]) == once
    assert merge([once, once]) == once


@few
@given(many, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_changes_no_item(parts: list[list[Checked]], random: Any) -> None:
    shuffled = [random.sample(one, len(one)) for one in random.sample(parts, len(parts))]
    assert verified(merge(shuffled)) == verified(merge(parts))


@few
@given(many)
def test_nothing_that_was_verified_is_lost_and_nothing_is_added(
    parts: list[list[Checked]],
) -> None:
    """Each verified item stands in an item of its field on the same place or by its name."""
    merged = [entry.item for entry in merge(parts) if entry.item is not None]
    given_items = [entry.item for one in parts for entry in one if entry.item is not None]
    for item in given_items:
        like = [other for other in merged if type(other) is type(item)]
        if isinstance(item, Who | Where):
            assert any(other.name.endswith(item.name) for other in like)  # type: ignore[union-attr]
        else:
            spans = {(s.start, s.end) for other in like for s in spans_of(other)}
            assert any(
                s.start < end and start < s.end for s in spans_of(item) for start, end in spans
            )
    assert len(merged) <= len(given_items)
    known = {(s.start, s.end, s.text) for item in given_items for s in spans_of(item)}
    assert {(s.start, s.end, s.text) for item in merged for s in spans_of(item)} <= known
    for one in parts:  # what one part told apart stays apart
        for name in FIELD_NAMES:
            own = [entry for entry in one if entry.field == name and entry.item is not None]
            assert len([e for e in merge(parts) if e.field == name and e.item]) >= len(own)


def spans_of(item: Item) -> list[Span]:
    return [*item.evidence, *([item.quote] if isinstance(item, Reaction) and item.quote else [])]


@few
@given(many)
def test_fields_are_in_order_and_items_in_that_of_the_article(parts: list[list[Checked]]) -> None:
    merged = merge(parts)
    order = [FIELD_NAMES.index(entry.field) for entry in merged]
    assert order == sorted(order)
    for name in FIELD_NAMES:
        starts = [
            min(s.start for s in e.item.evidence) for e in merged if e.field == name and e.item
        ]
        assert starts == sorted(starts)


@few
@given(many)
def test_a_rejected_claim_is_listed_at_most_once_for_a_reason(parts: list[list[Checked]]) -> None:
    rejected = [entry for entry in merge(parts) if entry.rejection is not None]
    claims = [
        (e.field, claim_of(e.draft).casefold(), e.rejection.reason) for e in rejected if e.rejection
    ]
    assert len(claims) == len(set(claims))
    good = Claims(entry for one in parts for entry in one if entry.item is not None)
    assert all(entry not in good for entry in rejected)
