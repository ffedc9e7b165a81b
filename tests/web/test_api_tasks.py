"""Tasks by token: a whole cycle, every endpoint by every role, what is wrong is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ecopark.web.figures.change import Change, write
from ecopark.web.tasks.models import Task, TaskEvent

from .api_calls import WIDE, Api, good, refusal, refused_as
from .conftest import ROLES, World

CLAUSE = "hj274-2015/32"
P = "/parks/alpha"
WRITERS = ("admin", "office", "consultant")


def wanted(**more: Any) -> dict[str, Any]:
    """A task as it is sent."""
    today = timezone.localdate()
    return {
        "measure": "开展宣传活动", "lead": "ecology_environment", "start": str(today), "due": str(today + timedelta(days=90)),
        "op": ">=", "target": "6", "base": "3", "unit": "events/year", "quantity": "publicity_events",
    } | more  # fmt: skip


def make(world: World, **more: Any) -> int:
    """A task made by the office."""
    [made] = good(Api(world, "office").send(f"{P}/tasks", {"tasks": [wanted(**more)]}))
    return int(made["number"])


@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_by_every_role(world: World, role: str) -> None:
    number = make(world)
    api = Api(world, role)
    gets = {
        "tasks": WIDE, "tasks?light=green&state=open&like=宣传&lead=ecology_environment": WIDE, "tasks/dispatch": WIDE,
        "tasks/dispatch?month=2020-01": WIDE, "tasks/effects": WIDE, f"tasks/{number}": WIDE, "programmes": WIDE,
        "tasks/waiting": WRITERS, f"tasks/drafts?clause={CLAUSE}&period=2023": WRITERS,
    }  # fmt: skip
    for tail, allowed in gets.items():
        assert api.get(f"{P}/{tail}").status_code == (200 if role in allowed else refused_as(role)), tail
        if role not in ("admin", "anonymous"):
            assert api.get(f"/parks/beta/{tail}").status_code == 404
    sends = {
        "tasks": {"tasks": [wanted()]}, f"tasks/{number}/steps": {"kind": "progress", "note": "x"},
        "programmes": {"kind": "programme", "name": f"方案 {role}"},
    }  # fmt: skip
    for tail, body in sends.items():
        assert api.send(f"{P}/{tail}", body).status_code == (200 if role in WRITERS else refused_as(role)), tail
    assert Task.objects.count() == (2 if role in WRITERS else 1)


def test_a_task_is_made_from_a_clause_reported_and_closed_by_token_alone(world: World) -> None:
    api = Api(world, "office")
    wide = write(
        world.park, [Change("alpha", "publicity_events", "2023", "1", "events/year")], world.people["office"], ""
    )
    assert wide == 1
    good(api.get(f"{P}/assessments/hj274-2015/2023"))
    waiting = {w["clause"] for w in good(api.get(f"{P}/tasks/waiting"))}
    assert CLAUSE in waiting
    whole, *changes = good(api.get(f"{P}/tasks/drafts?clause={CLAUSE}&period=2023"))
    assert whole["target"] and changes
    body = {"clause": CLAUSE, "period": "2023", "tasks": [wanted(target="2", base="1")]}
    [made] = good(api.send(f"{P}/tasks", body))
    assert (made["clause"], made["light"]["colour"], made["status"]) == (CLAUSE, "green", "planned")
    assert CLAUSE not in {w["clause"] for w in good(api.get(f"{P}/tasks/waiting"))}
    steps = f"{P}/tasks/{made['number']}/steps"
    moved = good(api.send(steps, {"kind": "moved", "lead": "water", "note": "机构改革"}))
    assert (moved["lead"], moved["events"][-1]["lead"][0]["key"]) == ("water", "ecology_environment")
    reported = good(api.send(steps, {"kind": "progress", "figure": "9"}))
    assert (reported["figure"], reported["reported"], reported["done"]) == ("1", "9", 0)
    assert reported["may"] == ["progress", "moved", "closed", "cancelled"]
    body = {"reason": "复核", "figures": [
        {"subject": "alpha", "quantity": "publicity_events", "period": "2023", "value": "9", "unit": "events/year", "seen": 2}
    ]}  # fmt: skip
    good(api.send(f"{P}/figures", body, "put"))
    assert good(api.send(steps, {"kind": "closed", "note": "完成"}))["status"] == "closed"
    [effect] = good(api.get(f"{P}/tasks/effects"))
    assert (effect["clause"], effect["before"], effect["after"], effect["toward"]) == (CLAUSE, "1", "9", "better")
    kinds = list(TaskEvent.objects.values_list("kind", "by__username"))
    assert kinds == [(k, "office") for k in ("made", "moved", "progress", "closed")]


def test_what_is_wrong_is_told_task_by_task_and_none_is_made(world: World) -> None:
    api = Api(world, "office")
    tasks = [wanted(), wanted(lead="gone"), wanted(target="many", due="2020-01-01"), wanted(programme=99)]
    error = refusal(api.send(f"{P}/tasks", {"tasks": tasks}), 422)
    assert [p["place"] for p in error["problems"]] == ["tasks.1", "tasks.2", "tasks.2", "tasks.3"]
    assert not Task.objects.exists()
    for body in ({"tasks": []}, {"tasks": [wanted(due="soon")]}, {"tasks": [wanted(due="0001-01-01")]}):
        assert refusal(api.send(f"{P}/tasks", body), 422)["code"] == "not-valid"
    assert api.send(f"{P}/tasks", {"clause": "nothing/1", "period": "2023", "tasks": [wanted()]}).status_code == 404
    number = make(world)
    steps = f"{P}/tasks/{number}/steps"
    for body in (
        {"kind": "progress", "figure": "many"}, {"kind": "closed", "note": "x"}, {"kind": "vanish"}, {"kind": "moved", "note": "x"},
        {"kind": "moved", "note": "x", "lead": "gone"},
    ):  # fmt: skip
        refusal(api.send(steps, body), 422)
    assert TaskEvent.objects.count() == 1
    assert api.send(f"{P}/tasks/99/steps", {"kind": "progress", "note": "x"}).status_code == 404
    assert good(api.send(f"{P}/programmes", {"kind": "scenarios", "name": "绿电"}))["tasks"] == 0
    refusal(api.send(f"{P}/programmes", {"kind": "scenarios", "name": "绿电"}), 422)


def test_pages_of_tasks(world: World) -> None:
    for n in range(5):
        make(world, measure=f"措施 {n}")
    api = Api(world, "reviewer")
    parts = [good(api.get(f"{P}/tasks?limit=2&offset={at}")) for at in (0, 2, 4)]
    assert [p["count"] for p in parts] == [5, 5, 5]
    assert [t["number"] for p in parts for t in p["items"]] == [1, 2, 3, 4, 5]
    assert len(good(api.get(f"{P}/tasks?state=open&limit=3"))["items"]) == 3
