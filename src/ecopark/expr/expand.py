"""Composed functions into elementary ones, and parameters into numbers.

`expand` is the step between parsing and everything else: it puts the pack's parameters in, replaces `growth`, `cagr`,
`elasticity` and their like by what they stand for, and keeps the written form beside it (`Named`) for the trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from ecopark.core.value import Scalar
from ecopark.errors import FormulaError
from ecopark.expr import functions
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
    Word,
    to_text,
)

Parameters = Mapping[str, Scalar]


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """`node` with `change` applied to every node, from the leaves up; shared parts stay shared."""
    match node:
        case Binary(op, left, right):
            made: Node = Binary(op, rebuild(left, change), rebuild(right, change))
        case Compare(op, left, right):
            made = Compare(op, rebuild(left, change), rebuild(right, change))
        case Negate(operand):
            made = Negate(rebuild(operand, change))
        case Not(operand):
            made = Not(rebuild(operand, change))
        case Logic(op, operands):
            made = Logic(op, tuple(rebuild(o, change) for o in operands))
        case Choice(test, then, otherwise):
            made = Choice(rebuild(test, change), rebuild(then, change), rebuild(otherwise, change))
        case Call(function, args, options):
            made = Call(
                function,
                tuple(rebuild(a, change) for a in args),
                tuple((k, rebuild(v, change)) for k, v in options),
            )
        case Named(_, body):
            inner = rebuild(body, change)
            made = node if inner is body else Named(node.text, inner)
        case _:
            made = node
    return change(made)


def expand(node: Node, parameters: Parameters | None = None) -> Node:
    """The tree that evaluators work on.

    Parameters
    ----------
    node
        A parsed formula.
    parameters
        Values of the pack's and the run's parameters, e.g. ``{"construction_years": Fraction(3)}``.

    Raises
    ------
    FormulaError
        Unknown function, wrong arguments, an exponent that is not a constant.
    """
    known = parameters or {}

    def step(n: Node) -> Node:
        match n:
            case Leaf("name", (name,), 0) if name in known:
                return _constant(known[name])
            case Binary("**", base, exponent):
                return _power(base, exponent)
            case Call(name, args, options):
                return _call(n, name, args, dict(options))
        return n

    return rebuild(node, step)


def _constant(value: Scalar) -> Node:
    if isinstance(value, bool):
        return Flag(value)
    return Number(value) if isinstance(value, Fraction) else Word(value)


def _power(base: Node, exponent: Node) -> Node:
    value = _fraction(exponent)
    if value is None:
        raise FormulaError(f"'{to_text(Binary('**', base, exponent))}': the exponent must be a constant")
    if abs(value.numerator) > 100 or value.denominator > 100:
        raise FormulaError(f"the exponent {value} is out of range")
    power: Node = base
    if value.denominator > 1:
        power = Call("root", (base, Number(Fraction(value.denominator))))
    return Binary("**", power, Number(Fraction(value.numerator))) if value.numerator != 1 else power


def _fraction(node: Node) -> Fraction | None:
    match node:
        case Number(value, "1"):
            return value
        case Binary("/", left, right):
            top, bottom = _fraction(left), _fraction(right)
            return None if top is None or not bottom else top / bottom
        case Negate(operand):
            inner = _fraction(operand)
            return None if inner is None else -inner
    return None


def _call(node: Call, name: str, args: tuple[Node, ...], options: dict[str, Node]) -> Node:
    function = functions.find(name)
    count = len(args) + len(options)
    if not function.least <= count <= function.most:
        expected = str(function.least) if function.least == function.most else f"{function.least} to {function.most}"
        raise FormulaError(f"{name}(...) takes {expected} arguments, not {count}: {function.signature}")
    if function.expand is None:
        if options:
            raise FormulaError(f"{name}(...) takes no keyword arguments: {function.signature}")
        if name in ("root", "round") and not isinstance(args[1], Number):
            raise FormulaError(f"{name}(...) takes a constant as its second argument")
        if name == "root" and not (
            isinstance(args[1], Number) and args[1].value.denominator == 1 and args[1].value >= 1
        ):
            raise FormulaError("root(...) takes a whole number of at least 1 as its second argument")
        return node
    try:
        body = function.expand(*args, **options)
    except TypeError:
        raise FormulaError(f"{name}(...) does not take these arguments: {function.signature}") from None
    if isinstance(body, Leaf):
        return body
    return Named(to_text(node), body)
