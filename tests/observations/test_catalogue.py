"""The catalogue of quantities is complete, consistent and bilingual."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest
import yaml

from ecopark.core.rounding import exact
from ecopark.core.unit import unit
from ecopark.observations.quantity import Quantity, catalogue

CATALOGUE = catalogue()
NUMBERS = [q for q in CATALOGUE.quantities.values() if q.is_number]

# ids that other modules, packs and users rely on, by theme
_PRESENT = """
industrial_value_added industrial_value_added_const industrial_gross_output park_gdp tax_paid_10k_cny employees
industrial_employees land_area_mu floor_area_m2 dominant_sector_share dominant_sector_declared econ_region water_region
water_scarce_city energy_total_tce energy_industrial_tce energy_industrial_tce_calorific annual_energy_consumption_tce
clean_energy_consumption_tce renewable_energy_tce electricity_consumption_kwh electricity_in_kwh electricity_out_kwh
heat_in_gj heat_out_gj fuel_consumption conversion_input conversion_output emission_factor process_emission_factor
product_output product_specific_energy energy_limit_grade2 fuel_use_co2_t conversion_co2_t energy_activity_co2_t
indirect_co2_t electricity_co2_t heat_co2_t industrial_process_co2_t park_co2_emissions_t co2_emissions_t
industrial_fresh_water_m3 industrial_water_reused_m3 water_total_m3 wastewater_treated_m3 reclaimed_water_used_m3
solid_waste_generated_t solid_waste_utilised_t solid_waste_utilised_from_stock_t solid_waste_generated_incl_hazardous_t
emission_cod_t emission_nh3n_t emission_so2_t emission_nox_t emission_vocs_t pollutant_cap_t pollutant_emission_t
good_air_days monitored_days park_area_km2 industrial_land_area_km2 green_cover_area_km2 new_building_area
new_building_area_m2 new_green_building_area_m2 rd_expenditure rd_base fdi_used_million_usd trade_total_10k_cny
enterprises_cp_audited enterprises_cp_required key_sources_compliant major_environmental_incidents env_mgmt_score
resident_population public_green_area_m2 water_body_class pm25_ug_m3 rainfall_mm mean_urban_temperature_c
eip_monitoring_reports_per_year publicity_events green_plan_in_place park_management_entity_exists region
green_policies_implemented no_major_pollution_3y assigned_reduction_targets_met carbon_intensity_falling
environmental_zone_quality_met enterprise_discharge_within_limits pollutant_totals_within_caps no_eliminated_processes
green_body_exists green_staff environmental_energy_systems_in_place renewable_facilities_in_place
zero_carbon_applicant_eligible zero_carbon_scope_defined energy_carbon_statistics_foundation
no_major_safety_environment_accident_3y environmental_duties_fulfilled no_major_environmental_incident_3y
key_pollutants_stably_within_limits
"""


@pytest.mark.parametrize("name", _PRESENT.split())
def test_a_quantity_that_others_rely_on_is_present(name: str) -> None:
    assert name in CATALOGUE


@pytest.mark.parametrize("quantity", CATALOGUE.quantities.values(), ids=lambda q: q.id)
def test_every_entry_is_bilingual_and_has_a_known_department(quantity: Quantity) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", quantity.id)
    assert quantity.label.zh and quantity.label.en
    assert quantity.definition.zh and quantity.definition.en
    assert quantity.department in CATALOGUE.departments
    assert set(quantity.breakdowns) <= set(CATALOGUE.breakdowns)
    assert quantity.rollup in ("", "sum", "all", "any")


@pytest.mark.parametrize("quantity", NUMBERS, ids=lambda q: q.id)
def test_every_number_has_a_unit_that_parses(quantity: Quantity) -> None:
    if "by code" in quantity.unit:
        assert quantity.breakdowns
    else:
        assert unit(unit(quantity.unit).symbol) == unit(quantity.unit)


@pytest.mark.parametrize("quantity", [q for q in NUMBERS if q.kind != "attribute"], ids=lambda q: q.id)
def test_every_measured_number_has_a_plausible_range(quantity: Quantity) -> None:
    assert quantity.low is not None and quantity.high is not None
    assert quantity.low < quantity.high
    if quantity.unit == "%":
        assert (quantity.low, quantity.high) == (0, 100)


def test_flags_and_codes_have_no_unit() -> None:
    assert not [q.id for q in CATALOGUE.quantities.values() if not q.is_number and q.unit]


def test_the_two_regions_are_two_quantities() -> None:
    assert CATALOGUE["region"].id == "water_region"
    assert [c.id for c in CATALOGUE["water_region"].codes] == ["jing_jin_ji", "other"]
    assert [c.id for c in CATALOGUE["econ_region"].codes] == ["east", "central", "west"]


def test_amounts_at_constant_prices_are_marked() -> None:
    assert {q.id for q in CATALOGUE.quantities.values() if q.constant_price} == {"industrial_value_added_const"}


@pytest.mark.parametrize("pair", CATALOGUE.identities, ids=lambda p: f"{p[0]}<={p[1]}")
def test_part_and_whole_exist_and_are_in_comparable_units(pair: tuple[str, str]) -> None:
    part, whole = (CATALOGUE.quantities[name] for name in pair)
    assert unit(part.unit).compatible(unit(whole.unit))


def test_breakdown_codes_are_bilingual_and_their_units_parse() -> None:
    for breakdown in CATALOGUE.breakdowns.values():
        names = [name for code in breakdown.codes for name in (code.id, *code.aliases)]
        assert len(names) == len(set(names)), breakdown.id
        for code in breakdown.codes:
            assert code.label.zh and code.label.en
            assert not code.unit or unit(code.unit)
            assert breakdown.find(code.id) is code and breakdown.find(code.label.zh) is code


@pytest.mark.parametrize(
    ("breakdown", "typed", "code"),
    [
        ("electricity_kind", "direct_non_fossil", "direct_nonfossil"),
        ("electricity_kind", "绿证", "green_certificate"),
        ("heat_kind", "non_fossil", "nonfossil"),
        ("fuel", "柴油", "diesel"),
        ("fuel", "natural_gas", "natural_gas_oilfield"),
        ("pollutant", "NOx", "nox"),
    ],
)
def test_other_spellings_of_codes_are_read(breakdown: str, typed: str, code: str) -> None:
    found = CATALOGUE.breakdowns[breakdown].find(typed)
    assert found is not None and found.id == code


def test_names_in_formulas_are_known_quantities() -> None:
    words = {"part", "total", "sum_with_factor", "sum_product", "factor", "growth", "exclude"}
    for quantity in CATALOGUE.quantities.values():
        bare = re.sub(r'"[^"]*"', "", quantity.formula)
        assert set(re.findall(r"[a-z_][a-z0-9_]*", bare)) - words <= set(CATALOGUE.names), quantity.id


def _factors(name: str) -> list[dict[str, str]]:
    text = (files("ecopark.indicators") / "factors" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("name", ["energy_carbon.csv", "grid.csv"])
def test_every_factor_has_a_unit_a_source_and_one_value(name: str) -> None:
    rows = _factors(name)
    keys = [(r["family"], r["code"], r["year"]) for r in rows]
    assert len(keys) == len(set(keys))
    for row in rows:
        assert exact(row["value"]) >= 0
        assert unit(row["unit"])
        assert row["source"] and row["confidence"] in ("high", "medium", "derived", "unverified")
        assert bool(row["note_zh"]) == bool(row["note_en"])


def test_fuel_factors_fit_the_unit_of_their_fuel_and_their_own_basis() -> None:
    fuels = {code.id: code for code in CATALOGUE.breakdowns["fuel"].codes}
    for row in _factors("energy_carbon.csv"):
        if not row["family"].startswith("fuel."):
            continue
        amount = unit(row["unit"]) * unit(fuels[row["code"]].unit)
        assert amount.same_as(unit("tce" if row["family"] == "fuel.tce" else "tCO2"))
        if row["family"] == "fuel.co2":
            ncv, carbon, oxidation = re.findall(r"[\d.]+", row["basis"])[:3]
            product = exact(ncv) * exact(carbon) * exact(oxidation) * 44 / 12
            assert abs(product - exact(row["value"])) < exact("0.0001"), row["code"]


def test_zero_carbon_factors_cover_their_closed_lists() -> None:
    rows = {(r["family"], r["code"]) for r in _factors("energy_carbon.csv")}
    for family, breakdown in (("zcp.electricity", "electricity_kind"), ("zcp.heat", "heat_kind")):
        for code in CATALOGUE.breakdowns[breakdown].codes:
            assert (family, code.id) in rows


def test_shared_indicators_are_bilingual_and_use_known_quantities() -> None:
    seen: set[str] = set()
    folder = files("ecopark.indicators") / "catalogue"
    for path in folder.iterdir():
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert data["theme"]["zh"] and data["theme"]["en"]
        for entry in data["indicators"]:
            assert entry["id"] not in seen
            seen.add(entry["id"])
            assert entry["zh"] and entry["en"] and entry["direction"] in ("higher", "lower")
            assert unit(entry["unit"])
            bare = re.sub(r'"[^"]*"', "", entry["formula"])
            names = set(re.findall(r"[a-z_][a-z0-9_]*", bare)) - {"part", "total", "growth"}
            assert names and names <= set(CATALOGUE.names), entry["id"]
    assert {"energy.intensity_iva", "carbon.intensity", "waste.utilisation", "land.productivity"} <= seen


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("固废", "solid_waste_generated_t"),
        ("取水", "industrial_fresh_water_m3"),
        ("水耗", "water_total_m3"),
        ("从业人数", "employees"),
        ("危废", "hazardous_waste_generated_t"),
        ("hazardous_waste_t", "hazardous_waste_generated_t"),
        ("fresh water", "industrial_fresh_water_m3"),
        ("water industrial", "industrial_fresh_water_m3"),
        ("固废 填埋", "solid_waste_landfilled_t"),
        ("园区占地面积", "park_area_km2"),
        ("折标准煤", "energy_total_tce"),
    ],
)
def test_a_quantity_is_found_by_everyday_words(word: str, wanted: str) -> None:
    assert wanted in [q.id for q in CATALOGUE.like(word)]


def test_names_come_before_definitions_and_nonsense_finds_nothing() -> None:
    assert CATALOGUE.like("park_area")[0].id == "park_area_km2"
    assert CATALOGUE.like("qqqq") == [] and CATALOGUE.like("  ") == []


def test_search_words_are_not_names() -> None:
    words = {word for q in CATALOGUE.quantities.values() for word in q.words}
    assert words and not words & set(CATALOGUE.names)
