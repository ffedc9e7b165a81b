"""Grades: methods, gradings kept whole, a firm's own sheet, appeals with evidence, other weights tried."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import File, Form, Router
from ninja.files import UploadedFile

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.grading.sheet import Sheet
from ecopark.web.api import shapes
from ecopark.web.api import shapes_firms as out
from ecopark.web.api.assess_api import job_row
from ecopark.web.api.common import REFUSED, come_in, cut, who
from ecopark.web.firms import grade_views, grades, sheets
from ecopark.web.firms.lists import method_now
from ecopark.web.firms.methods import known_methods
from ecopark.web.firms.models import Appeal, FirmGrade, GradeRun
from ecopark.web.people.access import Standing
from ecopark.web.projects.review_views import TYPES
from ecopark.web.projects.told import both, pair
from ecopark.workflows.write_sheet import distance_text, objection_text, write_sheet

router = Router()
RunPage, GradePage, AppealPage = (shapes.page_of(shape) for shape in (out.RunOut, out.GradeOut, out.AppealOut))


@router.get("/parks/{slug}/methods", response={200: list[out.MethodOut], **REFUSED}, summary="methods / 评价方法")
def methods(request: HttpRequest, slug: shapes.Name) -> Any:
    """The grading methods that ship and those of the park's own, and which of them the park grades by."""
    return _methods(come_in(request, slug, "see_grades"))


@router.put(
    "/parks/{slug}/method", response={200: list[out.MethodOut], **REFUSED}, summary="choose a method / 选定方法"
)
def choose(request: HttpRequest, slug: shapes.Name, body: out.MethodIn) -> Any:
    """Choose the method the park grades by from now on."""
    standing = come_in(request, slug, "settings")
    grades.choose(standing.park, body.method, body.cutoffs.strip(), request.user)
    return _methods(standing)


@router.get("/parks/{slug}/gradings", response={200: RunPage, **REFUSED}, summary="gradings / 评价记录")
def runs(
    request: HttpRequest, slug: shapes.Name, method: shapes.Name = "", year: shapes.YearOrNone = "", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Gradings that were kept, the last first."""
    standing = come_in(request, slug, "see_grades")
    rows = GradeRun.objects.filter(park=standing.park).select_related("by", "park")
    if method:
        rows = rows.filter(method=method)
    if year:
        rows = rows.filter(year=year)
    held: dict[tuple[str, str], int | None] = {}

    def shown(made: GradeRun) -> dict[str, Any]:
        which = (made.method, made.year)
        if which not in held:
            held[which] = getattr(grades.current(standing.park, *which), "pk", None)
        return _run(made, standing, current=held[which] == made.pk)

    return cut(rows, limit, offset, shown)


@router.post("/parks/{slug}/gradings", response={200: out.Graded, **REFUSED}, summary="grade / 开展评价")
def run(request: HttpRequest, slug: shapes.Name, body: out.RunIn) -> Any:
    """Grade all firms by the park's method and keep it; a large park in the background."""
    standing = come_in(request, slug, "write_firms")
    method, year = method_now(standing)
    year = body.year or year
    address = f"{reverse('grades', args=[standing.park.slug])}?year={year}"
    made = grades.run_or_ask(standing.park, method, year, request.user, address)
    return {"run": _run(made, standing, current=True)} if isinstance(made, GradeRun) else {"job": job_row(made)}


@router.get("/parks/{slug}/gradings/{run}/grades", response={200: GradePage, **REFUSED}, summary="grades / 评价结果")
def table(
    request: HttpRequest, slug: shapes.Name, run: shapes.Number, grade: shapes.Name = "", sort: shapes.Name = "rank",
    limit: shapes.Limit = 100, offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """The firms of a grading that you may know; `grade` also outside; `sort`: rank, score, grade, name (-rank)."""
    standing = come_in(request, slug, "see_grades")
    rows = FirmGrade.objects.filter(run=_run_of(standing, run)).select_related("subject", "run").defer("body")
    rows = standing.of_subjects(rows)
    if grade:
        rows = rows.filter(outside=True) if grade == "outside" else rows.filter(grade=grade)
    field = F(grade_views.SORTS.get(sort.lstrip("-"), "rank"))
    order = field.desc(nulls_last=True) if sort.startswith("-") else field.asc(nulls_last=True)
    return cut(rows.order_by(order, "pk"), limit, offset, grade_row)


@router.get(
    "/parks/{slug}/gradings/{run}/firms/{key}",
    response={200: out.SheetOut, **REFUSED},
    summary="a sheet / 评价单",
)
def sheet(request: HttpRequest, slug: shapes.Name, run: shapes.Number, key: shapes.Name) -> Any:
    """Every item with its points, the next class and the smallest change to it (of the grading that holds), appeals."""
    standing = come_in(request, slug, "see_grades", key)
    own = _own(standing, run, key)
    found = sheets.sheet_now(own.run, own)
    filed = Appeal.objects.filter(
        run__park=standing.park, run__method=own.run.method, run__year=own.run.year, subject=own.subject
    ).select_related("subject", "by", "decided_by")
    nothing = pair(Text("", ""))
    return {
        "grade": grade_row(own), "current": sheets.is_current(own.run), "told": own.told, "changes": _changes(found),
        "distance": both(lambda k: distance_text(found, k)) if found else nothing,
        "objection": both(lambda k: objection_text(found.method, k)) if found else nothing,
        "inputs": grades.inputs_of(own.run, own), "may_appeal": standing.may("file_appeal", key),
        "appeals": [_appeal(a, standing) for a in filed],
    }  # fmt: skip


@router.get("/parks/{slug}/gradings/{run}/firms/{key}/file", summary="a sheet as a file / 下载评价单")
def sheet_file(
    request: HttpRequest, slug: shapes.Name, run: shapes.Number, key: shapes.Name, language: shapes.Language = "zh",
    ending: Literal["html", "docx"] = "docx",
) -> HttpResponse:  # fmt: skip
    """The sheet of the grading that holds, to be printed or handed over."""
    standing = come_in(request, slug, "see_grades", key)
    own = _own(standing, run, key)
    found = sheets.sheet_now(own.run, own)
    if found is None:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        data = write_sheet(found, Path(folder) / f"sheet.{ending}", lang=language).read_bytes()
    answer = HttpResponse(data, content_type=TYPES[ending])
    answer["Content-Disposition"] = f'attachment; filename="sheet-{own.run.year}-{own.pk}.{ending}"'
    return answer


@router.post(
    "/parks/{slug}/gradings/{run}/firms/{key}/appeals",
    response={200: out.AppealOut, **REFUSED},
    summary="appeal / 申诉",
)
def file_appeal(
    request: HttpRequest, slug: shapes.Name, run: shapes.Number, key: shapes.Name, file: File[UploadedFile],
    form: Form[out.AppealForm],
) -> Any:  # fmt: skip
    """Object to a figure of the latest grading, with evidence (`file`), as a form."""
    standing = come_in(request, slug, "file_appeal", key)
    made = sheets.file(_own(standing, run, key), form.quantity, form.value, form.reason, file, request.user)
    return _appeal(made, standing)


@router.post(
    "/parks/{slug}/gradings/{run}/simulate", response={200: out.Simulated, **REFUSED}, summary="what if / 模拟"
)
def simulate(request: HttpRequest, slug: shapes.Name, run: shapes.Number, body: out.SimulateIn) -> Any:
    """Who would move under other weights and cut-offs, and why; nothing is kept."""
    standing = come_in(request, slug, "simulate_grades")
    moves = sheets.simulated(_run_of(standing, run), body.weights, body.cutoffs.strip())
    names = dict(standing.park.subjects.filter(kind="firm").values_list("key", "name"))
    rows = []
    for move in moves[: grade_views.MOST_MOVES]:
        told = move.to_dict()
        names_of = {"name": names.get(move.firm, move.firm), "why": pair(move.why())}
        rows.append({name: told[name] for name in ("firm", "before", "after")} | names_of)
    return {"count": len(moves), "items": rows}


@router.get("/parks/{slug}/appeals", response={200: AppealPage, **REFUSED}, summary="appeals / 申诉")
def appeals(
    request: HttpRequest,
    slug: shapes.Name,
    state: shapes.Name = "",
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """Appeals you may know, the last first; `state` open, accepted or rejected."""
    standing = come_in(request, slug, "see_grades")
    rows = standing.of_subjects(Appeal.objects.filter(run__park=standing.park))
    rows = rows.select_related("subject", "by", "decided_by").order_by("-at", "-pk")
    return cut(rows.filter(state=state) if state else rows, limit, offset, lambda a: _appeal(a, standing))


@router.post("/parks/{slug}/appeals/{appeal}", response={200: out.AppealOut, **REFUSED}, summary="decide / 处理申诉")
def decide(request: HttpRequest, slug: shapes.Name, appeal: shapes.Number, body: out.AppealDecision) -> Any:
    """Accept an appeal and grade everybody again, or reject it, with the reason."""
    standing = come_in(request, slug, "decide_appeals")
    found = get_object_or_404(Appeal, run__park=standing.park, pk=appeal)
    return _appeal(grades.decide(found, body.step == "accept", request.user, body.answer), standing)


@router.post(
    "/parks/{slug}/appeals/{appeal}/correct", response={200: out.AppealOut, **REFUSED}, summary="correct / 更正数据"
)
def correct(request: HttpRequest, slug: shapes.Name, appeal: shapes.Number) -> Any:
    """Write what an accepted appeal said into the park's figures too, with the appeal as the reason."""
    standing = come_in(request, slug, "decide_appeals")
    if not standing.may("accept_figures"):
        raise PermissionDenied
    rows = Appeal.objects.select_related("run__park", "subject", "by", "decided_by")
    found = get_object_or_404(rows, run__park=standing.park, pk=appeal)
    sheets.correct(found, request.user)
    return _appeal(found, standing)


@router.get("/parks/{slug}/appeals/{appeal}/evidence", summary="its evidence / 申诉佐证")
def evidence(request: HttpRequest, slug: shapes.Name, appeal: shapes.Number) -> FileResponse | HttpResponse:
    """The evidence of an appeal, as it was sent."""
    return grade_views.evidence(request, slug, appeal)


def _methods(standing: Standing) -> list[dict[str, Any]]:
    own = grades.method_of(standing.park)
    return [
        {
            "id": m.id, "title": pair(m.title), "hash": m.hash, "chosen": m.id == own,
            "cutoffs": grades.options_of(standing.park, m.id).get("cutoffs", ""),
        }
        for m in known_methods(standing.park)
    ]  # fmt: skip


def _run_of(standing: Standing, pk: int) -> GradeRun:
    return get_object_or_404(GradeRun.objects.select_related("park"), park=standing.park, pk=pk)


def _own(standing: Standing, run: int, key: str) -> FirmGrade:
    rows = standing.of_subjects(FirmGrade.objects.filter(run=_run_of(standing, run)))
    return get_object_or_404(rows.select_related("subject", "run__park"), subject__key=key)


def _run(made: GradeRun, standing: Standing, *, current: bool) -> dict[str, Any]:
    fields = ("method", "method_hash", "year", "firms", "options", "version", "at")
    wide = {"counts": made.counts, "warnings": made.warnings} if standing.wide else {"counts": {}, "warnings": []}
    named = {"id": made.pk, "current": current, "appeal": made.appeal_id if standing.wide else None}
    return {name: getattr(made, name) for name in fields} | wide | named | {"by": who(made.by)}


def grade_row(g: FirmGrade) -> dict[str, Any]:
    """What a grading says of one firm, in short."""
    fields = {name: getattr(g, name) for name in ("group", "score", "rank", "of", "grade", "outside")}
    return fields | {
        "run": g.run_id, "firm": g.subject.key, "name": g.subject.name, "method": g.run.method, "year": g.run.year
    }  # fmt: skip


def _changes(found: Sheet | None) -> list[dict[str, Any]]:
    return [
        {
            "id": c.id, "label": pair(c.label), "unit": c.unit, "now": decimal_text(c.now, 6),
            "needed": None if c.needed is None else decimal_text(c.needed), "reason": pair(c.reason),
        }
        for c in (found.changes if found else ())
    ]  # fmt: skip


def _appeal(a: Appeal, standing: Standing) -> dict[str, Any]:
    """An appeal; what it did to other firms is for those who see all firms."""
    result = a.result if standing.wide else {k: v for k, v in a.result.items() if k in ("before", "after", "evidence")}
    fields = ("quantity", "value", "reason", "state", "at", "answer", "decided")
    return {name: getattr(a, name) for name in fields} | {
        "id": a.pk, "run": a.run_id, "firm": a.subject.key, "label": pair(a.label), "evidence": a.name, "by": who(a.by),
        "decided_by": who(a.decided_by), "result": result,
    }  # fmt: skip
