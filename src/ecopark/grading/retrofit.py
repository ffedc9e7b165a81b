"""What a measure promised and what the firm's figures say afterwards: a quantity beside the year before it was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class YearAfter:
    """One year after a measure: the quantity, its change since the year before the measure, and the share of what was promised.

    Parameters
    ----------
    change
        Amount of the year less that of the base year, in the unit of the amounts; below zero: less is used.
    share
        Size of the change as a share of what was promised, where it goes the promised way; None where it does not, where
        nothing was promised, or where the year is only partly after the measure.
    """

    year: int
    amount: Fraction
    change: Fraction
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The base year with its amount, and the years from the one of the measure on."""

    base_year: int
    base: Fraction
    years: tuple[YearAfter, ...]


def delivered(
    amounts: Mapping[int, Fraction], done: int, promised: Fraction | None = None, *, saves: bool = True
) -> Delivered | None:
    """The firm's amounts of a quantity beside those of the last year before a measure was done.

    Nothing is said about why they changed: output and other measures change them too.

    Parameters
    ----------
    amounts
        By calendar year.
    done
        The year in which the measure was done; that year has it for a part only.
    promised
        Size of the change a year, in the unit of the amounts.
    saves
        Whether less was promised (or more).

    Returns
    -------
    delivered
        None where the year before `done` or every year from it on is missing: a missing year is not zero.

    Examples
    --------
    >>> found = delivered({2022: Fraction(500), 2023: Fraction(480), 2024: Fraction(460)}, 2023, Fraction(50))
    >>> [(y.year, int(y.change), y.share) for y in found.years]
    [(2023, -20, None), (2024, -40, Fraction(4, 5))]
    """
    base = amounts.get(done - 1)
    later = sorted(year for year in amounts if year >= done)
    if base is None or not later:
        return None
    years = []
    for year in later:
        change = amounts[year] - base
        towards = -change if saves else change
        known = bool(promised) and year > done and towards >= 0
        years.append(YearAfter(year, amounts[year], change, towards / promised if known and promised else None))
    return Delivered(done - 1, base, tuple(years))
