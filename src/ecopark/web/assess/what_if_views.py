"""The what-if page, and scenarios to share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ecopark.errors import InputError
from ecopark.web.assess import what_if
from ecopark.web.assess.models import Scenario
from ecopark.web.assess.views import pack_or_404, period_or_404
from ecopark.web.figures.facts import problems_of
from ecopark.web.pages.context import lang
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import t


def page(request: HttpRequest, slug: str, pack: str, period: str) -> HttpResponse:
    """Change figures and see which clauses change; ``save`` keeps the changes as a scenario with an address of its own."""
    standing = enter(request, slug, "try_what_if")
    found, year = pack_or_404(pack), period_or_404(standing, period)
    park = standing.park
    known = what_if.inputs(park, found.id, year)
    shared = None
    typed: dict[str, str] = {}
    share = request.GET.get("scenario") or request.POST.get("scenario", "")
    more: list[dict[str, str]] = []
    if share:
        shared = get_object_or_404(Scenario, park=park, pack=found.id, period=year, share=share)
        more = what_if.beyond(park, year, known, shared.changes)
        typed = {f"{row['quantity']}|{row['by']}": row["value"] for row in shared.changes if row not in more}
    if request.method == "POST":
        typed = {k: v for k, v in request.POST.items() if isinstance(v, str)}
    rows = what_if.changes_from(park, year, known, typed) + more
    context: dict[str, Any] = {
        "pack": found, "period": year, "shared": shared, "problems": [],
        "scenario_name": request.POST.get("scenario_name", ""),
        "inputs": [{"input": one, "typed": typed.get(one.name, "") or one.now} for one in known],
        "more": more, "mine": Scenario.objects.filter(park=park, pack=found.id, period=year)[:20],
    }  # fmt: skip
    if rows:
        try:
            context |= what_if.compared(park, found.id, year, rows)
        except InputError as error:
            context["problems"] = problems_of(error, lang())
            return render(request, "assess/what_if.html", context, status=422)
        if request.POST.get("save"):
            made = what_if.kept(park, found.id, year, rows, request.user, request.POST.get("scenario_name", ""))
            en = "The scenario is kept: send the address of this page to a colleague."
            messages.success(request, t("情景已保存，可把本页地址发给同事。", en))
            return redirect(made)
    elif request.method == "POST":
        messages.info(request, t("没有改动任何数，结果与现在相同。", "No figure was changed, so nothing changes."))
    return render(request, "assess/what_if.html", context)
