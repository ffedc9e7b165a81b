"""Bringing up to date gives what reading everything anew would give, and an answer that stays the same is kept as it is."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable

import pytest

from ecopark.observations.model import Facts
from ecopark.web import background
from ecopark.web.assess import keep, models
from ecopark.web.assess.models import Kept
from ecopark.web.figures import facts as figure_facts
from ecopark.web.figures.change import Change, write
from ecopark.web.parks.models import Park, Subject
from tests.web.conftest import World


def _write(world: World, quantity: str, period: str, given: str, unit: str, subject: str = "alpha") -> Park:
    park = Park.objects.get(pk=world.park.pk)
    write(park, [Change(subject, quantity, period, given, unit)], world.people["office"], "test")
    return Park.objects.get(pk=world.park.pk)


def _told(facts: Facts) -> list[tuple[str, str, str]]:
    """Findings; an odd year is told at any one of its figures."""
    return sorted((w.code, "" if w.code == "isolated-year" else w.place.of, w.en) for w in facts.warnings)


def test_facts_brought_up_to_date_are_those_read_anew(world: World) -> None:
    rng = random.Random(3)
    choices = [
        ("industrial_value_added", "10k CNY", "alpha"), ("park_area_km2", "km2", "alpha"),
        ("built_area_km2", "km2", "alpha"), ("industrial_fresh_water_m3", "m3", "alpha"),
        ("industrial_fresh_water_m3", "m3", "alpha-2"), ("publicity_events", "events/year", "alpha"),
    ]  # fmt: skip
    figure_facts.facts_of(world.park)
    for _ in range(25):
        quantity, unit, subject = rng.choice(choices)
        given = rng.choice(["", "1", "2.5", "900000", "70000000"])
        park = _write(world, quantity, rng.choice(["2022", "2023", "2030"]), given, unit, subject)
        now = figure_facts.facts_of(park)
        figure_facts.forget()
        anew = figure_facts.facts_of(park)
        assert {o.key: o for o in now} == {o.key: o for o in anew}
        assert _told(now) == _told(anew)
        assert now.fingerprint("alpha") == anew.fingerprint("alpha")


def test_a_firm_of_a_group_bears_on_the_park_above_both(world: World) -> None:
    park = world.park
    Subject.objects.create(park=park, key="alpha-g", kind="group", name="G", parent="alpha")
    park.subjects.filter(kind="firm").update(parent="alpha-g")
    _write(world, "industrial_fresh_water_m3", "2023", "5000520", "m3")
    figure_facts.forget()
    figure_facts.facts_of(Park.objects.get(pk=park.pk))
    for given in ("5000000", "10"):
        now = figure_facts.facts_of(_write(world, "industrial_fresh_water_m3", "2023", given, "m3", "alpha-1"))
        figure_facts.forget()
        assert _told(now) == _told(figure_facts.facts_of(Park.objects.get(pk=park.pk)))
        assert any(w.code == "firms-differ" for w in now.warnings) == (given == "10")


def test_a_firm_may_be_part_of_something_unknown(world: World) -> None:
    world.park.subjects.filter(key="alpha-1").update(parent="gone")
    figure_facts.forget()
    figure_facts.facts_of(world.park)
    now = figure_facts.facts_of(_write(world, "industrial_fresh_water_m3", "2023", "17", "m3", "alpha-1"))
    assert any(o.subject == "alpha-1" and o.value == 17 for o in now)


def test_a_visitor_who_read_the_park_before_another_ones_change_is_answered_from_what_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep.assessed(world.park, "hj274-2015", "2023")
    early = Park.objects.get(pk=world.park.pk)
    waiting = keep.Current(_write(world, "publicity_events", "2023", "1", "events/year"))
    now = _write(world, "publicity_events", "2023", "2", "events/year")
    [kept] = keep.Current(now).assessed_all([("hj274-2015", "2023")]).values()
    monkeypatch.setattr(figure_facts, "_read_whole", lambda *_: pytest.fail("read the whole park again"))
    assert any(o.quantity == "publicity_events" and o.value == 2 for o in figure_facts.facts_of(early))
    assert early.changed == now.changed
    [after] = waiting.assessed_all([("hj274-2015", "2023")]).values()
    assert (after.pk, after.key) == (kept.pk, kept.key), "its own answer is not kept under what held before"
    assert Kept.objects.get(pk=kept.pk).key == kept.key


def test_a_database_that_was_brought_back_is_read_again(world: World) -> None:
    park = Park.objects.get(pk=world.park.pk)
    figure_facts.facts_of(_write(world, "publicity_events", "2023", "2", "events/year"))
    world.park.figures.filter(quantity="publicity_events", period="2023").delete()
    Park.objects.filter(pk=park.pk).update(changed=park.changed)
    facts = figure_facts.facts_of(Park.objects.get(pk=park.pk))
    assert not any(o.quantity == "publicity_events" and o.value == 2 for o in facts)


def test_a_doubt_about_one_figure_is_not_said_of_another_typed_in_the_same_minute(world: World) -> None:
    _write(world, "industrial_value_added", "2023", "91000000000", "10k CNY")
    park = _write(world, "publicity_events", "2023", "2", "events/year")
    found = {c["tail"]: c for c in keep.assessed(park, "hj274-2015", "2023").result["clauses"]}
    assert found["32"]["status"] == "met" and not found["32"]["doubts"]
    assert any(c["doubts"] for c in found.values())


def test_a_changed_figure_shows_at_once_and_the_old_answer_stays_on_file(world: World) -> None:
    before = keep.assessed(world.park, "hj274-2015", "2023")
    park = _write(world, "publicity_events", "2023", "1", "events/year")
    after = keep.assessed(park, "hj274-2015", "2023")
    status = [next(c["status"] for c in kept.result["clauses"] if c["tail"] == "32") for kept in (before, after)]
    assert status == ["met", "not_met"]
    assert Kept.objects.filter(park=park, pack="hj274-2015", period="2023").count() == 2


def test_an_answer_that_stays_the_same_is_not_kept_twice(world: World) -> None:
    before = keep.assessed(world.park, "hj274-2015", "2023")
    park = _write(world, "publicity_events", "2022", "7", "events/year")
    after = keep.assessed(park, "hj274-2015", "2023")
    assert after.pk == before.pk and after.key != before.key
    assert keep.Current(park).find("hj274-2015", "2023") == after


@pytest.mark.parametrize("state", ["accepted", "draft"])
def test_what_was_found_by_one_process_is_found_by_another(world: World, state: str) -> None:
    park = _write(world, "publicity_events", "2023", "5", "events/year")
    kept = keep.assessed(park, "hj274-2015", "2023")
    change = Change("alpha-1", "industrial_fresh_water_m3", "2023", "17", "m3")
    write(park, [change], world.people["office"], "test", state=state)
    here = keep.Current(Park.objects.get(pk=park.pk)).key("hj274-2015", "2023")
    figure_facts.forget()
    assert keep.Current(Park.objects.get(pk=park.pk)).key("hj274-2015", "2023") == here
    assert (here == kept.key) == (state == "draft")  # a correction bears on nothing until it is accepted


def test_a_process_that_found_answers_makes_ready_for_the_next_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = ("hj274-2015", "2023")
    asked: list[tuple[object, Callable[[], None]]] = []
    monkeypatch.setattr(background, "later", lambda name, do: asked.append((name, do)))
    keep.assessed(world.park, *cell)
    park = _write(world, "publicity_events", "2023", "5", "events/year")
    keep.assessed(park, *cell)
    assert not asked
    monkeypatch.setattr(keep, "_kept", OrderedDict())  # as in another process that has not worked it out
    keep.assessed(park, *cell)
    [(name, do)] = asked
    assert name == (Park, park.pk, cell)
    do()
    keep.assessed(park, *cell)
    assert len(asked) == 1
    now = keep.assessed(_write(world, "publicity_events", "2023", "1", "events/year"), *cell)
    [hand] = keep._kept.values()
    assert hand.engine.worked_out == ("hj274-2015/32",)
    assert next(c["status"] for c in now.result["clauses"] if c["tail"] == "32") == "not_met"


def test_a_process_begins_with_what_was_shown_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Callable[[], None]] = []
    monkeypatch.setattr(background, "later", lambda name, do: asked.append(do))
    for cell in (("hj274-2015", "2023"), ("miit-green-park-2016", "2023"), ("hj274-2015", "2023")):
        keep.assessed(world.park, *cell)
    figure_facts.forget()
    monkeypatch.setattr(keep, "_kept", OrderedDict())
    keep.ready_last()
    for do in asked:
        do()
    assert {name[2:4] for name in keep._kept} == {("hj274-2015", "2023"), ("miit-green-park-2016", "2023")}
    assert Kept.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_answers_that_another_process_kept_first_are_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three answers one is there already when all are stored: it is found, the others are kept."""
    cells = [("hj274-2015", "2023"), ("hj274-2015", "2022"), ("miit-green-park-2016", "2023")]
    there = keep.assessed(world.park, *cells[0])
    now = keep.Current(world.park)
    answers = {cell: keep.Current(world.park)._answer(cell) for cell in cells}
    made, body = answers[cells[0]]
    again = Kept(**{f.name: getattr(made, f.name) for f in Kept._meta.fields if f.name != "id"})
    found = keep._keep(now, {**answers, cells[0]: (again, body)})
    assert found[cells[0]].pk == there.pk
    assert {cell: kept.pk for cell, kept in now.find_all(cells).items()} == {cell: found[cell].pk for cell in cells}
    assert Kept.objects.filter(park=world.park).count() == 3


def _away(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has just begun: no assessment is in memory."""
    monkeypatch.setattr(models, "_wholes", models.AtHand(models.UNPACKED))
    monkeypatch.setattr(models, "_summaries", models.AtHand(models.SUMMARIES))


def test_an_assessment_is_whole_again_from_its_two_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep.assessed(world.park, "hj274-2015", "2023")
    result, summary = kept.result, kept.summary
    clauses = result["clauses"]
    assert all(c["trace"] for c in clauses)
    assert [(c["trace"], c["limit_trace"]) for c in summary["clauses"]] == [
        (True, bool(c["limit_trace"])) for c in clauses
    ]
    _away(monkeypatch)
    stored = Kept.objects.defer(*models.LARGE).get(pk=kept.pk)
    assert stored.summary == summary
    assert [stored.clause(c["tail"]) for c in clauses] == clauses
    assert stored.clause("none-such") is None
    assert stored.result == result
    assert stored.says(result, {})
    assert len(bytes(stored.body)) < len(bytes(stored.traces))


def test_a_row_from_before_the_traces_stood_apart_says_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep.assessed(world.park, "hj274-2015", "2023")
    result, summary = kept.result, kept.summary
    Kept.objects.filter(pk=kept.pk).update(body=models.packed(result), traces=None)
    _away(monkeypatch)
    stored = Kept.objects.get(pk=kept.pk)
    assert (stored.summary, stored.result) == (summary, result)
    assert stored.says(result, {})
    assert [stored.clause(c["tail"]) for c in result["clauses"]] == result["clauses"]


@pytest.mark.parametrize("in_memory", [True, False])
def test_an_answer_with_another_trace_is_another(
    world: World, monkeypatch: pytest.MonkeyPatch, in_memory: bool
) -> None:
    kept = keep.assessed(world.park, "hj274-2015", "2023")
    result = kept.result
    first, *rest = result["clauses"]
    other = result | {"clauses": [first | {"trace": first["trace"] | {"note": {"zh": "另", "en": "other"}}}, *rest]}
    if not in_memory:
        _away(monkeypatch)
        kept = Kept.objects.get(pk=kept.pk)
    assert kept.says(result | {"fingerprint": "another"}, {})
    assert not kept.says(other, {})
    assert not kept.says(result | {"verdict": "another"}, {})
