"""The exact value of a simple formula without its steps: what grading thousands of firms needs.

`expr.traced` keeps every step and takes a millisecond; most ratios are a quotient of sums. Whatever is not simple (a
choice, a function, something missing) is left to the traced form.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ecopark.core.value import Scalar
from ecopark.expr.nodes import Binary, Compare, Flag, Leaf, Named, Negate, Node, Number
from ecopark.expr.traced import compare

Get = Callable[[str], Scalar | None]


def quick(node: Node, get: Get) -> Scalar | None:
    """The value of a formula; None where something is missing or the formula is not simple."""
    match node:
        case Leaf(kind="name", args=(name,), back=0):
            return get(name)
        case Binary(op, left, right):
            a, b = quick(left, get), quick(right, get)
            return _arithmetic(op, a, b) if isinstance(a, Fraction) and isinstance(b, Fraction) else None
        case Number(value):
            return value
        case Flag(value):
            return value
        case Compare(op, left, right):
            a, b = quick(left, get), quick(right, get)
            return None if a is None or b is None else compare(op, a, b)
        case Negate(operand):
            a = quick(operand, get)
            return -a if isinstance(a, Fraction) else None
        case Named(_, body):
            return quick(body, get)
    return None


def _arithmetic(op: str, a: Fraction, b: Fraction) -> Fraction | None:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b if b else None
    return None
