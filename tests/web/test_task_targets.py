"""A target split into tasks in one form: any indicator by name, a unit that can be restated, effects against the gap."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ecopark.web.people.models import Membership
from ecopark.web.tasks.models import Task

from .api_calls import Api, good, refusal
from .conftest import ROLES, World
from .test_tasks import make, row

NEW = "/p/alpha/tasks/new/"
WRITERS = ("admin", "office", "consultant")


def form(*rows: dict[str, Any], **aim: str) -> dict[str, Any]:
    today = timezone.localdate()
    given = {
        "quantity": "工业增加值（现价）", "op": ">=", "target": "96", "unit": "亿元", "base": "", "start": str(today),
        "due": str(today + timedelta(days=200)),
    } | aim  # fmt: skip
    body: dict[str, Any] = {"rows": str(len(rows))} | {f"t-{k}": v for k, v in given.items()}
    for i, one in enumerate(rows):
        body |= {f"{k}-{i}": v for k, v in one.items()}
    return body


ONE = {"measure": "两个项目投产", "lead": "economy_investment", "support": ["land_planning", "energy"], "effect": "3"}
TWO = {"measure": "技改", "lead": "industry_it", "portion": "20"}


def test_a_target_that_is_no_clause_is_split_with_its_indicator_unit_and_effects(world: World) -> None:
    client = world.client_of("office")
    answer = client.post(NEW, form(ONE, TWO))
    assert answer.status_code == 302, answer.context["about_aim"]
    first, second = Task.objects.order_by("number")
    assert (first.quantity, first.unit, first.target, first.base, first.indicator) == (
        "industrial_value_added", "亿元", "96", "91", "工业增加值（现价）",
    )  # fmt: skip
    assert (first.effect, second.effect, first.supporting, second.lead) == (
        "3",
        "1",
        "|land_planning||energy|",
        "industry_it",
    )
    context = client.get("/p/alpha/tasks/1/").context
    assert [one.number for one in context["same"]] == [1, 2]
    assert (context["split"]["gap"], context["split"]["promised"], context["split"]["short"]) == ("5", "4", "1")
    assert (context["one"].state.figure, context["stored"].period) == (91, "2023")


def test_the_effects_are_added_up_while_they_are_typed_and_nothing_is_kept(world: World) -> None:
    client = world.client_of("consultant")
    page = client.post(f"{NEW}split/", form(ONE, TWO)).content.decode()
    assert "还差" in page
    assert "2023" in page
    assert "可补足差距" in client.post(f"{NEW}split/", form(ONE, TWO | {"portion": "40"})).content.decode()
    assert client.post(f"{NEW}split/", form(ONE, quantity="")).content.decode().strip() == ""
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("aim", "told"),
    [
        ({"quantity": "fresh water"}, "Did you mean"),
        ({"quantity": ""}, "Choose the indicator"),
        ({"unit": "m3"}, "cannot be restated"),
        ({"unit": "杯"}, "cannot be restated"),
        ({"target": "many"}, "is no number"),
        ({"target": "", "op": ""}, "Give the target value"),
        ({"op": ""}, "at least or at most"),
    ],
)
def test_what_is_wrong_with_the_target_is_told_and_what_was_typed_stays(
    world: World, aim: dict[str, str], told: str
) -> None:
    answer = world.client_of("office").post(NEW, form(ONE, **aim), headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert told in " ".join(text.en for text in answer.context["about_aim"])
    assert answer.context["forms"][0]["measure"] == ONE["measure"]
    assert answer.context["forms"][0]["support"] == ONE["support"]
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ({"effect": "3", "portion": "5"}, "not both"),
        ({"effect": "much"}, "is no number"),
        ({"effect": "", "portion": "120"}, "between 0 and 100"),
        ({"lead": "gone"}, "no such department"),
        ({"support": ["gone"]}, "No such department: gone"),
        ({"measure": ""}, "Say what is to be done"),
    ],
)
def test_what_is_wrong_with_one_task_stands_at_it_and_none_is_made(
    world: World, task: dict[str, Any], told: str
) -> None:
    answer = world.client_of("office").post(NEW, form(TWO, ONE | task))
    assert answer.status_code == 422
    first, second = (" ".join(text.en for text in one["problems"]) for one in answer.context["forms"])
    assert (first, told in second) == ("", True)
    assert not Task.objects.exists()


def test_more_rows_keep_what_was_typed(world: World) -> None:
    answer = world.client_of("office").post(NEW, form(ONE) | {"more": "1"})
    assert answer.status_code == 200
    assert [one["measure"] for one in answer.context["forms"]] == [ONE["measure"], "", ""]
    assert answer.context["aim"]["quantity"] == "工业增加值（现价）"


def test_a_target_is_split_by_token(world: World) -> None:
    api = Api(world, "office")
    days = {"start": "2026-01-01", "due": "2026-12-31"}
    target = {"quantity": "industrial_value_added", "op": ">=", "target": "96", "unit": "100m CNY"}
    tasks = [ONE | days, {"measure": "技改", "lead": "industry_it", "portion": "20"} | days]
    made = good(api.send("/parks/alpha/tasks", {"target": target, "tasks": tasks}))
    assert [one["effect"] for one in made] == ["3", "1"]
    whole = good(api.get(f"/parks/alpha/tasks/{made[0]['number']}"))
    assert whole["split"] == {"gap": "5", "promised": "4", "short": "1", "unsaid": 0}
    assert whole["same_target"] == [made[1]["number"]]
    error = refusal(api.send("/parks/alpha/tasks", {"target": target | {"unit": "m3"}, "tasks": tasks}), 422)
    assert error["problems"][0]["place"] == "target"
    assert Task.objects.count() == 2


@pytest.mark.parametrize("role", ROLES)
def test_who_may_add_up_effects(world: World, role: str) -> None:
    answer = world.client_of(role).post(f"{NEW}split/", form(ONE))
    assert answer.status_code == (200 if role in WRITERS else 404 if role in ("stranger", "anonymous") else 403)


def test_tasks_are_filtered_by_month_programme_and_ones_own_department(world: World) -> None:
    for lead, due in (("water", "2027-01-31"), ("energy", "2027-02-01"), ("water", "2027-01-05")):
        make_one(world, lead=lead, due=due, support="water" if lead == "energy" else "science")
    department = world.park.departments.get(key="water")
    Membership.objects.filter(user=world.people["office"]).update(department=department)
    client = world.client_of("office")

    def found(query: str) -> list[int]:
        return [one.row.number for one in client.get(f"/p/alpha/tasks/?{query}").context["shown"]]

    assert found("due=2027-01") == [3, 1]
    assert found("mine=1") == [3, 1, 2]
    assert found("mine=1&lead=energy") == [2]
    assert found("due=soon") == [3, 1, 2]
    assert world.client_of("consultant").get("/p/alpha/tasks/?mine=1").context["shown"] == []
    world.park.departments.filter(key="energy").delete()
    assert found("lead=none") == [2]
    api = Api(world, "office")
    assert [t["number"] for t in good(api.get("/parks/alpha/tasks?due=2027-01"))["items"]] == [1, 3]
    assert [t["number"] for t in good(api.get("/parks/alpha/tasks?lead=none"))["items"]] == [2]
    assert [t["number"] for t in good(api.get("/parks/alpha/tasks?mine=true"))["items"]] == [1, 2, 3]


def make_one(world: World, **more: str) -> None:
    answer = world.client_of("office").post(NEW, {"rows": "1", **row(**more)})
    assert answer.status_code == 302


def test_five_thousand_tasks_are_counted_and_paged_by_the_database(
    world: World, django_assert_max_num_queries: Any
) -> None:
    make(world)
    client = world.client_of("office")
    assert client.get("/p/alpha/tasks/").status_code == 200
    start, due = date(2026, 1, 1), date(2027, 1, 1)
    Task.objects.bulk_create(
        Task(
            park=world.park, number=n, measure=f"措施 {n}", lead="water", lead_name="水务", start=start, due=due, due_now=due,
            colour="green", by=world.people["office"],
        )
        for n in range(2, 5002)
    )  # fmt: skip
    with django_assert_max_num_queries(45):
        context = client.get("/p/alpha/tasks/?state=open&page=3").context
    assert (context["page"].paginator.count, len(context["shown"])) == (5001, 50)
    assert sum(context["lights"].values()) == 5001
