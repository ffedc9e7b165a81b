"""The Excel form of a project: written empty, filled in as an investor would, read back with the cell of every problem."""

from __future__ import annotations

import openpyxl
import pytest

from ecopark.admission.project import read_project
from ecopark.admission.project_form import OPINIONS, SHEET, write_form
from ecopark.errors import InputError
from ecopark.workflows.admit_project import admit
from tests.admission.samples import FIGURES, ON, project


@pytest.fixture
def form(tmp_path):
    path = tmp_path / "form.xlsx"
    write_form(path, parcels=("A one",), groups=("G02 electronics",))
    return path


def rows_of(sheet):
    """Row numbers by key of the hidden column."""
    found = {}
    for row in range(1, sheet.max_row + 1):
        found.setdefault(sheet.cell(row, 1).value, []).append(row)
    return found


def fill(path, values, others=(), opinions=(), years=()):
    """Type values by key; `others` are (key, choice, value, unit); `years` are (column, heading, key, value)."""
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    rows = rows_of(sheet)
    for key, value in values.items():
        sheet.cell(rows[key][0], 4).value = value
    used = {}
    for key, choice, value, unit in others:
        row = rows[key][used.get(key, 0)]
        used[key] = used.get(key, 0) + 1
        sheet.cell(row, 2).value, sheet.cell(row, 4).value, sheet.cell(row, 5).value = choice, value, unit
    for column, heading, key, value in years:
        sheet.cell(3, column).value = heading
        sheet.cell(rows[key][0], column).value = value
    for number, row in enumerate(opinions, start=2):
        for column, text in enumerate(row, start=1):
            book[OPINIONS].cell(number, column).value = text
    book.save(path)
    return path


def test_an_empty_form_asks_for_the_name(form):
    with pytest.raises(InputError) as caught:
        read_project(form)
    assert [(p.code, p.place.cell) for p in caught.value.problems] == [("name-missing", "D4")]


def test_the_form_says_the_same_as_json(form):
    kept = {f"fact:{q}": float(v) for q, (v, _) in FIGURES.items()}
    filled = fill(
        form,
        {"name": "虚构封装测试项目", "industry_code": "3973 集成电路制造", "products": "封装测试", **kept},
    )
    a, b = (admit(p, "invented-park", on=ON) for p in (filled, project()))
    assert [f.to_dict() for f in a.findings] == [f.to_dict() for f in b.findings]


def test_energy_by_kind_rates_phases_and_opinions(form):
    filled = fill(
        form,
        {"name": "P", "kind": "扩建 expansion", "start": 2027, "parcel": "A one", "processes": "蚀刻；清洗"},
        others=[
            ("energy", "其他电力 other electricity [electricity.other]", 120, "10k kWh"),
            ("energy", "柴油 diesel [fuel.diesel]", 3, "t"),
            ("other", "亩均税收 Tax per mu [tax_per_mu]", 52, "万元/亩"),
        ],
        opinions=[("environment", "附条件同意 conditions", "甲", "2026-11-20", "closed loop")],
        years=[(6, 2028, "fact:emission_cod_t", 0.5)],
    )
    made = read_project(filled)
    assert (made.kind, made.start, made.parcel, made.words) == ("expansion", 2027, "A", ("蚀刻", "清洗"))
    assert made.opinions[0].opinion == "conditions" and made.opinions[0].note == "closed loop"
    found = {(o.quantity, o.by, str(o.period)): o.value for o in made.facts.observations}
    assert found["electricity_in_kwh", "kind=other", ""] == 1_200_000
    assert found["fuel_consumption", "fuel=diesel;use=combustion", ""] == 3
    assert found["tax_per_mu", "", ""] == 52
    assert str(found["emission_cod_t", "", "2028"]) == "1/2"
    assert made.observation("emission_cod_t", made.period(2026)).place.cell.startswith("F")


def test_every_problem_stands_at_its_cell(form):
    filled = fill(
        form,
        {"name": "P", "industry_code": "3793", "fact:land_area_mu": -3, "start": "soon"},
        others=[("energy", "firewood", 3, "t"), ("other", "no_such_thing", 1, "")],
        years=[(6, "later", "fact:emission_cod_t", 1)],
    )
    with pytest.raises(InputError) as caught:
        read_project(filled)
    codes = {p.code: p for p in caught.value.problems}
    assert {"bad-period", "form-row"} <= set(codes)
    assert codes["form-row"].place.sheet == SHEET and codes["form-row"].place.cell.startswith("B")
    repaired = fill(form, {}, others=[("energy", None, None, "t")], years=[(6, None, "fact:emission_cod_t", None)])
    with pytest.raises(InputError) as caught:
        read_project(repaired)
    places = {p.code: p.place.cell for p in caught.value.problems}
    rows = rows_of(openpyxl.load_workbook(repaired)[SHEET])
    assert places["unknown-industry-code"] == f"D{rows['industry_code'][0]}"
    assert places["impossible-value"] == f"D{rows['fact:land_area_mu'][0]}"
    assert places["bad-period"] == f"D{rows['start'][0]}"
    assert places["unknown-quantity"] == f"D{rows['other'][0]}"


def test_a_row_without_its_key_and_a_workbook_that_is_no_form(form, tmp_path):
    book = openpyxl.load_workbook(form)
    row = rows_of(book[SHEET])["other"][-1] + 1
    book[SHEET].cell(row, 2).value, book[SHEET].cell(row, 4).value = "水", 5
    book.save(form)
    with pytest.raises(InputError) as caught:
        read_project(form)
    assert [p.place.cell for p in caught.value.problems] == [f"D{row}"]
    other = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(other)
    with pytest.raises(InputError, match="not the form"):
        read_project(other)
