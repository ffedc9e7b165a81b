"""A formula as a fraction of two linear forms over the project's own figures, exactly.

Only what the counter-offer may move becomes a variable; everything else is taken at its value. A formula that is no
such fraction (a product of two figures that may both move) is `Unfit`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ecopark.core.period import Period
from ecopark.core.value import Missing
from ecopark.expr.fit import Fitted
from ecopark.expr.nodes import Binary, Call, Choice, Leaf, Named, Negate, Node, Number
from ecopark.expr.traced import Evaluator
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.resolve import SubjectLookup, canonical_by, compiled
from ecopark.observations.quantity import catalogue

Key = tuple[str, str]
"""A figure: quantity (or ratio) and breakdown."""


class Unfit(Exception):
    """The formula is no fraction of linear forms."""


@dataclass(frozen=True)
class Linear:
    """``constant + sum of factor * figure``."""

    constant: Fraction = Fraction(0)
    terms: Mapping[Key, Fraction] = field(default_factory=dict)

    def plus(self, other: Linear, sign: int = 1) -> Linear:
        terms = dict(self.terms)
        for key, factor in other.terms.items():
            terms[key] = terms.get(key, Fraction(0)) + sign * factor
        return Linear(self.constant + sign * other.constant, {k: f for k, f in terms.items() if f})

    def times(self, factor: Fraction) -> Linear:
        return Linear(self.constant * factor, {k: f * factor for k, f in self.terms.items()} if factor else {})

    def at(self, values: Mapping[Key, Fraction]) -> Fraction:
        """Its value at a point."""
        return self.constant + sum((f * values[k] for k, f in self.terms.items()), Fraction(0))

    @property
    def fixed(self) -> bool:
        return not self.terms


@dataclass(frozen=True)
class Quotient:
    """``top / bottom``."""

    top: Linear
    bottom: Linear = Linear(Fraction(1))


def quotient(formula: Fitted, lookup: SubjectLookup, period: Period, movable: Collection[Key]) -> Quotient:
    """A formula as a quotient of linear forms in the movable figures.

    Raises
    ------
    Unfit
        It is none.
    """
    return _Walk(lookup, period, movable, formula).visit(formula.node)


class _Walk:
    def __init__(self, lookup: SubjectLookup, period: Period, movable: Collection[Key], formula: Fitted) -> None:
        self.lookup, self.period, self.movable = lookup, period, movable
        self.exact = Evaluator(lookup, period, formula.units)

    def visit(self, node: Node) -> Quotient:
        match node:
            case Number(value):
                return Quotient(Linear(value))
            case Named(_, body):
                return self.visit(body)
            case Negate(operand):
                inner = self.visit(operand)
                return Quotient(inner.top.times(Fraction(-1)), inner.bottom)
            case Binary(op, left, right) if op != "**":
                return _combined(op, self.visit(left), self.visit(right))
            case Choice(test, then, otherwise):
                held = self.exact.visit(test).value
                if isinstance(held, Missing):
                    raise Unfit
                return self.visit(then if held else otherwise)
            case Leaf():
                return self._leaf(node)
            case Call():
                return self._fixed(node)
        return self._fixed(node)

    def _leaf(self, leaf: Leaf) -> Quotient:
        key = self._key(leaf)
        if key is not None and key in self.movable:
            return Quotient(Linear(Fraction(0), {key: Fraction(1)}))
        if leaf.kind == "name" and not leaf.back:
            trace = self.lookup.resolve(leaf, self.period)
            if leaf.name in indicators() and trace.kind == "indicator":
                own = indicators()[leaf.name]
                return self._inner(compiled(own.formula, own.unit or None, self.lookup.parameters))
            if trace.kind == "derived":
                quantity = catalogue()[leaf.name]
                return self._inner(compiled(quantity.formula, quantity.unit, self.lookup.parameters))
        return self._fixed(leaf)

    def _inner(self, formula: Fitted) -> Quotient:
        return _Walk(self.lookup, self.period, self.movable, formula).visit(formula.node)

    def _key(self, leaf: Leaf) -> Key | None:
        if leaf.back or leaf.name not in catalogue():
            return None
        quantity = catalogue()[leaf.name]
        if leaf.kind == "name":
            return (quantity.id, "")
        return (quantity.id, canonical_by(quantity, leaf.args[1])) if leaf.kind == "part" else None

    def _fixed(self, node: Node) -> Quotient:
        if self._moves(node):
            raise Unfit
        value = self.exact.visit(node).value
        if not isinstance(value, Fraction) or isinstance(value, bool):
            raise Unfit
        return Quotient(Linear(value))

    def _moves(self, node: Node) -> bool:
        from ecopark.expr.nodes import leaves

        names = {name for name, _ in self.movable}
        return any(
            leaf.name in names or (leaf.name in indicators() and self._formula_moves(leaf)) for leaf in leaves(node)
        )

    def _formula_moves(self, leaf: Leaf) -> bool:
        own = indicators()[leaf.name]
        return self._moves(compiled(own.formula, own.unit or None, self.lookup.parameters).node)


def _combined(op: str, a: Quotient, b: Quotient) -> Quotient:
    if op in "+-":
        sign = 1 if op == "+" else -1
        if a.bottom == b.bottom:
            return Quotient(a.top.plus(b.top, sign), a.bottom)
        return Quotient(_product(a.top, b.bottom).plus(_product(b.top, a.bottom), sign), _product(a.bottom, b.bottom))
    if op == "/":
        b = Quotient(b.bottom, b.top)
        if b.bottom.fixed and not b.bottom.constant:
            raise Unfit
    return Quotient(_product(a.top, b.top), _product(a.bottom, b.bottom))


def _product(a: Linear, b: Linear) -> Linear:
    if a.fixed:
        return b.times(a.constant)
    if b.fixed:
        return a.times(b.constant)
    raise Unfit
