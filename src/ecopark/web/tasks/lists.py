"""Lists of tasks: cut down to what is asked for, the dispatch list of a month, programmes, clauses that wait for a task."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from ecopark.casework import tasks as engine
from ecopark.casework.dispatch import Line, counted, dispatch_list, month_of
from ecopark.core.text import Text
from ecopark.packs.load import UnknownPackError
from ecopark.web.assess import keep
from ecopark.web.assess.models import LARGE, Kept
from ecopark.web.parks.models import Park
from ecopark.web.people.access import Standing
from ecopark.web.tasks import work
from ecopark.web.tasks.lights import event_of, refresh, target_of, with_known
from ecopark.web.tasks.models import PROGRAMME_TEXT, Task
from ecopark.web.tasks.stored import Now
from ecopark.web.typed import day_in, number_in

DEFAULT_TIME = timedelta(days=180)
"""So long a proposed task takes."""


def tasks_of(park: Park) -> QuerySet[Task]:
    """The tasks of a park with what their lights need."""
    return park.tasks.select_related("programme").prefetch_related("events")


def with_kept(park: Park) -> QuerySet[Task]:
    """The same with the assessments they were made from, whose large parts are read when they are asked for."""
    return tasks_of(park).select_related("kept").defer(*(f"kept__{name}" for name in LARGE))


def departments_of(park: Park) -> set[str]:
    """Keys of the departments there are."""
    return set(park.departments.values_list("key", flat=True))


FILTERS = ("light", "state", "lead", "programme", "clause", "due", "when", "mine", "like")
SOON = timedelta(days=14)
"""A day so near is due soon."""
WORST_FIRST = Case(*(When(colour=c, then=Value(n)) for n, c in enumerate(engine.COLOURS)), default=Value(9))
ENDED_LAST = Case(When(status__in=work.OPEN, then=Value(0)), default=Value(1))


def chosen(
    standing: Standing, wanted: Mapping[str, str], today: date, current: keep.Current | None = None
) -> QuerySet[Task]:
    """Tasks by `light` (open ones), `state` (``open``, a status), `lead`, `programme`, `clause`, month `due`, `mine`, `like`.

    `when` is ``late`` or ``soon`` (open ones whose day has passed, or is near).

    ``lead=none`` are tasks whose department is gone; ``mine=1`` those that one's own departments lead or help with. All is done
    by the database, on the copies that are brought up to date here.
    """
    refresh(standing.park, today, current)
    return filtered(standing, wanted, today)


def filtered(standing: Standing, wanted: Mapping[str, str], today: date) -> QuerySet[Task]:
    """The same by the copies as they are: right for all but `light`, which hangs on the day and on figures."""
    park = standing.park
    rows = tasks_of(park)
    get = wanted.get
    if get("lead") == "none":
        rows = rows.exclude(lead__in=departments_of(park))
    elif get("lead"):
        rows = rows.filter(lead=wanted["lead"])
    if get("mine"):
        own = Q(lead__in=standing.departments)
        for key in standing.departments:
            own |= Q(supporting__contains=f"|{key}|")
        rows = rows.filter(own)
    if (programme := number_in(get("programme", ""))) is not None:
        rows = rows.filter(programme=programme)
    if get("clause"):
        rows = rows.filter(clause=wanted["clause"])
    if month := _month(get("due", "")):
        rows = rows.filter(due_now__range=month)
    if get("when") in ("late", "soon"):
        rows = rows.filter(when(wanted["when"], today))
    if get("like"):
        rows = rows.filter(Q(measure__icontains=wanted["like"]) | Q(measure_en__icontains=wanted["like"]))
    if get("light"):
        rows = rows.filter(colour=wanted["light"], status__in=work.OPEN)
    if get("state") == "open":
        rows = rows.filter(status__in=work.OPEN)
    elif get("state"):
        rows = rows.filter(status=wanted["state"])
    return rows


def when(name: str, today: date) -> Q:
    """Open tasks whose day has passed (``late``) or is near (``soon``)."""
    passed = Q(due_now__lt=today) if name == "late" else Q(due_now__range=(today, today + SOON))
    return Q(status__in=work.OPEN) & passed


def worst_first(rows: QuerySet[Task]) -> QuerySet[Task]:
    """Open tasks before ended ones, by light, then by the day they are due."""
    return rows.order_by(ENDED_LAST, WORST_FIRST, "due_now", "number")


def by_department(rows: QuerySet[Task]) -> dict[Text, dict[str, int]]:
    """Open tasks by department that leads them and light, most of them first."""
    found: dict[Text, dict[str, int]] = {}
    open_ones = rows.filter(status__in=work.OPEN).order_by()
    for name, name_en, colour, n in open_ones.values_list("lead_name", "lead_name_en", "colour").annotate(Count("pk")):
        row = found.setdefault(Text(name, name_en or name), dict.fromkeys(engine.COLOURS, 0))
        row[colour or "grey"] += n
    return dict(sorted(found.items(), key=lambda pair: -sum(pair[1].values())))


def _month(text: str) -> tuple[date, date] | None:
    """First and last day of a month (``2024-07``); None for what is no month."""
    first = day_in(f"{text}-01")
    try:
        return month_of(first) if first is not None else None
    except OverflowError:
        return None


def clause_of(park: Park, name: str, period: str) -> tuple[Kept, dict[str, Any]] | None:
    """An assessment of a year and one clause of it; None where there is no such year, pack or clause."""
    if number_in(period) not in keep.years_of(park):
        return None
    try:
        kept = keep.assessed(park, name.rpartition("/")[0], period)
    except UnknownPackError:
        return None
    clause = work.clause_in(kept.summary, name)
    return None if clause is None else (kept, clause)


def failing(now: keep.Current) -> list[tuple[dict[str, Any], str]]:
    """Clauses of the year the park is shown by, not met and without a task, from assessments that are there already."""
    park = now.park
    if not now.years:
        return []
    period = now.year
    busy = set(park.tasks.exclude(clause="").values_list("clause", flat=True))
    return [
        (clause, period)
        for kept in now.find_all((pack, period) for pack in keep.packs_of(park)).values()
        for clause in kept.summary["clauses"]
        if clause["status"] in ("not_met", "partly_met") and clause["counts"] and clause["id"] not in busy
    ]


def meeting_day(month: str) -> date:
    """The day a month's dispatch list is of: its last one, today for this month or none (``2024-07``)."""
    today = timezone.localdate()
    named = _month(month)
    return min(named[1], today) if named else today


def dispatch(park: Park, on: date) -> tuple[list[tuple[work.Shown, Line]], dict[str, int]]:
    """What a dispatch meeting on a day must talk about, the worst first, and all open tasks by light on that day."""
    departments = departments_of(park)
    known: dict[str, work.Shown] = {}
    today = on >= timezone.localdate()
    refresh(park, timezone.localdate())
    past = None if today else Now(park, end_of(on))
    for task in tasks_of(park):
        events = [event_of(e) for e in task.events.all() if e.on <= on]
        if events and timezone.localtime(task.at).date() <= on:
            state = engine.task_of(task.start, task.due, target_of(task), events)
            if past is None:
                state = with_known(state, task)
            elif (figure := past.of(task)) is not None:
                state = engine.measured(state, figure.value)
            known[str(task.pk)] = work.Shown(task, state, engine.light(state, on), task.lead not in departments)
    lines = dispatch_list(((key, one.state) for key, one in known.items()), on)
    return [(known[line.key], line) for line in lines], counted([s.light for s in known.values() if s.state.open])


def end_of(on: date) -> datetime:
    """The last moment of a day."""
    return timezone.make_aware(datetime.combine(on, time.max))


def programmes(park: Park) -> list[dict[str, Any]]:
    """Programmes with the lights of their open tasks."""
    refresh(park, timezone.localdate())
    counts: dict[int, dict[str, int]] = {}
    for key, status, colour, n in (
        park.tasks.exclude(programme=None).order_by().values_list("programme", "status", "colour").annotate(Count("pk"))
    ):
        row = counts.setdefault(key, dict.fromkeys((*engine.COLOURS, "tasks", "closed"), 0))
        row["tasks"] += n
        row["closed"] += n * (status == "closed")
        row[colour or "grey"] += n * (status in work.OPEN)
    none = dict.fromkeys((*engine.COLOURS, "tasks", "closed"), 0)
    rows = []
    for programme in park.programmes.all():
        own, kind = counts.get(programme.pk, none), PROGRAMME_TEXT[programme.kind]
        rows.append({
            "programme": programme, "kind": kind, "lights": {c: own[c] for c in engine.COLOURS}, "tasks": own["tasks"],
            "closed": own["closed"],
        })  # fmt: skip
    return rows
