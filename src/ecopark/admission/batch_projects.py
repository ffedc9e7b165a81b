"""Many projects as columns: a wide or a long table, or single descriptions, read once.

What is plain (numbers, yes and no) stays in columns. A project with anything else in it (``3.2万``, a negative area, an unknown
industry, a figure given twice) is marked odd: `describe` turns it back into a description, and the ordinary reader says what
is wrong or reads it. Nothing is read in two ways.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission.industry import industries
from ecopark.admission.project import FACT_KEYS, KEYS, KINDS, OPINIONS, SUBJECT, Opinion, Project
from ecopark.admission.ratios import Ratio, by_name, shared_ratios
from ecopark.core.period import ALWAYS, Period, year
from ecopark.core.rounding import exact
from ecopark.core.unit import unit
from ecopark.errors import InputError, Place, Problem, UnitError, did_you_mean
from ecopark.observations.long_frame import ABOUT, EXACT_DIGITS, NO, PLAIN_NUMBER, ROWS, YES, LongFacts
from ecopark.observations.long_frame import _possible as possible
from ecopark.observations.meaning import Meanings
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.observations.quantity import catalogue

Flags = NDArray[np.bool_]
TEXTS = (
    "project", "industry_code", "kind", "words", "processes", "products", "technology", "parcel", "group", "geometry",
    "start", "note", "source", "invented",
)  # fmt: skip
"""Columns that describe a project beside its figures."""
WORDS = ("words", "processes", "products", "technology")
NUMBERS = ("longitude", "latitude")
BETWEEN = "\x1f"
"""Between the words of one project."""
NONE = ("-", "—", "无", "none")
"""A cell of words that says: none of note."""
GREATEST_EXACT = 1e15
FIRST_YEAR, LAST_YEAR = 1901, 2100

_HEADER = re.compile(
    r"(?P<name>[^\[\]@]+?)\s*(?:\[(?P<by>[^\]]*=[^\]]*)\])?\s*(?:@(?P<period>\d{4}))?\s*(?:\[(?P<unit>[^\]=]*)\])?\Z"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """What a column (or the rows of a long table that agree in this) gives figures of."""

    quantity: str
    unit: str = ""
    by: str = ""
    period: str = ""


@dataclass
class ProjectTable:
    """Projects in columns.

    Parameters
    ----------
    about
        One row a project: ``project, industry_code, kind, words`` (null: not given), ``parcel, group, geometry, longitude,
        latitude, start, opinions`` (JSON).
    cells
        Figures: ``row, figure`` (place in `figures`), ``typed`` (float64, null where not plain), ``text`` (as given).
    figures
        What the cells are figures of.
    odd
        Rows that the ordinary reader must read.
    given
        Descriptions as they were read, by row, where the source was no table.
    """

    about: pl.DataFrame
    cells: pl.DataFrame
    figures: list[Figure]
    odd: Flags
    given: dict[int, Any] = field(default_factory=dict)
    long: LongFacts = field(init=False, repr=False)
    _starts: Any = field(init=False, repr=False)

    def __len__(self) -> int:
        return self.about.height

    @cached_property
    def codes(self) -> tuple[list[str], NDArray[np.int64]]:
        """Distinct industry codes, and which one each project has."""
        return numbered(self.about["industry_code"])

    @cached_property
    def _columns(self) -> list[str]:
        return self.about.columns

    @cached_property
    def _typed(self) -> tuple[NDArray[Any], ...]:
        """Figure, year, value and typed number of the plain rows."""
        return tuple(self.long.rows[name].to_numpy() for name in ("mid", "year", "x", "typed"))

    @cached_property
    def _meant(self) -> list[tuple[Any, ...]]:
        """What each figure means."""
        return self.long.about.rows()

    # -- back to one project -------------------------------------------------------------------------------------------

    def describe(self, row: int) -> Any:
        """The description of one project, as `ecopark admit` takes it."""
        if row in self.given:
            return self.given[row]
        about = self.about.row(row, named=True)
        made: dict[str, Any] = {"name": about["project"]}
        for key in ("industry_code", "kind", "parcel", "group", "start"):
            if about[key] not in (None, ""):
                made[key] = about[key]
        if about["words"] is not None:
            made["words"] = [w for w in about["words"].split(BETWEEN) if w]
        if about["geometry"]:
            made["geometry"] = about["geometry"]
        elif place := _place(about):
            made["geometry"] = json.loads(place)
        if about["opinions"]:
            made["opinions"] = json.loads(about["opinions"])
        made["facts"] = [self._fact(*cell) for cell in self.cells.filter(pl.col("row") == row).iter_rows()]
        return made

    def _fact(self, row: int, number: int, typed: float | None, text: str | None) -> dict[str, str]:
        figure = self.figures[number]
        value = text if text is not None else str(exact(typed or 0.0)) if typed and typed.is_integer() else repr(typed)
        fact = {"quantity": figure.quantity, "value": value, "unit": figure.unit}
        return fact | {k: v for k, v in (("by", figure.by), ("period", figure.period)) if v}

    def project(self, row: int, *, facts: bool = True) -> Project:
        """A plain row as a project, without its wording; `facts` False leaves the figures out."""
        about = dict(zip(self._columns, self.about.row(row), strict=True))
        words = about["words"]
        return Project(
            name=about["project"],
            facts=self.facts(row) if facts else _NO_FACTS,
            industry_code=about["industry_code"],
            words=None if words is None else tuple(w for w in words.split(BETWEEN) if w),
            kind=about["kind"],
            parcel=about["parcel"],
            group=about["group"],
            geometry=_place(about),
            opinions=_opinions(about["opinions"]),
            start=about["start"],
        )

    def facts(self, row: int) -> Facts:
        """The exact figures of a plain row."""
        first, last = int(self._starts[row]), int(self._starts[row + 1])
        meant, found = self._meant, []
        for mid, when, x, typed in zip(*(column[first:last].tolist() for column in self._typed), strict=True):
            _, quantity, by, kind, unit_text, base = meant[mid]
            value: Any = x == 1.0 if kind == "flag" else exact(typed) * self.long.factors[mid]
            period = year(when) if when else ALWAYS
            found.append(Observation(SUBJECT, quantity, period, value, unit_text or "", by, base_year=base))
        return Facts(found, [Subject(SUBJECT, SUBJECT, "project")], settings={"factors": {}})


def numbered(column: pl.Series) -> tuple[list[str], NDArray[np.int64]]:
    """The distinct texts of a column, and which one each row has."""
    distinct = column.unique(maintain_order=True)
    return distinct.to_list(), column.cast(pl.Enum(distinct)).to_physical().to_numpy().astype(np.int64)


class NotAskedError(LookupError):
    """A rule looked at something that its plan does not know of: it must be held against each project by itself."""


class _Hidden(Facts):
    """The figures of a project that is tried without them: none by year, and nobody may look at one."""

    def get(self, subject: str, quantity: str, period: Period, by: str = "") -> Observation | None:
        raise NotAskedError(quantity)

    exact = get

    def parts(self, subject: str, quantity: str, period: Period) -> list[Observation]:
        raise NotAskedError(quantity)


_NO_FACTS = _Hidden([], [Subject(SUBJECT, SUBJECT, "project")], settings={"factors": {}})


def _place(about: Mapping[str, Any]) -> str:
    """The geometry of a project as text: as given, else its point."""
    if about["geometry"] or about["longitude"] is None or about["latitude"] is None:
        return str(about["geometry"])
    return f'{{"type": "Point", "coordinates": [{about["longitude"]!r}, {about["latitude"]!r}]}}'


@cache
def _opinions(text: str | None) -> tuple[Opinion, ...]:
    return tuple(
        Opinion(*(o.get(k, "") for k in ("office", "opinion", "by", "date", "note"))) for o in json.loads(text or "[]")
    )


# -- reading -----------------------------------------------------------------------------------------------------------


def read_projects(source: Any, extra: Iterable[Ratio] = ()) -> ProjectTable:
    """Read many projects.

    Parameters
    ----------
    source
        A data frame, or a path: ``.parquet`` and ``.csv`` (wide or long), ``.jsonl`` (one description a line), a folder of
        ``.json`` and ``.yaml`` descriptions; or a sequence of descriptions.
    extra
        Ratios that the policy adds to the shared ones.

    Raises
    ------
    InputError
        The table as a whole cannot be read: no name, unknown columns, units that do not fit, a project given twice.
    """
    file = ""
    if isinstance(source, str | Path):
        path = Path(source)
        file = path.name
        source = _load(path)
    if isinstance(source, pl.DataFrame):
        table = _from_long(source, file) if {"quantity", "value"} <= set(source.columns) else _from_wide(source, file)
    else:
        table = _from_descriptions(list(source))
    _check_about(table, file)
    _to_long(table, by_name([*shared_ratios().values(), *extra]), file)
    return table


def _load(path: Path) -> pl.DataFrame | list[Any]:
    ending = path.suffix.lower()
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in (".json", ".yaml", ".yml"))
        if not found:
            raise _wrong(path.name, "no-file", "文件夹中没有项目文件", "the folder holds no .json or .yaml project")
        return list(found)
    if not path.is_file():
        raise _wrong(str(path), "no-file", "没有这个项目文件", "there is no such file of projects")
    try:
        if ending == ".parquet":
            return pl.read_parquet(path)
        if ending == ".csv":
            return pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
        if ending == ".jsonl":
            return [
                json.loads(line, parse_float=str, parse_int=str)
                for line in path.read_text("utf-8-sig").splitlines()
                if line.strip()
            ]
    except (pl.exceptions.PolarsError, ValueError, OSError) as error:
        raise _wrong(path.name, "unreadable-file", f"读不懂：{error}", f"it cannot be read: {error}") from None
    raise _wrong(
        path.name,
        "unknown-format",
        "请给出 .parquet、.csv、.jsonl 或文件夹",
        "give a .parquet, .csv or .jsonl file, or a folder",
    )


def _wrong(file: str, code: str, zh: str, en: str, repair: str = "", cell: str = "") -> InputError:
    return InputError([Problem(code, Place(file or "projects", cell=cell), zh, en, repair, repair)])


def _from_wide(frame: pl.DataFrame, file: str) -> ProjectTable:
    frame = _named(frame, file)
    texts = [c for c in frame.columns if c in TEXTS or c in NUMBERS or c.startswith("opinion.")]
    figures, columns, problems = [], [], []
    for column in frame.columns:
        if column in texts:
            continue
        found = _HEADER.match(column.strip())
        if found is None:
            zh, en = f"列名 {column!r} 读不懂", f"the column {column!r} is no figure; write quantity[by]@year [unit]"
            problems.append(Problem("bad-header", Place(file or "projects", cell=column), zh, en))
            continue
        parts = found.groupdict(default="")
        figures.append(Figure(parts["name"], parts["unit"].strip(), parts["by"], parts["period"]))
        columns.append(frame[column])
    if problems:
        raise InputError(problems)
    typed = {i: c.cast(pl.Float64) for i, c in enumerate(columns) if c.dtype.is_numeric() or c.dtype == pl.Boolean}
    pieces = [_stacked(typed, frame.height)]
    pieces += [_stacked({i: c}, frame.height) for i, c in enumerate(columns) if i not in typed]
    cells = pl.concat(pieces).sort("row", "figure") if len(pieces) > 1 else pieces[0].sort("row", maintain_order=True)
    return ProjectTable(_about(frame.select(texts), file), cells, figures, np.zeros(frame.height, bool))


def _stacked(columns: Mapping[int, pl.Series], height: int) -> pl.DataFrame:
    """The cells of some columns of one kind, one column after the other."""
    row = np.tile(np.arange(height, dtype=np.uint32), len(columns))
    figure = np.repeat(np.array(list(columns), dtype=np.int32), height)
    values = pl.concat([c.alias("") for c in columns.values()]) if columns else pl.Series(dtype=pl.Float64)
    return _cells(pl.Series(row), pl.Series(figure), values)


def _from_long(frame: pl.DataFrame, file: str) -> ProjectTable:
    frame = _named(frame, file)
    names = frame["project"].unique(maintain_order=True)
    row = frame["project"].replace_strict(
        names, pl.Series(np.arange(len(names)), dtype=pl.UInt32), return_dtype=pl.UInt32
    )
    keys = ["quantity", "unit", "by", "period"]
    for key in keys:
        column = pl.col(key).cast(pl.String).fill_null("").str.strip_chars() if key in frame.columns else pl.lit("")
        frame = frame.with_columns(column.alias(key))
    distinct = frame.select(keys).unique(maintain_order=True).with_row_index("figure")
    number = frame.join(distinct, on=keys, how="left", maintain_order="left")["figure"].cast(pl.Int32)
    texts = [c for c in frame.columns if c in TEXTS or c in NUMBERS or c.startswith("opinion.")]
    known = {*texts, *keys, "value"}
    if unknown := [c for c in frame.columns if c not in known]:
        near = did_you_mean(unknown[0], sorted(known))
        raise _wrong(
            file, "unknown-column", f"未知的列：{', '.join(unknown)}", f"unknown columns: {', '.join(unknown)}.", near
        )
    first = frame.group_by("project", maintain_order=True).agg(
        pl.col(c).drop_nulls().first() for c in texts if c != "project"
    )
    cells = _cells(row.rename("row"), number, frame["value"]).sort("row", "figure")
    figures = [Figure(*values) for values in distinct.select(keys).iter_rows()]
    return ProjectTable(_about(first, file), cells, figures, np.zeros(len(names), bool))


def _from_descriptions(given: Sequence[Any]) -> ProjectTable:
    """Descriptions into columns; what is no plain description stays with the ordinary reader."""
    from ecopark.admission.project import _load as load_one

    rows: list[dict[str, Any]] = []
    figures: dict[Figure, int] = {}
    cells: list[tuple[int, int, str]] = []
    odd = np.zeros(len(given), bool)
    kept: dict[int, Any] = {}
    for number, one in enumerate(given):
        kept[number] = one
        if isinstance(one, Path):
            try:
                one = load_one(one)
            except InputError:
                odd[number] = True
                rows.append({"project": one.stem})
                continue
            kept[number] = one
        plain = isinstance(one, Mapping) and set(map(str, one)) <= KEYS and isinstance(one.get("facts"), list | tuple)
        rows.append({"project": str(one.get("name") or "") if isinstance(one, Mapping) else ""})
        if not plain:
            odd[number] = True
            continue
        words = [
            str(w).strip()
            for k in WORDS
            for w in (one[k] if isinstance(one.get(k), list | tuple) else [one.get(k)])
            if w
        ]
        told = any(one.get(k) is not None for k in WORDS)
        place = one.get("geometry")
        rows[-1] |= {
            "industry_code": str(one.get("industry_code") or ""), "kind": str(one.get("kind") or ""),
            "words": BETWEEN.join(words) if told else None, "parcel": str(one.get("parcel") or ""),
            "group": str(one.get("group") or ""), "start": str(one.get("start") or ""),
            "geometry": place if isinstance(place, str) else json.dumps(place, default=float) if place else "",
            "opinions": json.dumps(one["opinions"], default=str) if one.get("opinions") else None,
        }  # fmt: skip
        for fact in one["facts"]:
            if (
                not isinstance(fact, Mapping)
                or not set(map(str, fact)) <= FACT_KEYS
                or isinstance(fact.get("by"), Mapping)
            ):
                odd[number] = True
                break
            key = Figure(*(str(fact.get(k) or "").strip() for k in ("quantity", "unit", "by", "period")))
            cells.append((number, figures.setdefault(key, len(figures)), str(fact.get("value", "?"))))
    names = ["project", "industry_code", "kind", "words", "parcel", "group", "start", "geometry", "opinions"]
    about = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))
    raw = pl.DataFrame(cells, schema={"row": pl.UInt32, "figure": pl.Int32, "value": pl.String}, orient="row")
    made = _cells(raw["row"], raw["figure"], raw["value"]).sort("row", "figure", maintain_order=True)
    opinions = about["opinions"].to_list()
    odd |= np.array([o is not None and not _plain_opinions(o) for o in opinions], dtype=bool)
    return ProjectTable(_about(about, "", split=False), made, list(figures), odd, kept)


@cache
def _plain_opinions(text: str) -> bool:
    found = json.loads(text)
    return isinstance(found, list) and all(
        isinstance(o, dict) and o.get("office") and o.get("opinion") in OPINIONS for o in found
    )


def _named(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    if "project" not in frame.columns and "name" in frame.columns:
        frame = frame.rename({"name": "project"})
    if "project" not in frame.columns:
        raise _wrong(
            file, "name-missing", "缺 project 列", "there is no column 'project'", "project, industry_code, ..."
        )
    return frame.with_columns(pl.col("project").cast(pl.String).fill_null("").str.strip_chars())


def _cells(row: pl.Series, number: pl.Series, value: pl.Series) -> pl.DataFrame:
    """Cells that hold something: the plain number they are, and the text where they were text."""
    frame = pl.DataFrame({"row": row, "figure": number, "value": value})
    if value.dtype == pl.Boolean:
        frame = frame.with_columns(pl.col("value").cast(pl.Float64))
    if value.dtype.is_numeric() or value.dtype == pl.Boolean:
        typed = pl.col("value").cast(pl.Float64)
        plain = typed.is_finite() & (typed.abs() < GREATEST_EXACT)
        text = pl.when(~plain).then(typed.cast(pl.String))
        made = frame.filter(pl.col("value").is_not_null())
        return made.select("row", "figure", pl.when(plain).then(typed).alias("typed"), text.alias("text"))
    stripped = pl.col("value").cast(pl.String).str.strip_chars()
    short = stripped.str.contains(PLAIN_NUMBER) & (stripped.str.len_bytes() <= EXACT_DIGITS)
    parsed = pl.when(short).then(stripped).cast(pl.Float64, strict=False)
    made = frame.filter(stripped.fill_null("") != "")
    return made.select("row", "figure", parsed.alias("typed"), stripped.alias("text"))


def _about(frame: pl.DataFrame, file: str, *, split: bool = True) -> pl.DataFrame:
    """The columns that describe projects, all there, in one form."""
    offices = sorted({c.split(".")[1] for c in frame.columns if c.startswith("opinion.")})
    made = [pl.col("project")]
    for name in ("industry_code", "kind", "parcel", "group", "geometry", "start"):
        text = pl.col(name).cast(pl.String).fill_null("").str.strip_chars() if name in frame.columns else pl.lit("")
        made.append(text.alias(name))
    words = [_split(pl.col(c).cast(pl.String)) if split else pl.col(c) for c in WORDS if c in frame.columns]
    told = pl.any_horizontal([w.is_not_null() for w in words]) if words else pl.lit(False)
    joined = pl.concat_str(words, separator=BETWEEN, ignore_nulls=True) if words else pl.lit(None, pl.String)
    made.append(pl.when(told).then(joined).alias("words"))
    for name in NUMBERS:
        made.append(
            (pl.col(name).cast(pl.Float64, strict=False) if name in frame.columns else pl.lit(None, pl.Float64)).alias(
                name
            )
        )
    if offices:
        made.append(pl.lit(_told_opinions(frame, offices)).alias("opinions"))
    else:
        made.append(pl.col("opinions") if "opinions" in frame.columns else pl.lit(None, pl.String).alias("opinions"))
    return frame.select(made)


def _split(text: pl.Expr) -> pl.Expr:
    plain = text.str.strip_chars()
    pieces = plain.str.replace_all(r"\s*[;；、|]\s*", BETWEEN)
    none = plain.str.to_lowercase().is_in(NONE)
    return pl.when(none).then(pl.lit("")).when(plain.fill_null("") != "").then(pieces)


def _told_opinions(frame: pl.DataFrame, offices: Sequence[str]) -> pl.Series:
    """What the offices said, as JSON; written once for all projects of which they said the same."""
    keys = {"opinion": "", "by": ".by", "date": ".date", "note": ".note"}
    columns = [
        (office, key, f"opinion.{office}{ending}")
        for office in offices
        for key, ending in keys.items()
        if f"opinion.{office}{ending}" in frame.columns
    ]
    texts = frame.select(pl.col(name).cast(pl.String).fill_null("") for _, _, name in columns)
    distinct = texts.unique(maintain_order=True)
    made: list[str | None] = []
    for row in distinct.iter_rows():
        said: dict[str, dict[str, str]] = {}
        for (office, key, _), text in zip(columns, row, strict=True):
            if text:
                said.setdefault(office, {"office": office})[key] = text
        told = [one for one in said.values() if "opinion" in one]
        made.append(json.dumps(told, ensure_ascii=False) if told else None)
    distinct = distinct.with_columns(pl.Series("opinions", made, dtype=pl.String))
    return texts.join(distinct, on=texts.columns, how="left", maintain_order="left")["opinions"]


def _check_about(table: ProjectTable, file: str) -> None:
    """Marks projects whose description is not plain; brings codes and years into one form."""
    about = table.about
    codes = about["industry_code"].str.to_uppercase()
    known = {}
    for code in codes.unique().to_list():
        short = code[1:] if code[:1].isalpha() and len(code) > 1 else code
        known[code] = (short, not short or (short in industries() and len(short) > 1))
    short = codes.replace_strict(list(known), [k[0] for k in known.values()], return_dtype=pl.String)
    good = codes.replace_strict(list(known), [k[1] for k in known.values()], return_dtype=pl.Boolean)
    kind = pl.when(pl.col("kind") == "").then(pl.lit("new")).otherwise(pl.col("kind"))
    start = pl.col("start").cast(pl.Int32, strict=False)
    table.about = about.with_columns(short.alias("industry_code"), kind.alias("kind"), start.alias("start"))
    odd = ~good | (about["project"] == "") | ~table.about["kind"].is_in(KINDS)
    odd |= (about["start"] != "") & ~about["start"].str.contains(r"^(19[89]\d|20\d\d|2100)$")
    lon, lat = table.about["longitude"], table.about["latitude"]
    odd |= ((lon.abs() > 180) | (lat.abs() > 90)).fill_null(False) | (lon.is_null() != lat.is_null())
    if about["opinions"].null_count() < len(about):
        said = about["opinions"].unique().drop_nulls()
        odd |= about["opinions"].is_in([o for o in said.to_list() if not _plain_opinions(o)]).fill_null(False)
    table.odd = table.odd | odd.to_numpy()
    names = about.filter(pl.col("project") != "")["project"]
    if twice := names.filter(names.is_duplicated()).unique(maintain_order=True).to_list():
        shown = ", ".join(twice[:5])
        raise _wrong(
            file,
            "project-twice",
            f"项目重名：{shown}",
            f"projects are given twice: {shown}",
            "每个项目一个名称；one name a project",
        )


# -- figures -----------------------------------------------------------------------------------------------------------

PLAIN_KINDS = ("number", "reported", "flag")


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a figure means: as `LongFacts.about` has it, the factor to the canonical unit, what a number can be."""

    quantity: str
    by: str = ""
    kind: str = "wrong"
    unit: str = ""
    base: int | None = None
    factor: Fraction = Fraction(1)
    span: tuple[float, float] = (0.0, 0.0)
    year: int = -1
    problem: Problem | None = None


def _meant(figure: Figure, ratios: Mapping[str, Ratio], meanings: Meanings, place: Place) -> _Meant:
    when = figure.period
    plain = not when or (when.isdigit() and len(when) == 4 and FIRST_YEAR <= int(when) <= LAST_YEAR)
    number, name = (int(when or 0) if plain else -1), figure.quantity
    if name in ratios:
        ratio = ratios[name]
        try:
            factor = unit(figure.unit or ratio.unit).factor_to(unit(ratio.unit))
        except UnitError as error:
            zh, en = f"{ratio.label.zh}：{error}", f"{ratio.id}: {error}"
            return _Meant(name, problem=Problem("unit", place, zh, en))
        return _Meant(ratio.id, "", "reported", ratio.unit, None, factor, (0.0, np.inf), number)
    if meanings.find(name) is None:
        near = did_you_mean(name, [*catalogue().names, *ratios, *TEXTS, *NUMBERS])
        zh, en = f"没有数据项“{name}”。", f"unknown quantity '{name}'."
        return _Meant(name, problem=Problem("unknown-quantity", place, zh, en, near, near))
    found = meanings.of(name, figure.unit, figure.by)
    if found.errors:
        return _Meant(found.id, problem=found.errors[0].at(place))
    return _Meant(found.id, found.by, found.kind, found.unit, found.base_year, found.factor, possible(found), number)


def _to_long(table: ProjectTable, ratios: Mapping[str, Ratio], file: str) -> None:
    """Cells in canonical units, as the formulas look them up; projects with anything not plain are marked odd."""
    meanings = Meanings(catalogue())
    places = [Place(file or "projects", cell=f.quantity) for f in table.figures]
    meant = [_meant(f, ratios, meanings, at) for f, at in zip(table.figures, places, strict=True)]
    problems = [m.problem for m in meant if m.problem is not None]
    if problems and not table.given:  # of a description, the ordinary reader says it
        raise InputError(problems)
    cells = table.cells
    mid = cells["figure"].to_numpy()

    def per(values: list[Any], dtype: Any) -> pl.Series:
        return pl.Series(np.array(values, dtype=dtype)[mid] if len(mid) else np.zeros(0, dtype=dtype))

    kind = per([PLAIN_KINDS.index(m.kind) if m.kind in PLAIN_KINDS else 3 for m in meant], np.int8)
    when, scale = per([m.year for m in meant], np.int32), per([float(m.factor) for m in meant], np.float64)
    low, high = (per([m.span[i] for m in meant], np.float64) for i in (0, 1))
    text, typed = pl.col("text"), pl.col("typed")
    flag = pl.when(text.is_in(YES)).then(1.0).when(text.is_in(NO)).then(0.0).otherwise(typed)
    x = cells.select(pl.when(kind == 2).then(flag).otherwise(typed * scale)).to_series()
    good = (kind < 3) & (when >= 0) & x.is_not_null() & (((x >= low) & (x <= high)) | (kind == 2))
    good = good.fill_null(False) & ((kind != 2) | x.is_in([0.0, 1.0]))
    table.odd[cells["row"].filter(~good).to_numpy()] = True
    distinct: dict[Any, int] = {}
    keys = [distinct.setdefault((m.quantity, m.by, m.year), len(distinct)) for m in meant]
    if len(distinct) < len(table.figures) or table.given:
        same = (cells["row"].cast(pl.Int64) * max(len(distinct), 1) + per(keys, np.int64)).is_duplicated()
        table.odd[cells["row"].filter(same).to_numpy()] = True
    rows = pl.DataFrame({"sid": cells["row"], "mid": cells["figure"], "year": when, "x": x, "typed": cells["typed"]})
    rows = rows.filter(pl.Series(~table.odd[cells["row"].to_numpy()]))
    empty = pl.lit(None, pl.String)
    rows = rows.with_columns(empty.alias("text"), pl.lit(False).alias("na"), empty.alias("part"))
    rows = rows.select(pl.col(name).cast(dtype) for name, dtype in ROWS.items())
    about = [(i, m.quantity, m.by, m.kind, m.unit, m.base) for i, m in enumerate(meant)]
    inexact = {m.quantity for m in meant if m.factor != 1}
    table.long = LongFacts(
        rows, pl.DataFrame(about, schema=ABOUT, orient="row"), [SUBJECT] * len(table), {}, [m.factor for m in meant],
        inexact, {"factors": {}},
    )  # fmt: skip
    table._starts = np.searchsorted(rows["sid"].to_numpy(), np.arange(len(table) + 1))
