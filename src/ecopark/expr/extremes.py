"""Least and greatest value of a ratio of polynomials over a box, always on the safe side.

Where the ratio rises or falls in a variable over the whole box, that variable is put at its end (or its limit, where
the end is open); what is left is halved again and again, up to a cap. The answer is never narrower than the truth.

References
----------
R. E. Moore, R. B. Kearfott, M. J. Cloud: Introduction to Interval Analysis (2009), section 6.4 (monotonicity) and
chapter 5 (refinement).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from ecopark.expr.polynomial import (
    ALL,
    ONE,
    ZERO,
    Interval,
    Poly,
    Ratio,
    TooBig,
    add,
    constant,
    derivative,
    divide_intervals,
    multiply,
    multiply_intervals,
    power_interval,
    sign_of,
    signs,
    substitute,
    value_at,
)

SPLITS = 48
"""How often a box is halved at most, for each of the two ends."""
ENOUGH = Fraction(1, 10**7)
"""Relative slack at which halving stops."""

Ranges = dict[int, Interval]


@dataclass(frozen=True)
class Extremes:
    """The interval found, and whether both ends are exact."""

    interval: Interval
    exact: bool


def extremes(ratio: Ratio, box: Ranges) -> Extremes:
    """The hull of all values that `ratio` takes over the box where its denominator is not zero.

    Parameters
    ----------
    ratio
        A cancelled ratio.
    box
        Range of every variable; a range of one point is a constant.
    """
    solved: Ratio | None = ratio
    for index in sorted(ratio.variables()):
        low, high = box[index]
        if low is not None and low == high and solved is not None:
            solved = solved.fixed(index, low)
    if solved is None:
        return Extremes(ALL, False)
    high, exact_high = _greatest(solved, box)
    low, exact_low = _greatest(Ratio({m: -c for m, c in solved.top.items()}, solved.bottom), box)
    return Extremes((None if low is None else -low, high), exact_low and exact_high)


def slopes(ratio: Ratio, box: Ranges) -> dict[int, int]:
    """Variables in which the ratio rises (1) or falls (-1) over the whole box.

    Nothing is claimed where the denominator changes its sign. Where it touches zero, each of its factors must rise or
    fall in every variable, so that zeros lie at ends of the box only and no path inside it crosses a pole.
    """
    factors = ratio.factors()
    product, flip = constant(ONE), 1
    for factor, power in factors:
        found = signs(factor, box)
        sign = sign_of(found)
        if not sign:
            return {}
        if 0 in found and any(sign_of(signs(derivative(factor, i), box)) is None for i in ratio.variables()):
            return {}
        flip *= sign ** (power + 1)
        product = multiply(product, factor)
    known: dict[int, int] = {}
    for index in sorted(ratio.variables()):
        slope = multiply(derivative(ratio.top, index), product)
        for number, (factor, power) in enumerate(factors):
            part = derivative(factor, index)
            if part:
                for other, (rest, _) in enumerate(factors):
                    part = multiply(part, rest) if other != number else part
                slope = add(slope, multiply(ratio.top, part), Fraction(-power))
        sign = sign_of(signs(slope, box))
        if sign is not None:
            known[index] = sign * flip
    return known


def _settle(ratio: Ratio, box: Ranges) -> tuple[Ratio | None, bool]:
    """The ratio with every monotone variable put where the ratio is greatest.

    Returns None and whether the ratio really grows without end (True) or the end is a pole of unknown kind (False).
    """
    while ratio.variables():
        try:
            known = slopes(ratio, box)
        except TooBig:
            return ratio, True
        if not known:
            return ratio, True
        ends = {i: box[i][1 if sign >= 0 else 0] for i, sign in known.items()}
        for index in sorted(ends, key=lambda i: ends[i] is not None):
            if index not in ratio.variables():
                continue
            end = ends[index]
            if end is None:
                made = ratio.limit(index)
            else:
                made = ratio.fixed(index, end)
                if made is None and _zero_at(ratio.top, index, end):
                    return None, False
            if made is None:
                return None, True
            ratio = made
    return ratio, True


def _zero_at(p: Poly, index: int, value: Fraction) -> bool:
    return not substitute(p, index, constant(value))


def _enclosure(ratio: Ratio, box: Ranges) -> Interval:
    bottom: Interval = (ONE, ONE)
    for factor, power in ratio.factors():
        bottom = multiply_intervals(bottom, power_interval(signs(factor, box), power))
    return divide_intervals(signs(ratio.top, box), bottom) or ALL


def _upper(ratio: Ratio, box: Ranges) -> tuple[Fraction | None, Ratio | None]:
    """A safe upper bound, and what is left to be halved (None when the bound is exact)."""
    settled, sure = _settle(ratio, box)
    if settled is None:
        return (None, None) if sure else (_enclosure(ratio, box)[1], ratio)
    if not settled.variables():
        return settled.top.get((), ZERO), None
    bound = _enclosure(settled, box)[1]
    return bound, settled


def _greatest(ratio: Ratio, box: Ranges) -> tuple[Fraction | None, bool]:
    bound, rest = _upper(ratio, box)
    if rest is None:
        return bound, True
    number = count()
    heap = [(bound is not None, ZERO if bound is None else -bound, next(number), rest, box)]
    reached: Fraction | None = None
    floor: Fraction | None = None
    for _ in range(SPLITS):
        finite, key, _, part, area = heap[0]
        if floor is not None and finite and -key <= floor:
            break
        if reached is not None and finite and -key - reached <= ENOUGH * max(abs(reached), abs(key)):
            break
        index = _widest(part, area)
        if index is None:
            break
        heapq.heappop(heap)
        low, high = area[index]
        middle = _middle(low, high)
        for piece in ((low, middle), (middle, high)):
            smaller = {**area, index: piece}
            found, left = _upper(part, smaller)
            if left is None:
                if found is None:
                    return None, True
                floor = found if floor is None else max(floor, found)
                continue
            sample = _sample(left, smaller)
            if sample is not None:
                reached = sample if reached is None else max(reached, sample)
            heapq.heappush(heap, (found is not None, ZERO if found is None else -found, next(number), left, smaller))
        if not heap:
            break
    tops: list[Fraction | None] = [None if not finite else -key for finite, key, *_ in heap[:1]]
    if None in tops:
        return None, False
    best = max(v for v in (*tops, floor) if v is not None)
    return best, floor is not None and best == floor


def _widest(ratio: Ratio, box: Ranges) -> int | None:
    """The variable to halve: an open range first, then the widest relative to its size."""
    best: tuple[Fraction, int] | None = None
    for index in sorted(ratio.variables()):
        low, high = box[index]
        if low is None or high is None:
            width = Fraction(4) if (low is None or abs(low) < 10**9) and (high is None or abs(high) < 10**9) else ZERO
        else:
            width = (high - low) / max(abs(low), abs(high))
        if width > Fraction(1, 10**12) and (best is None or width > best[0]):
            best = (width, index)
    return None if best is None else best[1]


def _middle(low: Fraction | None, high: Fraction | None) -> Fraction:
    if low is None and high is None:
        return ZERO
    if low is None:
        assert high is not None
        return min(2 * high, -ONE) if high <= 0 else ZERO
    if high is None:
        return max(2 * low, ONE) if low >= 0 else ZERO
    return (low + high) / 2


def _sample(ratio: Ratio, box: Ranges) -> Fraction | None:
    point = {i: _middle(*box[i]) for i in ratio.variables()}
    bottom = ONE
    for factor, power in ratio.factors():
        bottom *= value_at(factor, point) ** power
    return None if bottom == 0 else value_at(ratio.top, point) / bottom
