"""The formula language: what it reads, what it refuses, and that text survives parse and format."""

import pytest
from hypothesis import given, settings

from ecopark.errors import FormulaError
from ecopark.expr.expand import expand
from ecopark.expr.functions import FUNCTIONS
from ecopark.expr.nodes import Leaf, leaves, to_text
from ecopark.expr.parse import parse
from tests.expr.strategies import flags, numbers


@settings(max_examples=200)
@given(numbers())
def test_numeric_formulas_survive_format_and_parse(node):
    read = parse(to_text(node))
    assert parse(to_text(read)) == read


@settings(max_examples=200)
@given(flags())
def test_yes_no_formulas_survive_format_and_parse(node):
    read = parse(to_text(node))
    assert parse(to_text(read)) == read


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "a.__class__.b()", "[x for x in y]", "lambda: 1", "a if b", "f(*a)", "f(**a)", "a @ b", "a // b",
     "a is b", "{1: 2}", "a[0]", "x := 1", "'a' 'b' +", "", "1e400000", "a\nb", "~a", "a & b",
     "undefined(a)", "unit(a, 'tce')", "1j", "b'x'", "f'{a}'", "await a", "nan"[:0]],
)  # fmt: skip
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(FormulaError):
        expand(parse(text))


def test_very_long_and_very_deep_formulas_are_refused_not_crashed_on():
    with pytest.raises(FormulaError):
        parse("a+" * 3000 + "a")
    with pytest.raises(FormulaError):
        parse("-" * 3000 + "a")


def test_an_unknown_function_offers_the_nearest():
    with pytest.raises(FormulaError, match="Did you mean 'growth'"):
        expand(parse("grwth(a)"))


@pytest.mark.parametrize(
    "text", ["growth()", "lag(a)", "lag(a, b)", "lag(a, -1)", "cagr(a, 0)", "root(a, 0)", "root(a, 1/2)", "a ** b"]
)
def test_wrong_arguments_are_refused(text):
    with pytest.raises(FormulaError):
        expand(parse(text))


def test_time_functions_look_up_calendar_years():
    found = {(leaf.name, leaf.back) for leaf in leaves(expand(parse("growth(lag(a, 2)) + cagr(b, 3)")))}
    assert found == {("a", 2), ("a", 3), ("b", 0), ("b", 3)}


def test_parameters_become_constants_before_functions_are_expanded():
    from fractions import Fraction

    node = expand(parse("cagr(a, construction_years)"), {"construction_years": Fraction(5)})
    assert Leaf("name", ("a",), 5) in set(leaves(node))


def test_chained_comparisons_are_conjunctions():
    assert to_text(parse("1 < a <= 3")) == "1 < a and a <= 3"


def test_every_function_says_what_it_does():
    for name, function in FUNCTIONS.items():
        assert function.signature.startswith(f"{name}(")
        assert function.help.endswith(".")
