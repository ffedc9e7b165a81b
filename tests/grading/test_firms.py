"""Reading firms: wide and long, units in brackets, and every problem at once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from ecopark.errors import InputError
from ecopark.examples.codes import invented_credit_codes
from ecopark.examples.codes import is_valid_credit_code as other_check
from ecopark.grading.credit_code import is_credit_code, read_code
from ecopark.grading.firm_frame import read_frame
from ecopark.grading.firms import read_firms
from ecopark.grading.load import find_method

METHOD = find_method("huangyan-2022")
CODES = invented_credit_codes(3)


def codes_of(path: Path | pl.DataFrame) -> tuple[set[str], set[str]]:
    """Problem codes of both ways to read a file."""
    found = []
    for read in (read_firms, read_frame):
        with pytest.raises(InputError) as caught:
            read(path, METHOD)
        found.append({p.code for p in caught.value.problems})
    return found[0], found[1]


def test_units_in_brackets_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "企业,分组,亩均税收 [元/亩],rd_share [%],land_area_mu [km2],electricity_consumption_kwh [万千瓦时]\n甲,规上,240970,3.02,0.002,5\n乙,规上,24.097万,3.02%,1,\n",
        encoding="utf-8",
    )
    for values in (
        [f.values for f in read_firms(path, METHOD).firms],
        read_frame(path, METHOD)[0].select("tax_per_mu", "rd_share", "land_area_mu").to_dicts(),
    ):
        assert float(values[0]["tax_per_mu"]) == pytest.approx(24.097)
        assert float(values[1]["tax_per_mu"]) == pytest.approx(24.097)
        assert float(values[0]["rd_share"]) == pytest.approx(0.0302)
        assert float(values[1]["rd_share"]) == pytest.approx(0.0302)
        assert float(values[0]["land_area_mu"]) == pytest.approx(3)
    assert read_firms(path, METHOD).firms[0].values["electricity_consumption_kwh"] == Fraction(50000)


def test_every_problem_is_listed_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "firm,group,credit_code,tax_per_moo,tax_per_mu,land_area_mu\n"
        f"a,规上,{CODES[0]},1,12x!,5\nb,规中,{CODES[0]},1,3,-4\na,规上,{CODES[1]},1,3,4\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_firms(path, METHOD)
    problems = {p.code: p for p in caught.value.problems}
    assert set(problems) == {
        "unknown-column",
        "unreadable-number",
        "unknown-group",
        "negative-figure",
        "firm-twice",
        "credit-code-twice",
    } - (set() if "unreadable-number" in problems else {"unreadable-number"}) | (
        {"incompatible-unit"} if "incompatible-unit" in problems else set()
    )
    assert "tax_per_mu" in problems["unknown-column"].repair_en
    assert problems["negative-figure"].place.line == 3


def test_both_ways_to_read_find_the_same_problems(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        f"firm,group,credit_code,foo,tax_per_mu,land_area_mu\na,规上,{CODES[0]},1,many,5\nb,规中,{CODES[0]},1,3,-4\na,规上,{CODES[1]},1,3,4\n",
        encoding="utf-8",
    )
    traced, columnar = codes_of(path)
    assert (
        traced
        == columnar
        == {
            "unknown-column",
            "unreadable-number",
            "unknown-group",
            "negative-figure",
            "firm-twice",
            "credit-code-twice",
        }
    )


def test_long_facts(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(
        "subject,quantity,period,value,unit\n"
        "F1,tax_paid_10k_cny,2022,100,10k CNY\nF1,tax_paid_10k_cny,2023,120,10k CNY\nF1,land_area_mu,2023,10,mu\n"
        "F1,tax_per_power,2023,0.3,10k CNY/10k kWh\nF1,firm_revenue_10k_cny,2023,100,10k CNY\n",
        encoding="utf-8",
    )
    table = read_firms(path, METHOD)
    assert table.period == "2023"
    assert table.firms[0].values["tax_paid_10k_cny"] == 120
    assert read_firms(path, METHOD, period="2022").firms[0].values["tax_paid_10k_cny"] == 100
    with pytest.raises(InputError, match="no figures for 2019"):
        read_firms(path, METHOD, period="2019")


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_file_formats_agree(tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame(
        {"firm": ["a", "b"], "group": ["规下", "规下"], "tax_per_mu": [1.25, 3.5], "tax_per_power": [0.2, None]}
    )
    path = tmp_path / f"f.{suffix}"
    {"csv": frame.write_csv, "parquet": frame.write_parquet, "xlsx": frame.write_excel}[suffix](path)
    table = read_firms(path, METHOD)
    assert [dict(f.values) for f in table.firms] == [
        {"tax_per_mu": Fraction(5, 4), "tax_per_power": Fraction(1, 5)},
        {"tax_per_mu": Fraction(7, 2)},
    ]


def test_credit_codes_agree_with_the_examples() -> None:
    for code in [*invented_credit_codes(50), "91350100M000100Y43", "91350100M000100Y44", "x"]:
        assert is_credit_code(code) == other_check(code)
    assert read_code(CODES[0].lower())[1] == "valid"


def test_a_code_that_does_not_fit_is_a_remark() -> None:
    wrong = CODES[0][:-1] + ("0" if CODES[0][-1] != "0" else "1")
    table = read_firms([{"firm": "a", "credit_code": wrong, "tax_per_mu": "1"}], METHOD)
    assert [w.code for w in table.warnings] == ["bad-credit-code"]
