"""The register of cases as it is handed out: those a person chose and may know, looked up at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from ecopark.casework import cases as engine
from ecopark.casework.rules import CaseRules
from ecopark.core.text import Text
from ecopark.web.cases import lists, work
from ecopark.web.cases.models import Case
from ecopark.web.people.access import Standing
from ecopark.workflows.write_register import Entry, Register, W


def registered(standing: Standing, wanted: Mapping[str, str], now: datetime) -> Register:
    """The cases that the filters choose, in the order asked for (`sort`), `lists.MOST_COUNTED` at most."""
    park, rules = standing.park, work.rules_of(standing.park)
    rows, chosen = lists.filtered(standing, wanted, now)
    count = rows.count()
    cases = list(lists.ordered(rows, wanted.get("sort", "")).select_related("firm")[: lists.MOST_COUNTED])
    grids = work.grids_of(park)
    departments = {d.key: d for d in park.departments.all()}
    given = {case.to for case in cases if case.to}
    firms = {
        to.partition(":")[2]: to.partition(":")[2] for to in given if to.startswith("firm:")
    }  # a gone one by its key
    if firms:
        firms |= {k: name for k, name in park.subjects.values_list("key", "name") if k in firms}
    to_words = {to: work.who_text(park, to, grids, firms, departments) for to in given}
    grid_words = {name: lists.grid_label(grids, name) for name in {case.grid for case in cases}}
    entries = [
        Entry(
            case.number, _kind(rules, case.kind), rules.severity(case.severity).label, case.status_label,
            rules.sources.get(case.source, Text(case.source, case.source)), case.firm.name if case.firm else "", case.place,
            case.lon, case.lat, grid_words[case.grid], _plain(case.found), to_words.get(case.to, Text("", "")),
            _plain(case.due) if case.due else None, _plain(case.ended) if case.ended else None, in_time(case, now),
            case.reopened, case.recurs, case.text,
        )
        for case in cases
    ]  # fmt: skip
    return Register(park.label, _plain(now), _said(chosen, rules, grids), count, entries)


def in_time(case: Case, now: datetime) -> bool | None:
    """Whether it was rectified in time; False too where the time for it has passed without; None: not to be said yet."""
    if case.in_time is None and case.status == "assigned" and case.due is not None and case.due < now:
        return False
    return case.in_time


def _kind(rules: CaseRules, name: str) -> Text:
    return rules.kinds[name].label if name in rules.kinds else Text(name, name)


def _plain(moment: datetime) -> datetime:
    """As it is read on a clock here, to the minute."""
    return timezone.localtime(moment).replace(tzinfo=None, second=0, microsecond=0)


def _said(chosen: Mapping[str, str], rules: CaseRules, grids: Any) -> tuple[tuple[Text, Text], ...]:
    """What was asked for, in words."""
    words: dict[str, tuple[Text, Mapping[str, Text]]] = {
        "status": (W["status"], {**engine.STATUS_TEXT, "open": Text("未办结", "open"), "late": Text("已超期", "late")}),
        "level": (Text("超期提级", "Late, told to"), {str(n): one.label for n, one in enumerate(rules.escalation)}),
        "to": (Text("办理", "To act"), {
            "mine": Text("待我方办理", "my side"), "none": Text("部门已撤并，待改派", "department gone: to be handed on"),
        }),
        "kind": (W["kind"], {name: kind.label for name, kind in rules.kinds.items()}),
        "severity": (W["severity"], {name: one.label for name, one in rules.severities.items()}),
        "like": (Text("编号或内容", "Number or words"), {}),
    }  # fmt: skip
    found = [
        (label, known.get(chosen[k], Text(chosen[k], chosen[k]))) for k, (label, known) in words.items() if chosen[k]
    ]
    if chosen["grid"]:
        found.append((W["grid"], lists.grid_label(grids, "" if chosen["grid"] == "none" else chosen["grid"])))
    return tuple(found)
