"""Where something is: a parcel, a group, a point, and the ground it is shown on, as far as a person may see it.

Every map of one thing is the same plain map: boundary, groups, roads, grids and parcels as the person may see them on the
map of the park, and on top a layer `here` with the thing itself, on which the map opens.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from ecopark.admission.places import Feature, read_geometry
from ecopark.casework.grids import Grids
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.web.parks.maps import layer, layers_of
from ecopark.web.parks.models import Park
from ecopark.web.people.access import Standing
from ecopark.web.templatetags.ui import say

GROUND = ("boundary", "groups", "parcels", "roads", "grids")
SHOWN = ("boundary", "groups", "parcels")
"""Layers of the ground that are switched on at first."""
HERE = Text("这里", "Here")

Geo = dict[str, Any]


def ground(standing: Standing, shown: Iterable[str] = SHOWN) -> list[Geo]:
    """The layers everything is shown on; a parcel opens its page for who may know all firms."""
    found = [one | {"shown": one["id"] in shown} for one in layers_of(standing, GROUND)]
    for one in found:
        if one["id"] == "parcels" and standing.may("see_firms"):
            for feature in one["data"]["features"]:
                if name := feature["properties"].get("id"):
                    feature["properties"]["url"] = reverse("parcel", args=[standing.park.slug, name])
    return found


def on_the_map(standing: Standing, here: list[Geo], *, label: Text = HERE, tone: str = "open") -> list[Geo]:
    """The ground with these features on top, on which the map opens."""
    below = ground(standing)
    if not here:
        return below
    top = {**layer("here", {"type": "FeatureCollection", "features": here}), "label": say(label), "tone": tone}
    if any("tone" in f["properties"] for f in top["data"]["features"]):
        top["tone_from"] = "tone"
    return [*below, top | {"shown": True, "labels": True, "focus": True}]


def features_of(park: Park, name: str) -> list[Geo]:
    """The features of a stored layer; none if there is no such layer."""
    stored = park.layers.filter(name=name).first()
    return list(stored.features.get("features", ())) if stored else []


def parcels_of(standing: Standing) -> list[Geo]:
    """The parcels somebody may know: all, or those of their own firm."""
    if not standing.may("see_firms"):
        return []
    found = features_of(standing.park, "parcels")
    return found if standing.wide else [f for f in found if _get(f, "firm") in standing.firms]


def parcel_of(standing: Standing, name: str) -> Geo | None:
    """The parcel with this id, if there is one that the person may know."""
    return next((f for f in parcels_of(standing) if str(_get(f, "id")) == name), None)


def holds(feature: Geo, lon: float, lat: float) -> bool:
    """Whether a point lies in a feature."""
    return Grids({"features": [feature]}).at(lon, lat) is not None


def box_of(feature: Geo) -> tuple[float, float, float, float] | None:
    """West, south, east and north of a feature. [degree]"""
    pairs = list(_pairs((feature.get("geometry") or {}).get("coordinates") or ()))
    if not pairs:
        return None
    lons, lats = [p[0] for p in pairs], [p[1] for p in pairs]
    return min(lons), min(lats), max(lons), max(lats)


def _pairs(part: Any) -> Iterable[Any]:
    if part and isinstance(part[0], int | float):
        yield part
    else:
        for one in part:
            yield from _pairs(one)


def area_of(feature: Geo) -> Text | None:
    """The area that a feature states, in mu and hectares; None if it states none."""
    mu = Feature("", "", Text(), None, feature.get("properties") or {}).area_mu()
    if mu is None:
        return None
    said, hectares = decimal_text(mu, 4), decimal_text(mu / 15, 3)
    return Text(f"{said} 亩（{hectares} 公顷）", f"{said} mu ({hectares} ha)")


def name_of(feature: Geo) -> Text:
    """What a feature is called, in both languages."""
    zh = str(_get(feature, "zh") or _get(feature, "name") or _get(feature, "id") or "")
    return Text(zh, str(_get(feature, "en") or zh))


def wanted_by(standing: Standing, given: Mapping[str, Any]) -> list[Geo]:
    """What a project's description names: its parcel, its group, or the piece that was drawn by hand."""
    for kind, name in (("parcels", given.get("parcel")), ("groups", given.get("group"))):
        if name:
            return [f for f in features_of(standing.park, kind) if str(_get(f, "id")) == str(name)]
    try:
        drawn = read_geometry(given["geometry"]) if given.get("geometry") else ""
    except ValueError:
        return []
    return [{"type": "Feature", "properties": {}, "geometry": json.loads(drawn)}] if drawn else []


def _get(feature: Geo, key: str) -> Any:
    return (feature.get("properties") or {}).get(key)
