"""Where a project wants to settle, read from the park's map: control units, group, parcel, distances.

Layers are GeoJSON in WGS 84 in the park folder's `map/`: `control_units.geojson` (`class`: priority, key, general),
`groups.geojson`, `parcels.geojson` (free if `free` is true, no `firm` holds it, or `until` is past), `reserve.geojson`, and
`sensitive.geojson` (`type`: residential, school, water_source ...). Features carry `id`, `zh`, `en`. Lengths are metres on the
ellipsoid, taken in a local equirectangular plane: within a park the error is far below a metre.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from ecopark.admission.plain_polygons import read_plain_polygons
from ecopark.core.collector import without_collector
from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.errors import InputError, Place, Problem, did_you_mean

LAYERS = ("control_units", "groups", "parcels", "reserve", "sensitive", "boundary")
UNIT_CLASSES = ("priority", "key", "general")
"""Strictest first."""
MU_M2 = 2000 / 3
OVERLAP = 1e-6
"""Share of a unit's area that may be covered by another one before it is called an overlap."""
MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a layer."""

    layer: str
    id: str
    name: Text
    shape: Any = field(repr=False, compare=False)
    properties: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def get(self, key: str, default: Any = None) -> Any:
        return self.properties.get(key, default)

    def area_mu(self) -> Fraction | None:
        """Land as the feature states it, else as its shape has it. [mu]"""
        for key, factor in (("area_mu", Fraction(1)), ("area_km2", Fraction(1500)), ("area_m2", Fraction(3, 2000))):
            if self.get(key) is not None:
                return exact(str(self.get(key))) * factor
        return None if self.shape is None else exact(round(_metres(self.shape).area / MU_M2, 4))


@dataclass(frozen=True)
class Site:
    """A place as the rules see it.

    Parameters
    ----------
    units
        Control units it lies in; several where it crosses a border or where units overlap.
    group, parcel
        The functional group and the parcel, if known.
    reserve
        Reserve areas it touches.
    distances
        Nearest feature of each sensitive type: distance in metres and its name.
    overlaps
        Pairs of control units that overlap one another here: a fault of the map.
    known
        Layers that the map has; what is not there cannot be said.
    """

    id: str = ""
    units: tuple[Feature, ...] = ()
    group: Feature | None = None
    parcel: Feature | None = None
    reserve: tuple[Feature, ...] = ()
    distances: Mapping[str, tuple[float, Text]] = field(default_factory=dict)
    overlaps: tuple[tuple[str, str], ...] = ()
    known: frozenset[str] = frozenset()


def read_geometry(given: Any) -> str:
    """A GeoJSON geometry or feature as text.

    Raises
    ------
    ValueError
        It is no valid geometry in longitude and latitude.
    """
    import shapely
    from shapely.geometry import shape

    if isinstance(given, str):
        given = json.loads(given)
    if isinstance(given, Mapping) and given.get("type") == "Feature":
        given = given.get("geometry")
    if not isinstance(given, Mapping) or "coordinates" not in given:
        raise ValueError("GeoJSON with type and coordinates is expected")
    plain = json.loads(json.dumps(given, default=float), parse_int=float)
    try:
        made = shape(_floats(plain))
    except (shapely.errors.ShapelyError, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"no geometry ({error})") from None
    if made.is_empty or not made.is_valid:
        raise ValueError("it is empty or crosses itself")
    west, south, east, north = made.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError("coordinates are longitude and latitude in degrees")
    return json.dumps(json.loads(shapely.to_geojson(made)))


def _floats(node: Any) -> Any:
    if isinstance(node, list):
        return [_floats(n) for n in node]
    if isinstance(node, dict):
        return {k: _floats(v) if k == "coordinates" else v for k, v in node.items()}
    return float(node) if isinstance(node, str) else node


def _metres(shape: Any, latitude: float | None = None) -> Any:
    """The shape in metres, in a plane that touches the ellipsoid at its own (or the given) latitude."""
    import shapely

    middle = latitude if latitude is not None else (shape.bounds[1] + shape.bounds[3]) / 2
    x, y = metres_per_degree(middle)
    return shapely.transform(shape, lambda xy: xy * (x, y))


def metres_per_degree(latitude: float) -> tuple[float, float]:
    """Metres per degree of longitude and of latitude on WGS 84 at a latitude. [degree -> m]"""
    phi = math.radians(latitude)
    east = 111412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi) + 0.118 * math.cos(5 * phi)
    north = 111132.92 - 559.82 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)
    return east, north


class ParkMap:
    """The layers of a park, indexed.

    Parameters
    ----------
    layers
        Features by layer.
    problems
        Warnings found while reading.
    hash
        Hash of the files it was read from; empty where it was made otherwise.
    held
        Parcels that admitted projects hold, with their names, whatever the files say.
    """

    def __init__(
        self,
        layers: Mapping[str, Sequence[Feature]],
        problems: Iterable[Problem] = (),
        hash: str = "",
        held: Mapping[str, str] | None = None,
    ) -> None:
        self.held = dict(held or {})
        self.layers = {name: tuple(features) for name, features in layers.items() if features}
        self.problems = tuple(problems)
        self.hash = hash

    @cached_property
    def _by_id(self) -> dict[str, dict[str, Feature]]:
        return {name: {f.id: f for f in features} for name, features in self.layers.items()}

    def with_held(self, held: Mapping[str, str]) -> ParkMap:
        """The same map on which projects hold parcels: id of the parcel, name of the project."""
        if not held:
            return self

        def holds(parcel: Feature) -> Feature:
            name = held.get(parcel.id)
            more = {"free": False, "zh": name, "firm": name}
            return parcel if name is None else replace(parcel, properties={**parcel.properties, **more})

        parcels = [holds(p) for p in self.layers.get("parcels", ())]
        return ParkMap({**self.layers, "parcels": parcels}, self.problems, self.hash, {**self.held, **held})

    @property
    def known(self) -> frozenset[str]:
        """Layers that have features."""
        return frozenset(self.layers)

    @cached_property
    def trees(self) -> dict[str, Any]:
        """An index of the shapes of each layer."""
        import shapely

        return {name: shapely.STRtree([f.shape for f in features]) for name, features in self.layers.items()}

    def find(self, layer: str, name: str) -> Feature | None:
        """The feature of a layer with this id."""
        return self._by_id.get(layer, {}).get(name)

    def group_of(self, parcel: Feature) -> str:
        """Id of the group a parcel belongs to, as its property ``group`` says; empty where it says none."""
        return str(parcel.get("group") or "")

    def touching(self, layer: str, shape: Any) -> tuple[Feature, ...]:
        """Features that share area with the shape (for a point: contain it)."""
        import shapely

        if layer not in self.layers:
            return ()
        found = []
        for at in sorted(self.trees[layer].query(shape, predicate="intersects").tolist()):
            feature = self.layers[layer][at]
            if shape.area == 0 or shapely.intersection(feature.shape, shape).area > OVERLAP * shape.area:
                found.append(feature)
        return tuple(found)

    def overlaps(self, units: Sequence[Feature]) -> tuple[tuple[str, str], ...]:
        """Pairs of units that cover the same ground."""
        found = []
        for i, a in enumerate(units):
            for b in units[i + 1 :]:
                if a.shape.intersection(b.shape).area > OVERLAP * min(a.shape.area, b.shape.area):
                    found.append((a.id, b.id))
        return tuple(found)

    def free_parcels(self, year: int) -> list[Feature]:
        """Parcels that nobody holds in a year."""
        return [p for p in self.layers.get("parcels", ()) if is_free(p, year)]

    def site(self, shape: Any, *, parcel: Feature | None = None, group: Feature | None = None) -> Site:
        """What lies at a shape."""
        units = self.touching("control_units", shape)
        if group is None:
            groups = self.touching("groups", shape)
            group = max(groups, key=lambda g: g.shape.intersection(shape).area) if groups else None
        return Site(
            id=parcel.id if parcel else group.id if group else "",
            units=units,
            group=group,
            parcel=parcel,
            reserve=self.touching("reserve", shape),
            distances=self._distances(shape),
            overlaps=self.overlaps(units),
            known=self.known,
        )

    def _distances(self, shape: Any) -> dict[str, tuple[float, Text]]:
        found: dict[str, tuple[float, Text]] = {}
        middle = (shape.bounds[1] + shape.bounds[3]) / 2
        here = None
        for feature in self.layers.get("sensitive", ()):
            here = _metres(shape, middle) if here is None else here
            kind, metres = str(feature.get("type") or "other"), here.distance(_metres(feature.shape, middle))
            if kind not in found or metres < found[kind][0]:
                found[kind] = (metres, feature.name)
        return found

    def site_of(self, parcel: str, group: str, geometry: str) -> Site | None:
        """The site of a project that names a parcel, a group or a geometry; None if it names none.

        Raises
        ------
        InputError
            The parcel or group does not exist, or the geometry lies outside the park.
        """
        from shapely.geometry import shape as shaped

        for layer, name, zh in (("parcels", parcel, "地块"), ("groups", group, "功能组团")):
            if not name:
                continue
            feature = self.find(layer, name)
            if feature is None:
                if layer not in self.layers:
                    repair = f"map/{layer}.geojson"
                    raise _input("no-layer", f"地图中没有{zh}图层", f"the map has no layer of {layer}", repair)
                hint = did_you_mean(name, list(self._by_id[layer]))
                en = f"there is no {layer.removesuffix('s')} '{name}' on the map."
                raise _input(f"unknown-{layer.removesuffix('s')}", f"地图上没有{zh} '{name}'", en, hint)
            if layer == "parcels":
                within = self.find("groups", self.group_of(feature))
                return self.site(feature.shape, parcel=feature, group=within)
            return self.site(feature.shape, group=feature)
        if not geometry:
            return None
        made = shaped(json.loads(geometry))
        edge = "boundary" if "boundary" in self.layers else "groups"
        if edge in self.layers and not self.touching(edge, made):
            en = "the project's geometry lies outside the park."
            raise _input("outside-park", "项目位置在园区范围之外", en, "Check longitude and latitude.")
        return self.site(made)


def is_free(parcel: Feature, year: int) -> bool:
    """Whether nobody holds a parcel in a year."""
    if parcel.get("free") is not None:
        return bool(parcel.get("free"))
    until = parcel.get("until")
    return not parcel.get("firm") or (until is not None and int(until) < year)


def strictest(units: Iterable[Feature]) -> str:
    """The strictest class among control units."""
    classes = {str(u.get("class") or "") for u in units}
    return next((c for c in UNIT_CLASSES if c in classes), "")


def read_map(folder: Path, *, check: bool = True) -> ParkMap | None:
    """The map of a park folder; None if it has none.

    Parameters
    ----------
    check
        Look for control units that overlap anywhere on the map, and warn. Without it an overlap is still told to a
        project that lies in one.

    Raises
    ------
    InputError
        A layer cannot be read; every problem of every layer is in it.
    """
    layers: dict[str, list[Feature]] = {}
    problems: list[Problem] = []
    for name in LAYERS:
        path = folder / "map" / f"{name}.geojson"
        if path.is_file():
            with without_collector():
                layers[name] = _read_layer(name, path, problems)
    if problems:
        raise InputError(problems)
    made = ParkMap(layers, hash=map_hash(folder))
    if not made.layers:
        return None
    return ParkMap(layers, _overlapping(made, folder), made.hash) if check else made


def layer_files(folder: Path) -> list[Path]:
    """The files of a park folder that its map is read from."""
    paths = [folder / "map" / f"{name}.geojson" for name in LAYERS]
    return [path for path in paths if path.is_file()]


def map_hash(folder: Path) -> str:
    """Hash of what the map says: the layers' files, line ends made equal; empty without a map."""
    paths = layer_files(folder)
    digest = hashlib.sha256()
    for path in paths:
        read = path.read_bytes()
        digest.update(path.name.encode() + b"\0")
        digest.update(read.replace(b"\r\n", b"\n") if b"\r" in read else read)
    return digest.hexdigest()[:16] if paths else ""


def _overlapping(park: ParkMap, folder: Path) -> list[Problem]:
    import shapely

    units = park.layers.get("control_units", ())
    shapes = [u.shape for u in units]
    polygons = all(s.geom_type in ("Polygon", "MultiPolygon") for s in shapes)
    if not units or (polygons and shapely.coverage_is_valid(shapes)):  # nothing overlaps where units share their edges
        return []
    found = []
    tree = park.trees["control_units"]
    place = Place(str(folder / "map" / "control_units.geojson"))
    for i, j in sorted(zip(*tree.query(shapes, predicate="intersects").tolist(), strict=True)):
        if i < j and (pair := park.overlaps((units[i], units[j]))):
            zh, en = (
                f"管控单元 {pair[0][0]} 与 {pair[0][1]} 相互重叠",
                f"the control units {pair[0][0]} and {pair[0][1]} overlap",
            )
            repair = "重叠处按较严的单元判定。", "Where they do, the stricter one counts."
            found.append(Problem("overlapping-units", place, zh, en, *repair, severity="warning"))
    return found


def _features(data: bytes) -> tuple[Any, Any]:
    """The features of a layer, and their shapes if they are all plain polygons; None for shapes to be made one by one."""
    if (found := read_plain_polygons(data)) is not None:
        return found
    read = orjson.loads(data)
    return read_plain_polygons(orjson.dumps(read)) or (
        read["features"],
        None,
    )  # written over many lines it is read twice


def _read_layer(name: str, path: Path, problems: list[Problem]) -> list[Feature]:
    import shapely
    from shapely.geometry import shape

    def wrong(zh: str, en: str, number: int | None = None) -> None:
        place = Place(str(path), cell="" if number is None else f"features[{number}]")
        problems.append(
            Problem("bad-map", place, f"地图图层无法使用：{zh}", f"the layer of the map cannot be used: {en}")
        )

    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("the file is too large")
        entries, plain = _features(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        sound = None if plain is None else (shapely.is_valid(plain) & ~shapely.is_empty(plain)).tolist()
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        wrong(f"不是 GeoJSON 要素集：{error}", f"no GeoJSON feature collection: {error}")
        return []
    found: list[Feature] = []
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        try:
            made = shape(entry["geometry"]) if plain is None else plain[number]
            properties = dict(entry.get("properties") or {})
        except (shapely.errors.ShapelyError, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            wrong(f"几何图形读不懂：{error}", f"the geometry cannot be read: {error}", number)
            continue
        if not (sound[number] if sound is not None else made.is_valid and not made.is_empty):
            wrong("几何图形为空或自相交", "the geometry is empty or crosses itself", number)
            continue
        key = str(properties.get("id") or f"{name}-{number + 1}")
        if key in seen:
            wrong(f"编号 {key} 重复", f"the id {key} is used twice", number)
        seen.add(key)
        if name == "control_units" and str(properties.get("class") or "") not in UNIT_CLASSES:
            words = ", ".join(UNIT_CLASSES)
            wrong(f"管控单元 {key} 的 class 应为 {words}", f"control unit {key}: class is one of {words}", number)
        label = Text(str(properties.get("zh") or key), str(properties.get("en") or key))
        found.append(Feature(name, key, label, made, properties))
    return found


def _input(code: str, zh: str, en: str, repair: str = "") -> InputError:
    return InputError([Problem(code, Place(), zh, en, repair, repair)])
