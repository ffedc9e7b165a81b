"""The settings of a park as pages for its office."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ecopark.casework.tasks import OPEN
from ecopark.core.text import RefusedError, Text
from ecopark.errors import EcoparkError, InputError
from ecopark.indicators.factors import table
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.packs.model import OptionSet, Pack, Parameter
from ecopark.standards.describe import parameter_words
from ecopark.web.cases import clocks
from ecopark.web.cases.lists import to_nobody
from ecopark.web.cases.models import Case
from ecopark.web.figures.facts import problems_of
from ecopark.web.pages.context import lang
from ecopark.web.pages.paging import paged
from ecopark.web.parks import office
from ecopark.web.parks.changes import Changes
from ecopark.web.parks.maps import LOOKS
from ecopark.web.parks.models import Park
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
    "cases": Text("问题时限", "Clocks of cases"),
    "map": Text("地图", "Map"),
    "history": Text("变更记录", "Changes"),
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
    elif tab == "cases":
        context["clocks"] = clocks.rows(park, typed or {})
    elif tab == "map":
        layers = {m.name: m for m in park.layers.all()}
        context["layers"] = [(name, look[0], layers.get(name)) for name, look in LOOKS.items()]
    elif tab == "history":
        context["page"] = paged(request, Changes(park))
        context["events"] = context["page"].object_list
    return render(request, "settings/settings.html", context)


@require_POST
def save(request: HttpRequest, slug: str, tab: str) -> HttpResponse:
    """Take one tab over; what is wrong is told and what was typed stays."""
    standing = enter(request, slug, "settings")
    get, park, user = request.POST.get, standing.park, request.user
    try:
        reason = reason_in(request)
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
        elif tab == "cases":
            clocks.settle(park, user, reason, clocks.given_in(request.POST.dict()))
        else:
            raise Http404
    except office.SettingError as error:
        messages.error(request, say(error.text))
        return _again(request, slug, tab)
    except InputError as error:
        for text in problems_of(error, lang())[:20]:
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
        choose_offices(standing.park, request.user, reason_in(request), wanted)
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
            standing.park, get("username", ""), get("role", ""), request.user, reason_in(request), name=get("name", ""),
            firm=get("firm", "").strip(), department=get("department", ""), grids=get("grids", ""),
            level=get("level", ""),
        )  # fmt: skip
    except RefusedError as error:
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
        members.change(
            found, request.user, reason_in(request), department=get("department", ""), level=get("level", "")
        )
    except RefusedError as error:
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
        members.remove(found, request.user, reason_in(request))
    except RefusedError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t(f"已移除 {name} 的角色", f"{name} has the role no more"))
    return redirect("park-settings-tab", slug, "members")


def _settable(pack: Pack) -> tuple[Pack, list[tuple[Parameter, Text]], Sequence[OptionSet]]:
    """What can be set of a standard: parameters with their labels, and option sets."""
    return pack, [(p, parameter_words(p.label)) for p in pack.parameters], pack.option_sets


def reason_in(request: HttpRequest) -> str:
    """Why something is changed, as it was typed.

    Raises
    ------
    SettingError
        Nothing was typed.
    """
    why = request.POST.get("reason", "").strip()[:300]
    if not why:
        raise office.SettingError(Text("请写明修改理由。", "Say why it is changed."))
    return why


def _again(request: HttpRequest, slug: str, tab: str) -> HttpResponse:
    answer = page(request, slug, tab, request.POST.dict())
    answer.status_code = 422
    return answer
