"""Warnings where one figure is given in two ways that contradict each other.

A year beside its quarters and months, or beside its codes; a quarter beside its months; a park beside its firms. They never
change a value: `indicators.resolve` says which one is used. An incomplete sum contradicts a figure only where it is already
more than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ecopark.core.period import Period
from ecopark.core.rounding import short_text
from ecopark.errors import Problem
from ecopark.indicators.one_year import code_figures, code_sum, contradiction, differ, exceeds, over_time
from ecopark.indicators.rollup import FirmSum, RollUp
from ecopark.observations.model import Facts, Observation
from ecopark.observations.quantity import Quantity, catalogue


def differences(facts: Facts, about: Sequence[Observation] | None = None) -> list[Problem]:
    """Every figure that was typed and that its parts or its firms contradict; of all figures, or of those in `about`.

    Months and quarters are held against their year: `about` holds all rows of a subject and quantity, or none.
    """
    about = facts.observations if about is None else about
    found: dict[tuple[str, str, str, int], list[Observation]] = {}
    for o in about:
        if o.period.kind in ("quarter", "month"):
            found.setdefault((o.subject, o.quantity, o.by, o.period.year), []).append(o)
    problems = [p for (_, name, _, year), rows in found.items() for p in _within(facts, name, year, rows)]
    for o in about:
        if isinstance(o.value, Fraction) and not o.not_applicable and (quantity := catalogue().find(o.quantity)):
            problems += _codes(facts, quantity, o)
    return problems + list(_firms(facts, about))


def _within(facts: Facts, name: str, year: int, rows: list[Observation]) -> Iterator[Problem]:
    """A year or a quarter beside the quarters and months in it."""
    quantity = catalogue().find(name)
    figure = over_time(quantity, rows, year) if quantity is not None else None
    if quantity is None or figure is None:
        return
    stated = facts.exact(rows[0].subject, name, Period(year), rows[0].by)
    value = None if stated is None or stated.not_applicable else stated.value
    typed = {o.period: o for o in rows}
    for conflict in contradiction(Period(year), value, figure):
        o = typed.get(conflict.period, stated)
        if o is not None:
            yield _differ(quantity, o, conflict.typed, conflict.other, "各季度、月份", "its quarters and months come")


def _codes(facts: Facts, quantity: Quantity, o: Observation) -> Iterator[Problem]:
    """A year beside the sum of its codes."""
    if o.by or not quantity.breakdowns or not isinstance(o.value, Fraction):
        return
    total = code_sum(quantity, code_figures(facts, o.subject, quantity, o.period))
    if total is None:
        return
    for conflict in contradiction(o.period, o.value, total):
        yield _differ(quantity, o, conflict.typed, conflict.other, "各分项", "its breakdown comes")


def _differ(quantity: Quantity, o: Observation, stated: Fraction, other: Fraction, what: str, comes: str) -> Problem:
    code = f"[{o.by}]" if o.by else ""
    return Problem(
        "parts-differ",
        o.place,
        f"{quantity.zh}{code}{o.period} 填 {short_text(stated)}，{what}合 {short_text(other)} {o.unit}。",
        f"{quantity.en}{code}, {o.period}, says {short_text(stated)}; {comes} to {short_text(other)} {o.unit}.",
        "请核对两处数值。",
        "Check both figures.",
        "warning",
    )


def _firms(facts: Facts, about: Sequence[Observation]) -> Iterator[Problem]:
    """A park's own figure beside the sum of its firms."""
    rollup = RollUp.of(facts)
    parks = {s.id for s in facts.parks if rollup.firms(s.id)}
    for o in about:
        if o.subject not in parks or not isinstance(o.value, Fraction) or o.not_applicable:
            continue
        quantity = catalogue().find(o.quantity)
        if quantity is None or quantity.rollup != "sum" or o.period.kind != "year":
            continue
        firms = _sum(rollup, quantity, o)
        if firms is None or not firms.reported:
            continue
        stated, total = o.value, firms.total
        positive = quantity.low is not None and quantity.low >= 0
        if not (differ(stated, total) if firms.complete else positive and exceeds(total, stated)):
            continue
        code = f"[{o.by}]" if o.by else ""
        yield Problem(
            "firms-differ",
            o.place,
            f"{quantity.zh}{code}{o.period} 园区填 {short_text(stated)}，{firms.reported}/{firms.expected} 家企业合计"
            f" {short_text(total)} {o.unit}。",
            f"{quantity.en}{code}, {o.period}: the park says {short_text(stated)}, {firms.reported} of "
            f"{firms.expected} firms add up to {short_text(total)} {o.unit}.",
            "请核对统计口径。",
            "Check the scope of both.",
            "warning",
        )


def _sum(rollup: RollUp, quantity: Quantity, o: Observation) -> FirmSum | None:
    if not o.by:
        return rollup.over_firms(o.subject, quantity.id, o.period)
    codes = rollup.codes(o.subject, quantity.id, o.period)
    return codes.part(o.by) if codes is not None else None
