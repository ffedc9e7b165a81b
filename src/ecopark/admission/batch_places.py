"""Where many projects want to settle: control units, groups, reserve and distances, looked up for all at once.

The answers are those of `places.ParkMap.site_of`: points and areas are found in one query of the index, distances are compared
in each project's own plane. A project that names a parcel or group gets the site of that parcel or group, made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecopark.admission.batch_projects import ProjectTable
from ecopark.admission.batch_text import Words, spelled
from ecopark.admission.places import OVERLAP, Feature, ParkMap, Site, metres_per_degree
from ecopark.core.text import Text
from ecopark.errors import InputError, Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SPREAD = 1.05
"""A place may be nearest in the common plane and not in a project's own; candidates within this factor are compared."""


class Sites:
    """The sites of many projects.

    Attributes
    ----------
    wanted, given
        Whether a project says where it wants to settle, and whether that is on the map.
    named
        Place of its site in `made`, for projects that name a parcel or group; -1 for others.
    units, reserve
        Number of its set of control units (reserve areas) in `sets`; 0 is the empty set.
    group
        Place of its group in the layer; -1 for none.
    measured
        Projects whose distances to sensitive places are wanted; the sites of others tell none.
    distances
        By type of sensitive place: metres to the nearest one (nan: none), which one it is, and their names.
    problems
        What is wrong with a place, by row: such a project cannot be decided.
    """

    def __init__(self, table: ProjectTable, layers: ParkMap | None, measured: Flags | None = None) -> None:
        size = len(table)
        self.layers = layers
        about = table.about
        self.wanted = ((about["parcel"] != "") | (about["group"] != "") | (about["geometry"] != "")).to_numpy()
        self.wanted |= (about["longitude"].is_not_null() & about["latitude"].is_not_null()).to_numpy()
        self.named = np.full(size, -1, dtype=np.int64)
        self.given = np.zeros(size, dtype=bool)
        self.units, self.reserve = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        self.group = np.full(size, -1, dtype=np.int64)
        self.made: list[Site] = []
        self.sets: dict[str, list[tuple[int, ...]]] = {"control_units": [()], "reserve": [()]}
        self.problems: dict[int, Sequence[Problem]] = {}
        self._shapes: Any = np.full(size, None, dtype=object)
        self._sites: dict[int, Site] = {}
        self.measured = np.ones(size, dtype=bool) if measured is None else measured
        if layers is not None:
            self._take_named(table, layers)
        self._take_shapes(table, layers)
        self.distances = self._distances()

    # -- reading -------------------------------------------------------------------------------------------------------

    def _take_named(self, table: ProjectTable, layers: ParkMap) -> None:
        for column in ("group", "parcel"):  # a parcel says more than a group
            names = table.about[column]
            for name in names.filter(names != "").unique(maintain_order=True).to_list():
                rows = np.flatnonzero((names == name).to_numpy() & ~table.odd)
                if not len(rows):
                    continue
                parcel, group = (name, "") if column == "parcel" else ("", name)
                try:
                    site = layers.site_of(parcel, group, "")
                except InputError as error:
                    self.problems.update(dict.fromkeys(rows.tolist(), error.problems))
                    continue
                assert site is not None
                self.named[rows] = len(self.made)
                self.made.append(site)
                for row in rows.tolist():
                    self.problems.pop(row, None)
        self.given = self.named >= 0
        places = {id(f): i for i, f in enumerate(layers.layers.get("groups", ()))}
        for number, site in enumerate(self.made):
            if site.group is not None:
                self.group[self.named == number] = places[id(site.group)]

    def _take_shapes(self, table: ProjectTable, layers: ParkMap | None) -> None:
        import shapely

        about = table.about
        drawn = (about["geometry"] != "").to_numpy()
        shaped = np.flatnonzero(drawn & ~table.odd)
        made = shapely.from_geojson(about["geometry"].gather(shaped).to_numpy(), on_invalid="ignore")
        west, south, east, north = shapely.bounds(made).T
        good = shapely.is_valid(made) & ~shapely.is_empty(made) & ~shapely.is_missing(made)
        good &= (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
        table.odd[shaped[~good]] = True
        self._shapes[shaped[good]] = made[good]
        lon, lat = about["longitude"].to_numpy(), about["latitude"].to_numpy()
        points = np.flatnonzero(~drawn & ~table.odd & ~np.isnan(lon) & ~np.isnan(lat))
        self._shapes[points] = shapely.points(lon[points], lat[points])
        self._shapes[((about["parcel"] != "") | (about["group"] != "")).to_numpy() | table.odd] = None
        if layers is None:
            return
        rows = np.flatnonzero(~shapely.is_missing(self._shapes))
        if not len(rows):
            return
        in_groups = self._touching("groups", rows) if "groups" in layers.layers else None
        edges = self._touching("boundary", rows) if "boundary" in layers.layers else in_groups
        if edges is not None:
            inside = np.unique(edges[0])
            for row in np.setdiff1d(rows, inside).tolist():
                try:
                    layers.site_of("", "", shapely.to_geojson(self._shapes[row]))
                except InputError as error:
                    self.problems[row] = error.problems
            rows = inside
        self.given[rows] = True
        for layer, target in (("control_units", self.units), ("reserve", self.reserve)):
            if layer in layers.layers:
                target[rows] = self._sets(layer, rows)
        if in_groups is not None:
            within = np.isin(in_groups[0], rows)
            self._largest_group(in_groups[0][within], in_groups[1][within])

    def _touching(self, layer: str, rows: Ints) -> tuple[Ints, Ints]:
        """Pairs (row, feature) that share ground, as `ParkMap.touching` has them; features ascending within a row."""
        import shapely

        assert self.layers is not None
        shapes = self._shapes[rows]
        which, feature = self.layers.trees[layer].query(shapes, predicate="intersects")
        areas = shapely.area(shapes)
        wide = areas[which] > 0
        if wide.any():
            features = np.array([f.shape for f in self.layers.layers[layer]], dtype=object)
            keep = ~wide
            common = shapely.area(shapely.intersection(features[feature[wide]], shapes[which[wide]]))
            keep[wide] = common > OVERLAP * areas[which[wide]]
            which, feature = which[keep], feature[keep]
        order = np.lexsort((feature, which))
        return rows[which[order]], feature[order]

    def _sets(self, layer: str, rows: Ints) -> Ints:
        """Number of the set of features of each row."""
        row, feature = self._touching(layer, rows)
        sets = self.sets[layer]
        found = np.zeros(len(self.units), dtype=np.int64)
        count = np.bincount(row, minlength=len(found))
        single = count[row] == 1
        distinct, number = np.unique(feature[single], return_inverse=True)
        found[row[single]] = len(sets) + number
        sets += [(int(f),) for f in distinct]
        several: dict[int, list[int]] = {}
        for r, f in zip(row[~single].tolist(), feature[~single].tolist(), strict=True):
            several.setdefault(r, []).append(f)
        known: dict[tuple[int, ...], int] = {}
        for r, features in several.items():
            key = tuple(features)
            if key not in known:
                known[key] = len(sets)
                sets.append(key)
            found[r] = known[key]
        return found[rows]

    def _largest_group(self, row: Ints, feature: Ints) -> None:
        """The group that holds most of each shape; the first where none holds more than another."""
        import shapely

        assert self.layers is not None
        features = np.array([f.shape for f in self.layers.layers["groups"]], dtype=object)
        common = np.zeros(len(row))
        several = np.bincount(row, minlength=len(self.group))[row] > 1
        common[several] = shapely.area(shapely.intersection(features[feature[several]], self._shapes[row[several]]))
        order = np.lexsort((feature, -common, row))
        first = order[np.append(True, np.diff(row[order]) > 0)] if len(order) else order
        self.group[row[first]] = feature[first]

    # -- one site ------------------------------------------------------------------------------------------------------

    def features(self, layer: str, number: int) -> tuple[Feature, ...]:
        """The features of a set."""
        if self.layers is None:
            return ()
        return tuple(self.layers.layers[layer][i] for i in self.sets[layer][number])

    def site(self, row: int) -> Site | None:
        """The site of one project, as the rules see it."""
        if not self.given[row] or self.layers is None:
            return None
        if self.named[row] >= 0:
            return self.made[int(self.named[row])]
        found = self._sites.get(row)
        if found is None:
            units = self.features("control_units", int(self.units[row]))
            group = self.layers.layers["groups"][self.group[row]] if self.group[row] >= 0 else None
            distances = {
                kind: (float(metres[row]), names[index[row]])
                for kind, (metres, index, names) in self.distances.items()
                if not np.isnan(metres[row])
            }
            found = self._sites[row] = Site(
                id=group.id if group else "",
                units=units,
                group=group,
                reserve=self.features("reserve", int(self.reserve[row])),
                distances=distances,
                overlaps=self.layers.overlaps(units),
                known=self.layers.known,
            )
        return found

    def layer(self, name: str) -> tuple[Feature, ...]:
        """The features of a layer of the map."""
        return () if self.layers is None else self.layers.layers.get(name, ())

    @cached_property
    def only_unit(self) -> Ints:
        """Place in the layer of the one control unit that a shape lies in; 0 where `alone` does not hold."""
        first = np.array([s[0] if len(s) == 1 else 0 for s in self.sets["control_units"]], dtype=np.int64)
        return first[self.units]

    @cached_property
    def alone(self) -> Flags:
        """Whether a project names no parcel or group and lies in one control unit alone."""
        single = np.array([len(s) == 1 for s in self.sets["control_units"]])
        return np.asarray(self.given & (self.named < 0) & single[self.units])

    @cached_property
    def ground(self) -> Ints:
        """One number for the parcel, group or set of control units: -1 for projects in one unit alone."""
        return np.where(
            self.alone, -1, np.where(self.named >= 0, len(self.sets["control_units"]) + self.named, self.units)
        )

    @cached_property
    def known(self) -> frozenset[str]:
        """Layers of the map."""
        return frozenset() if self.layers is None else self.layers.known

    @cached_property
    def unit_names(self) -> Words:
        """The name of the control unit under each project that lies in one alone."""
        units = self.layer("control_units")
        return spelled([u.name.zh for u in units], [u.name.en for u in units], self.only_unit)

    @cached_property
    def unit_ids(self) -> Words:
        """The id of the control unit under each project that lies in one alone."""
        ids = [u.id for u in self.layer("control_units")]
        return spelled(ids, ids, self.only_unit)

    # -- distances -----------------------------------------------------------------------------------------------------

    def _distances(self) -> dict[str, tuple[Floats, Ints, list[Text]]]:
        import shapely

        if self.layers is None or "sensitive" not in self.layers.layers:
            return {}
        features = self.layers.layers["sensitive"]
        kinds: dict[str, list[Feature]] = {}
        for feature in features:
            kinds.setdefault(str(feature.get("type") or "other"), []).append(feature)
        shaped = np.flatnonzero(self.given & (self.named < 0) & self.measured)
        bounds = shapely.bounds(self._shapes[shaped])
        middle = (bounds[:, 1] + bounds[:, 3]) / 2
        scales = np.array([metres_per_degree(m) for m in middle.tolist()])
        return {kind: self._nearest(kind, of_kind, shaped, scales) for kind, of_kind in kinds.items()}

    def _nearest(
        self, kind: str, features: list[Feature], rows: Ints, scales: Floats
    ) -> tuple[Floats, Ints, list[Text]]:
        """One kind; `scales` are the metres per degree of each row."""
        import shapely

        size = len(self.given)
        metres, index = np.full(size, np.nan), np.zeros(size, dtype=np.int64)
        names = [f.name for f in features]
        for number, site in enumerate(self.made):
            if kind in site.distances:
                at, name = site.distances[kind]
                mine = self.named == number
                metres[mine], index[mine] = at, len(names)
                names.append(name)
        if not len(rows):
            return metres, index, names
        shapes = self._shapes[rows]
        common = scales[np.argsort(scales[:, 0])[len(scales) // 2]]
        there = np.array([f.shape for f in features], dtype=object)
        flat = shapely.transform(there, lambda xy: xy * common)
        near = shapely.transform(shapes, lambda xy: xy * common)
        tree = shapely.STRtree(flat)
        _, least = tree.query_nearest(near, return_distance=True, all_matches=False)
        stretch = SPREAD * float(np.max(scales / common) / np.min(scales / common))
        which, feature = tree.query(near, predicate="dwithin", distance=least * stretch + 1e-6)
        own = _scaled(shapes[which], scales[which])
        apart = shapely.distance(own, _scaled(there[feature], scales[which]))
        order = np.lexsort((feature, apart, which))
        first = order[np.append(True, np.diff(which[order]) > 0)]
        metres[rows[which[first]]], index[rows[which[first]]] = apart[first], feature[first]
        return metres, index, names


def _scaled(shapes: Any, scales: Floats) -> Any:
    """Each shape in a plane of its own: longitude and latitude times its pair of scales."""
    import shapely

    if not len(shapes):
        return shapes
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    return shapely.set_coordinates(shapes.copy(), xy * scales[index])


__all__ = ["Sites"]
