"""Settings, members, titles, map, comparison, tokens and many parks by token: every endpoint by every role."""

from __future__ import annotations

from typing import Any

import pytest

from ecopark.web.parks.models import MapLayer, Park
from ecopark.web.people.models import ApiToken, Membership, User
from ecopark.web.rules.models import TitleStep

from .api_calls import INSIDE, OFFICE, WIDE, Api, good, refusal, refused_as
from .conftest import ROLES, World

P = "/parks/alpha"
WATER = "industrial_fresh_water_m3"
GENERAL = {"name": "园区", "name_en": "Park", "base_year": 2020, "published": False, "reason": "更名"}
STEP = {"title": "hj274-2015", "step": "name", "dated": "2024-01-05"}


@pytest.fixture
def title() -> str:
    """A title that somebody may hold."""
    from ecopark.standards.titles import load_titles

    return str(next(iter(load_titles())))


@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_by_every_role(world: World, role: str, title: str) -> None:
    MapLayer.objects.create(park=world.park, name="boundary", features={"type": "FeatureCollection", "features": []})
    kept = good(Api(world, "office").send(f"{P}/titles/steps", STEP | {"title": title}))["id"]
    api = Api(world, role)
    gets: dict[str, tuple[str, ...]] = {
        "settings": OFFICE, "settings/history": OFFICE, "members": OFFICE, "departments": WIDE, "titles/steps": WIDE, "map": INSIDE,
        "completeness?period=2023": (*WIDE, "firm"), f"quantities/{WATER}": INSIDE,
        "compare/hj274-2015?left=2023&right=2022": WIDE,
    }  # fmt: skip
    for tail, allowed in gets.items():
        assert api.get(f"{P}/{tail}").status_code == (200 if role in allowed else refused_as(role)), tail
        if role not in ("admin", "anonymous"):
            assert api.get(f"/parks/beta/{tail}").status_code == 404
    sends: dict[str, tuple[Any, str]] = {
        "settings/general": (GENERAL, "put"), "settings/packs": ({"packs": ["hj274-2015"], "reason": "x"}, "put"),
        "settings/factors": ({"reason": "x"}, "put"), "departments": ({"key": "zs", "name": "招商", "reason": "x"}, "put"),
        "members": ({"username": f"new-{role}", "role": "viewer", "reason": "x"}, "post"),
        "titles/steps": (STEP | {"title": title}, "post"), f"titles/steps/{kept}/withdraw": ({"why": "x"}, "post"),
    }  # fmt: skip
    before = (User.objects.count(), TitleStep.objects.count(), Park.history.count())
    for tail, (body, method) in sends.items():
        answer = api.send(f"{P}/{tail}", body, method)
        assert answer.status_code == (200 if role in OFFICE else refused_as(role)), (
            tail,
            answer.content.decode()[:300],
        )
    member = Membership.objects.get(user=world.people["consultant"]).pk
    gone = api.send(f"{P}/members/{member}/remove", {"reason": "x"})
    assert gone.status_code == (200 if role in OFFICE else refused_as(role))
    if role not in OFFICE:
        assert (User.objects.count(), TitleStep.objects.count(), Park.history.count()) == before
    many = 200 if role in WIDE else 401 if role == "anonymous" else 403
    for tail in ("outcomes?period=2023", "outcomes/totals?period=2023", "outcomes/table.csv?period=2023"):
        assert api.get(f"/{tail}").status_code == many
    assert api.send("/outcomes", {"period": "2023"}).status_code == many


def test_settings_are_changed_with_a_reason_that_is_kept(world: World) -> None:
    api = Api(world, "office")
    assert good(api.send(f"{P}/settings/general", GENERAL, "put"))["base_year"] == 2020
    assert good(api.send(f"{P}/settings/packs", {"packs": ["zero-carbon-park-2025"], "reason": "只留一个"}, "put"))[
        "packs"
    ] == ["zero-carbon-park-2025"]
    for tail, body in (
        ("general", GENERAL | {"name": ""}), ("general", GENERAL | {"base_year": 1}), ("general", GENERAL | {"reason": ""}),
        ("packs", {"packs": ["no-such"], "reason": "x"}), ("packs", {"packs": [], "reason": "x"}),
        ("factors", {"options": "nonsense", "reason": "x"}), ("factors", {"options": "no-such.a=1", "reason": "x"}),
        ("factors", {"grid": "mars", "reason": "x"}),
    ):  # fmt: skip
        refusal(api.send(f"{P}/settings/{tail}", body, "put"), 422)
    told = good(api.get(f"{P}/settings/history"))["items"]
    assert {(t["what"]["en"], t["after"], t["why"], t["who"]) for t in told} >= {
        ("base year", "2020", "更名", "office")
    }


def test_a_member_comes_and_goes(world: World) -> None:
    api = Api(world, "office")
    wanted = {"username": "zhou", "role": "firm", "firm": "alpha-2", "name": "周", "reason": "新填报人"}
    answer = api.send(f"{P}/members", wanted)
    made = good(answer)
    assert answer["Cache-Control"] == "no-store"
    assert User.objects.get(username="zhou").check_password(made["password"])
    assert made["member"]["firm"] == "alpha-2"
    for more in (
        {},
        {"firm": "beta-1", "username": "x"},
        {"role": "reviewer"},
        {"username": "a b", "firm": "alpha-1"},
        {"reason": ""},
    ):
        refusal(api.send(f"{P}/members", wanted | more), 422)
    assert (
        good(api.send(f"{P}/members/{made['member']['id']}/remove", {"reason": "离职"}))["id"] == made["member"]["id"]
    )
    last = Membership.objects.get(user=world.people["office"]).pk
    refusal(api.send(f"{P}/members/{last}/remove", {"reason": "x"}), 422)
    theirs = Membership.objects.create(user=world.people["stranger"], role="office", park=world.other).pk
    assert api.send(f"{P}/members/{theirs}/remove", {"reason": "x"}).status_code == 404


def test_a_step_of_a_title_is_written_down_and_taken_back(world: World, title: str) -> None:
    api = Api(world, "office")
    for more in ({"title": "no-such"}, {"step": "vanished"}, {"dated": "soon"}, {"until": "2023-01-01"}):
        refusal(api.send(f"{P}/titles/steps", STEP | {"title": title} | more), 422)
    made = good(api.send(f"{P}/titles/steps", STEP | {"title": title}))
    address = f"{P}/titles/steps/{made['id']}/withdraw"
    refusal(api.send(address, {"why": ""}), 422)
    assert good(api.send(address, {"why": "误记"}))["withdrawn_why"] == "误记"
    assert api.send(address, {"why": "again"}).status_code == 404
    assert good(api.get(f"{P}/titles/steps"))["count"] == 1


def test_two_years_side_by_side_and_another_park_only_if_one_may(world: World) -> None:
    found = good(Api(world, "office").get(f"{P}/compare/hj274-2015?left=2023&right=2022"))
    assert {c["clause"] for c in found["clauses"]} >= {"hj274-2015/32"}
    assert (found["left"]["assessment"]["period"], found["right"]["assessment"]["period"]) == ("2023", "2022")
    other = f"{P}/compare/hj274-2015?left=2023&right=2023&other=beta"
    assert Api(world, "office").get(other).status_code == 404
    assert good(Api(world, "admin").get(other))["right"]["park"] == "beta"


def test_a_reporter_sees_values_and_completeness_of_their_own_firm(world: World) -> None:
    firm, office = Api(world, "firm"), Api(world, "office")
    mine = good(firm.get(f"{P}/quantities/{WATER}"))
    assert (mine["subject"], mine["values"][0]["said"]["en"]) == ("alpha-1", "110 m³")
    assert good(office.get(f"{P}/quantities/{WATER}"))["subject"] == "alpha"
    assert good(Api(world, "keeper").get(f"{P}/quantities/{WATER}"))["values"] == []
    assert sum(t["there"] for t in good(firm.get(f"{P}/completeness?period=2023"))) == 1
    assert firm.get(f"{P}/completeness?period=2023&subject=alpha-2").status_code == 404
    good(office.get(f"{P}/completeness?period=2023&subject=alpha-2"))


def test_ones_own_tokens(world: World) -> None:
    api = Api(world, "office")
    [own] = good(api.get("/tokens"))
    theirs = ApiToken.issue(world.people["firm"], "x")[0].pk
    assert api.send(f"/tokens/{theirs}/revoke", {}).status_code == 404
    assert good(api.send(f"/tokens/{own['id']}/revoke", {}))["revoked"]
    refusal(api.get("/tokens"), 401)


def test_many_parks_are_computed_and_counted(world: World) -> None:
    api = Api(world, "reviewer")
    job = good(api.send("/outcomes", {"period": "2023", "packs": ["hj274-2015", "no-such"]}))
    assert job["state"] == "done"
    [total] = good(api.get("/outcomes/totals?period=2023"))
    assert (total["pack"], sum(total["verdicts"].values())) == ("hj274-2015", 1)
    text = api.get("/outcomes/table.csv?period=2023").content.decode()
    assert "园区 alpha" in text and "beta" not in text


def test_an_address_or_method_that_is_none_is_told_in_the_envelope(world: World) -> None:
    assert refusal(Api(world, "office").get("/no/such"), 404)["code"] == "not-found"
    answer = Api(world, "office").send("/me", {})
    assert refusal(answer, 405)["code"] == "wrong-method"
    assert answer["Allow"] == "GET"
