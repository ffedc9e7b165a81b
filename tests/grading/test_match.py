"""Matching: codes decide, names are scored, tenants find their landlords, and what is unsure goes to a person."""

from __future__ import annotations

from pathlib import Path

from ecopark.examples.codes import invented_credit_codes
from ecopark.grading.match import Record, match_tables, precision_recall
from ecopark.workflows.match_firms import match_files, seeded_tables, write_matching

A, B, C = invented_credit_codes(3)


def test_the_same_code_is_one_firm_whatever_the_name() -> None:
    found = match_tables({"tax": [Record("tax", "1", "甲机械", A)], "land": [Record("land", "9", "乙", A.lower())]})
    assert len(found.entities) == 1


def test_different_codes_are_never_one_firm() -> None:
    found = match_tables({"tax": [Record("tax", "1", "云栖机械", A)], "land": [Record("land", "9", "云栖机械", B)]})
    assert len(found.entities) == 2
    assert len(found.alone) == 2


def test_a_mistyped_code_falls_back_to_the_name() -> None:
    wrong = A[:-1] + ("0" if A[-1] != "0" else "1")
    found = match_tables(
        {"tax": [Record("tax", "1", "云栖华达机械有限公司", A)], "power": [Record("power", "9", "云栖华达机械", wrong)]}
    )
    assert len(found.entities) == 1
    assert len(found.bad_codes) == 1
    assert found.entities[0].credit_code == A


def test_numbered_plants_are_different_firms() -> None:
    found = match_tables(
        {"tax": [Record("tax", "1", "云栖机械一厂", A)], "power": [Record("power", "9", "云栖机械二厂")]}
    )
    assert len(found.entities) == 2


def test_two_equally_good_candidates_are_left_to_a_person() -> None:
    tax = [Record("tax", "1", "云栖华达机械有限公司", A), Record("tax", "2", "云栖华达机械厂", B)]
    found = match_tables({"tax": tax, "power": [Record("power", "9", "云栖华达机械")]})
    assert len(found.entities) == 3
    assert [p.how for p in found.doubtful] == ["rivals", "rivals"]


def test_one_code_twice_in_a_table_is_told_and_tenants_find_their_landlord() -> None:
    tax = [Record("tax", "1", "甲厂房", A), Record("tax", "2", "乙", A)]
    land = [Record("land", "7", "丙作坊", C, landlord="甲厂房")]
    found = match_tables({"tax": tax, "land": land})
    assert len(found.conflicts) == 1
    assert next(e for e in found.entities if e.credit_code == C).landlord == A


def test_precision_and_recall_on_seeded_errors() -> None:
    tables, truth = seeded_tables(600)
    precision, recall = precision_recall(match_tables(tables), truth)
    assert precision > 0.995
    assert recall > 0.95


def test_files_are_matched_and_written(tmp_path: Path) -> None:
    (tmp_path / "tax.csv").write_text(
        f"企业名称,统一社会信用代码,地址\n云栖华达机械有限公司,{A},竹海路1号\n", encoding="utf-8"
    )
    (tmp_path / "power.csv").write_text("name,用电地址,note\n云栖华达机械,竹海路1号,x\n", encoding="utf-8")
    found = match_files({"tax": tmp_path / "tax.csv", "power": tmp_path / "power.csv"})
    assert found.report()["firms"] == 1
    assert len(write_matching(found, tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()) == 3
