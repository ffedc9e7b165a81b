"""The overview of a park: titles and verdicts, trends, what is missing, what changed lately."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from ecopark.packs.load import find_pack
from ecopark.web.assess import keep
from ecopark.web.figures.models import Figure
from ecopark.web.people.access import enter

LATELY = 12


def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The page a director opens."""
    standing = enter(request, slug, "see_park")
    request.standing = standing  # type: ignore[attr-defined]
    park = standing.park
    context: dict[str, Any] = {"cards": [], "gaps": [], "lately": []}
    years = keep.years_of(park)
    if standing.may("see_assessments") and years:
        period = str(years[0])
        context["period"] = period
        for name in keep.packs_of(park):
            kept = keep.assessed(park, name, period)
            context["cards"].append({"pack": find_pack(name), "kept": kept, "result": kept.result})
        context["gaps"] = _gaps([c["result"] for c in context["cards"]])
    if standing.may("see_history"):
        rows = standing.of_subjects(Figure.history.filter(park=park, version__gt=1))
        context["lately"] = rows.select_related("history_user", "subject").order_by("-history_date")[:LATELY]
    return render(request, "park/overview.html", context)


def _gaps(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is missing, by department, the figure that settles most first."""
    found: dict[str, dict[str, Any]] = {}
    for result in results:
        for gap in result["gaps"]:
            known = found.setdefault(gap["item"], {**gap, "clauses": [], "settles": 0})
            known["clauses"] += gap["clauses"]
            known["settles"] += gap["settles"]
    by_department: dict[str, dict[str, Any]] = {}
    for gap in sorted(found.values(), key=lambda g: (-g["settles"], -len(g["clauses"]))):
        group = by_department.setdefault(gap["department"]["zh"], {"department": gap["department"], "gaps": []})
        group["gaps"].append(gap)
    return list(by_department.values())


def map_layers(request: HttpRequest, slug: str) -> JsonResponse:
    """The layers of the park's map, as far as this person may see them."""
    standing = enter(request, slug, "see_park")
    layers = {m.name: m.features for m in standing.park.layers.all() if standing.wide or m.name in PUBLIC_LAYERS}
    return JsonResponse({"layers": layers})


PUBLIC_LAYERS = ("boundary", "groups", "roads")
"""Layers without anything of a single firm."""
