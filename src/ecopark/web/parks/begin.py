"""Begin a park on the site: an empty one, or one with everything its park folder says; and put layers on its map.

A folder comes as a zip of the directory that `ecopark new` makes. It is read by the library as on the command line; nothing is
stored unless all of it can be used.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from django.db import transaction

from ecopark.admission.places import LAYERS, read_map
from ecopark.core.text import RefusedError, Text
from ecopark.errors import InputError, Place, Problem
from ecopark.observations.model import Facts
from ecopark.observations.model import Subject as FactSubject
from ecopark.web.archives import Most, unzipped
from ecopark.web.parks.maps import LOOKS
from ecopark.web.parks.models import MapLayer, Park
from ecopark.web.parks.office import YEARS, known_packs
from ecopark.web.parks.settle import read_layers, settle
from ecopark.web.people import members
from ecopark.web.typed import number_in
from ecopark.workflows.assess_park import read_facts

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
MOST = Most(2000, 100_000_000, 300_000_000)
LARGEST_LAYER = 40_000_000
"""Bytes of one layer of the map."""


class BeginError(RefusedError):
    """The park cannot be begun so; `text` says why."""


@transaction.atomic
def begin(
    user: Any, *, slug: str, name: str, name_en: str = "", area: str = "", base_year: str = "",
    packs: Sequence[str] = (), folder: Any = None, office: str = "", office_name: str = "",
) -> tuple[Park, str]:  # fmt: skip
    """A new park, and the first person of its office.

    Parameters
    ----------
    folder
        An uploaded zip of a park folder; None: a park without figures.
    office
        User name of the first person of the park office; whoever has no account gets one.

    Returns
    -------
    park, password
        The password of a new account, to be handed over; empty where there was one, or nobody was named.

    Raises
    ------
    BeginError
        The address is taken or cannot be used, there is no name, no base year, no such standard or account name.
    InputError
        The folder cannot be used: every problem of every file.
    """
    slug, name = slug.strip().lower(), name.strip()
    if not SLUG.fullmatch(slug):
        raise BeginError(
            Text(
                "网址简称用小写字母、数字和连字符，如 yunqi。",
                "The short address has small letters, digits and hyphens: yunqi.",
            )
        )
    if Park.objects.filter(slug=slug).exists():
        raise BeginError(Text(f"网址简称“{slug}”已有园区使用。", f"There is a park at '{slug}' already."))
    if base_year.strip() and number_in(base_year.strip()) not in YEARS:
        raise BeginError(Text("基年应为 1980–2100 的年份。", "The base year is a year from 1980 to 2100."))
    known_packs(packs)
    layers: dict[str, Any] = {}
    if folder is None:
        if not name:
            raise BeginError(Text("请填园区名称。", "Give the name of the park."))
        settings = {"base_year": int(base_year)} if base_year.strip() else {}
        facts, root = Facts([], [FactSubject(slug, name)], settings=settings), slug
    else:
        facts, layers = _read(folder)
        root = _park_of(facts)
    park = settle(
        facts, root, slug, user=user, reason="新建园区 / a new park", name=name, name_en=name_en.strip()[:200],
        area=area.strip().strip("/")[:200], packs=list(dict.fromkeys(packs)), layers=layers,
    )  # fmt: skip
    if base_year.strip() and park.base_year is None:
        park.base_year = int(base_year)
        park.save(update_fields=["base_year"])
    password = ""
    if office.strip():
        try:
            _, password = members.add(park, office, "office", user, "新建园区 / a new park", name=office_name)
        except members.MemberError as error:
            raise BeginError(error.text) from None
    return park, password


def _park_of(facts: Facts) -> str:
    parks = [s.id for s in facts.parks]
    if len(parks) != 1:
        named = "、".join(parks[:5])
        raise BeginError(
            Text(
                f"文件夹里有 {len(parks)} 个园区（{named}），请每次只放一个。",
                f"The folder holds {len(parks)} parks ({', '.join(parks[:5])}): send one at a time.",
            )
        )
    return parks[0]


def _read(upload: Any) -> tuple[Facts, dict[str, Any]]:
    """What the zip of a park folder says."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = _unpack(upload, Path(scratch))
        try:
            facts = read_facts(folder)
            read_map(folder)
            return facts, read_layers(folder)
        except InputError as error:
            raise InputError([_without(p, Path(scratch)) for p in error.problems]) from None
        except json.JSONDecodeError as error:
            zh, en = f"地图图层不是 GeoJSON：{error}", f"a layer of the map is no GeoJSON: {error}"
            raise InputError([Problem("map-not-json", Place("map/"), zh, en)]) from None


def _without(problem: Problem, scratch: Path) -> Problem:
    """The problem with the place as the person knows it: inside their archive."""
    file = problem.place.file.replace(f"{scratch}/", "")
    return replace(problem, place=replace(problem.place, file=file))


def _unpack(upload: Any, into: Path) -> Path:
    """The park folder in an archive: the directory that holds `park.toml`."""
    problems: list[Problem] = []
    for name, data in unzipped(upload, MOST, problems):
        target = into.joinpath(*PurePosixPath(name).parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    if problems:
        raise InputError(problems)
    found = sorted(into.rglob("park.toml"), key=lambda p: len(p.parts))
    if not found:
        raise BeginError(
            Text(
                "请上传园区文件夹的 zip（由 ecopark new 建立，含 park.toml）。",
                "Send a zip of a park folder: the directory that `ecopark new` makes, with its park.toml.",
            )
        )
    return found[0].parent


# -- the map -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def put_layer(park: Park, name: str, upload: Any, user: Any, reason: str) -> MapLayer:
    """Put a GeoJSON layer on the park's map, in place of one of the same name.

    Raises
    ------
    BeginError
        No such layer, too large, or no GeoJSON.
    InputError
        A layer that the gate reads has features it cannot use: every one of them.
    """
    if name not in LOOKS:
        raise BeginError(Text("没有这个图层。", "There is no such layer."))
    if upload is None or upload.size > LARGEST_LAYER:
        most = LARGEST_LAYER // 10**6
        raise BeginError(
            Text(f"请选择 {most} MB 以内的 GeoJSON 文件。", f"Choose a GeoJSON file of {most} MB at most.")
        )
    try:
        features = json.loads(upload.read().decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BeginError(Text("文件不是 UTF-8 的 GeoJSON。", "The file is no GeoJSON in UTF-8.")) from None
    if not isinstance(features, dict) or not isinstance(features.get("features"), list) or not features["features"]:
        raise BeginError(
            Text(
                "GeoJSON 应为 FeatureCollection，且不为空。", "The GeoJSON is a FeatureCollection that holds something."
            )
        )
    _checked(name, features)
    found = MapLayer.objects.filter(park=park, name=name).first() or MapLayer(park=park, name=name)
    found.features = features
    found._change_reason, found._history_user = reason[:300], user
    found.save()
    return found


@transaction.atomic
def take_layer(layer: MapLayer, user: Any, reason: str) -> None:
    """Take a layer off the map; the history keeps it."""
    layer._change_reason, layer._history_user = reason[:300], user
    layer.delete()


def _checked(name: str, features: dict[str, Any]) -> None:
    """Refuse a layer that the gate could not read, or shapes that nobody could draw."""
    import shapely
    from shapely.geometry import shape

    problems: list[Problem] = []
    for number, feature in enumerate(features["features"], 1):
        place = Place(f"{name}.geojson", row=number)
        try:
            made = shape(feature["geometry"])
            west, south, east, north = made.bounds
            good = not made.is_empty and -180 <= west <= east <= 180 and -90 <= south <= north <= 90
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError):
            good = False
        if not good:
            zh, en = f"第 {number} 个要素没有可用的经纬度图形", f"feature {number} has no usable shape in degrees"
            problems.append(
                Problem("layer-shape", place, zh, en, "坐标应为 WGS 84 经纬度。", "Coordinates are degrees (WGS 84).")
            )
    if problems:
        raise InputError(problems)
    if name in LAYERS:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "map" / f"{name}.geojson"
            path.parent.mkdir()
            path.write_text(json.dumps(features, ensure_ascii=False), encoding="utf-8")
            try:
                read_map(Path(scratch), check=False)
            except InputError as error:
                raise InputError([_without(p, Path(scratch)) for p in error.problems]) from None
