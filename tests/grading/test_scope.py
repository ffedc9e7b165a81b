"""Who belongs into a method: firms outside are listed with the reason, what cannot be told is said, in both forms."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ecopark.workflows.grade_firms import grade, grade_many, method_with
from ecopark.workflows.write_grades import count_rows, table_rows
from tests.grading.samples import HEAD, written

SCOPED = (
    HEAD
    + """\
inputs:
  - {id: tenant, zh: 租赁, en: tenant}
  - {id: utility, zh: 公用, en: utility}
  - {id: rented_area, zh: 租用面积, en: rented, kind: number, unit: m2}
groups:
  - id: big
    zh: 规上
    en: big
    when: "firm_revenue_10k_cny >= unit(2000, '10k CNY')"
    items:
      - {indicator: tax_per_mu, base: mean, weight: "100"}
  - id: small
    zh: 规下
    en: small
    when: "firm_revenue_10k_cny < unit(2000, '10k CNY') and firm_revenue_10k_cny > unit(0, '10k CNY')"
    scope:
      - {id: land, zh: 5亩, en: 5 mu, when: "land_area_mu >= unit(5, 'mu') or (tenant and rented_area >= unit(3000, 'm2'))"}
    items:
      - {indicator: tax_per_mu, base: mean, weight: "100", missing: group_average}
exemptions:
  - {id: utility, zh: 公用, en: utility, when: utility, grade: T}
cutoffs: {kind: shares, classes: [{id: A, to: "50"}, {id: B, to: "100"}]}
"""
)
ROWS = [
    {"firm": "big", "firm_revenue_10k_cny": 5000.0, "land_area_mu": 1.0, "tax_per_mu": 9.0},
    {"firm": "six", "firm_revenue_10k_cny": 100.0, "land_area_mu": 6.0, "tax_per_mu": 4.0},
    {"firm": "five", "firm_revenue_10k_cny": 100.0, "land_area_mu": 5.0, "tax_per_mu": 8.0},
    {"firm": "four", "firm_revenue_10k_cny": 100.0, "land_area_mu": 4.0, "tax_per_mu": 99.0, "tenant": False},
    {"firm": "shop", "firm_revenue_10k_cny": 100.0, "land_area_mu": 0.5, "tax_per_mu": 2.0, "tenant": True, "rented_area": 3000.0},
    {"firm": "open", "firm_revenue_10k_cny": 100.0, "tax_per_mu": 1.0},
    {"firm": "zero", "firm_revenue_10k_cny": 0.0, "tax_per_mu": 1.0},
]  # fmt: skip


def test_a_firm_outside_is_listed_with_the_reason_and_moves_nobody(tmp_path: Path) -> None:
    method = written(tmp_path, SCOPED)
    done = {f.firm.id: f for f in grade(ROWS, method).firms}
    assert (done["four"].score, done["four"].rank, done["four"].grade, done["four"].items) == (None, None, None, ())
    assert "5 mu" in done["four"].outside.en and "5亩" in done["four"].outside.zh
    assert done["zero"].outside.en == "no group of the method takes it"
    assert done["five"].rank == 1 and done["five"].of == 4
    assert not done["big"].outside and not done["shop"].outside
    without = grade([r for r in ROWS if r["firm"] not in ("four", "zero")], method)
    assert {f.firm.id: f.to_dict() for f in without.firms} == {
        k: f.to_dict() for k, f in done.items() if k not in ("four", "zero")
    }


def test_what_cannot_be_told_is_graded_with_a_remark(tmp_path: Path) -> None:
    grading = grade(ROWS, written(tmp_path, SCOPED))
    open_ = grading.of("open")
    assert open_.rank is not None
    assert "could not be checked" in open_.notes[0].en
    assert [w.code for w in grading.warnings] == ["outside-scope", "outside-scope", "scope-open"]


def test_json_says_who_is_outside_and_nothing_else_changes(tmp_path: Path) -> None:
    data = {d["firm"]: d for d in grade(ROWS, written(tmp_path, SCOPED)).to_list()}
    assert data["four"]["outside"]["zh"] and data["four"]["items"] == []
    assert list(data["six"]) == ["firm", "group", "score", "rank", "grade", "items"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_lists_show_them_apart(tmp_path: Path, lang: str) -> None:
    grading = grade(ROWS, written(tmp_path, SCOPED))
    assert any("5" in row[-1] and row[0] == "four" for row in table_rows(grading, lang))
    counts = count_rows(grading, lang)
    at = counts[0].index({"zh": "范围外", "en": "outside"}[lang])
    assert sum(int(row[at]) for row in counts[1:]) == 2


def test_the_columnar_form_says_the_same(tmp_path: Path) -> None:
    method = written(tmp_path, SCOPED)
    exact, columnar = grade(ROWS, method), grade_many(pl.DataFrame(ROWS), method)
    for a, b in zip(exact.to_list(), columnar.to_list()):
        assert {k: a.get(k) for k in ("group", "rank", "grade", "outside")} == {
            k: b.get(k) for k in ("group", "rank", "grade", "outside")
        }
    told = [{p.message() for p in warnings} for warnings in (exact.warnings, columnar.warnings)]
    assert {m.rsplit("csv", 1)[-1] for m in told[1]} == {m.partition(": ")[2] if m[0] == "<" else m for m in told[0]}


def test_shipped_scopes() -> None:
    rows = [
        {"firm": "a", "group": "规下", "in_zone": "是", "land_area_mu": "5", "years_founded": "4", "tax_per_mu": "3"},
        {"firm": "b", "group": "规下", "in_zone": "是", "land_area_mu": "4.9", "tenant": "否", "years_founded": "9", "tax_per_mu": "3"},
        {"firm": "c", "group": "规下", "in_zone": "否", "land_area_mu": "50", "years_founded": "9", "tax_per_mu": "3"},
        {"firm": "d", "group": "规下", "in_zone": "是", "land_area_mu": "50", "years_founded": "3.9", "tax_per_mu": "3"},
        {"firm": "e", "group": "规下", "in_zone": "是", "land_area_mu": "1", "tenant": "是", "rented_area": "3000", "years_founded": "9", "tax_per_mu": "3"},
    ]  # fmt: skip
    done = grade(rows, method_with("anhui-city", bases={"below_scale.tax_per_mu": "3"}))
    assert [bool(f.outside) for f in done.firms] == [False, True, True, True, False]
    small = {"firm": "s", "firm_revenue_10k_cny": "1999", "land_area_mu": "2.9", "tax_per_mu": "3"}
    for name in ("huaian-2024", "zhejiang-common"):
        assert "3 mu" in grade([small], name).firms[0].outside.en
