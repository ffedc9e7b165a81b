"""Land renewal: the low-efficiency list with reasons, and the order that frees most within the money."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from ecopark.errors import EcoparkError
from ecopark.grading.land import GOALS
from ecopark.grading.renewal import STEPS
from ecopark.web.firms import land
from ecopark.web.firms.models import PlotTable
from ecopark.web.pages.context import lang
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import t
from ecopark.web.uploads import file_answer, stored_path
from ecopark.workflows.renew_land import (
    NAMES,
)
from ecopark.workflows.write_renewal import STEP_TEXT, kind_text


def programme(request: HttpRequest, slug: str) -> HttpResponse:
    """The plots to renew and in which order, within the budget asked for."""
    standing = enter(request, slug, "see_land")
    table = PlotTable.objects.filter(park=standing.park).first()
    budget = request.GET.get("budget", "").strip()
    context: dict[str, Any] = {
        "table": table,
        "budget": budget or land.usual_budget(),
        "may_write": standing.may("write_firms"),
        "goals": [(g, NAMES[g]) for g in GOALS],
        "problem": "",
        "order": None,
        "listed": [],
        "steps": [(s, STEP_TEXT[s]) for s in STEPS],
        "chosen": {g: request.GET.get(g, "") for g in GOALS},
        "on_map": {str(f["properties"]["id"]) for f in land.on_the_map(standing)},
    }
    if table is not None:
        try:
            weights = {g: v for g in GOALS if (v := request.GET.get(g, "").strip())}
            found = land.programme(standing.park, table, budget or land.usual_budget(), weights)
        except EcoparkError as error:
            context["problem"] = error.message(lang()).removeprefix("--budget: ")
        else:
            context["order"] = found.order
            context["listed"] = [
                row
                | {
                    "kind_said": kind_text(found.rules, row["kind"], lang()) if row["kind"] else "",
                    "last": _last(row["events"]),
                }
                for row in found.listed
            ]
    return render(request, "firms/land.html", context)


def _last(events: Any) -> dict[str, Any] | None:
    if not events:
        return None
    return {**events[-1], "said": STEP_TEXT[events[-1]["step"]]}


@require_POST
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand in a table of plots; it is read before it is kept."""
    standing = enter(request, slug, "write_firms")
    try:
        land.hand_in(standing.park, request.FILES.get("file"), request.user)
    except EcoparkError as error:
        messages.error(request, error.message(lang())[:1000])
    else:
        messages.success(request, t("地块表已读入", "The table was read"))
    return redirect("land", slug)


def download(request: HttpRequest, slug: str) -> FileResponse:
    """The table of plots as it was handed in."""
    standing = enter(request, slug, "see_land")
    table = PlotTable.objects.filter(park=standing.park).first()
    if table is None:
        raise Http404
    return file_answer(stored_path(table.stored), table.name)


@require_POST
def step(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what happened to a plot."""
    standing = enter(request, slug, "write_firms")
    freed = {g: v for g in GOALS if (v := request.POST.get(g, "").strip())}
    get = request.POST.get
    try:
        land.note(standing.park, get("plot", ""), get("step", ""), request.user, get("note", ""), freed)
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("进展已登记", "Written down"))
    return redirect("land", slug)
