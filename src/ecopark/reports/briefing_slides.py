"""The briefing as a deck: the one page on the first slide, indicators and lists with more room on two more."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.reports.blocks import Cell
from ecopark.reports.briefing import Briefing
from ecopark.reports.briefing_page import Box, Page, Room, Trend, clip, page
from ecopark.reports.labels import ACCENT, COLOURS
from ecopark.reports.slides import FONT_EN, FONT_ZH, HEIGHT, MARGIN, WIDTH, Deck, rgb
from ecopark.reports.words import number

FIRST = Room(
    verdicts=6, charts=4, tasks=2, cases=4, missing=5, changes=1, quotas=2, grades=6, hashes=8, title=44, basis=54, column=44
)  # fmt: skip
MORE = Room(
    verdicts=7, charts=6, tasks=8, cases=8, missing=7, changes=5, quotas=5, grades=8, hashes=14, title=60, basis=58, column=44
)  # fmt: skip
FAINT = "#5b6168"
GAP = 0.25
COLUMN = (WIDTH - 2 * MARGIN - 2 * GAP) / 3


def write_briefing_slides(b: Briefing, path: Path, lang: str) -> None:
    """Write the briefing as .pptx, one to three slides.

    Parameters
    ----------
    path
        Where the file goes; its directory exists.
    """
    first, more = page(b, lang, FIRST), page(b, lang, MORE)
    deck = _Briefing(first)
    deck.one_page(first)
    if more.verdicts or more.trends:
        deck.indicators(more)
    deck.lists(more)
    deck.show.save(str(path))


class _Briefing(Deck):
    def __init__(self, p: Page) -> None:
        foot = " · ".join(filter(None, (clip(p.park, 18), p.subtitle, p.label)))
        super().__init__(p.lang, f"{p.title} {p.park}", foot)

    def one_page(self, p: Page) -> None:
        """The whole briefing on one slide."""
        slide = self.slide(f"{p.park} · {p.title}")
        across = 7.3
        self.heading(slide, p.heads["verdicts"], MARGIN, 1.24, across)
        rows = [[Cell(f"{v.title}\n{v.basis}"), Cell(v.score), Cell(v.verdict, tone=v.tone)] for v in p.verdicts]
        if rows:
            head = ("标准", "得分", "判定") if self.zh else ("standard", "score", "verdict")
            self.table(slide, head, rows, [5.1, 1.2, 1.0], 1.54, 7, left=MARGIN, width=across, height=2.3)
        self.box(slide, p.verdicts_rest, MARGIN, 4.12, across, 0.25, 8, colour=FAINT)
        right = MARGIN + across + GAP
        width = WIDTH - MARGIN - right
        self.heading(slide, p.heads["indicators"], right, 1.24, width)
        for at, trend in enumerate(p.trends):
            place = right + (at % 2) * (width / 2), 1.54 + (at // 2) * 1.3
            self.trend(slide, trend, *place, width / 2 - 0.08, 1.26, 7)
        self.box(slide, p.trends_rest, right, 4.12, width, 0.25, 8, colour=FAINT)
        width = (WIDTH - 2 * MARGIN - 3 * GAP) / 4
        for at, names in enumerate((("tasks", "grades"), ("cases",), ("missing",), ("changes", "gate"))):
            self.stack(slide, p, names, MARGIN + at * (width + GAP), 4.36, width, 8)
        self.box(slide, "\n".join(p.foot), MARGIN, HEIGHT - 0.95, WIDTH - 2 * MARGIN, 0.4, 6.5, colour=FAINT)

    def indicators(self, p: Page) -> None:
        """Titles with their basis, and the key indicators in larger charts."""
        slide = self.slide(p.heads["verdicts"])
        rows = [
            [Cell(v.title, strong=True), Cell(v.verdict, tone=v.tone), Cell(v.score), Cell(v.counts), Cell(v.basis)]
            for v in p.verdicts
        ]
        head = (
            ("标准", "判定", "得分", "条款", "依据")
            if self.zh
            else ("standard", "verdict", "score", "clauses", "basis")
        )
        if rows:
            self.table(slide, head, rows, [3.6, 1.4, 1.4, 2.2, 3.8], 1.3, 8.5, height=2.9)
        self.box(slide, p.verdicts_rest, MARGIN, 4.3, WIDTH - 2 * MARGIN, 0.25, 9, colour=FAINT)
        count = max(len(p.trends), 1)
        width = (WIDTH - 2 * MARGIN) / count
        for at, trend in enumerate(p.trends):
            self.trend(slide, trend, MARGIN + at * width, 4.55, width - 0.1, 2.2, 9)
        self.box(slide, p.trends_rest, MARGIN, 6.8, WIDTH - 2 * MARGIN, 0.25, 9, colour=FAINT)

    def lists(self, p: Page) -> None:
        """Tasks, cases, what is missing, what changed, with more room."""
        slide = self.slide("待办与缺项" if self.zh else "What is open and what is missing")
        for at, names in enumerate((("tasks", "gate"), ("cases", "grades"), ("missing", "changes"))):
            self.stack(slide, p, names, MARGIN + at * (COLUMN + GAP), 1.35, COLUMN, 9.5)

    # -- drawing -------------------------------------------------------------------------------------------------------

    def heading(self, slide: Any, text: str, left: float, top: float, width: float) -> None:
        self.box(slide, text, left, top, width, 0.28, 11, bold=True, colour=ACCENT)

    def stack(
        self, slide: Any, p: Page, names: Sequence[str], left: float, top: float, width: float, size: float
    ) -> None:
        """Parts below one another, those that the page has."""
        for name in names:
            if (box := p.box(name)) is not None:
                top = self.part(slide, box, left, top, width, size)

    def part(self, slide: Any, box: Box, left: float, top: float, width: float, size: float) -> float:
        """One part in a column; gives where the next may begin."""
        step = size * 1.42 / 72
        self.heading(slide, clip(box.title, width * 72 / 11), left, top, width)
        top += 0.27
        if box.counts:
            self.runs(
                slide,
                [(f"{word} {n}  ", COLOURS[tone][0], True) for tone, word, n in box.counts],
                left,
                top,
                width,
                size,
            )
            top += step + 0.04
        ems = width * 72 / size * (1 if self.zh else 1.08)  # Latin letters are narrower than they are counted
        for line in box.lines:
            ink = COLOURS[line.tone][0]
            self.runs(
                slide, [("■ ", ink, False), (clip(line.text, ems - 1.6), "#1d2227", False)], left, top, width, size
            )
            top += step
            if line.note:
                self.runs(
                    slide, [(clip(line.note, ems / 0.88 - 2), FAINT, False)], left + 0.14, top, width, size * 0.88
                )
                top += step * 0.92
        if box.rest:
            self.runs(slide, [(clip(box.rest, ems - 1), FAINT, False)], left, top, width, size * 0.92)
            top += step
        return top + 0.05

    def runs(
        self, slide: Any, runs: list[tuple[str, str, bool]], left: float, top: float, width: float, size: float
    ) -> None:
        """One line of differently coloured pieces: (text, colour, bold)."""
        shape = self.box(slide, "", left, top, width, size * 1.4 / 72, size)
        frame = shape.text_frame
        frame.margin_top = frame.margin_bottom = 0
        frame.paragraphs[0].runs[0].text = ""
        for text, colour, bold in runs:
            self.append(frame.paragraphs[0], text, size, bold=bold, colour=colour)

    def trend(self, slide: Any, t: Trend, left: float, top: float, width: float, height: float, size: float) -> None:
        """A native line chart: the values with markers, the limit dashed."""
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE
        from pptx.enum.dml import MSO_LINE
        from pptx.util import Inches, Pt

        words = f"{t.title}\n{t.status}" + (f" · {t.unit}" if t.unit else "")
        ems = width * 72 / (size + 0.5) * (1 if self.zh else 0.92)
        lines = words.split("\n")
        self.box(slide, clip(lines[0], ems), left, top, width, 0.2, size + 0.5, bold=True)
        self.box(
            slide, clip(lines[1], ems), left, top + (size + 2) * 1.3 / 72, width, 0.2, size, colour=COLOURS[t.tone][0]
        )
        data: Any = CategoryChartData(number_format="General")  # type: ignore[no-untyped-call]
        data.categories = list(t.periods)
        data.add_series("数值" if self.zh else "value", [None if v is None else _short(v) for v in t.values])
        data.add_series("标准值" if self.zh else "limit", t.limits)
        used = 2 * (size + 2) * 1.3 / 72 + 0.05
        frame = slide.shapes.add_chart(
            XL_CHART_TYPE.LINE_MARKERS, Inches(left), Inches(top + used), Inches(width), Inches(height - used), data
        )
        frame._element._nvXxPr.cNvPr.set("descr", t.alt)
        chart = frame.chart
        chart.has_legend, chart.has_title = False, False
        chart.font.size, chart.font.name = Pt(size), FONT_ZH if self.zh else FONT_EN
        chart.value_axis.visible, chart.value_axis.has_major_gridlines = False, False
        known = [v for v in (*t.values, *t.limits) if v is not None]
        if known:
            spread = (max(known) - min(known)) or abs(max(known)) or 1.0
            chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = (
                min(known) - 0.2 * spread, max(known) + 0.45 * spread
            )  # fmt: skip
        value, limit = chart.plots[0].series
        ink = rgb(COLOURS[t.tone][0])
        value.smooth = limit.smooth = False
        value.format.line.color.rgb, value.format.line.width = rgb("#2d6a8a"), Pt(1.5)
        value.marker.format.fill.solid()
        value.marker.format.fill.fore_color.rgb = ink
        value.marker.size = 5
        labels = value.data_labels
        labels.show_value, labels.position = True, XL_LABEL_POSITION.ABOVE
        labels.number_format, labels.number_format_is_linked = "General", False
        labels.font.size = Pt(size)
        limit.format.line.color.rgb, limit.format.line.width = rgb("#a12b23"), Pt(1.2)
        limit.format.line.dash_style = MSO_LINE.DASH
        limit.marker.style = XL_MARKER_STYLE.NONE


def _short(value: float) -> float:
    """A number as its label shows it: four digits, or all before the point."""
    return float(number(Fraction(value), 4).replace(",", ""))
