"""Land renewal: the low-efficiency list with reasons, and the order that frees most within the money."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.errors import EcoparkError
from ecopark.grading.land import GOALS, read_plots
from ecopark.grading.renewal import STEPS
from ecopark.grading.result import Grading
from ecopark.web.firms import grades
from ecopark.web.firms.models import PlotTable
from ecopark.web.firms.views import method_now, standing_in
from ecopark.web.pages.context import lang
from ecopark.web.people.access import Standing
from ecopark.web.templatetags.ui import t
from ecopark.web.uploads import TABLES, UploadError, keep, stored_path
from ecopark.workflows.renew_land import (
    NAMES,
    list_land,
    listed_data,
    order_data,
    order_land,
    read_budget,
    stories,
    track,
)
from ecopark.workflows.write_renewal import STEP_TEXT, kind_text


def programme(request: HttpRequest, slug: str) -> HttpResponse:
    """The plots to renew and in which order, within the budget asked for."""
    standing = standing_in(request, slug, "see_land")
    table = PlotTable.objects.filter(park=standing.park).first()
    budget = request.GET.get("budget", "").strip()
    context: dict[str, Any] = {
        "table": table,
        "budget": budget or _usual(),
        "may_write": standing.may("write_firms"),
        "goals": [(g, NAMES[g]) for g in GOALS],
        "problem": "",
        "order": None,
        "listed": [],
        "steps": [(s, STEP_TEXT[s]) for s in STEPS],
        "chosen": {g: request.GET.get(g, "") for g in GOALS},
    }
    if table is not None:
        path = stored_path(table.stored)
        try:
            grading = _grading(standing)
            listed, rules = list_land(path, grading=grading)
            done = stories(_log(standing))
            context["listed"] = [
                row
                | {
                    "kind_said": kind_text(rules, row["kind"], lang()) if row["kind"] else "",
                    "last": _last(done.get(row["plot"])),
                }
                for row in listed_data(listed)
            ]
            money = read_budget((budget or _usual()).replace("，", ",").replace(" ", ",").split(","))
            weights = {g: v for g in GOALS if (v := request.GET.get(g, "").strip())}
            context["order"] = order_data(order_land(path, money, weights=weights or None, grading=grading))
        except EcoparkError as error:
            context["problem"] = error.message(lang())
    return render(request, "firms/land.html", context)


def _usual() -> str:
    year = timezone.localdate().year
    return f"{year}=5000,{year + 1}=5000"


def _grading(standing: Standing) -> Grading | None:
    """The grades that the rule on class D looks at, where the park has a method."""
    method, year = method_now(standing)
    few = standing.park.subjects.filter(kind="firm").count() <= grades.AT_ONCE
    return grades.graded(standing.park, method, year) if method and year and few else None


def _log(standing: Standing) -> Any:
    return stored_path(f"land/{standing.park.pk}")


def _last(events: Any) -> dict[str, Any] | None:
    if not events:
        return None
    return {**events[-1], "said": STEP_TEXT[events[-1]["step"]]}


@require_POST
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand in a table of plots; it is read before it is kept."""
    standing = standing_in(request, slug, "write_firms")
    file = request.FILES.get("file")
    try:
        if file is None:
            raise EcoparkError("choose a table.", zh="请选择地块表。")
        stored = keep(file, f"land/{standing.park.pk}", TABLES)
        try:
            plots = read_plots(stored.path)
        except EcoparkError:
            stored.path.unlink(missing_ok=True)
            raise
        PlotTable.objects.create(
            park=standing.park, name=stored.name, stored=stored.key, plots=len(plots), by=request.user
        )
    except UploadError as error:
        messages.error(request, error.text[lang()])
    except EcoparkError as error:
        messages.error(request, error.message(lang())[:1000])
    else:
        messages.success(request, t("地块表已读入", "The table was read"))
    return redirect("land", slug)


def download(request: HttpRequest, slug: str) -> FileResponse:
    """The table of plots as it was handed in."""
    standing = standing_in(request, slug, "see_land")
    table = PlotTable.objects.filter(park=standing.park).first()
    if table is None:
        raise Http404
    return FileResponse(stored_path(table.stored).open("rb"), as_attachment=True, filename=table.name)


@require_POST
def step(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what happened to a plot."""
    standing = standing_in(request, slug, "write_firms")
    freed = {g: v for g in GOALS if (v := request.POST.get(g, "").strip())}
    try:
        track(
            _log(standing),
            request.POST.get("plot", ""),
            request.POST.get("step", ""),
            by=request.user.shown_name,
            on=timezone.localdate(),
            note=request.POST.get("note", "")[:500],
            freed=freed,
        )
    except EcoparkError as error:
        messages.error(request, error.message(lang()))
    else:
        messages.success(request, t("进展已登记", "Written down"))
    return redirect("land", slug)
