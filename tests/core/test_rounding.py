"""Decimals stay decimals: no binary float decides a limit."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopark.core.rounding import decimal_text, exact, round_to

decimals = st.decimals(-(10**9), 10**9, places=6, allow_nan=False, allow_infinity=False)


@given(decimals, st.integers(0, 5))
def test_rounding_agrees_with_the_decimal_module(value, places):
    wanted = Fraction(value.quantize(Decimal(1).scaleb(-places)))
    assert round_to(Fraction(value), places) == wanted


@given(decimals)
def test_a_decimal_text_reads_back_exactly(value):
    assert Fraction(decimal_text(Fraction(value), 28)) == Fraction(value)


@pytest.mark.parametrize(
    ("value", "places", "mode", "wanted"),
    [("0.35", 1, "half_even", "0.4"), ("1.05", 1, "half_even", "1"), ("1.05", 1, "half_up", "1.1"),
     ("-1.05", 1, "half_up", "-1.1"), ("-1.05", 1, "half_even", "-1"), ("1.99", 1, "down", "1.9"), ("-1.99", 1, "down", "-1.9")],
)  # fmt: skip
def test_rounding_modes_decide_on_the_exact_value(value, places, mode, wanted):
    assert decimal_text(round_to(exact(value), places, mode)) == wanted


def test_a_float_is_taken_as_the_decimal_that_shows_it():
    assert exact(0.1) == Fraction(1, 10)
