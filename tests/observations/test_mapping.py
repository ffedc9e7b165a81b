"""A department's own table by a saved mapping: suggested, checked, read, and what no longer fits told with near titles."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from ecopark.errors import InputError, Place
from ecopark.observations.mapped import choose, fit, heads, mapped_rows
from ecopark.observations.mapping import (
    ColumnMapping,
    ValueColumn,
    check,
    from_dict,
    mapping_beside,
    read_mapping,
    write_mapping,
)
from ecopark.observations.model import Facts, Subject
from ecopark.observations.readers import Table, read_tables
from ecopark.observations.reading import read_facts
from ecopark.observations.suggest import suggest

FIRMS = (
    ("f1", "甲化工有限公司", "91320000100000001A"),
    ("f2", "乙电子有限公司", "91320000100000002B"),
    ("f3", "丙材料有限公司", "91320000100000003C"),
)
SUBJECTS = [
    Subject("park", "示范园区", "park"),
    *(Subject(key, name, "firm", "park", attributes=(("credit_code", code),)) for key, name, code in FIRMS),
]
WIDE = [
    ["示范园区2025年企业用能用水统计表"],
    ["序号", "企业名称", "统一社会信用代码", "能源", "", "用水", "备注"],
    ["", "", "", "工业综合能耗（吨标煤）", "工业增加值（万元）", "工业新鲜水量（万立方米）", ""],
    [1, "甲化工有限公司", FIRMS[0][2], "1,234.5", 5000, "1.2", ""],
    [2, "乙电子有限公司", FIRMS[1][2], "3.2万", "15,000", "/", "停产半年"],
    ["", "合计", "", 33234.5, 20000, 1.2, ""],
    ["注：数据由企业上报"],
]
YEARS = [
    ["示范园区主要指标"],
    ["指标名称", "计量单位", "2024年", "2025年"],
    ["一、工业综合能耗", "万吨标准煤", 1.1, 1.2],
    ["二、工业增加值", "亿元", "12.5", "13"],
    ["其中：工业新鲜水量", "万立方米", 100, 110],
    ["职工人均书籍", "册", 3, 4],
]


def book(path: Path, *sheets: tuple[str, Sequence[Sequence[Any]]], merge: Sequence[str] = ()) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets:
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        for cells in merge:
            sheet.merge_cells(cells)
    workbook.save(path)
    return path


def tables(path: Path) -> list[Table]:
    found, problems = read_tables(path)
    assert not problems
    return found


def park(folder: Path, rows: Sequence[Sequence[Any]], mapping: ColumnMapping | None, sheet: str = "用能") -> Path:
    """A park folder with one table of somebody's own."""
    (folder / "data").mkdir(parents=True)
    (folder / "park.toml").write_text('[park]\nid = "park"\nname = "示范园区"\n', encoding="utf-8")
    lines = ["subject,kind,parent,name,credit_code"] + [f"{k},firm,park,{n},{c}" for k, n, c in FIRMS]
    (folder / "data" / "subjects.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    file = book(folder / "data" / "own.xlsx", (sheet, rows))
    if mapping is not None:
        mapping_beside(file).write_text(write_mapping(mapping), encoding="utf-8")
    return folder


def values(facts: Facts) -> dict[tuple[str, str, str], Any]:
    return {(o.subject, o.quantity, str(o.period)): o.value for o in facts.observations}


def suggested(tmp_path: Path, rows: Sequence[Sequence[Any]], **more: Any) -> ColumnMapping:
    return suggest(tables(book(tmp_path / "t.xlsx", ("用能", rows), **more)), SUBJECTS, year="2025").mapping


def test_a_wide_table_of_firms_is_understood_by_its_titles(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE, merge=("D2:E2",))
    assert (m.layout, m.header, m.header_rows, m.subject_by) == ("subjects", 2, 2, "credit_code")
    assert {(v.column, v.quantity, v.unit) for v in m.values} == {
        ("能源/工业综合能耗(吨标煤)", "energy_industrial_tce", "吨标煤"),
        ("能源/工业增加值(万元)", "industrial_value_added", "万元"),
        ("用水/工业新鲜水量(万立方米)", "industrial_fresh_water_m3", "万立方米"),
    }
    assert {"序号", "备注"} <= set(m.ignored)
    assert not check(m, Place("x"))


def test_it_is_read_with_thousands_and_multiples_and_sums_left_out(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    facts = read_facts(park(tmp_path / "p", WIDE, m), checks=False)
    assert values(facts) == {
        ("f1", "energy_industrial_tce", "2025"): Fraction("1234.5"),
        ("f1", "industrial_value_added", "2025"): 5000,
        ("f1", "industrial_fresh_water_m3", "2025"): 12000,
        ("f2", "energy_industrial_tce", "2025"): 32000,
        ("f2", "industrial_value_added", "2025"): 15000,
    }
    place = next(o.place for o in facts.observations if o.subject == "f1")
    assert (place.sheet, place.cell) == ("用能", "D4")
    assert [p.code for p in facts.warnings] == ["mapping-total"]


def test_one_row_an_indicator_with_years_as_columns(tmp_path: Path) -> None:
    m = suggested(tmp_path, YEARS)
    assert (m.layout, m.names, m.units, m.period) == ("indicators", "指标名称", "计量单位", "header")
    assert "职工人均书籍" in m.ignored
    facts = read_facts(park(tmp_path / "p", YEARS, m), checks=False)
    assert values(facts) == {
        ("park", "energy_industrial_tce", "2024"): 11000,
        ("park", "energy_industrial_tce", "2025"): 12000,
        ("park", "industrial_value_added", "2024"): 125000,
        ("park", "industrial_value_added", "2025"): 130000,
        ("park", "industrial_fresh_water_m3", "2024"): 1000000,
        ("park", "industrial_fresh_water_m3", "2025"): 1100000,
    }


def test_a_year_in_the_titles_of_a_table_of_firms(tmp_path: Path) -> None:
    rows = [["企业名称", "2024年工业新鲜水量（立方米）", "2025年工业新鲜水量（立方米）"], ["甲化工有限公司", 10, 20]]
    m = suggested(tmp_path, rows)
    assert (m.period, [v.column for v in m.values]) == ("header", ["工业新鲜水量(立方米)"])
    facts = read_facts(park(tmp_path / "p", rows, m), checks=False)
    assert {p: v for (_, _, p), v in values(facts).items()} == {"2024": 10, "2025": 20}
    later = [[rows[0][0], "2026年工业新鲜水量（立方米）"], ["甲化工有限公司", 30]]
    facts = read_facts(park(tmp_path / "q", later, m), checks=False)
    assert values(facts) == {("f1", "industrial_fresh_water_m3", "2026"): 30}


def test_a_column_of_years(tmp_path: Path) -> None:
    rows = [
        ["企业名称", "年度", "工业新鲜水量（立方米）"],
        ["甲化工有限公司", 2024, 10],
        ["甲化工有限公司", "2025年", 20],
        ["乙电子有限公司", "", 5],
    ]
    m = suggested(tmp_path, rows)
    assert (m.period, m.period_column) == ("column", "年度")
    with pytest.raises(InputError) as error:
        read_facts(park(tmp_path / "p", rows, m), checks=False)
    assert [str(p.place).rpartition("!")[2] for p in error.value.problems] == ["B4"]


def test_english_titles_are_matched_too(tmp_path: Path) -> None:
    rows = [["Company", "Industrial fresh water (m3)", "Remarks"], ["甲化工有限公司", "1,000", "ok"]]
    m = suggested(tmp_path, rows)
    assert [(v.quantity, v.unit) for v in m.values] == [("industrial_fresh_water_m3", "m3")]


def test_next_years_file_fits_when_columns_moved_and_the_title_grew(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE).of_year("2026")
    head = ["统一社会信用代码", "企业名称", "用水", "能源", "", "备注", "序号"]
    leaf = ["", "", "工业新鲜水量（万立方米）", "工业综合能耗（吨标煤）", "工业增加值（万元）", "", ""]
    rows = [["示范园区2026年企业用能用水统计表"], ["填报部门：经发局"], head, leaf, [FIRMS[2][2], "丙", 2, 7, 9, "", 1]]
    [table] = tables(book(tmp_path / "n.xlsx", ("用能", rows)))
    found, problems = mapped_rows(table, m, SUBJECTS, "park")
    assert [p.code for p in problems] == ["mapping-header-moved"]
    assert {(r.subject, r.quantity, r.value, r.period) for r in found} == {
        ("f3", "industrial_fresh_water_m3", 2, "2026"), ("f3", "energy_industrial_tce", 7, "2026"),
        ("f3", "industrial_value_added", 9, "2026"),
    }  # fmt: skip


# -- wrong input -------------------------------------------------------------------------------------------------------


def problems_of(tmp_path: Path, rows: Sequence[Sequence[Any]], m: ColumnMapping) -> dict[str, str]:
    [table] = tables(book(tmp_path / "w.xlsx", ("用能", rows)))
    found, problems = mapped_rows(table, m, SUBJECTS, "park")
    if any(p.severity == "error" for p in problems):
        assert found == []
    return {p.code: p.message("zh") for p in problems if p.severity == "error"} | {
        p.problem.code: p.problem.message("zh") for p in found if p.problem
    }


def changed(at: tuple[int, int], text: Any) -> list[list[Any]]:
    rows = [list(row) for row in WIDE]
    rows[at[0]][at[1]] = text
    return rows


def test_a_renamed_column_is_told_with_the_nearest_title(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    found = problems_of(tmp_path, changed((2, 3), "工业综合能耗（万吨标煤）"), m)
    assert "能源/工业综合能耗(吨标煤)" in found["mapping-column-gone"]
    assert "是否指“能源/工业综合能耗(万吨标煤)”" in found["mapping-column-gone"]


def test_a_removed_column_is_told_and_a_new_one_only_warns(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    rows = [[*row[:3], *row[4:]] if len(row) > 3 else row for row in WIDE]
    assert "mapping-column-gone" in problems_of(tmp_path, rows, m)
    more = [[*row, text] for row, text in zip(WIDE, ("", "税收（万元）", "", 1, 2, 3, ""), strict=True)]
    [table] = tables(book(tmp_path / "w.xlsx", ("用能", more)))
    _, _, problems = fit(table, m)
    assert [(p.code, p.severity) for p in problems] == [("mapping-new-columns", "warning")]
    assert "税收(万元)" in problems[0].zh


def test_another_parks_table_is_refused_as_a_whole(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    rows = [list(row) for row in WIDE]
    rows[3][2], rows[4][2] = "91110000999999999X", "91110000888888888Y"
    assert "mapping-other-park" in problems_of(tmp_path, rows, m)


def test_one_firm_that_is_not_registered_is_told_at_its_cell(tmp_path: Path) -> None:
    m = suggested(tmp_path, [[*row[:2], "", *row[3:]] if len(row) > 3 else row for row in WIDE])
    assert m.subject_by == "name"
    found = problems_of(tmp_path, changed((4, 1), "乙电子有限责任公司"), m)
    assert "B5" in found["mapping-subject"]
    assert "乙电子有限公司" in found["mapping-subject"]


def test_another_year_is_refused(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    assert "2025 年，要导入的是 2024 年" in problems_of(tmp_path, WIDE, m.of_year("2024"))["mapping-other-year"]
    assert "mapping-no-year" in problems_of(tmp_path, WIDE, ColumnMapping(**{**_fields(m), "year": ""}))


def _fields(m: ColumnMapping) -> dict[str, Any]:
    return {name: getattr(m, name) for name in ColumnMapping.__dataclass_fields__}


def test_a_table_without_header_is_refused(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    assert "no-header" in problems_of(tmp_path, WIDE[3:5], m)
    assert "no-header" in problems_of(tmp_path, [["x"]], m)


def test_a_title_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    assert "duplicate-column" in problems_of(tmp_path, changed((2, 4), "工业综合能耗（吨标煤）"), m)


def test_two_columns_for_one_quantity_and_an_unknown_unit_are_told(tmp_path: Path) -> None:
    twice = ColumnMapping(
        subject="企业", values=(ValueColumn("a", "energy_industrial_tce", "tce"), ValueColumn("b", "energy_industrial_tce", "t")),
    )  # fmt: skip
    found = {p.code: p.en for p in check(twice, Place("x"))}
    assert "'a' and 'b' are both mapped" in found["mapping-twice"]
    unknown = ColumnMapping(subject="企业", values=(ValueColumn("a", "industrial_fresh_water_m3", "桶"),))
    assert any("桶" in p.zh and "“a”" in p.zh for p in check(unknown, Place("x")))
    nothing = ColumnMapping(subject="企业", values=(ValueColumn("a", "no_such_thing", ""),))
    assert [p.code for p in check(nothing, Place("x"))] == ["unknown-quantity"]


def test_a_formula_without_a_value_is_told_at_its_cell(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    found = problems_of(tmp_path, changed((3, 3), "=1+1"), m)
    assert "D4" in found["formula-without-value"]


def test_a_multiple_said_twice_is_told_at_its_cell(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    with pytest.raises(InputError) as error:
        read_facts(park(tmp_path / "p", changed((4, 4), "1.5亿"), m), checks=False)
    [problem] = [p for p in error.value.problems if p.severity == "error"]
    assert (problem.place.cell, "万元" in problem.zh) == ("E5", True)


def test_a_missing_or_doubled_row_of_an_indicator_is_told(tmp_path: Path) -> None:
    m = suggested(tmp_path, YEARS)
    renamed = [list(r) for r in YEARS]
    renamed[2][0] = "一、工业综合能源消费"
    found = problems_of(tmp_path, renamed, m)
    assert "没有“工业综合能耗”行" in found["mapping-column-gone"]
    assert "duplicate-column" in problems_of(tmp_path, [*YEARS, YEARS[2]], m)


def test_the_sheet_of_another_year_is_found_and_an_unknown_one_told(tmp_path: Path) -> None:
    found = tables(book(tmp_path / "s.xlsx", ("2026年", WIDE), ("说明", [["x"]])))
    table, problems = choose(found, ColumnMapping(sheet="2025年"))
    assert table is found[0]
    assert not problems
    table, [problem] = choose(found, ColumnMapping(sheet="用水"))
    assert table is None
    assert "2026年、说明" in problem.zh


def test_a_mapping_survives_its_file(tmp_path: Path) -> None:
    m = suggested(tmp_path, WIDE)
    path = tmp_path / "m.yaml"
    path.write_text(write_mapping(m, ["建议，请核对"]), encoding="utf-8")
    again, problems = read_mapping(path)
    assert not problems
    assert again == m


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "layout: sideways",
        "values: 3",
        "header: x",
        "subject: firm",
        "nonsense: 1",
        "a: [",
        "period: {year: 99}",
        "",
    ],
)
def test_a_mapping_that_is_none_is_told_and_not_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    found, problems = read_mapping(path)
    assert found is None
    assert problems
    assert all(p.zh and p.en for p in problems)


def test_plain_data_of_any_kind_is_no_crash() -> None:
    for wrong in (
        None,
        3,
        {"values": [{"column": {}}]},
        {"subject": {"column": []}},
        {"header": True},
        {"ignored": "x"},
    ):
        found, problems = from_dict(wrong, Place("x"))
        assert found is None
        assert problems


def test_a_mapping_without_its_file_is_mentioned(tmp_path: Path) -> None:
    folder = park(tmp_path / "p", WIDE, suggested(tmp_path, WIDE))
    (folder / "data" / "gone.xlsx.mapping.yaml").write_text("layout: subjects", encoding="utf-8")
    facts = read_facts(folder, checks=False)
    assert "bad-mapping" in {p.code for p in facts.warnings}


def test_merged_cells_above_speak_for_the_columns_below(tmp_path: Path) -> None:
    [table] = tables(book(tmp_path / "h.xlsx", ("a", [["名称", "用水", "", ""], ["", "新鲜水", "回用水", ""]])))
    assert [h.title for h in heads(table, 0, 2)] == ["名称", "用水/新鲜水", "用水/回用水"]


def test_the_command_suggests_writes_once_and_the_table_is_then_read(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from ecopark.cli.main import app

    folder = park(tmp_path / "p", WIDE, None)
    file = folder / "data" / "own.xlsx"
    run = CliRunner()
    shown = run.invoke(app, ["mapping", str(file), "--year", "2025", "--lang", "zh"])
    assert (shown.exit_code, "energy_industrial_tce" in shown.output) == (0, True)
    assert run.invoke(app, ["check", str(folder)]).exit_code == 2
    assert run.invoke(app, ["mapping", str(file), "--year", "2025", "--write"]).exit_code == 0
    again = run.invoke(app, ["mapping", str(file), "--write"])
    assert again.exit_code == 2
    found, problems = read_mapping(mapping_beside(file))
    assert found is not None
    assert not problems
    assert found.subject_by == "credit_code"
    assert run.invoke(app, ["check", str(folder)]).exit_code == 0
    assert run.invoke(app, ["mapping", str(file), "--sheet", "用水"]).exit_code == 2
    assert run.invoke(app, ["mapping", str(tmp_path / "none.xlsx")]).exit_code == 2
