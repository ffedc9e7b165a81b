"""The settings of a park as pages for its office."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ecopark.casework.tasks import OPEN
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError
from ecopark.indicators.factors import table
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.packs.model import OptionSet, Pack, Parameter
from ecopark.standards.describe import parameter_words
from ecopark.web.cases.lists import to_nobody
from ecopark.web.cases.models import Case
from ecopark.web.figures.facts import problems_of
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.parks import office
from ecopark.web.parks.maps import LOOKS
from ecopark.web.parks.models import MapLayer, Park
from ecopark.web.people import members
from ecopark.web.people.access import enter
from ecopark.web.people.models import ROLE_TEXT, Membership
from ecopark.web.projects.opinions import name_offices as choose_offices
from ecopark.web.projects.opinions import offices_shown
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import number_in

TABS = {
    "general": Text("基本", "General"),
    "packs": Text("评价标准", "Standards"),
    "factors": Text("选项与系数", "Options and factors"),
    "departments": Text("部门", "Departments"),
    "members": Text("成员", "Members"),
    "map": Text("地图", "Map"),
    "history": Text("变更记录", "Changes"),
}
FIELD_TEXT = {
    "name": Text("名称", "name"),
    "name_en": Text("英文名", "English name"),
    "area": Text("区域", "area"),
    "base_year": Text("基年", "base year"),
    "published": Text("公开", "published"),
    "packs": Text("评价标准", "standards"),
    "settings": Text("选项与系数", "options and factors"),
}
PART_TEXT = {
    "base_year": Text("基年", "base year"),
    "options": Text("标准的选项", "options of standards"),
    "bounds": Text("缺项的范围", "bounds of missing figures"),
    "factors": Text("系数", "factors"),
    "confirm": Text("已确认", "confirmed"),
    "grid": Text("电网", "power grid"),
    "values": Text("数值", "values"),
    "titles": Text("称号", "titles"),
    "verified": Text("已核条款", "verified clauses"),
    "policy": Text("准入政策", "admission policy"),
    "ledger_place": Text("总量指标台账", "quota ledger"),
    "grading": Text("亩均效益评价", "per-mu evaluation"),
    "offices": Text("会审部门", "offices of the joint review"),
    "method": Text("评价方法", "method"),
    "narrow": Text("不超过往年的倍数", "so many times its other years"),
}


def page(request: HttpRequest, slug: str, tab: str = "general", typed: dict[str, Any] | None = None) -> HttpResponse:
    """One tab of the settings."""
    standing = enter(request, slug, "settings")
    if tab not in TABS:
        raise Http404
    park = Park.objects.get(pk=standing.park.pk)
    tabs = [
        {"label": label, "url": reverse("park-settings-tab", args=[slug, name]), "current": name == tab}
        for name, label in TABS.items()
    ]
    context: dict[str, Any] = {"tab": tab, "tabs": tabs, "typed": typed or {}, "fixed": park}
    if tab == "packs":
        context["packs"] = [find_pack(n) for n in shipped_ids()]
    elif tab == "factors":
        factors = park.settings.get("factors") or {}
        context |= {
            "options": office.options_text(park), "grid": factors.get("grid", ""),
            "confirm": " ".join(factors.get("confirm") or ()), "narrow": (park.settings.get("bounds") or {}).get("narrow", ""),
            "grids": sorted(table().get("grid.average", {})),
            "parameters": [_settable(find_pack(n)) for n in park.packs],
        }  # fmt: skip
    elif tab == "departments":
        departments = {d.key: d for d in park.departments.all()}
        context |= {"departments": departments.values(), "offices": offices_shown(standing)}
        context["gone"] = {
            "tasks": park.tasks.filter(status__in=OPEN).exclude(lead__in=departments).count(),
            "cases": to_nobody(Case.objects.filter(park=park)).count(),
        }
    elif tab == "members":
        rows = (
            Membership.objects.filter(park=park).select_related("user", "department").order_by("role", "user__username")
        )
        context |= {
            "page": paged(request, rows, 100), "roles": ROLE_TEXT,
            "given": [(key, ROLE_TEXT[key]) for key in members.GIVEN], "departments": park.departments.all(),
            "levels": list(enumerate(members.levels(park))),
        }  # fmt: skip
    elif tab == "map":
        layers = {m.name: m for m in park.layers.all()}
        context["layers"] = [(name, look[0], layers.get(name)) for name, look in LOOKS.items()]
    elif tab == "history":
        context["events"] = changes(park)
    return render(request, "settings/settings.html", context)


@require_POST
def save(request: HttpRequest, slug: str, tab: str) -> HttpResponse:
    """Take one tab over; what is wrong is told and what was typed stays."""
    standing = enter(request, slug, "settings")
    get, reason = request.POST.get, _reason(request)
    park, user = standing.park, request.user
    try:
        if tab == "general":
            office.general(
                park, user, reason, name=get("name", ""), name_en=get("name_en", ""), base_year=get("base_year", "").strip(),
                published=get("published") == "1",
            )  # fmt: skip
        elif tab == "packs":
            office.packs(park, user, reason, request.POST.getlist("pack"))
        elif tab == "factors":
            office.run_settings(
                park, user, reason, options=get("options", ""), grid=get("grid", ""), confirm=get("confirm", ""),
                narrow=get("narrow", ""),
            )  # fmt: skip
        elif tab == "departments":
            office.department(park, user, reason, get("key", ""), get("name", ""), get("name_en", ""))
        else:
            raise Http404
    except office.SettingError as error:
        messages.error(request, say(error.text))
        return _again(request, slug, tab)
    except InputError as error:
        for text in problems_of(error, lang())[:10]:
            messages.error(request, text)
        return _again(request, slug, tab)
    messages.success(request, t("已保存", "Saved"))
    return redirect("park-settings-tab", slug, tab)


def dissolve(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What hangs on a department, and its end once somebody has seen that."""
    standing = enter(request, slug, "settings")
    found = get_object_or_404(standing.park.departments, key=key)
    hangs, status = office.what_hangs_on(found), 200
    if request.method == "POST":
        shown = {name: number_in(request.POST.get(name, "")) for name in hangs}
        seen = {name: count for name, count in shown.items() if count is not None}
        try:
            office.dissolve(standing.park, request.user, request.POST.get("reason", "").strip()[:300], key, seen=seen)
        except office.SettingError as error:
            messages.error(request, say(error.text))
            hangs, status = office.what_hangs_on(found), 422
        else:
            messages.success(request, t(f"“{found.name}”已撤并", f"'{found.label.en}' was dissolved"))
            return redirect("park-settings-tab", slug, "departments")
    context = {"department": found, "hangs": hangs, "typed": request.POST}
    return render(request, "settings/dissolve.html", context, status=status)


@require_POST
def name_offices(request: HttpRequest, slug: str) -> HttpResponse:
    """Say which department of the park each office of the joint review is."""
    standing = enter(request, slug, "settings")
    wanted = {row["office"].id: request.POST.get(f"office-{row['office'].id}", "") for row in offices_shown(standing)}
    try:
        choose_offices(standing.park, request.user, _reason(request), wanted)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
        return _again(request, slug, "departments")
    messages.success(request, t("已保存", "Saved"))
    return redirect("park-settings-tab", slug, "departments")


@require_POST
def add_member(request: HttpRequest, slug: str) -> HttpResponse:
    """Give somebody a role; the password of a new account is shown once."""
    standing = enter(request, slug, "settings")
    get = request.POST.get
    try:
        made, password = members.add(
            standing.park, get("username", ""), get("role", ""), request.user, _reason(request), name=get("name", ""),
            firm=get("firm", "").strip(), department=get("department", ""), grids=get("grids", ""),
            level=get("level", ""),
        )  # fmt: skip
    except members.MemberError as error:
        messages.error(request, say(error.text))
        return _again(request, slug, "members")
    if password:
        answer = page(request, slug, "members", {"new_user": made.user.username, "new_password": password})
        answer["Cache-Control"] = "no-store"
        return answer
    messages.success(request, t(f"已加入 {made.user.shown_name}", f"{made.user.shown_name} was added"))
    return redirect("park-settings-tab", slug, "members")


@require_POST
def change_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put somebody of the office into another department or level."""
    standing = enter(request, slug, "settings")
    found = get_object_or_404(Membership, pk=pk, park=standing.park)
    get = request.POST.get
    try:
        members.change(found, request.user, _reason(request), department=get("department", ""), level=get("level", ""))
    except members.MemberError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t("已保存", "Saved"))
    return redirect("park-settings-tab", slug, "members")


@require_POST
def remove_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a role away."""
    standing = enter(request, slug, "settings")
    found = get_object_or_404(Membership, pk=pk, park=standing.park)
    name = found.user.shown_name
    try:
        members.remove(found, request.user, _reason(request))
    except members.MemberError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t(f"已移除 {name} 的角色", f"{name} has the role no more"))
    return redirect("park-settings-tab", slug, "members")


def changes(park: Park) -> list[dict[str, Any]]:
    """Every change of the settings, departments and members: who, when, before, after and why; the latest first."""
    events = []
    rows = list(park.history.select_related("history_user").order_by("-history_date", "-history_id")[:60])
    for now, before in pairwise(rows):
        for change in now.diff_against(before).changes:
            label = FIELD_TEXT.get(change.field, Text(change.field, change.field))
            old, new = change.old, change.new
            if isinstance(old, dict) and isinstance(new, dict):
                old, new = ({k: v for k, v in one.items() if old.get(k) != new.get(k)} for one in (old, new))
            events.append(_event(now, label, _said(old), _said(new)))
    for model in (park.departments.model, Membership, MapLayer):
        for row in model.history.filter(park_id=park.pk).select_related("history_user").order_by("-history_date")[:60]:
            kind = {"+": Text("新增", "added"), "~": Text("修改", "changed"), "-": Text("移除", "removed")}[
                row.history_type
            ]
            named = getattr(row, "name", "")
            if model is Membership:
                role = ROLE_TEXT.get(row.role, Text(row.role, row.role))
                user = row.user.shown_name if row.user_id else ""
                text = Text(f"成员{kind.zh}：{user}（{role.zh}）", f"member {kind.en}: {user} ({role.en})")
            elif model is MapLayer:
                look = LOOKS[named][0] if named in LOOKS else Text(named, named)
                text = Text(f"地图图层{kind.zh}：{look.zh}", f"layer of the map {kind.en}: {look.en}")
            else:
                text = Text(f"部门{kind.zh}：{named}", f"department {kind.en}: {named}")
            events.append(_event(row, text))
    return sorted(events, key=lambda e: e["at"], reverse=True)[:100]


def _settable(pack: Pack) -> tuple[Pack, list[tuple[Parameter, Text]], Sequence[OptionSet]]:
    """What can be set of a standard: parameters with their labels, and option sets."""
    return pack, [(p, parameter_words(p.label)) for p in pack.parameters], pack.option_sets


def _event(row: Any, what: Text, before: str | None = None, after: str | None = None) -> dict[str, Any]:
    return {
        "at": row.history_date, "who": row.history_user.shown_name if row.history_user else "", "what": what,
        "before": before, "after": after, "why": row.history_change_reason or "",
    }  # fmt: skip


def _said(value: Any) -> str:
    """A value of the settings in plain words: no brackets, nothing for what is empty, a name before each part."""
    return _plain(value)[:300] or "—"


def _plain(value: Any) -> str:
    if value in (None, "", {}, []):
        return ""
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, dict):
        order = {name: number for number, name in enumerate(PART_TEXT)}  # a database may give the parts in any order
        known = sorted(value.items(), key=lambda part: (order.get(part[0], len(order)), part[0]))
        parts = ((PART_TEXT.get(k, Text(k, k)), _plain(v)) for k, v in known)
        return t("；", "; ").join(f"{say(name)}{t('：', ': ')}{text}" for name, text in parts if text)
    if isinstance(value, list | tuple):
        return t("、", ", ").join(filter(None, map(_plain, value)))
    return str(value)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:300] or t("页面修改", "changed on the page")


def _again(request: HttpRequest, slug: str, tab: str) -> HttpResponse:
    answer = page(request, slug, tab, request.POST.dict())
    answer.status_code = 422
    return answer
