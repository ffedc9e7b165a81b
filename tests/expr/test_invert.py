"""The smallest change of one input meets the requirement, and a slightly smaller one does not."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

sys.path.insert(0, str(Path(__file__).parent))

from strategies import PERIOD, DictLookup, facts, fitted, flag_formulas

from ecopark.expr.invert import With, leaf_key, real_roots, settling, smallest_changes
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate

F = Fraction


def changes(text: str, low: str | None = "0", high: str | None = None, **known: str) -> dict[str, Fraction | None]:
    lookup = DictLookup({(k[0], PERIOD.year - int(k[1:] or 0)): F(v) for k, v in known.items()})
    allowed = (None if low is None else F(low), None if high is None else F(high))
    found = smallest_changes(fitted(parse(text)), lookup, PERIOD, lambda leaf: allowed)
    return {c.leaf.name: c.needed for c in found}


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("a / b <= 0.5", {"a": "60", "b": "100"}, {"a": "50", "b": "120"}),
        ("a / (a + b) >= 0.8", {"a": "60", "b": "40"}, {"a": "160", "b": "15"}),
        ("a / b <= 0.5", {"a": "50", "b": "100"}, {}),
        ("growth(a) >= 0.1", {"a": "100", "a1": "100"}, {"a": "110"}),
        ("cagr(a, 3) >= 0.1", {"a": "1000", "a3": "1000"}, {"a": "1331"}),
        ("a < 5", {"a": "7"}, {"a": "4.99999"}),
        ("a / b > 2", {"a": "3", "b": "2"}, {"a": "4.00001", "b": "1.49999"}),
        ("a <= (0.5 if b > 10 else 2) * b", {"a": "30", "b": "20"}, {"a": "10", "b": "60"}),
        ("max(a, b) <= 3", {"a": "5", "b": "4"}, {"a": None, "b": None}),
        ("abs(a) >= 3 and a != 3", {"a": "1"}, {"a": "3.00001"}),
        ("round(a, 1) >= 3", {"a": "1"}, {"a": "2.95"}),
    ],
)
def test_worked_changes(text: str, known: dict[str, str], expected: dict[str, str | None]) -> None:
    found = changes(text, **known)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        needed = found[name]
        assert (needed is None) is (value is None)
        if needed is not None and value is not None:
            assert abs(needed - F(value)) <= abs(F(value)) * F(1, 10**9)


def test_linear_requirements_are_met_exactly() -> None:
    assert changes("a / (a + b) >= 0.8", a="60", b="40") == {"a": F(160), "b": F(15)}
    assert changes("cagr(a, 3) >= 0.1", a="1000", a3="1000") == {"a": F(1331)}


def test_a_change_outside_the_plausible_range_is_none() -> None:
    assert changes("a >= 10", high="9", a="1") == {"a": None}


def test_the_past_cannot_move_and_missing_is_not_inverted() -> None:
    assert changes("a1 >= 10".replace("a1", "lag(a, 1)"), a1="1") == {}
    assert changes("a + b >= 10", a="1") == {}


def test_roots_of_higher_degree_are_bracketed() -> None:
    roots = real_roots([F(-2), F(0), F(1)])
    near = [r for r in roots if r]
    assert all(abs(r * r - 2) < F(1, 10**9) for r in near)
    assert min(near) < 0 < max(near)


def test_the_item_that_settles_comes_first() -> None:
    formula = fitted(parse("a + b >= 10"))
    ranges = {"a": (F(0), F(20)), "b": (F(0), F(1))}
    found = settling(formula, DictLookup({}), lambda leaf, period: ranges[leaf.name], PERIOD)
    assert [s.leaf.name for s in found] == ["a", "b"]
    assert found[0].share > found[1].share == 0


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(flag_formulas(2), facts(missing=0))
def test_the_change_meets_it_and_a_slightly_smaller_one_does_not(formula, known) -> None:
    lookup = DictLookup(known)
    assume(evaluate(formula, lookup, PERIOD).value is not True)
    for change in smallest_changes(formula, lookup, PERIOD, lambda leaf: (F(-(10**4)), F(10**4))):
        if change.needed is None:
            continue
        key = leaf_key(change.leaf, PERIOD)
        assert evaluate(formula, With(lookup, {key: change.needed}), PERIOD).value is True
        short = change.now + (change.needed - change.now) * (1 - F(1, 10**4))
        if not change.open:
            assert evaluate(formula, With(lookup, {key: short}), PERIOD).value is not True, (change, short)


def test_with_puts_values_in_place() -> None:
    lookup = With(DictLookup({("a", 2023): F(1)}), {leaf_key(Leaf("name", ("a",)), PERIOD): F(2)})
    assert lookup.resolve(Leaf("name", ("a",)), PERIOD).value == 2
