"""What each kind of rule looks at, so that it can be held against many projects at once.

A kind that is not here works all the same: every project is held by itself. To make it quick, add a function with `@plan_for`
that asks for the figures it needs and says in which numbers two projects must agree to be told the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecopark.admission.batch_figures import Figures
from ecopark.admission.batch_rules import Plan, Rows, Shown
from ecopark.admission.policy import PolicyRule, QuotaState, in_force
from ecopark.admission.quota_rules import Quota
from ecopark.admission.review_rules import Item, Procedure, Scorecard, lines_for
from ecopark.admission.rules import List, Threshold
from ecopark.expr.pieces import holds

Ints = NDArray[np.int64]
Ask = Callable[[PolicyRule, Figures, QuotaState | None, date], None]
Make = Callable[[PolicyRule, Rows], Plan | None]
PLANS: dict[str, tuple[Ask, Make]] = {}


def _asks_nothing(rule: PolicyRule, figures: Figures, quotas: QuotaState | None, on: date) -> None:
    """A rule that looks at no figure."""


def plan_for(kind: str, ask: Ask = _asks_nothing) -> Callable[[Make], Make]:
    """Register what a kind of rule looks at; `ask` asks for its figures before they are computed."""

    def register(make: Make) -> Make:
        PLANS[kind] = (ask, make)
        return make

    return register


def _idle(rule: PolicyRule, on: date) -> bool:
    """Whether a rule says the same to everybody: it is not filled in, or not in force."""
    return rule.to_fill or in_force(rule.since, rule.until, on) != 0


def ask_for(rules: Sequence[PolicyRule], figures: Figures, on: date, quotas: QuotaState | None) -> None:
    """Ask for every figure that the rules in force need."""
    for rule in rules:
        if rule.kind in PLANS and not _idle(rule, on):
            PLANS[rule.kind][0](rule, figures, quotas, on)


def plan_of(rule: PolicyRule, rows: Rows) -> Plan | None:
    """The plan of a rule; None where nobody has written one."""
    if _idle(rule, rows.on):
        return Plan([])
    return PLANS[rule.kind][1](rule, rows) if rule.kind in PLANS else None


# -- limits ------------------------------------------------------------------------------------------------------------


def _conditions(limits: Sequence[Any]) -> list[str]:
    return [f"when:{limit.when}" for limit in limits if limit.when]


def _choice(limits: Sequence[Any], rows: Rows) -> list[Ints]:
    """What decides which of some limits holds: the industry, and the conditions."""
    prefixes = tuple(limit.codes for limit in limits if limit.codes)
    asked = [rows.figures.of(c) for c in _conditions(limits)]
    keys = [rows.covered(*prefixes)] if prefixes else []
    return keys + [np.where(a.state == 0, a.value, 2 + a.state).astype(np.int64) for a in asked]


def _unsure(conditions: Sequence[str], rows: Rows) -> NDArray[np.bool_]:
    found = np.zeros(len(rows), dtype=bool)
    for condition in conditions:
        found |= rows.figures.of(condition).near
    return found


def _ask_threshold(rule: PolicyRule, figures: Figures, quotas: QuotaState | None, on: date) -> None:
    spec: Threshold = rule.spec
    now = [limit for limit in spec.limits if in_force(limit.since, limit.until, on) == 0]
    limits = [limit.value for limit in now if limit.value is not None]
    for ratio in (spec.ratio, *spec.others):
        figures.ask(ratio, limits)
    for condition in _conditions(spec.limits):
        figures.ask(condition)


@plan_for("threshold", _ask_threshold)
def threshold(rule: PolicyRule, rows: Rows) -> Plan:
    """The limit that holds, and the side of it on which the ratio and its other readings lie."""
    spec: Threshold = rule.spec
    keys = _choice(spec.limits, rows)
    ratios = (spec.ratio, *spec.others)
    return Plan(
        [*keys, *(rows.figures.of(r).region() for r in ratios)], [Shown(r) for r in ratios],
        _unsure(_conditions(spec.limits), rows),
    )  # fmt: skip


def _ask_quota(rule: PolicyRule, figures: Figures, quotas: QuotaState | None, on: date) -> None:
    spec: Quota = rule.spec
    limits = {Fraction(0)} | ({spec.exempt_below} if spec.exempt_below is not None else set())
    factors = {Fraction(1)} | {limit.value for limit in spec.ratios if limit.value}
    for (name, _), left in (quotas or {}).items():
        if name == spec.quota:
            limits |= {left / factor for factor in factors}
    figures.ask(spec.need, limits)
    for condition in _conditions(spec.ratios):
        figures.ask(condition)


@plan_for("quota", _ask_quota)
def quota(rule: PolicyRule, rows: Rows) -> Plan:
    """The year, the replacement ratio, and whether enough is left; projects in phases one by one."""
    spec: Quota = rule.spec
    keys = _choice(spec.ratios, rows)
    long = rows.table.long.rows
    sid, when = long["sid"].to_numpy(), long["year"].to_numpy()
    phased = np.zeros(len(rows), dtype=bool)
    phased[sid[(when >= rows.on.year) & (when != rows.figures.years[sid])]] = True
    phased &= rows.start == 0
    region = rows.figures.of(spec.need).region()
    alone = phased | _unsure(_conditions(spec.ratios), rows)
    return Plan([*keys, rows.booked, region], [Shown(spec.need)], alone)


# -- lists, scores, opinions -------------------------------------------------------------------------------------------


def _entries(entries: Sequence[Any], rows: Rows) -> list[Ints]:
    """What decides which entries hold: industry, and the words that a project uses."""
    codes = tuple(e.codes for e in entries if e.codes)
    words = tuple(e.words for e in entries if e.words)
    return [*([rows.covered(*codes)] if codes else []), *([rows.named_in(*words)] if words else [])]


@plan_for("list")
def listed(rule: PolicyRule, rows: Rows) -> Plan:
    """The entries that hold, and whether the project is a retrofit."""
    spec: List = rule.spec
    return Plan([*_entries(spec.entries, rows), rows.kinds])


def _ask_scorecard(rule: PolicyRule, figures: Figures, quotas: QuotaState | None, on: date) -> None:
    spec: Scorecard = rule.spec
    for _, ratio, limit in spec.vetoes:
        figures.ask(ratio, [limit.value] if limit.value is not None else [])
    for item in spec.items:
        if item.ratio is not None:
            figures.ask(item.ratio, [level.value for level in item.levels])


@plan_for("scorecard", _ask_scorecard)
def scorecard(rule: PolicyRule, rows: Rows) -> Plan:
    """The points of the items that go by a ratio or by the industry alone, taken together; the others, and the vetoes."""
    spec: Scorecard = rule.spec
    ratios = dict.fromkeys([r for _, r, _ in spec.vetoes] + [i.ratio for i in spec.items if i.ratio is not None])
    by_code = [i for i in spec.items if i.ratio is None and all(e.codes and not e.words for e, _ in i.entries)]
    entries = [e for item in spec.items if item not in by_code for e, _ in item.entries]
    plain = [item for item in spec.items if item.ratio is not None and not item.entries]
    other = dict.fromkeys([r for _, r, _ in spec.vetoes] + [i.ratio for i in spec.items if i.ratio and i.entries])
    keys = [*_entries(entries, rows), *(rows.figures.of(r).region() for r in other if r is not None)]
    keys += [rows.figures.of(item.ratio).state for item in plain if item.ratio is not None]
    if by_code:
        keys.append(rows.covered())
    return Plan([*keys, _points_of(plain, by_code, rows)], [Shown(r) for r in ratios], once=True)


def _points_of(items: Sequence[Item], by_code: Sequence[Item], rows: Rows) -> Ints:
    """The points of some items added up, as whole numbers of one common part; an item that is missing adds none."""
    points = [level.points for item in items for level in item.levels] + [p for i in by_code for _, p in i.entries]
    part = lcm(*(p.denominator for p in points))
    total = np.zeros(len(rows), dtype=np.int64)
    for item in by_code:
        tests = [rows.covered_codes(entry.codes) for entry, _ in item.entries]
        total += np.select(tests, [int(p * part) for _, p in item.entries], 0)[rows.codes[1]]
    for item in items:
        assert item.ratio is not None
        asked = rows.figures.of(item.ratio)
        tests = [(asked.state == 0) & holds(x.op, asked.signs[x.value], 0) for x in item.levels]
        total += np.select(tests, [int(x.points * part) for x in item.levels], 0)
    return total


@plan_for("review")
def review(rule: PolicyRule, rows: Rows) -> Plan:
    """What the offices said."""
    return Plan([rows.opinions], once=True)


@plan_for("procedure")
def procedure(rule: PolicyRule, rows: Rows) -> Plan:
    """The lines of the classification that the industry falls under, and whether it is told what is covered."""
    spec: Procedure = rule.spec
    codes, index = rows.codes
    known: dict[Any, int] = {}
    lines = [known.setdefault(tuple(map(id, lines_for(spec.table, c))) if c else None, len(known)) for c in codes]
    told = [rows.covered(spec.covered[0])] if spec.covered is not None and spec.covered[0] else []
    return Plan([np.array(lines or [0], dtype=np.int64)[index], *told], once=True)


__all__ = ["PLANS", "ask_for", "plan_for", "plan_of"]
