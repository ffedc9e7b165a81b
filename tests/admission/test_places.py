"""Places: units, setbacks, parcels, the best place, and faults of the map."""

from __future__ import annotations

from datetime import date

import pytest

from ecopark.admission.places import metres_per_degree, read_map
from ecopark.errors import InputError
from ecopark.workflows.admit_project import admit
from tests.admission.samples import ON, feature, project, small_park, square, write_park


def test_the_best_place_is_a_free_parcel_with_the_leading_industry(tmp_path):
    park = small_park(tmp_path)
    answer = admit(project(), "invented-park", park=park, on=ON)
    best = answer.places[0]
    assert (best.id, best.rank, best.verdict) == ("A", 1, "conditional")
    others = {p.id: p for p in answer.places[1:]}
    assert "D" not in others  # somebody holds it
    assert others["B"].verdict == "refuse" and "needs 40 mu" in " ".join(t.en for _, t in others["B"].reasons)
    assert {r for r, _ in others["C"].reasons} >= {"invented-park/control_unit", "invented-park/group"}
    assert answer.counter_offer is not None and answer.counter_offer.place == "A"


def test_a_project_on_a_parcel_is_held_against_the_rules_there(tmp_path):
    park = small_park(tmp_path)
    good = {"energy_total_tce": 700, "land_area_mu": 36}
    assert admit(project(good, parcel="A"), "invented-park", park=park, on=ON).verdict == "conditional"
    held = admit(project(good, parcel="D"), "invented-park", park=park, on=ON)
    assert held.finding("parcel").status == "not_met"
    priority = admit(project(good, parcel="C"), "invented-park", park=park, on=ON)
    assert priority.finding("control_unit").status == "not_met"


def test_the_counter_offer_of_a_project_on_a_parcel_passes_there(tmp_path):
    answer = admit(project(parcel="A"), "invented-park", park=small_park(tmp_path), on=ON)
    assert answer.counter_offer is not None and answer.counter_offer.verdict == "conditional"


def test_overlapping_control_units_are_told_and_the_stricter_counts(tmp_path):
    park = small_park(tmp_path)
    ground = square(120.0, 30.0)
    units = [feature(ground, id="U1", **{"class": "general"}), feature(ground, id="U2", **{"class": "priority"})]
    write_park(park, control_units=units)
    answer = admit(project(parcel="A"), "invented-park", park=park, on=ON)
    finding = answer.finding("control_unit")
    assert finding.status == "not_met" and "overlap (U1/U2)" in finding.reason.en
    assert [p.code for p in answer.warnings] == ["overlapping-units"]


def test_units_that_only_touch_do_not_overlap(tmp_path):
    assert read_map(small_park(tmp_path)).problems == ()


def test_a_ring_that_is_left_open_is_closed(tmp_path):
    ring = [[120.0, 30.0], [120.01, 30.0], [120.01, 30.01], [120.0, 30.01], [120.0, 30.0]]
    hole = [[120.004, 30.004], [120.006, 30.004], [120.006, 30.006], [120.004, 30.006], [120.004, 30.004]]
    whole, opened = ({"type": "Polygon", "coordinates": [r, hole]} for r in (ring, ring[:-1]))
    areas = []
    for number, shape in enumerate((whole, opened)):
        write_park(tmp_path / str(number), groups=[feature(shape, id="G1"), feature(square(120.02, 30.0), id="G2")])
        areas.append([g.shape.area for g in read_map(tmp_path / str(number)).layers["groups"]])
    assert areas[0] == areas[1] and areas[0][0] == pytest.approx(0.96 * areas[0][1])


def test_a_setback_is_measured_in_metres(tmp_path):
    park = small_park(tmp_path)
    near = {"type": "Point", "coordinates": [120.0195, 30.0]}
    answer = admit(project(geometry=near, industry_code="2761"), "invented-park", park=park, on=ON)
    finding = answer.finding("setback")
    assert finding.status == "not_met"
    assert float(finding.value) == pytest.approx(0.0005 * metres_per_degree(30)[0], abs=0.1)


def test_metres_per_degree_match_the_ellipsoid():
    assert metres_per_degree(30) == pytest.approx((96486.3, 110852.4), abs=0.5)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"parcel": "AA"}, "no parcel 'AA'"),
        ({"group": "G99"}, "no group 'G99'"),
        ({"geometry": {"type": "Point", "coordinates": [10.0, 50.0]}}, "outside the park"),
    ],
)
def test_a_place_that_is_not_there(tmp_path, where, says):
    with pytest.raises(InputError, match=says):
        admit(project(**where), "invented-park", park=small_park(tmp_path), on=ON)


def test_a_broken_map_tells_every_problem(tmp_path):
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    park = write_park(
        tmp_path, control_units=[feature(square(1, 1), id="U"), feature(bow, id="V"), feature({}, id="W")]
    )
    (park / "map" / "groups.geojson").write_text("[")
    with pytest.raises(InputError) as caught:
        read_map(park)
    assert len(caught.value.problems) == 4


def test_without_a_map_what_depends_on_the_place_stays_open():
    answer = admit(project(), "invented-park", on=date.fromisoformat(ON))
    assert answer.finding("control_unit").status == "undetermined" and answer.places == ()
