"""The monthly dispatch list (月度调度单) as a document to hand out: Word, PDF, one HTML page, or an Excel sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ecopark.casework.dispatch import REASONS
from ecopark.casework.tasks import COLOUR_TEXT, Light
from ecopark.core.text import Text
from ecopark.reports.blocks import Block, Cell, Cover, Document, Pairs, Paragraph, Table
from ecopark.reports.one_file import write_as
from ecopark.reports.pdf import write_pdf
from ecopark.reports.table_file import Column, Sheet, write_excel
from ecopark.reports.words import joined

FORMATS = {"docx": "Word", "pdf": "PDF", "html": "HTML", "xlsx": "Excel"}
"""Endings of the files, and what people call them."""
MOST_ON_PAPER = 500
"""So many tasks are set as Word, PDF or HTML, the worst of each department first; the Excel sheet has all."""
TONES = {"red": "bad", "amber": "partly", "green": "good", "grey": "muted"}
NOTHING = (
    Text("本月没有需要调度的任务", "Nothing needs a dispatch meeting this month"),
    Text(
        "红灯、黄灯、临期和久未填报的任务会列在这里。",
        "Red and amber lights, tasks due soon and silent ones are listed here.",
    ),
)
W = {
    "title": Text("月度调度单", "Monthly dispatch list"),
    "park": Text("园区", "Park"),
    "month": Text("月份", "Month"),
    "on": Text("截至", "As of"),
    "open": Text("在办任务", "Open tasks"),
    "listed": Text("上单任务", "Tasks on the list"),
    "lead": Text("牵头部门", "Lead department"),
    "gone": Text("部门已撤并", "department gone"),
    "number": Text("编号", "No."),
    "task": Text("任务", "Task"),
    "clause": Text("对应条款", "Clause"),
    "support": Text("配合部门", "Supporting"),
    "due": Text("完成日期", "Due"),
    "done": Text("进度", "Progress"),
    "light": Text("灯", "Light"),
    "why_light": Text("亮灯说明", "Why this light"),
    "reasons": Text("上单原因", "Why listed"),
    "last": Text("最近进展", "Last report"),
    "told": Text("填报日期", "Reported on"),
    "asked": Text("会议要求", "Asked at the meeting"),
    "sign": Text(
        "园区管委会办公室（签章）：　　　　　　　　日期：", "Park office (signature):                    Date:"
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One task on the list.

    Parameters
    ----------
    about
        The clause it is for; empty for none.
    done
        Per cent of the way; None: not known.
    note, told
        What was reported last, and on which day; empty and None where nothing was.
    """

    number: int
    measure: Text
    about: Text
    support: tuple[Text, ...]
    due: date
    done: int | None
    light: Light
    reasons: tuple[str, ...]
    note: str = ""
    told: date | None = None

    @property
    def why(self) -> tuple[Text, ...]:
        """Why it is on the list, in words."""
        return tuple(REASONS[name] for name in self.reasons)


@dataclass(frozen=True, slots=True)
class Group:
    """The tasks one department leads; `gone`: there is no such department any more."""

    label: Text
    gone: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The list of a park on a day: by department, with all its open tasks counted by light."""

    park: Text
    on: date
    counts: dict[str, int]
    groups: tuple[Group, ...]

    @property
    def listed(self) -> int:
        """How many tasks are on the list."""
        return sum(len(group.rows) for group in self.groups)


def dispatch_document(found: Dispatch, lang: str) -> Document:
    """The list as a document."""
    cover = Cover(_title(found, lang), counts_text(found, lang), found.park[lang], found.on.isoformat(), (), page=False)
    head = (
        (W["park"][lang], found.park[lang]),
        (W["month"][lang], _month(found.on, lang)),
        (W["on"][lang], found.on.isoformat()),
        (W["listed"][lang], str(found.listed)),
    )
    blocks: list[Block] = [Pairs(head)]
    if found.groups:
        blocks.append(_table(found, lang))
        if found.listed > MOST_ON_PAPER:
            blocks.append(Paragraph(_left_out(found.listed - MOST_ON_PAPER)[lang], "note"))
    else:
        blocks += [Paragraph(NOTHING[0][lang], "lead"), Paragraph(NOTHING[1][lang], "note")]
    blocks.append(Paragraph(W["sign"][lang], "sign"))
    return Document(lang, cover, tuple(blocks), landscape=True)


def counts_text(found: Dispatch, lang: str) -> str:
    """All open tasks by light, in one line."""
    total = sum(found.counts.values())
    parts = joined((f"{COLOUR_TEXT[colour][lang]} {n}" for colour, n in found.counts.items()), lang)
    return f"{W['open'][lang]} {total}（{parts}）" if lang == "zh" else f"{W['open'][lang]}: {total} ({parts})"


def dispatch_sheet(found: Dispatch, lang: str) -> Sheet:
    """The list as a table, one row a task."""
    columns = (
        ("lead", 13), ("number", 6), ("task", 28), ("clause", 17), ("support", 14), ("due", 11), ("done", 10), ("light", 7),
        ("why_light", 14), ("reasons", 14), ("last", 28), ("told", 12), ("asked", 18),
    )  # fmt: skip
    rows = [
        (
            _lead(group, lang), row.number, row.measure[lang], row.about[lang], joined((s[lang] for s in row.support), lang),
            row.due, None if row.done is None else row.done, COLOUR_TEXT[row.light.colour][lang], row.light.why[lang],
            joined((t[lang] for t in row.why), lang), row.note, row.told, "",
        )
        for group in found.groups
        for row in group.rows
    ]  # fmt: skip
    above = (f"{found.park[lang]}　{_title(found, lang)}", f"{W['on'][lang]} {found.on}　{counts_text(found, lang)}")
    empty = () if rows else (NOTHING[0][lang],)
    named = tuple(Column(W[key][lang] + (" [%]" if key == "done" else ""), width) for key, width in columns)
    return Sheet(W["title"][lang], named, rows, above, (*empty, W["sign"][lang]))


def writer(found: Dispatch, lang: str) -> Callable[[Path], Path]:
    """What writes the list as .docx, .pdf, .html or .xlsx, whichever the suffix names."""
    return lambda path: write_as(
        path,
        W["title"],
        lambda: dispatch_document(found, lang),
        {
            ".pdf": lambda: write_pdf(dispatch_document(found, lang), path),
            ".xlsx": lambda: write_excel(dispatch_sheet(found, lang), path),
        },
    )


def _table(found: Dispatch, lang: str) -> Table:
    keys = ("number", "task", "support", "due", "done", "light", "reasons", "last", "asked")
    rows: list[tuple[Cell, ...]] = []
    groups = []
    for group in found.groups:
        kept = group.rows[: MOST_ON_PAPER - len(rows)]
        if kept:
            groups.append((len(rows), f"{_lead(group, lang)}　{len(group.rows)}"))
            rows += [_cells(row, lang) for row in kept]
    widths = (0.8, 3.6, 1.6, 1.3, 0.9, 1.7, 1.5, 3.2, 2.2)
    return Table(tuple(W[key][lang] for key in keys), tuple(rows), widths=widths, groups=tuple(groups))


def _cells(row: Row, lang: str) -> tuple[Cell, ...]:
    return (
        Cell(str(row.number)),
        Cell(row.measure[lang], note=row.about[lang], strong=True),
        Cell(joined((s[lang] for s in row.support), lang) or "—"),
        Cell(row.due.isoformat()),
        Cell("—" if row.done is None else f"{row.done}%"),
        Cell(COLOUR_TEXT[row.light.colour][lang], note=row.light.why[lang], tone=TONES[row.light.colour]),
        Cell(joined((t[lang] for t in row.why), lang)),
        Cell(row.note or "—", note=row.told.isoformat() if row.told else ""),
        Cell(""),
    )


def _lead(group: Group, lang: str) -> str:
    if not group.gone:
        return group.label[lang]
    return f"{group.label.zh}（{W['gone'].zh}）" if lang == "zh" else f"{group.label.en} ({W['gone'].en})"


def _month(on: date, lang: str) -> str:
    return f"{on.year}年{on.month}月" if lang == "zh" else f"{on:%Y-%m}"


def _title(found: Dispatch, lang: str) -> str:
    month = _month(found.on, lang)
    return f"{month}{W['title'].zh}" if lang == "zh" else f"{W['title'].en} {month}"


def _left_out(more: int) -> Text:
    return Text(f"另有 {more} 项未列入，见 Excel 表。", f"{more} more tasks are in the Excel sheet.")
