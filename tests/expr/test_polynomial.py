"""Exact polynomials: arithmetic agrees with numbers, signs and enclosures hold every point of the box."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.expr.extremes import extremes
from ecopark.expr.polynomial import (
    Poly,
    Ratio,
    add,
    derivative,
    divide_exactly,
    divide_intervals,
    enclose,
    multiply,
    multiply_intervals,
    power_interval,
    signs,
    substitute,
    value_at,
    variable,
)

F = Fraction
small = st.integers(-4, 4).map(F)
monomials = st.dictionaries(st.integers(0, 2), st.integers(1, 2), max_size=2).map(lambda d: tuple(sorted(d.items())))
polys = st.dictionaries(monomials, small.filter(bool), max_size=4)
points = st.lists(st.integers(-6, 6).map(lambda n: F(n, 2)), min_size=3, max_size=3)
EXAMPLES = settings(deadline=None, max_examples=200)


def at(p: Poly, values: list[Fraction]) -> Fraction:
    return value_at(p, dict(enumerate(values)))


@EXAMPLES
@given(polys, polys, points)
def test_arithmetic_agrees_with_numbers(p: Poly, q: Poly, x: list[Fraction]) -> None:
    assert at(add(p, q), x) == at(p, x) + at(q, x)
    assert at(multiply(p, q), x) == at(p, x) * at(q, x)
    assert at(substitute(p, 0, q), x) == at(p, [at(q, x), *x[1:]])


@EXAMPLES
@given(polys, polys.filter(bool))
def test_a_product_divides_exactly(p: Poly, q: Poly) -> None:
    assert divide_exactly(multiply(p, q), q) == p


def test_a_rest_is_no_exact_division() -> None:
    assert divide_exactly(add(variable(0), variable(1)), variable(0)) is None


def test_the_derivative_of_a_power() -> None:
    assert derivative({((0, 2), (1, 1)): F(3)}, 0) == {((0, 1), (1, 1)): F(6)}


boxes = st.lists(
    st.tuples(st.integers(-3, 3).map(F), st.sampled_from((F(0), F(1), F(3), None)), st.booleans()),
    min_size=3,
    max_size=3,
)


def box_of(sides: list) -> dict:
    box = {}
    for index, (start, width, up) in enumerate(sides):
        end = None if width is None else start + width if up else start - width
        box[index] = (start, end) if up else (end, start)
    return box


def inside(box: dict, weights: list[Fraction]) -> list[Fraction]:
    values = []
    for (low, high), t in zip(box.values(), weights, strict=True):
        if low is None:
            values.append(high - 20 * t)
        else:
            values.append(low + 20 * t if high is None else low + (high - low) * t)
    return values


weights = st.lists(st.sampled_from((F(0), F(1, 3), F(1, 2), F(9, 10), F(1))), min_size=3, max_size=3)


@EXAMPLES
@given(polys, boxes, weights)
def test_enclosure_and_signs_hold_every_point(p: Poly, sides: list, t: list[Fraction]) -> None:
    box = box_of(sides)
    value = at(p, inside(box, t))
    for low, high in (enclose(p, box), signs(p, box)):
        assert low is None or low <= value
        assert high is None or value <= high


@EXAMPLES
@given(polys, polys.filter(bool), boxes, weights)
def test_extremes_hold_every_value_of_a_ratio(p: Poly, q: Poly, sides: list, t: list[Fraction]) -> None:
    box = box_of(sides)
    x = inside(box, t)
    inverse = Ratio(q).inverse()
    assert inverse is not None
    if at(q, x) == 0:
        return
    low, high = extremes(Ratio(p).times(inverse), box).interval
    value = at(p, x) / at(q, x)
    assert low is None or low <= value
    assert high is None or value <= high


def test_shares_cancel_and_are_summed_over_one_denominator() -> None:
    a, b = Ratio.variable(0), Ratio.variable(1)
    whole = a.plus(b).inverse()
    assert whole is not None
    assert a.times(whole).plus(b.times(whole)) == Ratio.of(F(1))


def test_intervals_with_open_ends() -> None:
    assert multiply_intervals((F(0), None), (F(-1), F(2))) == (None, None)
    assert multiply_intervals((F(0), F(0)), (None, None)) == (0, 0)
    assert divide_intervals((F(1), F(2)), (F(0), F(4))) == (F(1, 4), None)
    assert divide_intervals((F(1), F(2)), (F(0), F(0))) is None
    assert power_interval((F(-2), F(1)), 2) == (0, 4)
