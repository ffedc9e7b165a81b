"""Facts of very many subjects as one data frame in canonical units: what the columnar engine starts from.

The same rules as `observations.rows`, applied to whole columns: what a combination of quantity, unit and breakdown means is
worked out once (`Meanings`), plain numbers are converted by the column, and every row that is not plain (``3.2万``, ``n/a``,
``12 %``, anything with a problem) goes through the ordinary reader. Nothing is read in two ways.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ecopark.core.period import ALWAYS, Period
from ecopark.core.rounding import exact
from ecopark.core.value import Scalar
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.coded import Codes, all_different, coded, paired, side_by_side
from ecopark.observations.long_checks import suspects
from ecopark.observations.meaning import KnownReported, Meaning, Meanings
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.observations.quantity import catalogue, is_money
from ecopark.observations.reading import facts_from
from ecopark.observations.rows import DEFAULT_SUBJECT

MEASURED = "factor.*"
"""Stands for every factor that the user measured."""

COLUMNS = ("subject", "quantity", "period", "value", "unit", "by", "note")
YES, NO = ("true", "是", "True", "TRUE"), ("false", "否", "False", "FALSE")
PLAIN_NUMBER = r"^-?\d{1,15}(\.\d{1,15})?$"
EXACT_DIGITS = 15
PIECE = 1 << 19
"""Rows that are converted at once."""

ROWS: dict[str, Any] = {
    "sid": pl.UInt32, "mid": pl.Int32, "year": pl.Int32, "x": pl.Float64, "typed": pl.Float64, "text": pl.String,
    "na": pl.Boolean, "part": pl.String,
}  # fmt: skip
ABOUT: dict[str, Any] = {
    "mid": pl.Int32, "quantity": pl.String, "by": pl.String, "kind": pl.String, "unit": pl.String, "base": pl.Int32,
}  # fmt: skip


@dataclass
class LongFacts:
    """Canonical long facts: numbers and small integers only, so that millions of rows stay light.

    Parameters
    ----------
    rows
        ``sid`` (place in `names`), ``mid`` (row of `about`), ``year`` (0: holds for all time), ``x`` (number or flag as 1/0, in
        the canonical unit), ``typed`` and ``text`` (what makes the value exact; a code), ``na``, ``part`` (month or quarter).
    about
        What a ``mid`` means: ``quantity, by, kind`` (number, flag, code, text, reported), ``unit, base`` year.
    names
        Ids of the subjects.
    subjects
        Declared subjects; others are taken for parks.
    factors
        Per ``mid`` the exact factor from the typed to the canonical unit.
    inexact
        Quantities whose floats do not determine the exact values (a unit was converted, very long decimals).
    source
        The facts themselves where they were given as such.
    """

    rows: pl.DataFrame
    about: pl.DataFrame
    names: list[str]
    subjects: dict[str, Subject]
    factors: list[Fraction]
    inexact: set[str]
    settings: dict[str, Any] = field(default_factory=dict)
    source: Facts | None = None
    _sorted: pl.DataFrame | None = None
    _starts: Any = None
    _ids: dict[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> dict[str, int]:
        """Places of subjects in `names`."""
        if not self._ids:
            self._ids = {name: i for i, name in enumerate(self.names)}
        return self._ids

    def where(self, test: pl.Expr) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows have a meaning for which `test` (on `about`) holds."""
        flags = self.about.sort("mid").select(test.fill_null(False)).to_series().to_numpy()
        return np.asarray(flags[self.rows["mid"].to_numpy()], dtype=np.bool_)

    def of(self, subject: str) -> LongFacts:
        """The facts of one subject and of what is part of it."""
        below = {s.id: s for s in self.subjects.values() if s.id == subject or subject in self._above(s)}
        sids = [self.ids[name] for name in {subject, *below} if name in self.ids]
        rows = self.rows.filter(pl.col("sid").is_in(sids))
        return LongFacts(
            rows, self.about, self.names, below, self.factors, self.inexact, self.settings, self.source
        )  # fmt: skip

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
        rows = pl.concat([self._of_one(n) for n in sorted({*wanted, *(f for f, _ in firms)})] or [self.rows.head(0)])
        if needed is not None:
            pairs = pl.concat(
                [
                    needed.select("subject", "quantity"),
                    needed.join(_frame(firms, ("firm", "subject")), on="subject").select(
                        pl.col("firm").alias("subject"), "quantity"
                    ),
                ]
            )
            measured = self.about.filter(pl.col("quantity").str.starts_with("factor."))
            named = self.about.select("mid", "quantity")
            starred = measured.select("mid", pl.lit(MEASURED).alias("quantity"))
            keys = pairs.join(pl.concat([named, starred]), on="quantity", how="inner")
            places = pl.DataFrame({"subject": self.names, "sid": pl.Series(range(len(self.names)), dtype=pl.UInt32)})
            keys = keys.join(places, on="subject", how="inner").select("sid", "mid").unique()
            rows = rows.join(keys, on=["sid", "mid"], how="semi")
        known = {s.id for s in below}
        others = [Subject(n, n) for n in sorted(wanted - known)]
        return Facts(self._observations(rows), [*below, *others], settings=self.settings)

    def _of_one(self, subject: str) -> pl.DataFrame:
        """The rows of one subject: a slice of the rows sorted by subject."""
        if self._sorted is None:
            self._sorted = self.rows.sort("sid")
            self._starts = np.searchsorted(self._sorted["sid"].to_numpy(), np.arange(len(self.names) + 1))
        place = self.ids.get(subject)
        if place is None:
            return self._sorted.head(0)
        start, end = int(self._starts[place]), int(self._starts[place + 1])
        return self._sorted.slice(start, end - start)

    def _above(self, subject: Subject) -> set[str]:
        found: set[str] = set()
        while subject.parent and subject.parent not in found:
            found.add(subject.parent)
            if subject.parent not in self.subjects:
                break
            subject = self.subjects[subject.parent]
        return found

    def _observations(self, rows: pl.DataFrame) -> list[Observation]:
        meanings = {row[0]: row[1:] for row in self.about.iter_rows()}
        periods: dict[Any, Period] = {0: ALWAYS}
        made = []
        for sid, mid, year, x, typed, text, na, part in rows.iter_rows():
            quantity, by, kind, unit, base = meanings[mid]
            when = periods.get(part or year)
            if when is None:
                when = periods[part or year] = Period.parse(part) if part else Period(year)
            value: Scalar
            if na or kind in ("code", "text"):
                value = text or ""
            elif kind == "flag":
                value = x == 1.0
            else:
                value = exact(text) if text else _exact(typed)
                if self.factors[mid] != 1:
                    value = value * self.factors[mid]
            made.append(
                Observation(self.names[sid], quantity, when, value, unit or "", by, base_year=base, not_applicable=na)
            )
        return made


def _frame(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


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
    checks: bool = False,
    name: str = "",
) -> LongFacts:
    """Read facts of many subjects.

    Parameters
    ----------
    data
        `Facts`, a path of a Parquet file, or a polars frame (lazy or not), in the long form of the facts contract.
    subjects
        Declared subjects: `Subject` objects, or a frame with ``subject, kind, parent, from, until, name``.
    checks
        Also look for closed lists that lack a code and for figures side by side in two units.
    name
        What the data are called where something is wrong; default: the path.

    Raises
    ------
    InputError
        Something cannot be used; carries every problem.
    """
    if isinstance(data, LongFacts):
        return data
    if isinstance(data, Facts):
        return _from_facts(data)
    name = name or (str(data) if isinstance(data, str | Path) else "<dataframe>")
    frame = pl.scan_parquet(data) if isinstance(data, str | Path) else data
    if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
        frame = pl.from_dataframe(frame) if hasattr(frame, "__dataframe__") else pl.DataFrame(frame)
    frame = frame.lazy()
    lacking = [c for c in ("quantity", "period", "value") if c not in frame.collect_schema()]
    if lacking:
        names = ", ".join(lacking)
        raise InputError([Problem("no-header", Place(name), f"缺少列：{names}", f"missing columns: {names}")])
    declared = _subjects(subjects)
    return _from_frame(frame, declared, dict(settings or {}), known_reported, checks, name)


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


@dataclass(frozen=True)
class _Meant:
    """What the meanings say, by their number: kind (0 number, 1 flag, 2 code, 3 anything else), scale, flow or not, limits."""

    kind: np.ndarray[Any, Any]
    scale: np.ndarray[Any, Any]
    flow: np.ndarray[Any, Any]
    least: np.ndarray[Any, Any]
    most: np.ndarray[Any, Any]
    codes: list[set[str]]


def _meant(found: list[Meaning]) -> _Meant:
    kinds = {"number": 0, "reported": 0, "flag": 1, "code": 2}
    return _Meant(
        np.array([kinds.get(_kind(m), 3) for m in found], dtype=np.int8),
        np.array([float(m.factor) for m in found], dtype=np.float64),
        np.array([m.quantity is not None and m.quantity.kind == "flow" for m in found], dtype=np.bool_),
        np.array([_possible(m)[0] for m in found], dtype=np.float64),
        np.array([_possible(m)[1] for m in found], dtype=np.float64),
        [{c.id for c in m.quantity.codes} if m.quantity is not None else set() for m in found],
    )


def _from_frame(
    frame: pl.LazyFrame, subjects: dict[str, Subject], settings: dict[str, Any], known: KnownReported | None,
    checks: bool, file: str,
) -> LongFacts:  # fmt: skip
    parks = [s for s in subjects.values() if s.kind == "park"]
    default = parks[0].id if len(parks) == 1 else DEFAULT_SUBJECT
    schema = frame.collect_schema()
    numeric = schema["value"].is_numeric()
    frame = frame.with_columns(pl.lit("").alias(c) for c in COLUMNS if c not in schema)
    frame = frame.select(
        [pl.col(c).cast(pl.String).fill_null("") for c in COLUMNS if c != "value"]
        + [pl.col("value").cast(pl.Float64 if numeric else pl.String)]
    )
    values = frame.select("value").collect().to_series()
    told = values.is_not_null() if numeric else values.fill_null("") != ""
    places = None if told.all() else np.flatnonzero(told.to_numpy())
    values = values if places is None else values.filter(told)

    def column(name: str) -> tuple[Codes, list[str]]:
        texts = frame.select(name).collect().to_series()
        return coded(texts if places is None else texts.filter(told))

    keys = ("subject", "period", "quantity", "unit", "by")
    (sid, names), (period, periods), (quantity, quantities), (unit, units), (by, bys) = side_by_side(column, keys)
    sid, names = _called(sid, names, subjects, default)
    meanings = Meanings(catalogue(), known)
    mid, distinct = paired((quantity, len(quantities)), (unit, len(units)), (by, len(bys)))
    del quantity, unit, by
    found = [meanings.of(quantities[q], units[u], bys[b]) for q, u, b in distinct]
    base_year = settings.get("base_year")
    about = [(i, m.id, m.by, _kind(m), m.unit, _base(m, base_year)) for i, m in enumerate(found)]
    year_of = [int(p) if len(p) == 4 and p.isascii() and p.isdigit() else 0 if not p else -1 for p in periods]
    year = np.array(year_of, dtype=np.int32)[period] if len(periods) else np.zeros(0, dtype=np.int32)
    meant = _meant(found)

    plain, good, odd = _in_pieces(values, numeric, sid, mid, year, meant)
    del values, sid, mid, year, period  # some hundred MB where there are millions of rows
    inexact = {about[m][1] for m in odd}
    long_ = LongFacts(plain, pl.DataFrame(about, schema=ABOUT, orient="row"), names, subjects, [], inexact, settings)
    long_.factors = [m.factor for m in found]
    problems: list[Problem] = []
    if not good.all():
        rest = np.flatnonzero(~good) if places is None else places[~good]
        try:
            slow = _slowly(frame, rest, long_, known, file, set_aside=True)
        except InputError as error:
            problems += error.problems
        else:
            problems += [problem for _, problem in slow.rejected]
            problems += slow.warnings if problems else ()
            _append(long_, slow.observations)
    for name in subjects:
        if name not in long_.ids:
            long_.ids[name] = len(long_.names)
            long_.names.append(name)
    problems += _repeated(long_, file) + _mixed_base_years(long_, file)
    if checks and len(suspect := suspects(long_)):
        typed = {(quantities[q], m.id) for (q, _, _), m in zip(distinct, found, strict=True)}
        try:
            _slowly(frame, _places_of(frame, suspect, typed, long_, default), long_, known, file, checks=True)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    return long_


def _called(sid: Codes, texts: list[str], subjects: Mapping[str, Subject], default: str) -> tuple[Codes, list[str]]:
    """Subjects by their ids: what is typed may be the (only) name of a declared one, or nothing."""
    count = Counter(s.name for s in subjects.values() if s.name)
    by_name = {s.name: s.id for s in subjects.values() if count[s.name] == 1 and s.name not in subjects}
    ids = [by_name.get(text, text) if text else default for text in texts]
    names = list(dict.fromkeys(ids))
    if len(names) == len(ids):
        return sid, ids
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[name] for name in ids], dtype=np.int32)[sid], names


def _slowly(
    frame: pl.LazyFrame, places: np.ndarray[Any, Any], long: LongFacts, known: KnownReported | None, file: str,
    *, set_aside: bool = False, checks: bool = False,
) -> Facts:  # fmt: skip
    """Some rows of a table through the ordinary reader, in the table's order."""
    rows = pl.DataFrame([frame.select(name).collect().to_series().gather(places) for name in COLUMNS])
    return facts_from(
        rows, list(long.subjects.values()), settings=long.settings, known_reported=known, set_aside=set_aside,
        checks=checks, name=file, numbers=(places + 1).tolist(),
    )  # fmt: skip


def _places_of(
    frame: pl.LazyFrame, suspect: pl.DataFrame, typed: set[tuple[str, str]], long: LongFacts, default: str
) -> np.ndarray[Any, Any]:
    """Where the rows of some subjects and quantities stand, whatever these are called there."""
    wanted = {(long.names[sid], quantity) for sid, quantity in suspect.iter_rows()}
    ids = {q: i for q, i in typed if any(i == quantity for _, quantity in wanted)}
    asked = frame.select(pl.col("subject", "quantity").str.strip_chars()).with_row_index("row")
    rows = asked.filter(pl.col("quantity").is_in(list(ids))).collect()
    called, names = coded(rows["subject"])
    sid, names = _called(called, names, long.subjects, default)
    keep = [(names[s], ids[q]) in wanted for s, q in zip(sid.tolist(), rows["quantity"].to_list(), strict=True)]
    places = rows["row"].filter(pl.Series(keep, dtype=pl.Boolean)).to_numpy()
    return np.asarray(places, dtype=np.int64)


def _in_pieces(
    values: pl.Series, numeric: bool, sid: Codes, mid: Codes, year: Codes, meant: _Meant
) -> tuple[pl.DataFrame, np.ndarray[Any, Any], set[int]]:
    """`_plain` of the whole table, a piece at a time."""

    def piece(start: int) -> tuple[pl.DataFrame, np.ndarray[Any, Any], list[int]]:
        here = slice(start, start + PIECE)
        return _plain(values[here], numeric, sid[here], mid[here], year[here], meant)

    made = side_by_side(piece, range(0, max(len(values), 1), PIECE))
    odd = {m for _, _, found in made for m in found}
    return pl.concat([p for p, _, _ in made]), np.concatenate([g for _, g, _ in made]), odd


def _plain(
    values: pl.Series, numeric: bool, sid: Codes, mid: Codes, year: Codes, meant: _Meant
) -> tuple[pl.DataFrame, np.ndarray[Any, Any], list[int]]:
    """The plain rows of a piece of the table, which rows these are, and meanings whose floats are not exact."""
    table = pl.DataFrame(
        {
            "value": values, "sid": pl.Series(sid.astype(np.uint32)), "mid": mid, "year": year,
            "kind": meant.kind[mid], "scale": meant.scale[mid], "flow": meant.flow[mid],
            "least": meant.least[mid], "most": meant.most[mid],
        }
    )  # fmt: skip
    # Each `with_columns` computes its expressions anew: what is used twice is a column first.
    value, x = pl.col("value"), pl.col("x")
    is_number, is_flag = pl.col("kind") == 0, pl.col("kind") == 1
    if numeric:
        known = value.is_finite() & (is_number | (is_flag & value.is_in([0.0, 1.0])))
        scaled = pl.when(is_flag).then(value).otherwise(value * pl.col("scale"))
        table = table.with_columns(
            value.alias("typed"), pl.lit(None, pl.String).alias("text"), pl.lit(False).alias("long"), scaled.alias("x")
        )
    else:
        table = table.with_columns(
            (is_number & value.str.contains(PLAIN_NUMBER)).alias("number"),
            pl.Series("code", _known_codes(values, mid, meant)),
        )
        flag = pl.when(is_flag & value.is_in(YES)).then(1.0).when(is_flag & value.is_in(NO)).then(0.0)
        typed = pl.when("number").then(value).cast(pl.Float64, strict=False)
        long = pl.col("number") & (value.str.len_bytes() > EXACT_DIGITS)
        table = table.with_columns(typed.alias("typed"), flag.alias("flag"), long.alias("long"))
        text = pl.when(pl.col("code") | pl.col("long")).then(value)
        scaled = pl.when(is_flag).then(pl.col("flag")).otherwise(pl.col("typed") * pl.col("scale"))
        table = table.with_columns(text.alias("text"), scaled.alias("x"))
        known = pl.col("number") | pl.col("flag").is_not_null() | pl.col("code")
    # What cannot be (a negative amount) goes the slow way, which says where it stands.
    good = known & (~is_number | ((x >= pl.col("least")) & (x <= pl.col("most"))))
    good = good & (pl.col("year") >= 0) & ~((pl.col("year") == 0) & pl.col("flow"))
    table = table.with_columns(good.fill_null(False).alias("good"))
    odd = table.filter(is_number & ((pl.col("scale") != 1.0) | pl.col("long")))["mid"].unique().to_list()
    plain = table.filter("good").select(
        "sid", "mid", "year", "x", "typed", "text", pl.lit(False).alias("na"), pl.lit(None, pl.String).alias("part")
    )
    return plain, table["good"].to_numpy(), odd


def _known_codes(values: pl.Series, mid: Codes, meant: _Meant) -> np.ndarray[Any, Any]:
    """Rows whose value is a code of their quantity."""
    rows = np.flatnonzero(meant.kind[mid] == 2)
    good = np.zeros(len(values), dtype=np.bool_)
    texts = values.gather(rows).to_list()
    good[rows] = [v in meant.codes[m] for v, m in zip(texts, mid[rows].tolist(), strict=True)]
    return good


def _possible(meaning: Meaning) -> tuple[float, float]:
    """What a number can be: no amount is negative, no share is above its whole."""
    quantity = meaning.quantity
    if quantity is None:
        return -math.inf, math.inf
    most = float(quantity.high) if quantity.unit == "%" and quantity.high is not None else math.inf
    return (0.0 if quantity.low == 0 and not is_money(quantity) else -math.inf), most


def _kind(meaning: Meaning) -> str:
    return "wrong" if meaning.errors else meaning.kind


def _base(meaning: Meaning, default: Any) -> int | None:
    if meaning.quantity is None or not meaning.quantity.constant_price:
        return None
    return meaning.base_year or (int(default) if default else None)


def _append(long: LongFacts, observations: Iterable[Observation]) -> None:
    """Add observations as rows; each combination of quantity, breakdown, unit and kind gets a meaning of its own."""
    quantities = catalogue()
    about: dict[tuple[Any, ...], int] = {}
    first = len(long.about)
    ids = long.ids
    rows = []
    for o in observations:
        value, x, text = o.value, None, None
        if isinstance(value, bool):
            kind, x = "flag", float(value)
        elif isinstance(value, str):
            kind, text = ("text" if o.not_applicable else "code"), value
        else:
            kind = "number" if quantities.find(o.quantity) else "reported"
            x = float(value)
            if exact(x) != value:
                long.inexact.add(o.quantity)
                text = f"{value.numerator}/{value.denominator}"
        key = (o.quantity, o.by, kind, o.unit, o.base_year)
        mid = about.setdefault(key, first + len(about))
        if o.subject not in ids:
            ids[o.subject] = len(long.names)
            long.names.append(o.subject)
        part = None if o.period.kind in ("year", "always") else str(o.period)
        year = 0 if o.period == ALWAYS else o.period.year
        rows.append((ids[o.subject], mid, year, x, x, text, o.not_applicable, part))
    more = pl.DataFrame([(m, *k) for k, m in about.items()], schema=ABOUT, orient="row")
    long.rows = pl.concat([long.rows, pl.DataFrame(rows, schema=ROWS, orient="row")])
    long.about = pl.concat([long.about, more])
    long.factors += [Fraction(1)] * len(about)


def _repeated(long: LongFacts, file: str) -> list[Problem]:
    """Keys that are given twice with different values; equal ones are kept once."""
    keys = long.about.select("quantity", "by").unique(maintain_order=True).with_row_index("cell")
    cells = long.about.join(keys, on=["quantity", "by"], how="left").sort("mid")["cell"].to_numpy().astype(np.int64)
    rows = long.rows
    sid, year, cell = rows["sid"].to_numpy(), rows["year"].to_numpy(), cells[rows["mid"].to_numpy()]
    slots = np.cumsum(np.bincount(year, minlength=1) > 0)
    parts = (sid, len(long.names)), (cell, len(keys) + 1), (slots[year] - 1, int(slots[-1]))
    if rows["part"].null_count() == len(rows) and all_different(*parts):
        return []
    key = pl.Series("key", (sid.astype(np.int64) * (len(keys) + 1) + cell) * 16384 + year)
    rows = rows.with_columns(key, pl.Series("base", _bases(long)))
    twice = rows.filter(rows.select("key", "part").is_duplicated())
    values = pl.struct("x", "text", "na", "base").n_unique()
    differing = twice.group_by("key", "part").agg(values.alias("n"), pl.col("sid", "mid", "year").first())
    problems = []
    for _, part, n, sid, mid, year in differing.sort("key").iter_rows():
        if n > 1:
            quantity, by = long.about.row(mid)[1:3]
            what = f"{long.names[sid]} {quantity} {part or year or ''} {by}".strip()
            zh, en = f"{what} 有多个不同的值", f"{what} is given more than once with different values"
            problems.append(Problem("differing-duplicate", Place(file), zh, en))
    if len(twice) and not problems:
        long.rows = rows.unique(["key", "part"], keep="first", maintain_order=True).drop("key", "base")
    return problems


def _bases(long: LongFacts) -> np.ndarray[Any, Any]:
    table = long.about.sort("mid")["base"].fill_null(0).to_numpy()
    return np.asarray(table[long.rows["mid"].to_numpy()], dtype=np.int32)


def _mixed_base_years(long: LongFacts, file: str) -> list[Problem]:
    if long.about["base"].drop_nulls().n_unique() < 2:
        return []
    rows = long.rows.select("sid").with_columns(pl.Series("base", _bases(long))).filter(pl.col("base") > 0)
    mixed = rows.group_by("sid").agg(pl.col("base").n_unique().alias("n")).filter(pl.col("n") > 1).sort("sid")
    return [
        Problem(
            "mixed-base-years",
            Place(file),
            f"{long.names[s]} 混用了不同基年",
            f"{long.names[s]} mixes base years of constant prices",
        )
        for s, _ in mixed.iter_rows()
    ]


def _from_facts(facts: Facts) -> LongFacts:
    empty = pl.DataFrame(schema=ROWS), pl.DataFrame(schema=ABOUT)
    names = list(facts.subjects)
    long = LongFacts(*empty, names, dict(facts.subjects), [], set(), facts.settings, facts)
    _append(long, facts.observations)
    return long
