"""What rules on the ground under a project look at: control units, setbacks, groups, reserve, parcels, carrying capacity.

Thousands of units differ in their names and in what they bear. A trial gets a unit with a mark for its name and with capacities
of its own, and can ask it for nothing else; each project then gets the name and the capacities of its own unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission.batch_figures import Figures
from ecopark.admission.batch_places import Sites
from ecopark.admission.batch_plans import PLANS, plan_for
from ecopark.admission.batch_projects import ProjectTable
from ecopark.admission.batch_rules import MARKS, NEAR, Glimpse, NotAskedError, Plan, Rows, Shown, Slot, Trial
from ecopark.admission.batch_text import Words, amounts, spelled, stand_in, tenths
from ecopark.admission.capacity_rules import Capacity, tightest
from ecopark.admission.industry import covers
from ecopark.admission.place_rules import PlaceSpec
from ecopark.admission.policy import PolicyRule, QuotaState
from ecopark.admission.wording import both
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LAND = "quantity:land_area_mu"
TIDY = 10**6
"""Capacities of at most so many parts of one are subtracted exactly as whole numbers; others are left to the exact form."""
LARGEST = 1e9
UNITS = frozenset({"units", "overlaps"})
"""What a rule on control units asks of a site that lies in one."""


GROUND = ("place", "capacity")
"""Kinds of rules that look at the place; the others can be held before it is known."""


class _Only(dict[str, Any]):
    """The properties of a marked unit: asking for any other one than these ends the trial."""

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            raise NotAskedError(key)
        return self[key]


def _mark_unit(trial: Trial, properties: dict[str, Any], which: int) -> None:
    """Put a unit that is known by marks in place of the one unit under the project."""
    assert trial.site is not None
    (unit,) = trial.site.units
    name, key = MARKS[which]
    marked = replace(unit, id=key, name=Text(name, name), properties=_Only(properties))
    trial.site = replace(trial.site, units=(marked,))


def measured(rules: Sequence[PolicyRule], table: ProjectTable) -> NDArray[np.bool_]:
    """Projects whose distance to sensitive places a rule asks for."""
    wanted = np.zeros(len(table), dtype=bool)
    for rule in rules:
        if rule.kind not in PLANS:
            wanted[:] = True
        elif isinstance(rule.spec, PlaceSpec) and rule.spec.aspect == "setback":
            codes, index = table.codes
            prefixes = rule.spec.codes
            wanted |= np.array([not prefixes or covers(prefixes, c) for c in codes] or [False])[index]
    return wanted


def _ask_place(rule: PolicyRule, figures: Figures, quotas: QuotaState | None, on: date) -> None:
    if rule.spec.aspect == "parcel":
        figures.ask(LAND)


@plan_for("place", _ask_place)
def place(rule: PolicyRule, rows: Rows) -> Plan | None:
    """What lies under the project, by the aspect that the rule is about."""
    spec: PlaceSpec = rule.spec
    sites = rows.sites
    keys = [rows.covered(spec.codes)] if spec.codes else []
    keys.append(sites.given + 2 * sites.wanted.astype(np.int64))
    if spec.aspect == "setback":
        return _setback(spec, keys, sites)
    keys.append(sites.named)
    if spec.aspect == "control_unit":
        return _control_unit(keys, sites)
    if spec.aspect == "group":
        return Plan([*keys, sites.group, _fit(spec, rows)], place=True)
    if spec.aspect == "reserve":
        return Plan([*keys, sites.group, sites.reserve], place=True)
    return _parcel(keys, rows) if spec.aspect == "parcel" else None


def _control_unit(keys: list[Ints], sites: Sites) -> Plan:
    """The class of the unit; its name stands in the text. The group counts only where there is no unit."""
    units = sites.layer("control_units")
    classes: dict[Any, int] = {}
    by_unit = np.array(
        [classes.setdefault(u.properties.get("class"), len(classes)) for u in units] or [0], dtype=np.int64
    )
    slot = Slot(lambda: sites.unit_names)

    def mark(trial: Trial, row: int, which: int) -> None:
        slot.show(*2 * (MARKS[which][0],))
        if sites.alone[row]:
            _mark_unit(trial, {"class": units[sites.only_unit[row]].get("class")}, which)
            trial.site = Glimpse(trial.site, UNITS)  # type: ignore[assignment]

    kinds = np.where(sites.alone, by_unit[sites.only_unit], -1)
    group = np.where(sites.alone, -1, sites.group)
    return Plan([*keys, group, sites.ground, kinds], place=True, slots=[slot], mark=mark)


def _fit(spec: PlaceSpec, rows: Rows) -> Ints:
    """Whether each project's industry leads in its group, is taken there too, or neither; or whether none is given."""
    codes, index = rows.codes
    roles = {role.id: role for role in reversed(spec.groups)}  # of two for one group the first counts
    given = np.array([bool(c) for c in codes] or [False])
    fits = np.zeros((len(rows.sites.layer("groups")) + 1, len(given)), dtype=np.int64)
    for place, group in enumerate(rows.sites.layer("groups")):
        if group.id in roles:
            led, taken = (rows.covered_codes(p) for p in (roles[group.id].leading, roles[group.id].also))
            fits[place] = np.where(led, 2, np.where(taken, 1, 0))
    fits[:, ~given] = 3
    return fits[rows.sites.group, index]


def _setback(spec: PlaceSpec, keys: list[Ints], sites: Sites) -> Plan:
    """The side of the least distance; the distance and the name of the place stand in the text."""
    if spec.near not in sites.distances:
        return Plan(keys, place=True)
    metres, index, names = sites.distances[spec.near]
    side = np.where(np.isnan(metres), 2, metres >= float(spec.distance)).astype(np.int64)
    apart = Slot(lambda: tenths(metres), values=np.rint(metres * 10) / 10)
    name = Slot(lambda: spelled([n.zh for n in names], [n.en for n in names], index))

    def mark(trial: Trial, row: int, which: int) -> None:
        name.show(*2 * (MARKS[which][0],))
        if trial.site is None or spec.near not in trial.site.distances:
            apart.show("", "")
            return
        far = trial.site.distances[spec.near][0] >= spec.distance
        low, high = (spec.distance, None) if far else (Fraction(0), spec.distance)
        made = Fraction(round(stand_in(low, high, which) * 10), 10)
        if (made >= spec.distance) != far:
            raise NotAskedError("no distance between the limits")
        apart.show(decimal_text(made), decimal_text(made), number=made)
        marked = (float(made), Text(*2 * (MARKS[which][0],)))
        trial.site = replace(trial.site, distances={**trial.site.distances, spec.near: marked})

    return Plan([*keys, side], place=True, slots=[apart, name], mark=mark)


def _parcel(keys: list[Ints], rows: Rows) -> Plan:
    """Whether the land a project needs is there; a need within 1e-9 of it is decided exactly."""
    sites, asked = rows.sites, rows.figures.of(LAND)
    rooms = [s.parcel.area_mu() if s.parcel is not None else None for s in sites.made]
    room = np.array([np.nan if r is None else float(r) for r in rooms] + [np.nan])[sites.named]

    def bound(row: int) -> Fraction | None:
        return rooms[sites.named[row]] if sites.named[row] >= 0 else None

    side, near = _side(asked.value, room)
    return Plan([*keys, asked.state, side], [Shown(LAND, bound)], near, place=True)


def _side(value: Floats, room: Floats) -> tuple[Ints, NDArray[np.bool_]]:
    """0 within the room, 1 beyond it, 2 not known; and where that is too close to tell."""
    known = ~(np.isnan(value) | np.isnan(room))
    with np.errstate(invalid="ignore"):
        near = known & (np.abs(value - room) <= NEAR * np.maximum(np.abs(room), np.abs(value)))
        return np.where(known, value > room, 2).astype(np.int64), near


# -- carrying capacity -------------------------------------------------------------------------------------------------


def _ask_capacity(rule: PolicyRule, figures: Figures, quotas: QuotaState | None, on: date) -> None:
    figures.ask(rule.spec.need, [Fraction(0)])


@plan_for("capacity", _ask_capacity)
def capacity(rule: PolicyRule, rows: Rows) -> Plan:
    """Whether the unit bears what the project adds; its name, capacity and room stand in the text."""
    spec: Capacity = rule.spec
    sites, asked = rows.sites, rows.figures.of(spec.need)
    units = sites.layer("control_units")
    bears, room, tidy = _rooms(spec, units)
    alone = sites.alone & (spec.of == "control_units")
    own = np.where(alone, room[sites.only_unit], np.nan)
    ground = np.where(alone, -1, sites.ground if spec.of == "control_units" else len(rows) * 2 + sites.group)
    bounds: dict[int, Fraction | None] = {}
    for number in np.unique(ground[sites.given & ~alone]).tolist():
        first = int(np.flatnonzero(sites.given & (ground == number))[0])
        site = sites.site(first)
        assert site is not None
        found = tightest(spec, site)
        bounds[number] = None if isinstance(found, Missing) else found[1]
        if not isinstance(found, Missing):
            own[sites.given & (ground == number)] = float(found[1])
    side, near = _side(asked.value, own)
    near |= alone & ~tidy[sites.only_unit]
    slots = _capacity_slots(spec, sites, bears, room)

    def bound(row: int) -> Fraction | None:
        return None if alone[row] else bounds.get(int(ground[row]))

    def mark(trial: Trial, row: int, which: int) -> None:
        name, key, whole, left = slots
        name.show(*2 * (MARKS[which][0],))
        key.show(*2 * (MARKS[which][1],))
        if not alone[row] or np.isnan(own[row]) or asked.state[row]:
            whole.show("", "")
            left.show("", "")
            if alone[row]:
                _mark_unit(trial, {spec.capacity: None, spec.load: None}, which)
            return
        need = trial.numbers[spec.need]
        assert isinstance(need, Fraction)
        rest = (
            stand_in(need, None, which, 3)
            if asked.value[row] <= own[row]
            else need - stand_in(Fraction(0), need, which, 4)
        )
        rest, load = Fraction(decimal_text(rest, 9)), Fraction("31.9173") + which
        words, more = both(rest + load, spec.need.unit), both(rest, spec.need.unit)
        whole.show(words.zh, words.en)
        left.show(more.zh, more.en, limit=decimal_text(rest))
        _mark_unit(trial, {spec.capacity: decimal_text(rest + load), spec.load: decimal_text(load)}, which)

    known = np.isnan(own).astype(np.int64)
    keys = [sites.given + 2 * sites.wanted.astype(np.int64), ground, known, asked.region(), side]
    return Plan(keys, [Shown(spec.need, bound)], near, place=True, slots=slots, mark=mark)


def _rooms(spec: Capacity, units: Sequence[Any]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """What each unit bears and has left (nan where the map does not say), and whether that is exact."""
    given = np.full((2, max(len(units), 1)), np.nan)
    tidy = np.ones(given.shape[1], dtype=bool)
    for line, key in enumerate((spec.capacity, spec.load)):
        values = [unit.properties.get(key) for unit in units]
        if values and set(map(type, values)) <= {int, float}:
            given[line] = values
            continue
        for place, value in enumerate(values):
            if isinstance(value, int | float) and not isinstance(value, bool):
                given[line, place] = value
            elif value not in (None, ""):
                tidy[place] = False
    with np.errstate(invalid="ignore"):
        whole = np.rint(given * TIDY)
        exact = (whole / TIDY == given) & (np.abs(given) < LARGEST)
        room = (whole[0] - whole[1]) / TIDY
    unknown = np.isnan(room)
    return given[0], room, tidy & (exact.all(axis=0) | unknown)


def _capacity_slots(spec: Capacity, sites: Sites, bears: Floats, room: Floats) -> list[Slot]:
    """Name and id of the unit, what it bears, and what it has left."""

    def rest() -> Words:
        words = amounts(room[sites.only_unit], spec.need.unit)
        plain = pl.Series(np.nan_to_num(room[sites.only_unit])).cast(pl.String).str.strip_suffix(".0")
        size = np.abs(room[sites.only_unit])
        return replace(words, limit=plain, unsure=words.unsure | ((size > 0) & (size < 1e-4)))

    return [
        Slot(lambda: sites.unit_names),
        Slot(lambda: sites.unit_ids),
        Slot(lambda: amounts(bears[sites.only_unit], spec.need.unit)),
        Slot(rest),
    ]


__all__ = ["capacity", "measured", "place"]
