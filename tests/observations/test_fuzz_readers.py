"""Damaged and senseless files: no crash, and no row lost without a word."""

import io
import zipfile

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecopark.errors import InputError
from ecopark.observations.reading import facts_from, read_facts

HEAD = ["subject", "quantity", "period", "value", "unit", "by", "source", "note"]
ROWS = [
    ["p1", "park_area_km2", "2023", "9.1", "km2", "", "年报", ""],
    ["p1", "energy_total_tce", "2023", "3.2万", "吨标准煤", "", "", '说明，含"引号"'],
    ["p1", "electricity_in_kwh", "2023", "1,234.5", "kWh", "kind=other", "", ""],
    ["p1", "hj274-2015/10", "2022", "12 %", "%", "", "", ""],
    ["p1", "econ_region", "", "east", "", "", "", ""],
]
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def csv_bytes() -> bytes:
    import csv

    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *ROWS])
    return text.getvalue().encode()


def xlsx_bytes() -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet = book.add_worksheet("数据")
        for index, row in enumerate([HEAD, *ROWS]):
            sheet.write_row(index, 0, row)
        sheet.write_formula(8, 3, "=1+1", book.add_format({"num_format": "0%"}), "")
    return data.getvalue()


CSV, XLSX = csv_bytes(), xlsx_bytes()
MUTATION = st.tuples(
    st.integers(0, 10_000), st.sampled_from(["replace", "insert", "delete", "repeat"]), st.binary(max_size=6)
)


def mutate(data: bytes, mutations) -> bytes:
    for at, how, piece in mutations:
        at %= max(len(data), 1)
        if how == "replace":
            data = data[:at] + piece + data[at + len(piece) :]
        elif how == "insert":
            data = data[:at] + piece + data[at:]
        elif how == "delete":
            data = data[:at] + data[at + len(piece) :]
        else:
            data = data[:at] + data[max(0, at - 40) :]
    return data


def accounts_for_every_row(path) -> None:
    """Reading ends in facts or in an `InputError`; every row that was read has become something."""
    facts, problems = None, ()
    try:
        facts = read_facts(path, set_aside=True)
    except InputError as error:
        problems = error.problems
    if facts is None:
        assert any(p.severity == "error" for p in problems)
        assert all(p.zh and p.en for p in problems)
        return
    count = facts.settings["reading"]
    assert count["rows"] == len(facts) + count["blank"] + count["repeated"] + count["rejected"]
    assert count["rejected"] <= len(facts.rejected)


@QUIET
@given(st.lists(MUTATION, min_size=1, max_size=4))
def test_mutated_text_tables(tmp_path, mutations):
    path = tmp_path / "a.csv"
    path.write_bytes(mutate(CSV, mutations))
    accounts_for_every_row(path)


@QUIET
@given(st.lists(MUTATION, min_size=1, max_size=4))
def test_mutated_workbooks(tmp_path, mutations):
    path = tmp_path / "a.xlsx"
    path.write_bytes(mutate(XLSX, mutations))
    accounts_for_every_row(path)


@QUIET
@given(st.integers(0, 20), st.lists(MUTATION, min_size=1, max_size=3))
def test_workbooks_with_mutated_parts(tmp_path, which, mutations):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(io.BytesIO(XLSX)) as old, zipfile.ZipFile(path, "w") as new:
        names = old.namelist()
        for name in names:
            data = old.read(name)
            new.writestr(name, mutate(data, mutations) if name == names[which % len(names)] else data)
    accounts_for_every_row(path)


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["1,234.5", "12%", "3.2万", "/", "n/a", "是", "=1+1", "1e999", "万", "%", "3万吨", "2023"]),
)
ROW = st.fixed_dictionaries(
    {
        "subject": st.one_of(st.none(), st.text(max_size=5)),
        "quantity": st.one_of(st.text(max_size=8), st.sampled_from([row[1] for row in ROWS] + ["fuel_consumption"])),
        "period": st.one_of(CELL, st.sampled_from(["2023", "2022年", "2023-Q2", ""])),
        "value": CELL,
        "unit": st.one_of(
            st.text(max_size=8), st.sampled_from(["km2", "tce", "万吨", "%", "kWh", "", "t@2020", "((("])
        ),
        "by": st.one_of(st.text(max_size=8), st.sampled_from(["kind=other", "fuel=diesel;use=power", "=", ";;"])),
        "note": st.text(max_size=5),
    }
)


@QUIET
@given(st.lists(ROW, min_size=1, max_size=12))
def test_any_cells_at_all(rows):
    try:
        facts = facts_from(rows, set_aside=True)
    except InputError:
        return
    count = facts.settings["reading"]
    assert count["rows"] == len(facts) + count["blank"] + count["repeated"] + count["rejected"]


def test_every_data_line_of_a_clean_file_is_counted(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(CSV)
    assert read_facts(path, checks=False).settings["reading"]["rows"] == len(ROWS)


@pytest.mark.parametrize("size", [1, 100, 1000, -1])
def test_cut_off_workbooks(tmp_path, size):
    path = tmp_path / "a.xlsx"
    path.write_bytes(XLSX[:size])
    with pytest.raises(InputError):
        read_facts(path)
