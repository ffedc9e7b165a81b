"""Bounds hold the truth, keep shares within 0 and 1, and never widen when more is known."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from strategies import PERIOD, DictLookup, facts, fitted, flag_formulas, formulas

from ecopark.core.value import Missing
from ecopark.expr.bounded import Bounds, bounds, missing_leaves
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate

SLOW = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
F = Fraction


def of(text: str, known: dict[str, object], ranges: dict[str, tuple[object, object]]) -> Bounds:
    """Bounds of a formula text; `a1` in the dictionaries is `a` one year earlier."""

    def number(value: object) -> Fraction | None:
        return None if value is None else F(str(value))

    values = {(k[0], PERIOD.year - int(k[1:] or 0)): number(v) for k, v in known.items()}
    table = {(k[0], PERIOD.year - int(k[1:] or 0)): (number(a), number(b)) for k, (a, b) in ranges.items()}
    lookup = DictLookup({k: v for k, v in values.items() if v is not None})
    return bounds(fitted(parse(text)), lookup, lambda leaf, period: table.get((leaf.name, period.year)), PERIOD)


@pytest.mark.parametrize(
    ("text", "known", "ranges", "expected"),
    [
        ("a / (a + b)", {}, {"a": (0, 10), "b": (0, 10)}, (0, 1)),
        ("a / (a + b)", {}, {"a": (0, None), "b": (0, None)}, (0, 1)),
        ("a / (a + b)", {"a": 4}, {"b": (0, None)}, (0, 1)),
        ("a / (a + b)", {"a": 4}, {"b": (1, 4)}, ("1/2", "4/5")),
        ("a / (a + b)", {"b": 4}, {"a": (1, 4)}, ("1/5", "1/2")),
        ("share(a, a + b + c)", {}, {"a": (0, 5), "b": (1, None), "c": (0, None)}, (0, "5/6")),
        ("(a + b) / (a + b + c)", {}, {"a": (0, None), "b": (0, None), "c": (0, None)}, (0, 1)),
        ("1 - a / (a + b)", {}, {"a": (0, 3), "b": (0, 9)}, (0, 1)),
        ("a * (1 - a)", {}, {"a": (0, 1)}, None),
        ("a - a", {}, {}, (0, 0)),
        ("growth(a)", {"a": 6}, {"a1": (2, 3)}, (1, 2)),
        ("growth(a)", {"a": 6}, {}, (-1, None)),
        ("cagr(a, 3)", {"a": 8}, {"a3": (1, 8)}, (0, 1)),
        ("elasticity(a, b, 1)", {"a": 2, "a1": 1, "b": 2}, {"b1": (1, 4)}, (None, None)),
        ("elasticity(a, b, 1)", {"a": 2, "a1": 1, "b": 4}, {"b1": (1, 2)}, ("1/3", 1)),
        ("max(a, 2) + min(b, 1)", {}, {"a": (0, 3), "b": (0, 5)}, (2, 4)),
        ("a if b > 1 else undefined('x')", {"a": 3}, {"b": (0, 3)}, (3, 3)),
        ("a if b > 1 else c", {"a": 3, "c": 5}, {"b": (0, 3)}, (3, 5)),
        ("a", {}, {}, (None, None)),
    ],
)
def test_worked_bounds(text: str, known: dict, ranges: dict, expected: tuple | None) -> None:
    found = of(text, known, ranges)
    if expected is None:
        assert found.low == 0
        assert F("0.25") <= found.high < F("0.2501")
    else:
        assert found.interval == tuple(None if e is None else F(e) for e in expected)


def test_a_comparison_sees_what_its_sides_share() -> None:
    positive = {"a": (0, None), "b": (0, None)}
    assert of("a / (a + b) <= 1", {}, positive).truths == {True}
    assert of("a + b >= a", {}, positive).truths == {True}
    assert of("a > b", {}, positive).truths == {True, False}


def test_logic_has_three_values() -> None:
    ranges = {"a": (0, 1)}
    assert of("a > 2 and b > 0", {}, ranges).truths == {False}
    assert of("a < 2 or b > 0", {}, ranges).truths == {True}
    assert of("not (a < 2) or b > 0", {}, ranges).truths == {True, False}
    assert of("given(b)", {}, ranges).truths == {True, False}


def test_no_value_is_possible_where_the_denominator_is_zero() -> None:
    assert not of("a / b", {"b": 0}, {"a": (0, 1)}).possible


def test_missing_leaves_are_those_really_reached() -> None:
    lookup = DictLookup({("a", 2023): F(1)})
    formula = fitted(parse("b if a > 0 else c"))
    assert [leaf for leaf, _ in missing_leaves(formula, lookup, PERIOD)] == [Leaf("name", ("b",))]


widths = st.sampled_from((F(0), F(1, 10), F(1), F(5), None))


@st.composite
def holes(draw: st.DrawFn):
    """Full facts, the same with some deleted, and ranges around what was deleted."""
    full = draw(facts(missing=0.1))
    gone = {key for key in full if draw(st.integers(0, 9)) < 4}
    ranges = {}
    for key in sorted(gone):
        below, above = draw(widths), draw(widths)
        ranges[key] = (None if below is None else full[key] - below, None if above is None else full[key] + above)
    return full, {k: v for k, v in full.items() if k not in gone}, ranges


def by_key(ranges: dict):
    return lambda leaf, period: ranges.get((leaf.name, period.year))


@SLOW
@given(formulas(), holes())
def test_the_full_answer_lies_inside(formula, hole) -> None:
    full, left, ranges = hole
    truth = evaluate(formula, DictLookup(full), PERIOD).value
    found = bounds(formula, DictLookup(left), by_key(ranges), PERIOD)
    if not isinstance(truth, Missing):
        assert found.holds(truth), (truth, found)


@SLOW
@given(flag_formulas(), holes())
def test_the_full_answer_is_one_of_those_left(formula, hole) -> None:
    full, left, ranges = hole
    truth = evaluate(formula, DictLookup(full), PERIOD).value
    found = bounds(formula, DictLookup(left), by_key(ranges), PERIOD)
    if not isinstance(truth, Missing):
        assert truth in found.truths


positive = st.integers(0, 50).map(lambda n: F(n, 2))


@SLOW
@given(
    st.lists(st.tuples(positive, positive | st.none()), min_size=6, max_size=6), st.integers(2, 6), st.integers(1, 5)
)
def test_shares_stay_within_0_and_1(ends, count, parts) -> None:
    names = "abcdef"[:count]
    ranges = {n: (low, None if width is None else low + width) for n, (low, width) in zip(names, ends, strict=False)}
    top = " + ".join(names[: min(parts, count)])
    found = of(f"({top}) / ({' + '.join(names)})", {}, ranges)
    if found.possible:
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= found.high <= 1


@SLOW
@given(formulas(2), holes(), st.integers(0, 3), st.integers(0, 3))
def test_a_narrower_range_never_widens_the_answer(formula, hole, a, b) -> None:
    full, left, ranges = hole
    narrow = {}
    for key, (low, high) in ranges.items():
        narrow[key] = (
            full[key] - 1 if low is None else full[key] - (full[key] - low) * F(a, 3),
            full[key] + 1 if high is None else full[key] + (high - full[key]) * F(b, 3),
        )
    wide = bounds(formula, DictLookup(left), by_key(ranges), PERIOD)
    found = bounds(formula, DictLookup(left), by_key(narrow), PERIOD)
    if not found.possible:
        return
    assert wide.possible
    slack = max(abs(v) for v in (F(1), *(v for v in wide.interval if v is not None))) / 10**5
    assert wide.low is None or (found.low is not None and found.low >= wide.low - slack)
    assert wide.high is None or (found.high is not None and found.high <= wide.high + slack)
