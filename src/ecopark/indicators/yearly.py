"""Long facts as figures of years: the columnar counterpart of `indicators.one_year` and `indicators.rollup`.

Months and quarters become years, codes become lists with what is lacking of them, firms add up to their parks. Everything is
rows (sid, year, quantity, x); `indicators.cells` makes columns of them. What is rare is told by `odd` and left to the traced
form: n/a among codes and months, a year that lacks a month, negative amounts in a sum, figures of firms without a year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from ecopark.indicators.one_year import holes
from ecopark.observations.long_frame import LongFacts
from ecopark.observations.model import Subject
from ecopark.observations.quantity import Quantity, catalogue

KEY = ["sid", "quantity", "year"]
LEAST_PARTS = 13
"""So many numbers may be added up in a figure beside those of a list: quarters, months."""
SLOTS = [*(f"Q{q}" for q in range(1, 5)), *(f"{m:02d}" for m in range(1, 13))]


class Years:
    """Figures of years of all subjects.

    Parameters
    ----------
    long
        The facts.

    Attributes
    ----------
    timed
        Years made of months and quarters (no code): (sid, quantity, year, x).
    own
        Rows by code of each subject, one quantity after the other: (sid, quantity, by, unit, year, x).
    rows
        The same for parks, those of their firms where a park gave none.
    firms
        Every firm with each subject it is part of: (sid, park, since, until).
    firm_years
        What each firm says of a year: (sid, park, quantity, year, x, na).
    odd
        Cells that the traced form decides: (sid, year, quantity); year 0: every year.

    Notes
    -----
    Millions of rows carry no text: quantity, code and unit are `polars.Enum` columns, taken from the table of meanings by the
    number of each row's meaning. Only `odd`, which is short, names its quantities in text.
    """

    def __init__(self, long: LongFacts) -> None:
        about = long.about.sort("mid").select("quantity", "by", pl.col("unit").fill_null(""))
        self._words = {name: pl.Enum(about[name].unique().sort()) for name in about.columns}
        self._about = about.cast(self._words)  # type: ignore[arg-type]
        self.shape: dict[str, Any] = {
            "sid": pl.UInt32, **self._words, "year": pl.Int32, "x": pl.Float64,
        }  # fmt: skip
        self.quantities = {
            name: found for name in about["quantity"].unique().to_list() if (found := catalogue().find(name))
        }
        self.firms = firm_map(long)
        rows = long.rows.select("sid", "mid", "year", "x", "na", "part")
        self._counted: dict[str, pl.DataFrame] = {}
        self._own: dict[str, pl.DataFrame] = {}
        self._sums: dict[str, pl.DataFrame] = {}
        self.listed: set[str] = set()
        plain_years = not len(self.firms) and not rows["na"].any() and rows["part"].null_count() == len(rows)
        if plain_years and long.about["by"].str.len_bytes().max() in (None, 0):
            self._nothing()
            return
        split, whole = long.where(pl.col("by") != ""), rows["part"].is_null().to_numpy()
        known = long.where(pl.col("quantity").is_in(list(self.quantities)))
        of_firm = np.zeros(len(long.names) + 1, dtype=np.bool_)
        of_firm[self.firms["sid"].to_numpy()] = True
        coded = self._named(rows, whole & split)
        plain = self._named(rows, whole & ~split & of_firm[rows["sid"].to_numpy()])
        not_applicable = self._named(rows, whole & rows["na"].to_numpy())
        made = self._made_of_parts(self._named(rows, ~whole & known))

        dated = coded.filter((pl.col("year") > 0) & ~pl.col("na")).select(list(self.shape))
        lacking = made.filter(pl.col("x").is_null() | pl.col("rare"))
        lacking = lacking.join(self._typed(long, lacking, whole), on=[*KEY, "by"], how="anti")
        full = made.filter(pl.col("x").is_not_null() & ~pl.col("rare"))
        self.timed = full.filter(pl.col("by") == "").select(*KEY, "x")
        monthly = full.filter(pl.col("by") != "").join(dated, on=[*KEY, "by"], how="anti")
        self.own = pl.concat([dated, monthly.select(list(self.shape))]).sort("quantity")
        undated = coded.filter((pl.col("year") == 0) | pl.col("na")).select(KEY)
        del dated, coded
        below_zero = self.own.filter(pl.col("x") < 0).select(KEY)
        self._own = _by_quantity(self.own)
        odd = [not_applicable.select(KEY), undated, below_zero, lacking.select(KEY)]
        self._firm_years(plain, lacking)
        told = self.firm_years
        amiss = [
            undated,
            plain.filter(pl.col("year") == 0).select(KEY),
            below_zero,
            lacking.filter((pl.col("by") != "") | pl.col("rare")).select(KEY),
        ]
        above = self.firms.select("sid", "park").unique()
        adding = self._one_of(n for n, q in self.quantities.items() if q.rollup)
        odd += [_of_parks(rows.filter(adding), above) for rows in amiss]
        park = pl.col("park").alias("sid")
        odd.append(told.filter(pl.col("x") < 0).select(park, "quantity", "year"))
        nobody = told.group_by("park", "quantity", "year").agg(pl.col("na").all()).filter("na")
        odd.append(nobody.select(park, "quantity", "year"))
        self._of_firms(told)
        self.odd = pl.concat(odd).select("sid", "year", "quantity").unique()
        self.odd = self.odd.with_columns(pl.col("quantity").cast(pl.String))

    def _nothing(self) -> None:
        """Figures that are all of a year, without codes, of subjects that are no firms: nothing is made of parts."""
        told = {**{name: self.shape[name] for name in KEY}, "x": pl.Float64}
        firm = {"park": pl.UInt32, "since": pl.Int32, "until": pl.Int32}
        self.timed, self.own = pl.DataFrame(schema=told), pl.DataFrame(schema=self.shape)
        self.rows = self.own
        self._own = {}
        self._sums = {}
        self.firm_years = pl.DataFrame(schema={**told, "na": pl.Boolean, **firm})
        self.firm_rows, self.firm_na = pl.DataFrame(schema={**self.shape, **firm}), self.firm_years.select("park", *KEY)
        counts = dict.fromkeys(("told", "givers", "expected"), pl.UInt32)
        self.firm_lists = pl.DataFrame(schema={**{name: self.shape[name] for name in KEY}, **counts})
        self.listed = set()
        self.most = LEAST_PARTS
        self.odd = pl.DataFrame(schema={"sid": pl.UInt32, "year": pl.Int32, "quantity": pl.String})

    def _named(self, rows: pl.DataFrame, which: np.ndarray[Any, Any]) -> pl.DataFrame:
        """Some rows with what they are about."""
        some = rows.filter(pl.Series(which))
        return some.select(
            "sid", *[column.gather(some["mid"]) for column in self._about.get_columns()], "year", "x", "na", "part"
        )

    def _typed(self, long: LongFacts, lacking: pl.DataFrame, whole: np.ndarray[Any, Any]) -> pl.DataFrame:
        """What was typed for the years and codes that months and quarters do not make up: (sid, quantity, year, by)."""
        asked = lacking.select("quantity", "by").unique().cast(pl.String)
        about = long.about.join(asked, on=["quantity", "by"], how="semi")["mid"].to_list()
        which = whole & ~long.rows["na"].to_numpy() & long.where(pl.col("mid").is_in(about))
        return self._named(long.rows, which).select(*KEY, "by")

    def _one_of(self, names: Iterable[str]) -> pl.Expr:
        """Whether a row is about one of some quantities."""
        found = sorted(n for n in names if n in self.quantities)
        return pl.col("quantity").is_in(pl.Series(found, dtype=self._words["quantity"]).implode())

    def keyed(self, table: pl.DataFrame) -> pl.DataFrame:
        """A table of texts that can be joined: its quantity, code and unit as they stand in `rows`."""
        return table.with_columns(
            pl.col(name).cast(word, strict=False) for name, word in self._words.items() if name in table.columns
        )

    # -- months and quarters -------------------------------------------------------------------------------------------

    def _made_of_parts(self, within: pl.DataFrame) -> pl.DataFrame:
        """Years of months and quarters: (sid, quantity, by, unit, year, x, rare); x null where one is lacking."""
        modes = {name: q.over_time for name, q in self.quantities.items() if q.over_time and q.is_number}
        slot = pl.col("part").str.slice(5).alias("slot")
        rows = within.filter(self._one_of(modes)).with_columns(slot)
        rows = rows.filter(pl.col("slot").is_in(SLOTS))
        if not len(rows):
            return pl.DataFrame(schema={**self.shape, "rare": pl.Boolean})
        group = ["sid", "quantity", "by", "unit", "year"]
        table = rows.group_by(group).agg(
            (pl.col("na").any() | (pl.col("x") < 0).any()).fill_null(False).alias("rare"),
            *[pl.col("x").filter(pl.col("slot") == s).first().alias(s) for s in SLOTS],
        )
        mode = pl.col("quantity").cast(pl.String).replace_strict(modes, return_dtype=pl.String)
        quarters = []
        for q in range(1, 5):
            a, b, c = (pl.col(f"{m:02d}") for m in range(3 * q - 2, 3 * q + 1))
            months = pl.when(mode == "mean").then((a + b + c) / 3).otherwise(a + b + c)
            quarters.append(pl.coalesce(pl.col(f"Q{q}"), months))
        total = quarters[0] + quarters[1] + quarters[2] + quarters[3]
        last = pl.coalesce(pl.col("Q4"), pl.col("12"))
        x = pl.when(mode == "last").then(last).when(mode == "mean").then(total / 4).otherwise(total)
        return table.select(*group, x.alias("x"), "rare").select(*self.shape, "rare")

    # -- lists ---------------------------------------------------------------------------------------------------------

    @cached_property
    def lists(self) -> pl.DataFrame:
        """The lists that each subject's own rows make: (sid, quantity, year, x, n, whole).

        ``x`` is the sum of a list and ``n`` its length; ``whole``: no required code is lacking.
        """
        return self._summed([self._own_lists(name) for name in sorted(self._own)])

    def _own_lists(self, name: str) -> pl.DataFrame:
        """The lists of one quantity, counted once."""
        if name not in self._counted:
            self._counted[name] = self._count(name, self._own[name])
        return self._counted[name]

    def _count(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Lists of one quantity: (sid, quantity, year, x, n, h0, h1 ...); h: whether each required code is given."""
        have = [self._is_about(piece).any().alias(f"h{i}") for i, piece in enumerate(holes(self.quantities[name], ()))]
        made = rows.group_by("sid", "year").agg(pl.col("x").sum(), pl.len().cast(pl.Float64).alias("n"), *have)
        quantity = pl.lit(name, self._words["quantity"]).alias("quantity")
        return made.select("sid", quantity, "year", "x", "n", *[f"h{i}" for i in range(len(have))])

    def _summed(self, counted: Iterable[pl.DataFrame]) -> pl.DataFrame:
        made = []
        for table in counted:
            have = [name for name in table.columns if name.startswith("h")]
            whole = pl.all_horizontal(have) if have else pl.lit(True)
            made.append(table.select(*KEY, "x", "n", whole.alias("whole")))
        schema = {**{name: self.shape[name] for name in KEY}, "x": pl.Float64, "n": pl.Float64, "whole": pl.Boolean}
        return pl.concat(made) if made else pl.DataFrame(schema=schema)

    def _is_about(self, piece: str) -> pl.Expr:
        """Whether a row is about a code; looked up among the breakdowns there are."""
        word = self._words["by"]
        found = [by for by in word.categories.to_list() if piece in by.split(";")]
        return pl.col("by").is_in(pl.Series(found, dtype=word).implode())

    # -- firms ---------------------------------------------------------------------------------------------------------

    def _firm_years(self, plain: pl.DataFrame, lacking: pl.DataFrame) -> None:
        """What firms say of a year: typed, else the sum of their codes, else their months and quarters."""
        columns = [*KEY, "x", "na"]
        no = pl.lit(False).alias("na")
        typed = plain.filter(pl.col("year") > 0).select(columns)
        firms = self.firms.select("sid").unique()
        adding = [n for n, q in self.quantities.items() if q.breakdowns and q.unit != "by code" and q.is_number]
        own = self.lists.filter("whole").filter(self._one_of(adding)) if len(firms) else self.lists.head(0)
        lists = own.join(firms, on="sid", how="semi").join(lacking.filter(pl.col("by") != ""), on=KEY, how="anti")
        timed = self.timed.join(firms, on="sid", how="semi")
        found = typed
        for more in (lists, timed):
            found = pl.concat([found, more.with_columns(no).select(columns).join(found, on=KEY, how="anti")])
        self.firm_years = found.join(self.firms, on="sid", how="inner").filter(active(pl.col("year")))

    def _of_firms(self, told: pl.DataFrame) -> None:
        """The rows of parks, and which lists of theirs are known as a whole."""
        adding = [n for n, q in self.quantities.items() if q.breakdowns and q.rollup == "sum"]
        rows = self.own.join(self.firms, on="sid", how="inner").filter(self._one_of(adding))
        self.firm_rows = rows.filter(active(pl.col("year")))
        self.listed = set(self.firm_rows["quantity"].unique().to_list())
        said_na = told.filter(pl.col("na") & self._one_of(self.listed))
        self.firm_na = said_na.join(self.firm_rows, on=["park", *KEY], how="anti").select("park", *KEY)
        givers = self.firm_rows.select("park", *KEY).unique()
        park = pl.col("park").alias("sid")
        count = pl.concat([givers, self.firm_na.select("park", *KEY)]).group_by("park", "quantity", "year").len("told")
        begun = givers.group_by("park", "quantity", "year").len("givers")
        lists = begun.join(count, on=["park", "quantity", "year"], how="left").select(
            park, "quantity", "year", "told", "givers"
        )
        lists = lists.join(self.lists, on=KEY, how="anti")
        years = pl.DataFrame({"year": lists["year"].unique()})
        expected = self.firms.join(years, how="cross").filter(active(pl.col("year")))
        expected = expected.group_by(park, "year").len("expected")
        self.firm_lists = lists.join(expected, on=["sid", "year"], how="left")
        group = ["park", "quantity", "by", "unit", "year"]
        sums = self.firm_rows.group_by(group).agg(pl.col("x").sum()).rename({"park": "sid"}).select(list(self.shape))
        sums = sums.join(self.firm_lists, on=KEY, how="semi").sort("quantity")
        self._sums = _by_quantity(sums)
        self.rows = pl.concat([self.own, sums], rechunk=False) if len(sums) else self.own
        longest = (self.lists["n"], self.firm_rows.group_by("park", "quantity", "year").len()["len"])
        self.most = max(LEAST_PARTS, *(int(n.max() or 0) + LEAST_PARTS for n in longest))  # type: ignore[arg-type]

    def park_lists(self) -> pl.DataFrame:
        """Lists that are known as a whole, the subject's own or its firms': (sid, quantity, year, x, n)."""
        of_firms = self._summed([self._count(name, rows) for name, rows in self._sums.items()])
        found = pl.concat([self.lists, of_firms]).select(*KEY, "x", "n")
        short = self.firm_lists.filter(pl.col("told") < pl.col("expected"))
        return found.join(short, on=KEY, how="anti") if len(short) else found

    def having(self, quantity: str, piece: str, *, own: bool) -> pl.DataFrame:
        """The lists in which a required code is given (by every firm that gave any): (sid, year)."""
        place = holes(self.quantities[quantity], ()).index(piece) if quantity in self.quantities else 0
        found = pl.DataFrame(schema={"sid": pl.UInt32, "year": pl.Int32})
        if quantity in self._own:
            found = self._own_lists(quantity).filter(f"h{place}").select("sid", "year")
        if own or quantity not in self.listed:
            return found
        rows = self.firm_rows.filter(self._one_of([quantity]) & self._is_about(piece))
        have = rows.select("park", *KEY).unique().group_by("park", "quantity", "year").len("have")
        have = have.rename({"park": "sid"}).join(self.firm_lists, on=KEY, how="inner")
        have = have.filter(pl.col("have") == pl.col("givers"))
        return pl.concat([found, have.select("sid", "year")])

    def parts_of(self, quantity: str) -> pl.DataFrame:
        """Rows by code of one quantity, of a subject itself or of its firms together: as `rows`."""
        found = [rows[quantity] for rows in (self._own, self._sums) if quantity in rows]
        return pl.concat(found) if found else self.rows.head(0)

    def part(self, name: str, by: str) -> pl.DataFrame:
        """One breakdown value of parks: (sid, year, x); see `one_year.part_figures`."""
        quantity = catalogue()[name]
        own = _parts(quantity, self._own.get(name, self.own.head(0)), by, ["sid", "year"])
        if name not in self.listed:
            return own
        firms = _parts(quantity, self.firm_rows.filter(self._one_of([name])), by, ["park", "sid", "year"])
        quiet = self.firm_na.filter(self._one_of([name])).select("park", "sid", "year", pl.lit(0.0).alias("x"))
        told = pl.concat([firms, quiet]).group_by(pl.col("park").alias("sid"), "year").agg(
            pl.col("x").sum(), pl.len().alias("known")
        )  # fmt: skip
        told = told.join(self.firm_lists.filter(self._one_of([name])), on=["sid", "year"], how="inner")
        whole = told.filter(pl.col("known") == pl.col("expected"))
        return pl.concat([own, whole.select("sid", "year", "x")])


def _parts(quantity: Quantity, rows: pl.DataFrame, by: str, group: list[str]) -> pl.DataFrame:
    """One breakdown value of each subject: its own row, else the finer ones, else zero where the list allows it."""
    asked = dict(piece.split("=") for piece in by.split(";"))
    finer, unsure = [], []
    for other in sorted(rows["by"].unique().to_list()):
        given = dict(piece.split("=") for piece in other.split(";"))
        if asked.items() <= given.items():
            finer.append(other)
        elif all(asked[key] == code for key, code in given.items() if key in asked):
            unsure.append(other)
    zero = quantity.kind == "flow" and not any(piece in holes(quantity, ()) for piece in by.split(";"))
    code = pl.col("by").cast(pl.String)
    exact, fine = code == by, code.is_in(finer)
    value = (
        pl.when(exact.any()).then(pl.col("x").filter(exact).first())
        .when(fine.any()).then(pl.col("x").filter(fine).sum())
        .when(pl.lit(zero) & ~code.is_in(unsure).any()).then(0.0)
    )  # fmt: skip
    return rows.group_by(group).agg(value.alias("x")).filter(pl.col("x").is_not_null())


def _by_quantity(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Rows sorted by quantity as one slice for each; nothing is copied."""
    counts = rows.group_by("quantity", maintain_order=True).len()
    found, start = {}, 0
    for name, count in counts.iter_rows():
        found[name] = rows.slice(start, count)
        start += count
    return found


def _of_parks(rows: pl.DataFrame, above: pl.DataFrame) -> pl.DataFrame:
    """Cells of firms as cells of what they are part of."""
    return rows.join(above, on="sid", how="inner").select(pl.col("park").alias("sid"), "quantity", "year")


def active(year: pl.Expr) -> pl.Expr:
    """Whether a firm exists in a year."""
    since, until = pl.col("since"), pl.col("until")
    return (since.is_null() | (since <= year)) & (until.is_null() | (year <= until))


def firm_map(long: LongFacts) -> pl.DataFrame:
    """Every firm with each subject it is part of."""
    rows = []
    subjects: Mapping[str, Subject] = long.subjects
    for firm in subjects.values():
        seen: set[str] = set()
        above: Subject | None = firm if firm.kind == "firm" else None
        while above is not None and above.parent and above.parent not in seen:
            seen.add(above.parent)
            if above.parent in long.ids:
                rows.append((long.ids[firm.id], long.ids[above.parent], firm.since, firm.until))
            above = subjects.get(above.parent)
    schema = {"sid": pl.UInt32, "park": pl.UInt32, "since": pl.Int32, "until": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")
