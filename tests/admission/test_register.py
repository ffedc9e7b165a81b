"""The register, the choice of projects together, what was promised, and the minutes."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from ecopark.admission.load import find_policy
from ecopark.admission.post_entry import post_entry
from ecopark.admission.project import read_project
from ecopark.admission.register import Register
from ecopark.errors import EcoparkError, InputError
from ecopark.observations.reading import facts_from
from ecopark.workflows.admit_project import admit, admit_together, record
from ecopark.workflows.tell_decision import decision_text
from ecopark.workflows.write_minutes import minutes_html, minutes_word
from tests.admission.samples import ON, README, project, small_park

QUOTAS = {("energy", 2026): "5000", ("cod", 2026): "10", ("nox", 2026): "10"}


def test_a_decision_is_kept_and_can_be_made_again(tmp_path):
    park = small_park(tmp_path)
    first = record(admit(project(parcel="A"), "invented-park", park=park, on=ON, quotas=QUOTAS), park, by="甲")
    second = record(admit(README, "anji", on=ON), park)
    assert (first.number, second.number, first.by) == (1, 2, "甲")
    register = Register(park)
    assert register.reproduce(1)[1] == register.reproduce(2)[1] == ()
    counted = register.refusals()
    assert counted["by_reason"]["anji/tax_per_mu"] == 1
    assert counted["by_size"] == {"from_100m": 1, "not_given": 1}
    with pytest.raises(EcoparkError, match="no entry 9"):
        register.reproduce(9)


def test_a_register_changed_by_hand_is_found(tmp_path):
    for _ in range(3):
        record(admit(README, "anji", on=ON), tmp_path)
    path = tmp_path / "register" / "decisions.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[1].replace("0.38", "0.34"), lines[2]]) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        list(Register(tmp_path))
    assert caught.value.problems[0].place.line == 2
    path.write_text("\n".join([lines[0], lines[2]]) + "\n", encoding="utf-8")
    with pytest.raises(InputError):
        record(admit(README, "anji", on=ON), tmp_path)


def test_the_set_of_projects_is_the_best_of_all_sets():
    quotas = {("energy", 2026): "1500", ("cod", 2026): "6", ("nox", 2026): "10"}
    waiting = [
        project(
            {
                "energy_total_tce": e,
                "tax_paid_10k_cny": t,
                "emission_cod_t": c,
                "land_area_mu": 20,
                "fixed_investment": 8000,
            }
        )
        for e, t, c in ((700, 1300, 1), (600, 1000, 1), (650, 1250, 2), (300, 900, 0.5), (400, 1100, 1.5))
    ]
    waiting = [{**w, "group": ""} for w in waiting]
    policy = find_policy("invented-park")
    from dataclasses import replace

    policy = replace(policy, rules=tuple(r for r in policy.rules if r.kind in ("quota", "threshold")))
    choice = admit_together(waiting, policy, on=ON, quotas=quotas)
    assert choice.refused == () and choice.gap == 0
    needs = [
        (e, 2 * c, t) for e, t, c in ((700, 1300, 1), (600, 1000, 1), (650, 1250, 2), (300, 900, 0.5), (400, 1100, 1.5))
    ]
    best = max(
        sum(needs[i][2] for i in s)
        for n in range(6)
        for s in combinations(range(5), n)
        if sum(needs[i][0] for i in s) <= 1500 and sum(needs[i][1] for i in s) <= 6
    )
    assert choice.total == best
    assert choice.used["energy", "2026"] <= 1500


def test_together_needs_a_known_value():
    with pytest.raises(InputError, match="tax_paid_10k_cny"):
        admit_together([README], "anji", value="tax_paid", on=ON)


def test_what_was_promised_is_held_against_what_was_delivered():
    described = read_project(project())
    rows = [
        {"subject": "F1", "quantity": "tax_paid_10k_cny", "period": "2028", "value": "1000", "unit": "10k CNY"},
        {"subject": "F1", "quantity": "energy_total_tce", "period": "2028", "value": "700", "unit": "tce"},
    ]
    found = post_entry(described, find_policy("invented-park"), facts_from(rows), "F1", [2028])
    by_name = {p.quantity: p for p in found}
    assert by_name["tax_paid_10k_cny"].status == "short" and by_name["tax_paid_10k_cny"].to_dict()["share"] == "0.7812"
    assert by_name["energy_total_tce"].status == "kept"
    assert by_name["land_area_mu"].status == "undetermined"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_minutes_say_everything(tmp_path, lang):
    answer = admit(project(), "invented-park", park=small_park(tmp_path), on=ON)
    page = minutes_html(answer, lang)
    for finding in answer.findings:
        assert finding.rule.label[lang].replace("&", "&amp;") in page
    assert "<script" not in page
    assert minutes_word(answer, lang)[:2] == b"PK"
    text = decision_text(answer, lang)
    assert ("不予准入" if lang == "zh" else "refuse") in text


def test_the_register_lines_are_plain_json(tmp_path):
    record(admit(README, "anji", on=ON), tmp_path)
    row = json.loads((tmp_path / "register" / "decisions.jsonl").read_text(encoding="utf-8"))
    assert row["decision"]["verdict"] == "refuse" and row["project"]["name"] == "虚构项目"
