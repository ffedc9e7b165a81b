"""Clocks of cases that a park sets for itself: what runs follows them, what was set stays, and what cannot be is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ecopark.casework.rules import shipped_rules
from ecopark.web.cases import work
from ecopark.web.cases.models import Case
from ecopark.web.parks.models import Park
from ecopark.web.people import access

from .conftest import World

SAVE = "/p/alpha/settings/cases/save/"
SHIPPED = shipped_rules().severity("ordinary")


def typed(**more: str) -> dict[str, str]:
    """A form that says what ships, and what is said otherwise of the ordinary severity."""
    form = {"reason": "管委会办法"}
    for name, s in shipped_rules().severities.items():
        hours = dict(s.hours) | {"longest": s.longest}
        form |= {f"{part}|{name}": str(h) for part, h in hours.items()} | {f"source|{name}": s.source}
    return form | {f"{part}|ordinary": text for part, text in more.items()}


def case_of(world: World, number: int) -> Case:
    standing = access.standing(world.people["office"], Park.objects.get(pk=world.park.pk))
    assert standing is not None
    case, _ = work.report(standing, work.Report("noise", "夜间噪声", "ordinary"), ())
    assert case.number == number
    return case


def test_a_report_that_came_in_while_clocks_were_set_follows_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photographs take their time: the park that the request has read is an earlier one by then."""
    office = world.client_of("office")
    kept = work.keep_all

    def slowly(*given: Any) -> Any:
        assert office.post(SAVE, typed(assign="48")).status_code == 302
        return kept(*given)

    monkeypatch.setattr(work, "keep_all", slowly)
    assert length(case_of(world, 1)) == timedelta(hours=48)


def length(case: Case) -> timedelta:
    case.refresh_from_db()
    since = work.state_of(case).since
    assert case.due is not None
    assert since is not None
    return case.due - since


def test_steps_that_run_follow_and_a_time_that_was_set_stays(world: World) -> None:
    waiting, given, other = case_of(world, 1), case_of(world, 2), case_of(world, 3)
    other.severity = "urgent"
    other.save()
    work.copy_state(other)
    due = timezone.now() + timedelta(days=5)
    work.take(given, "assigned", world.people["office"], to="firm:alpha-1", due=due)
    office = world.client_of("office")
    assert office.post(SAVE, typed(assign="48", rectify="96", source="园区网格化管理办法")).status_code == 302
    assert length(waiting) == timedelta(hours=48)
    assert length(other) == timedelta(hours=2)
    given.refresh_from_db()
    assert given.due == due
    assert length(case_of(world, 4)) == timedelta(hours=48)
    now = work.rules_of(Park.objects.get(pk=world.park.pk)).severity("ordinary")
    assert (now.length("rectify"), now.length("verify"), now.basis, now.source) == (96, 72, "own", "园区网格化管理办法")
    kept = Park.objects.get(pk=world.park.pk).case_clocks
    assert list(kept) == ["ordinary"], "what is as it ships is not the park's own"
    assert office.post(SAVE, typed(assign="36")).status_code == 302
    kept = Park.objects.get(pk=world.park.pk).case_clocks
    assert kept["ordinary"]["source"] == "", "other hours do not stand in the document of those that ship"
    page = office.get("/p/alpha/settings/history/").content.decode()
    assert "问题时限" in page
    assert "管委会办法" in page
    assert "园区网格化管理办法" in page
    assert office.post(SAVE, typed()).status_code == 302
    assert Park.objects.get(pk=world.park.pk).case_clocks == {}
    assert length(waiting) == timedelta(hours=SHIPPED.length("assign"))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"assign": "0"}, "一般：交办应为 1–8760 的整数小时。"),
        ({"assign": "2.5", "verify": "半天"}, "一般：核验应为 1–8760 的整数小时。"),
        ({"longest": "9999999"}, "一般：延期上限应为 1–8760 的整数小时。"),
        ({"rectify": "400"}, "一般：延期上限短于整改时限。"),
        ({"reason|": "", "assign": "5"}, ""),
    ],
)
def test_what_cannot_be_is_told_and_stays_in_the_form(world: World, more: dict[str, str], says: str) -> None:
    form = typed(**{k: v for k, v in more.items() if k != "reason|"})
    if "reason|" in more:
        form["reason"] = " "
    answer = world.client_of("office").post(SAVE, form)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert says in text
    part, value = next(iter((k, v) for k, v in more.items() if v))
    assert f'name="{part}|ordinary"' in text
    assert f'value="{value}"' in text
    assert Park.objects.get(pk=world.park.pk).case_clocks == {}


@pytest.mark.parametrize("role", ["consultant", "reviewer", "firm", "keeper", "anonymous"])
def test_only_the_office_sets_them(world: World, role: str) -> None:
    assert world.client_of(role).post(SAVE, typed(assign="48")).status_code in (403, 404)
    assert Park.objects.get(pk=world.park.pk).case_clocks == {}


def test_a_token_sets_them_too(world: World) -> None:
    waiting = case_of(world, 1)
    client = world.client_of("office")

    def put(clocks: Any) -> Any:
        body = {"clocks": clocks, "reason": "办法"}
        return client.put("/api/v1/parks/alpha/settings/cases", body, content_type="application/json")

    hours = {"assign": 12, "rectify": 72, "verify": 72, "longest": 360}
    answer = put({"ordinary": hours | {"source": "办法"}})
    assert answer.status_code == 200, answer.content.decode()
    said = {s["id"]: s for s in answer.json()["severities"]}
    assert (said["ordinary"]["hours"]["assign"], said["ordinary"]["basis"]) == (12, "own")
    assert length(waiting) == timedelta(hours=12)
    assert put({"no-such": hours}).status_code == 422
    assert put({"ordinary": hours | {"longest": 24}}).status_code == 422
    assert put({"ordinary": hours | {"assign": 0}}).status_code == 422
    assert length(waiting) == timedelta(hours=12)
