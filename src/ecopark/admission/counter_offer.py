"""The counter-offer: the smallest weighted relative change of the project's numbers that turns a refusal into a yes.

Every rule that could refuse asks that a fraction of two linear forms keeps to a limit: ``a / b <= L`` is
``a - L b <= 0`` where b is positive. The least change under all of them is a linear programme, solved by HiGHS; a reported rate
is a variable of its own. The answer is then rounded to decimals on the side that passes, and the gate is asked again with
exactly these.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, isfinite, log10
from typing import Any

from ecopark.admission.decision import Change, CounterOffer, Decision
from ecopark.admission.gate import decide, open_case
from ecopark.admission.linear import Key, Linear, Quotient, Unfit, quotient
from ecopark.admission.places import Site
from ecopark.admission.policy import RULE_KINDS, Case, Demand, Movable, Policy
from ecopark.admission.project import SUBJECT, Project
from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.errors import InputError, Place, Problem, did_you_mean
from ecopark.observations.quantity import catalogue

YES = ("admit", "conditional")
SNAP = 1e-10
"""A solution this near (relative) to a short decimal is that decimal."""
DIGITS = 7
"""Significant digits of an answer that is no short decimal."""
TRIALS = 6


@dataclass(frozen=True, slots=True)
class Wishes:
    """The officer's weights and what must not move.

    Parameters
    ----------
    weights
        Cost of a relative change of one, by quantity or ratio; others keep the policy's.
    fixed
        What must not move.
    """

    weights: tuple[tuple[str, Fraction], ...] = ()
    fixed: tuple[str, ...] = ()


def read_wishes(weights: Mapping[str, Any] | None, fixed: Iterable[str], policy: Policy) -> Wishes:
    """The officer's wishes, checked.

    Raises
    ------
    InputError
        A name is unknown or a weight is not above zero; all problems are listed.
    """
    problems = []
    found = []
    names = [*(weights or {}), *fixed]
    for name in names:
        if name not in policy.ratios and name not in catalogue():
            near = did_you_mean(name, [*policy.ratios, *catalogue().names])
            en = f"unknown quantity or ratio '{name}'."
            problems.append(Problem("unknown-quantity", Place(), f"没有数据项或比率“{name}”。", en, near, near))
    for name, given in (weights or {}).items():
        try:
            weight = exact(given if isinstance(given, int | float) else str(given))
        except (ValueError, ZeroDivisionError):
            weight = Fraction(0)
        if weight <= 0:
            zh, en = f"权重 {name}={given} 应为正数", f"the weight {name}={given} is a number above zero"
            problems.append(Problem("bad-weight", Place(), zh, en))
        found.append((_canonical(name, policy), weight))
    if problems:
        raise InputError(problems)
    return Wishes(tuple(found), tuple(_canonical(name, policy) for name in fixed))


def _canonical(name: str, policy: Policy) -> str:
    if name in policy.ratios:
        return name
    quantity = catalogue().find(name)
    return quantity.id if quantity else name


def counter_offer(
    decision: Decision, on: date, *, site: Site | None = None, wishes: Wishes | None = None
) -> CounterOffer | None:
    """The smallest change that turns a refusal into a yes.

    Parameters
    ----------
    decision
        A refusal.
    on, site
        As it was decided.
    wishes
        The officer's weights and fixed numbers.

    Returns
    -------
    offer
        None if no change of the numbers alone turns it round, or nothing has to.
    """
    if decision.verdict != "refuse" or any(not _numeric(f) for f in decision.findings if f.decides == "refuse"):
        return None
    started = time.monotonic()
    search = _Search(decision.project, decision.policy, on, site, decision, wishes or Wishes())
    found = search.run()
    if found is None:
        return None
    changes, proven, cost, verdict, gap = found
    return CounterOffer(changes, proven, cost, verdict, gap, time.monotonic() - started)


def _numeric(finding: Any) -> bool:
    return RULE_KINDS[finding.rule.kind].demands is not None and finding.value is not None


Found = tuple[tuple[Change, ...], bool, Fraction, str, Fraction | None]


class _Search:
    def __init__(
        self, project: Project, policy: Policy, on: date, site: Site | None, decision: Decision, wishes: Wishes
    ) -> None:
        self.project, self.policy, self.on, self.site = project, policy, on, site
        self.decision, self.wishes = decision, wishes
        self.case = open_case(project, policy, on, site=site, quotas=decision.quotas)
        self.now = self._figures()
        self.moving = {key: self._movable(key) for key in self.now if self._may_move(key)}

    # -- what may move -------------------------------------------------------------------------------------------------

    def _figures(self) -> dict[Key, Fraction]:
        """The numbers that were typed, as the gate sees them."""
        found: dict[Key, Fraction] = {}
        for o in self.project.facts.observations:
            current = self.project.facts.get(SUBJECT, o.quantity, self.case.period, o.by)
            if current is o and isinstance(o.value, Fraction) and not isinstance(o.value, bool):
                found[(o.quantity, o.by)] = o.value
        return found

    def _may_move(self, key: Key) -> bool:
        name = key[0]
        if name in self.wishes.fixed or name in self.policy.fixed:
            return False
        asked = {name for name, _ in self.wishes.weights}
        return not self.policy.movable or name in asked or any(m.quantity == name for m in self.policy.movable)

    def _movable(self, key: Key) -> Movable:
        found = next((m for m in self.policy.movable if m.quantity == key[0]), Movable(key[0]))
        weight = dict(self.wishes.weights).get(key[0], found.weight)
        now = self.now[key]
        quantity = catalogue().find(key[0])
        lows = [Fraction(0) if quantity is None or quantity.low is None else min(quantity.low, Fraction(0))]
        highs: list[Fraction] = []
        if (
            quantity.unit if quantity else self.policy.ratios[key[0]].unit if key[0] in self.policy.ratios else ""
        ) == "%":
            highs.append(max(Fraction(100), now))
        lows += [x for x in (found.low, None if found.down is None else now - found.down * abs(now)) if x is not None]
        highs += [x for x in (found.high, None if found.up is None else now + found.up * abs(now)) if x is not None]
        return Movable(key[0], weight, max(lows), min(highs) if highs else None)

    # -- the search ----------------------------------------------------------------------------------------------------

    def run(self) -> Found | None:
        """Solve, ask the gate again; where limits depend on what moved, solve again under the new ones."""
        case, proven = self.case, True
        for _ in range(TRIALS):
            rows, fit = self._rows(case)
            proven = proven and fit
            if rows is None:
                return None
            solved = _solve(rows, self.now, self.moving)
            if solved is None:
                return None
            values, objective, gap = solved
            made = self._rounded(values)
            if made is not None:
                changes, verdict = made
                cost = sum((self._cost(c) for c in changes), Fraction(0))
                slack = cost - objective
                close = slack <= Fraction(1, 100_000) * max(objective, Fraction(1))
                proven = proven and close and gap is None
                return changes, proven, cost, verdict, None if proven else gap or slack
            moved = self.project.with_values(
                {k: exact(Decimal(repr(float(v)))) for k, v in values.items()}, self.case.period
            )
            case, proven = open_case(moved, self.policy, self.on, site=self.site, quotas=self.decision.quotas), False
        return None

    def _rows(self, case: Case) -> tuple[list[tuple[Quotient, str, Fraction]] | None, bool]:
        """Every demand of a rule that could refuse; and whether all of them are fractions of linear forms."""
        rows: list[tuple[Quotient, str, Fraction]] = []
        fit = True
        for finding in self.decision.findings:
            demands = RULE_KINDS[finding.rule.kind].demands
            if demands is None or finding.rule.effect == "condition" or finding.status not in ("met", "not_met"):
                continue
            for demand in demands(finding.rule, case):
                try:
                    rows.append((self._quotient(demand, case, self.moving), demand.op, demand.limit))
                except Unfit:
                    fit = False
                    one = self._one_by_one(demand, case)
                    if one is None and finding.status == "not_met":
                        return None, False
                    if one is not None:
                        rows.append((one, demand.op, demand.limit))
        return rows, fit

    def _quotient(self, demand: Demand, case: Case, moving: Iterable[Key]) -> Quotient:
        if demand.formula is None:
            key = (demand.rate, "")
            if key in self.moving:
                return Quotient(Linear(Fraction(0), {key: Fraction(1)}))
            return Quotient(Linear(self.now[key]))
        return quotient(demand.formula, case.lookup, case.period, set(moving))

    def _one_by_one(self, demand: Demand, case: Case) -> Quotient | None:
        """An unfit formula with all but its cheapest figure held still: an answer, but none that is proven smallest."""
        for key in sorted(self.moving, key=lambda k: self.moving[k].weight):
            try:
                found = self._quotient(demand, case, {key})
            except Unfit:
                continue
            if not (found.top.fixed and found.bottom.fixed):
                return found
        return None

    def _cost(self, change: Change) -> Fraction:
        key = (change.quantity, change.by)
        return self.moving[key].weight * abs(change.needed - change.now) / (abs(change.now) or 1)

    # -- exact decimals ------------------------------------------------------------------------------------------------

    def _rounded(self, values: Mapping[Key, float]) -> tuple[tuple[Change, ...], str] | None:
        """The solution as decimals on the side that passes, and what the gate says to it."""
        for digits in (DIGITS, DIGITS + 3, DIGITS + 6):
            made = {}
            for key, value in values.items():
                now = self.now[key]
                if abs(value - float(now)) <= SNAP * max(1.0, abs(float(now))):
                    continue
                made[key] = self._within(key, _decimal(value, now, digits))
            if not made:
                return None
            project = self.project.with_values(made, self.case.period)
            again = decide(project, self.policy, self.on, site=self.site, quotas=self.decision.quotas)
            if again.verdict in YES:
                return tuple(self._change(k, v) for k, v in made.items()), again.verdict
        return None

    def _within(self, key: Key, value: Fraction) -> Fraction:
        low, high = self.moving[key].low, self.moving[key].high
        if low is not None and value < low:
            return low
        return high if high is not None and value > high else value

    def _change(self, key: Key, needed: Fraction) -> Change:
        name, by = key
        ratio, quantity = self.policy.ratios.get(name), catalogue().find(name)
        if ratio is not None:
            label, unit = ratio.label, ratio.unit
        elif quantity is not None:
            label, unit = quantity.label, quantity.unit
        else:
            observation = self.project.observation(name, self.case.period, by)
            label, unit = Text(name, name), observation.unit if observation else ""
        return Change(name, label, self.now[key], needed, unit, by)


def _decimal(value: float, now: Fraction, digits: int) -> Fraction:
    """A float as the short decimal it stands for, else with `digits` significant digits, away from `now`."""
    scale = max(abs(value), 1e-300)
    exponent = digits - 1 - floor(log10(scale))
    for decimals in range(max(exponent, 0) + 1):
        short = Fraction(Decimal(repr(round(value, decimals))))
        if abs(float(short) - value) <= SNAP * scale:
            return short
    power = Fraction(10) ** exponent
    grown = Fraction(value) * power
    return Fraction(ceil(grown) if value > now else floor(grown)) / power


def _solve(
    rows: list[tuple[Quotient, str, Fraction]], now: Mapping[Key, Fraction], moving: Mapping[Key, Movable]
) -> tuple[dict[Key, float], Fraction, Fraction | None] | None:
    """Least weighted relative change under all rows: values, cost, and the gap if it is not proven; None if impossible."""
    import highspy

    involved = sorted({k for q, _, _ in rows for part in (q.top, q.bottom) for k in part.terms})
    if not involved:
        return None
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", 1.5)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-10)
    solver.setOptionValue("dual_feasibility_tolerance", 1e-10)
    infinity = solver.inf
    scale = {k: abs(now[k]) or Fraction(1) for k in involved}
    up, down = {}, {}
    for key in involved:
        m = moving[key]
        room_up = infinity if m.high is None else max(float((m.high - now[key]) / scale[key]), 0.0)
        room_down = infinity if m.low is None else max(float((now[key] - m.low) / scale[key]), 0.0)
        up[key] = solver.addVariable(lb=0, ub=room_up, obj=float(m.weight))
        down[key] = solver.addVariable(lb=0, ub=room_down, obj=float(m.weight))

    def add(form: Linear, least: float, most: float) -> None:
        coefficients = {k: f * scale[k] for k, f in form.terms.items()}
        if not coefficients:
            return
        size = max(abs(c) for c in coefficients.values())
        start = form.at(now) / size
        row = sum(float(c / size) * (up[k] - down[k]) for k, c in coefficients.items())
        low = -infinity if least == -infinity else least - float(start)
        high = infinity if most == infinity else most - float(start)
        solver.addConstr(low <= row) if high == infinity else solver.addConstr(row <= high)
        if low != -infinity and high != infinity:
            solver.addConstr(low <= row)

    for q, op, limit in rows:
        form = q.top.plus(q.bottom.times(limit), -1)
        strict = 1e-9 if op in ("<", ">") else 0.0
        if not form.terms:
            held = form.at(now)
            if (op in ("<=", "<") and held > 0) or (op in (">=", ">") and held < 0):
                return None
            continue
        if op in ("<=", "<", "=="):
            add(form, 0.0 if op == "==" else -infinity, -strict)
        elif op in (">=", ">"):
            add(form, strict, infinity)
        if q.bottom.terms:
            add(q.bottom, float(q.bottom.at(now)) * 1e-9, infinity)
    _parts_within_wholes(involved, now, add, infinity)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    values = {k: float(now[k]) + float(scale[k]) * (solver.val(up[k]) - solver.val(down[k])) for k in involved}
    objective = solver.getObjectiveValue()
    return (values, exact(objective), None) if isfinite(objective) else None


def _parts_within_wholes(involved: list[Key], now: Mapping[Key, Fraction], add: Any, infinity: float) -> None:
    """A part stays within its whole where it does so now: value added within output, waste used within waste."""
    for part, whole in catalogue().identities:
        a, b = (part, ""), (whole, "")
        if (a in involved or b in involved) and a in now and b in now and now[a] <= now[b]:
            forms = [Linear(Fraction(0), {k: Fraction(1)}) if k in involved else Linear(now[k]) for k in (a, b)]
            add(forms[0].plus(forms[1], -1), -infinity, 0.0)
