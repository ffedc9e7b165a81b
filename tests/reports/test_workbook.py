"""The workbook: live formulas that give what the program gives, and nothing that runs."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

Written = Callable[[str], dict[str, Path]]
CACHED = re.compile(r'(<c [^>]*?)(?: t="\w+")?>(<f>.*?</f>)<v>.*?</v>', re.DOTALL)
EXPORT = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


def test_text_never_comes_alive(written: Written, lang: str) -> None:
    book = openpyxl.load_workbook(written(lang)["xlsx"])
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.data_type != "f":
                    assert not cell.value.startswith(("=", "+", "-", "@")), (sheet.title, cell.coordinate)
                if cell.data_type == "f":
                    assert "cmd" not in str(cell.value)


def test_every_clause_and_year_has_a_live_formula(written: Written) -> None:
    book = openpyxl.load_workbook(written("zh")["xlsx"])
    sheet = book["demo-eco-2015"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == 30
    assert all(str(row[4]).startswith(("=IF(COUNTBLANK(", "=IF(ISTEXT(")) for row in rows)


def test_a_blank_input_has_a_cell_to_be_filled(written: Written) -> None:
    book = openpyxl.load_workbook(written("zh")["xlsx"])
    blanks = {(r[1], r[2]) for r in book["数据"].iter_rows(min_row=2, values_only=True) if r[3] is None}
    assert {("jobs_green", "2023"), ("industrial_value_added", "2020"), ("co2_t", "2022")} <= blanks


def _recalculated(path: Path, work: Path) -> dict[str, list[dict[str, str]]]:
    """The sheets as LibreOffice computes them, all stored results taken out first."""
    bare = work / "bare.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bare, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename.startswith("xl/worksheets/sheet"):
                data = CACHED.sub(r"\1>\2", data.decode()).encode()
            target.writestr(item, data)
    profile = f"-env:UserInstallation=file://{work}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", EXPORT, "--outdir", str(work), str(bare)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    sheets = {}
    for file in work.glob("bare-*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as text:
            sheets[file.stem.removeprefix("bare-")] = list(csv.DictReader(text))
    return sheets


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_computes_what_the_program_computes(written: Written, tmp_path: Path) -> None:
    sheets = _recalculated(written("zh")["xlsx"], tmp_path)
    rows = sheets["demo-eco-2015"] + sheets["demo-zero-carbon-2025"]
    assert len(rows) == 36
    for row in rows:
        assert row["核对"] == "一致", row
        assert row["公式复算判定"] == row["程序判定"], row
    assert {r["公式复算结果"] for r in rows if r["条款"] == "4" and r["年度"] == "2022"} == {"无法计算"}
    assert {r["公式复算结果"] for r in rows if r["条款"] == "8"} == {"缺项"}
