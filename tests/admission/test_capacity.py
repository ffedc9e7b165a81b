"""Carrying capacity, reserve land and the invented park's map, seen by the gate."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from ecopark.admission.load import load_policy
from ecopark.admission.places import read_map
from ecopark.errors import PackError
from ecopark.examples.invented_park import invented_park
from ecopark.workflows.admit_project import admit
from tests.admission.samples import ON, feature, project, small_park, square, write_park


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    return invented_park().write(tmp_path_factory.mktemp("park"))


def finding(folder, tail, changes=None, **rest):
    return admit(project(changes, **rest), "invented-park", park=folder, on=ON).finding(tail)


def test_a_unit_bears_its_capacity_less_its_load_and_no_more(tmp_path):
    park = small_park(tmp_path)
    found = finding(park, "cod_capacity", {"emission_cod_t": 10}, parcel="A")
    assert (found.status, found.value, found.limit) == ("met", 10, "<= 10")
    assert finding(park, "cod_capacity", {"emission_cod_t": "10.0001"}, parcel="A").status == "not_met"
    assert finding(park, "cod_capacity", {"emission_cod_t": 0}, parcel="A").status == "not_applicable"


def test_across_a_border_the_tighter_unit_counts(tmp_path):
    park = small_park(tmp_path)
    west, east = square(120.0, 30.0), square(120.01, 30.0)
    rest = {"nox_capacity_t": 90, "nox_load_t": 80}
    units = [
        feature(west, id="U1", **{"class": "key"}, cod_capacity_t=130, cod_load_t=120, **rest),
        feature(east, id="U2", **{"class": "key"}, cod_capacity_t=50, cod_load_t=48, **rest),
    ]
    write_park(park, control_units=units)
    found = finding(park, "cod_capacity", {"emission_cod_t": 3}, geometry=square(120.008, 30.002, 0.004))
    assert found.status == "not_met" and found.limit == "<= 2"


def test_the_counter_offer_brings_the_load_down_to_what_is_left(tmp_path):
    park = small_park(tmp_path)
    over = {"energy_total_tce": 700, "land_area_mu": 36, "emission_cod_t": 12}
    quotas = {("energy", 2026): "5000", ("cod", 2026): "100", ("nox", 2026): "10"}
    answer = admit(project(over, parcel="A"), "invented-park", park=park, on=ON, quotas=quotas)
    assert answer.verdict == "refuse"
    assert [(c.quantity, c.needed) for c in answer.counter_offer.changes] == [("emission_cod_t", 10)]


def test_what_the_map_does_not_say_stays_open(tmp_path):
    park = small_park(tmp_path)
    write_park(park, control_units=[feature(square(120.0, 30.0), id="U1", **{"class": "key"}, cod_capacity_t=130)])
    found = finding(park, "cod_capacity", parcel="A")
    assert found.status == "undetermined" and "U1" in found.reason.en and "cod_load_t" in found.reason.en
    assert finding(park, "cod_capacity").reason.en.startswith("no parcel")
    alone = admit(project(parcel="A"), "invented-park", on=ON).finding("cod_capacity")
    assert alone.status == "undetermined" and "no map" in alone.reason.en


def test_a_spoiled_capacity_is_told(tmp_path):
    (tmp_path / "policy.yaml").write_text("id: p\ntitle: {zh: 甲, en: A}\nsources: [x]\n", encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(
        "- {id: a, kind: capacity, zh: 甲, en: A, clause: x, formula: emission_cod_t, unit: t, of: roads}\n"
        "- {id: b, kind: capacity, zh: 甲, en: A, clause: x, formula: emission_cod_t, unit: t, capacity: c}\n",
        encoding="utf-8",
    )
    with pytest.raises(PackError) as caught:
        load_policy(tmp_path)
    assert [p.code for p in caught.value.problems] == ["unknown-layer", "capacity-shape"]


def test_the_invented_map_reads_without_fault_and_follows_from_the_seed(park):
    layers = read_map(park)
    assert layers.problems == ()
    assert {"control_units", "groups", "parcels", "reserve", "sensitive", "boundary"} <= layers.known
    assert {u.get("class") for u in layers.layers["control_units"]} == {"priority", "key", "general"}
    assert sum(p.get("free") is True for p in layers.layers["parcels"]) == 14
    assert invented_park().geojson() == invented_park().geojson()
    assert invented_park(seed=8).geojson()["control_units"] != invented_park().geojson()["control_units"]


def test_the_units_carry_what_the_firms_emit(park):
    given = invented_park()
    units = read_map(park).layers["control_units"]
    emitted = Fraction(int(given.firms.values["cod"][:, -1].sum()), 10_000)
    assert float(sum(Fraction(str(u.get("cod_load_t"))) for u in units)) == pytest.approx(float(emitted), abs=0.05)
    assert all(u.get("cod_capacity_t") >= u.get("cod_load_t") for u in units)


def test_every_rule_on_places_finds_something_on_the_invented_map(park):
    refused: Counter[str] = Counter()
    for code in ("3973", "2761", "2614"):
        answer = admit(project(industry_code=code), "invented-park", park=park, on=ON)
        refused.update(rule.split("/")[1] for p in answer.places if not p.rank for rule, _ in p.reasons)
        assert answer.places[0].rank == 1 and answer.places[0].kind == "parcel"
    assert {"control_unit", "setback", "reserve", "cod_capacity", "group"} <= set(refused)


def test_few_people_nearby_lower_the_rank_and_do_not_refuse(tmp_path):
    park = small_park(tmp_path)
    parcels = [
        feature(square(120.001 + 0.003 * n, 30.001, 0.002), id=name, group="G02", area_mu=40, talent_persons=people)
        for n, (name, people) in enumerate((("A", 20), ("B", 200)))
    ]
    write_park(park, parcels=parcels)
    given = project()
    given["facts"].append({"quantity": "employees", "value": "200", "unit": "person"})
    places = admit(given, "invented-park", park=park, on=ON).places
    assert [(p.id, p.rank) for p in places[:2]] == [("B", 1), ("A", 2)]
    assert "needs 200, has 20" in places[1].reasons[0][1].en
