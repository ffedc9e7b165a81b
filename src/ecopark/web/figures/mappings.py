"""Column mappings on the site: what a page shows of a table and its mapping, what a person typed, and what is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.mapped import choose, heads, mapped_rows
from ecopark.observations.mapping import ColumnMapping, ValueColumn, check, from_dict, row_name, title_of, write_mapping
from ecopark.observations.model import Subject
from ecopark.observations.numbers import shown
from ecopark.observations.quantity import catalogue
from ecopark.observations.readers.table import Table, empty_file, read_tables
from ecopark.observations.suggest import Match, suggest, suggest_for
from ecopark.web.figures.models import Import, SavedMapping
from ecopark.web.parks.models import Park
from ecopark.web.typed import number_in
from ecopark.web.uploads import stored_path
from ecopark.workflows.assess_park import known_reported

ROLES = {
    "subjects": {
        "ignored": Text("不用", "not used"),
        "value": Text("数值", "values"),
        "name": Text("企业名称", "names of firms"),
        "credit_code": Text("信用代码", "credit codes"),
        "key": Text("对象编码", "keys"),
        "period": Text("年度", "years"),
    },
    "indicators": {
        "ignored": Text("不用", "not used"),
        "names": Text("指标名称", "names of indicators"),
        "units": Text("计量单位", "units"),
        "amounts": Text("数值", "values"),
    },
}
"""What a column can be, by layout."""
LAYOUTS = {
    "subjects": Text("一行一家企业", "one row a firm"),
    "indicators": Text("一行一个指标", "one row an indicator"),
}
PERIODS = {
    "year": Text("整份文件一个年度", "one year for the whole file"),
    "header": Text("年份在列名里", "the year stands in the titles"),
    "column": Text("有年度列", "there is a column of years"),
}
SAMPLES, FIRST_ROWS, MOST = 3, 8, 300


@dataclass(frozen=True)
class MappedLine:
    """A column (or a row of indicators) as the page offers it to be corrected."""

    title: str
    role: str
    quantity: str
    unit: str
    by: str
    samples: tuple[str, ...]
    near: tuple[tuple[str, Text], ...] = ()
    new: bool = False

    @property
    def called(self) -> Text:
        """The quantity by its name; what is none of the catalogue, as it was typed."""
        found = catalogue().find(self.quantity)
        return found.label if found else Text(self.quantity, self.quantity)


@dataclass(frozen=True)
class Page:
    """A table and its mapping as the page shows them.

    Parameters
    ----------
    gone
        Titles of the mapping that the table does not have.
    rows
        The first rows of the table, each with its number.
    """

    mapping: ColumnMapping
    sheets: tuple[str, ...]
    columns: tuple[MappedLine, ...]
    indicators: tuple[MappedLine, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    gone: tuple[str, ...] = field(default=())


def tables_of(found: Import) -> list[Table]:
    """The tables of an uploaded file, called as the person called it.

    Raises
    ------
    InputError
        There is none.
    """
    tables = [table for table in read_tables(stored_path(found.stored), found.name)[0] if table.rows]
    if not tables:
        raise InputError([empty_file(Place(found.name))])
    return tables


def readable(stored: str, name: str) -> None:
    """Whether a file holds a table at all.

    Raises
    ------
    InputError
        It does not; carries every problem.
    """
    tables, problems = read_tables(stored_path(stored), name)
    if not any(table.rows for table in tables):
        wrong = [p for p in problems if p.severity == "error"]
        raise InputError(wrong or [empty_file(Place(name))])


def subjects_of(park: Park) -> list[Subject]:
    """Who may stand in a table: all subjects, with their credit codes."""
    people = []
    for row in park.subjects.all():
        subject = row.as_fact()
        people.append(replace(subject, attributes=(*subject.attributes, ("credit_code", row.credit_code))))
    return people


def begun(found: Import, year: str, given: Mapping[str, str]) -> tuple[ColumnMapping, dict[str, tuple[Match, ...]]]:
    """The mapping a page begins with: as saved, or suggested, for the sheet and header that somebody chose.

    Parameters
    ----------
    given
        ``sheet``, ``header``, ``header_rows`` and ``layout`` as typed; empty: found out.
    """
    tables, people = tables_of(found), subjects_of(found.park)
    if found.mapping is not None and not given.get("again"):
        saved = loaded(found.mapping)
        if saved is not None:
            table, _ = choose(tables, saved)
            matched = suggest_for(table, people, header=(saved.header, saved.header_rows)).matches if table else {}
            return saved.of_year(year), dict(matched)
    sheet = given.get("sheet", "")
    chosen = next((t for t in tables if t.sheet == sheet), None) if sheet else None
    number, rows = given.get("header", ""), given.get("header_rows", "")
    height = min(max(number_in(rows) or 1, 1), 5)
    header = (min(line, 200), height) if (line := number_in(number)) else None
    layout = given.get("layout", "") if given.get("layout", "") in LAYOUTS else ""
    if chosen is None and header is None and not layout:
        found_one = suggest(tables, people, year=year)
    else:
        found_one = suggest_for(chosen or tables[0], people, year=year, header=header, layout=layout)
    return found_one.mapping, dict(found_one.matches)


def loaded(saved: SavedMapping) -> ColumnMapping | None:
    """A saved mapping; None if an older program wrote it in a form that is not understood."""
    return from_dict(saved.body, Place(saved.name))[0]


def shown_page(found: Import, m: ColumnMapping, matched: Mapping[str, tuple[Match, ...]]) -> Page:
    """Everything the page shows of a file under a mapping."""
    tables = tables_of(found)
    table, _ = choose(tables, m)
    table = table or tables[0]
    titles = heads(table, m.header - 1, m.header_rows)
    below = table.rows[m.header - 1 + m.header_rows :]
    by_title = {v.column: v for v in m.values}
    columns: dict[str, MappedLine] = {}
    for head in titles:
        title = head.base if m.period == "header" and head.year else head.title
        if not title or (m.layout == "indicators" and head.year):
            continue
        samples = tuple(t for row in below[:40] if (t := shown(row[head.column]) if head.column < len(row) else ""))
        columns.setdefault(title, _line(title, _role(m, title), by_title.get(title), samples, matched, m))
    indicators: dict[str, MappedLine] = {}
    if m.layout == "indicators":
        at = next((h.column for h in titles if h.title == m.names), -1)
        for row in below:
            name = row_name(shown(row[at])) if 0 <= at < len(row) else ""
            if name and len(indicators) < MOST:
                samples = tuple(shown(c) for n, c in enumerate(row) if n != at and shown(c))
                value = next((v for v in m.values if row_name(v.column) == name), None)
                role = "value" if value else "ignored"
                indicators.setdefault(name, _line(name, role, value, samples, matched, m))
    there = {*columns, *indicators}
    of_values = [row_name(v.column) if m.layout == "indicators" else v.column for v in m.values]
    wanted = [m.subject, m.period_column, m.names, m.units, m.amounts, *of_values]
    first = table.rows[: m.header + m.header_rows + FIRST_ROWS - 1]
    rows = tuple((n, tuple(shown(c)[:40] for c in row[:30])) for n, row in enumerate(first, 1))
    return Page(
        m, tuple(t.sheet for t in tables), tuple(list(columns.values())[:MOST]), tuple(indicators.values()), rows,
        tuple(dict.fromkeys(t for t in wanted if t and t not in there)),
    )  # fmt: skip


def _role(m: ColumnMapping, title: str) -> str:
    if m.layout == "indicators":
        return {m.names: "names", m.units: "units", m.amounts: "amounts"}.get(title, "ignored")
    if title == m.subject:
        return m.subject_by
    if title == m.period_column and m.period == "column":
        return "period"
    return "value" if any(v.column == title for v in m.values) else "ignored"


def _line(
    title: str, role: str, value: ValueColumn | None, samples: tuple[str, ...], matched: Mapping[str, tuple[Match, ...]],
    m: ColumnMapping,
) -> MappedLine:  # fmt: skip
    near = tuple(
        (match.quantity, catalogue()[match.quantity].label)
        for match in matched.get(title, ())
        if value is None or match.quantity != value.quantity
    )
    v = value or ValueColumn(title, "")
    known = role != "ignored" or title in m.ignored
    return MappedLine(title, role, v.quantity, v.unit, v.by, samples[:SAMPLES], near, not known)


def typed(given: Any) -> ColumnMapping:
    """The mapping that a form says; what is wrong with it `check` tells.

    Parameters
    ----------
    given
        Django's ``POST``.
    """

    def column(*roles: str) -> str:
        return next((title_of(t) for t, r in pairs if r in roles), "")

    pairs = list(zip(given.getlist("title"), given.getlist("role"), strict=False))
    layout = given.get("layout", "") if given.get("layout", "") in LAYOUTS else "subjects"
    what = "row" if layout == "indicators" else "title"
    titles = given.getlist(what)
    fields = [given.getlist(f"{what}-{name}") for name in ("quantity", "unit", "by")]
    roles = dict(pairs)
    values, ignored = [], [title_of(t) for t, r in pairs if r == "ignored"]
    for title, *texts in zip(titles, *fields, strict=False):
        quantity, unit, by = (text.strip()[:200] for text in texts)
        if layout == "subjects" and roles.get(title) != "value":
            continue
        if layout == "indicators" and not quantity:
            ignored.append(row_name(title))
            continue
        meant = catalogue().named(quantity)
        values.append(ValueColumn(title_of(title), meant.id if meant else quantity, unit, by))
    subject_by = next((r for _, r in pairs if r in ("name", "credit_code", "key")), "name")
    header, rows = (number_in(given.get(k, "")) or 1 for k in ("header", "header_rows"))
    period = given.get("period", "") if given.get("period", "") in PERIODS else "year"
    return ColumnMapping(
        layout=layout, sheet=given.get("sheet", ""), header=min(max(header, 1), 200), header_rows=min(max(rows, 1), 5),
        subject=column("name", "credit_code", "key") if layout == "subjects" else "", subject_by=subject_by,
        fixed_subject=given.get("fixed_subject", "").strip()[:120], period=period, period_column=column("period"),
        year=given.get("year", "").strip()[:4], names=column("names"), units=column("units"), amounts=column("amounts"),
        values=tuple(values), ignored=tuple(dict.fromkeys(ignored)), saved=f"{timezone.localdate()}",
    )  # fmt: skip


def problems_of(found: Import, m: ColumnMapping) -> list[Problem]:
    """Everything that keeps a file from being read by a mapping: what is wrong in itself, and what does not fit."""
    problems = check(m, Place(found.name), known_reported=known_reported)
    if m.fixed_subject and not found.park.subjects.filter(key=m.fixed_subject).exists():
        problems.append(
            Problem(
                "mapping-subject", Place(found.name), f"本园区没有对象“{m.fixed_subject[:60]}”。",
                f"this park has no subject '{m.fixed_subject[:60]}'.",
            )
        )  # fmt: skip
    if any(p.severity == "error" for p in problems):
        return [p for p in problems if p.severity == "error"]
    table, more = choose(tables_of(found), m)
    problems += more
    if table is not None:
        problems += mapped_rows(table, m, subjects_of(found.park), found.park.key)[1]
    return [p for p in problems if p.severity == "error"]


@transaction.atomic
def save(park: Park, name: str, m: ColumnMapping, user: Any, why: str) -> SavedMapping:
    """Save a mapping under a name; one of that name is replaced, its history kept. The year of a file is not saved."""
    body = replace(m, name=name, year="").to_dict()
    saved = SavedMapping.objects.select_for_update().filter(park=park, name=name).first() or SavedMapping(
        park=park, name=name
    )
    saved.body, saved.by, saved.at, saved.withdrawn = body, user, timezone.now(), None
    saved._history_user = user
    saved._change_reason = why[:300]
    saved.save()
    return saved


def withdraw(saved: SavedMapping, user: Any) -> None:
    """Take a saved mapping out of the lists; its history and the imports that came by it stay."""
    saved.withdrawn = timezone.now()
    saved._history_user = user
    saved._change_reason = "withdrawn"
    saved.save()


def as_yaml(saved: SavedMapping) -> str:
    """A saved mapping as YAML: beside a file of a park folder the command line reads that file by it."""
    mapping = loaded(saved)
    return write_mapping(mapping, [saved.name]) if mapping else ""
