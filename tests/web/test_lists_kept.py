"""Filters, order and pages of a list keep each other: what was chosen in one stays when another is changed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.utils import timezone

import ecopark.web
from ecopark.web.cases.models import Case, CaseEvent
from ecopark.web.projects.models import Project
from ecopark.web.tasks.models import Task, TaskEvent

from .conftest import World

TEMPLATES = Path(ecopark.web.__file__).parent / "templates"
MANY = 130


def links(answer: Any, having: str) -> list[dict[str, list[str]]]:
    """What the links of a page ask for, of those that contain these words."""
    found = [unescape(a) for a in re.findall(r'href="([^"]*)"', answer.content.decode())]
    return [parse_qs(a.partition("?")[2]) for a in found if having in a]


@pytest.fixture
def full(world: World) -> World:
    """The small park with many cases, tasks and projects, every second of one kind."""
    now, park, by = timezone.now(), world.park, world.people["office"]
    cases = [
        Case(park=park, number=n, kind=("dust", "noise")[n % 2], severity="ordinary", text=f"t{n}", found=now, due=now + timedelta(1), by=by)
        for n in range(1, MANY + 1)
    ]  # fmt: skip
    CaseEvent.objects.bulk_create(
        CaseEvent(case=c, kind="found", by=by, at=now) for c in Case.objects.bulk_create(cases)
    )
    tasks = [
        Task(park=park, number=n, measure=f"措施 {n}", lead=("water", "energy")[n % 2], lead_name="x", start=date(2024, 1, 1), due=date(2099, 1, 1), by=by)
        for n in range(1, MANY + 1)
    ]  # fmt: skip
    TaskEvent.objects.bulk_create(
        TaskEvent(task=c, kind="made", on=date(2024, 1, 1), by=by, at=now) for c in Task.objects.bulk_create(tasks)
    )
    Project.objects.bulk_create(
        Project(park=park, number=n, name=f"{('甲', '乙')[n % 2]}项目 {n}", stage=("lead", "review")[n // 2 % 2])
        for n in range(1, MANY + 1)
    )
    return world


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/p/alpha/cases/", {"kind": "dust", "sort": "-number"}),
        ("/p/alpha/tasks/", {"lead": "water", "state": "open"}),
        ("/p/alpha/projects/", {"q": "甲", "stage": ""}),
    ],
)
def test_the_second_page_keeps_the_filters(full: World, address: str, kept: dict[str, str]) -> None:
    client = full.client_of("office")
    first = client.get(address, kept)
    assert first.context["page"].paginator.count == MANY // 2
    (onward,) = [q for q in links(first, "page=2") if q][:1]
    assert {k: [v] for k, v in kept.items() if v}.items() <= onward.items()
    second = client.get(address, {k: v[0] for k, v in onward.items()})
    assert second.context["page"].number == 2
    assert len(second.context["page"]) == MANY // 2 - 50


def test_the_cards_of_the_register_keep_the_filters_and_count_by_them(full: World) -> None:
    client = full.client_of("office")
    answer = client.get("/p/alpha/cases/?kind=dust&sort=-number&page=2")
    assert answer.context["lists"]["found"] == MANY // 2
    cards = [q for q in links(answer, "status=found") if q]
    assert cards and all(q["kind"] == ["dust"] and q["sort"] == ["-number"] and "page" not in q for q in cards)
    assert '<input type="hidden" name="sort" value="-number">' in answer.content.decode()
    nothing = client.get("/p/alpha/cases/?kind=odour")
    assert nothing.context["any"], "a filter that fits nothing is not an empty register"


def test_the_stages_of_projects_count_what_the_name_leaves(full: World) -> None:
    client = full.client_of("office")
    answer = client.get("/p/alpha/projects/?q=甲")
    counts = {key: n for key, _, n in answer.context["stages"]}
    for stage in ("lead", "review"):
        assert client.get(f"/p/alpha/projects/?q=甲&stage={stage}").context["page"].paginator.count == counts[stage]
    assert counts["lead"] + counts["review"] == MANY // 2
    assert client.get("/p/alpha/projects/?q=丙").context["any"]


def test_every_form_of_filters_over_a_table_that_sorts_keeps_the_order() -> None:
    looked_at = 0
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        if "{% sort_head" not in text or path.parts[-2:] == ("parts", "gallery.html"):
            continue
        for form in re.findall(r'<form class="filters" method="get">.*?</form>', text, re.DOTALL):
            looked_at += 1
            assert "parts/kept_sort.html" in form, path
    assert looked_at >= 4
