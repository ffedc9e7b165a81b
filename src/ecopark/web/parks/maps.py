"""The layers of a park's plain map, as far as a person may see them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, JsonResponse

from ecopark.core.text import Text
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say

LOOKS = {
    # name of the layer: label, kind, tone, labels drawn, shown at first; None for kind: as its geometry is
    "boundary": (Text("园区边界", "Boundary"), "line", "muted", False, True),
    "groups": (Text("功能组团", "Functional groups"), "fill", "accent", True, True),
    "control_units": (Text("管控单元", "Control units"), "fill", "open", False, False),
    "reserve": (Text("战略留白", "Strategic reserve"), "fill", "muted", False, False),
    "sensitive": (Text("敏感目标", "Sensitive places"), "point", "bad", True, False),
    "roads": (Text("道路", "Roads"), "line", "muted", False, True),
    "grids": (Text("监管网格", "Supervision grids"), "line", "partly", True, False),
    "parcels": (Text("地块", "Parcels"), "fill", "good", False, False),
    "facilities": (Text("设施", "Facilities"), "point", "open", True, True),
}
OPEN_TO_ALL = ("boundary", "groups", "roads", "grids")
"""Layers without anything of a single firm."""
PLAIN = frozenset({"id", "zh", "en", "name", "name_zh", "kind", "type", "area", "label", "invented"})
"""What anybody may know of a feature who may see the layer: what it is and is called, not what is left of its quotas."""
KINDS = {"Polygon": "fill", "MultiPolygon": "fill", "LineString": "line", "MultiLineString": "line"}
NAMES = ("label", "name", "name_zh", "id")


def layers(request: HttpRequest, slug: str) -> JsonResponse:
    """``{"layers": [...]}`` as `ui/src/map.js` reads it."""
    return JsonResponse({"layers": layers_of(enter(request, slug, "see_park"))})


def layers_of(standing: Standing, names: Collection[str] = ()) -> list[dict[str, Any]]:
    """The park's layers for one person, the known ones first; only those named, if any are."""
    order = {name: i for i, name in enumerate(LOOKS)}
    stored = standing.park.layers.filter(name__in=names) if names else standing.park.layers.all()
    rows = sorted(stored, key=lambda m: (order.get(m.name, 99), m.name))
    shown = [layer(m.name, m.features) for m in rows if standing.wide or m.name in OPEN_TO_ALL]
    for one in shown:
        if not standing.wide:
            for feature in one["data"]["features"]:
                feature["properties"] = {k: v for k, v in feature["properties"].items() if k in PLAIN}
        if one["id"] == "parcels":
            _mark_held(standing, one)
    return shown


def _mark_held(standing: Standing, parcels: dict[str, Any]) -> None:
    """Say of parcels that admitted projects hold them; by whom, to who may see projects."""
    from ecopark.web.projects.gate import held_parcels

    held = held_parcels(standing.park)
    for feature in parcels["data"]["features"]:
        properties = feature["properties"]
        if (name := held.get(str(properties.get("id")))) is not None:
            who = f": {name}" if standing.may("see_projects") else ""
            properties |= {"label": f"{properties['label']} · {say(Text('已占用', 'taken'))}{who}", "tone": "partly"}
            parcels["tone_from"] = "tone"
    for feature in parcels["data"]["features"] if "tone_from" in parcels else ():
        feature["properties"].setdefault("tone", parcels["tone"])


def layer(name: str, collection: dict[str, Any]) -> dict[str, Any]:
    """One stored layer with its look and a label for every feature."""
    features = [
        {**f, "properties": {**(f.get("properties") or {}), "label": _label(f.get("properties") or {})}}
        for f in collection.get("features", [])
        if f.get("geometry")
    ]
    kind = KINDS.get(features[0]["geometry"]["type"], "point") if features else "point"
    label, drawn, tone, labels, shown = LOOKS.get(name, (Text(name, name), kind, "muted", False, False))
    return {
        "id": name, "label": say(label), "kind": drawn if drawn != "fill" or kind == "fill" else kind, "tone": tone,
        "labels": labels, "shown": shown, "data": {"type": "FeatureCollection", "features": features},
    }  # fmt: skip


def _label(properties: dict[str, Any]) -> str:
    if properties.get("zh"):
        return say({"zh": properties["zh"], "en": properties.get("en", "")})
    return str(next((properties[n] for n in NAMES if properties.get(n)), ""))
