"""The maps of projects: the place a project has or wants, and the free parcels to choose from in its form."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.web.parks import places
from ecopark.web.people.access import Standing, enter
from ecopark.web.projects import gate
from ecopark.web.projects.models import Project
from ecopark.web.templatetags.ui import say

PLACE = Text("项目地块", "Its place")
FREE = Text("空闲地块", "Free parcels")
IN_USE = Text("已用地块", "Parcels in use")


def here(request: HttpRequest, slug: str, pk: int) -> JsonResponse:
    """The parcel, group or piece of land that a project names, over boundary, groups, parcels and grids."""
    standing = enter(request, slug, "see_projects")
    project = get_object_or_404(Project, park=standing.park, pk=pk)
    return JsonResponse({"layers": on_map(standing, project)})


def on_map(standing: Standing, project: Project) -> list[dict[str, Any]]:
    """The layers of the map of one project; the ground alone if it names no place."""
    return places.on_the_map(standing, places.wanted_by(standing, project.given), label=PLACE)


def free(request: HttpRequest, slug: str) -> JsonResponse:
    """The parcels and groups that the form of a project offers, each with the value of its choice."""
    return JsonResponse({"layers": offered(enter(request, slug, "see_projects"))})


def offered(standing: Standing) -> list[dict[str, Any]]:
    """The ground, its groups and free parcels to be chosen; parcels in use are there to be read, and cover their group."""
    parcels, groups = gate.places_of(standing.park, timezone.localdate().year)
    names = {"parcels": {name for name, _ in parcels}, "groups": {name for name, _ in groups}}
    layers = places.ground(standing)
    kinds = {"parcels": "parcel", "groups": "group"}
    chosen: list[dict[str, Any]] = []
    for one in layers:
        if one["id"] not in kinds:
            continue
        free, rest = [], []
        for feature in one["data"]["features"]:
            p = feature["properties"]
            name = str(p.get("id"))
            if name in names[one["id"]]:
                label = p["label"] if name in p["label"] else f"{name} {p['label']}".strip()
                free.append({**feature, "properties": {**p, "label": label, "value": f"{kinds[one['id']]}:{name}"}})
            else:
                rest.append({**feature, "properties": {**p, "value": f"{kinds[one['id']]}:{name}"}})
        if one["id"] == "groups":  # each stays where it is, and can be chosen
            one["data"] = {**one["data"], "features": [*free, *rest]}
        else:
            for feature in rest:  # held by a project, or in use
                tone = feature["properties"].get("tone")
                feature["properties"]["tone"] = "partly" if tone == "partly" else "muted"
            one |= {
                "label": say(IN_USE),
                "tone": "muted",
                "tone_from": "tone",
                "data": {**one["data"], "features": rest},
            }
            chosen.append({
                "id": "free", "label": say(FREE), "kind": "fill", "tone": "good", "labels": False, "shown": True,
                "data": {"type": "FeatureCollection", "features": free},
            })  # fmt: skip
    return [*layers, *chosen]
