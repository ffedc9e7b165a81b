"""Numbers as an officer reads them, for whole columns: the same words as `wording.both` writes for one.

Eight significant digits are told apart safely in float64 unless the ninth is a bare five: such rows are given back as unsure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission.wording import amount
from ecopark.core.text import Text

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNSURE = 1e-6
"""How near to a half the rest beyond the last digit may come before float64 is not trusted."""
LEAST = 1e-4
_POWERS = 10.0 ** np.arange(1, 10)


@dataclass(frozen=True)
class Words:
    """A text by row in both languages, and as it stands in a limit; `unsure` rows are to be written one by one.

    `unit` follows the text in every row, but not in a limit.
    """

    zh: pl.Series
    en: pl.Series
    unsure: Flags
    limit: pl.Series | None = None
    unit: Text = Text()


def digits_of(values: Floats, digits: int = 8, *, grouped: bool = True) -> tuple[pl.Series, Flags]:
    """Numbers as decimal texts of so many significant digits (at most so many before the point), and where that is unsure.

    Examples
    --------
    >>> texts, unsure = digits_of(np.array([0.38, 12345.678, 450000.0, 1 / 3]))
    >>> texts.to_list(), unsure.any()
    (['0.38', '12,345.678', '450,000', '0.33333333'], np.False_)
    """
    size = np.abs(values)
    known = np.isfinite(values)
    size = np.where(known, size, 0.0)
    with np.errstate(divide="ignore"):
        order = np.floor(np.log10(size, where=size > 0, out=np.zeros_like(size)))
    places = np.clip(digits - 1 - order, 0, 300).astype(np.int64)
    plain = (size < 10.0**digits) & ((size >= LEAST) | (size == 0))
    power = np.power(10.0, np.minimum(places, 22))
    scaled = np.where(plain, size, 0.0) * power
    whole = np.rint(scaled)
    integral = np.floor(size) == size
    unsure = known & (~plain | ((np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) < UNSURE) & ~integral))
    rounded = np.where(integral & plain, size, whole / power)
    text = pl.Series(rounded).cast(pl.String).str.strip_suffix(".0")
    large = rounded >= 10_000
    if grouped and large.any():
        some = pl.Series(np.flatnonzero(large))
        parted = _parted(rounded[large], text.gather(some))
        text = text.scatter(some, parted) if len(some) < len(text) else parted
    negative = np.flatnonzero((values < 0) & (rounded != 0))
    if len(negative):
        text = text.scatter(negative, "-" + text.gather(negative))
    return text, np.asarray(unsure)


def _parted(numbers: Floats, texts: pl.Series) -> pl.Series:
    """Positive numbers from a thousand to below 10**9, written in `texts`, with commas between thousands.

    Examples
    --------
    >>> _parted(np.array([12345.67, 1002003.0]), pl.Series(["12345.67", "1002003"])).to_list()
    ['12,345.67', '1,002,003']
    """
    digits = np.searchsorted(_POWERS, numbers, side="right") + 1  # before the point
    made = _comma(texts, digits - 3)
    millions = np.flatnonzero(digits > 6)
    if len(millions):
        some = pl.Series(millions)
        made = made.scatter(some, _comma(made.gather(some), digits[millions] - 6))
    return made


def _comma(texts: pl.Series, at: NDArray[np.int64]) -> pl.Series:
    """Each text with a comma after so many letters."""
    text, after = pl.lit(texts), pl.lit(pl.Series(at))
    return pl.select(pl.concat_str(text.str.slice(0, after), pl.lit(","), text.str.slice(after))).to_series()


def amounts(values: Floats, symbol: str) -> Words:
    """Amounts with their unit, as `wording.both` writes them; what is missing (nan) gives an unused text.

    Examples
    --------
    >>> made = amounts(np.array([45.0]), "10k CNY/mu")
    >>> made.zh[0] + made.unit.zh, made.en[0] + made.unit.en
    ('45 万元/亩', '450,000 CNY/mu')
    """
    made, endings, known = [], [], {}
    unsure = np.zeros(len(values), dtype=bool)
    for lang in ("zh", "en"):
        one = amount(Fraction(1), symbol, lang)  # how the unit stands, and by how much English multiplies
        number = "".join(c for c in one.split(" ")[0] if c.isdigit() or c == ",")
        factor, ending = float(number.replace(",", "")), one[len(number) :]
        if factor not in known:
            known[factor], doubt = digits_of(values * factor)
            unsure |= doubt
        made.append(known[factor])
        endings.append(ending)
    return Words(made[0], made[1], unsure, unit=Text(*endings))


def short_numbers(values: Floats, digits: int) -> Words:
    """Bare numbers as `decimal_text(number, digits)` writes them."""
    text, unsure = digits_of(values, digits, grouped=False)
    return Words(text, text, unsure)


def tenths(values: Floats) -> Words:
    """Numbers rounded to one decimal, as distances are told. [m]"""
    number = np.rint(values * 10) / 10
    text = pl.Series(np.where(np.isfinite(number), number, 0.0)).cast(pl.String).str.strip_suffix(".0")
    return Words(text, text, ~(np.abs(number) < 1e14) & np.isfinite(values))


def spelled(texts_zh: Sequence[str], texts_en: Sequence[str], index: NDArray[Any]) -> Words:
    """Texts picked by row from a list."""
    where = pl.Series(index)
    return Words(
        pl.Series(texts_zh, dtype=pl.String).gather(where),
        pl.Series(texts_en, dtype=pl.String).gather(where),
        np.zeros(len(index), dtype=bool),
    )


def stand_in(low: Fraction | None, high: Fraction | None, which: int, slot: int = 0) -> Fraction:
    """A number between two limits whose digits nobody would write; another one for each trial and slot.

    Examples
    --------
    >>> from ecopark.core.rounding import decimal_text
    >>> decimal_text(stand_in(Fraction(1), Fraction(2), 0))
    '1.1719463'
    """
    share = Fraction((1719463, 6183547)[which] + 41467 * slot, 10**7)
    one = Fraction(1)
    bottom = low if low is not None else Fraction(0) if high is None else high - max(abs(high), one)
    top = high if high is not None else bottom + max(abs(bottom), one)
    return bottom + (top - bottom) * share


__all__ = ["Words", "amounts", "digits_of", "short_numbers", "spelled", "stand_in", "tenths"]
