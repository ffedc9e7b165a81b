"""A task goes by the figure that is stored, typed once; what comes with its progress is a note, and can be stored."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Figure
from ecopark.web.tasks import lights
from ecopark.web.tasks.models import Lit, Task

from .api_calls import Api, good
from .conftest import ROLES, World
from .test_tasks import CLAUSE, make

P = "/p/alpha/tasks"


def typed(world: World, value: str, period: str = "2023", quantity: str = "publicity_events") -> None:
    unit = "events/year" if quantity == "publicity_events" else "10k CNY"
    write(world.park, [Change("alpha", quantity, period, value, unit)], world.people["office"], "")


def shown(world: World, number: int = 1) -> Any:
    return world.client_of("office").get(f"{P}/{number}/").context


def report(world: World, figure: str) -> None:
    answer = world.client_of("consultant").post(f"{P}/1/step/", {"kind": "progress", "figure": figure, "note": "x"})
    assert answer.status_code == 302


def test_the_light_goes_by_the_stored_figure_and_says_where_it_is_from(world: World) -> None:
    make(world, start=str(timezone.localdate() - timedelta(days=60)))
    context = shown(world)
    assert (context["one"].state.figure, context["one"].light.colour) == (3, "red")
    assert (context["stored"].period, "office" in context["stored"].source.zh) == ("2023", True)
    typed(world, "7", "2024")
    context = shown(world)
    assert (context["one"].state.figure, context["one"].light.colour, context["stored"].period) == (7, "green", "2024")
    listed = world.client_of("reviewer").get(f"{P}/?light=green").context
    assert [one.row.number for one in listed["shown"]] == [1]
    assert listed["lights"] == {"red": 0, "amber": 0, "green": 1, "grey": 0}


def test_a_figure_that_no_task_goes_by_writes_nothing_and_is_looked_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(world, start=str(timezone.localdate() - timedelta(days=60)))
    shown(world)
    before = Lit.objects.values().get()
    typed(world, "950000", quantity="industrial_value_added")
    shown(world)
    assert Lit.objects.values().get() == before
    monkeypatch.setattr(lights, "_figures", lambda *_: pytest.fail("looked at all tasks again"))
    shown(world)
    monkeypatch.undo()
    typed(world, "7", "2024")
    assert shown(world)["one"].light.colour == "green"
    assert Lit.objects.get().changed > before["changed"]


def test_a_reported_figure_is_a_note_and_can_be_stored_by_who_may_write_figures(world: World) -> None:
    make(world)
    report(world, "7")
    context = shown(world)
    assert (context["one"].state.figure, context["one"].state.reported, context["one"].light.why.en) == (
        3,
        7,
        "on course",
    )
    assert Figure.objects.get(subject__key="alpha", quantity="publicity_events", period="2023").given == "3"
    year = str(timezone.localdate().year)
    assert (context["offer"].value, context["offer"].period, context["offer"].seen) == ("7", year, 0)
    client = world.client_of("consultant")
    wrong = client.post(f"{P}/1/store/", {"period": "nineteen", "seen": "0", "seen_for": year})
    assert wrong.status_code == 422
    there = client.post(f"{P}/1/store/", {"period": "2023", "seen": "0", "seen_for": year})
    assert there.status_code == 422
    assert "3 events/year" in there.content.decode()
    assert (there.context["offer"].period, there.context["offer"].seen) == ("2023", 1)
    assert Figure.objects.get(subject__key="alpha", quantity="publicity_events", period="2023").given == "3"
    assert client.post(f"{P}/1/store/", {"period": year, "seen": "0", "seen_for": year}).status_code == 302
    stored = Figure.objects.get(subject__key="alpha", quantity="publicity_events", period=year)
    assert (stored.given, stored.entered_by.username, stored.source) == ("7", "consultant", "任务 / task #1")
    assert stored.history.get().history_change_reason == "任务 / task #1"
    context = shown(world)
    assert (context["one"].state.figure, context["one"].light.colour, context["offer"]) == (7, "green", None)
    assert client.post(f"{P}/1/store/", {"period": year}).status_code == 302
    assert Figure.objects.filter(subject__key="alpha", quantity="publicity_events").count() == 3


@pytest.mark.parametrize("role", ROLES)
def test_who_may_store_a_reported_figure(world: World, role: str) -> None:
    make(world)
    report(world, "7")
    answer = world.client_of(role).post(f"{P}/1/store/", {"period": "2024", "seen": "0", "seen_for": "2024"})
    writers = ("admin", "office", "consultant")
    assert answer.status_code == (302 if role in writers else 404 if role in ("stranger", "anonymous") else 403)
    assert Figure.objects.filter(subject__key="alpha", period="2024").exists() == (role in writers)


def test_a_task_of_a_clause_goes_by_its_value_in_the_assessment_kept_last(world: World) -> None:
    client = world.client_of("office")
    typed(world, "1")
    aim = client.get(f"{P}/new/?clause={CLAUSE}&period=2023").context["aim"]
    body = {"rows": "1", "measure-0": "x", "lead-0": "water"} | {f"t-{k}": v for k, v in aim.items()}
    assert client.post(f"{P}/new/?clause={CLAUSE}&period=2023", body).status_code == 302
    context = shown(world)
    assert (context["one"].state.figure, context["stored"].url) == (1, "/p/alpha/assess/hj274-2015/2023/clause/32/")
    assert "2023" in context["stored"].source.en
    assert context["offer"] is None
    typed(world, "9")
    listed = client.get(f"{P}/").context["shown"]
    assert [(one.state.figure, one.light.colour) for one in listed] == [(9, "green")]


def test_a_figure_in_another_unit_is_restated_and_a_missing_one_is_missing(world: World) -> None:
    make(world, quantity="industrial_value_added", unit="100m CNY", base="90", target="95")
    context = shown(world)
    assert context["one"].state.figure == 91
    write(
        world.park,
        [Change("alpha", "industrial_value_added", y, "", "") for y in ("2022", "2023")],
        world.people["office"],
        "",
    )
    context = shown(world)
    assert (context["one"].state.figure, context["one"].done, context["stored"].source.en) == (
        None,
        None,
        "not stored yet",
    )


def test_the_lights_follow_the_clock_day_by_day(world: World) -> None:
    task = make(world, quantity="", op="", target="", base="", unit="")
    for day, colour in (
        (task.start, "green"),
        (task.due - timedelta(days=50), "red"),
        (task.due + timedelta(days=1), "red"),
    ):
        lights.refresh(world.park, day)
        task.refresh_from_db()
        assert task.colour == colour, day
        assert Lit.objects.get().on == day


def test_the_dispatch_list_of_an_earlier_month_goes_by_what_was_known_then(world: World) -> None:
    task = make(world, start="2020-01-01", due="2020-12-31")
    Task.objects.filter(pk=task.pk).update(at=timezone.now() - timedelta(days=90))
    long_ago = timezone.localdate() - timedelta(days=80)
    task.events.update(on=long_ago - timedelta(days=5))
    from ecopark.web.tasks import lists

    [(one, _)], _ = lists.dispatch(world.park, long_ago)
    assert one.state.figure is None
    [(one, _)], _ = lists.dispatch(world.park, timezone.localdate())
    assert one.state.figure == 3


def test_the_offer_can_be_sent_by_token_to_the_figures(world: World) -> None:
    make(world)
    report(world, "7")
    api = Api(world, "office")
    whole = good(api.get("/parks/alpha/tasks/1"))
    assert (whole["figure"], whole["reported"], whole["stored"]["value"], whole["stored"]["period"]) == (
        "3",
        "7",
        "3",
        "2023",
    )
    good(api.send("/parks/alpha/figures", {"reason": "task 1", "figures": [whole["offer"]]}, "put"))
    whole = good(api.get("/parks/alpha/tasks/1"))
    assert (whole["figure"], whole["offer"], whole["light"]["colour"]) == ("7", None, "green")
    assert good(Api(world, "reviewer").get("/parks/alpha/tasks/1"))["offer"] is None


def test_tasks_made_before_there_were_copies_are_lit_when_they_are_first_looked_at(world: World) -> None:
    make(world)
    report(world, "4")
    Lit.objects.all().delete()
    Task.objects.update(status="planned", due_now=None, said="", colour="", known="")
    lights.refresh(world.park, date.today())
    task = Task.objects.get()
    assert (task.status, task.due_now, task.said, task.known, task.colour) == ("running", task.due, "4", "3", "green")
