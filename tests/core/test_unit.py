"""Units as people write them: every spelling we have met parses, and every factor is exact."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopark.core.unit import ATOMS, ONE, both_count, known_units, split_base_year, unit
from ecopark.errors import UnitError

MET = """
% - 1 10k CNY|10k CNY/mu|10k CNY/person|10k CNY/tce|100m CNY|100m CNY/km2|100m USD|1-5|class|CNY|CNY/m3|GJ
GJ * tCO2/GJ|L/person/day|USD|count|count/1000|count/year|d|day|days/year|degC|events/year|ha|kWh|kWh * kgCO2/kWh
kWh/USD|kWh/USD turnover|kg/person/day|kgCO2/kWh|kgCO2e/kWh|km|km/km2|km2|m|m2|m2/person|m3|m3/10k CNY|million USD|mm|mu
per product unit|per unit|tCO2 per unit|person|person-year|person-year/10k workers|reports/year|t|t/10k CNY|t/d
tC/million USD|tCO2|tCO2/10k CNY|tCO2/GJ|tCO2/t|tCO2/tce|tce|tce/10k CNY|trips|ug/m3|10^4 m3|GJ/10^4 m3|10^4 kWh|GJ/t
tC/GJ|tce/t|tce/10k m3|tCO2/10k m3|tce/kWh|tce/GJ|mg/L|µg/m³|μg/m3|mg/m3|10k tce|万元|亿元|元|万吨标煤|万吨标准煤|吨标准煤
吨标准煤/万元|吨二氧化碳|万吨二氧化碳|万千瓦时|亿千瓦时|平方米|㎡|万平方米|公顷|亩|万元/亩|立方米/万元|万立方米|m³|人|万人|家|项|次|户|辆|种
万元/人|亿元/平方公里|亿美元|百万美元|万美元|元/立方米|吨/万元|千克/人·日|升/人/日|％|‰|ppm|℃|分贝|吨每万元|天|小时|年|人年|MWh|TJ|千克|kgce
"""


@pytest.mark.parametrize("text", [part.strip() for line in MET.split("\n") for part in line.split("|") if part.strip()])
def test_every_spelling_met_in_standards_parses_and_its_symbol_parses_to_the_same(text: str) -> None:
    for word in ("%", "-", "1") if text.startswith("% - 1") else ():
        assert unit(word).dimensionless
    text = text.removeprefix("% - 1 ")
    found = unit(text)
    assert unit(found.symbol) == found


@pytest.mark.parametrize("text", known_units())
def test_every_alias_parses(text: str) -> None:
    assert unit(text).scale > 0


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ("万元/亩", "100m CNY/km2", Fraction(15, 100)),
        ("10k CNY/km2", "100m CNY/km2", Fraction(1, 10000)),
        ("亩", "m2", Fraction(2000, 3)),
        ("亩", "公顷", Fraction(1, 15)),
        ("万吨标煤", "tce", Fraction(10000)),
        ("kgce", "tce", Fraction(1, 1000)),
        ("GJ", "kWh", Fraction(2500, 9)),
        ("亿千瓦时", "万千瓦时", Fraction(10000)),
        ("kgCO2e", "tCO2", Fraction(1, 1000)),
        ("μg/m³", "mg/m3", Fraction(1, 1000)),
        ("mg/L", "kg/m3", Fraction(1, 1000)),
        ("%", "1", Fraction(1, 100)),
        ("百万美元", "USD", Fraction(1000000)),
        ("100m USD", "million USD", Fraction(100)),
        ("CNY/m3", "10k CNY/m3", Fraction(1, 10000)),
        ("万吨", "t", Fraction(10000)),
        ("10k m3", "10^4 m3", Fraction(1)),
        ("10⁴m³", "万立方米", Fraction(1)),
        ("L", "m3", Fraction(1, 1000)),
        ("days/year", "d", Fraction(1)),
        ("次/年", "count", Fraction(1)),
        ("KWH", "kwh", Fraction(1)),
        ("  ｔ ", "吨", Fraction(1)),
        ("mm", "m", Fraction(1, 1000)),
        ("kW*hour", "kWh", Fraction(1)),
        ("吨标准煤 / 万元", "tce/10k CNY", Fraction(1)),
        ("千克/人·日", "kg/(person*day)", Fraction(1)),
        ("kgCO2/kW·h", "kgCO2/kWh", Fraction(1)),
        ("t/(10k CNY*year)", "t/10k CNY/year", Fraction(1)),
    ],
)
def test_conversion_is_exact(one: str, other: str, factor: Fraction) -> None:
    assert unit(one).factor_to(unit(other)) == factor
    assert unit(other).factor_to(unit(one)) == 1 / factor


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tce", "kWh"),
        ("tce", "t"),
        ("tCO2", "tC"),
        ("tCO2", "t"),
        ("CNY", "USD"),
        ("year", "day"),
        ("t", "m3"),
        ("count", "person"),
        ("m", "m2"),
    ],
)
def test_things_of_another_kind_are_not_converted_and_both_are_named(one: str, other: str) -> None:
    assert not unit(one).compatible(unit(other))
    with pytest.raises(UnitError, match=rf"'{one}'.*'{other}'"):
        unit(one).factor_to(unit(other))


@pytest.mark.parametrize(
    "text", ["bananas", "t/", "(t", "t)", "t/bananas", "10km", "100mm2", "east|west", "MG", "t t", "10k %"]
)
def test_what_is_not_in_the_table_is_an_error(text: str) -> None:
    with pytest.raises(UnitError):
        unit(text)


def test_people_and_things_are_both_counts_but_do_not_convert() -> None:
    assert both_count(unit("人"), unit("个")) and not both_count(unit("人"), unit("t"))


def test_an_unknown_unit_offers_the_nearest() -> None:
    with pytest.raises(UnitError, match="unknown unit '吨标准媒'.*吨标准煤"):
        unit("吨标准媒")


def test_derived_units_have_tidy_texts() -> None:
    assert (unit("吨标准煤") / unit("万元")).symbol == "tce/10k CNY"
    assert (unit("tce/10k CNY") * unit("10k CNY")).symbol == "tce"
    assert (unit("t") / unit("t")) == ONE and (unit("t") / unit("t")).is_one
    assert (unit("t") / unit("kg")).scale == 1000
    assert (ONE / unit("t")).symbol == "1/t"
    assert (unit("m") ** 2).same_as(unit("m2"))
    assert (unit("m") ** -1).dims == (("length", -1),)
    assert unit("tce/10k CNY") ** 0 == ONE
    assert not unit("%").is_one and unit("").is_one and unit("-").is_one


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10k CNY@2020", ("10k CNY", 2020)),
        ("万元（2020年价）", ("万元", 2020)),
        ("万元@2020年", ("万元", 2020)),
        ("万元 (2020年不变价)", ("万元", 2020)),
        ("10k CNY (2015 prices)", ("10k CNY", 2015)),
        ("10k CNY, constant price", ("10k CNY", None)),
        ("万元（不变价）", ("万元", None)),
        ("km2", ("km2", None)),
        ("count/1000", ("count/1000", None)),
    ],
)
def test_the_base_year_is_split_off(text: str, expected: tuple[str, int | None]) -> None:
    assert split_base_year(text) == expected


@given(st.lists(st.tuples(st.sampled_from(sorted(ATOMS)), st.sampled_from([-2, -1, 1, 2])), max_size=4))
def test_products_and_powers_survive_writing_and_reading(parts: list[tuple[str, int]]) -> None:
    made = ONE
    for name, power in parts:
        made = made * unit(name) ** power
    assert unit(made.symbol).same_as(made)
    assert (made / made).is_one


@given(st.sampled_from(sorted(ATOMS)), st.sampled_from(sorted(ATOMS)), st.fractions())
def test_conversion_there_and_back_changes_nothing(one: str, other: str, amount: Fraction) -> None:
    a, b = unit(one), unit(other)
    if a.compatible(b):
        assert amount * a.factor_to(b) * b.factor_to(a) == amount
