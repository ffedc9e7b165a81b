"""Beginning a park and putting layers on its map, by token."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import File, Form
from ninja.files import UploadedFile

from ecopark.web.api import parks_api, shapes
from ecopark.web.api import shapes_office as out
from ecopark.web.api.common import REFUSED, come_in
from ecopark.web.parks import begin
from ecopark.web.parks.models import MapLayer

router = parks_api.router
"""One address has one router: these stand beside the reading of parks."""


@router.post("/parks", response={200: out.ParkMade, **REFUSED}, summary="begin a park / 新建园区")
def new_park(
    request: HttpRequest, form: Form[out.ParkIn], response: HttpResponse, folder: File[UploadedFile | None] = None
) -> Any:
    """A new park, empty or from the zip of a park folder; for administrators. The password of a new account is in this answer
    and nowhere else."""
    if not request.user.is_superuser:
        raise PermissionDenied
    given = form.dict() | {"packs": [name for name in form.packs.replace(",", " ").split() if name]}
    made, password = begin.begin(request.user, folder=folder, **given)
    response["Cache-Control"] = "no-store"
    return {"slug": made.slug, "password": password}


@router.post("/parks/{slug}/map/layers", response={200: out.LayerOut, **REFUSED}, summary="put a layer / 上传图层")
def put_layer(request: HttpRequest, slug: shapes.Name, file: File[UploadedFile], form: Form[out.LayerIn]) -> Any:
    """A GeoJSON layer of the map, in place of one of the same name, which the history keeps."""
    park = come_in(request, slug, "settings").park
    return _layer(begin.put_layer(park, form.layer, file, request.user, form.reason))


@router.get("/parks/{slug}/map/layers", response={200: list[out.LayerOut], **REFUSED}, summary="its layers / 图层清单")
def layers(request: HttpRequest, slug: shapes.Name) -> Any:
    """The layers that are on the map; their features are under ``/map``."""
    return [_layer(one) for one in come_in(request, slug, "settings").park.layers.order_by("name")]


@router.post(
    "/parks/{slug}/map/layers/{name}/remove", response={200: out.LayerOut, **REFUSED}, summary="take one off / 移除图层"
)
def take_layer(request: HttpRequest, slug: shapes.Name, name: shapes.Name, body: out.BecauseIn) -> Any:
    """Take a layer off the map; the history keeps it."""
    found = get_object_or_404(MapLayer, park=come_in(request, slug, "settings").park, name=name)
    told = _layer(found)
    begin.take_layer(found, request.user, body.reason)
    return told


def _layer(layer: MapLayer) -> dict[str, Any]:
    return {"name": layer.name, "features": len(layer.features.get("features", ()))}
