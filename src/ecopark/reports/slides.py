"""A short deck for the leader: verdict, overview, what fails and why, what is missing, what next."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

from ecopark.core.value import Missing
from ecopark.reports.advice import advice
from ecopark.reports.blocks import Cell
from ecopark.reports.charts import display_width, wrap
from ecopark.reports.content import Material, pack_title
from ecopark.reports.labels import ACCENT, COLOURS, STATUS_TONE, VERDICT_TONE
from ecopark.reports.sections import basis_short, evidence_for, limit_words, missing_table, status_cell
from ecopark.reports.verdicts import basis_line, basis_words, count_words, rests_on, score_words, verdict_words
from ecopark.reports.words import printable, shown, with_unit
from ecopark.standards.result import STATUS_TEXT, STATUSES, Assessment, ClauseResult

FONT_ZH, FONT_EN = "Microsoft YaHei", "Calibri"
WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.6
FAILS, GAPS, COVER_PACKS = 7, 9, 6
SMALLEST = 7.0
"""Smallest letters of a table. [pt]"""
FILLED = 0.88
"""So much of a line is filled before a number or word goes to the next."""
AIRY = 0.3
"""So much higher than its text a row of a table may be. [in]"""


def write_slides(m: Material, path: Path) -> None:
    """Write the deck as .pptx.

    Parameters
    ----------
    m
        The assessments and facts.
    path
        Where the file goes; its directory exists.
    """
    deck = _Deck(m)
    deck.cover()
    deck.verdicts()
    deck.matrix()
    deck.status_chart()
    deck.fails()
    deck.missing()
    deck.next_steps()
    deck.show.save(str(path))


class Deck:
    """A presentation with one way of drawing titles, texts and tables.

    Parameters
    ----------
    title
        Title of the file.
    foot
        What stands below every slide.
    """

    def __init__(self, lang: str, title: str, foot: str) -> None:
        from pptx import Presentation
        from pptx.util import Inches

        self.lang, self.zh, self.foot = lang, lang == "zh", foot
        self.show = Presentation()
        self.show.slide_width, self.show.slide_height = Inches(WIDTH), Inches(HEIGHT)
        self.show.core_properties.title = printable(title)
        self.show.core_properties.author = "ecopark"
        self.blank = self.show.slide_layouts[5]

    def slide(self, title: str) -> Any:
        """A slide with a title, a thin rule and a foot line."""
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.util import Inches

        slide = self.show.slides.add_slide(self.blank)
        head = slide.shapes.title
        head.left, head.top, head.width, head.height = (
            Inches(MARGIN),
            Inches(0.35),
            Inches(WIDTH - 2 * MARGIN),
            Inches(0.8),
        )
        self.write(head.text_frame, title, 26, bold=True, colour=ACCENT)
        rule = slide.shapes.add_shape(
            MSO_SHAPE.RECTANGLE, Inches(MARGIN), Inches(1.16), Inches(WIDTH - 2 * MARGIN), Inches(0.03)
        )
        rule.fill.solid()
        rule.fill.fore_color.rgb = rgb(ACCENT)
        rule.line.fill.background()
        self.box(slide, self.foot, MARGIN, HEIGHT - 0.45, 8, 0.3, 10, colour="#5b6168")
        self.box(
            slide,
            str(len(self.show.slides)),
            WIDTH - MARGIN - 1,
            HEIGHT - 0.45,
            1,
            0.3,
            10,
            colour="#5b6168",
            right=True,
        )
        return slide

    def write(
        self, frame: Any, text: str, size: float, *, bold: bool = False, colour: str = "#1d2227", right: bool = False
    ) -> None:
        """Set the text of a frame, a paragraph a line, with a Chinese and a Latin typeface."""
        from pptx.enum.text import PP_ALIGN

        frame.word_wrap = True
        for at, line in enumerate(text.split("\n")):
            paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
            self.append(paragraph, line, size, bold=bold, colour=colour)

    def append(self, paragraph: Any, text: str, size: float, *, bold: bool = False, colour: str = "#1d2227") -> None:
        """A piece of text at the end of a paragraph."""
        from pptx.util import Pt

        run = paragraph.add_run()
        run.text = printable(text)
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = rgb(colour)
        _typeface(run)

    def box(
        self,
        slide: Any,
        text: str,
        left: float,
        top: float,
        width: float,
        height: float,
        size: float,
        *,
        bold: bool = False,
        colour: str = "#1d2227",
        right: bool = False,
    ) -> Any:
        """A text box; all lengths in inches."""
        from pptx.util import Inches

        shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
        frame = shape.text_frame
        frame.margin_left = frame.margin_right = 0
        self.write(frame, text, size, bold=bold, colour=colour, right=right)
        return shape

    def table(
        self,
        slide: Any,
        header: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[float],
        top: float,
        size: float,
        *,
        left: float = MARGIN,
        width: float = WIDTH - 2 * MARGIN,
        height: float = 4.9,
    ) -> None:
        """A table, over the whole width unless told otherwise; `height` is the most its rows take together.

        A row is as high as its text; where all of them are too much, the letters are smaller, from `size` on.
        """
        from pptx.enum.text import MSO_ANCHOR
        from pptx.util import Inches, Pt

        across = [width * share / sum(widths) for share in widths]
        while (talls := _heights([[Cell(h) for h in header], *rows], across, size)) and sum(talls) > height:
            if size <= SMALLEST:
                break
            size -= 0.5
        spare = max(height - sum(talls), 0) / len(talls)
        frame = slide.shapes.add_table(
            len(rows) + 1,
            len(header),
            Inches(left),
            Inches(top),
            Inches(width),
            Inches(sum(talls)),
        )
        table = frame.table
        _plain_table(frame)
        for at, own in enumerate(across):
            table.columns[at].width = Inches(own)
        for at, tall in enumerate(talls):
            table.rows[at].height = Inches(tall + min(spare, AIRY) if at else tall)
        for line, row in enumerate([[Cell(h) for h in header], *rows]):
            for at, content in enumerate(row):
                cell = table.cell(line, at)
                cell.vertical_anchor = MSO_ANCHOR.MIDDLE
                cell.margin_top = cell.margin_bottom = Pt(3)
                ink, ground = ("#ffffff", ACCENT) if line == 0 else COLOURS[content.tone]
                cell.fill.solid()
                cell.fill.fore_color.rgb = rgb(ground)
                bold = line == 0 or content.strong or content.tone != "plain"
                self.write(
                    cell.text_frame, content.text, size, bold=bold, colour=ink, right=content.number and line > 0
                )


class _Deck(Deck):
    """The deck of a dossier."""

    def __init__(self, m: Material) -> None:
        foot = f"{m.name} · {m.periods[-1]}" + (f" · {m.say('invented')}" if m.invented else "")
        super().__init__(m.lang, f"{m.title} {m.name}", foot)
        self.m = m

    def cover(self) -> None:
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.util import Inches

        m = self.m
        slide = self.show.slides.add_slide(self.blank)
        ground = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, Inches(WIDTH), Inches(HEIGHT))
        ground.fill.solid()
        ground.fill.fore_color.rgb = rgb(ACCENT)
        ground.line.fill.background()
        slide.shapes._spTree.remove(ground._element)
        slide.shapes._spTree.insert(2, ground._element)
        head = slide.shapes.title
        head.left, head.top, head.width, head.height = Inches(1), Inches(2.0), Inches(WIDTH - 2), Inches(1.1)
        self.write(head.text_frame, m.name, 40 if display_width(m.name) < 17 else 30, bold=True, colour="#ffffff")
        self.box(slide, f"{m.title} · {m.periods[-1]}", 1.1, 3.1, WIDTH - 2, 0.7, 24, colour="#ffffff")
        self.box(
            slide,
            self._packs(),
            1.1,
            4.0,
            WIDTH - 2,
            1.6,
            16,
            colour="#dfeae4",
        )
        if m.invented:
            self.box(slide, m.say("invented"), 1.1, 1.2, WIDTH - 2, 0.5, 16, bold=True, colour="#ffe9a8")

    def _packs(self) -> str:
        titles = [pack_title(a, self.lang) for a in self.m.current]
        rest = len(titles) - COVER_PACKS
        if rest > 0:
            titles = [*titles[:COVER_PACKS], f"另有 {rest} 项标准" if self.zh else f"and {rest} more"]
        return "\n".join(titles)

    def verdicts(self) -> None:
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.util import Inches

        slide = self.slide(self.m.say("s_summary"))
        shown_packs = self.m.current[:6]
        across = min(len(shown_packs), 3)
        down = -(-len(shown_packs) // across)
        gap, height = 0.25, (5.3 - 0.25 * (down - 1)) / down if down > 1 else 3.9
        width = (WIDTH - 2 * MARGIN - gap * (across - 1)) / across
        for at, a in enumerate(shown_packs):
            left, top = MARGIN + (at % across) * (width + gap), 1.45 + (at // across) * (height + gap)
            ink, ground = COLOURS[VERDICT_TONE[a.verdict]]
            card = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(left), Inches(top), Inches(width), Inches(height))
            card.fill.solid()
            card.fill.fore_color.rgb = rgb(ground)
            card.line.fill.background()
            small = 11 if down > 1 else 13
            inner, verdict = width - 0.4, verdict_words(a, self.lang)
            title_size = small + 1 if down == 1 else small - 0.5
            self.box(slide, pack_title(a, self.lang), left + 0.2, top + 0.12, inner, 0.7, title_size, bold=True)
            self.box(
                slide,
                verdict,
                left + 0.2,
                top + (0.82 if down == 1 else 0.68),
                inner,
                0.8,
                (32 if down == 1 else 26) if len(verdict) < 11 else 26 if down == 1 else 16,
                bold=True,
                colour=ink,
            )
            rests = rests_on(a, self.lang) or score_words(a, self.lang)
            crowded = down > 1 and rests_on(a, self.lang)
            basis = basis_line(a, self.lang) if crowded else basis_words(a, self.lang)
            lines, under = [rests, count_words(a, self.lang), basis], 1.6 if down == 1 else 1.26
            self.box(slide, "\n".join(filter(None, lines)), left + 0.2, top + under, inner, height - under - 0.1, small)

    def matrix(self) -> None:
        m = self.m
        slide = self.slide(m.say("chart_matrix"))
        rows = []
        for series in m.packs[:9]:
            by_period = {a.period: a for a in series}
            row = [Cell(f"{pack_title(series[-1], self.lang)}\n{basis_line(series[-1], self.lang)}", strong=True)]
            for period in m.periods[-3:]:
                a = by_period.get(period)
                if a is None:
                    row.append(Cell("—"))
                    continue
                extra = score_words(a, self.lang) or count_words(a, self.lang)
                row.append(Cell(f"{verdict_words(a, self.lang)}\n{extra}", tone=VERDICT_TONE[a.verdict]))
            rows.append(row)
        years = m.periods[-3:]
        self.table(
            slide, [m.say("packs"), *years], rows, [3.4, *(2.0 for _ in years)], 1.5, 12 if len(rows) < 5 else 11
        )

    def status_chart(self) -> None:
        """A native stacked bar chart: how many clauses of each standard have each status."""
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
        from pptx.util import Inches, Pt

        m = self.m
        slide = self.slide("各标准条款达标情况" if self.zh else "Clauses by status")
        data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
        packs = list(reversed(m.current[:9]))
        data.categories = [wrap(a.pack.title[self.lang], 22, 1)[0] for a in packs]
        used = [s for s in STATUSES if any(s in a.counts() for a in packs)]
        for status in used:
            data.add_series(STATUS_TEXT[status][self.lang], [a.counts().get(status, 0) or None for a in packs])
        frame = slide.shapes.add_chart(
            XL_CHART_TYPE.BAR_STACKED, Inches(MARGIN), Inches(1.4), Inches(WIDTH - 2 * MARGIN), Inches(5.4), data
        )
        chart = frame.chart
        chart.has_legend = True
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        chart.font.size, chart.font.name = Pt(13), FONT_ZH if self.zh else FONT_EN
        chart.value_axis.visible = False
        chart.value_axis.has_major_gridlines = False
        plot = chart.plots[0]
        plot.gap_width, plot.overlap = 55, 100
        for status, series in zip(used, plot.series, strict=True):
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = rgb(COLOURS[STATUS_TONE[status]][0])
            series.data_labels.show_value = True
            series.data_labels.font.size, series.data_labels.font.bold = Pt(13), True
            series.data_labels.font.color.rgb = rgb("#ffffff")

    def fails(self) -> None:
        m = self.m
        slide = self.slide(m.say("fails"))
        found = [(a, c) for a in m.current for c in a.clauses if c.status in ("not_met", "partly_met")]
        found.sort(key=lambda pair: (pair[0].verdict != "fail", not pair[1].counts))
        if not found:
            self.box(slide, m.say("none_change"), MARGIN, 1.6, WIDTH - 2 * MARGIN, 1, 20)
            return
        rows = [self._fail(a, c) for a, c in found[:FAILS]]
        header = (m.say("clause"), m.say("now"), m.say("limit"), m.say("status"), m.say("basis"), m.say("changes"))
        self.table(slide, header, rows, [3.6, 1.4, 1.4, 0.9, 1.2, 3.8], 1.4, 11.5 if self.zh else 10.5)
        if len(found) > FAILS:
            rest = len(found) - FAILS
            self.box(
                slide,
                f"另有 {rest} 条，见报告" if self.zh else f"and {rest} more in the report",
                MARGIN,
                6.7,
                8,
                0.3,
                11,
            )

    def _fail(self, a: Assessment, c: ClauseResult) -> list[Cell]:
        value = (
            "—"
            if isinstance(c.value, Missing)
            else with_unit(shown(c.value, self.lang, c.limit.value), c.clause.unit, self.lang)
        )
        of = wrap(a.pack.title[self.lang], 22, 1)[0]
        name = f"{c.clause.tail} {c.clause.label[self.lang]}\n{of}"
        doubts = self.m.without_folder("\n".join(doubt[self.lang] for doubt in c.doubts[:1]))
        return [
            Cell(name),
            Cell(value),
            Cell(limit_words(c, self.lang, unit=True)),
            status_cell(c, self.lang),
            Cell(basis_short(c, self.lang)),
            Cell("\n".join(filter(None, (advice(c, self.lang)[0], doubts)))),
        ]

    def missing(self) -> None:
        m = self.m
        slide = self.slide(m.say("s_missing"))
        table = missing_table(m)
        if table is None:
            self.box(slide, m.say("none_missing"), MARGIN, 1.6, WIDTH - 2 * MARGIN, 1, 20)
            return
        rows: list[list[Cell]] = []
        department, heads = "", dict(table.groups)
        for at, row in enumerate(table.rows):
            department = heads.get(at, department)
            if len(rows) < GAPS:
                clauses = row[2].text if display_width(row[2].text) < 60 else row[2].text[:56] + "…"
                rows.append([Cell(department, strong=True), Cell(row[0].text), Cell(clauses), row[3]])
        header = (m.say("department"), m.say("item"), m.say("for_clauses"), m.say("settles"))
        self.table(slide, header, rows, [2, 4, 4.4, 1], 1.4, 12)
        if len(table.rows) > GAPS:
            rest = len(table.rows) - GAPS
            self.box(
                slide,
                f"另有 {rest} 项，见报告" if self.zh else f"and {rest} more in the report",
                MARGIN,
                6.7,
                8,
                0.3,
                11,
            )

    def next_steps(self) -> None:
        """What the results themselves ask for: data to give, clauses to mend, limits to check."""
        m = self.m
        slide = self.slide(m.say("next"))
        lines = []
        gaps = missing_table(m)
        short = [
            (a, c) for a in m.current if a.verdict == "fail" for c in a.clauses if c.status == "not_met" and c.counts
        ]
        short.sort(key=lambda pair: pair[1].clause.kind in ("optional", "recommended", "guiding", "reference"))
        if gaps is not None:
            departments = list(dict.fromkeys(text for _, text in gaps.groups))
            names = ("、" if self.zh else ", ").join(departments[:6])
            lines.append(
                f"补齐 {len(gaps.rows)} 项缺项数据：{names}"
                if self.zh
                else f"Give {len(gaps.rows)} missing figures: {names}"
            )
        for a, c in short[:4]:
            colon = "：" if self.zh else ": "
            name = f"{a.pack.title[self.lang]} {c.clause.tail} {c.clause.label[self.lang]}"
            lines.append(f"{name}{colon}{advice(c, self.lang)[0]}")
        unchecked = sum(not c.verified for a in m.current for c in a.with_limit())
        if unchecked:
            lines.append(
                f"对照标准原文核对 {unchecked} 条标准值和引领值（目前待核）"
                if self.zh
                else f"Check {unchecked} limits and benchmarks against the texts of the standards (to be verified)"
            )
        rows = sum(not evidence_for(m, c) for a in m.current for c in a.clauses)
        if rows:
            lines.append(f"为 {rows} 条条款补充佐证材料" if self.zh else f"Add evidence for {rows} clauses")
        text = "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1))
        self.box(slide, text, MARGIN, 1.5, WIDTH - 2 * MARGIN, 5, 18 if len(lines) < 7 else 15)


def _heights(rows: Sequence[Sequence[Cell]], across: Sequence[float], size: float) -> list[float]:
    """How high each row has to be for its text. [in]"""

    def lines(content: Cell, width: float) -> int:
        room = (width - 0.2) * 72 / size * FILLED  # cells keep 0.1 in free on each side
        return sum(max(ceil(display_width(part) / room), 1) for part in content.text.split("\n"))

    tallest = (max(lines(content, width) for content, width in zip(row, across, strict=True)) for row in rows)
    return [(n * size * 1.25 + 6) / 72 for n in tallest]


def rgb(colour: str) -> Any:
    """A colour of the library from its web notation."""
    from pptx.dml.color import RGBColor

    red, green, blue = bytes.fromhex(colour.lstrip("#"))
    return RGBColor(red, green, blue)  # type: ignore[no-untyped-call]


def _typeface(run: Any) -> None:
    """A Latin and an East Asian typeface."""
    from pptx.oxml.ns import qn

    run.font.name = FONT_EN
    properties = run._r.get_or_add_rPr()
    for tag in ("a:ea", "a:cs"):
        element = properties.makeelement(qn(tag), {"typeface": FONT_ZH})
        properties.append(element)


def _plain_table(frame: Any) -> None:
    """Without the coloured banding of the default style."""
    properties = frame._element.graphic.graphicData.tbl.tblPr
    properties.set("bandRow", "0")
    properties.set("firstRow", "1")
