"""Where a project would pass: every free parcel, and every group, held against the rules on places.

What does not depend on the place is decided once; the places differ only in the rules that look at the map.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction

from ecopark.admission.decision import Decision, Finding, PlaceAnswer
from ecopark.admission.gate import hold, open_case, verdict_of
from ecopark.admission.places import Feature, ParkMap, Site
from ecopark.admission.policy import Case
from ecopark.core.rounding import decimal_text, exact
from ecopark.core.text import Text
from ecopark.core.words import unit_words
from ecopark.errors import FormulaError
from ecopark.expr.traced import evaluate
from ecopark.indicators.resolve import compiled

NEEDS = {
    "land": ("land_area_mu", "mu"),
    "energy": ("energy_total_tce", "tce"),
    "water": ("industrial_fresh_water_m3", "m3"),
    "talent": ("employees", "person"),
}
"""What a project needs of a place: quantity and unit; a feature says what it has as ``energy_left_tce`` and so on."""
HARD = ("land", "energy", "water")
"""Without enough of these it cannot settle; too few people nearby only lower its rank."""
OFFERS = {"energy": "energy_left_tce", "water": "water_left_m3", "talent": "talent_persons"}
LABELS = {
    "land": Text("用地", "land"),
    "energy": Text("能源", "energy"),
    "water": Text("供水", "water"),
    "talent": Text("人才", "talent"),
}
ORDER = {"admit": 0, "conditional": 1, "undetermined": 2, "refuse": 3}
BAD = ("refuse", "undetermined")
OF_PLACES = ("place", "capacity")
"""Kinds of rules that look at the map."""


def best_places(decision: Decision, park: ParkMap, on: date, *, most: int | None = None) -> tuple[PlaceAnswer, ...]:
    """Free parcels and groups, best first; those where it would not pass follow with the reasons.

    A project is judged here apart from what refuses it anywhere: the ranking says where it would fit once the numbers do.

    Parameters
    ----------
    decision
        What the gate said; the rules on places are asked again for every place.
    park
        The park's map.
    most
        How many answers at most.
    """
    rules = [f.rule for f in decision.findings if f.rule.kind in OF_PLACES and not f.rule.to_fill]
    if not rules and "parcels" not in park.layers:
        return ()
    case = open_case(decision.project, decision.policy, on, quotas=decision.quotas)
    needs = {name: need for name in NEEDS if (need := _need(case, *NEEDS[name])) is not None}
    elsewhere = tuple(f for f in decision.findings if f.rule.kind not in OF_PLACES)
    free = park.free_parcels(on.year)
    served = {park.group_of(p) for p in free}
    groups = [g for g in park.layers.get("groups", ()) if g.id not in served]
    found = []
    for feature, kind in (*((p, "parcel") for p in free), *((g, "group") for g in groups)):
        site = _site(park, feature, kind)
        here = replace(case, site=site)
        findings = tuple(hold(rule, here) for rule in rules)
        if kind == "group":
            findings = tuple(f for f in findings if not (f.status == "undetermined" and _asks(f, "parcel")))
        found.append(_answer(feature, kind, site, elsewhere, findings, needs))
    found.sort(key=lambda p: (ORDER[p.verdict], -p.score, p.id))
    ranked = [replace(p, rank=n + 1 if p.verdict not in BAD else 0) for n, p in enumerate(found)]
    return tuple(ranked if most is None else ranked[:most])


def _asks(finding: Finding, item: str) -> bool:
    return any(m.quantity == item for m in finding.missing)


def _site(park: ParkMap, feature: Feature, kind: str) -> Site:
    if kind == "group":
        return park.site(feature.shape, group=feature)
    return park.site(feature.shape, parcel=feature, group=park.find("groups", park.group_of(feature)))


def _need(case: Case, quantity: str, unit: str) -> Fraction | None:
    try:
        value = evaluate(compiled(quantity, unit), case.lookup, case.period).value
    except FormulaError:
        return None
    return value if isinstance(value, Fraction) else None


def _answer(
    feature: Feature,
    kind: str,
    site: Site,
    elsewhere: Iterable[Finding],
    findings: tuple[Finding, ...],
    needs: dict[str, Fraction],
) -> PlaceAnswer:
    fits: list[tuple[str, Fraction]] = []
    reasons: list[tuple[str, Text]] = []
    short = False
    for name, need in needs.items():
        room = _room(feature, site, name)
        if room is None:
            continue
        fits.append((name, min(Fraction(1), room / need) if need > 0 else Fraction(1)))
        if need > room:
            short = short or name in HARD
            if name == "land" and any(f.unit == "mu" and f.status == "not_met" for f in findings):
                continue  # the rule on the parcel says so already
            unit = NEEDS[name][1]
            have, want = decimal_text(room, 6), decimal_text(need, 6)
            zh = f"{LABELS[name].zh}不足：需 {want}，有 {have} {unit_words(unit, 'zh')}"
            en = f"not enough {LABELS[name].en}: needs {want}, has {have} {unit_words(unit, 'en')}"
            reasons.append((f"place/{name}", Text(zh, en)))
    leading = any(f.value == "leading" for f in findings)
    fits.append(("industry", Fraction(1 if leading else 0)))
    verdict = "refuse" if short else verdict_of((*findings, *_harmless(elsewhere)))
    for f in findings:
        if f.decides and (f.decides != "condition" or verdict == "conditional"):
            reasons.append((f.id, f.reason))
    if verdict not in BAD:
        reasons += [(f.id, f.reason) for f in findings if f.status == "met"]
    score = 2 * Fraction(1 if leading else 0) + _tightness(feature, needs.get("land")) + dict(fits).get("talent", 0)
    group = site.group.id if site.group else ""
    return PlaceAnswer(feature.id, kind, feature.name, group, verdict, 0, score, tuple(fits), tuple(reasons))


def _harmless(findings: Iterable[Finding]) -> list[Finding]:
    """What the other rules add to the verdict of a place: conditions, but no refusal that holds everywhere."""
    return [f for f in findings if f.status in ("met", "condition")]


def _tightness(feature: Feature, land: Fraction | None) -> Fraction:
    """How much of the parcel the project would use: land is not to be wasted."""
    room = feature.area_mu()
    return Fraction(0) if not land or not room or land > room else land / room


def _room(feature: Feature, site: Site, name: str) -> Fraction | None:
    if name == "land":
        return feature.area_mu() if feature.layer == "parcels" else None
    key = OFFERS[name]
    for owner in (feature, site.group):
        if owner is not None and owner.get(key) is not None:
            return exact(str(owner.get(key)))
    return None
