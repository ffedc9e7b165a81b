"""What the rows of one subject say of one quantity in one year: typed, by code, by month or quarter.

Nothing here knows of firms or formulas. A year is typed, or the sum of its codes, or made of its quarters and months as the
catalogue says (`over_time`): a flow adds up, a stock is its value at the end of the year, a mean is the simple mean. Quarters
and months combine; a quarter that is given wins over its months.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from ecopark.core.period import ALWAYS, Period
from ecopark.core.value import Scalar
from ecopark.observations.model import Facts, Observation
from ecopark.observations.quantity import Quantity, catalogue

TOLERANCE = Fraction(2, 100)
"""Relative difference between two ways to the same figure above which it is a finding."""


def differ(one: Fraction, other: Fraction) -> bool:
    """Whether two figures for the same thing differ by more than the tolerance."""
    return abs(one - other) > TOLERANCE * max(abs(one), abs(other))


def exceeds(part: Fraction, whole: Fraction) -> bool:
    """Whether a part that is not complete is already more than its whole, by more than the tolerance."""
    return part > whole and differ(part, whole)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A year or quarter that was typed, and what its parts come to, where the two contradict each other."""

    period: Period
    typed: Fraction
    other: Fraction


@dataclass(frozen=True, slots=True)
class Figure:
    """What is known of one quantity (or one code of it) of one subject for one year.

    Parameters
    ----------
    value
        In the canonical unit; None where there is none.
    rows
        The observations it is made of.
    unit
        Canonical unit text of the value.
    missing
        Quarters and months that are lacking.
    not_applicable
        It was given as n/a.
    at_least
        Of an incomplete sum: what has been given so far.
    conflicts
        Typed years and quarters that differ from their quarters and months.
    """

    value: Scalar | None
    rows: tuple[Observation, ...]
    unit: str = ""
    missing: tuple[Period, ...] = ()
    not_applicable: bool = False
    at_least: Fraction | None = None
    conflicts: tuple[Conflict, ...] = ()

    @property
    def told(self) -> bool:
        """Whether the subject has said all there is to say: a value, or that it does not apply."""
        return self.value is not None or self.not_applicable


def typed(o: Observation) -> Figure:
    """A single observation of the year."""
    return Figure(None if o.not_applicable else o.value, (o,), o.unit, not_applicable=o.not_applicable)


# -- months and quarters -----------------------------------------------------------------------------------------------


def over_time(quantity: Quantity, rows: Iterable[Observation], year: int) -> Figure | None:
    """A year from its quarters and months; None if none is given, or if they do not make a year.

    Parameters
    ----------
    rows
        Observations of one subject and one code; other years and periods are passed over.

    Examples
    --------
    >>> from ecopark.observations.quantity import catalogue
    >>> water = catalogue()["industrial_fresh_water_m3"]
    >>> quarter = Observation("park", water.id, Period(2023, "quarter", 1), Fraction(30))
    >>> months = [Observation("park", water.id, Period(2023, "month", m), Fraction(10)) for m in range(4, 13)]
    >>> over_time(water, [quarter, *months], 2023).value
    Fraction(120, 1)
    >>> [str(p) for p in over_time(water, [quarter, *months[:-1]], 2023).missing]
    ['2023-12']
    """
    if not quantity.over_time or not quantity.is_number:
        return None
    given = {o.period: o for o in rows if o.period.year == year and o.period.kind in ("quarter", "month")}
    if quantity.over_time != "sum":
        given = {p: o for p, o in given.items() if not o.not_applicable}
    if not given:
        return None
    by_quarter = any(p.kind == "quarter" for p in given)
    used: list[Observation] = []
    missing: list[Period] = []
    conflicts: list[Conflict] = []
    quarters: list[Fraction] = []
    for number in range(1, 5):
        quarter = Period(year, "quarter", number)
        months = [Period(year, "month", m) for m in range(3 * number - 2, 3 * number + 1)]
        have = [given[m] for m in months if m in given]
        whole = given.get(quarter)
        wanted = number == 4 or quantity.over_time != "last"
        if whole is not None:
            conflicts += _conflict(quantity, whole, have, months)
            used += [whole] if wanted else []
            quarters.append(_number(whole))
            continue
        needed = months[2:] if quantity.over_time == "last" else months
        lacking = [m for m in needed if m not in given]
        if wanted and lacking:
            missing += [quarter] if by_quarter and not have else lacking
        used += [o for o in have if wanted and o.period in needed]
        quarters.append(_combined(quantity, [given[m] for m in needed if m in given], 3))
    unit = used[0].unit if used else next(iter(given.values())).unit
    if missing:
        adds = quantity.over_time == "sum" and quantity.low is not None and quantity.low >= 0
        at_least = sum((_number(o) for o in used), Fraction(0)) if adds else None
        return Figure(None, tuple(used), unit, tuple(missing), at_least=at_least, conflicts=tuple(conflicts))
    if all(o.not_applicable for o in used):
        return Figure(None, tuple(used), unit, not_applicable=True)
    value = {"sum": sum(quarters, Fraction(0)), "mean": sum(quarters, Fraction(0)) / 4, "last": quarters[-1]}
    return Figure(value[quantity.over_time], tuple(used), unit, conflicts=tuple(conflicts))


def _combined(quantity: Quantity, rows: list[Observation], count: int) -> Fraction:
    numbers = [_number(o) for o in rows]
    if quantity.over_time == "last":
        return numbers[-1] if numbers else Fraction(0)
    total = sum(numbers, Fraction(0))
    return total / count if quantity.over_time == "mean" else total


def _conflict(quantity: Quantity, whole: Observation, have: list[Observation], months: list[Period]) -> list[Conflict]:
    if whole.not_applicable or not have or any(o.not_applicable for o in have):
        return []
    stated = _number(whole)
    if quantity.over_time == "last":
        other = _number(have[-1]) if have[-1].period == months[-1] else stated
    elif len(have) == 3:
        other = _combined(quantity, have, 3)
    else:
        adds = quantity.over_time == "sum" and quantity.low is not None and quantity.low >= 0
        part = _combined(quantity, have, 3)
        other = part if adds and exceeds(part, stated) else stated
    return [Conflict(whole.period, stated, other)] if differ(stated, other) else []


def _number(o: Observation) -> Fraction:
    return o.value if isinstance(o.value, Fraction) and not o.not_applicable else Fraction(0)


# -- codes -------------------------------------------------------------------------------------------------------------


def code_figures(facts: Facts, subject: str, quantity: Quantity, period: Period) -> dict[str, Figure]:
    """The breakdown of a quantity as a subject gave it: by code, or by codes joined by ``;``.

    A code is typed for the year, or made of its months and quarters; one without a period serves every year.
    """
    if not quantity.breakdowns:
        return {}
    found = {o.by: typed(o) for o in facts.parts(subject, quantity.id, ALWAYS)} if period != ALWAYS else {}
    found |= {o.by: typed(o) for o in facts.parts(subject, quantity.id, period)}
    if period.kind == "year":
        within: dict[str, list[Observation]] = {}
        for o in facts.within_year(subject, quantity.id, period.year):
            if o.by:
                within.setdefault(o.by, []).append(o)
        for by, rows in within.items():
            figure, stated = over_time(quantity, rows, period.year), found.get(by)
            if figure is None:
                continue
            if stated is not None and stated.rows[0].period == period:
                found[by] = replace(stated, conflicts=contradiction(period, stated.value, figure))
            else:
                found[by] = figure
    return found


def contradiction(period: Period, stated: Scalar | None, parts: Figure) -> tuple[Conflict, ...]:
    """Whether a typed figure and what its parts come to differ, together with those among the parts."""
    if isinstance(stated, Fraction):
        other = parts.value if isinstance(parts.value, Fraction) else parts.at_least
        if other is not None and (differ(stated, other) if parts.value is not None else exceeds(other, stated)):
            return (Conflict(period, stated, other), *parts.conflicts)
    return parts.conflicts


def holes(quantity: Quantity, given: Iterable[str]) -> list[str]:
    """The codes of closed lists (``kind=other``) that none of the given breakdowns is about."""
    have = {piece for by in given for piece in by.split(";")}
    lists = [catalogue().breakdowns[name] for name in quantity.breakdowns]
    wanted = [f"{found.dimension}={code}" for found in lists for code in found.required]
    return [piece for piece in wanted if piece not in have]


def part_figures(quantity: Quantity, codes: dict[str, Figure], by: str) -> list[Figure] | None:
    """The figures that make up one breakdown value; empty if it is zero, None if it is not known.

    Its own row, else the finer ones. An amount that is given by an open list is zero for a code that nobody named; where a
    row without the finer code was given (``fuel=diesel`` when ``fuel=diesel;use=power`` is asked) it is not known.
    """
    if by in codes:
        return [codes[by]]
    asked = dict(piece.split("=") for piece in by.split(";"))
    finer = [figure for other, figure in codes.items() if covers(other, by)]
    if finer:
        return finer
    if not codes or quantity.kind != "flow" or any(piece in required(quantity) for piece in by.split(";")):
        return None
    for other in codes:
        given = dict(piece.split("=") for piece in other.split(";"))
        if all(asked[key] == code for key, code in given.items() if key in asked):
            return None
    return []


def covers(by: str, asked: str) -> bool:
    """Whether a row's breakdown is what is asked or a part of it: ``fuel=diesel;use=heat`` is part of ``fuel=diesel``."""
    return set(asked.split(";")) <= set(by.split(";"))


def required(quantity: Quantity) -> frozenset[str]:
    """The codes (``kind=other``) without which the breakdown of a quantity has a hole."""
    return frozenset(holes(quantity, ()))


# -- the year of a subject ---------------------------------------------------------------------------------------------


def code_sum(quantity: Quantity, codes: dict[str, Figure]) -> Figure | None:
    """The sum of a breakdown; without a value where a code is lacking. None where nothing was given or codes do not add up."""
    if not codes or quantity.unit == "by code" or not quantity.is_number:
        return None
    rows = tuple(o for figure in codes.values() for o in figure.rows)
    numbers = [f.value for f in codes.values() if isinstance(f.value, Fraction)]
    total = sum(numbers, Fraction(0))
    if holes(quantity, codes) or len(numbers) < len(codes):
        adds = quantity.low is not None and quantity.low >= 0
        return Figure(None, rows, quantity.unit, at_least=total if adds else None)
    return Figure(total, rows, quantity.unit)


def year_figure(facts: Facts, subject: str, quantity: Quantity, period: Period) -> Figure | None:
    """What a subject itself says of a year: typed, else the sum of its codes, else its quarters and months.

    Returns
    -------
    figure
        Without a value where something is lacking; None where nothing was given at all.
    """
    given = facts.get(subject, quantity.id, period)
    if given is not None:
        return typed(given)
    total = code_sum(quantity, code_figures(facts, subject, quantity, period))
    if total is not None and total.told:
        return total
    parts = None
    if period.kind == "year":
        rows = (o for o in facts.within_year(subject, quantity.id, period.year) if not o.by)
        parts = over_time(quantity, rows, period.year)
    return parts if parts is not None and (parts.told or total is None) else total
