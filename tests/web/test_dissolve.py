"""A department is dissolved: what hangs on it is said before, its tasks and cases are listed until they are handed on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ecopark.web.cases.models import Case
from ecopark.web.parks.models import Department
from ecopark.web.people.models import Membership
from ecopark.web.tasks.models import Task

from .api_calls import Api, good, refusal
from .conftest import ROLES, World
from .test_tasks import make

KEY = "ecology_environment"
PAGE = f"/p/alpha/settings/departments/{KEY}/dissolve/"


def hung(world: World) -> Task:
    """A task, a case and a member of the department."""
    task = make(world)
    due = timezone.now() + timedelta(days=3)
    Case.objects.create(
        park=world.park, number=1, kind="noise", severity="ordinary", text="x", by=world.people["office"], status="assigned",
        to=f"office:{KEY}", due=due,
    )  # fmt: skip
    department = world.park.departments.get(key=KEY)
    Membership.objects.filter(user=world.people["office"]).update(department=department)
    return task


SEEN = {"lead": "1", "support": "0", "cases": "1", "members": "1"}


def test_what_hangs_on_it_is_said_before_and_listed_after(world: World) -> None:
    task, client = hung(world), world.client_of("office")
    assert client.get(PAGE).context["hangs"] == {k: int(v) for k, v in SEEN.items()}
    assert client.post(PAGE, SEEN).status_code == 422
    changed = client.post(PAGE, SEEN | {"lead": "0", "reason": "x"})
    assert (changed.status_code, Department.objects.filter(park=world.park, key=KEY).exists()) == (422, True)
    assert client.post(PAGE, SEEN | {"reason": "机构改革"}).status_code == 302
    assert not Department.objects.filter(park=world.park, key=KEY).exists()
    gone = Department.history.filter(key=KEY, history_type="-").first()
    assert gone is not None
    assert (gone.history_change_reason, gone.history_user.username) == ("机构改革", "office")
    member = Membership.objects.get(user=world.people["office"])
    assert (member.department, member.history.first().history_change_reason) == (None, "机构改革")
    assert client.get("/p/alpha/settings/departments/").context["gone"] == {"tasks": 1, "cases": 1}
    assert [one.row.number for one in client.get("/p/alpha/tasks/?lead=none").context["shown"]] == [task.number]
    assert [row["case"].number for row in client.get("/p/alpha/cases/?to=none").context["rows"]] == [1]
    assert "office:" in good(Api(world, "office").get("/parks/alpha/cases?to=none"))["items"][0]["to"]
    page = client.get(f"/p/alpha/tasks/{task.number}/").content.decode()
    assert "牵头部门已撤并" in page


def test_a_task_whose_department_is_gone_is_reported_handed_on_and_closed(world: World) -> None:
    task, client = hung(world), world.client_of("office")
    assert client.post(PAGE, SEEN | {"reason": "机构改革"}).status_code == 302
    step = f"/p/alpha/tasks/{task.number}/step/"
    assert client.post(step, {"kind": "progress", "note": "照常"}).status_code == 302
    assert client.post(step, {"kind": "moved", "lead": KEY, "note": "x"}).status_code == 422
    assert client.post(step, {"kind": "moved", "lead": "water", "note": "改派"}).status_code == 302
    assert client.get("/p/alpha/settings/departments/").context["gone"]["tasks"] == 0
    assert client.get("/p/alpha/tasks/?lead=none").context["shown"] == []
    assert (
        client.post(
            "/p/alpha/settings/members/add/", {"username": "n", "role": "office", "department": KEY, "reason": "x"}
        ).status_code
        == 422
    )


def test_a_department_is_renamed_and_its_tasks_follow(world: World) -> None:
    task, client = hung(world), world.client_of("office")
    fields = {"key": KEY, "name": "生态环境分局", "name_en": "Environment branch", "reason": "更名"}
    assert client.post("/p/alpha/settings/departments/save/", fields).status_code == 302
    task.refresh_from_db()
    assert task.lead == KEY
    assert client.get("/p/alpha/tasks/?lead=none").context["shown"] == []
    assert client.get("/p/alpha/settings/departments/").context["gone"] == {"tasks": 0, "cases": 0}


@pytest.mark.parametrize("role", ROLES)
def test_who_may_dissolve_a_department(world: World, role: str) -> None:
    hung(world)
    client, api = world.client_of(role), Api(world, role)
    refused = 404 if role in ("stranger", "anonymous") else 403
    allowed = role in ("admin", "office")
    assert client.get(PAGE).status_code == (200 if allowed else refused)
    seen = good(api.get(f"/parks/alpha/departments/{KEY}")) if allowed else None
    assert seen is None or (seen["lead"], seen["cases"], seen["members"]) == (1, 1, 1)
    body = {"lead": 1, "support": 0, "cases": 1, "members": 1, "reason": "机构改革"}
    answer = api.send(f"/parks/alpha/departments/{KEY}/dissolve", body)
    if allowed:
        assert good(answer)["lead"] == 1
        refusal(api.send("/parks/alpha/departments/water/dissolve", body), 422)
    else:
        assert answer.status_code in (401, 403, 404)
        assert client.post(PAGE, SEEN | {"reason": "x"}).status_code == refused
    assert Department.objects.filter(park=world.park, key=KEY).exists() != allowed
