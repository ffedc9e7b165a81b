"""So many requests a person's tokens may make, over all processes; then 429 in the envelope, with when to come again."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from ecopark.web.environment import rate
from ecopark.web.people.models import ApiToken, TokenUse, User

from .api_calls import V1, Api, good, refusal
from .conftest import World

HOUR = 3600
NOON = 1_800_000_000
ASK = """
import sys, time
time.time = lambda: 1_800_001_800.0  # the middle of an hour
import django
django.setup()
from django.test import Client
client = Client(SERVER_NAME="localhost")
headers = {"authorization": "Bearer " + sys.argv[1]}
print("ready", flush=True)
sys.stdin.readline()
print(*(client.get("/api/v1/me", headers=headers).status_code for _ in range(int(sys.argv[2]))))
"""


@pytest.fixture
def slow(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three requests an hour, in the middle of one."""
    settings.API_RATE = (3, HOUR)
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


def test_the_next_span_is_free_again_and_pages_are_not_counted(slow: World, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(slow, "office")
    for status in (200, 200, 200, 429):
        assert api.get("/me").status_code == status
    client = Client()
    client.force_login(slow.people["office"])
    assert client.get(f"{V1}/me").status_code == 200
    monkeypatch.setattr("time.time", lambda: 1_800_003_601.0)
    good(api.get("/me"))


def _address() -> str:
    """The tests' database as a process of a site takes it from `DATABASE_URL`."""
    d = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{d['NAME']}"
    who = f"{quote(d['USER'])}:{quote(d['PASSWORD'])}"
    host = f"?host={quote(d['HOST'], safe='')}" if d["HOST"].startswith("/") else ""
    return f"postgres://{who}@{'' if host else d['HOST']}{':' + d['PORT'] if d['PORT'] else ''}/{d['NAME']}{host}"


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_over_all_web_processes(tmp_path: Path) -> None:
    user = User.objects.create_user("office", password="x")
    texts = [ApiToken.issue(user, name)[1] for name in ("one", "other")]
    more = {
        "ECOPARK_API_RATE": "20/h", "ECOPARK_DATA": str(tmp_path), "DATABASE_URL": _address(),
        "DJANGO_SETTINGS_MODULE": "ecopark.web.settings",
    }  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if k != "ECOPARK_TEST_POSTGRES"} | more
    web = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, text, "15"], env=environment, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for text in texts
    ]  # fmt: skip
    try:
        for process in web:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in web:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate(timeout=60)[0].split() for process in web]
    finally:
        for process in web:
            process.kill()
            process.wait()
    statuses = sorted(s for part in told for s in part)
    assert statuses == ["200"] * 20 + ["429"] * 10, told


def test_a_span_is_counted_whole_whatever_the_clock_and_the_rate_do(world: World) -> None:
    user = world.people["office"].pk

    def take(start: int, seconds: int = 60, most: int = 2) -> bool:
        return TokenUse.take(user, start, seconds, most)

    assert [take(NOON) for _ in range(3)] == [True, True, False]
    assert TokenUse.objects.get(user=user).count == 2
    assert [take(NOON + 60), take(NOON)] == [True, True]  # the second process read the clock just before the span ended
    assert not take(NOON + 60)
    assert TokenUse.objects.get(user=user).start == NOON + 60
    assert take(NOON - HOUR)  # the clock was set back
    assert take(NOON, HOUR)
    assert TokenUse.objects.count() == 1


def test_the_count_goes_with_the_person(slow: World) -> None:
    good(Api(slow, "stranger").get("/me"))
    slow.people["stranger"].delete()
    assert not TokenUse.objects.exists()


def test_a_token_says_to_the_minute_when_it_was_used(world: World) -> None:
    token, text = ApiToken.issue(world.people["office"], "x")
    for ago, anew in ((None, True), (30, False), (90, True), (-90, True)):
        before = None if ago is None else timezone.now() - timedelta(seconds=ago)
        ApiToken.objects.filter(pk=token.pk).update(last_used=before)
        assert ApiToken.user_of(text) == world.people["office"]
        token.refresh_from_db()
        assert (token.last_used != before) == anew


@pytest.mark.parametrize("text", ["600", "0/min", "many/min", "600/year", "-1/s", "1.5/s"])
def test_a_rate_that_cannot_be_read_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="ECOPARK_API_RATE"):
        rate(text)


def test_a_rate_in_words() -> None:
    assert (rate(""), rate(" 5 / s "), rate("600/min")) == (None, (5, 1), (600, 60))
