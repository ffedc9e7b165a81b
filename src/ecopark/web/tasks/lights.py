"""Copies beside the tasks of a park, so that the database filters and pages by light; brought up when a list is asked for.

The light is what `ecopark.casework.tasks` says; here it is only kept. It changes with an event (the copies are written with
it), with a figure or an assessment (only tasks that go by one that changed are lit anew) and with the day (all open ones are).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Max

from ecopark.casework import tasks as engine
from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.background import StillWorkingError
from ecopark.web.figures.stamps import Written
from ecopark.web.parks.models import Park
from ecopark.web.tasks.models import Lit, Task, TaskEvent
from ecopark.web.tasks.stored import Now, Stored

OF_EVENTS = ("status", "due_now", "said", "share", "supporting")
COPIES = (*OF_EVENTS, "known", "colour")
NEEDED = ("park", "start", "due", "due_now", "status", "op", "target", "base", "said", "share", "known", "quantity", "clause",
          "colour")  # fmt: skip
GOES_BY = ("quantity", "part", "clause", "period", "unit")
AT_ONCE = 500


def refresh(park: Park, today: date, current: keep.Current | None = None) -> None:
    """Bring the copies up to this day and to the figures and assessments of now; mostly there is nothing to do.

    Who has met the park in this request (`current`) hands it in.
    """
    current = current or keep.Current(park)
    lit = Lit.objects.filter(park=park).first()
    now = _as_of(current, today)
    if lit is not None and (_same(lit, now) or _is_seen(current, now, _fields(lit))):
        return
    if not park.tasks.exists():
        return
    figures = None
    if lit is None or {**now, "on": None} != {**_fields(lit), "on": None}:
        figures = Now(park, current=current)
        about_clauses = park.tasks.filter(quantity="").exclude(clause="").exclude(target="").order_by()
        figures.assess(about_clauses.values_list("clause", "period").distinct())
        now = _as_of(current, today)
        try:
            figures.ready()
        except StillWorkingError:  # the lights keep the figures they had until those of the park are read
            now |= {"changed": -1} if lit is None else {k: getattr(lit, k) for k in ("changed", "kept", "beside")}
            figures = None
    with transaction.atomic():
        lit = Lit.objects.select_for_update().filter(park=park).first()
        if lit is None:
            lit = Lit.objects.create(park=park, on=today)
            _rebuild(park)
        elif _same(lit, now):
            return  # somebody else was faster
        day_is_new = lit.on != today
        before = _fields(lit)
        changed = _figures(park, figures) if figures is not None else set()
        rows = park.tasks.only(*NEEDED)
        _light(rows if day_is_new or lit.changed < 0 else rows.filter(pk__in=changed), today)
        if changed or day_is_new or before["changed"] < 0 or figures is None:
            for name, value in now.items():
                setattr(lit, name, value)
            lit.save()
        else:  # other figures were written: no light is another, and nothing need be stored
            _seen[park.pk] = current.written, now, before


def look_at(task: Task, today: date) -> Stored | None:
    """The figure a task goes by, with its source; None: by no stored one. The copies of its park are brought up to it."""
    refresh(task.park, today)
    task.refresh_from_db(fields=["known", "colour"])
    if not task.by_store:
        return None
    try:
        return Now(task.park).of(task)
    except StillWorkingError:
        source = Text("园区数据正在读取，此为上次所见", "the park's figures are being read: as last seen")
        return Stored(Fraction(task.known) if task.known else None, source=source)


def copy_state(task: Task, today: date, figures: Now | None = None) -> engine.Task:
    """Write what the events of one task amount to beside it; with `figures` also the figure it goes by."""
    state = engine.task_of(task.start, task.due, target_of(task), [event_of(e) for e in task.events.all()])
    _copy(task, state)
    if figures is not None:
        try:
            found = figures.of(task)
            task.known = "" if found is None or found.value is None else str(found.value)
        except StillWorkingError:
            pass
    state = with_known(state, task)
    task.colour = engine.light(state, today).colour
    task.save(update_fields=COPIES)
    return state


def with_known(state: engine.Task, task: Task) -> engine.Task:
    """The task going by the stored figure, where it goes by one."""
    return engine.measured(state, Fraction(task.known) if task.known else None) if task.by_store else state


def target_of(task: Task) -> engine.Target | None:
    """What the figure of a task should become; None where it goes by the work alone."""
    value = number(task.target)
    return None if value is None else engine.Target(task.op, value, number(task.base))


def number(text: str) -> Fraction | None:
    """A decimal text exactly; None if it is none."""
    try:
        return exact(text.strip())
    except (ValueError, ZeroDivisionError):
        return None


def event_of(row: TaskEvent) -> engine.TaskEvent:
    """A stored event as the engine knows it."""
    share = number(row.share)
    return engine.TaskEvent(
        row.kind, row.on, str(row.by_id), row.note, number(row.figure), None if share is None else share / 100, row.due
    )


_seen: dict[int, tuple[Written, dict[str, Any], dict[str, Any]]] = {}
"""By park, a state of its figures that this process found to leave all lights as they were stored, and what was stored."""


def _is_seen(current: keep.Current, now: dict[str, Any], stored: dict[str, Any]) -> bool:
    seen = _seen.get(current.park.pk)
    return seen is not None and seen[0] is current.written and seen[1:] == (now, stored)


def _as_of(current: keep.Current, today: date) -> dict[str, Any]:
    beside = hashlib.sha256(current.beside.reading.encode()).hexdigest()
    kept = Kept.objects.filter(park=current.park).aggregate(last=Max("pk"))["last"] or 0
    return {"on": today, "changed": current.park.changed, "kept": kept, "beside": beside}


def _fields(lit: Lit) -> dict[str, Any]:
    return {name: getattr(lit, name) for name in ("on", "changed", "kept", "beside")}


def _same(lit: Lit, now: dict[str, Any]) -> bool:
    return _fields(lit) == now


def _figures(park: Park, figures: Now) -> set[int]:
    """Write the figures that tasks go by where they have become others; the tasks that this bears on."""
    rows = park.tasks.exclude(target="")
    moved: set[int] = set()
    for one in rows.order_by(*GOES_BY).values(*GOES_BY, "known").distinct():
        found = figures.of(Task(target="1", **{name: one[name] for name in GOES_BY}))
        text = "" if found is None or found.value is None else str(found.value)
        if text != one["known"]:
            same = rows.filter(**one)
            moved.update(same.values_list("pk", flat=True))
            same.update(known=text)
    return moved


def _light(rows: Iterable[Task], today: date) -> None:
    """The colours of these tasks by their copies; only those that are another now are written."""
    become: dict[str, list[int]] = {}
    for task in rows:
        share = number(task.share)
        state = engine.Task(
            task.start, task.due_now or task.due, target_of(task), task.status, number(task.said),
            None if share is None else share / 100,
        )  # fmt: skip
        colour = engine.light(with_known(state, task), today).colour
        if colour != task.colour:
            become.setdefault(colour, []).append(task.pk)
    for colour, keys in become.items():
        for at in range(0, len(keys), AT_ONCE):
            Task.objects.filter(pk__in=keys[at : at + AT_ONCE]).update(colour=colour)


def _rebuild(park: Park) -> None:
    """The copies of all tasks from their events: once, for a park whose tasks are older than the copies."""
    others = []
    for task in park.tasks.prefetch_related("events"):
        before = [getattr(task, name) for name in OF_EVENTS]
        _copy(task, engine.task_of(task.start, task.due, target_of(task), [event_of(e) for e in task.events.all()]))
        if before != [getattr(task, name) for name in OF_EVENTS]:
            others.append(task)
    Task.objects.bulk_update(others, OF_EVENTS, batch_size=50)  # larger ones are slower: a case for every row and field


def _copy(task: Task, state: engine.Task) -> None:
    events = list(task.events.all())
    task.status, task.due_now = state.status, state.due
    task.said = next((e.figure for e in reversed(events) if e.figure), "")
    task.share = next((e.share for e in reversed(events) if e.share), "")
    task.supporting = "".join(f"|{one['key']}|" for one in task.support)
