"""What people do with tasks: make them from a clause, report, change, close. `ecopark.casework.tasks` says what holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from ecopark.casework import tasks as engine
from ecopark.casework.dispatch import Effect, effect
from ecopark.core.text import Text
from ecopark.packs.load import UnknownPackError, find_pack
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.parks.models import Department, Park
from ecopark.web.tasks.lights import copy_state, event_of, number, refresh, target_of, with_known
from ecopark.web.tasks.models import PROGRAMME_TEXT, Programme, Task, TaskEvent
from ecopark.web.tasks.stored import Now

OPEN = engine.OPEN
OPERATORS = (">=", "<=", ">", "<", "==")


@dataclass(frozen=True)
class Shown:
    """A task with what its events amount to on a day."""

    row: Task
    state: engine.Task
    light: engine.Light
    gone: bool

    @property
    def done(self) -> int | None:
        """Per cent of the way; None: not known."""
        share = engine.done(self.state)
        return None if share is None else int(share * 100)

    @property
    def elapsed(self) -> int:
        """Per cent of the time that has passed."""
        return int(
            engine.elapsed(self.state, self.state.events[-1].on if not self.state.open else timezone.localdate()) * 100
        )


@dataclass(frozen=True, kw_only=True)
class Aim:
    """A target as it is typed: `quantity` by id or name, `unit` empty for the figure's own, `base` empty for what is stored."""

    quantity: str = ""
    part: str = ""
    op: str = ""
    target: str = ""
    base: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Draft(Aim):
    """A task as somebody wants it, before it is checked; `effect` may be worked out of `portion`, a share of the gap [%]."""

    measure: str
    lead: str
    start: date
    due: date
    support: Sequence[str] = ()
    element: str = ""
    link: str = ""
    effect: str = ""
    portion: str = ""
    programme: Programme | None = None
    measure_en: str = ""


def check(park: Park, draft: Draft) -> list[Text]:
    """What is wrong with a draft, each with what to do."""
    found = []
    if not draft.measure.strip():
        found.append(Text("请写明措施。", "Say what is to be done."))
    if not draft.lead:
        found.append(Text("请选择牵头部门。", "Choose the lead department."))
    elif not Department.objects.filter(park=park, key=draft.lead).exists():
        found.append(
            Text("牵头部门不存在或已撤并，请另选。", "There is no such department (any more). Choose another.")
        )
    gone = set(draft.support) - set(Department.objects.filter(park=park).values_list("key", flat=True))
    if gone:
        found.append(
            Text(f"配合部门不存在：{'、'.join(sorted(gone))}", f"No such department: {', '.join(sorted(gone))}")
        )
    if draft.due < draft.start:
        found.append(Text("完成日期早于开始日期。", "The day lies before the start."))
    return found


@transaction.atomic
def make(
    park: Park,
    drafts: Sequence[Draft],
    user: Any,
    *,
    clause: str = "",
    kept: Kept | None = None,
    name: Text | None = None,
) -> list[Task]:
    """Make tasks, all or none; drafts have been checked.

    Parameters
    ----------
    clause, kept, name
        The clause they are for, the assessment that shows it, and its name.
    """
    Park.objects.select_for_update().get(pk=park.pk)
    first = (park.tasks.aggregate(n=Max("number"))["n"] or 0) + 1
    known = {d.key: d for d in park.departments.all()}
    figures = Now(park)
    made = []
    for n, draft in enumerate(drafts, first):
        lead = known[draft.lead]
        task = Task.objects.create(
            park=park, number=n, programme=draft.programme, clause=clause, period=kept.period if kept else "", kept=kept,
            indicator=name.zh if name else "", indicator_en=name.en if name else "", element=draft.element, link=draft.link,
            measure=draft.measure.strip(), measure_en=draft.measure_en, quantity=draft.quantity, part=draft.part,
            unit=draft.unit, effect=draft.effect,
            op=draft.op if draft.target else "", target=draft.target, base=draft.base, lead=lead.key, lead_name=lead.name,
            lead_name_en=lead.name_en, support=[_triple(known[k]) for k in draft.support], start=draft.start,
            due=draft.due, by=user,
        )  # fmt: skip
        TaskEvent.objects.create(task=task, kind="made", on=timezone.localdate(), by=user)
        copy_state(task, timezone.localdate(), figures)
        made.append(task)
    return made


@transaction.atomic
def add_programme(park: Park, kind: str, name: str, user: Any, *, name_en: str = "", note: str = "") -> Programme:
    """A new group of tasks.

    Raises
    ------
    TaskStepError
        No name, no such kind, or there is one of this name.
    """
    name = name.strip()[:120]
    if not name or kind not in PROGRAMME_TEXT:
        raise engine.TaskStepError(Text("请填写名称和类型。", "Give a name and a kind."))
    Park.objects.select_for_update().get(pk=park.pk)
    if park.programmes.filter(name=name).exists():
        raise engine.TaskStepError(Text(f"已有“{name}”。", f"There is a '{name}' already."))
    return Programme.objects.create(
        park=park, kind=kind, name=name, name_en=name_en.strip()[:120], note=note.strip()[:500], by=user
    )


def department_of(park: Park, key: str) -> Department | None:
    """The department with this key; None for an empty one.

    Raises
    ------
    TaskStepError
        There is none.
    """
    found = park.departments.filter(key=key).first() if key else None
    if key and found is None:
        raise engine.TaskStepError(
            Text("牵头部门不存在或已撤并，请另选。", "There is no such department (any more). Choose another.")
        )
    return found


@transaction.atomic
def take(
    task: Task, kind: str, user: Any, *, note: str = "", figure: str = "", share: str = "", due: date | None = None,
    lead: Department | None = None, on: date | None = None,
) -> engine.Task:  # fmt: skip
    """Add what happened to a task.

    Parameters
    ----------
    figure, share
        Decimal texts; `share` is a percentage.
    lead
        The department that takes it over, for ``moved``.

    Raises
    ------
    TaskStepError
        It cannot happen now, or a number cannot be read.
    """
    locked = Task.objects.select_for_update().get(pk=task.pk)
    for text in (figure, share):
        if text and number(text) is None:
            raise engine.TaskStepError(Text(f"“{text}”不是数字。", f"'{text}' is no number."))
    if kind == "moved" and due is None and lead is None:
        raise engine.TaskStepError(Text("请填写新的完成日期或牵头部门。", "Give a new day or a new department."))
    event = TaskEvent(task=locked, kind=kind, on=on or timezone.localdate(), note=note.strip(), figure=figure, share=share,
                      due=due, by=user)  # fmt: skip
    done = engine.after(state_of(locked), event_of(event))
    if kind == "moved" and lead is not None and lead.key != locked.lead:
        event.changes = {"lead": [_lead_of(locked), _triple(lead)]}
        locked.lead, locked.lead_name, locked.lead_name_en = lead.key, lead.name, lead.name_en
        locked.save(update_fields=["lead", "lead_name", "lead_name_en"])
    event.save()
    copy_state(locked, timezone.localdate(), Now(locked.park))
    task.refresh_from_db()
    return done


def state_of(task: Task) -> engine.Task:
    """The task as its events make it, going by the stored figure as `lights.refresh` has it."""
    found = engine.task_of(task.start, task.due, target_of(task), [event_of(e) for e in task.events.all()])
    return with_known(found, task)


def shown(tasks: Iterable[Task], on: date, departments: set[str]) -> list[Shown]:
    """Tasks with their lights, as of the last `lights.refresh`; `departments` are the keys of those that exist."""
    found = []
    for task in tasks:
        state = state_of(task)
        found.append(Shown(task, state, engine.light(state, on), task.lead not in departments))
    return found


def by_light(current: keep.Current, on: date) -> dict[str, int] | None:
    """Open tasks of a park by light, the worst first; None where there has never been a task."""
    park = current.park
    refresh(park, on, current)
    return counted_in(park.tasks.all()) if park.tasks.exists() else None


def counted_in(rows: QuerySet[Task]) -> dict[str, int]:
    """Open tasks by light, the worst first, counted by the database."""
    found = dict(rows.filter(status__in=OPEN).order_by().values_list("colour").annotate(Count("pk")))
    return {colour: found.get(colour, 0) for colour in engine.COLOURS}


@dataclass(frozen=True)
class ClauseEffect:
    """What happened to one clause since its first task was made."""

    clause: dict[str, Any]
    pack: Any
    period: str
    before: dict[str, Any]
    tasks: list[Shown]
    effect: Effect

    @property
    def closed(self) -> int:
        """How many of its tasks are closed."""
        return sum(one.state.status == "closed" for one in self.tasks)


def effects(park: Park, tasks: Sequence[Shown]) -> list[ClauseEffect]:
    """Every clause with a closed task: its value when the first task was made, and now."""
    by_clause: dict[str, list[Shown]] = {}
    for one in tasks:
        if one.row.clause and one.row.kept_id:
            by_clause.setdefault(one.row.clause, []).append(one)
    current = keep.Current(park)
    years = current.years
    found = []
    for name, own in sorted(by_clause.items()):
        if not years or not any(one.state.status == "closed" for one in own):
            continue
        first = min(own, key=lambda one: one.row.pk)
        assert first.row.kept is not None
        before = clause_in(first.row.kept.summary, name)
        pack = name.rpartition("/")[0]
        period = str(max(years[0], int(first.row.period[:4] or 0)) if first.row.period[:4].isdecimal() else years[0])
        try:
            now = clause_in(current.assessed(pack, period).summary, name)
            pack_found = find_pack(pack)
        except UnknownPackError:
            continue
        if before is None or now is None:
            continue
        target = clause_target(now)
        if target is None:
            continue
        found.append(ClauseEffect(now, pack_found, period, before, own, effect(target, _value(before), _value(now))))
    return found


def clause_in(result: dict[str, Any], name: str) -> dict[str, Any] | None:
    """One clause of an assessment."""
    return next((c for c in result["clauses"] if c["id"] == name), None)


def clause_target(clause: dict[str, Any]) -> engine.Target | None:
    """What a clause asks for, if it is one number."""
    op, _, rest = str(clause.get("limit") or "").partition(" ")
    value = number(rest)
    return None if value is None or op not in OPERATORS else engine.Target(op, value, _value(clause))


def _value(clause: dict[str, Any]) -> Fraction | None:
    return number(str(clause["value"])) if clause.get("value") is not None else None


def _triple(department: Department) -> dict[str, str]:
    return {"key": department.key, "zh": department.name, "en": department.name_en or department.name}


def _lead_of(task: Task) -> dict[str, str]:
    return {"key": task.lead, "zh": task.lead_name, "en": task.lead_name_en or task.lead_name}
