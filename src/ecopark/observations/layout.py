"""Which table is this? Finds the header row and hands the rows on, in the long form or the wide form of the templates.

Long: ``subject, quantity, period, value, unit, by, source, note``. Wide: a quantity column and one column per year.
Header words are read in English and Chinese, also both in one cell (``数据项 quantity``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ecopark.core.period import ALWAYS, Period
from ecopark.errors import Place, Problem, did_you_mean
from ecopark.observations.numbers import clean, is_none_given, shown
from ecopark.observations.readers.table import Table
from ecopark.observations.rows import RawRow, read_period

HEADER_WITHIN = 30
"""The header stands in one of the first rows; what is above it is a title."""

FIELDS: dict[str, str] = {
    "subject": "subject 对象 统计对象 园区 主体 subject_id 对象编码",
    "quantity": "quantity 数据项 数据项编码 指标编码 编码 quantity_id indicator variable 数据项/指标编码",
    "period": "period 期间 年份 年度 时间 year 统计期",
    "value": "value 数值 填报值 值 数据",
    "unit": "unit 单位 计量单位 units",
    "by": "by 分项 分类 breakdown",
    "source": "source 来源 数据来源 出处",
    "note": "note 备注 说明 notes remark",
}
IGNORED = (
    "zh 中文 名称 数据项名称 en english 英文 definition 定义 解释 department 部门 责任部门 theme 主题 kind 类型 label "
    "range 合理范围 序号 no 填报人 level"
)
TIMELESS = "always fixed 固定值 不随年份变化"
SUBJECT_FIELDS: dict[str, str] = {
    "subject": FIELDS["subject"] + " id",
    "kind": "kind 类型 类别",
    "parent": "parent 上级 所属 所属对象 所属园区",
    "from": "from since 起始年 起 成立年份 起始年份",
    "until": "until to 终止年 止 终止年份",
    "name": "name 名称 企业名称 园区名称",
}
SUBJECT_SHEETS = ("subjects", "subject", "对象", "对象表", "统计对象", "企业名录")


def _table_of(fields: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in fields.items() for word in words.split()}


_FIELD = _table_of(FIELDS) | dict.fromkeys(IGNORED.split(), "ignored") | dict.fromkeys(TIMELESS.split(), "always")
_SUBJECT_FIELD = _table_of(SUBJECT_FIELDS)


@dataclass(slots=True)
class Layout:
    """What the columns of a table are.

    Parameters
    ----------
    kind
        ``long``, ``wide``, ``subjects`` or ``unknown``.
    header
        Row of the header, from 0.
    columns
        Column of each field.
    periods
        Column of each period (wide form).
    others
        Column and title of everything else.
    """

    kind: str
    header: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    periods: list[tuple[int, Period]] = field(default_factory=list)
    others: list[tuple[int, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def header_field(cell: Any, words: dict[str, str]) -> str:
    """The field a header cell names, or an empty text."""
    text = clean(shown(cell)).lower().rstrip("*:").strip()
    text = re.sub(r"\(.*?\)", "", text).strip()
    if found := words.get(text) or words.get(text.replace(" ", "_")):
        return found
    named = {words.get(part, "") for part in re.split(r"[\s|/]+", text)}
    return named.pop() if len(named) == 1 else ""


def _period_of(cell: Any) -> Period | None:
    if cell is None or cell == "" or isinstance(cell, bool):
        return None
    try:
        period = read_period(cell)
    except (ValueError, OverflowError):
        return None
    return period if period.kind in ("year", "quarter", "month") else None


def recognise(table: Table) -> Layout:
    """Find the header of a table and what its columns are."""
    stem = re.split(r"[\\/]", table.file)[-1].rpartition(".")[0]
    named_subjects = (table.sheet or stem).strip().lower() in SUBJECT_SHEETS
    for index, row in enumerate(table.rows[:HEADER_WITHIN]):
        fields = [header_field(cell, _FIELD) for cell in row]
        if "quantity" in fields and not named_subjects:
            periods = [(i, p) for i, cell in enumerate(row) if not fields[i] and (p := _period_of(cell)) is not None]
            periods += [(i, ALWAYS) for i, name in enumerate(fields) if name == "always"]
            if "value" in fields:
                return _layout(table, "long", index, fields, [])
            if periods:
                return _layout(table, "wide", index, fields, periods)
        fields = [header_field(cell, _SUBJECT_FIELD) for cell in row]
        if "subject" in fields and (named_subjects or {"kind", "parent"} & set(fields)) and "quantity" not in fields:
            return _layout(table, "subjects", index, fields, [])
    return Layout("unknown")


def _layout(table: Table, kind: str, header: int, fields: list[str], periods: list[tuple[int, Period]]) -> Layout:
    layout = Layout(kind, header, periods=periods)
    row = table.rows[header]
    seen: set[Period] = set()
    taken = {index for index, _ in periods}
    for index, period in periods:
        if period in seen:
            layout.problems.append(_twice(table.place(header, index), shown(row[index])))
        seen.add(period)
    for index, name in enumerate(fields):
        if index in taken or name == "ignored":
            continue
        if not name:
            title = shown(row[index])
            if title:
                layout.others.append((index, title))
                if kind != "subjects":
                    layout.problems.append(_unknown_column(table.place(header, index), title))
            continue
        if name in layout.columns:
            layout.problems.append(_twice(table.place(header, index), shown(row[index])))
        layout.columns.setdefault(name, index)
    return layout


def _twice(place: Place, title: str) -> Problem:
    return Problem(
        "duplicate-column",
        place,
        f"“{title}”列出现了两次。",
        f"the column '{title}' stands there twice.",
        "请只保留一列。",
        "Keep one of them.",
    )


def _unknown_column(place: Place, title: str) -> Problem:
    near = did_you_mean(title.lower(), list(_FIELD))
    return Problem(
        "unknown-column",
        place,
        f"“{title[:40]}”列没有读取。",
        f"the column '{title[:40]}' was not read.",
        "如为数据，请改用规定的列名。",
        f"{near} Columns: {', '.join(FIELDS)}, or a year.".strip(),
        "warning",
    )


def no_header(table: Table, severity: str) -> Problem:
    """The problem of a table in which no header was found."""
    return Problem(
        "no-header",
        table.whole,
        "没有找到表头（须有“数据项”列，以及“数值”列或年份列）。",
        "no header found (a 'quantity' column, and a 'value' column or columns of years).",
        "请使用模板，或补上表头。",
        "Use the templates, or add the header.",
        severity,
    )


def _blank_row(row: list[Any]) -> bool:
    return all(cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in row)


def raw_rows(table: Table, layout: Layout) -> Iterator[RawRow]:
    """The rows of a table below its header, one per value; rows with nothing in them are passed over."""
    return _long_rows(table, layout) if layout.kind == "long" else _wide_rows(table, layout)


def _long_rows(table: Table, layout: Layout) -> Iterator[RawRow]:
    columns = layout.columns
    width = len(table.rows[layout.header])
    at = [columns.get(name, -1) for name in ("subject", "quantity", "unit", "by", "source", "note")]
    period_at, value_at = columns.get("period", -1), columns["value"]
    is_text = table.lines is not None
    notes = table.notes
    for index in range(layout.header + 1, len(table.rows)):
        row = table.rows[index]
        if _blank_row(row):
            continue
        if len(row) < width:
            row = row + [""] * (width - len(row))
        problem = None
        place = table.place(index, value_at)
        if is_text and len(row) > width and not _blank_row(row[width:]):
            problem = _extra_cells(place, width, len(row))
        elif notes:
            problem = noted(table, index, [*at[:4], period_at, value_at])
        cells = [_text(row[i]) if i >= 0 else "" for i in at]
        yield RawRow(
            cells[0],
            cells[1],
            row[period_at] if period_at >= 0 else None,
            row[value_at],
            cells[2],
            cells[3],
            cells[4],
            cells[5],
            place,
            problem,
        )


def _wide_rows(table: Table, layout: Layout) -> Iterator[RawRow]:
    columns = layout.columns
    width = len(table.rows[layout.header])
    at = [columns.get(name, -1) for name in ("subject", "quantity", "unit", "by", "source", "note")]
    notes = table.notes
    for index in range(layout.header + 1, len(table.rows)):
        row = table.rows[index]
        if _blank_row(row):
            continue
        extra = None
        if table.lines is not None and len(row) > width and not _blank_row(row[width:]):
            extra = _extra_cells(table.place(index, 0), width, len(row))
        if len(row) < width:
            row = row + [""] * (width - len(row))
        cells = [_text(row[i]) if i >= 0 else "" for i in at]
        values = [(i, period, row[i]) for i, period in layout.periods]
        if not cells[1] and all(is_none_given(value) for _, _, value in values):
            continue
        quantity, unit, by = (table.place(index, i if i >= 0 else at[1]) for i in at[1:4])
        for column, period, value in values:
            problem = extra
            if notes and problem is None:
                problem = noted(table, index, [*at[:4], column])
            yield RawRow(
                cells[0],
                cells[1],
                str(period),
                value,
                cells[2],
                cells[3],
                cells[4],
                cells[5],
                table.place(index, column),
                problem,
                (quantity, unit, by),
            )


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else shown(cell)


def noted(table: Table, row: int, columns: list[int]) -> Problem | None:
    """What the reader knows to be wrong with one of these cells."""
    for column in columns:
        if note := table.notes.get((row, column)):
            code, zh, en = note
            return Problem(
                code,
                table.place(row, column),
                zh,
                en,
                "请在表格软件中打开并重新保存，或直接填写数值。",
                "Open it in a spreadsheet program and save it, or type the value.",
            )
    return None


def _extra_cells(place: Place, width: int, found: int) -> Problem:
    return Problem(
        "extra-cells",
        place,
        f"这一行有 {found} 格，表头只有 {width} 格。",
        f"this row has {found} cells, the header {width}.",
        "数值或文字中若有逗号，请加双引号。",
        "Put values that contain a comma into double quotes.",
    )
