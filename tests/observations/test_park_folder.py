"""A new park folder, its templates, and what comes back from them."""

import openpyxl
import pytest

from ecopark.core.period import year
from ecopark.errors import InputError
from ecopark.observations.new_park import new_park
from ecopark.observations.park_folder import SETTINGS
from ecopark.observations.quantity import catalogue
from ecopark.observations.reading import read_facts
from ecopark.observations.templates import write_template


@pytest.fixture
def park(tmp_path):
    folder = tmp_path / "mypark"
    new_park(folder, years=[2021, 2022, 2023], name='示范"园区', base_year=2020, since=2006, province="江苏")
    return folder


def fill(folder, entries):
    """Type into the template as a person would."""
    path = folder / "data" / "park-data.xlsx"
    book = openpyxl.load_workbook(path)
    left = dict(entries)
    for sheet in book.worksheets[1:]:
        titles = {cell.value: cell.column for cell in sheet[3]}
        for row in sheet.iter_rows(min_row=4):
            for key in [k for k in left if k[:2] == (row[0].value, (row[6].value or "") if len(row) > 6 else None)]:
                sheet.cell(row[0].row, titles[key[2]], left.pop(key))
    assert not left
    book.save(path)


def test_a_new_folder_reads_back_and_says_that_nothing_is_filled_in(park):
    facts = read_facts(park)
    assert len(facts) == 0
    (warning,) = facts.warnings
    assert (warning.code, warning.severity) == ("nothing-filled", "warning")
    assert "还没有填写任何数据" in warning.zh
    (subject,) = facts.parks
    assert (subject.id, subject.name, subject.since) == ("mypark", '示范"园区', 2006)
    assert set(facts.settings) == set(SETTINGS)
    assert facts.settings["reading"]["rows"] == facts.settings["reading"]["blank"] > 500


def test_figures_typed_into_the_template_are_read(park):
    fill(
        park,
        {
            ("park_area_km2", "", 2023): "1.5万",
            ("electricity_in_kwh", "kind=other", 2022): "3.2亿",
            ("industrial_value_added_const", "", 2023): 120,
            ("econ_region", "", "不随年份变化 always"): "东部",
        },
    )
    facts = read_facts(park, checks=False)
    assert facts.get("mypark", "electricity_in_kwh", year(2022), "kind=other").value == 320_000_000
    assert facts.get("mypark", "econ_region", year(2023)).value == "east"
    assert facts.get("mypark", "industrial_value_added_const", year(2023)).base_year == 2020
    with pytest.raises(InputError) as error:
        read_facts(park)
    assert {p.code for p in error.value.problems if p.severity == "error"} == {"breakdown-hole"}
    assert {w.code for w in read_facts(park, set_aside=True).warnings} == {"implausible"}


def test_an_open_list_takes_any_code(park):
    path = park / "data" / "park-data.xlsx"
    book = openpyxl.load_workbook(path)
    sheet, row = next((s, r[0].row) for s in book for r in s.iter_rows(min_row=4) if r[0].value == "fuel_consumption")
    sheet.cell(row, 7, "fuel=raw_coal;use=power")
    sheet.cell(row, 10, 500)
    sheet.cell(row + 1, 10, 600)
    book.save(path)
    with pytest.raises(InputError) as error:
        read_facts(park)
    assert [p.code for p in error.value.problems] == ["missing-by"]
    facts = read_facts(park, set_aside=True)
    assert facts.get("mypark", "fuel_consumption", year(2023), "fuel=raw_coal;use=power").unit == "t"


def test_nothing_is_overwritten(park):
    with pytest.raises(InputError, match="nothing was written"):
        new_park(park, years=[2023])


def test_a_template_asks_for_the_quantities_it_was_given(tmp_path):
    rows = write_template(tmp_path / "t.xlsx", ["park_area_km2", "electricity_in_kwh"], [2023], lang="en")
    assert rows == 1 + len(catalogue().breakdowns["electricity_kind"].codes)
    assert read_facts(tmp_path / "t.xlsx").settings["reading"]["blank"] == rows * 2


def test_settings_of_park_toml(park):
    (park / "park.toml").write_text(
        """
[park]
id = "p1"
name = "Park"
since = 2006
base_year = 2015
[[scope]]
from = 2022
zh = "扩区"
en = "extended"
[[subject]]
subject = "f1"
kind = "firm"
from = 2018
[departments]
park_area_km2 = "规划局"
[options."hj274-2015"]
ratio = 0.35
[factors]
confirm = ["grid.2022"]
values = {"grid" = {value = "0.5", unit = "kgCO2/kWh"}}
[[title]]
id = "eco_industrial_park"
step = "named"
date = 2024-05-17
""",
        encoding="utf-8",
    )
    (park / "evidence" / "area.pdf").write_bytes(b"x")
    (park / "evidence" / "evidence.csv").write_text(
        "clause_or_quantity,file,page,date,period\npark_area_km2,area.pdf,3,2024-01-01,2023\nx,../park.toml,,,\n"
    )
    (park / "verified.toml").write_text('[[verified]]\nclause = "hj274-2015/1"\nby = "A"\n')
    facts = read_facts(park)
    settings = facts.settings
    assert settings["base_year"] == 2015
    assert settings["options"] == {"hj274-2015": {"ratio": "0.35"}}
    assert settings["factors"]["confirm"] == ["grid.2022"]
    assert settings["departments"] == {"park_area_km2": "规划局"}
    assert settings["titles"][0]["step"] == "named"
    assert settings["verified"][0]["by"] == "A"
    assert settings["evidence"][0]["page"] == "3"
    assert facts.subjects["p1"].scope_breaks(2021, 2023)[0][1].zh == "扩区"
    assert facts.subjects["f1"].parent == "p1"
    assert [w.code for w in facts.warnings] == ["missing-evidence", "nothing-filled"]


@pytest.mark.parametrize("text", ["[park", "park = 3", "[park]\nbase_year = 'soon'", "\x00"])
def test_a_broken_park_toml_is_a_problem(park, text):
    (park / "park.toml").write_text(text)
    with pytest.raises(InputError):
        read_facts(park)


def test_problems_of_all_files_come_together(park):
    (park / "data" / "a.csv").write_text("quantity,period,value,unit\nnothing,2023,1,t\n")
    (park / "data" / "b.xlsx").write_bytes(b"junk")
    with pytest.raises(InputError) as error:
        read_facts(park)
    assert {p.code for p in error.value.problems} == {"unknown-quantity", "corrupt-file"}


def test_a_directory_that_is_no_park_folder(tmp_path):
    with pytest.raises(InputError, match="no park folder"):
        read_facts(tmp_path)


def test_a_folder_without_any_table_has_no_figures(park):
    (park / "data" / "park-data.xlsx").unlink()
    with pytest.raises(InputError) as error:
        read_facts(park)
    assert [p.code for p in error.value.problems] == ["no-figures"]


def test_a_single_file_without_a_row_has_no_figures(tmp_path):
    (tmp_path / "a.csv").write_text("quantity,period,value,unit\n")
    with pytest.raises(InputError, match="not one figure"):
        read_facts(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["figures.xls", "figures.ods"])
def test_a_table_that_is_not_read_is_an_error_where_nothing_else_gives_figures(park, name):
    (park / "data" / name).write_bytes(b"x")
    with pytest.raises(InputError) as error:
        read_facts(park)
    (problem,) = error.value.problems
    assert (problem.code, problem.severity) == ("unknown-format", "error")
    assert ".xlsx" in problem.repair_zh
    (park / "data" / "more.csv").write_text("quantity,period,value,unit\npark_area_km2,2023,9,km2\n")
    assert [w.code for w in read_facts(park).warnings] == ["unknown-format"]


@pytest.mark.parametrize(
    "line", ['[park]\nname = ["a"]', "[park]\nid = 3", '[park]\n[[subject]]\nsubject = "f"\nname = ["a"]']
)
def test_names_in_park_toml_are_texts(park, line):
    (park / "park.toml").write_text(line)
    with pytest.raises(InputError) as error:
        read_facts(park)
    assert [p.code for p in error.value.problems if p.severity == "error"] == ["not-a-text"]


def test_a_stray_subject_in_a_folder_is_asked_about(park):
    (park / "data" / "more.csv").write_text("subject,quantity,period,value,unit\nmypark1,park_area_km2,2023,9,km2\n")
    (warning,) = read_facts(park).warnings
    assert warning.code == "undeclared-subject"
    assert "(mypark" in warning.repair_en or "mypark）" in warning.repair_zh


def test_wu_in_a_count_of_the_template(park):
    fill(park, {("major_environmental_incidents", "", 2023): "无"})
    assert [w.code for w in read_facts(park).warnings] == ["none-for-count", "nothing-filled"]


def test_the_validation_of_a_template_lets_text_pass_and_it_prints_on_a3(park):
    book = openpyxl.load_workbook(park / "data" / "park-data.xlsx")
    rules = [rule for sheet in book for rule in sheet.data_validations.dataValidation]
    assert not [rule for rule in rules if rule.type == "decimal"]
    custom = [rule for rule in rules if rule.type == "custom"]
    assert custom and all("ISTEXT(" in rule.formula1 and rule.errorStyle == "information" for rule in custom)
    sheet = book.worksheets[1]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 8)
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)  # 1 is the default
    assert sheet.print_title_rows == "$1:$3"
    assert sheet.print_area


def test_a_template_says_for_which_standards_it_was_cut(tmp_path):
    new_park(tmp_path / "p", years=[2023], quantities=["park_area_km2"], packs=["国家生态工业示范园区标准"])
    assert "国家生态工业示范园区标准" in (tmp_path / "p" / "README.md").read_text(encoding="utf-8")
    sheet = openpyxl.load_workbook(tmp_path / "p" / "data" / "park-data.xlsx").worksheets[0]
    assert any("国家生态工业示范园区标准" in str(cell.value) for row in sheet for cell in row)
    new_park(tmp_path / "q", years=[2023])
    assert "Cut for" not in (tmp_path / "q" / "README.md").read_text(encoding="utf-8")
