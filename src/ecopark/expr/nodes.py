"""The formula language as trees.

Parsing gives a tree of these nodes; functions such as `growth` are then expanded (`expr.functions`) so that evaluators
meet only the nodes of this file. Every node is frozen and hashable: equal formulas are equal trees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ecopark.core.text import Text

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""The comparison that says the same with its sides exchanged."""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant, in `unit`. A bare zero fits every unit."""

    value: Fraction
    unit: str = "1"


@dataclass(frozen=True, slots=True)
class Flag:
    """`True` or `False`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A code in quotes: `region == 'jing_jin_ji'`."""

    value: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """Something looked up in the facts.

    Parameters
    ----------
    kind
        ``name``: a quantity or indicator. ``part``: one breakdown value. ``total``: the sum of all breakdown values.
        ``sum_firms``: the sum over firms. ``all_within``: whether every part keeps within its limit. ``sum_product``,
        ``sum_with_factor``: amounts times factors. ``factor``: a named, dated factor. ``param``: a parameter of the
        pack or run.
    args
        Names and codes, as texts.
    back
        How many years before the assessed period.
    """

    kind: str
    args: tuple[str, ...]
    back: int = 0

    @property
    def name(self) -> str:
        return self.args[0]


@dataclass(frozen=True, slots=True)
class Binary:
    """`left op right` with op one of + - * / and, for whole-number exponents, **."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate:
    """`-x`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right` with op one of < <= > >= == !=."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """`a and b and c` or `a or b or c`."""

    op: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`not x`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if test else otherwise`; only the chosen branch is reached."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function applied to arguments; `options` are its keyword arguments.

    After expansion only the elementary functions remain (root, min, max, abs, round, given).
    """

    function: str
    args: tuple[Node, ...]
    options: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A function call as it was written, with what it stands for. Evaluates to `body`; kept for the trace."""

    text: str
    body: Node


@dataclass(frozen=True, slots=True)
class Undefined:
    """No value, for a stated reason: growth from a zero base, a limit that the text does not give."""

    reason: Text


Node = Number | Flag | Word | Leaf | Binary | Negate | Compare | Logic | Not | Choice | Call | Named | Undefined


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below `node`, in order of evaluation."""
    match node:
        case Binary(_, left, right) | Compare(_, left, right):
            return (left, right)
        case Negate(operand) | Not(operand):
            return (operand,)
        case Logic(_, operands):
            return operands
        case Choice(test, then, otherwise):
            return (test, then, otherwise)
        case Call(_, args, options):
            return args + tuple(value for _, value in options)
        case Named(_, body):
            return (body,)
        case _:
            return ()


def leaves(node: Node) -> Iterator[Leaf]:
    """All leaves below `node`, in order of evaluation, repetitions included."""
    if isinstance(node, Leaf):
        yield node
    for child in children(node):
        yield from leaves(child)


_STRENGTH = {"or": 1, "and": 2, "not": 3, "<": 4, "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7, "**": 8}


def to_text(node: Node) -> str:
    """The formula as text; parsing it again gives an equal tree."""
    return _write(node, 0)


def _number(value: Fraction) -> str:
    from ecopark.core.rounding import decimal_text

    text = decimal_text(value, 40)
    return text if Fraction(text) == value else f"{value.numerator} / {value.denominator}"


def _write(node: Node, outer: int) -> str:
    own = 9
    match node:
        case Number(value, unit):
            text = _number(value) if unit == "1" else f"unit({_number(value)}, {unit!r})"
            own = 6 if "/" in text and unit == "1" else 7 if value < 0 and unit == "1" else 9
        case Flag(flag):
            text = str(flag)
        case Word(word):
            text = repr(word)
        case Leaf(kind, args, back):
            text = args[0] if kind in ("name", "param") else _leaf_call(kind, args)
            if back:
                text = f"lag({text}, {back})"
        case Binary(op, left, right):
            own = _STRENGTH[op]
            text = f"{_write(left, own + (op == '**'))} {op} {_write(right, own + (op != '**'))}"
        case Negate(operand):
            own = _STRENGTH["neg"]
            text = f"-{_write(operand, own)}"
        case Compare(op, left, right):
            own = _STRENGTH["<"]
            text = f"{_write(left, own + 1)} {op} {_write(right, own + 1)}"
        case Logic(op, operands):
            own = _STRENGTH[op]
            text = f" {op} ".join(_write(o, own + 1) for o in operands)
        case Not(operand):
            own = _STRENGTH["not"]
            text = f"not {_write(operand, own)}"
        case Choice(test, then, otherwise):
            own = 0
            text = f"{_write(then, 1)} if {_write(test, 1)} else {_write(otherwise, 0)}"
            return f"({text})" if outer > 0 else text
        case Call(function, args, options):
            parts = [_write(a, 0) for a in args] + [f"{k}={_write(v, 0)}" for k, v in options]
            text = f"{function}({', '.join(parts)})"
        case Named(written, _):
            text = written
        case Undefined(reason):
            text = f"undefined({reason.en!r})" if not reason.zh else f"undefined({reason.en!r}, {reason.zh!r})"
    return f"({text})" if own < outer else text


def _leaf_call(kind: str, args: tuple[str, ...]) -> str:
    if kind == "factor":
        return f"factor({args[0]!r})"
    if kind in ("part", "sum_with_factor"):
        rest = "".join(f", exclude={a!r}" if i == 1 else f", {a!r}" for i, a in enumerate(args[1:]) if a)
        return f"{kind}({args[0]}{rest})"
    if kind == "sum_firms":
        return f"sum_firms({args[0]}" + (f", where={args[1]!r})" if len(args) > 1 and args[1] else ")")
    return f"{kind}({', '.join(args)})"
