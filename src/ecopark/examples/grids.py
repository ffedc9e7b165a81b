"""Supervision grids of the invented park: 9 areas of 4 grids each, cut from its boundary."""

from __future__ import annotations

from typing import Any

from ecopark.examples.plan import Rectangle, cut, feature, polygon

AREAS = 9
PER_AREA = 4
UNEVEN = (1.0, 1.3, 0.9, 1.1)
"""Weights that keep the cuts from being a chessboard, used in turn."""


def grids(park: Rectangle) -> list[dict[str, Any]]:
    """Features of the layer ``grids``: id (``A3-2``), area (``A3``) and names; together they cover the park once."""
    found = []
    areas, _ = cut(park, [UNEVEN[i % len(UNEVEN)] for i in range(AREAS)])
    for a, area in enumerate(areas, 1):
        cells, _ = cut(area, [UNEVEN[(a + i) % len(UNEVEN)] for i in range(PER_AREA)])
        for g, cell in enumerate(cells, 1):
            found.append(
                feature("grid", polygon(cell), id=f"A{a}-{g}", area=f"A{a}", zh=f"{a}区{g}号", en=f"area {a}, grid {g}")
            )
    return found
