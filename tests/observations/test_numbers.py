from datetime import date
from fractions import Fraction

import pytest

from ecopark.observations.numbers import N_A, Number, UnreadableError, read_flag, read_number
from ecopark.observations.safe_text import is_formula_text, safe_cell


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1,234.5", "1234.5"),
        ("1，234", "1234"),
        ("1 234 567", "1234567"),
        ("３．２万", "32000"),
        ("1.5亿", "150000000"),
        ("2万亿", "2000000000000"),
        ("1.2e5", "120000"),
        ("-0.30", "-0.3"),
        ("−5", "-5"),
        (".5", "0.5"),
        (0.1, "0.1"),
        (2023.0, "2023"),
        (7, "7"),
    ],
)
def test_numbers_are_read_exactly_as_typed(typed, value):
    found = read_number(typed)
    assert isinstance(found, Number)
    assert found.value == Fraction(value)


@pytest.mark.parametrize(
    "typed", [None, "", "  ", "/", "-", "—", "——", "－", "无", "未填", "暂无", "nan", float("nan")]
)
def test_no_figure_is_none_given_and_never_zero(typed):
    assert read_number(typed) is None


@pytest.mark.parametrize("typed", ["n/a", "N/A", "不适用", "Ｎ／Ａ"])
def test_not_applicable_is_neither_a_number_nor_a_gap(typed):
    assert read_number(typed) is N_A
    assert read_flag(typed) is N_A


@pytest.mark.parametrize("typed", ["12%", "12 %", "１２％", " 12% "])
def test_a_percentage_keeps_its_sign(typed):
    assert read_number(typed) == Number(Fraction(12), "%")


def test_a_unit_behind_the_number_is_kept():
    assert read_number("3.2万吨") == Number(Fraction(32000), "", "吨", "万")


NO_NUMBERS = [
    *("12,34", "1.234,5", "1,2345", "(1,234)", "约3", ">=98", "1/3", "2023-05", "3~5", "1.2.3", "inf", "1e99999"),
    *("9" * 80, True, date(2023, 5, 1), float("inf"), "#DIV/0!", "--3"),
]


@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_what_is_no_number_is_an_error_and_not_guessed(typed):
    with pytest.raises(UnreadableError):
        read_number(typed)


@pytest.mark.parametrize(
    ("typed", "flag"), [("是", True), ("否", False), ("TRUE", True), (0.0, False), ("已完成", True)]
)
def test_flags(typed, flag):
    assert read_flag(typed) is flag


def test_wu_is_none_given_even_for_a_flag():
    assert read_flag("无") is None


def test_an_unclear_flag_is_an_error():
    with pytest.raises(UnreadableError):
        read_flag("maybe")


@pytest.mark.parametrize("text", ["=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+cmd", "-A1", "\t=1", " =1", "＝1+1"])
def test_formula_text_is_guarded(text):
    assert is_formula_text(text)
    assert not is_formula_text(safe_cell(text))


@pytest.mark.parametrize("text", ["-3.5", "+2", "-", "——", "-12%", "park", "", "1-2"])
def test_harmless_text_stays(text):
    assert safe_cell(text) == text


@pytest.mark.parametrize(("typed", "likely"), [("2O1", "201"), ("1l5", "115"), ("2O", "20"), ("O.98", "0.98")])
def test_letters_among_digits_are_named(typed, likely):
    with pytest.raises(UnreadableError) as error:
        read_number(typed)
    assert likely in error.value.repair_zh


@pytest.mark.parametrize("typed", ["5 L", "5l", "3 loads", "0.5"])
def test_letters_that_are_units_are_not_taken_for_digits(typed):
    assert isinstance(read_number(typed), Number)
