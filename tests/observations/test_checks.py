import pytest

from ecopark.errors import InputError
from ecopark.observations.reading import facts_from


def row(quantity, value, unit, period="2023", subject="p", **more):
    return {"subject": subject, "quantity": quantity, "period": period, "value": value, "unit": unit} | more


def found(rows, subjects=()):
    return [w.code for w in facts_from(rows, subjects).warnings]


def test_a_figure_outside_the_plausible_range():
    (warning,) = facts_from([row("park_area_km2", "9.1万", "km2")]).warnings
    assert warning.code == "implausible"
    assert "园区面积（park_area_km2）" in warning.zh and "9.1万 km2" in warning.zh
    assert "(park_area_km2)" in warning.en


@pytest.mark.parametrize(
    ("quantity", "value", "unit"),
    [
        ("park_area_km2", "-1", "km2"),
        ("employees", "-3", "人"),
        ("dominant_sector_share", "120", "%"),
        ("dominant_sector_share", "-2", "%"),
        ("major_environmental_incidents", -1, "count"),
    ],
)
def test_an_impossible_value_is_an_error_with_its_repair(quantity, value, unit):
    with pytest.raises(InputError) as error:
        found([row(quantity, value, unit)])
    (problem,) = error.value.problems
    assert (problem.code, problem.severity) == ("impossible-value", "error")
    assert problem.place.row == 1 and problem.repair_zh and problem.repair_en
    assert quantity in problem.zh and quantity in problem.en


def test_what_may_be_negative_stays_a_figure():
    assert found([row("electricity_co2_t", "-5", "tCO2"), row("mean_urban_temperature_c", "-5", "℃")]) == []


def test_half_a_firm():
    assert found([row("firms_total", "23.5", "家")]) == ["not-whole"]
    assert found([row("employees", "3.25万", "人"), row("park_area_km2", "9.5", "km2")]) == []


@pytest.mark.parametrize(("value", "unit", "code"), [("120", "%", 1), ("-3", "%", 1), ("98", "%", 0), ("120", "1", 0)])
def test_a_reported_rate_outside_0_to_100_percent(value, unit, code):
    assert found([row("waste.utilisation", value, unit)]) == ["implausible-rate"] * code


def years(*given, subject="p"):
    """Facts with so many figures (of quantities that nothing relates) in each year."""
    names = ("park_area_km2", "rainfall_mm", "pm25_ug_m3")
    units = ("km2", "mm", "ug/m3")
    return [row(names[i], "9", units[i], str(year), subject) for year, n in given for i in range(n)]


@pytest.mark.parametrize(
    ("given", "odd"),
    [
        ([(2021, 3), (2022, 3), (2023, 3)], []),
        ([(2021, 3), (2022, 3), (2099, 3)], ["2099"]),
        ([(2022, 3), (2032, 2), (2033, 1)], ["2032", "2033"]),
        ([(2015, 3), (2022, 3), (2023, 3)], []),
        ([(2012, 1), (2022, 3), (2023, 3)], ["2012"]),
        ([(2019, 3), (2023, 3)], ["2023"]),
        ([(2020, 3), (2023, 3)], []),
    ],
)
def test_a_year_that_stands_alone(given, odd):
    warnings = [w for w in facts_from(years(*given)).warnings if w.code == "isolated-year"]
    assert [w.en[:4] for w in warnings if "is the year right?" in w.en] == odd


def test_the_only_year_of_a_firm_is_held_against_the_others():
    firm = years((2099, 1), subject="f")
    assert "isolated-year" in found(years((2022, 3), (2023, 3)) + firm)
    assert found(firm) == []


def test_a_jump_from_year_to_year():
    rows = [row("energy_total_tce", "100", "tce", "2022"), row("energy_total_tce", "1000", "tce")]
    assert found(rows) == ["jump"]
    rows[1]["value"] = "250"
    assert found(rows) == []


def test_a_part_larger_than_its_whole():
    rows = [row("energy_industrial_tce", "101", "tce"), row("energy_total_tce", "100", "tce")]
    assert found(rows) == ["part-exceeds-whole"]


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


# -- the energy of products: any unit, the same on both sides ---------------------------------------------------------


def product(used, limit, code="cement_clinker"):
    """A product's measured energy and its grade 2 limit, each as (number, unit)."""
    by = f"product={code}"
    return [row("product_specific_energy", *used, by=by), row("energy_limit_grade2", *limit, by=by)]


@pytest.mark.parametrize("unit", ["kgce/t", "千克标准煤/吨", "gce/kWh", "tce/10k CNY", "kWh/t", "per unit"])
def test_the_energy_of_a_product_takes_the_unit_of_its_limit_standard(unit):
    facts = facts_from(product(("100", unit), ("107", unit)))
    assert [o.value for o in facts.observations] == [100, 107]
    assert facts.warnings == ()


def test_two_products_may_have_two_units():
    assert (
        found([*product(("100", "kgce/t"), ("107", "kgce/t")), *product(("9", "kWh/t"), ("9", "kWh/t"), "lime")]) == []
    )


def test_two_spellings_of_one_unit_are_one():
    assert found(product(("100", "kgce/t"), ("107", "千克标准煤/吨"))) == []


def test_two_units_on_the_two_sides_are_an_error_that_names_both_places():
    rows = product(("100", "kgce/t"), ("0.107", "tce/t"))
    with pytest.raises(InputError) as error:
        facts_from(rows)
    (problem,) = error.value.problems
    assert problem.code == "unequal-units"
    assert problem.place.row == 1
    assert "row 2" in problem.en and "kgce/t" in problem.en and "tce/t" in problem.en
    kept = facts_from([*rows, row("park_area_km2", "9", "km2")], set_aside=True)
    assert [o.quantity for o in kept.observations] == ["energy_limit_grade2", "park_area_km2"]
    assert [p.code for _, p in kept.rejected] == ["unequal-units"]


@pytest.mark.parametrize("unit", ["", "kgcee/t"])
def test_the_energy_of_a_product_without_a_known_unit_is_an_error(unit):
    with pytest.raises(InputError) as error:
        facts_from(product(("100", unit), ("107", "kgce/t")))
    assert error.value.problems[0].code == "unknown-unit"
    assert "kgce/t" in error.value.problems[0].repair_zh


# -- fresh water or all water -----------------------------------------------------------------------------------------


def water(intensity, reuse, period="2017"):
    return [
        row("water.intensity_iva", intensity, "m3/10k CNY", period),
        row("water.industrial_reuse", reuse, "%", period),
    ]


def test_a_chemical_park_that_reuses_nearly_all_water_and_still_draws_much_is_asked_which_water_it_means():
    (warning,) = facts_from(water("30.76", "96.5")).warnings
    assert warning.code == "fresh-or-total-water"
    assert "96.5 %" in warning.en and "30.76 m3" in warning.en
    assert "fresh water, not all water" in warning.repair_en
    assert "新鲜水量" in warning.repair_zh


@pytest.mark.parametrize(("intensity", "reuse"), [("8", "96.5"), ("30.76", "89.9"), ("30.76", "75")])
def test_high_reuse_or_high_use_alone_is_no_question(intensity, reuse):
    assert found(water(intensity, reuse)) == []


def test_the_same_is_asked_of_amounts():
    rows = [
        row("industrial_fresh_water_m3", "3", "10k m3"),
        row("industrial_water_reused_m3", "90", "10k m3"),
        row("industrial_value_added", "1000", "10k CNY"),
    ]
    (warning,) = facts_from(rows).warnings
    assert (warning.code, warning.place.row) == ("fresh-or-total-water", 1)
