"""What the office sets: general, standards, options and factors, departments, members; every change with its reason."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from ecopark.web.api import shapes
from ecopark.web.api import shapes_cases as cases_out
from ecopark.web.api import shapes_office as out
from ecopark.web.api.cases_api import rules_shown
from ecopark.web.api.common import REFUSED, come_in, cut
from ecopark.web.cases import clocks
from ecopark.web.cases.work import rules_of
from ecopark.web.parks import office
from ecopark.web.parks.changes import Changes
from ecopark.web.parks.models import Department, Park
from ecopark.web.people import members as people
from ecopark.web.people.models import ROLE_TEXT, Membership
from ecopark.web.projects import opinions
from ecopark.web.projects.told import pair

router = Router()
MemberPage, ChangePage = shapes.page_of(out.MemberOut), shapes.page_of(out.Changed)
SETTINGS = {200: out.SettingsOut, **REFUSED}


@router.get("/parks/{slug}/settings", response=SETTINGS, summary="settings / 园区设置")
def settings(request: HttpRequest, slug: shapes.Name) -> Any:
    """Everything the office sets."""
    return _settings(come_in(request, slug, "settings").park)


@router.put("/parks/{slug}/settings/general", response=SETTINGS, summary="general / 基本")
def general(request: HttpRequest, slug: shapes.Name, body: out.GeneralIn) -> Any:
    """Name, base year, published or not."""
    park, year = come_in(request, slug, "settings").park, str(body.base_year or "")
    office.general(
        park, request.user, body.reason, name=body.name, name_en=body.name_en, base_year=year, published=body.published
    )
    return _settings(park)


@router.put("/parks/{slug}/settings/packs", response=SETTINGS, summary="standards in use / 评价标准")
def packs(request: HttpRequest, slug: shapes.Name, body: out.PacksIn) -> Any:
    """The standards the park works with; those it had keep their order."""
    park = come_in(request, slug, "settings").park
    office.known_packs(body.packs)
    office.packs(park, request.user, body.reason, body.packs)
    return _settings(park)


@router.put("/parks/{slug}/settings/factors", response=SETTINGS, summary="options and factors / 选项与系数")
def factors(request: HttpRequest, slug: shapes.Name, body: out.FactorsIn) -> Any:
    """Options of standards and factors, checked as an assessment checks them; what is left out is taken away."""
    park = come_in(request, slug, "settings").park
    given = {"options": body.options, "grid": body.grid, "confirm": " ".join(body.confirm), "narrow": body.narrow}
    office.run_settings(park, request.user, body.reason, **given)
    return _settings(park)


@router.put(
    "/parks/{slug}/settings/cases", response={200: cases_out.CaseRulesOut, **REFUSED}, summary="clocks / 问题时限"
)
def case_clocks(request: HttpRequest, slug: shapes.Name, body: out.ClocksIn) -> Any:
    """The clocks of cases: steps that run now follow them, times to rectify that were set stay."""
    park = come_in(request, slug, "settings").park
    given = {name: {part: str(value) for part, value in one.dict().items()} for name, one in body.clocks.items()}
    clocks.settle(park, request.user, body.reason, given)
    return rules_shown(rules_of(park))


@router.get("/parks/{slug}/settings/history", response={200: ChangePage, **REFUSED}, summary="changes / 变更记录")
def history(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """Changes of settings, departments, members and map, the latest first: who, when, before, after and why."""
    return cut(Changes(come_in(request, slug, "settings").park), limit, offset, _change)


@router.get(
    "/parks/{slug}/departments", response={200: list[out.DepartmentOut], **REFUSED}, summary="departments / 部门"
)
def departments(request: HttpRequest, slug: shapes.Name) -> Any:
    """The departments that lead tasks and can be given cases."""
    return [_department(d) for d in come_in(request, slug, "see_tasks").park.departments.all()]


@router.put("/parks/{slug}/departments", response={200: out.DepartmentOut, **REFUSED}, summary="name one / 设置部门")
def name_department(request: HttpRequest, slug: shapes.Name, body: out.DepartmentIn) -> Any:
    """Name a department, or add one."""
    park = come_in(request, slug, "settings").park
    office.department(park, request.user, body.reason, body.key, body.name, body.name_en)
    return _department(get_object_or_404(park.departments, key=body.key.strip()))


@router.get(
    "/parks/{slug}/departments/{key}", response={200: out.DepartmentHangs, **REFUSED}, summary="what it has / 部门现状"
)
def hangs(request: HttpRequest, slug: shapes.Name, key: shapes.Name) -> Any:
    """What hangs on a department: open tasks it leads and helps with, open cases given to it, members."""
    found = get_object_or_404(come_in(request, slug, "settings").park.departments, key=key)
    return _department(found) | office.what_hangs_on(found)


@router.post(
    "/parks/{slug}/departments/{key}/dissolve",
    response={200: out.DepartmentHangs, **REFUSED},
    summary="dissolve / 撤并部门",
)
def dissolve(request: HttpRequest, slug: shapes.Name, key: shapes.Name, body: out.DissolveIn) -> Any:
    """Dissolve a department, if nothing else hangs on it than was seen; its tasks and cases are listed as without one."""
    park = come_in(request, slug, "settings").park
    found = get_object_or_404(park.departments, key=key)
    seen = body.dict(include={"lead", "support", "cases", "members"})
    return _department(found) | office.dissolve(park, request.user, body.reason, key, seen=seen)


@router.put("/parks/{slug}/offices", response={200: dict[str, str], **REFUSED}, summary="offices / 会审部门")
def name_offices(request: HttpRequest, slug: shapes.Name, body: out.OfficesIn) -> Any:
    """Say which department each office of the joint review is: its accounts sign; an empty key is what the policy says."""
    standing = come_in(request, slug, "settings")
    opinions.name_offices(standing.park, request.user, body.reason, body.offices)
    rows = opinions.offices_shown(standing)
    return {row["office"].id: row["department"].key if row["department"] else "" for row in rows}


@router.get("/parks/{slug}/members", response={200: MemberPage, **REFUSED}, summary="members / 成员")
def members(
    request: HttpRequest,
    slug: shapes.Name,
    role: shapes.Name = "",
    limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:
    """Who has which role in the park."""
    rows = Membership.objects.filter(park=come_in(request, slug, "settings").park)
    rows = rows.select_related("user", "department").order_by("role", "user__username", "pk")
    return cut(rows.filter(role=role) if role else rows, limit, offset, _member)


@router.post("/parks/{slug}/members", response={200: out.MemberMade, **REFUSED}, summary="add one / 添加成员")
def add_member(request: HttpRequest, slug: shapes.Name, body: out.MemberIn, response: HttpResponse) -> Any:
    """Give somebody a role; the password of a new account is in this answer and nowhere else."""
    park = come_in(request, slug, "settings").park
    given = body.dict(include={"name", "firm", "department", "grids", "level"})
    made, password = people.add(park, body.username, body.role, request.user, body.reason, **given)
    response["Cache-Control"] = "no-store"
    return {"member": _member(made), "password": password}


@router.put("/parks/{slug}/members/{member}", response={200: out.MemberOut, **REFUSED}, summary="change one / 调整成员")
def change_member(request: HttpRequest, slug: shapes.Name, member: shapes.Number, body: out.MemberChange) -> Any:
    """Put somebody of the office into another department or level of escalation."""
    standing = come_in(request, slug, "settings")
    found = get_object_or_404(Membership.objects.select_related("user"), pk=member, park=standing.park)
    people.change(found, request.user, body.reason, department=body.department, level=body.level)
    return _member(found)


@router.post(
    "/parks/{slug}/members/{member}/remove", response={200: out.Gone, **REFUSED}, summary="remove one / 移除成员"
)
def remove_member(request: HttpRequest, slug: shapes.Name, member: shapes.Number, body: out.BecauseIn) -> Any:
    """Take a role away; the history keeps it."""
    standing = come_in(request, slug, "settings")
    found = get_object_or_404(Membership, pk=member, park=standing.park)
    people.remove(found, request.user, body.reason)
    return {"id": member}


def _settings(park: Park) -> dict[str, Any]:
    fresh = Park.objects.get(pk=park.pk)
    own, factors, grading = fresh.settings, fresh.settings.get("factors") or {}, fresh.settings.get("grading") or {}
    fields = {name: getattr(fresh, name) for name in ("name", "name_en", "base_year", "published", "packs")}
    return fields | {
        "options": office.options_text(fresh), "grid": factors.get("grid", ""), "confirm": list(factors.get("confirm") or ()),
        "narrow": (own.get("bounds") or {}).get("narrow", ""), "policy": own.get("policy", ""),
        "method": grading.get("method", ""), "cutoffs": grading.get("cutoffs", ""),
    }  # fmt: skip


def _department(d: Department) -> dict[str, Any]:
    return {"key": d.key, "name": pair(d.label)}


def _member(m: Membership) -> dict[str, Any]:
    return {
        "id": m.pk, "username": m.user.username, "name": m.user.shown_name, "role": m.role, "firm": m.firm,
        "role_said": pair(ROLE_TEXT[m.role]), "department": m.department.key if m.department else "", "grids": list(m.grids),
        "level": m.level,
    }  # fmt: skip


def _change(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"what": pair(event["what"])}
