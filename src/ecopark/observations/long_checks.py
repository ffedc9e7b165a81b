"""Checks that stop, over millions of rows: where a closed list lacks a code, or two figures side by side have two units.

The same two rules as `checks.closed_list_holes` and `checks.unequal_units`. Here they only say whose rows are suspect; these
few rows then go through the ordinary reader, which decides, and says what is wrong and in which row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ecopark.observations.quantity import Catalogue, catalogue

if TYPE_CHECKING:
    from ecopark.observations.long_frame import LongFacts

CELL = ["sid", "quantity", "year", "part"]


def suspects(long: LongFacts, known: Catalogue | None = None) -> pl.DataFrame:
    """Whose rows the ordinary reader has to look at.

    Parameters
    ----------
    long
        The facts.
    known
        The catalogue; the one that ships with ecopark if None.

    Returns
    -------
    suspects
        (sid, quantity), each pair once.
    """
    known = known or catalogue()
    found = pl.concat([_with_holes(long, known), _in_two_units(long, known)])
    return found.unique().sort("sid", "quantity")


def _with_holes(long: LongFacts, known: Catalogue) -> pl.DataFrame:
    """Closed lists that are begun and lack a code."""
    codes = []
    for mid, name, by in long.about.filter(pl.col("by") != "").select("mid", "quantity", "by").iter_rows():
        quantity = known.quantities.get(name)
        for list_id in quantity.breakdowns if quantity is not None else ():
            closed = known.breakdowns[list_id]
            if closed.required:
                given = [i for i, code in enumerate(closed.required) if f"{closed.dimension}={code}" in by.split(";")]
                codes.append((mid, name, list_id, given[0] if given else None, len(closed.required)))
    schema = {"mid": pl.Int32, "quantity": pl.String, "list": pl.String, "code": pl.Int32, "codes": pl.UInt32}
    table = pl.DataFrame(codes, schema=schema, orient="row")
    rows = _about(long, table["mid"]).join(table, on="mid", how="inner")
    lists = rows.group_by(*CELL, "list", "codes").agg(pl.col("code").drop_nulls().n_unique().alias("given"))
    return lists.filter(pl.col("given") < pl.col("codes")).select("sid", "quantity")


def _in_two_units(long: LongFacts, known: Catalogue) -> pl.DataFrame:
    """Figures that are held against each other code by code, in units that are not written alike; both of each pair."""
    found = [pl.DataFrame(schema={"sid": pl.UInt32, "quantity": pl.String})]
    for one, other in known.same_units:
        sides = []
        for name in (one, other):
            table = long.about.filter((pl.col("quantity") == name) & (pl.col("by") != "")).select("mid", "by", "unit")
            sides.append(_about(long, table["mid"]).join(table, on="mid", how="inner"))
        both = sides[0].join(sides[1], on=["sid", "by"], how="inner")
        unlike = both.filter(pl.col("unit") != pl.col("unit_right")).select("sid").unique()
        found += [unlike.select("sid", pl.lit(name).alias("quantity")) for name in (one, other)]
    return pl.concat(found)


def _about(long: LongFacts, mids: pl.Series) -> pl.DataFrame:
    """The rows with some meanings: (sid, mid, year, part)."""
    wanted = np.zeros(len(long.about), dtype=np.bool_)
    wanted[mids.to_numpy()] = True
    return long.rows.select("sid", "mid", "year", "part").filter(pl.Series(wanted[long.rows["mid"].to_numpy()]))
