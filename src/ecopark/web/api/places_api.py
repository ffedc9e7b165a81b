"""Where things are: one parcel, and the maps of a parcel, a project, a case and the land to renew, as GeoJSON layers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from ecopark.web.api import shapes
from ecopark.web.api.common import REFUSED, come_in
from ecopark.web.cases import lists as case_lists
from ecopark.web.cases import views as case_views
from ecopark.web.firms import land, parcels
from ecopark.web.parks import places
from ecopark.web.projects import map_views
from ecopark.web.projects.models import Project
from ecopark.web.projects.told import pair

router = Router()
MAP = {200: dict[str, Any], **REFUSED}


class ParcelProject(Schema):
    """A project that names the parcel; one that `holds` it was let in for it."""

    id: int
    name: str
    stage: str
    holds: bool


class ParcelOut(Schema):
    """A parcel; projects, cases and the events of its renewal as far as you may know them."""

    id: str
    name: shapes.Bilingual
    area: shapes.Bilingual | None
    group: shapes.Bilingual | None
    firm: str | None
    since: int | None
    until: int | None
    industry: str
    free: bool
    held: bool
    projects: list[ParcelProject]
    cases: list[int]
    renewal: list[dict[str, Any]] | None


@router.get("/parks/{slug}/parcel", response={200: ParcelOut, **REFUSED}, summary="one parcel / 一宗地块")
def parcel(request: HttpRequest, slug: shapes.Name, id: shapes.Name) -> Any:
    """Who is on a parcel and since when, its area, the projects that name it, the cases on it, its renewal."""
    standing = come_in(request, slug, "see_firms")
    found = parcels.told(standing, parcels.parcel_or_404(standing, id))
    plain = {name: found[name] for name in ("id", "since", "until", "industry", "free", "held")}
    return plain | {
        "name": pair(found["name"]),
        "area": pair(found["area"]) if found["area"] else None,
        "group": pair(found["group"]) if found["group"] else None,
        "firm": found["firm"].key if found["firm"] else None,
        "projects": [
            {"id": r["project"].pk, "name": r["project"].name, "stage": r["project"].stage, "holds": r["holds"]}
            for r in found["projects"]
        ],
        "cases": [c.number for c in found["cases"]],
        "renewal": [{k: v for k, v in e.items() if k != "said"} for e in found["plot"]["events"]]
        if found["plot"]
        else None,
    }


@router.get("/parks/{slug}/parcel/map", response=MAP, summary="its map / 地块位置")
def parcel_map(request: HttpRequest, slug: shapes.Name, id: shapes.Name) -> Any:
    """A parcel over boundary, groups, parcels and grids."""
    standing = come_in(request, slug, "see_firms")
    return {"layers": places.on_the_map(standing, [parcels.parcel_or_404(standing, id)])}


@router.get("/parks/{slug}/projects/{project}/map", response=MAP, summary="its map / 项目位置")
def project_map(request: HttpRequest, slug: shapes.Name, project: shapes.Number) -> Any:
    """The parcel, group or piece of land that a project names, over the same ground."""
    standing = come_in(request, slug, "see_projects")
    return {"layers": map_views.on_map(standing, get_object_or_404(Project, park=standing.park, pk=project))}


@router.get("/parks/{slug}/places/free", response=MAP, summary="free parcels / 空闲地块")
def free(request: HttpRequest, slug: shapes.Name) -> Any:
    """The parcels and groups a project may name, each with the `value` of the form's choice (``parcel:ID``)."""
    return {"layers": map_views.offered(come_in(request, slug, "see_projects"))}


@router.get("/parks/{slug}/cases/{case}/map", response=MAP, summary="its map / 问题位置")
def case_map(request: HttpRequest, slug: shapes.Name, case: shapes.Number) -> Any:
    """A case where it lies, over the ground that you may see."""
    standing = come_in(request, slug, "see_cases")
    return {"layers": case_views.on_map(standing, case_lists.case_of(standing, case))}


@router.get("/parks/{slug}/land/map", response=MAP, summary="plots on the map / 待更新地块分布")
def land_map(request: HttpRequest, slug: shapes.Name) -> Any:
    """The plots of the table to renew, by how far each is."""
    standing = come_in(request, slug, "see_land")
    return {"layers": places.on_the_map(standing, land.on_the_map(standing), label=land.PLOTS)}
