"""Small exact polynomials and fractions of them, for bounds and inversion.

A polynomial is a dict from monomials to rational coefficients; a monomial is a sorted tuple of (variable, power).
Variables are whole numbers that the caller hands out. A `Ratio` keeps its denominator as factors, so that shares such
as ``x / (x + y)`` are summed over their common denominator and cancelled by exact division.

References
----------
R. E. Moore, R. B. Kearfott, M. J. Cloud: Introduction to Interval Analysis (2009), chapters 5 and 6: intervals,
extended intervals and monotonicity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

Monomial = tuple[tuple[int, int], ...]
Poly = dict[Monomial, Fraction]
Factor = tuple[tuple[Monomial, Fraction], ...]
"""A polynomial with leading coefficient 1, as a key."""
Interval = tuple[Fraction | None, Fraction | None]
"""Low and high; None is unbounded on that side."""
Box = Mapping[int, Interval]

MAX_TERMS = 60
MAX_POWER = 8
ZERO, ONE = Fraction(0), Fraction(1)
ALL: Interval = (None, None)


class TooBig(Exception):
    """The expression has grown beyond what is worth treating exactly; the caller falls back on plain intervals."""


# -- intervals ---------------------------------------------------------------------------------------------------------


def add_intervals(a: Interval, b: Interval) -> Interval:
    return (
        None if a[0] is None or b[0] is None else a[0] + b[0],
        None if a[1] is None or b[1] is None else a[1] + b[1],
    )


def negate_interval(a: Interval) -> Interval:
    return (None if a[1] is None else -a[1], None if a[0] is None else -a[0])


def _ends(a: Interval) -> tuple[tuple[int, Fraction], tuple[int, Fraction]]:
    low = (-1, ZERO) if a[0] is None else (0, a[0])
    high = (1, ZERO) if a[1] is None else (0, a[1])
    return low, high


def multiply_intervals(a: Interval, b: Interval) -> Interval:
    """The product, with 0 times unbounded = 0 (the unbounded end is never reached)."""
    points: list[tuple[int, Fraction]] = []
    for (inf_x, x), (inf_y, y) in product(_ends(a), _ends(b)):
        if not inf_x and not inf_y:
            points.append((0, x * y))
            continue
        sign = (inf_x or (x > 0) - (x < 0)) * (inf_y or (y > 0) - (y < 0))
        points.append((sign, ZERO))
    low, high = min(points), max(points)
    return (None if low[0] < 0 else low[1], None if high[0] > 0 else high[1])


def divide_intervals(a: Interval, b: Interval) -> Interval | None:
    """The quotient over all divisors but zero; None when the divisor is nothing but zero."""
    low, high = b
    if low == 0 and high == 0:
        return None
    if (low is None or low < 0) and (high is None or high > 0):
        return (ZERO, ZERO) if a == (ZERO, ZERO) else ALL
    return multiply_intervals(a, (_inverse(high), _inverse(low)))


def _inverse(end: Fraction | None) -> Fraction | None:
    """One over an end of an interval that lies on one side of zero."""
    if end is None:
        return ZERO
    return None if end == 0 else 1 / end


def power_interval(a: Interval, n: int) -> Interval:
    """`a` to the whole power `n` >= 0."""
    if n == 0:
        return (ONE, ONE)
    low, high = a
    if n % 2:
        return (None if low is None else low**n, None if high is None else high**n)
    if low is not None and low >= 0:
        return (low**n, None if high is None else high**n)
    if high is not None and high <= 0:
        return (high**n, None if low is None else low**n)
    return (ZERO, None if low is None or high is None else max(low**n, high**n))


def meet_intervals(a: Interval, b: Interval) -> Interval:
    """The intersection of two intervals that both hold the truth."""
    low = b[0] if a[0] is None else a[0] if b[0] is None else max(a[0], b[0])
    high = b[1] if a[1] is None else a[1] if b[1] is None else min(a[1], b[1])
    return (low, high)


def join_intervals(intervals: Iterable[Interval]) -> Interval:
    """The hull of one or more intervals."""
    lows, highs = zip(*intervals, strict=True)
    return (None if None in lows else min(lows), None if None in highs else max(highs))


# -- polynomials -------------------------------------------------------------------------------------------------------


def constant(value: Fraction) -> Poly:
    return {(): value} if value else {}


def variable(index: int) -> Poly:
    return {((index, 1),): ONE}


def add(p: Poly, q: Poly, factor: Fraction = ONE) -> Poly:
    """``p + factor * q``."""
    total = dict(p)
    for monomial, coefficient in q.items():
        value = total.get(monomial, ZERO) + factor * coefficient
        if value:
            total[monomial] = value
        else:
            total.pop(monomial, None)
    return total


def _times(m: Monomial, n: Monomial) -> Monomial:
    if not m or not n:
        return m or n
    powers = dict(m)
    for index, power in n:
        powers[index] = powers.get(index, 0) + power
    return tuple(sorted(powers.items()))


def multiply(p: Poly, q: Poly) -> Poly:
    """The product.

    Raises
    ------
    TooBig
        It would have too many terms.
    """
    if len(p) * len(q) > 20 * MAX_TERMS:
        raise TooBig
    total: Poly = {}
    for m, a in p.items():
        for n, b in q.items():
            monomial = _times(m, n)
            total[monomial] = total.get(monomial, ZERO) + a * b
    made = {m: c for m, c in total.items() if c}
    if len(made) > MAX_TERMS:
        raise TooBig
    return made


def raise_to(p: Poly, n: int) -> Poly:
    if n > MAX_POWER:
        raise TooBig
    total = constant(ONE)
    for _ in range(n):
        total = multiply(total, p)
    return total


def derivative(p: Poly, index: int) -> Poly:
    total: Poly = {}
    for monomial, coefficient in p.items():
        powers = dict(monomial)
        power = powers.pop(index, 0)
        if power:
            if power > 1:
                powers[index] = power - 1
            total[tuple(sorted(powers.items()))] = coefficient * power
    return total


def variables(p: Poly) -> set[int]:
    return {index for monomial in p for index, _ in monomial}


def degree(p: Poly, index: int) -> int:
    return max((dict(m).get(index, 0) for m in p), default=0)


def coefficients(p: Poly, index: int) -> list[Poly]:
    """The polynomial as one in a single variable: coefficient of each power, lowest first."""
    found: list[Poly] = [{} for _ in range(degree(p, index) + 1)]
    for monomial, coefficient in p.items():
        powers = dict(monomial)
        power = powers.pop(index, 0)
        found[power][tuple(sorted(powers.items()))] = coefficient
    return found


def substitute(p: Poly, index: int, value: Poly) -> Poly:
    """`p` with a polynomial put in for one variable."""
    if index not in variables(p):
        return p
    total: Poly = {}
    for part in reversed(coefficients(p, index)):
        total = add(multiply(total, value), part)
    return total


def value_at(p: Poly, point: Mapping[int, Fraction]) -> Fraction:
    total = ZERO
    for monomial, coefficient in p.items():
        for index, power in monomial:
            coefficient *= point[index] ** power
        total += coefficient
    return total


def divide_exactly(p: Poly, q: Poly) -> Poly | None:
    """``p / q`` where it leaves no rest, else None."""
    if not q:
        return None

    indices = sorted(variables(p) | variables(q))

    def lex(monomial: Monomial) -> tuple[int, ...]:
        powers = dict(monomial)
        return tuple(powers.get(i, 0) for i in indices)

    lead = max(q, key=lex)
    rest = dict(p)
    result: Poly = {}
    while rest:
        top = max(rest, key=lex)
        powers = dict(top)
        for index, power in lead:
            powers[index] = powers.get(index, 0) - power
        if any(power < 0 for power in powers.values()):
            return None
        monomial = tuple(sorted((i, n) for i, n in powers.items() if n))
        coefficient = rest[top] / q[lead]
        result[monomial] = coefficient
        if len(result) > MAX_TERMS:
            return None
        rest = add(rest, {_times(monomial, m): c for m, c in q.items()}, -coefficient)
    return result


# -- enclosure and sign over a box -------------------------------------------------------------------------------------


def enclose(p: Poly, box: Box) -> Interval:
    """An interval that holds `p` over the box, monomial by monomial."""
    total: Interval = (ZERO, ZERO)
    for monomial, coefficient in p.items():
        term: Interval = (coefficient, coefficient)
        for index, power in monomial:
            term = multiply_intervals(term, power_interval(box[index], power))
        total = add_intervals(total, term)
    return total


def signs(p: Poly, box: Box) -> Interval:
    """An interval around `p` that is sharp about its sign.

    Variables that occur to the first power are put at their ends (a polynomial is extreme there); the others are
    measured from an end of their range, so that equal signs of coefficients show.
    """
    found = enclose(p, box)
    if _decided(found):
        return found
    used = variables(p)
    corners = [i for i in sorted(used) if degree(p, i) == 1 and None not in box[i]][:6]
    moved: dict[int, Interval] = {}
    for index in used.difference(corners):
        low, high = box[index]
        if low is not None:
            moved[index] = (ZERO, None if high is None else high - low)
        else:
            moved[index] = ALL if high is None else (None, ZERO)
    sharper: list[Interval] = []
    for ends in product((0, 1), repeat=len(corners)):
        part = p
        for index, end in zip(corners, ends, strict=True):
            value = box[index][end]
            assert value is not None
            part = substitute(part, index, constant(value))
        try:
            for index in moved:
                low, high = box[index]
                if low is not None:
                    part = substitute(part, index, add(constant(low), variable(index)))
                elif high is not None:
                    part = substitute(part, index, add(constant(high), variable(index)))
        except TooBig:
            return found
        sharper.append(enclose(part, moved))
    return meet_intervals(found, join_intervals(sharper))


def _decided(found: Interval) -> bool:
    low, high = found
    return (low is not None and low >= 0) or (high is not None and high <= 0)


def sign_of(found: Interval) -> int | None:
    """1 where never negative, -1 where never positive, 0 where nothing but zero, None where it may be both."""
    low, high = found
    if low == 0 and high == 0:
        return 0
    if low is not None and low >= 0:
        return 1
    return -1 if high is not None and high <= 0 else None


# -- ratios ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ratio:
    """``top / (bottom[0] ** n * ...)``; every factor has leading coefficient 1."""

    top: Poly
    bottom: tuple[tuple[Factor, int], ...] = ()

    @staticmethod
    def of(value: Fraction) -> Ratio:
        return Ratio(constant(value))

    @staticmethod
    def variable(index: int) -> Ratio:
        return Ratio(variable(index))

    def factors(self) -> list[tuple[Poly, int]]:
        return [(dict(key), power) for key, power in self.bottom]

    def denominator(self) -> Poly:
        total = constant(ONE)
        for factor, power in self.factors():
            total = multiply(total, raise_to(factor, power))
        return total

    def variables(self) -> set[int]:
        return variables(self.top).union(*(variables(f) for f, _ in self.factors()))

    def plus(self, other: Ratio, sign: Fraction = ONE) -> Ratio:
        mine, theirs = dict(self.bottom), dict(other.bottom)
        shared = {key: max(mine.get(key, 0), theirs.get(key, 0)) for key in mine | theirs}
        left, right = self.top, other.top
        for key, power in shared.items():
            left = multiply(left, raise_to(dict(key), power - mine.get(key, 0)))
            right = multiply(right, raise_to(dict(key), power - theirs.get(key, 0)))
        return _cancelled(add(left, right, sign), shared)

    def times(self, other: Ratio) -> Ratio:
        powers = dict(self.bottom)
        for key, power in other.bottom:
            powers[key] = powers.get(key, 0) + power
        return _cancelled(multiply(self.top, other.top), powers)

    def inverse(self) -> Ratio | None:
        """One over it; None when it is zero everywhere."""
        if not self.top:
            return None
        common, rest = _content(self.top)
        lead, key = _monic(rest)
        bottom = {key: 1} | {_monic(variable(index))[1]: power for index, power in common}
        top = constant(1 / lead)
        for factor, power in self.factors():
            top = multiply(top, raise_to(factor, power))
        return _cancelled(top, bottom)

    def fixed(self, index: int, value: Fraction) -> Ratio | None:
        """With a number put in for one variable; None where that makes the denominator zero."""
        powers: dict[Factor, int] = {}
        scale = ONE
        for factor, power in self.factors():
            made = substitute(factor, index, constant(value))
            if not made:
                return None
            lead, key = _monic(made)
            scale *= lead**power
            powers[key] = powers.get(key, 0) + power
        top = substitute(self.top, index, constant(value))
        return _cancelled({m: c / scale for m, c in top.items()}, powers)

    def limit(self, index: int) -> Ratio | None:
        """As one variable grows or falls without end; None where that has no finite value."""
        if not self.top:
            return self
        top = coefficients(self.top, index)
        bottom_degree, scale = 0, ONE
        powers: dict[Factor, int] = {}
        for factor, power in self.factors():
            parts = coefficients(factor, index)
            bottom_degree += (len(parts) - 1) * power
            lead, key = _monic(parts[-1])
            scale *= lead**power
            powers[key] = powers.get(key, 0) + power
        if len(top) - 1 != bottom_degree:
            return Ratio({}) if len(top) - 1 < bottom_degree else None
        return _cancelled({m: c / scale for m, c in top[-1].items()}, powers)

    def power(self, n: int) -> Ratio | None:
        base = self if n >= 0 else self.inverse()
        if base is None:
            return None
        if abs(n) > MAX_POWER:
            raise TooBig
        total = Ratio.of(ONE)
        for _ in range(abs(n)):
            total = total.times(base)
        return total


def _content(p: Poly) -> tuple[Monomial, Poly]:
    """The product of variables that divides every term, and the rest."""
    common = dict(next(iter(p)))
    for monomial in p:
        powers = dict(monomial)
        common = {i: min(n, powers[i]) for i, n in common.items() if i in powers}
    if not common:
        return (), p
    rest: Poly = {}
    for monomial, coefficient in p.items():
        rest[tuple((i, n - common.get(i, 0)) for i, n in monomial if n > common.get(i, 0))] = coefficient
    return tuple(sorted(common.items())), rest


def _monic(p: Poly) -> tuple[Fraction, Factor]:
    lead = p[max(p)]
    return lead, tuple(sorted((m, c / lead) for m, c in p.items()))


def _cancelled(top: Poly, bottom: Mapping[Factor, int]) -> Ratio:
    """A ratio in which no factor of the denominator divides the numerator."""
    if not top:
        return Ratio({})
    left: dict[Factor, int] = {}
    for key, power in bottom.items():
        factor = dict(key)
        if not variables(factor):
            continue
        while power:
            quotient = divide_exactly(top, factor)
            if quotient is None:
                break
            top, power = quotient, power - 1
        if power:
            left[key] = power
    return Ratio(top, tuple(sorted(left.items())))
