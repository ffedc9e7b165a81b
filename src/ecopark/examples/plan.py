"""Rectangles of the invented park's plan, in kilometres from its south-west corner: how they are cut and become GeoJSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

ORIGIN = (122.9, 31.2)
"""Longitude and latitude of the south-west corner: open water, no real place. [degree, WGS 84]"""
KM_PER_DEGREE = (111.320 * math.cos(math.radians(ORIGIN[1])), 110.574)


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


def feature(kind: str, geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature, marked as invented."""
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"kind": kind, **properties, "invented": True},
    }


def polygon(r: Rectangle) -> dict[str, Any]:
    """A rectangle as a GeoJSON polygon."""
    return {"type": "Polygon", "coordinates": [r.ring()]}


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
