"""The columnar counterpart of `indicators.resolve`: where the figures of all subjects come from, as columns.

A quantity of a subject and year is, in this order: what was typed for it; the sum of its breakdown; its quarters and months;
the roll-up of the firms active in the year; its own formula; missing. `Atoms` compiles leaves accordingly and remembers which
columns it asked for; `indicators.cells` builds those columns from the figures of years (`indicators.yearly`).

What is rare is not implemented twice: a row that meets one of these is marked near, and the traced form decides it: ``n/a``,
a year that lacks a month, a breakdown without a year, negative amounts in a sum, factors measured by the user.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl

from ecopark.core.period import Period
from ecopark.core.unit import unit
from ecopark.core.value import Missing
from ecopark.errors import FormulaError, UnitError
from ecopark.expr.columnar import Program
from ecopark.expr.functions import shifted
from ecopark.expr.nodes import Leaf, Node, leaves
from ecopark.expr.pieces import NEAR, Part, Piece, U, add_missing, both, nothing
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.cells import Cells, Key
from ecopark.indicators.factors import Factors, PackFactor, amount_unit
from ecopark.indicators.one_year import holes
from ecopark.indicators.resolve import canonical_by, compiled
from ecopark.observations.long_frame import MEASURED
from ecopark.observations.model import Facts
from ecopark.observations.quantity import Quantity, catalogue

MAX_BACK = 20


class Atoms:
    """Leaves of formulas as parts of a program, for one pack.

    Parameters
    ----------
    cells
        Columns of the facts, shared between packs.
    pack_factors, parameters
        Of the pack that is assessed.
    """

    def __init__(
        self, cells: Cells, pack_factors: Iterable[PackFactor] = (), parameters: Mapping[str, Any] | None = None,
        *, prefix: str = "_",
    ) -> None:  # fmt: skip
        self.cells = cells
        factors = tuple(pack_factors)
        self.own = "|".join(f"{f.id}={f.value}" for f in factors)
        self.factors = Factors(Facts([]), factors, cells.long.settings.get("factors"))
        self.parameters = tuple(sorted((parameters or {}).items()))
        self.program = Program(self.leaf, magnitude=cells.magnitude, exact=True, prefix=prefix)
        self._open: set[tuple[str, int]] = set()

    def parameter(self, name: str) -> Any:
        """A parameter of the pack, or None."""
        return dict(self.parameters).get(name)

    # -- leaves --------------------------------------------------------------------------------------------------------

    def leaf(self, leaf: Leaf) -> Part:
        """The columns of one leaf, in its canonical unit."""
        back = leaf.back
        if back > MAX_BACK:
            raise FormulaError(f"'{leaf.name}' looks more than {MAX_BACK} years back")
        if leaf.kind == "name":
            if leaf.name in indicators():
                return self.indicator(leaf.name, back)
            return self.quantity(catalogue()[leaf.name], back)
        if leaf.kind == "factor":
            return self._factor(leaf.name, back)
        quantity = catalogue()[leaf.name]
        match leaf.kind:
            case "part":
                return self._part(quantity, canonical_by(quantity, leaf.args[1]), back)
            case "total":
                found = self._total(quantity, back, "all")
                return self.odd(quantity.id, back, found or self._absent(quantity, back))
            case "sum_firms":
                return self.odd(
                    quantity.id, back, self._firms(quantity, back, leaf.args[1]) or self._absent(quantity, back)
                )
            case "all_within":
                return self._all_within(quantity, catalogue()[leaf.args[1]], back)
            case "sum_product":
                return self._sum_product(quantity, catalogue()[leaf.args[1]], back)
            case "sum_with_factor":
                return self._sum_with_factor(quantity, leaf.args[1], leaf.args[2], back)
        raise FormulaError(f"a leaf of kind {leaf.kind!r} cannot be looked up")

    def quantity(self, quantity: Quantity, back: int) -> Part:
        """A quantity; see the module's order."""
        program, cells = self.program, self.cells
        parts: list[Part] = []
        if quantity.id in cells.present:
            parts.append(self._typed(quantity, back))
        none: Hashable = (quantity.id, "", back)
        total = self._total(quantity, back, "own")
        firms = self._firms(quantity, back, "") if quantity.rollup else None
        parts += [p for p in (total, self._timed(quantity, back), firms) if p is not None]
        derived = self._derived(quantity, back) if quantity.formula else None
        if derived is not None:
            parts.append(derived)
        if not parts:
            return self.odd(quantity.id, back, self._absent(quantity, back))
        # What is missing is what the first way that somebody has begun lacks.
        begun: Piece | None = None
        missing: dict[Hashable, Piece] = {}
        if total is not None:
            begun = Piece(self._count(quantity, back, "own"), 0, 1)
            missing |= self._holes(quantity, back, "own")
        if firms is not None:
            told = Piece(~self.cells.ask(("fn", quantity.id, ""), back).is_null(), 0, 1)
            add_missing(missing, none, told if begun is None else both(Piece(~begun.expr, 0, 2), told))
            begun = told if begun is None else Piece(begun.expr | told.expr, 0, 3)
        open_ = _TRUE if begun is None else Piece(~begun.expr, 0, begun.cost + 1)
        if derived is None:
            add_missing(missing, none, open_)
        else:
            pieces = derived.missing or {none: _TRUE}
            for key, piece in pieces.items():
                add_missing(missing, key, piece if begun is None else both(open_, piece))
        return self.odd(quantity.id, back, program.first(parts, missing))

    def indicator(self, name: str, back: int) -> Part:
        """A shared indicator: computed, else reported."""
        indicator = indicators()[name]
        if (name, back) in self._open:
            return nothing("any")
        self._open.add((name, back))
        try:
            made = compiled(indicator.formula, indicator.unit or None, self.parameters)
            computed = self.program.part(shifted(made.node, back))
        finally:
            self._open.discard((name, back))
        result = self.or_reported(computed, (name,), indicator.unit, back)
        if result is not computed:  # inside another formula: the traced form says that it rests on a reported rate
            silent = self.program.share(computed.value)
            told = ~self.cells.ask(("r", name, indicator.unit), back).is_null()
            result = self.program.marked(result, silent.expr.is_null() & told, silent.level)
        return result

    def or_reported(self, computed: Part, names: Iterable[str], unit_text: str, back: int = 0) -> Part:
        """`computed`, or the rate reported under one of `names` where its inputs are missing."""
        result = computed
        found = []
        for name in names:
            if name in self.cells.odd:
                result = self.program.marked(result, self._is_odd(name, back))
            if name in self.cells.present:
                column = self.cells.ask(("r", name, unit_text), back)
                if computed.kind == "flag":
                    reported = self.program.atom(column == 1.0, "flag")
                    reported = self.program.marked(reported, ((column != 0.0) & (column != 1.0)).fill_null(False))
                else:
                    reported = replace(self.program.atom(column, exact=False), rel=3 * U)
                found.append(reported)
        return self.program.first([result, *found], result.missing) if found else result

    # -- ways to a quantity --------------------------------------------------------------------------------------------

    def _typed(self, quantity: Quantity, back: int) -> Part:
        if not quantity.is_number:
            if quantity.kind == "flag":
                return self.program.atom(self.cells.ask(("d", quantity.id), back) == 1.0, "flag")
            return self.program.atom(self.cells.ask(("s", quantity.id), back), "word")
        sure = quantity.id not in self.cells.long.inexact
        part = self.program.atom(self.cells.ask(("d", quantity.id), back), exact=sure)
        return part if sure else replace(part, rel=3 * U)

    def _derived(self, quantity: Quantity, back: int) -> Part:
        if (quantity.id, back) in self._open:
            return nothing("any")
        self._open.add((quantity.id, back))
        try:
            target = None if quantity.kind == "flag" else quantity.unit
            made = compiled(quantity.formula, target, self.parameters)
            return self.program.part(shifted(made.node, back))
        finally:
            self._open.discard((quantity.id, back))

    def _total(self, quantity: Quantity, back: int, scope: str) -> Part | None:
        """The sum of a breakdown: the subject's own (scope ``own``), or its own or its firms' (``all``)."""
        if not quantity.breakdowns or quantity.unit == "by code" or not quantity.is_number:
            return None
        scope = self._scope(quantity, scope)
        if quantity.id not in self.cells.broken_down and scope == "own":
            return None
        column = self.cells.ask(("t", quantity.id, scope), back)
        holes = self._holes(quantity, back, scope)
        part = self._sum(column, firms=scope == "all")
        if holes:
            complete = ~_or([p.expr for p in holes.values()])
            part = replace(part, value=Piece(nw.when(complete).then(column), 0, 3))
        return replace(
            part, missing={(quantity.id, "", back): Piece(~self._count(quantity, back, scope), 0, 1), **holes}
        )

    def _timed(self, quantity: Quantity, back: int) -> Part | None:
        """A year made of its quarters and months."""
        if quantity.id not in self.cells.timed:
            return None
        return self._sum(self.cells.ask(("y", quantity.id), back), ("y", quantity.id, back))

    def _scope(self, quantity: Quantity, scope: str) -> str:
        """``all`` only where firms give the breakdown of a quantity."""
        return "all" if scope == "all" and quantity.id in self.cells.listed else "own"

    def _holes(self, quantity: Quantity, back: int, scope: str) -> dict[Hashable, Piece]:
        """Per code of a closed list: the list is given, but not this code."""
        found: dict[Hashable, Piece] = {}
        given = self._count(quantity, back, scope)
        for piece in holes(quantity, ()):
            here = self.cells.ask(("h", quantity.id, piece, self._scope(quantity, scope)), back)
            found[(quantity.id, piece, back)] = Piece(given & here.is_null(), 0, 2)
        return found

    def _count(self, quantity: Quantity, back: int, scope: str) -> nw.Expr:
        """Whether the list is given: any row of the subject's own, or those of every firm."""
        return ~self.cells.ask(("n", quantity.id, self._scope(quantity, scope)), back).is_null()

    def _sum(self, column: nw.Expr, key: Hashable = None, each: float = 1.0, *, firms: bool = False) -> Part:
        """A sum of numbers of one sign: its relative error is that of a term and of the additions."""
        part = self.program.atom(column, key=key, exact=False)
        high = part.high if self.program.magnitude is None else part.high * (2 if each > 1 else 1) + 3
        low = part.low if self.program.magnitude is None else part.low * (2 if each > 1 else 1)
        if firms:
            high = high + 4
        return replace(part, rel=(self.cells.most_parts + 3 * each) * U, low=low, high=high)

    def _part(self, quantity: Quantity, by: str, back: int) -> Part:
        column = self.cells.ask(("p", quantity.id, by), back)
        made = self._sum(column, (quantity.id, by, back), firms=quantity.id in self.cells.listed)
        return self.odd(quantity.id, back, made)

    def _firms(self, quantity: Quantity, back: int, where: str) -> Part | None:
        if quantity.id not in self.cells.of_firms:
            return None
        ask = self.cells.ask
        expected, told = ask(("fe", "", where), back), ask(("fn", quantity.id, where), back)
        kind = "f"
        if quantity.kind == "flag":
            kind = "fall" if quantity.rollup == "all" else "fany"
        column = ask((kind, quantity.id, where), back)
        complete = nw.when(told == expected).then(column)
        key = (quantity.id, "", back)
        if quantity.kind == "flag":
            return self.program.atom(complete == 1.0, "flag", key)
        part = self._sum(complete, key)
        return replace(part, rel=1e6 * U, off=None)

    def _absent(self, quantity: Quantity, back: int) -> Part:
        kind = "number" if quantity.is_number else "flag" if quantity.kind == "flag" else "word"
        return nothing(kind, None, {(quantity.id, "", back): _TRUE})

    def _is_odd(self, name: str, back: int) -> nw.Expr:
        return ~self.cells.ask(("o", name), back).is_null()

    def odd(self, name: str, back: int, part: Part) -> Part:
        """The part, left to the traced form where a figure is one of the rare cases."""
        return self.program.marked(part, self._is_odd(name, back)) if name in self.cells.odd else part

    # -- amounts times factors -----------------------------------------------------------------------------------------

    def _factor(self, name: str, back: int) -> Part:
        """A named factor: fixed by the pack or of the dated table, by year; measured ones are left to the traced form."""
        key: Key = ("wfactor", name, self.own)
        item = f"factor.{name}"
        rows, inexact = [], False
        for year in range(self.cells.years[0] - MAX_BACK, self.cells.years[-1] + 1):
            value = self.factors.find(name, "", Period(year)).value
            if isinstance(value, Missing):
                item = value.items[0].quantity if value.items else item
            elif isinstance(value, Fraction):
                rows.append((year, float(value)))
                inexact = inexact or Fraction(repr(float(value))) != value
        table = pl.DataFrame(rows, schema={"year": pl.Int32, "x": pl.Float64}, orient="row")
        if key not in self.cells.keys:
            names = pl.DataFrame({"sid": pl.Series(range(len(self.cells.long.names)), dtype=pl.UInt32)})
            self.cells.own(key, names.join(table, how="cross"))
        part = self.program.atom(self.cells.ask(key, back), key=(item, "", back), exact=not inexact)
        return self.odd(MEASURED, back, part)

    def _listed(self, quantity: Quantity, back: int) -> dict[Hashable, Piece]:
        """What is missing of a breakdown as a whole: all of it, or codes of a closed list."""
        given = Piece(~self._count(quantity, back, "all"), 0, 1)
        return {(quantity.id, "", back): given, **self._holes(quantity, back, "all")}

    def _guarded(
        self, part: Part, whole: dict[Hashable, Piece], single: dict[Hashable, Piece], name: str, back: int
    ) -> Part:
        """A sum over codes: missing where the list is (then only that is named), or where a single code's factor is."""
        bad = _or([p.expr for p in whole.values()])
        missing: dict[Hashable, Piece] = dict(whole)
        for key, piece in single.items():
            missing[key] = Piece(~bad & piece.expr, 0, 3)
        lacking = _or([p.expr for p in (*whole.values(), *single.values())])
        value = Piece(nw.when(~lacking).then(part.value.expr), part.value.level, 5)
        made = self.program.shared(replace(part, value=value, missing=missing))
        return self.odd(MEASURED, back, self.odd(name, back, made))

    def _sum_with_factor(self, quantity: Quantity, family: str, exclude: str, back: int) -> Part:
        rows = self.cells.parts_of(quantity.id)
        base: Key = ("w", quantity.id, family, exclude, self.own)
        target = amount_unit(family)
        dimension = catalogue().breakdowns[quantity.breakdowns[0]].dimension
        weights: list[tuple[str, str, int, float | None, str | None]] = []
        odd = False
        for by, given, year in rows.select("by", "unit", "year").unique().sort("by", "unit", "year").iter_rows():
            pieces = dict(p.split("=") for p in by.split(";"))
            if exclude and all(pieces.get(k) == v for k, v in (p.split("=") for p in exclude.split(";"))):
                weights.append((by, given, year, 0.0, None))
                continue
            found = self.factors.find_code(family, pieces.get(dimension, ""), "", Period(year))
            if isinstance(found.value, Missing):
                item = found.value.items[0].quantity if found.value.items else f"factor.{family}"
                weights.append((by, given, year, None, item))
                continue
            try:
                scale = (unit(given) * unit(found.unit)).factor_to(target)
            except UnitError:
                odd = True
                continue
            weights.append((by, given, year, float(found.value * scale), None))  # type: ignore[operator]
        schema = {"by": pl.String, "unit": pl.String, "year": pl.Int32, "weight": pl.Float64, "item": pl.String}
        table = pl.DataFrame(weights, schema=schema, orient="row")
        joined = rows.join(self.cells.keyed(table), on=["by", "unit", "year"], how="left")
        items = sorted({w[4] for w in weights if w[4] is not None})
        part, single = self._weighted(base, joined, items, back, {i: (i, "", back) for i in items})
        made = self._guarded(part, self._listed(quantity, back), single, quantity.id, back)
        return self.program.marked(made, nw.lit(True)) if odd else made

    def _weighted(
        self, base: Key, joined: pl.DataFrame, items: Sequence[str], back: int, keys: Mapping[str, Hashable]
    ) -> tuple[Part, dict[Hashable, Piece]]:
        """Sum of x * weight by subject and year; rows whose weight is missing count under `item`."""
        if base not in self.cells.keys:
            product = (pl.col("x") * pl.col("weight")).sum().alias("x")
            self.cells.own(base, joined.group_by("sid", "year").agg(product))
        single: dict[Hashable, Piece] = {}
        for item in items:
            key: Key = (*base, item)
            if key not in self.cells.keys:
                rows = joined.filter(pl.col("item") == item).select("sid", "year", pl.lit(1.0).alias("x")).unique()
                self.cells.own(key, rows)
            single[keys[item]] = Piece(~self.cells.ask(key, back).is_null(), 0, 1)
        return self._sum(self.cells.ask(base, back), each=3.0, firms=bool(self.cells.listed)), single

    def _sum_product(self, a: Quantity, b: Quantity, back: int) -> Part:
        base: Key = ("w", "product", a.id, b.id)
        right = self.cells.parts_of(b.id).select("sid", "year", "by", pl.col("x").alias("weight"))
        joined = self.cells.parts_of(a.id).join(right, on=["sid", "year", "by"], how="left")
        joined = joined.with_columns(pl.when(pl.col("weight").is_null()).then(pl.col("by")).alias("item"))
        items = self.cells.distinct_parts.get(a.id, [])
        part, single = self._weighted(base, joined, items, back, {i: (b.id, i, back) for i in items})
        made = self._guarded(part, self._listed(a, back), single, a.id, back)
        return self.odd(b.id, back, made)

    def _all_within(self, quantity: Quantity, cap: Quantity, back: int) -> Part:
        base: Key = ("w", "within", quantity.id, cap.id)
        right = self.cells.parts_of(cap.id).select("sid", "year", "by", pl.col("x").alias("cap"))
        joined = self.cells.parts_of(quantity.id).join(right, on=["sid", "year", "by"], how="left")
        items = self.cells.distinct_parts.get(quantity.id, [])
        close: Key = (*base, "close")
        if base not in self.cells.keys:
            beyond = (pl.col("x") > pl.col("cap")).any().cast(pl.Float64)
            self.cells.own(base, joined.group_by("sid", "year").agg(beyond.alias("x")))
        doubtful = {quantity.id, cap.id} & self.cells.long.inexact
        if doubtful and close not in self.cells.keys:
            gap = (pl.col("x") - pl.col("cap")).abs() <= NEAR * (pl.col("x").abs() + pl.col("cap").abs())
            self.cells.own(close, joined.filter(gap).select("sid", "year", pl.lit(1.0).alias("x")).unique())
        single: dict[Hashable, Piece] = {}
        for item in items:
            key: Key = (*base, "cap", item)
            if key not in self.cells.keys:
                rows = joined.filter((pl.col("by") == item) & pl.col("cap").is_null())
                self.cells.own(key, rows.select("sid", "year", pl.lit(1.0).alias("x")))
            single[(cap.id, item, back)] = Piece(~self.cells.ask(key, back).is_null(), 0, 1)
        missing = {**self._listed(quantity, back), **self._listed(cap, back)}
        for where, piece in single.items():
            known = missing.get(where)
            missing[where] = piece if known is None else Piece(known.expr | piece.expr, 0, 3)
        beyond_any = (self.cells.ask(base, back) == 1.0).fill_null(False)
        lacking = _or([p.expr for p in missing.values()])
        true = nw.when(~lacking).then(nw.lit(True, nw.Boolean()))
        value = Piece(nw.when(beyond_any).then(nw.lit(False, nw.Boolean())).otherwise(true), 0, 6)
        kept: dict[Hashable, Piece] = {k: Piece(~beyond_any & p.expr, 0, 4) for k, p in missing.items()}
        part = self.program.shared(Part("flag", value, None, kept))
        if doubtful:
            part = self.program.marked(part, ~self.cells.ask(close, back).is_null())
        below_zero = quantity.id in self.cells.listed and (quantity.low is None or quantity.low < 0)
        if (
            below_zero or cap.id in self.cells.listed
        ):  # what some firms add up to decides nothing: rare, left alone here
            part = self.program.marked(part, nw.lit(True, nw.Boolean()))
        return self.odd(cap.id, back, self.odd(quantity.id, back, part))


def reached(node: Node) -> frozenset[str]:
    """Ids of everything that evaluating a formula may look up: quantities, indicators, and (as a mark) factors."""
    found: set[str] = set()
    open_ = [node]
    while open_:
        for leaf in leaves(open_.pop()):
            names = [n for n in leaf.args if n in catalogue() or n in indicators()] if leaf.kind != "factor" else []
            if leaf.kind in ("factor", "sum_with_factor"):
                found |= {MEASURED, "emission_factor"}
            for name in names:
                quantity = catalogue().find(name)
                name = quantity.id if quantity is not None else name
                if name in found:
                    continue
                found.add(name)
                text = quantity.formula if quantity is not None else indicators()[name].formula
                if text:
                    open_.append(compiled(text, None).node)
    return frozenset(found)


_TRUE = Piece(nw.lit(True, nw.Boolean()), fixed=True)


def _or(tests: Sequence[nw.Expr]) -> nw.Expr:
    result = tests[0]
    for test in tests[1:]:
        result = result | test
    return result
