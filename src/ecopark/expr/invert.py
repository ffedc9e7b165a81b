"""Inversion: which single input, changed least, would meet a requirement, and which missing one would settle it.

The requirement is a yes/no formula. With all other inputs fixed it depends on one number, and can change its answer
only where a comparison in it turns: at a root or a pole of the difference of its sides. Where that difference is a
ratio of polynomials in the input (or one root of such a ratio), these points are found from the polynomial, exactly
where it is of the first degree; elsewhere they are bracketed. Between two neighbouring points the answer is constant,
so trying one value in each gap, nearest first, finds the smallest change. Every result is checked with the traced form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, Result
from ecopark.expr.bounded import BOTH, Ranges, bounds, missing_leaves
from ecopark.expr.fit import Fitted
from ecopark.expr.nodes import Binary, Call, Choice, Compare, Leaf, Named, Negate, Node, Number, children, leaves
from ecopark.expr.polynomial import Interval, Ratio, TooBig, coefficients
from ecopark.expr.traced import Evaluator, Lookup, evaluate

LeafKey = tuple[str, tuple[str, ...], Period]
Movable = Callable[[Leaf], Interval | None]
"""The range within which an input may be moved (None: open); None where it may not be moved at all."""

PRECISION = Fraction(1, 10**13)
TINY = Fraction(1, 10**30)
"""Numbers closer than this are one turn (it also ends the halving around zero)."""
PIECES = 32

NO_REASON = Text()
NOT_WITHIN = Text(
    "在合理范围内，单独改变此项无法达标", "no change of this input alone, within its plausible range, meets it"
)


def leaf_key(leaf: Leaf, period: Period) -> LeafKey:
    """What identifies a datum: its kind and names, and the calendar period it is for."""
    return (leaf.kind, leaf.args, period)


@dataclass(frozen=True)
class With:
    """Facts with some values put in their place, as `leaf_key` names them."""

    lookup: Lookup
    values: Mapping[LeafKey, Result]

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        key = leaf_key(leaf, period)
        if key not in self.values:
            return self.lookup.resolve(leaf, period)
        return Trace("assumed", leaf.name, self.values[key], period=str(period), note=Text("假设值", "assumed"))


@dataclass(frozen=True, slots=True)
class LeafChange:
    """The smallest change of one input alone that meets a requirement.

    Parameters
    ----------
    leaf, period
        The input.
    now, needed
        Its value in the facts, and the nearest one that meets the requirement; None where there is none.
    reason
        Why there is none.
    open
        The requirement is met only beyond `needed`'s limit, not at it: `needed` is the next shorter decimal behind it.
    """

    leaf: Leaf
    period: Period
    now: Fraction
    needed: Fraction | None
    reason: Text = NO_REASON
    open: bool = False

    @property
    def relative(self) -> Fraction | None:
        """(needed - now) / now; None from zero or where nothing helps."""
        return None if self.needed is None or not self.now else (self.needed - self.now) / self.now


def smallest_changes(formula: Fitted, lookup: Lookup, period: Period, movable: Movable) -> list[LeafChange]:
    """Per input of the assessed period, the smallest change of it alone that makes a yes/no formula true.

    Parameters
    ----------
    formula
        The requirement, e.g. ``value <= limit``; the limit may depend on the same inputs.
    lookup, period
        The subject's facts and the assessed period.
    movable
        Which inputs may move, and within which range. Earlier years never move.

    Returns
    -------
    changes
        Those that help first, by relative size; then those that cannot. Empty where the formula is true already, or is
        undetermined because something is missing.
    """
    now = evaluate(formula, lookup, period).value
    if now is True or (isinstance(now, Missing) and now.items):
        return []
    found: list[LeafChange] = []
    for leaf in dict.fromkeys(leaves(formula.node)):
        if leaf.back:
            continue
        allowed = movable(leaf)
        value = lookup.resolve(leaf, period).value if allowed is not None else None
        if allowed is not None and isinstance(value, Fraction):
            found.append(_Search(formula, lookup, period, leaf, value, allowed).change())
    return sorted(found, key=_size)


def _size(change: LeafChange) -> tuple[bool, Fraction]:
    """Order of changes: those that help, the least relative change first."""
    if change.needed is None:
        return True, Fraction(0)
    return False, abs(change.needed - change.now) / (abs(change.now) or 1)


class _Search:
    def __init__(
        self, formula: Fitted, lookup: Lookup, period: Period, leaf: Leaf, now: Fraction, allowed: Interval
    ) -> None:
        self.formula, self.lookup, self.period = formula, lookup, period
        self.leaf, self.now, self.allowed = leaf, now, allowed
        self.key = leaf_key(leaf, period)
        self.tried: dict[Fraction, bool] = {}

    def met(self, value: Fraction) -> bool:
        if value not in self.tried:
            answer = evaluate(self.formula, With(self.lookup, {self.key: value}), self.period).value
            self.tried[value] = answer is True
        return self.tried[value]

    def change(self) -> LeafChange:
        exact, points = True, set[Fraction]()
        exact = _Turns(self.formula, self.lookup, self.period, self.leaf).collect(points)
        low, high = self.allowed
        if not exact:
            points |= set(self._scan())
        points |= {v for v in (low, high) if v is not None}
        inside = {p for p in points if (low is None or p >= low) and (high is None or p <= high)}
        up = self._first(sorted(p for p in inside if p > self.now), 1)
        down = self._first(sorted((p for p in inside if p < self.now), reverse=True), -1)
        best = min((c for c in (up, down) if c is not None), key=lambda c: abs(c[0] - self.now), default=None)
        if best is None:
            return LeafChange(self.leaf, self.period, self.now, None, NOT_WITHIN)
        return LeafChange(self.leaf, self.period, self.now, best[0], open=best[1])

    def _first(self, points: list[Fraction], way: int) -> tuple[Fraction, bool] | None:
        """The first value beyond `now` in one direction that meets the formula, and whether it lies in an open gap."""
        end = self.allowed[1 if way > 0 else 0]
        gaps = [self.now, *points]
        for number, here in enumerate(gaps):
            if number and self.met(here):
                return here, False
            ahead = gaps[number + 1] if number + 1 < len(gaps) else None
            if ahead is None and end is not None:
                return None
            beyond = here + way * max(abs(here), Fraction(1)) if ahead is None else (here + ahead) / 2
            if self.met(beyond):
                return self._behind(here, beyond, way), True
        return None

    def _behind(self, here: Fraction, there: Fraction, way: int) -> Fraction:
        """The shortest decimal just behind an open limit: about six significant digits, or as many as are needed."""
        size = len(str(int(abs(here)))) if abs(here) >= 1 else 0
        for digits in range(max(6 - size, _decimals(self.now)), 60):
            step = Fraction(1, 10**digits)
            value = (here // step + 1) * step if way > 0 else (-((-here) // step) - 1) * step
            if way * (there - value) >= 0 and self.met(value):
                return value
        return there

    def _scan(self) -> Iterator[Fraction]:
        """Points around every turn that no polynomial gives: a coarse scan, then halving."""
        scale = max(abs(self.now), Fraction(1))
        marks = {self.now + way * scale * Fraction(2) ** k for way in (1, -1) for k in range(-20, 12)}
        low, high = self.allowed
        if low is not None and high is not None:
            marks |= {low + (high - low) * k / 32 for k in range(33)}
        inside = sorted({self.now, *(m for m in marks if (low is None or m >= low) and (high is None or m <= high))})
        for a, b in pairwise(inside):
            if self.met(a) is not self.met(b):
                answer = self.met(a)
                while b - a > max(PRECISION * max(abs(a), abs(b)), TINY):
                    middle = _short(a, b)
                    a, b = (middle, b) if self.met(middle) is answer else (a, middle)
                yield a
                yield b


def _short(a: Fraction, b: Fraction) -> Fraction:
    """About the middle of two numbers, as a short decimal."""
    middle, width = (a + b) / 2, b - a
    digits = 0
    while Fraction(1, 10**digits) > width / 8:
        digits += 1
    step = Fraction(1, 10**digits)
    return round(middle / step) * step


def _decimals(value: Fraction) -> int:
    """How many decimal places a value has, at most 12."""
    return next((n for n in range(12) if (value * 10**n).denominator == 1), 12)


# -- where a comparison can turn ---------------------------------------------------------------------------------------


class _Turns:
    """Collects the values of one leaf at which some comparison of a formula can change its answer."""

    def __init__(self, formula: Fitted, lookup: Lookup, period: Period, leaf: Leaf) -> None:
        self.exact = Evaluator(lookup, period, formula.units)
        self.node = formula.node
        self.leaf = leaf
        self.depends: dict[Node, bool] = {}
        self.roots: list[tuple[int, Node]] = []

    def collect(self, points: set[Fraction]) -> bool:
        """Add the points; False where some could not be told from the formula."""
        return self._visit(self.node, points, set())

    def _visit(self, node: Node, points: set[Fraction], seen: set[Node]) -> bool:
        if node in seen or not self._moves(node):
            return True
        seen.add(node)
        exact = True
        if isinstance(node, Compare):
            exact = self._turns_of(Binary("-", node.left, node.right), points)
        elif isinstance(node, Call) and node.function == "root":
            exact = self._turns_of(node.args[0], points)
        elif isinstance(node, Call) and node.function == "round":
            exact = False
        return all([self._visit(child, points, seen) for child in children(node)]) and exact

    def _moves(self, node: Node) -> bool:
        found = self.depends.get(node)
        if found is None:
            found = node == self.leaf if isinstance(node, Leaf) else any(self._moves(c) for c in children(node))
            self.depends[node] = found
        return found

    def _turns_of(self, difference: Node, points: set[Fraction]) -> bool:
        try:
            return all([self._solve(ratio, points, 0) for ratio in self._pieces(difference)])
        except (TooBig, _Unfit):
            return False

    def _solve(self, ratio: Ratio, points: set[Fraction], depth: int) -> bool:
        """Roots and poles of one piece in the leaf (variable 0), directly or through a single root(...) of it."""
        used = ratio.variables()
        if not used:
            return True
        if len(used) > 1 or depth > 3:
            return False
        (index,) = used
        found: set[Fraction] = set()
        for poly in (ratio.top, *(factor for factor, _ in ratio.factors())):
            if poly:
                found.update(real_roots([part.get((), Fraction(0)) for part in coefficients(poly, index)]))
        if index == 0:
            points |= found
            return True
        n, inner = self.roots[index - 1]
        exact = True
        for value in found:
            if value >= 0:
                for piece in self._pieces(inner):
                    shifted = piece.plus(Ratio.of(value**n), Fraction(-1))
                    exact = self._solve(shifted, points, depth + 1) and exact
        return exact

    def _pieces(self, node: Node) -> list[Ratio]:
        """The ratios that `node` can be, one for each way through its conditions."""
        if not self._moves(node):
            value = self.exact.visit(node).value
            if isinstance(value, Missing):
                return []
            if not isinstance(value, Fraction):
                raise _Unfit
            return [Ratio.of(value)]
        match node:
            case Leaf():
                return [Ratio.variable(0)]
            case Named(_, body):
                return self._pieces(body)
            case Negate(operand):
                return [Ratio({}).plus(p, Fraction(-1)) for p in self._pieces(operand)]
            case Binary("**", base, Number(power)):
                return _some(p.power(int(power)) for p in self._pieces(base))
            case Binary(op, left, right):
                pairs = list(product(self._pieces(left), self._pieces(right)))
                if len(pairs) > PIECES:
                    raise TooBig
                return _some(_combined(op, a, b) for a, b in pairs)
            case Choice(_, then, otherwise):
                return self._pieces(then) + self._pieces(otherwise)
            case Call("min" | "max", args, _):
                return [p for a in args for p in self._pieces(a)]
            case Call("abs", (inner,), _):
                found = self._pieces(inner)
                return found + [Ratio({}).plus(p, Fraction(-1)) for p in found]
            case Call("root", (inner, Number(n)), _):
                if (int(n), inner) not in self.roots:
                    self.roots.append((int(n), inner))
                return [Ratio.variable(1 + self.roots.index((int(n), inner)))]
        raise _Unfit


class _Unfit(Exception):
    """A part of the formula is no ratio of polynomials."""


def _some(ratios: Iterable[Ratio | None]) -> list[Ratio]:
    return [r for r in ratios if r is not None]


def _combined(op: str, a: Ratio, b: Ratio) -> Ratio | None:
    if op == "*":
        return a.times(b)
    if op == "/":
        inverse = b.inverse()
        return None if inverse is None else a.times(inverse)
    return a.plus(b, Fraction(1 if op == "+" else -1))


def real_roots(polynomial: list[Fraction]) -> list[Fraction]:
    """The real roots of a polynomial, lowest coefficient first.

    A rational root of the first degree is exact; any other is given by two numbers close on either side of it.

    Examples
    --------
    >>> real_roots([Fraction(-1), Fraction(2)])
    [Fraction(1, 2)]
    """
    while polynomial and not polynomial[-1]:
        polynomial = polynomial[:-1]
    degree = len(polynomial) - 1
    if degree < 1:
        return []
    if degree == 1:
        return [-polynomial[0] / polynomial[1]]

    def value(x: Fraction) -> Fraction:
        total = Fraction(0)
        for coefficient in reversed(polynomial):
            total = total * x + coefficient
        return total

    limit = 1 + max(abs(c / polynomial[-1]) for c in polynomial[:-1])
    turns = real_roots([c * n for n, c in enumerate(polynomial)][1:])
    marks = sorted({-limit, limit, *turns})
    found = {m for m in marks if value(m) == 0}
    for a, b in pairwise(marks):
        below = value(a)
        if below == 0 or value(b) == 0 or (below > 0) is (value(b) > 0):
            continue
        while b - a > max(PRECISION * max(abs(a), abs(b)), TINY):
            middle = _short(a, b)
            there = value(middle)
            if there == 0:
                a = b = middle
                break
            a, b = (middle, b) if (there > 0) is (below > 0) else (a, middle)
        found |= {a, b}
    return sorted(found | set(turns))


# -- which missing item would settle it --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settling:
    """How much one missing item tells.

    Parameters
    ----------
    share
        Of the tried values of this item alone, the part that would leave only one answer (for a number: by how much of
        its width the interval shrinks on average).
    """

    leaf: Leaf
    period: Period
    share: Fraction


def settling(formula: Fitted, lookup: Lookup, ranges: Ranges, period: Period) -> list[Settling]:
    """The missing inputs a formula reaches, most telling first."""
    whole = bounds(formula, lookup, ranges, period)
    found: list[Settling] = []
    for leaf, when in missing_leaves(formula, lookup, period):
        trials = _trials(ranges(leaf, when) or (None, None))
        told = Fraction(0)
        for value in trials:
            left = bounds(formula, With(lookup, {leaf_key(leaf, when): value}), ranges, period)
            if whole.truths == BOTH:
                told += len(left.truths) <= 1
            elif not whole.truths and left.width is not None:
                told += 1 - left.width / whole.width if whole.width else Fraction(whole.width is None)
        found.append(Settling(leaf, when, told / len(trials)))
    return sorted(found, key=lambda s: -s.share)


def _trials(interval: Interval) -> list[Fraction]:
    low, high = interval
    if low is not None and high is not None:
        return [low + (high - low) * Fraction(k, 8) for k in range(9)]
    steps = [Fraction(0), *(Fraction(10) ** k for k in range(-2, 7))]
    if low is not None:
        return [low + s for s in steps]
    if high is not None:
        return [high - s for s in steps]
    return sorted({*steps, *(-s for s in steps)})
