"""Cases by token: from the report with a photograph to closure, every endpoint by every role, nothing of another firm."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from ecopark.web.cases.models import Case, CaseEvent, CaseFile

from .api_calls import INSIDE, Api, good, refusal, refused_as
from .conftest import ROLES, World
from .test_cases import PNG, REPORTERS, gridded

__all__ = ["gridded"]
P = "/parks/alpha"


def photo(name: str = "a.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG)


def found(world: World, role: str = "keeper", at: float = 120.005, **more: Any) -> dict[str, Any]:
    """A case reported by token."""
    fields = {"kind": "dust", "text": "裸土未覆盖", "key": str(uuid.uuid4()), "lon": str(at), "lat": "31.005"} | more
    made: dict[str, Any] = good(Api(world, role).upload(f"{P}/cases", fields))["case"]
    return made


def step(world: World, role: str, number: int, kind: str, **more: Any) -> Any:
    """A step taken by token."""
    if kind == "assigned":
        more = {"to": "firm:alpha-1", "due": (timezone.now() + timedelta(days=3)).isoformat()} | more
    if kind == "rectified" and "files" not in more:
        more["files"] = photo("after.png")
    return Api(world, role).upload(f"{P}/cases/{number}/steps", {"kind": kind, **more})


def test_a_case_from_report_to_closure_by_token_alone(gridded: World) -> None:
    case = found(gridded, photos=[photo(), photo("b.png")])
    number = case["number"]
    assert (case["grid"], case["status"], case["clock"]["state"]) == ("G1", "found", "running")
    assert [f["name"] for f in case["events"][0]["files"]] == ["a.png", "b.png"]
    office = good(Api(gridded, "office").get(f"{P}/cases/{number}"))
    assert office["may"] == ["suggested", "assigned", "dismissed"]
    assert office["suggestion"]["to"].partition(":")[0] in ("keeper", "firm", "office")
    assert case["suggestion"] is None
    assert step(gridded, "keeper", number, "assigned").status_code == 403
    assert good(step(gridded, "office", number, "assigned"))["to_said"]["zh"] == "企业 alpha-1"
    assert step(gridded, "keeper", number, "rectified", note="x").status_code == 403
    refusal(step(gridded, "firm", number, "rectified", note="x", files=[]), 422)
    assert good(step(gridded, "firm", number, "rectified", note="已覆盖"))["in_time"] is True
    assert step(gridded, "firm", number, "verified").status_code == 403
    assert good(step(gridded, "consultant", number, "returned", note="角落"))["returned"] == 1
    good(step(gridded, "firm", number, "rectified", note="补盖"))
    assert good(step(gridded, "keeper", number, "verified", note="看过"))["may"] == ["suggested", "returned"]
    assert step(gridded, "keeper", number, "closed").status_code == 403
    closed = good(step(gridded, "office", number, "closed"))
    assert (closed["status"], closed["clock"]["state"], closed["may"]) == ("closed", "ended", ["reopened"])
    people = list(CaseEvent.objects.values_list("kind", "by__username"))
    assert people == [
        ("found", "keeper"), ("assigned", "office"), ("rectified", "firm"), ("returned", "consultant"), ("rectified", "firm"),
        ("verified", "keeper"), ("closed", "office"),
    ]  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_by_every_role(gridded: World, role: str) -> None:
    case = found(gridded, "keeper", photos=photo())
    api, own = Api(gridded, role), ("admin", "office", "consultant", "reviewer", "keeper")
    file = CaseFile.objects.get().pk
    gets = {
        "cases": INSIDE, "cases?status=late&kind=dust&grid=none&like=土&sort=-due": INSIDE, "cases/rules": INSIDE,
        "cases/statistics": INSIDE, "cases/places": INSIDE, f"cases/{case['number']}": own, f"cases/files/{file}": own,
    }  # fmt: skip
    for tail, allowed in gets.items():
        answer = api.get(f"{P}/{tail}")
        hidden = role == "firm" and allowed == own
        assert answer.status_code == (200 if role in allowed else 404 if hidden else refused_as(role)), tail
        if answer.streaming:
            assert b"".join(answer.streaming_content) == PNG
        if role not in ("admin", "anonymous"):
            assert api.get(f"/parks/beta/{tail}").status_code == 404
    report = {"kind": "dust", "text": "x", "place": "门口"}
    answer = api.upload(f"{P}/cases", report)
    assert answer.status_code == (200 if role in REPORTERS else refused_as(role))
    assert Case.objects.count() == (2 if role in REPORTERS else 1)
    answer = api.upload(f"{P}/cases/{case['number']}/steps", {"kind": "dismissed", "note": "重复"})
    allowed = ("admin", "office")
    assert answer.status_code == (200 if role in allowed else 404 if role == "firm" else refused_as(role))


def test_a_reporter_finds_no_case_of_another_firm(gridded: World) -> None:
    theirs = found(gridded, "office", 120.025, text="他人的问题", photos=photo())
    assert theirs["firm"] == "alpha-2"
    api, number, file = Api(gridded, "firm"), theirs["number"], CaseFile.objects.get().pk
    for tail in (
        "cases",
        "cases?like=他人",
        f"cases?like={number}",
        "cases/places",
        "cases/statistics",
        "search?q=alpha",
    ):
        text = api.get(f"{P}/{tail}").content.decode()
        assert "alpha-2" not in text, tail
        assert "他人的问题" not in text, tail
    for tail in (f"cases/{number}", f"cases/files/{file}"):
        assert api.get(f"{P}/{tail}").status_code == 404
    assert step(gridded, "firm", number, "rectified", note="x").status_code == 404
    assert step(gridded, "firm", number, "suggested", note="x").status_code == 404
    refused = api.upload(f"{P}/cases", {"kind": "dust", "text": "x", "place": "y", "firm": "alpha-2"})
    assert good(refused)["case"]["firm"] == "alpha-1"  # whatever a reporter says, it is of their own firm


def test_a_report_sent_twice_is_one_case(gridded: World) -> None:
    fields = {"kind": "dust", "text": "x", "place": "y", "key": str(uuid.uuid4())}
    first, second = (good(Api(gridded, "keeper").upload(f"{P}/cases", fields)) for _ in range(2))
    assert (first["new"], second["new"], Case.objects.count()) == (True, False, 1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "weather"}, "what kind"), ({"text": " "}, "what you found"), ({"lat": ""}, "both longitude and latitude"),
        ({"lon": "east"}, "no longitude"), ({"lon": "", "lat": ""}, "say where it is"), ({"severity": "huge"}, "not known"),
        ({"key": "1"}, "report anew"), ({"firm": "nobody"}, "no firm"),
        ({"photos": SimpleUploadedFile("a.png", b"MZ")}, "not what its name says"),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_taken_says_why(gridded: World, fields: dict[str, Any], words: str) -> None:
    given = {"kind": "dust", "text": "x", "lon": "120.005", "lat": "31.005"} | fields
    error = refusal(Api(gridded, "office").upload(f"{P}/cases", given), 422)
    assert words in error["en"].lower() or words in error["en"]
    assert not Case.objects.exists()


def test_a_step_that_cannot_be_taken_says_why(gridded: World) -> None:
    number = found(gridded)["number"]
    for fields in (
        {"to": "firm:nobody"}, {"to": "keeper:G9"}, {"to": ""}, {"due": ""}, {"due": "soon"}, {"due": "2001-01-01T00:00:00Z"},
        {"due": "9999-12-31T23:59:59-14:00"},
    ):  # fmt: skip
        refusal(step(gridded, "office", number, "assigned", **fields), 422)
    refusal(step(gridded, "office", number, "closed"), 422)
    refusal(step(gridded, "office", number, "vanished"), 422)
    assert CaseEvent.objects.count() == 1
    assert good(step(gridded, "office", number, "assigned", due="2100-01-01T08:00"))["status"] == "assigned"


def test_the_register_by_token_is_cut_by_the_database(gridded: World, django_assert_max_num_queries: Any) -> None:
    keeper, now = gridded.people["keeper"], timezone.now()
    cases = Case.objects.bulk_create(
        Case(park=gridded.park, number=n, kind="dust", severity="ordinary", text="t", grid="G1", area="A1", found=now, due=now, by=keeper)
        for n in range(1, 131)
    )  # fmt: skip
    CaseEvent.objects.bulk_create([CaseEvent(case=c, kind="found", by=keeper, at=now) for c in cases])
    api = Api(gridded, "office")
    with django_assert_max_num_queries(12):
        page = good(api.get(f"{P}/cases?sort=number&limit=30&offset=100"))
    assert (page["count"], [c["number"] for c in page["items"]]) == (130, list(range(101, 131)))
