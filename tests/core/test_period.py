"""Periods as people write them."""

import pytest

from ecopark.core.period import ALWAYS, Period, year


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2023", "2023"), ("2023年", "2023"), (" 2023 ", "2023"), ("2023-Q2", "2023-Q2"), ("2023Q2", "2023-Q2"),
     ("2023-5", "2023-05"), ("2024-02-29", "2024-02-29"), ("", "")],
)  # fmt: skip
def test_a_period_reads_and_writes(text, shown):
    assert str(Period.parse(text)) == shown


@pytest.mark.parametrize("text", ["23", "2023-Q5", "2023-13", "2023-02-30", "next year", "1023", "2023/2024"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match="is not a period"):
        Period.parse(text)


def test_years_back_keeps_the_part_of_the_year_and_leaves_the_timeless_alone():
    assert str(Period.parse("2023-05").years_back(3)) == "2020-05"
    assert ALWAYS.years_back(3) is ALWAYS
    assert year(2023).years_back(1) == year(2022)
