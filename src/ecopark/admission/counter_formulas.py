"""A formula over the project's figures as regions: where a yes/no formula is true, and where it is false.

Only what the counter-offer may move becomes a variable; everything else is taken at its value. Derived quantities and
indicators are put in as what they stand for, conditions become branches, and a comparison of two fractions becomes an
inequality between polynomials for each sign of what is divided by. So ``tax / land >= 50`` is ``50 land - tax <= 0``
where land is positive, exactly. A root or a rounding against
a number is told by what is inside. What is left (a sum of roots) is `Opaque`: it is bounded by intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import ceil, floor

from ecopark.admission.policy import Case, Demand
from ecopark.admission.project import SUBJECT
from ecopark.admission.ratios import Ratio
from ecopark.admission.regions import NO, YES, Below, Opaque, Region, all_of, one_of
from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import Missing
from ecopark.expr.bounded import bounds
from ecopark.expr.expand import rebuild
from ecopark.expr.fit import FLAG, Fitted
from ecopark.expr.nodes import Binary, Call, Choice, Compare, Leaf, Logic, Named, Negate, Node, Not, Number, leaves
from ecopark.expr.polynomial import Interval, Poly, TooBig, add, constant, enclose, multiply, variable, variables
from ecopark.expr.polynomial import Ratio as Fractional
from ecopark.expr.traced import Evaluator
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.resolve import SubjectLookup, canonical_by, compiled
from ecopark.observations.quantity import catalogue

Key = tuple[str, str]
"""A figure: quantity (or ratio) and breakdown."""
PIECES = 64
"""Ways through the conditions of one comparison; beyond, it is bounded by intervals."""
SIGNS = 3
"""Divisors of unknown sign in one comparison; beyond, it is bounded by intervals."""
HIDDEN = Missing(Text("可调整", "may move"))
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the project that may move.

    Parameters
    ----------
    key
        Quantity (or ratio) and breakdown.
    now
        Its value.
    weight
        Cost of a relative change of one.
    low, high
        Within which it may move; None is open. `now` always lies within.
    """

    key: Key
    now: Fraction
    weight: Fraction
    low: Fraction | None
    high: Fraction | None

    @property
    def scale(self) -> Fraction:
        """What counts as a change of one: its size, or one unit where it is zero."""
        return abs(self.now) or Fraction(1)


class Unfit(Exception):
    """The formula is no fraction of polynomials."""


class Formulas:
    """Turns the formulas of one case into regions over its movable figures.

    Parameters
    ----------
    case
        The case as it stands, in the period a formula is asked for.
    figures
        What may move; their places are the numbers of the variables.
    """

    def __init__(self, case: Case, figures: tuple[Figure, ...], current: Mapping[Key, object]) -> None:
        self.case, self.figures = case, figures
        self.current = current
        self.box: dict[int, Interval] = {i: (f.low, f.high) for i, f in enumerate(figures)}
        self.exact = Evaluator(case.lookup, case.period, {})
        self._forms: dict[Leaf, Poly | None] = {}

    def at(self, period: Period) -> Formulas:
        """The same for another phase of the project."""
        case = self.case
        phase = Case(case.project, case.policy, case.on, period, case.parameters, case.site, case.quotas)
        return Formulas(phase, self.figures, self.current)

    # -- what is asked -------------------------------------------------------------------------------------------------

    def test(self, formula: str) -> tuple[Region, Region]:
        """Where a yes/no formula of the policy is true, and where it is false."""
        fitted = compiled(formula, None, self.case.lookup.parameters)
        return self.truth(self.inline(fitted.node))

    def compare(self, ratio: Ratio, op: str, limit: Fraction, *names: str) -> tuple[Region, Region]:
        """Where a ratio (computed, or reported under its id or one of `names`) keeps to a limit, and where it does not."""
        trace = self.case.ratio(ratio, *names)
        if trace.kind == "reported":
            return self._relate_reported(trace.what, ratio.unit, op, limit)
        if not ratio.formula:
            return NO, NO
        fitted = compiled(ratio.formula, ratio.unit, self.case.lookup.parameters)
        return self.truth(Compare(op, self.inline(fitted.node), Number(limit)))

    def keeps(self, demand: Demand) -> Region:
        """Where a plain demand of a rule is met."""
        if demand.formula is None:
            return self._relate_reported(demand.rate, "", demand.op, demand.limit)[0]
        return self.truth(Compare(demand.op, self.inline(demand.formula.node), Number(demand.limit)))[0]

    def _relate_reported(self, name: str, target: str, op: str, limit: Fraction) -> tuple[Region, Region]:
        given = self.case.project.observation(name, self.case.period)
        if given is None or not isinstance(given.value, Fraction):
            return NO, NO
        factor = unit(given.unit or target).factor_to(unit(target)) if target else Fraction(1)
        index = self._index((name, ""), given)
        form = constant(given.value * factor) if index is None else multiply(variable(index), constant(factor))
        part = Fractional(add(form, constant(limit), Fraction(-1)))
        return self.relate(part, op), self.relate(part, _OPPOSITE[op])

    # -- names ---------------------------------------------------------------------------------------------------------

    def _index(self, key: Key, observation: object) -> int | None:
        """The variable that an observation is; None if it stays as it is."""
        if self.current.get(key) is not observation:
            return None
        return next((i for i, f in enumerate(self.figures) if f.key == key), None)

    def inline(self, node: Node, depth: int = 8) -> Node:
        """The tree with derived quantities and indicators replaced by what they are computed from."""

        def put_in(n: Node) -> Node:
            if not isinstance(n, Leaf) or n.kind != "name" or n.back or not depth:
                return n
            trace = self.case.lookup.resolve(n, self.case.period)
            if n.name in indicators() and trace.kind == "indicator":
                own = indicators()[n.name]
                return self.inline(compiled(own.formula, own.unit or None, self.case.lookup.parameters).node, depth - 1)
            if trace.kind == "derived":
                quantity = catalogue()[n.name]
                target = None if quantity.kind == "flag" else quantity.unit
                return self.inline(compiled(quantity.formula, target, self.case.lookup.parameters).node, depth - 1)
            return n

        return rebuild(node, put_in)

    def form(self, leaf: Leaf) -> Poly | None:
        """A leaf as a linear form in the variables; None where it does not move.

        Raises
        ------
        Unfit
            It moves, but is no linear form.
        """
        if leaf not in self._forms:
            self._forms[leaf] = self._form(leaf)
        return self._forms[leaf]

    def _form(self, leaf: Leaf) -> Poly | None:
        period = self.case.period.years_back(leaf.back)
        if leaf.kind in ("name", "part") and leaf.name in catalogue():
            quantity = catalogue()[leaf.name]
            by = canonical_by(quantity, leaf.args[1]) if leaf.kind == "part" else ""
            given = self.case.project.observation(quantity.id, period, by)
            if given is not None:
                index = self._index((quantity.id, by), given)
                return None if index is None else variable(index)
        elif leaf.kind == "name" and leaf.name in indicators():
            given = self.case.project.observation(leaf.name, period)
            index = None if given is None else self._index((leaf.name, ""), given)
            if given is not None and index is not None:
                own = indicators()[leaf.name].unit
                return multiply(variable(index), constant(unit(given.unit or own).factor_to(unit(own))))
        return self._sum(leaf, period)

    def _sum(self, leaf: Leaf, period: Period) -> Poly | None:
        """A sum over breakdowns or parts of the year, found by moving each figure by one."""
        if leaf.kind == "factor":
            return None
        start = self.case.lookup.resolve(leaf, period).value
        if not isinstance(start, Fraction) or isinstance(start, bool):
            return None
        total, moved, whole = constant(start), start, self._moved_by_one
        for index, lookup in enumerate(whole[:-1]):
            value = lookup.resolve(leaf, period).value
            if not isinstance(value, Fraction):
                raise Unfit
            if value != start:
                slope = value - start
                total = add(total, add(variable(index), constant(self.figures[index].now), Fraction(-1)), slope)
                moved += slope
        if whole[-1].resolve(leaf, period).value != moved:
            raise Unfit
        return total if variables(total) else None

    @cached_property
    def _moved_by_one(self) -> list[SubjectLookup]:
        """The project's figures with each movable one raised by one, and last with all of them."""
        project = self.case.project
        values = [{f.key: f.now + 1} for f in self.figures]
        values.append({f.key: f.now + 1 for f in self.figures})
        facts = [project.with_values(v, project.period(self.case.on.year)).facts for v in values]
        return [SubjectLookup(f, SUBJECT, parameters=self.case.parameters) for f in facts]

    def moves(self, node: Node) -> bool:
        """Whether a tree depends on what may move."""
        found = False
        for leaf in leaves(node):
            try:
                found = found or self.form(leaf) is not None
            except Unfit:
                return True
        return found

    # -- numbers -------------------------------------------------------------------------------------------------------

    def number(self, node: Node) -> list[tuple[Region, Fractional]]:
        """The fractions that a tree can be, each with the region in which it is; nothing where it has no value.

        Raises
        ------
        Unfit, TooBig
            It is none, or a very long one.
        """
        if not self.moves(node):
            value = self.exact.visit(node).value
            if isinstance(value, Missing):
                return []
            if not isinstance(value, Fraction):
                raise Unfit
            return [(YES, Fractional.of(value))]
        match node:
            case Leaf():
                form = self.form(node)
                assert form is not None
                return [(YES, Fractional(form))]
            case Named(_, body):
                return self.number(body)
            case Negate(operand):
                return [(where, Fractional({}).plus(r, Fraction(-1))) for where, r in self.number(operand)]
            case Binary("**", base, Number(power)) if power.denominator == 1:
                return [(where, p) for where, r in self.number(base) if (p := r.power(int(power))) is not None]
            case Binary(op, left, right) if op != "**":
                pairs = list(product(self.number(left), self.number(right)))
                made = [(all_of(v, w), _combined(op, a, b)) for (v, a), (w, b) in pairs]
                return _few([(where, r) for where, r in made if r is not None])
            case Choice(test, then, otherwise):
                true, false = self.truth(test)
                found = [(all_of(true, where), r) for where, r in self.number(then)]
                return _few(found + [(all_of(false, where), r) for where, r in self.number(otherwise)])
            case Call("min" | "max" as name, args, _):
                best = self.number(args[0])
                for arg in args[1:]:
                    best = _few([p for a, b in product(best, self.number(arg)) for p in self._better(name, a, b)])
                return best
            case Call("abs", (inner,), _):
                return _few([p for piece in self.number(inner) for p in self._size(piece)])
        raise Unfit

    def _better(
        self, name: str, a: tuple[Region, Fractional], b: tuple[Region, Fractional]
    ) -> list[tuple[Region, Fractional]]:
        op = "<=" if name == "min" else ">="
        difference = a[1].plus(b[1], Fraction(-1))
        both = all_of(a[0], b[0])
        first, second = self.relate(difference, op), self.relate(difference, _OPPOSITE[op])
        return [(all_of(both, first), a[1]), (all_of(both, second), b[1])]

    def _size(self, piece: tuple[Region, Fractional]) -> list[tuple[Region, Fractional]]:
        where, ratio = piece
        minus = Fractional({}).plus(ratio, Fraction(-1))
        return [(all_of(where, self.relate(ratio, ">=")), ratio), (all_of(where, self.relate(ratio, "<")), minus)]

    # -- truths --------------------------------------------------------------------------------------------------------

    def truth(self, node: Node) -> tuple[Region, Region]:
        """Where a yes/no tree is true, and where it is false; neither holds where something is missing."""
        if not self.moves(node) or isinstance(node, Call):
            value = self.exact.visit(node).value
            if isinstance(value, Missing):
                return NO, NO
            return (YES, NO) if value else (NO, YES)
        match node:
            case Named(_, body):
                return self.truth(body)
            case Not(operand):
                true, false = self.truth(operand)
                return false, true
            case Logic(op, operands):
                each = [self.truth(o) for o in operands]
                trues, falses = [t for t, _ in each], [f for _, f in each]
                return (all_of(*trues), one_of(*falses)) if op == "and" else (one_of(*trues), all_of(*falses))
            case Choice(test, then, otherwise):
                here, there = self.truth(test)
                a, b = self.truth(then), self.truth(otherwise)
                return (
                    one_of(all_of(here, a[0]), all_of(there, b[0])),
                    one_of(all_of(here, a[1]), all_of(there, b[1])),
                )
            case Compare(op, left, right):
                bare = self._peeled(op, left, right)
                if bare is not None:
                    return bare
                try:
                    pairs = list(product(self.number(left), self.number(right)))
                    if len(pairs) > PIECES:
                        raise TooBig
                    parts = [(all_of(v, w), a.plus(b, Fraction(-1))) for (v, a), (w, b) in pairs]
                    return (
                        one_of(*(all_of(where, self.relate(r, op)) for where, r in parts)),
                        one_of(*(all_of(where, self.relate(r, _OPPOSITE[op])) for where, r in parts)),
                    )
                except (Unfit, TooBig):
                    return self._opaque(node, True), self._opaque(node, False)
        return self._opaque(node, True), self._opaque(node, False)

    def _peeled(self, op: str, left: Node, right: Node) -> tuple[Region, Region] | None:
        """A root or a rounding against a number as a comparison of what is inside; None if it is of another kind.

        ``k root(x, n) op c`` is ``x op (c / k)^n`` where x has a root, and ``round(x, 0) >= 3`` is ``x > 2.5``.
        """
        if self.moves(right):
            left, right, op = right, left, _FLIPPED[op]
        limit = None if self.moves(right) else self.exact.visit(right).value
        while isinstance(limit, Fraction):
            match left:
                case Named(_, body):
                    left = body
                case Binary("*" | "/" as sign, inner, Number(factor)) if factor:
                    limit, left = (limit / factor if sign == "*" else limit * factor), inner
                    op = op if factor > 0 else _FLIPPED[op]
                case Binary("*", Number() as factor, inner):
                    left = Binary("*", inner, factor)
                case Call("root", (inner, Number(n)), _):
                    there = self.truth(Compare(">=", inner, Number(Fraction(0))))[0]
                    if limit < 0:
                        return (there, NO) if op in (">", ">=", "!=") else (NO, there)
                    true, false = self.truth(Compare(op, inner, Number(limit ** int(n))))
                    return all_of(there, true), all_of(there, false)
                case Call("round", (inner, Number(places)), _):
                    return self._rounded(op, inner, limit, Fraction(1, 10) ** int(places))
                case _:
                    return None
        return None

    def _rounded(self, op: str, inner: Node, limit: Fraction, step: Fraction) -> tuple[Region, Region]:
        """A value rounded half to even against a limit: the last value that still rounds to the right side."""
        if op in ("==", "!="):
            parts = [self._rounded(o, inner, limit, step) for o in ("<=", ">=")]
            same, other = all_of(*(t for t, _ in parts)), one_of(*(f for _, f in parts))
            return (same, other) if op == "==" else (other, same)
        if op in ("<", ">="):
            whole = ceil(limit / step)  # the first multiple at or above the limit
        else:
            whole = floor(limit / step) + 1  # the first one above it
        edge = Number((whole - Fraction(1, 2)) * step)
        above, below = self.truth(Compare(">=" if whole % 2 == 0 else ">", inner, edge))
        return (above, below) if op in (">=", ">") else (below, above)

    def relate(self, ratio: Fractional, op: str) -> Region:
        """Where ``ratio op 0``: an inequality for each sign that its divisors can have.

        Raises
        ------
        Unfit
            There are too many divisors of unknown sign.
        """
        odd = [factor for factor, power in ratio.factors() if power % 2]
        if len(odd) > SIGNS:
            raise Unfit
        found = []
        for signs in product((1, -1), repeat=len(odd)):
            top, parts = ratio.top, []
            for sign, factor in zip(signs, odd, strict=True):
                parts.append(self._below(_times(factor, -sign), True))
                top = _times(top, sign)
            found.append(all_of(*parts, self._signed(top, op)))
        return one_of(*found)

    def _signed(self, top: Poly, op: str) -> Region:
        minus = _times(top, -1)
        match op:
            case "<=" | "<":
                return self._below(top, op == "<")
            case ">=" | ">":
                return self._below(minus, op == ">")
            case "==":
                return all_of(self._below(top, False), self._below(minus, False))
        return one_of(self._below(top, True), self._below(minus, True))

    def _below(self, poly: Poly, strict: bool) -> Region:
        low, high = enclose(poly, self.box)
        if high is not None and (high < 0 or (high == 0 and not strict)):
            return YES
        if low is not None and (low > 0 or (low == 0 and strict)):
            return NO
        return Below(poly, strict)

    # -- what is no fraction -------------------------------------------------------------------------------------------

    def _opaque(self, node: Node, wanted: bool) -> Region:
        """The test bounded by intervals: whether it can come out as wanted anywhere in a box."""
        forms: dict[Leaf, Poly] = {}
        for leaf in dict.fromkeys(leaves(node)):
            try:
                form = self.form(leaf)
            except Unfit:
                return Opaque(lambda box: True, frozenset(range(len(self.figures))))
            if form is not None:
                forms[leaf] = form
        fitted = Fitted(node, FLAG, {})
        hidden = _Hidden(self.case.lookup, frozenset(forms))

        def possible(box: Mapping[int, Interval]) -> bool:
            def ranges(leaf: Leaf, period: Period) -> Interval | None:
                return enclose(forms[leaf], box) if leaf in forms else None

            return wanted in bounds(fitted, hidden, ranges, self.case.period).truths

        return Opaque(possible, frozenset().union(*(variables(f) for f in forms.values())))


@dataclass(frozen=True)
class _Hidden:
    """The project's figures with those that may move left out, so that their ranges count."""

    lookup: SubjectLookup
    leaves: frozenset[Leaf]

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        found = self.lookup.resolve(leaf, period)
        hide = any(h.kind == leaf.kind and h.args == leaf.args for h in self.leaves)
        return Trace("missing", leaf.name, HIDDEN, found.unit) if hide else found


def _times(poly: Poly, factor: int) -> Poly:
    return {m: c * factor for m, c in poly.items()}


def _few(pieces: list[tuple[Region, Fractional]]) -> list[tuple[Region, Fractional]]:
    if len(pieces) > PIECES:
        raise TooBig
    return pieces


def _combined(op: str, a: Fractional, b: Fractional) -> Fractional | None:
    if op == "*":
        return a.times(b)
    if op == "/":
        inverse = b.inverse()
        return None if inverse is None else a.times(inverse)
    return a.plus(b, Fraction(1 if op == "+" else -1))
