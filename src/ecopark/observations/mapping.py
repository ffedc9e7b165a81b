"""A department's own table, and which of its columns is what: a dated mapping as plain data, used again for next year's file.

A mapping names columns by their titles, never by their letters, so that a column that moved is found again. In a park folder
it lies beside its file as ``<file>.mapping.yaml``::

    saved: 2026-11-28
    layout: subjects            # one row a firm; `indicators`: one row an indicator
    sheet: 能耗                  # empty: the first sheet
    header: 3                   # number of the first row of the header
    header_rows: 2
    subject: {column: 企业名称, by: name}      # by: name, key or credit_code; or {fixed: KEY}
    period: {year: 2025}        # or {column: 年度}, or {header: true}: the year stands in the titles
    values:
      - {column: 综合能耗(吨标煤), quantity: energy_total_tce, unit: tce, by: ""}
    ignored: [备注]

With `indicators`, `names` is the column of the indicators' names, `units` the one of their units (or none), `column` of a value
is the name of a row, and the numbers stand in the columns with a year in their title, or in `amounts` for a given year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from ecopark.errors import Place, Problem, UnitError, did_you_mean
from ecopark.observations.meaning import KnownReported, Meanings, unit
from ecopark.observations.numbers import clean
from ecopark.observations.park_folder import MAPPING
from ecopark.observations.quantity import Catalogue, catalogue

LAYOUTS = ("subjects", "indicators")
SUBJECT_BY = ("name", "key", "credit_code")
PERIODS = ("year", "column", "header")
MOST_ROWS, MOST_VALUES = 200, 1000
KEYS = (
    "name", "saved", "layout", "sheet", "header", "header_rows", "subject", "period", "names", "units", "amounts", "values",
    "ignored",
)  # fmt: skip
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)\s*年?度?")
_NUMBERING = re.compile(r"^(?:[((]?[一二三四五六七八九十]+[))]?[、.．]?|\d{1,3}(?:\.\d{1,2})*[、.．)])\s*(?=\D)")


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column (or row) of values: what its title is, and which quantity stands in it, in which unit, of which kind."""

    column: str
    quantity: str
    unit: str = ""
    by: str = ""


@dataclass(frozen=True)
class ColumnMapping:
    """What the columns of a table are.

    Parameters
    ----------
    name, saved
        What it is called, and the day it was saved.
    header, header_rows
        Number of the first header row, counted from 1, and how many rows the header has.
    subject, subject_by, fixed_subject
        Title of the column of the subjects and what stands in it; or the one subject of the whole table.
    period, period_column, year
        ``column``, ``header`` (the year stands in the titles) or ``year``: the one year of the whole file; empty: to be told
        when a file is read.
    names, units, amounts
        For `indicators`: titles of the columns of names and units, and of the one column of numbers.
    ignored
        Titles that are known to be of no use.
    """

    layout: str = "subjects"
    sheet: str = ""
    header: int = 1
    header_rows: int = 1
    subject: str = ""
    subject_by: str = "name"
    fixed_subject: str = ""
    period: str = "year"
    period_column: str = ""
    year: str = ""
    names: str = ""
    units: str = ""
    amounts: str = ""
    values: tuple[ValueColumn, ...] = ()
    ignored: tuple[str, ...] = ()
    name: str = ""
    saved: str = ""

    def of_year(self, year: str) -> ColumnMapping:
        """The mapping for a file of one year; another year than one it has replaces that."""
        return replace(self, year=year) if year and self.period == "year" else self

    def to_dict(self) -> dict[str, Any]:
        """As plain data, the form of the YAML file."""
        subject = {"column": self.subject, "by": self.subject_by} if self.subject else {"fixed": self.fixed_subject}
        period: dict[str, Any] = (
            {"column": self.period_column} if self.period == "column"
            else {"header": True} if self.period == "header" else {"year": self.year}
        )  # fmt: skip
        found: dict[str, Any] = {
            "name": self.name, "saved": self.saved, "layout": self.layout, "sheet": self.sheet, "header": self.header,
            "header_rows": self.header_rows, "subject": subject, "period": period,
        }  # fmt: skip
        if self.layout == "indicators":
            found |= {"names": self.names, "units": self.units, "amounts": self.amounts}
        found["values"] = [
            {"column": v.column, "quantity": v.quantity, "unit": v.unit, "by": v.by} for v in self.values
        ]
        found["ignored"] = list(self.ignored)
        return found


# -- titles ------------------------------------------------------------------------------------------------------------


def title_of(text: str) -> str:
    """A title as it is compared: half-width, one space, without line breaks.

    Examples
    --------
    >>> title_of("综合能耗\\n（吨标煤）"), title_of(" Energy   use ")
    ('综合能耗(吨标煤)', 'Energy use')
    """
    one = re.sub(r"\s+", " ", clean(text))
    return re.sub(r"(?<=[^\x00-\x7f]) (?=\()|(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])", "", one)


def split_year(title: str) -> tuple[str, str]:
    """A title without its year, and the year; both as they are if there is none or more than one.

    Examples
    --------
    >>> split_year("2024年用水量(立方米)"), split_year("2023"), split_year("用水量")
    (('用水量(立方米)', '2024'), ('', '2023'), ('用水量', ''))
    """
    found = _YEAR.findall(title)
    if len(found) != 1:
        return title, ""
    return _YEAR.sub("", title).strip(" /-_:："), found[0]


def split_unit(title: str) -> tuple[str, str]:
    """A title's name and the unit in its brackets or behind a slash or comma, where that is one.

    Examples
    --------
    >>> split_unit("综合能耗(吨标煤)"), split_unit("用水量,单位:万吨"), split_unit("产值(现价)"), split_unit("税收/万元")
    (('综合能耗', '吨标煤'), ('用水量', '万吨'), ('产值(现价)', ''), ('税收', '万元'))
    """
    for pattern in (
        r"^(.*?)\s*[(\[【]([^()\[\]【】]{1,30})[)\]】]$",
        r"^(.*?)\s*[,，;；]\s*([^,，;；]{1,30})$",
        r"^([^/]+)/(.{1,30})$",
    ):
        if match := re.match(pattern, title):
            name, text = match[1].strip(), re.sub(r"^(?:计量)?单位\s*[::]?\s*", "", match[2]).strip()
            if name and is_unit(text):
                return name, text
    return title, ""


def is_unit(text: str) -> bool:
    """Whether a text is a unit the alias table knows."""
    if not text or not re.search(r"[^\d\s.]", text):
        return False
    try:
        unit(text)
    except UnitError:
        return False
    return True


def row_name(text: str) -> str:
    """The name of an indicator without numbering and without 其中.

    Examples
    --------
    >>> row_name("一、综合能耗"), row_name("  其中：原煤"), row_name("3. Water")
    ('综合能耗', '原煤', 'Water')
    """
    plain = _NUMBERING.sub("", title_of(text))
    return re.sub(r"^其中\s*[::]?\s*", "", plain).strip()


# -- the file ----------------------------------------------------------------------------------------------------------


def mapping_beside(file: Path) -> Path:
    """Where the mapping of a data file lies."""
    return file.with_name(file.name + MAPPING)


def read_mapping(path: Path) -> tuple[ColumnMapping | None, list[Problem]]:
    """The mapping of a YAML file; None if it cannot be used, with every problem."""
    place = Place(str(path))
    try:
        data = yaml.safe_load(path.read_bytes()[:1_000_000].decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        reason = str(error).splitlines()[0][:120]
        return None, [_wrong(place, f"读不懂（{reason}）", f"it cannot be read ({reason})")]
    return from_dict(data, place)


def from_dict(data: Any, place: Place) -> tuple[ColumnMapping | None, list[Problem]]:
    """A mapping from plain data, every problem told."""
    if not isinstance(data, Mapping):
        return None, [_wrong(place, "应为一组“名称: 内容”", "it must be keys with values")]
    problems = []
    for key in data:
        if str(key) not in KEYS:
            near = did_you_mean(str(key), KEYS)
            problems.append(
                _wrong(place, f"“{key}”不是列对应的项目", f"'{key}' is no key of a mapping. {near}".strip())
            )
    subject, period = (_map(data.get(k)) for k in ("subject", "period"))
    for key in ("subject", "period"):
        if not isinstance(data.get(key, {}), Mapping):
            problems.append(_wrong(place, f"{key} 应为 {{...}}", f"{key} must be a mapping such as {{column: ...}}"))
    values = data.get("values") or []
    if not isinstance(values, list) or not all(isinstance(v, Mapping) for v in values):
        problems.append(
            _wrong(place, "values 应为列表，每项有 column 和 quantity", "values must list column and quantity")
        )
        values = []
    numbers = {}
    for key in ("header", "header_rows"):
        given = data.get(key, 1)
        if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_ROWS:
            problems.append(
                _wrong(place, f"{key} 应为行号", f"{key} must be a number of rows, not {str(given)[:20]!r}")
            )
            given = 1
        numbers[key] = given
    ignored = data.get("ignored") or []
    made = ColumnMapping(
        layout=_text(data.get("layout")) or "subjects",
        sheet=_text(data.get("sheet")),
        header=numbers["header"],
        header_rows=numbers["header_rows"],
        subject=title_of(_text(subject.get("column"))),
        subject_by=_text(subject.get("by")) or "name",
        fixed_subject=_text(subject.get("fixed")),
        period="column" if period.get("column") else "header" if period.get("header") else "year",
        period_column=title_of(_text(period.get("column"))),
        year=_text(period.get("year")),
        names=title_of(_text(data.get("names"))),
        units=title_of(_text(data.get("units"))),
        amounts=title_of(_text(data.get("amounts"))),
        values=tuple(
            ValueColumn(
                title_of(_text(v.get("column"))), _text(v.get("quantity")), _text(v.get("unit")), _text(v.get("by"))
            )
            for v in values[:MOST_VALUES]
        ),
        ignored=tuple(title_of(_text(t)) for t in ignored) if isinstance(ignored, list) else (),
        name=_text(data.get("name")),
        saved=_text(data.get("saved")),
    )
    problems += check(made, place)
    return (None if any(p.severity == "error" for p in problems) else made), problems


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()[:300]


def check(
    m: ColumnMapping, place: Place, *, known: Catalogue | None = None, known_reported: KnownReported | None = None
) -> list[Problem]:
    """Everything that is wrong with a mapping by itself, whatever the file."""
    problems: list[Problem] = []
    if m.layout not in LAYOUTS:
        problems.append(_wrong(place, f"layout 应为 {'、'.join(LAYOUTS)}", f"layout is one of {', '.join(LAYOUTS)}"))
    if m.subject and m.subject_by not in SUBJECT_BY:
        problems.append(_wrong(place, f"by 应为 {'、'.join(SUBJECT_BY)}", f"by is one of {', '.join(SUBJECT_BY)}"))
    if m.layout == "subjects" and not m.subject and not m.fixed_subject:
        problems.append(_wrong(place, "没有说明企业（对象）在哪一列", "no column of subjects, and no fixed subject"))
    if m.layout == "indicators" and not m.names:
        problems.append(_wrong(place, "没有说明指标名称在哪一列", "no column of the indicators' names"))
    if m.layout == "indicators" and m.period != "header" and not m.amounts:
        problems.append(_wrong(place, "没有说明数值在哪一列", "no column of amounts, and no years in the titles"))
    if m.period == "column" and not m.period_column:
        problems.append(_wrong(place, "没有说明年度在哪一列", "no column of periods"))
    if m.year and not re.fullmatch(r"(?:19|20)\d{2}", m.year):
        problems.append(_wrong(place, f"“{m.year}”不是年份", f"'{m.year}' is no year"))
    if not m.values:
        problems.append(_wrong(place, "没有一列对应到数据项", "no column is a quantity"))
    meanings = Meanings(known or catalogue(), known_reported)
    told: dict[tuple[str, str], str] = {}
    titles: set[str] = set()
    for value in m.values:
        if value.column in titles:
            problems.append(
                _wrong(place, f"“{value.column}”列写了两次", f"the column '{value.column}' is mapped twice")
            )
        titles.add(value.column)
        meaning = meanings.of(value.quantity, value.unit, value.by)
        if not value.quantity:
            problems.append(_wrong(place, f"“{value.column}”没有数据项", f"'{value.column}' has no quantity"))
            continue
        for finding in meaning.errors:
            problem = finding.at(place)
            problems.append(
                replace(problem, zh=f"“{value.column}”：{problem.zh}", en=f"'{value.column}': {problem.en}")
            )
        key = (meaning.id, meaning.by)
        if key in told:
            problems.append(
                Problem(
                    "mapping-twice", place,
                    f"“{told[key]}”和“{value.column}”两列都对应到 {meaning.id}。",
                    f"'{told[key]}' and '{value.column}' are both mapped to {meaning.id}.",
                    "请只保留一列，或用“分项”区分。", "Keep one of them, or tell them apart by a breakdown.",
                )
            )  # fmt: skip
        told.setdefault(key, value.column)
    return problems


def write_mapping(m: ColumnMapping, notes: Iterable[str] = ()) -> str:
    """The mapping as YAML; notes become comments above."""
    head = "".join("# " + " ".join(note.split()) + "\n" for note in notes)
    return head + yaml.safe_dump(m.to_dict(), allow_unicode=True, sort_keys=False, width=120)


def _wrong(place: Place, zh: str, en: str) -> Problem:
    return Problem(
        "bad-mapping", place, f"列对应：{zh}。", f"column mapping: {en}.",
        "请在“列对应”页面改正，或修改 .mapping.yaml。", "Correct it on the page of the mapping, or in the .mapping.yaml.",
    )  # fmt: skip
