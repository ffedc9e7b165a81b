"""Tasks on the site: made from a failing clause, lit, reported, closed, and what they did; who may do what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ecopark.web.figures.change import Change, write
from ecopark.web.tasks import prefill
from ecopark.web.tasks.models import Programme, Task, TaskEvent

from .conftest import ROLES, World

READERS = ("admin", "office", "consultant", "reviewer")
WRITERS = ("admin", "office", "consultant")
CLAUSE = "hj274-2015/32"


def row(i: int = 0, **more: str) -> dict[str, str]:
    today = timezone.localdate()
    given = {
        "measure": "开展宣传活动", "lead": "ecology_environment", "start": str(today), "due": str(today + timedelta(days=90)),
        "op": ">=", "target": "6", "base": "3", "unit": "events/year", "quantity": "publicity_events",
    } | more  # fmt: skip
    return {f"{k}-{i}": v for k, v in given.items()}


def make(world: World, **more: str) -> Task:
    answer = world.client_of("office").post("/p/alpha/tasks/new/", {"rows": "1", **row(**more)})
    assert answer.status_code == 302, answer.content.decode()
    return Task.objects.get(park=world.park)


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_tasks_by_every_role(world: World, role: str, lang: str) -> None:
    make(world)
    Programme.objects.create(park=world.park, kind="programme", name="方案", by=world.people["office"])
    client = world.client_of(role)
    client.cookies["django_language"] = lang
    for address, allowed in {
        "": READERS, "?light=green&state=open&like=宣传&lead=water": READERS, "dispatch/": READERS, "dispatch/?month=2020-01": READERS,
        "effects/": READERS, "programmes/": READERS, "1/": READERS, "new/": WRITERS, f"new/?clause={CLAUSE}&period=2023": WRITERS,
    }.items():  # fmt: skip
        answer = client.get(f"/p/alpha/tasks/{address}")
        expected = 200 if role in allowed else 404 if role in ("stranger", "anonymous") else 403
        assert answer.status_code == expected, (role, address)
    step = client.post("/p/alpha/tasks/1/step/", {"kind": "progress", "note": "x"})
    assert step.status_code == (302 if role in WRITERS else 404 if role in ("stranger", "anonymous") else 403)
    if role != "admin":
        assert client.get("/p/beta/tasks/").status_code == 404


def test_a_failing_clause_comes_with_its_target_and_what_would_meet_it(world: World) -> None:
    client = world.client_of("office")
    write(world.park, [Change("alpha", "publicity_events", "2023", "1", "events/year")], world.people["office"], "")
    page = client.get("/p/alpha/assess/hj274-2015/2023/")
    failing = [c for c in page.context["result"]["clauses"] if c["status"] == "not_met" and c["changes"]]
    assert failing, "the small park should fail something that can be mended"
    context = client.get(f"/p/alpha/tasks/new/?clause={failing[0]['id']}&period=2023").context
    assert context["aim"]["target"] and context["aim"]["op"]
    form = context["forms"]
    assert form[0]["measure"] and not form[0]["target"]
    change = form[1]
    assert change["quantity"] == failing[0]["changes"][0]["quantity"]
    assert change["base"] and change["target"] and change["measure"]
    assert client.get("/p/alpha/tasks/new/?clause=hj274-2015/999&period=2023").status_code == 404
    assert client.get("/p/alpha/tasks/new/?clause=nothing/1&period=2023").status_code == 404
    assert client.get(f"/p/alpha/tasks/new/?clause={CLAUSE}&period=1999").status_code == 404


def test_a_clause_that_no_single_change_meets_comes_with_a_department_too(world: World) -> None:
    world.park.departments.get_or_create(key="water", defaults={"name": "水务"})
    world.park.departments.get_or_create(key="statistics", defaults={"name": "统计"})
    clause = {
        "id": "hj274-2015/13", "name": {"zh": "弹性", "en": "elasticity"}, "limit_said": {"zh": "≤ 1", "en": "≤ 1"}, "unit": "1",
        "changes": [], "limit": None, "value": None, "exact": {}, "op": "", "direction": "",
    }  # fmt: skip
    today = timezone.localdate()
    keepers = {d.key for d in world.park.departments.all()}
    assert prefill.drafts_of(clause, today, today, keepers)[0].lead in ("water", "statistics")
    assert prefill.drafts_of(clause, today, today, set())[0].lead == ""


def test_what_is_wrong_stands_at_its_task_and_none_is_made(world: World) -> None:
    client = world.client_of("office")
    post = {"rows": "3", **row(0), **row(1, lead="gone", measure="乙"), **row(2, target="many", due="2020-01-01")}
    answer = client.post("/p/alpha/tasks/new/", post)
    assert answer.status_code == 422
    told = [[str(p.en) for p in f["problems"]] for f in answer.context["forms"]]
    assert told[0] == []
    assert told[1] == ["There is no such department (any more). Choose another."]
    assert len(told[2]) == 2
    assert "乙" in answer.content.decode()
    assert not Task.objects.exists()
    assert client.post("/p/alpha/tasks/new/", {"rows": "1", "measure-0": " "}).status_code == 422


def test_progress_moves_the_light_and_nothing_is_overwritten(world: World) -> None:
    task = make(world)
    client = world.client_of("consultant")
    address = f"/p/alpha/tasks/{task.number}/step/"
    assert client.post(address, {"kind": "progress", "figure": "many"}).status_code == 422
    assert client.post(address, {"kind": "closed", "note": "x"}).status_code == 422
    assert client.post(address, {"kind": "progress", "figure": "7", "note": "七场"}).status_code == 302
    page = client.get(f"/p/alpha/tasks/{task.number}/")
    assert page.context["one"].light.colour == "green"
    assert client.post(address, {"kind": "closed", "note": "完成"}).status_code == 302
    assert client.post(address, {"kind": "reopened"}).status_code == 422
    assert client.post(address, {"kind": "vanish"}).status_code == 404
    kinds = list(TaskEvent.objects.values_list("kind", "by__username"))
    assert kinds == [("made", "office"), ("progress", "consultant"), ("closed", "consultant")]


def test_a_task_whose_department_is_gone_says_so_and_can_be_handed_on(world: World) -> None:
    task = make(world)
    world.park.departments.filter(key="ecology_environment").delete()
    client = world.client_of("office")
    client.cookies["django_language"] = "en"
    for address in ("/p/alpha/tasks/", f"/p/alpha/tasks/{task.number}/", "/p/alpha/tasks/dispatch/"):
        assert client.get(address).status_code == 200
    page = client.get(f"/p/alpha/tasks/{task.number}/").content.decode()
    assert "The lead department is gone" in page
    assert task.lead_label.en in page
    due = str(timezone.localdate() + timedelta(days=200))
    post = {"kind": "moved", "lead": "water", "due": due, "note": "机构改革"}
    assert client.post(f"/p/alpha/tasks/{task.number}/step/", post).status_code == 302
    task.refresh_from_db()
    event = task.events.get(kind="moved")
    assert (task.lead, event.changes["lead"][0]["key"], event.changes["lead"][1]["key"]) == (
        "water",
        "ecology_environment",
        "water",
    )
    assert client.get(f"/p/alpha/tasks/{task.number}/").context["one"].state.due.isoformat() == due


def test_what_closed_tasks_did_to_their_clause(world: World) -> None:
    client = world.client_of("office")
    answer = client.post(f"/p/alpha/tasks/new/?clause={CLAUSE}&period=2023", {"rows": "1", **row(target="2", base="3")})
    assert answer.status_code == 302
    task = Task.objects.get()
    assert (task.clause, task.period, task.kept is not None) == (CLAUSE, "2023", True)
    assert client.get("/p/alpha/tasks/effects/").context["effects"] == []
    write(world.park, [Change("alpha", "publicity_events", "2023", "9", "events/year")], world.people["office"], "")
    for post in ({"kind": "progress", "figure": "9"}, {"kind": "closed", "note": "x"}):
        assert client.post(f"/p/alpha/tasks/{task.number}/step/", post).status_code == 302
    [effect] = client.get("/p/alpha/tasks/effects/").context["effects"]
    assert (effect.effect.before, effect.effect.after, effect.effect.toward) == (3, 9, "better")
    assert effect.closed == 1


def test_the_dispatch_list_holds_what_must_be_talked_about(world: World) -> None:
    make(world, due=str(timezone.localdate() + timedelta(days=10)), target="", op="", quantity="")
    context = world.client_of("reviewer").get("/p/alpha/tasks/dispatch/").context
    assert [[row.reasons for row in group.rows] for group in context["sheet"].groups] == [[("amber", "due")]]
    assert world.client_of("reviewer").get("/p/alpha/tasks/dispatch/?month=2020-01").context["sheet"].groups == ()


def test_programmes_group_tasks(world: World) -> None:
    client = world.client_of("office")
    assert client.post("/p/alpha/tasks/programmes/", {"name": "", "kind": "programme"}).status_code == 200
    assert client.post("/p/alpha/tasks/programmes/", {"name": "绿电", "kind": "scenarios"}).status_code == 302
    assert client.post("/p/alpha/tasks/programmes/", {"name": "绿电", "kind": "scenarios"}).status_code == 200
    programme = Programme.objects.get()
    make(world, programme=str(programme.pk))
    [shown] = client.get("/p/alpha/tasks/programmes/").context["rows"]
    assert (shown["tasks"], shown["lights"]["green"]) == (1, 1)
    assert len(client.get(f"/p/alpha/tasks/?programme={programme.pk}").context["page"]) == 1
    assert world.client_of("reviewer").post("/p/alpha/tasks/programmes/", {"name": "x"}).status_code == 403


def test_the_overview_and_the_failing_clause_lead_to_tasks(world: World) -> None:
    make(world)
    client = world.client_of("office")
    assert client.get("/p/alpha/").context["lights"] == {"red": 0, "amber": 0, "green": 1, "grey": 0}
    assert "lights" not in world.client_of("keeper").get("/p/alpha/").context
    write(world.park, [Change("alpha", "publicity_events", "2023", "1", "events/year")], world.people["office"], "")
    address = f"/p/alpha/assess/hj274-2015/2023/clause/{CLAUSE.rpartition('/')[2]}/"
    assert "tasks/new/?clause=" in client.get(address).content.decode()
    assert "tasks/new/?clause=" not in world.client_of("reviewer").get(address).content.decode()
