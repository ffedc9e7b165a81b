"""Figures are written one way, with version, reason and history, and reach the engines at once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from ecopark.core.period import Period
from ecopark.errors import InputError
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.as_known import facts_on
from ecopark.web.figures.change import Change, ConflictError, write
from ecopark.web.figures.facts import facts_of, facts_with
from ecopark.web.figures.models import Figure

from .conftest import World


def _value(world: World, quantity: str = "publicity_events", subject: str = "alpha") -> object:
    found = facts_of(world.park).get(subject, quantity, Period(2023))
    return None if found is None else found.value


def test_a_changed_figure_reaches_the_engines_and_keeps_who_when_before_and_why(world: World) -> None:
    before = timezone.now()
    assert _value(world) == 3
    change = Change("alpha", "publicity_events", "2023", "5", "events/year", seen=1)
    assert write(world.park, [change], world.people["office"], "重新核对") == 1
    assert _value(world) == 5
    figure = Figure.objects.get(park=world.park, quantity="publicity_events", period="2023")
    new, old = figure.history.order_by("-history_id")
    assert (old.given, new.given, new.version) == ("3", "5", 2)
    assert (new.history_user, new.history_change_reason) == (world.people["office"], "重新核对")
    past = facts_on(world.park, before).get("alpha", "publicity_events", Period(2023))
    assert past is not None
    assert past.value == 3


def test_who_saw_an_older_version_writes_nothing(world: World) -> None:
    write(
        world.park,
        [Change("alpha", "publicity_events", "2023", "5", "events/year", seen=1)],
        world.people["office"],
        "",
    )
    late = [
        Change("alpha", "publicity_events", "2022", "9", "events/year", seen=1),
        Change("alpha", "publicity_events", "2023", "7", "events/year", seen=1),
    ]
    with pytest.raises(ConflictError):
        write(world.park, late, world.people["consultant"], "")
    assert _value(world) == 5
    assert Figure.objects.get(park=world.park, quantity="publicity_events", period="2022").given == "3"


def test_a_value_that_cannot_be_read_is_not_stored(world: World) -> None:
    with pytest.raises(InputError):
        write(
            world.park, [Change("alpha", "publicity_events", "2023", "five", "events/year")], world.people["office"], ""
        )
    assert _value(world) == 3


def test_a_figure_taken_back_is_missing_and_not_zero(world: World) -> None:
    write(world.park, [Change("alpha", "publicity_events", "2023", "", "")], world.people["office"], "")
    assert _value(world) is None


def test_only_accepted_figures_count(world: World) -> None:
    change = Change("alpha-1", "reclaimed_water_used_m3", "2023", "55", "m3")
    write(world.park, [change], world.people["firm"], "", state="draft")
    assert _value(world, "reclaimed_water_used_m3", "alpha-1") is None


def test_a_what_if_leaves_everything_as_it_is(world: World) -> None:
    row = {"subject": "alpha", "quantity": "publicity_events", "period": "2023", "value": "1", "unit": "events/year"}
    changed = facts_with(world.park, [row]).get("alpha", "publicity_events", Period(2023))
    assert changed is not None
    assert changed.value == 1
    assert _value(world) == 3


def test_the_same_value_again_is_no_change(world: World) -> None:
    was = world.park.changed
    assert (
        write(world.park, [Change("alpha", "publicity_events", "2023", "3", "events/year")], world.people["office"], "")
        == 0
    )
    world.park.refresh_from_db()
    assert world.park.changed == was


@pytest.mark.parametrize("word", ["nan", "暂无", "—", "没有", "null"])
def test_words_for_no_figure_are_not_stored_as_one(world: World, word: str) -> None:
    with pytest.raises(InputError) as told:
        write(world.park, [Change("alpha", "publicity_events", "2023", word, "")], world.people["office"], "")
    assert [p.code for p in told.value.problems] == ["no-figure"]
    assert _value(world) == 3
    name = "given|publicity_events|"
    answer = world.client_of("office").post(f"/p/alpha/data/theme/{_theme()}/?year=2023", {name: word})
    assert answer.status_code == 422
    assert f"“{word}”不是数" in answer.text


@pytest.mark.parametrize(("part", "longest"), [("given", 200), ("unit", 60), ("source", 300), ("note", 500)])
def test_what_is_too_long_to_be_kept_is_told_at_its_row(world: World, part: str, longest: int) -> None:
    fields = {"given|publicity_events|": "4", "unit|publicity_events|": "", "reason": "核对"}
    fields[f"{part}|publicity_events|"] = "9" * (longest + 1)
    page = f"/p/alpha/data/theme/{_theme()}/?year=2023"
    answer = world.client_of("office").post(page, fields)
    assert answer.status_code == 422
    assert f"有 {longest + 1} 个字，最多 {longest} 个字" in answer.text
    assert "9" * (longest + 1) in answer.text, "what was typed stays"
    assert _value(world) == 3


def _theme() -> str:
    found = catalogue().find("publicity_events")
    assert found is not None
    return found.theme
