"""Bases from last year's mean: where the figures come from, what they are made of, and what happens without them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from ecopark.errors import InputError
from ecopark.grading.sheet import sheet_of
from ecopark.workflows.grade_firms import grade, grade_many, method_with
from ecopark.workflows.write_sheet import sheet_text
from tests.grading.samples import PLAIN, random_firms, written

WIDE = """\
firm,period,firm_revenue_10k_cny,tax_per_mu,sales_per_mu,green_development
a,2022,9000,10,300,0.2
b,2022,9000,20,500,0.4
t,2022,9000,999,999,9
c,2022,10,1,1,1
a,2023,9000,30,800,0.6
b,2023,9000,15,400,0.3
"""


def wide(folder: Path, text: str = WIDE) -> Path:
    path = folder / "firms.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_base_is_twice_the_mean_of_last_years_firms_by_hand(tmp_path: Path) -> None:
    text = WIDE.replace("t,2022,9000,999,999,9\nc,2022,10,1,1,1\n", "")
    done = grade(wide(tmp_path, text), "huaian-2024")
    assert [i.base for i in done.firms[0].items[:3]] == [30, 800, Fraction(3, 5)]
    assert [f.score for f in done.firms] == [100, 50]
    assert "2 x the mean of 2 firms in 2022, 15" in done.firms[0].items[0].base_note.en


def test_exempt_firms_and_those_outside_do_not_make_the_base(tmp_path: Path) -> None:
    text = WIDE.replace("green_development\n", "green_development,utility_supplier,land_area_mu\n")
    text = "\n".join(
        x + (",是,9" if x[:6] == "t,2022" else ",,2" if x[:6] == "c,2022" else "") for x in text.split("\n")
    )
    assert grade(wide(tmp_path, text), "huaian-2024").firms[0].items[0].base == 30


def test_a_file_of_its_own_is_last_year(tmp_path: Path) -> None:
    now = [{"firm": "a", "period": "2023", "tax_per_mu": "30", "sales_per_mu": "800", "green_development": "0.6"}]
    last = [{"firm": "a", "period": "2022", "tax_per_mu": "15", "sales_per_mu": "400", "green_development": "0.3"}]
    assert grade(now, "huaian-2024", last_year=last).firms[0].score == 100
    undated = [{k: v for k, v in last[0].items() if k != "period"}]
    assert grade(now, "huaian-2024", last_year=undated).firms[0].score == 100
    with pytest.raises(InputError, match="of 2021, not of 2022"):
        grade(now, "huaian-2024", last_year=[{**last[0], "period": "2021"}])
    assert grade(now, "huaian-2024", last_year=now + last).firms[0].score == 100


def test_without_last_year_nobody_is_scored_and_the_reason_is_told(tmp_path: Path) -> None:
    now = [{"firm": "a", "tax_per_mu": "30", "sales_per_mu": "800", "green_development": "0.6"}]
    done = grade(now, "huaian-2024")
    assert (done.firms[0].score, done.firms[0].grade) == (None, None)
    assert "no figures of last year" in done.firms[0].items[0].note.en
    assert [w.code for w in done.warnings] == ["base-missing", "scope-open"]
    only_tax = grade(now, "huaian-2024", last_year=[{"firm": "a", "tax_per_mu": "15"}])
    assert [i.points for i in only_tax.firms[0].items[:3]] == [45, None, None]
    assert "no firm has a value" in only_tax.firms[0].items[1].note.en
    assert grade(now, method_with("huaian-2024", bases={k: "30" for k in now[0] if k != "firm"})).firms[0].score


def test_a_missing_base_is_not_filled_by_a_rule_for_missing_values(tmp_path: Path) -> None:
    text = PLAIN.replace('base: "10", weight: "100"', 'base: {last_year_mean: "1"}, weight: "100"')
    rows = [{"firm": "a", "group": "small", "tax_per_mu": "4"}]
    exact = grade(rows, written(tmp_path, text))
    assert exact.firms[0].score is None
    assert (
        grade_many(pl.DataFrame(rows).with_columns(pl.col("tax_per_mu").cast(float)), exact.method).frame["score"][0]
        is None
    )


def test_long_facts_have_their_own_last_year(tmp_path: Path) -> None:
    rows = ["subject,quantity,period,value,unit"]
    for year, tax in (("2022", "100"), ("2023", "300")):
        rows += [f"F1,tax_paid_10k_cny,{year},{tax},10k CNY", f"F1,land_area_mu,{year},10,mu"]
        rows += [f"F1,firm_revenue_10k_cny,{year},{int(tax) * 10},10k CNY", f"F1,energy_industrial_tce,{year},10,tce"]
    done = grade(wide(tmp_path, "\n".join(rows) + "\n"), "huaian-2024")
    assert done.firms[0].items[0].base == 20
    assert done.firms[0].score == 150
    assert grade(tmp_path / "firms.csv", "huaian-2024", period="2022").firms[0].score is None


def test_the_sheet_says_how_the_base_was_made(tmp_path: Path) -> None:
    done = grade(wide(tmp_path), "huaian-2024")
    for lang, said in (("en", "2 x the mean of"), ("zh", "2 × 2022年")):
        assert said in sheet_text(sheet_of(done, "b"), lang)


@pytest.mark.parametrize("seed", range(4))
def test_the_columnar_form_has_the_same_bases(tmp_path: Path, seed: int) -> None:
    text = PLAIN.replace('base: "10"', 'base: {last_year_mean: "2"}').replace(
        'base: "2"', 'base: {last_year_mean: "1"}'
    )
    method = written(tmp_path / "m", text)
    two = [random_firms(60, seed + 7 * k).with_columns(pl.lit(str(2022 + k)).alias("period")) for k in (0, 1)]
    both = pl.concat(two)
    path = tmp_path / "f.parquet"
    both.write_parquet(path)
    exact = grade(both, method)
    for graded in (grade_many(path, method), grade_many(two[1], method, last_year=two[0])):
        assert graded.frame["rank"].to_list() == [f.rank for f in exact.firms]
        assert graded.frame["grade"].to_list() == [f.grade for f in exact.firms]
        for (group, item), base in graded.bases.items():
            wanted = next(i.base for f in exact.firms if f.group == group for i in f.items if i.id == item)
            assert base == pytest.approx(float(wanted or 0))
    with pytest.raises(InputError, match="not of 2022"):
        grade_many(two[1], method, last_year=two[1])
