"""Lists of tasks: cut down to what is asked for, the dispatch list of a month, programmes, clauses that wait for a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ecopark.casework import tasks as engine
from ecopark.casework.dispatch import Line, counted, dispatch_list
from ecopark.core.text import Text
from ecopark.packs.load import UnknownPackError
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.parks.models import Park
from ecopark.web.tasks import work
from ecopark.web.tasks.models import PROGRAMME_TEXT, Task

DEFAULT_TIME = timedelta(days=180)
"""So long a proposed task takes."""


def tasks_of(park: Park) -> QuerySet[Task]:
    """The tasks of a park with what their lights need."""
    return park.tasks.select_related("programme").prefetch_related("events__by")


def departments_of(park: Park) -> set[str]:
    """Keys of the departments there are."""
    return set(park.departments.values_list("key", flat=True))


def chosen(park: Park, wanted: Mapping[str, str]) -> QuerySet[Task]:
    """Tasks by `lead`, `programme`, `clause` and words that the measure holds (`like`)."""
    rows = tasks_of(park)
    if wanted.get("lead"):
        rows = rows.filter(lead=wanted["lead"])
    if wanted.get("programme", "").isdecimal():
        rows = rows.filter(programme=int(wanted["programme"]))
    if wanted.get("clause"):
        rows = rows.filter(clause=wanted["clause"])
    if wanted.get("like"):
        rows = rows.filter(measure__icontains=wanted["like"])
    return rows


def lit(found: Iterable[work.Shown], light: str = "", state: str = "") -> list[work.Shown]:
    """Open tasks of one light, or tasks of one state (``open``, or a status), the worst first."""
    rows = list(found)
    if light:
        rows = [one for one in rows if one.light.colour == light and one.state.open]
    if state == "open":
        rows = [one for one in rows if one.state.open]
    elif state:
        rows = [one for one in rows if one.state.status == state]
    order = engine.COLOURS.index
    return sorted(rows, key=lambda s: (not s.state.open, order(s.light.colour), s.state.due, s.row.number))


def clause_of(park: Park, name: str, period: str) -> tuple[Kept, dict[str, Any]] | None:
    """An assessment of a year and one clause of it; None where there is no such year, pack or clause."""
    if not (period.isdecimal() and int(period) in keep.years_of(park)):
        return None
    try:
        kept = keep.assessed(park, name.rpartition("/")[0], period)
    except UnknownPackError:
        return None
    clause = work.clause_in(kept.result, name)
    return None if clause is None else (kept, clause)


def failing(park: Park) -> list[tuple[dict[str, Any], str]]:
    """Clauses of the last year that are not met and have no task yet, from assessments that are there already."""
    now = keep.Current(park)
    if not now.years:
        return []
    period = str(now.years[0])
    busy = set(park.tasks.exclude(clause="").values_list("clause", flat=True))
    return [
        (clause, period)
        for kept in now.find_all((pack, period) for pack in keep.packs_of(park)).values()
        for clause in kept.result["clauses"]
        if clause["status"] in ("not_met", "partly_met") and clause["counts"] and clause["id"] not in busy
    ]


def day_of(month: str) -> date:
    """The day a month's dispatch list is of: its last one, today for this month or none (``2024-07``)."""
    today = timezone.localdate()
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return today
    if (first.year, first.month) == (today.year, today.month):
        return today
    return min((first + timedelta(days=32)).replace(day=1) - timedelta(days=1), today) if first.year < 9999 else today


def dispatch(park: Park, on: date) -> tuple[list[tuple[work.Shown, Line]], dict[str, int]]:
    """What a dispatch meeting on a day must talk about, the worst first, and all open tasks by light on that day."""
    departments = departments_of(park)
    known: dict[str, work.Shown] = {}
    for task in tasks_of(park):
        events = [work.event_of(e) for e in task.events.all() if e.on <= on]
        if events and timezone.localtime(task.at).date() <= on:
            state = engine.task_of(task.start, task.due, work.target_of(task), events)
            known[str(task.pk)] = work.Shown(task, state, engine.light(state, on), task.lead not in departments)
    lines = dispatch_list(((key, one.state) for key, one in known.items()), on)
    return [(known[line.key], line) for line in lines], counted([s.light for s in known.values() if s.state.open])


def programmes(park: Park) -> list[dict[str, Any]]:
    """Programmes with the lights of their open tasks."""
    found = work.shown(tasks_of(park), timezone.localdate(), departments_of(park))
    rows = []
    for programme in park.programmes.all():
        own = [one for one in found if one.row.programme_id == programme.pk]
        kind: Text = PROGRAMME_TEXT[programme.kind]
        rows.append({
            "programme": programme, "kind": kind, "lights": counted([one.light for one in own if one.state.open]),
            "tasks": len(own), "closed": sum(one.state.status == "closed" for one in own),
        })  # fmt: skip
    return rows
