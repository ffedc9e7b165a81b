"""Numbers as text and text as numbers, exactly; rounding only where a clause declares it.

References
----------
GB/T 8170-2008: rounding rules and the comparison of limits (full-value comparison is the default, clause 4.3).
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

LARGEST_EXPONENT = 400
"""No figure of a park is larger than 1e400; a larger exponent would fill the memory."""


def exact(text: str | int | float | Decimal) -> Fraction:
    """The exact rational of a decimal text; a float is taken as the shortest decimal that shows it.

    Examples
    --------
    >>> exact("0.35") == Fraction(35, 100), exact(0.1) == Fraction(1, 10)
    (True, True)

    Raises
    ------
    ValueError
        The text is no number, or out of any range a figure can have.
    """
    shown = repr(text) if isinstance(text, float) else str(text)
    _, _, exponent = shown.lower().partition("e")
    if len(shown) > 400 or (exponent and abs(int(exponent)) > LARGEST_EXPONENT):
        raise ValueError(f"{shown[:40]} is out of range")
    return Fraction(shown)


def round_to(number: Fraction, decimals: int, mode: str = "half_even") -> Fraction:
    """`number` rounded to `decimals` places, decided on the exact value.

    Examples
    --------
    >>> [str(decimal_text(round_to(exact(x), 1))) for x in ("0.35", "1.05", "1.051")]
    ['0.4', '1', '1.1']
    """
    power = Fraction(10) ** decimals
    scaled = number * power
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest
    up = twice > scaled.denominator
    if twice == scaled.denominator:
        up = whole % 2 == 1 if mode == "half_even" else mode == "half_up" and number >= 0
    if mode == "down":
        up = number < 0 and rest > 0
    return Fraction(whole + int(up)) / power


EXACT_DIGITS = 28
"""A decimal that ends within so many digits is shown whole, so that no value looks like the limit it misses."""
SHOWN_DIGITS = 15
"""Significant digits of what does not end."""


def _ends(denominator: int) -> bool:
    """Whether a fraction with this denominator is a decimal that ends within `EXACT_DIGITS` places."""
    return bool(10**EXACT_DIGITS % denominator == 0)


def decimal_text(number: Fraction, digits: int | None = None) -> str:
    """`number` as a plain decimal text: exact when it ends within `digits` significant digits, else rounded there.

    Examples
    --------
    >>> decimal_text(Fraction(1, 4)), decimal_text(Fraction(1, 3), 4), decimal_text(Fraction(12000000))
    ('0.25', '0.3333', '12000000')
    """
    if number.denominator == 1:
        return str(number.numerator)
    if digits is None:
        digits = EXACT_DIGITS if _ends(number.denominator) else SHOWN_DIGITS
    with localcontext(Context(prec=digits, rounding=ROUND_HALF_EVEN)):
        value = Decimal(number.numerator) / Decimal(number.denominator)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def short_text(number: Fraction, digits: int = 4) -> str:
    """`number` for reading: at most `digits` significant digits after the decimal point's integer part."""
    if number.denominator == 1 or abs(number) >= 10**digits:
        return f"{decimal_text(round_to(number, 0 if abs(number) >= 10**digits else digits)):s}"
    return decimal_text(number, digits)
