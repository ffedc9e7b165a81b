import pytest

from ecopark.errors import InputError
from ecopark.observations.model import Subject
from ecopark.observations.reading import facts_from


def row(quantity, value, unit, period="2023", subject="p", **more):
    return {"subject": subject, "quantity": quantity, "period": period, "value": value, "unit": unit} | more


def found(rows, subjects=()):
    return [w.code for w in facts_from(rows, subjects).warnings]


def test_a_figure_outside_the_plausible_range():
    assert found([row("park_area_km2", "-1", "km2")]) == ["implausible"]


def test_a_jump_from_year_to_year():
    rows = [row("energy_total_tce", "100", "tce", "2022"), row("energy_total_tce", "1000", "tce")]
    assert found(rows) == ["jump"]
    rows[1]["value"] = "250"
    assert found(rows) == []


def test_a_part_larger_than_its_whole():
    rows = [row("energy_industrial_tce", "101", "tce"), row("energy_total_tce", "100", "tce")]
    assert found(rows) == ["part-exceeds-whole"]


def test_firms_against_the_park():
    subjects = [Subject("p", "p"), Subject("a", "a", "firm", "p"), Subject("b", "b", "firm", "p")]
    park = row("energy_industrial_tce", "100", "tce")
    a, b = (row("energy_industrial_tce", v, "tce", subject=s) for s, v in (("a", "60"), ("b", "39")))
    assert found([park, a, b], subjects) == []
    b["value"] = "20"
    assert found([park, a, b], subjects) == ["firms-differ"]
    assert found([park, b], subjects) == []
    a["value"] = "110"
    assert found([park, a], subjects) == ["firms-differ"]


def test_a_fuel_given_with_and_without_its_use():
    rows = [
        row("fuel_consumption", "5", "t", by="fuel=diesel"),
        row("fuel_consumption", "2", "t", by="fuel=diesel;use=feedstock"),
        row("fuel_consumption", "2", "t", by="fuel=gasoline"),
    ]
    assert found(rows) == ["by-overlap"]


def test_a_closed_list_with_a_hole():
    rows = [
        row("electricity_in_kwh", "5", "kWh", by=f"kind={k}")
        for k in ("direct_nonfossil", "green_certificate", "other")
    ]
    assert found(rows) == []
    with pytest.raises(InputError) as error:
        found(rows[:2])
    assert [p.code for p in error.value.problems] == ["breakdown-hole"]
    assert "kind=other" in error.value.problems[0].en
