"""Grades into a list, a workbook, a page; `write_sheet` has the sheet of one firm."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from ecopark.core.rounding import decimal_text, round_to
from ecopark.core.text import Text
from ecopark.core.words import unit_words
from ecopark.grading.method import Method
from ecopark.grading.result import OUTSIDE, FirmGrade, Grading
from ecopark.reports.blocks import (
    Block,
    Bullets,
    Cell,
    Cover,
    Document,
    Heading,
    Pairs,
    Paragraph,
    Table,
)
from ecopark.reports.one_file import write_as, write_csv

GRADE_TONE = {"A": "good", "B": "good", "C": "partly", "D": "bad", "T": "muted"}
BASIS_TEXT = {
    "seen": Text("见于来源", "seen"),
    "inferred": Text("推断", "inferred"),
    "recalled": Text("凭记忆", "recalled"),
}
W: dict[str, Text] = {
    "firm": Text("企业", "Firm"),
    "group": Text("分组", "Group"),
    "score": Text("得分", "Score"),
    "rank": Text("排名", "Rank"),
    "grade": Text("类别", "Class"),
    "notes": Text("说明", "Notes"),
    "item": Text("指标", "Item"),
    "value": Text("数值", "Value"),
    "unit": Text("单位", "Unit"),
    "base": Text("基准值", "Base"),
    "weight": Text("权重", "Weight"),
    "points": Text("得分", "Points"),
    "method": Text("评价方法", "Method"),
    "title": Text("亩均效益评价结果", "Per-mu evaluation: results"),
    "period": Text("评价年度", "Period"),
    "total": Text("合计", "Total"),
    "result": Text("评价结果", "Result"),
    "items": Text("各项得分", "Items and points"),
    "objection": Text("如何申诉", "How to object"),
    "measure": Text("措施", "Measure"),
    "sheet": Text("企业亩均效益评价明细表", "Evaluation sheet of a firm"),
    "list": Text("评价结果", "Results"),
    "counts": Text("各类企业数", "Firms by class"),
    "none": Text("不定类", "no class"),
    "outside": Text("范围外", "outside"),
    "basis": Text("依据", "Basis"),
    "lacks": Text("方法中未见的内容", "What was not seen of the method"),
    "fingerprint": Text("方法编码与指纹", "Id and fingerprint"),
    "sources": Text("出处", "Sources"),
    "next": Text("距上一类还差多少", "How far the next class is"),
    "input": Text("单独改变一项", "Changing one input alone"),
    "now": Text("现值", "Now"),
    "needed": Text("需达到", "Needed"),
    "change": Text("变化", "Change"),
    "consequences": Text("分类措施", "What the class means"),
    "trace": Text("计算过程", "How each value came about"),
}


UNIT_ZH = {
    "10k CNY": "万元",
    "10k kWh": "万千瓦时",
    "mu": "亩",
    "tce": "吨标准煤",
    "t": "吨",
    "person": "人",
    "kWh": "千瓦时",
    "km2": "平方千米",
    "m2": "平方米",
    "CNY": "元",
    "m3": "立方米",
    "a": "年",
}


def unit_text(unit: str, lang: str) -> str:
    """A unit as its readers write it; a pure number has none.

    Examples
    --------
    >>> unit_text("10k CNY/mu", "zh"), unit_text("10k CNY/mu", "en"), unit_text("1", "zh")
    ('万元/亩', '10k CNY/mu', '')
    """
    if unit == "1":
        return ""
    return "/".join(UNIT_ZH.get(part, part) for part in unit.split("/")) if lang == "zh" else unit_words(unit, lang)


def say(key: str, lang: str) -> str:
    """A fixed word in one language."""
    return W[key][lang]


def rounded(number: Fraction | None, decimals: int = 4) -> str:
    """A number for reading; a dash where there is none."""
    return "-" if number is None else decimal_text(round_to(number, decimals))


def figure(number: Fraction | None) -> str:
    """A value or base for reading: to six significant digits.

    Examples
    --------
    >>> figure(Fraction("7442.073679")), figure(Fraction("0.0302")), figure(Fraction("1234567.8"))
    ('7442.07', '0.0302', '1234568')
    """
    if number is None:
        return "-"
    whole = len(str(int(abs(number)))) if abs(number) >= 1 else 0
    return decimal_text(round_to(number, max(0, 6 - whole)))


def rank_text(firm: FirmGrade) -> str:
    """``3 / 120``, or a dash."""
    return "-" if firm.rank is None else f"{firm.rank} / {firm.of}"


def notes_text(firm: FirmGrade, lang: str) -> str:
    """The remarks on a firm and on its items in one line."""
    joint = "；" if lang == "zh" else "; "
    own = [n[lang] for n in firm.notes]
    own += [f"{i.label[lang]}: {i.note[lang]}" for i in firm.items if i.filled]
    return joint.join(own)


def table_rows(grading: Grading, lang: str) -> list[list[str]]:
    """The list as texts, header first; best score of each group first."""
    rows = [[say(k, lang) for k in ("firm", "group", "score", "rank", "grade", "notes")]]
    order = [g.id for g in grading.method.groups]
    firms = sorted(grading.firms, key=lambda f: (order.index(f.group), f.rank or 10**9, f.firm.id))
    for f in firms:
        name = f.firm.id if f.firm.name in ("", f.firm.id) else f"{f.firm.id} {f.firm.name}"
        group = grading.method.group(f.group).label[lang]
        rows.append([name, group, rounded(f.score), rank_text(f), f.grade or "-", notes_text(f, lang)])
    return rows


def count_rows(grading: Grading, lang: str) -> list[list[str]]:
    """Firms by group and class, header first."""
    classes = list(grading.method.cutoffs.ids) if grading.method.cutoffs else []
    counts = grading.counts()
    found = {c for per in counts.values() for c in per}
    names = [*classes, *sorted(found - {*classes, "", OUTSIDE}), "", *([OUTSIDE] if OUTSIDE in found else [])]
    words = {"": say("none", lang), OUTSIDE: say("outside", lang)}
    rows = [[say("group", lang), *(words.get(n, n) for n in names)]]
    for group in grading.method.groups:
        if group.id in counts:
            rows.append([group.label[lang], *(str(counts[group.id].get(n, 0)) for n in names)])
    return rows


def method_blocks(method: Method, lang: str) -> list[Block]:
    """Where a method comes from and what of it was not seen."""
    blocks: list[Block] = []
    if method.warning:
        blocks.append(Paragraph(method.warning[lang], "warning"))
    if lacks := method.lacks():
        blocks += [Paragraph(say("lacks", lang), "lead"), Bullets(tuple(t[lang] for t in lacks))]
    blocks.append(
        Pairs(
            (
                (say("sources", lang), "\n".join(method.sources)),
                (say("fingerprint", lang), f"{method.id} {method.hash}"),
            )
        )
    )
    return blocks


def _table(
    rows: list[list[str]], numbers: tuple[int, ...] = (), tones: int | None = None, widths: tuple[float, ...] = ()
) -> Table:
    body = tuple(
        tuple(
            Cell(text, number=at in numbers, tone=GRADE_TONE.get(text, "plain") if at == tones else "plain")
            for at, text in enumerate(row)
        )
        for row in rows[1:]
    )
    return Table(tuple(rows[0]), body, widths=widths)


def grading_document(grading: Grading, lang: str) -> Document:
    """The whole list as a document."""
    method = grading.method
    cover = Cover(
        W["title"][lang], method.title[lang], method.place[lang], grading.table.period or method.year, (method.id,),
        lines=tuple(method.sources),
    )  # fmt: skip
    blocks: list[Block] = [
        Heading(1, say("counts", lang), "counts"),
        _table(count_rows(grading, lang), numbers=tuple(range(1, 9))),
        Heading(1, say("list", lang), "list"),
        _table(table_rows(grading, lang), numbers=(2, 3), tones=4, widths=(2, 1.4, 1, 1, 0.7, 3)),
        Heading(1, say("method", lang), "method"),
        *method_blocks(method, lang),
    ]
    return Document(lang, cover, tuple(blocks))


def write_grades(grading: Grading, path: Path, *, lang: str = "zh") -> Path:
    """Write the list as .html, .docx, .xlsx, .csv or .json, whichever the suffix names.

    Raises
    ------
    EcoparkError
        The suffix names none of them.
    """
    return write_as(
        path,
        Text("评价结果", "a list of grades"),
        lambda: grading_document(grading, lang),
        {
            ".xlsx": lambda: _workbook(grading, path, lang),
            ".csv": lambda: write_csv(table_rows(grading, lang), path),
            ".json": lambda: path.write_text(
                json.dumps(grading.to_list(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            ),
        },
    )


def _workbook(grading: Grading, path: Path, lang: str) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#17523c", "font_color": "#ffffff", "text_wrap": True})
        sheet = book.add_worksheet(say("list", lang))
        ids = list(dict.fromkeys(i.id for f in grading.firms for i in f.items))
        labels = {i.id: i.label[lang] for f in grading.firms for i in f.items}
        titles = [say(k, lang) for k in ("firm", "group", "score", "rank", "grade")]
        titles += [f"{labels[i]} {say(k, lang)}" for i in ids for k in ("value", "points")] + [say("notes", lang)]
        sheet.write_row(0, 0, titles, head)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(titles), 13)
        for row, f in enumerate(grading.firms, 1):
            cells: list[str | float | int | None] = [
                f.firm.id, grading.method.group(f.group).label[lang], _number(f.score), f.rank, f.grade or "",
            ]  # fmt: skip
            by_id = {i.id: i for i in f.items}
            for name in ids:
                item = by_id.get(name)
                cells += [_number(item.value), _number(item.points)] if item else [None, None]
            for at, cell in enumerate([*cells, notes_text(f, lang)]):
                if isinstance(cell, str):
                    sheet.write_string(row, at, cell)
                elif cell is not None:
                    sheet.write_number(row, at, cell)
        sheet.autofilter(0, 0, len(grading.firms), len(titles) - 1)
        counts = book.add_worksheet(say("counts", lang))
        for row, texts in enumerate(count_rows(grading, lang)):
            for at, text in enumerate(texts):
                if text.isdigit():
                    counts.write_number(row, at, int(text))
                else:
                    counts.write_string(row, at, text, head if row == 0 else None)
        about = book.add_worksheet(say("method", lang))
        lines = [
            (say("method", lang), f"{grading.method.id} {grading.method.title[lang]}"),
            ("hash", grading.method.hash),
        ]
        lines += [(say("sources", lang), s) for s in grading.method.sources]
        lines += [(say("lacks", lang), t[lang]) for t in grading.method.lacks()]
        for row, pair in enumerate(lines):
            for at, text in enumerate(pair):
                about.write_string(row, at, text)


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
