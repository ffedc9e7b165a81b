"""Workbooks (xlsx): every sheet as a table, with the cells that only look as if they had a value.

The cells come from calamine. What calamine does not tell is looked up in the sheet's XML: formulas whose result was
never stored, error values, and numbers shown as percentages (a cell that shows 12 % holds 0.12).
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ecopark.errors import Place, Problem
from ecopark.observations.readers.table import Limits, Outcome, Table, corrupt, reader, too_big

RATIO_FROM = 20_000_000
"""The ratio limit is only looked at above this unpacked size. [B]"""

Notes = dict[tuple[int, int], tuple[str, str, str]]

_TAG = rb"<(?:\w+:)?"
_ADDRESS = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_FORMULA = re.compile(
    _TAG + rb"c\b([^>]*)>\s*" + _TAG + rb"f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:" + _TAG + rb"v\s*/>|" + _TAG + rb"v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_ERROR = re.compile(_TAG + rb'c\b([^>]*\bt="e"[^>]*)>(.{0,400}?)</(?:\w+:)?c>', re.DOTALL)
_ERROR_VALUE = re.compile(rb"v>([^<]{1,20})<")


@reader(".xlsx", ".xlsm")
def read_workbook(path: Path, name: str, limits: Limits) -> Outcome:
    """All visible worksheets of a workbook."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    place = Place(name)
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"\xd0\xcf\x11\xe0":
        return [], [corrupt(place, "encrypted, or an old .xls file")]
    if not zipfile.is_zipfile(path):
        return [], [corrupt(place, "no workbook")]
    tables: list[Table] = []
    problems: list[Problem] = []
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
        ratio = unpacked / max(path.stat().st_size, 1)
        if unpacked > limits.unpacked_bytes or (unpacked > RATIO_FROM and ratio > limits.ratio):
            return [], [too_big(place, f"{unpacked / 1e6:,.0f} MB / {ratio:,.0f}x", f"{limits.ratio}x")]
        parts = _sheet_parts(archive)
        percent = _percent_styles(archive)
        too_wide = {}
        notes: dict[str, Notes] = {}
        for sheet, part in parts.items():
            xml = archive.read(part)
            cells = _extent(xml)
            if cells > limits.cells:
                too_wide[sheet] = cells
                continue
            notes[sheet] = _notes(xml, percent)
    if too_wide:
        return [], [too_big(Place(name, s), f"{n:,} cells", f"{limits.cells:,}") for s, n in too_wide.items()]
    book = load_workbook(str(path))
    try:
        for meta in book.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            rows: list[list[Any]] = list(book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False))
            if meta.visible != SheetVisibleEnum.Visible:
                if any(cell != "" for row in rows for cell in row) and not meta.name.startswith("_"):
                    problems.append(_hidden(Place(name, meta.name)))
                continue
            tables.append(_table(name, meta.name, rows, notes.get(meta.name, {})))
    finally:
        book.close()
    if not tables:
        problems.append(
            Problem("missing-sheet", place, "工作簿里没有可读的工作表。", "the workbook has no visible worksheet.")
        )
    return tables, problems


def _table(name: str, sheet: str, rows: list[list[Any]], notes: Notes) -> Table:
    kept: Notes = {}
    for (row, column), note in notes.items():
        if row >= len(rows) or column >= len(rows[row]):
            if note[0] == "percent":
                continue
            while len(rows) <= row:
                rows.append([])
            rows[row] += [""] * (column + 1 - len(rows[row]))
        if note[0] == "percent":
            cell = rows[row][column]
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                rows[row][column] = _as_percent(cell)
            continue
        kept[row, column] = note
        rows[row][column] = "#"
    return Table(name, sheet, rows, notes=kept)


def _as_percent(number: float) -> str:
    from ecopark.core.rounding import decimal_text, exact

    return f"{decimal_text(exact(float(number)) * 100, 17)}%"


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The archive member of each worksheet by title."""
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names:
        raise ValueError("no xl/workbook.xml inside")
    relations: dict[str, str] = {}
    if "xl/_rels/workbook.xml.rels" in names:
        for node in _parse(archive.read("xl/_rels/workbook.xml.rels")).iter():
            if "Id" in node.attrib and "Target" in node.attrib:
                target = node.attrib["Target"]
                relations[node.attrib["Id"]] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    found: dict[str, str] = {}
    for node in _parse(archive.read("xl/workbook.xml")).iter():
        if node.tag.rpartition("}")[2] != "sheet":
            continue
        key = next((value for name, value in node.attrib.items() if name.rpartition("}")[2] == "id"), "")
        part = relations.get(key, "")
        if part in names:
            found[node.attrib.get("name", "")] = part
    return found


def _parse(data: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("XML with a document type")
    return ElementTree.fromstring(data)


def _percent_styles(archive: zipfile.ZipFile) -> set[bytes]:
    """Numbers of the cell styles that show a number as a percentage."""
    if "xl/styles.xml" not in archive.namelist():
        return set()
    root = _parse(archive.read("xl/styles.xml"))
    formats = {"9", "10"}
    styles: list[str] = []
    for node in root.iter():
        tag = node.tag.rpartition("}")[2]
        if tag == "numFmt" and "%" in re.sub(r'"[^"]*"|\\.', "", node.attrib.get("formatCode", "")):
            formats.add(node.attrib.get("numFmtId", ""))
        elif tag == "cellXfs":
            styles = [xf.attrib.get("numFmtId", "0") for xf in node]
    return {str(index).encode() for index, number in enumerate(styles) if number in formats}


def _extent(xml: bytes) -> int:
    """Rows times columns of the smallest rectangle that holds all cells."""
    columns: set[bytes] = set()
    rows = 0
    for column, row in _ADDRESS.findall(xml):
        columns.add(column)
        rows = max(rows, int(row))
    return rows * max((_column(c) + 1 for c in columns), default=0)


def _column(text: bytes) -> int:
    number = 0
    for letter in text:
        number = number * 26 + letter - 64
    return number - 1


def _cell(attributes: bytes) -> tuple[int, int] | None:
    found = _ADDRESS.search(attributes)
    return (int(found[2]) - 1, _column(found[1])) if found and int(found[2]) else None


def _notes(xml: bytes, percent: set[bytes]) -> Notes:
    """Cells to be reported or restated, by address."""
    notes: Notes = {}
    if percent:
        styles = b"|".join(sorted(percent))
        for match in re.finditer(_TAG + rb'c\b([^>]*\bs="(?:' + styles + rb')"[^>]*)>', xml):
            if at := _cell(match[1]):
                notes[at] = ("percent", "", "")
    if b't="e"' in xml:
        for match in _ERROR.finditer(xml):
            if at := _cell(match[1]):
                value = _ERROR_VALUE.search(match[2])
                text = value[1].decode("utf-8", "replace") if value else "#"
                notes[at] = ("error-value", f"单元格是错误值 {text}。", f"the cell holds the error value {text}.")
    if b"f>" in xml or b"<f" in xml:
        for match in _FORMULA.finditer(xml):
            if b't="str"' in match[1] and b"v>" in match[0]:
                continue  # the stored result is the empty text
            if at := _cell(match[1]):
                notes[at] = (
                    "formula-without-value",
                    "单元格是公式，但文件里没有保存计算结果。",
                    "the cell is a formula whose result was never stored.",
                )
    return notes


def _hidden(place: Place) -> Problem:
    return Problem(
        "hidden-sheet",
        place,
        "隐藏的工作表没有读取。",
        "the hidden sheet was not read.",
        "如需读取请取消隐藏。",
        "Unhide it if it should be read.",
        "warning",
    )
