"""The bounded form: what can be said of a formula while some of its inputs are missing.

Every missing input lies in a range (or anywhere, where none is known); the answer is an interval that holds the true
value whenever the truth lies in those ranges, and the truth values that a yes/no formula can still take. Sums,
products, quotients and whole powers are treated together as one ratio of polynomials, so that a share of two missing
amounts stays within 0 and 1 and a comparison sees what its two sides have in common. Everything else is interval
arithmetic.

A part that would have no value (division by zero, `Undefined`) adds nothing: bounds speak of the value if there is one.

References
----------
R. E. Moore, R. B. Kearfott, M. J. Cloud: Introduction to Interval Analysis (2009), chapters 5 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from ecopark.core.period import Period
from ecopark.core.trace import Trace
from ecopark.core.value import Missing
from ecopark.errors import FormulaError
from ecopark.expr.extremes import extremes
from ecopark.expr.fit import FLAG, Fitted
from ecopark.expr.functions import find
from ecopark.expr.nodes import (
    MIRRORED,
    Binary,
    Call,
    Choice,
    Compare,
    Leaf,
    Logic,
    Named,
    Negate,
    Node,
    Not,
    Number,
    Undefined,
    children,
    leaves,
)
from ecopark.expr.polynomial import (
    ALL,
    Interval,
    Ratio,
    TooBig,
    add_intervals,
    divide_intervals,
    join_intervals,
    meet_intervals,
    multiply_intervals,
    negate_interval,
    power_interval,
)
from ecopark.expr.traced import Evaluator, Lookup

Ranges = Callable[[Leaf, Period], Interval | None]
"""Plausible range of a missing leaf at its own period; None where nothing is known."""

BOTH = frozenset((True, False))
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a formula can still be.

    Parameters
    ----------
    low, high
        The value, if there is one, lies between them; None is unbounded (or the formula is no number).
    truths
        The truth values a yes/no formula can still take; empty for numbers.
    possible
        False where no value can come out, whatever is still given.
    """

    low: Fraction | None = None
    high: Fraction | None = None
    truths: frozenset[bool] = frozenset()
    possible: bool = True

    @property
    def interval(self) -> Interval:
        return (self.low, self.high)

    @property
    def width(self) -> Fraction | None:
        """How wide the interval is; None where it is open."""
        return None if self.low is None or self.high is None else self.high - self.low

    @property
    def decided(self) -> bool:
        """Whether only one answer is left."""
        return len(self.truths) == 1 if self.truths else self.possible and self.width == 0

    def holds(self, value: Fraction | bool) -> bool:
        """Whether `value` is one of the answers left."""
        if isinstance(value, bool):
            return value in self.truths
        above = self.low is None or value >= self.low
        return self.possible and above and (self.high is None or value <= self.high)


def bounds(formula: Fitted, lookup: Lookup, ranges: Ranges, period: Period) -> Bounds:
    """The interval in which a formula must lie while some of its inputs are missing.

    Parameters
    ----------
    formula
        Fitted tree.
    lookup
        The subject's facts; a leaf that they do not give is missing.
    ranges
        Plausible range of a missing leaf, asked with the leaf's own period.
    period
        The assessed period.

    Returns
    -------
    bounds
        Holds the value that full data would give, if there is one and the missing data lie in their ranges.

    References
    ----------
    Moore, Kearfott, Cloud (2009), theorem 5.1 (inclusion).
    """
    exact = Evaluator(lookup, period, formula.units)
    box: dict[Leaf, Interval] = {}
    for leaf in dict.fromkeys(leaves(formula.node)):
        if isinstance(exact.visit(leaf).value, Missing):
            box[leaf] = ranges(leaf, period.years_back(leaf.back)) or ALL
    found = _Bounder(box, exact, {}).visit(formula.node)
    if found is None:
        return Bounds(possible=False)
    if formula.sort == FLAG:
        return Bounds(truths=_truths(found))
    if isinstance(found, tuple):
        return Bounds(*found)
    return Bounds(truths=found) if isinstance(found, frozenset) else Bounds()


def missing_leaves(formula: Fitted, lookup: Lookup, period: Period) -> tuple[tuple[Leaf, Period], ...]:
    """The leaves that the formula really reaches and the facts do not give, with their own periods."""
    asked = _Recorder(lookup)
    Evaluator(asked, period, formula.units).visit(formula.node)
    return tuple(asked.missing)


class _Recorder:
    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self.missing: dict[tuple[Leaf, Period], None] = {}

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        found = self.lookup.resolve(leaf, period)
        if found.missing:
            self.missing[leaf, period] = None
        return found


Value = Interval | frozenset[bool] | str | None
"""An interval, the truth values left, a code, or None where no value can come out."""


def _truths(value: Value) -> frozenset[bool]:
    """A value in a place where a yes/no is expected: a missing leaf can be either."""
    return value if isinstance(value, frozenset) else frozenset() if value is None else BOTH


def _as_interval(value: Value) -> Interval:
    if isinstance(value, tuple):
        return value
    raise FormulaError("a number is expected where the formula has a flag or a code")


def _bare(node: Node) -> Node:
    while isinstance(node, Named):
        node = node.body
    return node


class _NoValue(Exception):
    """The expression has no value, whatever the missing inputs are."""


class _Bounder:
    """Bounds of the nodes of one formula over one box of missing leaves."""

    def __init__(self, box: dict[Leaf, Interval], exact: Evaluator, settled: dict[Node, bool]) -> None:
        self.box = box
        self.exact = exact
        self.settled = settled
        self.seen: dict[Node, Value] = {}

    def visit(self, node: Node) -> Value:
        if node not in self.seen:
            self.seen[node] = self._visit(node)
        return self.seen[node]

    def known(self, node: Node) -> bool:
        """Whether nothing below the node is missing, so that the traced form decides it."""
        found = self.settled.get(node)
        if found is None:
            found = node not in self.box if isinstance(node, Leaf) else all(self.known(c) for c in children(node))
            self.settled[node] = found
        return found

    def _visit(self, node: Node) -> Value:
        if self.known(node):
            value = self.exact.visit(node).value
            if isinstance(value, Missing):
                return None
            if isinstance(value, bool):
                return frozenset((value,))
            return value if isinstance(value, str) else (value, value)
        match node:
            case Leaf():
                return self.box[node]
            case Named(_, body):
                return self.visit(body)
            case Not(operand):
                left = _truths(self.visit(operand))
                return frozenset(not t for t in left) or None
            case Logic(op, operands):
                decisive = op == "or"
                each = [_truths(self.visit(o)) for o in operands]
                found = {decisive} if any(decisive in t for t in each) else set()
                return frozenset(found | ({not decisive} if all((not decisive) in t for t in each) else set())) or None
            case Choice(test, then, otherwise):
                return self._choice(test, then, otherwise)
            case Call("given", (inner,)):
                return frozenset((False,)) if self.visit(inner) is None else BOTH
        narrowed = self._implied(node)
        if narrowed is None:
            return None
        return narrowed._strict(node) if narrowed is self else narrowed.visit(node)

    def _choice(self, test: Node, then: Node, otherwise: Node) -> Value:
        found: list[Value] = []
        for truth in _truths(self.visit(test)):
            branch = self.narrowed(test, truth)
            value = None if branch is None else branch.visit(then if truth else otherwise)
            if value is not None:
                found.append(value)
        if len(found) < 2:
            return found[0] if found else None
        a, b = found
        if isinstance(a, tuple) and isinstance(b, tuple):
            return join_intervals((a, b))
        if isinstance(a, frozenset) or isinstance(b, frozenset):
            return _truths(a) | _truths(b)
        return a if a == b else ALL

    def _strict(self, node: Node) -> Value:
        match node:
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Call(name, args, _):
                values = [self.visit(a) for a in args]
                if None in values:
                    return None
                return self._called(name, [_as_interval(v) for v in values])
            case _:
                return self._rational(node)

    def _called(self, name: str, values: list[Interval]) -> Value:
        if name == "root":
            if values[0][1] is not None and values[0][1] < 0:
                return None
            return _outward(find(name).bounded(*values))  # type: ignore[misc]
        form = find(name).bounded
        if form is None:
            raise FormulaError(f"{name}(...) has no bounded form")
        low, high = form(*values)
        return (low, high)

    def _compare(self, op: str, left: Node, right: Node) -> Value:
        a, b = self.visit(left), self.visit(right)
        if a is None or b is None:
            return None
        if not (isinstance(a, tuple) and isinstance(b, tuple)):
            if isinstance(a, str) and isinstance(b, str):
                return frozenset(((a == b) is (op == "=="),))
            if isinstance(a, frozenset) and isinstance(b, frozenset):
                return frozenset((x == y) is (op == "==") for x in a for y in b)
            return BOTH
        found = self._rational(Binary("-", left, right))
        if found is None:
            return None
        low, high = _as_interval(found)
        below, above = low is None or low < 0, high is None or high > 0
        zero = (low is None or low <= 0) and (high is None or high >= 0)
        yes = {"<": below, ">": above, "==": zero, "<=": below or zero, ">=": above or zero, "!=": below or above}[op]
        no = {"<": above or zero, ">": below or zero, "==": below or above, "<=": above, ">=": below, "!=": zero}[op]
        return frozenset(([True] if yes else []) + ([False] if no else [])) or None

    # -- narrowing: what must hold for a branch to be reached, or for a value to exist --------------------------------

    def narrowed(self, test: Node, truth: bool) -> _Bounder | None:
        """The same over the part of the box where `test` can be `truth`; None where there is no such part."""
        box = dict(self.box)
        if not self._narrow(box, test, truth):
            return None
        return self if box == self.box else _Bounder(box, self.exact, self.settled)

    def _narrow(self, box: dict[Leaf, Interval], test: Node, truth: bool) -> bool:
        match _bare(test):
            case Not(operand):
                return self._narrow(box, operand, not truth)
            case Logic(op, operands) if (op == "and") is truth:
                return all(self._narrow(box, o, truth) for o in operands)
            case Compare(op, left, right):
                op = op if truth else _OPPOSITE[op]
                sides = ((_bare(left), op, right), (_bare(right), MIRRORED[op], left))
                return all(self._cut(box, leaf, o, other) for leaf, o, other in sides if leaf in box)
        return True

    def _cut(self, box: dict[Leaf, Interval], leaf: Node, op: str, other: Node) -> bool:
        limit = self.visit(other)
        if not isinstance(limit, tuple) or not isinstance(leaf, Leaf):
            return True
        allowed = {"<": (None, limit[1]), ">": (limit[0], None), "==": limit, "!": ALL}[op if op == "==" else op[0]]
        low, high = meet_intervals(box[leaf], allowed)
        if (
            low is not None
            and high is not None
            and (low > high or (low == high and op in "<>" and limit == (low, low)))
        ):
            return False
        box[leaf] = (low, high)
        return True

    def _implied(self, node: Node) -> _Bounder | None:
        """Narrowed by the tests that must hold for `node` to have a value at all."""
        box = dict(self.box)
        for test, truth in self._demands(node):
            if not self._narrow(box, test, truth):
                return None
        return self if box == self.box else _Bounder(box, self.exact, self.settled)

    def _demands(self, node: Node) -> Iterator[tuple[Node, bool]]:
        match node:
            case Choice(test, then, otherwise) if not self.known(test):
                for truth, here, there in ((True, then, otherwise), (False, otherwise, then)):
                    if isinstance(_bare(there), Undefined):
                        yield test, truth
                        yield from self._demands(here)
            case Binary() | Negate() | Named() | Compare():
                for child in children(node):
                    yield from self._demands(child)
            case Call(name, args, _) if name != "given":
                for child in args:
                    yield from self._demands(child)

    # -- arithmetic as one ratio ---------------------------------------------------------------------------------------

    def _rational(self, node: Node) -> Value:
        atoms = _Atoms(self)
        try:
            terms = [(sign, atoms.ratio(term), term) for sign, term in self._terms(node, 1)]
        except _NoValue:
            return None
        except TooBig:
            return self._plain(node)
        total: Interval = (Fraction(0), Fraction(0))
        for group in _connected(terms):
            try:
                ratio = Ratio({})
                for sign, part, _ in group:
                    ratio = ratio.plus(part, Fraction(sign))
                found = extremes(ratio, atoms.box)
            except TooBig:
                if len(group) == len(terms):
                    return self._plain(node)
                piece: Interval = (Fraction(0), Fraction(0))
                for sign, _, term in group:
                    part_interval = _as_interval(self.visit(term))
                    piece = add_intervals(piece, part_interval if sign > 0 else negate_interval(part_interval))
                total = add_intervals(total, piece)
                continue
            if not found.exact and len(group) == len(terms):
                plain = self._plain(node)
                return None if plain is None else _met(found.interval, _as_interval(plain))
            total = add_intervals(total, found.interval)
        return total

    def _terms(self, node: Node, sign: int) -> Iterator[tuple[int, Node]]:
        match node:
            case Binary("+" | "-" as op, left, right) if not self.known(node):
                yield from self._terms(left, sign)
                yield from self._terms(right, sign if op == "+" else -sign)
            case Negate(operand):
                yield from self._terms(operand, -sign)
            case Named(_, body):
                yield from self._terms(body, sign)
            case _:
                yield sign, node

    def _plain(self, node: Node) -> Value:
        """Interval arithmetic on the two operands."""
        match node:
            case Negate(operand):
                inner = self.visit(operand)
                return None if inner is None else negate_interval(_as_interval(inner))
            case Binary(op, left, right):
                x, y = self.visit(left), self.visit(right)
                if x is None or y is None:
                    return None
                a, b = _as_interval(x), _as_interval(y)
                match op:
                    case "+":
                        return add_intervals(a, b)
                    case "-":
                        return add_intervals(a, negate_interval(b))
                    case "*":
                        return multiply_intervals(a, b)
                    case "/":
                        return divide_intervals(a, b)
                power = int(b[0]) if b[0] is not None else 1
                raised = power_interval(a, abs(power))
                return raised if power >= 0 else divide_intervals((Fraction(1), Fraction(1)), raised)
        return self.visit(node)


def _met(a: Interval, b: Interval) -> Interval | None:
    low, high = meet_intervals(a, b)
    return None if low is not None and high is not None and low > high else (low, high)


_DIGITS = 10**48


def _outward(found: Interval) -> Interval:
    """A root interval widened by what rounding to 50 digits can move, unless its ends are short decimals."""
    low, high = found
    if low is not None and (low * _DIGITS).denominator != 1:
        low *= 1 - Fraction(1, _DIGITS)
    if high is not None and (high * _DIGITS).denominator != 1:
        high *= 1 + Fraction(1, _DIGITS)
    return (low, high)


Term = tuple[int, Ratio, Node]


def _connected(terms: list[Term]) -> list[list[Term]]:
    """The terms of a sum in groups that share no variable; each group can be bounded by itself."""
    groups: list[tuple[set[int], list[Term]]] = []
    for term in terms:
        used, together = set(term[1].variables()), [term]
        apart = []
        for indices, members in groups:
            if indices & used:
                used |= indices
                together = members + together
            else:
                apart.append((indices, members))
        groups = [*apart, (used, together)]
    return [members for _, members in groups]


class _Atoms:
    """The variables of one rational expression: missing leaves, and parts that are no arithmetic."""

    def __init__(self, bounder: _Bounder) -> None:
        self.bounder = bounder
        self.index: dict[Node, int] = {}
        self.box: dict[int, Interval] = {}

    def ratio(self, node: Node) -> Ratio:
        if self.bounder.known(node):
            return self._opaque(node)
        match node:
            case Named(_, body):
                return self.ratio(body)
            case Negate(operand):
                return Ratio({}).plus(self.ratio(operand), Fraction(-1))
            case Binary("+" | "-" as op, left, right):
                return self.ratio(left).plus(self.ratio(right), Fraction(1 if op == "+" else -1))
            case Binary("*", left, right):
                return self.ratio(left).times(self.ratio(right))
            case Binary("/", left, right):
                inverse = self.ratio(right).inverse()
                if inverse is None:
                    raise _NoValue
                return self.ratio(left).times(inverse)
            case Binary("**", base, Number(exponent)):
                raised = self.ratio(base).power(int(exponent))
                if raised is None:
                    raise _NoValue
                return raised
            case Choice(test, then, otherwise):
                truths = _truths(self.bounder.visit(test))
                if not truths:
                    raise _NoValue
                if truths == {True} or (len(truths) == 2 and isinstance(_bare(otherwise), Undefined)):
                    return self.ratio(then)
                if truths == {False} or isinstance(_bare(then), Undefined):
                    return self.ratio(otherwise)
        return self._opaque(node)

    def _opaque(self, node: Node) -> Ratio:
        value = self.bounder.visit(node)
        if value is None:
            raise _NoValue
        low, high = _as_interval(value)
        if low is not None and low == high:
            return Ratio.of(low)
        index = self.index.setdefault(node, len(self.index))
        self.box[index] = (low, high)
        return Ratio.variable(index)
