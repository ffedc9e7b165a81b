"""The pieces of the columnar form: expressions with the stage at which they exist, and steps of a formula made of them.

`expr.columnar` puts formulas together from these; here stands what one step carries (value, near, missing, error) and how
two of them combine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import narwhals as nw

NEAR = 1e-9
U = 2.0**-53
"""Relative error of one rounding."""

GREATEST = 1.7e308
LEAST = 1e-290
"""Smaller numbers lose relative precision (or their sign) in float64: such rows are marked."""

_DTYPES = {"number": nw.Float64(), "flag": nw.Boolean(), "word": nw.String(), "any": nw.Float64()}


@dataclass(frozen=True, eq=False)
class Piece:
    """An expression, the stage at which its columns exist, how much work it is, and whether it holds no column at all."""

    expr: nw.Expr
    level: int = 0
    cost: int = 0
    fixed: bool = False


@dataclass(frozen=True, eq=False)
class Part:
    """One step of a formula for all rows.

    Parameters
    ----------
    kind
        ``number``, ``flag``, ``word`` or ``any`` (no value at all).
    value
        Null where the step is missing.
    near
        Whether a test reached below was too close to call, never null; None: no row can be.
    missing
        Atom key to "reached and missing" (never null).
    rel, off
        The error is at most ``rel * |value| + off``; `off` None means that the sign is exact.
    low, high
        Decimal exponents of the least non-zero and the greatest magnitude the value can have.
    const
        The exact value of a constant.
    exact
        The figure and its float64 determine one another (a typed decimal of at most 15 digits).
    ratio
        For a quotient of two exact figures: ``(x, y, scale, shift)``, the value being exactly ``scale * x / y + shift``.
        A row on its limit (75 of 100 firms, 100 %) can then be decided here.
    """

    kind: str
    value: Piece
    near: Piece | None = None
    missing: Mapping[Hashable, Piece] = field(default_factory=dict)
    rel: float = 0.0
    off: Piece | None = None
    low: float = -290.0
    high: float = 308.0
    const: Fraction | None = None
    exact: bool = False
    ratio: tuple[Piece, Piece, Fraction, Fraction] | None = None


ZERO = Piece(nw.lit(0.0, nw.Float64()), fixed=True)
FALSE = Piece(nw.lit(False, nw.Boolean()), fixed=True)


def constant(value: Fraction) -> Part:
    """A number that is the same in every row."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or (value != 0 and abs(number) < LEAST):
        return replace(nothing("number", literal(True, "flag")))
    size = math.log10(abs(number)) if number else 0.0
    digits = len(str(value.numerator).strip("-").strip("0")) if _is_decimal(value) else 99
    rel = 0.0 if Fraction(number) == value else U
    exact = digits <= 15 and Fraction(repr(number)) == value
    return Part("number", literal(number, "number"), rel=rel, low=size, high=size, const=value, exact=exact)


def nothing(kind: str, near: Piece | None = None, missing: Mapping[Hashable, Piece] | None = None) -> Part:
    """No value in any row."""
    return Part(kind, literal(None, kind), near, missing or {}, low=0.0, high=0.0)


def _is_decimal(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def piece_of(expr: nw.Expr, *of: Piece) -> Piece:
    return Piece(expr, max(p.level for p in of), sum(p.cost for p in of) + 1, all(p.fixed for p in of))


def literal(value: float | bool | str | None, kind: str) -> Piece:
    return Piece(nw.lit(value, _DTYPES[kind]), fixed=True)


def sure(expr: nw.Expr, *of: Piece) -> Piece:
    """A test that is false where it cannot be made."""
    return piece_of(expr.fill_null(False), *of)


def any_of(pieces: Iterable[Piece | None]) -> Piece | None:
    found = list(dict.fromkeys(p for p in pieces if p is not None))
    if not found:
        return None
    result = found[0]
    for other in found[1:]:
        result = piece_of(result.expr | other.expr, result, other)
    return result


def both(a: Piece, b: Piece) -> Piece:
    return sure(a.expr & b.expr, a, b)


def plus(a: Piece | None, b: Piece) -> Piece:
    return b if a is None else piece_of(a.expr + b.expr, a, b)


def add_missing(missing: dict[Hashable, Piece], key: Hashable, piece: Piece) -> None:
    known = missing.get(key)
    missing[key] = piece if known is None or known is piece else piece_of(known.expr | piece.expr, known, piece)


def joined(a: Part, b: Part) -> dict[Hashable, Piece]:
    missing = dict(a.missing)
    for key, piece in b.missing.items():
        add_missing(missing, key, piece)
    return missing


def typed(part: Part, kind: str) -> Piece:
    return nothing(kind).value if part.kind == "any" else part.value


def numeric(part: Part) -> Part:
    return replace(part, kind="number") if part.kind == "any" else part


def flag_of(part: Part, change: Callable[[nw.Expr], nw.Expr]) -> Piece:
    value = typed(part, "flag")
    return piece_of(change(value.expr), value)


Ratio = tuple[Piece, Piece, Fraction, Fraction] | None


def scaled(ratio: Ratio, factor: Fraction | None) -> Ratio:
    """The ratio of a value that is multiplied by a constant."""
    if ratio is None or not factor:
        return None
    return (ratio[0], ratio[1], ratio[2] * factor, ratio[3] * factor)


def moved(ratio: Ratio, constant: Fraction | None, op: str) -> Ratio:
    """The ratio of a value to which a constant is added (or from which it is taken)."""
    if ratio is None or constant is None:
        return None
    return (ratio[0], ratio[1], ratio[2], ratio[3] + constant if op == "+" else ratio[3] - constant)


def error_of(part: Part) -> Piece:
    """How far the value can be from the exact one."""
    if part.rel == 0.0:
        return part.off or ZERO
    relative = piece_of(part.value.expr.abs() * part.rel, part.value)
    return relative if part.off is None else plus(part.off, relative)


def holds(op: str, a: Any, b: Any) -> Any:
    match op:
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
        case ">=":
            return a >= b
        case "==":
            return a == b
        case _:
            return a != b


def arithmetic(op: str, a: Fraction, b: Fraction) -> Fraction:
    return {"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "/": a.__truediv__}[op](b)
