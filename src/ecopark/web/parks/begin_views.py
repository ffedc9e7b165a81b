"""Beginning a park, as pages: the administrator's form, and the map among the settings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from ecopark.core.text import RefusedError
from ecopark.core.words import counted
from ecopark.errors import InputError
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.web.figures.facts import problems_of
from ecopark.web.pages.context import lang
from ecopark.web.parks import begin
from ecopark.web.parks.models import MapLayer
from ecopark.web.parks.office import SettingError
from ecopark.web.parks.office_views import reason_in
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import say, t

USUAL = ("hj274-2015", "miit-green-park-2016", "zero-carbon-park-2025")
"""Standards that are ticked in the form of a new park."""
FIELDS = ("slug", "name", "name_en", "area", "base_year", "office", "office_name")
MOST_TOLD = 30


def new(request: HttpRequest) -> HttpResponse:
    """The form of a new park; for administrators."""
    if not request.user.is_authenticated:
        raise Http404
    if not request.user.is_superuser:
        raise PermissionDenied
    context: dict[str, Any] = {
        "typed": {},
        "chosen": USUAL,
        "problems": [],
        "packs": [find_pack(n) for n in shipped_ids()],
    }
    if request.method != "POST":
        return render(request, "park/new.html", context)
    fields = {name: request.POST.get(name, "") for name in FIELDS}
    chosen = request.POST.getlist("pack")
    try:
        park, password = begin.begin(request.user, folder=request.FILES.get("folder"), packs=chosen, **fields)
    except (begin.BeginError, SettingError) as error:
        problems = [say(error.text)]
    except InputError as error:
        problems = problems_at(error)
    else:
        answer = render(request, "park/begun.html", {"made": park, "password": password, "username": fields["office"]})
        answer["Cache-Control"] = "no-store"
        return answer
    more = max(0, len(problems) - MOST_TOLD)
    context |= {"typed": fields, "chosen": chosen, "problems": problems[:MOST_TOLD], "more": more}
    return render(request, "park/new.html", context, status=422)


def problems_at(error: InputError) -> list[str]:
    """What is wrong, a line each, with its place."""
    return [p.message(lang()) for p in error.problems if p.severity == "error"] or [str(error)]


@require_POST
def put_layer(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a layer of the map in."""
    standing = enter(request, slug, "settings")
    try:
        made = begin.put_layer(
            standing.park, request.POST.get("layer", ""), request.FILES.get("file"), request.user, reason_in(request)
        )
    except RefusedError as error:
        messages.error(request, say(error.text))
    except InputError as error:
        for text in problems_of(error, lang())[:10]:
            messages.error(request, text)
    else:
        count = len(made.features["features"])
        messages.success(request, t(f"图层已更新，共 {count} 个要素", f"Layer updated: {counted(count, 'feature')}"))
    return redirect("park-settings-tab", slug, "map")


@require_POST
def take_layer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a layer off the map."""
    standing = enter(request, slug, "settings")
    found = get_object_or_404(MapLayer, pk=pk, park=standing.park)
    try:
        begin.take_layer(found, request.user, reason_in(request))
    except RefusedError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t("图层已移除", "The layer was removed"))
    return redirect("park-settings-tab", slug, "map")
