"""What the gate looks at on the invented park's map: free plots, control units, reserve land, sensitive places, the boundary.

All of it follows from the seed and from the firms: a unit's load is what its firms emit in the last year, its capacity somewhat
more; a river runs along the north, villages lie outside the park near its western and eastern groups.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ecopark.core.text import Text
from ecopark.examples.firms import DECIMALS, Firms
from ecopark.examples.industries import GROUPS
from ecopark.examples.plan import Rectangle, feature, lonlat, polygon

VACANT_IN = ("G01", "G02", "G03", "G04", "G08", "G09", "G10")
"""Groups with free plots: those of industry, and the special parks."""
VACANT_KM2 = (0.02, 0.08)
RIVER_KM = (0.09, 0.16)
UNITS: tuple[tuple[str, str, Text, tuple[str, ...]], ...] = (
    ("U-K1", "key", Text("西部重点管控单元", "Western key control unit"), ("G01", "G02")),
    ("U-K2", "key", Text("北部重点管控单元", "Northern key control unit"), ("G03", "G08", "G09")),
    ("U-K3", "key", Text("东南重点管控单元", "South-eastern key control unit"), ("G04",)),
    ("U-G1", "general", Text("东部一般管控单元", "Eastern general control unit"), ("G05", "G06", "G07", "G10")),
)
"""Control units beside the river corridor: id, class, name and the groups they cover."""
HEADROOM = (0.01, 0.25)
"""What a unit bears beyond what is on it, relative."""
LEFT = {"energy_left_tce": ("energy_total", 0.02, 0.3), "water_left_m3": ("fresh_water", 0.02, 0.3)}
"""What the grids of a group have left, by the firms' use and a share of it."""
POLLUTANTS = ("cod", "nox")


def generator(seed: int) -> np.random.Generator:
    """The random numbers of this map; those of the firms are not touched."""
    return np.random.Generator(np.random.PCG64([seed, 3]))


def vacant_plots(seed: int) -> dict[str, list[float]]:
    """Areas of the free plots of each group. [km2]"""
    draw = generator(seed)
    return {gid: [round(float(a), 4) for a in draw.uniform(*VACANT_KM2, size=2)] for gid in VACANT_IN}


def last_year(firms: Firms, name: str, group: str) -> float:
    """A figure of the firms of a group in the last year, summed. [unit of the column]"""
    members = np.flatnonzero(np.array(firms.groups) == group)
    return float(firms.values[name][members, -1].sum()) / float(10 ** DECIMALS[name])


def services(firms: Firms, seed: int) -> dict[str, dict[str, float]]:
    """What energy, water and people each group has to offer, as properties of its feature."""
    draw = generator(seed + 1)
    found: dict[str, dict[str, float]] = {}
    for gid, _, _ in GROUPS:
        shares = {key: float(draw.uniform(low, high)) for key, (_, low, high) in LEFT.items()}
        found[gid] = {key: round(last_year(firms, LEFT[key][0], gid) * share) for key, share in shares.items()}
        found[gid]["talent_persons"] = int(draw.integers(40, 900))
    return found


def gate_layers(
    firms: Firms,
    seed: int,
    park: Rectangle,
    groups: Mapping[str, Rectangle],
    vacant: Sequence[tuple[str, str, Rectangle]],
) -> dict[str, list[dict[str, Any]]]:
    """Features of the layers ``control_units``, ``reserve``, ``sensitive`` and ``boundary``.

    Parameters
    ----------
    park, groups
        The ground plan. [km]
    vacant
        Free plots: id, group and where they lie.
    """
    draw = generator(seed + 2)
    river = float(draw.uniform(*RIVER_KM))
    edge = park.height - river
    corridor = Rectangle(0.0, edge, park.width, river)
    units = [
        feature("control_unit", polygon(corridor), id="U-P1", **{"class": "priority"}, zh="云溪河生态廊道优先保护单元",
                en="River corridor, priority protection unit", **_room(0.0, 0.0, 0.0, 0.0))
    ]  # fmt: skip
    for key, kind, name, covered in UNITS:
        loads = [sum(last_year(firms, p, gid) for gid in covered) for p in POLLUTANTS]
        more = [1 + float(draw.uniform(*HEADROOM)) for _ in POLLUTANTS]
        room = _room(loads[0], loads[0] * more[0], loads[1], loads[1] * more[1])
        shape = _union([_below(groups[gid], edge) for gid in covered])
        units.append(feature("control_unit", shape, id=key, **{"class": kind}, zh=name.zh, en=name.en, **room))
    return {
        "control_units": units,
        "reserve": _reserve(vacant),
        "sensitive": _sensitive(park, draw),
        "boundary": [
            feature("boundary", polygon(park), id="B-1", zh="云栖示范园（虚构）范围", en="Boundary (invented)")
        ],
    }


def _union(parts: Sequence[Rectangle]) -> dict[str, Any]:
    """Rectangles as one GeoJSON geometry, their common edges gone."""
    import shapely

    made = shapely.union_all([shapely.Polygon(r.ring()) for r in parts])
    return dict(json.loads(shapely.to_geojson(shapely.normalize(made))))


def _below(r: Rectangle, edge: float) -> Rectangle:
    """The part of a rectangle south of the river corridor."""
    return Rectangle(r.x, r.y, r.width, min(r.height, edge - r.y))


def _room(cod_load: float, cod: float, nox_load: float, nox: float) -> dict[str, float]:
    names = ("cod_load_t", "cod_capacity_t", "nox_load_t", "nox_capacity_t")
    return {name: round(value, 2) for name, value in zip(names, (cod_load, cod, nox_load, nox), strict=True)}


def _reserve(vacant: Sequence[tuple[str, str, Rectangle]]) -> list[dict[str, Any]]:
    """The last free plot of the future park and of the equipment district, with the ground around it."""
    found = []
    for number, group in enumerate(("G10", "G03"), start=1):
        plot = [r for _, gid, r in vacant if gid == group][-1]
        wide = Rectangle(plot.x - 0.02, plot.y - 0.02, plot.width + 0.04, plot.height + 0.04)
        found.append(
            feature(
                "reserve",
                polygon(wide),
                id=f"R-{number}",
                zh=f"战略留白用地{number}号",
                en=f"Strategic reserve {number}",
            )
        )
    return found


def _sensitive(park: Rectangle, draw: np.random.Generator) -> list[dict[str, Any]]:
    """Villages, a school and a water intake around the park; distances from its edge in km."""
    w, h = park.width, park.height
    places = (
        ("S-1", "residential", Text("西村", "West village"), -0.12, 0.1 * h),
        ("S-2", "residential", Text("东村", "East village"), w + 0.2, 0.75 * h),
        ("S-3", "school", Text("云栖小学", "Primary school"), w + 0.35, 0.25 * h),
        ("S-4", "water_source", Text("云溪河取水口", "Water intake on the river"), 0.15 * w, h + 0.3),
    )
    found = []
    for key, kind, name, x, y in places:
        at = lonlat(x, y + float(draw.uniform(-0.1, 0.1)))
        shape = {"type": "Point", "coordinates": at}
        found.append(
            feature("sensitive", shape, id=key, type=kind, zh=f"{name.zh}（虚构）", en=f"{name.en} (invented)")
        )
    return found
