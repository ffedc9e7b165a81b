"""Tasks: made from a clause or freely, reported, moved, closed; the dispatch list, programmes, and what they did."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from ecopark.casework import tasks as engine
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.errors import InputError, Place, Problem
from ecopark.web.api import shapes
from ecopark.web.api import shapes_tasks as out
from ecopark.web.api.common import REFUSED, come_in, cut, who
from ecopark.web.assess import keep
from ecopark.web.people.access import Standing
from ecopark.web.projects.told import pair
from ecopark.web.tasks import lists, work
from ecopark.web.tasks.dispatched import dispatched
from ecopark.web.tasks.lights import look_at
from ecopark.web.tasks.making import OWN
from ecopark.web.tasks.models import Task, TaskEvent
from ecopark.web.tasks.offers import offer_of
from ecopark.web.tasks.prefill import drafts_of
from ecopark.web.tasks.stored import named
from ecopark.web.tasks.targets import settled, together, with_aim, with_effect
from ecopark.web.tasks.work import Aim
from ecopark.web.uploads import file_made
from ecopark.workflows.write_dispatch import writer

router = Router()
TaskPage, ProgrammePage = shapes.page_of(out.TaskOut), shapes.page_of(out.ProgrammeOut)


@router.get("/parks/{slug}/tasks", response={200: TaskPage, **REFUSED}, summary="tasks / 任务")
def tasks(
    request: HttpRequest, slug: shapes.Name, light: shapes.Name = "", lead: shapes.Name = "", programme: shapes.Name = "",
    clause: shapes.Name = "", state: shapes.Name = "", like: shapes.Name = "", due: shapes.Month = "",
    when: shapes.Short = "", mine: bool = False,
    limit: shapes.Limit = 100, offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Tasks with their lights; by `light` or `state` (open, planned, running, closed, cancelled) the worst first.

    `lead` also none (its department is gone), `due` a month (``2024-07``), `when` late or soon, `mine`
    what your department leads or helps with.
    """
    standing = come_in(request, slug, "see_tasks")
    wanted = {"light": light, "lead": lead, "programme": programme, "clause": clause, "state": state, "like": like,
              "due": due, "when": when, "mine": "1" if mine else ""}  # fmt: skip
    rows = lists.chosen(standing, wanted, timezone.localdate())
    departments = lists.departments_of(standing.park)
    rows = lists.worst_first(rows) if light or state else rows.order_by("number")
    return cut(rows, limit, offset, lambda task: _task(_shown(task, departments)))


@router.post("/parks/{slug}/tasks", response={200: list[out.TaskOut], **REFUSED}, summary="make tasks / 立项")
def make(request: HttpRequest, slug: shapes.Name, body: out.TasksIn) -> Any:
    """Make tasks, all or none; what is wrong with which is in `problems`.

    A `target` given once is that of every task without one of its own; `effect`, or `portion` in per cent of the gap, is what a
    task is expected to bring towards it. What they come to against the gap stands with each task (`split`).
    """
    standing = come_in(request, slug, "write_tasks")
    park = standing.park
    there = _clause(standing, body.clause, body.period) if body.clause else None
    unit = there[1]["unit"] if there else None
    aim, about_aim, _ = settled(park, Aim(**body.target.dict()) if body.target else Aim(), clause_unit=unit)
    problems = [Problem("bad-task", Place("target"), text.zh, text.en) for text in about_aim]
    drafts = []
    for at, one in enumerate(body.tasks):
        programme = park.programmes.filter(pk=one.programme).first() if one.programme is not None else None
        given = one.dict()
        own, about_own, _ = settled(park, Aim(**{k: given[k] for k in OWN}), clause_unit=unit)
        draft = work.Draft(**given | asdict(own) | {"programme": programme})
        draft, about_effect = with_effect(with_aim(draft, aim))
        wrong = [*work.check(park, draft), *about_own, *about_effect]
        if one.programme is not None and programme is None:
            wrong.append(Text(f"没有方案 {one.programme}。", f"There is no programme {one.programme}."))
        problems += [Problem("bad-task", Place(f"tasks.{at}"), text.zh, text.en) for text in wrong]
        drafts.append(draft)
    if problems:
        raise InputError(problems)
    known = named(aim.quantity) if aim.quantity else None
    name = Text(there[1]["name"]["zh"], there[1]["name"]["en"]) if there else known.label if known else None
    made = work.make(park, drafts, request.user, clause=body.clause, kept=there[0] if there else None, name=name)
    return [_task(_shown(task, lists.departments_of(park))) for task in made]


@router.get("/parks/{slug}/tasks/drafts", response={200: list[out.TaskDraft], **REFUSED}, summary="drafts / 建议任务")
def drafts(request: HttpRequest, slug: shapes.Name, clause: shapes.Name, period: shapes.Name) -> Any:
    """Tasks as they would be proposed for a clause: one for itself, one for each figure whose change would meet it."""
    standing = come_in(request, slug, "write_tasks")
    today = timezone.localdate()
    _, found = _clause(standing, clause, period)
    rows = drafts_of(found, today, today + lists.DEFAULT_TIME, lists.departments_of(standing.park))
    return [{name: getattr(draft, name) for name in out.TaskDraft.model_fields} for draft in rows]


@router.get(
    "/parks/{slug}/tasks/waiting", response={200: list[out.Waiting], **REFUSED}, summary="without tasks / 待分解"
)
def waiting(request: HttpRequest, slug: shapes.Name) -> Any:
    """Clauses of the last year that are not met and have no task yet, of assessments that were made."""
    standing = come_in(request, slug, "write_tasks")
    return [
        {"clause": clause["id"], "name": clause["name"], "status": clause["status"], "period": period}
        for clause, period in lists.failing(keep.Current(standing.park))
    ]


@router.get("/parks/{slug}/tasks/dispatch", response={200: out.Dispatch, **REFUSED}, summary="dispatch list / 调度单")
def dispatch(request: HttpRequest, slug: shapes.Name, month: shapes.Month = "") -> Any:
    """What a meeting must talk about today, or on the last day of a month (``2024-07``)."""
    standing = come_in(request, slug, "see_tasks")
    on = lists.meeting_day(month)
    rows, counts = lists.dispatch(standing.park, on)
    items = [{"task": _task(one), "reasons": line.reasons} for one, line in rows]
    return {"on": on, "counts": counts, "items": items}


@router.get("/parks/{slug}/tasks/dispatch/file", summary="dispatch list as a file / 下载调度单")
def dispatch_file(
    request: HttpRequest, slug: shapes.Name, month: shapes.Month = "", language: shapes.Language = "zh",
    ending: Literal["docx", "pdf", "html", "xlsx"] = "docx",
) -> HttpResponse:  # fmt: skip
    """The dispatch list to hand out, of today or of the last day of a month (``2024-07``): by lead department, to be signed."""
    standing = come_in(request, slug, "see_tasks")
    on = lists.meeting_day(month)
    return file_made(f"{slug}-dispatch-{on:%Y-%m}.{ending}", writer(dispatched(standing.park, on), language))


@router.get("/parks/{slug}/tasks/effects", response={200: list[out.EffectOut], **REFUSED}, summary="effects / 成效")
def effects(request: HttpRequest, slug: shapes.Name) -> Any:
    """What happened to every clause since its tasks were made; it does not say that the tasks alone did it."""
    standing = come_in(request, slug, "see_tasks")
    rows = lists.with_kept(standing.park)
    found = work.effects(standing.park, work.shown(rows, timezone.localdate(), lists.departments_of(standing.park)))
    return [
        {
            "clause": e.clause["id"], "name": e.clause["name"], "period": e.period, "before": _text(e.effect.before),
            "after": _text(e.effect.after), "met_before": e.effect.met_before, "met_after": e.effect.met_after,
            "toward": e.effect.toward, "tasks": [one.row.number for one in e.tasks], "closed": e.closed,
        }
        for e in found
    ]  # fmt: skip


@router.get("/parks/{slug}/tasks/{task}", response={200: out.TaskWhole, **REFUSED}, summary="one task / 一项任务")
def task(request: HttpRequest, slug: shapes.Name, task: shapes.Number) -> Any:
    """A task with everything that happened to it."""
    standing = come_in(request, slug, "see_tasks")
    return _whole(standing, _find(standing, task))


@router.post("/parks/{slug}/tasks/{task}/steps", response={200: out.TaskWhole, **REFUSED}, summary="a step / 办理")
def step(request: HttpRequest, slug: shapes.Name, task: shapes.Number, body: out.TaskStep) -> Any:
    """Report progress, change day or department, close, cancel, reopen."""
    standing = come_in(request, slug, "write_tasks")
    found = _find(standing, task)
    lead = work.department_of(standing.park, body.lead)
    given = body.dict(include={"note", "figure", "share", "due"})
    work.take(found, body.kind, request.user, lead=lead, **given)
    return _whole(standing, _find(standing, task))


@router.get("/parks/{slug}/programmes", response={200: ProgrammePage, **REFUSED}, summary="programmes / 行动方案")
def programmes(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """Action programmes and scenario lists with the lights of their tasks."""
    standing = come_in(request, slug, "see_tasks")
    return cut(lists.programmes(standing.park), limit, offset, _programme)


@router.post("/parks/{slug}/programmes", response={200: out.ProgrammeOut, **REFUSED}, summary="add one / 新增方案")
def add_programme(request: HttpRequest, slug: shapes.Name, body: out.ProgrammeIn) -> Any:
    """Add an action programme or a scenario list."""
    standing = come_in(request, slug, "write_tasks")
    made = work.add_programme(standing.park, user=request.user, **body.dict())
    return next(_programme(row) for row in lists.programmes(standing.park) if row["programme"].pk == made.pk)


def _clause(standing: Standing, name: str, period: str) -> tuple[Any, dict[str, Any]]:
    found = lists.clause_of(standing.park, name, period)
    if found is None:
        raise Http404
    return found


def _find(standing: Standing, number: int) -> Task:
    return get_object_or_404(lists.tasks_of(standing.park).prefetch_related("events__by"), number=number)


def _shown(task: Task, departments: set[str]) -> work.Shown:
    [one] = work.shown([task], timezone.localdate(), departments)
    return one


def _task(one: work.Shown) -> dict[str, Any]:
    row = one.row
    fields = ("number", "clause", "period", "lead", "support", "start", "quantity", "op", "target", "base", "unit")
    return {name: getattr(row, name) for name in fields} | {
        "measure": pair(row.label), "path": [pair(level) for level in row.path], "lead_name": pair(row.lead_label),
        "lead_is_gone": one.gone, "programme": row.programme_id, "due": one.state.due, "due_first": row.due,
        "status": one.state.status, "light": {"colour": one.light.colour, "why": pair(one.light.why)},
        "figure": _text(one.state.figure), "reported": _text(one.state.reported),
        "part": row.part, "effect": row.effect, "done": one.done, "elapsed": one.elapsed,
    }  # fmt: skip


def _whole(standing: Standing, task: Task) -> dict[str, Any]:
    stored = look_at(task, timezone.localdate())
    offer = offer_of(standing, task, stored) if standing.may("write_tasks") else None
    one = _shown(task, lists.departments_of(standing.park))
    may = engine.possible(one.state) if standing.may("write_tasks") else ()
    same, split = together(task)
    return _task(one) | {
        "same_target": [other.number for other in same if other.pk != task.pk],
        "split": None if split is None else {
            "gap": _text(split.gap), "promised": _text(split.promised), "short": _text(split.short), "unsaid": split.unsaid,
        },
        "may": list(may), "events": [_event(e) for e in task.events.all()],
        "stored": None if stored is None else {
            "value": _text(stored.value), "period": stored.period, "source": pair(stored.source), "url": stored.url,
        },
        "offer": None if offer is None else {
            "subject": standing.park.key, "quantity": offer.quantity, "period": offer.period, "by": offer.part,
            "value": offer.value, "unit": offer.unit, "seen": offer.seen,
        },
    }  # fmt: skip


def _event(e: TaskEvent) -> dict[str, Any]:
    fields = ("kind", "on", "at", "note", "figure", "share", "due")
    label = pair(engine.STEP_TEXT[e.kind])
    return {name: getattr(e, name) for name in fields} | {
        "label": label, "by": who(e.by), "lead": e.changes.get("lead", [])
    }  # fmt: skip


def _programme(row: dict[str, Any]) -> dict[str, Any]:
    p = row["programme"]
    counts = {name: row[name] for name in ("tasks", "closed", "lights")}
    return {"id": p.pk, "kind": p.kind, "name": pair(p.label), "note": p.note} | counts


def _text(number: Any) -> str | None:
    return None if number is None else decimal_text(number)
