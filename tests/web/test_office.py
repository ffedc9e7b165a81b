"""Search and help, one's account and tokens, and what the office sets: who may, what is refused, what is written down."""

from __future__ import annotations

import pytest

from ecopark.web.assess import keep
from ecopark.web.firms import registry
from ecopark.web.parks import office
from ecopark.web.parks.changes import Changes
from ecopark.web.parks.models import Department, MapLayer, Park
from ecopark.web.people import members
from ecopark.web.people.models import ApiToken, Membership, User

from .conftest import ROLES, World

INSIDE = ("admin", "office", "consultant", "reviewer", "firm", "keeper")
SETTINGS = ("admin", "office")
PAGES = {
    "/p/alpha/search/?q=water": INSIDE,
    "/p/alpha/search/": INSIDE,
    "/p/alpha/quantity/industrial_fresh_water_m3/": INSIDE,
    "/p/alpha/quantity/water_region/": INSIDE,
    "/p/alpha/quantity/no_such/": (),
    "/p/alpha/settings/": SETTINGS,
    "/p/alpha/settings/packs/": SETTINGS,
    "/p/alpha/settings/factors/": SETTINGS,
    "/p/alpha/settings/departments/": SETTINGS,
    "/p/alpha/settings/members/": SETTINGS,
    "/p/alpha/settings/cases/": SETTINGS,
    "/p/alpha/settings/history/": SETTINGS,
    "/p/alpha/settings/no-such/": (),
    "/p/beta/search/?q=x": ("admin",),
    "/p/beta/settings/": ("admin",),
}


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_by_every_role(world: World, role: str, lang: str) -> None:
    client = world.client_of(role)
    client.cookies["django_language"] = lang
    for address, allowed in PAGES.items():
        answer = client.get(address)
        if role in allowed:
            assert answer.status_code == 200, (role, address)
        else:
            assert answer.status_code in (403, 404), (role, address)
            if role in ("stranger", "anonymous") or "/beta/" in address:
                assert answer.status_code == 404, (role, address)


def test_a_reporter_finds_their_own_firm_and_no_other(world: World) -> None:
    client = world.client_of("firm")
    text = client.get("/p/alpha/search/?q=alpha").content.decode()
    assert "alpha-1" in text
    for other in ("alpha-2", "alpha-3", "beta"):
        assert other not in text
    page = client.get("/p/alpha/quantity/industrial_fresh_water_m3/")
    assert {f.subject.key for f in page.context["figures"]} == {"alpha-1"}
    assert "110" in page.content.decode()
    assert "630" not in page.content.decode()  # the sum over all firms


def test_a_keeper_finds_words_but_no_firms_and_no_figures(world: World) -> None:
    client = world.client_of("keeper")
    assert "alpha-1" not in client.get("/p/alpha/search/?q=alpha-").content.decode()
    assert client.get("/p/alpha/quantity/industrial_fresh_water_m3/").context["figures"] == []


def test_search_finds_each_kind(world: World) -> None:
    groups = {g.id: g for g in world.client_of("office").get("/p/alpha/search/?q=水").context["groups"]}
    assert {"quantities", "clauses"} <= set(groups)
    firms = world.client_of("office").get("/p/alpha/search/?q=alpha-2").context["groups"]
    assert [h.url for g in firms for h in g.hits if g.id == "firms"] == ["/p/alpha/firms/of/alpha-2/"]
    pages = world.client_of("firm").get("/p/alpha/search/?q=设置").context["groups"]
    assert "pages" not in {g.id for g in pages}


def test_search_outside_a_park(world: World) -> None:
    assert world.client_of("office").get("/search/?q=水").url.startswith("/p/alpha/search/?q=")
    found = world.client_of("admin").get("/search/?q=园区").context["groups"]
    assert [h.url for g in found if g.id == "parks" for h in g.hits] == ["/p/alpha/", "/p/beta/"]
    assert world.client_of("anonymous").get("/search/?q=x").url == "/login/"


def test_a_token_is_shown_once_and_works_until_it_is_revoked(world: World) -> None:
    client = world.client_of("consultant")
    answer = client.post("/account/tokens/make/", {"name": "周报"})
    text = answer.context["made"]
    assert text.startswith("eco_")
    assert text in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert text not in client.get("/account/").content.decode()
    assert ApiToken.user_of(text) == world.people["consultant"]
    token = ApiToken.objects.get()
    assert world.client_of("office").post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    client.post(f"/account/tokens/{token.pk}/revoke/")
    assert ApiToken.user_of(text) is None
    client.post("/account/tokens/make/", {"name": " "})
    assert ApiToken.objects.count() == 1


def test_the_account_needs_a_login(world: World) -> None:
    for address in ("/account/", "/account/password/"):
        assert world.client_of("anonymous").get(address).status_code == 302
        assert world.client_of("stranger").get(address).status_code == 200


def test_the_password_is_changed_by_who_knows_the_old_one(world: World) -> None:
    client = world.client_of("firm")
    new = {"new_password1": "Quiet-harbour-7", "new_password2": "Quiet-harbour-7"}
    assert client.post("/account/password/", new | {"old_password": "wrong"}).status_code == 200
    world.people["firm"].refresh_from_db()
    assert world.people["firm"].check_password("x")
    assert client.post("/account/password/", new | {"old_password": "x"}).status_code == 302
    world.people["firm"].refresh_from_db()
    assert world.people["firm"].check_password("Quiet-harbour-7")


def _save(world: World, tab: str, role: str = "office", **fields: object) -> int:
    return int(world.client_of(role).post(f"/p/alpha/settings/{tab}/save/", {"reason": "x"} | fields).status_code)


def test_options_are_checked_as_an_assessment_checks_them(world: World) -> None:
    assert _save(world, "factors", options="hj274-2015.no_such=1") == 422
    assert _save(world, "factors", options="no-such-pack.x=1") == 422
    assert _save(world, "factors", options="nonsense") == 422
    assert _save(world, "factors", grid="atlantis") == 422
    assert _save(world, "factors", confirm="no.such.factor") == 422
    assert _save(world, "factors", narrow="0.5") == 422
    before = keep.Current(Park.objects.get(pk=world.park.pk)).key("hj274-2015", "2023")
    assert _save(world, "factors", options="hj274-2015.limit_32=5", narrow="3", reason="试行") == 302
    park = Park.objects.get(pk=world.park.pk)
    assert park.settings["options"] == {"hj274-2015": {"limit_32": "5"}}
    assert keep.Current(park).key("hj274-2015", "2023") != before
    assert keep.assessed(park, "hj274-2015", "2023").result["verdict"] in ("fail", "undetermined")


def test_every_change_keeps_who_when_before_after_and_why(world: World) -> None:
    fields = {"name": "阿尔法园区", "name_en": "Alpha", "base_year": "2020", "published": "1", "reason": "更名批复"}
    assert _save(world, "general", **fields) == 302
    park = Park.objects.get(pk=world.park.pk)
    assert (park.name, park.base_year, park.published, park.changed) == ("阿尔法园区", 2020, True, 1)
    assert park.fact_settings()["base_year"] == 2020, "also where the park's folder named another, or none"
    events = world.client_of("office").get("/p/alpha/settings/history/").context["events"]
    found = {e["what"].en: e for e in events}
    assert (found["base year"]["after"], found["base year"]["who"], found["base year"]["why"]) == (
        "2020",
        "office",
        "更名批复",
    )
    assert found["name"]["before"] == "alpha" or "alpha" in found["name"]["before"]
    assert _save(world, "general", name=" ", base_year="") == 422
    assert _save(world, "general", name="x", base_year="20") == 422
    assert _save(world, "nonsense") == 404


def test_who_sets_one_part_does_not_undo_what_another_has_set_meanwhile(world: World) -> None:
    user, slow, quick = world.people["office"], *(Park.objects.get(pk=world.park.pk) for _ in range(2))
    registry.touch(quick)
    quick.set_parts(user, "政策", policy="anji")
    office.general(quick, user, "更名", name="甲", name_en="A", base_year="", published=False)
    office.run_settings(slow, user, "系数", options="", grid="", confirm="", narrow="3")
    slow.set_parts(user, "取消", ledger_place=None)
    now = Park.objects.get(pk=world.park.pk)
    assert (now.settings["policy"], now.settings["bounds"], now.settings["registry_changes"]) == (
        "anji",
        {"narrow": "3"},
        1,
    )
    assert (now.name, slow.settings["policy"]) == ("甲", "anji")
    whys = [e["why"] for e in Changes(now)]
    assert "取消" not in whys, "nothing was taken out"
    assert [e["what"].en for e in Changes(now) if e["why"] == "系数"] == ["options and factors"]


def test_what_the_program_counts_is_no_change_of_the_settings(world: World) -> None:
    park = Park.objects.get(pk=world.park.pk)
    Park.objects.filter(pk=park.pk).update(settings=park.settings | {"registry_changes": 7})
    before = len(Changes(park))
    assert _save(world, "general", name="阿尔法", base_year="2020", published="1", reason="更名批复") == 302
    said = [e["what"].en for e in Changes(park)]
    assert len(said) > before
    assert "options and factors" not in said


def test_no_setting_is_changed_without_a_reason(world: World) -> None:
    client = world.client_of("office")
    own = Membership.objects.get(user=world.people["keeper"], park=world.park)
    layer = MapLayer.objects.create(
        park=world.park, name="grids", features={"type": "FeatureCollection", "features": []}
    )
    posts: dict[str, dict[str, str]] = {
        "general/save/": {"name": "阿尔法"}, "packs/save/": {"pack": "hj274-2015"}, "factors/save/": {},
        "departments/save/": {"key": "n", "name": "n"}, "members/add/": {"username": "n", "role": "office"},
        f"members/{own.pk}/change/": {}, f"members/{own.pk}/remove/": {}, f"map/{layer.pk}/take/": {}, "offices/": {},
    }  # fmt: skip
    for address, fields in posts.items():
        answer = client.post(f"/p/alpha/settings/{address}", fields | {"reason": "  "}, follow=True)
        assert "请写明修改理由" in answer.content.decode(), address
    world.park.refresh_from_db()
    assert world.park.name != "阿尔法" and MapLayer.objects.filter(pk=layer.pk).exists()
    assert Membership.objects.filter(pk=own.pk).exists() and not User.objects.filter(username="n").exists()


def test_all_changes_are_listed_and_say_what_became_of_a_member(world: World) -> None:
    for n in range(120):
        office.department(world.park, world.people["office"], f"第 {n} 次", "water", f"水务 {n}")
    member = Membership.objects.get(user=world.people["office"], park=world.park)
    members.change(member, world.people["office"], "分工", department="water", level="1")
    client = world.client_of("office")
    answer = client.get("/p/alpha/settings/history/")
    assert answer.context["page"].paginator.count >= 121
    first = answer.context["events"][0]
    assert (first["before"], first["after"], first["why"]) == (
        "部门：—；层级：经办人", "部门：水务 119；层级：园区办负责人", "分工",
    )  # fmt: skip
    assert answer.context["events"][1]["before"] == "名称：水务 118"
    whole = [e["why"] for n in (1, 2, 3) for e in client.get(f"/p/alpha/settings/history/?page={n}").context["events"]]
    assert {f"第 {n} 次" for n in range(120)} <= set(whole)


def test_a_part_that_is_what_it_was_makes_no_change(world: World) -> None:
    park = Park.objects.get(pk=world.park.pk)
    before = park.history.count()
    assert None in park.settings.values()  # a park that settled without a base year
    park.set_parts(world.people["office"], "同前", offices=None)
    assert Park.objects.get(pk=park.pk).history.count() == before
    assert Park.objects.get(pk=park.pk).settings == world.park.settings


def test_what_the_registry_counts_is_no_change_of_a_setting(world: World) -> None:
    client, fields = world.client_of("office"), {"name": "甲园", "base_year": "", "reason": "更名"}
    client.post("/p/alpha/firms/new/", {"name": "新企业", "key": "n1", "why": "入园"})
    assert Park.objects.get(pk=world.park.pk).settings["registry_changes"] == 1
    client.post("/p/alpha/settings/general/save/", fields)
    events = client.get("/p/alpha/settings/history/").context["events"]
    assert [e["what"].en for e in events if e["why"] == "更名"] == ["name"]


def test_the_standards_in_use(world: World) -> None:
    assert _save(world, "packs", pack=["miit-green-park-2016", "zero-carbon-park-2025", "no-such"]) == 302
    assert Park.objects.get(pk=world.park.pk).packs == ["zero-carbon-park-2025", "miit-green-park-2016"]
    assert _save(world, "packs") == 422


def test_a_department_is_named_or_added(world: World) -> None:
    assert _save(world, "departments", key="carbon", name="双碳办", reason="新设") == 302
    made = Department.objects.get(park=world.park, key="carbon")
    assert made.history.latest().history_change_reason == "新设"
    assert _save(world, "departments", key="", name="x") == 422


@pytest.mark.parametrize("role", ["consultant", "reviewer", "firm", "keeper"])
def test_only_the_office_sets(world: World, role: str) -> None:
    for tab in ("general", "packs", "factors", "departments"):
        assert _save(world, tab, role=role) == 403
    client = world.client_of(role)
    assert client.post("/p/alpha/settings/members/add/", {"username": "z", "role": "office"}).status_code == 403
    member = Membership.objects.filter(park=world.park, role="office").get()
    assert client.post(f"/p/alpha/settings/members/{member.pk}/remove/").status_code == 403


def _add(world: World, **fields: str) -> object:
    return world.client_of("office").post("/p/alpha/settings/members/add/", {"reason": "x"} | fields)


def test_a_member_is_added_with_a_password_shown_once(world: World) -> None:
    answer = _add(world, username="newcomer", role="firm", firm="alpha-2", name="新人", reason="入园")
    password = answer.context["typed"]["new_password"]
    made = User.objects.get(username="newcomer")
    assert made.check_password(password)
    assert not made.is_staff
    found = Membership.objects.get(user=made)
    assert (found.firm, found.history.latest().history_change_reason) == ("alpha-2", "入园")
    assert password not in world.client_of("office").get("/p/alpha/settings/members/").content.decode()
    assert "new_password" not in (_add(world, username="stranger", role="keeper").context or {}).get("typed", {})
    assert world.people["stranger"].check_password("x")


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "a b", "role": "office"},
        {"username": "", "role": "office"},
        {"username": "z", "role": "reviewer"},
        {"username": "z", "role": "firm"},
        {"username": "z", "role": "firm", "firm": "beta-1"},
        {"username": "office", "role": "office"},
    ],
)
def test_who_cannot_be_added(world: World, fields: dict[str, str]) -> None:
    before = Membership.objects.count(), User.objects.count()
    assert _add(world, **fields).status_code == 422
    assert (Membership.objects.count(), User.objects.count()) == before


def test_the_last_person_of_the_office_stays(world: World) -> None:
    client = world.client_of("office")
    own = Membership.objects.get(user=world.people["office"], park=world.park)
    client.post(f"/p/alpha/settings/members/{own.pk}/remove/", {"reason": "x"})
    assert Membership.objects.filter(pk=own.pk).exists()
    keeper = Membership.objects.get(user=world.people["keeper"], park=world.park)
    client.post(f"/p/alpha/settings/members/{keeper.pk}/remove/", {"reason": "离岗"})
    gone = Membership.history.filter(user=world.people["keeper"]).latest("history_date")
    assert (gone.history_type, gone.history_change_reason, gone.history_user) == ("-", "离岗", world.people["office"])
    assert world.client_of("keeper").get("/p/alpha/").status_code == 404
