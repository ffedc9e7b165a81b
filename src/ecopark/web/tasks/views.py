"""Tasks as pages: the list with lights, making them from a clause, one task, the dispatch list, what closed tasks did."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.casework import tasks as engine
from ecopark.core.text import Text
from ecopark.core.words import number as shown_number
from ecopark.core.words import unit_words
from ecopark.web.assess import keep
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.people.access import Standing, enter
from ecopark.web.tasks import lists, work
from ecopark.web.tasks.dispatched import dispatched
from ecopark.web.tasks.lights import look_at, number
from ecopark.web.tasks.making import OPERATORS
from ecopark.web.tasks.models import PROGRAMME_TEXT, Task
from ecopark.web.tasks.offers import offer_of
from ecopark.web.tasks.offers import store as save_figure
from ecopark.web.tasks.stored import named
from ecopark.web.tasks.targets import together
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import day_in, number_in
from ecopark.web.uploads import file_made
from ecopark.workflows.write_dispatch import FORMATS, NOTHING, writer


def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """All tasks with their lights, the worst first, filtered and paged by the database."""
    standing = enter(request, slug, "see_tasks")
    today = timezone.localdate()
    chosen = {k: request.GET.get(k, "").strip() for k in lists.FILTERS}
    now = keep.Current(standing.park)
    rows = lists.chosen(standing, chosen, today, now)
    whatever_light = lists.filtered(standing, chosen | {"light": ""}, today) if chosen["light"] else rows
    page = paged(request, lists.worst_first(rows))
    departments = standing.park.departments.all()
    context = {
        "page": page,
        "shown": work.shown(page.object_list, today, {d.key for d in departments}),
        "lights": work.counted_in(whatever_light),
        "chosen": chosen,
        "departments": departments,
        "gone": standing.park.tasks.exclude(lead__in=[d.key for d in departments]).exists(),
        "own": [d for d in departments if d.key in standing.departments],
        "programmes": standing.park.programmes.all(),
        "any": page.paginator.count or any(chosen.values()),
        "statuses": engine.STATUS_TEXT,
        "may_write": standing.may("write_tasks"),
        "chart": _chart(lists.by_department(rows)),
        "failing": _failing(standing, now),
    }
    return render(request, "tasks/list.html", context)


def page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One task: its path, light, progress, and what may happen next."""
    standing = enter(request, slug, "see_tasks")
    return _page(request, standing, _task(standing, number))


@require_POST
def step(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Report progress, change the day or department, close, cancel, reopen."""
    standing = enter(request, slug, "see_tasks")
    task = _task(standing, number)
    if not standing.may("write_tasks"):
        raise PermissionDenied
    kind = request.POST.get("kind", "")
    if kind not in engine.STEP_TEXT or kind == "made":
        raise Http404
    due = day_in(request.POST.get("due", ""))
    given = {k: request.POST.get(k, "").strip() for k in ("note", "figure", "share")}
    try:
        lead = work.department_of(standing.park, request.POST.get("lead", ""))
        work.take(task, kind, request.user, due=due, lead=lead, **given)
    except engine.TaskStepError as error:
        messages.error(request, say(error.text))
        return _page(request, standing, _task(standing, number), typed=request.POST, status=422)
    messages.success(request, say(engine.STEP_TEXT[kind]))
    return redirect("task", slug, number)


@require_POST
def store(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Store the figure reported last among the figures of the park, for a year; the ordinary write, with its permission."""
    standing = enter(request, slug, "see_tasks")
    task = _task(standing, number)
    if not (standing.may("write_tasks") and standing.may("write_figures", standing.park.key)):
        raise PermissionDenied
    period, seen = request.POST.get("period", "").strip(), request.POST.get("seen", "")
    offer = offer_of(standing, task, look_at(task, timezone.localdate()), period)
    if offer is None:
        messages.success(request, t("没有待入库的数值", "There is no figure to be stored"))
        return redirect("task", slug, number)
    known = (number_in(seen) or 0) if request.POST.get("seen_for") == period else 0
    wrong = save_figure(standing, task, offer, period, known, request.user)
    if wrong:
        for text in wrong:
            messages.error(request, say(text))
        return _page(request, standing, _task(standing, number), typed=request.POST, status=422)
    messages.success(request, t(f"已存为 {period} 年填报值", f"Stored as the figure of {period}"))
    return redirect("task", slug, number)


def dispatch(request: HttpRequest, slug: str) -> HttpResponse:
    """The monthly dispatch list (调度) by department, to be printed; ``?month=2024-07`` shows it as on its last day."""
    standing = enter(request, slug, "see_tasks")
    found = dispatched(standing.park, lists.meeting_day(request.GET.get("month", "")))
    context = {"sheet": found, "today": timezone.localdate(), "formats": FORMATS, "empty": NOTHING}
    return render(request, "tasks/dispatch.html", context)


def dispatch_file(request: HttpRequest, slug: str, ending: str) -> HttpResponse:
    """The same as a file to hand out: Word, PDF, one HTML page or Excel, in the language of the request."""
    standing = enter(request, slug, "see_tasks")
    if ending not in FORMATS:
        raise Http404
    on = lists.meeting_day(request.GET.get("month", ""))
    return file_made(f"{slug}-dispatch-{on:%Y-%m}.{ending}", writer(dispatched(standing.park, on), lang()))


def effects(request: HttpRequest, slug: str) -> HttpResponse:
    """What happened to every clause since its tasks were made."""
    standing = enter(request, slug, "see_tasks")
    today = timezone.localdate()
    found = work.shown(
        lists.with_kept(standing.park),
        today,
        lists.departments_of(standing.park),
    )
    return render(request, "tasks/effects.html", {"effects": work.effects(standing.park, found), "toward": TOWARD})


def programmes(request: HttpRequest, slug: str) -> HttpResponse:
    """Action programmes and scenario lists with the lights of their tasks; the office adds some."""
    standing = enter(request, slug, "see_tasks")
    if request.method == "POST":
        if not standing.may("write_tasks"):
            raise PermissionDenied
        get = request.POST.get
        try:
            work.add_programme(
                standing.park, get("kind", ""), get("name", ""), request.user, name_en=get("name_en", ""), note=get("note", "")
            )  # fmt: skip
        except engine.TaskStepError as error:
            messages.error(request, say(error.text))
        else:
            return redirect("programmes", slug)
    context = {
        "rows": lists.programmes(standing.park),
        "kinds": PROGRAMME_TEXT,
        "may_write": standing.may("write_tasks"),
        "typed": request.POST,
    }
    return render(request, "tasks/programmes.html", context)


TOWARD = {
    "better": ("good", "check-circle", Text("改善", "better")),
    "worse": ("bad", "cross-circle", Text("变差", "worse")),
    "same": ("muted", "dash-circle", Text("未变", "the same")),
    "unknown": ("open", "question", Text("无法比较", "not comparable")),
}


def _page(
    request: HttpRequest, standing: Standing, task: Task, *, typed: Any = None, status: int = 200
) -> HttpResponse:
    stored = look_at(task, timezone.localdate())
    [one] = work.shown([task], timezone.localdate(), lists.departments_of(standing.park))
    about = named(task.quantity, task.part) if task.quantity else None
    offer = offer_of(standing, task, stored, (typed or {}).get("period", ""))
    reported = one.state.reported
    rows, found = together(task)
    events = [_line(e, task) for e in reversed(task.events.all())]
    may = engine.possible(one.state) if standing.may("write_tasks") else ()
    context = {
        "task": task,
        "one": one,
        "events": events,
        "may": may,
        "steps": engine.STEP_TEXT,
        "typed": typed or {},
        "status_label": engine.STATUS_TEXT[one.state.status],
        "departments": standing.park.departments.all(),
        "levels": engine.LEVELS,
        "operator": OPERATORS.get(task.op),
        "unit": unit_words(task.unit, lang()) if task.unit else "",
        "figure": shown_number(one.state.figure) if one.state.figure is not None else None,
        "stored": stored,
        "reported": shown_number(reported) if reported is not None and reported != one.state.figure else None,
        "offer": offer,
        "effect": _neat(task.effect),
        "same": rows if len(rows) > 1 else (),
        "split": None
        if found is None or found.unsaid == len(rows)
        else {
            "gap": None if found.gap is None else shown_number(found.gap),
            "promised": shown_number(found.promised),
            "short": shown_number(found.short) if found.short else None,
            "enough": found.short == 0,
            "unsaid": found.unsaid,
        },
        "quantity": about.label if about else None,
        "pack": task.clause.rpartition("/")[0],
        "tail": task.clause.rpartition("/")[2],
        "target": _neat(task.target),
        "base": _neat(task.base),
        "may_see": standing.may("see_assessments"),
    }
    return render(request, "tasks/task.html", context, status=status)


def _neat(text: str) -> str:
    value = number(text)
    return "" if value is None else shown_number(value)


def _line(event: Any, task: Task) -> dict[str, Any]:
    said = []
    if event.figure:
        said.append(t(f"数值 {event.figure} {task.unit}", f"figure {event.figure} {task.unit}"))
    if event.share:
        said.append(t(f"完成 {event.share}%", f"{event.share}% done"))
    if event.due:
        said.append(t(f"完成日期改为 {event.due}", f"due by {event.due}"))
    lead = event.changes.get("lead")
    return {
        "at": event.at, "who": event.by.shown_name, "what": engine.STEP_TEXT[event.kind],
        "why": "；".join([*said, event.note]).strip("；") if lang() == "zh" else "; ".join([*said, event.note]).strip("; "),
        "before": say(lead[0]) if lead else None, "after": say(lead[1]) if lead else None,
        "tone": {"closed": "good", "cancelled": "muted", "moved": "partly", "reopened": "partly"}.get(event.kind, ""),
    }  # fmt: skip


def _chart(by_department: dict[Text, dict[str, int]]) -> dict[str, Any] | None:
    """Open tasks by department and light."""
    by = {say(label): row for label, row in by_department.items()}
    if len(by) < 2:
        return None
    names = {colour: say(text) for colour, text in engine.COLOUR_TEXT.items()}
    return {
        "id": "tasks-by-department", "kind": "stacked", "title": Text("各部门在办任务", "Open tasks by department"),
        "data": {
            "categories": list(by),
            "series": [{"name": names[c], "tone": c, "values": [row[c] for row in by.values()]} for c in engine.COLOURS],
        },
        "head": [Text("部门", "Department"), *names.values()],
        "rows": [[name, *(row[c] for c in engine.COLOURS)] for name, row in by.items()],
    }  # fmt: skip


def _failing(standing: Standing, now: keep.Current) -> list[dict[str, Any]]:
    """Clauses that wait for a task, for who may make one."""
    if not standing.may("write_tasks"):
        return []
    return [{"clause": clause, "period": period} for clause, period in lists.failing(now)]


def _task(standing: Standing, number: int) -> Task:
    return get_object_or_404(
        lists.tasks_of(standing.park).select_related("by").prefetch_related("events__by"), number=number
    )
