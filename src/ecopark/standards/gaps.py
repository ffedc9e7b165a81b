"""What can be said while something is missing, and what must change.

`with_bounds` adds to a clause the interval in which its value must lie, and to a clause not met the smallest change of each
single input that would meet it. `rank_gaps` orders the missing items by how much giving them would settle.

Bounds are safe while the truth lies in the catalogue's plausible ranges; they bound, they never decide: an undetermined
clause stays undetermined even where its bounds lie on one side of the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.value import Missing, MissingItem
from ecopark.expr.bounded import bounds
from ecopark.expr.fit import Fitted
from ecopark.expr.invert import LeafChange, With, leaf_key, smallest_changes
from ecopark.expr.nodes import Binary, Choice, Leaf, Named, Node, Number
from ecopark.expr.polynomial import Interval
from ecopark.expr.traced import evaluate
from ecopark.indicators.catalogue import indicators
from ecopark.observations.model import Facts
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.standards.compile import compile_clause
from ecopark.standards.result import Assessment, Change, ClauseResult, Gap

if TYPE_CHECKING:
    from ecopark.standards.assess import Run

NARROW = "narrow"
"""Key of ``settings["bounds"]``: how many times above or below its other years a missing figure may lie."""

OTHER = Text("园区管委会", "zone committee")


# -- bounds ------------------------------------------------------------------------------------------------------------


def with_bounds(result: ClauseResult, run: Run) -> ClauseResult:
    """The clause with its bounds, or with the changes that would meet it."""
    compiled = compile_clause(result.clause, run.parameters)
    if compiled.value is None:
        return result
    if isinstance(result.value, Missing) and result.status == "undetermined" and result.clause.direction != "flag":
        found = bounds(compiled.value, run.lookup, lambda leaf, at: plausible(leaf, at, run), run.period)
        low, high = _met(found.interval, part_of_whole(compiled.value.node))
        known = found.possible and (low is not None or high is not None)
        return replace(result, bounds=(low, high)) if known else result
    if result.status in ("not_met", "partly_met") and not result.reported:
        test = compiled.test(run.period.year)
        return replace(result, changes=_changes(test, run)) if test is not None else result
    return result


def part_of_whole(node: Node) -> Interval:
    """The range of a formula that is a part divided by its whole: 0 to 1, in the clause's unit; else open."""
    match node:
        case Binary("*", inner, Number(factor)) if factor > 0:
            low, high = part_of_whole(inner)
            return (None if low is None else low * factor, None if high is None else high * factor)
        case Named(_, Choice(_, inner, _)):
            return part_of_whole(inner)
        case Binary("/", Leaf("name", (part,), a), Leaf("name", (whole,), b)) if a == b:
            if (part, whole) in catalogue().wholes:
                return (Fraction(0), Fraction(1))
    return (None, None)


def _met(a: Interval, b: Interval) -> Interval:
    """What lies in both intervals; the first where they contradict each other."""
    lows, highs = [v for v in (a[0], b[0]) if v is not None], [v for v in (a[1], b[1]) if v is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    return a if low is not None and high is not None and low > high else (low, high)


def plausible(leaf: Leaf, period: Period, run: Run) -> Interval | None:
    """The plausible range of a missing leaf, in its canonical unit: the catalogue's, narrowed where the user allows.

    A partial roll-up raises the lower end to what has been reported.
    """
    if leaf.kind in ("factor", "sum_product", "sum_with_factor"):
        return (Fraction(0), None)
    if leaf.kind not in ("name", "part", "total", "sum_firms"):
        return None
    if leaf.name in indicators():
        return None
    quantity = catalogue().find(leaf.name)
    if quantity is None or not quantity.is_number:
        return None
    low, high = quantity.low, quantity.high
    if leaf.kind == "name":
        partial = run.lookup.partial.get((quantity.id, str(period)))
        if partial is not None and (low is None or partial > low):
            low = partial
        low, high = _narrowed(quantity, period, run, low, high)
        low, high = _met((low, high), _beside(quantity, period, run))
    if low is not None and high is not None and low > high:
        high = None
    return (low, high)


def _beside(quantity: Quantity, period: Period, run: Run) -> Interval:
    """What known parts and wholes say of a missing figure: no part exceeds its whole."""

    def known(name: str) -> Fraction | None:
        found = run.facts.get(run.subject, name, period)
        return (
            found.value
            if found is not None and isinstance(found.value, Fraction) and not found.not_applicable
            else None
        )

    wholes = [v for part, whole in catalogue().wholes if part == quantity.id and (v := known(whole)) is not None]
    parts = [v for part, whole in catalogue().wholes if whole == quantity.id and (v := known(part)) is not None]
    return (max(parts, default=None), min(wholes, default=None))


def _narrowed(
    quantity: Quantity, period: Period, run: Run, low: Fraction | None, high: Fraction | None
) -> tuple[Fraction | None, Fraction | None]:
    """The range narrowed by the park's other years, where ``[bounds] narrow`` in park.toml allows it."""
    times = narrowing(run.facts)
    if times is None:
        return low, high
    others = [
        found.value
        for year in run.facts.years(run.subject)
        if year != period.year and (found := run.facts.exact(run.subject, quantity.id, Period(year))) is not None
        if isinstance(found.value, Fraction) and found.value > 0
    ]
    if not others:
        return low, high
    least, most = min(others) / times, max(others) * times
    return (least if low is None else max(low, least)), (most if high is None else min(high, most))


def narrowing(facts: Facts) -> Fraction | None:
    """How far the user lets missing figures differ from other years: a factor above 1, or None."""
    settings: Mapping[str, Any] = facts.settings.get("bounds") or {}
    given = settings.get(NARROW)
    try:
        times = Fraction(str(given)) if given not in (None, "", False) else None
    except (ValueError, ZeroDivisionError):
        return None
    return times if times is not None and times > 1 else None


# -- what must change --------------------------------------------------------------------------------------------------


def _changes(test: Fitted, run: Run) -> tuple[Change, ...]:
    """Per input of the assessed period, the smallest change of it alone that would meet the clause."""

    def movable(leaf: Leaf) -> Interval | None:
        if leaf.kind not in ("name", "part"):
            return None
        quantity = catalogue().find(leaf.name)
        return (quantity.low, quantity.high) if quantity is not None and quantity.is_number else None

    made = []
    for found in smallest_changes(test, run.lookup, run.period, movable):
        if found.needed is None:
            continue
        quantity = catalogue()[found.leaf.name]
        needed = _readable(test, run, found)
        by = found.leaf.args[1] if found.leaf.kind == "part" else ""
        made.append(Change(quantity.id, str(found.period), quantity.label, quantity.unit, found.now, needed, by))
    return tuple(made)


def _readable(test: Fitted, run: Run, change: LeafChange) -> Fraction:
    """`needed` with as few decimals as still meet the clause, rounded to the side that meets it."""
    needed = change.needed
    assert needed is not None
    key = leaf_key(change.leaf, change.period)
    for decimals in range(7):
        power = Fraction(10) ** decimals
        whole = needed * power
        short = Fraction(floor(whole) if needed < change.now else ceil(whole)) / power
        if abs(short - needed) * 1000 > abs(needed - change.now):
            continue
        if evaluate(test, With(run.lookup, {key: short}), run.period).value is True:
            return short
    return needed


# -- gaps --------------------------------------------------------------------------------------------------------------


def rank_gaps(assessment: Assessment, facts: Facts) -> tuple[Gap, ...]:
    """The missing items of an assessment, those that settle most first.

    An item that a clause lacks alone settles it; an item among k others settles 1/(k + 1) of it. Clauses that the verdict
    or the score hangs on count; encouraged items count a quarter.
    """
    needed: dict[MissingItem, list[ClauseResult]] = {}
    for result in assessment.clauses:
        for item in result.missing:
            needed.setdefault(item, []).append(result)
    gaps = []
    for item, results in needed.items():
        weight = sum((_worth(r) / len(r.missing) for r in results), Fraction(0))
        settles = sum(len(r.missing) == 1 for r in results)
        label, unit, department = describe_item(item, facts)
        clauses = tuple(r.id for r in results)
        gaps.append(Gap(item, label, department, unit, clauses, settles, weight))
    return tuple(sorted(gaps, key=lambda g: (-g.weight, -g.settles, str(g.item))))


def _worth(result: ClauseResult) -> Fraction:
    return Fraction(1, 4) if result.clause.kind == "recommended" else Fraction(1)


def describe_item(item: MissingItem, facts: Facts) -> tuple[Text, str, Text]:
    """Label, unit and responsible department of a missing item."""
    if item.quantity.startswith("factor."):
        name = item.quantity.removeprefix("factor.")
        return Text(f"折算系数 {name}（请确认或实测）", f"factor {name} (confirm or measure it)"), "", OTHER
    quantity = catalogue().find(item.quantity)
    if quantity is None:
        return Text(item.quantity, item.quantity), "", OTHER
    own: Mapping[str, str] = facts.settings.get("departments") or {}
    given = own.get(quantity.id) or own.get(quantity.department)
    if given:
        return quantity.label, quantity.unit, Text(given, given)
    return quantity.label, quantity.unit, catalogue().departments.get(quantity.department, OTHER)
