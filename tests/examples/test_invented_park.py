"""The invented park: it adds up, it is the same every time, and its story is what the figures say."""

from __future__ import annotations

import json
from fractions import Fraction

import polars as pl
import pytest
from shapely import union_all
from shapely.geometry import shape

from ecopark.core.period import ALWAYS, Period
from ecopark.examples.codes import INVENTED_PREFIX, check_character, is_valid_credit_code, organisation_check_character
from ecopark.examples.firms import COLUMNS, DECIMALS
from ecopark.examples.industries import GROUPS, INDUSTRIES
from ecopark.examples.invented_park import InventedPark, invented_park
from ecopark.observations.checks import quality_checks
from ecopark.observations.model import Facts
from ecopark.observations.reading import read_facts

PARK = "yunqi"
LAST = 2025


@pytest.fixture(scope="module")
def park() -> InventedPark:
    return invented_park()


@pytest.fixture(scope="module")
def facts(park: InventedPark) -> Facts:
    return park.facts()


def given(facts: Facts, quantity: str, year: int, by: str = "") -> Fraction:
    """The park's own figure, or else the sum over its active firms, all of which must report."""
    period = Period(year)
    if (own := facts.get(PARK, quantity, period, by)) is not None:
        assert isinstance(own.value, Fraction)
        return own.value
    firms = [s for s in facts.children(PARK) if s.active(period)]
    values = [facts.get(s.id, quantity, period, by) for s in firms]
    assert all(v is not None for v in values), f"{quantity} {year}: not every active firm reports"
    return sum((v.value for v in values if v is not None), Fraction(0))  # type: ignore[misc]


def growth(facts: Facts, quantity: str, year: int) -> float:
    return float(given(facts, quantity, year) / given(facts, quantity, year - 3)) ** (1 / 3) - 1


def hj274_mandatory(facts: Facts, year: int) -> dict[int, bool]:
    """The seventeen mandatory clauses worked out by hand, construction period of three years."""

    def q(quantity: str) -> Fraction:
        return given(facts, quantity, year)

    added = growth(facts, "industrial_value_added_const", year)
    assert added > 0
    emissions = [f"emission_{p}_t" for p in ("cod", "nh3n", "so2", "nox")]
    intensity = [
        float(given(facts, "co2_emissions_t", y) / given(facts, "industrial_value_added_const", y))
        for y in (year - 3, year)
    ]
    waste = q("solid_waste_utilised_current_t") + q("solid_waste_disposed_current_t")
    caps = all(
        given(facts, "pollutant_emission_t", year, f"pollutant={p}")
        <= given(facts, "pollutant_cap_t", year, f"pollutant={p}")
        for p in ("cod", "nh3n", "so2", "nox")
    )
    plant = facts.get(PARK, "centralised_wastewater_treatment", Period(year))
    return {
        5: q("eco_chain_projects_new") >= 6,
        10: growth(facts, "energy_industrial_tce", year) / added <= 0.6,
        13: growth(facts, "industrial_fresh_water_m3", year) / added <= 0.55,
        17: q("key_sources_compliant") == q("key_sources_total"),
        18: caps,
        19: q("major_environmental_incidents") == 0,
        20: q("env_mgmt_score") == 100,
        21: q("enterprises_cp_audited") == q("enterprises_cp_required"),
        22: plant is not None and plant.value is True,
        23: q("env_risk_score") == 100,
        24: waste == q("solid_waste_generated_incl_hazardous_t"),
        25: sum(growth(facts, e, year) / added for e in emissions) / 4 <= 0.3,
        26: 1 - (intensity[1] / intensity[0]) ** (1 / 3) >= 0.03,
        29: q("green_cover_area_km2") / q("park_area_km2") >= Fraction(15, 100),
        30: q("key_enterprises_disclosing") == q("key_enterprises_total"),
        31: q("info_platform_score") == 100,
        32: q("publicity_events") >= 2,
    }


@pytest.mark.parametrize(("firms", "seed"), [(50, 7), (30, 1), (50, 8), (120, 2024), (700, 3)])
def test_exactly_the_water_clause_fails_in_the_last_year_and_none_before(firms: int, seed: int) -> None:
    facts = invented_park(firms, seed).facts()
    for year in (2023, 2024):
        assert all(hj274_mandatory(facts, year).values()), year
    failed = [number for number, met in hj274_mandatory(facts, LAST).items() if not met]
    assert failed == [13]


@pytest.mark.parametrize(("firms", "seed"), [(50, 7), (30, 1), (700, 3)])
def test_every_option_set_has_a_clause_that_is_met(firms: int, seed: int) -> None:
    facts = invented_park(firms, seed).facts()
    for year in (2023, 2024, LAST):
        va = given(facts, "industrial_value_added", year)
        waste = given(facts, "solid_waste_utilised_t", year) / (
            given(facts, "solid_waste_generated_t", year) + given(facts, "solid_waste_utilised_from_stock_t", year)
        )
        assert va / given(facts, "industrial_employees", year) >= 15
        assert Fraction(70, 100) <= waste <= 1
        assert va / 10_000 / given(facts, "industrial_land_area_km2", year) >= 9
        assert given(facts, "energy_industrial_tce", year) / va <= Fraction(1, 2)
        assert given(facts, "industrial_fresh_water_m3", year) / va <= 8
        assert given(facts, "industrial_wastewater_discharge_t", year) / va <= 7


def test_without_the_plant_the_water_clause_would_be_met(park: InventedPark, facts: Facts) -> None:
    plant = park.firms.ids[park.firms.plant]
    totals = {}
    for quantity in ("industrial_fresh_water_m3", "industrial_value_added_const"):
        own = facts.get(plant, quantity, Period(LAST))
        assert own is not None
        assert isinstance(own.value, Fraction)
        rest = given(facts, quantity, LAST) - own.value
        totals[quantity] = float(rest / given(facts, quantity, LAST - 3)) ** (1 / 3) - 1
    without = totals["industrial_fresh_water_m3"] / totals["industrial_value_added_const"]
    assert without == pytest.approx(park.water_elasticity(without_plant=True))
    assert without < 0.2
    assert park.water_elasticity() == pytest.approx(
        growth(facts, "industrial_fresh_water_m3", LAST) / growth(facts, "industrial_value_added_const", LAST)
    )
    assert 0.7 < park.water_elasticity() < 0.9


def test_the_story_names_the_plant_its_group_and_the_clause(park: InventedPark) -> None:
    plant = park.firms.plant
    assert park.firms.groups[plant] == "G02"
    assert INDUSTRIES[park.firms.industry[plant]].code == "3973"
    for text in (park.story.zh, park.story.en):
        assert park.firms.names[plant] in text
        assert "0.55" in text
        assert "{" not in text
        assert f"{park.water_elasticity():.2f}" in text


def test_the_way_out_of_the_story_works(park: InventedPark, facts: Facts) -> None:
    start = given(facts, "industrial_fresh_water_m3", LAST - 3)
    added = growth(facts, "industrial_value_added_const", LAST)
    allowed = float(start) * (1 + 0.55 * added) ** 3
    excess = (float(given(facts, "industrial_fresh_water_m3", LAST)) - allowed) / 10_000
    assert f"约{excess:.0f}万 m³" in park.story.zh
    plant = facts.get(park.firms.ids[park.firms.plant], "industrial_fresh_water_m3", Period(LAST))
    assert plant is not None
    assert isinstance(plant.value, Fraction)
    assert excess * 10_000 < plant.value


def test_the_only_finding_of_the_quality_checks_is_the_plant(park: InventedPark, facts: Facts) -> None:
    findings = quality_checks(facts)
    assert [f.code for f in findings] == ["jump"]
    assert "industrial_fresh_water_m3 in 2025" in findings[0].en


def test_park_totals_are_sums_of_firms(facts: Facts) -> None:
    for year in range(2020, LAST + 1):
        for code in ("cod", "nh3n", "so2", "nox"):
            own = given(facts, "pollutant_emission_t", year, f"pollutant={code}")
            assert own == given(facts, f"emission_{code}_t", year)
        kinds = ("direct_nonfossil", "green_certificate", "other")
        by_kind = {k: given(facts, "electricity_in_kwh", year, f"kind={k}") for k in kinds}
        assert sum(by_kind.values()) == given(facts, "electricity_consumption_kwh", year)
        assert by_kind["direct_nonfossil"] + by_kind["green_certificate"] == given(
            facts, "renewable_electricity_kwh", year
        )
        assert given(facts, "solid_waste_generated_incl_hazardous_t", year) == given(
            facts, "solid_waste_generated_t", year
        ) + given(facts, "hazardous_waste_generated_t", year)


def test_energy_of_a_firm_follows_from_its_carriers(park: InventedPark) -> None:
    f = park.firms
    for i in range(len(f.ids)):
        if not f.active[i, 0]:
            continue
        amount = {k: f.values[k][i, 0] / 10**d for k, d in DECIMALS.items()}
        tce = amount["power"] / 10_000 * 3 + (amount["heat_fossil"] + amount["heat_nonfossil"]) * 0.0341
        tce += amount["gas"] * 13.3 + amount["diesel"] * 1.4571 + amount["coal"] * 0.7143
        assert amount["energy_total"] == pytest.approx(tce, abs=0.006)
        assert amount["energy"] in (amount["energy_total"], 0)


@pytest.mark.parametrize("firms", [50, 2000])
def test_firms_are_plausible_one_by_one(firms: int) -> None:
    v = invented_park(firms).firms.values
    active = invented_park(firms).firms.active
    for values in v.values():
        assert (values >= 0).all()
        assert (values[~active] == 0).all()
    assert (v["va"] <= v["output"]).all()
    assert (v["power_renewable"] <= v["power"]).all()
    assert (v["wastewater"] <= v["fresh_water"]).all()
    assert (v["waste_used"] <= v["waste"] + v["waste_from_stock"]).all()
    assert (v["waste_all_used"] <= v["waste_all"]).all()
    assert (v["hazardous_used"] <= v["hazardous"]).all()
    assert (v["land"] / 10**6 < 20).all()


def test_the_same_seed_gives_the_same_park_and_another_seed_another() -> None:
    assert invented_park(40, 5).facts().fingerprint() == invented_park(40, 5).facts().fingerprint()
    assert invented_park(40, 5).geojson() == invented_park(40, 5).geojson()
    assert invented_park(40, 5).facts().fingerprint() != invented_park(40, 6).facts().fingerprint()


def test_rows_frame_and_facts_say_the_same(park: InventedPark, facts: Facts) -> None:
    rows = park.rows()
    frame = park.frame()
    assert len(rows) == frame.height == len(facts)
    key = ["subject", "quantity", "period", "by"]
    assert sorted(frame.select(*key, "value", "unit").rows()) == sorted(
        tuple(r[k] for k in (*key, "value", "unit")) for r in rows
    )
    assert frame.select(key).is_unique().all()
    numbers = park.frame(numeric=True)
    sums = (
        numbers.filter(pl.col("quantity") == "industrial_fresh_water_m3").group_by("period").agg(pl.col("value").sum())
    )
    for period, total in sums.rows():
        assert total == float(given(facts, "industrial_fresh_water_m3", int(period)))


def test_every_active_firm_reports_everything_and_only_while_active(facts: Facts) -> None:
    per_year = {}
    for subject in facts.children(PARK):
        for year in range(2020, LAST + 1):
            count = sum(1 for c in COLUMNS if facts.get(subject.id, c.quantity, Period(year), c.by))
            assert count == (len(COLUMNS) if subject.active(Period(year)) else 0)
        per_year[subject.id] = (subject.since, subject.until)
    assert any(since is not None and since > 2020 for since, _ in per_year.values())
    assert any(until is not None for _, until in per_year.values())


def test_ten_groups_four_three_three_and_every_group_has_firms(park: InventedPark) -> None:
    kinds = [kind for _, _, kind in GROUPS]
    assert [kinds.count(k) for k in ("industry", "innovation", "special")] == [4, 3, 3]
    for gid, _, _ in GROUPS:
        assert park.firms.groups.count(gid) >= 2
    firms = [s for s in park.subjects if s.kind == "firm"]
    assert all(dict(s.attributes)["industry_code"] in {i.code for i in INDUSTRIES} for s in firms)


def test_credit_codes_are_valid_different_and_of_no_real_region(park: InventedPark) -> None:
    codes = invented_park(2000).firms.credit_codes
    assert len(set(codes)) == 2000
    assert all(is_valid_credit_code(c) and c.startswith(INVENTED_PREFIX) for c in codes)
    assert all(organisation_check_character(c[8:16]) == c[16] for c in codes)
    assert not is_valid_credit_code(codes[0][:17] + ("0" if codes[0][17] != "0" else "1"))
    # The worked example of GB 32100 and that of GB 11714.
    assert check_character("91350100M000100Y4") == "3"
    assert organisation_check_character("D2143569") == "X"


def test_everything_is_labelled_invented(park: InventedPark) -> None:
    assert "虚构" in park.name.zh
    assert "invented" in park.name.en
    assert all("虚构" in s.name for s in park.subjects)
    assert all("虚构" in row["source"] for row in park.rows())
    for layer in park.geojson().values():
        assert all(f["properties"]["invented"] for f in layer["features"])


def test_parcels_have_the_land_of_their_firms_and_lie_apart_inside_their_groups(park: InventedPark) -> None:
    layers = park.geojson()
    groups = {f["properties"]["id"]: shape(f["geometry"]) for f in layers["groups"]["features"]}
    parcels = [(f["properties"], shape(f["geometry"])) for f in layers["parcels"]["features"]]
    km2 = 111.320 * 110.574 * 0.8553643  # square kilometres in a square degree at 31.2 degrees north
    for properties, polygon in parcels:
        assert groups[properties["group"]].covers(polygon)
        assert polygon.area * km2 == pytest.approx(properties["area_km2"], rel=0.01)
    for n, (_, one) in enumerate(parcels):
        assert not any(one.intersects(other) for _, other in parcels[n + 1 :])
    area = sum(g.area for g in groups.values()) * km2
    own = park.facts().get(PARK, "park_area_km2", Period(LAST))
    assert own is not None
    assert area == pytest.approx(float(own.value), rel=0.001)


def test_all_that_the_packs_ask_is_there_in_the_last_three_years(facts: Facts) -> None:
    assert facts.get(PARK, "water_region", ALWAYS) is not None
    for year in (2023, 2024, LAST):
        for quantity in ("renewable_energy_tce", "clean_energy_final_tce", "good_air_days", "enterprises_footprint"):
            assert given(facts, quantity, year) > 0
    assert facts.get(PARK, "good_air_days", Period(2021)) is None


def test_a_written_folder_is_read_back_as_the_same_facts(park: InventedPark, facts: Facts, tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder = park.write(tmp_path / "park")
    again = read_facts(folder)
    assert again.fingerprint() == facts.fingerprint()
    assert {s.id for s in again.subjects.values()} == set(facts.subjects)
    assert [w.code for w in again.warnings] == ["jump"]
    assert "虚构" in (folder / "park.toml").read_text(encoding="utf-8")
    for name in ("groups", "parcels", "roads"):
        assert json.loads((folder / "map" / f"{name}.geojson").read_text(encoding="utf-8"))["features"]


def test_other_years_keep_the_story() -> None:
    park = invented_park(60, 11, years=(2015, 2016, 2017, 2018, 2019))
    assert park.years[-1] == 2019
    assert park.water_elasticity() > 0.55 > park.water_elasticity(without_plant=True)


@pytest.mark.parametrize(
    ("firms", "years"), [(5, (2020, 2021, 2022, 2023)), (50, (2020, 2021, 2022)), (50, (2020, 2022, 2023, 2024))]
)
def test_too_few_firms_or_broken_years_are_refused(firms: int, years: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"invented park|years"):
        invented_park(firms, years=years)


def test_the_park_reports_the_fuel_of_its_firms_and_co2_follows_from_it(facts: Facts) -> None:
    factors = {"natural_gas_oilfield": 21.6219, "diesel": 3.1451, "bituminous_coal": 2.0715}
    co2 = 0.0
    for fuel, factor in factors.items():
        by = f"fuel={fuel};use=combustion"
        own = given(facts, "fuel_consumption", LAST, by)
        firms = [facts.get(s.id, "fuel_consumption", Period(LAST), by) for s in facts.children(PARK)]
        assert own == sum((o.value for o in firms if o is not None), Fraction(0))  # type: ignore[misc]
        co2 += float(own) * factor
    power = float(given(facts, "electricity_consumption_kwh", LAST))
    assert float(given(facts, "co2_emissions_t", LAST)) == pytest.approx(co2 + power / 1000 * 0.5306, abs=0.01)
    other = float(given(facts, "electricity_in_kwh", LAST, "kind=other"))
    heat = float(given(facts, "heat_in_gj", LAST, "kind=fossil"))
    expected = co2 + other / 1000 * 0.8325 + heat * 0.11
    assert float(given(facts, "park_co2_emissions_t", LAST)) == pytest.approx(expected, abs=0.01)


def test_nine_areas_of_four_grids_cover_the_park_once(park: InventedPark) -> None:
    layers = park.geojson()
    [boundary] = [shape(f["geometry"]) for f in layers["boundary"]["features"]]
    grids = [(f["properties"], shape(f["geometry"])) for f in layers["grids"]["features"]]
    assert len(grids) == len({p["id"] for p, _ in grids}) == 36
    areas = [p["area"] for p, _ in grids]
    assert {areas.count(a) for a in areas} == {4}
    assert len(set(areas)) == 9
    assert sum(g.area for _, g in grids) == pytest.approx(boundary.area, rel=1e-4)
    assert union_all([g for _, g in grids]).symmetric_difference(boundary).area < 1e-4 * boundary.area
