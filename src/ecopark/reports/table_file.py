"""A table as an Excel sheet or CSV: texts stay texts, numbers and days are what they are, ready to be filtered and printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from pathlib import Path
from typing import Any

from ecopark.reports.labels import ACCENT
from ecopark.reports.one_file import write_csv
from ecopark.reports.words import cell_width, printable

LONGEST = 32_767
"""Longest text that a cell of a worksheet holds."""
LINE, MOST_LINES = 16, 25
"""Height of a line of a worksheet [pt], and how many of them make the highest row there can be."""
RULED: dict[str, Any] = {"bottom": 1, "bottom_color": "#C9CED1"}
CENTRED = {**RULED, "align": "center"}
Value = str | int | float | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its heading; `width` in letters."""

    title: str
    width: float = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table and what stands around it.

    Parameters
    ----------
    rows
        Values; a moment is given as it is to be read, without its zone.
    above, below
        Lines over the heading (the first in large type) and under the last row.
    about
        Pairs of name and value on a sheet of their own, `about_name`.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    about: tuple[tuple[str, str], ...] = ()
    about_name: str = ""


def write_excel(sheet: Sheet, path: Path) -> None:
    """Write the table as .xlsx; a text that looks like a formula is a text there."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        look = {
            name: book.add_format({"valign": "top", "text_wrap": True, **more})
            for name, more in {
                "text": RULED, "number": CENTRED, "day": {**CENTRED, "num_format": "yyyy-mm-dd"},
                "moment": {**CENTRED, "num_format": "yyyy-mm-dd hh:mm"},
                "head": {"bold": True, "bg_color": ACCENT, "font_color": "#ffffff", "valign": "vcenter"},
                "title": {"bold": True, "font_size": 16, "text_wrap": False}, "line": {"text_wrap": False},
            }.items()
        }  # fmt: skip
        page = book.add_worksheet(sheet.name)
        for at, line in enumerate(sheet.above):
            page.set_row(at, LINE if at else 2 * LINE)
            page.write_string(at, 0, _text(line), look["line" if at else "title"])
        top = len(sheet.above)
        for at, column in enumerate(sheet.columns):
            page.set_column(at, at, column.width)
            page.write_string(top, at, column.title, look["head"])
        page.set_row(top, LINE * _lines([c.title for c in sheet.columns], sheet.columns))
        for number, row in enumerate(sheet.rows, top + 1):
            page.set_row(number, LINE * _lines(row, sheet.columns))
            for at, value in enumerate(row):
                _write(page, number, at, value, look)
        page.freeze_panes(top + 1, 0)
        if sheet.rows:
            page.autofilter(top, 0, top + len(sheet.rows), len(sheet.columns) - 1)
        for at, line in enumerate(sheet.below, top + len(sheet.rows) + 2):
            page.write_string(at, 0, _text(line), look["line"])
        page.set_landscape()
        page.repeat_rows(top)
        _on_paper(page)
        if sheet.about:
            page = book.add_worksheet(sheet.about_name)
            page.set_column(0, 0, 22)
            page.set_column(1, 1, 70)
            for at, pair in enumerate(sheet.about):
                for side, text in enumerate(pair):
                    page.write_string(at, side, _text(text), look["text"])
            _on_paper(page)


def write_rows(sheet: Sheet, path: Path) -> None:
    """Write the table alone as CSV."""
    write_csv([[c.title for c in sheet.columns], *([_said(v) for v in row] for row in sheet.rows)], path)


def _on_paper(page: Any) -> None:
    page.set_paper(9)  # A4
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.set_footer("&C&P / &N")


def _write(page: Any, row: int, at: int, value: Value, look: dict[str, Any]) -> None:
    if isinstance(value, datetime):
        page.write_datetime(row, at, value, look["moment"])
    elif isinstance(value, date):
        page.write_datetime(row, at, value, look["day"])
    elif isinstance(value, str):
        page.write_string(row, at, _text(value), look["text"])
    elif value is None:
        page.write_blank(row, at, None, look["text"])  # its line is drawn all the same
    else:
        page.write_number(row, at, value, look["number"])


def _lines(row: Sequence[Value], columns: Sequence[Column]) -> int:
    """So many lines the highest cell of a row takes: not every program works that out when it opens a sheet."""
    texts = ((v, c.width - 1) for v, c in zip(row, columns, strict=True) if isinstance(v, str))
    return min(
        max((sum(ceil(max(cell_width(part), 1) / width) for part in v.split("\n")) for v, width in texts), default=1),
        MOST_LINES,
    )


def _text(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _said(value: Value) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)
