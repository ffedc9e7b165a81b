"""What the traced form says about missing values, division, growth, elasticities; each by hand."""

from fractions import Fraction

import pytest

from ecopark.core.unit import unit
from ecopark.core.value import Missing, value_key
from ecopark.expr.expand import expand
from ecopark.expr.fit import fit
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate
from tests.expr.strategies import PERIOD, DictLookup

F = Fraction


def run(text, **facts):
    """Evaluate over facts a=..., a1=... (a year back), a3=... (three years back)."""
    known = {}
    for name, value in facts.items():
        back = int(name[1:] or 0)
        known[(name[0], PERIOD.year - back)] = F(value) if not isinstance(value, bool) else value
    sort = "flag" if text.startswith("flag ") else None
    formula = fit(expand(parse(text.removeprefix("flag "))), lambda leaf: sort or unit("1"))
    return evaluate(formula, DictLookup(known), PERIOD)


def items(trace):
    return [str(i) for i in trace.value.items]


def test_arithmetic_is_exact():
    assert run("a / b * 3", a=1, b=3).value == 1
    assert run("0.1 + 0.2 == 0.3").value is True


def test_a_missing_operand_makes_the_step_missing_and_all_are_remembered():
    assert items(run("a + b * c", b=2)) == ["a@2023", "c@2023"]


def test_missing_is_never_zero():
    assert isinstance(run("a * 0").value, Missing)
    assert isinstance(run("max(a, b)", b=1).value, Missing)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a > 1 and b > 1", False), ("b > 1 and a > 1", False), ("a > 1 or b < 1", True), ("not b > 1", True)],
)
def test_an_operand_that_decides_outweighs_a_missing_one(text, wanted):
    assert run(text, b=0).value is wanted


def test_without_a_deciding_operand_the_missing_one_stays():
    assert items(run("a > 1 and b > 1", b=5)) == ["a@2023"]


def test_only_the_chosen_branch_is_reached():
    assert run("a if b > 0 else c", a=7, b=1).value == 7
    assert items(run("a if b > 0 else c", a=7, b=0)) == ["c@2023"]
    assert items(run("a if b > 0 else a", a=7)) == ["b@2023"]


def test_division_by_zero_is_missing_with_that_reason_and_nothing_to_ask_for():
    found = run("a / b", a=1, b=0).value
    assert isinstance(found, Missing)
    assert found.reason.en == "division by zero"
    assert found.items == ()


def test_growth_looks_at_the_year_before():
    assert run("growth(a)", a=11, a1=10).value == F(1, 10)
    assert items(run("growth(a)", a=11, a3=10)) == ["a@2022"]
    assert items(run("growth(a)")) == ["a@2022", "a@2023"], "all that is needed is asked for at once"
    assert "zero or negative base" in run("growth(a)", a=1, a1=0).value.reason.en
    assert "zero or negative base" in run("growth(a)", a=1, a1=-1).value.reason.en


def test_average_growth_is_exact_where_the_root_is():
    assert run("cagr(a, 3)", a="1.331", a3=1).value == F(1, 10)
    assert run("cagr(a, 3)", a=0, a3=1).value == -1
    assert "negative value" in run("cagr(a, 3)", a=-1, a3=1).value.reason.en


def test_a_root_that_is_not_rational_has_fifty_digits():
    found = run("root(a, 2)", a=2).value
    assert abs(found * found - 2) < F(1, 10**48)


def test_elasticity_of_a_base_that_stands_still_is_undetermined_with_the_reason():
    found = run("elasticity(a, b, 3)", a=2, a3=1, b=5, b3=5).value
    assert isinstance(found, Missing)
    assert "stands still" in found.reason.en


def test_elasticity_of_a_shrinking_base_is_computed():
    # a falls by 3 % a year, b by 2 % a year
    found = run("elasticity(a, b, 1)", a="0.97", a1=1, b="0.98", b1=1).value
    assert found == F(3, 2)


def test_given_is_never_missing():
    assert run("given(a)").value is False
    assert run("b if given(a) else 0 - b", b=1).value == -1


def test_comparisons_are_at_full_value():
    assert run("a >= 100", a="99.6").value is False
    assert run("round(a, 0) >= 100", a="99.6").value is True


def test_a_passed_guard_leaves_no_step_in_the_trace():
    trace = run("growth(a)", a=11, a1=10)
    assert [step.what for step in trace.walk() if step.kind == "observation"] == ["a", "a"]
    assert all("undefined" not in step.what for step in trace.walk())


def test_the_key_of_a_value_tells_flags_codes_and_numbers_apart():
    assert len({value_key(F(1)), value_key(True), value_key("1")}) == 3
