"""The sheet of one firm in text, HTML or Word: every item, its points, the next class, how to object, what it rests on."""

from __future__ import annotations

from pathlib import Path

from ecopark.core.rounding import decimal_text, round_to
from ecopark.core.text import Text
from ecopark.core.words import unit_words
from ecopark.grading.method import Method
from ecopark.grading.sheet import Change, Line, Sheet
from ecopark.reports.blocks import Block, Cell, Code, Cover, Document, Fold, Heading, Paragraph, Table
from ecopark.reports.one_file import write_as
from ecopark.workflows.write_grades import (
    BASIS_TEXT,
    GRADE_TONE,
    W,
    figure,
    method_blocks,
    rank_text,
    rounded,
    say,
    unit_text,
)

BASIS_LEGEND = Text(
    "依据：“见于来源”指在所列来源中读到；“推断”指由来源推得；“凭记忆”指未见原文，仅为可修改的配置，不作为执行依据。",
    'Basis: "seen" was read in the source named; "inferred" follows from it; "recalled" means that no text was seen: it is '
    "configuration, never law.",
)
CHANGES_NOTE = Text(
    "每一行只改变这一项，其他各项和其他企业不变；每个数值都经过全部企业重新计分验证。按变化幅度由小到大排列。",
    "Each line changes this figure alone, with everything else and everybody else as they are; each was checked by grading all "
    "firms again. Smallest change first.",
)


def sheet_rows(sheet: Sheet, lang: str) -> list[list[str]]:
    """The items of a firm's sheet as texts, header first, their sum last."""
    rows = [[say(k, lang) for k in ("item", "value", "unit", "base", "weight", "points", "rank", "basis", "notes")]]
    for line in sheet.lines:
        i = line.item
        numbers = (figure(i.base), rounded(i.weight), rounded(i.points))
        unit = unit_text(i.unit, lang)
        rows.append(
            [i.label[lang], figure(i.value), unit, *numbers, _rank(line), _basis(line, lang), _note(line, lang)]
        )
    if sheet.lines:
        rows.append([say("total", lang), "", "", "", "", rounded(sheet.firm.score), rank_text(sheet.firm), "", ""])
    return rows


def _rank(line: Line) -> str:
    return "-" if line.rank is None else f"{line.rank} / {line.of}"


def _basis(line: Line, lang: str) -> str:
    return BASIS_TEXT[line.basis][lang] if line.basis in BASIS_TEXT else ""


def _note(line: Line, lang: str) -> str:
    """How the base was made, what was missing, whether the value was computed."""
    reported = Text("填报值，未复算", "as reported, not recomputed")
    told = [line.item.note[lang], line.item.base_note[lang] if line.item.base_note != line.item.note else ""]
    if line.trace is not None and line.trace.kind == "reported":
        told.append(reported[lang])
    return ("；" if lang == "zh" else "; ").join(t for t in told if t)


def change_rows(sheet: Sheet, lang: str) -> list[list[str]]:
    """The smallest change of each single input, header first."""
    rows = [[say(k, lang) for k in ("input", "unit", "now", "needed", "change")]]
    for c in sheet.changes:
        needed = c.reason[lang] if c.needed is None else decimal_text(c.needed)
        rows.append([c.label[lang], unit_text(c.unit, lang), figure(c.now), needed, _change(c)])
    return rows


def _change(c: Change) -> str:
    """``+12.5 (+3.1%)``."""
    if c.needed is None or not c.now:
        return "-"
    gap = c.needed - c.now
    sign = "+" if gap > 0 else ""
    part = decimal_text(round_to(gap / abs(c.now) * 100, 2))
    return f"{sign}{decimal_text(round_to(gap, 6))} ({sign}{part}%)"


def distance_text(sheet: Sheet, lang: str) -> str:
    """How far the next class is, and how far the end of the firm's own."""
    zh = lang == "zh"
    margin = ""
    if sheet.margin is not None and sheet.firm.by_rank:
        points, own = rounded(sheet.margin), sheet.firm.by_rank
        margin = (
            f"高出本类（{own}）下限 {points} 分。" if zh else f"It stands {points} points above the end of class {own}."
        )
    if sheet.next_class is None:
        return f"{sheet.why_none[lang]}{'' if zh else ' '}{margin}".strip()
    gap, needed = rounded(sheet.gap), rounded(sheet.score_needed)
    cutoffs = sheet.method.cutoffs
    by_score = cutoffs is not None and cutoffs.kind == "scores"
    place = "" if by_score else f"进入前 {sheet.place_needed} 名（" if zh else f"place {sheet.place_needed} or better ("
    if zh:
        first = f"升至 {sheet.next_class} 类：需{place}得分达到 {needed}{'）' if place else ''}，尚差 {gap} 分。"
    else:
        first = f"To class {sheet.next_class}: {place}a score of {needed}{')' if place else ''}, {gap} points more."
    return f"{first}{'' if zh else ' '}{margin}".strip()


def objection_text(method: Method, lang: str) -> str:
    """How a firm objects."""
    days = method.objection_days
    if lang == "zh":
        within = f"结果公示后约 {days} 日内" if days else "公示期内（期限以当地通知为准，来源未见）"
        return (
            f"对数据或结果有异议的，请在{within}向主管部门提出：写明哪一项、更正为多少，并附证明材料。"
            "受理后按同一方法对全部企业重新计分；更正前后的数值、证明材料和结果逐条记录，不作删改。"
        )
    within = f"within about {days} days of publication" if days else "within the time the local notice gives (not seen)"
    return (
        f"If a figure or the result is wrong, object {within}: say which figure, what it should be, and add the evidence. "
        "All firms are then graded again by the same method; the figures before and after, the evidence and the result are "
        "logged and never edited."
    )


def headline_rows(sheet: Sheet, lang: str) -> list[list[str]]:
    """Class, score, rank and group, header first."""
    f = sheet.firm
    group = sheet.method.group(f.group).label[lang]
    grade = say("outside", lang) if f.outside else f.grade or say("none", lang)
    name = f.firm.name or f.firm.id
    return [
        [say(k, lang) for k in ("firm", "grade", "score", "rank", "group")],
        [name, grade, rounded(f.score), rank_text(f), group],
    ]


def consequence_rows(sheet: Sheet, lang: str) -> list[list[str]]:
    """What the firm's class means, header first; the header alone where nothing is known."""
    known = [c for c in sheet.method.consequences if sheet.firm.grade and c.grade == sheet.firm.grade]
    rows = [[say(k, lang) for k in ("measure", "value", "unit", "basis", "notes")]]
    rows += [
        [MEASURES.get(c.item, Text(c.item, c.item))[lang], rounded(c.amount), unit_text(c.unit, lang),
         BASIS_TEXT[c.basis][lang], c.text[lang]]
        for c in known
    ]  # fmt: skip
    return rows


MEASURES = {
    "electricity": Text("电价", "electricity"),
    "land use tax relief": Text("城镇土地使用税", "land use tax relief"),
    "sewage charge": Text("污水处理费", "sewage charge"),
}


def sheet_text(sheet: Sheet, lang: str) -> str:
    """A firm's sheet for a terminal."""
    f, method = sheet.firm, sheet.method
    head = " ".join((f.firm.id, f.firm.name if f.firm.name != f.firm.id else "")).strip()
    parts = [
        f"{head}  {method.title[lang]}  {sheet.period or method.year}".rstrip(),
        aligned(headline_rows(sheet, lang)),
    ]
    parts += [n[lang] for n in f.notes]
    if sheet.lines:
        parts.append(aligned(sheet_rows(sheet, lang)))
    parts.append(distance_text(sheet, lang))
    if sheet.changes:
        parts += [aligned(change_rows(sheet, lang)), CHANGES_NOTE[lang]]
    if len(rows := consequence_rows(sheet, lang)) > 1:
        parts.append(aligned(rows))
    parts += [objection_text(method, lang), BASIS_LEGEND[lang]]
    if method.warning:
        parts.append(method.warning[lang])
    return "\n\n".join(parts)


def aligned(rows: list[list[str]]) -> str:
    """Rows as aligned columns; Chinese characters count as two."""
    from unicodedata import east_asian_width

    def width(text: str) -> int:
        return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)

    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(t + " " * (w - width(t)) for t, w in zip(row, widths)).rstrip() for row in rows)


def _items_table(sheet: Sheet, lang: str) -> Table:
    """The items: unit and notes stand small under what they belong to."""
    header = tuple(say(k, lang) for k in ("item", "value", "base", "weight", "points", "rank", "basis"))
    body: list[tuple[Cell, ...]] = []
    for line in sheet.lines:
        i = line.item
        body.append(
            (
                Cell(i.label[lang], note=_note(line, lang)),
                Cell(figure(i.value), note=unit_text(i.unit, lang), number=True),
                Cell(figure(i.base), number=True),
                Cell(rounded(i.weight), number=True),
                Cell(rounded(i.points), number=True, strong=True),
                Cell(_rank(line), number=True),
                Cell(_basis(line, lang)),
            )
        )
    total = (say("total", lang), "", "", "", rounded(sheet.firm.score), rank_text(sheet.firm), "")
    body.append(tuple(Cell(t, number=0 < at < 6, strong=True) for at, t in enumerate(total)))
    return Table(header, tuple(body), widths=(3, 1.3, 1.2, 0.8, 1, 1, 0.9))


def _plain_table(rows: list[list[str]], numbers: tuple[int, ...], widths: tuple[float, ...], tones: int = -1) -> Table:
    body = tuple(
        tuple(
            Cell(
                t,
                number=at in numbers and (t == "-" or any(c.isdigit() for c in t)),
                tone=GRADE_TONE.get(t, "open") if at == tones else "plain",
            )
            for at, t in enumerate(row)
        )
        for row in rows[1:]
    )
    return Table(tuple(rows[0]), body, widths=widths)


def sheet_document(sheet: Sheet, lang: str) -> Document:
    """A firm's sheet as a document."""
    f, method = sheet.firm, sheet.method
    period = f"{say('period', lang)} {sheet.period or method.year}"
    cover = Cover(W["sheet"][lang], method.title[lang], f.firm.name or f.firm.id, period, (method.id,), page=False)
    blocks: list[Block] = [
        Heading(1, say("result", lang), "grade"),
        _plain_table(headline_rows(sheet, lang), (2, 3), (3, 0.9, 1, 1, 2), tones=1),
        *(Paragraph(n[lang], "note") for n in f.notes),
    ]
    if sheet.lines:
        blocks += [
            Heading(1, say("items", lang), "items"),
            _items_table(sheet, lang),
            Paragraph(BASIS_LEGEND[lang], "note"),
        ]
    blocks += [Heading(1, say("next", lang), "next"), Paragraph(distance_text(sheet, lang), "lead")]
    if sheet.changes:
        blocks.append(_plain_table(change_rows(sheet, lang), (2, 3, 4), (2.2, 1, 1.2, 1.6, 2)))
        blocks.append(Paragraph(CHANGES_NOTE[lang], "note"))
    if len(rows := consequence_rows(sheet, lang)) > 1:
        blocks.append(Heading(1, say("consequences", lang), "consequences"))
        blocks.append(_plain_table(rows, (1,), (2, 1, 1.2, 1, 2)))
    blocks += [Heading(1, say("objection", lang), "objection"), Paragraph(objection_text(method, lang))]
    traced = [line for line in sheet.lines if line.trace is not None]
    if traced:
        blocks.append(Heading(1, say("trace", lang), "trace"))
        blocks += [
            Fold(x.item.label[lang], (Code(x.trace.to_text(lang, units=unit_words)),))
            for x in traced
            if x.trace is not None
        ]
    blocks += [Heading(1, say("method", lang), "method"), *method_blocks(method, lang)]
    return Document(lang, cover, tuple(blocks))


def write_sheet(sheet: Sheet, path: Path, *, lang: str = "zh") -> Path:
    """Write a firm's sheet as .html, .docx or .txt.

    Raises
    ------
    EcoparkError
        The suffix names none of them.
    """
    return write_as(
        path,
        Text("企业评价表", "a firm's sheet"),
        lambda: sheet_document(sheet, lang),
        {".txt": lambda: path.write_text(sheet_text(sheet, lang) + "\n", encoding="utf-8")},
    )
