"""What every page is given: the park, the navigation, the language."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from ecopark import __version__
from ecopark.core.text import Text
from ecopark.web.people.access import Standing
from ecopark.web.templatetags.ui import language

NAVIGATION = (
    # label, address, icon, what a person must be able to do
    (Text("总览", "Overview"), "park", "home", "see_park"),
    (Text("数据", "Data"), "data", "table", "see_figures"),
    (Text("评价", "Assess"), "assess", "check", "see_assessments"),
    (Text("任务", "Tasks"), "tasks", "task", "see_tasks"),
    (Text("问题台账", "Cases"), "cases", "case", "see_cases"),
    (Text("项目", "Projects"), "projects", "project", "see_projects"),
    (Text("企业", "Firms"), "firms", "firm", "see_firms"),
    (Text("标准", "Rules"), "rules", "rules", "see_park"),
    (Text("设置", "Settings"), "park-settings", "settings", "settings"),
)

MANY = ("reviewer", "consultant")
"""Roles that look after several parks."""


def lang() -> str:
    """``zh`` or ``en``: the language of this request."""
    return language()


def user_links(user: Any, standing: Standing | None = None) -> list[dict[str, Any]]:
    """What stands in a person's own menu: their account, and the table of many parks for who looks after several."""
    if user is None or not user.is_authenticated:
        return []
    links = [{"label": Text("我的账户", "My account"), "url": reverse("account"), "icon": "key"}]
    if user.is_superuser:
        roles = {*MANY}
    elif standing is not None:
        roles = {*MANY} & standing.anywhere
    else:
        roles = {*user.memberships.filter(role__in=MANY).values_list("role", flat=True)}
    if roles:
        links.append({"label": Text("多园区评价", "Many parks"), "url": reverse("many"), "icon": "parks"})
    if "reviewer" in roles:
        links.append({"label": Text("待审阅", "Waiting for review"), "url": reverse("waiting"), "icon": "bell"})
    return links


@lru_cache(maxsize=4096)
def _address(name: str, slug: str) -> str:
    return reverse(name, args=[slug])


def site(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    found: Standing | None = getattr(request, "standing", None)
    data: dict[str, Any] = {"lang": lang(), "program": __version__, "nav": [], "park": None, "standing": found}
    data["search_url"] = reverse("search", args=[found.park.slug]) if found else reverse("search-all")
    data["user_links"] = user_links(getattr(request, "user", None), found)
    if found is not None:
        data["park"] = found.park
        data["may_fill"] = found.may("see_figures")
        data["nav"] = [
            {
                "label": label,
                "url": (url := _address(name, found.park.slug)),
                "icon": icon,
                "current": request.path == url if name == "park" else request.path.startswith(url),
            }
            for label, name, icon, action in NAVIGATION
            if found.may(action)
        ]
    return data
