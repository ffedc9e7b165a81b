"""The traced form: one subject at a time, rationals exact, roots at 50 digits, every step kept.

This is what people read, and what decides wherever the columnar form is too close to a boundary to tell.

Missing values: an arithmetic step, a comparison or a function with a missing operand is missing; it remembers every
missing item it needed. `and` / `or` stop at the first operand that decides; an operand that decides outweighs a missing
one before it (False and unknown is False). A condition reaches only the branch it chooses; when the test itself is
missing the whole is missing. Division by zero is missing, with that reason.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Protocol

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, Result
from ecopark.errors import FormulaError
from ecopark.expr.fit import Fitted
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

DIVISION_BY_ZERO = Text("除数为零", "division by zero")
LARGEST_BITS = 200_000
"""Powers with more binary digits than this are missing: no figure of a park needs them, and they would fill the memory."""
TOO_LARGE = Text("数值超出范围", "the number is out of range")


class Lookup(Protocol):
    """What the evaluator asks the facts."""

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        """The value of a leaf for `period` (its `back` already applied), with its own trace."""
        ...


def evaluate(formula: Fitted, lookup: Lookup, period: Period) -> Trace:
    """Value of a formula for one subject and period, with every step.

    Parameters
    ----------
    formula
        Fitted tree.
    lookup
        The subject's facts.
    period
        The assessed period; a leaf with ``back`` looks at that many calendar years earlier.

    Returns
    -------
    trace
        Root of the trace; its value is a number in the formula's unit, a flag, a code, or `Missing`.
    """
    return Evaluator(lookup, period, formula.units).visit(formula.node)


class Evaluator:
    def __init__(self, lookup: Lookup, period: Period, units: dict[Node, str]) -> None:
        self.lookup = lookup
        self.period = period
        self.units = units
        self.seen: dict[Node, Trace] = {}

    def visit(self, node: Node) -> Trace:
        known = self.seen.get(node)
        if known is None:
            known = self.seen[node] = self._visit(node)
        return known

    def _visit(self, node: Node) -> Trace:
        match node:
            case Number(value):
                return Trace("constant", to_text(node), value, self.units.get(node, ""))
            case Flag(flag):
                return Trace("constant", str(flag), flag)
            case Word(word):
                return Trace("constant", word, word)
            case Undefined(reason):
                return Trace("missing", "undefined", Missing(reason))
            case Leaf():
                return self.lookup.resolve(node, self.period.years_back(node.back))
            case Named(text, body):
                inner = self.visit(body)
                if inner.kind == "operation" and inner.inputs:
                    return Trace(
                        "function", text, inner.value, inner.unit or self.units.get(node, ""), inputs=inner.inputs
                    )
                return Trace("function", text, inner.value, inner.unit or self.units.get(node, ""), inputs=(inner,))
            case Choice(test, then, otherwise):
                return self._choice(node, test, then, otherwise)
            case Logic(op, operands):
                return self._logic(node, op, operands)
            case Call("given", (inner_node,)):
                inner = self.visit(inner_node)
                return Trace("function", to_text(node), not inner.missing, inputs=(inner,))
            case _:
                return self._strict(node)

    def _choice(self, node: Node, test: Node, then: Node, otherwise: Node) -> Trace:
        asked = self.visit(test)
        if isinstance(asked.value, Missing):
            return self._untested(node, asked, asked.value, then, otherwise)
        branch, other = (then, otherwise) if asked.value else (otherwise, then)
        chosen = self.visit(branch)
        if isinstance(other, Undefined):
            return chosen  # a guard that was passed is no step worth telling
        return Trace("condition", to_text(node), chosen.value, chosen.unit, inputs=(asked, chosen))

    def _untested(self, node: Node, asked: Trace, missing: Missing, then: Node, otherwise: Node) -> Trace:
        """A condition whose test is missing. A guard still says what its value would need, so that all is asked for at once."""
        value = then if isinstance(otherwise, Undefined) else otherwise if isinstance(then, Undefined) else None
        if value is None:
            return Trace("condition", to_text(node), missing, inputs=(asked,))
        guarded = self.visit(value)
        if not isinstance(guarded.value, Missing):
            return Trace("condition", to_text(node), missing, inputs=(asked,))
        whole = missing if not guarded.value.items else missing | guarded.value
        return Trace("condition", to_text(node), whole, inputs=(asked, guarded))

    def _logic(self, node: Node, op: str, operands: tuple[Node, ...]) -> Trace:
        decisive = op == "or"
        inputs: list[Trace] = []
        unknown: Missing | None = None
        for operand in operands:
            step = self.visit(operand)
            inputs.append(step)
            if isinstance(step.value, Missing):
                unknown = step.value if unknown is None else unknown | step.value
            elif bool(step.value) is decisive:
                return Trace("operation", to_text(node), decisive, inputs=tuple(inputs))
        return Trace("operation", to_text(node), not decisive if unknown is None else unknown, inputs=tuple(inputs))

    def _strict(self, node: Node) -> Trace:
        match node:
            case Binary(_, left, right) | Compare(_, left, right):
                inputs: tuple[Trace, ...] = (self.visit(left), self.visit(right))
            case Negate(operand) | Not(operand):
                inputs = (self.visit(operand),)
            case Call(_, args, _):
                inputs = tuple(self.visit(a) for a in args)
            case _:
                raise FormulaError(f"'{to_text(node)}' was not expanded before it was evaluated")
        kind = "comparison" if isinstance(node, Compare) else "function" if isinstance(node, Call) else "operation"
        value: Result | None = None
        for step in inputs:
            if isinstance(step.value, Missing):
                value = step.value if value is None else value | step.value  # type: ignore[operator]
        if value is None:
            value = _apply(node, [step.value for step in inputs])
        return Trace(kind, to_text(node), value, self.units.get(node, ""), inputs=inputs)


def _apply(node: Node, values: list[Result]) -> Result:
    match node:
        case Compare(op, _, _):
            return compare(op, values[0], values[1])
        case Not():
            return not values[0]
        case Negate():
            return -_number(values[0])
        case Call(name, _, _):
            function = find(name).traced
            if function is None:
                raise FormulaError(f"{name}(...) has no traced form")
            try:
                return function(*(_number(v) for v in values))
            except ValueError as error:
                return Missing(Text("", str(error)))
        case Binary(op, _, _):
            return _arithmetic(op, _number(values[0]), _number(values[1]))
    raise FormulaError(f"'{to_text(node)}' cannot be evaluated")


def _number(value: Result) -> Fraction:
    if isinstance(value, Fraction):
        return value
    raise FormulaError(f"{value!r} is not a number")


def _arithmetic(op: str, a: Fraction, b: Fraction) -> Result:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b if b != 0 else Missing(DIVISION_BY_ZERO)
        case _:
            if a == 0 and b < 0:
                return Missing(DIVISION_BY_ZERO)
            if abs(b) * max(a.numerator.bit_length(), a.denominator.bit_length()) > LARGEST_BITS:
                return Missing(TOO_LARGE)
            return a ** int(b)


def compare(op: str, a: Result, b: Result) -> bool:
    """Compare two known values at full value; codes and flags only for equality."""
    if op == "==":
        return a == b
    if op == "!=":
        return a != b
    left, right = _number(a), _number(b)
    return bool(_ORDER[op](left, right))


_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
