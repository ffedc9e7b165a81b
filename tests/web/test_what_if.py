"""What-if shows what changes and stores nothing."""

from __future__ import annotations

from ecopark.web.assess.models import Scenario
from ecopark.web.figures.models import Figure

from .conftest import World

PAGE = "/p/alpha/assess/hj274-2015/2023/what-if/"


def test_changed_inputs_in_changed_clauses_out_and_nothing_stored(world: World) -> None:
    client = world.client_of("office")
    answer = client.post(PAGE, {"publicity_events|": "1"})
    assert [p["after"]["tail"] for p in answer.context["changed"]] == ["32"]
    pair = answer.context["changed"][0]
    assert (pair["before"]["status"], pair["after"]["status"]) == ("met", "not_met")
    assert Figure.objects.get(park=world.park, quantity="publicity_events", period="2023").given == "3"
    assert not Scenario.objects.exists()


def test_a_scenario_is_shared_with_who_may_see_the_park(world: World) -> None:
    client = world.client_of("office")
    client.post(PAGE, {"publicity_events|": "1", "save": "1", "scenario_name": "少办活动"})
    shared = Scenario.objects.get()
    address = f"{PAGE}?scenario={shared.share}"
    seen = world.client_of("reviewer").get(address)
    assert [p["after"]["tail"] for p in seen.context["changed"]] == ["32"]
    for role, status in (("firm", 403), ("stranger", 404), ("anonymous", 404)):
        assert world.client_of(role).get(address).status_code == status


def test_what_cannot_be_read_is_told(world: World) -> None:
    answer = world.client_of("office").post(PAGE, {"publicity_events|": "some"})
    assert answer.status_code == 422
    assert answer.context["problems"]


def test_nothing_changed_is_said(world: World) -> None:
    client = world.client_of("office")
    client.cookies["django_language"] = "en"
    answer = client.post(PAGE, {"save": "1"})
    assert "No figure was changed" in answer.content.decode()
    assert not Scenario.objects.exists()
