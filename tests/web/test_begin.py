"""A park is begun on the site: empty or from its folder; its map and its keepers are set up there too."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.examples.invented_park import invented_park
from ecopark.observations.new_park import new_park
from ecopark.web.assess import keep
from ecopark.web.parks.models import MapLayer, Park
from ecopark.web.people.models import Membership, User

from .api_calls import Api
from .conftest import ROLES, World

FORM = {
    "slug": "gamma",
    "name": "新园区",
    "name_en": "Gamma",
    "area": "江苏省/苏州市",
    "base_year": "2020",
    "pack": ["hj274-2015"],
}


def _zip(folder: Path) -> SimpleUploadedFile:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in folder.rglob("*"):
            if path.is_file():
                archive.write(path, Path(folder.name) / path.relative_to(folder))
    return SimpleUploadedFile("park.zip", made.getvalue())


def _square(name: str, x: float = 120.0, **more: str) -> dict:
    ring = [[x, 31], [x + 0.01, 31], [x + 0.01, 31.01], [x, 31.01], [x, 31]]
    properties = {"id": name, "zh": f"{name}号", "en": name, **more}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def _layer(*features: dict) -> SimpleUploadedFile:
    text = json.dumps({"type": "FeatureCollection", "features": features})
    return SimpleUploadedFile("layer.geojson", text.encode())


@pytest.mark.parametrize("role", ROLES)
def test_only_an_administrator_begins_a_park(world: World, role: str) -> None:
    client = world.client_of(role)
    wanted = {"admin": 200, "anonymous": 404}.get(role, 403)
    assert client.get("/parks/new/").status_code == wanted
    assert client.post("/parks/new/", FORM).status_code == wanted
    assert Park.objects.filter(slug="gamma").exists() == (role == "admin")


def test_an_empty_park_can_be_worked_with_by_its_office(world: World) -> None:
    answer = world.client_of("admin").post("/parks/new/", FORM | {"office": "wang", "office_name": "王"})
    user = User.objects.get(username="wang")
    password = answer.context["password"]
    assert user.check_password(password) and password in answer.content.decode()
    park = Park.objects.get(slug="gamma")
    assert (park.base_year, park.packs, park.area) == (2020, ["hj274-2015"], "江苏省/苏州市")
    assert Membership.objects.get(user=user).role == "office"
    client = world.client_of("anonymous")
    client.force_login(user)
    for page in ("", "data/", "firms/", "tasks/", "cases/", "projects/", "rules/", "assess/", "settings/map/"):
        assert client.get(f"/p/gamma/{page}").status_code == 200, page
    address = "/p/gamma/data/theme/management/?year=2025"
    answer = client.post(address, {"given|publicity_events|": "3", "unit|publicity_events|": "events/year"})
    assert answer.status_code == 302
    park.refresh_from_db()
    found = {c["tail"]: c["status"] for c in keep.assessed(park, "hj274-2015", "2025").result["clauses"]}
    assert found["32"] == "met"


def test_a_park_folder_comes_in_whole(world: World, tmp_path: Path) -> None:
    folder = invented_park(firms=30).write(tmp_path / "yunqi")
    form = {**FORM, "name": "", "name_en": "", "base_year": "", "folder": _zip(folder)}
    answer = world.client_of("admin").post("/parks/new/", form)
    assert answer.status_code == 200, answer.context["problems"]
    park = Park.objects.get(slug="gamma")
    assert park.subjects.filter(kind="firm").count() == 30 and park.figures.count() > 500
    assert park.layers.filter(name="grids").exists() and park.evidence.exists()
    assert keep.assessed(park, "hj274-2015", str(keep.years_of(park)[0])).verdict in ("pass", "fail", "undetermined")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"slug": "alpha"}, "已有园区使用"),
        ({"slug": "A b"}, "小写字母"),
        ({"name": " "}, "请填园区名称"),
        ({"base_year": "20"}, "基年"),
        ({"pack": ["nothing"]}, "没有标准"),
        ({"office": "a b"}, "用户名"),
        ({"folder": SimpleUploadedFile("x.zip", b"no archive")}, "不是可读的 zip"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_made(world: World, change: dict, said: str) -> None:
    before = Park.objects.count()
    answer = world.client_of("admin").post("/parks/new/", FORM | change)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert Park.objects.count() == before
    if "name" not in change:
        assert 'value="新园区"' in answer.content.decode()


def test_every_problem_of_a_folder_is_told_with_its_place(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    new_park(folder, packs=["hj274-2015"], years=(2022, 2023))
    (folder / "data" / "more.csv").write_text(
        "quantity,period,value,unit\npublicity_events,2023,x,events/year\nnothing_known,2023,1,t\n", encoding="utf-8"
    )
    answer = world.client_of("admin").post("/parks/new/", FORM | {"folder": _zip(folder)})
    told = answer.content.decode()
    assert answer.status_code == 422 and told.count("bad/data/more.csv:") == 2 and "/tmp" not in told
    assert not Park.objects.filter(slug="gamma").exists()


@pytest.mark.parametrize("name", ["../../evil/park.toml", "/etc/park.toml"])
def test_an_archive_stays_inside(world: World, name: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, "x")
    answer = world.client_of("admin").post(
        "/parks/new/", FORM | {"folder": SimpleUploadedFile("x.zip", made.getvalue())}
    )
    assert answer.status_code == 422 and not Park.objects.filter(slug="gamma").exists()
    assert "目录之外" in answer.content.decode()


def test_an_archive_without_a_park_folder_says_what_is_wanted(world: World) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("readme.txt", "x")
    answer = world.client_of("admin").post(
        "/parks/new/", FORM | {"folder": SimpleUploadedFile("x.zip", made.getvalue())}
    )
    assert answer.status_code == 422 and "park.toml" in answer.content.decode()


def test_the_office_puts_a_layer_on_the_map_and_a_keeper_in_its_grids(world: World) -> None:
    client = world.client_of("office")
    sent = {
        "layer": "grids",
        "file": _layer(_square("1-1", area="1"), _square("1-2", 120.02, area="1")),
        "reason": "2026",
    }
    assert client.post("/p/alpha/settings/map/put/", sent).status_code == 302
    assert len(MapLayer.objects.get(park=world.park, name="grids").features["features"]) == 2
    wrong = {"username": "li", "role": "keeper", "grids": "9-9", "name": "李", "reason": "x"}
    answer = client.post("/p/alpha/settings/members/add/", wrong)
    assert (
        answer.status_code == 422
        and "1-1" in answer.content.decode()
        and not User.objects.filter(username="li").exists()
    )
    assert client.post("/p/alpha/settings/members/add/", wrong | {"grids": "1-1"}).status_code == 200
    assert Membership.objects.get(user__username="li").grids == ("1-1",)
    layer = MapLayer.objects.get(park=world.park, name="grids")
    assert client.post(f"/p/alpha/settings/map/{layer.pk}/take/", {"reason": "x"}).status_code == 302
    assert not MapLayer.objects.filter(park=world.park).exists()
    assert "地图图层移除" in client.get("/p/alpha/settings/history/").content.decode()


@pytest.mark.parametrize(
    ("layer", "file", "said"),
    [
        ("nothing", _layer(_square("1")), "没有这个图层"),
        ("grids", SimpleUploadedFile("x.geojson", b"{"), "GeoJSON"),
        ("grids", _layer(), "FeatureCollection"),
        ("grids", _layer(_square("1", 500)), "经纬度"),
        ("control_units", _layer(_square("1") | {"properties": {}}), "control_units"),
    ],
)
def test_a_layer_that_cannot_be_used_is_not_taken(
    world: World, layer: str, file: SimpleUploadedFile, said: str
) -> None:
    file.seek(0)
    sent = {"layer": layer, "file": file, "reason": "x"}
    answer = world.client_of("office").post("/p/alpha/settings/map/put/", sent, follow=True)
    assert said in answer.content.decode()
    assert not MapLayer.objects.filter(park=world.park).exists()


@pytest.mark.parametrize("role", ["consultant", "reviewer", "firm", "keeper"])
def test_nobody_else_changes_the_map(world: World, role: str) -> None:
    client = world.client_of(role)
    assert client.post("/p/alpha/settings/map/put/", {"layer": "grids"}).status_code == 403
    assert client.post("/p/alpha/settings/map/1/take/").status_code == 403


def test_an_administrator_makes_a_reviewer_of_an_area(world: World) -> None:
    client = world.client_of("admin")
    user = world.people["stranger"]
    assert client.get("/admin/people/user/").status_code == 200
    answer = client.post(
        "/admin/people/membership/add/", {"user": user.pk, "role": "reviewer", "area": "江苏省", "why": "新任"}
    )
    assert answer.status_code == 302
    assert Membership.objects.get(user=user).area == "江苏省"


@pytest.mark.parametrize("role", ROLES)
def test_the_same_by_token(world: World, role: str) -> None:
    api = Api(world, role)
    sent = {"slug": "delta", "name": "第四园区", "packs": "hj274-2015 miit-green-park-2016", "office": "zhao"}
    answer = api.upload("/parks", sent)
    assert answer.status_code == (200 if role == "admin" else 401 if role == "anonymous" else 403)
    assert Park.objects.filter(slug="delta").exists() == (role == "admin")
    if role == "admin":
        assert User.objects.get(username="zhao").check_password(answer.json()["password"])
    office = role in ("admin", "office")
    wrong = {"anonymous": 401, "stranger": 404}.get(role, 403)
    file = _layer(_square("1-1", area="1"))
    put = api.upload("/parks/alpha/map/layers", {"layer": "grids", "reason": "x", "file": file})
    assert put.status_code == (200 if office else wrong)
    assert api.get("/parks/alpha/map/layers").status_code == (200 if office else wrong)
    gone = api.send("/parks/alpha/map/layers/grids/remove", {"reason": "x"})
    assert gone.status_code == (200 if office else wrong)
    if office:
        assert put.json() == gone.json() == {"name": "grids", "features": 1}
        assert (
            api.upload(
                "/parks/alpha/map/layers", {"layer": "no", "reason": "x", "file": _layer(_square("1"))}
            ).status_code
            == 422
        )
