"""The counter-offer: it passes, nothing smaller on a grid does, and the officer's wishes are kept."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.admission.counter_offer import counter_offer, read_wishes
from ecopark.admission.counter_search import Found
from ecopark.admission.decision import CounterOffer
from ecopark.admission.gate import decide
from ecopark.admission.load import find_policy, load_policy
from ecopark.admission.project import read_project
from ecopark.core.rounding import exact
from ecopark.errors import InputError
from ecopark.workflows.admit_project import admit
from tests.admission.samples import ON, README, project, small_park

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


def test_an_officers_range_is_kept_and_makes_a_figure_movable():
    facts = figures(380, 1000, 5030, 100)
    near = admit(facts, "anji", on=ON, ranges={"energy_total_tce": (360, None)}).counter_offer
    assert [c.quantity for c in near.changes] == ["energy_total_tce", "industrial_value_added"] and near.proven
    assert near.changes[0].needed == 360  # 360 / 0.35 = 1028.57...
    assert admit(facts, "anji", on=ON, ranges={"energy_total_tce": (360, None)}, fix=["industrial_value_added"])
    with pytest.raises(InputError) as caught:
        admit(facts, "anji", on=ON, ranges={"energy_total_tce": (9, 3), "land_area_mu": ("many", None)})
    assert [p.code for p in caught.value.problems] == ["bad-range", "bad-range"]


SCORE = """
- id: score
  kind: scorecard
  zh: 评分
  en: score
  clause: c
  pass: "60"
  vetoes:
    - {id: v, zh: 否, en: veto, ratio: energy_intensity, limit: {op: ">", value: "0.5"}}
  items:
    - {id: tax, zh: 税, en: tax, ratio: tax_per_mu, levels: [{op: ">=", value: "60", points: "40"}, {op: ">=", value: "40", points: "20"}]}
    - {id: added, zh: 值, en: added, ratio: value_added_per_mu, levels: [{op: ">=", value: "80", points: "40"}, {op: ">=", value: "50", points: "20"}]}
"""


def own_policy(folder, rules, head=""):
    text = f"id: own\ntitle: {{zh: 自有, en: own}}\nsources: [test]\n{head}"
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return folder


def test_a_scorecard_takes_the_cheapest_levels_and_minds_the_veto(tmp_path):
    # 20 + 20 points now, 60 pass. Tax 1600 -> 2400 is 50 %, value added 2000 -> 3200 is 60 %, and land 40 -> 26.67
    # lifts tax to 60 at 33 %; 40 -> 25 would be needed for value added
    own_policy(tmp_path, SCORE)
    offer = admit(figures(900, 2000, 1600, 40), tmp_path, on=ON).counter_offer
    assert [(c.quantity, c.needed) for c in offer.changes] == [("land_area_mu", Fraction("26.66666"))] and offer.proven
    held = admit(figures(900, 2000, 1600, 40), tmp_path, on=ON, fix=["land_area_mu"]).counter_offer
    assert [(c.quantity, c.needed) for c in held.changes] == [("tax_paid_10k_cny", 2400)] and held.proven
    fix = ["land_area_mu", "industrial_value_added"]
    veto = admit(figures(1200, 2000, 1600, 40), tmp_path, on=ON, fix=fix).counter_offer
    assert [(c.quantity, c.needed) for c in veto.changes] == [("energy_total_tce", 1000), ("tax_paid_10k_cny", 2400)]
    assert veto.proven and veto.verdict == "admit"


def test_a_product_of_two_figures_that_both_move_is_proven(tmp_path):
    rule = '- {id: a, kind: threshold, zh: 规则, en: rule, clause: c, formula: "%s", unit: "%s", limit: {op: ">=", value: "%s"}}\n'
    own_policy(tmp_path, rule % ("tax_paid_10k_cny * industrial_value_added", "10k CNY*10k CNY", "4000000"))
    offer = admit(figures(900, 1000, 1000, 40), tmp_path, on=ON, ranges={"tax_paid_10k_cny": (None, 1600)})
    # (1 + a)(1 + b) >= 4 with a <= 0.6: b = 1.5, together 2.1; without the range a = b = 1 costs 2
    assert [c.needed for c in offer.counter_offer.changes] == [2500, 1600] and offer.counter_offer.proven
    narrow = {"tax_paid_10k_cny": (0, 1600), "industrial_value_added": (0, 2600)}
    narrow |= {"energy_total_tce": (0, 1800), "land_area_mu": (0, 80)}
    dear = admit(figures(900, 1000, 1000, 40), tmp_path, on=ON, ranges=narrow).counter_offer
    assert [c.needed for c in dear.changes] == [2500, 1600] and dear.proven
    free = admit(figures(900, 1000, 1000, 40), tmp_path, on=ON).counter_offer
    assert abs(free.cost - 2) < Fraction(1, 10_000) and free.proven


def test_a_limit_that_depends_on_size_may_be_left_by_changing_the_size(tmp_path):
    limits = """[{op: ">=", value: "60", when: "land_area_mu > unit(30, 'mu')"}, {op: ">=", value: "40"}]"""
    own_policy(
        tmp_path, f"- {{id: a, kind: threshold, zh: 规, en: r, clause: c, ratio: tax_per_mu, limits: {limits}}}\n"
    )
    offer = admit(figures(900, 2000, 1280, 40), tmp_path, on=ON).counter_offer
    # 1280 / 30 = 42.7: with 30 mu the lower limit holds, at 25 %; the higher one asks for 21.3 mu
    assert [(c.quantity, c.needed) for c in offer.changes] == [("land_area_mu", 30)] and offer.proven


def test_figures_by_breakdown_move_each_for_itself(tmp_path):
    own_policy(
        tmp_path,
        '- {id: a, kind: threshold, zh: 规, en: r, clause: c, unit: kg/10k CNY, limit: {op: "<=", value: "1"},'
        " formula: total(pollutant_emission) / industrial_value_added}\n".replace("total(pollutant_emission)", TOTAL),
    )
    facts = figures(900, 2000, 1280, 40)
    facts["facts"] += [
        {"quantity": "emission_cod_t", "value": "2", "unit": "t"},
        {"quantity": "emission_nox_t", "value": "1", "unit": "t"},
    ]
    offer = admit(facts, tmp_path, on=ON, weights={"emission_cod_t": 3}, fix=["industrial_value_added"]).counter_offer
    # 3 t on 20 million: 1.5 kg; 1 t less. NOx saves 1 t at 100 %, COD 1 t at 50 % * 3
    assert [(c.quantity, c.needed) for c in offer.changes] == [("emission_nox_t", 0)] and offer.proven


TOTAL = "(emission_cod_t + emission_nox_t)"


def test_a_quota_is_kept_in_every_year_it_is_booked_for(tmp_path):
    own_policy(
        tmp_path,
        "- {id: q, kind: quota, zh: 能, en: energy, clause: c, quota: energy, formula: energy_total_tce, unit: tce}\n"
        '- {id: a, kind: threshold, zh: 税, en: tax, clause: c, ratio: tax_per_mu, limit: {op: ">=", value: "10"}}\n',
    )
    facts = figures(900, 2000, 1280, 40)
    facts["facts"][0]["period"] = "2027"
    answer = admit(facts, tmp_path, on=ON, quotas={("energy", 2027): 850, ("energy", 2026): 9000})
    assert [(c.quantity, c.needed) for c in answer.counter_offer.changes] == [("energy_total_tce", 850)]
    assert answer.counter_offer.proven
    nothing = admit(facts, tmp_path, on=ON, quotas={("energy", 2027): 850}, fix=["energy_total_tce"])
    assert nothing.verdict == "refuse" and nothing.counter_offer is None


def test_the_land_keeps_within_the_parcel_and_another_place_is_no_number(tmp_path):
    park = small_park(tmp_path / "park")
    rules = (
        "- {id: p, kind: place, zh: 地块, en: parcel, clause: c, aspect: parcel}\n"
        "- {id: u, kind: place, zh: 单元, en: unit, clause: c, aspect: control_unit,"
        " classes: {priority: refuse, key: admit, general: admit}}\n"
        '- {id: d, kind: threshold, zh: 税, en: tax, clause: c, ratio: tax_per_mu, limit: {op: "<=", value: "30"}}\n'
    )
    own_policy(tmp_path, rules)
    there = {**figures(900, 2000, 1280, 40), "parcel": "A"}
    wider = admit(there, tmp_path, on=ON, park=park).counter_offer
    # 1280 / 30 = 42.7 mu fit on the 60 mu of A
    assert [(c.quantity, c.needed) for c in wider.changes] == [("tax_paid_10k_cny", 1200)]
    held = admit({**there, "parcel": "B"}, tmp_path, on=ON, park=park, fix=["tax_paid_10k_cny"])
    assert held.verdict == "refuse" and held.counter_offer is None  # B has 30 mu: less land, but then more tax per mu
    other = admit({**there, "parcel": "C"}, tmp_path, on=ON, park=park)
    assert other.verdict == "refuse" and other.counter_offer is None and other.places[0].id == "A"


def test_a_sum_of_roots_is_bounded_by_intervals(tmp_path):
    root = "root(tax_paid_10k_cny / land_area_mu / unit(1, '10k CNY/mu'), 2)"
    text = f"{root} + root(tax_paid_10k_cny / energy_total_tce / unit(1, '10k CNY/tce'), 2)"
    rule = '- {id: a, kind: threshold, zh: 规, en: r, clause: c, formula: "%s", unit: "1", limit: {op: ">=", value: "12"}}\n'
    policy = load_policy(own_policy(tmp_path, rule % text))
    decision = decide(read_project(figures(100, 2000, 900, 25)), policy, DAY)
    wishes = read_wishes(None, ["land_area_mu", "energy_total_tce"], policy)
    offer = counter_offer(decision, DAY, wishes=wishes, seconds=60)
    # sqrt(900 / 25) + sqrt(900 / 100) = 9; both grow with the root of tax: 900 * (12 / 9)^2 = 1600
    assert [(c.quantity, c.needed) for c in offer.changes] == [("tax_paid_10k_cny", 1600)]
    assert offer.gap is None or offer.gap < Fraction(1, 1000)


def test_what_is_not_proven_says_its_gap():
    step = Fraction(1, 10**6)
    near = Found({0: Fraction(1)}, Fraction(1, 2), Fraction(1, 2) - step, step, "admit")
    far = Found({0: Fraction(1)}, Fraction(1, 2), Fraction(1, 3), step, "admit")
    assert near.proven and not far.proven
    assert far.gap == Fraction(3334, 10000)  # rounded up
    offer = CounterOffer((), far.proven, far.cost, far.verdict, far.gap)
    assert offer.to_dict() == {"changes": [], "proven": False, "gap": "0.3334"}


def test_a_search_without_time_offers_nothing(tmp_path):
    decision = decide(read_project(figures(380, 1000, 5030, 100)), find_policy("anji"), DAY)
    assert counter_offer(decision, DAY, seconds=0.0) is None


def write_policy(folder, rules):
    """A policy directory with thresholds (id, ratio, op, limit)."""
    (folder / "policy.yaml").write_text("id: own\ntitle: {zh: 自有, en: own}\nsources: [test]\n", encoding="utf-8")
    lines = [
        f'- {{id: {i}, kind: threshold, zh: 规则, en: rule, clause: c, ratio: {r}, limit: {{op: "{op}", value: "{v}"}}}}'
        for i, r, op, v in rules
    ]
    (folder / "rules.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_policy(folder)
