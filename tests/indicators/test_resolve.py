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


# -- quarters and months -----------------------------------------------------------------------------------------------


def within(quantity, values, unit):
    """Rows of quarters (keys 1 to 4) and months (keys "01" to "12")."""
    periods = {k: f"2023-Q{k}" if isinstance(k, int) else f"2023-{k}" for k in values}
    return [(quantity, periods[k], str(v), unit) for k, v in values.items()]


MONTHS = {f"{m:02d}": m for m in range(1, 13)}


def test_a_quarter_and_the_months_of_the_other_quarters_make_a_year():
    later = {k: v for k, v in MONTHS.items() if v > 3}
    trace = look(facts(*within("industrial_fresh_water_m3", {1: 6, **later}, "m3")), "industrial_fresh_water_m3")
    assert trace.value == 78
    assert len(trace.inputs) == 10
    missing = look(facts(*within("industrial_fresh_water_m3", {1: 6, 2: 7, 3: 8}, "m3")), "industrial_fresh_water_m3")
    assert [str(i) for i in missing.value.items] == ["industrial_fresh_water_m3@2023-Q4"]


def test_a_quarter_wins_over_its_months_and_a_difference_is_a_finding():
    for quarter, findings in ((6, 0), (9, 1)):
        lookup = SubjectLookup(facts(*within("industrial_fresh_water_m3", {1: quarter, **MONTHS}, "m3")), "park")
        assert lookup.resolve(Leaf("name", ("industrial_fresh_water_m3",)), Y).value == 72 + quarter
        assert len(lookup.findings) == findings


def test_a_typed_year_against_its_quarters_is_a_finding():
    quarters = within("industrial_fresh_water_m3", {1: 1, 2: 1, 3: 1, 4: 1}, "m3")
    for year_, findings in (("4.05", 0), ("5", 1)):
        lookup = SubjectLookup(facts(("industrial_fresh_water_m3", "2023", year_, "m3"), *quarters), "park")
        assert lookup.resolve(Leaf("name", ("industrial_fresh_water_m3",)), Y).value == F(year_)
        assert len(lookup.findings) == findings


def test_the_catalogue_says_how_a_year_is_made():
    quarters = {1: 40, 2: 30, 3: 20, 4: 50}
    assert look(facts(*within("pm25_ug_m3", quarters, "ug/m3")), "pm25_ug_m3").value == 35
    assert look(facts(*within("pm25_ug_m3", {1: 6, **{k: v for k, v in MONTHS.items() if v > 3}}, "ug/m3")),
                "pm25_ug_m3").value == F(6 + 5 + 8 + 11, 4)  # fmt: skip
    assert look(facts(*within("park_area_km2", quarters, "km2")), "park_area_km2").value == 50
    assert look(facts(*within("park_area_km2", {"12": 7, "11": 9}, "km2")), "park_area_km2").value == 7
    assert look(facts(*within("good_air_days", quarters, "day")), "good_air_days").value == 140
    assert look(facts(*within("firms_total", quarters, "count")), "firms_total").value == 50


def test_a_stock_needs_its_last_period_only():
    missing = look(facts(*within("park_area_km2", {"10": 7, "11": 9}, "km2")), "park_area_km2")
    assert [str(i) for i in missing.value.items] == ["park_area_km2@2023-12"]


def test_quarters_of_what_makes_no_year_are_told():
    missing = look(facts(*within("dominant_sector_share", {1: 1, 2: 2, 3: 3, 4: 4}, "%")), "dominant_sector_share")
    assert [str(i) for i in missing.value.items] == ["dominant_sector_share@2023"]
    assert "do not make a year" in missing.value.reason.en


def test_a_breakdown_may_be_given_by_quarter():
    rows = [("fuel_consumption", f"2023-Q{q}", "10", "t", "fuel=diesel") for q in range(1, 5)]
    found = facts(*rows, ("fuel_consumption", "2023", "2", "t", "fuel=coke"))
    assert look(found, "part(fuel_consumption, 'fuel=diesel')").value == 40
    missing = look(facts(*rows[1:]), "part(fuel_consumption, 'fuel=diesel')")
    assert [str(i) for i in missing.value.items] == ["fuel_consumption[fuel=diesel]@2023-Q1"]


# -- firms by code -----------------------------------------------------------------------------------------------------


PARK = [Subject("park"), *(Subject(f, kind="firm", parent="park") for f in ("f1", "f2"))]


def burnt(subject, amount, by, period="2023", unit="t"):
    return (subject, "fuel_consumption", period, amount, unit, by, "")


def test_firms_add_up_code_by_code_over_everything_they_burn():
    rows = [burnt("f1", "10", "fuel=diesel"), burnt("f1", "4", "fuel=coke"), burnt("f2", "6", "fuel=gasoline")]
    found = facts(*rows, subjects=PARK, factors={"confirm": "all"})
    assert look(found, "part(fuel_consumption, 'fuel=diesel')").value == 10
    assert look(found, "part(fuel_consumption, 'fuel=anthracite')").value == 0
    each = [
        look(facts(("fuel_consumption", "2023", r[3], "t", r[5]), factors={"confirm": "all"}),
             "sum_with_factor(fuel_consumption, 'fuel.co2')").value
        for r in rows
    ]  # fmt: skip
    assert look(found, "sum_with_factor(fuel_consumption, 'fuel.co2')").value == sum(each)
    assert look(found, "fuel_use_co2_t").value == sum(each)


def test_a_firm_that_gave_no_fuel_at_all_leaves_the_sum_open():
    found = facts(burnt("f1", "10", "fuel=diesel"), subjects=PARK, factors={"confirm": "all"})
    part = look(found, "part(fuel_consumption, 'fuel=diesel')")
    assert [str(i) for i in part.value.items] == ["fuel_consumption[fuel=diesel]@2023"]
    assert "1 of 2" in part.value.reason.en
    assert "10 t" in part.value.reason.en
    total = look(found, "sum_with_factor(fuel_consumption, 'fuel.co2')")
    assert [str(i) for i in total.value.items] == ["fuel_consumption@2023"]
    told = facts(burnt("f1", "10", "fuel=diesel"), ("f2", "fuel_consumption", "2023", "n/a", "t", "fuel=diesel", "no boiler"),
                 subjects=PARK)  # fmt: skip
    assert look(told, "part(fuel_consumption, 'fuel=diesel')").value == 10


def test_a_coarser_row_does_not_say_that_a_use_is_zero():
    found = facts(burnt("f1", "10", "fuel=diesel"), burnt("f2", "6", "fuel=diesel;use=feedstock"), subjects=PARK)
    assert look(found, "part(fuel_consumption, 'fuel=diesel')").value == 16
    assert isinstance(look(found, "part(fuel_consumption, 'fuel=diesel;use=feedstock')").value, Missing)


def emitted(subject, **amounts):
    return [(subject, "pollutant_emission_t", "2023", v, "t", f"pollutant={p}", "") for p, v in amounts.items()]


def test_a_closed_list_of_firms_needs_every_code_of_every_firm():
    whole = emitted("f1", cod="1", nh3n="2", so2="3", nox="4")
    caps = [("pollutant_cap_t", "2023", "6", "t", f"pollutant={p}") for p in ("cod", "nh3n", "so2", "nox")]
    ask = "all_within(pollutant_emission_t, pollutant_cap_t)"
    both = facts(*whole, *emitted("f2", cod="1", nh3n="0", so2="3", nox="1"), *caps, subjects=PARK)
    assert look(both, "total(pollutant_emission_t)").value == 15
    assert look(both, "pollutant_emission_t").value == 15
    assert look(both, ask).value is True
    hole = facts(*whole, *emitted("f2", cod="1", nh3n="0", so2="3"), *caps, subjects=PARK)
    assert look(hole, "part(pollutant_emission_t, 'pollutant=so2')").value == 6
    assert [str(i) for i in look(hole, "total(pollutant_emission_t)").value.items] == [
        "pollutant_emission_t[pollutant=nox]@2023"
    ]
    assert isinstance(look(hole, ask).value, Missing)
    beyond = facts(*whole, *emitted("f2", cod="9"), *caps, subjects=PARK)
    assert look(beyond, ask).value is False


def test_a_cap_of_every_product_is_multiplied_by_what_firms_make():
    rows = [(f, "product_output", "2023", "10", "t", "product=cement_clinker", "") for f in ("f1", "f2")]
    factor = ("process_emission_factor", "2023", "0.5", "tCO2/t", "product=cement_clinker")
    assert look(facts(*rows, factor, subjects=PARK), "industrial_process_co2_t").value == 10


def test_rows_of_the_park_win_over_those_of_its_firms():
    rows = [
        ("fuel_consumption", "2023", "9", "t", "fuel=diesel"),
        burnt("f1", "10", "fuel=diesel"),
        burnt("f2", "3", "fuel=diesel"),
    ]
    lookup = SubjectLookup(facts(*rows, subjects=PARK), "park")
    assert lookup.resolve(Leaf("part", ("fuel_consumption", "fuel=diesel")), Y).value == 9
    assert len(lookup.findings) == 1


def test_a_firm_says_its_year_by_months_or_by_codes():
    water = [("f1", "industrial_fresh_water_m3", f"2023-{m:02d}", "1", "m3", "", "") for m in range(1, 13)]
    typed = ("f2", "industrial_fresh_water_m3", "2023", "5", "m3", "", "")
    assert look(facts(*water, typed, subjects=PARK), "industrial_fresh_water_m3").value == 17
    short = look(facts(*water[1:], typed, subjects=PARK), "industrial_fresh_water_m3")
    assert "1 of 2" in short.value.reason.en
    made = [("f1", "product_output", "2023", "3", "t", f"product={p}", "") for p in ("lime", "cement_clinker")]
    typed = ("f2", "product_output", "2023", "5", "t", "", "")
    assert look(facts(*made, typed, subjects=PARK), "product_output").value == 11


def test_what_does_not_apply_to_any_firm_does_not_apply_to_the_park():
    rows = [(f, "waste_cold_available_gj", "2023", "n/a", "GJ", "", "no cooling") for f in ("f1", "f2")]
    assert look(facts(*rows, subjects=PARK), "waste_cold_available_gj").kind == "not_applicable"


def test_a_figure_of_the_park_below_what_some_firms_report_is_a_finding():
    for given, findings in (("4", 0), ("3", 1)):
        rows, subjects = firms("1", None, "3")
        lookup = SubjectLookup(
            facts(("industrial_fresh_water_m3", "2023", given, "m3"), *rows, subjects=subjects), "park"
        )
        assert lookup.resolve(Leaf("name", ("industrial_fresh_water_m3",)), Y).value == F(given)
        assert len(lookup.findings) == findings
        assert all("less than what has been reported" in t.en for t in lookup.findings.values())


# -- computed totals ---------------------------------------------------------------------------------------------------


def test_a_computed_total_names_what_it_really_lacks():
    diesel = ("fuel_consumption", "2023", "10", "t", "fuel=diesel")
    found = facts(diesel, factors={"confirm": ["fuel.co2"]})
    trace = look(found, "co2_emissions_t")
    assert [str(i) for i in trace.value.items] == ["electricity_consumption_kwh@2023"]
    assert trace.value.reason.en.endswith("or directly: CO2 emissions")
    unconfirmed = look(facts(diesel, ("electricity_consumption_kwh", "2023", "1", "kWh")), "co2_emissions_t")
    assert [str(i) for i in unconfirmed.value.items] == ["factor.fuel.co2.diesel@2023"]


def test_a_total_of_which_nothing_is_known_names_its_inputs():
    trace = look(facts(("park_area_km2", "2023", "9", "km2")), "co2_emissions_t")
    assert [str(i) for i in trace.value.items] == ["fuel_consumption@2023", "electricity_consumption_kwh@2023"]
    assert trace.value.reason.en.count("or directly") == 1
