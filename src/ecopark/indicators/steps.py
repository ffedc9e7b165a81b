"""Figures as steps of a trace: how a typed figure, a year made of months and a sum over firms are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from ecopark.core.period import Period
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, MissingItem, not_given
from ecopark.indicators.one_year import Figure
from ecopark.indicators.rollup import FirmSum
from ecopark.observations.model import Facts, Observation
from ecopark.observations.quantity import Quantity

WAYS = {
    "sum": Text("{n} 个时段之和", "sum of {n} parts of the year"),
    "mean": Text("{n} 个时段的简单平均", "simple mean of {n} parts of the year"),
    "last": Text("年末数（取最后一个时段）", "the value at the end of the year"),
}
"""How the months and quarters of a year are told, by `Quantity.over_time`."""


def observed(o: Observation, label: Text) -> Trace:
    """A typed figure; one given as n/a is missing with that reason."""
    trace = Trace(
        "observation", coded(o.quantity, o.by), o.value, o.unit, label, str(o.period), given=o.given, place=o.place,
        source=o.source, note=Text(o.note, o.note),
    )  # fmt: skip
    if not o.not_applicable:
        return trace
    return replace(trace, kind="not_applicable", value=Missing(Text(f"不适用：{o.note}", f"not applicable: {o.note}")))


def figure_step(quantity: Quantity, figure: Figure, period: Period, by: str = "", label: Text | None = None) -> Trace:
    """What one subject itself gave for a year: typed, or made of its codes or its months and quarters."""
    label = label or quantity.label
    within = [o for o in figure.rows if o.period.kind in ("quarter", "month")]
    if len(figure.rows) == 1 and not within:
        return observed(figure.rows[0], label)
    inputs = tuple(observed(o, label) for o in figure.rows)
    what, unit = coded(quantity.id, by), figure.unit or quantity.unit
    if figure.missing:
        names = ", ".join(str(p) for p in figure.missing)
        items = tuple(MissingItem(quantity.id, str(p), by) for p in figure.missing)
        reason = Text(f"{quantity.label.zh}缺 {names}", f"{quantity.label.en} lacks {names}")
        adds = quantity.over_time == "sum"
        return Trace(
            "rollup", what, Missing(reason, items), unit, label, str(period), inputs if adds else (),
            parts=() if adds else inputs,
        )  # fmt: skip
    if figure.value is None:
        return replace(inputs[0], what=what, period=str(period))
    way = WAYS[quantity.over_time] if within else Text("分项之和", "sum of the breakdown")
    note = Text(way.zh.format(n=len(inputs)), way.en.format(n=len(inputs)))
    return Trace("rollup", what, figure.value, unit, label, str(period), inputs, note=note)


def count_of(found: FirmSum) -> Text:
    """``73 of 76 firms report``."""
    return Text(f"{found.reported}/{found.expected} 家企业填报", f"{found.reported} of {found.expected} firms report")


def firm_step(quantity: Quantity, found: FirmSum, facts: Facts, period: Period, by: str = "") -> Trace:
    """A sum over firms that all report; missing, with what has been reported so far, where not all do."""
    what, unit = coded(quantity.id, by), _unit(quantity, found)
    count = count_of(found)
    if not found.complete:
        value = partly(quantity, found, period, by, unit)
        return Trace("rollup", what, value, unit, quantity.label, str(period), note=count)
    if not found.applies:
        reason = Text(f"不适用（{count.zh}）", f"not applicable ({count.en})")
        return Trace("not_applicable", what, Missing(reason), unit, quantity.label, str(period), note=count)
    value_: Fraction | bool = found.total
    if found.flags:
        value_ = all(found.flags) if quantity.rollup == "all" else any(found.flags)
    note = Text(f"企业汇总，{count.zh}", f"rolled up from firms, {count.en}")
    parts = tuple(figure_step(quantity, f, period, by, _name(facts, firm)) for firm, f in found.rows)
    return Trace("rollup", what, value_, unit, quantity.label, str(period), note=note, parts=parts)


def partly(quantity: Quantity, found: FirmSum, period: Period, by: str, unit: str) -> Missing:
    """Why a sum over firms is missing: not all of them report."""
    count, name = count_of(found), quantity.label
    piece = f"[{by}]" if by else ""
    least_zh = least_en = ""
    if unit and (found.rows or found.total):
        at_least = f"{decimal_text(found.total, 12)} {unit}"
        least_zh, least_en = f"，合计至少 {at_least}", f", at least {at_least}"
    reason = Text(
        f"{period}年{name.zh}{piece}：仅 {count.zh}{least_zh}", f"{name.en}{piece} {period}: only {count.en}{least_en}"
    )
    return Missing(reason, (MissingItem(quantity.id, str(period), by),))


def _unit(quantity: Quantity, found: FirmSum) -> str:
    return (found.rows[0][1].unit if found.rows else "") or ("" if quantity.unit == "by code" else quantity.unit)


def _name(facts: Facts, subject: str) -> Text:
    name = facts.subjects[subject].name or subject
    return Text(name, name)


def absent(quantity: Quantity, period: Period, by: str = "", why: Text | None = None) -> Trace:
    """What nobody has given."""
    value = not_given(quantity.id, period, quantity.label, by)
    if why is not None:
        value = Missing(Text(f"{value.reason.zh}；{why.zh}", f"{value.reason.en}; {why.en}"), value.items)
    return Trace("missing", quantity.id, value, quantity.unit, quantity.label, str(period))


def coded(name: str, by: str) -> str:
    """``fuel_consumption[fuel=diesel]``."""
    return f"{name}[{by}]" if by else name


def total_of(steps: Iterable[Trace]) -> Fraction | Missing:
    """The sum of the values of some steps; missing where any of them is, with everything that is."""
    total = Fraction(0)
    missing: Missing | None = None
    for step in steps:
        if isinstance(step.value, Missing):
            missing = step.value if missing is None else missing | step.value
        else:
            total += step.value  # type: ignore[operator]
    return missing if missing is not None else total
