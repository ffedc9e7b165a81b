"""Comments with their answers, and an assessment on its way to the department above: by page, by token, by every role."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ecopark.web.assess import keep
from ecopark.web.comments.models import Comment, HandUp, HandUpEvent
from ecopark.web.figures.change import Change, write
from ecopark.web.parks.models import Park

from .api_calls import Api, good, refusal, refused_as
from .conftest import ROLES, World

PACK = "hj274-2015"
P = "/parks/alpha"
ABOUT = {"pack": PACK, "period": "2023"}
SPEAKERS = ("admin", "office", "consultant", "reviewer")


def english(world: World, role: str) -> Client:
    client = world.client_of(role)
    client.cookies["django_language"] = "en"
    return client


def comment(world: World, role: str = "reviewer", **more: str) -> int:
    """A comment by token."""
    body = ABOUT | {"clause": "32", "text": "请补充活动照片"} | more
    return int(good(Api(world, role).send(f"{P}/comments", body))["id"])


def handed(world: World, **more: Any) -> dict[str, Any]:
    """An assessment that the office has handed up."""
    found: dict[str, Any] = good(Api(world, "office").send(f"{P}/handed-up", ABOUT | more))
    return found


def events(world: World, value: str) -> None:
    park = Park.objects.get(pk=world.park.pk)
    write(park, [Change("alpha", "publicity_events", "2023", value, "events/year")], world.people["office"], "test")


def kinds(world: World, role: str, park: bool = True) -> list[str]:
    return [one["kind"] for one in good(Api(world, role).get(f"{P}/reminders" if park else "/reminders"))]


@pytest.mark.parametrize("role", ROLES)
def test_every_page_and_endpoint_by_every_role(world: World, role: str) -> None:
    number, row = comment(world), handed(world)["id"]
    api, client = Api(world, role), world.client_of(role)
    shut = 404 if role in ("anonymous", "stranger") else 403
    for tail in ("comments", "handed-up", f"comments?pack={PACK}&period=2023&clause=32&state=open"):
        assert api.get(f"{P}/{tail}").status_code == (200 if role in SPEAKERS else refused_as(role)), tail
        if role not in ("admin", "anonymous"):
            assert api.get(f"/parks/beta/{tail}").status_code == 404
    assert client.get("/p/alpha/comments/").status_code == (200 if role in SPEAKERS else shut)
    sends = {
        "comments": (ABOUT | {"text": "x"}, SPEAKERS),
        f"comments/{number}/replies": ({"kind": "answer", "text": "x"}, SPEAKERS),
        f"handed-up/{row}/steps": ({"kind": "returned", "why": "x"}, ("admin", "reviewer")),
        "handed-up": (ABOUT, ("admin", "office")),
    }
    for tail, (body, allowed) in sends.items():
        expected = (200, 422) if role in allowed else (refused_as(role),)
        assert api.send(f"{P}/{tail}", body).status_code in expected, tail
    posts: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
        "add/": (ABOUT | {"text": "y"}, SPEAKERS),
        f"{number}/reply/": ({"kind": "answer", "text": "y"}, SPEAKERS),
        f"handed/{row}/step/": ({"kind": "returned", "why": "y"}, ("admin", "reviewer")),
        "hand-up/": (ABOUT, ("admin", "office")),
    }
    for tail, (fields, allowed) in posts.items():
        status = client.post(f"/p/alpha/comments/{tail}", fields).status_code
        assert status in ((302, 422) if role in allowed else (403 if role == "office" else shut, 403)), (tail, status)
    for path, page in (("/waiting/handed-up", "/parks/waiting/"), ("/waiting/comments", "/parks/waiting/")):
        may = role in ("admin", "reviewer")
        assert api.get(path).status_code == (200 if may else 401 if role == "anonymous" else 403)
        assert client.get(page).status_code == (200 if may else 404 if role == "anonymous" else 403)
    if role not in SPEAKERS:
        assert Comment.objects.get().text == "请补充活动照片" and not Comment.objects.get().replies.exists()
        assert HandUpEvent.objects.count() == 1


def test_what_a_park_publishes_shows_no_comment(world: World) -> None:
    comment(world, text="绝密意见")
    handed(world, why="绝密说明")
    Park.objects.filter(pk=world.park.pk).update(published=True)
    for role in ("anonymous", "stranger", "firm", "keeper"):
        client = world.client_of(role)
        for address in ("/p/alpha/", f"/p/alpha/assess/{PACK}/2023/", f"/p/alpha/assess/{PACK}/2023/clause/32/"):
            assert "绝密" not in client.get(address).content.decode(), (role, address)
        assert client.get("/p/alpha/comments/").status_code == 403


def test_a_comment_of_the_department_is_answered_by_the_office_and_resolved_by_the_department(world: World) -> None:
    reviewer, office = english(world, "reviewer"), english(world, "office")
    answer = reviewer.post("/p/alpha/comments/add/", ABOUT | {"clause": "32", "text": "Where are the photographs?"})
    assert answer["Location"] == f"/p/alpha/assess/{PACK}/2023/clause/32/"
    made = Comment.objects.get()
    assert (made.role, made.state) == ("reviewer", "open")
    assert "not resolved 1" in office.get(f"/p/alpha/assess/{PACK}/2023/").content.decode()
    assert "Where are the photographs?" in office.get(f"/p/alpha/assess/{PACK}/2023/clause/32/").content.decode()
    assert "1 comment waits for an answer" in office.get("/p/alpha/").content.decode()
    assert (kinds(world, "office"), kinds(world, "reviewer"), kinds(world, "reviewer", park=False)) == (
        ["comments"],
        [],
        [],
    )
    refused = office.post(f"/p/alpha/comments/{made.pk}/reply/", {"kind": "resolved"})
    assert refused.status_code == 422 and "let them mark it as resolved" in refused.content.decode()
    assert (
        office.post(f"/p/alpha/comments/{made.pk}/reply/", {"kind": "answer", "text": "In the annex."}).status_code
        == 302
    )
    assert (kinds(world, "office"), kinds(world, "reviewer"), kinds(world, "reviewer", park=False)) == (
        [], ["answered"], ["answered"],
    )  # fmt: skip
    assert "Where are the photographs?" in reviewer.get("/parks/waiting/").content.decode()
    assert "1 comment was answered" in reviewer.get("/parks/").content.decode()
    reviewer.post(f"/p/alpha/comments/{made.pk}/reply/", {"kind": "answer", "text": "Page 3 is missing."})
    assert kinds(world, "office") == ["comments"]
    reviewer.post(f"/p/alpha/comments/{made.pk}/reply/", {"kind": "resolved"})
    made.refresh_from_db()
    assert (made.state, kinds(world, "office"), kinds(world, "reviewer")) == ("resolved", [], [])
    text = reviewer.get("/p/alpha/comments/?state=resolved").content.decode()
    assert "In the annex." in text and "Page 3 is missing." in text
    late = office.post(f"/p/alpha/comments/{made.pk}/reply/", {"kind": "answer", "text": "typed meanwhile"})
    assert late.status_code == 422 and "moved on meanwhile" in late.content.decode()
    reviewer.post(f"/p/alpha/comments/{made.pk}/reply/", {"kind": "reopened", "text": "Again, please."})
    made.refresh_from_db()
    assert [r.kind for r in made.replies.all()] == ["answer", "answer", "resolved", "reopened"]
    assert made.state == "open"


def test_nothing_is_written_of_a_comment_that_says_nothing_or_is_about_nothing(world: World) -> None:
    api, client = Api(world, "consultant"), english(world, "consultant")
    assert client.post("/p/alpha/comments/add/", ABOUT | {"text": "  "}).status_code == 422
    assert client.post("/p/alpha/comments/add/", ABOUT | {"text": "x", "period": "1999"}).status_code == 404
    assert client.post("/p/alpha/comments/add/", ABOUT | {"text": "x", "clause": "999"}).status_code == 404
    long = client.post("/p/alpha/comments/add/", ABOUT | {"text": "k" * 4001})
    assert long.status_code == 422 and "k" * 4001 in long.content.decode()
    refusal(api.send(f"{P}/comments", ABOUT | {"text": " "}), 422)
    assert "no clause 999" in refusal(api.send(f"{P}/comments", ABOUT | {"text": "x", "clause": "999"}), 422)["en"]
    refusal(api.send(f"{P}/comments", ABOUT | {"pack": "no-such", "text": "x"}), 404)
    assert not Comment.objects.exists()
    number = comment(world, "consultant")
    refusal(api.send(f"{P}/comments/{number}/replies", {"kind": "reopened", "text": "x"}), 422)
    refusal(api.send(f"{P}/comments/{number}/replies", {"kind": "answer"}), 422)
    refusal(api.send(f"{P}/comments/{number + 1}/replies", {"kind": "answer", "text": "x"}), 404)
    assert "已" not in refusal(Api(world, "office").send(f"{P}/comments/{number}/replies", {"kind": "no"}), 422)["en"]
    assert Comment.objects.get().state == "open" and not Comment.objects.get().replies.exists()


def test_an_assessment_is_handed_up_returned_handed_up_again_and_accepted(world: World) -> None:
    office, reviewer = english(world, "office"), english(world, "reviewer")
    kept = keep.assessed(world.park, PACK, "2023")
    address = f"/p/alpha/assess/{PACK}/2023/"
    assert "It has not been handed up." in reviewer.get(address).content.decode()
    assert office.post("/p/alpha/comments/hand-up/", ABOUT | {"seen": kept.pk, "why": "for 2023"}).status_code == 302
    row = HandUp.objects.get()
    assert (row.state, row.kept_id) == ("handed", kept.pk)
    assert office.post("/p/alpha/comments/hand-up/", ABOUT | {"seen": kept.pk}).status_code == 422
    assert kinds(world, "reviewer") == ["to_review"] == kinds(world, "reviewer", park=False)
    assert "for 2023" in reviewer.get("/parks/waiting/").content.decode()
    wrong = reviewer.post(f"/p/alpha/comments/handed/{row.pk}/step/", {"kind": "returned", "why": " "})
    assert wrong.status_code == 422 and "Say why it is returned." in wrong.content.decode()
    reviewer.post(f"/p/alpha/comments/handed/{row.pk}/step/", {"kind": "returned", "why": "Clause 32 has no proof."})
    assert kinds(world, "office") == ["sent_back"] and kinds(world, "reviewer") == []
    assert "Clause 32 has no proof." in office.get("/p/alpha/").content.decode()
    late = reviewer.post(f"/p/alpha/comments/handed/{row.pk}/step/", {"kind": "accepted"})
    assert late.status_code == 422 and "moved on meanwhile" in late.content.decode()
    events(world, "1")
    stale = office.post("/p/alpha/comments/hand-up/", ABOUT | {"seen": kept.pk, "why": "typed before"})
    assert stale.status_code == 422 and "Look again" in stale.content.decode()
    assert "typed before" in stale.content.decode()
    now = keep.assessed(Park.objects.get(pk=world.park.pk), PACK, "2023")
    assert "differs from what was handed up" in office.get(address).content.decode()
    assert office.post("/p/alpha/comments/hand-up/", ABOUT | {"seen": now.pk}).status_code == 302
    reviewer.post(f"/p/alpha/comments/handed/{row.pk}/step/", {"kind": "accepted"})
    row.refresh_from_db()
    assert (row.state, row.kept_id, HandUp.objects.count()) == ("accepted", now.pk, 1)
    told = [(e.kind, e.kept_id, e.by.username, e.why) for e in row.events.all()]
    assert told == [
        ("handed", kept.pk, "office", "for 2023"), ("returned", kept.pk, "reviewer", "Clause 32 has no proof."),
        ("handed", now.pk, "office", ""), ("accepted", now.pk, "reviewer", ""),
    ]  # fmt: skip
    assert kinds(world, "office") == kinds(world, "reviewer") == []


def test_the_same_cycle_by_token_alone(world: World) -> None:
    office, reviewer = Api(world, "office"), Api(world, "reviewer")
    made = handed(world, why="请审阅")
    assert (made["state"], made["may"], made["park"]) == ("handed", [], "alpha")
    [one] = good(reviewer.get("/waiting/handed-up"))["items"]
    assert (one["id"], one["may"]) == (made["id"], ["accepted", "returned"])
    steps = f"{P}/handed-up/{made['id']}/steps"
    refusal(reviewer.send(steps, {"kind": "returned"}), 422)
    refusal(reviewer.send(steps, {"kind": "handed"}), 422)
    assert good(reviewer.send(steps, {"kind": "returned", "why": "缺佐证"}))["why"] == "缺佐证"
    assert good(reviewer.get("/waiting/handed-up"))["count"] == 0
    refusal(office.send(f"{P}/handed-up", ABOUT | {"seen": made["assessment"] + 999}), 422)
    assert handed(world, seen=made["assessment"])["state"] == "handed"
    good(reviewer.send(steps, {"kind": "accepted", "why": "同意"}))
    [row] = good(office.get(f"{P}/handed-up"))["items"]
    assert [e["kind"] for e in row["events"]] == ["handed", "returned", "handed", "accepted"]
    whole = good(office.get(f"{P}/assessments/{PACK}/2023?kept={row['assessment']}"))
    assert whole["assessment"]["verdict"] == row["verdict"]
    number = comment(world)
    good(office.send(f"{P}/comments/{number}/replies", {"kind": "answer", "text": "已补"}))
    [answered] = good(reviewer.get("/waiting/comments"))["items"]
    assert (answered["id"], answered["clause"]) == (number, "32")


def test_a_department_of_another_area_knows_nothing_of_it(world: World) -> None:
    number = comment(world)
    row = handed(world)["id"]
    world.people["reviewer"].memberships.update(area="浙江省")
    api = Api(world, "reviewer")
    assert good(api.get("/waiting/handed-up"))["count"] == good(api.get("/waiting/comments"))["count"] == 0
    refusal(api.get(f"{P}/comments"), 404)
    refusal(api.send(f"/parks/beta/comments/{number}/replies", {"kind": "answer", "text": "x"}), 404)
    refusal(api.send(f"/parks/beta/handed-up/{row}/steps", {"kind": "accepted"}), 404)
    assert kinds(world, "reviewer", park=False) == []
