"""Where a figure comes from: typed, summed, rolled up, computed, reported, or missing."""

from fractions import Fraction

from ecopark.core.period import year
from ecopark.core.value import Missing
from ecopark.expr.expand import expand
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.indicators.factors import PackFactor
from ecopark.indicators.resolve import SubjectLookup
from ecopark.observations.model import Facts, Subject
from ecopark.observations.reading import facts_from

F = Fraction
Y = year(2023)


def facts(*rows, subjects=(), **settings):
    keys = ("subject", "quantity", "period", "value", "unit", "by", "note")
    known = {
        "waste.utilisation": "%",
        "hj274-2015/6": "%",
        "factor.fuel.co2.diesel": "tCO2/t",
        "factor.grid.average": "kgCO2/kWh",
    }
    data = [
        dict(zip(keys, ("park", *row) if len(row) < 7 and row[0] not in ("f1", "f2", "f3") else row)) for row in rows
    ]
    return facts_from(data, subjects, settings=settings, known_reported=known.get, checks=False)


def look(found: Facts, text: str, **kwargs):
    leaf = expand(parse(text))
    assert isinstance(leaf, Leaf)
    return SubjectLookup(found, "park", **kwargs).resolve(leaf, Y)


def test_a_typed_figure_keeps_its_source():
    trace = look(facts(("energy_industrial_tce", "2023", "3.2万", "吨标准煤")), "energy_industrial_tce")
    assert trace.value == 32000
    assert trace.kind == "observation"
    assert "3.2万" in trace.given


def test_what_nobody_gave_is_missing_and_named():
    trace = look(facts(("park_area_km2", "2023", "9", "km2")), "energy_industrial_tce")
    assert [str(i) for i in trace.value.items] == ["energy_industrial_tce@2023"]


def test_a_closed_list_with_a_hole_is_missing_and_zeros_count():
    rows = [
        ("electricity_in_kwh", "2023", "5", "kWh", "kind=other"),
        ("electricity_in_kwh", "2023", "0", "kWh", "kind=green_certificate"),
    ]
    assert [str(i) for i in look(facts(*rows), "total(electricity_in_kwh)").value.items] == [
        "electricity_in_kwh[kind=direct_nonfossil]@2023"
    ]
    rows.append(("electricity_in_kwh", "2023", "2", "kWh", "kind=direct_nonfossil"))
    assert look(facts(*rows), "total(electricity_in_kwh)").value == 7
    assert look(facts(*rows), "electricity_in_kwh").value == 7


def test_months_add_up_to_their_year_only_when_all_are_there():
    months = [("industrial_fresh_water_m3", f"2023-{m:02d}", str(m), "m3") for m in range(1, 13)]
    assert look(facts(*months), "industrial_fresh_water_m3").value == 78
    missing = look(facts(*months[:-1]), "industrial_fresh_water_m3")
    assert [str(i) for i in missing.value.items] == ["industrial_fresh_water_m3@2023-12"]


def firms(*values):
    rows = [
        (f"f{i + 1}", "industrial_fresh_water_m3", "2023", v, "m3", "", "")
        for i, v in enumerate(values)
        if v is not None
    ]
    subjects = [
        Subject("park", kind="park"),
        *(Subject(f"f{i + 1}", kind="firm", parent="park") for i in range(len(values))),
    ]
    return rows, subjects


def test_firms_roll_up_only_when_every_active_firm_reports():
    rows, subjects = firms("1", "2", "3")
    trace = look(facts(*rows, subjects=subjects), "industrial_fresh_water_m3")
    assert trace.value == 6
    assert trace.kind == "rollup"
    assert "3 of 3" in trace.note.en


def test_a_partial_roll_up_is_missing_with_its_lower_bound():
    rows, subjects = firms("1", None, "3")
    lookup = SubjectLookup(facts(*rows, subjects=subjects), "park")
    trace = lookup.resolve(Leaf("name", ("industrial_fresh_water_m3",)), Y)
    assert isinstance(trace.value, Missing)
    assert "2 of 3" in trace.value.reason.en
    assert lookup.partial == {("industrial_fresh_water_m3", "2023"): F(4)}


def test_a_firm_that_has_closed_need_not_report():
    rows, subjects = firms("1", None, "3")
    subjects[2] = Subject("f2", kind="firm", parent="park", until=2022)
    assert look(facts(*rows, subjects=subjects), "industrial_fresh_water_m3").value == 4


def test_the_direct_figure_wins_and_a_difference_is_a_finding():
    rows, subjects = firms("1", "2", "3")
    found = facts(("industrial_fresh_water_m3", "2023", "9", "m3"), *rows, subjects=subjects)
    lookup = SubjectLookup(found, "park")
    assert lookup.resolve(Leaf("name", ("industrial_fresh_water_m3",)), Y).value == 9
    assert len(lookup.findings) == 1


def test_a_rate_may_be_reported_and_the_computed_one_wins():
    reported = facts(("waste.utilisation", "2023", "98", "%"))
    trace = look(reported, "waste.utilisation")
    assert trace.value == 98
    assert trace.kind == "reported"
    both = facts(
        ("waste.utilisation", "2023", "98", "%"),
        ("solid_waste_utilised_t", "2023", "50", "t"),
        ("solid_waste_generated_t", "2023", "100", "t"),
        ("solid_waste_utilised_from_stock_t", "2023", "0", "t"),
    )
    lookup = SubjectLookup(both, "park")
    assert lookup.resolve(Leaf("name", ("waste.utilisation",)), Y).value == 50
    assert len(lookup.findings) == 1


def test_factors_are_measured_then_the_packs_then_the_tables():
    table = look(facts(("park_area_km2", "2023", "9", "km2")), "factor('grid.average')")
    assert table.value == F("0.5306")
    assert "year 2023" in table.note.en
    pack = look(
        facts(("park_area_km2", "2023", "9", "km2")),
        "factor('grid.average')",
        pack_factors=[PackFactor("grid.average.national", F("0.4"), "kgCO2/kWh")],
    )
    assert pack.value == F("0.4")


def test_a_factor_of_less_than_high_confidence_must_be_confirmed():
    row = ("fuel_consumption", "2023", "10", "t", "fuel=diesel")
    asked = look(facts(row), "sum_with_factor(fuel_consumption, 'fuel.co2')")
    assert isinstance(asked.value, Missing)
    assert "must be confirmed" in asked.value.reason.en
    told = look(facts(row, factors={"confirm": ["fuel.co2.diesel"]}), "sum_with_factor(fuel_consumption, 'fuel.co2')")
    assert told.value == F("31.451")


def test_a_measured_factor_needs_no_confirmation():
    rows = [("fuel_consumption", "2023", "10", "t", "fuel=diesel"), ("factor.fuel.co2.diesel", "2023", "3", "tCO2/t")]
    assert look(facts(*rows), "sum_with_factor(fuel_consumption, 'fuel.co2')").value == 30


def test_feedstock_is_left_out_of_combustion():
    rows = [
        ("fuel_consumption", "2023", "10", "t", "fuel=diesel;use=combustion"),
        ("fuel_consumption", "2023", "5", "t", "fuel=diesel;use=feedstock"),
    ]
    trace = look(
        facts(*rows, factors={"confirm": "all"}),
        "sum_with_factor(fuel_consumption, 'fuel.co2', exclude='use=feedstock')",
    )
    assert trace.value == F("31.451")


def test_every_pollutant_within_its_cap():
    def rows(**amounts):
        caps = [("pollutant_cap_t", "2023", "10", "t", f"pollutant={p}") for p in ("cod", "nh3n", "so2", "nox")]
        return facts(*caps, *(("pollutant_emission_t", "2023", v, "t", f"pollutant={p}") for p, v in amounts.items()))

    ask = "all_within(pollutant_emission_t, pollutant_cap_t)"
    assert look(rows(cod="10", nh3n="1", so2="1", nox="1"), ask).value is True
    assert look(rows(cod="10.01", nh3n="1", so2="1", nox="1"), ask).value is False
    assert isinstance(look(rows(cod="1", nh3n="1", so2="1"), ask).value, Missing)
    assert look(rows(cod="11", nh3n="1", so2="1"), ask).value is False


def test_a_figure_that_does_not_apply_is_missing_and_says_so():
    trace = look(
        facts(("waste_cold_available_gj", "2023", "n/a", "GJ", "", "no refrigeration")), "waste_cold_available_gj"
    )
    assert trace.kind == "not_applicable"
    assert isinstance(trace.value, Missing)


def test_two_reported_rates_that_contradict_each_other_are_a_finding():
    lookup = SubjectLookup(facts(("waste.utilisation", "2023", "80", "%"), ("hj274-2015/6", "2023", "60", "%")), "park")
    missing = lookup.resolve(Leaf("name", ("solid_waste_utilised_t",)), Y)
    found = lookup.or_reported(missing, ("hj274-2015/6", "waste.utilisation"), missing.label, "%", Y)
    assert found.value == 60
    assert len(lookup.findings) == 1
