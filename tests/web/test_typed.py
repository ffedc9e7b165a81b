"""What people type as days, numbers and years means one thing everywhere, and nothing else breaks a page."""

from __future__ import annotations

from datetime import date

import pytest

from ecopark.web.typed import day_in, is_year, moment_in, number_in, seen_in

from .conftest import World

LONG = "9" * 5000
"""More digits than Python turns into a number."""


@pytest.mark.parametrize("text", ["", " ", "-1", "+1", "1.0", "１２", "²", "1_0", "abc", "1" * 10, LONG])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_in(text) is None
    assert seen_in(text) == -1


def test_numbers_days_and_years_are_read() -> None:
    assert (number_in("0"), number_in("007"), number_in("9" * 9), seen_in("3")) == (0, 7, 999_999_999, 3)
    assert day_in(" 2026-03-15 ") == date(2026, 3, 15)
    assert [day_in(text) for text in ("", "2026-02-30", "15.3.2026", LONG)] == [None] * 4
    assert [is_year(text) for text in ("2024", "２０２４", "24", "20245", "202a", "")] == [True] + [False] * 5
    assert moment_in("2026-03-15T09:30") and moment_in("2026-02-30T09:30") is None and moment_in("soon") is None


@pytest.mark.parametrize("address", [
    "data/submissions/?year={}", "data/?year={}", "data/completeness/?year={}", "rules/reuse/?year={}", "tasks/?programme={}",
    "cases/?level={}&status=late", "cases/?like={}", "assess/?on={}", "search/?q={}", "firms/audits/?job={}",
])  # fmt: skip
@pytest.mark.parametrize("text", [LONG, "２０２４", "-1", "²"])
def test_no_address_breaks_on_it(world: World, address: str, text: str) -> None:
    assert world.client_of("office").get("/p/alpha/" + address.format(text)).status_code in (200, 302, 404, 422)
