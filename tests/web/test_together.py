"""Two people at one figure at the same moment, by threads with connections of their own: no update is lost, the later is told.

On PostgreSQL with ``ECOPARK_TEST_POSTGRES=1``, on SQLite without; the checks of a landing run both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from ecopark.web.figures import imports
from ecopark.web.figures.change import Change, ConflictError, write
from ecopark.web.figures.models import Figure, Import

from .conftest import World
from .test_import import send, workbook

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8
ADDRESS = "/p/alpha/data/theme/management/?year=2023"


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment, each in a thread of its own; what each gave, or the refusal it met."""
    gate = threading.Barrier(len(work))

    def one(task: Callable[[], Any]) -> Any:
        gate.wait(20)
        try:
            return task()
        except ConflictError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


def figure(world: World) -> Figure:
    """The figure they are at."""
    return Figure.objects.get(park=world.park, quantity="publicity_events", period="2023")


def test_of_two_who_save_one_figure_at_once_one_is_told_and_shown_both(world: World) -> None:
    people = [world.client_of("office"), world.client_of("consultant")]
    for turn in range(ROUNDS):
        before = figure(world)
        row = next(r for r in people[0].get(ADDRESS).context["rows"] if r.quantity.id == "publicity_events")
        values = [str(100 + 2 * turn), str(101 + 2 * turn)]

        def save(n: int, row: Any = row, values: list[str] = values) -> Any:
            fields = {
                f"given|{row.name}": values[n],
                f"unit|{row.name}": row.unit,
                f"version|{row.name}": str(row.version),
                "reason": "复核",
            }
            return people[n].post(ADDRESS, fields)

        answers = at_once(lambda: save(0), lambda: save(1))
        assert sorted(a.status_code for a in answers) == [302, 422]
        lost = [a.status_code for a in answers].index(422)
        after = figure(world)
        assert after.given == values[1 - lost]
        assert (after.version, after.history.count()) == (before.version + 1, before.version + 1)
        shown = answers[lost].content.decode()
        assert f'value="{values[lost]}"' in shown, "theirs stays in the field"
        assert f"<ins>{values[1 - lost]}" in shown, "the other's stands beside it"


def test_of_two_who_type_a_new_figure_at_once_one_is_told_and_shown_both(world: World) -> None:
    people = [world.client_of("office"), world.client_of("consultant")]
    for turn in range(ROUNDS):
        address = f"/p/alpha/data/theme/management/?year={1990 + turn}"
        row = next(r for r in people[0].get(address).context["rows"] if r.quantity.id == "publicity_events")

        def save(n: int, row: Any = row, address: str = address) -> Any:
            fields = {
                f"given|{row.name}": str(40 + n),
                f"unit|{row.name}": "events/year",
                f"version|{row.name}": "0",
                "reason": "复核",
            }
            return people[n].post(address, fields)

        answers = at_once(lambda: save(0), lambda: save(1))
        assert sorted(a.status_code for a in answers) == [302, 422]
        lost = [a.status_code for a in answers].index(422)
        stored = Figure.objects.get(park=world.park, quantity="publicity_events", period=str(1990 + turn))
        assert (stored.given, stored.version, stored.history.count()) == (str(41 - lost), 1, 1)
        shown = answers[lost].content.decode()
        assert f'value="{40 + lost}"' in shown and f"<ins>{41 - lost}" in shown


def test_of_many_writers_exactly_one_goes_through_and_the_counter_counts_it(world: World) -> None:
    user = world.people["office"]
    for turn in range(ROUNDS):
        before = figure(world)

        def save(n: int, seen: int = before.version, turn: int = turn) -> int:
            change = Change("alpha", "publicity_events", "2023", str(1000 + 10 * turn + n), "events/year", seen=seen)
            return write(world.park, [change], user, f"writer {n}")

        found = at_once(*(lambda n=n: save(n) for n in range(5)))  # type: ignore[misc]
        assert sorted(isinstance(f, ConflictError) for f in found) == [False, True, True, True, True]
        winner = next(n for n, f in enumerate(found) if f == 1)
        after = figure(world)
        assert after.given == str(1000 + 10 * turn + winner)
        assert after.version == before.version + 1 == after.history.count()
    world.park.refresh_from_db()
    assert figure(world).seq == world.park.changed


def test_different_figures_at_once_are_all_stored(world: World) -> None:
    user = world.people["office"]
    start = world.park.changed

    def save(firm: str, year: str) -> int:
        change = Change(firm, "industrial_fresh_water_m3", year, "777", "m3", seen=1)
        return write(world.park, [change], user, "x")

    tasks = [(f, y) for f in ("alpha-1", "alpha-2", "alpha-3") for y in ("2022", "2023")]
    assert at_once(*(lambda t=t: save(*t) for t in tasks)) == [1] * 6  # type: ignore[misc]
    rows = Figure.objects.filter(park=world.park, given="777")
    world.park.refresh_from_db()
    assert (rows.count(), world.park.changed) == (6, start + 6)
    assert sorted(rows.values_list("seq", flat=True)) == list(range(start + 1, start + 7)), (
        "each change has its own number"
    )


def test_a_workbook_and_a_form_at_once(world: World) -> None:
    user = world.people["office"]
    for turn in range(ROUNDS):
        seen = figure(world)
        Figure.objects.filter(pk=seen.pk).update(place="old.xlsx!A!B2")
        rows = [
            ("alpha", "publicity_events", "2023", 50 + turn, "events/year"),
            ("alpha", "publicity_events", str(1990 + turn), 1, "events/year"),
        ]
        send(world, workbook(*rows))
        found = Import.objects.latest("pk")
        change = Change("alpha", "publicity_events", "2023", str(500 + turn), "events/year", seen=seen.version)
        answers = at_once(
            lambda found=found: imports.apply(found, user, ["new", "changed"]),
            lambda change=change: write(world.park, [change], user, "form"),
        )
        refused = [isinstance(a, ConflictError) for a in answers]
        assert sum(refused) == 1
        other_year = Figure.objects.filter(park=world.park, quantity="publicity_events", period=str(1990 + turn))
        if refused[0]:
            assert (figure(world).given, other_year.exists()) == (str(500 + turn), False), (
                "the workbook is not half stored"
            )
        else:
            assert (figure(world).given, other_year.exists()) == (str(50 + turn), True)


def test_one_workbook_applied_twice_at_once_is_stored_once(world: World) -> None:
    send(world, workbook(("alpha", "publicity_events", "2021", 2, "events/year")))
    found = Import.objects.get()
    user = world.people["office"]
    assert at_once(*[lambda: imports.apply(Import.objects.get(pk=found.pk), user, ["new"])] * 4) == [1] * 4
    stored = Figure.objects.get(park=world.park, quantity="publicity_events", period="2021")
    assert (stored.version, stored.history.count()) == (1, 1)
