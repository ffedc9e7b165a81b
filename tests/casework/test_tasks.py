"""A task's light by clock and figure, its steps, the dispatch list, and what closed tasks did."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopark.casework import tasks
from ecopark.casework.dispatch import counted, dispatch_list, effect, month_of
from ecopark.casework.tasks import Light, Target, Task, TaskEvent, TaskStepError, light, task_of

START, DUE = date(2024, 1, 1), date(2024, 12, 31)
MORE = Target(">=", Fraction(100), Fraction(80))


def told(
    figure: float | None = None, *, on: date = START, share: str | None = None, kind: str = "progress"
) -> TaskEvent:
    number = None if figure is None else Fraction(str(figure))
    return TaskEvent(kind, on, "a", "words", number, None if share is None else Fraction(share))


def task(*events: TaskEvent, target: Target | None = MORE) -> Task:
    return task_of(START, DUE, target, [TaskEvent("made", START, "a"), *events])


@pytest.mark.parametrize(
    ("made", "on", "colour", "words"),
    [
        (task(), date(2023, 12, 1), "grey", "not to begin yet"),
        (task(), date(2024, 1, 10), "green", "on course"),
        (task(), date(2024, 3, 1), "amber", "behind schedule"),
        (task(), date(2024, 7, 1), "red", "far behind"),
        (task(told()), date(2024, 1, 10), "amber", "no figure is known"),
        (task(told(90)), date(2024, 7, 1), "green", "on course"),
        (task(told(98)), date(2024, 12, 20), "amber", "11 days left"),
        (task(told(99)), date(2025, 1, 3), "red", "3 days overdue"),
        (task(told(100)), date(2025, 1, 3), "green", "target reached"),
        (task(told(99), told(kind="closed")), date(2024, 7, 1), "amber", "falls short"),
        (task(told(), told(kind="closed")), date(2024, 7, 1), "amber", "no figure shows it"),
        (task(told(100), told(kind="closed")), date(2026, 7, 1), "green", "target reached"),
        (task(told(kind="cancelled")), date(2026, 7, 1), "grey", "cancelled"),
        (task(told(share="0.5"), target=None), date(2024, 7, 1), "green", "on course"),
        (task(told(), told(kind="closed"), target=None), date(2024, 7, 1), "green", "done"),
    ],
)
def test_a_light_goes_by_the_clock_and_the_figure(made: Task, on: date, colour: str, words: str) -> None:
    found = light(made, on)
    assert found.colour == colour
    assert words in found.why.en
    assert found.why.zh


def test_a_better_figure_never_shows_a_worse_light() -> None:
    order = ["red", "amber", "green"]
    for day in range(0, 366, 30):
        on = START + timedelta(days=day)
        colours = [light(task(told(v)), on).colour for v in (80, 85, 90, 95, 99, 100, 120)]
        assert [order.index(c) for c in colours] == sorted(order.index(c) for c in colours)


@pytest.mark.parametrize(
    ("target", "figure", "way"),
    [
        (Target("<=", Fraction(10), Fraction(30)), 20, Fraction(1, 2)),
        (Target("<=", Fraction(10), Fraction(30)), 40, Fraction(0)),
        (Target("<", Fraction(10), Fraction(30)), 10, Fraction(99, 100)),
        (Target("==", Fraction(10), Fraction(30)), 10, Fraction(1)),
        (Target(">=", Fraction(10)), 9, None),
        (Target(">=", Fraction(10)), 11, Fraction(1)),
    ],
)
def test_the_way_to_a_target(target: Target, figure: int, way: Fraction | None) -> None:
    assert target.way(Fraction(figure)) == way


steps = st.builds(
    TaskEvent,
    kind=st.sampled_from([*tasks.STEP_TEXT, "vanished"]),
    on=st.integers(0, 500).map(lambda d: START + timedelta(days=d)),
    by=st.just("a"),
    note=st.sampled_from(["", "why"]),
    figure=st.none() | st.integers(70, 120).map(Fraction),
    share=st.none() | st.fractions(-1, 2),
    due=st.none() | st.integers(-10, 800).map(lambda d: START + timedelta(days=d)),
)


@given(st.lists(steps, max_size=30), st.integers(-30, 900))
def test_any_sequence_of_steps_is_consistent_or_refused(given_steps: list[TaskEvent], day: int) -> None:
    now, taken = Task(START, DUE, MORE), []
    for step in given_steps:
        why = tasks.refusal(now, step)
        if why is None:
            assert step.kind in tasks.possible(now)
            now = tasks.after(now, step)
            taken.append(step)
        else:
            assert why.zh and why.en
            with pytest.raises(TaskStepError):
                tasks.after(now, step)
    assert task_of(START, DUE, MORE, taken) == now
    assert (now.ended is not None) == (now.status in ("closed", "cancelled"))
    assert now.due >= START
    if taken:
        assert light(now, START + timedelta(days=day)).colour in tasks.COLOURS


def test_the_dispatch_list_tells_what_to_talk_about() -> None:
    on = date(2024, 7, 15)
    done = told(kind="closed", on=date(2024, 7, 3))
    rows = [
        ("behind", task(told(85, on=on))),
        ("course", task(told(95, on=on))),
        ("silent", task(told(95, on=date(2024, 5, 1)))),
        ("ended", task(told(100), done)),
        ("gone", task(told(kind="cancelled"))),
        ("late", task_of(START, date(2024, 7, 1), MORE, [TaskEvent("made", START, "a"), told(99, on=on)])),
        ("soon", task_of(START, date(2024, 8, 30), None, [TaskEvent("made", START, "a"), told(share="0.9", on=on)])),
    ]
    found = dispatch_list(rows, on)
    assert [(line.key, line.reasons) for line in found] == [
        ("late", ("red",)), ("behind", ("amber",)), ("soon", ("due",)), ("ended", ("ended",)), ("silent", ("quiet",)),
    ]  # fmt: skip
    assert month_of(date(2024, 2, 5)) == (date(2024, 2, 1), date(2024, 2, 29))
    assert counted([line.light for line in found]) == {"red": 1, "amber": 1, "green": 3, "grey": 0}


@pytest.mark.parametrize(
    ("op", "before", "after", "toward", "met"),
    [
        (">=", 70, 76, "better", (False, True)),
        ("<=", 70, 76, "worse", (True, False)),
        ("<=", 76, 70, "better", (False, True)),
        (">", 70, 70, "same", (False, False)),
        ("==", 70, 74, "better", (False, False)),
        (">=", None, 76, "unknown", (None, True)),
        (">=", 76, None, "unknown", (True, None)),
    ],
)
def test_what_happened_to_a_clause(
    op: str, before: int | None, after: int | None, toward: str, met: tuple[bool | None, bool | None]
) -> None:
    numbers = [None if v is None else Fraction(v) for v in (before, after)]
    found = effect(Target(op, Fraction(75)), *numbers)
    assert (found.toward, found.met_before, found.met_after) == (toward, *met)


def test_lights_have_an_order() -> None:
    assert counted([]) == dict.fromkeys(tasks.COLOURS, 0)
    assert counted([Light("red", tasks.LEVELS[0])])["red"] == 1
