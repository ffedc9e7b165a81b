"""Files in, facts and problems out; one contract for all formats."""

import zipfile
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from ecopark.core.period import Period, year
from ecopark.errors import InputError
from ecopark.observations.model import Subject
from ecopark.observations.readers import Limits
from ecopark.observations.reading import facts_from, read_facts

HEAD = ["subject", "quantity", "period", "value", "unit", "by", "source", "note"]
ROWS = [
    ["p1", "park_area_km2", "2023", "9.1", "km2", "", "annual report", ""],
    ["p1", "energy_total_tce", "2023", "3.2万", "吨标准煤", "", "", ""],
    ["p1", "electricity_in_kwh", "2023", "1.5亿", "kWh", "kind=other", "", ""],
    ["p1", "econ_region", "", "east", "", "", "", ""],
    ["p1", "water_total_m3", "2023", "/", "m3", "", "", ""],
]


def write(folder: Path, kind: str, rows: list[list], head: list[str] = HEAD) -> Path:
    path = folder / f"facts.{kind.partition('-')[0]}"
    if kind.startswith("csv"):
        mark = {"csv-tab": "\t", "csv-semicolon": ";"}.get(kind, ",")
        text = "\n".join(mark.join(row) for row in [head, *rows]) + "\n"
        encoding = {"csv-bom": "utf-8-sig", "csv-gbk": "gbk", "csv-utf16": "utf-16"}.get(kind, "utf-8")
        path.write_bytes(text.encode(encoding))
    elif kind == "parquet":
        pl.DataFrame(rows, schema=head, orient="row").write_parquet(path)
    else:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("数据")
            for index, row in enumerate([head, *rows]):
                sheet.write_row(index, 0, row)
    return path


def codes(error: pytest.ExceptionInfo[InputError] | list) -> list[str]:
    problems = error if isinstance(error, list) else error.value.problems
    return [p.code for p in problems if p.severity == "error"]


@pytest.mark.parametrize(
    "kind", ["csv", "csv-bom", "csv-gbk", "csv-utf16", "csv-tab", "csv-semicolon", "xlsx", "parquet"]
)
def test_every_format_gives_the_same_facts_with_their_places(tmp_path, kind):
    facts = read_facts(write(tmp_path, kind, ROWS), checks=False)
    assert len(facts) == 4
    energy = facts.get("p1", "energy_total_tce", year(2023))
    assert energy.value == 32000
    assert (energy.unit, energy.given) == ("tce", "3.2万 吨标准煤")
    assert str(energy.place).endswith(
        {"x": "facts.xlsx!数据!D3", "p": "facts.parquet row 2"}.get(kind[0], "facts.csv:3")
    )
    assert facts.get("p1", "electricity_in_kwh", year(2023), "kind=other").value == 150_000_000
    assert facts.get("p1", "econ_region", year(2023)).value == "east"
    assert facts.settings["reading"] == {"rows": 5, "blank": 1, "repeated": 0, "rejected": 0}


def test_frames_and_lists_of_dicts_are_read_too():
    rows = [dict(zip(HEAD, row, strict=True)) for row in ROWS]
    frame = pl.DataFrame(rows)
    same = {facts_from(data, checks=False).fingerprint() for data in (rows, frame, frame.lazy(), frame.to_pandas())}
    assert len(same) == 1


def test_chinese_headers(tmp_path):
    head = ["对象", "数据项", "期间", "数值", "单位", "分项", "来源", "备注"]
    assert len(read_facts(write(tmp_path, "xlsx", ROWS, head), checks=False)) == 4


def test_wide_form_with_years_as_columns(tmp_path):
    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("能源")
        sheet.write_row(0, 0, ["示范园区数据"])
        sheet.write_row(2, 0, ["数据项编码", "中文", "单位", 2022, "2023年", "来源"])
        sheet.write_row(3, 0, ["energy_total_tce", "总能耗", "万吨标准煤", 1.2, "1,3", "年报"])
        sheet.write_row(4, 0, ["park_area_km2", "面积", "亩", "", 15000, ""])
    with pytest.raises(InputError) as error:
        read_facts(path)
    assert codes(error) == ["unreadable-number"]
    assert str(error.value.problems[0].place).endswith("wide.xlsx!能源!E4")
    facts = read_facts(path, set_aside=True)
    assert facts.get("park", "energy_total_tce", year(2022)).value == 12000
    assert facts.get("park", "park_area_km2", year(2023)).value == 10
    assert facts.settings["reading"] == {"rows": 4, "blank": 1, "repeated": 0, "rejected": 1}


WRONG = [
    ({"quantity": "park_area_km"}, "unknown-quantity"),
    ({"quantity": ""}, "missing-quantity"),
    ({"unit": "furlong"}, "unknown-unit"),
    ({"unit": "tce"}, "incompatible-unit"),
    ({"value": "12%"}, "incompatible-unit"),
    ({"value": "9.1 t"}, "incompatible-unit"),
    ({"value": "9.1 furlong"}, "unknown-unit"),
    ({"value": "9O1"}, "unreadable-number"),
    ({"value": "about 9"}, "unreadable-number"),
    ({"value": "=cmd|' /C calc'!A0"}, "formula-text"),
    ({"value": "n/a"}, "missing-note"),
    ({"value": "3.2万", "unit": "万平方米"}, "ambiguous-scale"),
    ({"period": "soon"}, "bad-period"),
    ({"period": "2023-13"}, "bad-period"),
    ({"by": "kind=other"}, "bad-by"),
    ({"unit": "km2@2020"}, "base-year-not-expected"),
    ({"quantity": "energy_total_tce", "unit": "tce", "period": ""}, "bad-period"),
    ({"quantity": "electricity_in_kwh", "unit": "kWh", "by": "kind=solar"}, "bad-by"),
    ({"quantity": "fuel_consumption", "unit": "t"}, "missing-by"),
    ({"quantity": "econ_region", "unit": "", "value": "north"}, "unreadable-number"),
    ({"quantity": "no.such.indicator"}, "unknown-quantity"),
    ({"quantity": "factor.grid", "unit": ""}, "unknown-unit"),
]


@pytest.mark.parametrize(("change", "code"), WRONG, ids=[f"{code}-{i}" for i, (_, code) in enumerate(WRONG)])
def test_wrong_rows_are_named_with_their_place(change, code):
    row = {"quantity": "park_area_km2", "period": "2023", "value": "9.1", "unit": "km2"} | change
    with pytest.raises(InputError) as error:
        facts_from([row], known_reported=lambda _: None)
    assert codes(error) == [code]
    problem = error.value.problems[0]
    assert problem.zh
    assert problem.en
    assert str(problem.place) == "<data> row 1"


def test_an_unknown_quantity_offers_the_nearest_ones():
    with pytest.raises(InputError, match="park_area_km2"):
        facts_from([{"quantity": "park_area_km", "period": "2023", "value": "1", "unit": "km2"}])


def row(quantity, value, unit="", period="2023", **more):
    return {"quantity": quantity, "period": period, "value": value, "unit": unit} | more


def test_equal_duplicates_warn_and_differing_ones_reject_both():
    twice = [row("park_area_km2", "9.1", "km2"), row("park_area_km2", "910", "ha")]
    facts = facts_from(twice)
    assert [w.code for w in facts.warnings] == ["duplicate-same"]
    twice[1]["value"] = "911"
    with pytest.raises(InputError) as error:
        facts_from(twice)
    assert codes(error) == ["duplicate-differs"] * 2


def test_base_years_must_not_be_mixed_within_a_subject():
    rows = [
        row("industrial_value_added_const", "5", "万元@2020"),
        row("industrial_value_added_const", "5", "万元@2015", "2022"),
    ]
    with pytest.raises(InputError) as error:
        facts_from(rows)
    assert "mixed-base-year" in codes(error)
    rows[1]["unit"] = "万元"
    facts = facts_from(rows, settings={"base_year": 2020})
    assert {o.base_year for o in facts} == {2020}
    assert "no-base-year" in [w.code for w in facts_from(rows[1:]).warnings]


def test_a_reported_rate_keeps_its_unit():
    known = {"hj274-2015/10": "1", "energy.intensity": "tce/10k CNY"}
    rows = [
        row("hj274-2015/10", "98%"),
        row("energy.intensity", "0.35", "kgce/CNY"),
        row("factor.grid", "0.5", "kgCO2/kWh"),
    ]
    facts = facts_from(rows, known_reported=known.get)
    assert [(o.value, o.unit) for o in facts] == [
        (98, "%"),
        (Fraction(35, 100), "kgce/CNY"),
        (Fraction(1, 2), "kgCO2/kWh"),
    ]


def test_percent_becomes_the_canonical_unit():
    facts = facts_from([row("energy_total_tce", "5", "tce"), row("park_area_km2", "1500", "亩")])
    assert facts.get("park", "park_area_km2", year(2023)).value == 1


def test_a_missing_unit_is_assumed_with_one_word_for_all_rows():
    facts = facts_from([row("park_area_km2", "9", period=str(y)) for y in range(2018, 2024)])
    (warning,) = facts.warnings
    assert warning.code == "unit-assumed"
    assert "6 rows" in warning.en


def test_breakdowns_are_normalised():
    rows = [
        row("fuel_consumption", "5", "t", by="use=combustion; fuel=柴油"),
        row("fuel_consumption", "7", "万立方米", by="fuel=natural_gas"),
    ]
    facts = facts_from(rows)
    assert {o.by for o in facts} == {"fuel=diesel;use=combustion", "fuel=natural_gas_oilfield"}


def test_not_applicable_needs_a_note():
    facts = facts_from([row("park_area_km2", "n/a", "km2", note="no land")])
    assert facts.observations[0].not_applicable


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("2023年", year(2023)),
        (2023.0, year(2023)),
        ("2023年5月", Period(2023, "month", 5)),
        ("2023年二季度", Period(2023, "quarter", 2)),
    ],
)
def test_periods_as_people_write_them(cell, period):
    assert facts_from([row("park_area_km2", "9", "km2", cell)]).observations[0].period == period


def test_percent_formatted_cells_mean_what_they_show(tmp_path):
    path = tmp_path / "percent.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("a")
        sheet.write_row(0, 0, ["quantity", "period", "value", "unit"])
        sheet.write_row(1, 0, ["hj274-2015/10", 2023])
        sheet.write_number(1, 2, 0.12, book.add_format({"num_format": "0.0%"}))
        sheet.write(1, 3, "%")
    assert read_facts(path).observations[0].value == 12


def test_a_formula_without_a_stored_value_and_an_error_value_are_reported(tmp_path):
    path = tmp_path / "formula.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("a")
        sheet.write_row(0, 0, ["quantity", "period", "value", "unit"])
        sheet.write_row(1, 0, ["park_area_km2", 2023, "", "km2"])
        sheet.write_formula(1, 2, "=1+1", None, "")
        sheet.write_row(2, 0, ["energy_total_tce", 2023, "", "tce"])
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        sheet.write_row(3, 0, ["water_total_m3", 2023, "", "m3"])
        sheet.write_formula(3, 2, "=2+3", None, 5)
    with pytest.raises(InputError) as error:
        read_facts(path)
    assert codes(error) == ["formula-without-value", "error-value"]
    assert error.value.problems[0].place.cell == "C2"
    assert read_facts(path, set_aside=True).observations[0].value == 5


def test_formula_text_in_a_note_is_kept_as_plain_text_only():
    facts = facts_from([row("park_area_km2", "9", "km2", note="=HYPERLINK(1)", source="@x")])
    assert (facts.observations[0].note, facts.observations[0].source) == ("'=HYPERLINK(1)", "'@x")
    assert [w.code for w in facts.warnings] == ["formula-text"] * 2


def test_rows_set_aside_are_kept_with_their_problem():
    facts = facts_from([row("park_area_km2", "9", "km2"), row("nothing", "=1", "t")], set_aside=True)
    ((text, problem),) = facts.rejected
    assert text == ",nothing,2023,'=1,t,,,"
    assert problem.code == "unknown-quantity"


def test_subjects_sheet_gives_firms_their_park(tmp_path):
    path = tmp_path / "park.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("对象")
        sheet.write_row(0, 0, ["对象", "类型", "上级", "起", "止", "名称", "industry_code"])
        sheet.write_row(1, 0, ["p1", "园区", "", 2006, "", "示范园区", ""])
        sheet.write_row(2, 0, ["f1", "企业", "p1", 2018, 2022, "甲公司", "C26"])
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, ["甲公司", "energy_industrial_tce", 2021, 5, "tce"])
        sheet.write_row(2, 0, ["", "park_area_km2", 2021, 5, "km2"])
    facts = read_facts(path)
    assert facts.get("f1", "energy_industrial_tce", year(2021)).value == 5
    assert facts.get("p1", "park_area_km2", year(2021)).value == 5
    (firm,) = facts.children("p1")
    assert (firm.kind, firm.since, firm.until, firm.attributes) == ("firm", 2018, 2022, (("industry_code", "C26"),))


def test_files_that_cannot_be_read_are_problems(tmp_path):
    files = {
        "empty.csv": (b"", "empty-file"),
        "blank.csv": (b"\n \n", "empty-file"),
        "nothing.csv": (b"a,b\n1,2\n", "no-header"),
        "broken.xlsx": (b"PK\x03\x04 not really", "corrupt-file"),
        "old.xlsx": (b"\xd0\xcf\x11\xe0" + b"0" * 600, "corrupt-file"),
        "text.parquet": (b"hello", "corrupt-file"),
        "book.csv": (b"PK\x03\x04....", "corrupt-file"),
        "mixed.csv": ("quantity,period,value,unit\n园区面积统计".encode() + b"\xff,1,2,3\n", "unreadable-encoding"),
        "quotes.csv": (b'quantity,period,value,unit\npark_area_km2,2023,"9,km2\na,b,c,d\n', "broken-quotes"),
        "picture.png": (b"x", "unknown-format"),
    }
    for name, (data, code) in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError) as error:
            read_facts(tmp_path / name)
        assert code in codes(error), name
    with pytest.raises(InputError) as error:
        read_facts(tmp_path / "none.csv")
    assert codes(error) == ["no-file"]


def test_an_unquoted_thousands_comma_does_not_shift_the_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("quantity,period,value,unit\nenergy_total_tce,2023,1,234,tce\n")
    with pytest.raises(InputError) as error:
        read_facts(path)
    assert codes(error) == ["extra-cells"]


def test_a_huge_file_is_not_opened(tmp_path):
    path = write(tmp_path, "csv", ROWS)
    with pytest.raises(InputError) as error:
        read_facts(path, limits=Limits(file_bytes=100))
    assert codes(error) == ["too-big"]


def test_a_parquet_that_is_too_big_is_not_told_to_become_one(tmp_path):
    import polars as pl

    path = tmp_path / "a.parquet"
    pl.DataFrame({"quantity": ["x"] * 30, "value": ["1"] * 30}).write_parquet(path)
    with pytest.raises(InputError) as error:
        read_facts(path, limits=Limits(cells=50))
    assert codes(error) == ["too-big"]
    [problem] = error.value.problems
    assert "Parquet" not in problem.repair_en + problem.repair_zh
    assert "Split" in problem.repair_en


def test_the_largest_demonstration_can_read_its_own_table():
    from ecopark.cli.demo import MOST_FIRMS
    from ecopark.examples.invented_park import invented_park

    frame = invented_park(firms=100).frame()
    assert frame.height * frame.width * MOST_FIRMS / 100 < Limits().cells


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    with pytest.raises(InputError) as error:
        read_facts(path)
    assert codes(error) == ["too-big"]


def test_two_far_cells_do_not_fill_the_memory(tmp_path):
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("a")
        sheet.write(0, 0, "quantity")
        sheet.write(1_000_000, 16_000, "x")
    with pytest.raises(InputError) as error:
        read_facts(path)
    assert codes(error) == ["too-big"]


def test_a_sheet_without_header_beside_data_is_a_warning(tmp_path):
    path = tmp_path / "two.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("杂项").write_row(0, 0, ["something", "else"])
        book.add_worksheet("说明").write(0, 0, "text")
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, ROWS[0])
    assert [w.code for w in read_facts(path).warnings] == ["no-header"]


@pytest.mark.parametrize(
    ("quantity", "value", "column", "amount", "warned"),
    [
        ("energy_total_tce", "43万吨标准煤", "万吨标煤", 430_000, False),
        ("energy_total_tce", "43 万tce", "万吨标煤", 430_000, False),
        ("energy_total_tce", "43万吨标准煤", "吨标准煤", 430_000, False),
        ("energy_total_tce", "43 吨标准煤", "万吨标煤", 43, True),
        ("water_total_m3", "665万m³", "万立方米", 6_650_000, False),
        ("electricity_consumption_kwh", "5 亿千瓦时", "亿kWh", 500_000_000, False),
        ("electricity_consumption_kwh", "5亿千瓦时", "", 500_000_000, False),
        ("electricity_consumption_kwh", "5千瓦时", "kWh", 5, False),
        ("electricity_consumption_kwh", "5万", "千瓦时", 50_000, False),
        ("park_gdp", "380亿元", "万元", 3_800_000, True),
        ("park_gdp", "3千万元", "万元", 3000, True),
        ("park_area_km2", "1500 亩", "km2", 1, True),
        ("solid_waste_generated_t", "5万千克", "t", 50, True),
        ("industrial_value_added_const", "5亿元", "万元@2020", 50_000, True),
    ],
)
def test_a_unit_in_the_cell_is_compared_by_what_it_means(quantity, value, column, amount, warned):
    facts = facts_from([row(quantity, value, column)], checks=False)
    assert facts.observations[0].value == amount
    assert [w.code for w in facts.warnings if w.code != "no-base-year"] == ["unit-in-value"] * warned


def test_a_unit_that_does_not_fit_is_quoted_as_typed():
    with pytest.raises(InputError) as error:
        facts_from([row("energy_total_tce", "5 亿千瓦时", "吨标准煤"), row("water_total_m3", "5 万百瓦时", "m3")])
    first, second = error.value.problems
    assert "5 亿千瓦时" in first.zh and "吨标准煤" in first.zh and "（energy_total_tce）" in first.zh
    assert (first.code, second.code) == ("incompatible-unit", "unknown-unit")
    assert "5 万百瓦时" in second.zh


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("5万 万元", "万元"),
        ("412 亿 亿元", "亿元"),
        ("412亿亿元", ""),
        ("5万万元", "元"),
        ("5万", "万元"),
        ("5万", "10k CNY"),
        ("5万", ""),
        ("5亿亿", "元"),
    ],
)
def test_a_multiple_said_twice_is_not_guessed(value, column):
    with pytest.raises(InputError) as error:
        facts_from([row("park_gdp", value, column)])
    assert codes(error) == ["ambiguous-scale"]


@pytest.mark.parametrize(("value", "code"), [("无", 1), ("-", 1), ("/", 0), ("", 0), ("未统计", 0)])
def test_wu_where_things_are_counted_asks_for_a_zero(value, code):
    facts = facts_from([row("major_environmental_incidents", value, "起"), row("park_area_km2", "无", "km2")])
    assert len(facts) == 0
    assert [w.code for w in facts.warnings] == ["none-for-count"] * code
    assert all("如确为零请填 0" in w.repair_zh for w in facts.warnings)


@pytest.mark.parametrize(
    ("value", "unit", "code"),
    [("0.98", "%", 1), (1, "", 1), ("0.98%", "%", 0), ("98", "%", 0), ("0", "%", 0), ("0.98", "1", 0)],
)
def test_a_fraction_where_percent_are_asked_for(value, unit, code):
    facts = facts_from([row("dominant_sector_share", value, unit)])
    found = [w for w in facts.warnings if w.code == "maybe-fraction"]
    assert len(found) == code
    assert all(("98" if value == "0.98" else "100") in w.repair_en for w in found)
    assert [w.code for w in facts_from([row("waste.utilisation", value, unit or "%")]).warnings] == [
        "maybe-fraction"
    ] * code


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ({"quantity": "water_scarce_city", "unit": "", "value": "maybe"}, "请填 是 或 否", "Type yes or no"),
        ({"quantity": "econ_region", "unit": "", "value": "north"}, "请选 east（东部）", "Choose one of east"),
        ({"value": "2O1"}, "是否应为 201", "Did you mean 201"),
        ({"value": "l2.5"}, "是否应为 12.5", "Did you mean 12.5"),
        ({"quantity": "water_total_m3", "unit": "万吨"}, "水请写 万立方米", "Write water as 万立方米"),
        ({"quantity": "industrial_fresh_water_m3", "unit": "吨"}, "水请写 立方米", "Write water as 立方米"),
        ({"quantity": "econ_region", "unit": "", "value": "n/a"}, "请填写备注", "Fill in the note"),
    ],
)
def test_every_repair_fits_what_is_wrong(change, zh, en):
    with pytest.raises(InputError) as error:
        facts_from([row("park_area_km2", "9", "km2") | change])
    (problem,) = error.value.problems
    assert zh in problem.repair_zh and en in problem.repair_en
    name = change.get("quantity", "park_area_km2")
    assert name in problem.zh and f"({name})" in problem.en


def test_a_wrong_unit_of_a_row_is_one_problem_however_many_years(tmp_path):
    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("水")
        sheet.write_row(0, 0, ["数据项编码", "单位", 2021, 2022, 2023])
        sheet.write_row(1, 0, ["water_total_m3", "万吨", 1, 2, 3])
        sheet.write_row(2, 0, ["water_saved_m3", "万吨", 1, 2, 3])
        sheet.write_row(3, 0, ["nothing_known", "t", 1, 2, "x"])
    with pytest.raises(InputError) as error:
        read_facts(path)
    assert [(p.code, p.place.cell) for p in error.value.problems] == [
        ("incompatible-unit", "B2"),
        ("incompatible-unit", "B3"),
        ("unknown-quantity", "A4"),
    ]
    assert "row 2" in error.value.problems[0].en and "第 2 行" in error.value.problems[0].zh


def test_an_undeclared_subject_is_asked_about():
    declared = [Subject("p1", "示范园区"), Subject("f1", "甲公司", "firm", "p1")]
    facts = facts_from([row("park_area_km2", "9", "km2", subject="示范园")], declared)
    (warning,) = facts.warnings
    assert (warning.code, warning.severity) == ("undeclared-subject", "warning")
    assert "是否指 示范园区（p1）" in warning.repair_zh


def test_a_file_of_subjects_beside_a_file_of_facts(tmp_path):
    (tmp_path / "facts.csv").write_text(
        "subject,quantity,period,value,unit\nf1,industrial_fresh_water_m3,2023,4,m3\n", encoding="utf-8"
    )
    (tmp_path / "subjects.csv").write_text(
        "subject,kind,parent,from,until,name\np,park,,,,P\nf1,firm,p,,,F\n", encoding="utf-8"
    )
    facts = read_facts(tmp_path / "facts.csv")
    assert [s.id for s in facts.parks] == ["p"]
    assert [s.id for s in facts.children("p")] == ["f1"]


@pytest.mark.parametrize("name", ["figures.xls", "figures.ods", "figures.et"])
def test_a_workbook_of_another_kind_is_to_be_saved_as_xlsx(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(InputError) as error:
        read_facts(tmp_path / name)
    (problem,) = error.value.problems
    assert problem.code == "unknown-format"
    assert problem.repair_zh == "请用表格软件打开，另存为 .xlsx。"
    assert problem.repair_en.endswith("save it as .xlsx.")
