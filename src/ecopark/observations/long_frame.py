"""Facts of very many subjects as one data frame in canonical units: what the columnar engine starts from.

The same rules as `observations.rows`, applied to whole columns: what a combination of quantity, unit and breakdown means is
worked out once (`Meanings`), plain numbers are converted by the column, and every row that is not plain (``3.2万``, ``n/a``,
``12 %``, anything with a problem) goes through the ordinary reader. Nothing is read in two ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import polars as pl

from ecopark.core.period import ALWAYS, Period
from ecopark.core.rounding import exact
from ecopark.core.value import Scalar
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.meaning import KnownReported, Meaning, Meanings
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.observations.quantity import catalogue
from ecopark.observations.reading import facts_from
from ecopark.observations.rows import DEFAULT_SUBJECT

MEASURED = "factor.*"
"""Stands for every factor that the user measured."""

COLUMNS = ("subject", "quantity", "period", "value", "unit", "by", "note")
YES, NO = ("true", "是", "True", "TRUE"), ("false", "否", "False", "FALSE")
PLAIN_NUMBER = r"^-?\d{1,15}(\.\d{1,15})?$"
PLAIN_PERIOD = r"^(\d{4})?$"
EXACT_DIGITS = 15

SCHEMA: dict[str, Any] = {
    "subject": pl.String, "quantity": pl.String, "year": pl.Int32, "part": pl.Boolean, "by": pl.String, "x": pl.Float64,
    "text": pl.String, "kind": pl.String, "na": pl.Boolean, "unit": pl.String, "base": pl.Int32, "period": pl.String,
    "typed": pl.Float64, "meaning": pl.Int32,
}  # fmt: skip


@dataclass
class LongFacts:
    """Canonical long facts.

    Parameters
    ----------
    frame
        ``subject, quantity, year`` (0: holds for all time), ``part`` (of a year), ``by, x`` (number or flag as 1/0, canonical
        unit), ``text`` (a code), ``kind`` (number, flag, code, text, reported), ``na, unit, base``; and for exact values
        ``typed`` and the row of `factors`.
    subjects
        Declared subjects; others are taken for parks.
    factors
        Exact factors from typed to canonical unit.
    inexact
        Quantities whose floats do not determine the exact values (a unit was converted, very long decimals).
    source
        The facts themselves where they were given as such.
    """

    frame: pl.DataFrame
    subjects: dict[str, Subject]
    factors: list[Fraction]
    inexact: set[str]
    settings: dict[str, Any] = field(default_factory=dict)
    source: Facts | None = None
    _sorted: pl.DataFrame | None = None
    _slices: dict[str, tuple[int, int]] = field(default_factory=dict)

    def facts(self, subjects: Iterable[str], needed: pl.DataFrame | None = None) -> Facts:
        """The exact facts of some subjects (and of their firms), for the traced form.

        Parameters
        ----------
        needed
            Only these figures: (subject, quantity); ``factor.*`` stands for every measured factor.
        """
        if self.source is not None:
            return self.source
        wanted = set(subjects)
        below = [s for s in self.subjects.values() if s.id in wanted or self._above(s) & wanted]
        firms = [(s.id, park) for s in below for park in self._above(s) & wanted]
        if len(wanted) == 1 and not firms:
            rows = self._of_one(next(iter(wanted)))
            if needed is not None:
                names = needed["quantity"].to_list()
                rows = rows.filter(pl.col("quantity").is_in(names) | _measured(names))
        elif needed is None:
            rows = self.frame.filter(pl.col("subject").is_in([*wanted, *(f for f, _ in firms)]))
        else:
            table = pl.DataFrame(firms, schema={"firm": pl.String, "subject": pl.String}, orient="row")
            more = needed.join(table, on="subject", how="inner").select(pl.col("firm").alias("subject"), "quantity")
            keys = pl.concat([needed.select("subject", "quantity"), more])
            rows = self.frame.join(keys, on=["subject", "quantity"], how="semi")
            factors = keys.filter(pl.col("quantity") == MEASURED)
            if len(factors):
                own = self.frame.filter(pl.col("quantity").str.starts_with("factor."))
                rows = pl.concat([rows, own.join(factors, on="subject", how="semi")])
        known = {s.id for s in below}
        others = [Subject(n, n) for n in sorted(wanted - known)]
        return Facts(self._observations(rows), [*below, *others], settings=self.settings)

    def _of_one(self, subject: str) -> pl.DataFrame:
        """The rows of one subject: a slice of the rows sorted by subject."""
        if self._sorted is None:
            frame = self.frame.sort("subject")
            runs = frame["subject"].rle()
            names, lengths = runs.struct.field("value").to_list(), runs.struct.field("len").to_list()
            starts = accumulate(lengths, initial=0)
            self._slices = {name: (start, n) for name, start, n in zip(names, starts, lengths, strict=False)}
            self._sorted = frame
        start, length = self._slices.get(subject, (0, 0))
        return self._sorted.slice(start, length)

    def _above(self, subject: Subject) -> set[str]:
        found: set[str] = set()
        while subject.parent and subject.parent not in found:
            found.add(subject.parent)
            if subject.parent not in self.subjects:
                break
            subject = self.subjects[subject.parent]
        return found

    def _observations(self, rows: pl.DataFrame) -> list[Observation]:
        periods: dict[str, Period] = {}
        made = []
        for subject, quantity, _, _, by, x, text, kind, na, unit, base, period, typed, index in rows.iter_rows():
            when = periods.get(period)
            if when is None:
                when = periods[period] = Period.parse(period)
            value: Scalar
            if kind == "flag":
                value = x == 1.0
            elif kind in ("code", "text") or na:
                value = text or ""
            else:
                value = exact(text) if text else _exact(typed)
                if index >= 0 and self.factors[index] != 1:
                    value = value * self.factors[index]
            made.append(Observation(subject, quantity, when, value, unit or "", by, base_year=base, not_applicable=na))
        return made


def _measured(names: list[str]) -> pl.Expr:
    return pl.col("quantity").str.starts_with("factor.") if MEASURED in names else pl.lit(False)


def _exact(number: float) -> Fraction:
    """The shortest decimal that shows a float."""
    if number.is_integer() and abs(number) < 1e15:
        return Fraction(int(number))
    whole, _, part = repr(number).partition(".")
    return exact(number) if "e" in part or "e" in whole else Fraction(int(whole + part), 10 ** len(part))


def long_facts(
    data: Any,
    subjects: Any = None,
    *,
    settings: Mapping[str, Any] | None = None,
    known_reported: KnownReported | None = None,
) -> LongFacts:
    """Read facts of many subjects.

    Parameters
    ----------
    data
        `Facts`, a path of a Parquet file, or a polars frame (lazy or not), in the long form of the facts contract.
    subjects
        Declared subjects: `Subject` objects, or a frame with ``subject, kind, parent, from, until, name``.

    Raises
    ------
    InputError
        Something cannot be used; carries every problem.
    """
    if isinstance(data, LongFacts):
        return data
    if isinstance(data, Facts):
        return _from_facts(data)
    frame = pl.scan_parquet(data).collect() if isinstance(data, str | Path) else data
    frame = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    if not isinstance(frame, pl.DataFrame):
        frame = pl.from_dataframe(frame) if hasattr(frame, "__dataframe__") else pl.DataFrame(frame)
    lacking = [c for c in ("quantity", "period", "value") if c not in frame.columns]
    if lacking:
        names = ", ".join(lacking)
        raise InputError([Problem("no-header", Place("<dataframe>"), f"缺少列：{names}", f"missing columns: {names}")])
    declared = _subjects(subjects)
    return _from_frame(frame, declared, dict(settings or {}), known_reported)


def _subjects(given: Any) -> dict[str, Subject]:
    if given is None:
        return {}
    if isinstance(given, pl.DataFrame):
        core = {"subject", "kind", "parent", "from", "until", "name"}
        made = []
        for row in given.iter_rows(named=True):
            extra = tuple((k, str(v)) for k, v in row.items() if k not in core and v not in (None, ""))
            since, until = (int(v) if v not in (None, "") else None for v in (row.get("from"), row.get("until")))
            made.append(
                Subject(
                    row["subject"],
                    row.get("name") or "",
                    row.get("kind") or "park",
                    row.get("parent") or "",
                    since,
                    until,
                    attributes=extra,
                )
            )
        return {s.id: s for s in made}
    return {s.id: s for s in given}


def _from_frame(
    frame: pl.DataFrame, subjects: dict[str, Subject], settings: dict[str, Any], known: KnownReported | None
) -> LongFacts:
    parks = [s for s in subjects.values() if s.kind == "park"]
    default = parks[0].id if len(parks) == 1 else DEFAULT_SUBJECT
    for name in COLUMNS:
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit("" if name != "subject" else default).alias(name))
    numeric = frame.schema["value"].is_numeric()
    frame = frame.select(
        [pl.col(c).cast(pl.String).fill_null("").str.strip_chars() for c in COLUMNS if c != "value"]
        + [pl.col("value") if numeric else pl.col("value").cast(pl.String).str.strip_chars()]
    )
    frame = frame.filter(pl.col("value").is_not_null()).with_columns(
        pl.when(pl.col("subject") == "").then(pl.lit(default)).otherwise(pl.col("subject")).alias("subject")
    )
    if not numeric:
        frame = frame.filter(pl.col("value") != "")
    meanings = Meanings(catalogue(), known)
    keys = ["quantity", "unit", "by"]
    distinct = frame.select(keys).unique().sort(keys)
    found = [meanings.of(*row) for row in distinct.iter_rows()]
    base_year = settings.get("base_year")
    table = distinct.with_columns(
        pl.Series("meaning", range(len(found)), dtype=pl.Int32),
        pl.Series("id", [m.id for m in found], dtype=pl.String),
        pl.Series("kind", [_kind(m) for m in found], dtype=pl.String),
        pl.Series("clean_by", [m.by for m in found], dtype=pl.String),
        pl.Series("clean_unit", [m.unit for m in found], dtype=pl.String),
        pl.Series("scale", [float(m.factor) for m in found], dtype=pl.Float64),
        pl.Series("base", [_base(m, base_year) for m in found], dtype=pl.Int32),
    )
    frame = frame.join(table, on=keys, how="left")
    value = pl.col("value")
    if numeric:
        typed = value.cast(pl.Float64)
        good = typed.is_finite() & (
            pl.col("kind").is_in(["number", "reported"]) | ((pl.col("kind") == "flag") & typed.is_in([0.0, 1.0]))
        )
        x = pl.when(pl.col("kind") == "flag").then(typed).otherwise(typed * pl.col("scale"))
        text = pl.lit(None, pl.String)
        long = pl.lit(False)
    else:
        yes, no = value.is_in(YES), value.is_in(NO)
        number = value.str.contains(PLAIN_NUMBER)
        typed = pl.when(number).then(value).cast(pl.Float64, strict=False)
        codes = pl.DataFrame(
            [(m.id, c.id) for m in found if m.kind == "code" and m.quantity for c in m.quantity.codes],
            schema={"id": pl.String, "value": pl.String}, orient="row",
        ).unique()  # fmt: skip
        frame = frame.join(codes.with_columns(pl.lit(True).alias("known_code")), on=["id", "value"], how="left")
        good = (
            (pl.col("kind").is_in(["number", "reported"]) & number)
            | ((pl.col("kind") == "flag") & (yes | no))
            | ((pl.col("kind") == "code") & pl.col("known_code").fill_null(False))
        )
        flag = pl.when(yes).then(1.0).when(no).then(0.0)
        x = pl.when(pl.col("kind") == "flag").then(flag).otherwise(typed * pl.col("scale"))
        long = number & (value.str.len_chars() > EXACT_DIGITS)
        text = pl.when((pl.col("kind") == "code") | long).then(value)
    good = good & pl.col("period").str.contains(PLAIN_PERIOD)
    flows = [m.id for m in found if m.quantity is not None and m.quantity.kind == "flow"]
    good = good & ~((pl.col("period") == "") & pl.col("id").is_in(flows))
    frame = frame.with_columns(
        good.fill_null(False).alias("good"), x.alias("x"), text.alias("text"), typed.alias("typed"), long.alias("long")
    )
    inexact = set(
        frame.filter((pl.col("kind") == "number") & ((pl.col("scale") != 1.0) | pl.col("long")))["id"]
        .unique()
        .to_list()
    )
    plain = frame.filter("good").select(
        "subject", pl.col("id").alias("quantity"),
        pl.col("period").replace("", "0").cast(pl.Int32).alias("year"), pl.lit(False).alias("part"),
        pl.col("clean_by").alias("by"), "x", "text", "kind", pl.lit(False).alias("na"),
        pl.col("clean_unit").alias("unit"), "base", "period", "typed", "meaning",
    )  # fmt: skip
    rest = frame.filter(~pl.col("good"))
    factors = [m.factor for m in found]
    problems: list[Problem] = []
    if len(rest):
        try:
            slow = facts_from(rest.select(COLUMNS), list(subjects.values()), known_reported=known, checks=False)
        except InputError as error:
            problems += error.problems
        else:
            more, names = _rows_of(slow)
            inexact |= names
            plain = pl.concat([plain, more])
    problems += _repeated(plain) + _mixed_base_years(plain)
    if problems:
        raise InputError(problems)
    plain = plain.unique(["subject", "quantity", "period", "by"], keep="first", maintain_order=False)
    return LongFacts(plain, subjects, factors, inexact, settings)


def _kind(meaning: Meaning) -> str:
    return "wrong" if meaning.errors else meaning.kind


def _base(meaning: Meaning, default: Any) -> int | None:
    if meaning.quantity is None or not meaning.quantity.constant_price:
        return None
    return meaning.base_year or (int(default) if default else None)


def _repeated(frame: pl.DataFrame) -> list[Problem]:
    """Keys that are given twice with different values."""
    key = ["subject", "quantity", "period", "by"]
    twice = frame.filter(frame.select(key).is_duplicated())
    if not len(twice):
        return []
    differing = (
        twice.group_by(key)
        .agg(pl.struct("x", "text", "na", "base").n_unique().alias("n"))
        .filter(pl.col("n") > 1)
        .sort(key)
    )
    return [
        Problem(
            "differing-duplicate", Place("<dataframe>"), f"{s} {q} {p} {b} 有多个不同的值".replace("  ", " "),
            f"{s} {q} {p} {b} is given more than once with different values".replace("  ", " "),
        )
        for s, q, p, b, _ in differing.iter_rows()
    ]  # fmt: skip


def _mixed_base_years(frame: pl.DataFrame) -> list[Problem]:
    mixed = (
        frame.filter(pl.col("base").is_not_null())
        .group_by("subject")
        .agg(pl.col("base").n_unique().alias("n"))
        .filter(pl.col("n") > 1)
        .sort("subject")
    )
    return [
        Problem(
            "mixed-base-years", Place("<dataframe>"), f"{s} 混用了不同基年", f"{s} mixes base years of constant prices"
        )
        for s, _ in mixed.iter_rows()
    ]


def _from_facts(facts: Facts) -> LongFacts:
    frame, inexact = _rows_of(facts)
    return LongFacts(frame, dict(facts.subjects), [], inexact, facts.settings, facts)


def _rows_of(facts: Facts) -> tuple[pl.DataFrame, set[str]]:
    """Observations as canonical rows, and the quantities whose floats are not exact."""
    quantities = catalogue()
    inexact: set[str] = set()
    rows = []
    for o in facts.observations:
        value, x, text = o.value, None, None
        known = quantities.find(o.quantity)
        if isinstance(value, bool):
            kind, x = "flag", float(value)
        elif isinstance(value, str):
            kind, text = ("text" if o.not_applicable else "code"), value
        else:
            kind = "number" if known else "reported"
            x = float(value)
            if exact(x) != value:
                inexact.add(o.quantity)
                text = f"{value.numerator}/{value.denominator}"
        part = o.period.kind not in ("year", "always")
        year = 0 if o.period == ALWAYS else o.period.year
        rows.append(
            (
                o.subject,
                o.quantity,
                year,
                part,
                o.by,
                x,
                text,
                kind,
                o.not_applicable,
                o.unit,
                o.base_year,
                str(o.period),
                x,
                -1,
            )
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row"), inexact
