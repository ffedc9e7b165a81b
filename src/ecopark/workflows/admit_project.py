"""START READING HERE for the gate: a project and a policy in, an answer with every reason out.

1. `admission.project` reads the project, `admission.load` the policy with what the park's folder adds to it.
2. `admission.places` looks up on the park's map where the project wants to settle.
3. `admission.gate.decide` holds it against every rule; `counter_offer` finds the smallest change that would make it a yes,
   `best_place` the parcels where it would pass.
4. `admission.register` keeps the decision; `workflows.write_minutes` writes it down.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark import __version__
from ecopark.admission.best_place import best_places
from ecopark.admission.capacity_rules import claims
from ecopark.admission.counter_offer import Wishes, counter_offer, read_wishes
from ecopark.admission.decision import CounterOffer, Decision, PlaceAnswer
from ecopark.admission.gate import decide, open_case
from ecopark.admission.ledger import Entry as LedgerEntry
from ecopark.admission.load import find_policy, shipped_policies
from ecopark.admission.places import ParkMap, Site, read_map
from ecopark.admission.policy import Policy, QuotaState
from ecopark.admission.project import Project, read_project
from ecopark.admission.project_form import write_form
from ecopark.admission.register import Entry, Register
from ecopark.admission.together import Choice, choose_together
from ecopark.core.rounding import exact
from ecopark.errors import EcoparkError, InputError, Place, Problem
from ecopark.packs.yaml_lines import Map, load_yaml
from ecopark.workflows.book_quotas import LedgerAddress, balances, book, give_back, ledger_address

QUOTA_FILE = "quotas.yaml"
PAST_YEAR = "请填今年或以后的年份。", "Give this year or a later one."
ENDINGS = (".json", ".yaml", ".yml", ".xlsx")
"""Files that describe a project."""


def admit(
    project: Any,
    policy: str | Path | Policy,
    *,
    park: str | Path | None = None,
    on: date | str | None = None,
    weights: Mapping[str, Any] | None = None,
    fix: Iterable[str] = (),
    ranges: Mapping[str, tuple[Any, Any]] | None = None,
    quotas: Mapping[tuple[str, int], Any] | None = None,
    park_map: ParkMap | None = None,
    ledger: str | Path | LedgerAddress | None = None,
    held: Mapping[str, str] | None = None,
) -> Decision:
    """Whether a project may come in, why not, what would make it a yes, and where it would fit.

    Parameters
    ----------
    project
        Path of a JSON or YAML file or of the filled Excel form, or a mapping of the same shape.
    policy
        Id of a policy, its directory, or a policy already loaded.
    park
        Park folder: its map, the rules it fills in (`policy/`), its quotas.
    on
        Day of the decision; default: today.
    weights, fix, ranges
        For the counter-offer: cost of a relative change by quantity, what must not move, and least and greatest value
        by quantity (None is open).
    quotas
        What is left by (quota, year); default: what the ledger says, else `policy/quotas.yaml` of the park.
    park_map
        The park's map, where it has been read already.
    ledger
        The quota ledger, a file or ``postgresql://...``; default: the one of the park, if it has one. It is asked for the
        balances at the end of the day.
    held
        Parcels that admitted projects hold, by id, with the name of the project: they are not free.

    Returns
    -------
    decision
        Verdict, a finding for every rule, bookings, what is missing, counter-offer and places.

    Raises
    ------
    InputError
        The project, the policy or the map cannot be used; every problem is listed.

    Examples
    --------
    >>> facts = [
    ...     {"quantity": "energy_intensity", "value": "0.38", "unit": "tce/10k CNY"},
    ...     {"quantity": "tax_per_mu", "value": "450000", "unit": "CNY/mu"},
    ... ]
    >>> answer = admit({"name": "invented project", "facts": facts}, "anji", on="2026-11-21")
    >>> answer.verdict, [f.id for f in answer.reasons]
    ('refuse', ['anji/energy_intensity', 'anji/tax_per_mu'])
    """
    day = chosen_day(on)
    folder = None if park is None else park_folder(park)
    rules = policy if isinstance(policy, Policy) else find_policy(policy, park=folder)
    wishes = read_wishes(weights, fix, rules, ranges)
    layers = park_map if park_map is not None else read_map(folder) if folder else None
    layers = layers.with_held(held) if layers and held else layers
    left, told = quotas_left(quotas, ledger, folder, rules, day)
    decision, site = decide_alone(project, rules, day, layers=layers, quotas=left)
    places = best_places(decision, layers, day) if layers else ()
    offer = counter_offer(decision, day, site=site, wishes=wishes)
    if offer is None and site is None and layers and places and places[0].rank:
        offer = _offer_there(decision, day, layers, places[0], wishes)
    warnings = (*decision.warnings, *(layers.problems if layers else ()), *told)
    return replace(decision, counter_offer=offer, places=places, warnings=warnings)


def decide_alone(
    project: Any, policy: Policy, on: date, *, layers: ParkMap | None, quotas: QuotaState | None
) -> tuple[Decision, Site | None]:
    """Read one project, look its place up, and hold it against the policy: no counter-offer, no other places.

    Raises
    ------
    InputError
        The project cannot be used.
    """
    described = read_project(project, policy.own_ratios)
    if described.start is not None and described.start < on.year:
        zh, en = (
            f"投产年份 {described.start} 已过，不能占用往年指标",
            f"start {described.start} is a past year: no quota of it can be booked",
        )
        raise InputError([Problem("past-year", described.at("start"), zh, en, *PAST_YEAR)])
    site = site_of(described, layers)
    decision = decide(described, policy, on, site=site, quotas=quotas, version=__version__)
    held = tuple(sorted(layers.held.items())) if layers else ()
    whose = layers.hash if layers else ""
    return replace(decision, warnings=described.warnings, map_hash=whose, held=held), site


def site_of(project: Project, layers: ParkMap | None) -> Site | None:
    """What lies where the project wants to settle; None if it names no place, or there is no map.

    Raises
    ------
    InputError
        The map has no such place; the problem stands where the project names it.
    """
    if layers is None:
        return None
    key = "parcel" if project.parcel else "group" if project.group else "geometry"
    try:
        return layers.site_of(project.parcel, project.group, project.geometry)
    except InputError as error:
        raise InputError([replace(p, place=project.at(key)) for p in error.problems]) from None


def _offer_there(
    decision: Decision, day: date, layers: ParkMap, best: PlaceAnswer, wishes: Wishes
) -> CounterOffer | None:
    """The counter-offer of a project that names no place, worked out for the best one."""
    parcel, group = (best.id, "") if best.kind == "parcel" else ("", best.id)
    there = layers.site_of(parcel, group, "")
    moved = decide(decision.project, decision.policy, day, site=there, quotas=decision.quotas)
    offer = counter_offer(moved, day, site=there, wishes=wishes)
    return None if offer is None else replace(offer, place=best.id)


def admit_together(
    projects: Sequence[Any],
    policy: str | Path | Policy,
    *,
    value: str = "tax_paid_10k_cny",
    park: str | Path | None = None,
    on: date | str | None = None,
    quotas: Mapping[tuple[str, int], Any] | None = None,
    ledger: str | Path | LedgerAddress | None = None,
    held: Mapping[str, str] | None = None,
) -> Choice:
    """Which of the waiting projects use quotas, parcels and carrying capacity best, and what holds the others back.

    Parameters
    ----------
    projects
        Descriptions; those the gate refuses for other reasons take no part.
    value
        Quantity whose sum is made as large as it can be.
    held
        Parcels that admitted projects hold, by id, with the name of the project.
    """
    day = chosen_day(on)
    folder = None if park is None else park_folder(park)
    rules = policy if isinstance(policy, Policy) else find_policy(policy, park=folder)
    left, _ = quotas_left(quotas, ledger, folder, rules, day)
    layers = read_map(folder) if folder else None
    layers = layers.with_held(held) if layers and held else layers
    decisions, taken = [], []
    for given in projects:
        decision, site = decide_alone(given, rules, day, layers=layers, quotas=left)
        decisions.append(decision)
        taken.append(claims(rules.rules, open_case(decision.project, rules, day, site=site, quotas=left)))
    return choose_together(decisions, left or {}, value=value, claims=taken)


def write_project_form(
    path: str | Path, *, park: str | Path | None = None, held: Mapping[str, str] | None = None
) -> None:
    """Write the empty Excel form for a project; with a park, its free parcels and groups are there to choose from.

    Raises
    ------
    InputError
        The park folder does not exist, its map cannot be read, or the file is no `.xlsx`.
    """
    if Path(path).suffix.lower() != ".xlsx":
        zh, en = "申报表应为 .xlsx 文件", "the form is written as an .xlsx file"
        raise InputError([Problem("unknown-format", Place(str(path)), zh, en)])
    layers = None if park is None else read_map(park_folder(park))
    layers = layers.with_held(held) if layers and held else layers
    parcels = [] if layers is None else [f"{p.id} {p.name.zh}" for p in layers.free_parcels(date.today().year)]
    groups = [] if layers is None else [f"{g.id} {g.name.zh}" for g in layers.layers.get("groups", ())]
    write_form(path, parcels=tuple(parcels), groups=tuple(groups))


def project_files(given: Sequence[str | Path]) -> list[Path]:
    """The descriptions of projects in these files and folders, sorted within a folder.

    Raises
    ------
    InputError
        A path does not exist, or a folder holds no description.
    """
    found: list[Path] = []
    problems: list[Problem] = []
    for path in map(Path, given):
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        if not inside:
            zh, en = "文件夹中没有项目文件", f"the folder holds no project ({', '.join(ENDINGS)})"
            problems.append(Problem("no-file", Place(str(path)), zh, en))
        found += inside
    if problems:
        raise InputError(problems)
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done with a decision: its reservations in the ledger, its entry in the register."""

    booked: tuple[LedgerEntry, ...] = ()
    entry: Entry | None = None


def book_and_record(
    decision: Decision, address: LedgerAddress, park: str | Path | None, *, until: datetime, by: str, at: datetime
) -> Kept:
    """Reserve what a decision needs, then keep it in the register with its reservations; both or neither.

    Parameters
    ----------
    address
        The ledger.
    park
        Park folder of the register; None keeps no record.
    until, by, at
        End of the reservations, who books them, and when.

    Raises
    ------
    InputError
        The ledger refuses, or the register cannot be written.
    """
    register = None if park is None else Register(park_folder(park))
    if register is not None:
        list(register)  # a broken register is seen before anything is booked
    entries = book(decision, address, until=until, by=by, at=at)
    if register is None:
        return Kept(entries)
    try:
        return Kept(entries, register.append(decision, by=by, reservations=[e.ref for e in entries]))
    except (EcoparkError, OSError):
        if entries:
            give_back(decision, address, by=by, at=at, note="the decision could not be kept in the register")
        raise


def record(decision: Decision, park: str | Path, *, by: str = "") -> Entry:
    """Keep a decision in the park's register.

    Raises
    ------
    InputError
        The park folder does not exist.
    """
    return Register(park_folder(park)).append(decision, by=by)


def list_policies() -> list[Policy]:
    """The admission policies that ship with ecopark."""
    return [find_policy(name) for name in shipped_policies()]


def read_quotas(folder: Path) -> QuotaState | None:
    """What `policy/quotas.yaml` of a park says is left: entries with quota, year and left.

    Raises
    ------
    InputError
        An entry cannot be used; all of them are listed.
    """
    path = folder / "policy" / QUOTA_FILE
    if not path.is_file():
        return None
    body = load_yaml(path, str(path))
    entries = body.get("quotas") if isinstance(body, Map) else body
    problems: list[Problem] = []
    found: dict[tuple[str, int], Fraction] = {}
    for node in entries if isinstance(entries, list) else [None]:
        try:
            if not isinstance(node, Map):
                raise ValueError("a mapping with quota, year and left")
            found[(str(node["quota"]), int(node["year"]))] = exact(str(node["left"]))
        except (KeyError, ValueError, ZeroDivisionError) as error:
            line = node.line if isinstance(node, Map) else 1
            zh, en = f"总量指标读不懂：{error}", f"the quota cannot be read: {error}"
            problems.append(Problem("bad-quota", Place(str(path), line=line), zh, en))
    if problems:
        raise InputError(problems)
    return found


def quotas_left(
    given: Mapping[tuple[str, int], Any] | None,
    ledger: str | Path | LedgerAddress | None,
    folder: Path | None,
    rules: Policy,
    day: date,
) -> tuple[QuotaState | None, tuple[Problem, ...]]:
    """What is left of the quotas: as the caller says, as the ledger says, or as the park's file says, in this order."""
    if given is not None:
        return _quotas(given), ()
    address = ledger if isinstance(ledger, LedgerAddress) else ledger_address(folder, ledger)
    if address is None:
        return (read_quotas(folder) if folder else None), ()
    told: tuple[Problem, ...] = ()
    if folder is not None and (folder / "policy" / QUOTA_FILE).is_file():
        place = Place(str(folder / "policy" / QUOTA_FILE))
        zh, en = "园区有指标台账，本文件未采用", "the park has a quota ledger: this file was not used"
        told = (Problem("quotas-not-used", place, zh, en, severity="warning"),)
    return balances(address, rules, day), told


def _quotas(given: Mapping[tuple[str, int], Any]) -> dict[tuple[str, int], Fraction]:
    return {key: value if isinstance(value, Fraction) else exact(value) for key, value in given.items()}


def chosen_day(on: date | str | None) -> date:
    """The day of a decision: as given, else today."""
    if isinstance(on, date):
        return on
    if on is None:
        return date.today()
    try:
        return date.fromisoformat(on)
    except ValueError:
        zh, en = f"日期 '{on}' 读不懂", f"'{on}' is no date such as 2026-11-21"
        raise InputError([Problem("bad-date", Place(), zh, en)]) from None


def park_folder(park: str | Path) -> Path:
    """An existing park folder."""
    folder = Path(park)
    if not folder.is_dir():
        zh, en = "没有这个园区文件夹", "there is no such park folder"
        raise InputError([Problem("no-park-folder", Place(str(park)), zh, en, "请核对路径。", "Check the path.")])
    return folder


def decision_json(decision: Decision) -> str:
    """The decision as the JSON that `ecopark admit` prints."""
    return json.dumps(decision.to_dict(), ensure_ascii=False, indent=1)
