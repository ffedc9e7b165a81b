"""What the shape of a pack does not show: names, functions, units, rules; with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecopark.errors import Problem
from ecopark.packs.load import load_pack
from ecopark.standards.cases import check_pack
from tests.packs.samples import CASE, CLAUSES, PACK, write_pack

FORMULA = '"energy_industrial_tce / industrial_value_added"'


def check(folder: Path, clauses: str = CLAUSES, pack: str = PACK, case: str = CASE) -> list[Problem]:
    return check_pack(load_pack(write_pack(folder, clauses, pack, case)))


def test_a_good_pack_has_no_problem(tmp_path: Path) -> None:
    assert check(tmp_path) == []


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ('"energy_industrial / industrial_value_added"', "Did you mean 'energy_industrial_tce'"),
        ('"grow(energy_industrial_tce)"', "grow"),
        ('"energy_industrial_tce + electricity_consumption_kwh"', "tce"),
        ('"energy_industrial_tce / park_area_km2"', "cannot be converted to tce/10k CNY"),
        ('"energy_industrial_tce / "', ""),
        ("\"__import__('os')\"", ""),
        ('"energy_industrial_tce.value"', ""),
        ('"green_info_platform_complete"', "flag"),
        ("\"factor('no.such')\"", "unknown factor"),
        ('"total(energy_industrial_tce)"', "no breakdown"),
        ("\"part(electricity_in_kwh, 'kind=solar')\"", "kind=solar"),
    ],
)
def test_a_wrong_formula_says_file_line_and_why(tmp_path: Path, formula: str, words: str) -> None:
    (found,) = check(tmp_path, CLAUSES.replace(FORMULA, formula))
    assert found.code == "formula"
    assert str(found.place) == "sample-2020/clauses.yaml:2"
    assert found.message("en").startswith("sample-2020/clauses.yaml:2: clause 1: ")
    assert words in found.en


def test_an_unknown_indicator_is_a_problem(tmp_path: Path) -> None:
    (found,) = check(tmp_path, CLAUSES.replace(f"formula: {FORMULA}", "indicator: energy.intensities"))
    assert found.code == "formula"
    assert "energy.intensities" in found.en


def test_an_unknown_unit_is_a_problem(tmp_path: Path) -> None:
    (found,) = check(tmp_path, CLAUSES.replace("unit: tce/10k CNY", "unit: tcee/10k CNY"))
    assert "unknown unit" in found.en


def test_a_condition_must_be_a_yes_or_no(tmp_path: Path) -> None:
    limits = 'limits: [{op: "<=", value: "0.5", when: "park_area_km2"}]'
    (found,) = check(tmp_path, CLAUSES.replace('limit: {op: "<=", value: "0.5"}', limits))
    assert "no yes/no test" in found.en


def test_a_limit_formula_is_checked_for_units(tmp_path: Path) -> None:
    limit = 'limit: {op: "<=", formula: "park_area_km2"}'
    (found,) = check(tmp_path, CLAUSES.replace('limit: {op: "<=", value: "0.5"}', limit))
    assert "km2" in found.en


def test_an_id_used_twice_is_a_problem(tmp_path: Path) -> None:
    found = check(tmp_path, CLAUSES.replace('id: "2"', 'id: "1"'))
    assert {"duplicate-clause", "unknown-clause"} <= {p.code for p in found}
    twice = next(p for p in found if p.code == "duplicate-clause")
    assert twice.place.line == CLAUSES[: CLAUSES.index('id: "2"')].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("group: energy", "group: enery", "unknown-group"),
        ("option_set: O1", "option_set: O9", "unknown-option-set"),
        ('reference: "no. 1"', 'footnotes: ["7"]', "unknown-footnote"),
        ("en: Platform", "en: ''", "label-missing"),
        (
            'limit: {op: "<=", value: "0.5"}',
            'limits: [{op: "<=", value: "1"}, {op: "<=", value: "2"}]',
            "unreachable-limit",
        ),
    ],
)
def test_references_of_a_clause(tmp_path: Path, old: str, new: str, code: str) -> None:
    found = check(tmp_path, CLAUSES.replace(old, new, 1))
    assert code in {p.code for p in found}
    assert all(p.place.line for p in found if p.code == code)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("rule: all_met", "rule: most_met", "unknown-rule"),
        ("score: null", "score: {rule: guess}", "unknown-rule"),
        ("need: 1", "need: 4", "option-need"),
        ("sources: [https://example.org/s1]", "sources: []", "source-missing"),
        ("title: {zh: 样例, en: Sample}", "title: {zh: 样例}", "label-missing"),
    ],
)
def test_what_pack_yaml_says(tmp_path: Path, old: str, new: str, code: str) -> None:
    found = check(tmp_path, pack=PACK.replace(old, new))
    assert code in {p.code for p in found}
    assert all(p.place.file == "sample-2020/pack.yaml" for p in found if p.code == code)


def test_a_pack_without_a_case_is_a_problem(tmp_path: Path) -> None:
    assert [p.code for p in check(tmp_path, case="")] == ["no-case"]


def test_a_case_that_fails_says_what_was_found(tmp_path: Path) -> None:
    (found,) = check(tmp_path, case=CASE.replace('value: "0.5"', 'value: "0.6"'))
    assert found.code == "case-fails"
    assert "clause 1 is 0.5, expected 0.6" in found.en


def test_a_case_with_a_wrong_fact_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    (found,) = check(tmp_path, case=CASE.replace("energy_industrial_tce", "energy_industrail_tce"))
    assert found.code == "case-fails"


def test_a_frame_is_not_asked_for_sources(tmp_path: Path) -> None:
    clauses = "clauses:\n  - {id: a, kind: frame, zh: 待填, en: to be filled in, group: energy}\n"
    head = PACK.replace("status: draft", "status: frame").replace("sources: [https://example.org/s1]", "sources: []")
    head = head.replace('clauses: ["2"]', 'clauses: ["a"]')
    found = check(
        tmp_path, clauses, head, case='id: empty\nperiod: "2023"\nexpect: {clauses: {a: {status: undetermined}}}\n'
    )
    assert found == []
