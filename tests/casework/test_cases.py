"""A case from any sequence of events: what is allowed holds together, what is not is refused with its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopark.casework import cases, clock
from ecopark.casework.cases import Case, CaseEvent, CaseStepError, after, case_of
from ecopark.casework.rules import shipped_rules

START = datetime(2024, 3, 1, 8, tzinfo=UTC)
RULES = shipped_rules()


def event(kind: str, hours: float = 0, by: str = "office", **more: object) -> CaseEvent:
    at = START + timedelta(hours=hours)
    if kind == "assigned":
        more = {"to": "firm:F1", "due": at + timedelta(hours=72)} | more
    if kind == "rectified":
        more = {"evidence": 1} | more
    if kind in cases.REASONED:
        more = {"note": "理由"} | more
    return CaseEvent(kind, at, by, **more)  # type: ignore[arg-type]


def story(*kinds: str) -> list[CaseEvent]:
    return [event(k, 10 * i, "firm" if k == "rectified" else "office") for i, k in enumerate(kinds)]


def test_the_whole_way_ends_closed() -> None:
    case = case_of(story("found", "suggested", "assigned", "rectified", "returned", "rectified", "verified", "closed"))
    assert (case.status, case.returned, case.reopened) == ("closed", 1, 0)
    assert case.ended == START + timedelta(hours=70)
    again = after(case, event("reopened", 80))
    assert (again.status, again.reopened, again.ended, again.to, again.rectifier) == ("found", 1, None, "", "")


events = st.builds(
    CaseEvent,
    kind=st.sampled_from([*cases.STEP_TEXT, "vanished"]),
    at=st.integers(0, 40).map(lambda h: START + timedelta(hours=h)),
    by=st.sampled_from(["a", "b"]),
    note=st.sampled_from(["", " ", "why"]),
    to=st.sampled_from(["", "firm:F1"]),
    due=st.none() | st.integers(0, 100).map(lambda h: START + timedelta(hours=h)),
    evidence=st.integers(0, 2),
)


@given(st.lists(events, max_size=40), st.booleans())
def test_any_sequence_of_events_is_consistent_or_refused(given_events: list[CaseEvent], ordered: bool) -> None:
    if ordered:
        given_events = sorted(given_events, key=lambda e: e.at)
    case, taken = Case(), []
    for one in given_events:
        why = cases.refusal(case, one)
        if why is None:
            assert one.kind in cases.NEXT[case.status]
            assert one.kind in cases.possible(case, one.by)
            case = after(case, one)
            taken.append(one)
        else:
            assert why.zh and why.en
            with pytest.raises(CaseStepError) as caught:
                after(case, one)
            assert caught.value.text == why
            assert caught.value.message("zh") == why.zh
    assert case_of(taken) == case
    assert case.status == "" or case.status in cases.STATUS_TEXT
    assert (case.status == "") == (not taken)
    assert case.open == bool(taken and case.status not in cases.ENDED)
    assert (case.ended is not None) == (case.status in cases.ENDED)
    assert case.reopened == sum(e.kind == "reopened" for e in taken)
    assert all(a.at <= b.at for a, b in pairwise(taken))
    for i, e in enumerate(taken):
        if e.kind in cases.BY_ANOTHER:
            last = [x for x in taken[:i] if x.kind == "rectified"][-1]
            assert last.by != e.by
        if e.kind == "rectified":
            assert e.evidence
    if case.status in ("assigned", "rectified", "verified"):
        assert case.to and case.due
    found = clock.clock(case, "ordinary", RULES, START + timedelta(days=30))
    assert (found.due is not None) == case.open


@pytest.mark.parametrize(
    ("before", "wrong", "words"),
    [
        (("found",), event("rectified", 10), "cannot be rectified"),
        (("found", "assigned"), event("verified", 20), "cannot be verified"),
        (("found", "assigned", "rectified"), event("verified", 30, "firm"), "other than who rectified"),
        (("found", "assigned", "rectified", "verified"), event("closed", 40, "firm"), "other than who rectified"),
        (("found", "assigned", "rectified"), event("returned", 30, note=" "), "without words"),
        (("found", "assigned"), event("rectified", 20, evidence=0), "photograph or document"),
        (("found",), event("assigned", 10, to=""), "who is to put it right"),
        (("found",), event("assigned", 10, due=START), "must lie ahead"),
        (("found", "assigned"), event("extended", 20, due=START + timedelta(hours=60)), "later than the time"),
        (("found", "assigned"), event("rectified", 5), "earlier than the last step"),
        ((), event("assigned"), "not registered"),
    ],
)
def test_a_step_out_of_turn_says_why(before: tuple[str, ...], wrong: CaseEvent, words: str) -> None:
    with pytest.raises(CaseStepError, match=words):
        after(case_of(story(*before)), wrong)


def test_each_step_has_its_own_clock() -> None:
    found = case_of(story("found"))
    assert clock.due_of(found, "urgent", RULES) == START + timedelta(hours=2)
    assigned = case_of(story("found", "assigned"))
    assert clock.due_of(assigned, "urgent", RULES) == START + timedelta(hours=82)
    rectified = case_of(story("found", "assigned", "rectified"))
    assert clock.due_of(rectified, "difficult", RULES) == START + timedelta(hours=140)
    back = case_of(story("found", "assigned", "rectified", "returned"))
    assert clock.due_of(back, "difficult", RULES) == START + timedelta(hours=30 + 168)
    assert clock.due_of(back, "on_the_spot", RULES) == START + timedelta(hours=82)


def test_a_late_step_climbs_one_level_at_a_time() -> None:
    case = case_of([event("found")])
    states = [clock.clock(case, "ordinary", RULES, START + timedelta(hours=h)) for h in (1, 18, 24, 25, 48, 72)]
    assert [s.state for s in states] == ["running", "soon", "soon", "late", "late", "late"]
    assert [None if s.level is None else s.level.after for s in states] == [None, None, None, 0, 1, 2]
    assert states[-1].late_by == timedelta(hours=48)


def test_an_extension_moves_the_end_and_nothing_else() -> None:
    case = case_of(story("found", "assigned"))
    longer = after(case, event("extended", 20, due=START + timedelta(hours=200)))
    assert (longer.status, longer.since, longer.to) == (case.status, case.since, case.to)
    assert clock.due_of(longer, "ordinary", RULES) == START + timedelta(hours=200)
    assert clock.extend_to(RULES, "ordinary", START) == START + timedelta(days=15)
