"""Long facts into columns by subject and year: what `indicators.columns` asks for.

Sums carry their expected and present counts (the sum of nothing is not zero), earlier years come by an equi-join on subject
and year, never by a row shift, and the pivot is one by grouped conditional maximum, after uniqueness was checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from ecopark.core.unit import unit
from ecopark.errors import UnitError
from ecopark.indicators.rollup import matches
from ecopark.indicators.yearly import Years, active
from ecopark.observations.long_frame import MEASURED, LongFacts

Key = tuple[str, ...]
"""What a column holds: its kind and its arguments."""


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
        rows = long.rows
        self.figures = figures = Years(long)
        usual = pl.Series((rows["part"].is_null() & ~rows["na"]).to_numpy() & ~long.where(pl.col("by") != ""))
        self._plain = rows.select("sid", "mid", "year", "x").filter(usual)
        self._texts = rows.select("sid", "mid", "year", "text").filter(usual & rows["text"].is_not_null())
        self.present = self._quantities(self._plain["mid"])
        self.timed = set(figures.timed["quantity"].unique().to_list())
        self.broken_down = set(figures.own["quantity"].unique().to_list())
        self.listed = figures.listed
        self.of_firms = set(figures.firm_years["quantity"].unique().to_list())
        self.most_parts = figures.most
        self.odd_cells = self._odd()
        self.odd = set(self.odd_cells["quantity"].unique().to_list())
        self.distinct_parts: dict[str, list[str]] = {}
        for quantity, by in figures.rows.select("quantity", "by").unique().sort("quantity", "by").iter_rows():
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

    def _odd(self) -> pl.DataFrame:
        """Cells that the traced form must decide: (sid, year, quantity); year 0: every year."""
        about = self.long.about
        factors = about.filter(
            pl.col("quantity").str.starts_with("factor.") | (pl.col("quantity") == "emission_factor")
        )
        measured = self.long.rows.join(factors.select("mid"), on="mid", how="semi")
        measured = measured.select("sid", pl.lit(0, pl.Int32).alias("year"), pl.lit(MEASURED).alias("quantity"))
        return pl.concat([self.figures.odd, measured]).unique()

    def parts_of(self, quantity: str) -> pl.DataFrame:
        """Breakdown rows of a quantity, of a subject itself or of its firms together."""
        return self.figures.parts_of(quantity)

    def keyed(self, table: pl.DataFrame) -> pl.DataFrame:
        """A table of texts that can be joined to `parts_of`."""
        return self.figures.keyed(table)

    # -- building the columns ------------------------------------------------------------------------------------------

    def long_cells(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Every column asked for as rows (sid, year, k, x), and codes as (sid, year, k, text)."""
        return pl.concat(list(self._pieces())), self._words()

    def _words(self) -> pl.DataFrame:
        return self._direct(self._of_kind("s"), self._texts, "text")

    def _of_kind(self, kind: str) -> list[Key]:
        return [key for key in self.keys if key[0] == kind]

    def _pieces(self) -> Iterator[pl.DataFrame]:
        """Every column of numbers asked for as rows (sid, year, k, x), a few columns at a time."""
        figures = self.figures
        yield self._direct(self._of_kind("d"), self._plain, "x")
        yield self._numbers(self._of_kind("o"), self.odd_cells.with_columns(pl.lit(1.0).alias("x")))
        for key in self._of_kind("r"):
            yield self._named(key, self._reported(key))
        yield self._numbers(self._of_kind("y"), figures.timed)
        sums, counts = self._of_kind("t"), self._of_kind("n")
        for scope, lists in (("own", figures.lists), ("all", figures.park_lists())):
            yield self._numbers([k for k in sums if k[-1] == scope], lists)
            yield self._numbers([k for k in counts if k[-1] == scope], lists.with_columns(pl.col("n").alias("x")))
        for key in self._of_kind("h"):
            rows = figures.having(key[1], key[2], own=key[3] == "own")
            yield self._named(key, rows.with_columns(pl.lit(1.0).alias("x")))
        for key in self._of_kind("p"):
            yield self._named(key, figures.part(key[1], key[2]))
        for key in self.keys:
            if key[0].startswith("f"):
                yield self._named(key, self._firm_cells(key))
            elif key[0].startswith("w"):
                yield self._named(key, self._made[key])

    def _direct(self, keys: list[Key], rows: pl.DataFrame, column: str) -> pl.DataFrame:
        """What was typed; found by meaning, an integer."""
        names = _names(keys, self.keys)
        table = self.long.about.join(names, on="quantity", how="inner").filter(pl.col("by") == "").select("mid", "k")
        numbers = np.full(len(self.long.about), -1, dtype=np.int32)
        numbers[table["mid"].to_numpy()] = table["k"].to_numpy()
        k = pl.Series("k", numbers[rows["mid"].to_numpy()])
        known = (k >= 0) & rows[column].is_not_null()
        return rows.select("sid", "year", k, column).filter(known)

    def _numbers(self, keys: list[Key], rows: pl.DataFrame) -> pl.DataFrame:
        names = _names(keys, self.keys).with_columns(pl.col("quantity").cast(rows.schema["quantity"], strict=False))
        found = rows.join(names, on="quantity", how="inner").filter(pl.col("x").is_not_null())
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

    def _firm_cells(self, key: Key) -> pl.DataFrame:
        kind, quantity, where = key
        firms = self._matching(where)
        if kind == "fe":
            years = sorted({*self.long.rows["year"].unique().to_list(), *self.years})
            rows = firms.join(pl.DataFrame({"year": pl.Series(years, dtype=pl.Int32)}), how="cross")
            rows = rows.filter(active(pl.col("year")))
            return rows.group_by(pl.col("park").alias("sid"), "year").agg(pl.len().cast(pl.Float64).alias("x"))
        rows = self.figures.firm_years.filter(pl.col("quantity").cast(pl.String) == quantity)
        rows = rows.join(firms.select("sid").unique(), on="sid", how="semi")
        told = pl.col("x").filter(~pl.col("na"))
        how = {"fn": pl.len().cast(pl.Float64), "f": told.sum(), "fall": told.min(), "fany": told.max()}[kind]
        return rows.group_by(pl.col("park").alias("sid"), "year").agg(how.alias("x"))

    def _matching(self, where: str) -> pl.DataFrame:
        if not where:
            return self.figures.firms
        ids = self.long.ids
        good = [ids[s.id] for s in self.long.subjects.values() if s.kind == "firm" and matches(s, where)]
        return self.figures.firms.filter(pl.col("sid").is_in(good))

    # -- the wide frame ------------------------------------------------------------------------------------------------

    def wide(self, sids: Sequence[int], convert: Callable[[pl.DataFrame], Any] | None = None) -> Any:
        """One row (sid, year) per subject and assessed year, with every column asked for.

        Parameters
        ----------
        convert
            Turns a Polars frame into a table of another engine, which then pivots and joins itself; None: done here.
        """
        known = pl.Series("sid", list(sids), dtype=pl.UInt32)
        grid = pl.DataFrame({"sid": known}).join(
            pl.DataFrame({"year": pl.Series(self.years, dtype=pl.Int32)}), how="cross"
        )
        if convert is None:
            return nw.from_native(self._dense(grid, known).lazy())
        numbers, texts = self.long_cells()
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

    def _dense(self, grid: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
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
        texts = self._words()
        codes = texts["text"].unique(maintain_order=True).to_list()
        coded = texts.with_columns(texts["text"].cast(pl.Enum(codes)).to_physical().cast(pl.Float64).alias("x"))
        for rows in chain(self._pieces(), [coded]):
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
