"""A table of firms as somebody sent it: which of its columns are what, and its rows as typed.

Titles are found as the import of figures finds them (`observations.suggest`, `observations.mapped`); what a person said of the
columns of the last table is used again for the next one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecopark.core.text import Text
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.mapped import TOTALS, heads
from ecopark.observations.mapping import title_of
from ecopark.observations.numbers import is_none_given, shown
from ecopark.observations.readers.table import Table, empty_file, read_tables
from ecopark.observations.rows import read_period
from ecopark.observations.suggest import CODES, IDS, NAMES, find_header
from ecopark.web.firms.models import RegistryTable
from ecopark.web.uploads import stored_path

COLUMNS = {
    "name": (Text("企业名称", "name"), NAMES),
    "credit_code": (Text("统一社会信用代码", "credit code"), CODES),
    "key": (Text("编号", "id"), IDS - {"对象"} | {"企业编号", "firm_id"}),
    "industry_code": (
        Text("行业代码", "industry code"),
        {"行业代码", "国民经济行业代码", "行业", "行业类别", "所属行业", "industry_code", "industry"},
    ),
    "parent": (
        Text("组团", "group"),
        {"组团", "功能组团", "所属组团", "片区", "所属片区", "园中园", "group", "functional_group", "parent"},
    ),
    "since": (
        Text("入园年份", "here since"),
        {"入园年份", "入园时间", "入园日期", "入驻时间", "入驻年份", "起", "since", "from", "here_since"},
    ),
    "until": (
        Text("退出年份", "left in"),
        {"退出年份", "退出时间", "退出日期", "搬迁年份", "止", "until", "to", "left_in"},
    ),
    "parcel": (Text("地块", "parcel"), {"地块", "地块编号", "宗地", "宗地编号", "宗地号", "parcel", "parcels"}),
}
"""Fields of the registry that a column can hold: what they are called, and titles that say so."""
YEARS = ("since", "until")
KEYS = ("name", "credit_code", "key")
"""A table needs one of these to say whose row it is."""
SEARCHED, SAMPLES, LONGEST = 15, 3, 200
MOST = 60_000
"""Rows of one table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number, where it stands, its filled fields, and what is wrong with it in itself."""

    number: int
    place: str
    given: dict[str, str]
    problems: tuple[Text, ...] = ()


def field_of(title: str) -> str:
    """Which field of the registry a title means; empty if none.

    Examples
    --------
    >>> field_of("企业名称 name"), field_of("入园年份（年）"), field_of("行业代码 industry code"), field_of("法人")
    ('name', 'since', 'industry_code', '')
    """
    plain = title_of(title).lower()
    latin = " ".join(re.findall(r"[a-z_]+", plain)).replace(" ", "_")
    words = {plain, plain.partition("(")[0].strip(), "".join(re.findall(r"[\u4e00-\u9fff]+", plain)) or latin, latin}
    return next((name for name, (_, titles) in COLUMNS.items() if words & titles), "")


def guess(titles: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """What each column is: as it was said of an earlier table, else by its title; each field once."""
    found: dict[str, str] = {}
    for title in titles:
        field = known[title] if title in known else field_of(title)
        found[title] = "" if field in found.values() or field not in COLUMNS else field
    return found


def header_of(table: Table) -> int:
    """The row of the titles, counted from 0: the one with most titles that are understood."""
    counts = [len({f for c in row if (f := field_of(shown(c)))}) for row in table.rows[:SEARCHED]]
    most = max(counts, default=0)
    return counts.index(most) if most else sum(find_header(table)) - 1


def open_table(found: RegistryTable) -> tuple[Table, int]:
    """The sheet with the firms, and the row of its titles.

    Raises
    ------
    InputError
        There is no table, or more rows than a park has firms.
    """
    tables, problems = read_tables(stored_path(found.stored), found.name)
    tables = [t for t in tables if t.rows]
    wrong = [p for p in problems if p.severity == "error"]
    if not tables or wrong:
        raise InputError(wrong or [empty_file(Place(found.name))])

    def understood(table: Table) -> int:
        return len({f for c in table.rows[header_of(table)] if (f := field_of(shown(c)))})

    named = [t for t in tables if found.sheet and t.sheet == found.sheet]
    table = named[0] if named else max(tables, key=understood)
    if len(table.rows) > MOST:
        zh, en = f"有 {len(table.rows)} 行，超过 {MOST} 行", f"it has {len(table.rows)} rows, more than {MOST}"
        raise InputError([Problem("too-many-rows", table.whole, zh, en, "请拆成几份。", "Split it.")])
    return table, header_of(table)


def titles_of(table: Table, header: int) -> dict[str, list[str]]:
    """The titles of a table, each with its first cells."""
    below = table.rows[header + 1 : header + 30]
    found: dict[str, list[str]] = {}
    for head in heads(table, header, 1):
        cells = [shown(row[head.column])[:40] for row in below if head.column < len(row)]
        found.setdefault(head.title, [c for c in cells if c][:SAMPLES])
    return found


def rows_of(table: Table, header: int, columns: Mapping[str, str]) -> list[Row]:
    """The rows as typed, without empty rows and sums.

    Raises
    ------
    InputError
        No column says whose row it is.
    """
    at: dict[str, int] = {}
    for head in heads(table, header, 1):
        if field := columns.get(head.title, ""):
            at.setdefault(field, head.column)
    if not set(KEYS) & set(at):
        zh, en = "没有企业名称、信用代码或编号一列", "no column holds the firms' names, credit codes or ids"
        repair = (
            "请在“各列的含义”里指定，或使用模板。",
            "Say which column it is under 'what the columns are', or use the template.",
        )
        raise InputError([Problem("no-firm-column", table.whole, zh, en, *repair)])
    found: list[Row] = []
    for index in range(header + 1, len(table.rows)):
        row = table.rows[index]
        cells = {field: row[column] for field, column in at.items() if column < len(row)}
        cells = {field: cell for field, cell in cells.items() if not is_none_given(cell)}
        first = next((shown(cells[k]) for k in KEYS if k in cells), "")
        if not cells or title_of(first).lower() in TOTALS:
            continue
        given, problems = {}, []
        for field, cell in cells.items():
            text, problem = _text(field, cell)
            given[field] = text
            problems += [problem] if problem else []
        place = str(table.place(index, at[next(k for k in KEYS if k in at)]))
        found.append(Row(len(found) + 1, place, given, tuple(problems)))
    return found


def _text(field: str, cell: Any) -> tuple[str, Text | None]:
    """A cell as it is kept, and what is wrong with it."""
    text = " ".join(shown(cell).split())
    if len(text) > LONGEST or "\x00" in text:
        label = COLUMNS[field][0]
        return text[:LONGEST].replace("\x00", ""), Text(
            f"{label.zh}超过 {LONGEST} 字。请缩短。", f"the {label.en} has more than {LONGEST} letters: shorten it."
        )
    if field not in YEARS:
        return text, None
    try:
        year = read_period(cell).year
    except (ValueError, OverflowError):
        year = None
    if not year or not 1900 <= year <= 2200:
        return text, Text(
            f"“{text[:40]}”不是 1900–2200 之间的四位年份。",
            f"'{text[:40]}' is no year of four digits from 1900 to 2200.",
        )
    return str(year), None


def write_template(path: Path, groups: Sequence[tuple[str, str]], parcels: Sequence[str], lang: str) -> None:
    """The table to fill in: one column a field, the park's groups to choose from."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, bold = book.add_worksheet("企业 firms"), book.add_format({"bold": True, "text_wrap": True})
        text = book.add_format({"num_format": "@"})
        for column, (field, (label, _)) in enumerate(COLUMNS.items()):
            sheet.write_string(0, column, f"{label.zh} {label.en}", bold)
            sheet.set_column(column, column, 32 if field == "name" else 22, None if field in YEARS else text)
        sheet.freeze_panes(1, 1)
        notes = book.add_worksheet("说明 notes")
        notes.set_column(0, 0, 100)
        for row, note in enumerate(NOTES):
            notes.write_string(row, 0, note[lang])
        lists = book.add_worksheet("可选 choices")
        lists.set_column(0, 2, 28)
        for column, (title, values) in enumerate(
            (("组团 group", [name for _, name in groups]), ("地块 parcel", list(parcels)))
        ):
            lists.write_string(0, column, title, bold)
            for row, value in enumerate(values, 1):
                lists.write_string(row, column, value)
        if groups:
            place = f"='可选 choices'!$A$2:$A${len(groups) + 1}"
            at = list(COLUMNS).index("parent")
            sheet.data_validation(1, at, MOST, at, {"validate": "list", "source": place, "error_type": "warning"})


NOTES = (
    Text("每行一家企业。已登记的企业按编号、信用代码或名称对上；没有的作为新增。",
         "One row a firm. Registered firms are found by id, credit code or name; the others are new."),
    Text("空单元格表示不改动；要清空某项，请在网页上修改该企业的登记。",
         "An empty cell changes nothing; to empty a field, change the firm's entry on the site."),
    Text("编号留空时，新企业以信用代码为编号，没有信用代码的以名称为编号。",
         "Without an id a new firm gets its credit code as id, or its name where it has none."),
    Text("组团写名称或编号，须先在“组团”页建立；地块有多个时用“、”分开。",
         "A group stands by its name or id and has to be there first; several parcels are separated by commas."),
    Text("行业代码按 GB/T 4754-2017，如 2614。", "Industry codes are those of GB/T 4754-2017, such as 2614."),
)  # fmt: skip
