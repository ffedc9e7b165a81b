"""The life of a title: what is due when, by the clocks that a source names, and no others."""

from __future__ import annotations

from datetime import date

import pytest

from ecopark.packs.load import shipped_ids
from ecopark.standards.titles import STEPS, Reminder, load_titles, reminders

ECO, GREEN, ZERO = "eco_industrial_park", "green_industrial_park", "zero_carbon_park"


def due(name: str, step: str, day: object, on: date, **more: object) -> Reminder:
    return reminders([{"id": name, "step": step, "date": day, **more}], on)[0]


def test_titles_name_packs_that_ship_and_known_steps() -> None:
    for title in load_titles().values():
        assert set(title.packs) <= set(shipped_ids())
        assert title.assessed_with in title.packs
        assert set(title.steps) <= set(STEPS)
        assert title.label.zh
        assert title.label.en
        assert title.sources


def test_a_named_park_is_rechecked_after_three_years() -> None:
    found = due(ECO, "name", "2022-05-01", date(2024, 1, 1))
    assert (found.step, found.due, found.light, found.basis) == ("recheck", date(2025, 5, 1), "ahead", "seen")
    assert "2025-05-01" in found.text.zh
    assert found.sources


@pytest.mark.parametrize(
    ("on", "light"),
    [
        (date(2024, 5, 2), "due_soon"),
        (date(2025, 4, 30), "due_soon"),
        (date(2025, 5, 1), "due_soon"),
        (date(2025, 5, 2), "overdue"),
        (date(2023, 5, 1), "ahead"),
    ],
)
def test_the_light_follows_the_day_on_which_one_looks(on: date, light: str) -> None:
    assert due(ECO, "name", "2022-05-01", on).light == light


def test_a_recheck_starts_the_next_one() -> None:
    rows = [{"id": ECO, "step": s, "date": d} for s, d in (("name", "2018-03-01"), ("recheck", "2022-03-01"))]
    assert reminders(rows, date(2023, 1, 1))[0].due == date(2025, 3, 1)


def test_creation_ends_after_two_years_or_when_the_park_says_so() -> None:
    assert due(ECO, "create", "2024-03-01", date(2025, 1, 1)).due == date(2026, 3, 1)
    found = due(ZERO, "create", "2025-12-01", date(2026, 1, 1), until="2030-12-31")
    assert (found.due, found.basis, found.step) == (date(2030, 12, 31), "given", "accept")


def test_a_clock_that_no_source_names_is_unknown() -> None:
    found = due(ZERO, "create", "2025-12-01", date(2026, 1, 1))
    assert (found.due, found.light) == (None, "unknown")
    assert "not known" in found.text.en
    assert "期限未知" in found.text.zh
    assert due(ZERO, "accept", "2028-01-01", date(2029, 1, 1)).light == "unknown"
    assert due(GREEN, "apply", "2024-01-01", date(2024, 2, 1)).due is None


def test_the_new_standard_has_no_start_yet() -> None:
    found = reminders([{"id": ECO, "step": "name", "date": "2022-05-01"}], date(2026, 2, 1))
    later = [r for r in found if r.due is None]
    assert len(later) == 1
    assert "no start yet" in later[0].text.en


def test_yearly_data_and_the_last_of_february() -> None:
    assert due(GREEN, "named", "2024-02-29", date(2024, 3, 1)).due == date(2025, 2, 28)


@pytest.mark.parametrize(("given", "day"), [("2022", 1), (date(2022, 1, 1), 1), ("2022-01", 1), ("2022-01-09", 9)])
def test_dates_as_people_write_them(given: object, day: int) -> None:
    assert due(ECO, "name", given, date(2023, 1, 1)).since == date(2022, 1, day)


def test_what_is_planned_starts_no_clock() -> None:
    found = reminders([{"id": ECO, "step": "name", "date": "2027-05-01"}], date(2026, 1, 1))
    assert [(r.step, r.due, r.basis) for r in found] == [("name", date(2027, 5, 1), "given")]


def test_a_pack_id_names_its_title() -> None:
    assert due("hj274-2015", "name", "2022-05-01", date(2023, 1, 1)).title == ECO


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "unknown", "step": "name", "date": "2022"},
        {"id": ECO, "step": "won", "date": "2022"},
        {"id": ECO, "step": "name", "date": "soon"},
        {},
        "eco_industrial_park",
    ],
)
def test_an_entry_that_cannot_be_read_is_said_and_not_dropped(entry: object) -> None:
    (found,) = reminders([entry], date(2023, 1, 1))  # type: ignore[list-item]
    assert found.light == "unread"
    assert "cannot be read" in found.text.en


def test_what_is_due_first_stands_first() -> None:
    rows = [{"id": ECO, "step": "name", "date": "2022-05-01"}, {"id": GREEN, "step": "name", "date": "2022-06-01"}, {}]
    found = reminders(rows, date(2023, 1, 1))
    assert [r.due for r in found] == [date(2023, 6, 1), date(2025, 5, 1), None, None]
    assert reminders(None, date(2023, 1, 1)) == []
    assert found[0].to_dict()["due"] == "2023-06-01"
