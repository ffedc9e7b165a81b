"""From a name in a formula to its value: the one place that says where a figure comes from.

A quantity of a subject and period is, in this order: what was typed for it; the sum of its breakdown; its quarters and
months; the roll-up of the firms active in the period; its own formula; missing. The first way that gives a value is used;
what the ways after it give is held against it, and a difference above the tolerance is a finding. Where none gives a value,
the first way that somebody has begun says what is lacking. An indicator is computed; only where its inputs are missing does
a rate reported under its id take its place, and the trace says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ecopark.core.period import Period
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import Missing, MissingItem, Scalar
from ecopark.errors import FormulaError, UnitError, did_you_mean
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, WORD, Fitted, Sort, fit
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate
from ecopark.indicators.breakdowns import Breakdowns
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.factors import Factors, PackFactor, amount_unit, family_unit
from ecopark.indicators.one_year import TOLERANCE, Conflict, Figure, code_sum, differ, exceeds, over_time
from ecopark.indicators.rollup import FirmSum, RollUp
from ecopark.indicators.steps import absent, coded, figure_step, firm_step, observed
from ecopark.observations.meaning import Meanings
from ecopark.observations.model import Facts, Observation
from ecopark.observations.quantity import Quantity, catalogue


def unit_of(leaf: Leaf) -> Sort:
    """Unit of a leaf, or ``flag`` / ``code``.

    Raises
    ------
    FormulaError
        Unknown name; the nearest ones are offered.
    """
    if leaf.kind == "factor":
        return family_unit(leaf.name)
    if leaf.kind == "all_within":
        for name in leaf.args:
            _quantity(name)
        return FLAG
    if leaf.kind == "sum_with_factor":
        _broken_down(_quantity(leaf.name), leaf.kind)
        return amount_unit(leaf.args[1])
    if leaf.kind == "sum_product":
        a, b = (_broken_down(_quantity(name), leaf.kind) for name in leaf.args)
        return unit(a.unit) * unit(b.unit)
    if leaf.kind == "name" and leaf.name in indicators():
        indicator = indicators()[leaf.name]
        return unit(indicator.unit) if indicator.unit else FLAG
    found = _quantity(leaf.name)
    if found.kind == "flag":
        return FLAG
    if found.codes:
        return WORD
    if leaf.kind in ("part", "total"):
        _broken_down(found, leaf.kind)
    if leaf.kind == "part":
        return unit(_part_unit(found, canonical_by(found, leaf.args[1])))
    if found.unit == "by code":
        raise FormulaError(
            f"'{found.id}' has a unit of its own for every code: use it in sum_with_factor(...) or all_within(...)"
        )
    return unit(found.unit)


def _quantity(name: str) -> Quantity:
    found = catalogue().find(name)
    if found is None:
        known = [*catalogue().names, *indicators()]
        raise FormulaError(f"unknown name '{name}'. {did_you_mean(name, known)}".strip())
    return found


def _part_unit(quantity: Quantity, by: str) -> str:
    text = Meanings(catalogue()).canonical_unit(quantity, by)
    if "by code" in text:
        raise FormulaError(f"'{quantity.id}' has a unit of its own for every code, and '{by}' names none that has one")
    return text


def _broken_down(quantity: Quantity, function: str) -> Quantity:
    if not quantity.breakdowns:
        raise FormulaError(f"{function}(...): '{quantity.id}' has no breakdown")
    return quantity


def canonical_by(quantity: Quantity, text: str) -> str:
    """A breakdown text with its keys sorted and its codes canonical.

    Raises
    ------
    FormulaError
        A key or code that the quantity does not have.
    """
    lists = {catalogue().breakdowns[b].dimension: catalogue().breakdowns[b] for b in quantity.breakdowns}
    made = {}
    for piece in text.split(";"):
        key, _, value = piece.partition("=")
        key = key.strip()
        code = lists[key].find(value) if key in lists else None
        if code is None:
            raise FormulaError(f"'{quantity.id}' has no breakdown '{piece.strip()}'")
        made[key] = code.id
    return ";".join(f"{k}={made[k]}" for k in sorted(made))


def compiled(formula: str, target: str | None, parameters: tuple[tuple[str, Any], ...] = ()) -> Fitted:
    """A formula text, parsed, expanded with parameters, its units checked; in `target` unit if given."""
    return _compiled(formula, target, parameters, repr(parameters) if parameters else "")


@lru_cache(maxsize=2048)
def _compiled(formula: str, target: str | None, parameters: tuple[tuple[str, Any], ...], key: str) -> Fitted:
    """`key` tells apart what Python holds equal: 1 and true."""
    return fit(expand(parse(formula), dict(parameters)), unit_of, target)


Way = Callable[[Quantity, Period], Trace | None]


class SubjectLookup:
    """One subject's facts as the evaluator sees them.

    Parameters
    ----------
    facts, subject
        Where values come from.
    pack_factors
        Factors fixed by the pack that is being assessed.
    rollup
        Shared between subjects and packs of the same facts.

    Attributes
    ----------
    findings
        Differences between the figure used and what other ways to it give.
    partial
        By quantity and period: what an incomplete sum comes to so far, a lower bound.
    """

    def __init__(
        self,
        facts: Facts,
        subject: str,
        *,
        pack_factors: Iterable[PackFactor] = (),
        rollup: RollUp | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.facts = facts
        self.subject = subject
        self.factors = Factors(facts, pack_factors, facts.settings.get("factors"))
        self.rollup = rollup or RollUp.of(facts)
        self.parameters = tuple(sorted((parameters or {}).items()))
        self.findings: dict[tuple[str, ...], Text] = {}
        self.partial: dict[tuple[str, str], Fraction] = {}
        self.breakdowns = Breakdowns(facts, subject, self.factors, self.rollup, self._noted)
        self._known: dict[tuple[Leaf, Period], Trace] = {}
        self._open: set[tuple[str, Period]] = set()

    # -- entry ---------------------------------------------------------------------------------------------------------

    def resolve(self, leaf: Leaf, period: Period) -> Trace:
        """The value of `leaf` in `period`, in its canonical unit, with its trace."""
        key = (Leaf(leaf.kind, leaf.args), period)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._resolve(key[0], period)
        return known

    def _resolve(self, leaf: Leaf, period: Period) -> Trace:
        match leaf.kind:
            case "name":
                if leaf.name in indicators():
                    return self.indicator(leaf.name, period)
                return self.quantity(catalogue()[leaf.name], period)
            case "factor":
                return self.factors.find(leaf.name, self.subject, period)
            case "part":
                quantity = catalogue()[leaf.name]
                return self.breakdowns.part(quantity, canonical_by(quantity, leaf.args[1]), period)
            case "total":
                return self.breakdowns.total(catalogue()[leaf.name], period)
            case "sum_firms":
                quantity = catalogue()[leaf.name]
                found = self._firm_sum(quantity, period, leaf.args[1])
                return found or absent(quantity, period)
            case "all_within":
                return self.breakdowns.all_within(catalogue()[leaf.args[0]], catalogue()[leaf.args[1]], period)
            case "sum_product":
                return self.breakdowns.sum_product(catalogue()[leaf.args[0]], catalogue()[leaf.args[1]], period)
            case "sum_with_factor":
                return self.breakdowns.sum_with_factor(catalogue()[leaf.name], leaf.args[1], leaf.args[2], period)
        raise FormulaError(f"a leaf of kind {leaf.kind!r} cannot be looked up")

    # -- quantities and indicators -------------------------------------------------------------------------------------

    def quantity(self, quantity: Quantity, period: Period) -> Trace:
        """A quantity of the subject; see the module's order."""
        typed = self.facts.get(self.subject, quantity.id, period)
        if typed is not None:
            trace = observed(typed, quantity.label)
            if not typed.not_applicable:
                self._held_against(quantity, period, trace, self._ways())
            return trace
        begun: Trace | None = None
        ways = self._ways()
        for number, way in enumerate(ways, 1):
            found = way(quantity, period)
            if found is not None and not found.missing:
                self._held_against(quantity, period, found, ways[number:])
                return found
            begun = begun or found
        return begun or absent(quantity, period, why=self._unused(quantity, period))

    def _ways(self) -> list[Way]:
        """The ways to a figure that was not typed, the first one that gives a value is used."""
        return [self._total, self._over_time, self._firms, self._derived]

    def _held_against(self, quantity: Quantity, period: Period, used: Trace, others: Iterable[Way]) -> None:
        """Findings where other ways to the figure contradict the one that is used."""
        if not isinstance(used.value, Fraction) or (quantity.id, period) in self._open:
            return
        name = (quantity.id, str(period))
        begun = self.partial.pop(name, None)
        if begun is not None and exceeds(begun, used.value):
            self._too_little((*name, "begun"), quantity, str(period), used.value, begun)
        for way in others:
            other = way(quantity, period)
            least = self.partial.pop(name, None)
            if other is None:
                continue
            if isinstance(other.value, Fraction):
                self._difference(
                    (*name, way.__name__), quantity.label, str(period), used.value, other.value, quantity.unit
                )
            elif least is not None and exceeds(least, used.value):
                self._too_little((*name, way.__name__), quantity, str(period), used.value, least)

    def _difference(
        self, key: tuple[str, ...], label: Text, period: str, used: Fraction, other: Fraction, unit_text: str
    ) -> None:
        if not differ(used, other):
            return
        a, b = decimal_text(used, 8), decimal_text(other, 8)
        self.findings[key] = Text(
            f"{period}年{label.zh}：填报值 {a} 与按明细计算值 {b} {unit_text} 相差超过 {decimal_text(TOLERANCE * 100)}%",
            f"{label.en} {period}: the figure given ({a}) differs from the one computed ({b} {unit_text}) by more than "
            f"{decimal_text(TOLERANCE * 100)} %",
        )

    def _too_little(
        self, key: tuple[str, ...], quantity: Quantity, period: str, used: Fraction, least: Fraction
    ) -> None:
        a, b = decimal_text(used, 8), decimal_text(least, 8)
        self.findings[key] = Text(
            f"{period}年{quantity.label.zh}：填报值 {a} 小于已填报部分之和 {b} {quantity.unit}",
            f"{quantity.label.en} {period}: the figure given ({a}) is less than what has been reported of its parts "
            f"({b} {quantity.unit})",
        )

    def _noted(self, quantity: Quantity, period: Period, by: str, figure: Figure, firms: FirmSum | None) -> None:
        """What is said of a code (or of the whole): its parts and its firms held against it."""
        self._conflicts(quantity, by, figure.conflicts)
        if firms is None or not isinstance(figure.value, Fraction):
            return
        key = (coded(quantity.id, by), str(period), "_firms")
        label = Text(coded(quantity.label.zh, by), coded(quantity.label.en, by))
        if firms.complete:
            self._difference(key, label, str(period), figure.value, firms.total, figure.unit)
        elif quantity.low is not None and quantity.low >= 0 and exceeds(firms.total, figure.value):
            self._too_little(key, quantity, str(period), figure.value, firms.total)

    def _conflicts(self, quantity: Quantity, by: str, found: Iterable[Conflict]) -> None:
        for conflict in found:
            when = str(conflict.period)
            key = (coded(quantity.id, by), when, "within")
            label = Text(coded(quantity.label.zh, by), coded(quantity.label.en, by))
            self._difference(key, label, when, conflict.typed, conflict.other, quantity.unit)

    def indicator(self, name: str, period: Period) -> Trace:
        """A shared indicator: computed, else reported."""
        indicator = indicators()[name]
        if (name, period) in self._open:
            return self._cycle(name)
        self._open.add((name, period))
        try:
            formula = compiled(indicator.formula, indicator.unit or None, self.parameters)
            trace = evaluate(formula, self, period)
        finally:
            self._open.discard((name, period))
        trace = Trace(
            "indicator", name, trace.value, indicator.unit, indicator.label, str(period), (trace,),
            note=Text(f"公式：{indicator.formula}", f"formula: {indicator.formula}"),
        )  # fmt: skip
        return self.or_reported(trace, (name,), indicator.label, indicator.unit, period)

    def or_reported(self, computed: Trace, names: Iterable[str], label: Text, unit_text: str, period: Period) -> Trace:
        """`computed`, or the rate reported under one of `names` where the inputs are missing.

        Where both are there the computed one wins and a difference is a finding.
        """
        found: list[tuple[str, Observation, Scalar]] = []
        for name in names:
            given = self.facts.get(self.subject, name, period)
            if given is None or given.not_applicable:
                continue
            value = given.value
            if isinstance(value, Fraction) and unit_text:
                try:
                    value = value * unit(given.unit or unit_text).factor_to(unit(unit_text))
                except UnitError:
                    continue
            found.append((name, given, value))
        if not found:
            return computed
        against = computed.value if not computed.missing else found[0][2]
        for name, _, value in found if not computed.missing else found[1:]:
            if isinstance(against, Fraction) and isinstance(value, Fraction):
                self._difference((name, str(period)), label, str(period), value, against, unit_text)
        if not computed.missing:
            return computed
        name, given, value = found[0]
        note = Text("直接填报的指标值，无法由原始数据重算", "reported, not recomputable")
        return Trace(
            "reported", name, value, unit_text, label, str(period), given=given.given, place=given.place,
            source=given.source, note=note,
        )  # fmt: skip

    # -- ways to a quantity --------------------------------------------------------------------------------------------

    def _derived(self, quantity: Quantity, period: Period) -> Trace | None:
        if not quantity.formula:
            return None
        if (quantity.id, period) in self._open:
            return self._cycle(quantity.id)
        self._open.add((quantity.id, period))
        try:
            target = None if quantity.kind == "flag" else quantity.unit
            trace = evaluate(compiled(quantity.formula, target, self.parameters), self, period)
        finally:
            self._open.discard((quantity.id, period))
        value = trace.value
        if isinstance(value, Missing):
            # What is lacking is asked for; the figure itself may be given instead.
            items = value.items or (MissingItem(quantity.id, str(period)),)
            reason = _or_directly(value.reason, quantity)
            value = Missing(reason, items)
        note = Text(f"由公式计算：{quantity.formula}", f"computed: {quantity.formula}")
        return Trace("derived", quantity.id, value, quantity.unit, quantity.label, str(period), (trace,), note=note)

    def _total(self, quantity: Quantity, period: Period) -> Trace | None:
        found = code_sum(quantity, self.breakdowns.own(quantity, period))
        self._at_least(quantity, period, found)
        return self.breakdowns.own_total(quantity, period)

    def _over_time(self, quantity: Quantity, period: Period) -> Trace | None:
        if period.kind != "year":
            return None
        rows = [o for o in self.facts.within_year(self.subject, quantity.id, period.year) if not o.by]
        found = over_time(quantity, rows, period.year)
        if found is None:
            return None
        self._conflicts(quantity, "", found.conflicts)
        self._at_least(quantity, period, found)
        return figure_step(quantity, found, period)

    def _unused(self, quantity: Quantity, period: Period) -> Text | None:
        """Why months and quarters that were given do not make the year."""
        rows = self.facts.within_year(self.subject, quantity.id, period.year) if period.kind == "year" else []
        if not rows or quantity.over_time:
            return None
        return Text(
            "已填月度或季度值，但该数据项不能由月、季推出年值",
            "months or quarters are given, but do not make a year of it",
        )

    def _firms(self, quantity: Quantity, period: Period) -> Trace | None:
        return self._firm_sum(quantity, period, "") if quantity.rollup else None

    def _firm_sum(self, quantity: Quantity, period: Period, where: str) -> Trace | None:
        found = self.rollup.over_firms(self.subject, quantity.id, period, where)
        if found is None or not found.reported:
            return None
        if not found.complete and not where and quantity.low is not None and quantity.low >= 0:
            self._keep(quantity, period, found.total)
        key = (self.subject, quantity.id, period, where)
        if key not in self.rollup.told:
            self.rollup.told[key] = firm_step(quantity, found, self.facts, period)
        return self.rollup.told[key]

    def _at_least(self, quantity: Quantity, period: Period, found: Figure | None) -> None:
        if found is not None and found.at_least is not None:
            self._keep(quantity, period, found.at_least)

    def _keep(self, quantity: Quantity, period: Period, least: Fraction) -> None:
        key = (quantity.id, str(period))
        self.partial[key] = max(least, self.partial.get(key, least))

    def _cycle(self, name: str) -> Trace:
        reason = Text(f"{name} 的公式循环引用", f"the formula of {name} refers to itself")
        return Trace("missing", name, Missing(reason))


def _or_directly(reason: Text, quantity: Quantity) -> Text:
    """The reason why inputs are lacking; that a total may be given instead is said once, of the outermost."""

    def hint(of: Quantity) -> Text:
        return Text(f"；或直接填报{of.label.zh}", f"; or directly: {of.label.en}")

    zh, en = reason.zh, reason.en
    for inner in catalogue().quantities.values():
        if inner.formula:
            zh, en = zh.replace(hint(inner).zh, ""), en.replace(hint(inner).en, "")
    return Text(zh + hint(quantity).zh, en + hint(quantity).en)
