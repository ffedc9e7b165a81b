"""Columns of the Word document: no word and no number stands in two lines where the page has room for it."""

from __future__ import annotations

import pytest

from ecopark.reports.blocks import Cell
from ecopark.reports.charts import display_width
from ecopark.reports.word import TABLE_CM, _fitted

EM = 8 * 2.54 / 72
CELL_MARGINS = 0.38


@pytest.mark.parametrize("basis", ["recalled, to be verified", "未见原文（凭记忆）、待核"])
def test_no_word_and_no_number_is_torn(basis: str) -> None:
    header = ("Clause", "Indicator", "Unit", "2024", "2025", "Limit", "Status", "Basis")
    row = (
        Cell("1"), Cell("Eco-industrial chain projects added since the construction plan took effect"), Cell("10k CNY/person"),
        Cell("-0.46614", number=True), Cell("4,138,958.93", number=True), Cell("≥ 100"), Cell("not met"), Cell(basis),
    )  # fmt: skip
    widths = _fitted((1.1, 4.2, 1.7, 1.35, 1.35, 1.7, 1.6, 2.6), (row,), header, 8)
    assert sum(widths) == pytest.approx(TABLE_CM)
    for at, unbroken in enumerate(
        ("Clause", "Eco-industrial", "CNY/person", "-0.46614", "4,138,958.93", "≥ 100", "Status")
    ):
        assert widths[at] >= display_width(unbroken) * EM + CELL_MARGINS, unbroken
    assert widths[1] == max(widths)


def test_more_than_the_page_holds_is_shared_out() -> None:
    row = tuple(Cell("9" * 60, number=True) for _ in range(8))
    assert sum(_fitted((1.0,) * 8, (row,), ("",) * 8, 8)) == pytest.approx(TABLE_CM)


def test_a_chinese_heading_takes_two_lines_at_most() -> None:
    widths = _fitted(
        (4, 1, 1),
        ((Cell("园区面积"), Cell("1", number=True), Cell("3", number=True)),),
        ("数据项", "用于条款数", ""),
        8,
    )
    assert widths[1] >= display_width("用于条") * EM * 0.8 + CELL_MARGINS
