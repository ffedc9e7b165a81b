"""What the columnar grading carries along, its score types, and what the exact form decides for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.core.rounding import exact
from ecopark.grading.findings import ONE_BY_ONE, Findings
from ecopark.grading.firms import Firm
from ecopark.grading.grade import TOLERANCE, adjusted, exact_value, mean, value_of
from ecopark.grading.method import GROUP_BEST, GROUP_MEAN, NEEDS_BASE, Group, Item, Method
from ecopark.grading.score import Spread, needs_spread, points

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUGH = Fraction(1, 10**13)
"""Relative error that float64 points of formulas of ordinary length, and their mean, cannot pass."""


@dataclass
class Run:
    """The state of one grading."""

    method: Method
    frame: pl.DataFrame
    labels: dict[str, Any]
    names: tuple[str, ...]
    values: dict[str, Floats] = field(default_factory=dict)
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    decided: int = 0
    averages: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    rough: dict[tuple[str, str], tuple[Fraction, Fraction]] = field(default_factory=dict)
    spreads: dict[tuple[str, str], Spread] = field(default_factory=dict)
    given: dict[str, tuple[pl.Series, pl.Series]] = field(default_factory=dict)

    def fetch(self, rows: Ints) -> None:
        """Take these rows out of the table in one go."""
        wanted = [r for r in rows.tolist() if r not in self.rows]
        if wanted:
            picked = self.frame[wanted]
            self.rows.update(zip(wanted, picked.iter_rows(named=True)))

    def key(self, row: int) -> tuple[Any, ...]:
        """What decides a firm's score: its figures."""
        data = self.rows[row]
        return tuple(data[name] for name in self.names)

    def firm(self, row: int) -> Firm:
        """One row as a firm, its float64 figures as the shortest decimals that show them."""
        data = self.rows.get(row) or self.frame.row(row, named=True)
        values = {k: (v if isinstance(v, bool) else exact(v)) for k in self.names if (v := data[k]) is not None}
        return Firm(str(data["firm"]), group=str(data.get("group") or ""), values=values)


@dataclass
class Sorted:
    """Who belongs where.

    Parameters
    ----------
    group
        Index of every firm's group.
    outside
        Index in `reasons` of the condition of scope it does not meet, -1 for those inside.
    exempt
        Index of its exemption, -1 for none, the number of exemptions for a firm outside: neither takes part.
    """

    group: Ints
    outside: Ints
    inside: NDArray[np.bool_]
    exempt: Ints
    findings: Findings = field(default_factory=Findings)
    reasons: list[str] = field(default_factory=list)

    def put_out(self, rows: Any, reason: str) -> None:
        """Firms that are outside for one reason."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        self.outside[rows] = self.reasons.index(reason)


def _ends(item: Item, value: Floats, counted: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Least and greatest value of the participants and the base, nan where there is none."""
    taken = value[counted & ~np.isnan(value)] if needs_spread(item) else np.zeros(0)
    low = float(taken.min()) if len(taken) else np.nan
    high = float(taken.max()) if len(taken) else np.nan
    base = float(item.base) if isinstance(item.base, Fraction) else np.nan
    if item.base == GROUP_MEAN and len(taken):
        base = float(taken.mean())
    elif item.base == GROUP_BEST:
        base = low if item.indicator.direction == "lower" else high
    return low, high, base


def float_base(item: Item, value: Floats, counted: NDArray[np.bool_]) -> float:
    """The base of an item in a group, nan where there is none."""
    return _ends(item, value, counted)[2]


def float_points(item: Item, value: Floats, counted: NDArray[np.bool_]) -> Floats:
    """The score types of `grading.score` for a whole group; nan where there are no points."""
    weight = np.nan if item.weight is None else float(item.weight)
    lower = item.indicator.direction == "lower"
    low, high, base = _ends(item, value, counted)
    positive = np.where(value > 0, value, np.nan)
    match item.score:
        case "ratio":
            found = base / positive * weight if lower else value * (weight / base if base else np.nan)
        case "ratio_to_best":
            found = low / positive * weight if lower else value * (weight / high if high > 0 else np.nan)
        case "min_max":
            bottom = low if item.low is None else float(item.low)
            top = high if item.high is None else float(item.high)
            share = (
                np.clip((value - bottom) / (top - bottom), 0, 1)
                if top != bottom
                else np.where(np.isnan(value), np.nan, 1.0)
            )
            found = (1 - share if lower and top != bottom else share) * weight
        case "inverse_linear":
            found = np.maximum(0, 2 - value / base) * weight / 2 if base > 0 else np.full(len(value), np.nan)
        case _:
            found = -value if lower else value.copy()
    if item.cap is not None and item.weight is not None:
        found = np.minimum(found, float(item.cap * item.weight))
    if item.floor is not None and item.weight is not None:
        found = np.maximum(found, float(item.floor * item.weight))
    return np.asarray(found, dtype=np.float64)


def filled_points(item: Item, value: Floats, counted: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Points of a whole group in one item, the missing ones by the item's rule; and the base, nan where there is none."""
    earned = float_points(item, value, counted)
    base = float_base(item, value, counted)
    missing = np.isnan(earned)
    if missing.any() and not (item.score in NEEDS_BASE and np.isnan(base)):
        if item.missing.rule == "points":
            earned[missing] = float(item.missing.points)
        elif item.missing.rule == "group_average":
            known = earned[counted & ~missing]
            if len(known):
                earned[missing] = known.mean()
    return earned, base


# -- what the exact form decides ---------------------------------------------------------------------------------------


def exactly(run: Run, rows: Ints, group: Ints, exempt: Ints, limit: Fraction | None = None) -> list[Fraction]:
    """Exact scores of some firms; firms with the same figures are computed once.

    They are compared with one another, or with `limit`. An average that all of them are given alike is then left out; one
    that only some are given is taken from the float64 points with the error it can have, and summed exactly, which takes
    a pass over the whole group, only where that error could matter.
    """
    run.fetch(rows)
    keys = [(int(group[r]), *run.key(r)) for r in rows.tolist()]
    unique = dict(zip(keys, rows.tolist()))
    if len(unique) == 1 and limit is None:
        return [Fraction(0)] * len(rows)
    run.decided += len(rows)
    parts = {key: _exact_parts(run, row, run.method.groups[key[0]], group, exempt) for key, row in unique.items()}
    if len({(k[0], *f) for k, (_, f) in parts.items()}) == 1 and limit is None:
        return [parts[k][0] for k in keys]

    def scores(average: Any) -> tuple[dict[Any, Fraction], Fraction]:
        found, widest = {}, Fraction(0)
        for key, (total, averaged) in parts.items():
            for name in averaged:
                value, error = average(run, run.method.groups[key[0]], name, group, exempt)
                total, widest = total + value, max(widest, 2 * error)
            found[key] = total
        return found, widest

    rough, widest = scores(_rough_average)
    if widest:
        ordered = sorted([*rough.values(), *([] if limit is None else [limit])])
        if any(b - a <= 2 * widest for a, b in pairwise(ordered)):
            rough, _ = scores(_average)
    return [rough[k] for k in keys]


def _exact_parts(run: Run, row: int, one: Group, group: Ints, exempt: Ints) -> tuple[Fraction, list[str]]:
    """The sum of a firm's own points and the items that are filled with an average."""
    firm, total, averaged = run.firm(row), Fraction(0), []
    for item in one.items:
        value = exact_value(item.indicator, firm, run.labels)
        earned = None
        if value is not None:
            earned = points(value, item, _spread(run, one, item, group, exempt))
        if earned is not None:
            total += earned
        elif item.missing.rule == "points":
            total += item.missing.points
        elif item.missing.rule == "group_average":
            averaged.append(item.id)
    for a in run.method.adjustments:
        if not a.groups or one.id in a.groups:
            total += adjusted(a, firm, run.labels).points or Fraction(0)
    return total, averaged


def differing_rates(run: Run, who: Sorted) -> None:
    """Findings where a ratio as given and as computed differ, as `grade.value_of` tells them: by firm, then by item."""
    hits: list[tuple[int, int, bool]] = []
    for at, group in enumerate(run.method.groups):
        here = (who.group == at) & who.inside
        for place, item in enumerate(group.items):
            if item.id not in run.given:
                continue
            computed, given = (s.cast(pl.Float64).to_numpy() for s in run.given[item.id])
            size = np.maximum(np.abs(computed), np.abs(given))
            over = np.abs(given - computed) - float(TOLERANCE) * size
            near = np.abs(over) <= 1e-12 * size
            hits += [(row, place, bool(near[row])) for row in np.flatnonzero(here & ((over > 0) | near)).tolist()]
    told = 0
    for row, place, near_limit in sorted(hits):
        if told < ONE_BY_ONE or near_limit:
            firm = run.firm(row)
            text = value_of(run.method.groups[who.group[row]].items[place].indicator, firm, run.labels)[1]
            if not text:
                continue
            if told < ONE_BY_ONE:
                who.findings.add("rate-differs", firm, text)
                told += 1
                continue
        who.findings.untold("rate-differs", 1)


def members(run: Run, one: Group, item: Item, group: Ints, exempt: Ints) -> list[Fraction]:
    """Exact values of all participants of a group in one item."""
    at = run.method.groups.index(one)
    rows = np.flatnonzero((group == at) & (exempt < 0) & ~np.isnan(run.values[item.id]))
    found = (exact_value(item.indicator, run.firm(int(r)), run.labels) for r in rows)
    return [v for v in found if v is not None]


def _spread(run: Run, one: Group, item: Item, group: Ints, exempt: Ints) -> Spread:
    if not needs_spread(item):
        return Spread()
    key = (one.id, item.id)
    if key not in run.spreads:
        values = members(run, one, item, group, exempt)
        run.spreads[key] = Spread(min(values), max(values), mean(values)) if values else Spread()
    return run.spreads[key]


def _average(run: Run, one: Group, name: str, group: Ints, exempt: Ints) -> tuple[Fraction, Fraction]:
    """The exact average of a group's points in one item, and no error."""
    key = (one.id, name)
    if key not in run.averages:
        item = one.item(name)
        spread = _spread(run, one, item, group, exempt)
        earned = (points(v, item, spread) for v in members(run, one, item, group, exempt))
        known = [p for p in earned if p is not None]
        run.averages[key] = mean(known) if known else Fraction(0)
    return run.averages[key], Fraction(0)


def _rough_average(run: Run, one: Group, name: str, group: Ints, exempt: Ints) -> tuple[Fraction, Fraction]:
    """The same from float64 points, each within a few roundings of the exact one, and how far it can be off."""
    key = (one.id, name)
    if key not in run.rough:
        at = run.method.groups.index(one)
        members = group == at
        counted = exempt[members] < 0
        earned = float_points(one.item(name), run.values[name][members], counted)[counted]
        known = earned[~np.isnan(earned)]
        size = float(np.abs(known).mean()) if len(known) else 0.0
        value = Fraction(float(known.mean())) if len(known) else Fraction(0)
        run.rough[key] = (value, Fraction(size) * ROUGH)
    return run.rough[key]
