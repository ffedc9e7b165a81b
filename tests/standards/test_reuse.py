"""Typed once, reported everywhere: who needs what, what is there, and how one figure becomes another."""

from __future__ import annotations

from fractions import Fraction as F
from pathlib import Path

import pytest

from ecopark.core.value import Missing
from ecopark.errors import InputError
from ecopark.observations.model import Facts, Subject
from ecopark.packs.load import find_pack, load_pack, shipped_ids
from ecopark.standards.kindred import load_subjects
from ecopark.standards.needs import inputs_of
from ecopark.standards.reuse import Conversion, Likeness, conversions, likenesses, needs, restated
from ecopark.workflows.assess_park import assess, read_facts
from ecopark.workflows.reuse_facts import ReuseRow, ReuseTable, reuse_table
from tests.packs.samples import CLAUSES, write_pack

HJ, MIIT, ZERO, TIANJIN = "hj274-2015", "miit-green-park-2016", "zero-carbon-park-2025", "tianjin-eco-city-2008"


def facts(*rows: tuple[str, ...]) -> list[dict[str, str]]:
    keys = ("quantity", "value", "unit", "by", "period", "subject")
    filled = [(*row, *("", "2023", "p")[len(row) - 3 :]) if len(row) < 6 else row for row in rows]
    return [dict(zip(keys, row, strict=True)) for row in filled]


def table(*rows: tuple[str, ...], packs: tuple[str, ...] = (HJ, MIIT), period: str | None = "2023") -> ReuseTable:
    return reuse_table(read_facts(facts(*rows), checks=False), packs, period=period, subject="p")


def row_of(found: ReuseTable, name: str) -> ReuseRow:
    return next(r for r in found.rows if r.id == name)


def conversion(first: str, second: str) -> Conversion:
    packs = [find_pack(n.split("/")[0]) for n in (first, second)]
    return next(c for c in conversions(packs) if (c.first.id, c.second.id) == (first, second))


ENERGY = ("energy_industrial_tce", "5", "tce")


def test_a_quantity_names_every_pack_and_clause_that_uses_it() -> None:
    row = row_of(table(ENERGY), "industrial_fresh_water_m3")
    assert row.need.packs == (HJ, MIIT)
    assert {"hj274-2015/14", "miit-green-park-2016/7"} <= set(row.need.clauses)
    assert row.department["en"] == "water"


def test_earlier_years_are_asked_for() -> None:
    row = row_of(table(ENERGY), "industrial_value_added_const")
    assert [y for y, _ in row.years] == ["2020", "2022", "2023"]
    assert row_of(table(ENERGY), "energy_industrial_tce").missing_years == ("2020",)


def test_what_is_there_is_told_by_how_it_came() -> None:
    found = table(
        ENERGY,
        ("waste.utilisation", "98", "%"),
        ("electricity_in_kwh", "1", "kWh", "kind=other"),
        ("electricity_in_kwh", "2", "kWh", "kind=direct_nonfossil"),
        packs=(HJ, ZERO),
    )
    assert dict(row_of(found, "energy_industrial_tce").years) == {"2020": "missing", "2023": "given"}
    assert row_of(found, "solid_waste_utilised_from_stock_t").status == "reported"
    assert row_of(found, "electricity_in_kwh").status == "missing"
    assert "kind=green_certificate" in row_of(found, "electricity_in_kwh").need.codes


def test_firms_roll_up() -> None:
    rows = [
        {"subject": "p", "quantity": "park_area_km2", "period": "2023", "value": "3", "unit": "km2"},
        {"subject": "f", "quantity": "industrial_value_added", "period": "2023", "value": "3", "unit": "10k CNY"},
    ]
    read = read_facts(rows)
    read = Facts(read.observations, [Subject("p"), Subject("f", kind="firm", parent="p")])
    found = reuse_table(read, [HJ], "2023")
    assert row_of(found, "industrial_value_added").status == "rolled_up"


def test_a_derived_quantity_names_what_it_could_be_computed_from() -> None:
    found = table(ENERGY)
    row = row_of(found, "co2_emissions_t")
    assert row.status == "missing"
    assert row.need.inputs == ("fuel_use_co2_t", "electricity_consumption_kwh")
    text = next(r for r in found.rows_as_text("en") if r[1] == "co2_emissions_t")
    assert "or computed from fuel_use_co2_t" in text[6]


def test_those_that_most_packs_use_stand_first_and_among_them_what_is_missing() -> None:
    rows = table(ENERGY, ("solid_waste_generated_t", "5", "t"), packs=(HJ, MIIT, ZERO)).rows
    keys = [(-len(r.need.packs), r.status != "missing") for r in rows]
    assert keys == sorted(keys)


@pytest.mark.parametrize("name", [n for n in shipped_ids() if not find_pack(n).is_frame])
def test_what_an_assessment_misses_is_what_reuse_lists_as_missing(name: str) -> None:
    rows = facts(("park_area_km2", "3", "km2"))
    listed = {r.id for r in table(("park_area_km2", "3", "km2"), packs=(name,)).rows if r.missing_years}
    listed |= {made_of for quantity in listed for made_of in inputs_of(quantity)}
    asked = set()
    for clause in assess(rows, name, period="2023", subject="p").clauses:
        if isinstance(clause.value, Missing):
            asked |= {i.quantity for i in clause.value.items if not i.quantity.startswith("factor.")}
    assert asked <= listed


def test_every_pack_can_be_walked_with_and_without_a_year() -> None:
    packs = [find_pack(n) for n in shipped_ids()]
    assert {n.quantity.id for n in needs(packs, 2020)} <= {n.quantity.id for n in needs(packs)}


def test_a_park_without_figures_gets_years_before_the_one_to_be_assessed() -> None:
    found = reuse_table(Facts([], [Subject("p")]), [HJ])
    assert found.period == ""
    assert [y for y, _ in row_of(found, "industrial_value_added_const").years] == ["t-3", "t"]


@pytest.mark.parametrize(("period", "subject"), [("2023-05", "p"), ("soon", "p"), ("2023", "q")])
def test_wrong_period_or_subject(period: str, subject: str) -> None:
    with pytest.raises(InputError):
        reuse_table(read_facts(facts(ENERGY)), [HJ], period, subject)


def test_several_parks_must_be_told_apart() -> None:
    read = read_facts(facts(ENERGY, ("park_area_km2", "1", "km2", "", "2023", "q")))
    with pytest.raises(InputError, match="say which"):
        reuse_table(read, [HJ])


def test_the_table_says_itself_in_both_languages_and_as_data() -> None:
    found = table(ENERGY)
    assert len(found.rows_as_text("zh")) == len(found.rows) + 1 == found.to_frame().height + 1
    assert found.rows_as_text("zh")[0][0] == "数据项"
    assert "2 pack(s) need" in found.sentence("en")
    assert "2 项标准共需" in found.sentence("zh")
    assert {q["quantity"] for q in found.to_dict()["quantities"]} == {r.id for r in found.rows}


# -- conversions -------------------------------------------------------------------------------------------------------


def test_an_inverse_ratio_is_found_and_its_limit_restated() -> None:
    found = conversion("hj274-2015/11", "miit-green-park-2016/1")
    assert (found.relation, found.factor) == ("akin_inverse", 1)
    assert "miit-green-park-2016/1 benchmark 3 10k CNY/tce ≈ benchmark 0.3333 tce/10k CNY" in found.limits
    assert "hj274-2015/11 <= 0.5 tce/10k CNY = >= 2 10k CNY/tce" in found.limits
    assert "constant price" in found.note.en


def test_water_productivity_is_converted_by_the_units() -> None:
    assert conversion("hj274-2015/14", "miit-green-park-2016/4").factor == 10000


def test_the_same_indicator_in_two_packs_is_the_same() -> None:
    found = conversion("hj274-2015/6", "miit-green-park-2016/6")
    assert (found.relation, found.factor, found.limits) == ("same", 1, ())


def test_tonnes_of_carbon_and_of_co2() -> None:
    found = next(r for r in restated([find_pack(TIANJIN)]) if r.clause.tail == "5")
    assert (found.factor, found.by_units, found.typed_unit) == (F(12, 44), False, "tCO2/million USD")
    assert "<= 150 tC/million USD = <= 550 tCO2/million USD" in found.limit


def test_a_share_of_one_thing_is_no_share_of_another() -> None:
    pairs = {(c.first.id, c.second.id) for c in conversions([find_pack("eip-framework-v2"), find_pack(MIIT)])}
    assert ("eip-framework-v2/env-i2", "miit-green-park-2016/2") not in pairs


@pytest.mark.parametrize(
    ("formula", "unit", "relation", "factor"),
    [
        ("energy_industrial_tce / industrial_value_added", "t", None, None),
        ("industrial_value_added / energy_industrial_tce", "100m CNY/10k tce", "inverse", F(1)),
        (
            "2 * energy_industrial_tce / (industrial_value_added + industrial_value_added)",
            "tce/100m CNY",
            "same",
            F(10**4),
        ),
        ("3 * energy_industrial_tce / industrial_value_added", "tce/10k CNY", "scaled", F(3)),
        ("energy_industrial_tce / park_gdp", "tce/10k CNY", None, None),
        ("lag(energy_industrial_tce, 1) / industrial_value_added", "tce/10k CNY", None, None),
    ],
)
def test_formulas_are_compared_by_what_they_mean(
    tmp_path: Path, formula: str, unit: str, relation: str | None, factor: F | None
) -> None:
    first = load_pack(write_pack(tmp_path / "a"))
    text = CLAUSES.replace("energy_industrial_tce / industrial_value_added", formula).replace("tce/10k CNY", unit)
    second = load_pack(write_pack(tmp_path / "b", text))
    found = [c for c in conversions([first, second]) if c.first.tail == c.second.tail == "1"]
    assert [(c.relation, c.factor) for c in found] == ([(relation, factor)] if relation else [])


def test_mu_and_square_kilometres(tmp_path: Path) -> None:
    text = CLAUSES.replace("energy_industrial_tce /", "park_gdp /").replace("industrial_value_added", "park_area_km2")
    first = load_pack(write_pack(tmp_path / "a", text.replace("tce/10k CNY", "10k CNY/mu")))
    second = load_pack(write_pack(tmp_path / "b", text.replace("tce/10k CNY", "100m CNY/km2")))
    found = conversions([first, second])[0]
    assert (found.relation, found.factor) == ("same", F(3, 20))
    assert "<= 0.5 10k CNY/mu = <= 0.075 100m CNY/km2" in found.sentence("en")


# -- one subject, counted differently ----------------------------------------------------------------------------------


def likeness(first: str, second: str) -> Likeness:
    packs = [find_pack(n.split("/")[0]) for n in (first, second)]
    return next(x for x in likenesses(packs) if (x.pair.first.id, x.pair.second.id) == (first, second))


def test_land_per_square_kilometre_and_per_mu_the_unit_converts_and_the_rest_is_said() -> None:
    found = likeness("hj274-2015/8", "zhejiang-zones-2024/17")
    assert found.pair.factor == F(20, 3)
    assert found.limits == (
        "hj274-2015/8 >= 9 100m CNY/km2 = >= 60 10k CNY/mu",
        "zhejiang-zones-2024/17 benchmark 158.7 10k CNY/mu ≈ benchmark 23.8 100m CNY/km2",
    )
    text = found.sentence("en")
    assert "1 10k CNY/mu = 0.15 100m CNY/km2" in text
    assert "over industrial land" in text
    assert "the land of firms" in text
    assert "企业用地面积" in found.sentence("zh")


def test_constant_against_current_prices_is_said_beside_the_conversion() -> None:
    text = likeness("miit-green-park-2016/5", "zhejiang-zones-2024/17").sentence("en")
    assert "0.15" in text
    assert "constant prices" in text


def test_units_that_do_not_convert_are_said_not_to() -> None:
    found = likeness("jiangsu-near-zero-2024/2", "tianjin-eco-city-2008/5")
    assert (found.pair.factor, found.limits) == (None, ())
    assert "the units do not convert" in found.sentence("en")
    assert "44/12" in found.sentence("en")
    assert found.to_dict()["unit_factor"] is None


def test_a_pair_that_a_formula_connects_stands_only_once() -> None:
    packs = [find_pack(n) for n in (HJ, MIIT)]
    connected = {frozenset((c.first.id, c.second.id)) for c in conversions(packs)}
    alike = {frozenset((x.pair.first.id, x.pair.second.id)) for x in likenesses(packs)}
    assert frozenset(("hj274-2015/8", "miit-green-park-2016/5")) in connected
    assert alike
    assert not connected & alike


def test_the_list_of_subjects_names_clauses_that_exist_and_says_what_each_counts() -> None:
    ids = {c.id for n in shipped_ids() for c in find_pack(n).clauses}
    for subject in load_subjects():
        assert set(subject.clauses) <= ids, subject.label.en
        assert len({name.split("/")[0] for name in subject.clauses}) > 1
        assert all(t.zh and t.en for t in (subject.label, *subject.clauses.values()))


def test_the_table_tells_the_likenesses_too() -> None:
    found = table(ENERGY, packs=(HJ, "zhejiang-zones-2024"))
    assert "One subject, but no figure that could be copied:" in found.sentence("en")
    assert any(x["second"] == "zhejiang-zones-2024/17" for x in found.to_dict()["likenesses"])


def test_the_chinese_sentences_say_benchmark_in_chinese() -> None:
    text = table(ENERGY, packs=(HJ, MIIT, "zhejiang-zones-2024")).sentence("zh")
    assert "引领值 158.7" in text
    assert "benchmark" not in text
