"""Late and escalated cases, overdue tasks and audits are told to the right people, by a fixed clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ecopark.web.cases.models import Case, CaseEvent
from ecopark.web.firms.models import Audit
from ecopark.web.pages.reminders import reminders
from ecopark.web.people.access import standing
from ecopark.web.people.models import Membership

from .api_calls import Api, good, refusal
from .conftest import ROLES, World
from .test_tasks import make

NOW = datetime.fromisoformat("2024-03-01T10:00:00+08:00")
HOUR = timedelta(hours=1)


def told(world: World, role: str, now: datetime = NOW) -> list[tuple[str, int, str]]:
    found = standing(world.people[role], world.park)
    assert found is not None
    return [(r.kind, r.count, r.url) for r in reminders(found, now)]


def case(world: World, number: int, *, status: str, since: datetime, due: datetime, to: str = "") -> Case:
    """A case of ordinary severity at a step, written as its events would have it."""
    made = Case.objects.create(
        park=world.park, number=number, kind="noise", severity="ordinary", text="x", by=world.people["office"], at=since,
        found=since, status=status, to=to, due=due, firm=world.park.subjects.get(key="alpha-1"),
    )  # fmt: skip
    CaseEvent.objects.create(case=made, kind="found", by=world.people["office"], at=since - HOUR)
    if status != "found":
        CaseEvent.objects.create(case=made, kind="assigned", by=world.people["office"], at=since, to=to, due=due)
    return made


def step_hours(world: World, leg: str) -> int:
    from ecopark.web.cases.work import rules_of

    return rules_of(world.park).severity("ordinary").length(leg)


def level(world: World, role: str, number: int) -> None:
    Membership.objects.filter(user=world.people[role], role="office").update(level=number)


def test_late_cases_are_told_to_the_office_and_to_the_firm_they_were_given_to(world: World) -> None:
    case(world, 1, status="assigned", since=NOW - 50 * HOUR, due=NOW - HOUR, to="firm:alpha-1")
    case(world, 2, status="assigned", since=NOW - 50 * HOUR, due=NOW + HOUR, to="firm:alpha-1")
    case(world, 3, status="assigned", since=NOW - 50 * HOUR, due=NOW - HOUR, to="firm:alpha-2")
    assert told(world, "office") == [
        ("cases_late", 2, "/p/alpha/cases/?status=late"), ("cases_soon", 1, "/p/alpha/cases/?status=open&sort=due"),
    ]  # fmt: skip
    assert told(world, "firm") == [
        ("cases_late", 1, "/p/alpha/cases/?to=mine&status=late"),
        ("cases_soon", 1, "/p/alpha/cases/?to=mine&status=open&sort=due"),
    ]
    assert told(world, "consultant") == told(world, "reviewer") == told(world, "keeper") == []
    assert told(world, "office", NOW - 3 * HOUR) == [("cases_soon", 3, "/p/alpha/cases/?status=open&sort=due")]


def test_a_keeper_is_told_of_what_they_must_put_right_or_verify_in_their_grids(world: World) -> None:
    Membership.objects.filter(user=world.people["keeper"]).update(grid="1-1")
    case(world, 1, status="assigned", since=NOW - 50 * HOUR, due=NOW - HOUR, to="keeper:1-1")
    case(world, 2, status="assigned", since=NOW - 50 * HOUR, due=NOW - HOUR, to="keeper:2-1")
    Case.objects.filter(number=2).update(grid="1-1")
    waits = case(world, 3, status="rectified", since=NOW - 50 * HOUR, due=NOW - HOUR, to="firm:alpha-1")
    assert told(world, "keeper") == [("cases_late", 1, "/p/alpha/cases/?to=mine&status=late")]
    Case.objects.filter(pk=waits.pk).update(grid="1-1")
    assert told(world, "keeper") == [("cases_late", 2, "/p/alpha/cases/?to=mine&status=late")]


@pytest.mark.parametrize("number", [1, 2])
def test_a_case_is_told_to_the_level_it_has_reached_and_not_before(world: World, number: int) -> None:
    level(world, "office", number)
    second = Membership.objects.create(user=world.people["stranger"], role="office", park=world.park)
    due = NOW
    case(world, 1, status="assigned", since=due - 50 * HOUR, due=due, to="firm:alpha-1")
    reached = due + step_hours(world, "rectify") * HOUR * number

    def escalated(role: str, now: datetime) -> list[str]:
        return [url for kind, _, url in told(world, role, now) if kind == "cases_told"]

    mine = f"/p/alpha/cases/?level={number}"
    assert mine not in escalated("office", reached - HOUR / 60)
    assert mine in escalated("office", reached)
    assert mine not in escalated("stranger", reached)
    second.level = 2
    second.save()
    level(world, "office", 0)
    assert mine in escalated("stranger", reached)
    assert mine not in escalated("stranger", reached - HOUR / 60)


def test_a_level_nobody_is_named_for_is_told_to_the_whole_office(world: World) -> None:
    case(world, 1, status="found", since=NOW - 500 * HOUR, due=NOW - 400 * HOUR)
    found = standing(world.people["office"], world.park)
    assert found is not None
    words = [r.text.zh for r in reminders(found, NOW) if r.kind == "cases_told"]
    assert len(words) == 2
    assert all("尚未指定此人" in text for text in words)


def test_overdue_and_soon_due_tasks_are_told_to_the_department_or_to_all_of_the_office(world: World) -> None:
    task = make(world, quantity="", target="", op="")
    late = timezone.make_aware(datetime.combine(task.due + timedelta(days=2), NOW.time()))
    soon = late - timedelta(days=10)
    assert told(world, "office", soon) == [("tasks_soon", 1, "/p/alpha/tasks/?when=soon")]
    assert told(world, "office", late) == [("tasks_late", 1, "/p/alpha/tasks/?when=late")]
    member = Membership.objects.get(user=world.people["office"])
    member.department = world.park.departments.get(key="water")
    member.save()
    assert told(world, "office", late) == []
    member.department = world.park.departments.get(key="ecology_environment")
    member.save()
    assert told(world, "office", late) == [("tasks_late", 1, "/p/alpha/tasks/?mine=1&when=late")]
    assert told(world, "firm", late) == told(world, "reviewer", late) == []


def test_late_audits_are_told_to_the_office_and_the_firm(world: World) -> None:
    for key in ("alpha-1", "alpha-2"):
        subject = world.park.subjects.get(key=key)
        Audit.objects.create(park=world.park, subject=subject, kind="energy", due=NOW.date() - timedelta(days=1))
    assert told(world, "office") == [("audits_late", 2, "/p/alpha/firms/audits/?state=late")]
    assert [(kind, count) for kind, count, _ in told(world, "firm")] == [("audits_late", 1)]
    assert told(world, "office", NOW - timedelta(days=2)) == []


def test_the_register_is_filtered_by_level_as_the_clock_has_it(world: World) -> None:
    now, length = timezone.now(), step_hours(world, "rectify")
    for number, late in enumerate((-1, 1, length + 1, 2 * length + 1), 1):
        case(world, number, status="assigned", since=now - 500 * HOUR, due=now - late * HOUR, to="firm:alpha-1")
    client, api = world.client_of("office"), Api(world, "office")
    for number, expected in (("0", {2, 3, 4}), ("1", {3, 4}), ("2", {4}), ("9", set()), ("x", set())):
        rows = client.get(f"/p/alpha/cases/?level={number}").context["rows"]
        assert {row["case"].number for row in rows} == expected
        assert {one["number"] for one in good(api.get(f"/parks/alpha/cases?level={number}"))["items"]} == expected
    shown: dict[int, Any] = {row["case"].number: row["level"] for row in client.get("/p/alpha/cases/").context["rows"]}
    assert [shown[n] and shown[n].label.en for n in (1, 2, 3, 4)] == [
        None, "whoever must act and the officer in charge", "head of the park office", "deputy director in charge (zone committee)",
    ]  # fmt: skip
    assert len(world.client_of("firm").get("/p/alpha/cases/?to=mine").context["rows"]) == 4


@pytest.mark.parametrize("role", ROLES)
def test_who_is_told_by_token_and_on_the_overview(world: World, role: str) -> None:
    case(world, 1, status="assigned", since=timezone.now() - 50 * HOUR, due=timezone.now() - HOUR, to="firm:alpha-1")
    answer = Api(world, role).get("/parks/alpha/reminders")
    if role in ("stranger", "anonymous"):
        assert answer.status_code == (404 if role == "stranger" else 401)
        return
    kinds = [one["kind"] for one in good(answer)]
    assert ("cases_late" in kinds) == (role in ("admin", "office", "firm"))
    page = world.client_of(role).get("/p/alpha/")
    assert ("cases_late" in [r.kind for r in page.context["reminders"]]) == ("cases_late" in kinds)


def test_the_office_puts_its_people_into_departments_and_levels(world: World) -> None:
    client, member = world.client_of("office"), Membership.objects.get(user=world.people["office"])
    address = f"/p/alpha/settings/members/{member.pk}/change/"
    assert client.post(address, {"department": "water", "level": "2", "reason": "分工"}).status_code == 302
    member.refresh_from_db()
    assert (member.department.key, member.level) == ("water", 2)
    assert member.history.first().history_change_reason == "分工"
    for wrong in ({"department": "gone"}, {"department": "water", "level": "7"}):
        client.post(address, wrong | {"reason": "x"})
        member.refresh_from_db()
        assert (member.department.key, member.level) == ("water", 2)
    consultant = Membership.objects.get(user=world.people["consultant"])
    client.post(f"/p/alpha/settings/members/{consultant.pk}/change/", {"level": "1", "reason": "x"})
    consultant.refresh_from_db()
    assert consultant.level == 0
    api = Api(world, "office")
    changed = good(
        api.send(f"/parks/alpha/members/{member.pk}", {"department": "", "level": "1", "reason": "x"}, "put")
    )
    assert (changed["department"], changed["level"]) == ("", 1)
    refusal(api.send(f"/parks/alpha/members/{member.pk}", {"level": "9", "reason": "x"}, "put"), 422)
    for role in ROLES[1:]:
        if role != "office":
            assert world.client_of(role).post(address, {}).status_code in (403, 404)
