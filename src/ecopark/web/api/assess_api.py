"""Assessments whole with their traces, side by side, dossiers, and the background work behind them."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from ecopark.web.api import shapes
from ecopark.web.api import shapes_office as office
from ecopark.web.api.common import REFUSED, come_in, cut
from ecopark.web.assess import compare_views, dossier_views, dossiers, keep, past
from ecopark.web.assess.models import LARGE, Dossier, Kept
from ecopark.web.assess.shown import shown
from ecopark.web.assess.views import pack_or_404, period_or_404
from ecopark.web.figures.as_known import day_of
from ecopark.web.jobs import views as jobs
from ecopark.web.jobs.models import Job
from ecopark.web.projects.told import pair

router = Router()
AssessmentPage, JobPage = shapes.page_of(shapes.AssessmentOut), shapes.page_of(shapes.JobOut)
DossierPage = shapes.page_of(shapes.DossierOut)


@router.get("/parks/{slug}/assessments", response={200: AssessmentPage, **REFUSED}, summary="assessments / 评价")
def assessments(
    request: HttpRequest, slug: shapes.Name, pack: shapes.Name = "", period: shapes.Name = "", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Assessments that were shown and kept, the latest first."""
    standing = come_in(request, slug, "see_values")
    rows = Kept.objects.filter(park=standing.park).defer(*LARGE)
    if pack:
        rows = rows.filter(pack=pack)
    if period:
        rows = rows.filter(period=period)
    return cut(rows, limit, offset, _kept)


@router.get(
    "/parks/{slug}/assessments/{pack}/{period}",
    response={200: dict[str, Any], **REFUSED},
    summary="one assessment whole / 完整评价",
)
def assessment(
    request: HttpRequest, slug: shapes.Name, pack: shapes.Name, period: shapes.Year, kept: shapes.Number = 0,
    on: shapes.Short = "",
) -> Any:  # fmt: skip
    """Verdict, score, bounds, gaps, and every clause with its trace; `kept` shows one as it was on its day.

    `on` (a day, as 2026-03-15) shows what was known at the end of it: the assessment that was kept and still held then, else
    one that is worked out from the figures of that day; ``as_known`` says which, and ``id`` is null where it is not kept.

    The public of a park that publishes its verdicts gets these, the limits and their basis: no value, no trace, no other day.
    """
    standing = come_in(request, slug, "see_assessments")
    found = pack_or_404(pack)
    if (day := day_of(on, standing)) is not None:
        then = past.answer(standing.park, found, period_or_404(standing, period), day)
        said = {"day": day, "computed": then.computed, "said": [pair(text) for text in then.said]}
        return {"assessment": _kept(then.kept), "result": then.kept.result, "as_known": said}
    if kept and standing.may("see_values"):
        one = get_object_or_404(Kept, pk=kept, park=standing.park, pack=found.id, period=period)
    else:
        one = keep.assessed(standing.park, found.id, period_or_404(standing, period))
    return {"assessment": _kept(one), "result": shown(standing, one, traces=True)}


@router.get(
    "/parks/{slug}/compare/{pack}", response={200: office.CompareOut, **REFUSED}, summary="side by side / 并列对比"
)
def side_by_side(
    request: HttpRequest,
    slug: shapes.Name,
    pack: shapes.Name,
    left: shapes.Year,
    right: shapes.Year,
    other: shapes.Name = "",
) -> Any:
    """Two years of a park under one standard, or its year `left` beside the year `right` of a park `other`."""
    standing = come_in(request, slug, "compare")
    there = compare_views.other_park(request, standing, other)
    found = pack_or_404(pack)
    a = keep.assessed(standing.park, found.id, period_or_404(standing, left))
    b = keep.assessed(there.park, found.id, period_or_404(there, right))
    rows = compare_views.side_by_side(a.result, b.result)
    sides = {"left": (standing, a), "right": (there, b)}
    return {
        "pack": found.id, **{side: {"park": s.park.slug, "assessment": _kept(k)} for side, (s, k) in sides.items()},
        "clauses": [
            {
                "clause": row["left"]["id"], "name": row["left"]["name"], "differs": row["differs"], "trend": row["trend"],
                **{side: {"status": row[side]["status"], "value": _said(row[side]["value"])} for side in sides},
            }
            for row in rows
        ],
    }  # fmt: skip


@router.post("/parks/{slug}/dossiers", response={200: shapes.JobOut, **REFUSED}, summary="make a dossier / 生成报告")
def make_dossier(request: HttpRequest, slug: shapes.Name, body: shapes.DossierIn) -> Any:
    """Have the dossier made in the background, in every format."""
    standing = come_in(request, slug, "make_dossier")
    known = keep.packs_of(standing.park)
    if any(p not in known for p in body.packs):
        raise Http404
    packs = list(dict.fromkeys(body.packs))
    year = period_or_404(standing, body.period)
    return job_row(dossiers.ask(standing.park, request.user, packs, year, body.language))


@router.get("/parks/{slug}/dossiers", response={200: DossierPage, **REFUSED}, summary="dossiers / 报告")
def list_dossiers(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """The park's dossiers, whoever asked for them, the latest first; `files` are their names."""
    standing = come_in(request, slug, "make_dossier")
    return cut(dossiers.of_park(standing.park), limit, offset, _dossier)


@router.post(
    "/parks/{slug}/dossiers/{number}/mark",
    response={200: shapes.DossierOut, **REFUSED},
    summary="handed in / 标为已报送",
)
def mark_dossier(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: shapes.DossierMark) -> Any:
    """Mark a dossier as the one handed in to a programme (`title`) on a day; without a title the mark is taken back (`why`)."""
    standing = come_in(request, slug, "hand_up")
    found = get_object_or_404(Dossier, pk=number, park=standing.park)
    if body.title:
        return _dossier(dossiers.mark(found, body.title, body.day, request.user))
    return _dossier(dossiers.unmark(found, request.user, body.why))


@router.get("/parks/{slug}/dossiers/{number}/files/{path:name}", summary="a file of a dossier / 下载报告")
def dossier_file(
    request: HttpRequest, slug: shapes.Name, number: shapes.Number, name: shapes.Line
) -> HttpResponse | FileResponse:
    """One of its files, or all of them as ``all.zip``."""
    return dossier_views.download(request, slug, number, name)


@router.get("/jobs/{number}", response={200: shapes.JobOut, **REFUSED}, summary="background work / 后台任务")
def job(request: HttpRequest, number: shapes.Number) -> Any:
    """How far a piece of your work is."""
    return job_row(jobs.mine(request, number))


@router.post("/jobs/{number}/cancel", response={200: shapes.JobOut, **REFUSED}, summary="cancel / 取消")
def cancel(request: HttpRequest, number: shapes.Number) -> Any:
    """Stop it at its next step."""
    return job_row(jobs.stop(jobs.mine(request, number)))


def _kept(k: Kept) -> dict[str, Any]:
    fields = ("pack", "period", "verdict", "score", "basis", "verified", "at", "pack_hash", "version")
    return {"id": k.pk} | {name: getattr(k, name) for name in fields}


def _dossier(d: Dossier) -> dict[str, Any]:
    fields = (
        "packs",
        "period",
        "languages",
        "hashes",
        "version",
        "files",
        "size",
        "at",
        "title",
        "handed_in",
        "marked_at",
    )
    marked = d.marked_by.shown_name if d.marked_by else ""
    return {"id": d.pk, "by": d.by.shown_name, "marked_by": marked} | {name: getattr(d, name) for name in fields}


def _said(value: Any) -> str | None:
    return None if value is None else str(value)


def job_row(j: Job) -> dict[str, Any]:
    """Background work as the API shows it."""
    return {
        "id": j.pk, "kind": j.kind, "title": {"zh": j.title_zh, "en": j.title_en}, "state": j.state, "done": j.done,
        "total": j.total, "percent": j.percent, "message": j.message, "result": j.result,
    }  # fmt: skip
