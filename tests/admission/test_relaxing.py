"""What must never happen at the gate: a relaxed rule that turns yes into no, or a better value that does worse."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.admission.gate import decide
from ecopark.admission.load import find_policy
from ecopark.admission.project import read_project
from tests.admission.samples import FIGURES, ON, project

DAY = date.fromisoformat(ON)
ORDER = {"refuse": 0, "undetermined": 1, "conditional": 2, "admit": 3}
POLICY = find_policy("invented-park")
NUMBERS = replace(POLICY, rules=tuple(r for r in POLICY.rules if r.kind in ("threshold", "quota", "scorecard")))
QUOTAS = {("energy", 2026): Fraction(700), ("cod", 2026): Fraction(3), ("nox", 2026): Fraction(1)}
BETTER = {
    "tax_paid_10k_cny": 1,
    "fixed_investment": 1,
    "energy_total_tce": -1,
    "industrial_fresh_water_m3": -1,
    "co2_emissions_t": -1,
    "emission_cod_t": -1,
    "emission_nox_t": -1,
    "rd_expenditure": 1,
    "floor_area_m2": 1,
}
"""Figures of which more (1) or less (-1) is better under every rule; land and value added stand in both."""


def relaxed(rule, share):
    """The rule asking for less: its limits moved by a share to the easier side, or fewer points."""
    if rule.kind == "scorecard":
        condition = None if rule.spec.condition is None else rule.spec.condition * (1 - share)
        return replace(rule, spec=replace(rule.spec, enough=rule.spec.enough * (1 - share), condition=condition))
    if rule.kind == "quota":
        ratios = tuple(replace(x, value=x.value * (1 - share / 2)) for x in rule.spec.ratios)
        return replace(rule, spec=replace(rule.spec, ratios=ratios))
    limits = tuple(
        replace(x, value=x.value * (1 - share if x.op in (">=", ">") else 1 + share)) for x in rule.spec.limits
    )
    return replace(rule, spec=replace(rule.spec, limits=limits))


def changes(draw):
    names = draw(st.lists(st.sampled_from(list(FIGURES)), unique=True, max_size=6))
    return {q: Fraction(FIGURES[q][0]) * draw(st.sampled_from([1, 2, 3, 5, 7])) / 4 for q in names}


def shown(moved):
    return read_project(project({q: str(float(v)) for q, v in moved.items()}))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_relaxing_a_rule_never_turns_yes_into_no(data):
    described = shown(changes(data.draw))
    which = data.draw(st.sampled_from(NUMBERS.rules))
    share = data.draw(st.sampled_from([Fraction(1, 20), Fraction(1, 4), Fraction(3, 4)]))
    easier = replace(NUMBERS, rules=tuple(relaxed(r, share) if r is which else r for r in NUMBERS.rules))
    before = decide(described, NUMBERS, DAY, quotas=QUOTAS).verdict
    assert ORDER[decide(described, easier, DAY, quotas=QUOTAS).verdict] >= ORDER[before]
    fewer = replace(NUMBERS, rules=tuple(r for r in NUMBERS.rules if r is not which))
    assert ORDER[decide(described, fewer, DAY, quotas=QUOTAS).verdict] >= ORDER[before]
    more = {key: left * (1 + share) for key, left in QUOTAS.items()}
    assert ORDER[decide(described, NUMBERS, DAY, quotas=more).verdict] >= ORDER[before]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_better_figure_never_does_worse(data):
    moved = changes(data.draw)
    name, way = data.draw(st.sampled_from(list(BETTER.items())))
    by = data.draw(st.sampled_from([Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)]))
    start = moved.get(name, Fraction(FIGURES[name][0]))
    better = moved | {name: start * (1 + way * by)}
    before, after = (decide(shown(m), NUMBERS, DAY, quotas=QUOTAS).verdict for m in (moved, better))
    assert ORDER[after] >= ORDER[before]
