"""Units: what does not fit is refused when a pack loads, what differs is converted exactly."""

from fractions import Fraction

import pytest

from ecopark.core.unit import unit
from ecopark.errors import FormulaError
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, WORD, fit
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate
from tests.expr.strategies import PERIOD, DictLookup

UNITS = {
    "tce": "tce",
    "kwh": "kWh",
    "tonne": "t",
    "kilo": "kg",
    "money": "10k CNY",
    "land": "km2",
    "field": "mu",
    "carbon": "tC",
    "co2": "tCO2",
}


def unit_of(leaf: Leaf):
    if leaf.name == "flag":
        return FLAG
    if leaf.name == "code":
        return WORD
    return unit(UNITS[leaf.name])


def fitted(text, target=None):
    return fit(expand(parse(text)), unit_of, target)


def value(text, target=None, **facts):
    known = {(name, PERIOD.year): Fraction(number) for name, number in facts.items()}
    return evaluate(fitted(text, target), DictLookup(known), PERIOD).value


@pytest.mark.parametrize(
    "text",
    ["tonne + kwh", "tce + kwh", "tonne + co2", "carbon + co2", "tonne > kwh", "tonne + 1", "tonne == 'x'", "code > 'x'", "flag + 1",
     "tonne and flag", "tonne if flag else kwh", "root(tonne, 2)", "max(tonne, kwh)", "not tonne", "flag < flag", "tonne if tonne else kilo"],
)  # fmt: skip
def test_units_that_do_not_fit_are_refused_and_both_sides_named(text):
    with pytest.raises(FormulaError) as error:
        fitted(text)
    assert "'" in str(error.value)


def test_compatible_units_are_converted_exactly():
    assert value("tonne + kilo", tonne=1, kilo=500) == Fraction(3, 2)
    assert value("kilo + tonne", tonne=1, kilo=500) == 1500
    assert value("tonne > kilo", tonne=1, kilo=999) is True


def test_the_clause_asks_for_its_unit():
    assert value("money / land", "100m CNY/km2", money=90000, land=1) == 9
    assert value("money / land", "10k CNY/mu", money=1500, land=1) == 1
    assert value("tonne / tonne", "%", tonne=5) == 100


def test_carbon_becomes_carbon_dioxide_only_by_its_mass_ratio():
    assert value("co2 * unit(12, 'tC') / unit(44, 'tCO2')", "tC", co2=44) == 12
    with pytest.raises(FormulaError):
        fitted("co2", "tC")


def test_a_bare_zero_fits_every_unit_and_a_constant_may_carry_one():
    assert value("tce > 0", tce=1) is True
    assert value("tce >= unit(20, '万吨标准煤')", tce=200000) is True


def test_every_step_knows_its_unit():
    found = fitted("money / land", "100m CNY/km2")
    assert found.unit_text == "100m CNY/km2"
