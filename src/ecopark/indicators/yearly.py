"""Long facts as figures of years: the columnar counterpart of `indicators.one_year` and `indicators.rollup`.

Months and quarters become years, codes become lists with what is lacking of them, firms add up to their parks. Everything is
rows (sid, year, quantity, x); `indicators.cells` makes columns of them. What is rare is told by `odd` and left to the traced
form: n/a among codes and months, a year that lacks a month, negative amounts in a sum, figures of firms without a year.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ecopark.indicators.one_year import holes
from ecopark.observations.long_frame import LongFacts
from ecopark.observations.model import Subject
from ecopark.observations.quantity import Quantity, catalogue

KEY = ["sid", "quantity", "year"]
SLOTS = [*(f"Q{q}" for q in range(1, 5)), *(f"{m:02d}" for m in range(1, 13))]
SHAPE = {"sid": pl.UInt32, "quantity": pl.String, "by": pl.String, "unit": pl.String, "year": pl.Int32, "x": pl.Float64}


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
        Rows by code of each subject: (sid, quantity, by, unit, year, x).
    rows
        The same for parks, those of their firms where a park gave none.
    firms
        Every firm with each subject it is part of: (sid, park, since, until).
    firm_years
        What each firm says of a year: (sid, park, quantity, year, x, na).
    odd
        Cells that the traced form decides: (sid, year, quantity); year 0: every year.
    """

    def __init__(self, long: LongFacts) -> None:
        self.quantities = {
            name: found for name in long.about["quantity"].unique().to_list() if (found := catalogue().find(name))
        }
        self.firms = firm_map(long)
        about = long.about.select("mid", "quantity", "by", "unit").with_columns(pl.col("unit").fill_null(""))
        known = long.about.filter(pl.col("quantity").is_in(list(self.quantities)))["mid"]
        given = long.rows.select("sid", "mid", "year", "x", "na", "part")
        split = about.filter(pl.col("by") != "")["mid"]
        whole_year = given.filter(pl.col("part").is_null())
        coded = whole_year.filter(pl.col("mid").is_in(split.implode())).join(about, on="mid", how="left")
        within = given.filter(pl.col("part").is_not_null() & pl.col("mid").is_in(known.implode()))
        within = within.join(about, on="mid", how="left")
        made = self._made_of_parts(within)
        firm_ids = self.firms.select("sid").unique()
        plain = whole_year.filter(~pl.col("mid").is_in(split.implode())).join(firm_ids, on="sid", how="semi")
        plain = plain.join(about, on="mid", how="left")

        dated = coded.filter((pl.col("year") > 0) & ~pl.col("na")).select(list(SHAPE))
        typed = given.filter(pl.col("part").is_null() & ~pl.col("na")).join(about, on="mid").select(*KEY, "by")
        lacking = made.filter(pl.col("x").is_null() | pl.col("rare")).join(typed, on=[*KEY, "by"], how="anti")
        whole = made.filter(pl.col("x").is_not_null() & ~pl.col("rare"))
        self.timed = whole.filter(pl.col("by") == "").select(*KEY, "x")
        monthly = whole.filter(pl.col("by") != "").join(dated, on=[*KEY, "by"], how="anti")
        self.own = pl.concat([dated, monthly.select(list(SHAPE))])
        odd = [
            whole_year.filter("na").join(about, on="mid", how="left").select(KEY),
            coded.filter((pl.col("year") == 0) | pl.col("na")).select(KEY),
            self.own.filter(pl.col("x") < 0).select(KEY),
            lacking.select(KEY),
        ]
        self._firm_years(plain, lacking)
        told = self.firm_years
        amiss = [
            coded.filter((pl.col("year") == 0) | pl.col("na")).select(KEY),
            plain.filter(pl.col("year") == 0).select(KEY),
            self.own.filter(pl.col("x") < 0).select(KEY),
            lacking.filter((pl.col("by") != "") | pl.col("rare")).select(KEY),
        ]
        above = self.firms.select("sid", "park").unique()
        adding = pl.col("quantity").is_in([n for n, q in self.quantities.items() if q.rollup])
        odd += [_of_parks(rows.filter(adding), above) for rows in amiss]
        park = pl.col("park").alias("sid")
        odd.append(told.filter(pl.col("x") < 0).select(park, "quantity", "year"))
        nobody = told.group_by("park", "quantity", "year").agg(pl.col("na").all()).filter("na")
        odd.append(nobody.select(park, "quantity", "year"))
        self._of_firms(long, told)
        self.odd = pl.concat(odd).select("sid", "year", "quantity").unique()

    # -- months and quarters -------------------------------------------------------------------------------------------

    def _made_of_parts(self, within: pl.DataFrame) -> pl.DataFrame:
        """Years of months and quarters: (sid, quantity, by, unit, year, x, rare); x null where one is lacking."""
        modes = {name: q.over_time for name, q in self.quantities.items() if q.over_time and q.is_number}
        slot = pl.col("part").str.slice(5).alias("slot")
        rows = within.filter(pl.col("quantity").is_in(list(modes))).with_columns(slot)
        rows = rows.filter(pl.col("slot").is_in(SLOTS))
        if not len(rows):
            return pl.DataFrame(schema={**SHAPE, "rare": pl.Boolean})
        group = ["sid", "quantity", "by", "unit", "year"]
        table = rows.group_by(group).agg(
            (pl.col("na").any() | (pl.col("x") < 0).any()).fill_null(False).alias("rare"),
            *[pl.col("x").filter(pl.col("slot") == s).first().alias(s) for s in SLOTS],
        )
        mode = pl.col("quantity").replace_strict(modes, return_dtype=pl.String)
        quarters = []
        for q in range(1, 5):
            a, b, c = (pl.col(f"{m:02d}") for m in range(3 * q - 2, 3 * q + 1))
            months = pl.when(mode == "mean").then((a + b + c) / 3).otherwise(a + b + c)
            quarters.append(pl.coalesce(pl.col(f"Q{q}"), months))
        total = quarters[0] + quarters[1] + quarters[2] + quarters[3]
        last = pl.coalesce(pl.col("Q4"), pl.col("12"))
        x = pl.when(mode == "last").then(last).when(mode == "mean").then(total / 4).otherwise(total)
        return table.select(*SHAPE.keys() - {"x"}, x.alias("x"), "rare").select(*SHAPE, "rare")

    # -- lists ---------------------------------------------------------------------------------------------------------

    def lists(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The lists that rows by code make: (sid, quantity, year, x, n, whole); x: their sum, whole: no code is lacking."""
        made = []
        for name in rows["quantity"].unique().sort().to_list():
            quantity = self.quantities[name]
            mine = rows.filter(pl.col("quantity") == name).group_by(KEY)
            have = [has_piece(pl.col("by"), piece).any().alias(f"h{i}") for i, piece in enumerate(holes(quantity, ()))]
            table = mine.agg(pl.col("x").sum(), pl.len().cast(pl.Float64).alias("n"), *have)
            whole = pl.all_horizontal([f"h{i}" for i in range(len(have))]) if have else pl.lit(True)
            made.append(table.select(*KEY, "x", "n", whole.alias("whole")))
        schema = {"sid": pl.UInt32, "quantity": pl.String, "year": pl.Int32, "x": pl.Float64, "n": pl.Float64}
        return pl.concat(made) if made else pl.DataFrame(schema={**schema, "whole": pl.Boolean})

    # -- firms ---------------------------------------------------------------------------------------------------------

    def _firm_years(self, plain: pl.DataFrame, lacking: pl.DataFrame) -> None:
        """What firms say of a year: typed, else the sum of their codes, else their months and quarters."""
        columns = [*KEY, "x", "na"]
        no = pl.lit(False).alias("na")
        typed = plain.filter(pl.col("year") > 0).select(columns)
        firms = self.firms.select("sid").unique()
        adding = [n for n, q in self.quantities.items() if q.breakdowns and q.unit != "by code" and q.is_number]
        own = self.own.join(firms, on="sid", how="semi").filter(pl.col("quantity").is_in(adding))
        lists = self.lists(own).filter("whole").join(lacking.filter(pl.col("by") != ""), on=KEY, how="anti")
        timed = self.timed.join(firms, on="sid", how="semi")
        found = typed
        for more in (lists, timed):
            found = pl.concat([found, more.with_columns(no).select(columns).join(found, on=KEY, how="anti")])
        self.firm_years = found.join(self.firms, on="sid", how="inner").filter(active(pl.col("year")))

    def _of_firms(self, long: LongFacts, told: pl.DataFrame) -> None:
        """The rows of parks, and which lists of theirs are known as a whole."""
        adding = [n for n, q in self.quantities.items() if q.breakdowns and q.rollup == "sum"]
        rows = self.own.filter(pl.col("quantity").is_in(adding)).join(self.firms, on="sid", how="inner")
        self.firm_rows = rows.filter(active(pl.col("year")))
        self.listed = set(self.firm_rows["quantity"].unique().to_list())
        said_na = told.filter(pl.col("na") & pl.col("quantity").is_in(sorted(self.listed)))
        self.firm_na = said_na.join(self.firm_rows, on=["park", *KEY], how="anti").select("park", *KEY)
        givers = self.firm_rows.select("park", *KEY).unique()
        park = pl.col("park").alias("sid")
        count = pl.concat([givers, self.firm_na.select("park", *KEY)]).group_by("park", "quantity", "year").len("told")
        begun = givers.group_by("park", "quantity", "year").len("givers")
        lists = begun.join(count, on=["park", "quantity", "year"], how="left").select(
            park, "quantity", "year", "told", "givers"
        )
        lists = lists.join(self.own.select(KEY).unique(), on=KEY, how="anti")
        years = pl.DataFrame({"year": lists["year"].unique()})
        expected = self.firms.join(years, how="cross").filter(active(pl.col("year")))
        expected = expected.group_by(park, "year").len("expected")
        self.firm_lists = lists.join(expected, on=["sid", "year"], how="left")
        group = ["park", "quantity", "by", "unit", "year"]
        sums = self.firm_rows.group_by(group).agg(pl.col("x").sum()).rename({"park": "sid"}).select(list(SHAPE))
        self.rows = pl.concat([self.own, sums.join(self.firm_lists, on=KEY, how="semi")])
        self.most = 2
        for rows in (self.own.group_by(KEY).len(), self.firm_rows.group_by("park", "quantity", "year").len()):
            self.most = max(self.most, int(rows["len"].max() or 0) + 13)  # type: ignore[arg-type]

    def park_lists(self) -> pl.DataFrame:
        """Lists that are known as a whole, the subject's own or its firms': (sid, quantity, year, x, n)."""
        found = self.lists(self.rows).select(*KEY, "x", "n")
        short = self.firm_lists.filter(pl.col("told") < pl.col("expected"))
        return found.join(short, on=KEY, how="anti")

    def having(self, quantity: str, piece: str, *, own: bool) -> pl.DataFrame:
        """The lists in which a code is given (by every firm that gave any): (sid, year)."""
        mine = self.own.filter((pl.col("quantity") == quantity) & has_piece(pl.col("by"), piece))
        found = mine.select("sid", "year").unique()
        if own or quantity not in self.listed:
            return found
        rows = self.firm_rows.filter((pl.col("quantity") == quantity) & has_piece(pl.col("by"), piece))
        have = rows.select("park", *KEY).unique().group_by("park", "quantity", "year").len("have")
        have = have.rename({"park": "sid"}).join(self.firm_lists, on=KEY, how="inner")
        have = have.filter(pl.col("have") == pl.col("givers"))
        return pl.concat([found, have.select("sid", "year")])

    def part(self, name: str, by: str) -> pl.DataFrame:
        """One breakdown value of parks: (sid, year, x); see `one_year.part_figures`."""
        quantity = catalogue()[name]
        own = _parts(quantity, self.own.filter(pl.col("quantity") == name), by, ["sid", "year"])
        if name not in self.listed:
            return own
        firms = _parts(quantity, self.firm_rows.filter(pl.col("quantity") == name), by, ["park", "sid", "year"])
        quiet = self.firm_na.filter(pl.col("quantity") == name).select("park", "sid", "year", pl.lit(0.0).alias("x"))
        told = pl.concat([firms, quiet]).group_by(pl.col("park").alias("sid"), "year").agg(
            pl.col("x").sum(), pl.len().alias("known")
        )  # fmt: skip
        told = told.join(self.firm_lists.filter(pl.col("quantity") == name), on=["sid", "year"], how="inner")
        whole = told.filter(pl.col("known") == pl.col("expected"))
        return pl.concat([own, whole.select("sid", "year", "x")])


def _parts(quantity: Quantity, rows: pl.DataFrame, by: str, group: list[str]) -> pl.DataFrame:
    """One breakdown value of each subject: its own row, else the finer ones, else zero where the list allows it."""
    asked = dict(piece.split("=") for piece in by.split(";"))
    finer, unsure = [], []
    for other in rows["by"].unique().sort().to_list():
        given = dict(piece.split("=") for piece in other.split(";"))
        if asked.items() <= given.items():
            finer.append(other)
        elif all(asked[key] == code for key, code in given.items() if key in asked):
            unsure.append(other)
    zero = quantity.kind == "flow" and not any(piece in holes(quantity, ()) for piece in by.split(";"))
    exact, fine = pl.col("by") == by, pl.col("by").is_in(finer)
    value = (
        pl.when(exact.any()).then(pl.col("x").filter(exact).first())
        .when(fine.any()).then(pl.col("x").filter(fine).sum())
        .when(pl.lit(zero) & ~pl.col("by").is_in(unsure).any()).then(0.0)
    )  # fmt: skip
    return rows.group_by(group).agg(value.alias("x")).filter(pl.col("x").is_not_null())


def _of_parks(rows: pl.DataFrame, above: pl.DataFrame) -> pl.DataFrame:
    """Cells of firms as cells of what they are part of."""
    return rows.join(above, on="sid", how="inner").select(pl.col("park").alias("sid"), "quantity", "year")


def has_piece(by: pl.Expr, piece: str) -> pl.Expr:
    """Whether a breakdown is about a code."""
    return (pl.lit(";") + by + pl.lit(";")).str.contains(f";{piece};", literal=True)


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
