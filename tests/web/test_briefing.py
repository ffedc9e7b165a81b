"""The one-page briefing on the site: who may have it, what is in it, at once or in the background."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from ecopark.web.assess import keep
from ecopark.web.assess.briefing import gathered, is_ready
from ecopark.web.assess.models import Kept
from ecopark.web.cases.models import Case
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.models import Figure
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import Department
from ecopark.web.people.access import standing
from ecopark.web.tasks import work as tasks

from .conftest import ROLES, World

PAGE, START = "/p/alpha/assess/briefing/", "/p/alpha/assess/briefing/start/"
GIVEN = {"period": "2023", "format": "pdf", "language": "zh"}
MAY = ("admin", "office", "consultant", "reviewer")


def ready(world: World) -> None:
    for year in ("2022", "2023"):
        for name in keep.packs_of(world.park):
            keep.assessed(world.park, name, year)


@pytest.mark.parametrize("role", ROLES)
def test_only_who_may_gets_it(world: World, role: str) -> None:
    ready(world)
    client = world.client_of(role)
    for answer in (client.get(PAGE), client.post(START, GIVEN)):
        assert answer.status_code == (200 if role in MAY else 404 if role in ("stranger", "anonymous") else 403)
    overview = client.get("/p/alpha/")
    if overview.status_code == 200:
        assert (PAGE in overview.content.decode()) == (role in MAY)


def test_it_comes_at_once_where_everything_is_kept(world: World) -> None:
    ready(world)
    assert is_ready(world.park, "2023")
    client = world.client_of("office")
    answer = client.post(START, GIVEN)
    assert answer["Content-Disposition"] == 'attachment; filename="alpha-briefing-2023.pdf"'
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 1
    assert "园区 alpha" in pages[0].extract_text()
    english = client.post(START, GIVEN | {"language": "en"})
    assert "One-page briefing" in PdfReader(io.BytesIO(english.content)).pages[0].extract_text()
    slides = client.post(START, GIVEN | {"format": "pptx"})
    assert slides.content[:2] == b"PK"
    assert not Job.objects.filter(kind="briefing").exists()


def test_it_is_made_in_the_background_where_verdicts_must_be_computed(world: World) -> None:
    client = world.client_of("office")
    answer = client.post(START, GIVEN, follow=True)
    job = Job.objects.get(kind="briefing")
    assert (answer.status_code, job.state) == (200, "done"), job.message
    address = f"/p/alpha/assess/briefing/{job.pk}/file/"
    assert address in answer.content.decode()
    file = client.get(address)
    assert len(PdfReader(io.BytesIO(b"".join(file.streaming_content))).pages) == 1
    assert world.client_of("consultant").get(address).status_code == 404
    assert world.client_of("firm").get(address).status_code == 403


def test_a_year_or_format_there_is_none_of_is_not_found(world: World) -> None:
    client = world.client_of("office")
    for wrong in ({"period": "1999"}, {"period": "x"}, {"format": "docx"}, {"format": ""}):
        assert client.post(START, GIVEN | wrong).status_code == 404


def test_it_holds_only_what_the_person_may_see(world: World) -> None:
    ready(world)
    now = timezone.now()
    world.park.projects.create(number=1, name="项目", verdict="refuse")
    seen: dict[str, Any] = {
        role: gathered(standing(world.people[role], world.park), "2023", now)  # type: ignore[arg-type]
        for role in ("office", "consultant")
    }
    assert dict(seen["office"].gate.counts) == {"refuse": 1}
    assert seen["consultant"].gate is None
    assert any("无权查看" in t.zh and "项目" in t.zh for t in seen["consultant"].left_out)
    assert any("没有登记" in t.zh and "任务" in t.zh for t in seen["office"].left_out)


def test_overdue_tasks_and_the_oldest_cases_are_named(world: World) -> None:
    ready(world)
    now, user = timezone.now(), world.people["office"]
    Department.objects.get_or_create(park=world.park, key="water", defaults={"name": "水务局"})
    today = timezone.localdate(now)
    drafts = [
        tasks.Draft(f"措施{n}", "water", today - timedelta(days=90), today + timedelta(days=n * 10))
        for n in (-2, -1, 3)
    ]
    tasks.make(world.park, drafts, user)
    for n in (1, 2):
        Case.objects.create(
            park=world.park, number=n, kind="dust", severity="general", text="x", found=now - timedelta(days=n), by=user,
            due=now + timedelta(days=5 * (1 - n)) - timedelta(hours=1),
        )  # fmt: skip
    b = gathered(standing(user, world.park), "2023", now)  # type: ignore[arg-type]
    assert b.tasks is not None
    assert [t.measure.zh for t in b.tasks.overdue] == ["措施-2", "措施-1"]
    assert b.tasks.overdue_total == 2
    assert sum(b.tasks.lights.values()) == 3
    assert b.cases is not None
    assert [c.number for c in b.cases.oldest] == [2, 1]
    assert (b.cases.total, b.cases.clocks["late"]) == (2, 2)


def test_a_verdict_that_changed_lately_is_told_with_its_day(world: World) -> None:
    ready(world)
    now = timezone.now()
    first = Kept.objects.filter(park=world.park, pack="hj274-2015", period="2023").first()
    assert first is not None
    other = "pass" if first.verdict != "pass" else "fail"
    Kept.objects.create(
        park=world.park, pack=first.pack, period="2023", key="before", verdict=other, pack_hash=first.pack_hash,
        version=first.version, at=now - timedelta(days=3), changed=0, body=first.body,
    )  # fmt: skip
    b = gathered(standing(world.people["office"], world.park), "2023", now)  # type: ignore[arg-type]
    assert (b.changes[0].before, b.changes[0].after) == (other, first.verdict)
    assert b.changes[0].when == f"{timezone.localdate(first.at)}"
    Kept.objects.filter(key="before").update(at=now - timedelta(days=200))
    Kept.objects.filter(pk=first.pk).update(at=now - timedelta(days=150))
    b = gathered(standing(world.people["office"], world.park), "2023", now)  # type: ignore[arg-type]
    assert not [c for c in b.changes if c.when]


def test_a_changed_figure_makes_it_wait_for_the_new_verdict(world: World) -> None:
    ready(world)
    figure = Figure.objects.get(park=world.park, quantity="publicity_events", period="2023")
    change = Change("alpha", "publicity_events", "2023", "5", figure.unit, seen=figure.version)
    write(world.park, [change], world.people["office"], "test")
    assert not is_ready(world.park, "2023")
