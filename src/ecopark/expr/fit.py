"""Units of a formula: checked when a pack loads, converted where they differ, so that evaluators meet bare numbers.

`fit` walks the expanded tree, refuses what does not fit (tonnes plus kilowatt-hours), and multiplies by the exact factor
wherever compatible units differ, at last into the unit that the clause asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ecopark.core.unit import Unit, unit
from ecopark.errors import FormulaError, UnitError
from ecopark.expr.functions import find
from ecopark.expr.nodes import (
    Binary,
    Call,
    Choice,
    Compare,
    Flag,
    Leaf,
    Logic,
    Named,
    Negate,
    Node,
    Not,
    Number,
    Undefined,
    Word,
    to_text,
)

FLAG = "flag"
WORD = "code"
ANY = "any"
"""The unit of what has no value at all (`undefined`) or of a bare zero: it fits everything."""

Sort = Unit | str
UnitOf = Callable[[Leaf], Sort]
ONE = unit("1")


@dataclass
class Fitted:
    """A formula whose units have been checked.

    Parameters
    ----------
    node
        The tree with conversions put in.
    sort
        Its unit, or ``flag`` or ``code``.
    units
        Unit text of every step, for the trace.
    """

    node: Node
    sort: Sort
    units: dict[Node, str] = field(default_factory=dict)

    @property
    def unit_text(self) -> str:
        return self.sort.symbol if isinstance(self.sort, Unit) else ""


def fit(node: Node, unit_of: UnitOf, target: str | None = None) -> Fitted:
    """Check the units of an expanded formula and convert where they differ.

    Parameters
    ----------
    node
        Expanded tree.
    unit_of
        Unit of a leaf, or ``flag`` / ``code``; raises `FormulaError` for unknown names.
    target
        Unit text the result must have; None keeps the natural one.

    Raises
    ------
    FormulaError
        Units do not fit; the message names both sides.
    """
    fitted = Fitted(node, ANY)
    made, sort = _Fitter(unit_of, fitted.units).visit(node)
    if target is not None:
        made, sort = _convert(made, sort, _unit(target), to_text(node))
    fitted.node, fitted.sort = made, sort
    if isinstance(sort, Unit):
        fitted.units[made] = sort.symbol
    return fitted


def _unit(text: str) -> Unit:
    try:
        return unit(text)
    except UnitError as error:
        raise FormulaError(str(error)) from None


def _convert(node: Node, sort: Sort, target: Unit, where: str) -> tuple[Node, Sort]:
    if sort == ANY:
        return node, target
    if not isinstance(sort, Unit):
        raise FormulaError(f"'{where}' is a {sort}, but a number in {target.symbol} is expected")
    try:
        factor = sort.factor_to(target)
    except UnitError:
        raise FormulaError(f"'{where}' is in {sort.symbol}, which cannot be converted to {target.symbol}") from None
    return (node if factor == 1 else Binary("*", node, Number(factor))), target


class _Fitter:
    def __init__(self, unit_of: UnitOf, units: dict[Node, str]) -> None:
        self.unit_of = unit_of
        self.units = units

    def visit(self, node: Node) -> tuple[Node, Sort]:
        made, sort = self._visit(node)
        if isinstance(sort, Unit):
            self.units[made] = sort.symbol
        return made, sort

    def _visit(self, node: Node) -> tuple[Node, Sort]:
        match node:
            case Number(value, text):
                return (Number(value), ANY if value == 0 and text == "1" else _unit(text))
            case Flag():
                return node, FLAG
            case Word():
                return node, WORD
            case Undefined():
                return node, ANY
            case Leaf():
                return node, self.unit_of(node)
            case Named(text, body):
                inner, sort = self.visit(body)
                return Named(text, inner), sort
            case Negate(operand):
                inner, sort = self._number(operand)
                return Negate(inner), sort
            case Not(operand):
                return Not(self._flag(operand)), FLAG
            case Logic(op, operands):
                return Logic(op, tuple(self._flag(o) for o in operands)), FLAG
            case Compare(op, left, right):
                return self._compare(op, left, right), FLAG
            case Choice(test, then, otherwise):
                a, b, sort = self._same(then, otherwise, "the two branches of a condition")
                return Choice(self._flag(test), a, b), sort
            case Binary(op, left, right):
                return self._binary(op, left, right)
            case Call(name, args, _):
                return self._call(name, args)

    def _number(self, node: Node) -> tuple[Node, Sort]:
        made, sort = self.visit(node)
        if sort in (FLAG, WORD):
            raise FormulaError(f"'{to_text(node)}' is a {sort}, not a number")
        return made, sort

    def _flag(self, node: Node) -> Node:
        made, sort = self.visit(node)
        if sort not in (FLAG, ANY):
            what = sort.symbol if isinstance(sort, Unit) else sort
            raise FormulaError(f"'{to_text(node)}' is in {what}, but a yes/no test is expected")
        return made

    def _same(self, left: Node, right: Node, what: str) -> tuple[Node, Node, Sort]:
        a, sort_a = self.visit(left)
        b, sort_b = self.visit(right)
        if sort_a == ANY or sort_b == ANY:
            return a, b, sort_b if sort_a == ANY else sort_a
        if isinstance(sort_a, Unit) and isinstance(sort_b, Unit):
            if not sort_a.compatible(sort_b):
                raise FormulaError(
                    f"{what} have units that do not fit: '{to_text(left)}' is in {sort_a.symbol}, "
                    f"'{to_text(right)}' in {sort_b.symbol}"
                )
            b, _ = _convert(b, sort_b, sort_a, to_text(right))
            return a, b, sort_a
        if sort_a != sort_b:
            raise FormulaError(f"{what} do not fit: '{to_text(left)}' and '{to_text(right)}'")
        return a, b, sort_a

    def _compare(self, op: str, left: Node, right: Node) -> Node:
        a, b, sort = self._same(left, right, "the two sides of a comparison")
        if sort in (FLAG, WORD) and op not in ("==", "!="):
            raise FormulaError(f"'{to_text(left)}': a {sort} can only be compared with == or !=")
        return Compare(op, a, b)

    def _binary(self, op: str, left: Node, right: Node) -> tuple[Node, Sort]:
        if op in "+-":
            a, b, sort = self._same(left, right, f"the two sides of '{op}'")
            if sort in (FLAG, WORD):
                raise FormulaError(f"'{to_text(left)}' is a {sort}, not a number")
            return Binary(op, a, b), sort
        a, sort_a = self._number(left)
        b, sort_b = self._number(right)
        if op == "**":
            power = right.value if isinstance(right, Number) else None
            if power is None or power.denominator != 1:
                raise FormulaError(f"'{to_text(right)}': the exponent must be a whole number")
            return Binary(op, a, b), sort_a ** int(power) if isinstance(sort_a, Unit) else sort_a
        unit_a = sort_a if isinstance(sort_a, Unit) else ONE
        unit_b = sort_b if isinstance(sort_b, Unit) else ONE
        if sort_a == ANY and op == "*":
            return Binary(op, a, b), ANY if sort_b == ANY else unit_b
        return Binary(op, a, b), unit_a * unit_b if op == "*" else unit_a / unit_b

    def _call(self, name: str, args: tuple[Node, ...]) -> tuple[Node, Sort]:
        rule = find(name).unit
        if rule == "flag":
            return Call(name, tuple(self.visit(a)[0] for a in args)), FLAG
        if rule == "first":
            first, sort = self._number(args[0])
            return Call(name, (first, *args[1:])), sort
        if rule == "number":
            first, sort = self._number(args[0])
            first, _ = _convert(first, sort, ONE, to_text(args[0]))
            return Call(name, (first, *args[1:])), ONE
        made = [self._number(args[0])[0]]
        sort = self._number(args[0])[1]
        for other in args[1:]:
            _, b, sort = self._same(args[0], other, f"the arguments of {name}(...)")
            made.append(b)
        return Call(name, tuple(made)), sort
