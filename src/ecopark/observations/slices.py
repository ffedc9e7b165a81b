"""A long Parquet file as wide rows, one range of subjects at a time, so that memory does not grow with the file.

`WideRows` cuts the file into ranges of its subjects, pivots one range after the other and hands the rows to a lazy query,
which computes and writes while the next range is read. In a file sorted by subject each range reads only its own row
groups (their statistics say where it lies); any other file is read once per range, and the ranges are larger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from ecopark.errors import InputError, Place, Problem, did_you_mean

ROWS = 250_000
"""Rows of the long file that are pivoted at once, about."""

UNSORTED = 4
"""So many times larger are the ranges of a file that is not sorted by subject."""

SAMPLES = 32
"""Rows looked at per range to find where it ends."""

Range = tuple[Any, Any]
"""From (included) and up to (excluded); None: open."""


class WideRows:
    """One row per subject and period, one column per quantity, out of a long Parquet file.

    Parameters
    ----------
    path
        Parquet file in the long form; the values are numbers in one unit per quantity.
    names
        Quantities that become columns; rows of others are passed over.
    index
        What makes a row, the subject first.
    quantity, value
        Columns that hold name and number.
    magnitude
        Every number is zero or between 10**-magnitude and 10**magnitude, else it is a problem. None: anything goes.
    rows
        Rows of the file that are pivoted at once, about.

    Raises
    ------
    InputError
        A column is missing or the values are no numbers.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "facts.parquet"
    >>> long = {"subject": ["a", "a", "b"], "quantity": ["x", "y", "x"], "period": [2023] * 3, "value": [1.0, 2.0, 3.0]}
    >>> pl.DataFrame(long).write_parquet(path)
    >>> WideRows(path, ["x", "y"]).scan().collect().rows()
    [('a', 2023, 1.0, 2.0), ('b', 2023, 3.0, None)]
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: Path | str,
        names: Sequence[str],
        *,
        index: Sequence[str] = ("subject", "period"),
        quantity: str = "quantity",
        value: str = "value",
        magnitude: float | None = None,
        rows: int = ROWS,
    ) -> None:
        self.path = path
        self.names = list(names)
        self.index, self.quantity, self.value = list(index), quantity, value
        self.magnitude, self.rows = magnitude, rows
        self.seen: set[str] = set()
        schema = pl.scan_parquet(path).collect_schema()
        lacking = [c for c in (*index, quantity, value) if c not in schema]
        if lacking:
            text = ", ".join(lacking)
            raise InputError([self._problem("no-header", f"缺少列：{text}", f"missing columns: {text}")])
        if not schema[value].is_numeric():
            zh, en = f"列 {value} 不是数值", f"the column {value} does not hold numbers"
            raise InputError([self._problem("not-a-number", zh, en)])
        self.schema = pl.Schema({c: schema[c] for c in index} | dict.fromkeys(self.names, pl.Float64()))

    def scan(self) -> pl.LazyFrame:
        """The wide rows as the start of a lazy query; null where nothing is given.

        Raises
        ------
        InputError
            Raised while the query runs: a figure is given twice with different values, or its magnitude cannot be.
        """

        def source(
            columns: list[str] | None, predicate: pl.Expr | None, count: int | None, _: int | None
        ) -> Iterator[pl.DataFrame]:
            for wide in self.frames():
                frame = wide if predicate is None else wide.filter(predicate)
                frame = frame if columns is None else frame.select(columns)
                if count is not None:
                    frame = frame.head(count)
                    count -= len(frame)
                yield frame
                if count == 0:
                    return

        return register_io_source(source, schema=self.schema)

    def frames(self) -> Iterator[pl.DataFrame]:
        """The wide rows of one range of subjects after the other."""
        file = pl.scan_parquet(self.path)
        for low, high in ranges(file, self.index[0], self.rows):
            yield self._pivot(file.filter(_within(pl.col(self.index[0]), low, high)))

    def unknown(self) -> list[Problem]:
        """Quantities that were asked for but stand in no row; call it once all rows were read."""
        absent = [n for n in self.names if n not in self.seen]
        if not absent:
            return []
        column = pl.scan_parquet(self.path).select(pl.col(self.quantity).cast(pl.String).unique())
        known = sorted(column.collect().to_series().drop_nulls().to_list())
        return [
            self._problem("unknown-quantity", f"文件中没有 {n}", f"{n} is not in the file", did_you_mean(n, known))
            for n in absent
        ]

    def _pivot(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """Every figure is put straight at its place (quantity, row)."""
        number = pl.col(self.quantity).cast(pl.String).cast(pl.Enum(self.names), strict=False).to_physical()
        figure = pl.col(self.value).cast(pl.Float64).fill_nan(None)  # NaN is no figure
        table = rows.select(*self.index, number.alias("k"), figure.alias("x")).collect()
        starts, heads = self._heads(table)
        if heads.is_duplicated().any():  # the rows of a subject and period do not stand together
            table = table.sort(self.index)
            starts, heads = self._heads(table)
        row = np.cumsum(starts) - 1
        if table["k"].null_count() or table["x"].null_count():
            told = (table["k"].is_not_null() & table["x"].is_not_null()).to_numpy()
            table, row = table.filter(pl.Series(told)), row[told]
        k, x = table["k"].to_numpy(), table["x"].to_numpy()
        filled = np.full((len(self.names), len(heads)), np.nan)
        filled[k, row] = x
        self._check(filled, heads, k, x, row)
        self.seen.update(self.names[i] for i in np.flatnonzero(np.bincount(k, minlength=len(self.names))))
        return heads.with_columns(pl.Series(n, filled[i], nan_to_null=True) for i, n in enumerate(self.names))

    def _heads(self, table: pl.DataFrame) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], pl.DataFrame]:
        """Where a new subject or period begins, and the first rows themselves."""
        changes = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift()) for c in self.index)
        starts = table.select(changes).to_series().to_numpy().copy()
        starts[:1] = True
        return starts, table.select(self.index).filter(pl.Series(starts))

    def _check(self, filled: Any, heads: pl.DataFrame, k: Any, x: Any, row: Any) -> None:
        """No figure is given twice with different values; none is beyond the promised magnitude."""
        problems = []

        def named(wrong: Any) -> Iterator[str]:
            for i in np.flatnonzero(wrong):
                yield " ".join(str(v) for v in (*heads.row(int(row[i])), self.names[k[i]]))

        if np.count_nonzero(filled == filled) != len(x):  # only NaN, an empty place, differs from itself
            for what in named(filled[k, row] != x):
                zh, en = f"{what} 有多个不同的值", f"{what} is given more than once with different values"
                problems.append(self._problem("differing-duplicate", zh, en))
        if self.magnitude is not None and len(x):
            size = np.abs(x)
            for what in named((size > 10.0**self.magnitude) | ((size < 10.0**-self.magnitude) & (size > 0))):
                zh, en = f"{what} 数值过大或过小", f"{what} is too large or too small a number"
                problems.append(self._problem("beyond-magnitude", zh, en))
        if problems:
            raise InputError(list(dict.fromkeys(problems)))

    def _problem(self, code: str, zh: str, en: str, repair: str = "") -> Problem:
        return Problem(code, Place(str(self.path)), zh, en, repair, repair)


def ranges(file: pl.LazyFrame, key: str, rows: int) -> list[Range]:
    """Ranges of `key` that hold about so many rows each; together they hold every row once, null belongs to the first.

    Parameters
    ----------
    rows
        Rows per range if the file is sorted by `key`; in any other file `UNSORTED` times as many.
    """
    step = max(1, rows // SAMPLES)
    sample = file.select(key).with_row_index("place").filter(pl.col("place") % step == 0).select(key)
    column = sample.collect(engine="streaming").to_series().drop_nulls()
    every = SAMPLES if column.is_sorted() else UNSORTED * SAMPLES
    cuts = column.sort().gather_every(every)[1:].unique(maintain_order=True).to_list()
    return list(zip([None, *cuts], [*cuts, None], strict=True))


def _within(key: pl.Expr, low: Any, high: Any) -> pl.Expr:
    within = pl.lit(True)
    if low is not None:
        within = key >= low
    if high is not None:
        within = key.is_null() | (key < high) if low is None else within & (key < high)
    return within
