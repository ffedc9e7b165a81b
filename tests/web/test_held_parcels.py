"""A parcel that an admitted project names is taken: not offered, not given twice, free again when the project ends."""

from __future__ import annotations

from typing import Any

import pytest

from ecopark.web.parks.maps import layers_of
from ecopark.web.people.access import standing
from ecopark.web.projects import gate, own_rules, steps
from ecopark.web.projects.models import Project

from .conftest import World
from .test_projects import given, ground, under_review

__all__ = ["ground"]
FREE = "id: parcel_free\nkind: place\nzh: 地块空闲\nen: Parcel free\nclause: 测试\nbasis: recalled\naspect: parcel\n"


@pytest.fixture
def held(ground: World) -> World:
    """A project was admitted for parcel P1."""
    own_rules.save(ground.park, FREE, ground.people["office"], "测试", seen=0)
    project = under_review(ground, given("先到项目"))
    answer = ground.client_of("office").post(f"/p/alpha/projects/{project.pk}/decide/", {"version": "1"}, follow=True)
    assert answer.status_code == 200
    project.refresh_from_db()
    assert project.stage == "admitted", project.verdict
    return ground


def second(world: World) -> tuple[Project, Any]:
    project = under_review(world, given("后到项目"))
    world.client_of("office").post(f"/p/alpha/projects/{project.pk}/decide/", {"version": "1"})
    project.refresh_from_db()
    return project, project.decisions.get()


def test_the_next_project_does_not_get_it_and_the_register_says_why_later(held: World) -> None:
    office = held.client_of("office")
    form = office.get("/p/alpha/projects/new/")
    assert [name for name, _ in form.context["parcels"]] == ["P2", "P3"]
    project, decision = second(held)
    assert decision.verdict == "refuse"
    finding = next(f for f in decision.told["decision"]["findings"] if f["rule"].endswith("/parcel_free"))
    assert finding["status"] == "not_met"
    assert "先到项目" in str(finding)
    page = office.get(f"/p/alpha/projects/{project.pk}/")
    assert page.context["holder"] == "先到项目"
    edit = office.get(f"/p/alpha/projects/{project.pk}/edit/")
    assert (edit.context["taken"], edit.context["holder"]) == ("P1", "先到项目")
    # the first project ends: the parcel is free, yet the old refusal is made again as it was
    first = Project.objects.get(name="先到项目")
    assert gate.register_of(held.park).reproduce(first.decisions.get().entry)[1] == ()
    steps.move(first, "dropped", held.people["office"], "不来了")
    assert gate.held_parcels(held.park) == {}
    made, differs = gate.register_of(held.park).reproduce(decision.entry)
    assert (made.verdict, differs) == ("refuse", ())
    assert [name for name, _ in office.get("/p/alpha/projects/new/").context["parcels"]] == ["P1", "P2", "P3"]
    steps.move(project, "talks", held.people["office"], "再报")
    steps.move(project, "review", held.people["office"])
    office.post(f"/p/alpha/projects/{project.pk}/decide/", {"version": "1"})
    project.refresh_from_db()
    assert project.stage == "admitted"


def test_the_map_says_that_it_is_taken_and_by_whom_to_who_may_know(held: World) -> None:
    for role, said in (("office", "已占用: 先到项目"), ("consultant", "已占用")):
        seen = standing(held.people[role], held.park)
        assert seen is not None
        parcels = next(m for m in layers_of(seen) if m["id"] == "parcels")
        found = parcels["data"]["features"][0]["properties"]
        assert found["label"].endswith(said)
        assert found["tone"] == "partly"
    stored = held.park.layers.get(name="parcels").features["features"][0]["properties"]
    assert stored["free"] is True  # nothing is written into the map


def test_projects_together_do_not_share_it_out_again(held: World) -> None:
    steps.start(held.park, given("后到项目"), held.people["office"])
    page = held.client_of("office").get(
        "/p/alpha/projects/together/", {"project": Project.objects.get(name="后到项目").pk}
    )
    assert [r["project"].name for r in page.context["choice"]["refused"]] == ["后到项目"]
