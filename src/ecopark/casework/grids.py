"""Which supervision grid a place lies in, and whom a case goes to by grid and kind.

Grids are polygons in degrees (WGS 84) with an id, the area they belong to and labels. A place on a common edge belongs to the
grid whose id comes first, so that two keepers never both think it is the other's. A place outside every grid belongs to the
office, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely

from ecopark.casework.rules import CaseKind
from ecopark.core.text import Text


@dataclass(frozen=True, slots=True)
class Grid:
    """One supervision grid (监管网格) of an area (网格区)."""

    id: str
    label: Text
    area: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Whom a case should go to, and why.

    Parameters
    ----------
    to
        ``firm:<key>``, ``keeper:<grid>`` or ``office:<department>``.
    """

    to: str
    why: Text


class Grids:
    """The grids of a park, to be asked for a place.

    Parameters
    ----------
    features
        A GeoJSON feature collection; properties ``id``, ``area``, ``zh``, ``en``. Features without id or surface
        are left out.
    """

    def __init__(self, features: Mapping[str, Any]) -> None:
        rows = []
        for feature in features.get("features", ()):
            p = feature.get("properties") or {}
            geometry = feature.get("geometry")
            if not p.get("id") or not geometry or geometry.get("type") not in ("Polygon", "MultiPolygon"):
                continue
            name = str(p["id"])
            label = Text(str(p.get("zh") or name), str(p.get("en") or p.get("zh") or name))
            rows.append((Grid(name, label, str(p.get("area") or "")), geometry))
        rows.sort(key=lambda row: row[0].id)
        self.grids = tuple(grid for grid, _ in rows)
        self._geometries = [geometry for _, geometry in rows]

    @cached_property
    def _tree(self) -> shapely.STRtree:
        """Made when the first place is asked for: lists only need the names."""
        return shapely.STRtree([_shape(geometry) for geometry in self._geometries])

    def at(self, lon: float, lat: float) -> Grid | None:
        """The grid a place lies in; None if it lies in none."""
        if not self.grids:
            return None
        hits = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return self.grids[int(min(hits))] if len(hits) else None

    def named(self, name: str) -> Grid | None:
        """The grid with this id."""
        return next((g for g in self.grids if g.id == name), None)


def _shape(geometry: Mapping[str, Any]) -> Any:
    made = shapely.MultiPolygon() if geometry["type"] == "MultiPolygon" else None
    polygons = geometry["coordinates"] if made is not None else [geometry["coordinates"]]
    parts = [shapely.Polygon(p[0], p[1:]) for p in polygons]
    return shapely.make_valid(shapely.union_all(parts))


def suggest(kind: CaseKind, grid: Grid | None, firm: str = "") -> Suggestion:
    """Whom a case should go to by its kind, its grid and the firm it was found at.

    Parameters
    ----------
    grid
        None: the place lies outside every grid, or is not known.
    firm
        Key of the firm, if one is concerned.
    """
    office = f"office:{kind.department}"
    if grid is None and not firm:
        return Suggestion(
            office,
            Text("地点不在任何网格内，由园区办直接交办", "the place is outside every grid: the office deals with it"),
        )
    if kind.to == "firm" and firm:
        return Suggestion(f"firm:{firm}", Text("由涉事企业整改", "the firm concerned puts it right"))
    if kind.to == "office" or grid is None:
        return Suggestion(office, Text("此类问题由主管部门牵头整改", "the department in charge puts this kind right"))
    return Suggestion(
        f"keeper:{grid.id}", Text(f"由{grid.label.zh}网格员落实", f"the keeper of {grid.label.en} sees to it")
    )
