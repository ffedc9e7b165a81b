"""Score types: one value into points, exactly.

Each type is one function of the value, the item and what the group looks like (`Spread`). A registry keeps them by
name; `grading.columnar` has the same types as dataframe expressions, and the two must agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from ecopark.grading.method import GROUP_BEST, GROUP_MEAN, Item

ZERO = Fraction(0)
MEAN_DECIMALS = 30
"""Decimals to which the mean of a large group is rounded, half-even (see `grading.grade.mean`)."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What the participants of a group look like in one indicator; None where nobody has a value."""

    low: Fraction | None = None
    high: Fraction | None = None
    mean: Fraction | None = None


ScoreType = Callable[[Fraction, Item, Spread], Fraction | None]
SCORE_TYPES: dict[str, ScoreType] = {}


def score_type(name: str) -> Callable[[ScoreType], ScoreType]:
    """Register a score type under `name`."""

    def register(function: ScoreType) -> ScoreType:
        SCORE_TYPES[name] = function
        return function

    return register


def needs_spread(item: Item) -> bool:
    """Whether the points of one firm depend on the values of the others."""
    fixed = item.low is not None and item.high is not None
    return (
        item.score in ("ratio_to_best",)
        or (item.score == "min_max" and not fixed)
        or (item.base in (GROUP_MEAN, GROUP_BEST))
    )


def base_of(item: Item, spread: Spread) -> Fraction | None:
    """The base as a number: the fixed one, or the participants' mean or best."""
    if item.base == GROUP_MEAN:
        return spread.mean
    if item.base == GROUP_BEST:
        return spread.high if item.indicator.direction == "higher" else spread.low
    return item.base if isinstance(item.base, Fraction) else None


def points(value: Fraction, item: Item, spread: Spread) -> Fraction | None:
    """The points of a value, cut at cap and floor; None where the base is not known or zero."""
    found = SCORE_TYPES[item.score](value, item, spread)
    if found is None or item.weight is None:
        return found
    if item.cap is not None:
        found = min(found, item.cap * item.weight)
    if item.floor is not None:
        found = max(found, item.floor * item.weight)
    return found


@score_type("ratio")
def ratio(value: Fraction, item: Item, spread: Spread) -> Fraction | None:
    """value / base * weight; for an indicator of which less is better: base / value * weight."""
    base = base_of(item, spread)
    if item.weight is None or base is None:
        return None
    if item.indicator.direction == "lower":
        return base / value * item.weight if value > 0 else None
    return value / base * item.weight if base else None


@score_type("ratio_to_best")
def ratio_to_best(value: Fraction, item: Item, spread: Spread) -> Fraction | None:
    """value / best of the participants * weight (best / value where less is better)."""
    if item.weight is None:
        return None
    if item.indicator.direction == "lower":
        return spread.low / value * item.weight if spread.low is not None and value > 0 else None
    return value / spread.high * item.weight if spread.high is not None and spread.high > 0 else None


@score_type("min_max")
def min_max(value: Fraction, item: Item, spread: Spread) -> Fraction | None:
    """(value - least) / (greatest - least) * weight, between 0 and the weight; all alike: the full weight."""
    low = spread.low if item.low is None else item.low
    high = spread.high if item.high is None else item.high
    if item.weight is None or low is None or high is None:
        return None
    if low == high:
        return item.weight
    share = (value - low) / (high - low)
    share = min(max(share, ZERO), Fraction(1))
    return (share if item.indicator.direction == "higher" else 1 - share) * item.weight


@score_type("inverse_linear")
def inverse_linear(value: Fraction, item: Item, spread: Spread) -> Fraction | None:
    """max(0, 2 - value / base) * weight / 2: zero from twice the base upward, the full weight only at zero."""
    base = base_of(item, spread)
    if item.weight is None or base is None or base <= 0:
        return None
    return max(ZERO, 2 - value / base) * item.weight / 2


@score_type("rank_only")
def rank_only(value: Fraction, item: Item, spread: Spread) -> Fraction | None:
    """Firms are ordered by the value itself; the points are the value (its negative where less is better)."""
    return value if item.indicator.direction == "higher" else -value
