"""Ground plan of the invented park: functional groups, parcels and roads as GeoJSON, on open sea.

The plan is a nested cutting of one rectangle: first into the ten groups, then each group into the parcels of its firms.
Every parcel is then shrunk to the land its firm reports, which leaves room for roads and green between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecopark.examples.firms import DECIMALS, Firms
from ecopark.examples.industries import GROUPS, INDUSTRIES

ORIGIN = (122.9, 31.2)
"""Longitude and latitude of the south-west corner: open water, no real place. [degree, WGS 84]"""
KM_PER_DEGREE = (111.320 * math.cos(math.radians(ORIGIN[1])), 110.574)
SERVICE_PLOT_KM2 = 0.004
"""Plot of a firm that has no industrial land."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle in kilometres from the south-west corner of the park."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height

    def inset(self, margin: float) -> Rectangle:
        """The same rectangle with a border of `margin` [km] taken off."""
        margin = min(margin, 0.2 * min(self.width, self.height))
        return Rectangle(self.x + margin, self.y + margin, self.width - 2 * margin, self.height - 2 * margin)

    def shrunk_to(self, area: float) -> Rectangle:
        """The same shape around the same centre with this area [km2], never larger than before."""
        k = min(math.sqrt(area / self.area), 1.0)
        w, h = self.width * k, self.height * k
        return Rectangle(self.x + (self.width - w) / 2, self.y + (self.height - h) / 2, w, h)

    def ring(self) -> list[list[float]]:
        """Corners as longitude and latitude, anticlockwise and closed."""
        x0, y0, x1, y1 = self.x, self.y, self.x + self.width, self.y + self.height
        return [lonlat(x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]


def lonlat(x_km: float, y_km: float) -> list[float]:
    """Longitude and latitude of a point of the plan, seven decimals."""
    return [round(ORIGIN[0] + x_km / KM_PER_DEGREE[0], 7), round(ORIGIN[1] + y_km / KM_PER_DEGREE[1], 7)]


def cut(
    rectangle: Rectangle, weights: list[float]
) -> tuple[list[Rectangle], list[tuple[float, float, float, float, int]]]:
    """Cut a rectangle into parts with areas in proportion to `weights`, and the cuts as lines with their depth.

    Always the longer side is cut, where the weights come nearest to halves; order is kept.
    """
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    parts: list[Rectangle] = [rectangle] * len(weights)
    lines: list[tuple[float, float, float, float, int]] = []
    stack = [(rectangle, 0, len(weights), 0)]
    while stack:
        r, first, last, depth = stack.pop()
        if last - first == 1:
            parts[first] = r
            continue
        middle = (sums[first] + sums[last]) / 2
        at = min(max(int(np.searchsorted(sums, middle)), first + 1), last - 1)
        share = float((sums[at] - sums[first]) / (sums[last] - sums[first]))
        if r.width >= r.height:
            w = r.width * share
            lines.append((r.x + w, r.y, r.x + w, r.y + r.height, depth))
            halves = Rectangle(r.x, r.y, w, r.height), Rectangle(r.x + w, r.y, r.width - w, r.height)
        else:
            h = r.height * share
            lines.append((r.x, r.y + h, r.x + r.width, r.y + h, depth))
            halves = Rectangle(r.x, r.y, r.width, h), Rectangle(r.x, r.y + h, r.width, r.height - h)
        stack += [(halves[1], at, last, depth + 1), (halves[0], first, at, depth + 1)]
    return parts, lines


def _feature(kind: str, geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"kind": kind, **properties, "invented": True},
    }


def _polygon(r: Rectangle) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [r.ring()]}


def _line(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [lonlat(x0, y0), lonlat(x1, y1)]}


def layers(firms: Firms, park_area_km2: float) -> dict[str, dict[str, Any]]:
    """Three layers as GeoJSON feature collections: ``groups``, ``parcels`` and ``roads``.

    Parameters
    ----------
    firms
        Whose parcels are drawn; the largest land of a firm's years counts.
    park_area_km2
        Area inside the boundary. [km2]

    Returns
    -------
    layers
        Features carry ids, names in both languages, areas [km2] or lengths [km], and ``invented: true``.
    """
    height = math.sqrt(park_area_km2 / 1.6)
    park = Rectangle(0.0, 0.0, park_area_km2 / height, height)
    land = firms.values["land"].max(axis=1) / 10 ** DECIMALS["land"]
    land = np.where(land > 0, land, SERVICE_PLOT_KM2)
    groups = np.array(firms.groups)
    totals = [float(land[groups == g].sum()) for g, _, _ in GROUPS]
    spare = 0.15 * sum(totals) / len(totals)
    rectangles, cuts = cut(park, [t + spare for t in totals])
    group_features, parcels, roads = [], [], []
    for (gid, name, kind), rectangle in zip(GROUPS, rectangles, strict=True):
        group_features.append(
            _feature(
                "group",
                _polygon(rectangle),
                id=gid,
                zh=name.zh,
                en=name.en,
                type=kind,
                area_km2=round(rectangle.area, 4),
            )
        )
        members = np.flatnonzero(groups == gid)
        inner = rectangle.inset(0.06)
        plots, local = cut(inner, land[members].tolist())
        for i, plot in zip(members.tolist(), plots, strict=True):
            industry = INDUSTRIES[firms.industry[i]]
            parcels.append(
                _feature(
                    "parcel",
                    _polygon(plot.shrunk_to(float(land[i]))),
                    id=f"P{firms.ids[i][1:]}",
                    firm=firms.ids[i],
                    zh=firms.names[i],
                    group=gid,
                    industry=industry.code,
                    industrial=industry.industrial,
                    area_km2=round(float(land[i]), 6),
                    since=int(firms.since[i]),
                    until=int(firms.until[i]) or None,
                )
            )
        for n, (*ends, depth) in enumerate(local):
            if depth <= 3:
                roads.append(_road(f"{gid}-{n + 1}", "local", *ends))
    edge = [(0.0, 0.0, park.width, 0.0), (park.width, 0.0, park.width, height)]
    edge += [(park.width, height, 0.0, height), (0.0, height, 0.0, 0.0)]
    for n, ends4 in enumerate([*edge, *(c[:4] for c in cuts)]):
        roads.append(_road(f"A-{n + 1}", "arterial", *ends4))
    return {
        name: {"type": "FeatureCollection", "name": f"invented-park-{name}", "features": features}
        for name, features in (("groups", group_features), ("parcels", parcels), ("roads", roads))
    }


def _road(number: str, rank: str, x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    length = math.hypot(x1 - x0, y1 - y0)
    zh = ("主干路" if rank == "arterial" else "支路") + number
    return _feature(
        "road",
        _line(x0, y0, x1, y1),
        id=f"R-{number}",
        rank=rank,
        zh=zh,
        en=f"Road {number}",
        length_km=round(length, 4),
    )
