"""The one-page briefing and the reminders by token: every role, at once or in the background, nothing of others."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from ecopark.web.figures import submit
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Submission
from ecopark.web.jobs.models import Job

from .api_calls import INSIDE, WIDE, Api, good, refusal, refused_as
from .conftest import ROLES, World
from .test_briefing import ready

P = "/parks/alpha"
GIVEN = {"period": "2023"}


def text_of(data: bytes) -> str:
    pages = PdfReader(io.BytesIO(data)).pages
    assert len(pages) == 1
    return str(pages[0].extract_text())


@pytest.mark.parametrize("role", ROLES)
def test_only_who_may_gets_a_briefing(world: World, role: str) -> None:
    ready(world)
    made = Job.objects.create(kind="briefing", park=world.park, by=world.people["office"], state="done")
    api, status = Api(world, role), 200 if role in WIDE else refused_as(role)
    assert api.get(f"{P}/briefings").status_code == status
    assert api.send(f"{P}/briefings", GIVEN).status_code == status
    if role != "office":
        assert api.get(f"{P}/briefings/{made.pk}/file").status_code == (404 if role in WIDE else status)
    if role not in ("admin", "anonymous"):
        for answer in (api.get("/parks/beta/briefings"), api.send("/parks/beta/briefings", GIVEN)):
            refusal(answer, 404)


def test_a_briefing_comes_at_once_where_everything_is_kept(world: World) -> None:
    ready(world)
    api = Api(world, "office")
    answer = api.send(f"{P}/briefings", GIVEN)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="alpha-briefing-2023.pdf"'
    assert "园区 alpha" in text_of(answer.content)
    assert "One-page briefing" in text_of(api.send(f"{P}/briefings", GIVEN | {"language": "en"}).content)
    assert api.send(f"{P}/briefings", GIVEN | {"format": "pptx"}).content[:2] == b"PK"
    assert good(api.get(f"{P}/briefings")) == {"count": 0, "items": []}


def test_a_briefing_is_made_in_the_background_where_verdicts_must_be_computed(world: World) -> None:
    api = Api(world, "office")
    job = good(api.send(f"{P}/briefings", GIVEN), 202)
    assert (job["kind"], job["state"]) == ("briefing", "done"), job
    assert [one["id"] for one in good(api.get(f"{P}/briefings"))["items"]] == [job["id"]]
    file = api.get(f"{P}/briefings/{job['id']}/file")
    assert "园区 alpha" in text_of(b"".join(file.streaming_content))
    other = Api(world, "consultant")
    assert good(other.get(f"{P}/briefings"))["count"] == 0
    for tail in (f"{P}/briefings/{job['id']}/file", f"/jobs/{job['id']}"):
        refusal(other.get(tail), 404)


def test_a_briefing_tells_its_reader_what_they_may_see(world: World) -> None:
    ready(world)
    world.park.projects.create(number=1, name="项目", verdict="refuse")
    seen = {role: text_of(Api(world, role).send(f"{P}/briefings", GIVEN).content) for role in ("office", "consultant")}
    assert "无权查看" in seen["consultant"]
    assert "无权查看" not in seen["office"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"period": "1999"}, 404), ({"period": "²023"}, 422), ({"period": None}, 422), ({"format": "docx"}, 422),
        ({"format": "../x"}, 422), ({"language": "fr"}, 422),
    ],
)  # fmt: skip
def test_a_briefing_there_is_none_of(world: World, wrong: dict[str, Any], status: int) -> None:
    refusal(Api(world, "office").send(f"{P}/briefings", GIVEN | wrong), status)
    assert not Job.objects.exists()


def ask(world: World, days: int, *keys: str) -> str:
    due = timezone.localdate() + timedelta(days=days)
    submit.ask(world.park, world.park.subjects.filter(key__in=keys), "2023", due, world.people["office"])
    return f"{due}"


@pytest.mark.parametrize("role", ROLES)
def test_reminders_by_role(world: World, role: str) -> None:
    ask(world, -2, "alpha-1", "alpha-2")
    api = Api(world, role)
    answer = api.get(f"{P}/reminders")
    assert answer.status_code == (200 if role in INSIDE else refused_as(role))
    wide = [("overdue", "", 2)]
    told = {"firm": [("overdue", "alpha-1", 1)], "admin": wide, "office": wide}
    if role in INSIDE:
        assert [(r["kind"], r["firm"], r["count"]) for r in good(answer)] == told.get(role, [])
    everywhere = api.get("/reminders")
    if role == "anonymous":
        refusal(everywhere, 401)
    else:
        assert [(r["park"], r["kind"]) for r in good(everywhere)] == [("alpha", "overdue")] * (role in told)
    if role != "admin":
        refusal(api.get("/parks/beta/reminders"), 401 if role == "anonymous" else 404)


def test_what_is_due_returned_and_waiting_is_told_with_its_numbers(world: World) -> None:
    firm, office = Api(world, "firm"), Api(world, "office")
    due = ask(world, 3, "alpha-1", "alpha-2")
    [one] = good(firm.get(f"{P}/reminders"))
    assert (one["kind"], one["period"], one["due"], one["park"]) == ("soon", "2023", due, "alpha")
    assert one["url"] == "/p/alpha/data/?of=alpha-1&year=2023"
    assert "还有 3 天" in one["text"]["zh"]
    assert "3 days left" in one["text"]["en"]
    [told] = good(office.get(f"{P}/reminders"))
    assert (told["kind"], told["count"], told["due"]) == ("soon", 2, due)
    change = Change("alpha-1", "industrial_fresh_water_m3", "2023", "7", "m3", seen=1)
    write(world.park, [change], world.people["firm"], "", state="draft")
    step = {"firm": "alpha-1", "period": "2023"}
    good(firm.send(f"{P}/submissions/step", step | {"step": "submit", "reason": "按发票"}))
    assert good(firm.get(f"{P}/reminders")) == []
    assert [(r["kind"], r["count"]) for r in good(office.get(f"{P}/reminders"))] == [("soon", 1), ("waiting", 1)]
    good(office.send(f"{P}/submissions/step", step | {"step": "return", "reason": "缺发票"}))
    [back] = good(firm.get("/reminders"))
    assert (back["kind"], "缺发票" in back["text"]["zh"]) == ("returned", True)
    ask(world, 60, "alpha-1")
    Submission.objects.update(state="draft")
    assert [r["kind"] for r in good(firm.get(f"{P}/reminders"))] == ["later"]
