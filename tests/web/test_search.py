"""Search: every kind of thing is found, by each role only what it may know, in one park and in all, by few questions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ecopark.web.cases.models import Case, CaseEvent
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.access import ROLES_FOR, parts_of_parks, standing, whole_parks
from ecopark.web.people.models import Membership
from ecopark.web.projects import steps
from ecopark.web.projects.models import Project
from ecopark.web.search.pages import PAGES

from .api_calls import Api, good, refusal
from .conftest import World
from .test_projects import given
from .test_tasks import make as make_task

WORD = "青鸾"
KINDS = ("projects", "cases", "tasks", "firms")
SEES = {
    # role: how many of which kind it finds in the park by the word that stands in all of them
    "admin": {"projects": 1, "cases": 3, "tasks": 1, "firms": 2},
    "office": {"projects": 1, "cases": 3, "tasks": 1, "firms": 2},
    "reviewer": {"projects": 1, "cases": 3, "tasks": 1, "firms": 2},
    "consultant": {"cases": 3, "tasks": 1, "firms": 2},
    "firm": {"cases": 1, "firms": 1},
    "keeper": {"cases": 2},
}


def case(park: Park, number: int, by: Any, **more: Any) -> Case:
    made = Case.objects.create(
        park=park, number=number, kind="dust", severity="ordinary", text=f"{WORD}问题 {number}", by=by, **more
    )
    CaseEvent.objects.create(case=made, kind="found", by=by)
    return made


@pytest.fixture
def known(world: World) -> World:
    """One word in everything of a park that is looked for, and in things of a park that nobody here knows."""
    office, admin = world.people["office"], world.people["admin"]
    for key in ("alpha-1", "alpha-2"):
        Subject.objects.filter(park=world.park, key=key).update(name=f"{WORD}材料 {key}")
    Subject.objects.filter(park=world.other, key="beta-1").update(name=f"{WORD}外园企业")
    steps.start(world.park, given(f"{WORD}项目"), office)
    steps.start(world.other, given(f"{WORD}外园项目"), admin)
    make_task(world, measure=f"{WORD}措施")
    Membership.objects.filter(user=world.people["keeper"]).update(grid="A1-1")
    case(world.park, 1, office, firm=Subject.objects.get(key="alpha-1"), grid="A1-1", area="A1")
    case(world.park, 2, office, firm=Subject.objects.get(key="alpha-2"), grid="A2-1", area="A2")
    case(world.park, 3, world.people["keeper"], place="园区以外")
    case(world.other, 1, admin)
    return world


def hits(answer: Any) -> dict[str, list[str]]:
    return {g.id: [h.url for h in g.hits] for g in answer.context["groups"]}


def counted(found: dict[str, list[str]]) -> dict[str, int]:
    return {kind: len(found[kind]) for kind in KINDS if kind in found}


@pytest.mark.parametrize("role", SEES)
def test_each_role_finds_what_it_may_know_and_opens_it(known: World, role: str) -> None:
    client = known.client_of(role)
    answer = client.get(f"/p/alpha/search/?q={WORD}")
    found = hits(answer)
    assert counted(found) == SEES[role]
    assert "外园" not in answer.content.decode()
    for kind in SEES[role]:
        for url in found[kind]:
            assert client.get(url).status_code == 200, url
    rows = good(Api(known, role).get(f"/parks/alpha/search?q={WORD}"))["items"]
    assert {k: sum(r["kind"] == k for r in rows) for k in SEES[role]} == SEES[role]


@pytest.mark.parametrize("role", ["stranger", "anonymous"])
def test_the_public_of_a_published_park_finds_nothing_of_a_firm(known: World, role: str) -> None:
    assert known.client_of(role).get(f"/p/alpha/search/?q={WORD}").status_code == 404
    Park.objects.filter(pk=known.park.pk).update(published=True)
    client = known.client_of(role)
    for address in (f"/p/alpha/search/?q={WORD}", f"/search/?q={WORD}"):
        answer = client.get(address, follow=True)
        assert answer.status_code == 200
        assert not set(hits(answer)) & set(KINDS), address
    assert hits(client.get("/p/alpha/search/?q=water"))["quantities"]


def test_in_all_parks_everybody_finds_theirs_and_every_hit_says_its_park(known: World) -> None:
    admin = known.client_of("admin").get(f"/search/?q={WORD}")
    assert counted(hits(admin)) == {"projects": 2, "cases": 4, "tasks": 1, "firms": 3}
    assert "园区 beta" in admin.content.decode()
    # several parks: a reviewer of one area with a firm of their own in another, a keeper of two parks
    Membership.objects.create(user=known.people["reviewer"], role="firm", park=known.other, firm="beta-1")
    Membership.objects.create(user=known.people["keeper"], role="keeper", park=known.other, grid="B1")
    Membership.objects.create(user=known.people["firm"], role="firm", park=known.other, firm="beta-9")
    reviewer = hits(known.client_of("reviewer").get(f"/search/?q={WORD}"))
    assert counted(reviewer) == {"projects": 1, "cases": 3, "tasks": 1, "firms": 3}
    assert f"/p/beta/projects/{Project.objects.get(park=known.other).pk}/" not in reviewer["projects"]
    assert counted(hits(known.client_of("keeper").get(f"/search/?q={WORD}"))) == {"cases": 2}
    assert counted(hits(known.client_of("firm").get(f"/search/?q={WORD}"))) == {"cases": 1, "firms": 1}
    rows = good(Api(known, "reviewer").get(f"/search?q={WORD}"))["items"]
    assert {r["url"] for r in rows if r["kind"] in KINDS} == {u for k in KINDS for u in reviewer[k]}
    refusal(Api(known, "anonymous").get(f"/search?q={WORD}"), 401)


def test_the_two_ways_of_asking_who_may_agree(known: World) -> None:
    """Parks known as a whole and parks known in part are what the standing in each says."""
    Membership.objects.create(user=known.people["reviewer"], role="keeper", park=known.park, grid="A1")
    Membership.objects.create(user=known.people["firm"], role="keeper", park=known.other, grid="B1")
    for role, user in known.people.items():
        for action in ROLES_FOR:
            whole = set(whole_parks(user, action).values_list("slug", flat=True))
            parts = {one.park.slug for one in parts_of_parks(user, action)}
            assert not whole & parts, (role, action)
            for park in (known.park, known.other):
                here = standing(user, park)
                may = here is not None and here.may(action) and bool(here.roles - {"viewer"})
                assert (park.slug in whole | parts) == may, (role, action, park.slug)


def test_numbers_parcels_and_codes_find_the_thing_itself(known: World) -> None:
    client = known.client_of("office")
    project = Project.objects.get(park=known.park)
    for words in ("№ 1", "1", "P1", "3973"):
        assert hits(client.get("/p/alpha/search/", {"q": words}))["projects"] == [f"/p/alpha/projects/{project.pk}/"], (
            words
        )
    assert hits(client.get("/p/alpha/search/?q=2"))["cases"] == ["/p/alpha/cases/2/"]
    assert len(hits(client.get("/p/alpha/search/?q=扬尘"))["cases"]) == 3  # by the name of the kind
    for words in ("²", "9" * 40, "%", "_", "'", "№", "😀" * 200):
        assert client.get("/p/alpha/search/", {"q": words}).status_code == 200, words
    assert "cases" not in hits(client.get("/p/alpha/search/?q=%25"))


def test_every_page_a_role_finds_opens_and_what_it_may_not_open_is_not_found(known: World) -> None:
    for role in ("office", "consultant", "reviewer", "firm", "keeper"):
        client = known.client_of(role)
        for page in PAGES:
            found = hits(client.get("/p/alpha/search/", {"q": page.label.zh})).get("pages", [])
            for url in found:
                assert client.get(url).status_code == 200, (role, url)
            answer = client.get(f"/p/alpha/search/?q={page.label.en}")
            mine = [h.url for g in answer.context["groups"] if g.id == "pages" for h in g.hits if h.label == page.label]
            assert bool(mine) == (role in ROLES_FOR[page.action]), (role, page.name)


def test_a_firm_opens_its_own_page_and_other_subjects_their_figures(known: World) -> None:
    client: Client = known.client_of("office")
    Subject.objects.create(park=known.park, key="G1", kind="group", name=f"{WORD}组团")
    found = hits(client.get(f"/p/alpha/search/?q={WORD}"))["firms"]
    assert found == ["/p/alpha/firms/of/alpha-1/", "/p/alpha/firms/of/alpha-2/", "/p/alpha/data/?of=G1"]


def test_the_number_of_questions_does_not_grow_with_parks_and_firms(known: World) -> None:
    client = known.client_of("admin")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/search/?q={WORD}")
        return len(queries)

    before = asked()
    parks = Park.objects.bulk_create(Park(slug=f"p-{n}", key=f"p-{n}", name=f"{WORD}园 {n}") for n in range(200))
    Subject.objects.bulk_create(
        Subject(park=park, key=f"{park.key}-{n}", name=f"{WORD}企业 {n}") for park in parks for n in range(5)
    )
    assert asked() == before
    answer = client.get(f"/search/?q={WORD}")
    shown = {g.id: g for g in answer.context["groups"]}
    assert len(shown["firms"].hits) == len(shown["parks"].hits) == 20
    assert shown["firms"].more
    assert shown["parks"].more
