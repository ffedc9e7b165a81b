"""The registry of firms and what else the park is made of; doubles and their undoable merge; audits and retrofits."""

from __future__ import annotations

from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from ecopark.admission.industry import industries
from ecopark.web.api import shapes
from ecopark.web.api import shapes_firms as out
from ecopark.web.api.common import CONFLICT, REFUSED, come_in, cut, who
from ecopark.web.api.grades_api import grade_row
from ecopark.web.cases.models import Case
from ecopark.web.firms import care, lists, registry, views
from ecopark.web.firms.models import AUDITS, EVENTS, Audit, FirmEvent, Retrofit
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing
from ecopark.web.projects.told import pair

router = Router()
FirmPage, PlacePage, MergePage, AuditPage, RetrofitPage = (
    shapes.page_of(shape) for shape in (out.FirmOut, out.PlaceOut, out.MergeOut, out.AuditOut, out.RetrofitOut)
)
FIELDS = tuple(out.FirmFields.model_fields)


@router.get("/parks/{slug}/firms", response={200: FirmPage, **REFUSED}, summary="firms / 企业名册")
def firms(
    request: HttpRequest, slug: shapes.Name, like: shapes.Name = "", group: shapes.Name = "", state: shapes.Name = "",
    grade: shapes.Name = "", sort: shapes.Name = "name", limit: shapes.Limit = 100, offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Firms you may know; `state` active or gone; `sort`: name, key, code, group, since, industry, grade, rank (-rank)."""
    standing = come_in(request, slug, "see_firms")
    wanted = {"like": like, "group": group, "state": state, "grade": grade, "sort": sort}
    return cut(lists.firms(standing, lists.last_run(standing), **wanted), limit, offset, _firm)


@router.post("/parks/{slug}/firms", response={200: out.FirmWhole, **REFUSED}, summary="register a firm / 登记企业")
def add(request: HttpRequest, slug: shapes.Name, body: out.FirmIn) -> Any:
    """Register a firm; its credit code is checked."""
    standing = come_in(request, slug, "write_firms")
    made = registry.add(standing.park, body.key, body.dict(include=set(FIELDS)), request.user, body.why)
    return _whole(standing, made)


@router.get("/parks/{slug}/firms/{key}", response={200: out.FirmWhole, **REFUSED}, summary="one firm / 企业")
def firm(request: HttpRequest, slug: shapes.Name, key: shapes.Name) -> Any:
    """A firm with grades, audits, retrofits, cases and the history of its entry."""
    standing = come_in(request, slug, "see_firms", key)
    return _whole(standing, _subject(standing, key, "firm", registry.MERGED))


@router.put("/parks/{slug}/firms/{key}", response={200: out.FirmWhole, **CONFLICT}, summary="change it / 修改登记")
def edit(request: HttpRequest, slug: shapes.Name, key: shapes.Name, body: out.FirmChange) -> Any:
    """Change a registry entry, with the reason; before and after are kept."""
    standing = come_in(request, slug, "write_firms", key)
    found = _subject(standing, key, "firm")
    seen = body.seen.dict() if body.seen else None
    registry.edit(found, body.dict(include=set(FIELDS)), request.user, body.why, seen=seen)
    return _whole(standing, _subject(standing, key, "firm"))


@router.get("/parks/{slug}/firms/{key}/map", response={200: dict[str, Any], **REFUSED}, summary="its plots / 企业地块")
def firm_map(request: HttpRequest, slug: shapes.Name, key: shapes.Name) -> HttpResponse:
    """The firm's parcels and facilities over the groups and roads of the park, as GeoJSON layers."""
    return views.firm_map(request, slug, key)


@router.get("/parks/{slug}/places", response={200: PlacePage, **REFUSED}, summary="parcels, facilities / 地块与设施")
def places(
    request: HttpRequest, slug: shapes.Name, kind: Literal["parcels", "facilities", "groups", "grids"],
    limit: shapes.Limit = 100, offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """What the park is made of besides firms, from its map; for who sees all firms."""
    standing = come_in(request, slug, "see_firms")
    if not (standing.wide and lists.has_layer(standing, kind)):
        raise Http404
    return cut(lists.features(standing, kind), limit, offset, _place)


# -- doubles -----------------------------------------------------------------------------------------------------------


@router.get("/parks/{slug}/doubles", response={200: list[out.Doubles], **REFUSED}, summary="doubles / 重复登记")
def doubles(request: HttpRequest, slug: shapes.Name) -> Any:
    """Firms that stand twice under one credit code, with what a merge into the first would set aside."""
    standing = come_in(request, slug, "write_firms")
    return [
        {
            "credit_code": firms[0].credit_code,
            "firms": [
                {
                    "firm": _firm(f), "figures": f.figures.count(),
                    "clashes": [_clash(*both) for both in registry.clashes(firms[0], f)] if f != firms[0] else [],
                }
                for f in firms
            ],
        }
        for firms in registry.doubles(standing.park)
    ]  # fmt: skip


@router.get("/parks/{slug}/merges", response={200: MergePage, **REFUSED}, summary="merges / 合并记录")
def merges(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """Merges, the last first."""
    park = come_in(request, slug, "write_firms").park
    rows = FirmEvent.objects.filter(park=park, kind="took").select_related("by").order_by("-at", "-pk")
    return cut(rows, limit, offset, _merge)


@router.post("/parks/{slug}/merges", response={200: out.MergeOut, **REFUSED}, summary="merge / 合并")
def merge(request: HttpRequest, slug: shapes.Name, body: out.MergeIn) -> Any:
    """Move everything of one entry to another of the same credit code."""
    standing = come_in(request, slug, "write_firms")
    kept, double = (_subject(standing, key, "firm") for key in (body.kept, body.double))
    return _merge(registry.merge(kept, double, request.user, body.why))


@router.post("/parks/{slug}/merges/{merge}/undo", response={200: out.MergeOut, **REFUSED}, summary="undo / 撤销合并")
def undo(request: HttpRequest, slug: shapes.Name, merge: shapes.Number, body: out.Undo) -> Any:
    """Put everything a merge moved back."""
    standing = come_in(request, slug, "write_firms")
    event = get_object_or_404(FirmEvent, park=standing.park, pk=merge, kind="took")
    registry.undo(event, request.user, body.why)
    event.refresh_from_db()
    return _merge(event)


# -- audits and retrofits ----------------------------------------------------------------------------------------------


@router.get("/parks/{slug}/audits", response={200: AuditPage, **REFUSED}, summary="audits / 审核")
def audits(
    request: HttpRequest,
    slug: shapes.Name,
    state: shapes.Name = "",
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """Audits of the firms you may know, what is due first; `state` open, late, done or waiting (for the office)."""
    return cut(care.audits(come_in(request, slug, "see_firms"), state), limit, offset, _audit)


@router.post("/parks/{slug}/firms/{key}/audits", response={200: out.AuditOut, **REFUSED}, summary="an audit / 登记审核")
def add_audit(request: HttpRequest, slug: shapes.Name, key: shapes.Name, body: out.AuditIn) -> Any:
    """Enter an audit of a firm; by the firm itself or a consultant it waits for the office."""
    standing = come_in(request, slug, "enter_care", key)
    made = Audit(park=standing.park, subject=_subject(standing, key, "firm"))
    return _audit(care.save_audit(made, _typed(body), request.user, body.why, confirms=standing.may("write_firms")))


@router.patch("/parks/{slug}/audits/{audit}", response={200: out.AuditOut, **REFUSED}, summary="change it / 更新审核")
def save_audit(request: HttpRequest, slug: shapes.Name, audit: shapes.Number, body: out.AuditIn) -> Any:
    """Say when an audit was done and what it found; what is left out stays."""
    standing = come_in(request, slug, "see_firms")
    found = get_object_or_404(care.audits(standing), pk=audit)
    if not standing.may("enter_care", found.subject.key):
        raise PermissionDenied
    confirms = standing.may("write_firms")
    return _audit(care.save_audit(found, _typed(body), request.user, body.why, confirms=confirms))


@router.get("/parks/{slug}/retrofits", response={200: RetrofitPage, **REFUSED}, summary="retrofits / 技改")
def retrofits(
    request: HttpRequest,
    slug: shapes.Name,
    state: shapes.Name = "",
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """Retrofits of the firms you may know, the latest first; `state` open, late, done or waiting (for the office)."""
    return cut(care.retrofits(come_in(request, slug, "see_firms"), state), limit, offset, _retrofit)


@router.post(
    "/parks/{slug}/firms/{key}/retrofits", response={200: out.RetrofitOut, **REFUSED}, summary="a retrofit / 登记技改"
)
def add_retrofit(request: HttpRequest, slug: shapes.Name, key: shapes.Name, body: out.RetrofitIn) -> Any:
    """Enter a retrofit of a firm; by the firm itself or a consultant it waits for the office."""
    standing = come_in(request, slug, "enter_care", key)
    made = Retrofit(park=standing.park, subject=_subject(standing, key, "firm"))
    return _retrofit(
        care.save_retrofit(made, _typed(body), request.user, body.why, confirms=standing.may("write_firms"))
    )


@router.patch(
    "/parks/{slug}/retrofits/{retrofit}", response={200: out.RetrofitOut, **REFUSED}, summary="change it / 更新技改"
)
def save_retrofit(request: HttpRequest, slug: shapes.Name, retrofit: shapes.Number, body: out.RetrofitIn) -> Any:
    """Say when a retrofit was done and what it saves; what is left out stays."""
    standing = come_in(request, slug, "see_firms")
    found = get_object_or_404(care.retrofits(standing), pk=retrofit)
    if not standing.may("enter_care", found.subject.key):
        raise PermissionDenied
    confirms = standing.may("write_firms")
    return _retrofit(care.save_retrofit(found, _typed(body), request.user, body.why, confirms=confirms))


def _typed(body: out.AuditIn | out.RetrofitIn) -> dict[str, Any]:
    """What was given: null for a text is as if it were left out, for a day it takes the day away."""
    given = body.dict(exclude_unset=True, exclude={"why"})
    return {name: value for name, value in given.items() if value is not None or name in ("due", "done")}


def _subject(standing: Standing, key: str, *kinds: str) -> Subject:
    return get_object_or_404(standing.subjects(), key=key, kind__in=kinds)


def _firm(s: Subject) -> dict[str, Any]:
    grade = {"grade": getattr(s, "grade", None) or None, "rank": getattr(s, "rank", None)}
    return registry.fields_of(s) | grade | {"key": s.key, "kind": s.kind}


def _whole(standing: Standing, s: Subject) -> dict[str, Any]:
    rows = lists.grades_of(s) if standing.may("see_grades") else []
    cases = standing.of_cases(Case.objects.filter(park=standing.park, firm=s)) if standing.may("see_cases") else []
    last = lists.last_run(standing)
    own = next((g for g in rows if last is not None and g.run_id == last.pk), None)
    return _firm(s) | {
        "grade": own.grade or None if own else None, "rank": own.rank if own else None,
        "industry": industries().get(s.attributes.get("industry_code", ""), ""), "grades": [grade_row(g) for g in rows],
        "audits": [_audit(a) for a in s.audits.exclude(state="withdrawn").select_related("subject")],
        "retrofits": [_retrofit(r) for r in s.retrofits.exclude(state="withdrawn").select_related("subject")],
        "projects": [p.pk for p in s.projects.all()] if standing.may("see_projects") else [],
        "cases": [c.number for c in cases],
        "events": [_event(e, standing) for e in s.events.select_related("by").order_by("-at", "-pk")],
    }  # fmt: skip


def _event(e: FirmEvent, standing: Standing) -> dict[str, Any]:
    """An event; what a merge has moved is for those who see all firms."""
    data = e.data if standing.wide else {k: v for k, v in e.data.items() if k in ("before", "after")}
    fields = {name: getattr(e, name) for name in ("kind", "at", "why", "undone")}
    return fields | {"id": e.pk, "label": pair(EVENTS[e.kind]), "by": who(e.by), "data": data}


def _clash(kept: Any, double: Any) -> dict[str, Any]:
    values = {name: f"{f.given} {f.unit}".strip() for name, f in (("kept", kept), ("double", double))}
    return {name: getattr(kept, name) for name in ("quantity", "period", "by")} | values


def _merge(e: FirmEvent) -> dict[str, Any]:
    counts = {"figures": len(e.data["figures"]), "aside": len(e.data["aside"])}
    names = {name: e.data[name] for name in ("kept", "double")}
    return {"id": e.pk, "at": e.at, "by": who(e.by), "why": e.why, "undone": e.undone} | counts | names


def _audit(a: Audit) -> dict[str, Any]:
    fields = {
        name: getattr(a, name)
        for name in ("kind", "mandatory", "due", "done", "auditor", "findings", "state", "proposed")
    }
    return fields | {"id": a.pk, "firm": a.subject.key, "kind_said": pair(AUDITS[a.kind])}


def _retrofit(r: Retrofit) -> dict[str, Any]:
    fields = ("name", "quantity", "expected", "achieved", "unit", "cost", "more", "due", "done", "state", "proposed")
    return {name: getattr(r, name) for name in fields} | {"id": r.pk, "firm": r.subject.key, "audit": r.audit_id}


def _place(row: dict[str, Any]) -> dict[str, Any]:
    texts = {name: str(row[name] or "") for name in ("id", "firm_name", "group", "type")}
    name = {k: str(row["name"][k] or "") for k in ("zh", "en")}
    return row | texts | {"name": name, "firm": str(row["firm"]) if row["firm"] else None}
