"""How results of clauses become a verdict: what is missing never passes, and never fails what might still hold."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopark.packs.model import OptionSet, Rule
from ecopark.standards.result import STATUSES
from ecopark.standards.verdict import VERDICT_RULES, decide
from tests.standards.results import clause, pack, result

ALL_MET = Rule("all_met", (("kinds", ("mandatory",)),))
SETS = Rule("option_sets")


def verdict_of(*statuses: str) -> str:
    clauses = [clause(str(n)) for n in range(len(statuses))]
    return decide(pack(clauses, (ALL_MET,)), [result(c, s) for c, s in zip(clauses, statuses)])[0]


def options_of(need: int, *statuses: str, counts: tuple[bool, ...] | None = None) -> str:
    clauses = [clause(str(n), "optional", option_set="O") for n in range(len(statuses))]
    option = OptionSet("O", tuple(c.id for c in clauses), need)
    rows = [result(c, s, counts=k) for c, s, k in zip(clauses, statuses, counts or (True,) * len(statuses))]
    return decide(pack(clauses, (SETS,), sets=(option,)), rows)[0]


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        (("met", "met"), "pass"),
        (("met", "not_met"), "fail"),
        (("met", "partly_met"), "fail"),
        (("met", "undetermined"), "undetermined"),
        (("not_met", "undetermined"), "fail"),
        (("met", "not_applicable", "not_due"), "pass"),
        (("met", "reported"), "undetermined"),
    ],
)
def test_all_clauses_of_a_kind_must_be_met(statuses: tuple[str, ...], verdict: str) -> None:
    assert verdict_of(*statuses) == verdict


@pytest.mark.parametrize(
    ("need", "statuses", "verdict"),
    [
        (1, ("met", "not_met"), "pass"),
        (1, ("not_met", "not_met"), "fail"),
        (1, ("undetermined", "not_met"), "undetermined"),
        (1, ("undetermined", "met"), "pass"),
        (2, ("met", "undetermined", "not_met"), "undetermined"),
        (2, ("met", "not_met", "not_met"), "fail"),
    ],
)
def test_enough_of_an_option_set_must_be_met(need: int, statuses: tuple[str, ...], verdict: str) -> None:
    assert options_of(need, *statuses) == verdict


def test_a_clause_that_may_not_be_chosen_does_not_count() -> None:
    assert options_of(1, "met", "not_met", counts=(False, True)) == "fail"


def test_a_pack_without_rules_passes_no_judgement() -> None:
    assert decide(pack([clause("1")]), [result(clause("1"))]) == ("none", ())


def test_one_rule_that_cannot_hold_fails_whatever_the_others_say() -> None:
    must, may = clause("1"), clause("2", "optional", option_set="O")
    made = pack([must, may], (ALL_MET, SETS), sets=(OptionSet("O", (may.id,), 1),))
    assert decide(made, [result(must, "undetermined"), result(may, "not_met")])[0] == "fail"


def test_reasons_name_the_clauses_in_both_languages() -> None:
    made = [clause("7"), clause("9")]
    (reason,) = decide(pack(made, (ALL_MET,)), [result(made[0], "not_met"), result(made[1], "undetermined")])[1]
    assert reason.en == "mandatory indicators: 0 of 2 met, not met: 7, undetermined: 9"
    assert "未达标：7" in reason.zh
    assert "待定：9" in reason.zh


@given(st.lists(st.sampled_from(["met", "not_met", "undetermined"]), min_size=1, max_size=5))
def test_the_verdict_is_what_every_way_of_settling_agrees_on(statuses: list[str]) -> None:
    ways = product(*[("met", "not_met") if s == "undetermined" else (s,) for s in statuses])
    outcomes = {verdict_of(*way) for way in ways}
    assert verdict_of(*statuses) == (outcomes.pop() if len(outcomes) == 1 else "undetermined")


@given(st.lists(st.sampled_from(["met", "not_met", "undetermined"]), min_size=1, max_size=5), st.integers(1, 3))
def test_so_is_that_of_an_option_set(statuses: list[str], need: int) -> None:
    ways = product(*[("met", "not_met") if s == "undetermined" else (s,) for s in statuses])
    outcomes = {options_of(need, *way) for way in ways}
    assert options_of(need, *statuses) == (outcomes.pop() if len(outcomes) == 1 else "undetermined")


def test_every_rule_is_documented_and_every_status_known() -> None:
    assert all(rule.__doc__ for rule in VERDICT_RULES.values())
    assert {"met", "not_met", "undetermined"} <= set(STATUSES)
