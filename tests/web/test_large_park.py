"""A park with more figures than anybody should wait for: read in the background, earlier answers meanwhile, then those of now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ecopark.web import background
from ecopark.web.assess import keep
from ecopark.web.assess.models import Kept
from ecopark.web.figures import facts as figure_facts
from ecopark.web.figures.change import Change, write
from ecopark.web.parks.models import Park
from tests.web.api_calls import Api, refusal
from tests.web.conftest import World

PACK = "hj274-2015"
SAID = "Until then you see those of"


class Later:
    """What was handed over for later, done when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting: dict[Any, Callable[[], None]] = {}
        self.at_work = False
        monkeypatch.setattr(background, "later", self.waiting.setdefault)
        monkeypatch.setattr(background, "somebody_waits", lambda: not self.at_work)

    def work(self) -> None:
        """Do all of it, as the background does."""
        self.at_work = True
        for name in list(self.waiting):
            self.waiting.pop(name)()
        self.at_work = False


@pytest.fixture
def later(world: World, monkeypatch: pytest.MonkeyPatch) -> Later:
    monkeypatch.setattr(figure_facts, "MANY", 0)
    return Later(monkeypatch)


@pytest.fixture
def office(world: World) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.people["office"])
    client.cookies["django_language"] = "en"
    return client


def _events(world: World, given: str) -> Park:
    park = Park.objects.get(pk=world.park.pk)
    write(park, [Change("alpha", "publicity_events", "2023", given, "events/year")], world.people["office"], "test")
    return Park.objects.get(pk=park.pk)


def test_the_first_visitor_sees_that_it_is_worked_out_and_then_the_answer(later: Later, office: Client) -> None:
    for address in ("/p/alpha/", f"/p/alpha/assess/{PACK}/2023/", f"/p/alpha/assess/{PACK}/2023/what-if/"):
        answer = office.get(address)
        assert answer.status_code == 503 and "being worked out" in answer.content.decode()
        assert answer["Retry-After"] == answer["Refresh"] == "5"
    assert not Kept.objects.exists()
    later.work()
    for address in ("/p/alpha/", f"/p/alpha/assess/{PACK}/2023/"):
        answer = office.get(address)
        assert answer.status_code == 200 and SAID not in answer.content.decode()


def test_after_a_start_earlier_answers_stand_until_those_of_now_are_there(
    world: World, later: Later, office: Client
) -> None:
    later.work()
    later.at_work = True
    keep.assessed(world.park, PACK, "2023")
    later.at_work = False
    figure_facts.forget()  # as in a process that was just started
    page = f"/p/alpha/assess/{PACK}/2023/clause/32/"
    assert SAID not in office.get(page).content.decode()  # nothing has changed: what is kept holds, nothing is read
    assert not later.waiting
    _events(world, "1")
    before = office.get(page).content.decode()
    assert SAID in before and "not met" not in before.lower().split("</h1>")[1]
    later.work()
    after = office.get(page).content.decode()
    assert SAID not in after and "not met" in after.lower()


def test_once_read_a_change_shows_on_the_next_page(world: World, later: Later, office: Client) -> None:
    figure_facts.facts_at_once(world.park)
    later.work()
    office.get(f"/p/alpha/assess/{PACK}/2023/")
    _events(world, "1")
    page = office.get(f"/p/alpha/assess/{PACK}/2023/clause/32/").content.decode()
    assert SAID not in page and "not met" in page.lower()
    assert not later.waiting


def test_forms_do_without_what_they_would_compute(later: Later, office: Client) -> None:
    assert office.get("/p/alpha/data/theme/water/?year=2023").status_code == 200
    assert later.waiting


def test_a_cell_of_the_matrix_comes_again(later: Later, office: Client) -> None:
    address = f"/p/alpha/assess/{PACK}/2023/cell/"
    answer = office.get(address)
    assert answer.status_code == 200 and "load delay:5s" in answer.content.decode()
    later.work()
    assert "hx-get" not in office.get(address).content.decode()


def test_a_program_is_told_when_to_come_again(world: World, later: Later) -> None:
    api = Api(world, "office")
    answer = api.get(f"/parks/alpha/assessments/{PACK}/2023")
    assert refusal(answer, 503)["code"] == "still-working"
    assert answer["Retry-After"] == "5"
    later.work()
    assert api.get(f"/parks/alpha/assessments/{PACK}/2023").status_code == 200


def test_commands_and_workers_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure_facts, "MANY", 0)
    assert keep.assessed(world.park, PACK, "2023").verdict
