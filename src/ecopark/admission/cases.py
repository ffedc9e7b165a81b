"""Worked cases of an admission policy: a project in, the expected answer out, with the hand calculation beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.admission.counter_offer import counter_offer
from ecopark.admission.decision import Decision
from ecopark.admission.gate import decide
from ecopark.admission.places import Feature, Site
from ecopark.admission.policy import Policy, QuotaState
from ecopark.admission.project import read_project
from ecopark.core.rounding import decimal_text, exact
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, PackError, Place, Problem
from ecopark.packs.yaml_lines import Map, load_yaml

KEYS = {"id", "day", "project", "site", "quotas", "expect"}


@dataclass(frozen=True)
class AdmissionCase:
    """One worked case."""

    id: str
    place: Place
    on: date
    project: Any
    site: Site | None
    quotas: QuotaState | None
    expect: dict[str, Any]


def load_cases(policy: Policy) -> list[AdmissionCase]:
    """The cases of a policy, in order of file name.

    Raises
    ------
    PackError
        A file is not YAML or a case has not its shape.
    """
    found = []
    for path in sorted(Path(policy.folder).glob("cases/*.yaml")):
        name = f"{policy.id}/cases/{path.name}"
        data = load_yaml(path, name)
        entries = data.get("cases", [data]) if isinstance(data, Map) else data
        for entry in entries if isinstance(entries, list) else [entries]:
            try:
                found.append(_case(entry, name))
            except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
                line = entry.line if isinstance(entry, Map) else None
                en = f"a case is a mapping with id, day, project and expect ({error})"
                raise PackError(
                    [Problem("case-shape", Place(name, line=line), "算例应含 id、day、project、expect", en)]
                ) from None
    return found


def _case(entry: Map, name: str) -> AdmissionCase:
    if set(entry) - KEYS:
        raise ValueError(f"unknown key {sorted(set(entry) - KEYS)[0]}")
    if not isinstance(entry["project"], dict):  # a text would be taken for the path of a file
        raise ValueError("project is a mapping")
    rows = entry.get("quotas")
    quotas = None if rows is None else {(str(q), int(y)): exact(str(left)) for q, y, left in rows}
    return AdmissionCase(
        str(entry["id"]),
        Place(name, line=entry.line),
        date.fromisoformat(str(entry["day"])),
        entry["project"],
        _site(entry.get("site")),
        quotas,
        dict(entry["expect"]),
    )


def _site(node: Any) -> Site | None:
    """A place without a map: `{unit: key, bears: {cod_capacity_t: 9, cod_load_t: 8}, group: G01, reserve: R1,
    near: {residential: 300}, parcel_mu: 80}`."""
    if not isinstance(node, Map):
        return None

    def feature(layer: str, name: str, **properties: Any) -> Feature:
        return Feature(layer, name, Text(name, name), None, properties)

    known = {"sensitive", "reserve"} | ({"control_units"} if node.get("unit") else set())
    group = str(node.get("group") or "")
    room = node.get("parcel_mu")
    bears = {str(k): str(v) for k, v in (node.get("bears") or {}).items()}
    distances = {str(k): (float(v), Text(str(k), str(k))) for k, v in (node.get("near") or {}).items()}
    return Site(
        units=(feature("control_units", "U1", **{"class": str(node["unit"]), **bears}),) if node.get("unit") else (),
        group=feature("groups", group) if group else None,
        parcel=feature("parcels", "P", area_mu=str(room)) if room else None,
        reserve=(feature("reserve", str(node["reserve"])),) if node.get("reserve") else (),
        distances=distances,
        known=frozenset(known),
    )


def run_case(case: AdmissionCase, policy: Policy) -> tuple[Decision | None, list[Problem]]:
    """Hold the case's project against the policy and compare with what it expects."""
    if wrong_shape := _shape(case.expect):
        return None, [_wrong(case, wrong_shape)]
    try:
        project = read_project(case.project, policy.own_ratios)
        decision = decide(project, policy, case.on, site=case.site, quotas=case.quotas)
    except EcoparkError as error:
        return None, [_wrong(case, str(error))]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return None, [_wrong(case, f"its site or project has not the shape it should have ({error})")]
    wrong = []
    expect = case.expect
    if "verdict" in expect and decision.verdict != expect["verdict"]:
        why = "; ".join(f"{f.rule.tail}: {f.reason.en}" for f in decision.reasons)
        wrong.append(f"verdict is {decision.verdict} ({why}), expected {expect['verdict']}")
    for tail, wanted in (expect.get("findings") or {}).items():
        try:
            found = decision.finding(str(tail))
        except KeyError:
            wrong.append(f"there is no rule {tail}")
            continue
        shown = {
            "status": found.status,
            "limit": found.limit,
            "value": decimal_text(found.value) if isinstance(found.value, Fraction) else str(found.value),
            "missing": ", ".join(m.quantity for m in found.missing),
        }
        wrong += [
            f"rule {tail}: {key} is {shown.get(key)} ({found.reason.en}), expected {value}"
            for key, value in wanted.items()
            if shown.get(key) != str(value)
        ]
    if "bookings" in expect:
        booked = [f"{b.quota} {b.year} {decimal_text(b.required)}" for b in decision.bookings]
        wanted_bookings = [str(b) for b in expect["bookings"] or ()]
        if booked != wanted_bookings:
            wrong.append(f"bookings are {booked}, expected {wanted_bookings}")
    if "counter_offer" in expect:
        wrong += _offer(decision, case)
    return decision, [_wrong(case, text) for text in wrong]


def _shape(expect: dict[str, Any]) -> str:
    """What is wrong with the shape of what a case expects; empty if nothing is."""
    findings = expect.get("findings") or {}
    if not isinstance(findings, dict) or any(not isinstance(f, dict) for f in findings.values()):
        return "findings is a mapping from a rule to its status, value or limit"
    if not isinstance(expect.get("bookings") or [], list):
        return "bookings is a list of texts: quota, year, amount"
    if not isinstance(expect.get("counter_offer") or {}, dict) and expect["counter_offer"] != "none":
        return "counter_offer is none, or a mapping from a quantity to what it must be"
    return ""


def _offer(decision: Decision, case: AdmissionCase) -> list[str]:
    offer = counter_offer(decision, case.on, site=case.site)
    found = None if offer is None else {c.quantity: decimal_text(c.needed) for c in offer.changes}
    wanted = case.expect["counter_offer"]
    wanted = None if not wanted or wanted == "none" else {str(k): str(v) for k, v in wanted.items()}
    return [] if found == wanted else [f"the counter-offer is {found}, expected {wanted}"]


def _wrong(case: AdmissionCase, en: str) -> Problem:
    return Problem("case-fails", case.place, f"算例 {case.id}：{en}", f"case {case.id}: {en}")


def check_policy(policy: Policy) -> list[Problem]:
    """Everything that is wrong with a loaded policy: sources, and its own cases."""
    found = []
    head = Place(f"{policy.id}/policy.yaml")
    if not policy.sources:
        found.append(Problem("source-missing", head, "没有来源", "no source is named"))
    for rule in policy.rules:
        if not rule.to_fill and not rule.clause:
            zh, en = f"规则 {rule.tail}：没有写明出处", f"rule {rule.tail}: say in clause where it is written"
            found.append(Problem("clause-missing", rule.place, zh, en))
    cases = load_cases(policy)
    if not cases:
        found.append(Problem("no-case", Place(f"{policy.id}/cases"), "没有算例", "the policy has no worked case"))
    for case in cases:
        found += run_case(case, policy)[1]
    return found
