"""The columnar counterpart of `indicators.resolve`: where the figures of all subjects come from, as columns.

A quantity of a subject and year is, in this order: what was typed for it; the sum of its breakdown; the roll-up of the firms
active in the year; its own formula; missing. `Atoms` compiles leaves accordingly and remembers which columns it asked for;
`Cells` builds those columns from the long facts: sums with their expected and present counts, earlier years by an
equi-join on subject and year, never by a row shift.

What is rare is not implemented twice: a row that meets one of these is marked near, and the traced form decides it: ``n/a``,
months and quarters, a breakdown without a year, negative amounts in a sum, factors measured by the user.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from ecopark.core.period import Period
from ecopark.core.unit import unit
from ecopark.core.value import Missing
from ecopark.errors import FormulaError, UnitError
from ecopark.expr.columnar import NEAR, Part, Piece, Program, U, nothing
from ecopark.expr.functions import shifted
from ecopark.expr.nodes import Leaf, Node, leaves
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.factors import Factors, PackFactor, amount_unit
from ecopark.indicators.resolve import canonical_by, compiled
from ecopark.indicators.rollup import _matches as matches
from ecopark.observations.long_frame import MEASURED, LongFacts
from ecopark.observations.model import Facts, Subject
from ecopark.observations.quantity import Quantity, catalogue

Key = tuple[str, ...]
MissingKey = tuple[str, str, int]
"""Quantity (or factor), breakdown code, years before the assessed one."""

MAX_BACK = 20


class Cells:
    """Columns by (subject, year), built from long facts on demand.

    Parameters
    ----------
    long
        The facts.
    years
        Assessed years.
    """

    def __init__(self, long: LongFacts, years: Sequence[int]) -> None:
        self.long = long
        self.years = sorted(years)
        self.keys: dict[Key, int] = {}
        self.wanted: dict[tuple[int, int], None] = {}
        self._made: dict[Key, pl.DataFrame] = {}
        rows, about = long.rows, long.about
        split = long.where(pl.col("by") != "")
        usual = (rows["part"].is_null() & ~rows["na"]).to_numpy()
        dated = (rows["year"] > 0).to_numpy()
        keep = ["sid", "mid", "year", "x", "text"]
        self._plain = rows.select(keep).filter(pl.Series(usual & ~split))
        names = about.select("mid", "quantity", "by", "unit")
        self._parts = rows.select(keep).filter(pl.Series(usual & split & dated)).join(names, on="mid", how="left")
        self.present = self._quantities(self._plain["mid"])
        self.broken_down = set(self._parts["quantity"].unique().to_list())
        self.most_parts = 2
        if len(self._parts):
            counts = self._parts.group_by("sid", "quantity", "year").len()
            self.most_parts = int(counts["len"].max() or 0) + 1  # type: ignore[arg-type]
        self._firm_map = _firm_map(long)
        self._firm_rows = self._rows_of_firms(
            rows.filter(pl.Series(rows["part"].is_null().to_numpy() & ~split & dated))
        )
        self.of_firms = set(self._firm_rows["quantity"].unique().to_list())
        self.odd_cells = self._odd(rows.filter(pl.Series(~usual | (split & ~dated))).join(names, on="mid", how="left"))
        self.odd = set(self.odd_cells["quantity"].unique().to_list())
        self.distinct_parts: dict[str, list[str]] = {}
        for quantity, by in self._parts.select("quantity", "by").unique().sort("quantity", "by").iter_rows():
            self.distinct_parts.setdefault(quantity, []).append(by)
        size = rows["x"].abs()
        small, great = size.filter(size > 0).min(), size.max()
        tame = great is None or (float(great) <= 1e30 and (small is None or float(small) >= 1e-30))  # type: ignore[arg-type]
        self.magnitude = 30.0 if tame else None

    def ask(self, key: Key, back: int) -> nw.Expr:
        """The column of `key`, `back` years before the assessed year."""
        number = self.keys.setdefault(key, len(self.keys))
        self.wanted[(number, back)] = None
        return nw.col(_column(number, back))

    def own(self, key: Key, rows: pl.DataFrame) -> None:
        """Give the rows (sid, year, x) of a computed column."""
        self._made[key] = rows.select("sid", pl.col("year").cast(pl.Int32), pl.col("x").cast(pl.Float64))

    # -- what is in the facts ------------------------------------------------------------------------------------------

    def _quantities(self, mids: pl.Series) -> set[str]:
        found = self.long.about.filter(pl.col("mid").is_in(mids.unique().to_list()))
        return set(found["quantity"].to_list())

    def _odd(self, rare: pl.DataFrame) -> pl.DataFrame:
        """Cells that the traced form must decide: (sid, year, quantity); year 0: every year."""
        negative = self._parts.filter(pl.col("x") < 0)
        below = self._firm_rows.filter(pl.col("x") < 0).select(pl.col("park").alias("sid"), "year", "quantity")
        about = self.long.about
        factors = about.filter(
            pl.col("quantity").str.starts_with("factor.") | (pl.col("quantity") == "emission_factor")
        )
        measured = self.long.rows.join(factors.select("mid"), on="mid", how="semi")
        measured = measured.select("sid", pl.lit(0, pl.Int32).alias("year"), pl.lit(MEASURED).alias("quantity"))
        columns = ["sid", "year", "quantity"]
        return pl.concat([rare.select(columns), negative.select(columns), below.select(columns), measured]).unique()

    def _rows_of_firms(self, rows: pl.DataFrame) -> pl.DataFrame:
        rows = rows.join(self._firm_map, on="sid", how="inner").filter(_active(pl.col("year")))
        return rows.join(self.long.about.select("mid", "quantity"), on="mid", how="left")

    def parts_of(self, quantity: str) -> pl.DataFrame:
        """Breakdown rows of a quantity."""
        return self._parts.filter(pl.col("quantity") == quantity)

    # -- building the columns ------------------------------------------------------------------------------------------

    def long_cells(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Every column asked for as rows (sid, year, k, x), and codes as (sid, year, k, text)."""
        by_kind: dict[str, list[Key]] = {}
        for key in self.keys:
            by_kind.setdefault(key[0], []).append(key)
        made = [self._direct(by_kind.get("d", []), "x")]
        odd = self.odd_cells.with_columns(pl.lit(1.0).alias("x"))
        made.append(self._numbers(by_kind.get("o", []), odd))
        for key in by_kind.get("r", []):
            made.append(self._named(key, self._reported(key)))
        sums = self._parts.group_by("sid", "year", "quantity").agg(
            pl.col("x").sum(), pl.len().cast(pl.Float64).alias("n")
        )
        made.append(self._numbers(by_kind.get("t", []), sums))
        made.append(self._numbers(by_kind.get("n", []), sums.with_columns(pl.col("n").alias("x"))))
        for key in by_kind.get("h", []):
            rows = self.parts_of(key[1]).filter(_has_piece(pl.col("by"), key[2]))
            made.append(self._named(key, rows.select("sid", "year").unique().with_columns(pl.lit(1.0).alias("x"))))
        for key in by_kind.get("p", []):
            made.append(self._named(key, self._part_rows(key[1], key[2])))
        for kind, keys in by_kind.items():
            if kind.startswith("f"):
                made += [self._named(key, self._firm_cells(key)) for key in keys]
            elif kind.startswith("w"):
                made += [self._named(key, self._made[key]) for key in keys]
        return pl.concat(made), self._direct(by_kind.get("s", []), "text")

    def _direct(self, keys: list[Key], column: str) -> pl.DataFrame:
        """What was typed; found by meaning, an integer."""
        names = _names(keys, self.keys)
        table = self.long.about.join(names, on="quantity", how="inner").filter(pl.col("by") == "").select("mid", "k")
        found = self._plain.join(table, on="mid", how="inner").filter(pl.col(column).is_not_null())
        return found.select("sid", "year", "k", column)

    def _numbers(self, keys: list[Key], rows: pl.DataFrame) -> pl.DataFrame:
        found = rows.join(_names(keys, self.keys), on="quantity", how="inner").filter(pl.col("x").is_not_null())
        return found.select("sid", "year", "k", "x")

    def _named(self, key: Key, rows: pl.DataFrame) -> pl.DataFrame:
        k = pl.lit(self.keys[key], pl.Int32).alias("k")
        return rows.select("sid", pl.col("year").cast(pl.Int32), k, pl.col("x").cast(pl.Float64))

    def _reported(self, key: Key) -> pl.DataFrame:
        """A reported rate in the unit that is asked for; given in one that does not convert it is not used."""
        _, name, target = key
        factors = []
        for mid, given in self.long.about.filter(pl.col("quantity") == name).select("mid", "unit").iter_rows():
            try:
                factor = float(unit(given or target).factor_to(unit(target))) if target else 1.0
            except UnitError:
                continue
            factors.append((mid, factor))
        table = pl.DataFrame(factors, schema={"mid": pl.Int32, "factor": pl.Float64}, orient="row")
        return self._plain.join(table, on="mid", how="inner").with_columns(pl.col("x") * pl.col("factor"))

    def _part_rows(self, quantity: str, by: str) -> pl.DataFrame:
        """One breakdown value: its own row, else the sum of the finer ones."""
        wanted = set(by.split(";"))
        finer = [b for b in self.distinct_parts.get(quantity, ()) if wanted <= set(b.split(";"))]
        rows = self.parts_of(quantity).filter(pl.col("by").is_in(finer))
        exact = pl.col("by") == by
        return rows.group_by("sid", "year").agg(
            pl.when(exact.any()).then(pl.col("x").filter(exact).first()).otherwise(pl.col("x").sum()).alias("x")
        )

    def _firm_cells(self, key: Key) -> pl.DataFrame:
        kind, quantity, where = key
        firms = self._matching(where)
        if kind == "fe":
            years = sorted({*self.long.rows["year"].unique().to_list(), *self.years})
            rows = firms.join(pl.DataFrame({"year": pl.Series(years, dtype=pl.Int32)}), how="cross")
            rows = rows.filter(_active(pl.col("year")))
            return rows.group_by(pl.col("park").alias("sid"), "year").agg(pl.len().cast(pl.Float64).alias("x"))
        rows = self._firm_rows.filter(pl.col("quantity") == quantity)
        rows = rows.join(firms.select("sid").unique(), on="sid", how="semi")
        told = pl.col("x").filter(~pl.col("na"))
        how = {"fn": pl.len().cast(pl.Float64), "f": told.sum(), "fall": told.min(), "fany": told.max()}[kind]
        return rows.group_by(pl.col("park").alias("sid"), "year").agg(how.alias("x"))

    def _matching(self, where: str) -> pl.DataFrame:
        if not where:
            return self._firm_map
        ids = self.long.ids
        good = [ids[s.id] for s in self.long.subjects.values() if s.kind == "firm" and matches(s, where)]
        return self._firm_map.filter(pl.col("sid").is_in(good))

    # -- the wide frame ------------------------------------------------------------------------------------------------

    def wide(self, sids: Sequence[int], convert: Callable[[pl.DataFrame], Any] | None = None) -> Any:
        """One row (sid, year) per subject and assessed year, with every column asked for.

        Parameters
        ----------
        convert
            Turns a Polars frame into a table of another engine, which then pivots and joins itself; None: done here.
        """
        numbers, texts = self.long_cells()
        known = pl.Series("sid", list(sids), dtype=pl.UInt32)
        grid = pl.DataFrame({"sid": known}).join(
            pl.DataFrame({"year": pl.Series(self.years, dtype=pl.Int32)}), how="cross"
        )
        if convert is None:
            return nw.from_native(self._dense(grid, known, numbers, texts).lazy())
        wanted = pl.DataFrame({"sid": known})
        numbers, texts = (t.join(wanted, on="sid", how="semi") for t in (numbers, texts))
        result = nw.from_native(convert(grid))
        pivoted = [_pivot(t, c, convert) for t, c in ((numbers, "x"), (texts, "text"))]
        words = {self.keys[k] for k in self.keys if k[0] == "s"}
        for back in sorted({b for _, b in self.wanted}):
            asked = [k for k, b in self.wanted if b == back]
            have: set[int] = set()
            for dated, always in pivoted:
                result, found = _joined(result, dated, always, asked, back)
                have |= found
            lacking = [k for k in asked if k not in have]
            types = {k: nw.String() if k in words else nw.Float64() for k in lacking}
            if lacking:
                result = result.with_columns(*[nw.lit(None, types[k]).alias(_column(k, back)) for k in lacking])
        return result

    def _dense(self, grid: pl.DataFrame, known: pl.Series, numbers: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
        """The same in this process: every figure is put straight at its place (column, year, subject)."""
        years = sorted({y - b for y in self.years for _, b in self.wanted} | set(self.years))
        size = max(len(self.long.names), 1)
        slot = np.full(4097, -1, dtype=np.int32)
        slot[0] = len(years)
        for i, year in enumerate(years):
            slot[year] = i
        place = np.full(size, -1, dtype=np.int64)
        place[known.to_numpy()] = np.arange(len(known))
        filled = np.full((len(self.keys), len(years) + 1, len(known)), np.nan)
        codes = texts["text"].unique(maintain_order=True).to_list()
        coded = texts.with_columns(texts["text"].cast(pl.Enum(codes)).to_physical().cast(pl.Float64).alias("x"))
        for rows in (numbers, coded):
            where, when = place[rows["sid"].to_numpy()], slot[rows["year"].to_numpy()]
            keep = (where >= 0) & (when >= 0)
            filled[rows["k"].to_numpy()[keep], when[keep], where[keep]] = rows["x"].to_numpy()[keep]
        word = np.array([k[0] == "s" for k in self.keys], dtype=np.bool_)
        order = np.argsort(np.tile(np.arange(len(known)), len(self.years)), kind="stable")
        timeless = ~np.isnan(filled[:, -1, :]).all(axis=1) if len(known) else np.zeros(len(self.keys), np.bool_)
        columns = []
        for k, back in self.wanted:
            picked = filled[k, [int(slot[y - back]) for y in self.years], :]
            if timeless[k]:
                picked = np.where(np.isnan(picked), filled[k, -1, :], picked)
            column = pl.Series(_column(k, back), picked.reshape(-1)[order], nan_to_null=True)
            if word[k]:
                numbers_ = column.cast(pl.Int64)
                column = numbers_.replace_strict(
                    list(range(len(codes))), codes, default=None, return_dtype=pl.String
                ).alias(_column(k, back))
            columns.append(column)
        return grid.with_columns(columns)


def _column(number: int, back: int) -> str:
    return f"c{number}b{back}" if back else f"c{number}"


def _names(keys: list[Key], numbers: Mapping[Key, int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"quantity": [k[1] for k in keys], "k": [numbers[k] for k in keys]},
        schema={"quantity": pl.String, "k": pl.Int32},
    )


def _pivot(cells: pl.DataFrame, column: str, convert: Callable[[pl.DataFrame], Any]) -> list[Any]:
    """Pivot by grouped conditional maximum: there is no lazy pivot. Keys are unique, so the maximum is the value."""
    found: list[Any] = []
    for rows, index in (
        (cells.filter(pl.col("year") > 0), ["sid", "year"]),
        (cells.filter(pl.col("year") == 0), ["sid"]),
    ):
        if not len(rows):
            found.append(None)
            continue
        numbers = sorted(rows["k"].unique().to_list())
        frame = nw.from_native(convert(rows))
        wide = frame.select(*index, *[nw.when(nw.col("k") == k).then(nw.col(column)).alias(f"c{k}") for k in numbers])
        found.append((wide.group_by(*index).agg(*[nw.col(f"c{k}").max() for k in numbers]), set(numbers)))
    return found


def _joined(result: Any, dated: Any, always: Any, asked: Sequence[int], back: int) -> tuple[Any, set[int]]:
    """Columns of earlier years by an equi-join on subject and year; what holds for all time fills the gaps."""
    here = [k for k in asked if dated is not None and k in dated[1]]
    there = [k for k in asked if always is not None and k in always[1]]
    if here:
        columns = [nw.col(f"c{k}").alias(_column(k, back)) for k in here]
        year = (nw.col("year") + back).cast(nw.Int32()).alias("year")
        result = result.join(dated[0].select("sid", year, *columns), on=["sid", "year"], how="left")
    if there:
        side = always[0].select("sid", *[nw.col(f"c{k}").alias(f"a{k}") for k in there])
        result = result.join(side, on="sid", how="left")
        made = []
        for k in there:
            own, general = nw.col(_column(k, back)), nw.col(f"a{k}")
            value = nw.when(~own.is_null()).then(own).otherwise(general) if k in here else general
            made.append(value.alias(_column(k, back)))
        result = result.with_columns(*made).drop([f"a{k}" for k in there])
    return result, {*here, *there}


def _active(year: pl.Expr) -> pl.Expr:
    since, until = pl.col("since"), pl.col("until")
    return (since.is_null() | (since <= year)) & (until.is_null() | (year <= until))


def _has_piece(by: pl.Expr, piece: str) -> pl.Expr:
    return (pl.lit(";") + by + pl.lit(";")).str.contains(f";{piece};", literal=True)


def _firm_map(long: LongFacts) -> pl.DataFrame:
    """Every firm with each subject it is part of."""
    rows = []
    for firm in long.subjects.values():
        seen: set[str] = set()
        above: Subject | None = firm if firm.kind == "firm" else None
        while above is not None and above.parent and above.parent not in seen:
            seen.add(above.parent)
            if above.parent in long.ids:
                rows.append((long.ids[firm.id], long.ids[above.parent], firm.since, firm.until))
            above = long.subjects.get(above.parent)
    schema = {"sid": pl.UInt32, "park": pl.UInt32, "since": pl.Int32, "until": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")


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
                found = self._total(quantity, back)
                return self._odd(quantity.id, back, found or self._absent(quantity, back))
            case "sum_firms":
                return self._odd(
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
        total = self._total(quantity, back)
        firms = self._firms(quantity, back, "") if quantity.rollup else None
        parts += [p for p in (total, firms) if p is not None]
        if quantity.formula:
            parts.append(self._derived(quantity, back))
        if not parts:
            return self._odd(quantity.id, back, self._absent(quantity, back))
        missing: dict[Hashable, Piece] = {(quantity.id, "", back): _TRUE}
        if total is not None:
            given = self._count(quantity, back)
            missing = {(quantity.id, "", back): Piece(~given, 0, 1), **self._holes(quantity, back)}
        return self._odd(quantity.id, back, program.first(parts, missing))

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

    def _total(self, quantity: Quantity, back: int) -> Part | None:
        if not quantity.breakdowns or quantity.unit == "by code" or not quantity.is_number:
            return None
        if quantity.id not in self.cells.broken_down:
            return None
        column = self.cells.ask(("t", quantity.id), back)
        holes = self._holes(quantity, back)
        part = self._sum(column)
        if holes:
            complete = ~_or([p.expr for p in holes.values()])
            part = replace(part, value=Piece(nw.when(complete).then(column), 0, 3))
        return replace(part, missing={(quantity.id, "", back): Piece(~self._count(quantity, back), 0, 1), **holes})

    def _holes(self, quantity: Quantity, back: int) -> dict[Hashable, Piece]:
        """Per code of a closed list: rows are given, but none for this code."""
        found: dict[Hashable, Piece] = {}
        given = self._count(quantity, back)
        for name in quantity.breakdowns:
            breakdown = catalogue().breakdowns[name]
            for code in breakdown.required:
                piece = f"{breakdown.dimension}={code}"
                here = self.cells.ask(("h", quantity.id, piece), back)
                found[(quantity.id, piece, back)] = Piece(given & here.is_null(), 0, 2)
        return found

    def _count(self, quantity: Quantity, back: int) -> nw.Expr:
        """Whether any breakdown row is given."""
        return ~self.cells.ask(("n", quantity.id), back).is_null()

    def _sum(self, column: nw.Expr, key: Hashable = None, each: float = 1.0) -> Part:
        """A sum of numbers of one sign: its relative error is that of a term and of the additions."""
        part = self.program.atom(column, key=key, exact=False)
        high = part.high if self.program.magnitude is None else part.high * (2 if each > 1 else 1) + 3
        low = part.low if self.program.magnitude is None else part.low * (2 if each > 1 else 1)
        return replace(part, rel=(self.cells.most_parts + 3 * each) * U, low=low, high=high)

    def _part(self, quantity: Quantity, by: str, back: int) -> Part:
        column = self.cells.ask(("p", quantity.id, by), back)
        return self._odd(quantity.id, back, self._sum(column, (quantity.id, by, back)))

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

    def _odd(self, name: str, back: int, part: Part) -> Part:
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
        return self._odd(MEASURED, back, part)

    def _listed(self, quantity: Quantity, back: int) -> dict[Hashable, Piece]:
        """What is missing of a breakdown as a whole: all of it, or codes of a closed list."""
        return {(quantity.id, "", back): Piece(~self._count(quantity, back), 0, 1), **self._holes(quantity, back)}

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
        return self._odd(MEASURED, back, self._odd(name, back, made))

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
        joined = rows.join(table, on=["by", "unit", "year"], how="left")
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
        return self._sum(self.cells.ask(base, back), each=3.0), single

    def _sum_product(self, a: Quantity, b: Quantity, back: int) -> Part:
        base: Key = ("w", "product", a.id, b.id)
        right = self.cells.parts_of(b.id).select("sid", "year", "by", pl.col("x").alias("weight"))
        joined = self.cells.parts_of(a.id).join(right, on=["sid", "year", "by"], how="left")
        joined = joined.with_columns(pl.when(pl.col("weight").is_null()).then(pl.col("by")).alias("item"))
        items = self.cells.distinct_parts.get(a.id, [])
        part, single = self._weighted(base, joined, items, back, {i: (b.id, i, back) for i in items})
        made = self._guarded(part, self._listed(a, back), single, a.id, back)
        return self._odd(b.id, back, made)

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
        return self._odd(cap.id, back, self._odd(quantity.id, back, part))


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
