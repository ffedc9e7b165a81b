"""The columnar form: all subjects at once, as dataframe expressions in float64.

An independent second implementation of what `expr.traced` computes. Formulas become narwhals expressions, so one
program runs on Polars, DuckDB and Spark. Beside the value of a formula stand

near
    whether a comparison, sign or zero test that was *reached* lies within 1e-9 (or within the rounding error, if that
    is larger) of its boundary, or a step left the range of float64. The traced form decides those rows.
missing
    per atom, whether it was reached and is missing: the items that the traced form would name.
bound
    how far the value can be from the exact one: a running error analysis, not a fixed tolerance.

How errors are carried: every step has a static relative error (`rel`, so many times 2**-53) and, only once a sum
has been formed and digits may cancel, an absolute error that is itself an expression (`off`). A value without `off` has
the exact sign, so a zero test on it (a typed zero, a product of typed figures) is certain and marks nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import narwhals as nw

from ecopark.errors import FormulaError
from ecopark.expr.fit import Fitted
from ecopark.expr.nodes import (
    MIRRORED,
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
from ecopark.expr.pieces import (
    FALSE,
    GREATEST,
    LEAST,
    NEAR,
    ZERO,
    Part,
    Piece,
    U,
    add_missing,
    any_of,
    arithmetic,
    both,
    constant,
    error_of,
    flag_of,
    holds,
    joined,
    literal,
    moved,
    nothing,
    numeric,
    piece_of,
    plus,
    scaled,
    sure,
    typed,
)


@dataclass(frozen=True)
class Compiled:
    """A formula as dataframe expressions, to be used on the frame that `Program.apply` returns.

    Parameters
    ----------
    kind
        ``number``, ``flag``, ``word`` or ``any``.
    value
        Float64, Boolean or String; null where missing.
    near
        Boolean, never null: the traced form must decide the row.
    missing
        Per atom key a Boolean, never null: the atom was reached and is missing.
    bound
        Float64: greatest distance of `value` from the exact value (zero for flags and codes).
    """

    kind: str
    value: nw.Expr
    near: nw.Expr
    missing: dict[Hashable, nw.Expr]
    bound: nw.Expr
    part: Part


class Program:
    """Formulas compiled together, sharing their common steps.

    Parameters
    ----------
    column
        The column of a leaf: an expression (null where missing), or a whole `Part` for what is itself computed.
    kind_of
        ``number`` (default), ``flag`` or ``word`` of a leaf.
    magnitude
        A promise about the data: every non-zero number lies within 10**-magnitude and 10**magnitude. It saves most
        range checks. None promises nothing: infinities and tiny numbers are found and marked.
    exact
        A promise about the data: the numbers are decimals of at most 15 digits (or shortest decimals of floats), so
        that comparing two typed figures, or one with a constant, is certain.
    prefix
        Of the names of staged columns.

    Examples
    --------
    >>> import polars as pl
    >>> from ecopark.expr.expand import expand
    >>> from ecopark.expr.fit import fit
    >>> from ecopark.expr.parse import parse
    >>> from ecopark.core.unit import unit
    >>> ratio = fit(expand(parse("a / b")), lambda leaf: unit("1"))
    >>> program = Program(lambda leaf: nw.col(leaf.name))
    >>> made = program.add(ratio)
    >>> frame = program.apply(nw.from_native(pl.DataFrame({"a": [1.0, 1.0, None], "b": [2.0, 0.0, 1.0]})))
    >>> frame.select(made.value.alias("v"))["v"].to_list()
    [0.5, None, None]
    """

    def __init__(
        self,
        column: Callable[[Leaf], nw.Expr | Part],
        kind_of: Callable[[Leaf], str] | None = None,
        *,
        magnitude: float | None = None,
        exact: bool = False,
        prefix: str = "__",
    ) -> None:
        self.column = column
        self.kind_of = kind_of or (lambda leaf: "flag" if leaf.kind == "all_within" else "number")
        self.magnitude = magnitude
        self.exact = exact
        self.prefix = prefix
        self.stages: list[list[nw.Expr]] = []
        self._names = 0
        self._parts: dict[Node, Part] = {}

    # -- building ------------------------------------------------------------------------------------------------------

    def add(self, formula: Fitted | Node) -> Compiled:
        """Compile one more formula."""
        return self.compiled(self.part(formula.node if isinstance(formula, Fitted) else formula))

    def compiled(self, part: Part) -> Compiled:
        """A part as plain expressions."""
        return Compiled(
            part.kind,
            part.value.expr,
            FALSE.expr if part.near is None else part.near.expr,
            {key: piece.expr for key, piece in part.missing.items()},
            (error_of(part) or ZERO).expr * 1.001,
            part,
        )

    def apply(self, frame: Any) -> Any:
        """The frame with the staged columns that the compiled expressions refer to."""
        for stage in self.stages:
            if stage:
                frame = frame.with_columns(*stage)
        return frame

    def share(self, piece: Piece, least: int = 2) -> Piece:
        """The piece as a column of its own, computed once, if it is worth it."""
        if piece.cost < least or piece.fixed:  # a column made of literals alone is not broadcast by every engine
            return piece
        while len(self.stages) <= piece.level:
            self.stages.append([])
        name = f"{self.prefix}{self._names}"
        self._names += 1
        self.stages[piece.level].append(piece.expr.alias(name))
        return Piece(nw.col(name), piece.level + 1)

    def shared(self, part: Part) -> Part:
        """The part with everything that is worth it as columns."""
        return replace(
            part,
            value=self.share(part.value),
            near=part.near and self.share(part.near, 3),
            off=part.off and self.share(part.off, 3),
            missing={key: self.share(piece, 3) for key, piece in part.missing.items()},
        )

    def part(self, node: Node) -> Part:
        """One node; equal nodes are compiled once."""
        known = self._parts.get(node)
        if known is None:
            known = self._parts[node] = self.shared(self._part(node))
        return known

    def _part(self, node: Node) -> Part:
        match node:
            case Number(value):
                return constant(value)
            case Flag(flag):
                return Part("flag", literal(flag, "flag"))
            case Word(word):
                return Part("word", literal(word, "word"))
            case Undefined():
                return nothing("any")
            case Leaf():
                found = self.column(node)
                return found if isinstance(found, Part) else self.atom(found, self.kind_of(node), node)
            case Named(_, body):
                return self.part(body)
            case Choice(test, then, otherwise):
                undefined = isinstance(otherwise, Undefined), isinstance(then, Undefined)
                if all(undefined):
                    undefined = (True, False)
                return self.choice(self.part(test), self.part(then), self.part(otherwise), undefined)
            case Logic(op, operands):
                return self.logic(op, [self.part(o) for o in operands])
            case Not(operand):
                inner = self.part(operand)
                return replace(inner, kind="flag", value=flag_of(inner, lambda e: ~e))
            case Compare(op, left, right):
                return self.compare(op, self.part(left), self.part(right))
            case Negate(operand):
                inner = numeric(self.part(operand))
                if inner.const is not None:
                    return constant(-inner.const)
                ratio = scaled(inner.ratio, Fraction(-1))
                return replace(inner, value=piece_of(-inner.value.expr, inner.value), ratio=ratio)
            case Binary(op, left, right):
                return self._binary(op, numeric(self.part(left)), numeric(self.part(right)))
            case Call(name, args, _):
                return self._call(name, [self.part(a) for a in args])
        raise FormulaError(f"'{to_text(node)}' was not expanded before it was compiled")

    def atom(self, column: nw.Expr, kind: str = "number", key: Hashable = None, *, exact: bool | None = None) -> Part:
        """A column of the facts; missing under `key` where it is null."""
        exact, level = self.exact if exact is None else exact, 0
        value = Piece(column, level)
        missing = {} if key is None else {key: piece_of(column.is_null(), value)}
        if kind != "number":
            return Part(kind, value, missing=missing)
        if self.magnitude is not None:
            return Part(kind, value, None, missing, U, None, -self.magnitude, self.magnitude, exact=exact)
        size = value.expr.abs()
        near = sure((size > GREATEST) | ((size < LEAST) & (size > 0)), value)
        inside = piece_of(nw.when(size <= GREATEST).then(value.expr), value)
        return Part(kind, self.share(inside), self.share(near), missing, U, exact=exact)

    # -- combining -----------------------------------------------------------------------------------------------------

    def choice(self, test: Part, then: Part, otherwise: Part, guards: tuple[bool, bool] = (False, False)) -> Part:
        """`then` where `test` holds, `otherwise` where it does not, missing where the test is.

        A guard (the other branch is undefined) that cannot be tested still says what its value would need: `guards` says
        which branch is reached also where the test is missing.
        """
        kind, empty = then.kind if then.kind != "any" else otherwise.kind, otherwise.kind == "any"
        then, otherwise = (nothing(kind) if p.kind == "any" else p for p in (then, otherwise))
        asked = self.share(typed(test, "flag"))
        yes, no = asked, piece_of(~asked.expr, asked)

        def pick(a: Piece, b: Piece) -> Piece:
            chosen = nw.when(yes.expr).then(a.expr).otherwise(nw.when(no.expr).then(b.expr))
            return piece_of(chosen, yes, a, b)

        near = test.near
        missing = dict(test.missing)
        for branch, reached, guarded in ((then, yes, guards[0]), (otherwise, no, guards[1])):
            if guarded:
                reached = sure(asked.expr.is_null() | reached.expr, asked)
            near = any_of([near, branch.near and both(reached, branch.near)])
            for key, piece in branch.missing.items():
                add_missing(missing, key, both(reached, piece))
        off = None
        if then.off or otherwise.off:
            off = pick(then.off or ZERO, otherwise.off or ZERO)
        ratio = then.ratio if empty else None
        return Part(
            kind, pick(then.value, otherwise.value), near, missing, max(then.rel, otherwise.rel), off,
            min(then.low, otherwise.low), max(then.high, otherwise.high), exact=then.exact and otherwise.exact, ratio=ratio,
        )  # fmt: skip

    def first(self, parts: Iterable[Part], missing: Mapping[Hashable, Piece] | None = None) -> Part:
        """The first part that has a value; where none has, `missing` (of the last one) says what is missing."""
        *before, last = parts
        result = last
        for part in reversed(before):
            value = self.share(part.value)
            absent = piece_of(value.expr.is_null(), value)
            kind = part.kind if part.kind != "any" else result.kind
            rest = typed(result, kind)
            off = None
            if part.off or result.off:
                mine, other = part.off or ZERO, result.off or ZERO
                off = piece_of(nw.when(absent.expr).then(other.expr).otherwise(mine.expr), absent, mine, other)
            result = Part(
                kind,
                piece_of(nw.when(absent.expr).then(rest.expr).otherwise(value.expr), absent, value, rest),
                any_of([part.near, result.near and both(absent, result.near)]),
                result.missing,
                max(part.rel, result.rel),
                off,
                min(part.low, result.low),
                max(part.high, result.high),
                exact=part.exact and result.exact,
            )
        value = self.share(result.value)
        wanted = result.missing if missing is None else missing
        kept = {key: piece_of(value.expr.is_null() & piece.expr, value, piece) for key, piece in wanted.items()}
        return self.shared(replace(result, value=value, missing=kept))

    def marked(self, part: Part, near: nw.Expr, level: int = 0) -> Part:
        """The part, left to the traced form also where `near` (a test on columns, never null) holds."""
        return replace(part, near=any_of([part.near, Piece(near, level, 1)]))

    def logic(self, op: str, operands: list[Part]) -> Part:
        decisive = op == "or"
        values = [self.share(typed(o, "flag")) for o in operands]
        value = values[0]
        for other in values[1:]:
            joined = value.expr | other.expr if decisive else value.expr & other.expr
            value = piece_of(joined, value, other)
        near: Piece | None = None
        for operand, found in zip(reversed(operands), reversed(values), strict=True):
            going_on = found.expr if not decisive else ~found.expr
            if near is not None:  # what follows is reached unless this operand decides; a missing one does not decide
                near = piece_of(going_on.fill_null(True) & near.expr, found, near)
            near = any_of([operand.near, near])
        value = self.share(value)
        missing: dict[Hashable, Piece] = {}
        for operand in operands:
            for key, piece in operand.missing.items():
                add_missing(missing, key, piece_of(value.expr.is_null() & piece.expr, value, piece))
        return Part("flag", value, near, missing)

    def compare(self, op: str, a: Part, b: Part) -> Part:
        kind = a.kind if a.kind != "any" else b.kind
        left, right = self.share(typed(a, kind)), self.share(typed(b, kind))
        if a.const is not None and b.const is not None:
            return Part("flag", literal(holds(op, a.const, b.const), "flag"))
        # a constant stands on the right: Polars 2.1 gives one row for a literal beside a sorted column without a value
        test = holds(MIRRORED[op], right.expr, left.expr) if a.const is not None else holds(op, left.expr, right.expr)
        value = piece_of(test, left, right)
        near = None
        if kind == "number" and "any" not in (a.kind, b.kind):
            near = self._close(replace(a, value=left), replace(b, value=right))
            tie = None if near is None else self._tie(a, b)
            if near is not None and tie is not None:
                tie = self.share(tie)
                equal = nw.lit(op in ("<=", ">=", "=="), nw.Boolean())
                known = nw.when(~value.expr.is_null()).then(equal)
                value = piece_of(nw.when(tie.expr).then(known).otherwise(value.expr), tie, value)
                near = piece_of(near.expr & ~tie.expr, near, tie)
        return Part("flag", value, any_of([a.near, b.near, near]), joined(a, b))

    def _close(self, a: Part, b: Part) -> Piece | None:
        """Where a and b are too close for float64 to tell them apart; None if that cannot be."""
        if a.const is not None:
            a, b = b, a
        if b.const == 0:
            return self._zero(a)
        if a.exact and b.exact:
            return None
        tolerance = max(NEAR, 4 * (a.rel + b.rel))
        x, y = a.value, b.value
        gap = (x.expr - y.expr).abs()
        if b.const is not None:
            slack = piece_of(nw.lit(1.1 * tolerance * abs(float(b.const)), nw.Float64()), x, y)
        else:
            slack = piece_of(x.expr.abs() * tolerance + y.expr.abs() * tolerance, x, y)
        for off in (a.off, b.off):
            if off is not None:
                slack = piece_of(slack.expr + off.expr * 1.001, slack, off)
        return sure(gap <= slack.expr, x, y, slack)

    def _tie(self, a: Part, b: Part) -> Piece | None:
        """Where a quotient of two typed figures is exactly the constant it is compared with; None if that is unknown."""
        if a.const is not None:
            a, b = b, a
        if a.ratio is None or b.const is None:
            return None
        x, y, scale, shift = a.ratio
        target = (b.const - shift) / scale
        if target == 1:
            return sure(x.expr == y.expr, x, y)
        if target == 0:
            return sure(x.expr == 0, x, y)
        top, bottom = target.numerator, target.denominator
        if max(abs(top), bottom) > 2**20:
            return None
        # Figures of at most four decimals as whole numbers: below 2**33, their products with `top` and `bottom` are exact.
        whole = [self.share(piece_of((p.expr * 1e4 + 0.5).floor(), p)) for p in (x, y)]
        sound = nw.lit(True, nw.Boolean())
        for figure, number in zip((x, y), whole, strict=True):
            sound = sound & (number.expr.abs() < 2.0**33) & (number.expr / 1e4 == figure.expr)
        equal = whole[0].expr * float(bottom) == whole[1].expr * float(top)
        return sure(sound & equal, *whole)

    def _zero(self, a: Part) -> Piece | None:
        """Where the sign of a is uncertain."""
        if a.off is None:
            return None
        error = self.share(error_of(a))
        size = a.value.expr.abs()
        return sure((size <= NEAR) | (size <= error.expr * 1.001), a.value, error)

    def _binary(self, op: str, a: Part, b: Part) -> Part:
        if op == "**":
            return self._power(a, b.const)
        if a.const is not None and b.const is not None:
            return nothing("number") if op == "/" and b.const == 0 else constant(arithmetic(op, a.const, b.const))
        if op == "/":
            return self._quotient(a, replace(b, value=self.share(b.value)))
        x, y = a.value, b.value
        if op == "*":
            off = None
            for error, other in ((a.off, y), (b.off, x)):
                if error is not None:
                    off = plus(off, piece_of(error.expr * other.expr.abs(), error, other))
            if a.off is not None and b.off is not None:
                off = plus(off, piece_of(a.off.expr * b.off.expr, a.off, b.off))
            made = Part(
                "number", piece_of(x.expr * y.expr, x, y), any_of([a.near, b.near]), joined(a, b),
                (a.rel + b.rel + U) * 1.0001, off, a.low + b.low, a.high + b.high,
                ratio=scaled(a.ratio, b.const) or scaled(b.ratio, a.const),
            )  # fmt: skip
            return self._ranged(made, (x, y))
        off = None
        for part in (a, b):
            if part.rel or part.off:
                off = plus(off, error_of(part))
        total = x.expr + y.expr if op == "+" else x.expr - y.expr
        made = Part(
            "number", self.share(piece_of(total, x, y)), any_of([a.near, b.near]), joined(a, b), U, off or ZERO,
            min(a.low, b.low) - 17, max(a.high, b.high) + 0.31,
            ratio=moved(a.ratio, b.const, op) or moved(scaled(b.ratio, Fraction(1 if op == "+" else -1)), a.const, "+"),
        )  # fmt: skip
        return self._ranged(made, None)

    def _quotient(self, a: Part, b: Part) -> Part:
        if b.const == 0:
            return nothing("number", any_of([a.near, b.near]), joined(a, b))
        x, y = a.value, b.value
        divisor = y if b.const is not None else piece_of(nw.when(y.expr != 0).then(y.expr), y)
        value = self.share(piece_of(x.expr / divisor.expr, x, divisor))
        # Polars multiplies by the reciprocal of a scalar: two roundings, not one.
        rel, off = (a.rel + b.rel + 2 * U) * 1.0001, None
        if b.off is not None:
            size = piece_of(y.expr.abs(), y)
            error = error_of(b)
            rest = piece_of(size.expr - error.expr * 1.001, size, error)
            safe = self.share(piece_of(nw.when(rest.expr > 0).then(rest.expr), rest))
            total = piece_of(value.expr.abs() * (b.off.expr + size.expr * (a.rel + b.rel)), value, b.off, size)
            total = plus(a.off, total)
            rel, off = 2 * U, self.share(piece_of(total.expr / safe.expr, total, safe))
        elif a.off is not None:
            off = piece_of(a.off.expr / divisor.expr.abs(), a.off, divisor)
        ratio = None
        if a.exact and b.exact:
            ratio = (x, y, Fraction(1), Fraction(0))
        elif b.const is not None:
            ratio = scaled(a.ratio, 1 / b.const)
        made = Part(
            "number", value, any_of([a.near, b.near, self._zero(b)]), joined(a, b), rel, off, a.low - b.high, a.high - b.low,
            ratio=ratio,
        )  # fmt: skip
        return self._ranged(made, (x,))

    def _power(self, a: Part, exponent: Fraction | None) -> Part:
        if exponent is None or exponent.denominator != 1:
            raise FormulaError("the exponent must be a whole number")
        k, m = int(exponent), abs(int(exponent))
        if a.const is not None:
            return nothing("number") if a.const == 0 and k < 0 else constant(a.const**k)
        x = self.share(a.value)
        a = replace(a, value=x)
        base = x if k >= 0 else piece_of(nw.when(x.expr != 0).then(x.expr), x)
        value = self.share(piece_of(base.expr ** float(k), base))
        size = max(abs(a.low), abs(a.high)) * 2.31
        off = None
        if a.off is not None and k > 0:
            whole = piece_of(x.expr.abs() + error_of(a).expr * 1.001, x, error_of(a))
            power = whole.expr ** float(k - 1) if k > 1 else nw.lit(1.0, nw.Float64())
            off = self.share(piece_of(error_of(a).expr * power * float(k), whole))
        elif a.off is not None and k < 0:
            ratio = piece_of(error_of(a).expr * 1.001 / base.expr.abs(), error_of(a), base)
            part = self.share(piece_of(nw.when(ratio.expr < 1).then(ratio.expr), ratio))
            off = self.share(
                piece_of(value.expr.abs() * part.expr * float(m) / (1 - part.expr) ** float(m + 1), part, value)
            )
        rel = math.expm1(m * math.log1p(a.rel)) * 1.0001 + 4 * U + (2 * U if m < 3 else size * U * 0.01)
        low, high = (k * a.low, k * a.high) if k >= 0 else (k * a.high, k * a.low)
        near = any_of([a.near, self._zero(a) if k < 0 else None])
        return self._ranged(Part("number", value, near, a.missing, rel, off, low, high), (x,))

    def _ranged(self, part: Part, factors: tuple[Piece, ...] | None) -> Part:
        """The part with results beyond float64 made null and marked; `factors` not zero cannot make a zero."""
        near = part.near
        value = part.value
        high, low = part.high, part.low
        if high > 307:
            value = self.share(value)
            size = value.expr.abs()
            near = any_of([near, sure(size > GREATEST, value)])
            value = self.share(piece_of(nw.when(size <= GREATEST).then(value.expr), value))
            high = 308.3
        if factors is not None and low < -290:
            value = self.share(value)
            tiny = value.expr.abs() < LEAST
            for factor in factors:
                tiny = tiny & (factor.expr != 0)
            near = any_of([near, sure(tiny, value, *factors)])
            low = -290.0
        if near is not None and near is not part.near:
            near = self.share(near)
        return replace(part, value=value, near=near, high=high, low=low)

    def _call(self, name: str, args: list[Part]) -> Part:
        first = args[0]
        if name == "given":
            value = self.share(first.value)
            return Part("flag", piece_of(~value.expr.is_null(), value), first.near)
        first = replace(numeric(first), value=self.share(first.value))
        if name == "abs":
            const = first.const and abs(first.const)
            return replace(first, value=piece_of(first.value.expr.abs(), first.value), const=const, ratio=None)
        if name in ("min", "max"):
            result = first
            for other in args[1:]:
                result = self._extreme(name, result, replace(numeric(other), value=self.share(other.value)))
            return result
        if args[1].const is None:
            raise FormulaError(f"{name}(...) takes a constant as its second argument")
        if name == "root":
            return self._root(first, int(args[1].const))
        if name == "round":
            return self._round(first, int(args[1].const))
        raise FormulaError(f"{name}(...) has no columnar form")

    def _extreme(self, name: str, a: Part, b: Part) -> Part:
        x, y = a.value, b.value
        test = x.expr <= y.expr if name == "min" else x.expr >= y.expr
        value = nw.when(test).then(x.expr).otherwise(nw.when(~test).then(y.expr))
        off = None
        if a.off or b.off:
            e, f = a.off or ZERO, b.off or ZERO
            off = piece_of(nw.when(e.expr >= f.expr).then(e.expr).otherwise(f.expr), e, f)
        return Part(
            "number", self.share(piece_of(value, x, y)), any_of([a.near, b.near]), joined(a, b), 1.01 * max(a.rel, b.rel), off,
            min(a.low, b.low), max(a.high, b.high), exact=a.exact and b.exact,
        )  # fmt: skip

    def _root(self, a: Part, n: int) -> Part:
        x = a.value
        if n == 1:
            positive = nw.when(x.expr >= 0).then(x.expr)
            return replace(a, value=piece_of(positive, x), near=any_of([a.near, self._zero(a)]), const=None)
        inside = self.share(piece_of(nw.when(x.expr >= 0).then(x.expr), x))
        value = self.share(piece_of(inside.expr.sqrt() if n == 2 else inside.expr ** (1.0 / n), inside))
        off = None
        if a.off is not None:
            above = piece_of(nw.when(x.expr > 0).then(x.expr), x)
            off = self.share(piece_of(value.expr * a.off.expr * 1.001 / above.expr, value, a.off, above))
            off = piece_of(off.expr.fill_null(0.0), off)
        size = max(abs(a.low), abs(a.high)) * 2.31
        rel = (a.rel * 1.01 + U * size / n) if n > 2 else a.rel
        return Part(
            "number",
            value,
            any_of([a.near, self._zero(a)]),
            a.missing,
            rel + 4 * U,
            off,
            min(a.low / n, 0),
            max(a.high / n, 0),
        )

    def _round(self, a: Part, decimals: int) -> Part:
        """Half to even on the exact value: certain unless the value is near a half, and exact then."""
        scale = 10.0**decimals
        if a.high + decimals > 300:
            a = self._ranged(replace(a, high=400.0), None)
        x = a.value
        size = self.share(piece_of(x.expr.abs() * scale, x))
        floor = self.share(piece_of(size.expr.floor(), size))
        slack = piece_of(size.expr * (a.rel + 2 * U) + NEAR, size)
        if a.off is not None:
            slack = piece_of(slack.expr + a.off.expr * (1.001 * scale), slack, a.off)
        close = sure((size.expr - floor.expr - 0.5).abs() <= slack.expr, size, floor, slack)
        up = (size.expr - floor.expr) > 0.5
        whole = self.share(piece_of(nw.when(up).then(floor.expr + 1.0).otherwise(floor.expr) / scale, size, floor))
        value = piece_of(nw.when(x.expr < 0).then(-whole.expr).otherwise(whole.expr), x, whole)
        value = self.share(piece_of(nw.when(~x.expr.is_null()).then(value.expr), x, value))
        return Part(
            "number",
            value,
            any_of([a.near, self.share(close)]),
            a.missing,
            2 * U,
            None,
            -decimals - 1.0,
            max(a.high, 0) + 1,
        )
