"""The gate: the README's example, what the contract says, missing figures, and that it is monotone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.admission.cases import check_policy
from ecopark.admission.gate import decide
from ecopark.admission.load import find_policy, shipped_policies
from ecopark.admission.project import read_project
from ecopark.workflows.admit_project import admit, list_policies
from tests.admission.samples import ON, README, project

DAY = date.fromisoformat(ON)
RANK = {"refuse": 0, "undetermined": 1, "conditional": 2, "admit": 3}


@pytest.mark.parametrize("name", shipped_policies())
def test_every_policy_keeps_its_own_cases(name):
    assert [p.message("en") for p in check_policy(find_policy(name))] == []


def test_the_policies_of_the_issue_ship():
    names = {p.id for p in list_policies()}
    assert {"anji", "zhangjiagang", "near-zero-park", "invented-park", "standard-land-wenling-2021"} <= names
    assert {"standard-land-luqiao", "standard-land-longchang-2022", "standard-land-beihai-2023"} <= names


def test_the_example_of_the_readme():
    answer = admit(README, "anji", on=ON)
    assert answer.verdict == "refuse"
    assert [f.id for f in answer.reasons] == ["anji/energy_intensity", "anji/tax_per_mu"]
    assert "does not say whether the denominator" in answer.finding("energy_intensity").reason.en
    assert all(f.rule.clause and f.rule.source for f in answer.reasons)
    offer = answer.counter_offer
    assert offer is not None and offer.proven and offer.verdict == "admit"
    assert [c.to_dict() for c in offer.changes] == [
        {"quantity": "energy_intensity", "from": "0.38", "to": "0.35", "unit": "tce/10k CNY"},
        {"quantity": "tax_per_mu", "from": "45", "to": "50.3", "unit": "10k CNY/mu"},
    ]


def test_the_json_has_the_keys_of_the_contract_and_no_others():
    data = json.loads(json.dumps(admit(README, "anji", on=ON).to_dict()))
    assert list(data) == ["verdict", "findings", "bookings", "missing", "counter_offer", "places"]
    keys = ["rule", "clause", "status", "reason_zh", "reason_en", "value", "limit", "basis"]
    assert all(list(f) == keys for f in data["findings"])
    assert list(data["counter_offer"]) == ["changes", "proven"]
    assert all(list(c) == ["quantity", "from", "to", "unit"] for c in data["counter_offer"]["changes"])
    assert {f["rule"]: f["limit"] for f in data["findings"]}["anji/energy_intensity"] == "<= 0.35"


def test_every_rule_has_a_finding_with_both_languages():
    answer = admit(project(), "invented-park", on=ON)
    assert [f.id for f in answer.findings] == [r.id for r in answer.policy.rules]
    assert all(f.reason.zh and f.reason.en for f in answer.findings)


def test_what_is_not_filled_in_is_said_and_takes_no_part():
    answer = admit(
        {**README, "facts": [{**README["facts"][0], "value": "0.3"}, {**README["facts"][1], "value": "600000"}]},
        "anji",
        on=ON,
    )
    assert answer.verdict == "admit"
    assert {f.status for f in answer.findings if f.rule.to_fill} == {"to_fill"}
    assert any("not filled in" in n.en for n in answer.notes)


def test_a_missing_figure_leaves_the_rule_open_but_a_refusal_stands():
    one = {"name": "x", "facts": README["facts"][:1]}
    answer = admit(one, "anji", on=ON)
    assert answer.verdict == "refuse" and answer.finding("tax_per_mu").status == "undetermined"
    good = {"name": "x", "facts": [{**README["facts"][0], "value": "0.3"}]}
    answer = admit(good, "anji", on=ON)
    assert answer.verdict == "undetermined"
    assert [m.quantity for m in answer.missing] == ["tax_paid_10k_cny", "land_area_mu"]
    assert answer.counter_offer is None


def test_the_other_reading_of_an_unclear_text_is_told_where_it_differs():
    facts = [
        {"quantity": "energy_total_tce", "value": "380", "unit": "tce"},
        {"quantity": "industrial_value_added", "value": "1000", "unit": "10k CNY"},
        {"quantity": "industrial_gross_output", "value": "4000", "unit": "10k CNY"},
    ]
    finding = admit({"name": "x", "facts": facts}, "anji", on=ON).finding("energy_intensity")
    assert finding.status == "not_met" and "the answer would be the opposite" in finding.reason.en


def test_a_threshold_of_a_dated_series_depends_on_the_day():
    statuses = {
        day: admit(project({"tax_paid_10k_cny": 1280}), "invented-park", on=day).finding("tax_per_mu").status
        for day in ("2023-06-01", "2025-12-31", "2026-01-01")
    }
    assert statuses == {"2023-06-01": "met", "2025-12-31": "met", "2026-01-01": "not_met"}
    assert admit(README, "anji", on="2023-12-31").finding("tax_per_mu").status == "not_due"


def test_the_trace_tells_where_a_value_comes_from():
    text = admit(project(), "invented-park", on=ON).explain("energy_intensity")
    assert "energy_total_tce" in text and "760" in text and "0.38" in text


def test_bookings_carry_the_replacement_ratio_of_the_year():
    now = admit(project(), "invented-park", on=ON).bookings
    later = admit(project(start=2027), "invented-park", on=ON).bookings
    assert {(b.quota, b.year): b.required for b in now}[("cod", 2026)] == 3
    assert {(b.quota, b.year): b.required for b in later}[("cod", 2027)] == Fraction(3, 2) * 2


@settings(max_examples=40, deadline=None)
@given(
    energy=st.integers(300, 1200), tax=st.integers(500, 3000), land=st.integers(10, 90),
    better=st.sampled_from([("energy_total_tce", "0.9"), ("tax_paid_10k_cny", "1.2"), ("co2_emissions_t", "0.5")]),
)  # fmt: skip
def test_a_better_value_never_turns_a_yes_into_a_no(energy, tax, land, better):
    name, factor = better
    policy = find_policy("invented-park")
    base = {"energy_total_tce": energy, "tax_paid_10k_cny": tax, "land_area_mu": land}
    given = {**base, name: base.get(name, 1900)}
    improved = {**given, name: str(float(Fraction(given[name]) * Fraction(factor)))}
    verdicts = [decide(read_project(project(values)), policy, DAY).verdict for values in (given, improved)]
    assert RANK[verdicts[1]] >= RANK[verdicts[0]]


@settings(max_examples=40, deadline=None)
@given(energy=st.integers(1, 100), tax=st.integers(1, 100), relax=st.fractions(0, 1), which=st.sampled_from([0, 1]))
def test_relaxing_a_rule_never_turns_a_yes_into_a_no(energy, tax, relax, which):
    policy = find_policy("anji")
    facts = [
        {"quantity": "energy_intensity", "value": str(energy / 100), "unit": "tce/10k CNY"},
        {"quantity": "tax_per_mu", "value": str(tax), "unit": "10k CNY/mu"},
    ]
    rule = policy.rules[which]
    limit = rule.spec.limits[0]
    value = limit.value * (1 + relax if limit.op == "<=" else 1 - relax)
    softer = replace(rule, spec=replace(rule.spec, limits=(replace(limit, value=value),)))
    rules = tuple(softer if r is rule else r for r in policy.rules)
    described = read_project({"name": "x", "facts": facts})
    before, after = decide(described, policy, DAY), decide(described, replace(policy, rules=rules), DAY)
    assert RANK[after.verdict] >= RANK[before.verdict]


def test_each_office_counts_and_an_objection_refuses():
    agree = [{"office": o, "opinion": "agree"} for o in ("environment", "investment")]
    oppose = [agree[0], {"office": "investment", "opinion": "oppose"}]
    bound = [agree[0], {"office": "investment", "opinion": "conditions", "note": "先建污水站"}]
    said = {}
    for name, opinions in (("agree", agree), ("oppose", oppose), ("bound", bound), ("none", [])):
        said[name] = admit(project(opinions=opinions), "zhangjiagang", on=ON).finding("joint_review")
    assert [said[n].status for n in ("agree", "oppose", "bound", "none")] == [
        "met",
        "not_met",
        "condition",
        "undetermined",
    ]
    assert "先建污水站" in said["bound"].reason.zh
    assert [m.quantity for m in said["none"].missing] == ["opinion.environment", "opinion.investment"]


def test_a_scorecard_is_bounded_by_what_is_missing():
    only_industry = {"name": "x", "industry_code": "3973", "words": [], "facts": []}
    open_ = admit(only_industry, "invented-park", on=ON).finding("scorecard")
    assert open_.status == "undetermined" and "30–100" in open_.reason.en
    dirty = admit(project({"co2_emissions_t": 7000}), "invented-park", on=ON).finding("scorecard")
    assert dirty.status == "not_met" and dirty.reason.en.startswith("veto")


def test_the_procedure_of_an_industry_is_told_with_what_the_park_covers():
    found = admit(project(), "invented-park", on=ON).finding("eia")
    assert found.status == "reported" and "电子器件制造397" in found.reason.zh and "规划环评" in found.reason.zh
