"""Layers of plain polygons are read in columns, exactly as one by one; anything else is left to the ordinary reader."""

import json
from datetime import date

import pytest
from shapely.geometry import shape

from ecopark.admission.batch import screen
from ecopark.admission.load import find_policy
from ecopark.admission.places import read_map
from ecopark.admission.plain_polygons import read_plain_polygons
from ecopark.errors import InputError

SQUARE = [[119.1, 30.2], [119.2, 30.2], [119.2, 30.3], [119.1, 30.3], [119.1, 30.2]]
HOLE = [[119.12, 30.22], [119.14, 30.22], [119.14, 30.24], [119.12, 30.22]]
ODD_NUMBERS = [[-0.1, 0], [1e-7, 30.123456789012345], [12, 1.5e1], [-0.1, 0]]


def layer(*polygons, kind="Polygon", **properties):
    features = [
        {"type": "Feature", "geometry": {"type": kind, "coordinates": p}, "properties": {"id": f"U{i}", **properties}}
        for i, p in enumerate(polygons)
    ]
    return {"type": "FeatureCollection", "features": features}


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_polygons_with_and_without_holes_are_those_made_one_by_one(separators):
    given = layer([SQUARE], [SQUARE, HOLE], [ODD_NUMBERS], [SQUARE, HOLE, HOLE], name="管控单元")
    found = read_plain_polygons(json.dumps(given, separators=separators).encode())
    assert found is not None
    features, shapes = found
    assert [f["properties"] for f in features] == [f["properties"] for f in given["features"]]
    assert [s.wkb for s in shapes] == [shape(f["geometry"]).wkb for f in given["features"]]


def test_anything_else_is_given_back_unread():
    plain = json.dumps(layer([SQUARE]))
    others = {
        "points": json.dumps(layer(SQUARE[0], kind="Point")),
        "several parts": json.dumps(layer([[SQUARE], [HOLE]], kind="MultiPolygon")),
        "a height": json.dumps(layer([[[*xy, 5.0] for xy in SQUARE]])),
        "an open ring": json.dumps(layer([SQUARE[:-1]])),
        "three points": json.dumps(layer([[SQUARE[0], SQUARE[1], SQUARE[0]]])),
        "a word": plain.replace("119.2", '"x"', 1),
        "no JSON number": plain.replace("119.2", "0119.2", 1),
        "no number": plain.replace("119.2", "NaN", 1),
        "a cut file": plain[: len(plain) // 2],
        "no polygon": plain.replace("[[[", "[[", 1),
        "coordinates of something else": json.dumps(layer([SQUARE], coordinates=[[[1, 2], [3, 4]]])),
        "one mixed with others": json.dumps(layer([SQUARE], [])),
    }
    assert {why for why, text in others.items() if read_plain_polygons(text.encode()) is not None} == set()


def test_coordinates_of_something_else_are_not_taken_for_those_of_the_shape():
    assert read_plain_polygons(json.dumps(layer(None, coordinates=[SQUARE])).encode()) is None


@pytest.mark.parametrize("indent", [None, 2])
def test_a_map_is_the_same_however_its_file_is_laid_out(tmp_path, indent):
    given = layer([SQUARE, HOLE], zh="一", en="one", **{"class": "key"})
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "control_units.geojson").write_text(json.dumps(given, indent=indent), encoding="utf-8")
    park = read_map(tmp_path)
    assert park is not None
    (unit,) = park.layers["control_units"]
    assert (unit.id, unit.name.zh, unit.get("class")) == ("U0", "一", "key")
    assert unit.shape.wkb == shape(given["features"][0]["geometry"]).wkb


def test_a_map_that_cannot_be_read_is_said_by_a_screening_of_many(tmp_path):
    given = [{"name": "A", "facts": [{"quantity": "energy_total_tce", "value": "1", "unit": "tce"}]}]
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "control_units.geojson").write_text(json.dumps(layer([SQUARE])), encoding="utf-8")
    with pytest.raises(InputError, match="class is one of"):
        screen(
            given,
            find_policy("anji"),
            date(2026, 11, 21),
            layers=lambda: read_map(tmp_path),
            alone=lambda description: pytest.fail("nobody is decided"),
        )
