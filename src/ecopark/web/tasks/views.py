"""Tasks as pages: the list with lights, making them from a clause, one task, the dispatch list, what closed tasks did."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.casework import tasks as engine
from ecopark.casework.dispatch import REASONS, counted, dispatch_list
from ecopark.core.text import Text
from ecopark.core.words import number as shown_number
from ecopark.core.words import unit_words
from ecopark.observations.quantity import catalogue
from ecopark.packs.load import UnknownPackError
from ecopark.web.assess import keep
from ecopark.web.pages.context import lang
from ecopark.web.people.access import Standing, enter
from ecopark.web.tasks import work
from ecopark.web.tasks.models import PROGRAMME_TEXT, Programme, Task
from ecopark.web.tasks.prefill import drafts_of
from ecopark.web.templatetags.ui import say, t

PER_PAGE = 50
DEFAULT_TIME = timedelta(days=180)
EMPTY_ROWS = 2


def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """All tasks with their lights, the worst first; by light, department, programme and clause."""
    standing = _enter(request, slug, "see_tasks")
    today = timezone.localdate()
    chosen = {k: request.GET.get(k, "").strip() for k in ("light", "lead", "programme", "clause", "state", "like")}
    rows = _tasks(standing)
    if chosen["lead"]:
        rows = rows.filter(lead=chosen["lead"])
    if chosen["programme"].isdigit():
        rows = rows.filter(programme=int(chosen["programme"]))
    if chosen["clause"]:
        rows = rows.filter(clause=chosen["clause"])
    if chosen["like"]:
        rows = rows.filter(measure__icontains=chosen["like"])
    found = work.shown(rows, today, _departments(standing))
    lights = counted([one.light for one in found if one.state.open])
    if chosen["light"]:
        found = [one for one in found if one.light.colour == chosen["light"] and one.state.open]
    if chosen["state"] == "open":
        found = [one for one in found if one.state.open]
    elif chosen["state"]:
        found = [one for one in found if one.state.status == chosen["state"]]
    found.sort(key=lambda s: (not s.state.open, engine.COLOURS.index(s.light.colour), s.state.due, s.row.number))
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "lights": lights,
        "chosen": chosen,
        "departments": standing.park.departments.all(),
        "programmes": standing.park.programmes.all(),
        "any": found or any(chosen.values()),
        "statuses": engine.STATUS_TEXT,
        "may_write": standing.may("write_tasks"),
        "chart": _chart(found),
        "failing": _failing(standing),
    }
    return render(request, "tasks/list.html", context)


def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Make tasks; with ``?clause=`` and ``?period=`` prefilled from what would meet the clause."""
    standing = _enter(request, slug, "write_tasks")
    name, period = request.GET.get("clause", ""), request.GET.get("period", "")
    kept, clause = _clause(standing, name, period) if name else (None, None)
    today = timezone.localdate()
    if request.method == "POST":
        rows, problems = _typed(request.POST, standing)
        if not rows and not problems:
            problems.append((0, Text("请至少填写一项任务的措施。", "Fill in at least one measure.")))
        if not problems:
            label = Text(clause["name"]["zh"], clause["name"]["en"]) if clause else None
            made = work.make(standing.park, rows, request.user, clause=name if clause else "", kept=kept, name=label)
            messages.success(request, t(f"已立项 {len(made)} 项任务", f"{len(made)} task(s) made"))
            return redirect(f"{_list_address(slug)}{'?clause=' + name if clause else ''}")
        forms = [_given(request.POST, i) for i in range(_count(request.POST))]
        for i, text in problems:
            forms[i]["problems"].append(text)
        messages.error(
            request, t("有问题的任务已标出，尚未立项。", "The tasks with problems are marked. None was made yet.")
        )
    else:
        problems = []
        drafts = drafts_of(clause, today, today + DEFAULT_TIME, _departments(standing)) if clause else []
        forms = [_form(d) for d in drafts] + [_blank(today) for _ in range(1 if clause else EMPTY_ROWS)]
    context = {
        "forms": forms,
        "clause": clause,
        "period": period,
        "departments": standing.park.departments.all(),
        "operators": OPERATORS,
        "programmes": standing.park.programmes.all(),
        "pack": name.rpartition("/")[0],
    }
    return render(request, "tasks/new.html", context, status=422 if problems else 200)


def page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One task: its path, light, progress, and what may happen next."""
    standing = _enter(request, slug, "see_tasks")
    return _page(request, standing, _task(standing, number))


@require_POST
def step(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Report progress, change the day or department, close, cancel, reopen."""
    standing = _enter(request, slug, "see_tasks")
    task = _task(standing, number)
    if not standing.may("write_tasks"):
        raise PermissionDenied
    kind = request.POST.get("kind", "")
    if kind not in engine.STEP_TEXT or kind == "made":
        raise Http404
    lead = standing.park.departments.filter(key=request.POST.get("lead", "")).first()
    due = _date(request.POST.get("due", ""))
    given = {k: request.POST.get(k, "").strip() for k in ("note", "figure", "share")}
    try:
        work.take(task, kind, request.user, due=due, lead=lead, **given)
    except engine.TaskStepError as error:
        messages.error(request, say(error.text))
        return _page(request, standing, _task(standing, number), typed=request.POST, status=422)
    messages.success(request, say(engine.STEP_TEXT[kind]))
    return redirect("task", slug, number)


def dispatch(request: HttpRequest, slug: str) -> HttpResponse:
    """The monthly dispatch list (调度) by department, to be printed; ``?month=2024-07`` shows it as on its last day."""
    standing = _enter(request, slug, "see_tasks")
    today = timezone.localdate()
    wanted = _date(f"{request.GET.get('month', '')}-01")
    on = today
    if wanted is not None and (wanted.year, wanted.month) != (today.year, today.month):
        on = min((wanted + timedelta(days=32)).replace(day=1) - timedelta(days=1), today)
    tasks = [task for task in _tasks(standing) if timezone.localtime(task.at).date() <= on]
    known = {s.row.pk: s for s in _as_on(tasks, on, _departments(standing))}
    lines = dispatch_list(((str(pk), s.state) for pk, s in known.items()), on)
    groups: dict[str, dict[str, Any]] = {}
    for line in lines:
        one = known[int(line.key)]
        group = groups.setdefault(one.row.lead, {"label": one.row.lead_label, "gone": one.gone, "rows": []})
        last = [e for e in one.row.events.all() if e.note and e.on <= on]
        group["rows"].append(
            {
                "one": one,
                "line": line,
                "reasons": [REASONS[r] for r in line.reasons],
                "last": last[-1] if last else None,
            }
        )
    counts = counted([s.light for s in known.values() if s.state.open])
    context = {
        "groups": sorted(groups.values(), key=lambda g: -len(g["rows"])),
        "on": on,
        "counts": counts,
        "today": today,
    }
    return render(request, "tasks/dispatch.html", context)


def effects(request: HttpRequest, slug: str) -> HttpResponse:
    """What happened to every clause since its tasks were made."""
    standing = _enter(request, slug, "see_tasks")
    today = timezone.localdate()
    found = work.shown(_tasks(standing).select_related("kept"), today, _departments(standing))
    return render(request, "tasks/effects.html", {"effects": work.effects(standing.park, found), "toward": TOWARD})


def programmes(request: HttpRequest, slug: str) -> HttpResponse:
    """Action programmes and scenario lists with the lights of their tasks; the office adds some."""
    standing = _enter(request, slug, "see_tasks")
    if request.method == "POST":
        if not standing.may("write_tasks"):
            raise PermissionDenied
        name, kind = request.POST.get("name", "").strip()[:120], request.POST.get("kind", "")
        if not name or kind not in PROGRAMME_TEXT:
            messages.error(request, t("请填写名称和类型。", "Give a name and a kind."))
        elif standing.park.programmes.filter(name=name).exists():
            messages.error(request, t(f"已有“{name}”。", f"There is a '{name}' already."))
        else:
            Programme.objects.create(
                park=standing.park, kind=kind, name=name, name_en=request.POST.get("name_en", "").strip()[:120],
                note=request.POST.get("note", "").strip()[:500], by=request.user,
            )  # fmt: skip
            return redirect("programmes", slug)
    found = work.shown(_tasks(standing), timezone.localdate(), _departments(standing))
    rows = []
    for programme in standing.park.programmes.all():
        own = [one for one in found if one.row.programme_id == programme.pk]
        open_ones = [one.light for one in own if one.state.open]
        rows.append({
            "programme": programme, "kind": PROGRAMME_TEXT[programme.kind], "lights": counted(open_ones), "tasks": len(own),
            "closed": sum(one.state.status == "closed" for one in own),
        })  # fmt: skip
    context = {"rows": rows, "kinds": PROGRAMME_TEXT, "may_write": standing.may("write_tasks"), "typed": request.POST}
    return render(request, "tasks/programmes.html", context)


OPERATORS = {
    ">=": Text("不低于", "at least"), "<=": Text("不高于", "at most"), ">": Text("高于", "more than"),
    "<": Text("低于", "less than"), "==": Text("等于", "equal to"),
}  # fmt: skip
TOWARD = {
    "better": ("good", "check-circle", Text("改善", "better")),
    "worse": ("bad", "cross-circle", Text("变差", "worse")),
    "same": ("muted", "dash-circle", Text("未变", "the same")),
    "unknown": ("open", "question", Text("无法比较", "not comparable")),
}


def _page(
    request: HttpRequest, standing: Standing, task: Task, *, typed: Any = None, status: int = 200
) -> HttpResponse:
    [one] = work.shown([task], timezone.localdate(), _departments(standing))
    quantity = catalogue().find(task.quantity) if task.quantity else None
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
        "quantity": quantity.label if quantity else None,
        "pack": task.clause.rpartition("/")[0],
        "tail": task.clause.rpartition("/")[2],
        "target": _neat(task.target),
        "base": _neat(task.base),
        "may_see": standing.may("see_assessments"),
    }
    return render(request, "tasks/task.html", context, status=status)


def _neat(text: str) -> str:
    value = work.number(text)
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


def _as_on(tasks: list[Task], on: date, departments: set[str]) -> list[work.Shown]:
    """Tasks as they stood on a day: later events left out."""
    found = []
    for task in tasks:
        events = [work.event_of(e) for e in task.events.all() if e.on <= on]
        if events:
            state = engine.task_of(task.start, task.due, work.target_of(task), events)
            found.append(work.Shown(task, state, engine.light(state, on), task.lead not in departments))
    return found


def _chart(found: list[work.Shown]) -> dict[str, Any] | None:
    """Open tasks by department and light."""
    by: dict[str, dict[str, int]] = {}
    for one in found:
        if one.state.open:
            row = by.setdefault(say(one.row.lead_label), dict.fromkeys(engine.COLOURS, 0))
            row[one.light.colour] += 1
    if len(by) < 2:
        return None
    names = {
        "red": t("红灯", "red"),
        "amber": t("黄灯", "amber"),
        "green": t("绿灯", "green"),
        "grey": t("灰灯", "grey"),
    }
    return {
        "id": "tasks-by-department", "kind": "stacked", "title": Text("各部门在办任务", "Open tasks by department"),
        "data": {
            "categories": list(by),
            "series": [{"name": names[c], "tone": c, "values": [row[c] for row in by.values()]} for c in engine.COLOURS],
        },
        "head": [Text("部门", "Department"), *names.values()],
        "rows": [[name, *(row[c] for c in engine.COLOURS)] for name, row in by.items()],
    }  # fmt: skip


def _failing(standing: Standing) -> list[dict[str, Any]]:
    """Clauses of the last year that are not met and have no open task yet, from assessments that are there already."""
    now = keep.Current(standing.park)
    if not now.years or not standing.may("write_tasks"):
        return []
    period = str(now.years[0])
    busy = set(standing.park.tasks.exclude(clause="").values_list("clause", flat=True))
    found = []
    for kept in now.find_all((pack, period) for pack in keep.packs_of(standing.park)).values():
        for clause in kept.result["clauses"]:
            if clause["status"] in ("not_met", "partly_met") and clause["counts"] and clause["id"] not in busy:
                found.append({"clause": clause, "period": period})
    return found


def _clause(standing: Standing, name: str, period: str) -> tuple[Any, dict[str, Any]]:
    if not (period.isdigit() and int(period) in keep.years_of(standing.park)):
        raise Http404
    try:
        kept = keep.assessed(standing.park, name.rpartition("/")[0], period)
    except UnknownPackError:
        raise Http404 from None
    clause = work.clause_in(kept.result, name)
    if clause is None:
        raise Http404
    return kept, clause


def _typed(post: QueryDict, standing: Standing) -> tuple[list[work.Draft], list[tuple[int, Text]]]:
    """Drafts as typed, and what is wrong with them by their number; rows without a measure are left out."""
    drafts: list[work.Draft] = []
    problems: list[tuple[int, Text]] = []
    for i in range(_count(post)):
        given = _given(post, i)
        if not given["measure"].strip():
            continue
        start, due = _date(given["start"]), _date(given["due"])
        if start is None or due is None:
            problems.append((i, Text("请填写开始和完成日期。", "Give the start and the day it must be done.")))
            continue
        programme = (
            standing.park.programmes.filter(pk=int(given["programme"])).first()
            if given["programme"].isdigit()
            else None
        )
        keys = ("measure", "lead", "element", "link", "quantity", "op", "target", "base", "unit", "support")
        draft = work.Draft(start=start, due=due, programme=programme, **{k: given[k] for k in keys})
        problems += [(i, text) for text in work.check(standing.park, draft)]
        drafts.append(draft)
    return drafts, problems


FIELDS = ("measure", "lead", "start", "due", "element", "link", "quantity", "op", "target", "base", "unit", "programme")
LONGEST = {"measure": 500, "element": 200, "link": 200, "quantity": 120, "target": 60, "base": 60, "unit": 60}


def _count(post: QueryDict) -> int:
    given = post.get("rows", "")
    return min(int(given), 40) if given.isdigit() else 0


def _given(post: QueryDict, i: int) -> dict[str, Any]:
    row: dict[str, Any] = {k: post.get(f"{k}-{i}", "").strip()[: LONGEST.get(k, 200)] for k in FIELDS}
    return row | {"support": post.getlist(f"support-{i}"), "problems": []}


def _form(draft: work.Draft) -> dict[str, Any]:
    row = {k: getattr(draft, k) for k in FIELDS if k not in ("start", "due", "programme")}
    dates = {"start": draft.start.isoformat(), "due": draft.due.isoformat()}
    return row | dates | {"support": list(draft.support), "programme": "", "problems": []}


def _blank(today: date) -> dict[str, Any]:
    return _form(work.Draft("", "", today, today + DEFAULT_TIME))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _tasks(standing: Standing) -> Any:
    return standing.park.tasks.select_related("programme").prefetch_related("events__by")


def _task(standing: Standing, number: int) -> Task:
    return get_object_or_404(_tasks(standing).select_related("by"), number=number)


def _departments(standing: Standing) -> set[str]:
    return set(standing.park.departments.values_list("key", flat=True))


def _list_address(slug: str) -> str:
    return redirect("tasks", slug).url


def _enter(request: HttpRequest, slug: str, action: str) -> Standing:
    standing = enter(request, slug, action)
    request.standing = standing  # type: ignore[attr-defined]
    return standing
