"""A wide table of very many firms into a data frame of canonical columns, checked as a whole.

The same titles and units as `grading.firms`, the same problems; what cannot be read is looked at cell by cell, the rest is
not touched.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from ecopark.errors import InputError, Place, Problem
from ecopark.grading.credit_code import read_code
from ecopark.grading.firm_problems import bad_code, column_twice, no_period, unknown_column
from ecopark.grading.firms import Column, Columns, field_of, group_names, in_unit, name_key, range_problem
from ecopark.grading.method import Method
from ecopark.observations.numbers import Number, UnreadableError, read_flag, read_number

SHOWN = 100
"""At most so many problems of one column are listed; their number is told."""


def is_wide(path: Path) -> bool:
    """Whether a csv or parquet file has one row a firm."""
    names = _scan(path).collect_schema().names()
    low = [n.strip().lower() for n in names]
    return not {"quantity", "数据项"} & set(low) and any(field_of(n) in ("firm", "name", "credit_code") for n in names)


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path) if path.suffix.lower() == ".parquet" else pl.scan_csv(path, infer_schema=False)


def years_of(source: Path | pl.DataFrame) -> list[str]:
    """The years of a wide table in order; none where it has no column of periods."""
    lazy = _scan(source) if isinstance(source, Path) else source.lazy()
    title = next((t for t in lazy.collect_schema().names() if field_of(t) == "period"), None)
    if title is None:
        return []
    words = lazy.select(_year(pl.col(title))).unique().collect().to_series()
    return sorted(w for w in words.to_list() if w)


def _year(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.String).str.strip_suffix(".0").str.strip_suffix("年")


def read_frame(source: Path | pl.DataFrame, method: Method, *, period: str = "") -> tuple[pl.DataFrame, list[Problem]]:
    """The table with columns ``firm``, ``group``, ... and canonical ids, and the warnings.

    Raises
    ------
    InputError
        Something cannot be used; carries the problems (at most a hundred of each column).
    """
    name = str(source) if isinstance(source, Path) else "<dataframe>"
    raw = _scan(source).collect() if isinstance(source, Path) else source
    first = 2 if isinstance(source, Path) and source.suffix.lower() != ".parquet" else 1
    reader = _Reader(raw, method, name, first)
    frame = reader.read(period)
    errors = [p for p in reader.problems if p.severity == "error"]
    if errors:
        raise InputError(reader.problems)
    return frame, reader.problems


class _Reader:
    def __init__(self, raw: pl.DataFrame, method: Method, name: str, first: int) -> None:
        self.raw, self.method, self.name, self.first = raw, method, name, first
        self.problems: list[Problem] = []

    def place(self, row: int) -> Place:
        return Place(self.name, line=row + self.first) if self.first == 2 else Place(self.name, row=row + self.first)

    def read(self, period: str) -> pl.DataFrame:
        fields: dict[str, str] = {}
        columns: dict[str, Column] = {}
        known = Columns(self.method)
        for title in self.raw.columns:
            name = field_of(title)
            if name is not None:
                if name:
                    fields.setdefault(name, title)
                continue
            column, why = known.find(title)
            if column is None:
                self.problems.append(unknown_column(Place(self.name), title, why))
            elif column.id in columns:
                self.problems.append(column_twice(Place(self.name), title))
            else:
                columns[column.id] = column
        who = next((fields[f] for f in ("firm", "name", "credit_code") if f in fields), None)
        if who is None or not columns:
            en = "a wide table has a column `firm` and columns of figures."
            self.problems.append(Problem("no-figures", Place(self.name), "宽表须有 firm 列和数据列。", en))
            return pl.DataFrame()
        self.one_year(fields, period)
        made = [self.raw[who].cast(pl.String).alias("firm")]
        for name in ("landlord", "credit_code"):
            if name in fields:
                made.append(self.raw[fields[name]].cast(pl.String).alias(name))
        if "group" in fields:
            made.append(self.groups(self.raw[fields["group"]].cast(pl.String)))
        made += [self.figures(column) for column in columns.values()]
        frame = pl.DataFrame(made)
        self.check(frame)
        return frame

    def one_year(self, fields: dict[str, str], period: str) -> None:
        if "period" not in fields:
            return
        when = self.raw.select(_year(pl.col(fields["period"]))).to_series()
        years = sorted(y for y in when.unique().to_list() if y)
        chosen = period or (years[-1] if years else "")
        if period and period not in years:
            self.problems.append(no_period(Place(self.name), period, years))
        if len(years) > 1:
            self.raw = self.raw.filter(when.is_null() | (when == chosen))

    def groups(self, given: pl.Series) -> pl.Series:
        """Groups by their ids; an unknown one is a problem, an empty one stays empty."""
        spelled = group_names(self.method)
        words = {w: spelled.get(name_key(w)) for w in given.unique().to_list() if w is not None and w.strip()}
        for word, found in words.items():
            if found is None:
                row = int((given == word).arg_max() or 0)
                known = ", ".join(g.id for g in self.method.groups)
                en = f"{self.method.id} has no group '{word}'."
                self.problems.append(
                    Problem("unknown-group", self.place(row), f"没有分组“{word}”。", en, known, f"There are: {known}")
                )
        return given.replace_strict(words, default=None, return_dtype=pl.String).alias("group")

    def figures(self, column: Column) -> pl.Series:
        """A column in its canonical unit; cells that are no plain numbers are read one by one."""
        given = self.raw[column.title]
        if column.kind == "flag":
            if given.dtype == pl.Boolean:
                return given.alias(column.id)
            words = {w: self.flag(w, column, given) for w in given.unique().to_list()}
            return given.replace_strict(words, default=None, return_dtype=pl.Boolean).alias(column.id)
        if given.dtype == pl.String:
            numbers = given.str.strip_chars().cast(pl.Float64, strict=False)
            odd = (given.is_not_null() & (numbers.is_null() | ~numbers.is_finite())).arg_true()
            scaled = numbers * float(column.factor) if column.factor != 1 else numbers
            if len(odd):
                read = [self.cell(given[row], column, row) for row in odd.to_list()]
                scaled = scaled.scatter(odd, pl.Series(read, dtype=pl.Float64))
        else:
            numbers = given.cast(pl.Float64).fill_nan(None)
            scaled = numbers * float(column.factor) if column.factor != 1 else numbers
        if scaled.is_infinite().any():
            en = f"{column.title}: a number is infinite."
            self.problems.append(Problem("unreadable-number", Place(self.name), f"{column.title}：数值为无穷大。", en))
        self.negative(scaled, column)
        return scaled.alias(column.id)

    def flag(self, word: Any, column: Column, given: pl.Series) -> bool | None:
        try:
            found = read_flag(word)
        except UnreadableError as error:
            row = int((given == word).arg_max() or 0)
            self.unreadable(column, row, error)
            return None
        return found if isinstance(found, bool) else None

    def cell(self, text: str, column: Column, row: int) -> float | None:
        try:
            number = read_number(text)
        except UnreadableError as error:
            self.unreadable(column, row, error)
            return None
        return float(in_unit(number, column)) if isinstance(number, Number) else None

    def unreadable(self, column: Column, row: int, error: UnreadableError) -> None:
        if sum(p.code == "unreadable-number" for p in self.problems) < SHOWN:
            zh, en = f"{column.title}：{error.zh}", f"{column.title}: {error.en}"
            self.problems.append(Problem("unreadable-number", self.place(row), zh, en))

    def negative(self, numbers: pl.Series, column: Column) -> None:
        least = numbers.min()
        if column.low is None or column.low < 0 or not isinstance(least, float) or least >= 0:
            return
        for row in (numbers < 0).fill_null(False).arg_true()[:SHOWN].to_list():
            if (problem := range_problem(column, Fraction(-1), self.place(row))) is not None:
                self.problems.append(problem)

    def check(self, frame: pl.DataFrame) -> None:
        """Firms without an id, firms and credit codes that stand there twice, codes that do not fit."""
        if frame["firm"].null_count():
            row = int(frame["firm"].is_null().arg_true()[0])
            self.problems.append(
                Problem("firm-missing", self.place(row), "这一行没有企业。", "this row names no firm.")
            )
        for name, code, zh in (
            ("firm", "firm-twice", "企业"),
            ("credit_code", "credit-code-twice", "统一社会信用代码"),
        ):
            if name not in frame.columns:
                continue
            given = frame[name]
            if _all_different(given):
                continue
            twice = (given.is_duplicated() & given.is_not_null() & (given != "")).fill_null(False)
            for row in twice.arg_true()[:SHOWN].to_list():
                en = f"the {name.replace('_', ' ')} {given[row]} stands there twice."
                self.problems.append(Problem(code, self.place(row), f"{zh} {given[row]} 出现两次。", en))
        if "credit_code" in frame.columns:
            bad = [r for r, c in enumerate(frame["credit_code"].to_list()) if c and read_code(c)[1] == "invalid"]
            self.problems += [bad_code(self.place(r), str(frame["credit_code"][r])) for r in bad[:SHOWN]]


def _all_different(given: pl.Series) -> bool:
    """Whether no value occurs twice; a column in order is told without hashing it."""
    if not given.null_count() and given.is_sorted():
        return not (given == given.shift()).any()
    return given.n_unique() == given.len()
