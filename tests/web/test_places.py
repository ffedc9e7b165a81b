"""Where things are: the page of a parcel and the maps of a parcel, project, case and plots, by role; pages and API alike."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ecopark.web.cases.models import Case, CaseEvent
from ecopark.web.parks.models import Subject
from ecopark.web.people.models import User
from ecopark.web.projects import steps
from ecopark.web.projects.models import Project

from .api_calls import Api, good, refused_as
from .conftest import ROLES, World
from .test_projects import given, ground, square

__all__ = ["ground"]
WIDE = ("admin", "office", "consultant", "reviewer")
PROJECTS = ("admin", "office", "reviewer")
GROUND = {"boundary", "groups", "grids"}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def case_at(world: World, number: int, lon: float, by: User, **more: Any) -> Case:
    made = Case.objects.create(
        park=world.park, number=number, kind="dust", severity="ordinary", text=f"第 {number} 件", by=by, lon=lon, lat=31.001,
        **more,
    )  # fmt: skip
    CaseEvent.objects.create(case=made, kind="found", by=by)
    return made


@pytest.fixture
def placed(ground: World) -> World:
    """Parcels of two firms and a free one, a project for it, cases on both firms' parcels, plots to renew."""
    park, office = ground.park, ground.people["office"]
    park.layers.filter(name="parcels").update(
        features=collection(
            square(120.0, id="P1", zh="1 号地", group="G02", free=True, area_km2=0.3),
            square(120.01, id="P/2", zh="企业 alpha-1", firm="alpha-1", since=2019, area_km2="0.1"),
            square(120.02, id="P3", zh="玄武机密", firm="alpha-2", since=2020),
        )
    )
    park.layers.create(name="boundary", features=collection(square(119.9, id="B", zh="边界")))
    park.layers.create(name="grids", features=collection(square(120.0, id="A1-1", area="A1", zh="一号网格")))
    Subject.objects.filter(park=park, key="alpha-2").update(name="玄武机密")
    steps.start(park, given("朱雀项目"), office)
    case_at(ground, 1, 120.012, office)
    case_at(ground, 2, 120.022, office, firm=Subject.objects.get(park=park, key="alpha-2"))
    case_at(ground, 3, 120.001, ground.people["keeper"])
    table = "plot,firm,area_mu,idle,cost_10k_cny\nP3,alpha-2,30,yes,100\nP9,alpha-3,20,yes,100\n"
    ground.client_of("office").post(
        "/p/alpha/firms/land/upload/", {"file": SimpleUploadedFile("t.csv", table.encode())}
    )
    return ground


def layers(answer: Any) -> dict[str, list[dict[str, Any]]]:
    assert answer.status_code == 200, answer.content.decode()[:300]
    return {one["id"]: one["data"]["features"] for one in answer.json()["layers"]}


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("role", ROLES)
def test_every_place_by_every_role(placed: World, role: str, lang: str) -> None:
    client = placed.client_of(role)
    client.cookies["django_language"] = lang
    project = Project.objects.get().pk
    for address, allowed in {
        "firms/parcel/of/P1/": WIDE, "firms/parcel/of/P/2/": (*WIDE, "firm"), "firms/parcel/of/P3/": WIDE,
        "firms/parcel/map/P1.json": WIDE, "firms/parcel/map/P/2.json": (*WIDE, "firm"), "firms/parcel/map/P3.json": WIDE,
        "firms/parcel/of/P9/": (), f"projects/{project}/map.json": PROJECTS, "projects/free.json": PROJECTS,
        "projects/0/map.json": (), "cases/1/map.json": WIDE, "cases/2/map.json": WIDE, "cases/3/map.json": (*WIDE, "keeper"),
        "firms/land/map.json": WIDE, f"projects/{project}/": PROJECTS, "projects/new/": ("admin", "office"),
        "cases/3/": (*WIDE, "keeper"), "firms/?kind=parcels": WIDE, "firms/land/": WIDE,
    }.items():  # fmt: skip
        answer = client.get(f"/p/alpha/{address}")
        assert (answer.status_code == 200) == (role in allowed), (role, address, answer.status_code)
        if role not in allowed:
            assert answer.status_code in (403, 404)
            assert role not in ("stranger", "anonymous") or answer.status_code == 404
        elif role not in WIDE:
            assert "玄武" not in answer.content.decode()
            assert "朱雀" not in answer.content.decode()


def test_a_published_park_shows_no_parcel_to_the_public(placed: World) -> None:
    placed.park.published = True
    placed.park.save()
    for role in ("stranger", "anonymous"):
        client = placed.client_of(role)
        for address in (
            "firms/parcel/of/P1/",
            "firms/parcel/map/P1.json",
            "cases/1/map.json",
            "projects/free.json",
            "firms/land/map.json",
        ):
            assert client.get(f"/p/alpha/{address}").status_code == 403, address


def test_the_page_of_a_parcel_says_who_is_there_and_what_happens_there(placed: World) -> None:
    office = placed.client_of("office")
    free = office.get("/p/alpha/firms/parcel/of/P1/").context["parcel"]
    assert (free["free"], free["held"], free["firm"]) == (True, False, None)
    assert free["area"].zh == "450 亩（30 公顷）"
    assert [r["project"].name for r in free["projects"]] == ["朱雀项目"]
    assert [c.number for c in free["cases"]] == [3]
    theirs = office.get("/p/alpha/firms/parcel/of/P3/").context["parcel"]
    assert (theirs["firm"].key, theirs["since"], theirs["free"]) == ("alpha-2", 2020, False)
    assert [c.number for c in theirs["cases"]] == [2]
    assert theirs["plot"]["events"] == []
    placed.client_of("office").post("/p/alpha/firms/land/step/", {"plot": "P3", "step": "listed", "note": "入库"})
    page = office.get("/p/alpha/firms/parcel/of/P3/")
    assert "入库" in page.content.decode()
    Project.objects.update(stage="admitted")
    held = office.get("/p/alpha/firms/parcel/of/P1/").context["parcel"]
    assert (held["free"], held["held"], held["projects"][0]["holds"]) == (False, True, True)
    consultant = placed.client_of("consultant").get("/p/alpha/firms/parcel/of/P1/")
    assert (consultant.context["parcel"]["held"], consultant.context["parcel"]["projects"]) == (True, [])
    assert "朱雀" not in consultant.content.decode()
    # what names it leads to it
    for address in ("firms/?kind=parcels", f"projects/{Project.objects.get().pk}/", "firms/of/alpha-2/", "firms/land/"):
        text = office.get(f"/p/alpha/{address}").content.decode()
        assert "/p/alpha/firms/parcel/of/P" in text, address


def test_a_reporter_sees_their_own_parcel_and_no_project_or_case_of_others(placed: World) -> None:
    steps.start(placed.park, given("玄武扩建") | {"parcel": "P/2"}, placed.people["office"])
    mine = placed.client_of("firm").get("/p/alpha/firms/parcel/of/P/2/")
    assert mine.context["parcel"]["firm"].key == "alpha-1"
    assert mine.context["parcel"]["projects"] == mine.context["parcel"]["cases"] == []
    shown = layers(placed.client_of("firm").get("/p/alpha/firms/parcel/map/P/2.json"))
    assert set(shown) >= GROUND
    assert "parcels" not in shown
    assert [f["properties"]["id"] for f in shown["here"]] == ["P/2"]


def test_maps_open_on_the_thing_over_the_ground(placed: World) -> None:
    office, project = placed.client_of("office"), Project.objects.get()
    of_project = office.get(f"/p/alpha/projects/{project.pk}/map.json").json()["layers"]
    assert [one["id"] for one in of_project if one.get("focus")] == ["here"]
    assert {"boundary", "groups", "parcels", "grids"} <= {one["id"] for one in of_project}
    parcels = next(one for one in of_project if one["id"] == "parcels")["data"]["features"]
    assert {f["properties"]["url"] for f in parcels} >= {"/p/alpha/firms/parcel/of/P/2/"}
    case = layers(office.get("/p/alpha/cases/2/map.json"))
    assert case["here"][0]["geometry"]["coordinates"] == [120.022, 31.001]
    assert "parcels" not in layers(placed.client_of("keeper").get("/p/alpha/cases/3/map.json"))
    plots = layers(office.get("/p/alpha/firms/land/map.json"))["here"]
    assert [f["properties"]["id"] for f in plots] == ["P3"]
    # a group, a piece drawn by hand, nothing, and what the map does not have
    drawn = square(120.03)["geometry"]
    for place, count in (
        ({"group": "G02"}, 1),
        ({"geometry": drawn}, 1),
        ({}, 0),
        ({"parcel": "P77"}, 0),
        ({"geometry": "x"}, 0),
    ):
        project.given = {k: v for k, v in project.given.items() if k not in ("parcel", "group", "geometry")} | place
        project.save()
        assert len(layers(office.get(f"/p/alpha/projects/{project.pk}/map.json")).get("here", [])) == count, place
        page = office.get(f"/p/alpha/projects/{project.pk}/")
        assert (page.status_code, page.context["place"] is not None) == (200, count == 1), place


def test_the_form_offers_on_the_map_what_its_field_offers(placed: World) -> None:
    office = placed.client_of("office")
    form = office.get("/p/alpha/projects/new/")
    options = {f"parcel:{k}" for k, _ in form.context["parcels"]} | {f"group:{k}" for k, _ in form.context["groups"]}
    assert 'data-choose="p-place"' in form.content.decode()
    shown = layers(office.get("/p/alpha/projects/free.json"))
    values = {f["properties"]["value"] for one in ("free", "groups") for f in shown[one]}
    assert values == options == {"parcel:P1", "group:G02"}
    assert {f["properties"]["id"] for f in shown["parcels"]} == {"P/2", "P3"}


@pytest.mark.parametrize("role", ROLES)
def test_a_token_sees_what_the_pages_show(placed: World, role: str) -> None:
    api, project = Api(placed, role), Project.objects.get().pk
    for path, allowed in {
        "parcel?id=P1": WIDE, "parcel?id=P/2": (*WIDE, "firm"), "parcel/map?id=P/2": (*WIDE, "firm"), "parcel?id=P3": WIDE,
        f"projects/{project}/map": PROJECTS, "places/free": PROJECTS, "cases/3/map": (*WIDE, "keeper"), "land/map": WIDE,
    }.items():  # fmt: skip
        answer = api.get(f"/parks/alpha/{path}")
        if role in allowed:
            assert good(answer)
        else:
            assert answer.status_code in (404, refused_as(role)), (role, path, answer.status_code)
    if role == "office":
        found = good(api.get("/parks/alpha/parcel?id=P3"))
        assert (found["firm"], found["since"], found["cases"], found["renewal"]) == ("alpha-2", 2020, [2], [])
