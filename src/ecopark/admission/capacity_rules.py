"""Carrying capacity: what the ground under a project still bears, held against what the project adds.

A control unit (or a group) of the map says in two properties what it can bear and what is on it already; the rule names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ecopark.admission.place_rules import NO_PLACE, no_site
from ecopark.admission.places import Feature, Site
from ecopark.admission.policy import Case, Demand, Outcome, PolicyRule, Source, lacks, rule_kind, undetermined
from ecopark.admission.ratios import Ratio
from ecopark.admission.rules import demand_on, read_ratio
from ecopark.admission.wording import both
from ecopark.core.rounding import decimal_text, exact
from ecopark.core.text import Text
from ecopark.core.value import Missing
from ecopark.packs.yaml_lines import Map

OF = ("control_units", "groups")
Claim = dict[tuple[str, str], tuple[Fraction, Fraction]]
"""What a project takes of something shared, and how much there is, by (rule, feature)."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """One carrying capacity.

    Parameters
    ----------
    need
        What the project adds.
    of
        Layer whose features bear it.
    capacity, load
        Properties of a feature: what it bears, and what is on it already, in the unit of `need`.
    """

    need: Ratio
    of: str
    capacity: str
    load: str


def _read(node: Map, source: Source) -> Capacity | None:
    need = read_ratio(node, source)
    of = str(node.get("of") or OF[0])
    if of not in OF:
        zh, en = f"of {of!r} 无效", f"of {of!r} is none of {', '.join(OF)}"
        source.problem("unknown-layer", node.line_of("of"), zh, en)
        return None
    names = [str(node.get(key) or "") for key in ("capacity", "load")]
    if not all(names):
        zh, en = "缺 capacity 或 load", "say in capacity and load which properties of the map hold them"
        source.problem("capacity-shape", node.line, zh, en)
        return None
    return None if need is None else Capacity(need, of, *names)


def _features(spec: Capacity, site: Site) -> tuple[Feature, ...]:
    if spec.of == "groups":
        return (site.group,) if site.group is not None else ()
    return site.units


def _room(spec: Capacity, feature: Feature) -> Fraction | None:
    """What is left on a feature; None if the map does not say. [unit of the need]"""
    given = [feature.get(name) for name in (spec.capacity, spec.load)]
    if any(g is None or g == "" for g in given):
        return None
    try:
        return exact(str(given[0])) - exact(str(given[1]))
    except ValueError:
        return None


def tightest(spec: Capacity, site: Site | None) -> tuple[Feature, Fraction] | Missing:
    """The feature under a place that bears least more, and how much; `Missing` where the map does not say."""
    if site is None:
        return NO_PLACE
    found = [(f, _room(spec, f)) for f in _features(spec, site)]
    known = [(f, room) for f, room in found if room is not None]
    if not found or len(known) < len(found):
        names = ", ".join(f.id for f, room in found if room is None) or spec.of
        zh = f"地图未写明承载力（{names}：{spec.capacity}、{spec.load}）"
        return lacks(spec.capacity, zh, f"the map does not say what {names} bears ({spec.capacity}, {spec.load})")
    return min(known, key=lambda pair: pair[1])


def _demands(rule: PolicyRule, case: Case) -> list[Demand]:
    spec: Capacity = rule.spec
    found = tightest(spec, case.site)
    return [] if isinstance(found, Missing) else demand_on(spec.need, "<=", max(found[1], Fraction(0)), case, rule.id)


@rule_kind("capacity", keys="ratio formula unit of capacity load", read=_read, demands=_demands)
def capacity(rule: PolicyRule, case: Case) -> Outcome:
    """What the ground still bears (its capacity less its load) against what the project adds."""
    spec: Capacity = rule.spec
    unit = spec.need.unit
    trace = case.ratio(spec.need, rule.id)
    if isinstance(trace.value, Missing):
        return undetermined(trace.value, unit=unit, trace=trace)
    need = trace.value
    assert isinstance(need, Fraction)
    if need <= 0:
        text = Text("不新增负荷", "adds no load")
        return Outcome("not_applicable", text, need, unit=unit, trace=trace)
    if case.site is None:
        return undetermined(no_site(case), unit=unit, trace=trace)
    found = tightest(spec, case.site)
    if isinstance(found, Missing):
        return undetermined(found, unit=unit, trace=trace)
    feature, room = found
    bears, adds, left = both(exact(str(feature.get(spec.capacity))), unit), both(need, unit), both(room, unit)
    zh = f"新增 {adds.zh}，{feature.name.zh}承载力 {bears.zh}，剩余 {left.zh}"
    en = f"adds {adds.en}; {feature.name.en} bears {bears.en}, of which {left.en} is left"
    status = "met" if need <= room else "not_met"
    return Outcome(status, Text(zh, en), need, f"<= {decimal_text(room)}", unit, trace)


def claims(rules: tuple[PolicyRule, ...], case: Case) -> Claim:
    """What a project takes of the ground it wants: its parcel, whole, and the load on every unit under it."""
    site = case.site
    if site is None:
        return {}
    found: Claim = {}
    if site.parcel is not None:
        found["parcel", site.parcel.id] = (Fraction(1), Fraction(1))
    for rule in rules:
        if not isinstance(rule.spec, Capacity):
            continue
        need = case.ratio(rule.spec.need, rule.id).value
        for feature in _features(rule.spec, site):
            room = _room(rule.spec, feature)
            if room is not None and isinstance(need, Fraction) and need > 0:
                found[rule.tail, feature.id] = (need, room)
    return found
