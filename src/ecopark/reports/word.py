"""The dossier as a Word document, in the shape of a green-park self-evaluation."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ecopark.reports.blocks import (
    Block,
    Bullets,
    Cards,
    Cell,
    Code,
    Cover,
    Document,
    Figure,
    Fold,
    Heading,
    Pairs,
    Table,
)
from ecopark.reports.blocks import Paragraph as Running
from ecopark.reports.charts import display_width
from ecopark.reports.labels import ACCENT, COLOURS, L
from ecopark.reports.words import printable

BODY, HEADS = ("宋体", "Times New Roman"), ("黑体", "Arial")
PAGE_CM, LONG_CM, MARGIN_CM = 21.0, 29.7, 2.2
KEPT_TOGETHER = 12
"""Pairs of name and value of so many rows stay on one page."""
TABLE_CM = PAGE_CM - 2 * MARGIN_CM


def write_word(document: Document, path: Path) -> None:
    """Write the document as .docx.

    Parameters
    ----------
    document
        What to write.
    path
        Where the file goes; its directory exists.
    """
    _Word(document).save(path)


class _Word:
    def __init__(self, document: Document) -> None:
        import docx
        from docx.enum.section import WD_ORIENT
        from docx.shared import Cm, Pt

        self.document, self.zh = document, document.lang == "zh"
        self.doc = docx.Document()
        section = self.doc.sections[0]
        wide, high = (LONG_CM, PAGE_CM) if document.landscape else (PAGE_CM, LONG_CM)
        self.room = wide - 2 * MARGIN_CM
        section.page_width, section.page_height = Cm(wide), Cm(high)
        section.orientation = WD_ORIENT.LANDSCAPE if document.landscape else WD_ORIENT.PORTRAIT
        section.left_margin = section.right_margin = Cm(MARGIN_CM)
        section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)
        section.different_first_page_header_footer = True
        normal = self.doc.styles["Normal"]
        self.font(normal, BODY, 10.5)
        normal.paragraph_format.space_after = Pt(6)
        normal.paragraph_format.line_spacing = 1.3
        for level, size in ((1, 16), (2, 13), (3, 11.5)):
            style = self.doc.styles[f"Heading {level}"]
            self.font(style, HEADS, size, ACCENT if level == 1 else "#1d2227")
            style.paragraph_format.space_before, style.paragraph_format.space_after = (
                Pt(18 if level == 1 else 12),
                Pt(6),
            )
        properties = self.doc.core_properties
        properties.title, properties.author = printable(f"{document.cover.title} {document.cover.park}"), "ecopark"
        properties.comments = ""  # what the template of the Word library says of itself
        properties.language = "zh-CN" if self.zh else "en-GB"

    def font(self, style: Any, names: tuple[str, str], size: float, colour: str = "") -> None:
        """Size, colour, and one typeface for Chinese and one for Latin letters."""
        from docx.oxml.ns import qn
        from docx.shared import Pt

        style.font.size, style.font.name = Pt(size), names[1]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(key), None)
        fonts.set(qn("w:eastAsia"), names[0])
        fonts.set(qn("w:ascii"), names[1])
        fonts.set(qn("w:hAnsi"), names[1])
        if colour:
            style.font.color.rgb = _rgb(colour)

    def save(self, path: Path) -> None:
        if self.document.cover.page:
            self.cover(self.document.cover)
            self.contents()
        else:
            self.title(self.document.cover)
        for block in self.document.blocks:
            self.draw(block)
        self.running_heads()
        self.doc.save(str(path))

    # -- front matter --------------------------------------------------------------------------------------------------

    def cover(self, cover: Cover) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
        from docx.shared import Pt

        def line(text: str, size: float, *, bold: bool = False, before: float = 0, colour: str = "#1d2227") -> Any:
            paragraph = self.doc.add_paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.space_before = Pt(before)
            self.run(paragraph, text, size=size, bold=bold, colour=colour, names=HEADS)
            return paragraph

        if cover.label:
            line(f"【{cover.label}】" if self.zh else f"[{cover.label}]", 12, bold=True, before=60, colour="#8a5a00")
        line(cover.title, 30, bold=True, before=60 if cover.label else 120, colour=ACCENT)
        line(cover.subtitle, 13, colour="#5b6168")
        line(cover.park, 20, bold=True, before=90)
        line(f"{L['period'][self.document.lang]}　{cover.period}", 13)
        for at, pack in enumerate(cover.packs):
            line(pack, 12, before=36 if at == 0 else 0)
        last = None
        for at, text in enumerate(cover.lines):
            last = line(text, 10, before=70 if at == 0 else 0, colour="#5b6168")
        (last or self.doc.add_paragraph()).add_run().add_break(WD_BREAK.PAGE)

    def title(self, cover: Cover) -> None:
        """Title and subtitle above the text of a short document."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        for text, size, bold, after in ((cover.title, 20, True, 2), (cover.subtitle, 11, False, 10)):
            paragraph = self.doc.add_paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.space_after = Pt(after)
            self.run(paragraph, text, size=size, bold=bold, names=HEADS)

    def contents(self) -> None:
        """A table of contents that Word fills in, with the headings already written out."""
        from docx.enum.text import WD_BREAK

        self.doc.add_paragraph(L["contents"][self.document.lang], style="Heading 2")
        paragraph = self.doc.add_paragraph()
        run = paragraph.add_run()
        _field(run, "begin")
        _field(run, ' TOC \\o "1-2" \\h \\z \\u ', text=True)
        _field(run, "separate")
        for at, heading in enumerate(self.document.headings(1)):
            if at:
                paragraph.add_run().add_break()
            paragraph.add_run(heading.text)
        _field(paragraph.add_run(), "end")
        self.doc.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def running_heads(self) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        section, cover = self.doc.sections[0], self.document.cover
        head = section.header.paragraphs[0]
        label = f"　{cover.label}" if cover.label else ""
        self.run(head, f"{cover.park}　{cover.title}{label}", size=9, colour="#5b6168")
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        before, after = ("第 ", " 页") if self.zh else ("Page ", "")
        self.run(foot, before, size=9)
        number = foot.add_run()
        for step, text in (("begin", False), (" PAGE ", True), ("end", False)):
            _field(number, step, text=text)
        self.run(foot, after, size=9)

    # -- blocks --------------------------------------------------------------------------------------------------------

    def run(
        self,
        paragraph: Any,
        text: str,
        *,
        size: float = 0,
        bold: bool = False,
        colour: str = "",
        names: tuple[str, str] | None = None,
    ) -> Any:
        """Text of one style in a paragraph."""
        from docx.oxml.ns import qn
        from docx.shared import Pt

        run = paragraph.add_run(printable(text))
        run.bold = bold or None
        if size:
            run.font.size = Pt(size)
        if colour:
            run.font.color.rgb = _rgb(colour)
        if names:
            run.font.name = names[1]
            run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), names[0])
        return run

    def draw(self, block: Block) -> None:
        """One block at the end of the document."""
        match block:
            case Heading(level, text, _):
                self.doc.add_heading(printable(text), level=min(level, 3))
            case Running(text, kind):
                self.paragraph(text, kind)
            case Bullets(items, _):
                self.bullets(items)
            case Pairs(pairs):
                self.pairs(pairs)
            case Table():
                self.table(block)
            case Figure():
                self.figure(block)
            case Cards():
                self.cards(block)
            case Code(text):
                self.run(self.doc.add_paragraph(), text, size=8)
            case Fold():
                self.fold(block)

    def bullets(self, items: Iterable[str]) -> None:
        """A list; the line that leads to it stays on its page."""
        for at, item in enumerate(items):
            made = self.doc.add_paragraph(printable(item), style="List Bullet")
            lead = made._p.getprevious() if at == 0 else None
            if lead is not None and lead.tag == made._p.tag:
                lead.get_or_add_pPr().get_or_add_keepNext().val = True

    def paragraph(self, text: str, kind: str) -> None:
        from docx.shared import Pt

        paragraph = self.doc.add_paragraph()
        if kind == "warning":
            _shade(paragraph._p.get_or_add_pPr(), "FDF5E0")
        if kind == "sign":
            paragraph.paragraph_format.space_before = Pt(22)
        colour = "#5b6168" if kind == "note" else ""
        if self.zh and kind in ("text", "lead"):
            paragraph.paragraph_format.first_line_indent = Pt(21)
        self.run(paragraph, text, size={"lead": 11, "note": 9.5}.get(kind, 10.5), colour=colour)

    def fold(self, fold: Fold) -> None:
        if not fold.paper:
            return
        heading = self.doc.add_heading(printable(fold.title) + "　", level=3)
        if fold.chip:
            self.run(heading, fold.chip.text, size=10, bold=True, colour=COLOURS[fold.chip.tone][0])
        for block in fold.blocks:
            self.draw(block)

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        rows = tuple((Cell(key), Cell(value)) for key, value in pairs)
        if rows:
            self.grid(rows, (1.0, 4.2), header=(), size=9.5)

    def table(self, table: Table) -> None:
        if table.caption:
            self.doc.add_paragraph(printable(table.caption))
        widths = table.widths or tuple(1.0 for _ in table.header)
        self.grid(table.rows, widths, header=table.header, groups=dict(table.groups), size=8 if table.wide else 8.5)

    def grid(
        self,
        rows: tuple[tuple[Cell, ...], ...],
        widths: tuple[float, ...],
        *,
        header: tuple[str, ...],
        groups: dict[int, str] | None = None,
        size: float = 9,
    ) -> None:
        """A table with fixed column widths, a repeated header row and rows that are not torn apart."""
        from docx.enum.table import WD_TABLE_ALIGNMENT
        from docx.shared import Cm

        groups = groups or {}
        lines = bool(header) + len(rows) + len(groups)
        table = self.doc.add_table(rows=lines, cols=len(widths), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        _borders(table)
        sizes = [Cm(width) for width in _fitted(widths, rows, header, size, self.room)]
        for column, width in zip(table.columns, sizes, strict=True):
            column.width = width
        grid = [list(row.cells) for row in table.rows]
        for line in grid:
            for cell, width in zip(line, sizes, strict=True):
                cell.width = width
        at = 0
        if header:
            for cell, text in zip(grid[0], header, strict=True):
                self.fill(cell, Cell(text), size, head=True, stay=True)
            _repeat(table.rows[0])
            at = 1
        for number, row in enumerate(rows):
            if number in groups:
                merged = grid[at][0].merge(grid[at][-1])
                self.fill(merged, Cell(groups[number], strong=True), size, shade="F1F4F2", stay=True)
                _keep(table.rows[at])
                at += 1
            together = not header and len(rows) <= KEPT_TOGETHER and number < len(rows) - 1
            for cell, content in zip(grid[at], row, strict=True):
                self.fill(cell, content, size, stay=together)
            _keep(table.rows[at])
            at += 1
        self.doc.add_paragraph().paragraph_format.space_after = Cm(0.1)

    def fill(
        self, cell: Any, content: Cell, size: float, *, head: bool = False, shade: str = "", stay: bool = False
    ) -> None:
        """Text, note and ground of a cell; `stay` keeps its row on the page of the next one."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        paragraph.paragraph_format.line_spacing = 1.1
        paragraph.paragraph_format.keep_with_next = stay or None
        if content.number:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        ink = "#ffffff" if head else COLOURS[content.tone][0]
        text = content.text.replace(" ", "\u00a0") if content.number else content.text
        self.run(paragraph, text, size=size, bold=head or content.strong or content.tone != "plain", colour=ink)
        if content.note:
            self.run(paragraph, "\n" + content.note, size=size - 1.5, colour="#5b6168")
        fill = (
            ACCENT.lstrip("#")
            if head
            else shade or ("" if content.tone == "plain" else COLOURS[content.tone][1].lstrip("#"))
        )
        if fill:
            _shade(cell._tc.get_or_add_tcPr(), fill.upper())

    def figure(self, figure: Figure) -> None:
        from docx.shared import Cm

        from ecopark.reports.pdf import svg_to_png

        picture = self.doc.add_picture(io.BytesIO(svg_to_png(figure.svg)), width=Cm(TABLE_CM))
        picture._inline.docPr.set("descr", printable(figure.alt or figure.caption))
        paragraph = self.doc.add_paragraph()
        self.run(paragraph, figure.caption, size=9, colour="#5b6168")

    def cards(self, cards: Cards) -> None:
        rows = tuple(
            (Cell(card.title), Cell(card.verdict, tone=card.tone), Cell("\n".join(card.lines))) for card in cards.cards
        )
        words = ("packs", "verdict", "basis")
        self.grid(rows, (3, 1.2, 4), header=tuple(L[w][self.document.lang] for w in words), size=9.5)


def _fitted(
    widths: tuple[float, ...],
    rows: tuple[tuple[Cell, ...], ...],
    header: tuple[str, ...],
    size: float,
    whole_cm: float = TABLE_CM,
) -> list[float]:
    """Widths of columns in cm: no number and no word is torn, the columns of running text give the room."""
    em = size * 2.54 / 72
    least, shares = [], list(widths)
    for at in range(len(widths)):
        numbers = [row[at].text for row in rows if row[at].number]
        words = [
            word for text in (*header[at : at + 1], *(row[at].text for row in rows)) for word in WORD.findall(text)
        ]
        longest = max((display_width(text) for text in (*numbers, *words)), default=0.0)
        longest = max(
            longest, *(display_width(text) / 2 for text in header[at : at + 1]), 0.0
        )  # a heading in two lines
        least.append(min(longest * em * 1.1 + 0.45, whole_cm / 4))
        if numbers:
            shares[at] = min(widths[at], 1.2 * least[at] * sum(widths) / whole_cm)
    sizes = [0.0] * len(widths)
    open_, room = set(range(len(widths))), whole_cm
    while open_:
        whole = sum(shares[at] for at in open_)
        narrow = {at for at in open_ if room * shares[at] / whole < least[at]}
        for at in narrow or open_:
            sizes[at] = least[at] if narrow else room * shares[at] / whole
        open_ -= narrow or open_.copy()
        room -= sum(sizes[at] for at in narrow)
    return [size * whole_cm / sum(sizes) for size in sizes]


WORD = re.compile(r"(?:[≥≤<>=] )?[!-~\u00a0-\u024f]+")
"""What stands in one line: a number with its sign, Latin letters up to the next space; Chinese breaks anywhere."""


def _rgb(colour: str) -> Any:
    from docx.shared import RGBColor

    return RGBColor.from_string(colour.lstrip("#").upper())


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _field(run: Any, what: str, *, text: bool = False) -> None:
    if text:
        element = _element("w:instrText")
        element.text = what
    else:
        element = _element("w:fldChar", fldCharType=what)
    run._r.append(element)


def _shade(properties: Any, fill: str) -> None:
    properties.append(_element("w:shd", val="clear", color="auto", fill=fill))


def _repeat(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))
    _keep(row)


def _keep(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:cantSplit", val="true"))


def _borders(table: Any) -> None:
    """Hairlines between rows, none between columns."""
    borders = _element("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(f"w:{side}", val="single", sz="4", space="0", color="C9CED1"))
    for side in ("left", "right", "insideV"):
        borders.append(_element(f"w:{side}", val="nil"))
    table._tbl.tblPr.append(borders)
