"""From a name in a formula to its value: the one place that says where a figure comes from.

A quantity of a subject and period is, in this order: what was typed for it; the sum of its breakdown; the sum of its
months or quarters; the roll-up of the firms active in the period; its own formula; missing. What was typed wins over what
can be computed, and a difference above the tolerance is a finding. An indicator is computed; only where its inputs are
missing does a rate reported under its id take its place, and the trace says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ecopark.core.period import Period
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import Unit, unit
from ecopark.core.value import Missing, MissingItem, Scalar, not_given
from ecopark.errors import FormulaError, UnitError, did_you_mean
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, WORD, Fitted, Sort, fit
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.expr.traced import evaluate
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.factors import Factors, PackFactor, amount_unit, family_unit
from ecopark.indicators.rollup import RollUp, over_time
from ecopark.observations.model import Facts, Observation
from ecopark.observations.quantity import Quantity, catalogue

TOLERANCE = Fraction(2, 100)
"""Relative difference between two ways to the same figure above which it is a finding."""


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
        canonical_by(found, leaf.args[1])
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
        Differences between a typed figure and what can be computed for it.
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
        self.rollup = rollup or RollUp(facts)
        self.parameters = tuple(sorted((parameters or {}).items()))
        self.findings: dict[tuple[str, str], Text] = {}
        self.partial: dict[tuple[str, str], Fraction] = {}
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
                return self._part(quantity, canonical_by(quantity, leaf.args[1]), period)
            case "total":
                quantity = catalogue()[leaf.name]
                return self._total(quantity, period) or self._not_given(quantity, period)
            case "sum_firms":
                quantity = catalogue()[leaf.name]
                found = self._firm_sum(quantity, period, leaf.args[1])
                return found or self._not_given(quantity, period)
            case "all_within":
                return self._all_within(catalogue()[leaf.args[0]], catalogue()[leaf.args[1]], period)
            case "sum_product":
                return self._sum_product(catalogue()[leaf.args[0]], catalogue()[leaf.args[1]], period)
            case "sum_with_factor":
                return self._sum_with_factor(catalogue()[leaf.name], leaf.args[1], leaf.args[2], period)
        raise FormulaError(f"a leaf of kind {leaf.kind!r} cannot be looked up")

    # -- quantities and indicators -------------------------------------------------------------------------------------

    def quantity(self, quantity: Quantity, period: Period) -> Trace:
        """A quantity of the subject; see the module's order."""
        typed = self.facts.get(self.subject, quantity.id, period)
        if typed is not None:
            trace = _observed(typed, quantity.label)
            if not typed.not_applicable:
                self._compare(quantity, period, trace)
            return trace
        computed = self._computed(quantity, period)
        return computed or self._not_given(quantity, period)

    def _computed(self, quantity: Quantity, period: Period) -> Trace | None:
        """What a quantity comes to without a typed figure; the first way that gives anything."""
        partial: Trace | None = None
        for way in (self._total, self._over_time, self._firms, self._derived):
            found = way(quantity, period)
            if found is not None and not found.missing:
                return found
            partial = partial or found
        return partial

    def _compare(self, quantity: Quantity, period: Period, typed: Trace) -> None:
        if not isinstance(typed.value, Fraction) or (quantity.id, period) in self._open:
            return
        other = self._computed(quantity, period)
        if other is None or not isinstance(other.value, Fraction):
            return
        self._difference(quantity.id, quantity.label, period, typed.value, other.value, quantity.unit)

    def _difference(
        self, key: str, label: Text, period: Period, typed: Fraction, other: Fraction, unit_text: str
    ) -> None:
        if abs(typed - other) <= TOLERANCE * max(abs(typed), abs(other)):
            return
        a, b = decimal_text(typed, 8), decimal_text(other, 8)
        self.findings[(key, str(period))] = Text(
            f"{period}年{label.zh}：填报值 {a} 与按明细计算值 {b} {unit_text} 相差超过 {decimal_text(TOLERANCE * 100)}%",
            f"{label.en} {period}: the figure given ({a}) differs from the one computed ({b} {unit_text}) by more than "
            f"{decimal_text(TOLERANCE * 100)} %",
        )

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
                self._difference(name, label, period, value, against, unit_text)
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
            # The figure itself is asked for; the reason says what it could be computed from.
            value = Missing(value.reason, (MissingItem(quantity.id, str(period)),))
        note = Text(f"由公式计算：{quantity.formula}", f"computed: {quantity.formula}")
        return Trace("derived", quantity.id, value, quantity.unit, quantity.label, str(period), (trace,), note=note)

    def _over_time(self, quantity: Quantity, period: Period) -> Trace | None:
        if quantity.kind != "flow":
            return None
        found = over_time(self.facts, self.subject, quantity.id, period)
        if found is None:
            return None
        inputs = tuple(_observed(o, quantity.label) for o in found.found)
        if found.missing:
            items = tuple(MissingItem(quantity.id, str(p)) for p in found.missing)
            names = ", ".join(str(p) for p in found.missing)
            reason = Text(f"{quantity.label.zh}缺 {names}", f"{quantity.label.en} lacks {names}")
            self.partial[(quantity.id, str(period))] = found.total
            return Trace(
                "rollup", quantity.id, Missing(reason, items), quantity.unit, quantity.label, str(period), inputs
            )
        note = Text(f"{len(inputs)} 个时段之和", f"sum of {len(inputs)} parts of the year")
        return Trace("rollup", quantity.id, found.total, quantity.unit, quantity.label, str(period), inputs, note=note)

    def _firms(self, quantity: Quantity, period: Period) -> Trace | None:
        return self._firm_sum(quantity, period, "") if quantity.rollup else None

    def _firm_sum(self, quantity: Quantity, period: Period, where: str) -> Trace | None:
        found = self.rollup.over_firms(self.subject, quantity.id, period, where)
        if found is None or not found.reported:
            return None
        count = Text(
            f"{found.reported}/{found.expected} 家企业填报", f"{found.reported} of {found.expected} firms report"
        )
        if not found.complete:
            item = MissingItem(quantity.id, str(period))
            name = quantity.label
            at_least = decimal_text(found.total, 12)
            reason = Text(
                f"{period}年{name.zh}：仅 {count.zh}，合计至少 {at_least} {quantity.unit}",
                f"{name.en} {period}: only {count.en}, at least {at_least} {quantity.unit}",
            )
            if quantity.low is not None and quantity.low >= 0 and not where:
                self.partial[(quantity.id, str(period))] = found.total
            return Trace("rollup", quantity.id, Missing(reason, (item,)), quantity.unit, name, str(period), note=count)
        value: Fraction | bool = found.total
        if quantity.kind == "flag":
            value = all(found.flags) if quantity.rollup == "all" else any(found.flags)
        text = Text(f"企业汇总，{count.zh}", f"rolled up from firms, {count.en}")
        parts = tuple(_observed(o, self._name(o.subject)) for o in found.rows)
        return Trace("rollup", quantity.id, value, quantity.unit, quantity.label, str(period), note=text, parts=parts)

    def _name(self, subject: str) -> Text:
        name = self.facts.subjects[subject].name or subject
        return Text(name, name)

    # -- breakdowns ----------------------------------------------------------------------------------------------------

    def _part(self, quantity: Quantity, by: str, period: Period) -> Trace:
        given = self.facts.get(self.subject, quantity.id, period, by)
        if given is not None:
            return _observed(given, quantity.label)
        rows = [o for o in self.facts.parts(self.subject, quantity.id, period) if _covers(o.by, by)]
        if rows:
            inputs = tuple(_observed(o, quantity.label) for o in rows)
            value = _sum(inputs)
            return Trace("rollup", quantity.id, value, quantity.unit, quantity.label, str(period), inputs)
        return Trace(
            "missing", quantity.id, not_given(quantity.id, period, quantity.label, by), quantity.unit, quantity.label
        )

    def _total(self, quantity: Quantity, period: Period) -> Trace | None:
        if not quantity.breakdowns or quantity.unit == "by code" or not quantity.is_number:
            return None
        rows = self.facts.parts(self.subject, quantity.id, period)
        if not rows:
            return None
        inputs = tuple(_observed(o, quantity.label) for o in rows)
        hole = self._holes(quantity, rows, period)
        value = hole or _sum(inputs)
        note = Text("分项之和", "sum of the breakdown")
        return Trace("rollup", quantity.id, value, quantity.unit, quantity.label, str(period), inputs, note=note)

    def _holes(self, quantity: Quantity, rows: list[Observation], period: Period) -> Missing | None:
        """The codes of closed lists for which nothing was given."""
        found: Missing | None = None
        for name in quantity.breakdowns:
            breakdown = catalogue().breakdowns[name]
            given = {dict(p.split("=") for p in o.by.split(";")).get(breakdown.dimension) for o in rows}
            for code in breakdown.required:
                if code not in given:
                    hole = not_given(quantity.id, period, quantity.label, f"{breakdown.dimension}={code}")
                    found = hole if found is None else found | hole
        return found

    def _rows(self, quantity: Quantity, period: Period) -> tuple[list[Observation], Missing | None]:
        rows = self.facts.parts(self.subject, quantity.id, period)
        if not rows:
            return [], not_given(quantity.id, period, quantity.label)
        return rows, self._holes(quantity, rows, period)

    def _all_within(self, quantity: Quantity, cap: Quantity, period: Period) -> Trace:
        rows, missing = self._rows(quantity, period)
        limits, missing_caps = self._rows(cap, period)
        inputs: list[Trace] = []
        caps = {o.by: o for o in limits}
        seen_false = False
        for row in rows:
            limit = caps.get(row.by)
            a = _observed(row, quantity.label)
            if limit is None:
                hole = not_given(cap.id, period, cap.label, row.by)
                missing_caps = hole if missing_caps is None else missing_caps | hole
                inputs.append(a)
                continue
            b = _observed(limit, cap.label)
            if isinstance(a.value, Missing) or isinstance(b.value, Missing):
                continue
            within = a.value <= b.value  # type: ignore[operator]
            seen_false = seen_false or not within
            inputs.append(Trace("comparison", f"{row.by}: {quantity.id} <= {cap.id}", within, inputs=(a, b)))
        value: bool | Missing = not seen_false
        if not seen_false and (missing or missing_caps):
            value = missing | missing_caps if missing and missing_caps else missing or missing_caps  # type: ignore[assignment]
        what = f"all_within({quantity.id}, {cap.id})"
        return Trace("function", what, value, label=quantity.label, period=str(period), inputs=tuple(inputs))

    def _sum_product(self, a: Quantity, b: Quantity, period: Period) -> Trace:
        rows, missing = self._rows(a, period)
        inputs = []
        for row in rows:
            left, right = _observed(row, a.label), self._part(b, row.by, period)
            value = right.value if isinstance(right.value, Missing) else _product(left, right)
            inputs.append(Trace("operation", f"{row.by}: {a.id} * {b.id}", value, inputs=(left, right)))
        total = missing or _sum(inputs)
        what = f"sum_product({a.id}, {b.id})"
        return Trace(
            "function", what, total, (unit(a.unit) * unit(b.unit)).symbol, period=str(period), inputs=tuple(inputs)
        )

    def _sum_with_factor(self, quantity: Quantity, family: str, exclude: str, period: Period) -> Trace:
        rows, missing = self._rows(quantity, period)
        target = amount_unit(family)
        dimension = catalogue().breakdowns[quantity.breakdowns[0]].dimension
        inputs = []
        for row in rows:
            pieces = dict(p.split("=") for p in row.by.split(";"))
            if exclude and all(pieces.get(k) == v for k, v in (p.split("=") for p in exclude.split(";"))):
                continue
            amount = _observed(row, quantity.label)
            factor = self.factors.find_code(family, pieces.get(dimension, ""), self.subject, period)
            what = f"{row.by}: {quantity.id} * factor('{factor.what}')"
            if isinstance(factor.value, Missing) or isinstance(amount.value, Missing):
                value: Fraction | Missing = factor.value if isinstance(factor.value, Missing) else amount.value  # type: ignore[assignment]
            else:
                try:
                    scale = (unit(amount.unit) * unit(factor.unit)).factor_to(target)
                except UnitError as error:
                    value = Missing(Text(str(error), str(error)))
                else:
                    value = amount.value * factor.value * scale  # type: ignore[operator]
            inputs.append(Trace("operation", what, value, target.symbol, inputs=(amount, factor)))
        total = missing or _sum(inputs)
        what = f"sum_with_factor({quantity.id}, '{family}')"
        return Trace("function", what, total, target.symbol, period=str(period), inputs=tuple(inputs))

    # -- missing -------------------------------------------------------------------------------------------------------

    def _not_given(self, quantity: Quantity, period: Period) -> Trace:
        return Trace(
            "missing",
            quantity.id,
            not_given(quantity.id, period, quantity.label),
            quantity.unit,
            quantity.label,
            str(period),
        )

    def _cycle(self, name: str) -> Trace:
        reason = Text(f"{name} 的公式循环引用", f"the formula of {name} refers to itself")
        return Trace("missing", name, Missing(reason))


def _covers(wider: str, by: str) -> bool:
    """Whether a row's breakdown is finer than what is asked: fuel=diesel;use=heat is part of fuel=diesel."""
    return set(by.split(";")) <= set(wider.split(";"))


def _observed(o: Observation, label: Text) -> Trace:
    trace = Trace(
        "observation", o.quantity + (f"[{o.by}]" if o.by else ""), o.value, o.unit, label, str(o.period), given=o.given,
        place=o.place, source=o.source, note=Text(o.note, o.note),
    )  # fmt: skip
    if not o.not_applicable:
        return trace
    return replace(trace, kind="not_applicable", value=Missing(Text(f"不适用：{o.note}", f"not applicable: {o.note}")))


def _sum(steps: Iterable[Trace]) -> Fraction | Missing:
    total = Fraction(0)
    missing: Missing | None = None
    for step in steps:
        if isinstance(step.value, Missing):
            missing = step.value if missing is None else missing | step.value
        else:
            total += step.value  # type: ignore[operator]
    return missing if missing is not None else total


def _product(a: Trace, b: Trace) -> Fraction | Missing:
    if isinstance(a.value, Missing):
        return a.value
    if isinstance(a.value, Fraction) and isinstance(b.value, Fraction):
        return a.value * b.value
    raise FormulaError(f"'{a.what}' and '{b.what}' are not both numbers")


def lookup_unit(name: str) -> str:
    """Unit text of a quantity or indicator, empty for flags and codes."""
    sort = unit_of(Leaf("name", (name,)))
    return sort.symbol if isinstance(sort, Unit) else ""
