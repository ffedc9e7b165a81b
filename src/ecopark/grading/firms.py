"""Firms and their figures, from a wide table (one row a firm), a long one (the facts contract) or a park folder.

Wide: ``firm``, optionally ``name``, ``group``, ``credit_code``, ``landlord``, then columns named by quantity id, by the
method's ratio id or by their labels, the unit in brackets behind where it is not the catalogue's: ``tax_per_mu``,
``rd_share [1]``, ``land_area_mu [km2]``. Every problem is collected and raised once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.period import Period
from ecopark.core.unit import Unit, both_count, unit
from ecopark.core.value import Scalar
from ecopark.errors import EcoparkError, InputError, Place, Problem, did_you_mean
from ecopark.grading.credit_code import read_code
from ecopark.grading.firm_problems import bad_code, column_twice, no_period, unknown_column, unknown_group
from ecopark.grading.load import shared_indicators
from ecopark.grading.method import Method
from ecopark.observations.meaning import KnownReported
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.observations.numbers import (
    Number,
    UnreadableError,
    clean,
    is_none_given,
    read_flag,
    read_number,
    shown,
)
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.observations.readers import Table, read_tables
from ecopark.observations.readers.parquet_table import from_data
from ecopark.observations.reading import facts_from, read_facts

HEADER_WITHIN = 30

FIELDS = {
    "firm": "firm firm_id subject 企业 企业编码 企业id 企业编号",
    "name": "name firm_name 企业名称 名称 单位名称",
    "group": "group 分组 组别 企业分组",
    "credit_code": "credit_code uscc 统一社会信用代码 信用代码 社会信用代码",
    "landlord": "landlord 出租方 出租企业 房东",
    "period": "period year 年度 年份 期间",
    "": "address 地址 note 备注 source 来源 industry_code 行业代码 industry 行业 parcel 地块 no 序号 kind parent",
}
_FIELD = {word: name for name, words in FIELDS.items() for word in words.split()}
_BRACKET = re.compile(r"^(.*?)\s*[\[(]([^\])]*)[\])]\s*$")


@dataclass(frozen=True, slots=True)
class Firm:
    """One firm and its figures, exact and in canonical units.

    Parameters
    ----------
    id, name
        As given; the name is the id where none is given.
    group
        As given, empty where it is to be found by the method's conditions.
    values
        By quantity id, indicator id or input id; what was not given is not there.
    places
        Where each value stands.
    landlord
        Id of the firm on whose land a tenant sits.
    """

    id: str
    name: str = ""
    group: str = ""
    values: Mapping[str, Scalar] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    credit_code: str = ""
    landlord: str = ""
    place: Place = field(default_factory=Place)

    def with_values(self, changes: Mapping[str, Scalar | None]) -> Firm:
        """The same firm with some figures replaced; None takes one away."""
        values = {k: v for k, v in {**self.values, **changes}.items() if v is not None}
        return Firm(self.id, self.name, self.group, values, self.places, self.credit_code, self.landlord, self.place)


@dataclass(frozen=True)
class FirmTable:
    """All firms of one evaluation.

    Parameters
    ----------
    last_year
        The firms of the year before, where the same source has them.
    """

    firms: tuple[Firm, ...]
    warnings: tuple[Problem, ...] = ()
    period: str = ""
    last_year: FirmTable | None = None

    def __len__(self) -> int:
        return len(self.firms)

    def firm(self, firm_id: str) -> Firm:
        """The firm with this id, name or credit code.

        Raises
        ------
        EcoparkError
            There is none; the nearest ids are offered.
        """
        for found in self.firms:
            if firm_id and firm_id in (found.id, found.name, found.credit_code):
                return found
        names = [n for f in self.firms for n in (f.id, f.name)]
        raise EcoparkError(
            f"there is no firm '{firm_id}'. {did_you_mean(firm_id, names)}".strip(),
            zh=f"没有企业“{firm_id}”。{did_you_mean(firm_id, names, lang='zh')}",
        )

    def replaced(self, firm: Firm) -> FirmTable:
        """The same table with one firm's figures replaced."""
        return replace(self, firms=tuple(firm if f.id == firm.id else f for f in self.firms))


@dataclass(frozen=True)
class Column:
    """What a column of a wide table holds: an id, its unit, and the factor into it."""

    id: str
    title: str
    kind: str
    unit: Unit | None = None
    factor: Fraction = Fraction(1)
    low: Fraction | None = None
    money: bool = False


class Columns:
    """Column titles into what they mean for a method."""

    def __init__(self, method: Method) -> None:
        self.names: dict[str, str] = {}
        self.units: dict[str, Unit] = {}
        self.flags: set[str] = set()
        self.quantities: dict[str, Quantity] = {}
        for indicator in {**shared_indicators(), **method.indicators}.values():
            self.units[indicator.id] = unit(indicator.unit)
            for word in (indicator.label.zh, indicator.label.en, *indicator.aliases, indicator.id):
                self.names[word.lower()] = indicator.id
        for quantity in catalogue().quantities.values():
            if (
                quantity.unit == "by code"
                or quantity.codes
                or (quantity.kind != "flag" and not _is_unit(quantity.unit))
            ):
                continue
            self.quantities[quantity.id] = quantity
            if quantity.kind == "flag":
                self.flags.add(quantity.id)
            else:
                self.units[quantity.id] = unit(quantity.unit)
            for word in (quantity.label.zh, quantity.label.en):
                self.names.setdefault(word.lower(), quantity.id)
            for word in (*quantity.aliases, quantity.id):
                self.names[word.lower()] = quantity.id
        for own in method.inputs:
            if own.kind == "flag":
                self.flags.add(own.id)
            else:
                self.units[own.id] = unit(own.unit)
            for word in (own.id, own.label.zh, own.label.en):
                if word:
                    self.names[word.lower()] = own.id

    def find(self, title: str) -> tuple[Column | None, str]:
        """The column a title names, or why it names none."""
        text = clean(title)
        name = self.names.get(text.lower())
        given = ""
        if name is None and (match := _BRACKET.match(text)):
            name, given = self.names.get(match[1].strip().lower()), match[2].strip()
        if name is None:
            bare = _BRACKET.sub(r"\1", text).lower()
            return None, did_you_mean(bare, [*self.names, *_FIELD])
        if name in self.flags:
            return Column(name, title, "flag"), ""
        canonical = self.units[name]
        quantity = self.quantities.get(name)
        try:
            typed = unit(given) if given else canonical
            factor = Fraction(1) if both_count(typed, canonical) else typed.factor_to(canonical)
        except EcoparkError as error:
            return None, str(error)
        money = any(dim in ("cny", "usd") for dim, _ in canonical.dims)
        low = None if quantity is None else quantity.low
        return Column(name, title, "number", typed, factor, low, money), ""


def _is_unit(text: str) -> bool:
    try:
        unit(text)
    except EcoparkError:
        return False
    return True


def field_of(cell: Any) -> str | None:
    """The field that a header cell names; empty for one that is passed over, None for none."""
    text = clean(shown(cell)).lower().rstrip("*:").strip()
    return _FIELD.get(text, _FIELD.get(text.replace(" ", "_")))


def header_row(table: Table) -> int | None:
    """Row of the header of a wide firm table; None where the table is of another shape."""
    for index, row in enumerate(table.rows[:HEADER_WITHIN]):
        words = [clean(shown(c)).lower() for c in row]
        if "quantity" in words or "数据项" in words:
            return None
        fields = {field_of(c) for c in row}
        if fields & {"firm", "name", "credit_code"}:
            return index
    return None


def read_firms(
    source: Any, method: Method, *, period: str = "", known_reported: KnownReported | None = None
) -> FirmTable:
    """The firms of a file, a park folder, a frame, a list of mappings or `Facts`.

    Parameters
    ----------
    period
        Year to take where there are several; default: the latest. The year before it is kept beside it.
    known_reported
        Unit of other ids that may stand in the quantity column of a long form; they are passed over.

    Raises
    ------
    InputError
        Something cannot be used; carries every problem.
    """
    if isinstance(source, FirmTable):
        return source
    if isinstance(source, Facts):
        return _from_facts(source, method, period)
    reported = _reported(method, known_reported)
    if not isinstance(source, str | Path):
        table, problems = from_data(source)
        if table is None:
            raise InputError(problems)
        header = header_row(table)
        if header is None:
            return _from_facts(facts_from(source, known_reported=reported, checks=False), method, period)
        return _from_table(table, header, method, period)
    path = Path(source)
    if path.is_file():
        tables, problems = read_tables(path, str(path))
        if problems and not tables:
            raise InputError(problems)
        for table in tables:
            header = header_row(table)
            if header is not None:
                return _from_table(table, header, method, period, problems)
    return _from_facts(read_facts(path, known_reported=reported, checks=False), method, period)


def _reported(method: Method, others: KnownReported | None) -> KnownReported:
    """Units of the ratios and inputs of a method, which stand in the quantity column beside quantities."""
    columns = Columns(method)

    def known(name: str) -> str | None:
        found = columns.names.get(name.lower())
        if found is None or found in columns.quantities:
            return others(name) if others is not None else None
        return "1" if found in columns.flags else columns.units[found].symbol

    return known


# -- wide --------------------------------------------------------------------------------------------------------------


class _Wide:
    def __init__(self, table: Table, header: int, method: Method) -> None:
        self.table, self.header, self.method = table, header, method
        self.problems: list[Problem] = []
        self.fields: dict[str, int] = {}
        self.columns: dict[int, Column] = {}
        known = Columns(method)
        for index, cell in enumerate(table.rows[header]):
            title = shown(cell)
            if not title:
                continue
            place = table.place(header, index)
            name = field_of(title)
            if name is not None:
                if name and name in self.fields:
                    self.problems.append(column_twice(place, title))
                if name:
                    self.fields.setdefault(name, index)
                continue
            column, why = known.find(title)
            if column is None:
                self.problems.append(unknown_column(place, title, why))
            elif column.id in {c.id for c in self.columns.values()}:
                self.problems.append(column_twice(place, title))
            else:
                self.columns[index] = column
        for name in ("firm", "name", "credit_code"):
            if "firm" not in self.fields and name in self.fields:
                self.fields["firm"] = self.fields[name]

    def text(self, row: list[Any], name: str) -> str:
        at = self.fields.get(name, -1)
        return shown(row[at]).strip() if 0 <= at < len(row) and not is_none_given(row[at]) else ""

    def firm(self, index: int) -> tuple[Firm, str] | None:
        row = self.table.rows[index]
        if all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row):
            return None
        place = self.table.place(index, self.fields["firm"])
        name = self.text(row, "firm")
        if not name:
            self.problems.append(
                Problem(
                    "firm-missing",
                    place,
                    "这一行没有企业。",
                    "this row names no firm.",
                    "请填写企业编码。",
                    "Fill in `firm`.",
                )
            )
            return None
        values: dict[str, Scalar] = {}
        places: dict[str, Place] = {}
        for at, column in self.columns.items():
            cell = row[at] if at < len(row) else None
            where = self.table.place(index, at)
            if (note := self.table.notes.get((index, at))) is not None:
                self.problems.append(Problem(note[0], where, note[1], note[2]))
                continue
            value = self.value(cell, column, where)
            if value is not None:
                values[column.id], places[column.id] = value, where
        code, state = read_code(self.text(row, "credit_code"))
        if state == "invalid":
            self.problems.append(bad_code(place, code))
        group = self.text(row, "group")
        known = Firm(
            name, self.text(row, "name") or name, group, values, places, code, self.text(row, "landlord"), place
        )
        return known, self.text(row, "period").removesuffix(".0").removesuffix("年")

    def value(self, cell: Any, column: Column, place: Place) -> Scalar | None:
        try:
            if column.kind == "flag":
                flag = read_flag(cell)
                return flag if isinstance(flag, bool) else None
            number = read_number(cell)
        except UnreadableError as error:
            self.problems.append(
                Problem(
                    "unreadable-number",
                    place,
                    f"{column.title}：{error.zh}",
                    f"{column.title}: {error.en}",
                    "请只填一个数，没有的留空。",
                    "Type one number, or leave the cell empty.",
                )
            )
            return None
        if not isinstance(number, Number):
            return None
        assert column.unit is not None
        try:
            value = in_unit(number, column)
        except EcoparkError as error:
            self.problems.append(
                Problem("incompatible-unit", place, f"{column.title}：{error}", f"{column.title}: {error}")
            )
            return None
        problem = range_problem(column, value, place)
        if problem is not None:
            self.problems.append(problem)
        return value


def in_unit(number: Number, column: Column) -> Fraction:
    """A typed number in the canonical unit of its column; a percentage or a unit behind the number counts.

    Raises
    ------
    UnitError
        The unit behind the number does not fit.
    """
    assert column.unit is not None
    own = number.percent or number.unit
    typed = unit(own).factor_to(column.unit) if own else Fraction(1)
    return number.value * typed * column.factor


def range_problem(column: Column, value: Fraction, place: Place) -> Problem | None:
    """What is wrong with a negative figure: an error for land, energy and people, a remark for money."""
    if value >= 0 or column.low is None or column.low < 0:
        return None
    if column.money:
        return Problem(
            "negative-money",
            place,
            f"{column.title} 为负。",
            f"{column.title} is negative.",
            "请核对。",
            "Please check.",
            "warning",
        )
    return Problem(
        "negative-figure",
        place,
        f"{column.title} 不能为负。",
        f"{column.title} cannot be negative.",
        "请更正。",
        "Correct it.",
    )


def _from_table(table: Table, header: int, method: Method, period: str, problems: Iterable[Problem] = ()) -> FirmTable:
    wide = _Wide(table, header, method)
    wide.problems += list(problems)
    rows = [r for i in range(header + 1, len(table.rows)) if (r := wide.firm(i)) is not None]
    periods = sorted({when for _, when in rows if when})
    chosen = period or (periods[-1] if periods else "")
    firms = [firm for firm, when in rows if not when or when == chosen]
    if period and periods and period not in periods:
        wide.problems.append(no_period(table.whole, period, periods))
    if not wide.columns:
        wide.problems.append(
            Problem(
                "no-figures",
                table.whole,
                "没有任何数据列。",
                "there is no column with figures.",
                "列名用数据项或指标编码。",
                "Name columns by quantity id or by the method's indicator ids.",
            )
        )
    wide.problems += _stands_twice(firms)
    before = year_before(chosen)
    earlier = [firm for firm, when in rows if before and when == before]
    last_year = _checked(earlier, _stands_twice(earlier), method, before) if earlier else None
    return replace(_checked(firms, wide.problems, method, chosen), last_year=last_year)


def year_before(period: str) -> str:
    """The year before a year; empty where the period is no year."""
    return str(int(period) - 1) if re.fullmatch(r"\d{4}", period) else ""


def _checked(firms: list[Firm], problems: list[Problem], method: Method, period: str) -> FirmTable:
    known = group_names(method)
    made = []
    for firm in firms:
        if firm.group:
            group = known.get(name_key(firm.group))
            if group is None:
                problems.append(unknown_group(firm, method))
            else:
                firm = Firm(
                    firm.id, firm.name, group, firm.values, firm.places, firm.credit_code, firm.landlord, firm.place
                )
        made.append(firm)
    if any(p.severity == "error" for p in problems):
        raise InputError(problems)
    return FirmTable(tuple(made), tuple(problems), period)


def group_names(method: Method) -> dict[str, str]:
    """Every spelling of a group, as `name_key` has it, to its id."""
    return {name_key(w): g.id for g in method.groups for w in (g.id, g.label.zh, g.label.en, *g.aliases) if w}


def name_key(text: str) -> str:
    """A group name without case, spaces, dashes and underscores."""
    return re.sub(r"[\s_\-]+", "", clean(text).lower())


def _stands_twice(firms: list[Firm]) -> list[Problem]:
    found = []
    ids: dict[str, Firm] = {}
    codes: dict[str, Firm] = {}
    for firm in firms:
        if (other := ids.setdefault(firm.id, firm)) is not firm:
            found.append(
                Problem(
                    "firm-twice",
                    firm.place,
                    f"企业 {firm.id} 出现两次（另见 {other.place}）。",
                    f"the firm {firm.id} stands there twice (see {other.place}).",
                    "请只保留一行。",
                    "Keep one row.",
                )
            )
        elif firm.credit_code and (other := codes.setdefault(firm.credit_code, firm)) is not firm:
            found.append(
                Problem(
                    "credit-code-twice",
                    firm.place,
                    f"{firm.id} 与 {other.id}（{other.place}）的信用代码相同：{firm.credit_code}。",
                    f"{firm.id} and {other.id} ({other.place}) have one credit code: {firm.credit_code}.",
                    "请核对两家企业的代码，或合并为一行。",
                    "Correct one of the codes, or merge the rows.",
                )
            )
    return found


# -- long --------------------------------------------------------------------------------------------------------------


def _from_facts(facts: Facts, method: Method, period: str) -> FirmTable:
    subjects = [s for s in facts.subjects.values() if s.kind == "firm"]
    subjects = subjects or [s for s in facts.subjects.values() if s.kind not in ("group", "meter", "parcel")]
    wanted = {s.id for s in subjects}
    years = sorted({o.period.year for o in facts if o.subject in wanted and o.period.kind == "year"})
    try:
        when = Period.parse(period) if period else Period(years[-1]) if years else Period.parse("")
    except ValueError:
        raise EcoparkError(f"'{period}' is not a period", zh=f"“{period}”不是期间") from None
    if period and when.year not in years:
        raise InputError([no_period(Place("--period"), period, [str(y) for y in years])])
    found = _of_period(facts, subjects, method, when)
    if when.kind == "year" and when.year - 1 in years:
        found = replace(found, last_year=_of_period(facts, subjects, method, Period(when.year - 1)))
    return found


def _of_period(facts: Facts, subjects: list[Subject], method: Method, when: Period) -> FirmTable:
    """The firms as they were in one period."""
    columns, known = Columns(method), group_names(method)
    wanted = {s.id for s in subjects}
    values: dict[str, dict[str, Scalar]] = {}
    places: dict[str, dict[str, Place]] = {}
    problems: list[Problem] = []
    for o in facts:
        if o.subject not in wanted or o.by or o.not_applicable or (o.period != when and o.period.kind != "always"):
            continue
        name = columns.names.get(o.quantity.lower())
        if name is None:
            continue
        value = _observed(o, name, columns)
        values.setdefault(o.subject, {})[name] = value
        places.setdefault(o.subject, {})[name] = o.place
        if isinstance(value, Fraction) and name in columns.quantities:
            column, _ = columns.find(name)
            assert column is not None
            if (problem := range_problem(column, value, o.place)) is not None:
                problems.append(problem)
    firms = []
    for s in subjects:
        if s.id not in values or not s.active(when):
            continue
        about = dict(s.attributes)
        code, state = read_code(about.get("credit_code", ""))
        place = next(iter(places[s.id].values()))
        if state == "invalid":
            problems.append(bad_code(place, code))
        group, landlord = about.get("grading_group", ""), about.get("landlord", "")
        if not group and name_key(about.get("group", "")) in known:
            group = about["group"]
        firms.append(Firm(s.id, s.name or s.id, group, values[s.id], places[s.id], code, landlord, place))
    problems += _stands_twice(firms)
    return _checked(firms, problems, method, str(when))


def _observed(o: Observation, name: str, columns: Columns) -> Scalar:
    """An observation's value: a flag as such, a reported ratio in the method's unit (a quantity is in its own already)."""
    if name in columns.flags:
        return bool(o.value)
    if isinstance(o.value, Fraction) and name not in columns.quantities and o.unit:
        return o.value * unit(o.unit).factor_to(columns.units[name])
    return o.value
