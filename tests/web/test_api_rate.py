"""So many requests a person's tokens may make; then 429 in the envelope, with when to come again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from ecopark.web.environment import rate

from .api_calls import V1, Api, good, refusal
from .conftest import World


@pytest.fixture
def slow(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three requests an hour, in the middle of one."""
    cache.clear()
    settings.API_RATE = (3, 3600)
    monkeypatch.setattr("time.time", lambda: 1_800_001_800.0)
    return world


def test_too_many_requests_are_told_when_to_come_again(slow: World) -> None:
    first, second = Api(slow, "office"), Api(slow, "office")
    for api in (first, second, first):
        good(api.get("/me"))
    answer = second.get("/parks/alpha")
    assert refusal(answer, 429)["code"] == "too-many"
    assert answer["Retry-After"] == "1800"
    good(Api(slow, "firm").get("/me"))
    cache.clear()


def test_the_next_span_is_free_again_and_pages_are_not_counted(slow: World, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(slow, "office")
    for status in (200, 200, 200, 429):
        assert api.get("/me").status_code == status
    client = Client()
    client.force_login(slow.people["office"])
    assert client.get(f"{V1}/me").status_code == 200
    monkeypatch.setattr("time.time", lambda: 1_800_003_601.0)
    good(api.get("/me"))
    cache.clear()


@pytest.mark.parametrize("text", ["600", "0/min", "many/min", "600/year", "-1/s", "1.5/s"])
def test_a_rate_that_cannot_be_read_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="ECOPARK_API_RATE"):
        rate(text)


def test_a_rate_in_words() -> None:
    assert (rate(""), rate(" 5 / s "), rate("600/min")) == (None, (5, 1), (600, 60))
