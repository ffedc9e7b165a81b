"""The counter-offer: the smallest weighted relative change of the project's numbers that turns a refusal into a yes.

1. Every rule becomes a region of the figures that may move (`counter_demands`, `counter_formulas`, `regions`).
2. `counter_search` finds the cheapest point in all of them, with a bound below which nothing passes.
3. The point is rounded to decimals, and only what the gate itself accepts is offered.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from ecopark.admission.counter_demands import passing
from ecopark.admission.counter_formulas import Figure, Formulas, Key
from ecopark.admission.counter_search import SECONDS, Found, search
from ecopark.admission.decision import Change, CounterOffer, Decision
from ecopark.admission.gate import decide, open_case
from ecopark.admission.places import Site
from ecopark.admission.policy import Movable, Policy
from ecopark.admission.project import SUBJECT
from ecopark.admission.regions import Below, Region, all_of, atoms
from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.errors import InputError, Place, Problem, did_you_mean
from ecopark.expr.polynomial import Poly, add, constant, variable, variables
from ecopark.observations.model import Observation
from ecopark.observations.quantity import catalogue

YES = ("admit", "conditional")
Range = tuple[Any, Any]
"""Least and greatest value, either may be None."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The officer's weights, and what may move how far.

    Parameters
    ----------
    weights
        Cost of a relative change of one, by quantity or ratio; others keep the policy's.
    fixed
        What must not move.
    ranges
        Least and greatest value by quantity or ratio, in its canonical unit; None is open.
    """

    weights: tuple[tuple[str, Fraction], ...] = ()
    fixed: tuple[str, ...] = ()
    ranges: tuple[tuple[str, Fraction | None, Fraction | None], ...] = ()


def read_wishes(
    weights: Mapping[str, Any] | None,
    fixed: Iterable[str],
    policy: Policy,
    ranges: Mapping[str, Range] | None = None,
) -> Wishes:
    """The officer's wishes, checked.

    Raises
    ------
    InputError
        A name is unknown, a weight is not above zero, or a range has no number or its ends exchanged; all problems are
        listed.
    """
    problems = []
    found, spans, held = [], [], tuple(fixed)
    for name in (*(weights or {}), *held, *(ranges or {})):
        if name not in policy.ratios and name not in catalogue():
            near = did_you_mean(name, [*policy.ratios, *catalogue().names])
            en = f"unknown quantity or ratio '{name}'."
            problems.append(Problem("unknown-quantity", Place(), f"没有数据项或比率“{name}”。", en, near, near))
    for name, given in (weights or {}).items():
        weight = _number(given)
        if weight is None or weight <= 0:
            zh, en = f"权重 {name}={given} 应为正数", f"the weight {name}={given} is a number above zero"
            problems.append(Problem("bad-weight", Place(), zh, en))
            continue
        found.append((_canonical(name, policy), weight))
    for name, (least, most) in (ranges or {}).items():
        low, high = _number(least), _number(most)
        wrong = (least is not None and low is None) or (most is not None and high is None)
        if wrong or (low is not None and high is not None and low > high):
            zh = f"{name} 的范围 {least}–{most} 应为两个数，先小后大"
            en = f"the range of {name}, {least} to {most}, is two numbers, the smaller one first"
            problems.append(Problem("bad-range", Place(), zh, en))
            continue
        spans.append((_canonical(name, policy), low, high))
    if problems:
        raise InputError(problems)
    return Wishes(tuple(found), tuple(_canonical(name, policy) for name in held), tuple(spans))


def _number(given: Any) -> Fraction | None:
    if given is None:
        return None
    try:
        return exact(given if isinstance(given, int | float) else str(given))
    except (ValueError, ZeroDivisionError):
        return None


def _canonical(name: str, policy: Policy) -> str:
    if name in policy.ratios:
        return name
    quantity = catalogue().find(name)
    return quantity.id if quantity else name


def counter_offer(
    decision: Decision,
    on: date,
    *,
    site: Site | None = None,
    wishes: Wishes | None = None,
    seconds: float = SECONDS,
) -> CounterOffer | None:
    """The smallest change that turns a refusal into a yes.

    Parameters
    ----------
    decision
        A refusal.
    on, site
        As it was decided.
    wishes
        The officer's weights, fixed numbers and ranges.
    seconds
        After which the search stops: the best offer so far, not proven and with its gap, or None if there is none yet.

    Returns
    -------
    offer
        None if no change of the numbers alone turns it round, or nothing has to.
    """
    if decision.verdict != "refuse":
        return None
    started = time.monotonic()
    offer = _Offer(decision, on, site, wishes or Wishes())
    if not offer.figures:
        return None
    found = search(offer.region, offer.figures, offer.ask, seconds=seconds)
    if found is None:
        return None
    gap = None if found.proven else found.gap
    return CounterOffer(offer.changes(found), found.proven, found.cost, found.verdict, gap, time.monotonic() - started)


class _Offer:
    """What may move for one decision, where it passes, and the gate to ask."""

    def __init__(self, decision: Decision, on: date, site: Site | None, wishes: Wishes) -> None:
        self.decision, self.on, self.site, self.wishes = decision, on, site, wishes
        self.project, self.policy = decision.project, decision.policy
        self.case = open_case(self.project, self.policy, on, site=site, quotas=decision.quotas)
        self.current = self._current()
        movable = [self._figure(k, o) for k, o in self.current.items() if self._may_move(k)]
        self.figures = tuple(f for f in movable if f.low != f.high or f.low is None)
        self.region = self._needed(passing(decision, Formulas(self.case, self.figures, self.current)))

    # -- what may move -------------------------------------------------------------------------------------------------

    def _current(self) -> dict[Key, Observation]:
        """The numbers that were typed, as the gate sees them in the assessed period."""
        found = {}
        for o in self.project.facts.observations:
            current = self.project.facts.get(SUBJECT, o.quantity, self.case.period, o.by)
            if current is o and isinstance(o.value, Fraction) and not isinstance(o.value, bool):
                found[(o.quantity, o.by)] = o
        return found

    def _may_move(self, key: Key) -> bool:
        name = key[0]
        if name in self.wishes.fixed or name in self.policy.fixed:
            return False
        asked = {name for name, _ in self.wishes.weights} | {name for name, *_ in self.wishes.ranges}
        return not self.policy.movable or name in asked or any(m.quantity == name for m in self.policy.movable)

    def _figure(self, key: Key, observation: Observation) -> Figure:
        now = observation.value
        assert isinstance(now, Fraction)
        found = next((m for m in self.policy.movable if m.quantity == key[0]), Movable(key[0]))
        quantity, ratio = catalogue().find(key[0]), self.policy.ratios.get(key[0])
        unit = quantity.unit if quantity else ratio.unit if ratio else ""
        lows = [Fraction(0) if quantity is None or quantity.low is None else min(quantity.low, Fraction(0))]
        highs = [Fraction(100)] if unit == "%" else []
        lows += [x for x in (found.low, None if found.down is None else now - found.down * abs(now)) if x is not None]
        highs += [x for x in (found.high, None if found.up is None else now + found.up * abs(now)) if x is not None]
        for name, low, high in self.wishes.ranges:
            if name == key[0]:
                lows += [] if low is None else [low]
                highs += [] if high is None else [high]
        weight = dict(self.wishes.weights).get(key[0], found.weight)
        return Figure(key, now, weight, min(max(lows), now), max(min(highs), now) if highs else None)

    def _needed(self, region: Region) -> Region:
        """The region, and that a part stays within its whole where it does so now: value added within output."""
        involved: set[int] = set()
        for atom in atoms(region):
            involved |= variables(atom.poly) if isinstance(atom, Below) else atom.variables
        kept = []
        for part, whole in catalogue().identities:
            a, b = self._form((part, "")), self._form((whole, ""))
            if a is None or b is None or not (variables(a) | variables(b)) & involved:
                continue
            if self._now((part, "")) <= self._now((whole, "")):
                kept.append(Below(add(a, b, Fraction(-1))))
        return all_of(region, *kept)

    def _now(self, key: Key) -> Fraction:
        value = self.current[key].value
        assert isinstance(value, Fraction)
        return value

    def _form(self, key: Key) -> Poly | None:
        if key not in self.current:
            return None
        index = next((i for i, f in enumerate(self.figures) if f.key == key), None)
        return constant(self._now(key)) if index is None else variable(index)

    # -- the gate ------------------------------------------------------------------------------------------------------

    def ask(self, values: Mapping[int, Fraction]) -> str:
        """The verdict on the project with these values, where it is a yes."""
        changed = {self.figures[i].key: v for i, v in values.items()}
        project = self.project.with_values(changed, self.case.period)
        again = decide(project, self.policy, self.on, site=self.site, quotas=self.decision.quotas)
        return again.verdict if again.verdict in YES else ""

    def changes(self, found: Found) -> tuple[Change, ...]:
        """What has to change, as the answer shows it."""
        return tuple(self._change(self.figures[i], v) for i, v in sorted(found.values.items()))

    def _change(self, figure: Figure, needed: Fraction) -> Change:
        name, by = figure.key
        ratio, quantity = self.policy.ratios.get(name), catalogue().find(name)
        if ratio is not None:
            label, unit = ratio.label, ratio.unit
        elif quantity is not None:
            label, unit = quantity.label, quantity.unit
        else:
            label, unit = Text(name, name), self.current[figure.key].unit
        return Change(name, label, figure.now, needed, unit, by)
