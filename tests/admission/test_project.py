"""What is wrong with a project is told all together, each with its place and what to do."""

from __future__ import annotations

import json

import pytest

from ecopark.admission.load import UnknownPolicyError, find_policy
from ecopark.admission.project import read_project
from ecopark.errors import InputError, PackError
from ecopark.workflows.admit_project import admit
from tests.admission.samples import ON, README


def fact(quantity, value, unit="", **rest):
    return {"quantity": quantity, "value": value, "unit": unit, **rest}


def problems_of(given):
    with pytest.raises(InputError) as caught:
        read_project(given)
    return caught.value.problems


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ({"facts": []}, "name-missing", "no name"),
        ({"name": "x"}, "facts-missing", "no list of facts"),
        ({"name": "x", "facts": [], "industy_code": "3973"}, "unknown-key", "industry_code"),
        ({"name": "x", "facts": [], "industry_code": "3793"}, "unknown-industry-code", "Nearest"),
        ({"name": "x", "facts": [], "kind": "old"}, "unknown-kind", "none of"),
        ({"name": "x", "facts": [], "start": "soon"}, "bad-period", "no year"),
        ({"name": "x", "facts": [], "geometry": {"type": "Point", "coordinates": [500, 1]}}, "bad-geometry", "longitude"),
        ({"name": "x", "facts": [], "geometry": "nonsense"}, "bad-geometry", "cannot be used"),
        ({"name": "x", "facts": [], "opinions": [{"office": "a", "opinion": "maybe"}]}, "opinion-shape", "oppose"),
        ({"name": "x", "facts": [{"value": "1"}]}, "fact-shape", "quantity, value and unit"),
        ({"name": "x", "facts": [fact("tax_per_muu", "1", "10k CNY/mu")]}, "unknown-quantity", "tax_per_mu"),
        ({"name": "x", "facts": [fact("tax_per_mu", "1", "tce")]}, "unit", "cannot be converted"),
        ({"name": "x", "facts": [fact("tax_per_mu", "much", "10k CNY/mu")]}, "unreadable", "not a number"),
        ({"name": "x", "facts": [fact("tax_per_mu", "-1", "10k CNY/mu")]}, "impossible-value", "cannot be"),
        ({"name": "x", "facts": [fact("land_area_mu", "-40", "mu")]}, "impossible-value", "cannot be"),
        ({"name": "x", "facts": [fact("tax_per_mu", "1"), fact("tax_per_mu", "2")]}, "differs", "twice"),
        ([], "project-shape", "mapping"),
    ],
)  # fmt: skip
def test_wrong_input_says_what_is_wrong(given, code, says):
    if isinstance(given, list):
        with pytest.raises((InputError, TypeError)):
            read_project(given)
        return
    found = [p for p in problems_of(given) if p.code == code]
    assert found and says in found[0].message("en")
    assert found[0].zh


def test_all_problems_come_together_with_their_places(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(
        json.dumps({"facts": [fact("land_area_mu", -5, "mu"), fact("nonsense", 1)], "industry_code": "9999"})
    )
    with pytest.raises(InputError) as caught:
        read_project(path)
    codes = {p.code for p in caught.value.problems}
    assert {"name-missing", "unknown-industry-code", "unknown-quantity", "impossible-value"} <= codes
    assert any(str(p.place) == "p.json!facts[1]" for p in caught.value.problems)


def test_yaml_places_have_lines(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("name: x\nfacts:\n  - {quantity: far, value: '1', unit: '1'}\n  - {quantity: farr, value: '1'}\n")
    with pytest.raises(InputError) as caught:
        read_project(path)
    assert str(caught.value.problems[0].place) == "p.yaml:4"


def test_json_that_is_none(tmp_path):
    path = tmp_path / "p.json"
    path.write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        read_project(path)
    with pytest.raises(InputError, match="no such project file"):
        read_project(tmp_path / "q.json")


def test_decimals_of_json_stay_exact(tmp_path):
    path = tmp_path / "p.json"
    path.write_text('{"name": "x", "facts": [{"quantity": "energy_intensity", "value": 0.35, "unit": "tce/10k CNY"}]}')
    assert admit(path, "anji", on=ON).finding("energy_intensity").status == "met"


def test_a_rate_given_beside_its_figures_is_compared_with_them():
    facts = [
        fact("energy_total_tce", "300", "tce"),
        fact("industrial_value_added", "1000", "10k CNY"),
        fact("energy_intensity", "0.5", "tce/10k CNY"),
    ]
    answer = admit({"name": "x", "facts": facts}, "anji", on=ON)
    assert answer.finding("energy_intensity").status == "met"
    assert any("differs" in n.en for n in answer.notes)


def test_a_quota_of_a_past_year_is_refused():
    with pytest.raises(InputError, match="past year"):
        admit({**README, "start": 2020}, "anji", on=ON)


def test_an_unknown_policy_offers_the_nearest():
    with pytest.raises(UnknownPolicyError, match="anji"):
        find_policy("anjii")


def test_a_spoiled_policy_tells_every_problem_with_its_line(tmp_path):
    (tmp_path / "policy.yaml").write_text("id: own\ntitle: {zh: 一, en: one}\nmovable: [{quantity: nonsense}]\n")
    (tmp_path / "rules.yaml").write_text(
        "- {id: a, kind: treshold, zh: 一, en: a}\n"
        "- {id: b, kind: threshold, zh: 一, en: b, ratio: tax_per_muu, limit: {op: '>=', value: x}}\n"
        "- {id: c, kind: threshold, zh: 一, en: c, formula: energy_total_tce + land_area_mu, unit: tce, limit: {op: '>', value: '1'}}\n"
        "- {id: c, kind: list, zh: 一, en: c, effect: explode}\n"
    )
    with pytest.raises(PackError) as caught:
        find_policy(tmp_path)
    found = {p.code: p for p in caught.value.problems}
    assert {
        "unknown-quantity",
        "unknown-rule-kind",
        "unknown-ratio",
        "limit-not-a-number",
        "formula",
        "list-empty",
    } <= set(found)
    assert {"unknown-effect", "duplicate-rule"} <= set(found)
    assert "threshold" in found["unknown-rule-kind"].en and found["unknown-rule-kind"].place.line == 1


def test_the_park_fills_in_what_a_policy_leaves_open(tmp_path):
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "anji.yaml").write_text(
        "rules:\n- {id: far, kind: threshold, zh: 容积率, en: Floor-area ratio, clause: own, ratio: far,"
        " limit: {op: '>=', value: '1.5'}}\n"
    )
    given = {"name": "x", "facts": [*README["facts"], fact("far", "1.2", "1")]}
    answer = admit(given, "anji", park=tmp_path, on=ON)
    assert answer.finding("far").status == "not_met"
    assert answer.policy.hash != find_policy("anji").hash
    assert len(answer.policy.rules) == len(find_policy("anji").rules)
