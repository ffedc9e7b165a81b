"""Map layers of thousands of plain polygons, read without making a list of every point.

The coordinates are cut out of the file, checked by one regular expression and read as a column of numbers; what is left is
short JSON. A layer that is written in any other way (points, parts, three dimensions, line breaks between numbers) is given
back unread, for the ordinary reader.
"""

from __future__ import annotations

from itertools import chain
from secrets import token_hex
from typing import Any

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

KEY = b'"coordinates"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_POINT = rf"\[{_NUMBER}, ?{_NUMBER}\]"
_RING = rf"\[{_POINT}(?:, ?{_POINT}){{3,}}\]"
POLYGON = rf"^\[{_RING}(?:, ?{_RING})*\]$"
"""Coordinates of a polygon in two dimensions, as they are usually written."""


def read_plain_polygons(data: bytes) -> tuple[list[dict[str, Any]], NDArray[np.object_]] | None:
    """Features and their shapes, of a layer that holds nothing but plain polygons; None for any other.

    Parameters
    ----------
    data
        The file. Where it is no JSON at all, None as well.

    Examples
    --------
    >>> ring = "[[0, 0], [1, 0], [1, 1], [0, 0]]"
    >>> made = f'{{"features": [{{"geometry": {{"type": "Polygon", "coordinates": [{ring}]}}, "properties": {{"id": "A"}}}}]}}'
    >>> features, shapes = read_plain_polygons(made.encode())
    >>> features[0]["properties"], shapes[0].area
    ({'id': 'A'}, 0.5)
    >>> read_plain_polygons(made.replace("Polygon", "Point").encode()) is None
    True
    """
    rest, cut = _cut(data)
    if not cut:
        return None
    mark = token_hex(8)  # stands where coordinates were; nothing in the file can look like it
    try:
        features = orjson.loads(orjson.dumps(mark).join(rest))["features"]
        shaped = [f["geometry"] for f in features]
        if len(shaped) != len(cut) or any(g["type"] != "Polygon" or g["coordinates"] != mark for g in shaped):
            return None
        texts = pl.Series([c.decode("ascii") for c in cut])
    except (ValueError, KeyError, TypeError):
        return None
    shapes = _shapes(cut, texts) if texts.str.contains(POLYGON).all() else None
    return None if shapes is None else (features, shapes)


def _cut(data: bytes) -> tuple[list[bytes], list[bytes]]:
    """The file without its coordinates, in pieces, and the coordinates."""
    rest, cut = [], []
    at = 0
    while (key := data.find(KEY, at)) >= 0:
        start = data.find(b"[", key)
        end = data.find(b"]]]", start) + 3
        if start < 0 or end < 3:
            break
        rest.append(data[at:start])
        cut.append(data[start:end])
        at = end
    return [*rest, data[at:]], cut


def _shapes(cut: list[bytes], texts: pl.Series) -> NDArray[np.object_] | None:
    """Polygons of coordinates that were checked; None if a ring is not closed."""
    import shapely

    numbers = b",".join(cut).translate(None, b"[] ")
    xy = pl.read_csv(numbers, has_header=False, schema={"xy": pl.Float64}, eol_char=",").to_series().to_numpy()
    xy = xy.reshape(-1, 2)
    points: list[Any] = [[n - 2] for n in texts.str.count_matches("[", literal=True).to_list()]  # of each ring
    for polygon in texts.str.contains("]],", literal=True).arg_true().to_list():
        points[polygon] = [r.count(b",[") + r.count(b", [") + 1 for r in cut[polygon].split(b"]],")]
    ends, of_rings = np.cumsum([0, *chain.from_iterable(points)]), np.cumsum([0, *map(len, points)])
    if ends[-1] != len(xy) or (xy[ends[:-1]] != xy[ends[1:] - 1]).any():
        return None
    made: NDArray[np.object_] = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (ends, of_rings))
    return made
