"""The rows of a department's own table by a saved mapping; whatever no longer fits is told with the nearest titles.

Either the whole table fits its mapping, or nothing of it is read. Rows are handed to the same reader as those of templates:
numbers, units, thousands separators and 万 / 亿 are read there, and every problem stands at its cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ecopark.errors import Place, Problem, did_you_mean
from ecopark.observations.layout import HEADER_WITHIN, noted
from ecopark.observations.mapping import ColumnMapping, ValueColumn, row_name, split_unit, split_year, title_of
from ecopark.observations.model import Subject
from ecopark.observations.numbers import is_none_given, shown
from ecopark.observations.readers.table import Table
from ecopark.observations.rows import RawRow

TOTALS = ("合计", "总计", "小计", "共计", "total", "sum", "subtotal")
"""Rows of sums: no subject, no indicator."""


@dataclass(frozen=True, slots=True)
class Head:
    """One column of a header: its whole title, the title without its year, and the year."""

    column: int
    title: str
    base: str
    year: str


def heads(table: Table, first: int, count: int) -> list[Head]:
    """The titles of a header of one or more rows; a merged cell above speaks for all columns below it.

    Parameters
    ----------
    first
        Number of its first row, counted from 0.
    """
    rows = [table.rows[at] if at < len(table.rows) else [] for at in range(first, first + count)]
    width = max((len(row) for row in rows), default=0)
    cells = [[title_of(shown(row[at])) if at < len(row) else "" for at in range(width)] for row in rows]
    for number, line in enumerate(cells[:-1]):
        for at in range(1, width):
            if not line[at] and line[at - 1] and any(lower[at] for lower in cells[number + 1 :]):
                line[at] = line[at - 1]
    found = []
    for at in range(width):
        title = "/".join(dict.fromkeys(line[at] for line in cells if line[at]))
        if title:
            found.append(Head(at, title, *split_year(title)))
    return found


def choose(tables: Sequence[Table], m: ColumnMapping) -> tuple[Table | None, list[Problem]]:
    """The sheet that the mapping means: by its name, also where only the year in it differs."""
    if not m.sheet or (len(tables) == 1 and not tables[0].sheet):
        return (tables[0] if tables else None), []
    for same in (title_of, lambda name: split_year(title_of(name))[0]):
        fitting = [t for t in tables if same(t.sheet) == same(m.sheet)]
        if len(fitting) == 1:
            return fitting[0], []
    names = [t.sheet for t in tables]
    return None, [
        Problem(
            "mapping-sheet", Place(tables[0].file if tables else ""),
            f"没有工作表“{m.sheet}”；文件里有：{'、'.join(names)}。",
            f"there is no sheet '{m.sheet}'; the file has: {', '.join(names)}.",
            f"{did_you_mean(m.sheet, names, lang='zh')}请在列对应里改选工作表。",
            f"{did_you_mean(m.sheet, names)} Choose the sheet in the mapping.".strip(),
        )
    ]  # fmt: skip


def fit(table: Table, m: ColumnMapping) -> tuple[dict[str, list[Head]], int, list[Problem]]:
    """Where the mapped titles stand in a table.

    Returns
    -------
    found
        Columns by mapped title; with the year in the titles several of one title.
    first
        The first row below the header, counted from 0.
    problems
        Errors: a column is gone, renamed or there twice. Warnings: the header moved, columns that the mapping does not know.
    """
    wanted = _wanted(m)
    stated = m.header - 1
    tries = [stated, *(at for at in range(min(HEADER_WITHIN, len(table.rows))) if at != stated)]
    best, found, most = stated, heads(table, stated, m.header_rows), -1
    for at in tries:
        here = heads(table, at, m.header_rows)
        known = {h.base if m.period == "header" else h.title for h in here}
        number = sum(title in known for title in wanted)
        if number > most:
            best, found, most = at, here, number
    place = table.place(min(best, max(len(table.rows) - 1, 0)), 0) if table.rows else table.whole
    if most <= 0:
        return {}, 0, [_no_header(table, m, wanted)]
    problems: list[Problem] = []
    if best != stated:
        problems.append(
            Problem(
                "mapping-header-moved", place, f"表头在第 {best + 1} 行，列对应里是第 {m.header} 行。",
                f"the header is row {best + 1}, in the mapping it is row {m.header}.", severity="warning",
            )
        )  # fmt: skip
    by_title: dict[str, list[Head]] = {}
    for head in found:
        by_title.setdefault(head.base if m.period == "header" and head.year else head.title, []).append(head)
    columns: dict[str, list[Head]] = {}
    used: set[int] = set()
    for title in wanted:
        here = by_title.get(title, [])
        if not here:
            free = [t for t in by_title if t not in wanted and t not in m.ignored and t]
            problems.append(_gone(place, title, free))
            continue
        years = [h.year for h in here]
        if len(here) > 1 and len(set(years)) < len(years):
            problems.append(_twice(table, best, title, here))
        columns[title] = here
        used |= {h.column for h in here}
    if m.layout == "indicators" and m.period == "header":
        years_here = [h for h in found if h.year and h.column not in used]
        if not years_here:
            problems.append(_no_years(place))
        columns[""] = years_here
        used |= {h.column for h in years_here}
    if m.layout == "subjects" and m.period == "header":
        dated = [h for v in m.values for h in columns.get(v.column, ()) if h.year]
        if not dated and not any(p.severity == "error" for p in problems):
            problems.append(_no_years(place))
    unknown = [h.title for h in found if h.column not in used and h.title not in m.ignored and h.base not in m.ignored]
    if unknown:
        problems.append(
            Problem(
                "mapping-new-columns", place, f"列对应里没有这些列，未读取：{'、'.join(unknown[:12])}。",
                f"the mapping does not know these columns; they were not read: {', '.join(unknown[:12])}.",
                "如有用，请加到列对应里。", "Add them to the mapping if they are of use.", "warning",
            )
        )  # fmt: skip
    if (other := _other_year(table, m, best)) is not None:
        problems.append(other)
    return columns, best + m.header_rows, problems


def _wanted(m: ColumnMapping) -> list[str]:
    titles = [m.subject, m.period_column if m.period == "column" else ""]
    if m.layout == "indicators":
        titles += [m.names, m.units, m.amounts if m.period != "header" else ""]
    else:
        titles += [v.column for v in m.values]
    return list(dict.fromkeys(t for t in titles if t))


def mapped_rows(
    table: Table, m: ColumnMapping, subjects: Iterable[Subject], default: str
) -> tuple[list[RawRow], list[Problem]]:
    """The rows of a table by its mapping; no row at all if the table does not fit.

    Parameters
    ----------
    subjects
        Who may stand in the column of subjects.
    default
        The subject where the mapping names none.
    """
    if m.period == "year" and not m.year:
        return [], [_year_needed(table)]
    columns, first, problems = fit(table, m)
    if any(p.severity == "error" for p in problems):
        return [], problems
    registry = _Registry(subjects, m)
    read = _indicator_rows if m.layout == "indicators" else _subject_rows
    rows, more = read(table, m, columns, first, registry, default)
    problems += more
    if registry.asked and not registry.found:
        return [], [*problems, _nobody(table, registry.asked)]
    return rows, problems


def _subject_rows(
    table: Table, m: ColumnMapping, columns: dict[str, list[Head]], first: int, registry: _Registry, default: str
) -> tuple[list[RawRow], list[Problem]]:
    rows: list[RawRow] = []
    problems: list[Problem] = []
    subject_at = columns[m.subject][0].column if m.subject else -1
    period_at = columns[m.period_column][0].column if m.period == "column" else -1
    for at in range(first, len(table.rows)):
        row = table.rows[at]
        values = [(v, h) for v in m.values for h in columns[v.column]]
        if all(is_none_given(_cell(row, h.column)) and (at, h.column) not in table.notes for _, h in values):
            continue
        subject, problem = m.fixed_subject or default, None
        if m.subject:
            given = title_of(shown(_cell(row, subject_at)))
            if any(isinstance(cell, str) and title_of(cell).lower() in TOTALS for cell in row):
                problems.append(_total(table.place(at, subject_at)))
                continue
            subject, problem = registry.find(given, table.place(at, subject_at))
        if problem is not None:
            rows.append(RawRow(given, m.values[0].quantity, m.year, "?", "", "", "", "", problem.place, problem))
            continue
        for v, h in values:
            period = _cell(row, period_at) if m.period == "column" else h.year if m.period == "header" else m.year
            problem = noted(table, at, [subject_at, period_at, h.column])
            if m.period == "column" and is_none_given(period) and not is_none_given(_cell(row, h.column)):
                problem = problem or _no_period(table.place(at, period_at))
            place = table.place(at, h.column)
            rows.append(RawRow(subject, v.quantity, period, _cell(row, h.column), v.unit, v.by, "", "", place, problem))
    return rows, problems


def _indicator_rows(
    table: Table, m: ColumnMapping, columns: dict[str, list[Head]], first: int, registry: _Registry, default: str
) -> tuple[list[RawRow], list[Problem]]:
    rows: list[RawRow] = []
    problems: list[Problem] = []
    known = {row_name(v.column): v for v in m.values}
    seen: dict[str, int] = {}
    unknown: list[str] = []
    ignored = {row_name(t) for t in m.ignored}
    name_at = columns[m.names][0].column
    unit_at = columns[m.units][0].column if m.units else -1
    amounts = columns[""] if m.period == "header" else columns[m.amounts]
    for at in range(first, len(table.rows)):
        row = table.rows[at]
        name = row_name(shown(_cell(row, name_at)))
        if not name or all(is_none_given(_cell(row, h.column)) and (at, h.column) not in table.notes for h in amounts):
            if name in known:
                seen.setdefault(name, at)
            continue
        value = known.get(name)
        if value is None:
            if name not in ignored and name.lower() not in TOTALS:
                unknown.append(name)
            continue
        if name in seen and registry.of(row, columns, m) is None:
            problems.append(_row_twice(table.place(at, name_at), name))
            continue
        seen[name] = at
        subject, problem = m.fixed_subject or default, None
        if m.subject:
            subject_at = columns[m.subject][0].column
            subject, problem = registry.find(title_of(shown(_cell(row, subject_at))), table.place(at, subject_at))
        for h in amounts:
            period = h.year if m.period == "header" else m.year
            if m.period == "column":
                period = shown(_cell(row, columns[m.period_column][0].column))
            wrong = problem or noted(table, at, [name_at, unit_at, h.column])
            unit = _unit_of(value, shown(_cell(row, unit_at)) if unit_at >= 0 else "")
            rows.append(
                RawRow(
                    subject, value.quantity, period, _cell(row, h.column), unit, value.by, "", "",
                    table.place(at, h.column), wrong,
                )
            )  # fmt: skip
    place = table.whole
    for name in known:
        if name not in seen:
            problems.append(_gone(place, name, unknown, what=("行", "row")))
    if unknown:
        problems.append(
            Problem(
                "mapping-new-columns", place, f"列对应里没有这些行，未读取：{'、'.join(unknown[:12])}。",
                f"the mapping does not know these rows; they were not read: {', '.join(unknown[:12])}.",
                "如有用，请加到列对应里。", "Add them to the mapping if they are of use.", "warning",
            )
        )  # fmt: skip
    if any(p.severity == "error" for p in problems):
        return [], problems
    return rows, problems


def _unit_of(value: ValueColumn, given: str) -> str:
    """The unit in the row, else that of the mapping, else what stands in the brackets of the name."""
    return given.strip() or value.unit or split_unit(value.column)[1]


def _cell(row: Sequence[Any], at: int) -> Any:
    return row[at] if 0 <= at < len(row) else ""


class _Registry:
    """Finds subjects by what stands in the column of subjects; counts who was asked for and who was found."""

    def __init__(self, subjects: Iterable[Subject], m: ColumnMapping) -> None:
        self.by = m.subject_by
        self.asked: list[str] = []
        self.found = 0
        self.known: dict[str, set[str]] = {}
        for s in subjects:
            codes = {
                "name": (s.name, s.id),
                "key": (s.id,),
                "credit_code": (dict(s.attributes).get("credit_code", ""),),
            }
            for text in codes[self.by]:
                if text:
                    self.known.setdefault(self.plain(text), set()).add(s.id)

    @staticmethod
    def plain(text: str) -> str:
        return re.sub(r"\s+", "", title_of(text)).lower()

    def of(self, row: Sequence[Any], columns: dict[str, list[Head]], m: ColumnMapping) -> str | None:
        """What stands in the column of subjects, where there is one."""
        return shown(_cell(row, columns[m.subject][0].column)) if m.subject else None

    def find(self, given: str, place: Place) -> tuple[str, Problem | None]:
        self.asked.append(given)
        ids = self.known.get(self.plain(given), set())
        if len(ids) == 1:
            self.found += 1
            return next(iter(ids)), None
        what = {"name": ("名称", "name"), "key": ("编码", "key"), "credit_code": ("信用代码", "credit code")}[self.by]
        if not given:
            return "", Problem(
                "missing-subject", place, f"这一行有数值，但没有{what[0]}。", f"this row has values but no {what[1]}.",
                f"请填写{what[0]}。", f"Fill in the {what[1]}.",
            )  # fmt: skip
        if ids:
            return "", Problem(
                "mapping-subject", place, f"{what[0]}“{given[:60]}”对应多个对象：{'、'.join(sorted(ids))}。",
                f"the {what[1]} '{given[:60]}' is that of several: {', '.join(sorted(ids))}.",
                "请改用信用代码或编码一列。", "Map the column of credit codes or keys instead.",
            )  # fmt: skip
        near = list(self.known) if self.by == "name" else []
        return "", Problem(
            "mapping-subject", place, f"企业名册里没有{what[0]}“{given[:60]}”。",
            f"no {what[1]} '{given[:60]}' in the registry.",
            f"{did_you_mean(self.plain(given), near, lang='zh')}请核对，或先在名册登记。",
            f"{did_you_mean(self.plain(given), near)} Check it, or register the firm first.".strip(),
        )  # fmt: skip


# -- what can be wrong -------------------------------------------------------------------------------------------------


def _no_header(table: Table, m: ColumnMapping, wanted: Sequence[str]) -> Problem:
    return Problem(
        "no-header", table.whole,
        f"前 {HEADER_WITHIN} 行里没有列对应所说的任何一列（{'、'.join(wanted[:6])}）。",
        f"none of the mapped columns ({', '.join(wanted[:6])}) stands in the first {HEADER_WITHIN} rows.",
        "可能是另一张表，或没有表头；请另选列对应，或新建一个。",
        "It may be another table, or have no header: choose another mapping, or make a new one.",
    )  # fmt: skip


def _gone(place: Place, title: str, free: Sequence[str], what: tuple[str, str] = ("列", "column")) -> Problem:
    near = free if len(free) == 1 else []
    hint_zh, hint_en = did_you_mean(title, free, lang="zh"), did_you_mean(title, free)
    if not hint_en and near:
        hint_zh, hint_en = f"未对应的只有“{near[0]}”。", f"The only one that is not mapped is '{near[0]}'."
    return Problem(
        "mapping-column-gone", place, f"没有“{title}”{what[0]}（删掉了，或改了名）。",
        f"there is no {what[1]} '{title}' (removed, or renamed).",
        f"{hint_zh}请在列对应里改正。", f"{hint_en} Correct the mapping.".strip(),
    )  # fmt: skip


def _twice(table: Table, row: int, title: str, here: Sequence[Head]) -> Problem:
    places = ", ".join(str(table.place(row, h.column)).rpartition("!")[2] for h in here)
    return Problem(
        "duplicate-column", table.place(row, here[1].column), f"“{title}”列出现了两次（{places}）。",
        f"the column '{title}' stands there twice ({places}).", "请改名或删去一列。", "Rename or remove one of them.",
    )  # fmt: skip


def _no_years(place: Place) -> Problem:
    return Problem(
        "mapping-no-year", place, "表头里没有年份。", "there is no year in the titles.",
        "请在列对应里改为“整份文件一个年度”或“年度列”。", "In the mapping choose one year for the file, or a column of years.",
    )  # fmt: skip


def _year_needed(table: Table) -> Problem:
    return Problem(
        "mapping-no-year", table.whole, "没有说明这份表是哪一年的。", "nobody said which year this file is of.",
        "请选择年度。", "Choose the year.",
    )  # fmt: skip


def _other_year(table: Table, m: ColumnMapping, header: int) -> Problem | None:
    """The title above the header, or the sheet, speaks of one year, and that is another one."""
    if m.period != "year" or not m.year:
        return None
    above = [shown(cell) for row in table.rows[:header] for cell in row if isinstance(cell, str)]
    years = set(re.findall(r"(?<!\d)((?:19|20)\d{2})(?=\s*年)", " ".join(title_of(t) for t in [*above, table.sheet])))
    if len(years) != 1 or m.year in years:
        return None
    year = next(iter(years))
    return Problem(
        "mapping-other-year", table.whole, f"表题写的是 {year} 年，要导入的是 {m.year} 年。",
        f"the title speaks of {year}, you mean to bring in {m.year}.",
        f"请选择 {year} 年；如表题有误，请改正表题。", f"Choose {year}, or correct the title if it is wrong.",
    )  # fmt: skip


def _no_period(place: Place) -> Problem:
    return Problem(
        "bad-period", place, "这一行没有年度。", "this row has no period.", "请填写年度。", "Fill in the period."
    )


def _total(place: Place) -> Problem:
    return Problem(
        "mapping-total", place, "这一行是合计，不是企业，未读取。", "this is a row of sums; it was not read.",
        severity="warning",
    )  # fmt: skip


def _row_twice(place: Place, name: str) -> Problem:
    return Problem(
        "duplicate-column", place, f"“{name}”行出现了两次。", f"the row '{name}' stands there twice.",
        "请改名或删去一行。", "Rename or remove one of them.",
    )  # fmt: skip


def _nobody(table: Table, asked: Sequence[str]) -> Problem:
    names = [a for a in dict.fromkeys(asked) if a][:3]
    return Problem(
        "mapping-other-park", table.whole,
        f"表中 {len(asked)} 行没有一个在本园区名册里（如 {'、'.join(names)}）。",
        f"none of the {len(asked)} rows is in the registry of this park (such as {', '.join(names)}).",
        "可能是另一个园区的表，或选错了对应的列。", "It may be another park's table, or the wrong column is mapped.",
    )  # fmt: skip
