"""Grades: the table of a method and year, a firm's own sheet, appeals with evidence, what other weights would do."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ecopark.core.rounding import decimal_text
from ecopark.core.words import counted, with_unit
from ecopark.errors import EcoparkError
from ecopark.web.assess.keep import years_of
from ecopark.web.firms import grades, methods, sheets
from ecopark.web.firms.lists import method_now
from ecopark.web.firms.models import APPEALS, Appeal, FirmGrade, GradeRun
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import brief, t
from ecopark.web.typed import is_year
from ecopark.web.uploads import file_answer, stored_path
from ecopark.workflows.write_sheet import change_rows, distance_text, objection_text

SORTS = {"rank": "rank", "score": "score", "grade": "grade", "name": "subject__name"}
MOST_MOVES = 200


def table(request: HttpRequest, slug: str) -> HttpResponse:
    """The grades of a method and year; a reporter finds their own firm."""
    standing = enter(request, slug, "see_grades")
    method, year = method_now(standing)
    method = request.GET.get("method", method)
    graded = grades.years_graded(standing.park, method) if method else []
    year = request.GET.get("year", graded[0] if graded else year)
    chosen = methods.named(standing.park, method) if method else None
    if method and chosen is None:
        raise Http404
    made = grades.latest(standing.park, method, year) if method else None
    now = grades.current(standing.park, method, year) if made else None
    context: dict[str, Any] = {
        "method": chosen,
        "year": year,
        "years": sorted(
            {*map(str, years_of(standing.park)), *graded, year} if standing.may("write_firms") else {*graded, year},
            reverse=True,
        ),
        "methods": methods.known_methods(standing.park) if standing.may("settings") else [],
        "run": made,
        "stale": made is not None and now is None,
        "may_run": standing.may("write_firms"),
        "may_simulate": standing.may("simulate_grades") and made is not None,
        "wide": standing.wide,
        "cutoffs": (standing.park.settings.get("grading") or {}).get("cutoffs", ""),
        "job": None,
        "appeals": Appeal.objects.filter(run__park=standing.park, state="open").count()
        if standing.may("decide_appeals")
        else 0,
    }
    if made is not None:
        rows = standing.of_subjects(FirmGrade.objects.filter(run=made).select_related("subject").defer("body"))
        wanted = request.GET.get("grade", "")
        if wanted:
            rows = rows.filter(outside=True) if wanted == "outside" else rows.filter(grade=wanted)
        sort = request.GET.get("sort", "rank")
        field = SORTS.get(sort.lstrip("-"), "rank")
        order = F(field).desc(nulls_last=True) if sort.startswith("-") else F(field).asc(nulls_last=True)
        context["page"] = paged(request, rows.order_by(order, "pk"))
        context["wanted"] = wanted
        context["counts"] = sorted(made.counts.items()) if standing.wide else []
    job = standing.park.jobs.filter(kind="grade", state__in=("waiting", "running")).first()
    context["job"] = job if standing.may("write_firms") else None
    return render(request, "firms/grades.html", context)


@require_POST
def run(request: HttpRequest, slug: str) -> HttpResponse:
    """Grade now; a large park in the background."""
    standing = enter(request, slug, "write_firms")
    method, year = method_now(standing)
    year = request.POST.get("year", year)
    address = reverse("grades", args=[slug]) + (f"?year={year}" if is_year(year) else "")
    try:
        grades.run_or_ask(standing.park, method, year, request.user, address)
    except EcoparkError as error:
        messages.error(request, error.message(lang())[:1000])
    return redirect(address)


@require_POST
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose the method the park grades by, and cut-offs where the method has none."""
    standing = enter(request, slug, "settings")
    method, cutoffs = request.POST.get("method", ""), request.POST.get("cutoffs", "").strip()
    try:
        grades.choose(standing.park, method, cutoffs, request.user)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("评价方法已选定", "The method was chosen"))
    return redirect("grades", slug)


def sheet(request: HttpRequest, slug: str, pk: int, key: str) -> HttpResponse:
    """A firm's own sheet: every item, the next class and the smallest change to it, and its appeals."""
    standing = enter(request, slug, "see_grades", key)
    made = get_object_or_404(GradeRun, park=standing.park, pk=pk)
    own = get_object_or_404(FirmGrade.objects.select_related("subject", "run"), run=made, subject__key=key)
    told = own.told
    now = grades.current(standing.park, made.method, made.year)
    context: dict[str, Any] = {
        "run": made,
        "grade": own,
        "told": told,
        "method": grades.chosen_method(standing.park, made.method, made.method_hash),
        "changes": [],
        "distance": "",
        "objection": "",
        "current": now is not None and now.pk == made.pk,
        "newer": latest
        if (latest := grades.latest(standing.park, made.method, made.year)) and latest.pk != made.pk
        else None,
        "states": APPEALS,
        "wide": standing.wide,
        "may_appeal": standing.may("file_appeal", key),
        "inputs": grades.inputs_of(made, own),
        "appeals": Appeal.objects.filter(
            run__park=standing.park, run__method=made.method, run__year=made.year, subject=own.subject
        ),
    }
    for item in told["items"]:
        item["said"] = with_unit(brief(item["value"]), item["unit"], lang()) if item["value"] is not None else None
    if (found := sheets.sheet_now(made, own)) is not None:
        context |= {
            "changes": [
                [*row, change.needed is None]
                for row, change in zip(change_rows(found, lang())[1:], found.changes, strict=True)
            ],
            "distance": distance_text(found, lang()),
            "objection": objection_text(found.method, lang()),
        }
    return render(request, "firms/sheet.html", context)


@require_POST
def file_appeal(request: HttpRequest, slug: str, pk: int, key: str) -> HttpResponse:
    """Object to a figure, with evidence."""
    standing = enter(request, slug, "file_appeal", key)
    made = get_object_or_404(GradeRun, park=standing.park, pk=pk)
    own = get_object_or_404(FirmGrade.objects.select_related("subject", "run__park"), run=made, subject__key=key)
    quantity, value, reason = (request.POST.get(k, "") for k in ("quantity", "value", "reason"))
    try:
        sheets.file(own, quantity, value, reason, request.FILES.get("file"), request.user)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("申诉已提交", "The appeal was handed in"))
    return redirect("grade-sheet", slug, pk, key)


def appeals(request: HttpRequest, slug: str) -> HttpResponse:
    """Appeals: the office decides; others see those they may."""
    standing = enter(request, slug, "see_grades")
    rows = standing.of_subjects(Appeal.objects.filter(run__park=standing.park))
    rows = rows.select_related("subject", "run", "by", "decided_by")
    page = paged(request, rows.select_related("run__park"))
    may_correct = standing.may("decide_appeals") and standing.may("accept_figures")
    context = {
        "page": page,
        "to_correct": {a.pk: found for a in page if may_correct and (found := sheets.to_correct(a)) is not None},
        "states": APPEALS,
        "wide": standing.wide,
        "may_decide": standing.may("decide_appeals"),
    }
    return render(request, "firms/appeals.html", context)


@require_POST
def decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Accept an appeal and grade everybody again, or reject it with a reason."""
    standing = enter(request, slug, "decide_appeals")
    found = get_object_or_404(Appeal, run__park=standing.park, pk=pk)
    step = request.POST.get("step")
    if step not in ("accept", "reject"):
        raise Http404
    try:
        done = grades.decide(found, step == "accept", request.user, request.POST.get("answer", ""))
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        count = len(done.result.get("moved", []))
        words = t(
            f"已采纳并重新评价，{count} 家企业类别变化",
            f"accepted and graded again: {counted(count, 'firm')} changed class",
        )
        messages.success(request, words if done.state == "accepted" else t("已答复", "answered"))
    return redirect("appeals", slug)


@require_POST
def correct(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Write what an accepted appeal said into the park's figures too."""
    standing = enter(request, slug, "decide_appeals")
    if not standing.may("accept_figures"):
        raise PermissionDenied
    found = get_object_or_404(Appeal.objects.select_related("run__park", "subject"), run__park=standing.park, pk=pk)
    try:
        sheets.correct(found, request.user)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("园区数据已更正", "The park's figure was corrected"))
    return redirect("appeals", slug)


def evidence(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """The evidence of an appeal, to who may see the appeal."""
    standing = enter(request, slug, "see_grades")
    found = get_object_or_404(standing.of_subjects(Appeal.objects.filter(run__park=standing.park)), pk=pk)
    return file_answer(stored_path(found.stored), found.name, found.media_type)


def simulator(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Who moves under other weights and cut-offs, and why; nothing is kept."""
    standing = enter(request, slug, "simulate_grades")
    made = get_object_or_404(GradeRun, park=standing.park, pk=pk)
    if made.firms > grades.AT_ONCE:
        raise PermissionDenied
    method = grades.chosen_method(standing.park, made.method)
    several = len(method.groups) > 1
    inputs = [
        {
            "name": f"{g.id}.{i.id}",
            "label": i.indicator.label,
            "group": g.label if several else None,
            "now": decimal_text(i.weight),
            "typed": request.GET.get(f"w|{g.id}.{i.id}", decimal_text(i.weight)),
        }
        for g in method.groups
        for i in g.items
        if i.weight is not None
    ]
    cutoffs = request.GET.get("cutoffs", "").strip()
    weights = {i["name"]: i["typed"] for i in inputs if i["typed"].strip() != i["now"]}
    context: dict[str, Any] = {
        "run": made,
        "method": method,
        "inputs": inputs,
        "cutoffs": cutoffs,
        "problem": "",
        "moves": None,
    }
    if weights or cutoffs:
        try:
            moves = sheets.simulated(made, weights, cutoffs)
            names = dict(standing.park.subjects.filter(kind="firm").values_list("key", "name"))
            context["moves"] = [{"m": m, "name": names.get(m.firm, m.firm), "why": m.why()} for m in moves[:MOST_MOVES]]
            context["moved"] = len(moves)
        except EcoparkError as error:
            context["problem"] = error.message(lang())
    return render(request, "firms/simulator.html", context)
