"""Kinds of rules on where a project settles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ecopark.admission.industry import covers, named
from ecopark.admission.places import UNIT_CLASSES, Site, strictest
from ecopark.admission.policy import Case, Outcome, PolicyRule, Source, lacks, rows_of, rule_kind, undetermined
from ecopark.admission.rules import NO_CODE
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing
from ecopark.errors import did_you_mean
from ecopark.packs.yaml_lines import Map

NO_PLACE = lacks("parcel", "未给出地块、组团或位置", "no parcel, group or geometry is given")
NO_MAP = lacks("map", "没有园区地图，无法核对位置", "there is no map of the park to look the place up on")
UNIT_TEXT = {
    "priority": Text("优先保护单元", "priority protection unit"),
    "key": Text("重点管控单元", "key control unit"),
    "general": Text("一般管控单元", "general control unit"),
}
ANSWERS = ("admit", "condition", "refuse")


@dataclass(frozen=True, slots=True)
class GroupRole:
    """What a functional group is for: leading industries (first choice) and others it takes."""

    id: str
    leading: tuple[str, ...]
    also: tuple[str, ...] = ()
    role: Text = Text()


@dataclass(frozen=True, slots=True)
class PlaceSpec:
    """One rule on places; which fields count depends on `aspect`.

    Parameters
    ----------
    aspect
        ``control_unit``, ``setback``, ``group``, ``reserve`` or ``parcel``.
    answers
        ``control_unit``: what is said to each class of unit.
    by_group
        ``control_unit``: class of unit by group, where the map has no layer of units.
    codes
        Industries the rule is about; empty: all.
    near, distance
        ``setback``: type of sensitive place and least distance. [m]
    groups
        ``group``: roles by group id. ``reserve``: groups that are reserve as a whole.
    outside
        ``group``: what is said to an industry that the group does not name.
    """

    aspect: str
    answers: dict[str, str]
    by_group: dict[str, str]
    codes: tuple[str, ...] = ()
    near: str = ""
    distance: Fraction = Fraction(0)
    groups: tuple[GroupRole, ...] = ()
    outside: str = "refuse"


def _mapping(node: Map, key: str) -> Map:
    found = node.get(key)
    return found if isinstance(found, Map) else Map()


def _read(node: Map, source: Source) -> PlaceSpec | None:
    aspect = str(node.get("aspect") or "")
    if aspect not in ASPECTS:
        hint = did_you_mean(aspect, list(ASPECTS))
        en = f"aspect {aspect!r} is none of {', '.join(ASPECTS)}."
        source.problem("unknown-aspect", node.line_of("aspect"), f"aspect {aspect!r} 无效", en, hint, hint)
        return None
    answers = {str(k): str(v) for k, v in _mapping(node, "classes").items()}
    by_group = {str(k): str(v) for k, v in _mapping(node, "by_group").items()}
    for word in set(answers) | set(by_group.values()):
        if word not in UNIT_CLASSES:
            zh, en = f"单元类别 {word!r} 无效", f"unit class {word!r} is none of {', '.join(UNIT_CLASSES)}"
            source.problem("unknown-class", node.line_of("classes"), zh, en)
    outside = str(node.get("outside") or "refuse")
    for word in {*answers.values(), outside}:
        if word not in ANSWERS:
            zh, en = f"结论 {word!r} 无效", f"answer {word!r} is none of {', '.join(ANSWERS)}"
            source.problem("unknown-answer", node.line_of("classes"), zh, en)
    if aspect == "control_unit" and not answers:
        source.problem("classes-missing", node.line, "缺 classes", "say in classes what each class of unit answers")
    distance = source.number(node.get("distance_m"), node.line_of("distance_m"), "distance_m")
    if aspect == "setback" and (distance is None or not node.get("near")):
        source.problem(
            "setback-shape", node.line, "退让距离须有 near 与 distance_m", "a setback has near and distance_m"
        )
        return None
    roles = []
    for entry in rows_of(node, "groups"):
        if not isinstance(entry, Map) or not entry.get("id"):
            source.problem("id-missing", node.line_of("groups"), "组团须有 id", "every group has an id")
            continue
        leading, also = source.strings(entry.get("leading")), source.strings(entry.get("also"))
        label = Text(str(entry.get("zh") or ""), str(entry.get("en") or ""))
        roles.append(GroupRole(str(entry["id"]), leading, also, label))
    if aspect == "group" and not roles:
        source.problem("groups-missing", node.line, "缺 groups", "the rule names no groups")
    codes = source.strings(node.get("codes"))
    return PlaceSpec(
        aspect, answers, by_group, codes, str(node.get("near") or ""), distance or Fraction(0), tuple(roles), outside
    )


def no_site(case: Case) -> Missing:
    """Why nothing is known of the place: the project names none, or there is no map."""
    project = case.project
    return NO_MAP if project.parcel or project.group or project.geometry else NO_PLACE


@rule_kind("place", keys="aspect classes by_group codes near distance_m groups outside", read=_read)
def place(rule: PolicyRule, case: Case) -> Outcome:
    """Control unit, setback, functional group, reserve land, or the parcel itself."""
    spec: PlaceSpec = rule.spec
    if spec.codes:
        if not case.project.industry_code:
            return undetermined(NO_CODE)
        if not covers(spec.codes, case.project.industry_code):
            code = named(case.project.industry_code)
            return Outcome("not_applicable", Text(f"本条不涉及行业 {code}", f"the rule is not about industry {code}"))
    if case.site is None:
        return undetermined(no_site(case))
    return ASPECTS[spec.aspect](spec, case, case.site)


def _answer(word: str, zh: str, en: str, value: Any = None) -> Outcome:
    status = {"admit": "met", "condition": "condition", "refuse": "not_met"}[word]
    return Outcome(status, Text(zh, en), value)


def _control_unit(spec: PlaceSpec, case: Case, site: Site) -> Outcome:
    units = site.units
    if units:
        found = strictest(units)
        zh, en = "、".join(u.name.zh for u in units), ", ".join(u.name.en for u in units)
        names = f"{zh}，{UNIT_TEXT[found].zh}", f"{en}: {UNIT_TEXT[found].en}"
    else:
        group = site.group
        found = spec.by_group.get(group.id, "") if group is not None else ""
        if not found:
            known = "control_units" in site.known
            zh = "所在位置不属于任何管控单元" if known else "地图中没有管控单元图层"
            en = "the place lies in no control unit" if known else "the map has no layer of control units"
            return undetermined(lacks("control_unit", zh, en))
        assert group is not None
        names = f"{group.name.zh}，{UNIT_TEXT[found].zh}", f"{group.name.en}: {UNIT_TEXT[found].en}"
    word = spec.answers.get(found, "refuse")
    zh, en = f"位于{names[0]}", f"in {names[1]}"
    if len({str(u.get("class")) for u in units}) > 1:
        zh, en = f"{zh}（跨多个单元，按较严的判定）", f"{en} (several units meet here, the strictest counts)"
    if site.overlaps:
        pairs = "; ".join(f"{a}/{b}" for a, b in site.overlaps)
        zh, en = f"{zh}；地图有误：管控单元重叠（{pairs}）", f"{en}; fault of the map: control units overlap ({pairs})"
    return _answer(word, zh, en, found)


def _setback(spec: PlaceSpec, case: Case, site: Site) -> Outcome:
    limit = f">= {decimal_text(spec.distance)}"
    if spec.near not in site.distances:
        if "sensitive" in site.known:
            zh, en = f"地图上没有此类敏感点（{spec.near}）", f"the map has no sensitive place of type {spec.near}"
            return Outcome("met", Text(zh, en), limit=limit, unit="m")
        zh, en = "地图中没有敏感点图层", "the map has no layer of sensitive places"
        return undetermined(lacks(f"distance.{spec.near}", zh, en), limit=limit, unit="m")
    metres, name = site.distances[spec.near]
    value = Fraction(round(metres * 10), 10)
    held = metres >= spec.distance
    far = decimal_text(value)
    zh = f"距{name.zh} {far} 米，要求不小于 {decimal_text(spec.distance)} 米"
    en = f"{far} m from {name.en}, required at least {decimal_text(spec.distance)} m"
    return Outcome("met" if held else "not_met", Text(zh, en), value, limit, "m")


def _group(spec: PlaceSpec, case: Case, site: Site) -> Outcome:
    code = case.project.industry_code
    if site.group is None:
        return undetermined(lacks("group", "所在功能组团不明", "the functional group of the place is not known"))
    if not code:
        return undetermined(NO_CODE)
    group = site.group
    role = next((r for r in spec.groups if r.id == group.id), None)
    if role is None:
        zh, en = f"{group.name.zh}未规定主导产业", f"{group.name.en} has no leading industries set"
        return Outcome("not_applicable", Text(zh, en))
    if covers(role.leading, code):
        zh, en = f"{named(code)} 为{group.name.zh}主导产业", f"{named(code)} is a leading industry of {group.name.en}"
        return Outcome("met", Text(zh, en), "leading")
    if covers(role.also, code):
        zh, en = f"{group.name.zh}可接纳 {named(code)}", f"{group.name.en} takes {named(code)}"
        return Outcome("met", Text(zh, en), "accepted")
    zh = f"{named(code)} 不属于{group.name.zh}的产业方向（{'、'.join(role.leading)}）"
    en = f"{named(code)} is not what {group.name.en} is for ({', '.join(role.leading)})"
    return _answer(spec.outside, zh, en, "outside")


def _reserve(spec: PlaceSpec, case: Case, site: Site) -> Outcome:
    if site.reserve:
        zh = f"占用战略留白用地：{'、'.join(r.name.zh for r in site.reserve)}"
        en = f"on strategic reserve land: {', '.join(r.name.en for r in site.reserve)}"
        return Outcome("not_met", Text(zh, en))
    if site.parcel is not None and bool(site.parcel.get("reserve")):
        return Outcome("not_met", Text("该地块为战略留白", "the parcel is strategic reserve"))
    if site.group is not None and any(r.id == site.group.id for r in spec.groups):
        zh, en = f"{site.group.name.zh}为战略留白", f"{site.group.name.en} is strategic reserve"
        return Outcome("not_met", Text(zh, en))
    if "reserve" not in site.known and not spec.groups:
        zh, en = "地图中没有战略留白图层", "the map has no layer of reserve land"
        return undetermined(lacks("reserve", zh, en))
    return Outcome("met", Text("不占用战略留白用地", "not on strategic reserve land"))


def _parcel(spec: PlaceSpec, case: Case, site: Site) -> Outcome:
    from ecopark.admission.places import is_free

    parcel = site.parcel
    if parcel is None:
        return undetermined(lacks("parcel", "未给出地块", "no parcel is given"))
    if not is_free(parcel, case.on.year):
        holder = str(parcel.get("zh") or parcel.get("firm") or "")
        zh, en = f"地块 {parcel.id} 已有使用者（{holder}）", f"parcel {parcel.id} is held by {holder}"
        return Outcome("not_met", Text(zh, en))
    needed = case.lookup.quantity(_land(), case.period).value
    room = parcel.area_mu()
    if not isinstance(needed, Fraction) or room is None:
        return undetermined(lacks("land_area_mu", "未填报用地面积", "the land it needs is not given"))
    have, want = decimal_text(room, 6), decimal_text(needed, 6)
    zh, en = f"需地 {want} 亩，地块 {parcel.id} 有 {have} 亩", f"needs {want} mu, parcel {parcel.id} has {have} mu"
    return Outcome("met" if needed <= room else "not_met", Text(zh, en), needed, f"<= {have}", "mu")


def _land() -> Any:
    from ecopark.observations.quantity import catalogue

    return catalogue()["land_area_mu"]


ASPECTS: dict[str, Callable[[PlaceSpec, Case, Site], Outcome]] = {
    "control_unit": _control_unit,
    "setback": _setback,
    "group": _group,
    "reserve": _reserve,
    "parcel": _parcel,
}
"""What a rule on places can be about."""
