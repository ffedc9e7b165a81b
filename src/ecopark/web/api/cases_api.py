"""Cases: reported with photographs, assigned, rectified with evidence, verified by somebody else, closed; the register."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from ecopark.casework import cases as engine
from ecopark.casework import clock as clocks
from ecopark.casework import statistics as counts
from ecopark.casework.grids import Grids
from ecopark.casework.rules import LEGS, CaseRules
from ecopark.core.rounding import decimal_text, round_to
from ecopark.core.text import Text
from ecopark.web.api import shapes
from ecopark.web.api import shapes_cases as out
from ecopark.web.api.common import REFUSED, come_in, cut, who
from ecopark.web.cases import lists, reading, views, work
from ecopark.web.cases.models import Case, CaseEvent
from ecopark.web.cases.registered import registered
from ecopark.web.people.access import Standing
from ecopark.web.projects.told import pair
from ecopark.web.uploads import file_made
from ecopark.workflows.write_register import writer

router = Router()
CasePage = shapes.page_of(out.CaseOut)


@router.get("/parks/{slug}/cases", response={200: CasePage, **REFUSED}, summary="cases / 问题")
def cases(
    request: HttpRequest,
    slug: shapes.Name,
    wanted: Query[out.CasesWanted],
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """Cases you may know; `status` also open or late, `grid` also none; `sort`: due, found, number, severity, status (-due).

    `level`: late ones told to the level of escalation of this number (``cases/rules``); `to` mine: your side
    must act, none: given to a department that is gone.
    """
    standing = come_in(request, slug, "see_cases")
    rows, _ = lists.filtered(standing, wanted.dict(), timezone.now())
    found = lists.ordered(rows, wanted.sort).select_related("firm", "by", "park").prefetch_related("events__files")
    shown = _Shown(standing)
    return cut(found, limit, offset, shown.case)


@router.get("/parks/{slug}/cases/register", summary="the register as a file / 下载台账")
def register(
    request: HttpRequest, slug: shapes.Name, wanted: Query[out.CasesWanted], language: shapes.Language = "zh",
    ending: Literal["xlsx", "csv"] = "xlsx",
) -> HttpResponse:  # fmt: skip
    """All cases you may know that are chosen as in `cases`, as one table; 20,000 at most, and it says how many are left out."""
    standing, now = come_in(request, slug, "see_cases"), timezone.now()
    name = f"{slug}-cases-{timezone.localtime(now):%Y-%m-%d}.{ending}"
    return file_made(name, writer(registered(standing, wanted.dict(), now), language))


@router.post("/parks/{slug}/cases", response={200: out.CaseTaken, **REFUSED}, summary="report a case / 上报问题")
def report(
    request: HttpRequest, slug: shapes.Name, form: Form[out.CaseReport], photos: File[list[UploadedFile] | None] = None
) -> Any:
    """Report what was found, with photographs (`photos`, up to six) as a form."""
    standing = come_in(request, slug, "report_case")
    given = reading.read(form.dict(), standing, work.rules_of(standing.park))
    case, new = work.report(standing, given, photos or ())
    return {"new": new, "words": pair(reading.taken(case)), "case": _Shown(standing).whole(case)}


@router.get("/parks/{slug}/cases/rules", response={200: out.CaseRulesOut, **REFUSED}, summary="kinds and clocks / 规则")
def rules(request: HttpRequest, slug: shapes.Name) -> Any:
    """Kinds of cases, severities with the hours of their clocks, sources, escalation."""
    return rules_shown(work.rules_of(come_in(request, slug, "see_cases").park))


def rules_shown(found: CaseRules) -> dict[str, Any]:
    """The rules of cases as `CaseRulesOut` gives them."""
    return {
        "kinds": [
            {"id": k.id, "label": pair(k.label), "to": k.to, "department": k.department, "severity": k.severity}
            for k in found.kinds.values()
        ],
        "severities": [
            {
                "id": s.id, "label": pair(s.label), "note": pair(s.note), "hours": {leg: s.length(leg) for leg in LEGS},
                "longest": s.longest, "basis": s.basis, "source": s.source,
            }
            for s in found.severities.values()
        ],
        "sources": [{"id": k, "label": pair(label)} for k, label in found.sources.items()],
        "escalation": [{"after": decimal_text(level.after), "label": pair(level.label)} for level in found.escalation],
    }  # fmt: skip


@router.get(
    "/parks/{slug}/cases/statistics", response={200: out.CaseStatistics, **REFUSED}, summary="statistics / 统计"
)
def statistics(request: HttpRequest, slug: shapes.Name) -> Any:
    """Ageing of open cases, the record of every grid and its keepers, the most frequent kinds."""
    standing = come_in(request, slug, "see_cases")
    known, now = work.rules_of(standing.park), timezone.now()
    rows = lists.counted(standing, now)
    often = [(known.kinds[k].label if k in known.kinds else Text(k, k), k, n) for k, n in counts.most_frequent(rows)]
    return {
        "total": len(rows), "clocks": work.by_clock(standing.of_cases(Case.objects.filter(park=standing.park)), now),
        "bands": [pair(label) for _, label in counts.BANDS], "ageing": counts.ageing(rows, now),
        "grids": [_record(r) for r in lists.records(standing, rows)],
        "often": [{"kind": kind, "name": pair(label), "count": n} for label, kind, n in often],
    }  # fmt: skip


@router.get("/parks/{slug}/cases/places", response={200: dict[str, Any], **REFUSED}, summary="on the map / 分布图")
def places(
    request: HttpRequest, slug: shapes.Name, status: shapes.Name = "", kind: shapes.Name = "", severity: shapes.Name = "",
    grid: shapes.Name = "", like: shapes.Name = "",
) -> Any:  # fmt: skip
    """The cases of the register with a place, over boundary, groups, roads and grids, as GeoJSON layers."""
    return views.places(request, slug)


@router.get("/parks/{slug}/cases/{case}", response={200: out.CaseWhole, **REFUSED}, summary="one case / 一件问题")
def case(request: HttpRequest, slug: shapes.Name, case: shapes.Number) -> Any:
    """A case with everything that happened to it, and what you could do next."""
    standing = come_in(request, slug, "see_cases")
    return _Shown(standing).whole(lists.case_of(standing, case))


@router.post("/parks/{slug}/cases/{case}/steps", response={200: out.CaseWhole, **REFUSED}, summary="a step / 办理")
def step(
    request: HttpRequest, slug: shapes.Name, case: shapes.Number, form: Form[out.CaseStep],
    files: File[list[UploadedFile] | None] = None,
) -> Any:  # fmt: skip
    """Suggest, assign, extend, rectify, verify, return, close, dismiss, reopen; as a form.

    `files` must come with what was rectified, and may come with a suggestion and with what was verified or returned.
    """
    standing = come_in(request, slug, "see_cases")
    found = lists.case_of(standing, case)
    if not work.may_step(standing, found, form.kind):
        raise PermissionDenied
    to = lists.receiver(standing.park, form.to) if form.kind == "assigned" else ""
    due = form.due if form.kind in ("assigned", "extended") else None
    if due is not None and timezone.is_naive(due):
        due = timezone.make_aware(due)
    sent = (files or ()) if form.kind in work.SHOWN_BY_FILES else ()
    work.take(found, form.kind, request.user, note=form.note, to=to, due=due, files=sent)
    return _Shown(standing).whole(found)


@router.get("/parks/{slug}/cases/files/{file}", summary="a file / 照片或文件")
def file(request: HttpRequest, slug: shapes.Name, file: shapes.Number) -> FileResponse | HttpResponse:
    """A photograph or document of a case, as it was sent."""
    return views.file(request, slug, file)


class _Shown:
    """Cases as the API shows them to one person: rules, grids, departments and the moment are looked up once."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.rules: CaseRules = work.rules_of(standing.park)
        self.grids: Grids = work.grids_of(standing.park)
        self.departments = {d.key: d for d in standing.park.departments.all()}
        self.now: datetime = timezone.now()

    def case(self, case: Case) -> dict[str, Any]:
        """A case in a list."""
        kind = self.rules.kinds.get(case.kind)
        found = clocks.clock(work.state_of(case), case.severity, self.rules, self.now)
        late = None if found.late_by is None else int(found.late_by.total_seconds() // 3600)
        firms = {case.firm.key: case.firm.name} if case.firm else {}
        to = work.who_text(case.park, case.to, self.grids, firms, self.departments) if case.to else Text("", "")
        fields = ("number", "kind", "severity", "source", "text", "status", "lon", "lat", "place", "grid", "area", "found",
                  "to", "recurs", "reopened", "returned", "in_time", "ended")  # fmt: skip
        return {name: getattr(case, name) for name in fields} | {
            "kind_name": pair(kind.label if kind else Text(case.kind, case.kind)), "status_said": pair(case.status_label),
            "firm": case.firm.key if case.firm else None, "reported_by": who(case.by),
            "to_said": pair(to),
            "clock": {
                "state": found.state, "due": found.due, "late_hours": late if found.state == "late" else None,
                "level": pair(found.level.label) if found.level else None,
            },
        }  # fmt: skip

    def whole(self, case: Case) -> dict[str, Any]:
        """A case with its story and its next steps."""
        state, user = work.state_of(case), str(self.standing.user.pk)
        may = [k for k in engine.possible(state, user) if work.may_step(self.standing, case, k)]
        suggestion = None
        if "assigned" in may:
            proposed = work.suggestion(case)
            by = clocks.rectify_by(self.rules, case.severity, self.now)
            suggestion = {"to": proposed.to, "why": pair(proposed.why), "rectify_by": by}
        events = case.events.select_related("by").prefetch_related("files")
        return self.case(case) | {"may": may, "suggestion": suggestion, "events": [_event(e) for e in events]}


def _event(e: CaseEvent) -> dict[str, Any]:
    files = [{"id": f.pk} | {k: getattr(f, k) for k in ("name", "media_type", "size", "digest")} for f in e.files.all()]
    fields = {name: getattr(e, name) for name in ("kind", "at", "note", "to", "due")}
    return fields | {"label": pair(engine.STEP_TEXT[e.kind]), "by": who(e.by), "files": files}


def _record(row: dict[str, Any]) -> dict[str, Any]:
    r: counts.Record = row["record"]
    days = None if r.median_days is None else decimal_text(round_to(r.median_days, 2))
    numbers = {name: getattr(r, name) for name in ("found", "open", "ended", "rectified", "returned", "reopened")}
    names = {"grid": r.keeper, "name": pair(row["label"]), "keepers": row["keepers"]}
    return names | numbers | {"in_time": row["share"], "median_days": days}
