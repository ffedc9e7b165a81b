"""The counter-offer: it passes, nothing smaller on a grid does, and the officer's wishes are kept."""

from __future__ import annotations

import time
from datetime import date
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.admission.counter_offer import counter_offer
from ecopark.admission.gate import decide
from ecopark.admission.load import find_policy, load_policy
from ecopark.admission.project import read_project
from ecopark.core.rounding import exact
from ecopark.errors import InputError
from ecopark.workflows.admit_project import admit
from tests.admission.samples import ON, README, project

DAY = date.fromisoformat(ON)


def figures(energy, added, tax, land):
    units = {
        "energy_total_tce": "tce",
        "industrial_value_added": "10k CNY",
        "tax_paid_10k_cny": "10k CNY",
        "land_area_mu": "mu",
    }
    values = dict(zip(units, (energy, added, tax, land), strict=True))
    return {"name": "x", "facts": [{"quantity": q, "value": str(v), "unit": units[q]} for q, v in values.items()]}


@settings(max_examples=25, deadline=None)
@given(energy=st.integers(100, 2000), added=st.integers(500, 3000), tax=st.integers(100, 3000), land=st.integers(5, 80))
def test_the_offer_passes_and_nothing_smaller_on_a_grid_does(energy, added, tax, land):
    policy = find_policy("anji")
    described = read_project(figures(energy, added, tax, land))
    decision = decide(described, policy, DAY)
    offer = counter_offer(decision, DAY)
    if decision.verdict != "refuse":
        assert offer is None
        return
    assert offer is not None and offer.proven
    period = described.period(DAY.year)
    changed = described.with_values({(c.quantity, ""): c.needed for c in offer.changes}, period)
    assert decide(changed, policy, DAY).verdict == "admit"
    # by hand: each rule moves one of its own figures; two rules share none
    weights = {"energy_total_tce": 1, "industrial_value_added": 2, "tax_paid_10k_cny": 1, "land_area_mu": 2}
    now = {"energy_total_tce": energy, "industrial_value_added": added, "tax_paid_10k_cny": tax, "land_area_mu": land}
    steps = [Fraction(n, 10) for n in range(11)]
    for share in product(steps, repeat=4):
        # a grid of changes below the offer's cost
        cost = offer.cost * Fraction(999, 1000)
        total = sum(share)
        if not total:
            continue
        moved = {}
        for (name, weight), part in zip(weights.items(), share, strict=True):
            sign = -1 if name in ("energy_total_tce", "land_area_mu") else 1
            moved[name] = now[name] * (1 + sign * cost * part / total / weight)
        if min(moved.values()) <= 0:
            continue
        held = moved["energy_total_tce"] <= exact("0.35") * moved["industrial_value_added"]
        held = held and moved["tax_paid_10k_cny"] >= exact("50.3") * moved["land_area_mu"]
        assert not held


def test_the_officers_weights_decide_what_moves():
    cheap = admit(figures(380, 1000, 5030, 100), "anji", on=ON).counter_offer
    dear = admit(figures(380, 1000, 5030, 100), "anji", on=ON, weights={"energy_total_tce": 9}).counter_offer
    assert [c.quantity for c in cheap.changes] == ["energy_total_tce"]
    assert [(c.quantity, c.needed) for c in dear.changes] == [("industrial_value_added", Fraction("1085.715"))]
    assert dear.proven


def test_what_is_fixed_does_not_move():
    answer = admit(project(), "invented-park", on=ON, fix=["land_area_mu", "energy_total_tce"])
    assert answer.counter_offer is None  # no place is given, so the answer would stay open
    fixed = admit(figures(380, 1000, 4000, 100), "anji", on=ON, fix=["land_area_mu", "energy_total_tce"]).counter_offer
    assert {c.quantity for c in fixed.changes} == {"industrial_value_added", "tax_paid_10k_cny"}
    nothing = admit(README, "anji", on=ON, fix=["tax_per_mu"])
    assert nothing.verdict == "refuse" and nothing.counter_offer is None


def test_one_figure_that_serves_two_rules_moves_once(tmp_path):
    write_policy(tmp_path, [("a", "tax_per_mu", ">=", "50"), ("b", "investment_per_mu", ">=", "300")])
    facts = [
        {"quantity": "tax_paid_10k_cny", "value": "400", "unit": "10k CNY"},
        {"quantity": "fixed_investment", "value": "2500", "unit": "10k CNY"},
        {"quantity": "land_area_mu", "value": "10", "unit": "mu"},
    ]
    offer = admit({"name": "x", "facts": facts}, tmp_path, on=ON).counter_offer
    # land 10 -> 8 mu mends both (400 / 8 = 50, 2500 / 8 = 312.5) at 20 %; 25 % + 20 % were needed otherwise
    assert [(c.quantity, c.needed) for c in offer.changes] == [("land_area_mu", 8)] and offer.proven


def test_a_strict_limit_is_passed_and_not_only_reached(tmp_path):
    write_policy(tmp_path, [("a", "tax_per_mu", ">", "50")])
    offer = admit({"name": "x", "facts": README["facts"]}, tmp_path, on=ON).counter_offer
    assert 50 < offer.changes[0].needed < Fraction("50.0001")


def test_a_refusal_that_is_not_about_numbers_has_no_offer():
    answer = admit({"name": "x", "industry_code": "2614", "words": ["硝化"], "facts": []}, "invented-park", on=ON)
    assert answer.verdict == "refuse" and answer.counter_offer is None


def test_wishes_are_checked_together():
    with pytest.raises(InputError) as caught:
        admit(README, "anji", on=ON, weights={"tax_per_muu": 1, "tax_per_mu": 0}, fix=["nonsense"])
    assert [p.code for p in caught.value.problems] == ["unknown-quantity", "unknown-quantity", "bad-weight"]
    assert "tax_per_mu" in caught.value.problems[0].repair_en


def test_it_takes_less_than_two_seconds():
    started = time.monotonic()
    assert admit(README, "anji", on=ON).counter_offer is not None
    assert time.monotonic() - started < 2


def write_policy(folder, rules):
    """A policy directory with thresholds (id, ratio, op, limit)."""
    (folder / "policy.yaml").write_text("id: own\ntitle: {zh: 自有, en: own}\nsources: [test]\n", encoding="utf-8")
    lines = [
        f'- {{id: {i}, kind: threshold, zh: 规则, en: rule, clause: c, ratio: {r}, limit: {{op: "{op}", value: "{v}"}}}}'
        for i, r, op, v in rules
    ]
    (folder / "rules.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_policy(folder)
