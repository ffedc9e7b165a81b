"""Ground plan of the invented park: functional groups, parcels and roads as GeoJSON, on open sea.

The plan is a nested cutting of one rectangle: first into the ten groups, then each group into the parcels of its firms and
its free plots. Every parcel is then shrunk to the land its firm reports, which leaves room for roads and green between them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ecopark.examples.firms import DECIMALS, Firms
from ecopark.examples.gate_map import gate_layers, services, vacant_plots
from ecopark.examples.grids import grids
from ecopark.examples.industries import GROUPS, INDUSTRIES
from ecopark.examples.plan import Rectangle, cut, feature, lonlat, polygon

SERVICE_PLOT_KM2 = 0.004
"""Plot of a firm that has no industrial land."""


def _line(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [lonlat(x0, y0), lonlat(x1, y1)]}


def layers(firms: Firms, park_area_km2: float, seed: int) -> dict[str, dict[str, Any]]:
    """The layers as GeoJSON feature collections: groups, parcels, roads, and what the gate looks at.

    Parameters
    ----------
    firms
        Whose parcels are drawn; the largest land of a firm's years counts.
    park_area_km2
        Area inside the boundary. [km2]
    seed
        Of what does not follow from the firms: free plots, capacities, places around the park.

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
    free, offers = vacant_plots(seed), services(firms, seed)
    vacant: list[tuple[str, str, Rectangle]] = []
    for (gid, name, kind), rectangle in zip(GROUPS, rectangles, strict=True):
        group_features.append(
            feature(
                "group",
                polygon(rectangle),
                id=gid,
                zh=name.zh,
                en=name.en,
                type=kind,
                area_km2=round(rectangle.area, 4),
                **offers[gid],
            )
        )
        members = np.flatnonzero(groups == gid)
        inner = rectangle.inset(0.06)
        wanted = free.get(gid, [])
        ahead, behind = wanted[:1], wanted[1:]  # free plots at both ends of a group
        cells, local = cut(inner, [*ahead, *land[members].tolist(), *behind])
        plots = cells[len(ahead) : len(ahead) + len(members)]
        for area, plot in zip(wanted, [*cells[: len(ahead)], *cells[len(ahead) + len(members) :]], strict=True):
            key, ground = f"V{len(vacant) + 1:02d}", plot.shrunk_to(area)
            vacant.append((key, gid, ground))
            parcels.append(
                feature(
                    "parcel", polygon(ground), id=key, zh=f"{name.zh}空闲地块{key}", en=f"Free plot {key}", group=gid,
                    free=True, area_km2=round(min(area, plot.area), 6),
                )
            )  # fmt: skip
        for i, plot in zip(members.tolist(), plots, strict=True):
            industry = INDUSTRIES[firms.industry[i]]
            parcels.append(
                feature(
                    "parcel",
                    polygon(plot.shrunk_to(float(land[i]))),
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
    known = dict(zip((gid for gid, _, _ in GROUPS), rectangles, strict=True))
    more = gate_layers(firms, seed, park, known, vacant)
    return {
        name: {"type": "FeatureCollection", "name": f"invented-park-{name}", "features": features}
        for name, features in (
            ("groups", group_features),
            ("parcels", parcels),
            ("roads", roads),
            ("grids", grids(park)),
            *more.items(),
        )
    }


def _road(number: str, rank: str, x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    length = math.hypot(x1 - x0, y1 - y0)
    zh = ("主干路" if rank == "arterial" else "支路") + number
    return feature(
        "road",
        _line(x0, y0, x1, y1),
        id=f"R-{number}",
        rank=rank,
        zh=zh,
        en=f"Road {number}",
        length_km=round(length, 4),
    )
