"""Which cases somebody sees, in which order, and what the statistics count; all cut down by `Standing.of_cases`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.shortcuts import get_object_or_404

from ecopark.casework import cases as engine
from ecopark.casework import statistics as counts
from ecopark.casework.clock import ends_told
from ecopark.casework.grids import Grids
from ecopark.core.text import Text
from ecopark.web.cases import work
from ecopark.web.cases.models import Case
from ecopark.web.parks.models import Department, Park
from ecopark.web.people.access import Standing
from ecopark.web.people.models import Membership
from ecopark.web.templatetags.ui import t
from ecopark.web.typed import number_in

MOST_COUNTED = 20_000
ORDER = {"due": "due", "found": "found", "number": "number", "severity": "severity", "status": "status"}


def case_of(standing: Standing, number: int) -> Case:
    """The case with this number.

    Raises
    ------
    Http404
        There is none, or this person may not know it.
    """
    rows = standing.of_cases(Case.objects.filter(park=standing.park))
    return get_object_or_404(rows.select_related("firm", "by", "park"), number=number)


def filtered(standing: Standing, wanted: Mapping[str, str], now: datetime) -> tuple[QuerySet[Case], dict[str, str]]:
    """Cases this person may know, and what was asked: by status (also ``open``, ``late``), kind, severity, grid and words.

    `level`: late ones that have been told to the level of escalation of this number (0: all late ones); `to` ``mine``: those in
    which this person's firm, grids or department is to act; ``none``: given to a department that is gone.
    """
    chosen = {k: wanted.get(k, "").strip() for k in ("status", "level", "to", "kind", "severity", "grid", "like")}
    rows = standing.of_cases(standing.park.cases.all())
    if chosen["status"] == "open":
        rows = rows.exclude(status__in=engine.ENDED)
    elif chosen["status"] == "late":
        rows = rows.exclude(status__in=engine.ENDED).filter(due__lt=now)
    elif chosen["status"]:
        rows = rows.filter(status=chosen["status"])
    if chosen["level"]:
        rows = told(rows, standing.park, chosen["level"], now)
    if chosen["to"] == "mine":
        rows = to_act(standing, rows)
    elif chosen["to"] == "none":
        rows = to_nobody(rows)
    for field in ("kind", "severity"):
        if chosen[field]:
            rows = rows.filter(**{field: chosen[field]})
    if chosen["grid"]:
        rows = rows.filter(grid="" if chosen["grid"] == "none" else chosen["grid"])
    if chosen["like"]:
        like = chosen["like"]
        number = number_in(like)
        rows = rows.filter(text__icontains=like) if number is None else rows.filter(number=number)
    return rows, chosen


def by_status(rows: QuerySet[Case], now: datetime) -> dict[str, int]:
    """These cases by status, and open ones that are ``late``; empty where there are none."""
    counted = rows.order_by().values_list("status").annotate(n=Count("pk"), late=Count("pk", filter=Q(due__lt=now)))
    found = {status: (n, late) for status, n, late in counted}
    late = sum(passed for status, (_, passed) in found.items() if status not in engine.ENDED)
    return {**{status: n for status, (n, _) in found.items()}, "late": late} if found else {}


def told(rows: QuerySet[Case], park: Park, level: str, now: datetime) -> QuerySet[Case]:
    """Late cases that have been told to the level of escalation of this number by now; none for a level there is not."""
    rules = work.rules_of(park)
    reached = number_in(level)
    if reached is None or reached >= len(rules.escalation):
        return rows.none()
    wanted = Q()
    for severity, status, end in ends_told(rules, reached, now):
        wanted |= Q(severity=severity, status=status, due__lte=end)
    return rows.filter(wanted, due__lt=now)


def to_act(standing: Standing, rows: QuerySet[Case]) -> QuerySet[Case]:
    """Open cases in which this person's firm, grids or departments must take the next step.

    To rectify is for whom a case was given to; keepers verify what was rectified in their grids by somebody else.
    """
    to = [f"firm:{key}" for key in standing.firms] + [f"office:{key}" for key in standing.departments]
    wanted = Q(status="assigned", to__in=to)
    if standing.grids:
        own = [f"keeper:{key}" for key in standing.grids]
        wanted |= Q(status="assigned", to__in=own) | Q(status="assigned", to_area__in=standing.grids)
        theirs = Q(grid__in=standing.grids) | Q(area__in=standing.grids)
        wanted |= Q(status="rectified") & theirs & ~Q(to__startswith="keeper:")
    return rows.filter(wanted)


def to_nobody(rows: QuerySet[Case]) -> QuerySet[Case]:
    """Open cases that were given to a department which is gone."""
    there = Department.objects.filter(park=OuterRef("park")).annotate(to=Concat(Value("office:"), "key"))
    given = rows.exclude(status__in=engine.ENDED).filter(to__startswith="office:").exclude(to="office:")
    return given.filter(~Exists(there.filter(to=OuterRef("to"))))


def ordered(rows: QuerySet[Case], wanted: str) -> QuerySet[Case]:
    """Cases by due, found, number, severity or status, with a minus the other way round; else what is due first."""
    field = ORDER.get(wanted.lstrip("-"))
    if field is None:  # what is due first, then what has ended, the latest first
        return rows.order_by(F("due").asc(nulls_last=True), "-found", "-number")
    return rows.order_by(f"-{field}" if wanted.startswith("-") else field, "-number")


def receiver(park: Park, text: str) -> str:
    """Whom a case is given to (``firm:KEY``, ``keeper:GRID``, ``office:DEPARTMENT``), if there is such a one.

    Raises
    ------
    CaseStepError
        There is none.
    """
    who, _, name = text.partition(":")
    there = (
        (who == "firm" and park.subjects.filter(kind="firm", key=name).exists())
        or (who == "keeper" and work.grids_of(park).named(name) is not None)
        or (who == "office" and park.departments.filter(key=name).exists())
    )
    if not there:
        raise engine.CaseStepError(
            Text(
                "所选整改单位不存在或已撤并，请另选。",
                "There is no such firm, grid or department (any more). Choose another.",
            )
        )
    return text


def counted(standing: Standing, now: datetime) -> list[counts.Row]:
    """The cases of the last year that this person may know, as the statistics take them."""
    mine = standing.of_cases(Case.objects.filter(park=standing.park)).exclude(status="dismissed")
    return [
        counts.Row(c.kind, c.severity, c.found, c.ended, c.grid, c.in_time, c.returned, c.reopened)
        for c in mine.filter(found__gte=now - counts.RECURS_WITHIN)[:MOST_COUNTED]
    ]


def records(standing: Standing, rows: Sequence[counts.Row]) -> list[dict[str, Any]]:
    """The record of every grid with its keepers and the share [%] rectified in time."""
    grids, keepers = work.grids_of(standing.park), _keepers(standing)
    return [
        {
            "record": r,
            "label": grid_label(grids, r.keeper),
            "keepers": keepers.get(r.keeper) or keepers.get(_area(grids, r.keeper), ""),
            "share": round(100 * r.in_time / r.rectified) if r.rectified else None,
        }
        for r in counts.records(rows)
    ]


def grid_label(grids: Grids, name: str) -> Text:
    """The grid's name in both languages; what is gone is told by its id."""
    if not name:
        return Text("网格之外", "outside every grid")
    found = grids.named(name)
    return found.label if found else Text(name, name)


def _keepers(standing: Standing) -> dict[str, str]:
    """Names of the keepers by grid or area."""
    found: dict[str, list[str]] = {}
    for m in Membership.objects.filter(park=standing.park, role="keeper").select_related("user"):
        for grid in m.grids:
            found.setdefault(grid, []).append(m.user.shown_name)
    return {grid: t("、", ", ").join(names) for grid, names in found.items()}


def _area(grids: Grids, name: str) -> str:
    found = grids.named(name)
    return found.area if found else ""
